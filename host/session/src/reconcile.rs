//! Reconciliation: does a venue hold what State says, and what is to be asked to find out?
//!
//! In: accounts to compare, answers of the venue, State. Out: questions one after the other, and the number of differences
//! at the end. Must never: correct anything: what the venue states comes as events, and State follows from them.
//!
//! A position that still differs when the fills before it were asked for twice has a cause that the venue does not tell (a
//! fill that was declared void, somebody else's trade that is too old). The gap becomes a fill of nobody's, so that limits
//! of the account count what is there; strategies keep what they traded.
//!
//! From when on fills are asked for is a time of the venue, as it came with what the venue said last before a comparison began:
//! the host's own clock may be far from it, and be stepped.
//!
//! An account is compared in this order: open orders; each order that State holds live and the venue did not state; fills
//! since the last one; positions; balances; leverage and margin mode. What the venue states of an order that filled further
//! than State knows is kept until the fills of its instrument were told: they explain it. A question that fails is asked again after a wait,
//! and nothing behind it is asked before. Orders are asked for together: that a venue does not have one is certain only after
//! a while.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ringfence_core::blob::sha256;
use ringfence_core::canonical::Writer;
use ringfence_core::event::{EventKind, Fill, FillReason, Liquidity, Report};
use ringfence_core::ids::{
    AccountId, ClientOrderId, InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::money::{Decimal, Qty};
use ringfence_core::order::{Order, OrderState};
use ringfence_core::state::State;
use ringfence_venue::{Answer, Query, QueryId};

use crate::live::Reached;

/// Waits between two tries of a question: doubled each time, from the first to the last.
const RETRY_NS_MIN: u64 = 250_000_000;
const RETRY_NS_MAX: u64 = 30_000_000_000;
/// How far behind the last known fill fills are asked for: venues stamp trades a little out of order, and adapters reckon a
/// venue's time from one they measured.
const OVERLAP_NS: u64 = 15_000_000_000;

/// Longest that a command is believed to wait between its decision and the wire: the disk confirms it, an adapter takes it. A
/// request is stamped only then, and the venue takes it for some time behind its stamp.
const HANDOVER_NS: u64 = 30_000_000_000;

/// Most orders that are asked for together.
const TOGETHER_MAX: usize = 64;
/// Most statements that wait for fills; what is beyond is stated at once, and reads like a mismatch for a moment.
const KEPT_MAX: usize = 4_096;

/// Compares accounts with venues, one venue at a time each on its own.
#[derive(Debug, Default)]
pub(crate) struct Reconciler {
    reached: Vec<Reached>,
    rounds: Vec<Round>,
    /// From when on what a venue did may be unknown, by its clock: when the last comparison began that came to its end.
    known_until: Vec<(VenueId, TimeNs)>,
    /// What time it was at each venue when it last said one.
    clocks: Vec<(VenueId, TimeNs)>,
    /// Nothing was done at any venue before it was compared first.
    is_fresh: bool,
    /// When the session went on after an interruption: whoever sent before it is gone.
    resumed_at: Option<TimeNs>,
    next_id: u64,
}

/// One venue being compared.
#[derive(Debug)]
struct Round {
    venue: VenueId,
    /// By the venue's clock.
    began: TimeNs,
    /// Questions that are not answered yet.
    asked: Vec<(QueryId, Query)>,
    /// One of those that were asked together failed.
    has_failed: bool,
    questions: VecDeque<Query>,
    /// Orders that the venue stated in this round.
    stated: BTreeSet<LegKey>,
    /// Statements that the fills to come explain.
    kept: Vec<Report>,
    retries: u32,
    /// When the question in front is to be asked again.
    retry_at: Option<TimeNs>,
    differences: u32,
    /// Another round was asked for meanwhile.
    is_again: bool,
    /// Positions that differ by what was stated last, and by how much.
    gaps: BTreeMap<Held, i64>,
    /// The gaps of the statement before it, where positions were asked for again.
    suspected: Option<BTreeMap<Held, i64>>,
}

/// A position at a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    account: AccountId,
    instrument: InstrumentId,
    side: PositionSide,
}

