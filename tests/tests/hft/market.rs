//! Markets with orders: real quotes, and made-up books.
//!
//! In: W2, or a seed. Out: lines of a case. Must never: ask for something that only one side can do; where both differ,
//! a test of its own writes its few lines itself.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;

use ringfence_tests::data;

/// Name of the tape of W2.
pub(crate) const W2: &str = "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst";

/// Quotes and trades of W2 as lines, with times cut to whole multiples of `unit_ns`.
///
/// # Errors
/// A reason to skip.
pub(crate) fn w2(unit_ns: u64) -> Result<String, String> {
    let file = std::fs::File::open(data::wanted(W2)?).expect("the tape opens");
    let mut text = String::new();
    zstd::Decoder::new(file).expect("a zstd stream").read_to_string(&mut text).expect("a text");
    Ok(text.lines().skip(1).fold(String::new(), |mut lines, row| {
        writeln!(lines, "{}", w2_line(row, unit_ns)).expect("a string takes everything");
        lines
    }))
}

fn w2_line(row: &str, unit_ns: u64) -> String {
    let columns: Vec<&str> = row.split(',').collect();
    let [time, kind, p1, q1, p2, q2] = columns[..] else { panic!("{row}") };
    let time: u64 = time.parse().expect("a time");
    let time = time / unit_ns * unit_ns;
    let (price, size) = (|text: &str| scaled(text, 1), |text: &str| scaled(text, 3));
    match kind {
        "Q" => format!("quote {time} {} {} {} {}", price(p1), size(q1), price(p2), size(q2)),
        "B" => format!("trade {time} buy {} {}", price(p1), size(q1)),
        "S" => format!("trade {time} sell {} {}", price(p1), size(q1)),
        other => panic!("{other} is no kind of row"),
    }
}

/// A decimal in units of its digit number `digits`; what stands behind that is 0.
pub(crate) fn scaled(text: &str, digits: usize) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (kept, cut) = part.split_at(part.len().min(digits));
    assert!(cut.bytes().all(|digit| digit == b'0'), "{text}");
    format!("{whole}{kept:0<digits$}").parse().expect("a number")
}

/// What kinds of orders a case asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    /// Ticks inside (above 0) or behind (below 0) the own touch.
    pub inside: (i64, i64),
    /// Times in force.
    pub tifs: &'static [&'static str],
    /// Least time from an order to the request that follows it, in ns.
    pub pause_ns: u64,
    /// Most time that is added to it.
    pub life_ns: u64,
    /// How half of the orders are amended before they are cancelled.
    pub amends: Amends,
    /// Quantities are odd, from 3 to 3 more than twice this. (Sizes of the market are even: what a trade leaves is then
    /// not exactly what is open, where sizes ahead are whole. hftbacktest does not survive that: see `differences`.)
    pub(crate) half_qty: i64,
    /// One order every so many lines of the market.
    pub every: usize,
}

/// What an amend changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amends {
    None,
    /// The price, by one tick away from the market.
    Price,
    /// The price, or the quantity to a smaller one.
    PriceOrQty,
}

/// Adds orders to a market, drawn with `seed`: each comes 1 ns after a line of the market, near the touch as it is then,
/// and is amended and cancelled later.
pub(crate) fn with_orders(market: &str, seed: u64, wishes: Wishes) -> String {
    let mut draw = Draw(seed);
    let mut later: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut touch = Touch::default();
    let (mut out, mut orders) = (String::new(), 0_u64);
    let lines: Vec<&str> = market.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let time = time_of(line);
        let rest = later.split_off(&time);
        for (due, lines) in std::mem::replace(&mut later, rest) {
            lines
                .iter()
                .for_each(|line| writeln!(out, "{}", line.replace("TIME", &due.to_string())).expect("a string"));
        }
        writeln!(out, "{line}").expect("a string takes everything");
        touch.line(line);
        let Some(next) = lines.get(at + 1).map(|line| time_of(line)) else { break };
        if !at.is_multiple_of(wishes.every) || next <= time + 1 {
            continue;
        }
        let Some((bid, ask)) = touch.both() else { continue };
        orders += 1;
        let side = if draw.below(2) == 0 { "buy" } else { "sell" };
        let inside = wishes.inside.0 + draw.upto(wishes.inside.1 - wishes.inside.0);
        let price = if side == "buy" { bid + inside } else { ask - inside };
        let tif = wishes.tifs[draw.below(wishes.tifs.len() as u64) as usize];
        let qty = 2 * draw.upto(wishes.half_qty) + 3;
        later.entry(time + 1).or_default().push(format!("submit TIME {orders} {side} {price} {qty} {tif}"));
        let mut due = time + 1 + wishes.pause_ns + draw.below(wishes.life_ns);
        if wishes.amends != Amends::None && draw.below(2) == 0 {
            let amend = if wishes.amends == Amends::Price || draw.below(2) == 0 {
                format!("amend TIME {orders} {} {qty}", if side == "buy" { price - 1 } else { price + 1 })
            } else {
                format!("amend TIME {orders} {price} {}", qty - 2)
            };
            later.entry(due).or_default().push(amend);
            due += wishes.pause_ns + 1 + draw.below(wishes.life_ns);
        }
        later.entry(due).or_default().push(format!("cancel TIME {orders}"));
    }
    out
}

