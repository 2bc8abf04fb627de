//! Indicators of the Rust SDK on real bars, against TA-Lib, and against definitions written out on arrays where TA-Lib has
//! none; and those of the other SDKs against the Rust SDK, bit for bit.
//!
//! The Python side is `tests/oracles/indicators.py` in the virtual environment that `cargo xtask test` makes under
//! `target/oracles` and names in `RINGFENCE_PYTHON`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use ringfence_sdk::indicators::*;
use ringfence_tests::{data, languages, oracles, skip, workspace};

/// Two ways to add the same numbers differ by rounding.
const TOLERANCE: f64 = 1e-9;

/// Lines that cross zero while what they are made of does not, so that their own size says nothing of its rounding: what
/// size to go by instead.
const SIZES: &[(&str, f64)] = &[
    ("AwesomeOscillator", 1.0),
    ("Beta", 1.0),
    ("Cci", 100.0),
    ("ChaikinOscillator", 1.0),
    ("EaseOfMovement", 100.0),
    ("LinearRegression.slope", 1.0),
    ("ZScore", 1.0),
];

/// The size that any line is taken to have at least.
const SIZE_MIN: f64 = 1e-3;

const SPY: &str = "w3_spy_daily_1998-2021.csv";
const AAPL: &str = "w3_aapl_daily_1998-2021.csv";
const BTCUSD: &str = "w3_btcusd_1m_2016.csv.zst";

type Lines = BTreeMap<&'static str, Vec<Option<f64>>>;

/// The table that both sides read: bars and a second series.
struct Series {
    text: String,
    bars: Vec<Candle>,
    other: Vec<f64>,
}

impl Series {
    /// Of rows `open,high,low,close,volume` and prices, as text.
    fn of(rows: &[(&str, &str)]) -> Self {
        let mut series =
            Self { text: "open,high,low,close,volume,other\n".to_owned(), bars: Vec::new(), other: Vec::new() };
        for (bar, other) in rows {
            series.text.push_str(&format!("{bar},{other}\n"));
            let read = |text: &str| text.parse::<f64>().expect("a number");
            let [open, high, low, close, volume] = bar.split(',').map(read).collect::<Vec<_>>()[..] else {
                panic!("five figures: {bar}")
            };
            series.bars.push(Candle { open, high, low, close, volume });
            series.other.push(read(other));
        }
        series
    }

    fn closes(&self) -> Vec<f64> {
        self.bars.iter().map(|bar| bar.close).collect()
    }
}

/// Each field of what an indicator answers as a line of its own.
macro_rules! lines {
    ($all:expr, $inputs:expr, { $($name:literal = $indicator:expr $(=> $($field:literal: $answer:expr),+)?;)+ }) => { $(
        let answers = $indicator.over($inputs);
        lines!(@one $all, $name, answers $(, $($field: $answer),+)?);
    )+ };
    (@one $all:expr, $name:literal, $answers:ident) => {
        $all.insert($name, $answers);
    };
    (@one $all:expr, $name:literal, $answers:ident, $($field:literal: $answer:expr),+) => {
        $( $all.insert(concat!($name, ".", $field), $answers.iter().map(|answer| answer.map($answer)).collect()); )+
    };
}

fn ours(series: &Series) -> Lines {
    let mut all = of_prices(&series.closes());
    all.extend(of_bars(&series.bars));
    all.extend(trends_and_flows(&series.bars));
    let pairs: Vec<(f64, f64)> = series.closes().into_iter().zip(series.other.iter().copied()).collect();
    lines!(all, &pairs, {
        "Correlation" = Correlation::new(30);
        "Beta" = Beta::new(5);
    });
    all
}

