//! Conformance: does an adapter behave as the core expects of every venue?
//!
//! In: a way to open a fresh venue whose market the suite moves. Out: a verdict per case. Must never: look at anything but
//! reports, or build a command without the whole chain (a [`Desk`] does).
//!
//! The venue under test, `VenueId(1)`, has one instrument ([`desk::instrument`]`(1, (0, 0))`), accounts 1 and 2, no orders
//! of others, and no latency but what [`Stage::settle`] waits for. There a taker fills whole at the opposite touch,
//! whatever its size, and an order that rests fills whole at its own price, as maker, once the opposite touch reaches it.
//! A test venue that cannot be set up like that is not fit for this suite.
//!
//! Of every report the suite compares what happened to which order with which numbers and reason, in the order of the
//! reports; venue, account and instrument; and the cause, which is the leg of the command that the report answers, or
//! the order itself where nothing was asked. It does not compare fees, trade ids, reasons of fills and the venue's time. What a venue says
//! before the first case's first step (balances) is the core's to hear, and not compared.

use core::future::Future;

use ringfence_core::event::{Cause, Event, EventKind, Fill, FillReason, Quote, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{
    AccountId, ClientOrderId, InstrumentId, IntentId, LegId, LegKey, Seq, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Amend, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};

use crate::adapter::{EmergencyCancel, Said, VenueAdapter};
use crate::desk::{self, Desk};
use crate::query::{Answer, Query, QueryId};
use crate::text::describe;

/// A venue with its surroundings, under the suite's control.
pub trait Stage {
    /// The adapter under test.
    type Adapter: VenueAdapter;

    /// The adapter under test.
    fn adapter(&mut self) -> &mut Self::Adapter;

    /// Moves the market of the venue: after it, the venue's touch is that of the event (always a quote, sizes 10).
    fn market(&mut self, event: &Event) -> impl Future<Output = ()>;

    /// Everything the adapter has to say until the venue has nothing more to say for now. Where commands and answers
    /// travel, it lets them arrive; it may not give up early.
    fn settle(&mut self) -> impl Future<Output = Vec<Said>>;
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rule that the case shows.
    pub case: &'static str,
    /// What was reported instead of what the rule asks for; `None` = the rule holds.
    pub failure: Option<String>,
}

/// Runs every case, each on a fresh venue.
pub async fn run<S: Stage>(mut open: impl FnMut() -> S) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for case in CASES {
        let mut floor = Floor::open(open()).await;
        for step in case.steps {
            floor.take(step).await;
        }
        let failure = (floor.said != case.want).then(|| format!("want {:#?}, got {:#?}", case.want, floor.said));
        verdicts.push(Verdict { case: case.rule, failure });
    }
    verdicts
}

/// A case: what happens, and what the venue has to say to it.
struct Case {
    rule: &'static str,
    steps: &'static [Step],
    want: &'static [&'static str],
}

/// One thing that happens. Orders are of strategy 1, and named by the number of their intent.
#[derive(Clone, Copy)]
enum Step {
    /// The touch moves; sizes are 10.
    Touch(i64, i64),
    /// A strategy wants something, and the core hears what the venue says.
    Ask(IntentKind),
    /// A strategy of the other account wants something.
    AskOther(IntentKind),
    /// A strategy wants something, and the command that the core lets out never reaches the adapter.
    Lose(IntentKind),
    /// The core hears this although the venue did not say it.
    Pretend(EventKind),
    /// The touch moves, and the core hears neither of that nor of what the venue says to it.
    TouchUnheard(i64, i64),
    /// The first command of another session's desk, which counts its intents alike.
    AskTwin(IntentKind),
    /// An emergency cancel of one order.
    Emergency(u64),
    /// An emergency cancel of everything in the instrument.
    EmergencyInstrument,
    /// An emergency cancel of everything.
    EmergencyAll,
    /// The session asks the venue.
    Query(Query),
    /// The session asks what became of an order.
    QueryOrder(u64),
}

struct Floor<S: Stage> {
    stage: S,
    desk: Desk,
    said: Vec<String>,
}

