//! Twists: would the suite notice an adapter that says something else than its venue?

use ringfence_core::event::{CancelReason, Cause, EventKind, Liquidity, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, LegKey, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Decimal, Qty};
use ringfence_core::order::OrderState;
use ringfence_sim::QueueModel;
use ringfence_venue::conformance::{self, Act, Outcome, Stage};
use ringfence_venue::{Answer, Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting, VenueAdapter};

use crate::stage::{Floor, Sizes, poll_once};

/// What becomes of one thing that the venue said.
type Twist = fn(Said) -> Vec<Said>;

/// What an adapter does not do.
type Ignores = fn(&Asked) -> bool;

/// An adapter that says something else than its venue, or does not do what it is told.
struct Twisted {
    floor: Floor,
    twist: Twist,
    ignores: Ignores,
}

/// What an adapter is asked to do.
enum Asked<'a> {
    Command(&'a VenueCommand),
    Emergency(EmergencyCancel),
    Query,
    Close,
}

impl VenueAdapter for Twisted {
    fn venue(&self) -> VenueId {
        self.floor.adapter.venue()
    }

    fn capabilities(&self) -> Capabilities {
        self.floor.adapter.capabilities()
    }

    async fn send(&mut self, command: VenueCommand) {
        if !(self.ignores)(&Asked::Command(&command)) {
            self.floor.adapter.send(command).await;
        }
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        if !(self.ignores)(&Asked::Emergency(cancel)) {
            self.floor.adapter.send_emergency(cancel).await;
        }
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        if !(self.ignores)(&Asked::Query) {
            self.floor.adapter.ask(id, query).await;
        }
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        self.floor.adapter.set(id, place, setting).await;
    }

    fn rates(&self) -> Rates {
        self.floor.adapter.rates()
    }

    async fn next(&mut self) -> Option<Said> {
        self.floor.adapter.next().await
    }

    async fn close(&mut self) {
        if !(self.ignores)(&Asked::Close) {
            self.floor.adapter.close().await;
        }
    }
}

impl Stage for Twisted {
    type Adapter = Twisted;

    fn adapter(&mut self, _account: AccountId) -> &mut Twisted {
        self
    }

    fn can(&self, act: &Act) -> bool {
        self.floor.can(act)
    }

    async fn act(&mut self, act: &Act, now: TimeNs) {
        self.floor.act(act, now);
    }

    async fn settle(&mut self) -> Vec<Said> {
        self.floor.hear().into_iter().flat_map(self.twist).collect()
    }

    fn has_ended(&self, _account: AccountId) -> bool {
        self.floor.has_ended()
    }

    fn fee(&self, report: &Report, fill: &ringfence_core::event::Fill) -> Option<(Decimal, CurrencyId)> {
        Some(Floor::fee(report, fill))
    }
}

/// Rules that such an adapter breaks.
fn caught(twist: Twist, ignores: Ignores) -> Vec<&'static str> {
    let open = || Twisted { floor: Floor::open(QueueModel::RiskAverse, Sizes::Displayed), twist, ignores };
    let verdicts = poll_once(conformance::run(open)).expect("the simulated venue answers at once");
    let fails = verdicts.into_iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fails(_)));
    fails.map(|verdict| verdict.case.rule).collect()
}

/// Changes reports one by one.
fn each(said: Said, change: impl Fn(&mut Report)) -> Vec<Said> {
    match said {
        Said::Report(mut report) => {
            change(&mut report);
            vec![Said::Report(report)]
        }
        answered @ Said::Answered(..) => vec![answered],
    }
}

/// Says reports of a kind so many times.
fn times(said: Said, times: usize, is_meant: impl Fn(&EventKind) -> bool) -> Vec<Said> {
    match &said {
        Said::Report(report) if is_meant(&report.kind) => vec![said; times],
        Said::Report(_) | Said::Answered(..) => vec![said],
    }
}

fn fill(said: Said, change: impl Fn(&mut ringfence_core::event::Fill)) -> Vec<Said> {
    each(said, |report| {
        if let EventKind::OrderFilled(fill) = &mut report.kind {
            change(fill);
        }
    })
}

fn is_fill(kind: &EventKind) -> bool {
    matches!(kind, EventKind::OrderFilled(_))
}

