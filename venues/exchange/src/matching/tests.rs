//! The engine, by text in and text out, and its laws under random orders.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::checks::Refused;
use super::engine::{Amendment, Engine};
use super::happening::{Execution, Happening};
use super::listing::{Product, usual};
use super::order::{Force, Kind, Prevention, Side, Wanted};
use crate::accounts::HOUSE;
use crate::amount::Amount;

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("a number")
}

fn engine(product: Product) -> Engine {
    let listings = usual().into_iter().filter(|listing| listing.product == product && listing.base == "BTC").collect();
    let mut engine = Engine::new(product, listings, 3);
    for account in 1..=3 {
        engine.ledger.transfer_spot(account, "USDT", Amount::whole(1_000_000));
        engine.ledger.transfer_spot(account, "BTC", Amount::whole(100));
        engine.ledger.transfer_futures(account, Amount::whole(1_000_000));
    }
    engine
}

/// `1 buy 2 @ 30000 gtc reduce stp-taker stop=29000`: account, side, quantity, price or `market`, and what else.
fn wanted(words: &[&str]) -> Wanted {
    let (account, side) = (words[0].parse().expect("an account"), words[1]);
    let price = words[4];
    let has = |word: &str| words[5..].contains(&word);
    let stop = words[5..].iter().find_map(|word| word.strip_prefix("stop=")).map_or(Amount::ZERO, amount);
    let kind = match (price, stop.is_zero()) {
        ("market", true) => Kind::Market,
        ("market", false) => Kind::StopLoss,
        (_, true) if has("maker") => Kind::LimitMaker,
        (_, true) => Kind::Limit,
        (_, false) => Kind::StopLossLimit,
    };
    let force = match () {
        () if has("ioc") => Force::Ioc,
        () if has("fok") => Force::Fok,
        () if has("gtx") => Force::Gtx,
        () if has("gtd") => Force::Gtd(1_000),
        () => Force::Gtc,
    };
    let prevention = match () {
        () if has("stp-taker") => Prevention::ExpireTaker,
        () if has("stp-maker") => Prevention::ExpireMaker,
        () if has("stp-both") => Prevention::ExpireBoth,
        () => Prevention::None,
    };
    Wanted {
        listing: 0,
        account,
        client: String::new(),
        side: if side == "buy" { Side::Buy } else { Side::Sell },
        kind,
        force,
        price: if price == "market" { Amount::ZERO } else { amount(price) },
        qty: amount(words[2]),
        money: Amount::ZERO,
        stop,
        is_reducing: has("reduce"),
        prevention,
    }
}

fn render(engine: &mut Engine) -> Vec<String> {
    let line = |happening: Happening| match happening {
        Happening::Order { order, execution, .. } => {
            let what = match execution {
                Execution::Trade(fill) => {
                    format!(
                        "fill {} @ {} fee {} {}",
                        fill.qty.trimmed(),
                        fill.price.trimmed(),
                        fill.fee.trimmed(),
                        fill.fee_asset
                    )
                }
                Execution::New => "new".to_owned(),
                Execution::Amended => "amended".to_owned(),
                Execution::Canceled => "canceled".to_owned(),
                Execution::Expired => "expired".to_owned(),
            };
            Some(format!(
                "  {}#{} {what}: {} {}/{}",
                order.wanted.account,
                order.id,
                order.state.name(),
                order.done.trimmed(),
                order.qty.trimmed()
            ))
        }
        Happening::Balances { .. } | Happening::Transfer { .. } | Happening::Positions { .. } => None,
        Happening::Leverage { .. } | Happening::Trade { .. } | Happening::Aggregate { .. } => None,
    };
    std::mem::take(&mut engine.happened).into_iter().filter_map(line).collect()
}

