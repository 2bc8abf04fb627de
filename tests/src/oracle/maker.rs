//! The maker's reckoning: which orders at the touch fill, when a queue stands in front of them?
//!
//! In: the text of a tape of quotes and trades, and how often it is read. Out: counts, fees, position and equity, exact.
//! Must never: import a package of this workspace.

use super::{MONEY, money, number};

/// Quantity of every order and bound of the position, in units of 10^-8 like every number here.
const QTY: i128 = 1_000_000;
const POSITION_MAX: i128 = 5_000_000;
/// Cash at the start, in the quote currency.
const CASH: i128 = 1_000_000;
/// Fee of a maker, in basis points.
const MAKER_BPS: i128 = 2;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Orders sent.
    pub orders: u64,
    /// Orders filled.
    pub fills: u64,
    /// Orders canceled.
    pub cancels: u64,
    /// Position at the end, in 10^-8 units of the base currency.
    pub position: i128,
    /// Fees, in units of 10^-12.
    pub fees: i128,
    /// Cash and position at the middle of the last quote, in units of 10^-12.
    pub equity: i128,
}

impl Made {
    /// `orders fills cancels position fees equity`.
    #[must_use]
    pub fn text(&self) -> String {
        let Made { orders, fills, cancels, position, fees, equity } = self;
        let position = money(position * (MONEY / UNIT));
        format!("{orders} {fills} {cancels} {position} {} {}", money(*fees), money(*equity))
    }
}

const UNIT: i128 = 100_000_000;

/// A resting order: its price and the size in front of it.
#[derive(Clone, Copy)]
struct Resting {
    price: i128,
    ahead: i128,
}

/// The two sides, bid first. A bid's prices count up and an ask's down: `sign` times a price is larger where it is better.
#[derive(Default)]
struct Book {
    own: [Option<Resting>; 2],
    touch: [(i128, i128); 2],
    cash: i128,
    made: Made,
}

const SIDES: [usize; 2] = [0, 1];
const SIGNS: [i128; 2] = [1, -1];

/// Runs the maker over the tape (`ts_ns,kind,p1,q1,p2,q2`), read so many times.
///
/// # Panics
/// When the tape is not such a text.
#[must_use]
pub fn touch_maker(tape: &str, passes: u32) -> Made {
    let mut book = Book { cash: CASH * MONEY, ..Book::default() };
    for _ in 0..passes {
        for line in tape.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let [p1, q1, p2, q2] = [2, 3, 4, 5].map(|at| number(fields[at]));
            match fields[1] {
                "Q" => {
                    book.touch = [(p1, q1), (p2, q2)];
                    book.quoted();
                    book.decide();
                }
                "B" => book.traded(1, p1, q1),
                "S" => book.traded(0, p1, q1),
                kind => panic!("{kind} is no kind of row"),
            }
        }
    }
    book.finish()
}

impl Book {
    /// A seller's trade counts against the bid (side 0), a buyer's against the ask (side 1).
    fn traded(&mut self, side: usize, price: i128, qty: i128) {
        let Some(order) = &mut self.own[side] else { return };
        let (own, traded) = (order.price * SIGNS[side], price * SIGNS[side]);
        if traded < own || (traded == own && qty > order.ahead) {
            self.fill(side);
        } else if traded == own {
            order.ahead -= qty;
        }
    }

    fn quoted(&mut self) {
        for side in SIDES {
            let (price, displayed) = self.touch[side];
            let (opposite, there) = self.touch[1 - side];
            let Some(order) = &mut self.own[side] else { continue };
            if there > 0 && opposite * SIGNS[side] <= order.price * SIGNS[side] {
                self.fill(side);
            } else if displayed > 0 && price == order.price {
                order.ahead = order.ahead.min(displayed);
            }
        }
    }

    /// Both wants come from the position before; the orders of this tape never cross, so nothing is rejected.
    fn decide(&mut self) {
        let position = self.made.position;
        for side in SIDES {
            let (price, displayed) = self.touch[side];
            let is_wanted = displayed > 0 && (position + QTY * SIGNS[side]) * SIGNS[side] <= POSITION_MAX;
            if self.own[side].is_some_and(|order| !is_wanted || order.price != price) {
                self.own[side] = None;
                self.made.cancels += 1;
            }
            if is_wanted && self.own[side].is_none() {
                assert!(self.touch[0].0 < self.touch[1].0, "a crossed touch has no resting orders");
                self.own[side] = Some(Resting { price, ahead: displayed });
                self.made.orders += 1;
            }
        }
    }

    /// Fills the order of a side whole, at its own price.
    fn fill(&mut self, side: usize) {
        let order = self.own[side].take().expect("the caller has seen it");
        // 10^-8 times 10^-8 is 10^-16; prices have one digit and quantities three, so nothing is lost.
        let value = order.price * QTY / (UNIT * UNIT / MONEY);
        let fee = value * MAKER_BPS / 10_000;
        self.cash -= value * SIGNS[side] + fee;
        self.made.position += QTY * SIGNS[side];
        self.made.fees += fee;
        self.made.fills += 1;
    }

    fn finish(self) -> Made {
        let twice_middle = self.touch[0].0 + self.touch[1].0;
        let equity = self.cash + self.made.position * twice_middle / (2 * UNIT * UNIT / MONEY);
        Made { equity, ..self.made }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &str, want: &str) {
        let rows: String = rows.lines().map(|row| format!("0,{}\n", row.trim())).collect();
        assert_eq!(touch_maker(&format!("ts_ns,kind,p1,q1,p2,q2\n{rows}"), 1).text(), want);
    }

    #[test]
    fn a_trade_has_to_exceed_what_is_ahead() {
        check("Q,100,1,102,1\nS,100,1,0,0", "2 0 0 0 0 1000000");
        check("Q,100,1,102,1\nS,100,1.001,0,0", "2 1 0 0.01 0.0002 1000000.0098");
    }

    #[test]
    fn an_order_follows_the_touch() {
        check("Q,100,1,102,1\nQ,101,1,102,1", "3 0 1 0 0 1000000");
    }
}
