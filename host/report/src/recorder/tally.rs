//! Tally: what do orders, fills and trades sum up to?
//!
//! In: each of them, once. Out: sums, and the fills and trades worth a mark on the price. Must never: keep more than
//! [`MARKS_MAX`] marks or one entry a fill.
//!
//! Sums over money are exact; they hold instruments that settle in the base currency only.

use ringfence_core::config::Config;
use ringfence_core::event::{Event, EventKind, Fill, Liquidity};
use ringfence_core::ids::{InstrumentId, StrategyId, TimeNs};
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::intent::OrderTerms;
use ringfence_core::money::{Decimal, MoneyError, Notional, add_exact, decimal};
use ringfence_core::state::market::HalfPrice;

use crate::float;
use crate::recorder::ledger::Trade;
use crate::statistics::trading::Trades;

/// An order is decided on stale data when the price it was judged against was stated longer ago than this: a minute.
pub const STALE_AFTER_NS: u64 = 60_000_000_000;

/// Most marks kept for the picture: every n-th fill, n tripling whenever the room is used up. (Not doubling:
/// where buys and sells alternate, every second fill is of one side.)
pub const MARKS_MAX: usize = 1_024;

/// A fill on the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub time: TimeNs,
    /// In what.
    pub instrument: InstrumentId,
    /// Which side.
    pub side: Side,
    /// At what price.
    pub price: Decimal,
}

/// An even choice of all fills.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    kept: Vec<Mark>,
    every: u64,
    seen: u64,
}

impl Marks {
    fn add(&mut self, mark: Mark) {
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            if self.kept.len() == MARKS_MAX {
                let mut at = 0_u64;
                self.kept.retain(|_| (at += 1, at % 3 == 1).1);
                self.every *= 3;
            }
            if self.seen.is_multiple_of(self.every) {
                self.kept.push(mark);
            }
        }
        self.seen += 1;
    }

    /// Takes the last mark out that a fill of this kind left, where it was kept.
    fn remove(&mut self, instrument: InstrumentId, side: Side, price: Decimal) {
        let is_it = |mark: &Mark| (mark.instrument, mark.side, mark.price) == (instrument, side, price);
        if let Some(at) = self.kept.iter().rposition(is_it) {
            self.kept.remove(at);
        }
    }

    /// The marks, oldest first.
    #[must_use]
    pub fn kept(&self) -> &[Mark] {
        &self.kept
    }

    /// Of how many fills each mark is one.
    #[must_use]
    pub fn every(&self) -> u64 {
        self.every.max(1)
    }
}

/// Quantities of a day, mantissas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Volume {
    own: i128,
    market: i128,
}

/// Own quantity beside that of the market, on the days with a fill of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Volumes {
    /// Over days that are over.
    past: Volume,
    day: u64,
    today: Volume,
    /// Own quantity that the venue took back.
    busted: i128,
}

impl Volumes {
    /// The day of this time; days end with their last instant, as the bars of a day do.
    fn of_day(&mut self, time: TimeNs) -> &mut Volume {
        let day = time.0.div_ceil(DAY_NS);
        if day != self.day {
            *self = Volumes { past: self.whole(), day, today: Volume::default(), ..*self };
        }
        &mut self.today
    }

    fn whole(&self) -> Volume {
        let Volumes { past, today, .. } = *self;
        if today.own == 0 { past } else { Volume { own: past.own + today.own, market: past.market + today.market } }
    }
}

const DAY_NS: u64 = crate::recorder::DAY_S * 1_000_000_000;

/// Sums over fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FillTally {
    /// Fills.
    pub count: u64,
    /// Value of all.
    pub traded: Decimal,
    /// Value of those that made liquidity.
    pub maker: Decimal,
    /// Fees.
    pub fees: Decimal,
    /// Cost against the mark at dispatch; positive = worse than it.
    pub slippage: Decimal,
    /// What taking fills would have cost more at a price one tick worse.
    pub one_tick: Decimal,
}

