//! Question: what does the strategy hold, and what is it worth?
//!
//! In: fills and prices from the script. Out: position and account views, exact. Must never know orders.
//!
//! Cost is that of the first units in, first out, so that no average has to be divided.

use std::collections::{BTreeMap, VecDeque};

use crate::decimal::Decimal;
use crate::event::Side;
use crate::instrument::Instrument;
use crate::number::{InstrumentId, Price, Qty};
use crate::view::{Account, Position, PositionSide};

/// A fill to book: quantity below 0 takes a fill back.
pub(super) struct Book {
    pub(super) side: Side,
    pub(super) qty: Qty,
    pub(super) price: Price,
    pub(super) fee: Decimal,
}

/// All positions and the money.
pub(super) struct Books {
    capital: Decimal,
    cash: Decimal,
    peak: Decimal,
    holdings: BTreeMap<InstrumentId, Holding>,
}

/// One instrument's position.
struct Holding {
    /// Open lots, oldest first: signed quantity, price.
    lots: VecDeque<(Qty, Price)>,
    realised: Decimal,
    fees: Decimal,
    mark: Price,
    unit: Unit,
}

/// How a price times a quantity becomes money.
#[derive(Clone, Copy)]
struct Unit {
    scale: u8,
    multiplier: Decimal,
}

impl Books {
    pub(super) fn new(capital: Decimal) -> Self {
        Self { capital, cash: capital, peak: capital, holdings: BTreeMap::new() }
    }

    pub(super) fn position(&self, instrument: InstrumentId) -> Qty {
        self.holdings.get(&instrument).map_or(Qty::ZERO, Holding::qty)
    }

    pub(super) fn mark(&mut self, instrument: &Instrument, price: Price) {
        self.holding(instrument).mark = price;
        self.peak = self.peak.max(self.equity());
    }

    pub(super) fn fill(&mut self, instrument: &Instrument, fill: Book) {
        let signed = fill.side.signed(fill.qty);
        let holding = self.holding(instrument);
        let paid = holding.unit.value(signed, fill.price);
        holding.take(signed, fill.price);
        holding.fees = sum(holding.fees, fill.fee);
        holding.mark = fill.price;
        self.cash = difference(difference(self.cash, paid), fill.fee);
        self.peak = self.peak.max(self.equity());
    }

    pub(super) fn view(&self, instrument: InstrumentId) -> Position {
        let side = PositionSide::Net;
        match self.holdings.get(&instrument) {
            Some(holding) => Position {
                side,
                qty: holding.qty(),
                cost: holding.cost(),
                realised: holding.realised,
                fees: holding.fees,
            },
            None => {
                let none = Decimal::ZERO;
                Position { side, qty: Qty::ZERO, cost: none, realised: none, fees: none }
            }
        }
    }

    pub(super) fn account(&self) -> Account {
        let equity = self.equity();
        Account { cash: self.cash, equity, capital: self.capital, drawdown: difference(self.peak, equity) }
    }

    fn equity(&self) -> Decimal {
        self.holdings.values().fold(self.cash, |equity, holding| sum(equity, holding.worth()))
    }

    fn holding(&mut self, instrument: &Instrument) -> &mut Holding {
        let unit = Unit { scale: instrument.price_scale + instrument.qty_scale, multiplier: instrument.multiplier };
        let (realised, fees) = (Decimal::ZERO, Decimal::ZERO);
        let empty = || Holding { lots: VecDeque::new(), realised, fees, mark: Price::ZERO, unit };
        self.holdings.entry(instrument.id).or_insert_with(empty)
    }
}

impl Holding {
    fn qty(&self) -> Qty {
        self.lots.iter().fold(Qty::ZERO, |total, (qty, _)| total + *qty)
    }

    fn cost(&self) -> Decimal {
        self.lots.iter().fold(Decimal::ZERO, |total, (qty, price)| sum(total, self.unit.value(*qty, *price)))
    }

    fn worth(&self) -> Decimal {
        self.unit.value(self.qty(), self.mark)
    }

    /// Closes the oldest lots of the other sign first; what is left over opens a lot.
    fn take(&mut self, mut qty: Qty, price: Price) {
        while let Some((lot, opened)) = self.lots.front_mut() {
            if lot.is_positive() == qty.is_positive() || qty.is_zero() {
                break;
            }
            let closed = if lot.abs() <= qty.abs() { *lot } else { -qty };
            let profit = difference(self.unit.value(closed, price), self.unit.value(closed, *opened));
            self.realised = sum(self.realised, profit);
            *lot = *lot - closed;
            qty = qty + closed;
            if lot.is_zero() {
                self.lots.pop_front();
            }
        }
        if !qty.is_zero() {
            self.lots.push_back((qty, price));
        }
    }
}

impl Unit {
    fn value(self, qty: Qty, price: Price) -> Decimal {
        let product = Decimal::new(i128::from(qty.0) * i128::from(price.0), self.scale);
        product.and_then(|product| product.checked_mul(self.multiplier)).expect(SMALL)
    }
}

/// Why the sums below fit.
const SMALL: &str = "a script's amounts are far from 96 bits";

fn sum(left: Decimal, right: Decimal) -> Decimal {
    left.checked_add(right).expect(SMALL)
}

fn difference(left: Decimal, right: Decimal) -> Decimal {
    left.checked_sub(right).expect(SMALL)
}
