//! W2: quotes and trades, a maker at the touch, through the built binary with the strategy as a component.

use ringfence_tests::work::{Work, line};
use ringfence_tests::{binary, data, skip};

const TAPE: &str = "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst";
const CONFIG: &str = "w2_touch_maker.toml";
const ORACLE: &[&str] = &["orders", "fills", "cancels", "position", "fees", "final_equity"];
const ONCE: &str = "2489 843 1644 0.03 104.032623 999859.716877";
const TWELVE_TIMES: &str = "29890 10149 19739 0.03 1252.4676096 998345.4768904";

/// A journalled run of so many passes gives the oracle, and every decision again when it is replayed.
#[track_caller]
fn check(passes: &str, rows: u64, want: &str) -> Result<(), String> {
    let tape = data::wanted(TAPE)?;
    let run = Work::new(binary::dev(), CONFIG, &tape).option("--repeat").option(passes).journalled();
    assert_eq!(line(&run.json, ORACLE), want);
    assert_eq!(line(&run.json, &["rows", "denied", "rejects"]), format!("{rows} 0 0"));
    let verdict = run.replay(binary::dev(), &tape);
    verdict.expect_code(0);
    let json = verdict.json();
    assert_eq!((&json["match"], &json["first_difference"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(json["verified_events"], run.json["events"]);
    Ok(())
}

#[test]
fn one_pass_gives_the_oracle_and_replays() {
    if let Err(reason) = check("1", 87_402, ONCE) {
        skip!("{reason}");
    }
}

#[test]
fn twelve_passes_give_the_oracle_and_replay() {
    if let Err(reason) = check("12", 12 * 87_402, TWELVE_TIMES) {
        skip!("{reason}");
    }
}
