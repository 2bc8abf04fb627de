//! Question: which events does a script describe?
//!
//! In: text. Out: times and events. Must never guess: a line that is not understood stops the test with its number.

use crate::decimal::Decimal;
use crate::event::{
    Adjustment, Bar, BookAction, CancelReason, Canceled, CorporateAction, FeedState, Funding, InstrumentState,
    Liquidity, Outcome, OutcomeCode, Payload, Quote, Reject, RejectReason, Side, Signal, Trade,
};
use crate::instrument::Instrument;
use crate::number::{Amount, InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::plan::BarSpec;

const DAY_NS: u64 = 86_400_000_000_000;

/// What a line asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Something happens. Events of orders have no instrument here: the desk knows it.
    Event(InstrumentId, Payload),
    /// An order is filled.
    Filled(FillLine),
    /// A fill is taken back.
    Busted(FillLine),
    /// An order has new terms: price, whole quantity.
    Amended(IntentId, Decimal, Decimal),
    /// Only time passes.
    Time,
    /// The strategy is replaced by itself.
    Restart,
}

/// What a script says of a fill; the desk knows the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct FillLine {
    pub(super) id: IntentId,
    pub(super) qty: Decimal,
    pub(super) price: Decimal,
    pub(super) fee: Decimal,
    pub(super) liquidity: Liquidity,
}

/// Reads a whole script.
pub(super) fn parse(script: &str, instruments: &[Instrument]) -> Vec<(TimeNs, Step)> {
    let mut steps: Vec<(TimeNs, Step)> = Vec::new();
    for (at, line) in script.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let step = parse_line(line, instruments);
        let step = step.unwrap_or_else(|reason| panic!("script line {}: {reason} in `{line}`", at + 1));
        let earlier = steps.last().is_some_and(|(time, _)| *time > step.0);
        assert!(!earlier, "script line {}: time runs backwards in `{line}`", at + 1);
        steps.push(step);
    }
    steps
}

/// What is wrong with a line.
type Reason = String;

/// The words of a line, one after the other.
struct Words<'t> {
    rest: std::str::SplitWhitespace<'t>,
    instruments: &'t [Instrument],
}

fn parse_line(line: &str, instruments: &[Instrument]) -> Result<(TimeNs, Step), Reason> {
    let mut words = Words { rest: line.split_whitespace(), instruments };
    let time = words.duration()?;
    let step = match words.next("an event")? {
        "time" => Step::Time,
        "restart" => Step::Restart,
        "signal" => Step::Event(InstrumentId::NONE, words.signal()?),
        "trading" => Step::Event(InstrumentId::NONE, Payload::Trading(words.switch()?)),
        "filled" => Step::Filled(words.fill()?),
        "busted" => Step::Busted(words.fill()?),
        "amended" => Step::Amended(words.id()?, words.order_price()?, words.number("quantity")?),
        word => match words.order(word)? {
            Some(payload) => Step::Event(InstrumentId::NONE, payload),
            None => words.market(word, time)?,
        },
    };
    match words.rest.next() {
        None => Ok((TimeNs(time), step)),
        Some(word) => Err(format!("`{word}` is too much")),
    }
}

