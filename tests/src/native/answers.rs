//! Answers: what does State say to a strategy's questions, in the SDK's types?
//!
//! In: State on loan, the strategy that asks. Out: what is its own and what is public. Must never: show another
//! strategy's share.

use ringfence_core::config::Config;
use ringfence_core::ids::{CurrencyId, InstrumentId, IntentId, StrategyId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, PositionSide, Side};
use ringfence_core::money::Decimal;
use ringfence_core::order::{Order, OrderState};
use ringfence_core::state::view::HeldView;
use ringfence_core::strategy::{EmitError, StateLoan};
use ringfence_sdk as sdk;

use super::{events, wishes};

/// State on loan to one strategy.
pub(super) struct Lent<'a> {
    pub(super) loan: &'a mut StateLoan,
    pub(super) strategy: StrategyId,
}

impl Lent<'_> {
    /// The instrument, when it was given to this strategy; another is answered as if it did not exist.
    fn listed(&self, id: sdk::InstrumentId) -> Option<InstrumentId> {
        let id = InstrumentId(id.0);
        let slot = self.loan.config()?.strategy(self.strategy)?;
        slot.instruments.contains(&id).then_some(id)
    }
}

impl sdk::Host for Lent<'_> {
    fn top_of_book(&self, instrument: sdk::InstrumentId) -> Option<sdk::Quote> {
        self.loan.touch(self.listed(instrument)?).as_ref().map(events::quote)
    }

    fn depth(&self, instrument: sdk::InstrumentId, side: sdk::Side, levels: u8) -> Vec<sdk::Level> {
        let side = match side {
            sdk::Side::Buy => Side::Buy,
            sdk::Side::Sell => Side::Sell,
        };
        let Some(instrument) = self.listed(instrument) else { return Vec::new() };
        let found = self.loan.depth(instrument, side, levels.into());
        found.map(|(price, qty)| sdk::Level { price: sdk::Price(price.0), qty: sdk::Qty(qty.0) }).collect()
    }

    fn position_of(&self, instrument: sdk::InstrumentId) -> sdk::Position {
        let view = self.loan.position_view(self.strategy, InstrumentId(instrument.0)).expect("amounts fit a decimal");
        sdk::Position {
            side: match view.side {
                PositionSide::Net => sdk::PositionSide::Net,
                PositionSide::Long => sdk::PositionSide::Long,
                PositionSide::Short => sdk::PositionSide::Short,
            },
            qty: sdk::Qty(view.qty.0),
            cost: decimal(view.cost),
            realised: decimal(view.realised),
            fees: decimal(view.fees),
        }
    }

    fn account(&self) -> sdk::Account {
        let view = self.loan.account_view(self.strategy).expect("amounts fit a decimal");
        sdk::Account {
            cash: decimal(view.cash),
            equity: decimal(view.equity),
            capital: decimal(view.capital),
            drawdown: decimal(view.drawdown),
        }
    }

    fn open_orders(&self, instrument: sdk::InstrumentId, limit: u16) -> Vec<sdk::OrderView> {
        let (id, limit) = (InstrumentId(instrument.0), usize::from(limit));
        let mut found: Vec<_> = self.loan.open_orders(self.strategy, id).take(limit).map(order).collect();
        found.extend(self.loan.held_orders(self.strategy, id).take(limit).map(|found| held(&found)));
        found.sort_by_key(|order| order.id);
        found.truncate(limit);
        found
    }

    fn order(&self, id: sdk::IntentId) -> Option<sdk::OrderView> {
        let waiting = self.loan.held_order(self.strategy, IntentId(id.0)).map(|found| held(&found));
        waiting.or_else(|| self.loan.order(self.strategy, IntentId(id.0)).map(order))
    }

    fn instrument(&self, id: sdk::InstrumentId) -> Option<sdk::Instrument> {
        let id = self.listed(id)?;
        let status = self.loan.market(id)?.status();
        Some(instrument(self.loan.config()?, self.loan.instrument(id)?, status))
    }

    fn bars(&self, instrument: sdk::InstrumentId, spec: sdk::BarSpec, count: u16) -> Vec<sdk::Bar> {
        let Some(instrument) = self.listed(instrument) else { return Vec::new() };
        let spec = wishes::bar_spec(spec);
        self.loan.bars_like(self.strategy, (instrument, spec), count.into()).map(events::bar).collect()
    }

    fn emit(&mut self, intent: sdk::Intent) -> Result<sdk::IntentId, sdk::EmitError> {
        match wishes::emit(self.loan, &intent) {
            Ok(id) => Ok(sdk::IntentId(id.0)),
            Err(EmitError::Warmup) => Err(sdk::EmitError::Warmup),
            Err(EmitError::TooMany) => Err(sdk::EmitError::TooMany),
            Err(EmitError::Malformed) => Err(sdk::EmitError::Malformed),
            Err(EmitError::NoteTooLong) => Err(sdk::EmitError::NoteTooLong),
            Err(EmitError::NotNow) => Err(sdk::EmitError::NotNow),
        }
    }
}

