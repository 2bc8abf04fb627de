//! Random lives: sequences of events and intents.
//!
//! In: lengths. Out: operations drawn by proptest, and [`life`] to live through them.

mod life;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection::SizeRange;
use proptest::prelude::*;

use crate::event::{Adjustment, CorporateAction, EventKind, KillLevel};
use crate::ids::{InstrumentId, IntentId, StrategyId, TimeNs, VenueId};
use crate::instrument::{InstrumentStatus, PositionSide, Side};
use crate::intent::{
    Amend, Bound, Curve, Extras, GroupKind, IntentKind, NoteSpan, OrderType, Schedule, Size, Submit, TimeInForce,
    Trail, TrailUnit, TriggerBy,
};
use crate::money::{Price, Qty};
use crate::order::OrderState;
use crate::tests::world::{A, C, SECOND, START};

pub(crate) use self::life::{Answers, Life, paced};

/// One thing that happens. Orders are meant by their place among those State holds.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A quote of `A` or `C` around this price.
    Quote { instrument: InstrumentId, price: i64 },
    /// What strategies do in the call that a quote brings.
    Act(Vec<(StrategyId, Wish)>),
    /// What the venue says about an order.
    Say(usize, Saying),
    /// Time passes.
    Wait(u64),
    /// Something about the venue, the host or the operator.
    Control(VenueId, EventKind),
    /// The configuration changes in a way that moves its hash alone.
    Configure,
}

/// What a strategy may do; orders are meant by their place among its live ones.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    Emit(IntentKind),
    Cancel(usize),
    Amend(usize, Option<i64>, Option<i64>),
    Schedule(Schedule, Vec<u16>, u64),
    /// An order tied to intents so many before the newest: its parent, and the first of its group.
    Tied(Submit, Option<u64>, Option<(u64, GroupKind)>),
    /// An entry, and a stop and an order with another price on the other side that are tied to it and to each other.
    Bracket(Box<[Submit; 3]>, GroupKind),
}

/// What a venue may say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Saying {
    Accept,
    Reject,
    Fill {
        qty: i64,
        price: i64,
    },
    FillAgain,
    /// With so much added to the quantity that was booked.
    Bust(i64),
    Canceled,
    CancelRejected,
    Amended {
        qty: i64,
        price: i64,
    },
    AmendRejected,
    Expired,
    Unknown,
    NotSent(usize),
    Stated(OrderState, i64),
}

/// Numbers that are mostly small and sometimes at the ends.
fn number(small: core::ops::Range<i64>) -> impl Strategy<Value = i64> {
    prop_oneof![
        80 => small,
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(i64::MIN + 1), Just(0), Just(-1), Just(1 << 62)],
    ]
}

fn strategy() -> impl Strategy<Value = StrategyId> {
    (1_u16..=3).prop_map(StrategyId)
}

fn instrument() -> impl Strategy<Value = InstrumentId> {
    prop_oneof![30 => Just(A), 6 => Just(C), 1 => (0_u32..6).prop_map(InstrumentId)]
}

