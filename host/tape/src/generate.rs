//! A generated market: what does a tape look like where there is no real one?
//!
//! In: a seed, a number of rows, a layout. Out: the text of a tape, the same bytes on every machine. Must never: use a
//! float, a clock or a library's random numbers, or be taken for real data (whoever shows it says that it is generated).
//!
//! The price is a random walk in fixed point that is drawn back to a slowly moving anchor, with quiet and lively spells.
//! Trades bounce between bid and ask, keep their side for a while and come in clusters with equal time stamps.

mod flow;

use std::io::{self, Read, Write};
use std::num::NonZeroU64;

use self::flow::FlowText;
use crate::layout::Layout;
use crate::random::{SplitMix, heavy_tailed_max};
use crate::row::{BarStamp, Stamp};

/// Decimals of every generated price.
pub const PRICE_DECIMALS: u8 = 2;

/// Decimals of generated quantities: whole shares, or thousandths in the quotes layout.
#[must_use]
pub const fn qty_decimals(layout: Layout) -> u8 {
    match layout {
        Layout::Trades | Layout::Bars => 0,
        Layout::Quotes => 3,
    }
}

/// Generated bars last a minute and are stamped at their start; some minutes are absent.
pub const BAR_STAMP: BarStamp = BarStamp {
    stamp: Stamp::Open,
    interval_ns: match NonZeroU64::new(60 * SECOND_NS) {
        Some(interval_ns) => interval_ns,
        None => unreachable!(),
    },
};

/// Most rows of a generated tape: with so many, the last time lies within the range of times whatever the seed.
#[must_use]
pub const fn rows_max(layout: Layout) -> u64 {
    let step_ns = match layout {
        Layout::Trades => TRADE_STEP_NS * heavy_tailed_max(TRADE_DOUBLINGS),
        Layout::Quotes => QUOTE_STEP_NS * heavy_tailed_max(QUOTE_DOUBLINGS),
        Layout::Bars => 2 * BAR_STAMP.interval_ns.get(),
    };
    (u64::MAX - TIME_START_NS) / step_ns
}

/// What makes a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A random walk, with rows of this layout.
    Walk(Layout),
    /// Order flow with its standard parameters ([`crate::flow`]): quotes and trades.
    Flow,
}

impl Model {
    /// Columns of its rows.
    #[must_use]
    pub const fn layout(self) -> Layout {
        match self {
            Model::Walk(layout) => layout,
            Model::Flow => Layout::Quotes,
        }
    }

    /// Most rows of a tape; order flow ends by itself with the range of times.
    #[must_use]
    pub const fn rows_max(self) -> u64 {
        match self {
            Model::Walk(layout) => rows_max(layout),
            Model::Flow => u64::MAX,
        }
    }

    /// Stable name.
    const fn code(self) -> &'static str {
        match self {
            Model::Walk(layout) => layout.code(),
            Model::Flow => "flow",
        }
    }
}

/// What a generated tape depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// What makes it.
    pub model: Model,
    /// The same seed gives the same market.
    pub seed: u64,
    /// Rows without the header, at most [`Model::rows_max`]. Order flow has some fewer where its last message has more.
    pub rows: u64,
}