impl<'t> Words<'t> {
    fn next(&mut self, what: &str) -> Result<&'t str, Reason> {
        self.rest.next().ok_or_else(|| format!("{what} is missing"))
    }

    fn named<T>(&mut self, what: &str, from_name: fn(&str) -> Option<T>) -> Result<T, Reason> {
        let word = self.next(what)?;
        from_name(word).ok_or_else(|| format!("`{word}` is no {what}"))
    }

    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Reason> {
        let word = self.next(what)?;
        word.parse().map_err(|_| format!("`{word}` is no {what}"))
    }

    fn id(&mut self) -> Result<IntentId, Reason> {
        self.number("intent number").map(IntentId)
    }

    fn duration(&mut self) -> Result<u64, Reason> {
        let word = self.next("a time")?;
        duration_ns(word).ok_or_else(|| format!("`{word}` is no time"))
    }

    fn switch(&mut self) -> Result<bool, Reason> {
        self.named("`on` or `off`", |word| match word {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    fn signal(&mut self) -> Result<Payload, Reason> {
        let (source, name) = (self.number("source")?, self.number("name")?);
        Ok(Payload::Signal(Signal { source, name, value: self.number("value")? }))
    }

    /// The event of an order; `None` when the word is not one.
    fn order(&mut self, word: &str) -> Result<Option<Payload>, Reason> {
        let payload = match word {
            "accepted" => Payload::Accepted(self.id()?),
            "expired" => Payload::Expired(self.id()?),
            "unknown" => Payload::Unknown(self.id()?),
            "rejected" => Payload::Rejected(self.reject()?),
            "cancel-rejected" => Payload::CancelRejected(self.reject()?),
            "amend-rejected" => Payload::AmendRejected(self.reject()?),
            "canceled" => Payload::Canceled(self.canceled()?),
            "outcome" => {
                Payload::Outcome(Outcome { id: self.id()?, code: self.named("outcome", OutcomeCode::from_name)? })
            }
            _ => return Ok(None),
        };
        Ok(Some(payload))
    }

    fn reject(&mut self) -> Result<Reject, Reason> {
        Ok(Reject { id: self.id()?, reason: self.named("reason", RejectReason::from_name)? })
    }

    fn canceled(&mut self) -> Result<Canceled, Reason> {
        let id = self.id()?;
        let reason = match self.rest.clone().next() {
            Some(_) => self.named("reason", CancelReason::from_name)?,
            None => CancelReason::Asked,
        };
        Ok(Canceled { id, leaves: Qty::ZERO, reason })
    }

    fn fill(&mut self) -> Result<FillLine, Reason> {
        let id = self.id()?;
        let (qty, price) = (self.number("quantity")?, self.order_price()?);
        let mut fill = FillLine { id, qty, price, fee: Decimal::ZERO, liquidity: Liquidity::Taker };
        while let Some(word) = self.rest.next() {
            match (word, Liquidity::from_name(word)) {
                ("fee", _) => fill.fee = self.number("fee")?,
                (_, Some(liquidity)) => fill.liquidity = liquidity,
                (_, None) => return Err(format!("`{word}` is neither `fee` nor a liquidity")),
            }
        }
        Ok(fill)
    }

    fn order_price(&mut self) -> Result<Decimal, Reason> {
        let word = self.next("a price")?;
        let price = word.strip_prefix('@').and_then(|text| text.parse().ok());
        price.ok_or_else(|| format!("`{word}` is no price like `@1.5`"))
    }

    fn market(&mut self, word: &str, time: u64) -> Result<Step, Reason> {
        let symbol = self.next("a symbol")?;
        let instrument = self.instruments.iter().find(|instrument| instrument.symbol == symbol);
        let instrument = instrument.ok_or_else(|| format!("`{symbol}` is no instrument"))?;
        let payload = match word {
            "trade" => self.trade(instrument)?,
            "quote" => self.quote(instrument)?,
            "book" => Payload::Book(self.named("book action", BookAction::from_name)?),
            "bar" => self.bar(instrument, time)?,
            "mark" => Payload::MarkPrice(self.price(instrument)?),
            "funding" => self.funding(time)?,
            "status" => Payload::Status(self.named("state", InstrumentState::from_name)?),
            "feed" => Payload::Feed(self.named("state", FeedState::from_name)?),
            _ => Payload::CorporateAction(self.corporate_action(word, instrument)?),
        };
        Ok(Step::Event(instrument.id, payload))
    }

    fn price(&mut self, instrument: &Instrument) -> Result<Price, Reason> {
        let text = self.next("a price")?;
        instrument.price(text).map_err(|error| format!("`{text}`: {error}"))
    }

    fn qty(&mut self, instrument: &Instrument) -> Result<Qty, Reason> {
        let text = self.next("a quantity")?;
        instrument.qty(text).map_err(|error| format!("`{text}`: {error}"))
    }

    fn trade(&mut self, instrument: &Instrument) -> Result<Payload, Reason> {
        let (price, qty) = (self.price(instrument)?, self.qty(instrument)?);
        let aggressor = match self.rest.next() {
            Some(word) => Some(Side::from_name(word).ok_or_else(|| format!("`{word}` is no side"))?),
            None => None,
        };
        Ok(Payload::Trade(Trade { price, qty, aggressor }))
    }

    fn quote(&mut self, instrument: &Instrument) -> Result<Payload, Reason> {
        let (bid_price, bid_qty) = (self.price(instrument)?, self.qty(instrument)?);
        let (ask_price, ask_qty) = (self.price(instrument)?, self.qty(instrument)?);
        Ok(Payload::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }))
    }

    fn bar(&mut self, instrument: &Instrument, time: u64) -> Result<Payload, Reason> {
        let open = self.price(instrument)?;
        let mut bar = Bar {
            open,
            high: open,
            low: open,
            close: open,
            volume: Qty::ZERO,
            open_time: TimeNs(time.saturating_sub(DAY_NS)),
            interval_ns: DAY_NS,
        };
        if self.rest.clone().next().is_some() {
            bar.high = self.price(instrument)?;
            bar.low = self.price(instrument)?;
            bar.close = self.price(instrument)?;
            bar.volume = self.qty(instrument)?;
        }
        if let Some(spec) = self.bar_spec(instrument)? {
            bar.interval_ns = spec.code();
            let length = if let BarSpec::TimeNs(length) = spec { length } else { 0 };
            bar.open_time = TimeNs(time.saturating_sub(length));
        }
        Ok(Payload::Bar(bar))
    }

    /// What is left of a bar's line: a length of time, or the name of a kind and its size.
    fn bar_spec(&mut self, instrument: &Instrument) -> Result<Option<BarSpec>, Reason> {
        let Some(word) = self.rest.clone().next() else { return Ok(None) };
        let Some(kind) = BarSpec::named(word) else { return self.duration().map(BarSpec::TimeNs).map(Some) };
        self.rest.next();
        let spec = match kind {
            BarSpec::TimeNs(_) => BarSpec::TimeNs(self.duration()?),
            BarSpec::Ticks(_) | BarSpec::TickImbalance(_) | BarSpec::TickRuns(_) => {
                kind.of_size(self.number::<u32>("number of trades")?.into())
            }
            BarSpec::Volume(_) | BarSpec::VolumeImbalance(_) | BarSpec::VolumeRuns(_) => {
                kind.of_size(self.qty(instrument)?.0.unsigned_abs())
            }
            BarSpec::Value(_)
            | BarSpec::ValueImbalance(_)
            | BarSpec::ValueRuns(_)
            | BarSpec::Renko(_)
            | BarSpec::Range(_) => kind.of_size(self.price(instrument)?.0.unsigned_abs()),
        };
        Ok(Some(spec))
    }

    fn funding(&mut self, time: u64) -> Result<Payload, Reason> {
        let rate: Decimal = self.number("rate")?;
        let rate = rate.rescale(9).map_err(|error| error.to_string())?;
        let rate_e9 = i64::try_from(rate.mantissa()).map_err(|_| "rate too large")?;
        let next = match self.rest.clone().next() {
            Some(_) => time.saturating_add(self.duration()?),
            None => 0,
        };
        Ok(Payload::Funding(Funding { rate_e9, next_time: TimeNs(next) }))
    }

    fn corporate_action(&mut self, word: &str, instrument: &Instrument) -> Result<CorporateAction, Reason> {
        let kind = Adjustment::from_name(word).ok_or_else(|| format!("`{word}` is no event"))?;
        let mut action = CorporateAction { kind, numerator: 0, denominator: 0, cash: Amount::ZERO };
        match kind {
            Adjustment::Split => {
                action.numerator = self.number("number")?;
                action.denominator = self.number("number")?;
            }
            Adjustment::Dividend => {
                let text = self.next("an amount")?;
                action.cash = instrument.amount(text).map_err(|error| format!("`{text}`: {error}"))?;
            }
            Adjustment::Rename | Adjustment::Delisting => {}
        }
        Ok(action)
    }
}

/// Reads `1.5s`, `250ms`, `3m` as nanoseconds.
fn duration_ns(word: &str) -> Option<u64> {
    let at = word.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = word.split_at(at);
    let scale: i64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    let number: Decimal = number.parse().ok()?;
    let exact = number.checked_mul(Decimal::from(scale)).ok()?.rescale(0).ok()?;
    u64::try_from(exact.mantissa()).ok()
}