/// What a round leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A question.
    Ask(VenueId, QueryId, Query),
    /// A fact for the stream.
    Say(Report),
    /// The venue is to be compared once more.
    Again(VenueId),
}

impl Reconciler {
    pub(crate) fn new(reached: Vec<Reached>) -> Reconciler {
        Reconciler { reached, ..Reconciler::default() }
    }

    /// Venues that it knows.
    pub(crate) fn venues(&self) -> impl Iterator<Item = VenueId> + '_ {
        self.reached.iter().map(|reached| reached.venue)
    }

    /// True for a venue that orders go to.
    pub(crate) fn knows(&self, venue: VenueId) -> bool {
        self.venues().any(|known| known == venue)
    }

    /// Nothing was done at any venue before it is compared first.
    pub(crate) fn is_fresh(&mut self) {
        self.is_fresh = true;
    }

    /// Takes note of a venue's time.
    pub(crate) fn ticks(&mut self, report: &Report) {
        note_clock(&mut self.clocks, (report.venue, report.venue_time));
    }

    /// The session goes on now. When each venue was compared last; one that never was is not known from the start.
    pub(crate) fn goes_on(&mut self, now: TimeNs, compared: Vec<(VenueId, TimeNs)>) {
        (self.resumed_at, self.known_until) = (Some(now), compared);
    }

    /// Begins to compare a venue; one that is being compared is compared once more from the start afterwards.
    pub(crate) fn begin(&mut self, venue: VenueId, now: TimeNs) -> Vec<Next> {
        let Some(reached) = self.reached.iter().find(|reached| reached.venue == venue) else { return Vec::new() };
        if let Some(round) = self.rounds.iter_mut().find(|round| round.venue == venue) {
            round.is_again = true;
            return Vec::new();
        }
        let mut next: Vec<Next> =
            reached.accounts.iter().map(|account| said(venue, *account, EventKind::ReconcileStarted)).collect();
        // A venue that never says what time it is has the host's.
        let began = self.clocks.iter().find(|(known, _)| *known == venue).map_or(now, |(_, time)| *time);
        if self.is_fresh && !self.known_until.iter().any(|(known, _)| *known == venue) {
            self.known_until.push((venue, began));
        }
        let questions = questions(reached, since(&self.known_until, venue));
        self.rounds.push(Round {
            venue,
            began,
            asked: Vec::new(),
            has_failed: false,
            questions,
            stated: BTreeSet::new(),
            kept: Vec::new(),
            retries: 0,
            retry_at: None,
            differences: 0,
            is_again: false,
            gaps: BTreeMap::new(),
            suspected: None,
        });
        next.extend(self.ask(self.rounds.len() - 1));
        next
    }

    /// A venue cannot be reached: what it was asked is not answered any more.
    pub(crate) fn forget(&mut self, venue: VenueId) {
        self.rounds.retain(|round| round.venue != venue);
    }

    /// Takes note of what a venue stated; to be called before the report is stepped.
    pub(crate) fn heard(&mut self, report: &Report, state: &State) {
        let Some(round) = self.rounds.iter_mut().find(|round| round.venue == report.venue) else { return };
        if let Some(order) = report.kind.order().filter(|_| !matches!(report.kind, EventKind::OrderFilled(_))) {
            // What is heard now is younger than what was stated and waits.
            round.kept.retain(|kept| kept.kind.order() != Some(order));
        }
        if let EventKind::OrderReported(said) = report.kind {
            round.stated.insert(said.order);
            let known = state.order_by_key(said.order);
            let is_same = known.is_some_and(|order| is_as_stated(order, said.state, said.filled.0));
            round.differences += u32::from(!is_same);
        } else if let EventKind::PositionReported(said) = report.kind {
            let held = Held { account: report.account, instrument: report.instrument, side: said.side };
            let known = position(state, held);
            round.gaps.insert(held, said.qty.0.saturating_sub(known));
        }
    }

    /// True for a statement that comes later, behind the fills that it is about. To be called behind [`Reconciler::heard`].
    pub(crate) fn keeps(&mut self, report: &Report, state: &State) -> bool {
        let EventKind::OrderReported(said) = report.kind else { return false };
        let Some(round) = self.rounds.iter_mut().find(|round| round.venue == report.venue) else { return false };
        let is_further = state.order_by_key(said.order).is_some_and(|order| said.filled > order.filled);
        let keeps = is_further && round.kept.len() < KEPT_MAX && round.will_tell_fills(report);
        if keeps {
            round.kept.push(*report);
        }
        keeps
    }

    /// The core found something that does not fit while a venue was compared.
    pub(crate) fn differs(&mut self, venue: VenueId) {
        if let Some(round) = self.rounds.iter_mut().find(|round| round.venue == venue) {
            round.differences += 1;
        }
    }

    /// What follows from an answer.
    pub(crate) fn answered(&mut self, id: QueryId, answer: &Answer, (now, state): (TimeNs, &State)) -> Vec<Next> {
        let Some((at, query)) = self.rounds.iter_mut().enumerate().find_map(|(at, round)| Some((at, round.take(id)?)))
        else {
            return Vec::new();
        };
        let round = &mut self.rounds[at];
        let mut next = Vec::new();
        match (query, answer) {
            (_, Answer::Failed(_)) => {
                round.has_failed = true;
                round.questions.push_front(query);
            }
            (Query::OpenOrders(account), Answer::Complete) => {
                let missing: Vec<Query> = live_orders(state)
                    .filter(|order| order.account == account && !round.stated.contains(&order.key))
                    .filter(|order| is_of(self.reached.as_slice(), round.venue, order))
                    .map(|order| about(order, state, sent_ago(order, self.resumed_at, now)))
                    .collect();
                round.differences += u32::try_from(missing.len()).unwrap_or(u32::MAX);
                missing.into_iter().rev().for_each(|query| round.questions.push_front(query));
            }
            (Query::Positions(account), Answer::Complete) => {
                next = round.positions(account, since(&self.known_until, round.venue), state)
            }
            (Query::FillsSince { account, instrument, .. }, Answer::Complete | Answer::NotOffered) => {
                next = round.release(|kept| (kept.account, kept.instrument) == (account, instrument));
            }
            (_, Answer::Complete | Answer::NotOffered) => {}
        }
        if !round.asked.is_empty() {
            return next;
        }
        if std::mem::take(&mut round.has_failed) {
            let wait = RETRY_NS_MIN.saturating_mul(1 << round.retries.min(16)).min(RETRY_NS_MAX);
            (round.retry_at, round.retries) = (Some(now.plus(wait)), round.retries + 1);
            return next;
        }
        round.retries = 0;
        next.extend(self.ask(at));
        next
    }

    /// When something is to be asked again.
    pub(crate) fn next_due(&self) -> Option<TimeNs> {
        self.rounds.iter().filter_map(|round| round.retry_at).min()
    }

    /// Asks again what is due.
    pub(crate) fn pass_time(&mut self, now: TimeNs) -> Vec<Next> {
        let due = self.rounds.iter().position(|round| round.retry_at.is_some_and(|at| at <= now));
        due.map_or_else(Vec::new, |at| self.ask(at))
    }

    /// Asks the question in front, or ends the round.
    fn ask(&mut self, at: usize) -> Vec<Next> {
        let round = &mut self.rounds[at];
        round.retry_at = None;
        for query in round.take_together() {
            self.next_id += 1;
            round.asked.push((QueryId(self.next_id), query));
        }
        if !round.asked.is_empty() {
            return round.asked.iter().map(|(id, query)| Next::Ask(round.venue, *id, *query)).collect();
        }
        let mut round = self.rounds.remove(at);
        let kept = round.release(|_| true);
        let accounts = self.reached.iter().find(|reached| reached.venue == round.venue);
        let finished = EventKind::ReconcileFinished(round.differences);
        let accounts = accounts.into_iter().flat_map(|reached| reached.accounts.iter());
        let mut next: Vec<Next> =
            kept.into_iter().chain(accounts.map(|account| said(round.venue, *account, finished))).collect();
        self.known_until.retain(|(venue, _)| *venue != round.venue);
        self.known_until.push((round.venue, round.began));
        next.push(if round.is_again {
            Next::Again(round.venue)
        } else {
            said(round.venue, AccountId(0), EventKind::VenueUp)
        });
        next
    }
}