/// Market and limit orders mostly, every other type and an end by date among them.
fn submit(prices: core::ops::Range<i64>) -> impl Strategy<Value = Submit> {
    let terms = (instrument(), any::<bool>(), number(1..7), number(prices.clone()));
    let slippage = prop::option::weighted(0.1, 0_u32..6_000);
    let kind = (prop_oneof![12 => 0_u8..4, 6 => 4_u8..14], slippage, prop::bool::weighted(0.1), 0_usize..12);
    let rest = (number(prices), number(1..5), 0_usize..3, 0_usize..3, 1_u64..300);
    (terms, kind, rest).prop_map(|((instrument, is_buy, qty, price), (kind, slippage, reduce_only, leg), rest)| {
        use OrderType as T;
        let (stop, offset, unit, by, seconds) = rest;
        let order_type = match kind {
            0 | 12 => T::Market,
            1..=3 | 11 | 13 => T::Limit,
            4 => T::StopMarket,
            5 => T::StopLimit,
            6 => T::MarketIfTouched,
            7 => T::LimitIfTouched,
            8 => T::TrailingStopMarket,
            9 => T::TrailingStopLimit,
            _ => T::MarketToLimit,
        };
        let has_limit = matches!(order_type, T::Limit | T::StopLimit | T::LimitIfTouched);
        let has_stop = order_type.is_triggered() && !order_type.is_trailing();
        let limit_offset = if order_type == T::TrailingStopLimit { offset.max(0) } else { 0 };
        let trail = Trail { offset, unit: TrailUnit::ALL[unit], limit_offset };
        let tif = match kind {
            2 => TimeInForce::Ioc,
            11 => TimeInForce::Gtd,
            12 | 13 if is_buy => TimeInForce::AtOpen,
            12 | 13 => TimeInForce::AtClose,
            8 if is_buy => TimeInForce::Day,
            _ => TimeInForce::Gtc,
        };
        Submit {
            instrument,
            side: if is_buy { Side::Buy } else { Side::Sell },
            size: if kind == 3 { Size::Notional(qty.saturating_mul(100)) } else { Size::Quantity(Qty(qty)) },
            order_type,
            limit_price: has_limit.then_some(Price(price)),
            stop_price: has_stop.then_some(Price(stop)),
            tif,
            max_slippage_bps: slippage.filter(|_| matches!(kind, 0 | 4 | 6 | 8)),
            post_only: false,
            reduce_only,
            position_side: PositionSide::ALL.get(leg).copied().unwrap_or(PositionSide::Net),
            extras: Extras {
                expire_at: if kind == 11 { START.plus(seconds * SECOND) } else { TimeNs(0) },
                trail: if order_type.is_trailing() { trail } else { Trail::NONE },
                trigger_by: if order_type.is_triggered() { TriggerBy::ALL[by] } else { TriggerBy::Last },
                ..Extras::NONE
            },
        }
    })
}

/// A schedule of a few slices, half a second to some minutes long; start and end count from when it is emitted.
fn schedule(prices: core::ops::Range<i64>) -> impl Strategy<Value = Wish> {
    let terms = (instrument(), any::<bool>(), number(1..20), number(prices));
    let bound = prop::option::of(prop_oneof![9 => 1_u32..200, 1 => 0_u32..6_000]);
    let spread =
        (prop::collection::vec(0_u16..4, 1..6), 0_u8..3, 0_u32..10_010, 0..3 * SECOND, prop::bool::weighted(0.1));
    (terms, bound, spread).prop_map(|((instrument, is_buy, qty, price), slippage, spread)| {
        let (weights, curve, bps, length, reduce_only) = spread;
        let slices = u16::try_from(weights.len()).expect("a few");
        let curve = match curve {
            0 => Curve::Even(slices),
            1 => Curve::Volume { slices, bps },
            _ => Curve::Profile(NoteSpan::default()),
        };
        let wish = Schedule {
            instrument,
            side: if is_buy { Side::Buy } else { Side::Sell },
            size: Size::Quantity(Qty(qty)),
            bound: slippage.map_or(Bound::Limit(Price(price)), Bound::Slippage),
            post_only: false,
            reduce_only,
            position_side: PositionSide::Net,
            start: TimeNs(0),
            end: TimeNs(0),
            curve,
        };
        Wish::Schedule(wish, weights, length)
    })
}

/// An order after one of the last intents, in a group with another, or the first of one.
fn tied(prices: core::ops::Range<i64>) -> impl Strategy<Value = Wish> {
    let kind = prop_oneof![Just(GroupKind::Oco), Just(GroupKind::Ouo)];
    let group = prop::option::weighted(0.7, (0_u64..6, kind));
    // With a trigger half the time, and as what closes a position.
    let closing = submit(prices.clone()).prop_map(|submit| Submit { reduce_only: true, ..submit });
    let stop = (submit(prices.clone()), number(prices.clone()), any::<bool>());
    let stop = stop.prop_map(|(submit, price, reduce_only)| Submit {
        order_type: OrderType::StopMarket,
        limit_price: None,
        stop_price: Some(Price(price)),
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        reduce_only,
        size: Size::Quantity(Qty(4)),
        extras: Extras::NONE,
        ..submit
    });
    let order = prop_oneof![4 => submit(prices), 1 => closing, 5 => stop];
    (order, prop::option::weighted(0.5, 0_u64..6), group)
        .prop_map(|(submit, parent, group)| Wish::Tied(submit, parent, group))
}

