//! Scripts: which session and which events does a text describe?
//!
//! In: text in the form of the Rust SDK's harness, with the lines `instrument`, `param` and `capital` before it. Out: what
//! the session begins with, and events with their times. Must never: guess: a line that is not understood is an error with
//! its number.

use ringfence_core::event::{CancelReason, Liquidity, RejectReason};
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Decimal, Scale, mul_exact};

/// An instrument of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) symbol: String,
    pub(super) price_scale: Scale,
    pub(super) qty_scale: Scale,
}

/// What a session begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) instruments: Vec<Listed>,
    pub(super) params: Vec<(String, String)>,
    pub(super) capital: Option<Decimal>,
}

/// What happens. Instruments are counted from 0; prices and quantities are mantissas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Trade(usize, i64, i64, Option<Side>),
    Quote(usize, [i64; 4]),
    /// Open, high, low, close, volume, length in ns.
    Bar(usize, [i64; 5], u64),
    Mark(usize, i64),
    Status(usize, InstrumentStatus),
    /// True where data can be trusted again.
    Feed(usize, bool),
    Trading(bool),
    Accepted(u64),
    Expired(u64),
    Unknown(u64),
    Rejected(u64, RejectReason),
    CancelRejected(u64, RejectReason),
    AmendRejected(u64, RejectReason),
    Canceled(u64, CancelReason),
    Filled(FillLine),
    Time,
    Restart,
}

/// A fill as a script tells it; the rest follows from the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FillLine {
    pub(super) id: u64,
    pub(super) qty: Decimal,
    pub(super) price: Decimal,
    pub(super) fee: Decimal,
    pub(super) liquidity: Liquidity,
}

/// A line with its number, for what goes wrong later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) time_ns: u64,
    pub(super) happening: Happening,
}

/// What is wrong with a script, or with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The line, counted from 1; `None` = it is about the whole.
    pub(crate) line: Option<usize>,
    pub(crate) reason: String,
}

impl Flaw {
    /// One about the whole script.
    pub(super) fn whole(reason: impl Into<String>) -> Flaw {
        Flaw { line: None, reason: reason.into() }
    }
}

/// A whole script, or all that is wrong with it.
pub(super) fn parse(text: &str) -> Result<(Head, Vec<Step>), Vec<Flaw>> {
    let mut script = Script::default();
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).zip(1..);
    for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
        if let Err(reason) = script.line(line, number) {
            script.flaws.push(Flaw { line: Some(number), reason: format!("{reason} in `{line}`") });
        }
    }
    if script.head.instruments.is_empty() && script.flaws.is_empty() {
        let form = "`instrument X:SPY 2 0` (symbol, price and quantity scale)";
        script.flaws.push(Flaw::whole(format!("a script begins with its instruments: {form}")));
    }
    if script.flaws.is_empty() { Ok((script.head, script.steps)) } else { Err(script.flaws) }
}

/// What was read.
#[derive(Default)]
struct Script {
    head: Head,
    /// An instrument could not be read, so that which ones there are is not known.
    is_headless: bool,
    steps: Vec<Step>,
    time_ns: u64,
    has_events: bool,
    flaws: Vec<Flaw>,
}

impl Script {
    fn line(&mut self, line: &str, number: usize) -> Result<(), String> {
        let is_head = head_line(&mut self.head, line);
        self.is_headless |= is_head.is_err();
        if is_head? {
            return if self.has_events { Err("this stands before the first event".to_owned()) } else { Ok(()) };
        }
        self.has_events = true;
        if self.is_headless {
            return Ok(());
        }
        let (time_ns, happening) = event_line(&self.head, line)?;
        if self.time_ns > time_ns {
            return Err("time runs backwards".to_owned());
        }
        self.time_ns = time_ns;
        self.steps.push(Step { line: number, time_ns, happening });
        Ok(())
    }
}