impl Round {
    /// The question of this number, which is answered now.
    fn take(&mut self, id: QueryId) -> Option<Query> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        Some(self.asked.remove(at).1)
    }

    /// What is asked next: orders together, everything else one by one.
    fn take_together(&mut self) -> Vec<Query> {
        let is_order = |query: &Query| matches!(query, Query::Order { .. });
        let orders = self.questions.iter().take(TOGETHER_MAX).take_while(|query| is_order(query)).count();
        self.questions.drain(..orders.max(1).min(self.questions.len())).collect()
    }

    /// True while the fills that a statement is about are still to be asked for.
    fn will_tell_fills(&self, report: &Report) -> bool {
        let tells = |query: &Query| {
            matches!(query, Query::FillsSince { account, instrument, .. }
                if (*account, *instrument) == (report.account, report.instrument))
        };
        self.questions.iter().any(tells)
    }

    /// Statements that were kept for long enough.
    fn release(&mut self, is_due: impl Fn(&Report) -> bool) -> Vec<Next> {
        let (due, kept) = std::mem::take(&mut self.kept).into_iter().partition(is_due);
        self.kept = kept;
        due.into_iter().map(Next::Say).collect()
    }

    /// What follows from the positions that were stated: where they differ, fills and positions are asked for again; where
    /// they differ by the same then, the gaps are told.
    fn positions(&mut self, account: AccountId, since: TimeNs, state: &State) -> Vec<Next> {
        let gaps = std::mem::take(&mut self.gaps);
        let open: BTreeMap<Held, i64> = gaps.into_iter().filter(|(_, gap)| *gap != 0).collect();
        let Some(suspected) = self.suspected.take() else {
            if !open.is_empty() {
                self.questions.push_front(Query::Positions(account));
                let instruments: BTreeSet<InstrumentId> = open.keys().map(|held| held.instrument).collect();
                let again = |instrument| Query::FillsSince { account, instrument, since };
                instruments.into_iter().map(again).for_each(|query| self.questions.push_front(query));
                self.suspected = Some(open);
            }
            return Vec::new();
        };
        let told = open.into_iter().filter(|(held, gap)| suspected.get(held) == Some(gap));
        told.filter_map(|(held, gap)| unexplained(self.venue, held, gap, state)).map(Next::Say).collect()
    }
}