impl Generation {
    /// Its text, made while it is read.
    ///
    /// # Errors
    /// More than [`Model::rows_max`] rows ([`io::ErrorKind::InvalidInput`]).
    pub(crate) fn text(self) -> io::Result<Text> {
        let Generation { model, seed, rows } = self;
        let (layout, most) = (model.layout(), model.rows_max());
        if rows > most {
            let text = format!("{rows} rows of {layout} leave the range of times; allowed are at most {most}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut piece = Vec::with_capacity(2 * PIECE_BYTES);
        writeln!(piece, "{}", layout.header())?;
        let maker = match model {
            Model::Walk(layout) => Maker::Walk(Market::new(seed, layout), layout),
            Model::Flow => Maker::Flow(Box::new(FlowText::new(seed))),
        };
        Ok(Text { maker, rows_left: rows, piece, at: 0 })
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} seed={} rows={}", self.model.code(), self.seed, self.rows)
    }
}

impl std::str::FromStr for Generation {
    type Err = ();

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Generation, ()> {
        let mut words = text.split(' ');
        let code = words.next().ok_or(())?;
        let models = Layout::ALL.into_iter().map(Model::Walk).chain([Model::Flow]);
        let model = models.into_iter().find(|model| model.code() == code).ok_or(())?;
        let mut number = |name: &str| {
            let digits = words.next().and_then(|word| word.strip_prefix(name)).and_then(|word| word.strip_prefix('='));
            digits.and_then(|digits| digits.parse().ok()).ok_or(())
        };
        let (seed, rows) = (number("seed")?, number("rows")?);
        if words.next().is_none() { Ok(Generation { model, seed, rows }) } else { Err(()) }
    }
}

/// The text of a generated tape.
pub(crate) struct Text {
    maker: Maker,
    rows_left: u64,
    piece: Vec<u8>,
    /// How much of the piece was read.
    at: usize,
}

/// What makes it.
enum Maker {
    Walk(Market, Layout),
    Flow(Box<FlowText>),
}

impl Text {
    /// Makes more of it, behind what was made.
    fn extend(&mut self) -> io::Result<()> {
        while self.rows_left > 0 && self.piece.len() <= PIECE_BYTES {
            let (left, piece) = (self.rows_left, &mut self.piece);
            self.rows_left = match &mut self.maker {
                Maker::Walk(market, Layout::Trades) => market.trade(piece).map(|()| left - 1)?,
                Maker::Walk(market, Layout::Quotes) => market.quote_or_trade(piece).map(|()| left - 1)?,
                Maker::Walk(market, Layout::Bars) => market.bar(piece).map(|()| left - 1)?,
                Maker::Flow(flow) => flow.message(left, piece)?,
            };
        }
        Ok(())
    }
}

impl Read for Text {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.piece.clear();
            self.at = 0;
        }
        self.extend()?;
        let count = out.len().min(self.piece.len() - self.at);
        out[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Writes a tape of `rows` rows. It depends on the arguments alone; fewer rows of the same seed are the beginning of more.
///
/// # Errors
/// More than [`rows_max`] rows ([`io::ErrorKind::InvalidInput`], before anything is written), and those of `out`.
pub fn generate(seed: u64, rows: u64, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Generation { model: Model::Walk(layout), seed, rows }.text()?;
    loop {
        text.extend()?;
        if text.piece.is_empty() {
            return Ok(());
        }
        out.write_all(&text.piece)?;
        text.piece.clear();
    }
}

/// Text written at once.
const PIECE_BYTES: usize = 64 * 1024;

const SECOND_NS: u64 = 1_000_000_000;

/// Times between trades: so many ns, times a heavy-tailed number with so many doublings.
const TRADE_STEP_NS: u64 = 1_000_000;
const TRADE_DOUBLINGS: u32 = 12;

/// The same between rows of the quotes layout.
const QUOTE_STEP_NS: u64 = 350_000;
const QUOTE_DOUBLINGS: u32 = 14;

/// First time stamp: a whole minute.
const TIME_START_NS: u64 = 1_700_000_040 * SECOND_NS;

/// Everything that changes from row to row.
struct Market {
    random: SplitMix,
    walk: Walk,
    time_ns: u64,
    is_buyer: bool,
    bid: Level,
    ask: Level,
    /// The touch changed and no row has said so.
    is_quote_due: bool,
}

/// Best price of one side: price in ticks, quantity in lots.
#[derive(Clone, Copy)]
struct Level {
    price: i64,
    qty: u64,
}

impl Market {
    fn new(seed: u64, layout: Layout) -> Market {
        // Shares near 170.00 by 0.01; coins near 60,000.0 by 0.1. A quote moves less than a trade, a bar's step more.
        let (start, stride) = match layout {
            Layout::Trades => (17_000, 8),
            Layout::Quotes => (600_000, 1),
            Layout::Bars => (17_000, 32),
        };
        let (bid, ask) = (Level { price: start, qty: 1_000 }, Level { price: start + 1, qty: 1_000 });
        let (random, walk) = (SplitMix::new(seed), Walk::new(start, stride));
        Market { random, walk, time_ns: TIME_START_NS, is_buyer: true, bid, ask, is_quote_due: true }
    }

    fn trade(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        // Millisecond stamps with many ties, as consolidated tapes have them.
        if self.random.below(8) >= 3 {
            let steps = self.random.heavy_tailed(TRADE_DOUBLINGS);
            self.pass(TRADE_STEP_NS * steps);
        }
        self.turn();
        let price = self.walk.step(&mut self.random) + i64::from(self.is_buyer);
        let qty = match self.random.below(16) {
            0..=4 => 1 + self.random.below(99),
            _ => 100 * self.random.heavy_tailed(7),
        };
        writeln!(out, "{},{},{qty}", self.time_ns, Cents(price))
    }

    fn quote_or_trade(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let steps = self.random.heavy_tailed(QUOTE_DOUBLINGS);
        self.pass(QUOTE_STEP_NS * steps);
        if self.is_quote_due {
            self.is_quote_due = false;
            return self.quote(out);
        }
        if self.random.below(4) == 0 {
            return self.trade_at_touch(out);
        }
        self.move_touch();
        self.quote(out)
    }

    /// The walk decides where the touch is; where it stays, orders come and go.
    fn move_touch(&mut self) {
        let price = self.walk.step(&mut self.random);
        if price != self.bid.price {
            let spread = if self.random.below(32) == 0 { 2 } else { 1 };
            self.bid = Level { price, qty: self.resting() };
            self.ask = Level { price: price + spread, qty: self.resting() };
            return;
        }
        let qty = self.resting();
        let level = if self.random.below(2) == 0 { &mut self.bid } else { &mut self.ask };
        level.qty = qty;
    }

    /// A trade takes from the touch; the next row shows what is left. Where nothing is, the price moves that way.
    fn trade_at_touch(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.turn();
        let wanted = self.random.heavy_tailed(5) * (1 + self.random.below(60));
        let next_qty = self.resting();
        let (kind, level, next) = if self.is_buyer { ('B', &mut self.ask, 1) } else { ('S', &mut self.bid, -1) };
        let (price, qty) = (level.price, wanted.min(level.qty));
        level.qty -= qty;
        if level.qty == 0 {
            *level = Level { price: price + next, qty: next_qty };
            self.walk.push(next);
        }
        self.is_quote_due = true;
        writeln!(out, "{},{kind},{},{},0,0", self.time_ns, Cents(price * 10), Lots(qty))
    }

    /// A quantity at the touch, in lots.
    fn resting(&mut self) -> u64 {
        self.random.heavy_tailed(5) * (1 + self.random.below(1_000))
    }

    fn quote(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let Market { bid, ask, time_ns, .. } = self;
        let (bid_price, ask_price) = (Cents(bid.price * 10), Cents(ask.price * 10));
        writeln!(out, "{time_ns},Q,{bid_price},{},{ask_price},{}", Lots(bid.qty), Lots(ask.qty))
    }

    fn bar(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let prices: [i64; STEPS_PER_BAR] = std::array::from_fn(|_| self.walk.step(&mut self.random));
        let (mut high, mut low) = (prices[0], prices[0]);
        for price in prices {
            (high, low) = (high.max(price), low.min(price));
        }
        let volume: u64 = (0..8).map(|_| 100 * self.random.heavy_tailed(10)).sum();
        let (open, close) = (Cents(prices[0]), Cents(prices[STEPS_PER_BAR - 1]));
        writeln!(out, "{},{open},{},{},{close},{volume}", self.time_ns, Cents(high), Cents(low))?;
        let absent = u64::from(self.random.below(16) == 0);
        self.pass(BAR_STAMP.interval_ns.get() * (1 + absent));
        Ok(())
    }

    fn pass(&mut self, ns: u64) {
        self.time_ns = self.time_ns.checked_add(ns).expect("at most `rows_max` rows, each with its longest step");
    }

    /// Now and then the other side becomes the one that takes.
    fn turn(&mut self) {
        if self.random.below(8) == 0 {
            self.is_buyer = !self.is_buyer;
        }
    }
}

/// Steps of the walk inside a generated bar.
const STEPS_PER_BAR: usize = 48;

/// The price behind everything, in 1/65,536 of a tick.
struct Walk {
    value: i64,
    anchor: i64,
    start: i64,
    /// Length of a step, in 1/16 of the bell.
    stride: i64,
    /// 1, 2 or 4: how lively the market is.
    pace: i64,
}

impl Walk {
    fn new(start_ticks: i64, stride: i64) -> Walk {
        let start = start_ticks << 16;
        Walk { value: start, anchor: start, start, stride, pace: 1 }
    }

    /// One step; the price in whole ticks.
    fn step(&mut self, random: &mut SplitMix) -> i64 {
        if random.below(512) == 0 {
            self.pace = 1 << random.below(3);
        }
        self.anchor = self.bounded(self.anchor + random.bell() * self.stride / 32);
        let pull = (self.anchor - self.value) / 2048;
        self.value = self.bounded(self.value + random.bell() * self.stride * self.pace / 16 + pull);
        self.value >> 16
    }

    /// Moves the price by whole ticks.
    fn push(&mut self, ticks: i64) {
        self.value = self.bounded(self.value + (ticks << 16));
    }

    /// Never below half or above twice the start.
    fn bounded(&self, value: i64) -> i64 {
        value.clamp(self.start / 2, self.start * 2)
    }
}

/// Shows hundredths with two decimals. Generated prices are above 0.
struct Cents(i64);

impl std::fmt::Display for Cents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Shows thousandths with three decimals.
struct Lots(u64);

impl std::fmt::Display for Lots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn text(seed: u64, rows: u64, layout: Layout) -> String {
        let mut out = Vec::new();
        generate(seed, rows, layout, &mut out).expect("memory");
        String::from_utf8(out).expect("ASCII")
    }

    #[track_caller]
    fn check(seed: u64, layout: Layout, want: &str) {
        let hash: [u8; 32] = Sha256::digest(text(seed, 20_000, layout)).into();
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, want, "{layout} of seed {seed}");
    }

