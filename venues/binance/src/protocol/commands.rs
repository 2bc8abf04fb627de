//! Commands: how does an order of the Gate become a request, and when does it not?
//!
//! In: commands. Out: requests, or a report that nothing was sent. Must never: change what was approved, hold a command
//! back, or send one while the state of the venue is not known.

use ringfence_core::event::{CancelReason, Cause, Command, EventKind, RejectReason};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{InstrumentId, LegKey};
use ringfence_core::intent::{Action, AmendTerms, CancelTerms, OrderTerms};
use ringfence_core::money::Price;

use crate::codec::failure::Product;
use crate::codec::request::{self, Request};
use crate::codec::words::Stay;
use crate::codec::{prepare_cancel_order, prepare_futures_order, prepare_spot_order};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::doubts::Kind;
use crate::protocol::ledger::{Amending, Life, Tracked, hollow};
use crate::protocol::replace::replacement_id;
use crate::protocol::{Machine, Notice};

/// A command as far as it is needed after it was spent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    /// The order.
    pub(crate) order: LegKey,
    /// The command's own leg.
    pub(crate) command: LegKey,
    /// Its instrument.
    pub(crate) instrument: InstrumentId,
    /// What it asks for.
    pub(crate) kind: Command,
}

impl Machine {
    pub(crate) fn send(&mut self, command: &VenueCommand) {
        let (order, kind) = match command.action() {
            Action::Submit(_) => (command.key(), Command::Submit),
            Action::Cancel(terms) => (terms.order, Command::Cancel),
            Action::Amend(terms) => (terms.order, Command::Amend),
        };
        let instrument = command.action().instrument();
        let about = About { order, command: command.key(), instrument, kind };
        let is_here = (command.venue(), command.account()) == (self.settings.venue, self.settings.account);
        if !is_here || self.is_closing || self.listed(instrument).is_none() {
            return self.refuse(about, RejectReason::TransmitRefused);
        }
        let (own, target) = (command.client_id().as_str(), command.target_id().as_str());
        let done = match command.action() {
            Action::Submit(terms) => self.submit(about, own, terms),
            Action::Cancel(terms) => self.cancel(about, target, terms),
            Action::Amend(terms) => self.amend(about, (target, own), terms),
        };
        if let Err(reason) = done {
            self.refuse(about, reason);
        }
    }

    /// Reports that a command did not leave, or certainly did nothing.
    pub(crate) fn refuse(&mut self, about: About, reason: RejectReason) {
        let kind = EventKind::TransmitRefused(about.order, about.kind, reason);
        let now = self.venue_time();
        self.ledger.say_caused(Cause::leg(about.command), about.instrument, now, kind);
    }

    fn submit(&mut self, about: About, id: &str, terms: &OrderTerms) -> Result<(), RejectReason> {
        self.may_expose()?;
        self.symbols.admit(about.instrument, terms)?;
        let listed = self.listed(about.instrument).ok_or(RejectReason::TransmitRefused)?;
        let place = listed.place(self.settings.product);
        let request = match self.settings.product {
            Product::Spot => prepare_spot_order(&place, id, terms),
            Product::UsdM => prepare_futures_order(&place, id, terms),
        };
        let request = request.map_err(|_| RejectReason::TransmitRefused)?;
        if self.ledger.get(id).is_some() {
            return Err(RejectReason::Duplicate);
        }
        let order = Tracked {
            side: terms.side,
            price: terms.limit_price.unwrap_or(Price(0)),
            qty: terms.qty,
            life: Life::Sent,
            stay: if terms.post_only { Stay::Posts } else { Stay::Rests },
            is_hollow: false,
            is_adopted: false,
            ..hollow(about.order, about.instrument, id)
        };
        if !self.ledger.sent(id, order) {
            return Err(RejectReason::RateLimited);
        }
        self.dispatch(request, Purpose::Submit(id.to_owned()), Class::Submit).inspect_err(|_| self.ledger.lost(id))
    }

    /// New exposure only where the state of the venue is known.
    fn may_expose(&self) -> Result<(), RejectReason> {
        if self.now < self.banned_until {
            return Err(RejectReason::RateLimited);
        }
        if self.is_ready() { Ok(()) } else { Err(RejectReason::TransmitRefused) }
    }

    fn dispatch(&mut self, request: Request, purpose: Purpose, class: Class) -> Result<(), RejectReason> {
        let is_out = self.call(request, purpose, class);
        let is_known = self.clock.is_known() && self.signer.is_some();
        match (is_out, is_known) {
            (true, _) => Ok(()),
            (false, true) => Err(RejectReason::RateLimited),
            (false, false) => Err(RejectReason::TransmitRefused),
        }
    }

    fn cancel(&mut self, about: About, id: &str, terms: &CancelTerms) -> Result<(), RejectReason> {
        self.know(id, (terms.order, terms.instrument));
        let order = self.ledger.get(id).ok_or(RejectReason::TransmitRefused)?;
        if order.life == Life::Ended {
            self.reject_cancel(about, RejectReason::TooLate);
            return Ok(());
        }
        let current = order.current_id.clone();
        let listed = self.listed(about.instrument).ok_or(RejectReason::TransmitRefused)?;
        let request = prepare_cancel_order(&listed.place(self.settings.product), &current);
        self.dispatch(request, Purpose::Cancel(id.to_owned(), about.command), Class::Cancel)?;
        if let Some(order) = self.ledger.get_mut(id) {
            order.canceler = Some((about.command, CancelReason::Asked));
        }
        Ok(())
    }

