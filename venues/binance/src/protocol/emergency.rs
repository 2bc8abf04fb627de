//! Emergency: how do cancels get out when nothing else does?
//!
//! In: emergency cancels, countdowns. Out: requests that no budget stops, tried again until they get through. Must never:
//! send while the address is banned, which would make the ban longer; the cancels wait for its end.

use ringfence_core::event::CancelReason;
use ringfence_core::ids::InstrumentId;
use ringfence_venue::EmergencyCancel;
use ringfence_venue::adapter::Target;

use crate::codec::json::Json;
use crate::codec::read::CodecError;
use crate::codec::request::{self, Request};
use crate::codec::{Failure, Fate, order, prepare_cancel_order, prepare_emergency_cancel_all};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::ledger::Life;
use crate::protocol::timers::Task;
use crate::protocol::{Machine, NS_PER_MS, Notice};

/// Most tries of an emergency cancel.
const TRIES_MAX: u32 = 10;
/// First and longest wait between two tries, in ms.
const AGAIN_MS: (u64, u64) = (250, 5_000);
/// Most emergency cancels that wait: one for each instrument and order that may be open.
const URGENT_MAX: usize = 1_024;

/// An emergency cancel that did not get through yet.
#[derive(Clone, Debug)]
pub(crate) struct Urgent {
    request: Request,
    tries: u32,
}

impl Machine {
    pub(crate) fn send_emergency(&mut self, cancel: &EmergencyCancel) {
        if (cancel.venue(), cancel.account_id()) != (self.settings.venue, self.settings.account) {
            return;
        }
        let product = self.settings.product;
        let requests = match cancel.target() {
            Target::Order(key, instrument, id) => {
                self.know(id.as_str(), (key, instrument));
                self.mark(|order_id, _| order_id == id.as_str());
                let current = self.ledger.get(id.as_str()).map(|order| order.current_id.clone());
                let listed = self.listed(instrument);
                let request = |(listed, current): (&crate::protocol::Listed, String)| {
                    prepare_cancel_order(&listed.place(product), &current)
                };
                listed.zip(current).map(request).into_iter().collect()
            }
            Target::Instrument(instrument) => {
                self.mark(|_, of| of == instrument);
                let listed = self.listed(instrument);
                prepare_emergency_cancel_all(listed.map(|listed| listed.place(product)))
            }
            Target::Account => {
                self.mark(|_, _| true);
                let all = self.settings.instruments.iter();
                prepare_emergency_cancel_all(all.map(|listed| listed.place(product)))
            }
        };
        requests.into_iter().for_each(|request| self.urge(request));
    }

    fn urge(&mut self, request: Request) {
        if self.urgent.len() < URGENT_MAX {
            self.urgent_made += 1;
            self.urgent.insert(self.urgent_made, Urgent { request, tries: 0 });
            self.try_urgent(self.urgent_made);
        }
    }

    /// Orders that were on their way when everything was canceled, and that the venue took all the same: the cancel may have
    /// overtaken them.
    pub(crate) fn cancel_overtaken(&mut self) {
        for id in std::mem::take(&mut self.ledger.overtaken) {
            let order = self.ledger.get(&id).filter(|order| order.life == Life::Working);
            let Some((instrument, current)) = order.map(|it| (it.instrument, it.current_id.clone())) else { continue };
            let Some(listed) = self.listed(instrument) else { continue };
            self.urge(prepare_cancel_order(&listed.place(self.settings.product), &current));
        }
    }

    /// Whose cancel it is, where it comes to one.
    fn mark(&mut self, is_meant: impl Fn(&str, InstrumentId) -> bool) {
        for id in self.ledger.live() {
            if let Some(order) = self.ledger.get_mut(&id)
                && is_meant(&id, order.instrument)
                && order.life != Life::Ended
                && order.canceler.is_none()
            {
                order.canceler = Some((order.key, CancelReason::KillSwitch));
            }
        }
    }

    pub(crate) fn try_urgent(&mut self, number: u64) {
        let Some(urgent) = self.urgent.get(&number) else { return };
        let request = urgent.request.clone();
        if !self.call(request, Purpose::Emergency(number), Class::Emergency) {
            self.urgent_again(number);
        }
    }

    pub(crate) fn urgent_again(&mut self, number: u64) {
        let Some(urgent) = self.urgent.get_mut(&number) else { return };
        urgent.tries += 1;
        if urgent.tries >= TRIES_MAX {
            self.urgent.remove(&number);
            return self.notice(Notice::EmergencyFailed("no answer".to_owned()));
        }
        let span = self.random.span_ns(urgent.tries, AGAIN_MS);
        let at = self.now.plus(span).max(self.banned_until);
        self.timers.set(at, Task::Emergency(number));
    }

    /// Spot tells which orders ended; futures that it was done, and the account's stream tells the rest.
    pub(crate) fn urgent_done(&mut self, number: u64, json: &Json<'_>) -> Result<(), CodecError> {
        self.urgent.remove(&number);
        let said = match json {
            Json::List(_) => order::orders(json)?,
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
                order::order(json).into_iter().collect()
            }
        };
        for answer in said {
            if let Some((evidence, fills)) = self.evidence(&answer) {
                let id = self.ledger.observe(&evidence, &fills);
                self.chase_fills(&id);
            }
        }
        Ok(())
    }

    pub(crate) fn urgent_refused(&mut self, number: u64, failure: &Failure) {
        match failure.fate {
            // There was nothing to cancel (any more).
            Fate::UnknownOrder => drop(self.urgent.remove(&number)),
            Fate::Rejected(_) | Fate::Credentials | Fate::Rules | Fate::NoChange | Fate::HalfReplaced => {
                self.urgent.remove(&number);
                self.notice(Notice::EmergencyFailed(failure.words.clone()));
            }
            Fate::Unknown
            | Fate::Unavailable
            | Fate::Clock
            | Fate::TooMany
            | Fate::Banned
            | Fate::Duplicate
            | Fate::NoListenKey => self.urgent_again(number),
        }
    }

    /// The venue cancels everything unless it hears of us in time.
    pub(crate) fn set_countdowns(&mut self) {
        let Some(ms) = self.settings.dead_man_ms else { return };
        let all: Vec<(InstrumentId, String)> =
            self.settings.instruments.iter().map(|listed| (listed.instrument.id, listed.symbol.clone())).collect();
        for (instrument, symbol) in all {
            let request = request::countdown(&symbol, ms);
            if self.clock.is_known() && !self.call(request, Purpose::Countdown(instrument), Class::Cancel) {
                self.notice(Notice::CountdownFailed(instrument));
            }
        }
        let wait = if self.clock.is_known() { ms * NS_PER_MS / 3 } else { NS_PER_MS * 500 };
        self.timers.set(self.now.plus(wait), Task::Countdown);
    }
}
