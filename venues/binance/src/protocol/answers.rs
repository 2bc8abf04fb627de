//! Answers: what does an answer mean for the request it answers?
//!
//! In: statuses, headers and bodies, or that nothing came. Out: the next steps. Must never: take an answer that cannot be
//! read for a success or for a failure where it is about an order; its fate is unknown then.

use ringfence_core::event::{Cause, Command, EventKind, RejectReason};

use crate::codec::json::Json;
use crate::codec::order;
use crate::codec::read::{CodecError, answer};
use crate::codec::rules::Counts;
use crate::codec::{Failure, Fate, account, market, rules};
use crate::protocol::calls::{Call, Purpose};
use crate::protocol::commands::About;
use crate::protocol::doubts::Kind;
use crate::protocol::timers::Task;
use crate::protocol::{CLOCK_NS, Failed, Headers, Machine, NS_PER_MS, NS_PER_S, Notice, RULES_NS};

/// Silence after too many requests, where the venue does not say how long: to the end of its window.
const SILENCE_NS: u64 = 60 * NS_PER_S;
/// Ban where the venue does not say how long: the shortest it has.
const BAN_NS: u64 = 120 * NS_PER_S;
/// Longest ban that is believed: the longest it has.
const BAN_MAX_NS: u64 = 3 * 86_400 * NS_PER_S;

impl Machine {
    pub(crate) fn answered(&mut self, number: u64, (status, headers): (u16, Headers), body: &[u8]) {
        let Some(call) = self.calls.take(number) else { return };
        self.timers.cancel(&Task::Deadline(number));
        self.failures = 0;
        self.budget.told(headers.used_weight, headers.order_count, self.now);
        if (200..300).contains(&status) {
            match answer(body) {
                Ok(json) => self.succeeded(&call, &json),
                Err(error) => self.unreadable(&call, &error),
            }
            return;
        }
        let failure = Failure::of(self.settings.product, status, body);
        self.mind(&failure, headers);
        if failure.fate == Fate::Clock && self.wait_for_clock(&call) {
            return;
        }
        self.refused(&call, &failure, body);
    }

    pub(crate) fn failed(&mut self, number: u64, how: Failed) {
        let Some(call) = self.calls.take(number) else { return };
        self.timers.cancel(&Task::Deadline(number));
        self.failures = self.failures.saturating_add(1);
        if self.failures == crate::protocol::FAILURES_MAX {
            self.notice(Notice::Unreachable);
        }
        if self.failures >= crate::protocol::FAILURES_MAX {
            self.retry(Task::MeasureTime);
        }
        if !call.is_late {
            self.unanswered(&call.purpose, how);
        }
    }

    /// A request has had its time. Its answer may still come.
    pub(crate) fn overdue(&mut self, number: u64) {
        if let Some(purpose) = self.calls.give_up(number) {
            self.unanswered(&purpose, Failed::MaybeSent);
        }
    }

    /// What every failure means, whatever it is about.
    fn mind(&mut self, failure: &Failure, headers: Headers) {
        let wait = headers.retry_after_s.map(|seconds| seconds.saturating_mul(NS_PER_S));
        match failure.fate {
            Fate::TooMany => {
                let until = self.now.plus(wait.unwrap_or(SILENCE_NS).min(BAN_MAX_NS));
                self.budget.hold(until);
                self.notice(Notice::TooMany(until));
            }
            Fate::Banned => self.ban(wait.unwrap_or(BAN_NS).min(BAN_MAX_NS)),
            Fate::Clock => {
                self.notice(Notice::ClockRefused);
                self.clock.distrust();
            }
            Fate::Credentials => self.notice(Notice::Credentials(failure.words.clone())),
            Fate::Rules => self.timers.set_by(self.now, Task::ReadRules),
            Fate::Unknown
            | Fate::Unavailable
            | Fate::Rejected(_)
            | Fate::Duplicate
            | Fate::UnknownOrder
            | Fate::NoListenKey
            | Fate::HalfReplaced
            | Fate::NoChange => {}
        }
    }

    fn ban(&mut self, span_ns: u64) {
        self.banned_until = self.banned_until.max(self.now.plus(span_ns));
        self.notice(Notice::Banned(self.banned_until));
        self.timers.set(self.banned_until, Task::BanOver);
    }

    pub(crate) fn ban_over(&mut self) {
        self.run(Task::MeasureTime);
    }