fn of_prices(closes: &[f64]) -> Lines {
    let mut all = Lines::new();
    lines!(all, closes, {
        "SmaF64" = SmaF64::new(20);
        "SeededEma" = SeededEma::new(20);
        "Rma" = Rma::new(14);
        "Wma" = Wma::new(20);
        "Dema" = Dema::new(20);
        "Tema" = Tema::new(20);
        "T3" = T3::new(5, 0.7);
        "Trima" = Trima::new(20);
        "Hma" = Hma::new(16);
        "Alma" = Alma::new(9, 0.85, 6.0);
        "Kama" = Kama::new(10);
        "LinearRegression" = LinearRegression::new(14) => "start": |line| line.start, "slope": |line| line.slope,
            "end": |line| line.end, "forecast": |line| line.forecast(), "fit": |line| line.fit;
        "Rsi" = Rsi::new(14);
        "StochRsi" = StochRsi::new(14, 14, 3) => "k": |lines| lines.k, "d": |lines| lines.d;
        "Macd" = Macd::new(12, 26, 9) => "macd": |lines| lines.macd, "signal": |lines| lines.signal,
            "histogram": |lines| lines.histogram;
        "Ppo" = Ppo::new(12, 26);
        "Roc" = Roc::new(10);
        "Momentum" = Momentum::new(10);
        "Tsi" = Tsi::new(25, 13);
        "Cmo" = Cmo::new(14);
        "Trix" = Trix::new(15);
        "Variance" = Variance::new(20);
        "StdDev" = StdDev::new(20);
        "Bollinger" = Bollinger::new(20, 2.0) => "lower": |band| band.lower, "middle": |band| band.middle,
            "upper": |band| band.upper;
        "UlcerIndex" = UlcerIndex::new(14);
        "ZScore" = ZScore::new(20);
        "PercentRank" = PercentRank::new(100);
        "Minimum" = Minimum::new(20);
        "Maximum" = Maximum::new(20);
        "MidPoint" = MidPoint::new(14);
        "Median" = Median::new(20);
    });
    all
}

fn of_bars(bars: &[Candle]) -> Lines {
    let mut all = Lines::new();
    lines!(all, bars, {
        "Vwma" = Vwma::new(20);
        "Vwap" = Vwap::new();
        "Stochastic" = Stochastic::new(14, 3, 3) => "k": |lines| lines.k, "d": |lines| lines.d;
        "Cci" = Cci::new(20);
        "WilliamsR" = WilliamsR::new(14);
        "UltimateOscillator" = UltimateOscillator::new(7, 14, 28);
        "AwesomeOscillator" = AwesomeOscillator::new(5, 34);
        "Fisher" = Fisher::new(9) => "fisher": |lines| lines.fisher, "signal": |lines| lines.signal;
        "BalanceOfPower" = BalanceOfPower::new();
        "TrueRange" = TrueRange::new();
        "Atr" = Atr::new(14);
        "Natr" = Natr::new(14);
        "Keltner" = Keltner::new(20, 10, 2.0) => "lower": |band| band.lower, "middle": |band| band.middle,
            "upper": |band| band.upper;
        "Donchian" = Donchian::new(20) => "lower": |band| band.lower, "middle": |band| band.middle,
            "upper": |band| band.upper;
        "ChaikinVolatility" = ChaikinVolatility::new(10, 10);
        "MassIndex" = MassIndex::new(9, 25);
        "MidPrice" = MidPrice::new(14);
    });
    all
}

fn trends_and_flows(bars: &[Candle]) -> Lines {
    let mut all = Lines::new();
    lines!(all, bars, {
        "DirectionalMovement" = DirectionalMovement::new(14) => "plus": |lines| lines.plus,
            "minus": |lines| lines.minus, "index": |lines| lines.index().expect("bars that move");
        "Adx" = Adx::new(14) => "adx": |lines| lines.adx;
        "Adxr" = Adxr::new(14);
        "Vortex" = Vortex::new(14) => "plus": |lines| lines.plus, "minus": |lines| lines.minus;
        "Aroon" = Aroon::new(25) => "up": |lines| lines.up, "down": |lines| lines.down,
            "oscillator": |lines| lines.oscillator();
        "ParabolicSar" = ParabolicSar::new(0.02, 0.2);
        "Supertrend" = Supertrend::new(10, 3.0) => "line": |line| line.line,
            "is_up": |line| f64::from(u8::from(line.is_up));
        "Ichimoku" = Ichimoku::new(9, 26, 52) => "conversion": |lines| lines.conversion, "base": |lines| lines.base,
            "leading_a": |lines| lines.leading_a, "leading_b": |lines| lines.leading_b;
        "Obv" = Obv::new();
        "AccumulationDistribution" = AccumulationDistribution::new();
        "ChaikinOscillator" = ChaikinOscillator::new(3, 10);
        "ChaikinMoneyFlow" = ChaikinMoneyFlow::new(20);
        "Mfi" = Mfi::new(14);
        "Pvt" = Pvt::new();
        "ForceIndex" = ForceIndex::new(13);
        "EaseOfMovement" = EaseOfMovement::new(14, 1e8);
    });
    all
}

