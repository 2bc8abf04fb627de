//! Doubts: what became of a command whose fate is not known?
//!
//! In: commands without an answer, or with one that may mislead. Out: questions by client id, and at last what they show.
//! Must never: send anything again, or call an order absent before the rule says so.
//!
//! The rule: the venue, asked at least [`ABSENT_MIN`] times at growing distances, does not have it; at least ten seconds went
//! by, and more than the time for which the request could still have been taken; and the account's stream lives, which would
//! have told. Time counts from when the request went out, where the session knows by when it had, and from the doubt otherwise.
//! Where all of it was over before the venue was asked at all, its first word counts: nothing was under way any more. An order
//! that is absent by this rule may still be filled: a fill is reported whatever was said before.

use ringfence_core::event::{Command, RejectReason};
use ringfence_core::ids::{LegKey, TimeNs};
use ringfence_venue::{Answer, QueryId, Said};

use crate::codec::json::Json;
use crate::codec::read::CodecError;
use crate::codec::words::Status;
use crate::codec::{Failure, Fate, order, request};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::commands::About;
use crate::protocol::ledger::{Detail, Life, statement};
use crate::protocol::timers::Task;
use crate::protocol::{Machine, NS_PER_MS, NS_PER_S, Notice, Output, WhenAbsent};

/// "Not found" counts for nothing before it was said so often.
pub(crate) const ABSENT_MIN: u32 = 3;
/// Nor before this time.
const ABSENT_NS: u64 = 10 * NS_PER_S;
/// First and longest distance of questions, in ms.
const ASK_MS: (u64, u64) = (1_000, 30_000);
/// Beyond the time for which a request may be taken: what clocks may differ.
const MARGIN_NS: u64 = NS_PER_S;
/// A question of the session about an order fails after this.
const QUERY_NS: u64 = 120 * NS_PER_S;

/// What is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whether the venue has the order.
    Submit,
    /// Whether it is canceled, for the command of this leg.
    Cancel(LegKey),
    /// Whether it is amended, for the command of this leg.
    Amend(LegKey),
    /// The session asks about it.
    Asked(QueryId),
}

/// An order that is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    id: String,
    kind: Kind,
    about: About,
    since: TimeNs,
    /// The request had gone out by then.
    sent_at: TimeNs,
    absent: u32,
    tries: u32,
    /// The session heard that the outcome is unknown.
    is_told: bool,
    /// What the venue said before, if it was a refusal.
    verdict: Option<RejectReason>,
    /// The order that was to be replaced is asked about, because the new one is not there.
    asks_old: bool,
}

impl Doubt {
    /// One that comes up now.
    pub(crate) fn new((id, kind): (&str, Kind), about: About, now: TimeNs) -> Doubt {
        let id = id.to_owned();
        let (since, sent_at) = (now, now);
        Doubt { id, kind, about, since, sent_at, absent: 0, tries: 0, is_told: false, verdict: None, asks_old: false }
    }

    /// The same about a request that had gone out by this time.
    pub(crate) fn sent_by(self, sent_at: TimeNs) -> Doubt {
        Doubt { sent_at, ..self }
    }

    /// Whether no request can have been under way any more when the doubt came up.
    fn is_late(&self, window: u64) -> bool {
        self.since.age_of(self.sent_at).is_some_and(|age| age >= window)
    }
}

impl Machine {
    /// Nobody knows: the session hears it, and the venue is asked.
    pub(crate) fn doubt(&mut self, id: &str, kind: Kind, about: About) {
        self.tell_unknown(about);
        self.add_doubt(Doubt { is_told: true, ..Doubt::new((id, kind), about, self.now) });
    }

