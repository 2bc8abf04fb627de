//! Which models does hftbacktest run with?
//!
//! In: `key=value` words. Out: a setting. Must never: have a default for a model.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Everything but the market and the orders.
pub(crate) struct Setting {
    /// `tick=`: price of one tick.
    pub(crate) tick: f64,
    /// `lot=`: smallest quantity.
    pub(crate) lot: f64,
    /// `queue=`: `risk-averse`, `power-prob:N`, `power-prob-2:N`, `power-prob-3:N`, `log-prob`, `log-prob-2`.
    pub(crate) queue: String,
    /// `fills=whole` or `fills=partial`: which of its two exchanges.
    pub(crate) has_partial_fills: bool,
    /// `maker=`, `taker=`: fees as a part of the value.
    pub(crate) fees: (f64, f64),
    pub(crate) latency: Latency,
    pub(crate) run: Run,
}

/// `entry=` and `response=` in ns, or `latency=` and rows `request:exchange:response` with commas between them.
pub(crate) enum Latency {
    Constant(i64, i64),
    Measured(Vec<[i64; 3]>),
}

/// `run=orders`, or `run=maker:QTY:POSITION_MAX` in lots.
pub(crate) enum Run {
    Orders,
    Maker { qty: i64, position_max: i64 },
}

impl Setting {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Setting, String> {
        let pair = |word: String| {
            let (key, value) = word.split_once('=').ok_or(format!("`{word}` is not key=value"))?;
            Ok::<_, String>((key.to_owned(), value.to_owned()))
        };
        let words: BTreeMap<String, String> = words.map(pair).collect::<Result<_, _>>()?;
        let get = |key: &str| words.get(key).map(String::as_str).ok_or(format!("`{key}=` is missing"));
        let latency = match words.get("latency") {
            Some(rows) => Latency::Measured(rows.split(',').map(row).collect::<Result<_, _>>()?),
            None => Latency::Constant(number(get("entry")?)?, number(get("response")?)?),
        };
        let run: Vec<&str> = get("run")?.split(':').collect();
        let run = match run[..] {
            ["orders"] => Run::Orders,
            ["maker", qty, max] => Run::Maker { qty: number(qty)?, position_max: number(max)? },
            _ => return Err(format!("run={run:?}")),
        };
        let has_partial_fills = match get("fills")? {
            "whole" => false,
            "partial" => true,
            other => return Err(format!("fills={other}")),
        };
        Ok(Setting {
            tick: number(get("tick")?)?,
            lot: number(get("lot")?)?,
            queue: get("queue")?.to_owned(),
            has_partial_fills,
            fees: (number(get("maker")?)?, number(get("taker")?)?),
            latency,
            run,
        })
    }
}

fn row(text: &str) -> Result<[i64; 3], String> {
    let times: Vec<i64> = text.split(':').map(number).collect::<Result<_, _>>()?;
    times.try_into().map_err(|_| format!("`{text}` is not request:exchange:response"))
}

pub(crate) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}