fn time_of(line: &str) -> u64 {
    line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a time")
}

/// Both touches as lines of a market leave them.
#[derive(Default)]
struct Touch {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Touch {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<i64>().expect("a number");
        match words[..] {
            ["quote", _, bid, bids, ask, asks] => {
                self.bids = BTreeMap::from([(number(bid), number(bids))]);
                self.asks = BTreeMap::from([(number(ask), number(asks))]);
            }
            ["level", _, side, price, size] => {
                let levels = if side == "buy" { &mut self.bids } else { &mut self.asks };
                levels.insert(number(price), number(size));
                levels.retain(|_, size| *size > 0);
            }
            _ => {}
        }
    }

    fn both(&self) -> Option<(i64, i64)> {
        Some((*self.bids.last_key_value()?.0, *self.asks.first_key_value()?.0))
    }
}

/// A made-up book of even sizes that is never crossed, a line every 1,000 ns: levels grow, shrink and go, trades take
/// from the touch and are followed by the level they took from.
pub(crate) fn book(seed: u64, steps: usize) -> String {
    let mut draw = Draw(seed);
    let mut book = Touch::default();
    let (mut out, mut time) = (String::new(), 1_000_000_u64);
    let mut say = |book: &mut Touch, text: String| {
        let line = text.replace("TIME", &time.to_string());
        book.line(&line);
        writeln!(out, "{line}").expect("a string takes everything");
        time += 1_000;
    };
    for depth in 0..6 {
        say(&mut book, format!("level TIME buy {} {}", 10_000 - depth, 2 * draw.upto(300) + 2));
        say(&mut book, format!("level TIME sell {} {}", 10_002 + depth, 2 * draw.upto(300) + 2));
    }
    for _ in 0..steps {
        let (bid, ask) = book.both().expect("six levels and more");
        let (side, touch, sign) = if draw.below(2) == 0 { ("buy", bid, -1) } else { ("sell", ask, 1) };
        let levels = |book: &Touch, side: &str| if side == "buy" { book.bids.clone() } else { book.asks.clone() };
        match draw.below(10) {
            // A trade by the other side, then what it leaves of the level.
            0..4 => {
                let size = levels(&book, side)[&touch];
                let taken = (2 * draw.upto(120) + 2).min(size);
                let aggressor = if side == "buy" { "sell" } else { "buy" };
                say(&mut book, format!("trade TIME {aggressor} {touch} {taken}"));
                if taken < size || levels(&book, side).len() > 4 {
                    say(&mut book, format!("level TIME {side} {touch} {}", size - taken));
                }
            }
            // Somewhere in the book a level changes, mostly near the touch.
            4..8 => {
                let price = touch + sign * draw.upto(4).min(draw.upto(4));
                let size = levels(&book, side).get(&price).copied().unwrap_or(0);
                let change = 2 * (draw.upto(200) - 110);
                say(&mut book, format!("level TIME {side} {price} {}", (size + change).max(2)));
            }
            // The touch goes, where enough is behind it.
            8 if levels(&book, side).len() > 4 => say(&mut book, format!("level TIME {side} {touch} 0")),
            // A better level comes, where there is room.
            _ if ask - bid > 1 => {
                let price = touch - sign * (1 + draw.upto((ask - bid - 2).min(2)));
                say(&mut book, format!("level TIME {side} {price} {}", 2 * draw.upto(200) + 2));
            }
            _ => {}
        }
    }
    out
}

/// Numbers from a seed (a 64-bit linear congruence, high bits).
struct Draw(u64);

impl Draw {
    /// 0 to `bound - 1`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// 0 to `most`.
    fn upto(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(most.max(0)).expect("at least 0") + 1)).expect("31 bits")
    }
}