    /// Keeps a request that was refused for its time stamp until the clock was read; false where it was kept before.
    fn wait_for_clock(&mut self, call: &Call) -> bool {
        let fits = self.behind_clock.len() < crate::protocol::calls::CALLS_RESERVED;
        let is_first = !call.is_second && !call.is_late && fits;
        if is_first {
            self.behind_clock.push(call.clone());
        }
        if !self.calls.waits(&Purpose::Time) {
            self.timers.set_by(self.now, Task::MeasureTime);
        }
        is_first
    }

    fn succeeded(&mut self, call: &Call, json: &Json<'_>) {
        let read = match &call.purpose {
            Purpose::Submit(id) => self.submitted(id, json),
            Purpose::Cancel(id, _) | Purpose::Amend(id) => self.changed(id, json),
            Purpose::Replace(id) => self.replaced(id, json),
            Purpose::Emergency(number) => self.urgent_done(*number, json),
            Purpose::Doubt(number) => self.doubt_answered(*number, json),
            Purpose::Fills(id) => self.fills_answered(id, json),
            Purpose::Time => self.time_answered(call, json),
            Purpose::Rules => self.rules_answered(json),
            Purpose::Mode => self.mode_answered(json),
            Purpose::Key(act) => self.key_answered(*act, json),
            Purpose::Book(instrument) => self.book_answered(*instrument, json),
            Purpose::ProbeFeed(channel, instrument) => self.feed_probed((*channel, *instrument), json),
            Purpose::ProbeUser(id) => self.user_probed(id, json),
            Purpose::Countdown(_) => Ok(()),
            // It was asked again meanwhile, or something else is asked for it now.
            Purpose::Query(_) if call.is_late => Ok(()),
            Purpose::Query(id) => self.query_answered(*id, json),
        };
        if let Err(error) = read {
            self.unreadable(call, &error);
        }
    }

    /// An answer that is none, to a request that the venue took.
    fn unreadable(&mut self, call: &Call, error: &CodecError) {
        self.notice(Notice::Undecodable(error.to_string()));
        if !call.is_late {
            self.unanswered(&call.purpose, Failed::MaybeSent);
        }
    }

    fn submitted(&mut self, id: &str, json: &Json<'_>) -> Result<(), CodecError> {
        let said = order::order(json)?;
        if let Some((evidence, fills)) = self.evidence(&said) {
            self.ledger.observe(&evidence, &fills);
            self.settle_doubts(id);
            self.chase_fills(id);
        }
        Ok(())
    }

    fn changed(&mut self, id: &str, json: &Json<'_>) -> Result<(), CodecError> {
        let said = order::order(json).or_else(|_| order::amended(json))?;
        if let Some((evidence, fills)) = self.evidence(&said) {
            self.ledger.observe(&evidence, &fills);
            self.settle_doubts(id);
            self.chase_fills(id);
        }
        Ok(())
    }

    fn time_answered(&mut self, call: &Call, json: &Json<'_>) -> Result<(), CodecError> {
        let venue_ms = market::server_time(json)?;
        let was_known = self.clock.is_known();
        self.clock.measured((call.sent_at, self.now), venue_ms);
        self.worked(&Task::MeasureTime);
        self.timers.set(self.now.plus(CLOCK_NS), Task::MeasureTime);
        for mut call in std::mem::take(&mut self.behind_clock) {
            call.is_second = true;
            let purpose = call.purpose.clone();
            if !self.call_again(call) {
                self.unanswered(&purpose, Failed::NeverSent);
            }
        }
        if !was_known {
            let ours = i64::try_from(self.now.0 / NS_PER_MS).unwrap_or(i64::MAX);
            self.notice(Notice::Clock(i64::try_from(venue_ms).unwrap_or(i64::MAX).saturating_sub(ours)));
            self.clock_known();
        }
        Ok(())
    }

    /// What had to wait for the venue's clock.
    fn clock_known(&mut self) {
        if !self.is_one_way {
            self.run(Task::ReadMode);
        }
        if self.user.is_idle() {
            self.run(Task::OpenUser);
        }
    }

