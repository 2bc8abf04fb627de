//! Every queue model, whole and partial fills, takers: with the same orders both make the same fills.

use ringfence_tests::skip;

use crate::case::{Models, QUEUES};
use crate::market::{self, Amends, Wishes};
use crate::{ours, theirs};

/// Both sides of a case; at least so many of its fills are by makers and by takers.
#[track_caller]
pub(crate) fn check(models: &Models, lines: &str, (makers, takers): (usize, usize)) -> Result<(), String> {
    let (theirs, sum) = theirs::run(models, lines)?;
    let mut ours = ours::run(models, lines);
    let mut theirs = theirs;
    assert_eq!(sum["refused"], 0, "{models:?}: a request that never left is no comparison");
    if let Some(fault) = sum["fault"].as_str() {
        // Where it stops with a fault of its own, what came before is compared.
        assert_eq!(fault, "order status is invalid to proceed the request");
        let end = theirs.fills.last().map_or(0, |fill| fill.time);
        for side in [&mut ours, &mut theirs] {
            side.fills.retain(|fill| fill.time < end);
            side.orders.clear();
        }
    }
    let first = ours.fills.iter().zip(&theirs.fills).find(|(ours, theirs)| ours != theirs);
    assert_eq!(first, None, "{models:?}: the first fill that differs");
    assert_eq!(ours.fills.len(), theirs.fills.len(), "{models:?}");
    for (id, status) in &ours.orders {
        assert_eq!(Some(status), theirs.orders.get(id), "{models:?}: order {id}");
    }
    assert_eq!(ours.orders.len(), theirs.orders.len());
    let is_buy = |order: u64| lines.contains(&format!(" {order} buy "));
    assert_eq!(ours.held(is_buy), theirs.held(is_buy));
    let of = |word: &str| ours.fills.iter().filter(|fill| fill.liquidity == word).count();
    let seen = (of("maker"), of("taker"));
    assert!(
        seen.0 >= makers && seen.1 >= takers,
        "{models:?}: {seen:?} fills by makers and takers are too few to tell"
    );
    Ok(())
}

/// Orders that rest on the levels of a book, and inside it.
const RESTING: Wishes = Wishes {
    inside: (-3, 0),
    tifs: &["gtc"],
    pause_ns: 0,
    life_ns: 150_000,
    amends: Amends::PriceOrQty,
    half_qty: 40,
    every: 7,
};
/// Orders of every kind, many of which take.
const ALL: Wishes = Wishes {
    inside: (-2, 4),
    tifs: &["gtc", "gtx", "ioc", "fok"],
    pause_ns: 0,
    life_ns: 60_000,
    amends: Amends::None,
    half_qty: 40,
    every: 5,
};
/// Orders of which none is a GTC order that takes.
const TAKING: Wishes = Wishes {
    inside: (0, 6),
    tifs: &["ioc", "fok", "gtx"],
    pause_ns: 0,
    life_ns: 60_000,
    amends: Amends::None,
    half_qty: 40,
    every: 3,
};

/// Runs a case for every queue model and some seeds.
#[track_caller]
fn check_all(of: fn(Models) -> Models, wishes: Wishes, fills: (usize, usize)) -> Result<(), String> {
    for (queue, power) in QUEUES {
        for seed in 1..=SEEDS {
            let lines = market::with_orders(&market::book(seed, 4_000), seed, wishes);
            check(&of(Models::PLAIN.queue(queue, power)), &lines, fills)?;
        }
    }
    Ok(())
}

/// Made-up markets for each model.
const SEEDS: u64 = 2;

#[test]
fn every_queue_model_fills_resting_and_amended_orders_of_a_book_alike() {
    if let Err(reason) = check_all(|models| models, RESTING, (50, 0)) {
        skip!("{reason}");
    }
}

#[test]
fn every_queue_model_fills_parts_alike() {
    if let Err(reason) = check_all(Models::partial, Wishes { amends: Amends::Price, half_qty: 400, ..RESTING }, (50, 0))
    {
        skip!("{reason}");
    }
}

#[test]
fn takers_that_find_all_they_want_fill_alike() {
    if let Err(reason) = check_all(|models| models, ALL, (50, 20)) {
        skip!("{reason}");
    }
}

#[test]
fn takers_that_find_what_is_displayed_fill_level_by_level_alike() {
    if let Err(reason) = check_all(Models::partial, TAKING, (10, 50)) {
        skip!("{reason}");
    }
}

/// Orders on the real quotes: at the touch and inside it, where sizes are known.
const AT_THE_TOUCH: Wishes = Wishes {
    inside: (0, 3),
    tifs: &["gtc", "gtx", "ioc", "fok"],
    pause_ns: 0,
    life_ns: 2_000_000_000,
    amends: Amends::None,
    half_qty: 40,
    every: 90,
};

#[test]
fn orders_at_the_touch_of_real_quotes_fill_alike() {
    let quotes = match market::w2(1) {
        Ok(quotes) => quotes,
        Err(reason) => skip!("{reason}"),
    };
    let lines = market::with_orders(&quotes, 1, AT_THE_TOUCH);
    if let Err(reason) = check(&Models::PLAIN, &lines, (60, 60)) {
        skip!("{reason}");
    }
}
