//! The coupling itself: what goes in at one end comes out at the other, and what is to go wrong does.

use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Channel, Hosts, Input};
use ringfence_core::event::EventKind;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, SessionId, StrategyId, TimeNs};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{IntentKind, Submit};
use ringfence_core::money::{Price, Qty};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;
use ringfence_venue::{Query, QueryId, Said, VenueAdapter};
use serde_json::json;

use super::{Disturbance, Of, Opening, Pipe, SYMBOL, Trouble};

const ACCOUNT: AccountId = AccountId(1);
const S: u64 = 1_000_000_000;

/// A pipe, and a core that hears what comes out of it.
struct Bench {
    pipe: Pipe,
    desk: Desk,
    shown: Vec<String>,
}

impl Bench {
    fn open(product: Product, hosts: Hosts) -> Bench {
        let instrument = desk::instrument(1, (2, 1));
        let opening = Opening { accounts: 2, ..Opening::new(product, hosts, SessionId([7; 16]), instrument) };
        let mut bench = Bench { pipe: Pipe::open(opening), desk: Desk::open(&[instrument]), shown: Vec::new() };
        bench.pipe.dial();
        bench.touch(9_900, 10_100);
        bench.wait(2);
        bench
    }

    /// The house's best prices, in hundredths.
    fn touch(&mut self, bid: i64, ask: i64) {
        for (side, price) in [("BUY", bid), ("SELL", ask)] {
            let price = format!("{}.{:02}", price / 100, price % 100);
            let act = json!({"do": "place", "symbol": SYMBOL, "side": side, "price": price, "qty": "1.0"});
            self.pipe.act(act).expect("the exchange does it");
        }
    }

    fn wait(&mut self, seconds: u64) {
        let until = TimeNs(self.pipe.now().0 + seconds * S);
        loop {
            let goes_on = self.pipe.step(until);
            while let Some(said) = self.pipe.take_said() {
                self.hear(said);
            }
            if !goes_on {
                return;
            }
        }
    }

    fn hear(&mut self, said: Said) {
        match said {
            Said::Report(report) => {
                self.desk.advance(self.pipe.now());
                if !report.kind.is_market() {
                    self.shown.push(describe(&report));
                }
                let commands = self.desk.tell(&report);
                self.send(commands);
            }
            Said::Answered(id, answer) => self.shown.push(format!("{} {answer:?}", id.0)),
        }
    }

    fn wish(&mut self, strategy: u16, side: Side, (qty, price): (i64, i64)) {
        let wish = Submit::limit(InstrumentId(1), side, Qty(qty), Price(price));
        let commands = self.desk.ask(StrategyId(strategy), IntentKind::Submit(wish));
        self.send(commands);
    }

    fn send(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.pipe.hand(command.account(), Input::Send(command));
        }
    }

    fn take_shown(&mut self) -> String {
        std::mem::take(&mut self.shown).join("\n")
    }
}

fn products() -> [(Product, Hosts); 3] {
    [(Product::Spot, Hosts::binance_spot()), (Product::UsdM, Hosts::binance_usdm()), (Product::UsdM, Hosts::aster())]
}

#[test]
fn an_order_rests_fills_is_heard_of_on_the_stream_and_stands_in_the_ledger_on_every_product() {
    for (product, hosts) in products() {
        let mut bench = Bench::open(product, hosts);
        bench.shown.clear();
        bench.wish(1, Side::Buy, (5, 10_000));
        bench.wait(1);
        let act = json!({"do": "trade", "symbol": SYMBOL, "side": "SELL", "price": "100.00", "qty": "0.5"});
        bench.pipe.act(act).expect("somebody trades");
        bench.wait(1);
        bench.wish(2, Side::Sell, (3, 9_900));
        bench.wait(1);
        let traded = bench.take_shown();
        let maker = "filled 1/1 buy 5@10000 maker fee";
        let taker = "filled 2/1 sell 3@9900 taker fee";
        assert!(traded.starts_with("accepted 1/1\n") && traded.contains(maker) && traded.contains(taker), "{traded}");
        let ledger = bench.pipe.ledger(ACCOUNT);
        assert_eq!(ledger["fills"][0]["qty"], "0.50000000", "{ledger}");
        assert_eq!(bench.desk.state().net_position(StrategyId(1), InstrumentId(1)), Qty(5));
        assert_eq!(bench.desk.state().net_position(StrategyId(2), InstrumentId(1)), Qty(-3));
        bench.pipe.ask(QueryId(7), Query::Positions(ACCOUNT));
        bench.wait(1);
        match product {
            Product::Spot => assert_eq!(bench.take_shown(), "7 NotOffered"),
            Product::UsdM => assert_eq!(bench.take_shown(), "position net 5\n7 Complete"),
        }
    }
}

fn plan(trouble: Trouble, of: Of) -> Disturbance {
    Disturbance { name: "planned", trouble, of, times: 1 }
}