    fn rules_answered(&mut self, json: &Json<'_>) -> Result<(), CodecError> {
        let wanted: Vec<String> = self.settings.instruments.iter().map(|listed| listed.symbol.clone()).collect();
        let info = rules::exchange_info(json, |symbol| wanted.iter().any(|wanted| wanted == symbol))?;
        let most = |counts, window_s| {
            let limit = info.limits.iter().find(|limit| limit.counts == counts && limit.window_s == window_s)?;
            u32::try_from(limit.limit).ok()
        };
        self.budget.set_limits(most(Counts::Weight, 60), most(Counts::Orders, 10));
        let is_first = !self.has_rules;
        self.has_rules = true;
        self.worked(&Task::ReadRules);
        self.timers.set(self.now.plus(RULES_NS), Task::ReadRules);
        for (at, name) in wanted.iter().enumerate() {
            let definition = self.settings.instruments[at].instrument;
            let said = info.symbols.iter().find(|said| said.symbol == *name);
            let (symbol, is_news) = self.take_rules(&definition, said);
            if is_news && !(is_first && symbol.status == definition.status) {
                let now = self.venue_time();
                self.report_market(definition.id, now, EventKind::InstrumentStatus(symbol.status));
            }
        }
        Ok(())
    }

    fn mode_answered(&mut self, json: &Json<'_>) -> Result<(), CodecError> {
        self.is_one_way = !account::is_hedged(json)?;
        if !self.is_one_way {
            self.notice(Notice::Hedged);
            self.retry(Task::ReadMode);
        }
        Ok(())
    }

    /// A request was answered with a failure.
    fn refused(&mut self, call: &Call, failure: &Failure, body: &[u8]) {
        match &call.purpose {
            Purpose::Submit(id) => self.submit_refused(id, (failure, call.is_late)),
            Purpose::Cancel(id, command) => {
                if let Some(order) = self.ledger.get(id) {
                    let (order, instrument) = (order.key, order.instrument);
                    let about = About { order, command: *command, instrument, kind: Command::Cancel };
                    self.change_refused(id, about, (failure, call.is_late));
                }
            }
            Purpose::Amend(id) => {
                if let Some(about) = self.about(id, Command::Amend) {
                    self.change_refused(id, about, (failure, call.is_late));
                }
            }
            Purpose::Replace(id) => self.replace_refused(id, (failure, call.is_late), body),
            Purpose::Emergency(number) => self.urgent_refused(*number, failure),
            Purpose::Doubt(number) => self.doubt_refused(*number, failure),
            Purpose::Query(_) if call.is_late => {}
            Purpose::Query(id) => self.query_refused(*id, failure),
            Purpose::Key(act) => self.key_refused(*act, failure),
            Purpose::Fills(_)
            | Purpose::Time
            | Purpose::Rules
            | Purpose::Mode
            | Purpose::Book(_)
            | Purpose::ProbeFeed(..)
            | Purpose::ProbeUser(_)
            | Purpose::Countdown(_) => self.unanswered(&call.purpose, Failed::NeverSent),
        }
    }

    /// The venue's words about a command, for the operator.
    fn tell_words(&mut self, about: About, failure: &Failure) {
        let words = format!("{} {}: {}", failure.status, failure.code, failure.words);
        self.notice(Notice::Refused(about.order, words));
    }

    fn submit_refused(&mut self, id: &str, (failure, is_late): (&Failure, bool)) {
        let Some(about) = self.about(id, Command::Submit) else { return };
        self.tell_words(about, failure);
        if self.ledger.get(id).is_some_and(|order| order.life != crate::protocol::ledger::Life::Sent) {
            // The venue has it, whoever said so first.
            return;
        }
        match failure.fate {
            Fate::Unknown if is_late => {}
            Fate::Unknown => self.doubt(id, Kind::Submit, about),
            Fate::Duplicate => self.judge(id, Kind::Submit, RejectReason::Duplicate),
            Fate::Unavailable | Fate::Clock | Fate::Credentials => {
                self.never_sent(id, about, RejectReason::TransmitRefused)
            }
            Fate::TooMany | Fate::Banned => self.never_sent(id, about, RejectReason::RateLimited),
            Fate::Rejected(reason) => self.submit_rejected(id, about, reason),
            Fate::Rules | Fate::UnknownOrder | Fate::NoListenKey | Fate::HalfReplaced | Fate::NoChange => {
                self.submit_rejected(id, about, RejectReason::Unknown)
            }
        }
    }

    fn never_sent(&mut self, id: &str, about: About, reason: RejectReason) {
        self.ledger.lost(id);
        self.settle_doubts(id);
        self.refuse(about, reason);
    }

    pub(crate) fn submit_rejected(&mut self, id: &str, about: About, reason: RejectReason) {
        self.ledger.lost(id);
        self.settle_doubts(id);
        let now = self.venue_time();
        let kind = EventKind::OrderRejected(about.order, reason);
        self.ledger.say_caused(Cause::leg(about.order), about.instrument, now, kind);
    }