#[track_caller]
fn check(product: Product, script: &str, want: Expect) {
    let mut engine = engine(product);
    let mut shown = Vec::new();
    for line in script.lines().map(str::trim) {
        shown.push(line.to_owned());
        let words: Vec<&str> = line.split_whitespace().collect();
        let id = || words[1].parse::<u64>().expect("an order");
        let result: Result<(), Refused> = match words[0] {
            "cancel" => engine.cancel(id(), "", 1),
            "amend" => engine.amend(id(), Amendment { qty: amount(words[2]), price: amount(words[4]) }, 1),
            "expire" => {
                engine.expire(id());
                Ok(())
            }
            "money" => {
                let account: usize = words[1].parse().expect("an account");
                for (asset, balance) in &engine.ledger.wallets[account].balances {
                    shown.push(format!("  {asset} {} locked {}", balance.free.trimmed(), balance.locked.trimmed()));
                }
                Ok(())
            }
            "position" => {
                let position = engine.ledger.margins[id() as usize].position(0);
                shown.push(format!("  {} at {}", position.qty.trimmed(), position.entry().trimmed()));
                Ok(())
            }
            _ => engine.submit(Wanted { client: shown.len().to_string(), ..wanted(&words) }, 1).map(|_| ()),
        };
        shown.extend(render(&mut engine));
        shown.extend(result.err().map(|why| format!("  {why:?}")));
    }
    want.assert_eq(&shown.join("\n"));
}