    /// The venue refused in a way that may mislead: it is asked before the session hears anything.
    pub(crate) fn judge(&mut self, id: &str, kind: Kind, verdict: RejectReason) {
        let command = match kind {
            Kind::Submit | Kind::Asked(_) => Command::Submit,
            Kind::Cancel(_) => Command::Cancel,
            Kind::Amend(_) => Command::Amend,
        };
        let Some(about) = self.about(id, command) else { return };
        let has_ended = self.ledger.get(id).is_some_and(|order| order.life == Life::Ended);
        if has_ended && kind != Kind::Submit {
            return self.give_back(id, about, Some(()), RejectReason::TooLate);
        }
        self.add_doubt(Doubt { verdict: Some(verdict), ..Doubt::new((id, kind), about, self.now) });
    }

    pub(crate) fn add_doubt(&mut self, doubt: Doubt) {
        if self.doubts.values().any(|other| other.id == doubt.id && other.kind == doubt.kind) {
            return;
        }
        self.doubts_made += 1;
        self.doubts.insert(self.doubts_made, doubt);
        self.timers.set(self.now, Task::AskDoubt(self.doubts_made));
    }

    /// True while a command is neither settled nor known to have come to nothing.
    pub(crate) fn awaits(&self, id: &str, kind: Kind) -> bool {
        let Some(order) = self.ledger.get(id) else { return false };
        match kind {
            Kind::Submit => order.life == Life::Sent,
            Kind::Cancel(leg) => order.canceler.is_some_and(|(command, _)| command == leg),
            Kind::Amend(leg) => order.amending.as_ref().is_some_and(|amending| amending.command == leg),
            Kind::Asked(_) => true,
        }
    }

    /// True while a doubt has something to find out. Another cancel after it settles nothing of a cancel while the order lives.
    fn remains(&self, id: &str, kind: Kind) -> bool {
        let lives = || self.ledger.get(id).is_some_and(|order| order.life != Life::Ended);
        self.awaits(id, kind) || (matches!(kind, Kind::Cancel(_)) && lives())
    }

    /// Drops doubts about an order that were settled by other news.
    pub(crate) fn settle_doubts(&mut self, id: &str) {
        let of_order = |doubt: &Doubt| doubt.id == id;
        let numbers: Vec<u64> =
            self.doubts.iter().filter(|(_, doubt)| of_order(doubt)).map(|(number, _)| *number).collect();
        for number in numbers {
            let Some(doubt) = self.doubts.get(&number).cloned() else { continue };
            if !self.remains(id, doubt.kind) {
                self.drop_doubt(number);
            }
        }
    }

    /// Drops doubts about a command that came to nothing.
    pub(crate) fn settle_doubts_of(&mut self, id: &str, command: LegKey) {
        let is_it = |doubt: &Doubt| {
            doubt.id == id && matches!(doubt.kind, Kind::Cancel(leg) | Kind::Amend(leg) if leg == command)
        };
        let numbers: Vec<u64> = self.doubts.iter().filter(|(_, doubt)| is_it(doubt)).map(|(at, _)| *at).collect();
        numbers.into_iter().for_each(|number| self.drop_doubt(number));
    }

    /// Questions of the session about orders, which nobody will answer any more.
    pub(crate) fn take_asked_doubts(&mut self) -> Vec<QueryId> {
        let asked = |doubt: &Doubt| if let Kind::Asked(id) = doubt.kind { Some(id) } else { None };
        let found: Vec<QueryId> = self.doubts.values().filter_map(asked).collect();
        self.doubts.retain(|_, doubt| asked(doubt).is_none());
        found
    }

    fn drop_doubt(&mut self, number: u64) {
        self.doubts.remove(&number);
        self.timers.cancel(&Task::AskDoubt(number));
    }

    pub(crate) fn ask_doubt(&mut self, number: u64) {
        let Some(doubt) = self.doubts.get(&number).cloned() else { return };
        let Some(order) = self.ledger.get(&doubt.id) else { return self.drop_doubt(number) };
        let new_id = order.amending.as_ref().and_then(|amending| amending.new_id.clone());
        let ask = match new_id {
            Some(new_id) if !doubt.asks_old && matches!(doubt.kind, Kind::Amend(_)) => new_id,
            Some(_) | None => order.current_id.clone(),
        };
        let Some(listed) = self.listed(order.instrument) else { return self.drop_doubt(number) };
        let request = request::order_query(&listed.place(self.settings.product), &ask);
        if !self.call(request, Purpose::Doubt(number), Class::Query) {
            self.doubt_again(number);
        }
    }

