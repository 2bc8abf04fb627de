//! Round: what does a session ask once a venue is there again?
//!
//! In: what adapters say. Out: the same, as a session takes it: behind a break it asks, and only then the venue is up; and
//! its questions, in a session's order: open orders, each that lives and was not stated, fills since the last comparison,
//! positions, balances, margin. Must never: make up for what an adapter does not tell: a session asks twice where positions
//! differ, and books what nobody tells; here it is missing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, InstrumentId, LegKey, StrategyId, TimeNs};
use ringfence_core::state::State;

use crate::conformance::instruments;
use crate::conformance::script::account_of;
use crate::conformance::told::VENUE;
use crate::desk::STRATEGIES;
use crate::query::{Answer, Query, QueryId};

/// A session asks for fills from so long before the last comparison.
const OVERLAP_NS: u64 = 15_000_000_000;
/// Questions of a script have numbers below.
const FIRST: u64 = 1 << 32;

/// Comparisons of all accounts.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    down: BTreeSet<AccountId>,
    under_way: Vec<Round>,
    /// What time it was at the venue when it last said one.
    clock: TimeNs,
    /// By the venue's clock, when the last comparison began that came to its end.
    known_until: BTreeMap<AccountId, TimeNs>,
    asked: u64,
}

/// One account being compared.
#[derive(Debug)]
struct Round {
    account: AccountId,
    began: TimeNs,
    questions: VecDeque<Query>,
    asked: Vec<(QueryId, Query)>,
    stated: BTreeSet<LegKey>,
    /// A question failed, and is asked again later.
    is_waiting: bool,
}

impl Rounds {
    /// What a session makes of what an adapter says.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is no matter of a comparison")]
    pub(super) fn hear(&mut self, report: Report) -> Report {
        if report.venue_time.0 > 0 {
            self.clock = report.venue_time;
        }
        let account = report.account;
        match report.kind {
            EventKind::VenueDown => {
                self.down.insert(account);
                self.under_way.retain(|round| round.account != account);
            }
            EventKind::VenueUp if self.down.remove(&account) => {
                self.begin(account);
                return Report { kind: EventKind::ReconcileStarted, ..report };
            }
            EventKind::VenueUp => {
                self.known_until.entry(account).or_insert(self.clock);
            }
            EventKind::OrderReported(said) => {
                if let Some(round) = self.under_way.iter_mut().find(|round| round.account == account) {
                    round.stated.insert(said.order);
                }
            }
            _ => {}
        }
        report
    }

    fn begin(&mut self, account: AccountId) {
        let until = self.known_until.get(&account).map_or(0, |until| until.0);
        let since = TimeNs(until.saturating_sub(OVERLAP_NS));
        let ids = instruments().map(|instrument| instrument.id);
        let mut questions = VecDeque::from([Query::Instruments, Query::OpenOrders(account)]);
        questions.extend(ids.map(|instrument| Query::FillsSince { account, instrument, since }));
        questions.extend([Query::Positions(account), Query::Balances(account)]);
        questions.extend(ids.map(|instrument| Query::Margin { account, instrument }));
        let (began, stated) = (self.clock, BTreeSet::new());
        self.under_way.push(Round { account, began, questions, asked: Vec::new(), stated, is_waiting: false });
    }

    /// True while an account is compared.
    pub(super) fn compares(&self, account: AccountId) -> bool {
        self.under_way.iter().any(|round| round.account == account)
    }

    /// What follows from an answer to one of its questions; `None` = it is not one of its own.
    pub(super) fn answered(&mut self, id: QueryId, answer: &Answer, state: &State) -> Option<Vec<Report>> {
        if id.0 < FIRST {
            return None;
        }
        let found = self.under_way.iter_mut().enumerate().find_map(|(at, round)| Some((at, round.take(id)?)));
        // Of a comparison that a new break has ended.
        let Some((at, query)) = found else { return Some(Vec::new()) };
        let round = &mut self.under_way[at];
        match (answer, query) {
            (Answer::Failed(_), _) => {
                round.questions.push_front(query);
                round.is_waiting = true;
            }
            (Answer::Complete, Query::OpenOrders(account)) => round.ask_for_missing(account, state),
            (Answer::Complete | Answer::NotOffered, _) => {}
        }
        if !round.asked.is_empty() || !round.questions.is_empty() {
            return Some(Vec::new());
        }
        let Round { account, began, .. } = self.under_way.remove(at);
        self.known_until.insert(account, began);
        let said = |kind| Report { venue: VENUE, account, venue_time: self.clock, ..Report::control(kind) };
        Some(vec![said(EventKind::ReconcileFinished(0)), said(EventKind::VenueUp)])
    }

    /// Time has passed: what failed is asked again.
    pub(super) fn wake(&mut self) {
        self.under_way.iter_mut().for_each(|round| round.is_waiting = false);
    }

    /// Questions to be asked now: orders together, everything else one by one.
    pub(super) fn due(&mut self) -> Vec<(AccountId, QueryId, Query)> {
        let mut due = Vec::new();
        for round in self.under_way.iter_mut().filter(|round| round.asked.is_empty() && !round.is_waiting) {
            let is_order = |query: &&Query| matches!(query, Query::Order { .. });
            let count = round.questions.iter().take_while(is_order).count().max(1).min(round.questions.len());
            for query in round.questions.drain(..count) {
                let id = QueryId(FIRST + self.asked);
                self.asked += 1;
                round.asked.push((id, query));
                due.push((round.account, id, query));
            }
        }
        due
    }

    /// Questions that were never answered.
    pub(super) fn left(&self) -> Vec<Query> {
        let asked =
            |round: &Round| round.asked.iter().map(|(_, query)| *query).chain(round.questions.clone()).collect();
        self.under_way.iter().flat_map(|round| -> Vec<Query> { asked(round) }).collect()
    }
}

impl Round {
    fn take(&mut self, id: QueryId) -> Option<Query> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        Some(self.asked.remove(at).1)
    }

    /// Orders that live as far as the core knows, and were not stated.
    fn ask_for_missing(&mut self, account: AccountId, state: &State) {
        let strategies = (1..=STRATEGIES).map(StrategyId).filter(|strategy| account_of(*strategy) == account);
        let live = strategies.flat_map(|strategy| state.open_orders(strategy, InstrumentId::NONE));
        let missing = live.filter(|order| !self.stated.contains(&order.key)).map(|order| Query::Order {
            account,
            instrument: order.terms.instrument,
            key: order.key,
            client_id: ClientOrderId::new(state.session(), order.key),
            sent_ago_ns: 0,
        });
        let missing: Vec<Query> = missing.collect();
        missing.into_iter().rev().for_each(|query| self.questions.push_front(query));
    }
}