    #[test]
    fn equal_seeds_give_equal_bytes_for_ever() {
        check(1, Layout::Trades, "fba1319710ffbc4f4e2a29648ea6bc53434e20917a5e9c496249a3a9cb004d6a");
        check(1, Layout::Quotes, "0f47baec594d706dc8665f1a38613e845c6f743130d528d94a105af3482b927e");
        check(1, Layout::Bars, "0e3010b7f73bc6b1ae83f16298e4bbb0a5ba42f3ab3666b49df35989e2b5c093");
        check(u64::MAX, Layout::Trades, "7784696b9df08fd87c21e7abce6bae484556e162a8e012b062ffaf743ed80b78");
    }

    #[test]
    fn more_rows_than_fit_the_range_of_times_are_refused_with_the_largest_number() {
        for (layout, most) in
            [(Layout::Trades, 2_044_529_853), (Layout::Quotes, 1_460_244_761), (Layout::Bars, 139_556_200)]
        {
            assert_eq!(rows_max(layout), most, "{layout}");
            let error = generate(1, most + 1, layout, &mut io::sink()).expect_err("one too many");
            let want = format!("{} rows of {layout} leave the range of times; allowed are at most {most}", most + 1);
            assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::InvalidInput, want));
        }
    }

    /// Reads so many bytes at once.
    fn read(generation: Generation, piece: usize) -> Vec<u8> {
        let (mut text, mut all, mut some) = (generation.text().expect("few rows"), Vec::new(), vec![0; piece]);
        loop {
            match text.read(&mut some).expect("memory") {
                0 => return all,
                count => all.extend_from_slice(&some[..count]),
            }
        }
    }

    #[test]
    fn what_is_made_while_it_is_read_is_what_is_written() {
        for layout in Layout::ALL {
            let generation = Generation { model: Model::Walk(layout), seed: 3, rows: 5_000 };
            for piece in [1, 7, 4_096, 1 << 20] {
                assert_eq!(read(generation, piece), text(3, 5_000, layout).into_bytes(), "{generation} by {piece}");
            }
            assert_eq!(generation.to_string().parse(), Ok(generation));
        }
        for bad in
            ["", "trades", "trades seed=1", "trades seed=x rows=1", "ticks seed=1 rows=1", "bars seed=1 rows=1 2"]
        {
            assert_eq!(bad.parse::<Generation>(), Err(()), "{bad}");
        }
        assert!(
            Generation { model: Model::Walk(Layout::Bars), seed: 1, rows: rows_max(Layout::Bars) + 1 }.text().is_err()
        );
    }

    #[test]
    fn order_flow_is_made_while_it_is_read_and_ends_with_a_whole_message() {
        let flow = |rows| Generation { model: Model::Flow, seed: 3, rows };
        let whole = read(flow(5_000), 1 << 20);
        assert_eq!(read(flow(5_000), 7), whole);
        let text = String::from_utf8(whole.clone()).expect("ASCII");
        assert!((4_900..=5_001).contains(&text.lines().count()), "{}", text.lines().count());
        for kind in [",Q,", ",B,", ",S,"] {
            assert!(text.contains(kind), "{kind}");
        }
        assert!(whole.starts_with(&read(flow(500), 64)));
        assert_ne!(read(Generation { seed: 4, ..flow(500) }, 64), read(flow(500), 64));
        assert_eq!(flow(9).to_string().parse(), Ok(flow(9)));
        assert_eq!(flow(9).to_string(), "flow seed=3 rows=9");
    }

    #[test]
    fn seeds_differ_and_a_shorter_tape_is_the_beginning_of_a_longer_one() {
        for layout in Layout::ALL {
            let (long, short) = (text(7, 500, layout), text(7, 200, layout));
            assert!(long.starts_with(&short));
            assert_eq!((short.lines().count(), long.lines().count()), (201, 501));
            assert_ne!(short, text(8, 200, layout));
            assert_eq!(text(7, 0, layout), format!("{}\n", layout.header()));
        }
    }
}