/// A bracket of small orders; the stop and the take-profit may be the wrong way round.
fn bracket(prices: core::ops::Range<i64>) -> impl Strategy<Value = Wish> {
    let kind = prop_oneof![1 => Just(GroupKind::Oco), 2 => Just(GroupKind::Ouo)];
    let terms = (instrument(), any::<bool>(), 2_i64..5, prices.clone(), prices.clone(), prices);
    (terms, kind, any::<bool>(), 0_u8..4).prop_map(
        |((instrument, is_buy, qty, entry, stop, profit), kind, closes, types)| {
            let order = |is_buy: bool, order_type: OrderType, price: i64| Submit {
                instrument,
                side: if is_buy { Side::Buy } else { Side::Sell },
                size: Size::Quantity(Qty(qty)),
                order_type,
                limit_price: (order_type == OrderType::Limit).then_some(Price(price)),
                stop_price: (order_type.is_triggered() && !order_type.is_trailing()).then_some(Price(price)),
                tif: if types == 3 { TimeInForce::Day } else { TimeInForce::Gtc },
                max_slippage_bps: None,
                post_only: false,
                reduce_only: closes,
                position_side: PositionSide::Net,
                extras: Extras {
                    trail: if order_type.is_trailing() { Trail { offset: 2, ..Trail::NONE } } else { Trail::NONE },
                    ..Extras::NONE
                },
            };
            let stop_type = if types == 1 { OrderType::TrailingStopMarket } else { OrderType::StopMarket };
            let other = if types == 2 { OrderType::MarketIfTouched } else { OrderType::Limit };
            let entry = Submit { reduce_only: false, ..order(is_buy, OrderType::Limit, entry) };
            let exits = [order(!is_buy, stop_type, stop), order(!is_buy, other, profit)];
            Wish::Bracket(Box::new([entry, exits[0], exits[1]]), kind)
        },
    )
}

fn wish(prices: core::ops::Range<i64>) -> impl Strategy<Value = Wish> {
    let (trigger, qty) = (prop::option::of(number(prices.clone())), prop::option::of(number(1..8)));
    let held_amend = (1_u64..20, trigger, qty);
    let amend = (0_usize..6, prop::option::weighted(0.8, number(1..8)), prop::option::of(number(prices.clone())));
    prop_oneof![
        16 => submit(prices.clone()).prop_map(|submit| Wish::Emit(IntentKind::Submit(submit))),
        2 => (0_usize..6).prop_map(Wish::Cancel),
        12 => amend.prop_map(|(order, qty, price)| Wish::Amend(order, qty, price)),
        1 => schedule(prices.clone()),
        4 => tied(prices.clone()),
        2 => bracket(prices),
        1 => (1_u64..20).prop_map(|order| Wish::Emit(IntentKind::Cancel(IntentId(order)))),
        1 => held_amend.prop_map(|(order, trigger, qty)| {
            let (order, trigger, qty) = (IntentId(order), trigger.map(Price), qty.map(Qty));
            Wish::Emit(IntentKind::Amend(Amend { order, price: None, qty, trigger }))
        }),
        1 => (any::<bool>(), prop::option::of(instrument())).prop_map(|(closes, only)| {
            Wish::Emit(if closes { IntentKind::Flatten(only) } else { IntentKind::CancelAll(only) })
        }),
        1 => any::<u64>().prop_map(|at| Wish::Emit(IntentKind::WakeAt(TimeNs(at)))),
    ]
}

