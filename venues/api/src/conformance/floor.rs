//! The floor: what happens in a case, and what is said to it?
//!
//! In: a stage and a script. Out: lines of what was said. Must never: build a command without the whole chain (a [`Desk`]
//! does), or look at anything but what the adapter says and, in the end, at the venue's own books.

use std::collections::BTreeMap;

use ringfence_core::decision::{AnomalyCode, DecisionKind};
use ringfence_core::event::{BookAction, EventKind, Quote, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, ClientOrderId, CurrencyId, InstrumentId, StrategyId, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind, Side};
use ringfence_core::intent::IntentKind;
use ringfence_core::order::OrderState;

use crate::adapter::{EmergencyCancel, Said, VenueAdapter};
use crate::conformance::act::Act;
use crate::conformance::laws::{Law, Laws};
use crate::conformance::round::Rounds;
use crate::conformance::script::{Kill, Look, Question, Step, Way, What};
use crate::conformance::told::{Strangers, Topic, VENUE, answered, line, topic};
use crate::conformance::{Case, Stage, instruments};
use crate::desk::Desk;
use crate::query::{Query, QueryId};

/// Both accounts of the desk.
const ACCOUNTS: [AccountId; 2] = [AccountId(1), AccountId(2)];
/// Currency of the desk's accounts.
const ACCOUNT_CURRENCY: CurrencyId = CurrencyId(1);
/// A case whose core always has something to answer never ends.
const ROUNDS_MAX: usize = 100;
/// Most time that passes while nobody listens.
const PART_MS: u64 = 10_000;

/// A case under way.
pub(super) struct Floor<S: Stage> {
    stage: S,
    desk: Desk,
    heeds: &'static [Topic],
    said: Vec<String>,
    /// What the core hears only after the next step has gone out.
    late: Vec<Report>,
    laws: Laws,
    rounds: Rounds,
    strangers: Strangers,
    /// Times of the venue of the fills that were told.
    fills: Vec<TimeNs>,
    market: BTreeMap<InstrumentId, Market>,
    queries: u64,
    submitted: Vec<ClientOrderId>,
}

/// What was told of a market last.
#[derive(Default)]
struct Market {
    touch: Option<Quote>,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    is_open_group: bool,
    mark: Option<i64>,
    funding: Option<(i64, TimeNs)>,
}

impl<S: Stage> Floor<S> {
    pub(super) async fn open(mut stage: S, case: &Case) -> Floor<S> {
        let kind = stage.kind();
        let first = stage.settle().await;
        let mut floor = Floor {
            stage,
            heeds: case.heeds,
            said: Vec::new(),
            late: Vec::new(),
            laws: Laws::new(case.excuses),
            rounds: Rounds::default(),
            strangers: Strangers::default(),
            fills: Vec::new(),
            market: BTreeMap::new(),
            queries: 0,
            submitted: Vec::new(),
            desk: new_desk(kind),
        };
        for report in first.into_iter().filter_map(Said::report) {
            let report = floor.rounds.hear(report);
            floor.desk.tell(&report);
        }
        for touch in ["touch 100/102", "touch 10000/10200 in 2"] {
            for step in crate::conformance::script::parse(touch) {
                floor.take(&step).await;
            }
        }
        floor.said.clear();
        floor
    }

    /// What was said, and the laws that it broke.
    pub(super) async fn finish(mut self) -> (Vec<String>, Vec<String>) {
        self.laws.all_answered();
        let left = self.rounds.left();
        self.laws.must(Law::Answers, left.is_empty(), || format!("after a break there is no answer to {left:?}"));
        for id in std::mem::take(&mut self.submitted) {
            let placed = self.stage.times_placed(&id).unwrap_or(0);
            self.laws.must(Law::Once, placed <= 1, || format!("{id} was sent {placed} times"));
        }
        for account in ACCOUNTS {
            if let Some(truth) = self.stage.truth(account) {
                self.laws.compare(account, &truth);
            }
        }
        (self.said, self.laws.broken().to_vec())
    }

