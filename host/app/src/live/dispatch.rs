//! Dispatch: who carries commands to an adapter, and what it says to the session?
//!
//! In: errands of the session, emergency cancels, what the adapter says. Out: calls of the adapter in order, inputs for the
//! session, alarms for operators. Must never: wait for the session: emergency cancels go out although it takes nothing any more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use ringfence_core::event::{EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, VenueId};
use ringfence_session::live::Input;
use ringfence_session::script::Fact;
use ringfence_venue::{
    Alarm, AlarmKind, Answer, EmergencyCancel, Query, QueryId, Said, Setting, VenueAdapter, not_sent,
};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use super::alarms::Siren;
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
/// How often an adapter that says nothing is asked for alarms.
const ALARMS: Duration = Duration::from_millis(250);

/// The ways to and from one adapter.
pub(crate) struct Lines {
    pub(crate) errands: Receiver<Errand>,
    pub(crate) cancels: UnboundedReceiver<EmergencyCancel>,
    pub(crate) inputs: SyncSender<Input>,
    pub(crate) siren: Siren,
}

/// Serves an adapter until the session drops its errands and the adapter has told everything.
pub(crate) async fn serve<A: VenueAdapter>(mut adapter: A, mut lines: Lines, brake: Arc<Brake>) {
    let mut inbox = Inbox { inputs: lines.inputs, backlog: VecDeque::new() };
    let (mut siren, mut settings) = (lines.siren, Settings::default());
    let (mut is_open, mut looks) = (true, tokio::time::interval(ALARMS));
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
                Some(Errand::Set(id, place, setting)) => {
                    settings.open.insert(id, (place, setting));
                    adapter.set(id, place, setting).await;
                }
                None => {
                    is_open = false;
                    adapter.close().await;
                }
            },
            said = adapter.next(), if inbox.backlog.is_empty() => {
                // What is wrong stands before what comes of it.
                adapter.alarms().iter().for_each(|alarm| siren.raise(alarm));
                let Some(said) = said else { return };
                if is_up(&said) {
                    siren.is_up();
                    settings.again(&mut adapter).await;
                }
                hear(said, (&mut inbox, &mut siren, &mut settings), adapter.venue());
            }
            _ = looks.tick() => adapter.alarms().iter().for_each(|alarm| siren.raise(alarm)),
            () = tokio::time::sleep(PATIENCE), if !inbox.backlog.is_empty() => inbox.flush(),
        }
    }
}

/// Takes what an adapter said.
fn hear(said: Said, (inbox, siren, settings): (&mut Inbox, &mut Siren, &mut Settings), venue: VenueId) {
    match said {
        Said::Report(report) => inbox.fact(report),
        Said::Answered(id, answer) => {
            let setting = settings.answered(id, &answer);
            match (&answer, setting) {
                (Answer::Failed(why), Some((place, setting))) => siren.refused(place, setting, why),
                (Answer::Failed(why), None) => {
                    siren.raise(&Alarm::new(AlarmKind::Question, format!("a question is not answered: {why}")));
                }
                (Answer::Complete | Answer::NotOffered, _) => {}
            }
            inbox.put(Input::Answered(venue, id, answer));
        }
    }
}

/// A setting and whose it is.
type Wanted = ((AccountId, InstrumentId), Setting);

/// Settings that the venue has not taken.
#[derive(Default)]
struct Settings {
    open: BTreeMap<QueryId, Wanted>,
}

impl Settings {
    /// The setting that was answered; one that was taken is not sent again.
    fn answered(&mut self, id: QueryId, answer: &Answer) -> Option<Wanted> {
        match answer {
            Answer::Failed(_) => self.open.get(&id).copied(),
            Answer::Complete | Answer::NotOffered => self.open.remove(&id),
        }
    }

    /// Sends once more what was not taken: the venue may not have been there.
    async fn again(&self, adapter: &mut impl VenueAdapter) {
        for (id, (place, setting)) in &self.open {
            adapter.set(*id, *place, *setting).await;
        }
    }
}

/// An adapter of which nothing but the market is wanted: there is no way to send through it.
pub(crate) struct MarketOnly<A>(pub(crate) A);

/// Takes the market from an adapter until the session ends.
pub(crate) async fn watch<A: VenueAdapter>(mut market: MarketOnly<A>, inputs: SyncSender<Input>, mut siren: Siren) {
    let mut inbox = Inbox { inputs, backlog: VecDeque::new() };
    let mut looks = tokio::time::interval(ALARMS);
    loop {
        tokio::select! {
            said = market.0.next(), if inbox.backlog.is_empty() => {
                market.0.alarms().iter().for_each(|alarm| siren.raise(alarm));
                let Some(said) = said else { return };
                if is_up(&said) {
                    siren.is_up();
                }
                said.report().filter(is_of_market).into_iter().for_each(|report| inbox.fact(report));
            }
            _ = looks.tick() => market.0.alarms().iter().for_each(|alarm| siren.raise(alarm)),
            () = tokio::time::sleep(PATIENCE), if !inbox.backlog.is_empty() => inbox.flush(),
        }
    }
}

/// True when the venue is there.
fn is_up(said: &Said) -> bool {
    matches!(said, Said::Report(report) if report.kind == EventKind::VenueUp)
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

#[cfg(test)]
mod tests;