/// A fill of nobody's over what a position differs by; `None` where nobody knows a price. Its numbers follow from the
/// stream, so that they are the same whenever it is looked at.
fn unexplained(venue: VenueId, held: Held, gap: i64, state: &State) -> Option<Report> {
    let instrument = state.instrument(held.instrument)?;
    let side = if gap > 0 { Side::Buy } else { Side::Sell };
    let price = state.market(held.instrument).and_then(|market| market.reference(side).or(market.last()))?;
    let mut w = Writer::new();
    w.text("unexplained position");
    w.u64(state.seq().0);
    w.u16(held.account.0);
    w.u32(held.instrument.0);
    w.u8(held.side.number());
    let hash = sha256(w.bytes());
    let number = u64::from_le_bytes(hash[..8].try_into().expect("eight of 32 bytes"));
    let fill = Fill {
        order: LegKey { intent: IntentId(number & IntentId::MAX.0), strategy: StrategyId::EXTERNAL, leg: LegId(0) },
        trade_id: number,
        price,
        qty: Qty(gap.saturating_abs()),
        leaves: Qty(0),
        fee: Decimal::ZERO,
        fee_currency: instrument.settlement,
        side,
        liquidity: Liquidity::None,
        position_side: held.side,
        reason: FillReason::Venue,
        ahead: Fill::AHEAD_UNKNOWN,
    };
    let (account, instrument) = (held.account, held.instrument);
    Some(Report { venue, account, instrument, ..Report::control(EventKind::OrderFilled(fill)) })
}

