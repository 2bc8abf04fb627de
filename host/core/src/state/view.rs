//! Views: what may be read of State?
//!
//! In: State. Out: copies of small facts, decimals computed on demand. Must never: show one strategy the sub-account,
//! orders or outcomes of another (callers pass the strategy they speak for).

use crate::config::{Config, StrategySlot};
use crate::event::{Bar, KillLevel, Mode, Quote};
use crate::ids::{AccountId, CurrencyId, InstrumentId, IntentId, LegKey, Seq, SessionId, StrategyId, TimeNs};
use crate::instrument::{Instrument, PositionSide, Side};
use crate::money::{Decimal, MoneyError, Price, Qty, add_exact, decimal};
use crate::order::Order;
use crate::plan::{BarSpec, Topic};
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::held::Held;
use crate::state::links;
use crate::state::market::InstrumentMarket;
use crate::state::position::Position;

/// A position as decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionView {
    /// Which position.
    pub side: PositionSide,
    /// Signed quantity, a mantissa at the instrument's quantity scale.
    pub qty: Qty,
    /// Value paid for the open quantity, in the settlement currency; negative for a short position.
    pub cost: Decimal,
    /// Profit of closed quantity, without fees.
    pub realised: Decimal,
    /// Fees paid.
    pub fees: Decimal,
}

/// A sub-account or an account as decimals, in the account's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Cash.
    pub cash: Decimal,
    /// Cash and open positions at their marks.
    pub equity: Decimal,
    /// Allocated capital (a strategy) or 0 (an account).
    pub capital: Decimal,
    /// Profit of closed quantity over all instruments, without fees.
    pub realised: Decimal,
    /// Fees over all instruments.
    pub fees: Decimal,
    /// Highest equity (the capital, or after an own fill, or now) less equity now; 0 for an account.
    pub drawdown: Decimal,
}

/// An order that Execution Control keeps until its price comes, or until the order that it is tied to fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldView {
    /// The intent that it came from.
    pub intent: IntentId,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// Limit price once it is sent; `None` for a market order.
    pub limit_price: Option<Price>,
    /// Price that it waits for, or that it will wait for; 0 where that is none, or not known yet.
    pub trigger: Price,
    /// Quantity that waits.
    pub qty: Qty,
}

impl HeldView {
    fn of(held: &Held) -> HeldView {
        HeldView {
            intent: held.key.intent,
            instrument: held.submit.instrument,
            side: held.submit.side,
            limit_price: held.terms.limit_price,
            trigger: held.trigger,
            qty: held.terms.qty,
        }
    }

    /// One that waits for its parent: what was not sent of it yet.
    fn of_tied(tied: &links::Held) -> HeldView {
        HeldView {
            intent: tied.key.intent,
            instrument: tied.submit.instrument,
            side: tied.submit.side,
            limit_price: tied.submit.limit_price,
            trigger: tied.submit.stop_price.unwrap_or_default(),
            qty: Qty(tied.total.0 - tied.released),
        }
    }
}

impl State {
    /// Last event applied.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Time of the last event.
    #[must_use]
    pub fn time(&self) -> TimeNs {
        self.time
    }

