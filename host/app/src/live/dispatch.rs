//! Dispatch: who carries commands to an adapter, and what it says to the session?
//!
//! In: errands of the session, emergency cancels, what the adapter says. Out: calls of the adapter in order, inputs for the
//! session. Must never: wait for the session: emergency cancels go out although it takes nothing any more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use ringfence_core::event::{EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId};
use ringfence_session::live::Input;
use ringfence_session::script::Fact;
use ringfence_venue::{EmergencyCancel, Query, QueryId, Said, Setting, VenueAdapter, not_sent};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use super::brake::Brake;

/// What a session wants of a venue.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Transmit this.
    Send(VenueCommand),
    /// Ask this.
    Ask(QueryId, Query),
    /// Set this.
    Set(QueryId, (AccountId, InstrumentId), Setting),
}

/// Most errands that wait for an adapter; what comes beyond them is not transmitted.
pub(crate) const ERRANDS_MAX: usize = 4096;
/// Most inputs that wait for the session; adapters are not listened to while there are so many.
pub(crate) const INPUTS_MAX: usize = 1 << 16;
/// How long an adapter is left alone while the session takes nothing.
const PATIENCE: Duration = Duration::from_millis(1);

/// The ways to and from one adapter.
pub(crate) struct Lines {
    pub(crate) errands: Receiver<Errand>,
    pub(crate) cancels: UnboundedReceiver<EmergencyCancel>,
    pub(crate) inputs: SyncSender<Input>,
}

/// Serves an adapter until the session drops its errands and the adapter has told everything.
pub(crate) async fn serve<A: VenueAdapter>(mut adapter: A, mut lines: Lines, brake: Arc<Brake>) {
    let venue = adapter.venue();
    let mut inbox = Inbox { inputs: lines.inputs, backlog: VecDeque::new() };
    let mut is_open = true;
    loop {
        tokio::select! {
            biased;
            Some(cancel) = lines.cancels.recv() => adapter.send_emergency(cancel).await,
            errand = lines.errands.recv(), if is_open => match errand {
                Some(Errand::Send(command)) if brake.holds(&command) => {
                    inbox.fact(not_sent(&command, RejectReason::TransmitRefused));
                }
                Some(Errand::Send(command)) => adapter.send(command).await,
                Some(Errand::Ask(id, query)) => adapter.ask(id, query).await,
                Some(Errand::Set(id, place, setting)) => adapter.set(id, place, setting).await,
                None => {
                    is_open = false;
                    adapter.close().await;
                }
            },
            said = adapter.next(), if inbox.backlog.is_empty() => match said {
                Some(Said::Report(report)) => inbox.fact(report),
                Some(Said::Answered(id, answer)) => inbox.put(Input::Answered(venue, id, answer)),
                None => return,
            },
            () = tokio::time::sleep(PATIENCE), if !inbox.backlog.is_empty() => inbox.flush(),
        }
    }
}

/// An adapter of which nothing but the market is wanted: there is no way to send through it.
pub(crate) struct MarketOnly<A>(pub(crate) A);

/// Takes the market from an adapter until the session ends.
pub(crate) async fn watch<A: VenueAdapter>(mut market: MarketOnly<A>, inputs: SyncSender<Input>) {
    let mut inbox = Inbox { inputs, backlog: VecDeque::new() };
    loop {
        tokio::select! {
            said = market.0.next(), if inbox.backlog.is_empty() => match said {
                Some(Said::Report(report)) if is_of_market(&report) => inbox.fact(report),
                Some(Said::Report(_) | Said::Answered(..)) => {}
                None => return,
            },
            () = tokio::time::sleep(PATIENCE), if !inbox.backlog.is_empty() => inbox.flush(),
        }
    }
}

/// True for what a session without orders at a venue wants to hear of it.
fn is_of_market(report: &Report) -> bool {
    report.kind.is_market() || matches!(report.kind, EventKind::VenueUp | EventKind::VenueDown)
}

/// What waits for the session.
struct Inbox {
    inputs: SyncSender<Input>,
    backlog: VecDeque<Input>,
}

impl Inbox {
    fn fact(&mut self, report: Report) {
        self.put(Input::Fact(Fact::Report(report)));
    }

    fn put(&mut self, input: Input) {
        self.backlog.push_back(input);
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(input) = self.backlog.pop_front() {
            match self.inputs.try_send(input) {
                Ok(()) => {}
                Err(TrySendError::Full(input)) => return self.backlog.push_front(input),
                Err(TrySendError::Disconnected(_)) => return self.backlog.clear(),
            }
        }
    }
}
