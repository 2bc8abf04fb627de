//! Question: what does an author write, and how is it called?
//!
//! In: events, one at a time. Out: the author's method for that kind of event. Must never let an emitted intent that
//! was refused pass in silence.

use crate::archive::{Archive, RestoreError};
use crate::ctx::Ctx;
use crate::event::{
    Amended, Bar, BookAction, Canceled, Context, CorporateAction, Event, FeedState, Fill, Funding, InstrumentState,
    Outcome, Payload, Quote, Reject, Signal, Trade,
};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent};
use crate::number::{IntentId, Price};
use crate::params::{Params, SetupError};
use crate::plan::Plan;
use crate::view::Host;

/// What handling an event answers. `?` on an emit that was refused ends the handling; the refusal then becomes a note
/// in the journal (but not while warming up, when every emit is refused). So: first update the own state, then emit.
pub type Handled = Result<(), EmitError>;

/// A strategy. Only `setup` is needed; each event method does nothing unless it is written.
///
/// All decisions must follow from events, parameters and own state. Then every run repeats exactly.
#[expect(unused_variables, reason = "the defaults do nothing with what they are given")]
pub trait Strategy: Sized + 'static {
    /// Version of what `state` lists; raise it when the list changes.
    const STATE_VERSION: u16 = 0;

    /// Called once, first.
    ///
    /// # Errors
    /// Refuses the session; the text is shown to whoever wrote the configuration.
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError>;

    /// Lists every field that changes after `setup`, in a fixed order: `archive.item(&mut self.field)`. A swap or
    /// restart saves them and loads them into a fresh strategy. A strategy without such fields lists nothing.
    fn state(&mut self, archive: &mut Archive<'_>) {}

    /// A public trade.
    ///
    /// # Errors
    /// An emit that was refused; so in every method below.
    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        Ok(())
    }

    /// The touch changed.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) -> Handled {
        Ok(())
    }

    /// The book changed.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_book(&mut self, ctx: &mut Ctx<'_>, action: BookAction) -> Handled {
        Ok(())
    }

    /// A bar closed.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) -> Handled {
        Ok(())
    }

    /// The venue's mark price changed.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_mark_price(&mut self, ctx: &mut Ctx<'_>, price: Price) -> Handled {
        Ok(())
    }

    /// Funding of a perpetual.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_funding(&mut self, ctx: &mut Ctx<'_>, funding: &Funding) -> Handled {
        Ok(())
    }

    /// The instrument's trading state changed.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_status(&mut self, ctx: &mut Ctx<'_>, state: InstrumentState) -> Handled {
        Ok(())
    }

    /// The feed became stale or recovered.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_feed(&mut self, ctx: &mut Ctx<'_>, state: FeedState) -> Handled {
        Ok(())
    }

    /// The instrument itself changed. Rescale own prices here after a split: the host adjusts neither positions nor
    /// orders yet.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_corporate_action(&mut self, ctx: &mut Ctx<'_>, action: &CorporateAction) -> Handled {
        Ok(())
    }

    /// The order of an intent works at the venue.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_accepted(&mut self, ctx: &mut Ctx<'_>, id: IntentId) -> Handled {
        Ok(())
    }

    /// The venue refused an order.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        Ok(())
    }

    /// An order was filled, whole or in part. The position has changed already.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_filled(&mut self, ctx: &mut Ctx<'_>, fill: &Fill) -> Handled {
        Ok(())
    }

    /// An order was canceled.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_canceled(&mut self, ctx: &mut Ctx<'_>, canceled: &Canceled) -> Handled {
        Ok(())
    }

    /// The venue refused to cancel.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_cancel_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        Ok(())
    }

    /// An order works under new terms.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_amended(&mut self, ctx: &mut Ctx<'_>, amended: &Amended) -> Handled {
        Ok(())
    }

    /// The venue refused to amend.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_amend_rejected(&mut self, ctx: &mut Ctx<'_>, reject: &Reject) -> Handled {
        Ok(())
    }

    /// An order's life ended by its time in force.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_expired(&mut self, ctx: &mut Ctx<'_>, id: IntentId) -> Handled {
        Ok(())
    }

    /// Nobody knows whether the venue has the order; it counts as open.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_unknown(&mut self, ctx: &mut Ctx<'_>, id: IntentId) -> Handled {
        Ok(())
    }

    /// The venue took a fill back. The position has changed already.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_busted(&mut self, ctx: &mut Ctx<'_>, fill: &Fill) -> Handled {
        Ok(())
    }

    /// An intent did not reach a venue. Needs no subscription. It says nothing but the intent's number and the reason:
    /// there is no instrument, no touch and no position here, whatever event comes next.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_outcome(&mut self, ctx: &mut Ctx<'_>, outcome: &Outcome) -> Handled {
        Ok(())
    }

    /// Outside data.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_signal(&mut self, ctx: &mut Ctx<'_>, signal: &Signal) -> Handled {
        Ok(())
    }

    /// Trading was enabled or disabled for this strategy.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_trading(&mut self, ctx: &mut Ctx<'_>, enabled: bool) -> Handled {
        Ok(())
    }

    /// The time asked for has come. Needs no subscription.
    ///
    /// # Errors
    /// An emit that was refused.
    fn on_wake(&mut self, ctx: &mut Ctx<'_>) -> Handled {
        Ok(())
    }
}