#[test]
fn what_is_planned_goes_wrong_once_and_is_counted() {
    let order = || Of::Request("POST", "/order");
    let troubles = [
        plan(Trouble::Unsent, order()),
        plan(Trouble::RequestLost, order()),
        plan(Trouble::AnswerLost, order()),
        plan(Trouble::AnswerNever, order()),
        plan(Trouble::AnswerLate(5 * S), order()),
        plan(Trouble::AnswerCut, order()),
        plan(Trouble::AnswerInstead(400, r#"{"code":-2010,"msg":"Duplicate order sent."}"#.to_owned()), order()),
        plan(Trouble::FrameDoubled, Of::Link(Channel::User)),
        plan(Trouble::FrameSwapped, Of::Link(Channel::User)),
        plan(Trouble::FrameLost, Of::Frames("TRADE")),
        plan(Trouble::FrameReplayed, Of::Links),
        plan(Trouble::FrameForged("{}".to_owned()), Of::Links),
        plan(Trouble::FrameCut, Of::Link(Channel::User)),
        plan(Trouble::Stall(S), Of::Link(Channel::User)),
        plan(Trouble::HalfOpen, Of::Link(Channel::User)),
    ];
    for trouble in troubles {
        let what = format!("{trouble:?}");
        let mut bench = Bench::open(Product::UsdM, Hosts::binance_usdm());
        bench.pipe.disturb(trouble);
        bench.wish(1, Side::Buy, (5, 10_100));
        bench.wait(120);
        assert_eq!(bench.pipe.met().get("planned"), Some(&1), "{what}");
        // Whatever happened to the first one, the second is traded, and the host knows of both.
        bench.wish(1, Side::Buy, (5, 10_100));
        bench.wait(120);
        let ledger = bench.pipe.ledger(ACCOUNT);
        let fills = ledger["fills"].as_array().map_or(0, Vec::len);
        let position = bench.desk.state().net_position(StrategyId(1), InstrumentId(1));
        assert_eq!(position, Qty(5 * i64::try_from(fills).expect("few")), "{what}");
        assert!(bench.pipe.orders().values().all(|times| *times == 1), "{what}");
    }
}

#[test]
fn a_host_that_hangs_up_hears_nothing_of_what_was_on_its_way_and_the_venue_has_it_all_the_same() {
    let mut bench = Bench::open(Product::UsdM, Hosts::binance_usdm());
    bench.wish(1, Side::Buy, (5, 10_000));
    bench.pipe.hang_up();
    bench.shown.clear();
    bench.wait(1);
    assert_eq!(bench.take_shown(), "");
    assert_eq!(bench.pipe.ledger(ACCOUNT)["orders"][0]["status"], "NEW");
    bench.pipe.dial();
    bench.wait(2);
    assert!(bench.desk.state().venue_is_up(ringfence_core::ids::VenueId(1)));
}

#[test]
fn faults_of_the_exchange_fire_and_are_counted_by_name() {
    let mut bench = Bench::open(Product::UsdM, Hosts::binance_usdm());
    let when = json!({"request": "POST /fapi/v1/order"});
    bench.pipe.faults(&json!({"rule": [{"name": "lost", "when": when, "fault": {"kind": "lost_ack"}}]}));
    bench.wish(1, Side::Buy, (5, 10_100));
    bench.wait(60);
    assert_eq!(bench.pipe.fired(), ([("lost".to_owned(), 1)].into(), vec![]));
    assert_eq!(bench.desk.state().net_position(StrategyId(1), InstrumentId(1)), Qty(5));
    assert!(bench.desk.decisions().is_empty());
    bench.pipe.heal();
    assert_eq!(bench.pipe.fired().0, [].into());
}

#[test]
fn the_same_calls_give_the_same_answers() {
    let run = || {
        let mut bench = Bench::open(Product::Spot, Hosts::binance_spot());
        bench.pipe.keep_shown();
        bench.wish(1, Side::Buy, (5, 10_100));
        bench.wait(30);
        bench.pipe.shown().join("\n")
    };
    let shown = run();
    assert!(shown.contains("executionReport"), "{shown}");
    assert_eq!(shown, run());
}

/// What a future gives that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("nothing in a pipe waits"),
    }
}

#[test]
fn a_test_that_speaks_to_an_adapter_can_speak_to_a_pipe() {
    let mut bench = Bench::open(Product::UsdM, Hosts::aster());
    now(VenueAdapter::ask(&mut bench.pipe, QueryId(1), Query::OpenOrders(AccountId(2))));
    let answer = Some(Said::Answered(QueryId(1), ringfence_venue::Answer::Complete));
    assert_eq!(now(VenueAdapter::next(&mut bench.pipe)), answer);
    now(VenueAdapter::close(&mut bench.pipe));
    while let Some(said) = now(VenueAdapter::next(&mut bench.pipe)) {
        assert!(said.report().is_none_or(|report| report.kind != EventKind::VenueUp));
    }
    assert!(bench.pipe.has_ended());
}
