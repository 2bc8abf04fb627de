//! Sink: how do an operator's orders come to a session that is fed from outside?
//!
//! In: orders of the control surface, from any thread. Out: inputs of the session, with who wants what; of a kill first
//! the brake. Must never: wait for the session, or lose a kill because it takes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use ringfence_control::desk::{Act, Gone, Order, Sink};
use ringfence_core::event::EventKind;
use ringfence_session::live::{Ending, Input};

use super::brake::Brake;
use super::room::Door;
use crate::control::fact_of;
use crate::output::diagnostic;

/// The letter box of a session.
pub(crate) struct LetterBox {
    pub(crate) inputs: SyncSender<Input>,
    pub(crate) brake: Arc<Brake>,
}

impl Sink for LetterBox {
    fn send(&self, order: Order) -> Result<(), Gone> {
        if let Act::Event(EventKind::KillSwitch(level, strategy)) = order.act
            && let Err(error) = self.brake.pull(level, strategy)
        {
            diagnostic(format_args!("alarm: the kill switch works, and could not be remembered: {error}"));
        }
        match self.inputs.try_send(Input::Fact(fact_of(order))) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(Gone),
            Err(TrySendError::Full(input)) => {
                // The session takes nothing at the moment; whoever gave the order is not to wait for it.
                let inputs = self.inputs.clone();
                std::thread::spawn(move || inputs.send(input).is_ok());
                Ok(())
            }
        }
    }
}

/// What orders ask beside what the session is told.
pub(crate) fn asked(door: Arc<Door>, ending: Ending, reload: Arc<AtomicBool>) -> Box<dyn Fn(&Act)> {
    Box::new(move |act| match act {
        Act::Stop => door.shut(ending),
        Act::Reload => reload.store(true, Ordering::Relaxed),
        Act::Record | Act::Event(_) | Act::External(_) | Act::Resume(_) => {}
    })
}