/// A strategy behind one object-safe interface, the same four calls as in the WIT file. Native hosts hold this.
pub trait Guest {
    /// First call: parameters and instruments in, subscriptions out.
    ///
    /// # Errors
    /// The strategy refuses, its plan contradicts itself, or a parameter is unknown to it.
    fn setup(&mut self, params: &Params, instruments: &[Instrument]) -> Result<Plan, SetupError>;

    /// One event.
    ///
    /// # Panics
    /// Before `setup`, or after a failed `setup` or `restore`.
    fn on_event(&mut self, host: &mut dyn Host, event: &Event, context: &Context);

    /// The whole state as bytes. Changes nothing.
    ///
    /// # Panics
    /// As `on_event`.
    fn snapshot(&mut self) -> Vec<u8>;

    /// Goes on where a snapshot was taken. Comes after `setup`; after an error the strategy is gone.
    ///
    /// # Errors
    /// The bytes are no snapshot of this strategy.
    ///
    /// # Panics
    /// As `on_event`.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), RestoreError>;
}

/// Runs one strategy.
pub struct Runner<S> {
    strategy: Option<S>,
}

impl<S> Runner<S> {
    /// Not set up yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { strategy: None }
    }

    /// The strategy that was set up.
    ///
    /// # Panics
    /// There is none.
    #[inline]
    pub(crate) fn strategy(&mut self) -> &mut S {
        self.strategy.as_mut().expect(NOT_SET_UP)
    }
}

impl<S> Default for Runner<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a call before `setup` panics with.
const NOT_SET_UP: &str = "setup comes first, and a failed setup or restore ends a strategy";

impl<S: Strategy> Guest for Runner<S> {
    fn setup(&mut self, params: &Params, instruments: &[Instrument]) -> Result<Plan, SetupError> {
        self.strategy = None;
        let (strategy, plan) = S::setup(params, instruments)?;
        plan.check()?;
        params.check_all_read()?;
        self.strategy = Some(strategy);
        Ok(plan)
    }

    fn on_event(&mut self, host: &mut dyn Host, event: &Event, context: &Context) {
        let mut ctx = Ctx::new(host, event, context);
        if let Err(refusal) = deliver(self.strategy(), &mut ctx, &event.kind) {
            note_refusal(host, refusal);
        }
    }

    fn snapshot(&mut self) -> Vec<u8> {
        let mut archive = Archive::saving(S::STATE_VERSION);
        self.strategy().state(&mut archive);
        archive.into_bytes()
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), RestoreError> {
        let mut strategy = self.strategy.take().expect(NOT_SET_UP);
        let mut archive = Archive::loading(bytes, S::STATE_VERSION)?;
        strategy.state(&mut archive);
        archive.finish()?;
        self.strategy = Some(strategy);
        Ok(())
    }
}

/// Calls the method for this kind of event. Inlined, so that a caller which knows the kind pays for no second choice.
#[inline(always)]
pub(crate) fn deliver<S: Strategy>(strategy: &mut S, ctx: &mut Ctx<'_>, payload: &Payload) -> Handled {
    match payload {
        Payload::Trade(trade) => strategy.on_trade(ctx, trade),
        Payload::Quote(quote) => strategy.on_quote(ctx, quote),
        Payload::Book(action) => strategy.on_book(ctx, *action),
        Payload::Bar(bar) => strategy.on_bar(ctx, bar),
        Payload::MarkPrice(price) => strategy.on_mark_price(ctx, *price),
        Payload::Funding(funding) => strategy.on_funding(ctx, funding),
        Payload::Status(state) => strategy.on_status(ctx, *state),
        Payload::Feed(state) => strategy.on_feed(ctx, *state),
        Payload::CorporateAction(action) => strategy.on_corporate_action(ctx, action),
        Payload::Accepted(id) => strategy.on_accepted(ctx, *id),
        Payload::Rejected(reject) => strategy.on_rejected(ctx, reject),
        Payload::Filled(fill) => strategy.on_filled(ctx, fill),
        Payload::Canceled(canceled) => strategy.on_canceled(ctx, canceled),
        Payload::CancelRejected(reject) => strategy.on_cancel_rejected(ctx, reject),
        Payload::Amended(amended) => strategy.on_amended(ctx, amended),
        Payload::AmendRejected(reject) => strategy.on_amend_rejected(ctx, reject),
        Payload::Expired(id) => strategy.on_expired(ctx, *id),
        Payload::Unknown(id) => strategy.on_unknown(ctx, *id),
        Payload::Busted(fill) => strategy.on_busted(ctx, fill),
        Payload::Outcome(outcome) => strategy.on_outcome(ctx, outcome),
        Payload::Signal(signal) => strategy.on_signal(ctx, signal),
        Payload::Trading(enabled) => strategy.on_trading(ctx, *enabled),
        Payload::Wake => strategy.on_wake(ctx),
    }
}

/// Writes down an emit that was refused and that the author passed on with `?`.
#[cold]
pub(crate) fn note_refusal(host: &mut dyn Host, refusal: EmitError) {
    if refusal == EmitError::Warmup {
        return;
    }
    let mut text = String::from("emit refused: ");
    text.push_str(refusal.name());
    // The note can be refused as well (too many intents); then the host's own record of the limit is all there is.
    host.emit(Intent::Note(text)).ok();
}

#[cfg(test)]
#[path = "strategy_tests.rs"]
mod tests;
