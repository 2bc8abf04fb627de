//! Laws: what holds for every indicator, and the table in `docs/indicators.md`.
//!
//! In: each indicator once, with usual parameters. Out: the laws, checked for each; the table, written from this list and
//! from the documentation of the types, and compared with what is there
//! (`UPDATE_EXPECT=1 cargo test -p ringfence-sdk laws` writes it).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use expect_test::expect_file;
use proptest::prelude::*;

use super::*;
use crate::archive::{Archive, Persist};

/// An indicator as the table shows it.
struct Row {
    name: &'static str,
    made_by: &'static str,
    warm_up: u32,
    reads: &'static str,
    checked: Checked,
    holds: fn(),
    holds_for: fn(&[u64]),
}

/// What its values are held against.
#[derive(Clone, Copy)]
enum Checked {
    /// A function of TA-Lib.
    TaLib(&'static str),
    /// Its definition, written out on arrays with numpy, pandas and functions of TA-Lib; and a golden in a test of this
    /// package, its working shown.
    Arrays,
    /// Values by another program, in a test of this package.
    Bits,
}

/// What an indicator can read, made of numbers.
trait Made: Copy + 'static {
    const NAME: &'static str;

    fn made(numbers: [f64; 5]) -> Self;
}

impl Made for f64 {
    const NAME: &'static str = "price";

    fn made([number, ..]: [f64; 5]) -> Self {
        number
    }
}

impl Made for (f64, f64) {
    const NAME: &'static str = "pair";

    fn made([one, other, ..]: [f64; 5]) -> Self {
        (one, other)
    }
}

impl Made for Candle {
    const NAME: &'static str = "bar";

    fn made([open, a, b, share, volume]: [f64; 5]) -> Self {
        let (high, low) = (open.max(a).max(b), open.min(a).min(b));
        Self { open, high, low, close: low + (high - low) * (share - share.floor()), volume }
    }
}

/// Inputs as a market has them: a walk, and volumes that are 0 at times.
fn walked<T: Made>(count: usize) -> Vec<T> {
    let numbers: Vec<i64> = super::tests::walk(count + 4).collect();
    let one = |at: &[i64]| {
        let price = |place: usize| at[place] as f64 / 100.0;
        let share = (at[3] % 101) as f64 / 100.0;
        T::made([price(0), price(1), price(2), share, (at[4] % 7) as f64])
    };
    numbers.windows(5).map(one).collect()
}

/// Inputs of arbitrary bits: huge, tiny, infinite, not a number.
fn wild<T: Made>(bits: &[u64]) -> Vec<T> {
    bits.chunks_exact(5).map(|five| T::made([0, 1, 2, 3, 4].map(|at| f64::from_bits(five[at])))).collect()
}

/// Answers as text: all digits, and the sign of zero.
fn said<T: fmt::Debug>(answers: &[T]) -> Vec<String> {
    answers.iter().map(|answer| format!("{answer:?}")).collect()
}

fn one_by_one<I: Indicator>(indicator: &mut I, inputs: &[I::Input]) -> Vec<Option<I::Output>> {
    inputs.iter().map(|input| indicator.update(*input)).collect()
}

fn saved(state: &mut dyn Persist) -> Vec<u8> {
    let mut archive = Archive::saving(0);
    archive.item(state);
    archive.into_bytes()
}

fn loaded(state: &mut dyn Persist, bytes: &[u8]) -> bool {
    let mut archive = Archive::loading(bytes, 0).expect("a snapshot");
    archive.item(state);
    archive.finish().is_ok()
}

fn laws<I: Indicator>(new: fn() -> I)
where
    I::Input: Made,
    I::Output: fmt::Debug,
{
    let inputs: Vec<I::Input> = walked(new().warm_up() as usize * 2 + 60);
    let want = all_at_once_is_one_by_one(new, &inputs);
    let is_warm = |at: usize| at + 1 >= new().warm_up() as usize;
    let answers: Vec<bool> = new().over(&inputs).iter().map(Option::is_some).collect();
    assert_eq!(answers, (0..inputs.len()).map(is_warm).collect::<Vec<_>>(), "it answers from its warm-up on");
    for split in (0..inputs.len()).step_by(7) {
        goes_on_where_it_was_saved(new, &inputs, split, &want);
    }
}

