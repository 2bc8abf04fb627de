//! Understood: what does a message of a guest process mean?
//!
//! In: bytes of one frame. Out: the message in words, or nothing where it is none. Must never: need a process, or do more
//! for bytes than the host does when they come from one.

use ringfence_core::config::StrategySlot;
use ringfence_core::ids::{IntentId, StrategyId};
use ringfence_core::state::State;
use ringfence_core::strategy::Emissions;

use crate::admission::WitVersion;
use crate::apart::message::{Raw, Said, read};
use crate::bindings::{SetupFault, tongue};

/// What the host understands of a frame that a guest process wrote, for whoever looks into a conversation; `None` where it is
/// nothing that a guest process says. A question is answered from an empty State.
#[must_use]
pub fn understood(payload: &[u8], (version, slot): (WitVersion, &StrategySlot)) -> Option<String> {
    let tongue = tongue(version);
    let said: Said<'_> = read(payload)?;
    let name = said.name();
    match said {
        Said::Asks(Raw(question)) => {
            let (state, mut out) = (State::default(), Vec::new());
            let asked = tongue.answer(question, (&state, StrategyId(1)), u64::MAX, &mut out).ok()?;
            Some(format!("{name} for {} fuel, {} bytes of answer", asked.price, out.len()))
        }
        Said::Done(done) | Said::Handled(done, _) => {
            let mut emitted = Emissions::ahead(StrategyId(1), IntentId(1));
            let taken = tongue.take(done.wishes.0, &mut emitted).ok()?;
            Some(format!("{name} after {} fuel, {:?} for {} fuel", done.fuel, emitted.intents(), taken.price))
        }
        Said::SetUp(Raw(answer), ..) => match tongue.planned(answer, slot).ok()? {
            Ok(plan) => Some(format!("{name} {plan:?}")),
            Err(SetupFault::Said(why) | SetupFault::Plan(why)) => Some(format!("{name} and refused: {why:?}")),
        },
        Said::Ready(..)
        | Said::Refused(..)
        | Said::Failed(_)
        | Said::Died(_)
        | Said::Saved(_)
        | Said::Restored(_)
        | Said::Tried(_) => Some(format!("{said:?}")),
    }
}