fn head_line(head: &mut Head, line: &str) -> Result<bool, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["instrument", symbol, price_scale, qty_scale] => {
            let listed =
                Listed { symbol: symbol.into(), price_scale: scale(price_scale)?, qty_scale: scale(qty_scale)? };
            if listed.price_scale.digits() + listed.qty_scale.digits() > Scale::MAX {
                return Err("the scales together are above 18".to_owned());
            }
            head.instruments.push(listed);
        }
        ["instrument", ..] => return Err("an instrument is `instrument X:SPY 2 0`".to_owned()),
        ["param", key, ..] => {
            // A value may hold spaces; it is what stands behind the key.
            let value = line["param".len()..].trim_start()[key.len()..].trim();
            head.params.push((key.to_owned(), value.to_owned()));
        }
        ["capital", amount] => head.capital = Some(number(amount, "amount")?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn scale(word: &str) -> Result<Scale, String> {
    let scale = word.parse().ok().and_then(Scale::new);
    scale.ok_or_else(|| format!("`{word}` is no scale from 0 to 18"))
}

fn number<T: std::str::FromStr>(word: &str, what: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no {what}"))
}

/// The words of a line, one after the other.
struct Words<'a> {
    rest: std::str::SplitWhitespace<'a>,
    head: &'a Head,
}

fn event_line(head: &Head, line: &str) -> Result<(u64, Happening), String> {
    let mut words = Words { rest: line.split_whitespace(), head };
    let word = words.next("a time")?;
    let time = duration_ns(word).ok_or_else(|| format!("`{word}` is no time like 1.5s"))?;
    let happening = words.happening()?;
    match words.rest.next() {
        None => Ok((time, happening)),
        Some(word) => Err(format!("`{word}` is too much")),
    }
}

/// What a script may tell.
const EVENTS: &str = "trade, quote, bar, mark, status, feed, trading, accepted, rejected, filled, canceled, \
                      cancel-rejected, amend-rejected, expired, unknown, time, restart";

