//! Names: does `docs/names.md` know every case of the enums that other systems have words for?

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::event::{CancelReason, EventKind, Liquidity, OrderStatement, RejectReason};
use crate::ids::LegKey;
use crate::instrument::{PositionSide, Side};
use crate::intent::{OrderType, TimeInForce};
use crate::money::{Price, Qty};
use crate::order::OrderState;
use crate::tests::reports::plain_fill;
use crate::tests::world::World;

const TEXT: &str = include_str!("../../../../docs/names.md");

/// The table under a heading: (first column, second column) of each row.
fn table(heading: &str) -> Vec<(&'static str, &'static str)> {
    let start = TEXT.find(&alloc::format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = TEXT[start + 3..].split("\n## ").next().expect("a section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let mut cell = || cells.next().expect("three columns");
        (cell().trim_matches('`'), cell())
    })
    .collect()
}

/// The first column is exactly these names, and no FIX value stands for two of them.
#[track_caller]
fn check(heading: &str, names: &[&str]) {
    let table = table(heading);
    let listed: BTreeSet<&str> = table.iter().map(|row| row.0).collect();
    assert_eq!(listed, names.iter().copied().collect(), "{heading}");
    assert_eq!(table.len(), names.len(), "{heading} has a name twice");
    let values: Vec<String> = table.iter().filter(|row| !row.1.starts_with('-')).map(|row| row.1.to_string()).collect();
    let distinct: BTreeSet<&String> = values.iter().collect();
    assert_eq!(values.len(), distinct.len(), "{heading} has a FIX value twice");
}

#[test]
fn the_names_document_maps_every_case() {
    check("Order states", &OrderState::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Sides", &Side::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Order types", &OrderType::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Times in force", &TimeInForce::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Position sides", &PositionSide::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Liquidity", &Liquidity::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    check("Execution events", &order_events());
}

/// Names of the events that are about an order.
fn order_events() -> Vec<&'static str> {
    let (key, reason) = (LegKey::default(), RejectReason::Unknown);
    let fill = plain_fill(&World::new(), key, (Qty(1), Price(1)));
    let stated = OrderStatement {
        order: key,
        state: OrderState::Accepted,
        side: Side::Buy,
        price: Price(1),
        qty: Qty(1),
        filled: Qty(0),
    };
    let events = [
        EventKind::OrderAccepted(key),
        EventKind::OrderRejected(key, reason),
        EventKind::OrderFilled(fill),
        EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked),
        EventKind::CancelRejected(key, reason),
        EventKind::OrderAmended(key, Price(1), Qty(1)),
        EventKind::AmendRejected(key, reason),
        EventKind::OrderExpired(key, Qty(0)),
        EventKind::OutcomeUnknown(key),
        EventKind::FillBusted(fill),
        EventKind::TransmitRefused(key, crate::event::Command::Cancel, reason),
        EventKind::OrderReported(stated),
    ];
    assert!(events.iter().all(|event| event.order() == Some(key)));
    events.iter().map(EventKind::name).collect()
}