fn order(order: &Order) -> sdk::OrderView {
    sdk::OrderView {
        id: sdk::IntentId(order.key.intent.0),
        instrument: sdk::InstrumentId(order.terms.instrument.0),
        side: events::side(order.terms.side),
        state: match order.state {
            OrderState::Submitted => sdk::OrderState::Submitted,
            OrderState::Accepted => sdk::OrderState::Working,
            OrderState::PartiallyFilled => sdk::OrderState::PartiallyFilled,
            OrderState::PendingCancel => sdk::OrderState::PendingCancel,
            OrderState::PendingAmend => sdk::OrderState::PendingAmend,
            OrderState::Unknown => sdk::OrderState::Unknown,
            OrderState::Filled => sdk::OrderState::Filled,
            OrderState::Canceled => sdk::OrderState::Canceled,
            OrderState::Rejected => sdk::OrderState::Rejected,
            OrderState::Expired => sdk::OrderState::Expired,
        },
        price: sdk::Price(order.terms.limit_price.map_or(0, |price| price.0)),
        qty: sdk::Qty(order.terms.qty.0),
        filled: sdk::Qty(order.filled.0),
        trigger: sdk::Price(0),
    }
}

fn held(found: &HeldView) -> sdk::OrderView {
    sdk::OrderView {
        id: sdk::IntentId(found.intent.0),
        instrument: sdk::InstrumentId(found.instrument.0),
        side: events::side(found.side),
        state: sdk::OrderState::Held,
        price: sdk::Price(found.limit_price.map_or(0, |price| price.0)),
        qty: sdk::Qty(found.qty.0),
        filled: sdk::Qty(0),
        trigger: sdk::Price(found.trigger.0),
    }
}

/// A definition with its names and the status in force.
pub(super) fn instrument(config: &Config, found: &Instrument, status: InstrumentStatus) -> sdk::Instrument {
    let code = |id: CurrencyId| config.currency(id).map_or_else(String::new, |currency| currency.code.clone());
    let multiplier = Decimal::new(found.multiplier.mantissa, found.multiplier.scale.digits().into());
    sdk::Instrument {
        id: sdk::InstrumentId(found.id.0),
        symbol: config.name(found.symbol).unwrap_or_default().to_owned(),
        kind: match found.kind {
            InstrumentKind::Spot => sdk::InstrumentKind::Spot,
            InstrumentKind::Perpetual => sdk::InstrumentKind::Perpetual,
            InstrumentKind::Future { .. } => sdk::InstrumentKind::Future,
            InstrumentKind::Option { .. } => sdk::InstrumentKind::Option,
            InstrumentKind::Equity => sdk::InstrumentKind::Equity,
            InstrumentKind::FxPair => sdk::InstrumentKind::FxPair,
        },
        price_scale: found.price_scale.digits(),
        qty_scale: found.qty_scale.digits(),
        tick: sdk::Price(found.tick),
        lot: sdk::Qty(found.lot),
        qty_min: sdk::Qty(found.qty_min.0),
        qty_max: sdk::Qty(found.qty_max.0),
        multiplier: decimal(multiplier),
        base: code(found.base),
        quote: code(found.quote),
        settlement: code(found.settlement),
        settlement_scale: config.currency(found.settlement).map_or(0, |currency| currency.scale),
        state: events::status(status),
    }
}

fn decimal(value: Decimal) -> sdk::Decimal {
    let scale = u8::try_from(value.scale()).expect("at most 28");
    sdk::Decimal::new(value.mantissa(), scale).expect("both sides hold 96 bits")
}