    /// A cancel or amend was refused.
    fn change_refused(&mut self, id: &str, about: About, (failure, is_late): (&Failure, bool)) {
        self.tell_words(about, failure);
        let kind = match about.kind {
            Command::Amend => Kind::Amend(about.command),
            Command::Submit | Command::Cancel => Kind::Cancel(about.command),
        };
        if !self.awaits(id, kind) {
            // It was settled by what the account's stream said.
            return;
        }
        match failure.fate {
            Fate::Unknown if is_late => {}
            Fate::Unknown => self.doubt(id, kind, about),
            Fate::UnknownOrder => self.judge(id, kind, RejectReason::UnknownOrder),
            Fate::Unavailable | Fate::Clock | Fate::Credentials => {
                self.give_back(id, about, None, RejectReason::TransmitRefused)
            }
            Fate::TooMany | Fate::Banned => self.give_back(id, about, None, RejectReason::RateLimited),
            Fate::NoChange => self.judge(id, kind, RejectReason::Unknown),
            Fate::Rejected(reason) => self.give_back(id, about, Some(()), reason),
            Fate::Rules | Fate::Duplicate | Fate::NoListenKey | Fate::HalfReplaced => {
                self.give_back(id, about, Some(()), RejectReason::Unknown);
            }
        }
    }

    /// A cancel or amend came to nothing: the venue refused it, or it was not sent (`None`).
    pub(crate) fn give_back(&mut self, id: &str, about: About, by_venue: Option<()>, reason: RejectReason) {
        if let Some(order) = self.ledger.get_mut(id) {
            match about.kind {
                Command::Amend => order.amending = None,
                Command::Submit => order.canceler = None,
                // Another cancel of the order may be under way.
                Command::Cancel => order.canceler = order.canceler.filter(|(command, _)| *command != about.command),
            }
        }
        self.settle_doubts_of(id, about.command);
        match (by_venue, about.kind) {
            (None, _) => self.refuse(about, reason),
            (Some(()), Command::Amend) => self.reject_amend(about, reason),
            (Some(()), Command::Submit | Command::Cancel) => self.reject_cancel(about, reason),
        }
    }

    /// Nothing came of a request, for all that is known now.
    fn unanswered(&mut self, purpose: &Purpose, how: Failed) {
        match purpose {
            Purpose::Submit(id) => self.command_unanswered((id, Command::Submit), Kind::Submit, how),
            Purpose::Cancel(id, command) => self.command_unanswered((id, Command::Cancel), Kind::Cancel(*command), how),
            Purpose::Amend(id) | Purpose::Replace(id) => {
                let Some(about) = self.about(id, Command::Amend) else { return };
                self.command_unanswered((id, Command::Amend), Kind::Amend(about.command), how);
            }
            Purpose::Emergency(number) => self.urgent_again(*number),
            Purpose::Doubt(number) => self.doubt_again(*number),
            Purpose::Fills(id) => self.retry(Task::AskFills(id.clone())),
            Purpose::Time => self.time_unanswered(),
            Purpose::Rules => self.retry(Task::ReadRules),
            Purpose::Mode => self.retry(Task::ReadMode),
            Purpose::Key(act) => self.key_unanswered(*act),
            Purpose::Book(instrument) => self.retry(Task::AskBook(*instrument)),
            Purpose::ProbeFeed(..) => {}
            Purpose::ProbeUser(_) => {}
            Purpose::Countdown(instrument) => self.notice(Notice::CountdownFailed(*instrument)),
            Purpose::Query(id) => self.query_unanswered(*id),
        }
    }

    fn time_unanswered(&mut self) {
        for call in std::mem::take(&mut self.behind_clock) {
            self.unanswered(&call.purpose, Failed::NeverSent);
        }
        self.retry(Task::MeasureTime);
    }

    fn command_unanswered(&mut self, (id, command): (&str, Command), kind: Kind, how: Failed) {
        let Some(mut about) = self.about(id, command) else { return };
        if let Kind::Cancel(leg) | Kind::Amend(leg) = kind {
            about.command = leg;
        }
        if !self.awaits(id, kind) {
            return;
        }
        match (how, command) {
            (Failed::MaybeSent, _) => self.doubt(id, kind, about),
            (Failed::NeverSent, Command::Submit) => self.never_sent(id, about, RejectReason::TransmitRefused),
            (Failed::NeverSent, Command::Cancel | Command::Amend) => {
                self.give_back(id, about, None, RejectReason::TransmitRefused);
            }
        }
    }
}