impl<'a> Words<'a> {
    fn next(&mut self, what: &str) -> Result<&'a str, String> {
        self.rest.next().ok_or_else(|| format!("{what} is missing"))
    }

    fn is_more(&self) -> bool {
        self.rest.clone().next().is_some()
    }

    fn happening(&mut self) -> Result<Happening, String> {
        let word = self.next("an event")?;
        Ok(match word {
            "time" => Happening::Time,
            "restart" => Happening::Restart,
            "trading" => Happening::Trading(self.switch()?),
            "accepted" => Happening::Accepted(self.id()?),
            "expired" => Happening::Expired(self.id()?),
            "unknown" => Happening::Unknown(self.id()?),
            "rejected" => Happening::Rejected(self.id()?, self.reject_reason()?),
            "cancel-rejected" => Happening::CancelRejected(self.id()?, self.reject_reason()?),
            "amend-rejected" => Happening::AmendRejected(self.id()?, self.reject_reason()?),
            "canceled" => Happening::Canceled(self.id()?, self.cancel_reason()?),
            "filled" => Happening::Filled(self.fill()?),
            "trade" | "quote" | "bar" | "mark" | "status" | "feed" => {
                let at = self.instrument()?;
                self.market(word, at)?
            }
            other => return Err(format!("`{other}` is no event of a script; known: {EVENTS}")),
        })
    }

    fn market(&mut self, word: &str, at: usize) -> Result<Happening, String> {
        Ok(match word {
            "trade" => Happening::Trade(at, self.price(at)?, self.qty(at)?, self.aggressor()?),
            "quote" => Happening::Quote(at, [self.price(at)?, self.qty(at)?, self.price(at)?, self.qty(at)?]),
            "bar" => self.bar(at)?,
            "mark" => Happening::Mark(at, self.price(at)?),
            "status" => Happening::Status(at, self.coded(InstrumentStatus::ALL, InstrumentStatus::code)?),
            _ => Happening::Feed(at, self.either("live", "stale")?),
        })
    }

    fn bar(&mut self, at: usize) -> Result<Happening, String> {
        let open = self.price(at)?;
        let mut values = [open, open, open, open, 0];
        if self.is_more() {
            values = [open, self.price(at)?, self.price(at)?, self.price(at)?, self.qty(at)?];
        }
        let length = match self.rest.next() {
            Some(word) => duration_ns(word).ok_or_else(|| format!("`{word}` is no length of time"))?,
            None => DAY_NS,
        };
        Ok(Happening::Bar(at, values, length))
    }

    fn instrument(&mut self) -> Result<usize, String> {
        let symbol = self.next("a symbol")?;
        let found = self.head.instruments.iter().position(|listed| listed.symbol == symbol);
        found.ok_or_else(|| format!("`{symbol}` is no instrument of this script"))
    }

    fn price(&mut self, at: usize) -> Result<i64, String> {
        let word = self.next("a price")?;
        mantissa(word, self.head.instruments[at].price_scale)
    }

    fn qty(&mut self, at: usize) -> Result<i64, String> {
        let word = self.next("a quantity")?;
        mantissa(word, self.head.instruments[at].qty_scale)
    }

    fn aggressor(&mut self) -> Result<Option<Side>, String> {
        if self.is_more() { self.coded(Side::ALL, Side::code).map(Some) } else { Ok(None) }
    }

    fn coded<T: Copy>(&mut self, all: &[T], code: fn(T) -> &'static str) -> Result<T, String> {
        let word = self.next("a word")?;
        let known = || all.iter().map(|case| code(*case)).collect::<Vec<_>>().join(", ");
        let found = all.iter().copied().find(|case| code(*case) == word);
        found.ok_or_else(|| format!("`{word}` is none of {}", known()))
    }

    fn reject_reason(&mut self) -> Result<RejectReason, String> {
        self.coded(RejectReason::ALL, RejectReason::code)
    }

    fn cancel_reason(&mut self) -> Result<CancelReason, String> {
        if self.is_more() { self.coded(CancelReason::ALL, CancelReason::code) } else { Ok(CancelReason::Asked) }
    }

    fn switch(&mut self) -> Result<bool, String> {
        self.either("on", "off")
    }

    fn either(&mut self, yes: &str, no: &str) -> Result<bool, String> {
        match self.next("a word")? {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            other => Err(format!("`{other}` is neither `{yes}` nor `{no}`")),
        }
    }

    fn id(&mut self) -> Result<u64, String> {
        number(self.next("the number of an intent")?, "number of an intent")
    }

    fn fill(&mut self) -> Result<FillLine, String> {
        let id = self.id()?;
        let qty = number(self.next("a quantity")?, "quantity")?;
        let word = self.next("a price")?;
        let price = word.strip_prefix('@').ok_or_else(|| format!("`{word}` is no price like `@1.5`"))?;
        let mut fill =
            FillLine { id, qty, price: number(price, "price")?, fee: Decimal::ZERO, liquidity: Liquidity::Taker };
        while self.is_more() {
            match self.next("a word")? {
                "fee" => fill.fee = number(self.next("a fee")?, "fee")?,
                "maker" => fill.liquidity = Liquidity::Maker,
                "taker" => fill.liquidity = Liquidity::Taker,
                other => return Err(format!("`{other}` is neither `fee`, `maker` nor `taker`")),
            }
        }
        Ok(fill)
    }
}

const DAY_NS: u64 = 86_400_000_000_000;

/// A decimal as a mantissa, exactly.
pub(super) fn mantissa(word: &str, scale: Scale) -> Result<i64, String> {
    let value: Decimal = number(word, "decimal number")?;
    mantissa_of(value, scale)
        .ok_or_else(|| format!("`{word}` has more than {} digits behind the point", scale.digits()))
}

pub(super) fn mantissa_of(value: Decimal, scale: Scale) -> Option<i64> {
    let mut value = value.normalize();
    if value.scale() > u32::from(scale.digits()) {
        return None;
    }
    value.rescale(u32::from(scale.digits()));
    if value.scale() != u32::from(scale.digits()) && !value.is_zero() {
        return None;
    }
    i64::try_from(value.mantissa()).ok()
}