/// Whatever comes, `over` and `update` agree, and nothing panics, also after a state that nobody saved.
fn laws_for_wild<I: Indicator>(new: fn() -> I, bits: &[u64])
where
    I::Input: Made,
    I::Output: fmt::Debug,
{
    let inputs: Vec<I::Input> = wild(bits);
    let want = all_at_once_is_one_by_one(new, &inputs);
    goes_on_where_it_was_saved(new, &inputs, inputs.len() / 2, &want);
    let mut indicator = new();
    one_by_one(&mut indicator, &inputs);
    let mut bytes = saved(&mut indicator);
    let place = 6 + bits[0] as usize % (bytes.len() - 6).max(1);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= bits[1] as u8;
    }
    if loaded(&mut indicator, &bytes) {
        one_by_one(&mut indicator, &inputs);
    }
}

fn all_at_once_is_one_by_one<I: Indicator>(new: fn() -> I, inputs: &[I::Input]) -> Vec<String>
where
    I::Output: fmt::Debug,
{
    let mut used = new();
    let want = said(&one_by_one(&mut used, inputs));
    assert_eq!(said(&new().over(inputs)), want, "all at once is one by one");
    assert_eq!(said(&used.over(inputs)), want, "all at once begins afresh");
    used.reset();
    assert_eq!(said(&one_by_one(&mut used, inputs)), want, "a reset one is a new one");
    want
}

fn goes_on_where_it_was_saved<I: Indicator>(new: fn() -> I, inputs: &[I::Input], split: usize, want: &[String])
where
    I::Output: fmt::Debug,
{
    let (before, after) = inputs.split_at(split);
    let mut first = new();
    one_by_one(&mut first, before);
    let mut copy = first.clone();
    let bytes = saved(&mut first);
    // What was saved does not depend on what the other one did since.
    let mut other = new();
    one_by_one(&mut other, after);
    assert!(loaded(&mut other, &bytes), "its own snapshot loads");
    assert_eq!(saved(&mut other), bytes, "and is saved as it was");
    one_by_one(&mut first, before);
    for (which, indicator) in [("the one that was loaded", &mut other), ("the copy", &mut copy)] {
        assert_eq!(said(&one_by_one(indicator, after)), want[split..], "{which} goes on after {split}");
    }
}

macro_rules! row {
    ($name:ident ( $($parameter:expr),* ), $checked:expr) => {{
        fn new() -> $name {
            $name::new($($parameter),*)
        }
        Row {
            name: stringify!($name),
            made_by: concat!(stringify!($name), "::new(", stringify!($($parameter),*), ")"),
            warm_up: Indicator::warm_up(&new()),
            reads: <<$name as Indicator>::Input as Made>::NAME,
            checked: $checked,
            holds: || laws(new),
            holds_for: |bits| laws_for_wild(new, bits),
        }
    }};
}

/// Both integer forms have tests of their own.
fn exact(name: &'static str, made_by: &'static str, warm_up: u32) -> Row {
    Row { name, made_by, warm_up, reads: "mantissa", checked: Checked::Bits, holds: || {}, holds_for: |_| {} }
}

