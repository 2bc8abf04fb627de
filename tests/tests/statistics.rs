//! Statistics of real series, against those that empyrical, numpy and scipy give for the same prices.
//!
//! The Python side is `tests/oracles/statistics.py` in the virtual environment that `cargo xtask test` makes under
//! `target/oracles` and names in `RINGFENCE_PYTHON`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ringfence_report::statistics::deflated::{self, Moments};
use ringfence_report::statistics::trading::{self, Trades};
use ringfence_report::statistics::{Basis, drawdown, ratios, relative, returns, tails};
use ringfence_tests::work::Work;
use ringfence_tests::{Run, binary, data, oracles, skip, workspace};

/// Two ways to add the same numbers differ by rounding: 1e-9 is thousands of times that, and far below what is shown.
const TOLERANCE: f64 = 1e-9;

const SPY: &str = "w3_spy_daily_1998-2021.csv";
const AAPL: &str = "w3_aapl_daily_1998-2021.csv";
const BTCUSD: &str = "w3_btcusd_1m_2016.csv.zst";

/// Two columns of prices as text, so that each side reads them itself.
type Pairs = Vec<(String, String)>;

/// One line for each statistic that the other side sees differently.
fn differences(pairs: &Pairs, basis: (f64, f64), python: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = folder.path().join("series.csv");
    let rows: String = pairs.iter().map(|(value, benchmark)| format!("{value},{benchmark}\n")).collect();
    std::fs::write(&table, format!("value,benchmark\n{rows}")).expect("the table is written");
    let script = workspace::root().join("tests/oracles/statistics.py");
    let (periods, rate) = (basis.0.to_string(), basis.1.to_string());
    let output = Command::new(python).arg(script).arg(&table).args([periods, rate]).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: BTreeMap<String, Option<f64>> =
        serde_json::from_slice(&output.stdout).expect("the script prints an object of numbers");
    let ours = ours(pairs, &Basis::new(basis.0, basis.1).expect("a basis"));
    assert!(ours.len() >= 49, "{} statistics", ours.len());
    let names: Vec<&String> = ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))).collect();
    let differs = |name: &&&String| !is_near(ours.get(**name), theirs.get(**name));
    let line = |name: &&String| format!("{name}: ours {:?}, theirs {:?}", ours.get(*name), theirs.get(*name));
    names.iter().filter(differs).map(line).collect()
}

fn is_near(ours: Option<&Option<f64>>, theirs: Option<&Option<f64>>) -> bool {
    match (ours, theirs) {
        (Some(Some(a)), Some(Some(b))) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1e-6),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}

