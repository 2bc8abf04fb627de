//! Strategies: how does the core call one, and what may it give back?
//!
//! In: an event to deliver and State on loan. Out: intents, fuel used, or a fault. Must never: let a strategy keep State,
//! write it, or learn the outcome of an intent from `emit`.

mod codes;
mod emissions;
mod loan;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::blob::Sha256Hash;
use crate::config::Config;
use crate::event::{Event, Halt, Quote};
use crate::ids::{IntentId, StrategyId, TimeNs};
use crate::money::Qty;
use crate::plan::Plan;

pub use self::codes::{EmitError, HaltCode, OutcomeCode};
pub use self::emissions::{EMITS_MAX, Emissions, EmitTerms};
pub use self::loan::StateLoan;

/// What is delivered in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The event of this step.
    Event,
    /// What became of one of the strategy's intents.
    Outcome(IntentId, OutcomeCode),
    /// A time the strategy asked to be woken at has come.
    Wake,
}

/// The touch of the event's instrument and the strategy's own net position in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    /// Best bid and ask; quantities 0 = none.
    pub touch: Quote,
    /// Signed, at the instrument's quantity scale.
    pub position: Qty,
}

/// One call of one strategy.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who is called.
    pub strategy: StrategyId,
    /// The event of this step.
    pub event: &'a Event,
    /// What of it is delivered.
    pub delivery: Delivery,
    /// What nearly every event needs.
    pub context: CallContext,
}

/// What a call cost, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct CallReport {
    /// Fuel used, in units of the operator-cost table; 0 for native strategies.
    pub fuel: u64,
    /// Present when the instance is dead; what it emitted in this call is dropped. Boxed, so that the report of a call that
    /// went well, which is nearly every one, is two words.
    pub fault: Option<Box<Halt>>,
}

impl CallReport {
    /// A call that ended as it should.
    pub const fn fine(fuel: u64) -> CallReport {
        CallReport { fuel, fault: None }
    }

    /// A call that ended the instance.
    pub fn faulty(fuel: u64, halt: Halt) -> CallReport {
        CallReport { fuel, fault: Some(Box::new(halt)) }
    }
}

/// A call that is to come: which row of [`LookAhead::rows`] it delivers, and what it will be told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AheadCall {
    /// Place among the rows.
    pub row: u32,
    /// Context of the call.
    pub context: CallContext,
}

/// Calls of one strategy that are certain to come next, in order, as long as it emits nothing.
#[derive(Clone, Copy, Debug)]
pub struct LookAhead<'a> {
    /// Who will be called.
    pub strategy: StrategyId,
    /// Market events that are to be stepped; they have no number yet.
    pub rows: &'a [Event],
    /// The calls.
    pub calls: &'a [AheadCall],
    /// Number of its next intent.
    pub next: IntentId,
}

/// Runs strategies: the sandbox, or native code in tests and benches.
pub trait StrategyHost {
    /// Delivers one call. The same loan comes back whatever happens; the core checks that.
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport);

    /// Shows a strategy calls before they are made. How many of them it has handled by that; the last of those is made all
    /// the same, and answered without the strategy, the others are not. What it emitted belongs to the last, so it handles
    /// none behind one at which it emits. 0 = it does not look ahead, and is not asked again.
    ///
    /// # Errors
    /// The halt that ended it. It is no decision, and there is no telling which event it was: the run ends.
    fn look_ahead(&mut self, _: &LookAhead<'_>) -> Result<usize, Halt> {
        Ok(0)
    }

    /// A call that ended a strategy is not made again, since only the record knows how it ended: it took so much fuel, which
    /// counts against the quota of all calls.
    fn obeyed(&mut self, _: StrategyId, _: u64) {}

    /// Bytes of the linear memories of a live strategy; `None` where it has none.
    fn memory_bytes(&self, _: StrategyId) -> Option<u64> {
        None
    }

    /// What is known of the end of a halted strategy, for people: what the engine said, and the functions it was in. No part of a
    /// decision; it is recorded beside the halt.
    fn last_words(&self, _: StrategyId) -> Option<&str> {
        None
    }

    /// The strategy's own state, as bytes that [`StrategyHost::renew`] gives to another instance of it.
    ///
    /// # Errors
    /// The halt that ended it meanwhile, or had ended it before.
    fn snapshot(&mut self, _: StrategyId) -> Result<Vec<u8>, Halt> {
        Err(Halt { code: HaltCode::Fault, limit: 0, used: 0 })
    }

    /// Puts a fresh instance in a strategy's place: set up, and given the state that is handed over. Its plan.
    ///
    /// # Errors
    /// Why not, for people; what was there before is there still.
    fn renew(&mut self, _: &Renewal<'_>) -> Result<Plan, String> {
        Err(String::from("strategies of this host cannot be renewed"))
    }
}

/// What a strategy's fresh instance is made of.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// Whose.
    pub strategy: StrategyId,
    /// The configuration that `setup` is told of.
    pub config: &'a Config,
    /// Parameters that stand in the place of the configuration's; `None` = those.
    pub params: Option<&'a [(String, String)]>,
    /// SHA-256 of its component; `None` = of the one that is there.
    pub component: Option<Sha256Hash>,
    /// State that is handed over; `None` = it begins anew.
    pub snapshot: Option<&'a [u8]>,
}

/// A wake-up a strategy asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wake {
    /// When.
    pub at: TimeNs,
    /// Whom.
    pub strategy: StrategyId,
}
