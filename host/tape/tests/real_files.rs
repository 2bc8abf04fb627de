//! The files of `data/README.md`: every row is read, no row is refused, and the counts are the published ones.
//!
//! The folder is the one that `RINGFENCE_DATA` names, by default `shared/data` beside the clone. A test whose file is not
//! there says so and is counted as skipped.

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use ringfence_core::event::EventKind;
use ringfence_core::instrument::Side;
use ringfence_tape::{BarStamp, Extent, Feed, Stamp, Tape, TapeSpec};

mod support;
use support::instrument;

/// A file and how it is read.
struct Case {
    file: &'static str,
    price_scale: u8,
    qty_scale: u8,
    bar_s: Option<u64>,
}

fn data_folder() -> PathBuf {
    let beside_the_clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("RINGFENCE_DATA").map_or(beside_the_clone, PathBuf::from)
}

/// The path of a real file; where it is absent the test is skipped in sight.
fn real_file(test: &str, file: &str) -> Option<PathBuf> {
    let path = data_folder().join(file);
    if path.is_file() {
        return Some(path);
    }
    let line = format!("RINGFENCE-SKIP: {test}: {file} is not in the data folder (set RINGFENCE_DATA)\n");
    // Not `eprint!`, which the test runner swallows.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
    if let Some(list) = std::env::var_os("RINGFENCE_SKIP_FILE") {
        let mut list =
            OpenOptions::new().append(true).create(true).open(list).expect("the list of skips can be written");
        list.write_all(line.as_bytes()).expect("the list of skips can be written");
    }
    None
}

/// What the file holds, in numbers that a shell can count too.
#[derive(Default)]
struct Count {
    trades: u64,
    buys: u64,
    sells: u64,
    quotes: u64,
    bars: u64,
    /// Sum of traded quantities or of volumes, a mantissa.
    traded: i128,
    first: u64,
    last: u64,
}

impl Count {
    fn add(&mut self, time: u64, kind: &EventKind) {
        if self.first == 0 {
            self.first = time;
        }
        self.last = time;
        if let EventKind::Trade(trade) = kind {
            self.trades += 1;
            self.buys += u64::from(trade.aggressor == Some(Side::Buy));
            self.sells += u64::from(trade.aggressor == Some(Side::Sell));
            self.traded += i128::from(trade.qty.0);
        }
        self.quotes += u64::from(matches!(kind, EventKind::Quote(_)));
        if let EventKind::Bar(bar) = kind {
            self.bars += 1;
            self.traded += i128::from(bar.volume.0);
        }
    }
}

#[track_caller]
fn check(test: &str, case: &Case, want: Expect) {
    let Some(path) = real_file(test, case.file) else { return };
    let seconds = |s| NonZeroU64::new(s * 1_000_000_000).expect("above 0");
    let bar = case.bar_s.map(|s| BarStamp { stamp: Stamp::Open, interval_ns: seconds(s) });
    let spec = TapeSpec { path, generated: None, instrument: instrument(case.price_scale, case.qty_scale), bar };
    let tape = Tape::open(spec).expect("a tape");
    let hash: String = tape.sha256().iter().map(|byte| format!("{byte:02x}")).collect();
    let what = format!("{} {}", tape.compression(), tape.layout());
    let mut feed = Feed::new(vec![tape], Extent::WHOLE);
    let mut count = Count::default();
    while let Some(block) = feed.next_block().expect("every row is good") {
        block.events.iter().for_each(|event| count.add(event.time.0, &event.kind));
    }
    let Count { trades, buys, sells, quotes, bars, traded, first, last } = count;
    let rows = feed.rows();
    want.assert_eq(&format!(
        "{what}: {rows} rows, {trades} trades ({buys} B, {sells} S), {quotes} quotes, {bars} bars\n\
         traded {traded}, from {first} to {last}\nsha256 {hash}\n"
    ));
}

#[test]
fn w1_spy_trades() {
    let case = Case { file: "w1_spy_trades_20131007-11.csv.zst", price_scale: 4, qty_scale: 0, bar_s: None };
    check(
        "w1_spy_trades",
        &case,
        expect![[r#"
        zstd trades: 1887450 rows, 1887450 trades (0 B, 0 S), 0 quotes, 0 bars
        traded 735079088, from 1381132800464000000 to 1381535972543000000
        sha256 84c0de0719f6f56f05193d68f7f94739ffe269a2381dfe747aa0add8605846db
    "#]],
    );
}

#[test]
fn w2_btcusdt_quotes_and_trades() {
    let case = Case { file: "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst", price_scale: 1, qty_scale: 3, bar_s: None };
    check(
        "w2_btcusdt_quotes_and_trades",
        &case,
        expect![[r#"
        zstd quotes: 87402 rows, 21313 trades (9616 B, 11697 S), 66089 quotes, 0 bars
        traded 2429366, from 1723161255088169167 to 1723161599439160683
        sha256 001c293016f54d1e3cadb83563255374ae640d1226c771d63d00faf71a90c256
    "#]],
    );
}

#[test]
fn w3_spy_daily_bars() {
    let case = Case { file: "w3_spy_daily_1998-2021.csv", price_scale: 4, qty_scale: 0, bar_s: Some(86_400) };
    check(
        "w3_spy_daily_bars",
        &case,
        expect![[r#"
        plain bars: 5849 rows, 0 trades (0 B, 0 S), 0 quotes, 5849 bars
        traded 523995767985, from 883785600000000000 to 1617235200000000000
        sha256 2b6aba47e08dc9710d2683905445e900ec2e6644b258c9d389e342962dbbbf2c
    "#]],
    );
}

#[test]
fn w3_aapl_daily_bars() {
    let case = Case { file: "w3_aapl_daily_1998-2021.csv", price_scale: 4, qty_scale: 0, bar_s: Some(86_400) };
    check(
        "w3_aapl_daily_bars",
        &case,
        expect![[r#"
        plain bars: 5849 rows, 0 trades (0 B, 0 S), 0 quotes, 5849 bars
        traded 138011953186, from 883785600000000000 to 1617235200000000000
        sha256 a9bc5f010ecffbf66eff3f0294f6bd15bed546a595896a7e1568b4c9a683df08
    "#]],
    );
}

#[test]
fn w3_btcusd_minute_bars() {
    let case = Case { file: "w3_btcusd_1m_2016.csv.zst", price_scale: 2, qty_scale: 8, bar_s: Some(60) };
    check(
        "w3_btcusd_minute_bars",
        &case,
        expect![[r#"
        zstd bars: 293230 rows, 0 trades (0 B, 0 S), 0 quotes, 293230 bars
        traded 537060925858688, from 1451606460000000000 to 1483228740000000000
        sha256 e274632d049f6c5376e3be7a4529392229df5ca25758d27016ca1da2ed10ff6e
    "#]],
    );
}
