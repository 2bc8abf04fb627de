//! Runs a strategy's source natively on what a recorded session brought it.
//!
//! Question: does the source do what its component did, and where is it when it does? In: a strategy, a transcript that
//! `ringfence debug` wrote. Out: the strategy's methods, called with the recorded events under a debugger that stops before
//! the last. Must never: answer what was not recorded, or go on behind the first difference.
//!
//! `ringfence debug` makes a program of this and the strategy; nobody needs to call it.

mod export;
mod payload;
mod recited;
mod transcript;

// The names under which `export/convert.rs` of the SDK, which is compiled here once more, knows its types.
mod decimal {
    pub(crate) use ringfence_sdk::Decimal;
}
mod event {
    pub(crate) use ringfence_sdk::{Bar, InstrumentState, Quote, Side};
}
mod instrument {
    pub(crate) use ringfence_sdk::{Instrument, InstrumentKind};
}
mod intent {
    pub(crate) use ringfence_sdk::{
        Amend, Bound, Curve, EmitError, Extras, GroupKind, Intent, OrderType, Schedule, Size, Submit, TimeInForce,
        Trail, TrailUnit, TriggerBy,
    };
}
mod number {
    pub(crate) use ringfence_sdk::{InstrumentId, IntentId, Price, Qty, TimeNs};
}
mod plan {
    pub(crate) use ringfence_sdk::{BarSpec, ChangeFilter, EventKind, Plan, Subscription};
}
mod view {
    pub(crate) use ringfence_sdk::{Account, Level, OrderState, OrderView, Position, PositionSide};
}

use std::process::ExitCode;

use ringfence_sdk::{Guest, Params};

use crate::recited::Recited;
use crate::transcript::{Call, Transcript};

/// The program: its one argument is the transcript. Ends with 0 where the strategy did all that was recorded, with 1 at the
/// first difference, with 2 where the transcript is none.
#[must_use]
pub fn main(mut guest: Box<dyn Guest>) -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: PROGRAM TRANSCRIPT");
        return ExitCode::from(2);
    };
    let read = std::fs::read(&path).map_err(|error| error.to_string());
    let transcript = read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()));
    match transcript {
        Err(error) => {
            eprintln!("{}: {error}", path.to_string_lossy());
            ExitCode::from(2)
        }
        Ok(transcript) => match run(&mut *guest, transcript) {
            Ok(()) => ExitCode::SUCCESS,
            Err(difference) => {
                eprintln!("{difference}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Where debuggers stop: the next call of the strategy is the one that was asked for.
#[inline(never)]
pub fn stop_here() {
    std::hint::black_box(());
}

fn run(guest: &mut dyn Guest, transcript: Transcript) -> Result<(), String> {
    let Transcript { setup: (params, instruments), state, calls, .. } = transcript;
    let params = Params::new(params.into_iter().map(|param| (param.key, param.value)));
    let instruments: Vec<_> = instruments.into_iter().map(Into::into).collect();
    let _plan = guest.setup(&params, &instruments).map_err(|error| format!("setup says: {error}"))?;
    if let Some(state) = state {
        guest.restore(&state.0).map_err(|error| format!("the component's state does not fit the source: {error}"))?;
    }
    let last = calls.len().saturating_sub(1);
    for (place, call) in calls.into_iter().enumerate() {
        if place == last {
            stop_here();
        }
        one(guest, call)?;
    }
    Ok(())
}

fn one(guest: &mut dyn Guest, call: Call) -> Result<(), String> {
    let Call { seq, given: (event, context), imports, halted } = call;
    let mut host = Recited::new(imports);
    let (event, context) = (payload::event(event), payload::context(&context));
    guest.on_event(&mut host, &event, &context);
    // A call that ended the strategy may have ended it at any place.
    let difference = if halted.is_some() { None } else { host.difference() };
    difference.map_or(Ok(()), |difference| Err(format!("event {seq}: {difference}")))
}