    pub(super) async fn take(&mut self, step: &Step) {
        match step.what {
            What::Act(act) => return self.act(&act, step.is_heard).await,
            What::Wish(strategy, kind, way) => self.wish(strategy, kind, way).await,
            What::Pretend(kind) => {
                let (instrument, account) = (InstrumentId(1), AccountId(1));
                self.desk.tell(&Report { instrument, venue: VENUE, account, ..Report::control(kind) });
                return;
            }
            What::Kill(account, kill) => {
                let place = (VENUE, account);
                let cancel = match kill {
                    Kill::Order(key, instrument) => {
                        EmergencyCancel::order(place, self.desk.state().session(), (key, instrument))
                    }
                    Kill::Instrument(instrument) => EmergencyCancel::instrument(place, instrument),
                    Kill::Account => EmergencyCancel::account(VENUE, account),
                };
                self.stage.adapter(account).send_emergency(cancel).await;
            }
            What::Ask(account, question) => {
                let (id, query) = (self.next_query(), self.query(account, question));
                self.stage.adapter(account).ask(id, query).await;
            }
            What::Set(account, instrument, setting) => {
                let id = self.next_query();
                self.stage.adapter(account).set(id, (account, instrument), setting).await;
            }
            What::Look(look) => return self.look(look),
            What::Close(account) => self.stage.adapter(account).close().await,
        }
        self.hear(step.is_heard).await;
    }

    /// Time passes in parts: a session asks when it hears that a venue is there again, and not when all is long over.
    async fn act(&mut self, act: &Act, is_heard: bool) {
        if let Act::Pass(ms) = *act {
            let mut left = ms;
            while left > PART_MS {
                self.part(&Act::Pass(PART_MS), is_heard).await;
                left -= PART_MS;
            }
            return self.part(&Act::Pass(left), is_heard).await;
        }
        self.part(act, is_heard).await;
    }

    async fn part(&mut self, act: &Act, is_heard: bool) {
        let ms = if let Act::Pass(ms) = act { *ms } else { 1 };
        self.desk.advance(self.desk.time().plus(ms.saturating_mul(1_000_000)));
        self.rounds.wake();
        self.stage.act(act, self.desk.time()).await;
        self.hear(is_heard).await;
        // Where the venue shows no market, the core sees it all the same.
        if let Act::Touch(instrument, quote) | Act::SizedTouch(instrument, quote) = *act
            && !self.stage.adapter(AccountId(1)).capabilities().market_data
            && is_heard
        {
            self.desk.tell(&Report { instrument, venue: VENUE, ..Report::control(EventKind::Quote(quote)) });
        }
    }

    async fn wish(&mut self, strategy: StrategyId, kind: IntentKind, way: Way) {
        let commands = match way {
            Way::ToAdapter | Way::Lost => self.desk.ask(strategy, kind),
            Way::Twin => {
                let mut twin = new_desk(self.stage.kind());
                for instrument in instruments() {
                    let (bid_price, ask_price) = (ringfence_core::money::Price(100), ringfence_core::money::Price(102));
                    let qty = ringfence_core::money::Qty(10);
                    let kind = EventKind::Quote(Quote { bid_price, bid_qty: qty, ask_price, ask_qty: qty });
                    twin.tell(&Report { instrument: instrument.id, venue: VENUE, ..Report::control(kind) });
                }
                twin.ask(strategy, kind)
            }
        };
        if way != Way::Twin {
            self.note_refusals();
        }
        if way != Way::Lost {
            self.send(commands).await;
        }
    }

    /// What the core does not let out never was the adapter's to answer: the case is told.
    fn note_refusals(&mut self) {
        for decision in self.desk.decisions() {
            let code = if let DecisionKind::Denied(denial) = &decision.kind {
                denial.code.code()
            } else if let DecisionKind::Malformed(malformed) = &decision.kind {
                malformed.code.code()
            } else {
                continue;
            };
            self.said.push(format!("the core says no to {}: {code}", decision.key));
        }
    }

