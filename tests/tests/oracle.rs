//! The independent reckoning against the published oracles: both were derived without this project's host.

use ringfence_tests::oracle::maker::touch_maker;
use ringfence_tests::oracle::{Moment, ema_cross, money, sma_cross};
use ringfence_tests::{data, skip};

/// Text of a data file, unpacked.
fn tape(name: &str) -> Result<String, String> {
    let file = std::fs::File::open(data::wanted(name)?).expect("the data file opens");
    let text = if name.ends_with(".zst") {
        std::io::read_to_string(zstd::Decoder::new(file).expect("a zstd stream"))
    } else {
        std::io::read_to_string(file)
    };
    Ok(text.expect("the data file reads"))
}

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";

#[test]
fn w1_reckoning_gives_the_oracles() {
    let tape = match tape(W1) {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let same = ema_cross(&tape, (50, 200), Moment::Same, 10_000_000);
    assert_eq!((same.orders, same.fills, same.position), (12_829, 12_829, -100));
    assert_eq!((money(same.equity), money(same.fees)), ("9940171.7464".into(), "42943.2536".into()));
    let next = ema_cross(&tape, (50, 200), Moment::Next, 10_000_000);
    assert_eq!((next.fills, money(next.equity)), (12_829, "9955181.8734".into()));
}

#[test]
fn w3_reckoning_gives_the_oracles() {
    let daily = match tape("w3_spy_daily_1998-2021.csv") {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let minute = match tape("w3_btcusd_1m_2016.csv.zst") {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let run = |tape: &str, spans, qty, moment| {
        let outcome = sma_cross(tape, spans, (qty, 100_000), moment);
        (outcome.orders, outcome.fills, money(outcome.equity))
    };
    assert_eq!(run(&daily, (10, 30), 100, Moment::Same), (205, 205, "110883.217".into()));
    assert_eq!(run(&daily, (10, 30), 100, Moment::Next), (205, 205, "112609.0844".into()));
    assert_eq!(run(&minute, (50, 200), 10, Moment::Same), (2107, 2107, "97495.16578".into()));
    assert_eq!(run(&minute, (50, 200), 10, Moment::Next), (2107, 2107, "98052.76724".into()));
}

#[test]
fn w2_reckoning_gives_the_oracles() {
    let tape = match tape("w2_btcusdt_usdm_bbo_trades_20240808.csv.zst") {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    assert_eq!(touch_maker(&tape, 1).text(), "2489 843 1644 0.03 104.032623 999859.716877");
    assert_eq!(touch_maker(&tape, 12).text(), "29890 10149 19739 0.03 1252.4676096 998345.4768904");
}