fn rows() -> Vec<Row> {
    use Checked::{Arrays, Bits, TaLib};
    let mut rows = vec![
        exact("Sma", "Sma::new(20)", 20),
        exact("EmaFixed", "EmaFixed::new(20)", 1),
        row!(Ema(20), Bits),
        row!(SmaF64(20), TaLib("SMA")),
        row!(SeededEma(20), TaLib("EMA")),
        row!(Rma(14), Arrays),
        row!(Wma(20), TaLib("WMA")),
        row!(Dema(20), TaLib("DEMA")),
        row!(Tema(20), TaLib("TEMA")),
        row!(T3(5, 0.7), TaLib("T3")),
        row!(Trima(20), TaLib("TRIMA")),
        row!(Hma(16), Arrays),
        row!(Alma(9, 0.85, 6.0), Arrays),
        row!(Kama(10), TaLib("KAMA")),
        row!(Vwma(20), Arrays),
        row!(Vwap(), Arrays),
        row!(LinearRegression(14), TaLib("LINEARREG")),
    ];
    rows.extend([
        row!(Rsi(14), TaLib("RSI")),
        row!(Stochastic(14, 3, 3), TaLib("STOCH")),
        row!(StochRsi(14, 14, 3), TaLib("STOCHRSI")),
        row!(Macd(12, 26, 9), TaLib("MACD")),
        row!(Ppo(12, 26), TaLib("PPO")),
        row!(Roc(10), TaLib("ROC")),
        row!(Momentum(10), TaLib("MOM")),
        row!(Cci(20), TaLib("CCI")),
        row!(WilliamsR(14), TaLib("WILLR")),
        row!(Tsi(25, 13), Arrays),
        row!(UltimateOscillator(7, 14, 28), TaLib("ULTOSC")),
        row!(Cmo(14), TaLib("CMO")),
        row!(AwesomeOscillator(5, 34), Arrays),
        row!(Trix(15), TaLib("TRIX")),
        row!(Fisher(9), Arrays),
        row!(BalanceOfPower(), TaLib("BOP")),
    ]);
    rows.extend([
        row!(TrueRange(), TaLib("TRANGE")),
        row!(Atr(14), TaLib("ATR")),
        row!(Natr(14), TaLib("NATR")),
        row!(Variance(20), TaLib("VAR")),
        row!(StdDev(20), TaLib("STDDEV")),
        row!(Bollinger(20, 2.0), TaLib("BBANDS")),
        row!(Keltner(20, 10, 2.0), Arrays),
        row!(Donchian(20), Arrays),
        row!(ChaikinVolatility(10, 10), Arrays),
        row!(MassIndex(9, 25), Arrays),
        row!(UlcerIndex(14), Arrays),
        row!(DirectionalMovement(14), TaLib("PLUS_DI")),
        row!(Adx(14), TaLib("ADX")),
        row!(Adxr(14), TaLib("ADXR")),
        row!(Vortex(14), Arrays),
        row!(Aroon(25), TaLib("AROON")),
        row!(ParabolicSar(0.02, 0.2), TaLib("SAR")),
        row!(Supertrend(10, 3.0), Arrays),
        row!(Ichimoku(9, 26, 52), Arrays),
    ]);
    rows.extend([
        row!(Obv(), TaLib("OBV")),
        row!(AccumulationDistribution(), TaLib("AD")),
        row!(ChaikinOscillator(3, 10), TaLib("ADOSC")),
        row!(ChaikinMoneyFlow(20), Arrays),
        row!(Mfi(14), TaLib("MFI")),
        row!(Pvt(), Arrays),
        row!(ForceIndex(13), Arrays),
        row!(EaseOfMovement(14, 100_000_000.0), Arrays),
        row!(ZScore(20), Arrays),
        row!(Correlation(30), TaLib("CORREL")),
        row!(Beta(5), TaLib("BETA")),
        row!(PercentRank(100), Arrays),
        row!(Minimum(20), TaLib("MIN")),
        row!(Maximum(20), TaLib("MAX")),
        row!(MidPoint(14), TaLib("MIDPOINT")),
        row!(MidPrice(14), TaLib("MIDPRICE")),
        row!(Median(20), Arrays),
    ]);
    rows
}

