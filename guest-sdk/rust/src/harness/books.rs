//! Question: what does the strategy hold, and what is it worth?
//!
//! In: fills and prices from the script. Out: position and account views, the same as a host's. Must never know orders.
//!
//! As in a host a closed part takes its share of the cost, rounded towards zero, and a position is worth the mark price,
//! else the middle of the touch, else the last price, else what it cost.

use std::collections::BTreeMap;

use crate::decimal::Decimal;
use crate::event::{Quote, Side};
use crate::instrument::{Instrument, InstrumentKind};
use crate::number::{InstrumentId, Price, Qty};
use crate::view::{Account, Position, PositionSide};

/// A fill to book: quantity below 0 takes a fill back.
pub(super) struct Book {
    pub(super) side: Side,
    pub(super) qty: Qty,
    pub(super) price: Price,
    pub(super) fee: Decimal,
}

/// What a market says of a price.
#[derive(Clone, Copy)]
pub(super) enum Said {
    /// The venue's mark price.
    Mark(Price),
    /// The touch.
    Touch(Quote),
    /// A trade, or the close of a bar.
    Last(Price),
}

/// All positions and the money.
pub(super) struct Books {
    capital: Decimal,
    /// Highest equity after an own fill.
    peak: Decimal,
    holdings: BTreeMap<InstrumentId, Holding>,
}

/// One instrument's position.
struct Holding {
    qty: Qty,
    cost: Decimal,
    realised: Decimal,
    fees: Decimal,
    mark: Option<Price>,
    touch: Quote,
    last: Option<Price>,
    unit: Unit,
}

/// How a price times a quantity becomes money.
#[derive(Clone, Copy)]
struct Unit {
    scale: u8,
    multiplier: Decimal,
    /// Whether a fill moves its whole value, or its profit alone.
    pays_notional: bool,
}

impl Books {
    pub(super) fn new(capital: Decimal) -> Self {
        Self { capital, peak: capital, holdings: BTreeMap::new() }
    }

    pub(super) fn position(&self, instrument: InstrumentId) -> Qty {
        self.holdings.get(&instrument).map_or(Qty::ZERO, |holding| holding.qty)
    }

    pub(super) fn hear(&mut self, instrument: &Instrument, said: Said) {
        let holding = self.holding(instrument);
        match said {
            Said::Mark(price) => holding.mark = Some(price),
            Said::Touch(touch) => holding.touch = touch,
            Said::Last(price) => holding.last = Some(price),
        }
    }

    pub(super) fn fill(&mut self, instrument: &Instrument, fill: Book) {
        let holding = self.holding(instrument);
        holding.take(fill.side.signed(fill.qty), fill.price);
        holding.fees = sum(holding.fees, fill.fee);
        self.peak = self.peak.max(self.account().equity);
    }

    pub(super) fn view(&self, instrument: InstrumentId) -> Position {
        let side = PositionSide::Net;
        match self.holdings.get(&instrument) {
            Some(holding) => {
                Position { side, qty: holding.qty, cost: holding.cost, realised: holding.realised, fees: holding.fees }
            }
            None => {
                let none = Decimal::ZERO;
                Position { side, qty: Qty::ZERO, cost: none, realised: none, fees: none }
            }
        }
    }

    pub(super) fn account(&self) -> Account {
        let (mut cash, mut equity) = (self.capital, self.capital);
        for holding in self.holdings.values() {
            let flow = difference(holding.realised, holding.cost);
            let moved = if holding.unit.pays_notional { flow } else { holding.realised };
            cash = difference(sum(cash, moved), holding.fees);
            equity = difference(sum(sum(equity, flow), holding.worth()), holding.fees);
        }
        let drawdown = difference(self.peak.max(equity), equity);
        Account { cash, equity, capital: self.capital, drawdown }
    }

    fn holding(&mut self, instrument: &Instrument) -> &mut Holding {
        let empty = || Holding {
            qty: Qty::ZERO,
            cost: Decimal::ZERO,
            realised: Decimal::ZERO,
            fees: Decimal::ZERO,
            mark: None,
            touch: Quote::default(),
            last: None,
            unit: Unit::of(instrument),
        };
        self.holdings.entry(instrument.id).or_insert_with(empty)
    }
}

impl Holding {
    /// Value of what is open.
    fn worth(&self) -> Decimal {
        let double = |price: Price| i128::from(price.0) * 2;
        let is_two_sided = self.touch.bid_qty.is_positive() && self.touch.ask_qty.is_positive();
        let middle = is_two_sided.then(|| i128::from(self.touch.bid_price.0) + i128::from(self.touch.ask_price.0));
        match self.mark.map(double).or(middle).or(self.last.map(double)) {
            Some(doubled) => self.unit.half_value(self.qty, doubled),
            None => self.cost,
        }
    }

    /// What goes against the position closes it first; what is left over opens the other side.
    fn take(&mut self, qty: Qty, price: Price) {
        let value = self.unit.value(qty, price);
        let held = self.qty;
        self.qty = self.qty + qty;
        if held.is_zero() || held.is_positive() == qty.is_positive() {
            self.cost = sum(self.cost, value);
            return;
        }
        let closing = held.abs().min(qty.abs());
        let cost_out = self.unit.share(self.cost, closing, held);
        let value_out = self.unit.share(value, closing, qty);
        self.realised = difference(self.realised, sum(value_out, cost_out));
        self.cost = sum(difference(self.cost, cost_out), difference(value, value_out));
    }
}