    async fn send(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.laws.sent(&command);
            if matches!(command.action(), ringfence_core::intent::Action::Submit(_)) {
                self.submitted.push(*command.client_id());
            }
            self.stage.adapter(command.account()).send(command).await;
        }
    }

    fn next_query(&mut self) -> QueryId {
        self.queries += 1;
        QueryId(self.queries)
    }

    fn query(&self, account: AccountId, question: Question) -> Query {
        match question {
            Question::Orders => Query::OpenOrders(account),
            Question::Order(key, instrument) => {
                let client_id = ClientOrderId::new(self.desk.state().session(), key);
                Query::Order { account, instrument, key, client_id, sent_ago_ns: 0 }
            }
            Question::Fills(instrument, number) => {
                let at = number.checked_sub(1).and_then(|at| self.fills.get(at)).copied();
                Query::FillsSince { account, instrument, since: at.unwrap_or(TimeNs(0)) }
            }
            Question::Positions => Query::Positions(account),
            Question::Balances => Query::Balances(account),
            Question::Margin(instrument) => Query::Margin { account, instrument },
            Question::Instruments => Query::Instruments,
            Question::Time => Query::Time,
        }
    }

    /// Hears what the venue says; where the core hears it too, the venue gets what the core answers, and behind a break the
    /// questions of a session.
    async fn hear(&mut self, is_heard: bool) {
        for _ in 0..ROUNDS_MAX {
            let said = self.stage.settle().await;
            let mut commands = Vec::new();
            if is_heard {
                let late = std::mem::take(&mut self.late);
                late.iter().for_each(|report| commands.extend(self.tell(report)));
            }
            for said in said {
                for report in self.taken(said) {
                    self.note_report(&report);
                    if is_heard { commands.extend(self.tell(&report)) } else { self.late.push(report) }
                }
            }
            if !is_heard {
                return;
            }
            let questions = self.rounds.due();
            if commands.is_empty() && questions.is_empty() {
                return;
            }
            self.send(commands).await;
            for (account, id, query) in questions {
                self.stage.adapter(account).ask(id, query).await;
            }
        }
        self.laws.must(Law::Answers, false, || "the core and the venue never fall silent".to_owned());
    }

    /// What a session makes of what an adapter says.
    fn taken(&mut self, said: Said) -> Vec<Report> {
        match said {
            Said::Report(report) => vec![self.rounds.hear(report)],
            Said::Answered(id, answer) => self.rounds.answered(id, &answer, self.desk.state()).unwrap_or_else(|| {
                self.said.push(format!("{} {}", answered(&answer), id.0));
                Vec::new()
            }),
        }
    }

    fn tell(&mut self, report: &Report) -> Vec<VenueCommand> {
        let commands = self.desk.tell(report);
        self.note_anomalies(report);
        commands
    }

    fn note_anomalies(&mut self, report: &Report) {
        for decision in self.desk.decisions() {
            if let DecisionKind::Anomaly(anomaly) = &decision.kind
                && !is_expected(anomaly.code, report)
                && !(self.rounds.compares(report.account) && is_difference(anomaly.code, report))
            {
                let text = format!("{anomaly:?} of {report:?}");
                self.laws.must(Law::Sense, false, || text);
            }
        }
    }

    fn note_report(&mut self, report: &Report) {
        let is_news = !self.rounds.compares(report.account) || self.is_news(report);
        if let EventKind::OrderFilled(fill) = &report.kind {
            self.fills.push(report.venue_time);
            if let Some(fee) = self.stage.fee(report, fill) {
                let told = (fill.fee, fill.fee_currency);
                self.laws.must(Law::Fees, told == fee, || format!("a fee of {told:?} where {fee:?} is due"));
            }
        }
        self.laws.hear(report);
        self.market.entry(report.instrument).or_default().hear(&report.kind);
        let is_heeded = |topic: Topic| topic == Topic::Orders || self.heeds.contains(&topic);
        // Whether the venue is there, and what belongs to that, each adapter says for itself; cases are about the first.
        let is_of_first = topic(report) != Some(Topic::Link) || report.account != AccountId(2);
        if is_news && is_of_first && topic(report).is_some_and(is_heeded) {
            let line = line(report, &mut self.strangers);
            self.said.push(line);
        }
    }

    /// True for what the core does not know yet; a session that compares hears again what it knows.
    fn is_news(&self, report: &Report) -> bool {
        if let EventKind::OrderFilled(fill) = &report.kind {
            return !self.laws.knows(report, fill);
        }
        if let EventKind::OrderReported(said) = &report.kind
            && let Some(order) = self.desk.state().order_by_key(said.order)
        {
            // What is filled comes by fills of its own, and ends the order with the last of them.
            let (is_over, was_over) = (said.state.is_terminal(), order.state.is_terminal());
            return is_over != was_over && said.state != OrderState::Filled;
        }
        !matches!(report.kind, EventKind::LeverageReported(_) | EventKind::MarginModeReported(_))
    }

    fn look(&mut self, look: Look) {
        let rates = self.stage.adapter(AccountId(1)).rates();
        let line = match look {
            Look::Touch(id) => self.market.entry(id).or_default().shown_touch(),
            Look::Book(id) => self.market.entry(id).or_default().shown_book(),
            Look::Mark(id) => format!("mark {:?}", self.market.entry(id).or_default().mark),
            Look::Funding(id) => {
                let is_told = self.market.entry(id).or_default().funding.is_some_and(|(_, next)| next.0 > 0);
                format!("funding {}", if is_told { "told" } else { "not told" })
            }
            Look::Held => format!("held {}", if rates.held_until.0 > 0 { "yes" } else { "no" }),
            Look::Used => {
                let is_sound = rates.used > 0 && rates.used <= rates.limit && rates.reserve < rates.limit;
                format!("used {}", if is_sound { "some" } else { "nothing" })
            }
            Look::End => format!("end {}", if self.stage.has_ended(AccountId(1)) { "yes" } else { "no" }),
        };
        self.said.push(line);
    }
}

