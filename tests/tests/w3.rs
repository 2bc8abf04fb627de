//! W3: bars, SMA cross, through the built binary with the strategy as a component.

use ringfence_tests::work::{Work, line};
use ringfence_tests::{binary, data, skip};

const ORACLE: &[&str] = &["orders", "fills", "cancels", "final_equity"];

#[test]
fn daily_and_minute_bars_give_the_oracles_for_close_and_next_open() {
    let tapes = data::wanted("w3_spy_daily_1998-2021.csv")
        .and_then(|daily| Ok((daily, data::wanted("w3_btcusd_1m_2016.csv.zst")?)));
    let (daily, minute) = match tapes {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let run = |config: &str, tape, fill: &str| {
        line(&Work::new(binary::dev(), config, tape).set(&format!("simulation.fill={fill}")).json(), ORACLE)
    };
    assert_eq!(run("w3_sma_cross.toml", &daily, "same-event"), "205 205 0 110883.217");
    assert_eq!(run("w3_sma_cross.toml", &daily, "next-open"), "205 205 0 112609.0844");
    assert_eq!(run("w3_sma_cross_btcusd.toml", &minute, "same-event"), "2107 2107 0 97495.16578");
    assert_eq!(run("w3_sma_cross_btcusd.toml", &minute, "next-open"), "2107 2107 0 98052.76724");
}