impl Unit {
    fn of(instrument: &Instrument) -> Self {
        let pays_notional = match instrument.kind {
            InstrumentKind::Spot | InstrumentKind::Equity | InstrumentKind::FxPair | InstrumentKind::Option => true,
            InstrumentKind::Perpetual | InstrumentKind::Future => false,
        };
        let scale = instrument.price_scale + instrument.qty_scale;
        Self { scale, multiplier: instrument.multiplier, pays_notional }
    }

    fn value(self, qty: Qty, price: Price) -> Decimal {
        self.product(qty, i128::from(price.0), Decimal::ONE)
    }

    /// The value at half of a price.
    fn half_value(self, qty: Qty, doubled: i128) -> Decimal {
        if doubled % 2 == 0 {
            return self.product(qty, doubled / 2, Decimal::ONE);
        }
        self.product(qty, doubled, Decimal::new(5, 1).expect(SMALL))
    }

    fn product(self, qty: Qty, price: i128, factor: Decimal) -> Decimal {
        let product = Decimal::new(i128::from(qty.0) * price, self.scale);
        let value = product.and_then(|product| product.checked_mul(self.multiplier));
        value.and_then(|value| value.checked_mul(factor)).expect(SMALL)
    }

    /// The share of an amount that `part` is of `whole`, towards zero in the last digit that values have.
    fn share(self, amount: Decimal, part: Qty, whole: Qty) -> Decimal {
        let scale = self.scale + self.multiplier.scale();
        let mantissa = amount.rescale(scale).expect(SMALL).mantissa();
        let share = mantissa.checked_mul(i128::from(part.0)).expect(SMALL) / i128::from(whole.abs().0);
        Decimal::new(share, scale).expect(SMALL)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::example;

    fn book(side: Side, qty: i64, price: i64) -> Book {
        Book { side, qty: Qty(qty), price: Price(price), fee: Decimal::ZERO }
    }

    #[test]
    fn a_close_takes_its_share_of_the_cost() {
        let mut books = Books::new(Decimal::from(1000));
        let spy = example(InstrumentId(1), "SPY", 2, 0);
        books.fill(&spy, book(Side::Buy, 10, 100));
        books.fill(&spy, book(Side::Buy, 10, 110));
        books.fill(&spy, book(Side::Sell, 5, 120));
        // A quarter of 21.00, not five at the first price.
        let view = books.view(spy.id);
        assert_eq!(
            (view.qty, view.realised.to_string(), view.cost.to_string()),
            (Qty(15), "0.75".into(), "15.75".into())
        );
        books.fill(&spy, book(Side::Sell, 20, 120));
        // 15 closed at 1.20 against 15.75; 5 short at 1.20.
        let view = books.view(spy.id);
        assert_eq!(
            (view.qty, view.realised.to_string(), view.cost.to_string()),
            (Qty(-5), "3.00".into(), "-6.00".into())
        );
        assert_eq!(books.account().equity.to_string(), "1003.00", "without any price: what it cost");
    }

    #[test]
    fn a_share_is_rounded_towards_zero() {
        let mut books = Books::new(Decimal::from(1000));
        let spy = example(InstrumentId(1), "SPY", 2, 0);
        books.fill(&spy, book(Side::Buy, 3, 100));
        books.fill(&spy, book(Side::Buy, 4, 101));
        // 7.04 for 7: one takes 1.0057 with it, booked as 1.00.
        books.fill(&spy, book(Side::Sell, 1, 100));
        let view = books.view(spy.id);
        assert_eq!((view.realised.to_string(), view.cost.to_string()), ("0.00".into(), "6.04".into()));
    }

    #[test]
    fn a_position_is_worth_the_mark_else_the_middle_else_the_last_price() {
        let mut books = Books::new(Decimal::from(1000));
        let spy = example(InstrumentId(1), "SPY", 2, 0);
        books.fill(&spy, book(Side::Buy, 10, 100));
        let mut equity = |said| {
            books.hear(&spy, said);
            books.account().equity.to_string()
        };
        let quote = |bid_price, bid_qty| {
            Said::Touch(Quote {
                bid_price: Price(bid_price),
                bid_qty: Qty(bid_qty),
                ask_price: Price(131),
                ask_qty: Qty(1),
            })
        };
        assert_eq!(equity(Said::Last(Price(110))), "1001.00");
        assert_eq!(equity(quote(0, 0)), "1001.00", "a touch of one side has no middle");
        assert_eq!(equity(quote(130, 1)), "1003.050");
        assert_eq!(equity(Said::Mark(Price(90))), "999.00");
        assert_eq!(equity(Said::Last(Price(500))), "999.00");
        // The peak is the capital, or after an own fill, or now.
        assert_eq!(books.account().drawdown.to_string(), "1.00");
    }

    #[test]
    fn a_perpetual_moves_its_profit_alone() {
        let mut books = Books::new(Decimal::from(1000));
        let mut perpetual = example(InstrumentId(1), "BTC", 2, 0);
        perpetual.kind = InstrumentKind::Perpetual;
        books.fill(&perpetual, book(Side::Buy, 10, 100));
        books.hear(&perpetual, Said::Last(Price(110)));
        let account = books.account();
        assert_eq!((account.cash.to_string(), account.equity.to_string()), ("1000".into(), "1001.00".into()));
        books.fill(&perpetual, book(Side::Sell, 10, 110));
        assert_eq!(books.account().cash.to_string(), "1001.00");
    }
}
