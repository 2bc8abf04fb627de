//! Records: how do State's facts look to a guest of this version?
//!
//! In: core values. Out: records of the interface. Must never: round without saying so.

use ringfence_core::config::Config;
use ringfence_core::ids::CurrencyId;
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, PositionSide, Side};
use ringfence_core::money::{Decimal, Scale, mantissa};
use ringfence_core::order::{Order, OrderState};
use ringfence_core::state::view::{AccountView, HeldView, PositionView};

use super::{event, types};

pub(super) fn side(side: Side) -> types::Side {
    match side {
        Side::Buy => types::Side::Buy,
        Side::Sell => types::Side::Sell,
    }
}

pub(super) fn side_from(side: types::Side) -> Side {
    match side {
        types::Side::Buy => Side::Buy,
        types::Side::Sell => Side::Sell,
    }
}

/// An exact decimal: mantissa and scale as they are.
pub(super) fn decimal(value: Decimal) -> types::Decimal {
    let bits = value.mantissa().cast_unsigned();
    // The two halves of the two's complement.
    let (lo, hi) = (bits as u64, (bits >> 64) as u64);
    types::Decimal { lo, hi: hi.cast_signed(), scale: u8::try_from(value.scale()).expect("at most 28") }
}

/// The mantissa of an amount at a scale, half to even, held at the ends of the range.
pub(super) fn mantissa_at(value: Decimal, scale: u8) -> i64 {
    let scale = Scale::new(scale).unwrap_or_default();
    let rounded = value.round_dp(u32::from(scale.digits()));
    let end = if rounded.is_sign_negative() { i64::MIN } else { i64::MAX };
    mantissa(rounded, scale).unwrap_or(end)
}

pub(super) fn position(view: &PositionView) -> types::PositionView {
    types::PositionView {
        side: match view.side {
            PositionSide::Net => types::PositionSide::Net,
            PositionSide::Long => types::PositionSide::Long,
            PositionSide::Short => types::PositionSide::Short,
        },
        qty: view.qty.0,
        cost: decimal(view.cost),
        realised: decimal(view.realised),
        fees: decimal(view.fees),
    }
}

pub(super) fn account(view: &AccountView) -> types::AccountView {
    types::AccountView {
        cash: decimal(view.cash),
        equity: decimal(view.equity),
        capital: decimal(view.capital),
        drawdown: decimal(view.drawdown),
    }
}

pub(super) fn order(order: &Order) -> types::OrderView {
    types::OrderView {
        id: order.key.intent.0,
        instrument: order.terms.instrument.0,
        side: side(order.terms.side),
        state: order_state(order.state),
        price: order.terms.limit_price.map_or(0, |price| price.0),
        qty: order.terms.qty.0,
        filled: order.filled.0,
        trigger: 0,
    }
}

pub(super) fn held(held: &HeldView) -> types::OrderView {
    types::OrderView {
        id: held.intent.0,
        instrument: held.instrument.0,
        side: side(held.side),
        state: types::OrderState::Held,
        price: held.limit_price.map_or(0, |price| price.0),
        qty: held.qty.0,
        filled: 0,
        trigger: held.trigger.0,
    }
}

fn order_state(state: OrderState) -> types::OrderState {
    match state {
        OrderState::Submitted => types::OrderState::Submitted,
        OrderState::Accepted => types::OrderState::Working,
        OrderState::PartiallyFilled => types::OrderState::PartiallyFilled,
        OrderState::PendingCancel => types::OrderState::PendingCancel,
        OrderState::PendingAmend => types::OrderState::PendingAmend,
        OrderState::Unknown => types::OrderState::Unknown,
        OrderState::Filled => types::OrderState::Filled,
        OrderState::Canceled => types::OrderState::Canceled,
        OrderState::Rejected => types::OrderState::Rejected,
        OrderState::Expired => types::OrderState::Expired,
    }
}

/// A definition with its names; `status` is the one in force.
pub(super) fn instrument(config: &Config, instrument: &Instrument, status: InstrumentStatus) -> types::InstrumentView {
    let code = |id: CurrencyId| config.currency(id).map(|currency| currency.code.clone()).unwrap_or_default();
    types::InstrumentView {
        id: instrument.id.0,
        symbol: config.name(instrument.symbol).unwrap_or_default().to_owned(),
        kind: match instrument.kind {
            InstrumentKind::Spot => types::InstrumentKind::Spot,
            InstrumentKind::Perpetual => types::InstrumentKind::Perpetual,
            InstrumentKind::Future { .. } => types::InstrumentKind::Future,
            InstrumentKind::Option { .. } => types::InstrumentKind::Option,
            InstrumentKind::Equity => types::InstrumentKind::Equity,
            InstrumentKind::FxPair => types::InstrumentKind::FxPair,
        },
        price_scale: instrument.price_scale.digits(),
        qty_scale: instrument.qty_scale.digits(),
        tick: instrument.tick,
        lot: instrument.lot,
        qty_min: instrument.qty_min.0,
        qty_max: instrument.qty_max.0,
        multiplier: decimal(Decimal::new(
            instrument.multiplier.mantissa,
            u32::from(instrument.multiplier.scale.digits()),
        )),
        base: code(instrument.base),
        quote: code(instrument.quote),
        settlement: code(instrument.settlement),
        settlement_scale: config.currency(instrument.settlement).map_or(0, |currency| currency.scale),
        state: event::status(status),
    }
}