    /// Session this stream belongs to.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Mode of the session; `None` before it opened.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.mode
    }

    /// Configuration in force; `None` before the first.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// SHA-256 of the configuration in force.
    #[must_use]
    pub fn config_hash(&self) -> &[u8; 32] {
        &self.config_hash
    }

    /// Kill level in force for all.
    #[must_use]
    pub fn kill_level(&self) -> KillLevel {
        self.control.kill.unwrap_or(KillLevel::Off)
    }

    /// True while submissions are allowed.
    #[must_use]
    pub fn trading_is_enabled(&self) -> bool {
        !self.control.trading_is_disabled
    }

    /// Market of an instrument.
    #[must_use]
    pub fn market(&self, id: InstrumentId) -> Option<&InstrumentMarket> {
        self.markets.get((id.0 as usize).checked_sub(1)?)
    }

    /// Definition of an instrument, as changed by events.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.market(id).map(|market| &market.instrument)
    }

    /// End of the trading day that an instrument is in: when an order for the day ends. The instant that the last
    /// `TradingDay` event gave while it lies ahead, otherwise the next midnight UTC.
    #[must_use]
    pub fn day_end(&self, id: InstrumentId) -> TimeNs {
        let told = self.market(id).and_then(|market| market.told_end(self.time));
        told.unwrap_or_else(|| self.time.next_midnight())
    }

    /// Best bid and ask; `None` when neither side is shown.
    #[must_use]
    pub fn touch(&self, id: InstrumentId) -> Option<Quote> {
        let touch = self.market(id)?.touch;
        (touch.bid_qty.0 > 0 || touch.ask_qty.0 > 0).then_some(touch)
    }

    /// Up to `levels` levels of one side (buy = bids), best first. Without a book feed: the touch, where there is one.
    pub fn depth(&self, id: InstrumentId, side: Side, levels: usize) -> impl Iterator<Item = (Price, Qty)> + '_ {
        let market = self.market(id);
        let touch = market.map(|market| match side {
            Side::Buy => (market.touch.bid_price, market.touch.bid_qty),
            Side::Sell => (market.touch.ask_price, market.touch.ask_qty),
        });
        let book = market.map_or(&[][..], |market| market.book.side(side));
        let fallback = touch.filter(|(_, qty)| book.is_empty() && qty.0 > 0);
        book.iter().copied().chain(fallback).take(levels)
    }

    /// Last bars of an instrument with this interval (0 = any), oldest first, at most `count`.
    pub fn bars(&self, id: InstrumentId, interval_ns: u64, count: usize) -> impl Iterator<Item = &Bar> + '_ {
        let wanted = move |bar: &&Bar| interval_ns == 0 || bar.interval_ns == interval_ns;
        let bars = self.market(id).map(|market| &market.bars);
        let total = bars.map_or(0, |bars| bars.iter().filter(wanted).count());
        bars.into_iter().flatten().filter(wanted).skip(total.saturating_sub(count))
    }

    /// Last bars of a specification, oldest first, at most `count`: those that are built for this strategy, whose plan
    /// names it, or those of that length which the feed brings.
    pub fn bars_like(
        &self,
        strategy: StrategyId,
        (id, spec): (InstrumentId, BarSpec),
        count: usize,
    ) -> impl Iterator<Item = &Bar> + '_ {
        let routes = self.control.routes(id, Topic::Bar);
        let is_own = routes.iter().any(|route| route.strategy == strategy && route.bars == Some(spec));
        let series = self.market(id).and_then(|market| market.series.as_ref()).filter(|_| is_own);
        let built = series.and_then(|series| series.kept(spec));
        let told = spec.length_ns().filter(|_| built.is_none()).map(|ns| self.bars(id, ns, count));
        let kept = built.into_iter().flatten().skip(built.map_or(0, |bars| bars.len().saturating_sub(count)));
        kept.chain(told.into_iter().flatten())
    }

    /// Bars of an instrument that `bars` looks through.
    #[must_use]
    pub fn bars_held(&self, id: InstrumentId) -> usize {
        self.market(id).map_or(0, |market| market.bars.len())
    }

    /// A strategy's own net quantity in an instrument.
    #[must_use]
    pub fn net_position(&self, strategy: StrategyId, id: InstrumentId) -> Qty {
        self.execution.net_qty(strategy, id)
    }

    /// A strategy's own net position (hedge-mode legs are separate).
    ///
    /// # Errors
    /// [`MoneyError`] when an amount does not fit a decimal.
    pub fn position_view(&self, strategy: StrategyId, id: InstrumentId) -> Result<PositionView, MoneyError> {
        let position =
            self.execution.position(Holder::Strategy(strategy), id, PositionSide::Net).copied().unwrap_or_default();
        let scale = self.instrument(id).map_or(0, Instrument::value_scale);
        Ok(PositionView {
            side: PositionSide::Net,
            qty: Qty(position.qty),
            cost: decimal(position.cost, scale)?,
            realised: decimal(position.realised, scale)?,
            fees: position.fees,
        })
    }

    /// A strategy's virtual sub-account: capital, its own positions and fees.
    ///
    /// # Errors
    /// [`MoneyError`] when an amount does not fit a decimal.
    pub fn account_view(&self, strategy: StrategyId) -> Result<AccountView, MoneyError> {
        let slot = self.slot(strategy);
        let currency = slot.and_then(|slot| self.execution.cash(slot.account)).map(|cash| cash.currency);
        let capital = slot.map_or(Decimal::ZERO, |slot| slot.capital);
        let base = add_exact(capital, self.execution.strategy_adjustment(strategy))?;
        let mut view = self.worth(Holder::Strategy(strategy), base, currency, capital)?;
        let marked = self.control.strategy(strategy).and_then(|control| control.peak).unwrap_or(capital);
        view.drawdown = add_exact(marked.max(capital).max(view.equity), -view.equity)?;
        Ok(view)
    }

    /// An account over all strategies.
    ///
    /// # Errors
    /// [`MoneyError`] when an amount does not fit a decimal.
    pub fn account_total(&self, account: AccountId) -> Result<AccountView, MoneyError> {
        let cash = self.execution.cash(account);
        let base = cash.map_or(Ok(Decimal::ZERO), |cash| add_exact(cash.base, cash.adjustments))?;
        self.worth(Holder::Account(account), base, cash.map(|cash| cash.currency), Decimal::ZERO)
    }

    /// Instruments in which an account ever held or reserved anything.
    pub fn account_positions(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (InstrumentId, PositionSide, &Position)> {
        self.execution.positions(Holder::Account(account))
    }

    /// A strategy's live orders in an instrument (none = in all), in order of emission.
    pub fn open_orders(&self, strategy: StrategyId, id: InstrumentId) -> impl Iterator<Item = &Order> {
        self.execution.orders.open(strategy, (id != InstrumentId::NONE).then_some(id))
    }

    /// A strategy's orders that wait for a price or for a parent in an instrument (none = in all), in order of emission. One
    /// of which a part waits for a price and the rest for its parent comes twice.
    pub fn held_orders(&self, strategy: StrategyId, id: InstrumentId) -> impl Iterator<Item = HeldView> {
        let is_meant = move |held: &HeldView| id == InstrumentId::NONE || held.instrument == id;
        let waits = self.held.of(strategy).iter().filter(|held| held.waits()).map(HeldView::of);
        let mut waits = waits.filter(is_meant).peekable();
        let mut tied = self.links.held_by(strategy).map(HeldView::of_tied).filter(is_meant).peekable();
        core::iter::from_fn(move || match (waits.peek(), tied.peek()) {
            (Some(held), Some(next)) if next.intent < held.intent => tied.next(),
            (Some(_), _) => waits.next(),
            (None, _) => tied.next(),
        })
    }

    /// What a strategy has held, and what is followed for it: what `held_orders` looks through.
    #[must_use]
    pub fn held_count(&self, strategy: StrategyId) -> usize {
        self.held.of(strategy).len() + self.links.held_by(strategy).count()
    }

    /// The order of an intent that waits for a price, or for its parent while nothing of it was sent.
    #[must_use]
    pub fn held_order(&self, strategy: StrategyId, intent: IntentId) -> Option<HeldView> {
        let waits = self.held.find(strategy, intent).filter(|held| held.waits()).map(HeldView::of);
        let tied = || self.links.held_of(strategy, intent).filter(|tied| tied.released == 0).map(HeldView::of_tied);
        waits.or_else(tied)
    }

    /// Live orders of a strategy: what `open_orders` looks through.
    #[must_use]
    pub fn live_orders(&self, strategy: StrategyId) -> usize {
        self.execution.orders.live_count(strategy)
    }

    /// The order of a strategy's own intent (its last leg, where there are several), until it retires.
    #[must_use]
    pub fn order(&self, strategy: StrategyId, intent: IntentId) -> Option<&Order> {
        self.execution.orders.of_intent(strategy, intent).last()
    }

    /// An order by its key, until it retires.
    #[must_use]
    pub fn order_by_key(&self, key: LegKey) -> Option<&Order> {
        self.execution.orders.get(key)
    }

    /// Why a strategy is halted; `None` while it runs.
    #[must_use]
    pub fn halt(&self, strategy: StrategyId) -> Option<crate::event::Halt> {
        self.control.strategy(strategy).and_then(|control| control.halt)
    }

    pub(crate) fn slot(&self, strategy: StrategyId) -> Option<&StrategySlot> {
        self.config.as_ref()?.strategy(strategy)
    }

    pub(crate) fn account_cash(&self, account: AccountId) -> Option<Decimal> {
        self.account_total(account).ok().map(|view| view.cash)
    }

    fn worth(
        &self,
        holder: Holder,
        base: Decimal,
        currency: Option<CurrencyId>,
        capital: Decimal,
    ) -> Result<AccountView, MoneyError> {
        let mut view = AccountView {
            cash: base,
            equity: base,
            capital,
            realised: Decimal::ZERO,
            fees: Decimal::ZERO,
            drawdown: Decimal::ZERO,
        };
        for (id, _, position) in self.execution.positions(holder) {
            let Some(market) = self.market(id).filter(|market| Some(market.instrument.settlement) == currency) else {
                continue;
            };
            add_position(&mut view, market, position)?;
        }
        view.cash = add_exact(view.cash, -view.fees)?;
        view.equity = add_exact(view.equity, -view.fees)?;
        Ok(view)
    }
}

fn add_position(view: &mut AccountView, market: &InstrumentMarket, position: &Position) -> Result<(), MoneyError> {
    let scale = market.instrument.value_scale();
    let flow = decimal(position.flow(), scale)?;
    let realised = decimal(position.realised, scale)?;
    let moved = if market.instrument.kind.pays_notional() { flow } else { realised };
    let open = match market.mark_price().and_then(|mark| position.half_value(mark, &market.instrument)) {
        // Half a unit at this scale is five units at the next.
        Some(half) => decimal(half.checked_mul(5).ok_or(MoneyError::MantissaTooLarge(half, scale))?, scale + 1)?,
        None => decimal(position.cost, scale)?,
    };
    view.cash = add_exact(view.cash, moved)?;
    view.equity = add_exact(add_exact(view.equity, flow)?, open)?;
    view.realised = add_exact(view.realised, realised)?;
    view.fees = add_exact(view.fees, position.fees)?;
    Ok(())
}