    /// Asks again later.
    pub(crate) fn doubt_again(&mut self, number: u64) {
        let Some(doubt) = self.doubts.get_mut(&number) else { return };
        let span = self.random.span_ns(doubt.tries, ASK_MS);
        doubt.tries = doubt.tries.saturating_add(1);
        let (kind, since) = (doubt.kind, doubt.since);
        if let Kind::Asked(id) = kind
            && self.now.age_of(since).unwrap_or(0) > QUERY_NS
        {
            self.drop_doubt(number);
            let answer = Answer::Failed("the venue could not be asked".to_owned());
            return self.out.push(Output::Said(Said::Answered(id, answer)));
        }
        self.timers.set(self.now.plus(span), Task::AskDoubt(number));
    }

    pub(crate) fn doubt_answered(&mut self, number: u64, json: &Json<'_>) -> Result<(), CodecError> {
        let said = order::order(json)?;
        let Some(doubt) = self.doubts.get(&number).cloned() else { return Ok(()) };
        let Some((evidence, fills)) = self.evidence(&said) else {
            self.doubt_again(number);
            return Ok(());
        };
        let detail = self.ledger.newest(&evidence);
        if doubt.asks_old {
            self.old_found(number, &doubt, (&evidence, detail));
            return Ok(());
        }
        self.ledger.observe(&evidence, &fills);
        self.chase_fills(&doubt.id);
        self.conclude(number, &doubt, detail);
        Ok(())
    }

    /// The order was found; what does that say of the command?
    fn conclude(&mut self, number: u64, doubt: &Doubt, detail: Option<Detail>) {
        let Some(order) = self.ledger.get(&doubt.id) else { return };
        let is_filled = detail.is_some_and(|detail| detail.status == Status::Filled);
        let (has_ended, ends) = (order.life == Life::Ended || is_filled, order.end.is_some());
        match doubt.kind {
            Kind::Submit => self.drop_doubt(number),
            Kind::Asked(id) => {
                self.drop_doubt(number);
                self.state_order(doubt.about, detail);
                self.out_answer(id, Answer::Complete);
            }
            Kind::Cancel(_) | Kind::Amend(_) if !self.remains(&doubt.id, doubt.kind) => self.drop_doubt(number),
            Kind::Cancel(_) if ends => self.drop_doubt(number),
            Kind::Cancel(_) | Kind::Amend(_) if has_ended => {
                self.give_back(&doubt.id, doubt.about, Some(()), RejectReason::TooLate);
            }
            Kind::Cancel(_) | Kind::Amend(_) => self.still_open(number, doubt, detail),
        }
    }

    /// The order stands as if the command had not been. That counts once the command can be taken no more.
    fn still_open(&mut self, number: u64, doubt: &Doubt, detail: Option<Detail>) {
        let over_at = doubt.since.plus(self.settings.recv_window_ms * NS_PER_MS + MARGIN_NS);
        if self.now < over_at && doubt.verdict.is_none() {
            return self.timers.set(over_at, Task::AskDoubt(number));
        }
        // The statement comes last: it is what ends the doubt, and a refusal of an order that is known would make no sense.
        self.give_back(&doubt.id, doubt.about, Some(()), doubt.verdict.unwrap_or(RejectReason::Unknown));
        if doubt.is_told {
            self.state_order(doubt.about, detail);
        }
    }

    /// Reports an order as the venue states it.
    pub(crate) fn state_order(&mut self, about: About, detail: Option<Detail>) {
        let Some(detail) = detail else { return };
        let now = self.venue_time();
        self.ledger.say(about.order, about.instrument, now, statement(about.order, &detail));
    }