impl<S: Stage> Floor<S> {
    async fn open(mut stage: S) -> Floor<S> {
        let mut desk = new_desk();
        for report in stage.settle().await.into_iter().filter_map(Said::report) {
            desk.tell(&report);
        }
        let mut floor = Floor { stage, desk, said: Vec::new() };
        floor.take(&Step::Touch(100, 102)).await;
        floor
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Touch(bid, ask) => {
                self.touch(bid, ask).await;
                self.hear().await;
                self.desk.tell(&quote(bid, ask));
            }
            Step::TouchUnheard(bid, ask) => {
                self.touch(bid, ask).await;
                let said = self.stage.settle().await;
                self.note(&said);
            }
            Step::Ask(wish) => {
                let commands = self.desk.ask(STRATEGY, wish);
                self.send(commands).await;
                self.hear().await;
            }
            Step::AskOther(wish) => {
                let commands = self.desk.ask(OTHER_STRATEGY, wish);
                self.send(commands).await;
                self.hear().await;
            }
            Step::Lose(wish) => drop(self.desk.ask(STRATEGY, wish)),
            Step::Pretend(kind) => {
                let report = Report { instrument: INSTRUMENT, venue: VENUE, account: ACCOUNT, ..Report::control(kind) };
                self.desk.tell(&report);
            }
            Step::AskTwin(wish) => {
                let mut twin = new_desk();
                twin.tell(&quote(100, 102));
                let commands = twin.ask(STRATEGY, wish);
                self.send(commands).await;
                let said = self.stage.settle().await;
                self.note(&said);
            }
            Step::Query(query) => {
                self.stage.adapter().ask(QueryId(1), query).await;
                self.hear().await;
            }
            Step::QueryOrder(intent) => {
                let key = key(intent);
                let client_id = ClientOrderId::new(self.desk.state().session(), key);
                let query = Query::Order { account: ACCOUNT, instrument: INSTRUMENT, key, client_id };
                self.stage.adapter().ask(QueryId(1), query).await;
                self.hear().await;
            }
            Step::EmergencyInstrument => {
                let cancel = EmergencyCancel::instrument((VENUE, ACCOUNT), INSTRUMENT);
                self.stage.adapter().send_emergency(cancel).await;
                self.hear().await;
            }
            Step::Emergency(intent) => {
                let order = (key(intent), INSTRUMENT);
                let cancel = EmergencyCancel::order((VENUE, ACCOUNT), self.desk.state().session(), order);
                self.stage.adapter().send_emergency(cancel).await;
                self.hear().await;
            }
            Step::EmergencyAll => {
                self.stage.adapter().send_emergency(EmergencyCancel::account(VENUE, ACCOUNT)).await;
                self.hear().await;
            }
        }
    }

    async fn touch(&mut self, bid: i64, ask: i64) {
        self.desk.advance(self.desk.time().plus(1_000_000));
        let event = quote(bid, ask).at(Seq(0), self.desk.time());
        self.stage.market(&event).await;
    }

    async fn send(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.stage.adapter().send(command).await;
        }
    }

    /// Lets the core hear what the venue says, and the venue what the core answers, until both are silent.
    async fn hear(&mut self) {
        loop {
            let said = self.stage.settle().await;
            if said.is_empty() {
                return;
            }
            self.note(&said);
            for report in said.into_iter().filter_map(Said::report) {
                let commands = self.desk.tell(&report);
                self.send(commands).await;
            }
        }
    }

    /// Keeps what the venue said, without the fee, which is its own; a report that does not say whose it is, or what led to
    /// it, stands out.
    fn note(&mut self, said: &[Said]) {
        for said in said {
            let report = match said {
                Said::Report(report) => report,
                Said::Answered(id, answer) => {
                    self.said.push(format!("answered {} {}", id.0, answered(answer)));
                    continue;
                }
            };
            let text = describe(&without_reason(report));
            let text = match text.split_once(" fee ") {
                Some((before, after)) => format!("{before} {}", after.split_once(' ').map_or("", |(_, rest)| rest)),
                None => text,
            };
            let text = text + &cause(report);
            let account = if text.contains(" 2/") { OTHER_ACCOUNT } else { ACCOUNT };
            let owned = (report.venue, report.account, report.instrument) == (VENUE, account, INSTRUMENT);
            self.said.push(if owned { text } else { format!("without owner: {text}") });
        }
    }
}

fn answered(answer: &Answer) -> &'static str {
    match answer {
        Answer::Complete => "complete",
        Answer::NotOffered => "not-offered",
        Answer::Failed(_) => "failed",
    }
}

/// What made a simulated venue fill an order is its own.
#[expect(clippy::wildcard_enum_match_arm, reason = "only fills have such a reason")]
fn without_reason(report: &Report) -> Report {
    match report.kind {
        EventKind::OrderFilled(fill) => {
            Report { kind: EventKind::OrderFilled(Fill { reason: FillReason::Venue, ..fill }), ..*report }
        }
        _other => *report,
    }
}

/// Empty where the order itself is the cause, else the leg that is.
fn cause(report: &Report) -> String {
    match report.cause {
        Cause::Leg { strategy, leg, intent } => {
            let by = LegKey { intent, strategy, leg };
            if report.kind.order() == Some(by) { String::new() } else { format!(" by {by}") }
        }
        Cause::Outside | Cause::Event(_) => " without a cause".to_owned(),
    }
}