fn theirs(series: &Series, python: &Path) -> BTreeMap<String, Vec<Option<f64>>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("bars.csv");
    std::fs::write(&table, &series.text).expect("the table is written");
    let script = workspace::root().join("tests/oracles/indicators.py");
    let output = Command::new(python).arg(script).arg(&table).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the script prints an object of lines")
}

/// One line for each line of figures that the other side sees differently: where, and how far apart at most.
fn differences(series: &Series, python: &Path) -> Vec<String> {
    let (ours, theirs) = (ours(series), theirs(series, python));
    assert_eq!(ours.keys().copied().collect::<BTreeSet<_>>(), theirs.keys().map(String::as_str).collect());
    let mut found = Vec::new();
    for (name, line) in &ours {
        assert_eq!(line.len(), series.bars.len(), "{name}");
        let other = theirs[*name].as_slice();
        let far = |at: &usize| !is_near(name, line[*at], other[*at]);
        if let Some(at) = (0..line.len()).find(far) {
            let count = (0..line.len()).filter(far).count();
            let distance = |at: usize| line[at].zip(other[at]).map_or(f64::INFINITY, |(a, b)| (a - b).abs());
            let farthest = (0..line.len()).map(distance).filter(|d| d.is_finite()).fold(0.0, f64::max);
            found.push(format!(
                "{name} at {at} (and {count} in all, {farthest:e} at most): ours {:?}, theirs {:?}",
                line[at], other[at]
            ));
        }
    }
    found
}

fn is_near(name: &str, ours: Option<f64>, theirs: Option<f64>) -> bool {
    let size = SIZES.iter().find(|(line, _)| *line == name).map_or(SIZE_MIN, |(_, size)| *size);
    match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(size),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file is there");
    let is_packed = path.extension().is_some_and(|extension| extension == "zst");
    let bytes = if is_packed { zstd::stream::decode_all(bytes.as_slice()).expect("zstd") } else { bytes };
    String::from_utf8(bytes).expect("text")
}

/// Bars without their time, and their closes.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let row = |line| {
        let (_, bar) = str::split_once(line, ',').expect("a time comes first");
        (bar, bar.split(',').nth(3).expect("a close"))
    };
    text.lines().skip(1).map(row).collect()
}

/// What an SDK of another language makes of the bars: bits of each figure.
type Bits = BTreeMap<String, Vec<Option<String>>>;

/// Lines that another SDK makes otherwise. It has to have at least so many indicators, each of which is in both.
fn other_bits(series: &Series, theirs: &Bits) -> Vec<String> {
    let mut ours = ours(series);
    lines!(ours, &series.closes(), {
        "Ema" = Ema::new(20);
    });
    lines!(ours, &series.bars, { "Adx" = Adx::new(14) => "plus": |lines| lines.plus, "minus": |lines| lines.minus; });
    let names: BTreeSet<&str> = theirs.keys().map(|line| line.split('.').next().expect("a name")).collect();
    assert!(names.len() >= 40, "{names:?}");
    let bits = |figure: &Option<f64>| figure.map(|figure| format!("{:016x}", figure.to_bits()));
    let is_other = |(name, line): &(&String, &Vec<Option<String>>)| {
        let known = ours.get(name.as_str()).map(|line| line.iter().map(bits).collect::<Vec<_>>());
        known.as_ref() != Some(line)
    };
    theirs.iter().filter(is_other).map(|(name, _)| name.clone()).collect()
}

/// The table in a file, for a script to read.
fn table(series: &Series) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("bars.csv");
    std::fs::write(&table, &series.text).expect("the table is written");
    (folder, table)
}

