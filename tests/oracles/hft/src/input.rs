//! What happens in the market, and what is asked for?
//!
//! In: lines, oldest first; prices in ticks, quantities in lots, times in ns. Out: the same as values. Must never: put
//! them in another order.
//!
//! `quote TIME BID SIZE ASK SIZE` · `level TIME buy|sell PRICE SIZE` · `trade TIME buy|sell PRICE SIZE` (side of the
//! aggressor) · `submit TIME ID buy|sell PRICE QTY gtc|gtx|ioc|fok` · `cancel TIME ID` · `amend TIME ID PRICE QTY`

use hftbacktest::types::{Side, TimeInForce};

use crate::setting::number;

pub(crate) struct Line {
    pub(crate) time: i64,
    pub(crate) what: What,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    Quote { bid: (i64, i64), ask: (i64, i64) },
    Level { side: Side, price: i64, size: i64 },
    Trade { aggressor: Side, price: i64, size: i64 },
    Submit { id: u64, side: Side, price: i64, qty: i64, tif: TimeInForce },
    Cancel { id: u64 },
    Amend { id: u64, price: i64, qty: i64 },
}

pub(crate) fn read(text: &str) -> Result<Vec<Line>, String> {
    text.lines().map(|line| read_line(line).map_err(|problem| format!("{line}: {problem}"))).collect()
}

fn read_line(line: &str) -> Result<Line, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let what = match words[..] {
        ["quote", _, bid, bids, ask, asks] => {
            What::Quote { bid: (number(bid)?, number(bids)?), ask: (number(ask)?, number(asks)?) }
        }
        ["level", _, word, price, size] => {
            What::Level { side: side(word)?, price: number(price)?, size: number(size)? }
        }
        ["trade", _, word, price, size] => {
            What::Trade { aggressor: side(word)?, price: number(price)?, size: number(size)? }
        }
        ["submit", _, id, word, price, qty, tif] => What::Submit {
            id: number(id)?,
            side: side(word)?,
            price: number(price)?,
            qty: number(qty)?,
            tif: time_in_force(tif)?,
        },
        ["cancel", _, id] => What::Cancel { id: number(id)? },
        ["amend", _, id, price, qty] => What::Amend { id: number(id)?, price: number(price)?, qty: number(qty)? },
        _ => return Err("no such line".to_owned()),
    };
    Ok(Line { time: number(words[1])?, what })
}

fn side(word: &str) -> Result<Side, String> {
    match word {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(format!("`{other}` is no side")),
    }
}

fn time_in_force(word: &str) -> Result<TimeInForce, String> {
    match word {
        "gtc" => Ok(TimeInForce::GTC),
        "gtx" => Ok(TimeInForce::GTX),
        "ioc" => Ok(TimeInForce::IOC),
        "fok" => Ok(TimeInForce::FOK),
        other => Err(format!("`{other}` is no time in force")),
    }
}
