//! Ahead: which calls has a strategy handled before they are made?
//!
//! In: calls that are certain to come, then the last of those that were handled. Out: it is answered without the guest, with
//! what the guest emitted. Must never: answer a call that is not the one that was shown.

use std::sync::Arc;

use ringfence_core::strategy::{Call, Emissions, LookAhead, StateLoan};

use crate::bindings::Tongue;

/// Calls that were handled ahead, of which the last is still to be made.
pub(crate) struct Ahead {
    /// What was shown, as the guest's version has it. Shared with the engine while the guest reads it.
    words: Arc<Vec<u64>>,
    /// Calls handled; 0 once the last of them was made.
    handled: usize,
    /// What the guest emitted: at the last call handled.
    emitted: Option<Emissions>,
    /// Fuel of the call that handled them.
    fuel: u64,
    /// Fuel that an event is taken to need: what it came to in the dearest batch, once there was one.
    fuel_an_event: u64,
    is_known: bool,
}

/// A guest says that it handled what it cannot have handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misreported {
    /// More than there was.
    #[error("on-events says that it handled {0} events, and was given {1}")]
    TooMany(usize, usize),
    /// Intents without an event that they follow from.
    #[error("on-events emitted, and says that it handled no event")]
    EmittedAtNone,
}

impl Ahead {
    /// Nothing handled yet; an event is taken to need so much fuel.
    pub(crate) fn new(fuel_an_event: u64) -> Ahead {
        let words = Arc::default();
        Ahead { words, handled: 0, emitted: None, fuel: 0, fuel_an_event, is_known: false }
    }

    pub(crate) fn fuel_an_event(&self) -> u64 {
        self.fuel_an_event
    }

    /// True while the next call is one that needs no guest.
    #[inline]
    pub(crate) fn is_under_way(&self) -> bool {
        self.handled > 0
    }

    /// Writes down what is shown; the guest reads it from there.
    pub(crate) fn show(&mut self, tongue: &dyn Tongue, shown: &LookAhead<'_>) -> Arc<Vec<u64>> {
        assert!(!self.is_under_way(), "calls are shown when the last of those before them was made");
        let words = Arc::get_mut(&mut self.words).expect("the engine gives it back when a call ends");
        words.clear();
        for call in shown.calls {
            tongue.write_call(&shown.rows[call.row as usize], &call.context, words);
        }
        Arc::clone(&self.words)
    }

    /// The guest has handled so many of them.
    pub(crate) fn handled(&mut self, handled: usize, emitted: Emissions, fuel: u64) {
        let emitted = Some(emitted).filter(|emitted| !emitted.intents().is_empty());
        (self.handled, self.emitted, self.fuel) = (handled, emitted, fuel);
        let an_event = fuel / (handled.max(1) as u64) + 1;
        self.fuel_an_event = if self.is_known { self.fuel_an_event.max(an_event) } else { an_event };
        self.is_known = true;
    }

    /// Makes the last of the calls that were handled: the fuel of all of them is its fuel.
    ///
    /// # Panics
    /// When it is another call than the one that was shown.
    #[cold]
    pub(crate) fn make(&mut self, tongue: &dyn Tongue, call: &Call<'_>, loan: &mut StateLoan) -> u64 {
        assert!(
            tongue.is_call(call, &self.words, self.handled - 1),
            "a call is made otherwise than it was shown ahead"
        );
        self.handled = 0;
        if let Some(emitted) = self.emitted.take() {
            loan.emissions_mut().take_over(&emitted);
        }
        self.fuel
    }
}

/// What the guest may say that it handled of so many.
///
/// # Errors
/// [`Misreported`].
pub(crate) fn credible(handled: u32, shown: usize, emitted: &Emissions) -> Result<usize, Misreported> {
    let handled = handled as usize;
    if handled > shown {
        return Err(Misreported::TooMany(handled, shown));
    }
    if handled == 0 && !emitted.intents().is_empty() {
        return Err(Misreported::EmittedAtNone);
    }
    Ok(handled)
}
