//! An independent reckoning of the workloads: what must the whole chain come to?
//!
//! In: the text of a tape. Out: orders, fees, position and final equity as exact integers. It shares no code with the
//! host: no reader, no order book, no risk, no decimal type, just the rules of the three strategies in plain loops (the
//! maker, which needs a queue, in [`maker`]).
//! Must never: import a package of this workspace.

pub mod maker;

use std::collections::VecDeque;

/// Units of 10^-12 of the quote currency.
pub const MONEY: i128 = 1_000_000_000_000;
const PRICE: i128 = 100_000_000;

/// When a market order is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At the price of the event that caused it (a bar's close).
    Same,
    /// At the next trade's price, or the next bar's open.
    Next,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Orders sent.
    pub orders: u64,
    /// Orders filled.
    pub fills: u64,
    /// Position at the end, in units.
    pub position: i128,
    /// Fees of 1 bp, in units of 10^-12.
    pub fees: i128,
    /// Cash and position at the last price, in units of 10^-12.
    pub equity: i128,
}

/// EMA cross on trades (`ts_ns,price,qty`): long 100 above, short 100 below, from tick `slow` on.
///
/// # Panics
/// When the tape is not such a text.
#[must_use]
pub fn ema_cross(tape: &str, (fast, slow): (u32, u32), moment: Moment, cash: i128) -> Outcome {
    let mut book = Ledger::new(cash);
    let alpha = |n: u32| 2.0 / (f64::from(n) + 1.0);
    let (mut ema_fast, mut ema_slow) = (None::<f64>, None::<f64>);
    for (tick, line) in tape.lines().skip(1).enumerate() {
        let price = number(line.split(',').nth(1).expect("a price"));
        book.arrive(price, price, moment);
        #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53")]
        let x = price as f64;
        let step = |ema: Option<f64>, n| ema.map_or(x, |ema| ema + alpha(n) * (x - ema));
        (ema_fast, ema_slow) = (Some(step(ema_fast, fast)), Some(step(ema_slow, slow)));
        if tick + 1 < slow as usize {
            continue;
        }
        let size = if book.position == 0 { 100 } else { 200 };
        if ema_fast >= ema_slow && book.position <= 0 {
            book.order(size, price, moment);
        } else if ema_fast < ema_slow && book.position >= 0 {
            book.order(-size, price, moment);
        }
    }
    book.outcome()
}

/// SMA cross on bars (`ts_ns,open,high,low,close,volume`): long `qty` or flat, from bar `slow` on.
///
/// # Panics
/// When the tape is not such a text.
#[must_use]
pub fn sma_cross(tape: &str, (fast, slow): (usize, usize), (qty, cash): (i128, i128), moment: Moment) -> Outcome {
    let mut book = Ledger::new(cash);
    let mut closes = VecDeque::new();
    for line in tape.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (open, close) = (number(fields[1]), number(fields[4]));
        book.arrive(open, close, moment);
        closes.push_back(close);
        if closes.len() > slow {
            closes.pop_front();
        }
        if closes.len() < slow {
            continue;
        }
        let sum_slow: i128 = closes.iter().sum();
        let sum_fast: i128 = closes.iter().rev().take(fast).sum();
        let (left, right) = (sum_fast * slow as i128, sum_slow * fast as i128);
        if left > right && book.position == 0 {
            book.order(qty, close, moment);
        } else if left < right && book.position > 0 {
            book.order(-qty, close, moment);
        }
    }
    book.outcome()
}

/// Cash, position and the order that waits for the next event.
struct Ledger {
    cash: i128,
    position: i128,
    last: i128,
    waiting: Option<i128>,
    outcome: Outcome,
}

impl Ledger {
    fn new(cash: i128) -> Ledger {
        Ledger { cash: cash * MONEY, position: 0, last: 0, waiting: None, outcome: Outcome::default() }
    }

    /// A market event: first the fill it causes, then its price counts.
    fn arrive(&mut self, fill_at: i128, mark: i128, moment: Moment) {
        if moment == Moment::Next
            && let Some(qty) = self.waiting.take()
        {
            self.fill(qty, fill_at);
        }
        self.last = mark;
    }

    fn order(&mut self, qty: i128, price: i128, moment: Moment) {
        self.outcome.orders += 1;
        match moment {
            Moment::Same => self.fill(qty, price),
            Moment::Next => self.waiting = Some(qty),
        }
    }

    fn fill(&mut self, qty: i128, price: i128) {
        let value = price * qty * (MONEY / PRICE);
        // 1 bp of the value, exact: the unit is 10^-12 and prices have at most 8 digits.
        let fee = price * qty.abs();
        self.cash -= value + fee;
        self.position += qty;
        self.outcome.fees += fee;
        self.outcome.fills += 1;
    }

    fn outcome(self) -> Outcome {
        let equity = self.cash + self.position * self.last * (MONEY / PRICE);
        Outcome { position: self.position, equity, ..self.outcome }
    }
}

/// A plain decimal as units of 10^-8.
fn number(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 8, "{text} is finer than this reckoning");
    let digits: i128 = format!("{whole}{part:0<8}").parse().expect("a plain decimal");
    digits
}

/// Units of 10^-12 as decimal text without trailing zeros.
#[must_use]
pub fn money(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, part) = (units.abs() / MONEY, units.abs() % MONEY);
    let text = format!("{sign}{whole}.{part:012}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_pays_two_fees_and_the_difference() {
        let mut book = Ledger::new(1000);
        book.arrive(10 * PRICE, 10 * PRICE, Moment::Same);
        book.order(5, 10 * PRICE, Moment::Same);
        book.arrive(11 * PRICE, 11 * PRICE, Moment::Same);
        book.order(-5, 11 * PRICE, Moment::Same);
        let outcome = book.outcome();
        assert_eq!((money(outcome.equity), money(outcome.fees)), ("1004.9895".into(), "0.0105".into()));
    }

    #[test]
    fn an_order_of_the_last_event_stays_unfilled_under_next() {
        let mut book = Ledger::new(0);
        book.order(1, PRICE, Moment::Next);
        assert_eq!(book.outcome().fills, 0);
    }
}