/// What the core notes though the venue is right: orders of others, fills that are stated again on request (that they are the
/// same is a law), and money of other currencies than the account's, which it does not book.
fn is_expected(code: AnomalyCode, report: &Report) -> bool {
    let is_of_others = report.kind.order().is_some_and(|key| key.strategy == StrategyId::EXTERNAL);
    match (code, report.kind) {
        (AnomalyCode::UnknownOrder, _) => is_of_others,
        (AnomalyCode::DuplicateFill, EventKind::OrderFilled(_)) => true,
        (AnomalyCode::UnknownReference, EventKind::OrderFilled(fill)) => fill.fee_currency != ACCOUNT_CURRENCY,
        (AnomalyCode::UnknownReference, EventKind::BalanceReported(said)) => said.currency != ACCOUNT_CURRENCY,
        _ => false,
    }
}

/// A statement that knows of fills which the session asks for next.
fn is_difference(code: AnomalyCode, report: &Report) -> bool {
    code == AnomalyCode::Mismatch && matches!(report.kind, EventKind::OrderReported(_))
}

impl Market {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these show a market")]
    fn hear(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Quote(quote) => self.touch = Some(*quote),
            EventKind::MarkPrice(price) => self.mark = Some(price.0),
            EventKind::FundingRate(funding) => self.funding = Some((funding.rate_e9, funding.next_time)),
            EventKind::BookLevel(level) => {
                let side = if level.side == Side::Buy { &mut self.bids } else { &mut self.asks };
                match level.action {
                    BookAction::Clear => {
                        self.bids.clear();
                        self.asks.clear();
                    }
                    BookAction::Set if level.qty.0 == 0 => drop(side.remove(&level.price.0)),
                    BookAction::Set => drop(side.insert(level.price.0, level.qty.0)),
                }
                self.is_open_group = !level.is_last;
            }
            _ => {}
        }
    }

    fn shown_touch(&self) -> String {
        self.touch.map_or("touch unknown".to_owned(), |touch| {
            let Quote { bid_price, bid_qty, ask_price, ask_qty } = touch;
            format!("touch {}x{}/{}x{}", bid_price.0, bid_qty.0, ask_price.0, ask_qty.0)
        })
    }

    /// The book from the best prices outwards; a group that no change has closed is no book.
    fn shown_book(&self) -> String {
        if self.is_open_group {
            return "book of an open group".to_owned();
        }
        let show = |(price, qty): (&i64, &i64)| format!(" {price}x{qty}");
        let bids: String = self.bids.iter().rev().map(show).collect();
        let asks: String = self.asks.iter().map(show).collect();
        format!("book{bids} /{asks}")
    }
}

/// A desk whose time is the beginning.
fn new_desk(kind: InstrumentKind) -> Desk {
    let mut desk = Desk::open(&instruments().map(|instrument| Instrument { kind, ..instrument }));
    desk.advance(TimeNs(1_000_000_000));
    desk
}