fn saying(prices: core::ops::Range<i64>) -> impl Strategy<Value = Saying> {
    prop_oneof![
        14 => Just(Saying::Accept),
        1 => Just(Saying::Reject),
        6 => (number(1..5), number(prices.clone())).prop_map(|(qty, price)| Saying::Fill { qty, price }),
        1 => Just(Saying::FillAgain),
        2 => prop_oneof![3 => Just(0), 1 => number(1..3)].prop_map(Saying::Bust),
        3 => Just(Saying::Canceled),
        1 => Just(Saying::CancelRejected),
        3 => (number(1..12), number(prices)).prop_map(|(qty, price)| Saying::Amended { qty, price }),
        1 => Just(Saying::AmendRejected),
        1 => Just(Saying::Expired),
        2 => Just(Saying::Unknown),
        1 => (0_usize..3).prop_map(Saying::NotSent),
        1 => (0_usize..10, number(0..8)).prop_map(|(state, qty)| Saying::Stated(OrderState::ALL[state], qty)),
    ]
}

fn control() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        4 => Just(EventKind::VenueDown),
        8 => Just(EventKind::VenueUp),
        1 => Just(EventKind::TradingDisabled),
        4 => Just(EventKind::TradingEnabled),
        1 => (0_usize..5, 0_u16..3).prop_map(|(level, id)| EventKind::KillSwitch(KillLevel::ALL[level], StrategyId(id))),
        4 => Just(EventKind::KillSwitch(KillLevel::Off, StrategyId(0))),
        1 => (0_usize..8).prop_map(|status| EventKind::InstrumentStatus(InstrumentStatus::ALL[status])),
        1 => (1_u64..300).prop_map(|seconds| EventKind::TradingDay(START.plus(seconds * SECOND))),
        8 => Just(EventKind::InstrumentStatus(InstrumentStatus::Trading)),
        1 => Just(EventKind::FeedStale),
        4 => Just(EventKind::FeedRecovered),
        1 => flatten(),
        1 => (0_u64..4, 0_u64..4).prop_map(|(numerator, denominator)| {
            let kind = Adjustment::Split;
            EventKind::CorporateAction(CorporateAction { kind, numerator, denominator, cash: 0 })
        }),
    ]
}

/// An operator asks for a flatten, of one strategy or of all.
fn flatten() -> impl Strategy<Value = EventKind> {
    (0_u16..4).prop_map(|id| EventKind::FlattenRequested(StrategyId(id)))
}

/// Any life: prices around 100 with ends of the range among them.
pub(crate) fn any_life(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Op>> {
    life(95..106, length.into(), control().boxed())
}

/// A life in which the market stands still at 100, so that exposure moves by orders of strategies alone: what the host closes is
/// not held to limits.
pub(crate) fn still_life(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Op>> {
    let control = prop_oneof![
        4 => Just(EventKind::VenueDown),
        8 => Just(EventKind::VenueUp),
    ];
    life(100..101, length.into(), control.boxed())
}

fn life(
    prices: core::ops::Range<i64>,
    length: SizeRange,
    control: BoxedStrategy<EventKind>,
) -> impl Strategy<Value = Vec<Op>> {
    let control = (1_u16..=2, control).prop_map(|(venue, kind)| Op::Control(VenueId(venue), kind));
    let quoted = prop_oneof![6 => Just(A), 1 => Just(C)];
    let op = prop_oneof![
        3 => (quoted, number(prices.clone())).prop_map(|(instrument, price)| Op::Quote { instrument, price }),
        14 => prop::collection::vec((strategy(), wish(prices.clone())), 1..5).prop_map(Op::Act),
        24 => (0_usize..20, saying(prices)).prop_map(|(order, saying)| Op::Say(order, saying)),
        4 => prop_oneof![8 => 0..SECOND, 1 => 0..400 * SECOND].prop_map(Op::Wait),
        2 => control,
        1 => Just(Op::Configure),
    ];
    prop::collection::vec(op, length)
}