    pub(crate) fn doubt_refused(&mut self, number: u64, failure: &Failure) {
        match failure.fate {
            Fate::UnknownOrder => self.absent(number),
            Fate::Unknown
            | Fate::Unavailable
            | Fate::Clock
            | Fate::TooMany
            | Fate::Banned
            | Fate::Rejected(_)
            | Fate::Duplicate
            | Fate::Rules
            | Fate::NoListenKey
            | Fate::HalfReplaced
            | Fate::NoChange
            | Fate::Credentials => self.doubt_again(number),
        }
    }

    /// The venue says that it has no such order.
    fn absent(&mut self, number: u64) {
        let Some(doubt) = self.doubts.get_mut(&number) else { return };
        doubt.absent = doubt.absent.saturating_add(1);
        let doubt = doubt.clone();
        let window = self.settings.recv_window_ms * NS_PER_MS + MARGIN_NS + self.clock.error_ns;
        let window = window.max(ABSENT_NS);
        let is_over = self.now.age_of(doubt.sent_at).unwrap_or(0) >= window;
        let needed = if doubt.is_late(window) { 1 } else { ABSENT_MIN };
        if doubt.absent < needed || !is_over || !self.user.is_live() {
            return self.doubt_again(number);
        }
        match doubt.kind {
            Kind::Submit if doubt.verdict.is_some() => {
                self.drop_doubt(number);
                self.submit_rejected(&doubt.id, doubt.about, RejectReason::Duplicate);
            }
            Kind::Submit => self.presume_lost(number, &doubt),
            Kind::Asked(id) => {
                self.drop_doubt(number);
                self.ledger.lost(&doubt.id);
                self.refuse(doubt.about, RejectReason::TransmitRefused);
                self.out_answer(id, Answer::Complete);
            }
            Kind::Amend(_) if !doubt.asks_old && self.replaces(&doubt.id) => {
                if let Some(doubt) = self.doubts.get_mut(&number) {
                    (doubt.asks_old, doubt.absent) = (true, 0);
                }
                self.timers.set(self.now, Task::AskDoubt(number));
            }
            Kind::Cancel(_) | Kind::Amend(_) => {
                self.give_back(&doubt.id, doubt.about, Some(()), RejectReason::UnknownOrder);
            }
        }
    }

    fn presume_lost(&mut self, number: u64, doubt: &Doubt) {
        match self.settings.when_absent {
            WhenAbsent::Resolve => {
                if !doubt.is_told {
                    self.tell_unknown(doubt.about);
                }
                self.notice(Notice::PresumedLost(doubt.about.order));
                self.drop_doubt(number);
                self.ledger.lost(&doubt.id);
                self.refuse(doubt.about, RejectReason::TransmitRefused);
            }
            WhenAbsent::Hold => {
                if doubt.absent == ABSENT_MIN {
                    self.notice(Notice::PresumedLost(doubt.about.order));
                }
                self.doubt_again(number);
            }
        }
    }

    fn replaces(&self, id: &str) -> bool {
        let order = self.ledger.get(id);
        order.is_some_and(|order| order.amending.as_ref().is_some_and(|amending| amending.new_id.is_some()))
    }

    /// The order that was to be replaced was found, and the new one is not there.
    fn old_found(
        &mut self,
        number: u64,
        doubt: &Doubt,
        (evidence, detail): (&crate::protocol::ledger::Evidence, Option<Detail>),
    ) {
        self.drop_doubt(number);
        self.give_back(&doubt.id, doubt.about, Some(()), RejectReason::Unknown);
        // Without an amend under way, what is said of it is said of the order.
        self.ledger.observe(evidence, &[]);
        if doubt.is_told && detail.is_some_and(|detail| !detail.status.has_ended()) {
            self.state_order(doubt.about, detail);
        }
        self.chase_fills(&doubt.id);
    }
}