/// Everything that is summed up.
#[derive(Clone, Debug)]
pub struct Tally {
    base: Vec<bool>,
    /// Orders dispatched.
    pub orders: u64,
    /// Those judged against a price older than [`STALE_AFTER_NS`].
    pub stale_orders: u64,
    /// Oldest price that an order was judged against, in ns.
    pub oldest_price_ns: u64,
    /// Value of all orders at the prices they were judged against.
    pub ordered: Decimal,
    /// Fills of all strategies.
    pub fills: FillTally,
    /// Fills of each strategy, by id from 1.
    pub strategy_fills: Vec<FillTally>,
    /// Closed trades of all.
    pub trades: Trades,
    /// Closed trades of each strategy, by id from 1.
    pub strategy_trades: Vec<Trades>,
    /// Closed trades that were long, and that were short.
    pub by_side: [Trades; 2],
    /// Profit of closed trades without fees.
    pub gross: Decimal,
    /// Best and worst closed trade after fees.
    pub extremes: [Option<Trade>; 2],
    /// Own and the market's quantity in each instrument.
    volumes: Vec<Volumes>,
    /// True where a bar was fed: its prices are of an interval and not of a moment.
    pub has_bars: bool,
    /// Fills to show on the price.
    pub marks: Marks,
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub fn new(config: &Config) -> Tally {
        let (strategies, instruments) = (config.strategies.len(), config.instruments.len());
        Tally {
            base: config.instruments.iter().map(|i| i.settlement == config.base_currency).collect(),
            orders: 0,
            stale_orders: 0,
            oldest_price_ns: 0,
            ordered: Decimal::ZERO,
            fills: FillTally::default(),
            strategy_fills: vec![FillTally::default(); strategies],
            trades: Trades::default(),
            strategy_trades: vec![Trades::default(); strategies],
            by_side: [Trades::default(); 2],
            gross: Decimal::ZERO,
            extremes: [None; 2],
            volumes: vec![Volumes::default(); instruments],
            has_bars: false,
            marks: Marks::default(),
        }
    }

    /// A market event: what the market traded.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing trades in the other kinds, however many there are")]
    pub(crate) fn traded(&mut self, row: &Event) {
        let qty = match &row.kind {
            EventKind::Trade(trade) => trade.qty.0,
            EventKind::Bar(bar) => {
                self.has_bars = true;
                bar.volume.0
            }
            _other => return,
        };
        if let Some(volumes) = place(row.instrument).and_then(|at| self.volumes.get_mut(at)) {
            volumes.of_day(row.time).market += i128::from(qty.max(0));
        }
    }

    pub(crate) fn ordered(
        &mut self,
        terms: &OrderTerms,
        instrument: &Instrument,
        price_age_ns: Option<u64>,
    ) -> Result<(), MoneyError> {
        self.orders += 1;
        self.stale_orders += u64::from(price_age_ns.is_some_and(|age| age > STALE_AFTER_NS));
        self.oldest_price_ns = self.oldest_price_ns.max(price_age_ns.unwrap_or(0));
        if self.is_base(instrument.id) {
            let value = instrument.value_decimal(terms.reference.times(terms.qty))?;
            self.ordered = add_exact(self.ordered, value.abs())?;
        }
        Ok(())
    }

    pub(crate) fn filled(
        &mut self,
        (time, fill): (TimeNs, &Fill),
        instrument: &Instrument,
        arrival: Option<HalfPrice>,
    ) -> Result<(), MoneyError> {
        let price = instrument.price_decimal(fill.price);
        self.marks.add(Mark { time, instrument: instrument.id, side: fill.side, price });
        if let Some(volumes) = place(instrument.id).and_then(|at| self.volumes.get_mut(at)) {
            volumes.of_day(time).own += i128::from(fill.qty.0);
        }
        if !self.is_base(instrument.id) {
            return Ok(());
        }
        let one = of_fill(fill, instrument, arrival)?;
        self.fills = sum(&self.fills, &one)?;
        let own = usize::from(fill.order.strategy.0).checked_sub(1).and_then(|at| self.strategy_fills.get_mut(at));
        if let Some(own) = own {
            *own = sum(own, &one)?;
        }
        Ok(())
    }

    /// Takes a fill out again.
    pub(crate) fn busted(
        &mut self,
        fill: &Fill,
        instrument: &Instrument,
        arrival: Option<HalfPrice>,
    ) -> Result<(), MoneyError> {
        self.marks.remove(instrument.id, fill.side, instrument.price_decimal(fill.price));
        if let Some(volumes) = place(instrument.id).and_then(|at| self.volumes.get_mut(at)) {
            volumes.busted += i128::from(fill.qty.0);
        }
        if !self.is_base(instrument.id) {
            return Ok(());
        }
        let one = of_fill(fill, instrument, arrival)?;
        self.fills = less(&self.fills, &one)?;
        let own = usize::from(fill.order.strategy.0).checked_sub(1).and_then(|at| self.strategy_fills.get_mut(at));
        if let Some(own) = own {
            *own = less(own, &one)?;
        }
        Ok(())
    }

    pub(crate) fn closed(&mut self, trade: &Trade) {
        if !self.is_base(trade.instrument) {
            return;
        }
        let (profit, held) = (float(trade.net()), trade.held_s());
        self.gross += trade.gross;
        self.trades.add(profit, held);
        self.by_side[usize::from(trade.side == Side::Sell)].add(profit, held);
        if let Some(own) = self.strategy_trades.get_mut(usize::from(trade.strategy.0).wrapping_sub(1)) {
            own.add(profit, held);
        }
        let [best, worst] = &mut self.extremes;
        if best.is_none_or(|best| trade.net() > best.net()) {
            *best = Some(*trade);
        }
        if worst.is_none_or(|worst| trade.net() < worst.net()) {
            *worst = Some(*trade);
        }
    }

