//! Order flow as a tape: which rows does the standard market of a seed have?
//!
//! In: a seed. Out: lines of quotes and trades, those that the same market has where it is written as text. Must never: part
//! what the venue said in one message.

use std::io::{self, Write};

use ringfence_core::event::{Event, EventKind, Quote, Trade};
use ringfence_core::instrument::Side;

use super::Cents;
use crate::flow::{Flow, Market, STANDARD};

/// The market, and its last message.
pub(super) struct FlowText {
    market: Market,
    message: Vec<Event>,
}

impl FlowText {
    pub(super) fn new(seed: u64) -> FlowText {
        let market = Market::new(Flow { seed, ..STANDARD }).expect("the standard parameters are in their ranges");
        FlowText { market, message: Vec::new() }
    }

    /// Writes the rows of the next message; how many may follow them. None follow where a message has more rows than may.
    pub(super) fn message(&mut self, rows_left: u64, out: &mut Vec<u8>) -> io::Result<u64> {
        if !self.market.next(&mut self.message) {
            return Ok(0);
        }
        let lines = || self.message.iter().filter_map(|event| Some((event.time.0, Told::of(&event.kind)?)));
        let Some(left) = rows_left.checked_sub(lines().count() as u64) else { return Ok(0) };
        for (time, told) in lines() {
            match told {
                Told::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
                    let (bid, ask) = (Cents(bid_price.0), Cents(ask_price.0));
                    writeln!(out, "{time},Q,{bid},{},{ask},{}", bid_qty.0, ask_qty.0)?;
                }
                Told::Trade(letter, Trade { price, qty, .. }) => {
                    writeln!(out, "{time},{letter},{},{},0,0", Cents(price.0), qty.0)?;
                }
            }
        }
        Ok(left)
    }
}

/// What the layout has columns for.
enum Told {
    Quote(Quote),
    Trade(char, Trade),
}

impl Told {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a market makes three of the many kinds of events")]
    fn of(kind: &EventKind) -> Option<Told> {
        match kind {
            EventKind::Quote(quote) => Some(Told::Quote(*quote)),
            EventKind::Trade(trade) => Some(Told::Trade(if trade.aggressor? == Side::Buy { 'B' } else { 'S' }, *trade)),
            _ => None,
        }
    }
}