fn ours(pairs: &Pairs, basis: &Basis) -> BTreeMap<String, Option<f64>> {
    let read = |text: &String| text.parse::<f64>().expect("a price");
    let values: Vec<f64> = pairs.iter().map(|(value, _)| read(value)).collect();
    let benchmark: Vec<f64> = pairs.iter().map(|(_, benchmark)| read(benchmark)).collect();
    let (r, b) = (returns::simple(&values), returns::simple(&benchmark));
    let mut all = of_returns(&r, basis);
    all.extend(of_drawdowns(&r, basis));
    all.extend(of_chance(&r, basis));
    all.extend(of_benchmark(&r, &b, basis));
    all.extend(of_trades(&values));
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

type Named = Vec<(&'static str, Option<f64>)>;

fn of_returns(r: &[f64], basis: &Basis) -> Named {
    vec![
        ("total", returns::total(r)),
        ("growth", Some(returns::growth(r))),
        ("cagr", returns::cagr(r, basis)),
        ("average", returns::average(r)),
        ("volatility", returns::volatility(r, basis)),
        ("downside", returns::downside(r, basis)),
        ("best", returns::best(r)),
        ("worst", returns::worst(r)),
        ("positive_share", returns::positive_share(r)),
        ("stability", returns::stability(r)),
        ("rolling_sharpe_last", returns::rolling_sharpe(r, 63, basis).last().copied().flatten()),
        ("sharpe", ratios::sharpe(r, basis)),
        ("sortino", ratios::sortino(r, basis)),
        ("omega", ratios::omega(r, basis)),
        ("calmar", ratios::calmar(r, basis)),
        ("gain_to_pain", ratios::gain_to_pain(r)),
        ("value_at_risk", tails::value_at_risk(r, tails::TAIL)),
        ("conditional_value_at_risk", tails::conditional_value_at_risk(r, tails::TAIL)),
        ("tail_ratio", tails::tail_ratio(r)),
        ("skew", tails::skew(r)),
        ("kurtosis", tails::kurtosis(r)),
    ]
}

fn of_drawdowns(r: &[f64], basis: &Basis) -> Named {
    #[expect(clippy::cast_precision_loss, reason = "periods are few")]
    let longest = drawdown::longest(r) as f64;
    vec![
        ("deepest", drawdown::deepest(r)),
        ("average_drawdown", drawdown::average(r)),
        ("longest", Some(longest)),
        ("under_water", drawdown::under_water(r)),
        ("ulcer", drawdown::ulcer(r)),
        ("recovery", ratios::recovery(r)),
        ("martin", ratios::martin(r, basis)),
    ]
}

fn of_benchmark(r: &[f64], b: &[f64], basis: &Basis) -> Named {
    vec![
        ("alpha", relative::alpha(r, b, basis)),
        ("beta", relative::beta(r, b)),
        ("correlation", relative::correlation(r, b)),
        ("information", relative::information(r, b, basis)),
        ("tracking_error", relative::tracking_error(r, b, basis)),
        ("treynor", relative::treynor(r, b, basis)),
        ("up_capture", relative::up_capture(r, b, basis)),
        ("down_capture", relative::down_capture(r, b, basis)),
    ]
}

/// Ten stretches of the series stand for ten tries.
const TRIES: usize = 10;

fn of_chance(r: &[f64], basis: &Basis) -> Named {
    let tries: Vec<Moments> =
        r.chunks_exact(r.len() / TRIES).take(TRIES).map(|one| Moments::of(one, basis).expect("a spread")).collect();
    let sharpes: Vec<f64> = tries.iter().map(|one| one.sharpe).collect();
    let luck = deflated::expected_maximum(&sharpes, TRIES);
    let best = tries.iter().max_by(|a, b| a.sharpe.total_cmp(&b.sharpe)).expect("ten tries");
    let whole = Moments::of(r, basis);
    vec![
        ("probabilistic_sharpe", whole.and_then(|moments| deflated::probabilistic(&moments, 0.0))),
        ("track_record_min", whole.and_then(|moments| deflated::track_record_min(&moments))),
        ("expected_maximum_sharpe", Some(luck)),
        ("deflated_sharpe", deflated::deflated(best, luck)),
    ]
}

/// Differences of prices stand for profits of trades of one second each.
fn of_trades(values: &[f64]) -> Named {
    let mut trades = Trades::default();
    // Both sides round away what is left of subtracting one price from another.
    let profit = |pair: &[f64]| ((pair[1] - pair[0]) * 1e9).round() / 1e9;
    values.windows(2).for_each(|pair| trades.add(profit(pair), 1.0));
    #[expect(clippy::cast_precision_loss, reason = "trades are few")]
    let streak = trades.losing_streak as f64;
    vec![
        ("hit_rate", trading::hit_rate(&trades)),
        ("profit_factor", trading::profit_factor(&trades)),
        ("expectancy", trading::expectancy(&trades)),
        ("average_win", trading::average_win(&trades)),
        ("average_loss", trading::average_loss(&trades)),
        ("payoff", trading::payoff(&trades)),
        ("kelly", trading::kelly(&trades)),
        ("system_quality", trading::system_quality(&trades)),
        ("best_trade", Some(trades.best)),
        ("worst_trade", Some(trades.worst)),
        ("losing_streak", Some(streak)),
        ("holding_s", trading::holding_s(&trades)),
    ]
}

fn column(text: &str, name: &str) -> Vec<String> {
    let mut lines = text.lines();
    let place = lines.next().and_then(|head| head.split(',').position(|column| column == name)).expect("the column");
    lines.map(|line| line.split(',').nth(place).expect("a full row").to_owned()).collect()
}

fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file is there");
    let is_packed = path.extension().is_some_and(|extension| extension == "zst");
    let bytes = if is_packed { zstd::stream::decode_all(bytes.as_slice()).expect("zstd") } else { bytes };
    String::from_utf8(bytes).expect("text")
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
fn daily_closes_give_the_figures_of_the_other_implementation() {
    let (python, spy, aapl) = (wanted!(oracles::python()), wanted!(data::wanted(SPY)), wanted!(data::wanted(AAPL)));
    let closes = [spy, aapl].map(|path| column(&text(&path), "close"));
    assert_eq!([closes[0].len(), closes[1].len()], [5849, 5849]);
    let forth: Pairs = closes[0].iter().cloned().zip(closes[1].iter().cloned()).collect();
    let back: Pairs = forth.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
    assert_eq!(differences(&forth, (252.0, 0.02), &python), Vec::<String>::new());
    assert_eq!(differences(&back, (252.0, 0.0), &python), Vec::<String>::new());
}

#[test]
fn minute_bars_give_the_figures_of_the_other_implementation() {
    let (python, btcusd) = (wanted!(oracles::python()), wanted!(data::wanted(BTCUSD)));
    let text = text(&btcusd);
    // Closes against highs: two series that move together, and not alike.
    let (closes, highs) = (column(&text, "close"), column(&text, "high"));
    let pairs: Pairs = closes.into_iter().zip(highs).take(40_000).collect();
    assert_eq!(differences(&pairs, (525_960.0, 0.01), &python), Vec::<String>::new());
}

/// A week of SPY, as far as its first hundred thousand trades, and its report.
#[test]
fn trades_of_a_run_give_the_figures_of_the_other_implementation() {
    let python = wanted!(oracles::python());
    let tape = wanted!(data::wanted("w1_spy_trades_20131007-11.csv.zst"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report");
    let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape).rows(100_000);
    let work = work.option("--risk-free").option("0.02").option("--report").option(&report);
    assert_eq!(work.json()["fills"], 616);
    let script = workspace::root().join("tests/oracles/trades.py");
    let output = Command::new(python).arg(script).arg(&report).arg("10000000").output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: BTreeMap<String, f64> = serde_json::from_slice(&output.stdout).expect("an object of numbers");
    assert_eq!(theirs.len(), 23);
    let statistics = std::fs::read(report.join("statistics.json")).expect("the report has statistics");
    let statistics: serde_json::Value = serde_json::from_slice(&statistics).expect("JSON");
    for (name, value) in theirs {
        let ours = statistics["figures"][&name].as_f64();
        assert!(is_near(Some(&ours), Some(&Some(value))), "{name}: ours {ours:?}, theirs {value}");
    }
}

/// A hundred combinations on daily bars, each of which counts as a try.
#[test]
fn deflated_ratios_of_a_sweep_are_those_of_the_other_implementation() {
    let (python, spy) = (wanted!(oracles::python()), wanted!(data::wanted(SPY)));
    let config = workspace::root().join("config/w3_sma_cross.toml");
    let run = Run::dev(["sweep", "--json", "--grid", "fast=5..50:5", "--grid", "slow=60..240:20", "--config"]);
    let finished = run.arg(config).arg("--data").arg(spy).finish();
    finished.expect_code(0);
    let script = workspace::root().join("tests/oracles/tries.py");
    let mut command = Command::new(python);
    let mut child =
        command.arg(script).arg("252").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    child.stdin.take().expect("piped").write_all(finished.stdout.as_bytes()).expect("python reads");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success());
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let ours = finished.json_lines();
    assert_eq!((ours.len(), theirs["deflated"].as_array().map(Vec::len)), (100, Some(100)));
    for (at, trial) in ours.iter().enumerate() {
        for (ours, theirs) in [
            (&trial["expected_maximum_sharpe"], &theirs["expected_maximum"]),
            (&trial["deflated_sharpe"], &theirs["deflated"][at]),
        ] {
            let (ours, theirs) = (ours.as_f64(), theirs.as_f64());
            assert!(ours.is_some() && is_near(Some(&ours), Some(&theirs)), "{ours:?}, theirs {theirs:?}: {trial}");
        }
    }
}