#[test]
fn every_indicator_gives_the_same_in_one_pass_in_steps_and_across_a_snapshot() {
    for row in rows() {
        println!("{}", row.name);
        (row.holds)();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_that_comes_in_breaks_one(bits in proptest::collection::vec(any::<u64>(), 5..400)) {
        for row in rows() {
            (row.holds_for)(&bits);
        }
    }
}

/// The sources, whose documentation is the other half of the table.
const SOURCES: &[&str] = &[
    include_str!("adaptive.rs"),
    include_str!("aroon.rs"),
    include_str!("change.rs"),
    include_str!("channel.rs"),
    include_str!("deviation.rs"),
    include_str!("directions.rs"),
    include_str!("ema.rs"),
    include_str!("extent.rs"),
    include_str!("flow.rs"),
    include_str!("oscillators.rs"),
    include_str!("parabolic.rs"),
    include_str!("range.rs"),
    include_str!("regression.rs"),
    include_str!("rsi.rs"),
    include_str!("seeded.rs"),
    include_str!("sma.rs"),
    include_str!("spread.rs"),
    include_str!("stochastic.rs"),
    include_str!("supertrend.rs"),
    include_str!("traded.rs"),
    include_str!("weighted.rs"),
];

/// Documentation by type, its paragraphs as lines.
fn documented() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for source in SOURCES {
        let mut paragraphs: Vec<String> = vec![String::new()];
        for line in source.lines().map(str::trim) {
            match (line.strip_prefix("///"), line) {
                (Some(""), _) => paragraphs.push(String::new()),
                (Some(text), _) => paragraphs.last_mut().expect("one at least").push_str(text),
                (None, line) if line.starts_with("#[") => {}
                (None, _) if paragraphs.iter().all(String::is_empty) => {}
                (None, line) => {
                    let name = line.strip_prefix("pub struct ").unwrap_or(line);
                    let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                    let paragraphs = std::mem::replace(&mut paragraphs, vec![String::new()]);
                    found.insert(name.to_owned(), paragraphs.iter().map(|text| text.trim().to_owned()).collect());
                }
            }
        }
    }
    found
}

/// Formula, warm-up and source as the documentation of a type tells them.
fn told(paragraphs: &[String]) -> Option<(String, String, String)> {
    let warm_up = paragraphs.iter().find_map(|text| text.strip_prefix("Warm-up: "))?;
    let (warm_up, source) = warm_up.split_once('.').expect("a sentence");
    let plain = |text: &str| text.replace(['[', ']'], "").trim().to_owned();
    Some((plain(&paragraphs[0]), warm_up.to_owned(), plain(source)))
}

#[test]
fn every_indicator_is_in_the_list_and_tells_its_warm_up() {
    let exported: BTreeSet<&str> = include_str!("mod.rs")
        .split("pub use ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next()?.split_once("::"))
        .flat_map(|(_, names)| names.split(|c: char| !c.is_alphanumeric()).filter(|name| !name.is_empty()))
        .collect();
    let documented = documented();
    let is_indicator = |name: &&&str| documented.get(**name).is_some_and(|text| told(text).is_some());
    let (indicators, others): (Vec<&str>, Vec<&str>) = exported.iter().partition(|name| is_indicator(name));
    let listed: BTreeSet<&str> = rows().iter().map(|row| row.name).collect();
    assert_eq!(listed, indicators.iter().copied().collect());
    assert!(
        others.iter().all(|name| name.contains("Line") || ["Band", "Candle", "Directions"].contains(name)),
        "{others:?}"
    );
    assert!(listed.len() >= 44, "{}", listed.len());
}

#[test]
fn the_guide_shows_every_indicator() {
    let document = include_str!("../../../../docs/indicators.md");
    let (begin, end) = ("<!-- table: indicators -->\n", "<!-- end: indicators -->");
    let (before, rest) = document.split_once(begin).expect("the mark where the table begins");
    let (_, after) = rest.split_once(end).expect("the mark where it ends");
    let documented = documented();
    let mut table =
        "| indicator | made by | reads | warm-up | for that | what it is | source | checked against |\n".to_owned();
    table.push_str("|---|---|---|---|---|---|---|---|\n");
    for row in rows() {
        let (formula, warm_up, source) = told(&documented[row.name]).expect("its documentation tells the warm-up");
        let checked = match row.checked {
            Checked::TaLib(function) => format!("TA-Lib `{function}`"),
            Checked::Arrays => "arrays".to_owned(),
            Checked::Bits => "bits".to_owned(),
        };
        let (name, made_by, reads, count) = (row.name, row.made_by, row.reads, row.warm_up);
        table.push_str(&format!(
            "| `{name}` | `{made_by}` | {reads} | {warm_up} | {count} | {} | {source} | {checked} |\n",
            formula.replace('|', "\\|")
        ));
    }
    expect_file!["../../../../docs/indicators.md"].assert_eq(&format!("{before}{begin}{table}{end}{after}"));
}