fn new_desk() -> Desk {
    let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
    desk.advance(TimeNs(1_000_000_000));
    desk
}

const STRATEGY: StrategyId = StrategyId(1);
const ACCOUNT: AccountId = AccountId(1);
const OTHER_STRATEGY: StrategyId = StrategyId(2);
const OTHER_ACCOUNT: AccountId = AccountId(2);
const VENUE: VenueId = VenueId(1);
const INSTRUMENT: InstrumentId = InstrumentId(1);

const fn key(intent: u64) -> LegKey {
    LegKey { intent: IntentId(intent), strategy: STRATEGY, leg: LegId(0) }
}

fn quote(bid: i64, ask: i64) -> Report {
    let touch = Quote { bid_price: Price(bid), bid_qty: Qty(10), ask_price: Price(ask), ask_qty: Qty(10) };
    Report { instrument: INSTRUMENT, venue: VENUE, ..Report::control(EventKind::Quote(touch)) }
}

const fn order(side: Side, qty: i64) -> Submit {
    Submit {
        instrument: INSTRUMENT,
        side,
        size: Size::Quantity(Qty(qty)),
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}

const fn market(side: Side, qty: i64) -> IntentKind {
    IntentKind::Submit(order(side, qty))
}

const fn limit(side: Side, qty: i64, price: i64) -> Submit {
    Submit { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..order(side, qty) }
}

const fn amend(intent: u64, qty: i64, price: i64) -> IntentKind {
    IntentKind::Amend(Amend { order: IntentId(intent), price: Some(Price(price)), qty: Some(Qty(qty)), trigger: None })
}

const BUY_5_AT_99: IntentKind = IntentKind::Submit(limit(Side::Buy, 5, 99));
const CANCEL_1: IntentKind = IntentKind::Cancel(IntentId(1));

const CASES: &[Case] = &[
    Case {
        rule: "a market order is accepted and fills whole at the opposite touch",
        steps: &[Step::Ask(market(Side::Buy, 25)), Step::Ask(market(Side::Sell, 5))],
        want: &[
            "accepted 1/1",
            "filled 1/1 buy 25@102 taker leaves 0",
            "accepted 1/2",
            "filled 1/2 sell 5@100 taker leaves 0",
        ],
    },
    Case {
        rule: "a limit order away from the market rests until the touch reaches it and fills at its own price",
        steps: &[Step::Ask(BUY_5_AT_99), Step::Touch(99, 100), Step::Touch(97, 98)],
        want: &["accepted 1/1", "filled 1/1 buy 5@99 maker leaves 0"],
    },
    Case {
        rule: "a marketable limit order takes at the touch, not at its limit",
        steps: &[Step::Ask(IntentKind::Submit(limit(Side::Sell, 5, 90)))],
        want: &["accepted 1/1", "filled 1/1 sell 5@100 taker leaves 0"],
    },
    Case {
        rule: "an order that has to fill at once and cannot is canceled",
        steps: &[
            Step::Ask(IntentKind::Submit(Submit { tif: TimeInForce::Ioc, ..limit(Side::Buy, 5, 101) })),
            Step::Ask(IntentKind::Submit(Submit { tif: TimeInForce::Fok, ..limit(Side::Buy, 5, 101) })),
        ],
        want: &[
            "accepted 1/1",
            "canceled 1/1 open 5 ioc-remainder",
            "accepted 1/2",
            "canceled 1/2 open 5 ioc-remainder",
        ],
    },
    Case {
        rule: "a post-only order that would take is rejected, one that would not rests",
        steps: &[
            Step::Ask(IntentKind::Submit(Submit { post_only: true, ..limit(Side::Buy, 5, 102) })),
            Step::Ask(IntentKind::Submit(Submit { post_only: true, ..limit(Side::Buy, 5, 101) })),
        ],
        want: &["rejected 1/1 would-take", "accepted 1/2"],
    },
    Case {
        rule: "a cancel ends a resting order and says what was open",
        steps: &[Step::Ask(BUY_5_AT_99), Step::Ask(CANCEL_1), Step::Touch(97, 98)],
        want: &["accepted 1/1", "canceled 1/1 open 5 asked by 1/2"],
    },
    Case {
        rule: "a cancel of an order that never arrived is refused as unknown",
        steps: &[Step::Lose(BUY_5_AT_99), Step::Pretend(EventKind::OrderAccepted(key(1))), Step::Ask(CANCEL_1)],
        want: &["cancel-rejected 1/1 unknown-order by 1/2"],
    },
    Case {
        rule: "a cancel that comes after the fill is refused as too late",
        steps: &[Step::Ask(BUY_5_AT_99), Step::TouchUnheard(97, 98), Step::Ask(CANCEL_1)],
        want: &["accepted 1/1", "filled 1/1 buy 5@99 maker leaves 0", "cancel-rejected 1/1 too-late by 1/2"],
    },
    Case {
        rule: "a client order id is taken once, alive or ended",
        steps: &[Step::Ask(BUY_5_AT_99), Step::AskTwin(BUY_5_AT_99), Step::Ask(CANCEL_1), Step::AskTwin(BUY_5_AT_99)],
        want: &["accepted 1/1", "rejected 1/1 duplicate", "canceled 1/1 open 5 asked by 1/2", "rejected 1/1 duplicate"],
    },
    Case {
        rule: "an amend changes price and quantity of a resting order",
        steps: &[Step::Ask(BUY_5_AT_99), Step::Ask(amend(1, 7, 98)), Step::Touch(98, 99), Step::Touch(97, 98)],
        want: &["accepted 1/1", "amended 1/1 7@98 by 1/2", "filled 1/1 buy 7@98 maker leaves 0"],
    },
    Case {
        rule: "an order amended into the market takes",
        steps: &[Step::Ask(BUY_5_AT_99), Step::Ask(amend(1, 5, 103))],
        want: &["accepted 1/1", "amended 1/1 5@103 by 1/2", "filled 1/1 buy 5@102 taker leaves 0"],
    },
    Case {
        rule: "an amend that comes after the fill is refused as too late",
        steps: &[Step::Ask(BUY_5_AT_99), Step::TouchUnheard(97, 98), Step::Ask(amend(1, 5, 98))],
        want: &["accepted 1/1", "filled 1/1 buy 5@99 maker leaves 0", "amend-rejected 1/1 too-late by 1/2"],
    },
    Case {
        rule: "open orders are stated one by one, as they are now, and then the query ends",
        steps: &[
            Step::Ask(BUY_5_AT_99),
            Step::Ask(IntentKind::Submit(limit(Side::Sell, 5, 110))),
            Step::AskOther(BUY_5_AT_99),
            Step::Query(Query::OpenOrders(ACCOUNT)),
        ],
        want: &[
            "accepted 1/1",
            "accepted 1/2",
            "accepted 2/1",
            "reported 1/1 ACCEPTED buy 5@99 filled 0",
            "reported 1/2 ACCEPTED sell 5@110 filled 0",
            "answered 1 complete",
        ],
    },
    Case {
        rule: "an order that filled or was canceled is stated as it ended",
        steps: &[
            Step::Ask(BUY_5_AT_99),
            Step::Ask(IntentKind::Submit(limit(Side::Buy, 5, 90))),
            Step::Ask(IntentKind::Cancel(IntentId(2))),
            Step::Touch(97, 98),
            Step::QueryOrder(1),
            Step::QueryOrder(2),
        ],
        want: &[
            "accepted 1/1",
            "accepted 1/2",
            "canceled 1/2 open 5 asked by 1/3",
            "filled 1/1 buy 5@99 maker leaves 0",
            "reported 1/1 FILLED buy 5@99 filled 5",
            "answered 1 complete",
            "reported 1/2 CANCELED buy 5@90 filled 0",
            "answered 1 complete",
        ],
    },
    Case {
        rule: "an order that never arrived is stated as not transmitted",
        steps: &[Step::Lose(BUY_5_AT_99), Step::QueryOrder(1)],
        want: &["transmit-refused submit 1/1 unknown-order", "answered 1 complete"],
    },
    Case {
        rule: "an emergency cancel of an instrument ends every order of the account in it",
        steps: &[
            Step::Ask(BUY_5_AT_99),
            Step::Ask(IntentKind::Submit(limit(Side::Sell, 5, 110))),
            Step::AskOther(BUY_5_AT_99),
            Step::EmergencyInstrument,
        ],
        want: &[
            "accepted 1/1",
            "accepted 1/2",
            "accepted 2/1",
            "canceled 1/1 open 5 kill-switch",
            "canceled 1/2 open 5 kill-switch",
        ],
    },
    Case {
        rule: "an emergency cancel ends one order or all of an account, and nothing else",
        steps: &[
            Step::Ask(BUY_5_AT_99),
            Step::Ask(IntentKind::Submit(limit(Side::Buy, 5, 98))),
            Step::Ask(IntentKind::Submit(limit(Side::Sell, 5, 110))),
            Step::AskOther(BUY_5_AT_99),
            Step::Emergency(2),
            Step::EmergencyAll,
        ],
        want: &[
            "accepted 1/1",
            "accepted 1/2",
            "accepted 1/3",
            "accepted 2/1",
            "canceled 1/2 open 5 kill-switch",
            "canceled 1/1 open 5 kill-switch",
            "canceled 1/3 open 5 kill-switch",
        ],
    },
];
