//! W1: trades, EMA cross, through the built binary with the strategy as a component.

use ringfence_tests::work::{Work, line};
use ringfence_tests::{binary, data, skip};

const TAPE: &str = "w1_spy_trades_20131007-11.csv.zst";
const CONFIG: &str = "w1_ema_cross.toml";
const ORACLE: &[&str] = &["orders", "fills", "cancels", "position", "fees", "final_equity"];

#[test]
fn whole_file_gives_the_oracle_for_same_event_and_next_event() {
    let (tape, release) = match data::wanted(TAPE).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let same = Work::new(&release, CONFIG, &tape).set("simulation.fill=same-event").json();
    assert_eq!(line(&same, ORACLE), "12829 12829 0 -100 42943.2536 9940171.7464");
    assert_eq!(line(&same, &["rows", "denied", "rejects"]), "1887450 0 0");
    let next = Work::new(&release, CONFIG, &tape).set("simulation.fill=next-event").json();
    assert_eq!(line(&next, &["orders", "fills", "cancels", "final_equity"]), "12829 12829 0 9955181.8734");
}

#[test]
fn parts_of_the_file_give_their_oracles() {
    let tape = match data::wanted(TAPE) {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let run = |fill: &str, rows| {
        let work = Work::new(binary::dev(), CONFIG, &tape).set(&format!("simulation.fill={fill}")).rows(rows);
        line(&work.json(), &["orders", "fills", "final_equity"])
    };
    assert_eq!(run("same-event", 200_000), "1231 1231 9995431.8732");
    assert_eq!(run("same-event", 500_000), "3156 3156 9986860.371");
    assert_eq!(run("next-event", 100_000), "616 616 9997872.6122");
}
