//! Occupant: what sits in a strategy's place?
//!
//! In: code and where it is to run. Out: an instance in this process, or one in a process of its own, called alike. Must
//! never: tell the core which of both it is.

use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, LookAhead, StateLoan};
use wasmtime::Engine;

use crate::alarm::Alarm;
#[cfg(target_os = "linux")]
use crate::apart::{Distant, start};
use crate::apart::{GuestProgram, failed};
use crate::bindings::Linkers;
use crate::compile::Body;
use crate::instance::{Death, Instance};
use crate::load::{Order, load};
use crate::refusal::Refusal;

/// A live strategy.
pub(crate) enum Occupant {
    /// In this process.
    Here(Instance),
    /// In a process of its own.
    #[cfg(target_os = "linux")]
    Apart(Distant),
}

/// Instantiates and sets up, where the code is to run.
///
/// # Errors
/// What instantiation and `setup` refuse, and `E-GUEST-PROCESS`.
pub(crate) fn occupy(
    (engine, linkers, guests): (&Engine, &Linkers, Option<&GuestProgram>),
    body: &Body,
    order: &Order<'_>,
) -> Result<(Occupant, Plan, Option<Alarm>), Refusal> {
    match body {
        Body::Here(component) => {
            let (instance, plan) = load(engine, linkers, component, order)?;
            Ok((Occupant::Here(instance), plan, None))
        }
        Body::Apart(code) => {
            let program = guests.ok_or_else(|| failed("this program cannot start guest processes"))?;
            apart((program, engine), code, order)
        }
    }
}

#[cfg(target_os = "linux")]
fn apart(
    with: (&GuestProgram, &Engine),
    code: &[u8],
    order: &Order<'_>,
) -> Result<(Occupant, Plan, Option<Alarm>), Refusal> {
    let (distant, plan, alarm) = start(with, code, order)?;
    Ok((Occupant::Apart(distant), plan, alarm.map(Alarm::Apart)))
}

#[cfg(not(target_os = "linux"))]
fn apart(_: (&GuestProgram, &Engine), _: &[u8], _: &Order<'_>) -> Result<(Occupant, Plan, Option<Alarm>), Refusal> {
    Err(failed("a guest process needs Linux"))
}

/// The same question to whichever it is.
macro_rules! either {
    ($self:ident, $inner:ident => $what:expr) => {
        match $self {
            Occupant::Here($inner) => $what,
            #[cfg(target_os = "linux")]
            Occupant::Apart($inner) => $what,
        }
    };
}

impl Occupant {
    /// One call of `on-event`: fuel used, or the end. The loan comes back either way.
    #[inline]
    pub(crate) fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, u64, Option<Box<Death>>) {
        either!(self, inner => inner.call(call, loan))
    }

    /// True when the strategy can be shown calls ahead.
    pub(crate) fn looks_ahead(&self) -> bool {
        either!(self, inner => inner.looks_ahead())
    }

    /// Shows calls ahead; how many were handled.
    pub(crate) fn look_ahead(&mut self, shown: &LookAhead<'_>) -> Result<usize, Box<Death>> {
        either!(self, inner => inner.look_ahead(shown))
    }

    /// The strategy's state as bytes.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Death> {
        either!(self, inner => inner.snapshot())
    }

    /// Takes a snapshot back; the inner error is the strategy's own word, after which it must not be called again.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<Result<(), String>, Death> {
        either!(self, inner => inner.restore(bytes))
    }

    /// The instances before it used so much fuel.
    pub(crate) fn has_spent(&mut self, fuel: u64) {
        either!(self, inner => inner.has_spent(fuel));
    }

    /// Fuel of all calls of `on-event`.
    pub(crate) fn used_total(&self) -> u64 {
        either!(self, inner => inner.used_total())
    }

    /// Bytes of all linear memories.
    pub(crate) fn memory_bytes(&self) -> u64 {
        either!(self, inner => inner.memory_bytes())
    }

    /// The instance, where it is in this process: only there can it be listened to.
    pub(crate) fn here(&self) -> Option<&Instance> {
        match self {
            Occupant::Here(instance) => Some(instance),
            #[cfg(target_os = "linux")]
            Occupant::Apart(_) => None,
        }
    }

    /// The same, to begin to listen.
    pub(crate) fn here_mut(&mut self) -> Option<&mut Instance> {
        match self {
            Occupant::Here(instance) => Some(instance),
            #[cfg(target_os = "linux")]
            Occupant::Apart(_) => None,
        }
    }

    /// Number of its process, where it has one of its own.
    pub(crate) fn process(&self) -> Option<u32> {
        match self {
            Occupant::Here(_) => None,
            #[cfg(target_os = "linux")]
            Occupant::Apart(distant) => Some(distant.process()),
        }
    }
}