fn said(command: &mut Command) -> Bits {
    let output = command.output().expect("it starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    serde_json::from_str(&out).expect("the script prints an object of lines")
}

macro_rules! wanted {
    ($found:expr) => {
        match $found {
            Ok(found) => found,
            Err(reason) => skip!("{reason}"),
        }
    };
}

#[test]
fn daily_bars_give_the_figures_of_ta_lib() {
    let (python, spy, aapl) = (wanted!(oracles::python()), wanted!(data::wanted(SPY)), wanted!(data::wanted(AAPL)));
    let (spy, aapl) = (text(&spy), text(&aapl));
    let both: Vec<(&str, &str)> =
        rows(&spy).into_iter().zip(rows(&aapl)).map(|((bar, _), (_, other))| (bar, other)).collect();
    assert_eq!(both.len(), 5849);
    assert_eq!(differences(&Series::of(&both), &python), Vec::<String>::new());
}

/// As far as there is no hour in which the price stands still: then an index moves by rounding alone, and its place in its own
/// range is anything.
const MINUTES: usize = 6_000;

#[test]
fn minute_bars_give_the_figures_of_ta_lib() {
    let (python, btcusd) = (wanted!(oracles::python()), wanted!(data::wanted(BTCUSD)));
    let text = text(&btcusd);
    // A second series that moves together, and not alike: the close of the next minute.
    let rows = rows(&text);
    let pairs: Vec<(&str, &str)> =
        rows.iter().zip(&rows[1..]).map(|((bar, _), (_, next))| (*bar, *next)).take(MINUTES).collect();
    assert_eq!(differences(&Series::of(&pairs), &python), Vec::<String>::new());
}

fn daily(spy: &Path) -> Series {
    Series::of(&rows(&text(spy)))
}

#[test]
fn the_python_sdk_gives_the_bits_of_the_rust_sdk() {
    let (python, spy) = (wanted!(languages::program_of("python")), wanted!(data::wanted(SPY)));
    let series = daily(&spy);
    let (_folder, table) = table(&series);
    let sdk = workspace::root().join("guest-sdk/python");
    let path = std::env::join_paths([sdk.join("src"), sdk.join("bindings")]).expect("a search path");
    let script = workspace::root().join("tests/languages/indicators.py");
    let theirs = said(Command::new(python).arg("-B").arg(script).arg(&table).env("PYTHONPATH", path));
    assert_eq!(other_bits(&series, &theirs), Vec::<String>::new());
}

#[test]
fn the_typescript_sdk_gives_the_bits_of_the_rust_sdk() {
    let (rolldown, spy) = (wanted!(languages::program_of("rolldown")), wanted!(data::wanted(SPY)));
    let series = daily(&spy);
    let (folder, table) = table(&series);
    let config = workspace::root().join("guest-sdk/javascript/rolldown.test.config.js");
    let mut bundle = Command::new(rolldown);
    bundle.current_dir(folder.path()).arg("--config").arg(config).env("RINGFENCE_TEST", "indicators.ts");
    bundle.env("RINGFENCE_TESTS", workspace::root().join("tests/languages/javascript"));
    let bundled = bundle.output().expect("rolldown starts");
    assert!(bundled.status.success(), "{}", String::from_utf8_lossy(&bundled.stderr));
    let theirs = said(Command::new("node").arg(folder.path().join("target/test/indicators.js")).arg(&table));
    assert_eq!(other_bits(&series, &theirs), Vec::<String>::new());
}

/// The guide says of each indicator what it is checked against; this is where.
#[test]
fn what_the_guide_calls_checked_is_compared_here() {
    let guide = std::fs::read_to_string(workspace::root().join("docs/indicators.md")).expect("the guide");
    let rows = guide.lines().filter(|line| line.starts_with("| `")).map(|line| line.trim_matches(['|', ' ']));
    let cells = rows.map(|row| row.replace("\\|", "/").split(" | ").map(str::to_owned).collect::<Vec<_>>());
    let is_compared = |cells: &Vec<String>| cells.last().expect("cells") != "bits";
    let told: BTreeSet<String> = cells.filter(is_compared).map(|cells| cells[0].trim_matches('`').to_owned()).collect();
    let bars = ["1,1,1,1,1"; 3].map(|bar| (bar, "1"));
    let compared = ours(&Series::of(&bars)).into_keys().map(|name| name.split('.').next().expect("a name").to_owned());
    assert_eq!(told, compared.collect());
}