const SAYS: &[(&str, Twist)] = &[
    ("no cause", |said| each(said, |report| report.cause = Cause::Outside)),
    ("another order as the cause", |said| {
        each(said, |report| report.cause = Cause::leg(LegKey { strategy: StrategyId(1), ..LegKey::default() }))
    }),
    ("the account of somebody else", |said| each(said, |report| report.account = AccountId(1))),
    ("another venue", |said| each(said, |report| report.venue = VenueId(2))),
    ("another instrument", |said| each(said, |report| report.instrument = InstrumentId(1))),
    ("a price that is one tick worse", |said| {
        fill(said, |fill| fill.price.0 += if fill.side == Side::Buy { 1 } else { -1 })
    }),
    ("a quantity that is one larger", |said| fill(said, |fill| fill.qty.0 += 1)),
    ("the other side", |said| fill(said, |fill| fill.side = fill.side.opposite())),
    ("one too many open", |said| fill(said, |fill| fill.leaves = Qty(fill.leaves.0 + 1))),
    ("nothing open after a part", |said| fill(said, |fill| fill.leaves = Qty(0))),
    ("every fill a taker's", |said| fill(said, |fill| fill.liquidity = Liquidity::Taker)),
    ("twice the fee", |said| fill(said, |fill| fill.fee *= Decimal::TWO)),
    ("a fee of another currency", |said| fill(said, |fill| fill.fee_currency = CurrencyId(2))),
    ("one number for all trades", |said| fill(said, |fill| fill.trade_id = 7)),
    ("no fill", |said| times(said, 0, is_fill)),
    ("every fill twice under a number of its own", |said| {
        let again = fill(said.clone(), |fill| fill.trade_id += 1_000_000);
        let is_meant = matches!(&said, Said::Report(report) if is_fill(&report.kind));
        if is_meant { [vec![said], again].concat() } else { vec![said] }
    }),
    ("every acceptance twice", |said| times(said, 2, |kind| matches!(kind, EventKind::OrderAccepted(_)))),
    ("no acceptance", |said| times(said, 0, |kind| matches!(kind, EventKind::OrderAccepted(_)))),
    ("every cancel twice", |said| times(said, 2, |kind| matches!(kind, EventKind::OrderCanceled(..)))),
    ("no refusal of a cancel", |said| times(said, 0, |kind| matches!(kind, EventKind::CancelRejected(..)))),
    ("another reason for a rejection", |said| {
        each(said, |report| {
            if let EventKind::OrderRejected(key, _) = report.kind {
                report.kind = EventKind::OrderRejected(key, RejectReason::Unknown);
            }
        })
    }),
    ("another reason for an end", |said| {
        each(said, |report| {
            if let EventKind::OrderCanceled(key, open, _) = report.kind {
                report.kind = EventKind::OrderCanceled(key, open, CancelReason::Venue);
            }
        })
    }),
    ("an end with too little open", |said| {
        each(said, |report| {
            if let EventKind::OrderCanceled(key, open, reason) = report.kind {
                report.kind = EventKind::OrderCanceled(key, Qty(open.0 - 1), reason);
            }
        })
    }),
    ("an amend to another quantity", |said| {
        each(said, |report| {
            if let EventKind::OrderAmended(key, price, qty) = report.kind {
                report.kind = EventKind::OrderAmended(key, price, Qty(qty.0 + 1));
            }
        })
    }),
    ("too late as unknown order", |said| {
        each(said, |report| {
            if let EventKind::CancelRejected(key, _) = report.kind {
                report.kind = EventKind::CancelRejected(key, RejectReason::UnknownOrder);
            }
        })
    }),
    ("a time before all others", |said| {
        each(said, |report| {
            if is_fill(&report.kind) {
                report.venue_time = TimeNs(1);
            }
        })
    }),
    ("a filled order as open", |said| {
        each(said, |report| {
            if let EventKind::OrderReported(said) = &mut report.kind {
                said.state = OrderState::Accepted;
            }
        })
    }),
    ("a position of the wrong sign", |said| {
        each(said, |report| {
            if let EventKind::PositionReported(said) = &mut report.kind {
                said.qty = Qty(-said.qty.0);
            }
        })
    }),
    ("no statement of an order", |said| times(said, 0, |kind| matches!(kind, EventKind::OrderReported(_)))),
    ("no end of a question", |said| match said {
        Said::Answered(..) => Vec::new(),
        report @ Said::Report(_) => vec![report],
    }),
    ("a failure where there is an answer", |said| match said {
        Said::Answered(id, _) => vec![Said::Answered(id, Answer::Failed(String::new()))],
        report @ Said::Report(_) => vec![report],
    }),
    ("a leverage that was not asked for", |said| {
        each(said, |report| {
            if let EventKind::LeverageReported(hundredths) = &mut report.kind {
                *hundredths += 100;
            }
        })
    }),
];

const IGNORES: &[(&str, Ignores)] = &[
    ("commands of the other account", |asked| matches!(asked, Asked::Command(command) if command.account().0 == 2)),
    ("emergency cancels", |asked| matches!(asked, Asked::Emergency(_))),
    ("emergency cancels of one instrument", |asked| {
        matches!(asked, Asked::Emergency(cancel)
            if matches!(cancel.target(), ringfence_venue::adapter::Target::Instrument(_)))
    }),
    ("questions", |asked| matches!(asked, Asked::Query)),
    ("the end", |asked| matches!(asked, Asked::Close)),
];

#[test]
fn the_suite_catches_an_adapter_that_says_something_else() {
    for (says, twist) in SAYS {
        let caught = caught(*twist, |_| false);
        println!("{says}: {} cases", caught.len());
        assert!(!caught.is_empty(), "an adapter that says {says} passes");
    }
}

#[test]
fn the_suite_catches_an_adapter_that_does_not_do_what_it_is_told() {
    for (what, ignores) in IGNORES {
        let caught = caught(|said| vec![said], *ignores);
        println!("{what}: {} cases", caught.len());
        assert!(!caught.is_empty(), "an adapter that ignores {what} passes");
    }
}

#[test]
fn an_adapter_that_is_not_twisted_passes_in_the_same_dress() {
    let caught = caught(|said| vec![said], |_| false);
    assert!(caught.is_empty(), "{caught:?}");
}