    /// Remembers an order of before a restart by its key.
    pub(crate) fn know(&mut self, id: &str, (key, instrument): (LegKey, InstrumentId)) {
        if self.ledger.get(id).is_none() {
            self.ledger.sent(id, hollow(key, instrument, id));
        }
    }

    /// Reports that a cancel was refused.
    pub(crate) fn reject_cancel(&mut self, about: About, reason: RejectReason) {
        let now = self.venue_time();
        let kind = EventKind::CancelRejected(about.order, reason);
        self.ledger.say_caused(Cause::leg(about.command), about.instrument, now, kind);
    }

    /// Reports that an amend was refused.
    pub(crate) fn reject_amend(&mut self, about: About, reason: RejectReason) {
        let now = self.venue_time();
        let kind = EventKind::AmendRejected(about.order, reason);
        self.ledger.say_caused(Cause::leg(about.command), about.instrument, now, kind);
    }

    fn amend(&mut self, about: About, (id, own): (&str, &str), terms: &AmendTerms) -> Result<(), RejectReason> {
        self.may_expose()?;
        self.symbols.admit_amend(about.instrument, terms.price, terms.qty)?;
        let order = self.ledger.get(id).ok_or(RejectReason::TransmitRefused)?;
        if order.life == Life::Ended {
            self.reject_amend(about, RejectReason::TooLate);
            return Ok(());
        }
        let old = order.clone();
        let (request, purpose, new_id) = self.amend_request((id, own), &old, terms)?;
        let class = if terms.qty < old.qty && terms.price == old.price { Class::Cancel } else { Class::Submit };
        self.dispatch(request, purpose, class)?;
        if let Some(order) = self.ledger.get_mut(id) {
            let (command, price, qty) = (about.command, terms.price, terms.qty);
            order.amending = Some(Amending { command, price, qty, new_id });
        }
        Ok(())
    }

    /// Futures change an order in its place. On spot it becomes smaller in its place, or another takes its place as long as
    /// nothing of it is filled: a fill on the way would make the new one too large.
    fn amend_request(
        &self,
        (id, own): (&str, &str),
        old: &Tracked,
        terms: &AmendTerms,
    ) -> Result<(Request, Purpose, Option<String>), RejectReason> {
        let listed = self.listed(old.instrument).ok_or(RejectReason::TransmitRefused)?;
        let place = listed.place(self.settings.product);
        let is_smaller = terms.price == old.price && terms.qty < old.qty;
        let (amend, replace) = (Purpose::Amend(id.to_owned()), Purpose::Replace(id.to_owned()));
        match self.settings.product {
            Product::UsdM => Ok((request::prepare_futures_amend(&place, &old.current_id, terms), amend, None)),
            Product::Spot if is_smaller => {
                Ok((request::prepare_spot_reduce(&place, &old.current_id, terms.qty), amend, None))
            }
            Product::Spot if old.executed == 0 => {
                let new_id = replacement_id(id, own);
                let ids = (old.current_id.as_str(), new_id.as_str());
                Ok((request::prepare_spot_replace(&place, ids, (terms, old.stay)), replace, Some(new_id)))
            }
            Product::Spot => Err(RejectReason::TransmitRefused),
        }
    }

    /// What of the order of this id is needed to report about a command for it.
    pub(crate) fn about(&self, id: &str, kind: Command) -> Option<About> {
        let order = self.ledger.get(id)?;
        let command = match kind {
            Command::Submit => order.key,
            Command::Cancel => order.canceler.map_or(order.key, |(command, _)| command),
            Command::Amend => order.amending.as_ref().map_or(order.key, |amending| amending.command),
        };
        Some(About { order: order.key, command, instrument: order.instrument, kind })
    }

    /// Reports that nobody knows what became of a command.
    pub(crate) fn tell_unknown(&mut self, about: About) {
        self.notice(Notice::OutcomeUnknown(about.order));
        let now = self.venue_time();
        let kind = EventKind::OutcomeUnknown(about.order);
        self.ledger.say_caused(Cause::leg(about.command), about.instrument, now, kind);
    }

    /// Everything under way is of unknown outcome from now on, because nobody will listen to its answer.
    pub(crate) fn close_commands(&mut self) {
        let mut open = Vec::new();
        for call in self.calls.all().filter(|call| !call.is_late) {
            match &call.purpose {
                // The account's stream may have told of it before its answer could.
                Purpose::Submit(id) if !self.awaits(id, Kind::Submit) => {}
                Purpose::Submit(id) => open.push((id.clone(), Command::Submit)),
                Purpose::Cancel(id, _) => open.push((id.clone(), Command::Cancel)),
                Purpose::Amend(id) | Purpose::Replace(id) => open.push((id.clone(), Command::Amend)),
                Purpose::Emergency(_)
                | Purpose::Doubt(_)
                | Purpose::Fills(_)
                | Purpose::Time
                | Purpose::Rules
                | Purpose::Mode
                | Purpose::Key(_)
                | Purpose::Book(_)
                | Purpose::ProbeFeed(..)
                | Purpose::ProbeUser(_)
                | Purpose::Countdown(_)
                | Purpose::Query(_) => {}
            }
        }
        for (id, kind) in open {
            if let Some(about) = self.about(&id, kind) {
                self.tell_unknown(about);
            }
        }
        self.flush();
    }
}
