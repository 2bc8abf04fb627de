//! The maker of the workloads, written against the core alone: one order at each touch while the position allows it.

use ringfence_core::event::Quote;
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_core::strategy::{Call, StateLoan};

/// 0.01 and 0.05 in thousandths.
const QTY: i64 = 10;
const POSITION_MAX: i64 = 50;
const INSTRUMENT: InstrumentId = InstrumentId(1);

/// Both wants come from one position; cancels and new orders leave in the same call.
pub fn quote(loan: &mut StateLoan, call: &Call<'_>, touch: &Quote) {
    let position = call.context.position.0;
    let bid = (touch.bid_qty.0 > 0 && position + QTY <= POSITION_MAX).then_some(touch.bid_price);
    let ask = (touch.ask_qty.0 > 0 && position - QTY >= -POSITION_MAX).then_some(touch.ask_price);
    for (side, wanted) in [(Side::Buy, bid), (Side::Sell, ask)] {
        stand(loan, call.strategy, (side, wanted));
    }
}

fn stand(loan: &mut StateLoan, strategy: StrategyId, (side, wanted): (Side, Option<Price>)) {
    let open = loan.open_orders(strategy, INSTRUMENT);
    let own = open.filter(|order| order.terms.side == side && order.state != OrderState::PendingCancel);
    let (standing, others): (Vec<_>, Vec<_>) = own
        .map(|order| (order.key.intent, order.terms.limit_price))
        .partition(|(_, price)| wanted.is_some() && *price == wanted);
    for (intent, _) in others {
        let _id = loan.emit(IntentKind::Cancel(intent));
    }
    if let Some(price) = wanted.filter(|_| standing.is_empty()) {
        let _id = loan.emit(IntentKind::Submit(post(side, price)));
    }
}

fn post(side: Side, price: Price) -> Submit {
    Submit {
        instrument: INSTRUMENT,
        side,
        size: Size::Quantity(Qty(QTY)),
        order_type: OrderType::Limit,
        limit_price: Some(price),
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: true,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}
