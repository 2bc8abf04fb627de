//! Adapter: how does a session use an adapter that runs in a gateway?
//!
//! In: calls of the trait of all venues. Out: frames for the gateway, and what it says. Must never: leave a command without
//! an end because the gateway has ended; what was on its way then is unknown.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use ringfence_core::canonical::Writer;
use ringfence_core::event::RejectReason;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, VenueId};
use ringfence_venue::{
    Alarm, AlarmKind, Answer, Capabilities, EmergencyCancel, LivePermit, Query, QueryId, Rates, Said, Setting,
    VenueAdapter, not_sent,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::message::{Heard, Told};
use super::pending::Pending;
use super::supervise::{News, supervise};
use crate::output::diagnostic;

/// Longest wait for a gateway to be ready.
const READY: Duration = Duration::from_secs(20);

/// An adapter in another process.
pub(crate) struct GatewayAdapter {
    venue: VenueId,
    capabilities: Capabilities,
    rates: Rates,
    /// The way to the gateway that is there now.
    frames: Option<SyncSender<Vec<u8>>>,
    news: UnboundedReceiver<News>,
    pending: Pending,
    /// What is said without the gateway.
    own: VecDeque<Said>,
    /// What an operator should hear.
    alarms: Vec<Alarm>,
    /// Emergency cancels that no gateway has taken yet.
    emergencies: VecDeque<EmergencyCancel>,
    is_closing: Arc<AtomicBool>,
}

impl Drop for GatewayAdapter {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
    }
}

impl GatewayAdapter {
    /// Starts a gateway with `start`, and again whenever it ends; waits until the first is ready.
    ///
    /// # Errors
    /// What the gateway says that it lacks, or that it says nothing.
    pub(crate) async fn open(
        venue: VenueId,
        start: impl Fn() -> Command + Send + 'static,
        _permit: LivePermit,
    ) -> Result<GatewayAdapter, String> {
        let (sender, news) = unbounded_channel();
        let is_closing = Arc::new(AtomicBool::new(false));
        supervise(start, sender, Arc::clone(&is_closing));
        let mut adapter = GatewayAdapter {
            venue,
            capabilities: Capabilities::default(),
            rates: Rates::default(),
            frames: None,
            news,
            pending: Pending::default(),
            own: VecDeque::new(),
            alarms: Vec::new(),
            emergencies: VecDeque::new(),
            is_closing,
        };
        match tokio::time::timeout(READY, adapter.first()).await {
            Ok(Ok(capabilities)) => {
                adapter.capabilities = capabilities;
                Ok(adapter)
            }
            Ok(Err(why)) => Err(why),
            Err(_) => Err(format!("its gateway was not ready after {} s", READY.as_secs())),
        }
    }

    /// The capabilities of the first gateway.
    async fn first(&mut self) -> Result<Capabilities, String> {
        let mut why = "its gateway has ended".to_owned();
        while let Some(news) = self.news.recv().await {
            match news {
                News::Up(frames) => self.frames = Some(frames),
                News::Said(Heard::Ready(capabilities)) => return Ok(capabilities),
                News::Said(Heard::NotReady(text)) => why = text,
                News::Said(_) => {}
                News::Gone => break,
            }
        }
        Err(why)
    }

    fn told(&mut self, told: &Told) -> bool {
        self.frames.as_ref().is_some_and(|frames| frames.try_send(told.bytes()).is_ok())
    }

    /// What could not be told is told first, as soon as somebody takes it.
    fn tell_emergencies(&mut self) {
        while let Some(cancel) = self.emergencies.front().copied() {
            if !self.told(&Told::Emergency(cancel)) {
                return;
            }
            self.emergencies.pop_front();
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Up(frames) => self.frames = Some(frames),
            News::Gone => {
                self.frames = None;
                self.own.extend(self.pending.lost(self.venue));
                if !self.is_closing.load(Ordering::SeqCst) {
                    let text = "its gateway has ended; nothing is sent until the next one is up";
                    self.alarms.push(Alarm::new(AlarmKind::Gateway, text));
                }
            }
            News::Said(Heard::Report(report)) if report.venue == self.venue => {
                self.pending.heard(&report);
                self.own.push_back(Said::Report(report));
            }
            News::Said(Heard::Report(report)) => {
                diagnostic(format_args!("alarm: a gateway speaks of venue {}, which is not its own", report.venue.0));
            }
            News::Said(Heard::Answered(id, answer)) => {
                self.pending.answered(id);
                self.own.push_back(Said::Answered(id, answer));
            }
            News::Said(Heard::Refused(leg, code)) => {
                diagnostic(format_args!("alarm: the gateway refused the command of {leg}: {code}"));
                self.own.extend(self.pending.refused(leg).map(Said::Report));
            }
            News::Said(Heard::Rates(rates)) => self.rates = rates,
            News::Said(Heard::Ready(_)) => {}
            News::Said(Heard::NotReady(why)) => {
                self.alarms.push(Alarm::new(AlarmKind::Gateway, format!("its gateway does not start: {why}")));
            }
            News::Said(Heard::Alarm(alarm)) => self.alarms.push(alarm),
        }
    }
}

impl VenueAdapter for GatewayAdapter {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn send(&mut self, command: VenueCommand) {
        let mut sealed = Writer::new();
        command.put_sealed(&mut sealed);
        let reason = if self.frames.is_some() { RejectReason::RateLimited } else { RejectReason::TransmitRefused };
        if self.told(&Told::Send(sealed.into_bytes())) {
            self.pending.sent(&command);
        } else {
            self.own.push_back(Said::Report(not_sent(&command, reason)));
        }
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.emergencies.push_back(cancel);
        self.tell_emergencies();
        if !self.emergencies.is_empty() {
            diagnostic("alarm: an emergency cancel waits for its gateway");
        }
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        if self.told(&Told::Ask(id, query)) {
            self.pending.asked(id);
        } else {
            self.own.push_back(Said::Answered(id, unreachable_now()));
        }
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        if self.told(&Told::Set(id, place, setting)) {
            self.pending.asked(id);
        } else {
            self.own.push_back(Said::Answered(id, unreachable_now()));
        }
    }

    fn rates(&self) -> Rates {
        self.rates
    }

    fn alarms(&mut self) -> Vec<Alarm> {
        std::mem::take(&mut self.alarms)
    }

    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(said) = self.own.pop_front() {
                return Some(said);
            }
            let news = self.news.recv().await?;
            self.hear(news);
            self.tell_emergencies();
        }
    }

    async fn close(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
        if !self.told(&Told::Close) {
            self.frames = None;
        }
    }
}

fn unreachable_now() -> Answer {
    Answer::Failed("its gateway takes nothing at the moment".to_owned())
}

#[cfg(test)]
mod tests;