fn position(state: &State, held: Held) -> i64 {
    let mut all = state.account_positions(held.account);
    let found = all.find(|(instrument, side, _)| (*instrument, *side) == (held.instrument, held.side));
    found.map_or(0, |(.., position)| position.qty)
}

/// Keeps what time it is at a venue that says one.
pub(crate) fn note_clock(clocks: &mut Vec<(VenueId, TimeNs)>, (venue, time): (VenueId, TimeNs)) {
    match clocks.iter_mut().find(|(known, _)| *known == venue) {
        _ if time.0 == 0 => {}
        Some((_, known)) => *known = time,
        None => clocks.push((venue, time)),
    }
}

/// From when on fills of a venue may be unknown.
fn since(known_until: &[(VenueId, TimeNs)], venue: VenueId) -> TimeNs {
    let known = known_until.iter().find(|(known, _)| *known == venue);
    known.map_or(TimeNs(0), |(_, until)| TimeNs(until.0.saturating_sub(OVERLAP_NS)))
}

fn said(venue: VenueId, account: AccountId, kind: EventKind) -> Next {
    Next::Say(Report { venue, account, ..Report::control(kind) })
}

fn questions(reached: &Reached, since: TimeNs) -> VecDeque<Query> {
    let mut questions = VecDeque::from([Query::Instruments]);
    for account in reached.accounts.iter().copied() {
        questions.push_back(Query::OpenOrders(account));
        for instrument in reached.instruments.iter().copied() {
            questions.push_back(Query::FillsSince { account, instrument, since });
        }
        questions.push_back(Query::Positions(account));
        questions.push_back(Query::Balances(account));
        let instruments = reached.instruments.iter().copied();
        questions.extend(instruments.map(|instrument| Query::Margin { account, instrument }));
    }
    questions
}

/// Orders that live by State, of every strategy.
pub(crate) fn live_orders(state: &State) -> impl Iterator<Item = &Order> {
    let strategies = state.config().map_or(0, |config| config.strategies.len());
    let ids = (0..=u16::try_from(strategies).unwrap_or(u16::MAX)).map(StrategyId);
    ids.flat_map(|id| state.open_orders(id, InstrumentId::NONE))
}

fn is_of(reached: &[Reached], venue: VenueId, order: &Order) -> bool {
    let reached = reached.iter().find(|reached| reached.venue == venue);
    reached.is_some_and(|reached| reached.instruments.contains(&order.terms.instrument))
}

/// How long ago the request for an order left at least, ns; 0 = that is not known. What an earlier process decided it sent
/// before this one began. An order that the venue has had once is not lost because it was not found once.
fn sent_ago(order: &Order, resumed_at: Option<TimeNs>, now: TimeNs) -> u64 {
    let is_unheard = matches!(order.state, OrderState::Submitted | OrderState::Unknown) && order.filled.0 == 0;
    if !is_unheard {
        return 0;
    }
    let sent_by = order.submitted_at.plus(HANDOVER_NS);
    let sent_by = resumed_at.filter(|at| order.submitted_at < *at).map_or(sent_by, |at| at.min(sent_by));
    now.age_of(sent_by).unwrap_or(0)
}

fn about(order: &Order, state: &State, sent_ago_ns: u64) -> Query {
    Query::Order {
        account: order.account,
        instrument: order.terms.instrument,
        key: order.key,
        client_id: ClientOrderId::new(state.session(), order.key),
        sent_ago_ns,
    }
}

fn is_as_stated(order: &Order, state: OrderState, filled: i64) -> bool {
    let is_live = |state: OrderState| !state.is_terminal();
    is_live(order.state) == is_live(state) && order.filled.0 == filled
}

#[cfg(test)]
mod tests;