/// `1.5s`, `250ms`, `3m` in nanoseconds.
fn duration_ns(word: &str) -> Option<u64> {
    let at = word.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (digits, unit) = word.split_at(at);
    let ns: u64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => DAY_NS,
        _ => return None,
    };
    let value = mul_exact(digits.parse().ok()?, Decimal::from(ns)).ok()?.normalize();
    if value.scale() != 0 { None } else { u64::try_from(value.mantissa()).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "instrument X:SPY 2 0\n";

    #[track_caller]
    fn read(line: &str, want: &str) {
        let got = parse(&format!("{HEAD}{line}"));
        let shown = got.map_or_else(told, |(_, steps)| format!("{} {:?}", steps[0].time_ns, steps[0].happening));
        assert_eq!(shown, want);
    }

    fn told(flaws: Vec<Flaw>) -> String {
        let one = |flaw: &Flaw| match flaw.line {
            Some(line) => format!("line {line}: {}", flaw.reason),
            None => flaw.reason.clone(),
        };
        flaws.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lines_are_read_as_in_the_harness_of_the_rust_sdk() {
        read("1.5s trade X:SPY 145.07 300 buy # note", "1500000000 Trade(0, 14507, 300, Some(Buy))");
        read("1ms quote X:SPY 145.06 200 0 0", "1000000 Quote(0, [14506, 200, 0, 0])");
        read("1m bar X:SPY 1 4 0.5 2 9 1m", "60000000000 Bar(0, [100, 400, 50, 200, 9], 60000000000)");
        read("1d bar X:SPY 1", "86400000000000 Bar(0, [100, 100, 100, 100, 0], 86400000000000)");
        read("2s canceled 3", "2000000000 Canceled(3, Asked)");
        read("2s restart", "2000000000 Restart");
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_with_what_is_wrong() {
        read("1s trade X:QQQ 1 1", "line 2: `X:QQQ` is no instrument of this script in `1s trade X:QQQ 1 1`");
        read(
            "1s trade X:SPY 1.001 1",
            "line 2: `1.001` has more than 2 digits behind the point in `1s trade X:SPY 1.001 1`",
        );
        read("1s trade X:SPY 1", "line 2: a quantity is missing in `1s trade X:SPY 1`");
        read("1s trade X:SPY 1 1 buy 7", "line 2: `7` is too much in `1s trade X:SPY 1 1 buy 7`");
        read("1x time", "line 2: `1x` is no time like 1.5s in `1x time`");
        read("1s filled 1 100 8", "line 2: `8` is no price like `@1.5` in `1s filled 1 100 8`");
        read("2s time\n1s time", "line 3: time runs backwards in `1s time`");
        read("2s time\nparam a b", "line 3: this stands before the first event in `param a b`");
        assert!(told(parse("1s time").expect_err("no instrument")).contains("begins with its instruments"));
    }

    #[test]
    fn all_that_is_wrong_is_told_and_nothing_that_follows_from_it() {
        read(
            "1s trad X:SPY 1 1\n2s trade X:SPY 1 1\n1s time\n3s time now",
            "line 2: `trad` is no event of a script; known: trade, quote, bar, mark, status, feed, trading, accepted, \
             rejected, filled, canceled, cancel-rejected, amend-rejected, expired, unknown, time, restart in \
             `1s trad X:SPY 1 1`\n\
             line 4: time runs backwards in `1s time`\n\
             line 5: `now` is too much in `3s time now`",
        );
        let flaws = parse("instrument X:SPY two 0\nparam a 1\ncapital much\n1s trade X:SPY 1 1\n");
        assert_eq!(
            told(flaws.expect_err("the instrument is wrong")),
            "line 1: `two` is no scale from 0 to 18 in `instrument X:SPY two 0`\n\
             line 3: `much` is no amount in `capital much`"
        );
    }

    #[test]
    fn a_parameter_is_what_stands_behind_its_key() {
        let (head, _) = parse(&format!("{HEAD}param text  two words ")).expect("good");
        assert_eq!(head.params, [("text".to_owned(), "two words".to_owned())]);
    }
}
