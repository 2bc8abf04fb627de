//! W2: the example strategy `touch-maker` through the whole chain, against the same wants in hftbacktest.
//!
//! The tape has no two rows of one time, so that one wake a time stamp is one wake a quote. With times cut to whole
//! microseconds or milliseconds many rows have one: then the maker is woken once, when all of them have happened.

use ringfence_sim::QueueModel;
use ringfence_tests::work::Work;
use ringfence_tests::{Run, binary, data, skip};
use serde_json::Value;

use crate::case::{Filled, Models};
use crate::{market, ours, theirs};

/// Fills of a journalled run: time, price in ticks, quantity in lots.
fn fills(json: &[Value]) -> Vec<(u64, i64, i64)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let decimal = |value: &Value, digits: usize| market::scaled(&text(value), digits);
    json.iter()
        .map(|fill| (time_ns(&text(&fill["time"])), decimal(&fill["price"], 1), decimal(&fill["qty"], 3)))
        .collect()
}

/// A time of the day of the tape in ns.
fn time_ns(text: &str) -> u64 {
    let clock = text.strip_prefix("2024-08-08T").and_then(|text| text.strip_suffix('Z')).expect("the day of the tape");
    let (clock, part) = clock.split_once('.').unwrap_or((clock, "0"));
    let seconds = clock.split(':').fold(0, |sum, part| sum * 60 + part.parse::<u64>().expect("a number"));
    (1_723_075_200 + seconds) * 1_000_000_000 + format!("{part:0<9}").parse::<u64>().expect("a number")
}

/// The maker through `ringfence backtest` and through hftbacktest, with one queue model.
#[track_caller]
fn check(models: &Models, lines: &str) -> Result<(), String> {
    let tape = data::wanted(market::W2)?;
    let (their_fills, sum) = theirs::maker(models, lines)?;
    let work = Work::new(binary::dev(), "w2_touch_maker.toml", &tape);
    let work = work.set(&format!("simulation.queue={}", models.queue.code()));
    let work = if models.power > 0 { work.set(&format!("simulation.queue_power={}", models.power)) } else { work };
    let run = work.journalled();
    let inspected = Run::dev(["inspect", "--json", "--only", "OrderFilled"]).arg(&run.journal).finish();
    inspected.expect_code(0);
    let theirs: Vec<(u64, i64, i64)> = their_fills.iter().map(|fill| (fill.time, fill.price, fill.qty)).collect();
    let ours = fills(&inspected.json_lines());
    assert_eq!(ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs), None, "{models:?}");
    assert_eq!(ours.len(), theirs.len());
    for name in ["orders", "fills", "cancels"] {
        assert_eq!(run.json[name], sum[name], "{models:?} {name}");
    }
    let position = market::scaled(run.json["position"].as_str().expect("a decimal"), 3);
    assert_eq!(Value::from(position), sum["position"]);
    // Floats on their side: the sums agree to the millionth.
    let float = |value: &Value| value.as_str().map_or(value.as_f64(), |text| text.parse().ok()).expect("a number");
    assert!((float(&run.json["fees"]) - float(&sum["fees"])).abs() < 1e-6);
    assert!((float(&run.json["final_equity"]) - 1_000_000.0 - float(&sum["gain"])).abs() < 1e-6);
    Ok(())
}

#[test]
fn the_maker_fills_as_in_hftbacktest_order_by_order_under_every_queue_model() {
    let lines = match market::w2(1) {
        Ok(lines) => lines,
        Err(reason) => skip!("{reason}"),
    };
    for (queue, power) in [
        (QueueModel::RiskAverse, 0),
        (QueueModel::PowerProb, 2),
        (QueueModel::PowerProb2, 2),
        (QueueModel::PowerProb3, 3),
        (QueueModel::LogProb, 0),
        (QueueModel::LogProb2, 0),
    ] {
        if let Err(reason) = check(&Models::PLAIN.queue(queue, power), &lines) {
            skip!("{reason}");
        }
    }
}

/// Fills, orders, cancels of hftbacktest and of ours with the rows of a time told as one.
#[track_caller]
fn check_merged(unit_ns: u64, models: &Models, want: &str) -> Result<(), String> {
    let lines = market::w2(unit_ns)?;
    let (theirs, sum) = theirs::maker(models, &lines)?;
    let (ours, result) = ours::maker(models, &lines);
    let key = |fill: &Filled| (fill.time, fill.price, fill.qty, fill.liquidity.clone());
    let sorted = |fills: &[Filled]| {
        let mut keys: Vec<_> = fills.iter().map(key).collect();
        keys.sort();
        keys
    };
    assert_eq!(sorted(&result.fills), sorted(&theirs));
    let theirs = [&sum["orders"], &sum["fills"], &sum["cancels"]].map(|count| count.as_u64().expect("a count"));
    assert_eq!([ours, result.fills.len() as u64, result.ended("canceled") as u64], theirs);
    assert_eq!(theirs.map(|count| count.to_string()).join(" "), want);
    Ok(())
}

#[test]
fn rows_of_one_time_wake_the_maker_once_and_it_fills_as_in_hftbacktest() {
    let cases = [(1, "2489 843 1644"), (1_000, "2435 854 1579"), (1_000_000, "1946 853 1091")];
    for (unit_ns, want) in cases {
        if let Err(reason) = check_merged(unit_ns, &Models::PLAIN, want) {
            skip!("{reason}");
        }
    }
}