#[test]
fn the_better_price_goes_first_and_then_the_earlier_order() {
    check(
        Product::Spot,
        "1 sell 1 @ 30002
         2 sell 1 @ 30001
         3 sell 1 @ 30001
         1 buy 2.5 @ 30002",
        expect![[r#"
            1 sell 1 @ 30002
              1#1 new: NEW 0/1
            2 sell 1 @ 30001
              2#2 new: NEW 0/1
            3 sell 1 @ 30001
              3#3 new: NEW 0/1
            1 buy 2.5 @ 30002
              1#4 new: NEW 0/2.5
              2#2 fill 1 @ 30001 fee 30.001 USDT: FILLED 1/1
              1#4 fill 1 @ 30001 fee 0.001 BTC: PARTIALLY_FILLED 1/2.5
              3#3 fill 1 @ 30001 fee 30.001 USDT: FILLED 1/1
              1#4 fill 1 @ 30001 fee 0.001 BTC: PARTIALLY_FILLED 2/2.5
              1#1 fill 0.5 @ 30002 fee 15.001 USDT: PARTIALLY_FILLED 0.5/1
              1#4 fill 0.5 @ 30002 fee 0.0005 BTC: FILLED 2.5/2.5"#]],
    );
}

#[test]
fn money_is_locked_for_what_is_open_and_comes_back() {
    check(
        Product::Spot,
        "1 buy 1 @ 30000
         money 1
         2 sell 0.25 @ 29999
         money 1
         cancel 1
         money 1
         money 2",
        expect![[r#"
            1 buy 1 @ 30000
              1#1 new: NEW 0/1
            money 1
              BTC 100 locked 0
              USDT 970000 locked 30000
            2 sell 0.25 @ 29999
              2#2 new: NEW 0/0.25
              1#1 fill 0.25 @ 30000 fee 0.00025 BTC: PARTIALLY_FILLED 0.25/1
              2#2 fill 0.25 @ 30000 fee 7.5 USDT: FILLED 0.25/0.25
            money 1
              BTC 100.24975 locked 0
              USDT 970000 locked 22500
            cancel 1
              1#1 canceled: CANCELED 0.25/1
            money 1
              BTC 100.24975 locked 0
              USDT 992500 locked 0
            money 2
              BTC 99.75 locked 0
              USDT 1007492.5 locked 0"#]],
    );
}

#[test]
fn orders_that_do_not_stand_end_at_once() {
    check(
        Product::Spot,
        "1 sell 1 @ 30000
         2 buy 2 @ 30000 fok
         2 buy 0.5 @ 30000 ioc
         2 buy 2 @ 30000 ioc
         2 buy 1 @ market
         1 sell 1 @ 30000
         2 buy 1 @ 30000 maker
         2 buy 1 @ market",
        expect![[r#"
            1 sell 1 @ 30000
              1#1 new: NEW 0/1
            2 buy 2 @ 30000 fok
              2#2 new: NEW 0/2
              2#2 expired: EXPIRED 0/2
            2 buy 0.5 @ 30000 ioc
              2#3 new: NEW 0/0.5
              1#1 fill 0.5 @ 30000 fee 15 USDT: PARTIALLY_FILLED 0.5/1
              2#3 fill 0.5 @ 30000 fee 0.0005 BTC: FILLED 0.5/0.5
            2 buy 2 @ 30000 ioc
              2#4 new: NEW 0/2
              1#1 fill 0.5 @ 30000 fee 15 USDT: FILLED 1/1
              2#4 fill 0.5 @ 30000 fee 0.0005 BTC: PARTIALLY_FILLED 0.5/2
              2#4 expired: EXPIRED 0.5/2
            2 buy 1 @ market
              NoMarket
            1 sell 1 @ 30000
              1#5 new: NEW 0/1
            2 buy 1 @ 30000 maker
              WouldTake
            2 buy 1 @ market
              2#6 new: NEW 0/1
              1#5 fill 1 @ 30000 fee 30 USDT: FILLED 1/1
              2#6 fill 1 @ 30000 fee 0.001 BTC: FILLED 1/1"#]],
    );
}

#[test]
fn self_trade_prevention_ends_the_one_that_it_names() {
    check(
        Product::Spot,
        "1 sell 1 @ 30000
         2 sell 1 @ 30001
         1 buy 2 @ 30001 stp-taker
         1 buy 1 @ 30001 stp-maker
         1 sell 1 @ 30000
         1 buy 1 @ 30000 stp-both
         1 sell 1 @ 30000
         1 buy 1 @ 30000",
        expect![[r#"
            1 sell 1 @ 30000
              1#1 new: NEW 0/1
            2 sell 1 @ 30001
              2#2 new: NEW 0/1
            1 buy 2 @ 30001 stp-taker
              1#3 new: NEW 0/2
              1#3 expired: EXPIRED_IN_MATCH 0/2
            1 buy 1 @ 30001 stp-maker
              1#4 new: NEW 0/1
              1#1 expired: EXPIRED_IN_MATCH 0/1
              2#2 fill 1 @ 30001 fee 30.001 USDT: FILLED 1/1
              1#4 fill 1 @ 30001 fee 0.001 BTC: FILLED 1/1
            1 sell 1 @ 30000
              1#5 new: NEW 0/1
            1 buy 1 @ 30000 stp-both
              1#6 new: NEW 0/1
              1#5 expired: EXPIRED_IN_MATCH 0/1
              1#6 expired: EXPIRED_IN_MATCH 0/1
            1 sell 1 @ 30000
              1#7 new: NEW 0/1
            1 buy 1 @ 30000
              1#8 new: NEW 0/1
              1#7 fill 1 @ 30000 fee 30 USDT: FILLED 1/1
              1#8 fill 1 @ 30000 fee 0.001 BTC: FILLED 1/1"#]],
    );
}

#[test]
fn a_stop_waits_for_its_price() {
    check(
        Product::Spot,
        "2 sell 5 @ 31000
         1 buy 1 @ 30500
         1 sell 1 @ 29500
         3 buy 1 @ 31000 stop=30900
         3 sell 1 @ market stop=30400
         2 buy 1 @ 31000",
        expect![[r#"
            2 sell 5 @ 31000
              2#1 new: NEW 0/5
            1 buy 1 @ 30500
              1#2 new: NEW 0/1
            1 sell 1 @ 29500
              1#3 new: NEW 0/1
              1#2 fill 1 @ 30500 fee 0.001 BTC: FILLED 1/1
              1#3 fill 1 @ 30500 fee 30.5 USDT: FILLED 1/1
            3 buy 1 @ 31000 stop=30900
              3#4 new: NEW 0/1
            3 sell 1 @ market stop=30400
              3#5 new: NEW 0/1
            2 buy 1 @ 31000
              2#6 new: NEW 0/1
              2#1 fill 1 @ 31000 fee 31 USDT: PARTIALLY_FILLED 1/5
              2#6 fill 1 @ 31000 fee 0.001 BTC: FILLED 1/1
              3#4 new: NEW 0/1
              2#1 fill 1 @ 31000 fee 31 USDT: PARTIALLY_FILLED 2/5
              3#4 fill 1 @ 31000 fee 0.001 BTC: FILLED 1/1"#]],
    );
}

#[test]
fn the_filters_refuse_one_past_their_limits() {
    check(
        Product::Spot,
        "1 buy 0.00001 @ 29999.99
         1 buy 0.0002 @ 25000
         1 buy 0.00019 @ 26000
         1 buy 0.000001 @ 30000
         1 buy 0.0000015 @ 30000
         1 buy 1 @ 30000.001
         1 buy 1 @ 150000.01
         1 buy 9000.00001 @ 6000
         1 buy 34 @ 30000
         1 sell 101 @ 30000",
        expect![[r#"
            1 buy 0.00001 @ 29999.99
              Notional
            1 buy 0.0002 @ 25000
              1#1 new: NEW 0/0.0002
            1 buy 0.00019 @ 26000
              Notional
            1 buy 0.000001 @ 30000
              QtyLow
            1 buy 0.0000015 @ 30000
              QtyLow
            1 buy 1 @ 30000.001
              PriceTick
            1 buy 1 @ 150000.01
              PriceHigh
            1 buy 9000.00001 @ 6000
              QtyHigh
            1 buy 34 @ 30000
              NoFunds
            1 sell 101 @ 30000
              NoFunds"#]],
    );
}

#[test]
fn an_amended_order_keeps_its_place_only_when_it_gets_smaller() {
    check(
        Product::Futures,
        "1 buy 2 @ 30000
         2 buy 1 @ 30000
         amend 1 1.5 @ 30000
         3 sell 1 @ 30000
         amend 1 3 @ 30000
         3 sell 1 @ 30000
         amend 1 3 @ 30000
         amend 1 1 @ 30000",
        expect![[r#"
            1 buy 2 @ 30000
              1#1 new: NEW 0/2
            2 buy 1 @ 30000
              2#2 new: NEW 0/1
            amend 1 1.5 @ 30000
              1#1 amended: NEW 0/1.5
            3 sell 1 @ 30000
              3#3 new: NEW 0/1
              1#1 fill 1 @ 30000 fee 6 USDT: PARTIALLY_FILLED 1/1.5
              3#3 fill 1 @ 30000 fee 15 USDT: FILLED 1/1
            amend 1 3 @ 30000
              1#1 amended: PARTIALLY_FILLED 1/3
            3 sell 1 @ 30000
              3#4 new: NEW 0/1
              2#2 fill 1 @ 30000 fee 6 USDT: FILLED 1/1
              3#4 fill 1 @ 30000 fee 15 USDT: FILLED 1/1
            amend 1 3 @ 30000
              NothingToAmend
            amend 1 1 @ 30000
              1#1 canceled: CANCELED 1/3"#]],
    );
}

#[test]
fn reduce_only_never_opens_and_ends_with_its_position() {
    check(
        Product::Futures,
        "1 sell 1 @ 30000 reduce
         1 buy 1 @ 30000
         2 sell 1 @ 30000
         position 1
         1 sell 1 @ 31000 reduce
         1 sell 1.1 @ 31000 reduce
         3 buy 1 @ 30000
         1 sell 0.4 @ 30000
         position 1",
        expect![[r#"
            1 sell 1 @ 30000 reduce
              NothingToReduce
            1 buy 1 @ 30000
              1#1 new: NEW 0/1
            2 sell 1 @ 30000
              2#2 new: NEW 0/1
              1#1 fill 1 @ 30000 fee 6 USDT: FILLED 1/1
              2#2 fill 1 @ 30000 fee 15 USDT: FILLED 1/1
            position 1
              1 at 30000
            1 sell 1 @ 31000 reduce
              1#3 new: NEW 0/1
            1 sell 1.1 @ 31000 reduce
              NothingToReduce
            3 buy 1 @ 30000
              3#4 new: NEW 0/1
            1 sell 0.4 @ 30000
              1#5 new: NEW 0/0.4
              3#4 fill 0.4 @ 30000 fee 2.4 USDT: PARTIALLY_FILLED 0.4/1
              1#5 fill 0.4 @ 30000 fee 6 USDT: FILLED 0.4/0.4
              1#3 expired: EXPIRED 0/1
            position 1
              0.6 at 30000"#]],
    );
}

#[test]
fn futures_refuse_what_cannot_be_secured_and_end_what_is_over() {
    check(
        Product::Futures,
        "1 buy 660 @ 30000
         1 buy 640 @ 30000
         1 buy 100 @ 30000
         cancel 1
         1 buy 1 @ 30000 gtd
         expire 999
         expire 1000
         2 buy 1 @ 30000
         1 sell 1 @ 30000 gtx
         1 sell 2 @ 30000 fok",
        expect![[r#"
            1 buy 660 @ 30000
              1#1 new: NEW 0/660
            1 buy 640 @ 30000
              NoMargin
            1 buy 100 @ 30000
              NoMargin
            cancel 1
              1#1 canceled: CANCELED 0/660
            1 buy 1 @ 30000 gtd
              1#2 new: NEW 0/1
            expire 999
            expire 1000
              1#2 expired: EXPIRED 0/1
            2 buy 1 @ 30000
              2#3 new: NEW 0/1
            1 sell 1 @ 30000 gtx
              WouldTake
            1 sell 2 @ 30000 fok
              CannotFill"#]],
    );
}

#[derive(Debug, Clone)]
enum Step {
    Order { account: usize, is_buy: bool, qty: u32, price: u32, force: u8 },
    Cancel(u64),
    House { is_buy: bool, qty: u32, price: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1usize..4, any::<bool>(), 1u32..40, 0u32..30, 0u8..4).prop_map(|(account, is_buy, qty, price, force)| Step::Order { account, is_buy, qty, price, force }),
        2 => (1u64..80).prop_map(Step::Cancel),
        2 => (any::<bool>(), 0u32..40, 0u32..30).prop_map(|(is_buy, qty, price)| Step::House { is_buy, qty, price }),
    ]
}

fn side(is_buy: bool) -> Side {
    if is_buy { Side::Buy } else { Side::Sell }
}

/// Runs steps; what is refused changes nothing.
fn run(product: Product, steps: &[Step]) -> Engine {
    let mut engine = engine(product);
    for (at, step) in steps.iter().enumerate() {
        let now_ms = at as u64;
        match *step {
            Step::Order { account, is_buy, qty, price, force } => {
                let force = [Force::Gtc, Force::Ioc, Force::Fok, Force::Gtc][usize::from(force)];
                let price = Amount::whole(29_985) + Amount::whole(i64::from(price));
                let qty = amount("0.1").fold(i64::from(qty));
                let mut wanted = wanted(&["1", "buy", "1", "@", "1"]);
                wanted.client = at.to_string();
                (wanted.account, wanted.side, wanted.qty, wanted.price, wanted.force) =
                    (account, side(is_buy), qty, price, force);
                engine.submit(wanted, now_ms).ok();
            }
            Step::Cancel(id) => {
                engine.cancel(id, "", now_ms).ok();
            }
            Step::House { is_buy, qty, price } => {
                let price = Amount::whole(29_985) + Amount::whole(i64::from(price));
                engine.set_house_level(0, (side(is_buy), price), amount("0.1").fold(i64::from(qty)), now_ms);
            }
        }
    }
    engine
}

proptest! {
    /// Money and coins move, and none comes into being.
    #[test]
    fn nothing_is_created_by_trading(steps in prop::collection::vec(step(), 1..80)) {
        let spot = run(Product::Spot, &steps);
        for (asset, sum) in spot.ledger.spot_sums() {
            prop_assert_eq!(sum, Amount::ZERO, "{}", asset);
        }
        let futures = run(Product::Futures, &steps);
        let all = &futures.ledger.margins;
        let mark = Amount::whole(31_000);
        let sum: Amount = all.iter().map(|margin| margin.wallet + margin.unrealised(|_| mark)).sum();
        prop_assert_eq!(sum, Amount::ZERO);
        prop_assert_eq!(all.iter().map(|margin| margin.position(0).qty).sum::<Amount>(), Amount::ZERO);
    }

    /// What is locked is what open orders need, and no user owes anything.
    #[test]
    fn locked_is_what_open_orders_need(steps in prop::collection::vec(step(), 1..80)) {
        let engine = run(Product::Spot, &steps);
        for account in 1..=3 {
            let needed = |side: Side| -> Amount {
                engine.open_orders(account).filter(|order| order.wanted.side == side)
                    .map(|order| if side == Side::Sell { order.open() } else { order.open().times(order.price) }).sum()
            };
            let wallet = &engine.ledger.wallets[account];
            prop_assert_eq!(wallet.balance("USDT").locked, needed(Side::Buy));
            prop_assert_eq!(wallet.balance("BTC").locked, needed(Side::Sell));
            prop_assert!(!wallet.balance("USDT").free.is_negative() && !wallet.balance("BTC").free.is_negative());
        }
    }

    /// An order has done what its fills add up to, and never more than it wanted.
    #[test]
    fn an_order_is_the_sum_of_its_fills(steps in prop::collection::vec(step(), 1..80)) {
        for product in [Product::Spot, Product::Futures] {
            let engine = run(product, &steps);
            for order in engine.orders.values().filter(|order| order.wanted.account != HOUSE) {
                let fills = || engine.fills.iter().filter(|fill| fill.order == order.id);
                prop_assert_eq!(fills().map(|fill| fill.qty).sum::<Amount>(), order.done);
                prop_assert_eq!(fills().map(|fill| fill.qty.times(fill.price)).sum::<Amount>(), order.spent);
                prop_assert!(order.done <= order.qty);
                let is_fair = fills().all(|fill| match order.wanted.side {
                    Side::Buy => fill.price <= order.wanted.price,
                    Side::Sell => fill.price >= order.wanted.price,
                });
                prop_assert!(is_fair);
            }
        }
    }

    /// The book is never crossed, holds exactly the open orders, and at a price the earlier order is in front.
    #[test]
    fn the_book_is_in_order(steps in prop::collection::vec(step(), 1..80)) {
        let engine = run(Product::Spot, &steps);
        let book = &engine.desks[0].book;
        if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
            prop_assert!(bid < ask);
        }
        let mut resting = 0;
        for side in [Side::Buy, Side::Sell] {
            for (price, _) in book.levels(side) {
                let numbers: Vec<u64> = book.orders_at(side, price).map(|one| one.order).collect();
                prop_assert!(numbers.is_sorted(), "{:?}", numbers);
                resting += numbers.iter().filter(|id| engine.orders[id].wanted.account != HOUSE).count();
                for one in book.orders_at(side, price) {
                    prop_assert_eq!(one.open, engine.orders[&one.order].open());
                }
            }
        }
        let open: usize = (1..=3).map(|account| engine.open_orders(account).count()).sum();
        prop_assert_eq!(resting, open);
    }
}