    /// Own quantity, and that of the market on the days with a fill of ours; for each instrument, mantissas.
    pub fn volumes(&self) -> impl Iterator<Item = (i128, i128)> + '_ {
        self.volumes.iter().map(|volumes| {
            let whole = volumes.whole();
            (whole.own - volumes.busted, whole.market)
        })
    }

    fn is_base(&self, id: InstrumentId) -> bool {
        place(id).and_then(|at| self.base.get(at)).copied().unwrap_or(false)
    }

    /// Fees of a strategy's fills.
    #[must_use]
    pub fn fees_of(&self, id: StrategyId) -> Decimal {
        self.strategy_fills.get(usize::from(id.0).wrapping_sub(1)).map_or(Decimal::ZERO, |fills| fills.fees)
    }

    /// Closed trades of a strategy.
    #[must_use]
    pub fn trades_of(&self, id: StrategyId) -> Trades {
        self.strategy_trades.get(usize::from(id.0).wrapping_sub(1)).copied().unwrap_or_default()
    }
}

fn of_fill(fill: &Fill, instrument: &Instrument, arrival: Option<HalfPrice>) -> Result<FillTally, MoneyError> {
    let traded = instrument.value_decimal(fill.price.times(fill.qty))?;
    let tick = instrument.value_decimal(Notional(i128::from(instrument.tick) * i128::from(fill.qty.0)))?;
    let slippage = arrival.map_or(Ok(Decimal::ZERO), |mark| {
        let worse = (i128::from(fill.price.0) * 2 - mark.0) * i128::from(fill.side.sign());
        let scale = instrument.value_scale();
        let too_large = MoneyError::MantissaTooLarge(worse, scale);
        let value = worse.checked_mul(i128::from(fill.qty.0)).and_then(|value| instrument.value(Notional(value)));
        decimal(value.and_then(|value| value.checked_mul(5)).ok_or(too_large)?, scale + 1)
    })?;
    let is_maker = fill.liquidity == Liquidity::Maker;
    Ok(FillTally {
        count: 1,
        traded: traded.abs(),
        maker: if is_maker { traded.abs() } else { Decimal::ZERO },
        fees: fill.fee,
        slippage,
        one_tick: if is_maker { Decimal::ZERO } else { tick },
    })
}

fn sum(a: &FillTally, b: &FillTally) -> Result<FillTally, MoneyError> {
    Ok(FillTally {
        count: a.count + b.count,
        traded: add_exact(a.traded, b.traded)?,
        maker: add_exact(a.maker, b.maker)?,
        fees: add_exact(a.fees, b.fees)?,
        slippage: add_exact(a.slippage, b.slippage)?,
        one_tick: add_exact(a.one_tick, b.one_tick)?,
    })
}

fn less(a: &FillTally, b: &FillTally) -> Result<FillTally, MoneyError> {
    let without = FillTally {
        count: 0,
        traded: -b.traded,
        maker: -b.maker,
        fees: -b.fees,
        slippage: -b.slippage,
        one_tick: -b.one_tick,
    };
    Ok(FillTally { count: a.count.saturating_sub(b.count), ..sum(a, &without)? })
}

fn place(id: InstrumentId) -> Option<usize> {
    usize::try_from(id.0).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(fills: u64) -> Marks {
        let mut marks = Marks::default();
        for n in 0..fills {
            let side = if n % 2 == 0 { Side::Buy } else { Side::Sell };
            marks.add(Mark { time: TimeNs(n), instrument: InstrumentId(1), side, price: Decimal::ONE });
        }
        marks
    }

    #[test]
    fn marks_are_an_even_choice_of_both_sides() {
        let marks = marked(100_000);
        assert!(marks.kept().len() <= MARKS_MAX && marks.kept().len() >= MARKS_MAX / 3);
        assert!(marks.kept().iter().zip(0_u64..).all(|(mark, place)| mark.time.0 == place * marks.every()));
        let buys = marks.kept().iter().filter(|mark| mark.side == Side::Buy).count();
        assert!(buys.abs_diff(marks.kept().len() - buys) <= 1, "{buys} of {}", marks.kept().len());
    }

    #[test]
    fn only_days_with_a_fill_of_ours_count_and_a_day_ends_at_midnight() {
        let mut volumes = Volumes::default();
        for (day, own, market) in [(1, 0, 100), (2, 5, 50), (2, 5, 70), (3, 0, 1_000), (4, 10, 80)] {
            let volume = volumes.of_day(TimeNs(day * DAY_NS));
            volume.own += own;
            volume.market += market;
        }
        assert_eq!(volumes.whole(), Volume { own: 20, market: 200 });
        assert_eq!(volumes.of_day(TimeNs(4 * DAY_NS + 1)), &Volume::default());
        assert_eq!(volumes.whole(), Volume { own: 20, market: 200 });
    }

    #[test]
    fn few_fills_are_all_marked() {
        assert_eq!((marked(1_024).kept().len(), marked(1_024).every()), (1_024, 1));
        assert_eq!((marked(1_025).kept().len(), marked(1_025).every()), (342, 3));
    }
}
