//! Inspect: is everything in a journal shown, and only what was asked for?

use ringfence_tests::{Finished, Session, Setup, Tape, binary};
use serde_json::Value;

use super::{EMA, halting};

fn two() -> Session {
    with_rows(600)
}

fn with_rows(rows: u32) -> Session {
    let component = binary::component("ringfence_ema_cross");
    let slow = "params = { fast = 10, slow = 40, qty = \"30\" }";
    let setup = Setup::default().strategy("quick", &component, EMA).strategy("slow", &component, slow);
    let session = setup.backtest(&Tape::trades(rows));
    session.finished.expect_code(0);
    session
}

/// The leg of a record: a decision names its intent, an event its order.
fn leg(record: &Value) -> Option<&str> {
    record["intent"].as_str().or(record["order"].as_str())
}

#[test]
fn the_records_of_a_journal_count_every_event_and_decision_once() {
    let session = two();
    let records = session.records(&[]);
    assert_eq!(records[0]["record"], "header");
    let json = session.json(0);
    let of = |kind: &str| records.iter().filter(|record| record["record"] == kind).collect::<Vec<_>>();
    let rows: u64 = of("rows").iter().map(|record| record["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, json["rows"].as_u64().unwrap());
    assert_eq!(rows + of("event").len() as u64, json["events"].as_u64().unwrap());
    assert_eq!(of("decision").len() as u64, session.replay().json()["decisions"].as_u64().unwrap());
    let mut next = 1;
    for record in records.iter().filter(|record| record["record"] == "rows" || record["record"] == "event") {
        assert_eq!(record["seq"], next, "the numbers have no gap");
        next = record["last_seq"].as_u64().unwrap_or(next) + 1;
    }
    let text = session.inspect(&[]).stdout;
    assert_eq!(text.lines().count(), records.len(), "text has a line for each record");
}

#[test]
fn inspect_filters_by_order_intent_strategy_and_range() {
    let session = two();
    let all = session.records(&[]);
    let check = |options: &[&str], wanted: &dyn Fn(&Value) -> bool| {
        let shown = session.records(options);
        let want: Vec<Value> = all.iter().filter(|record| wanted(record)).cloned().collect();
        assert!(!want.is_empty(), "{options:?} selects something");
        assert_eq!(shown, want, "{options:?}");
        assert_eq!(session.inspect(options).stdout.lines().count(), want.len(), "text of {options:?}");
    };
    check(&["--order", "1/3"], &|record| leg(record) == Some("1/3"));
    check(&["--intent", "2/2"], &|record| leg(record) == Some("2/2"));
    let slow = |record: &Value| record["strategy"] == "slow" || leg(record).is_some_and(|leg| leg.starts_with("2/"));
    check(&["--strategy", "slow"], &slow);
    check(&["--strategy", "2"], &slow);
    check(&["--strategy", "slow", "--only", "StrategyAttached"], &|record| {
        record["event"] == "StrategyAttached" && slow(record)
    });
    check(&["--only", "OrderFilled"], &|record| record["event"] == "OrderFilled");
    check(&["--only", "dispatched"], &|record| record["decision"] == "DISPATCHED");
    let slow_fill =
        |record: &Value| record["event"] == "OrderFilled" && record["order"].as_str().unwrap().starts_with("2/");
    check(&["--only", "OrderFilled", "--strategy", "slow"], &slow_fill);
    let filled = all.iter().find(|record| record["event"] == "OrderFilled").unwrap();
    let (seq, client) = (filled["seq"].as_u64().unwrap(), filled["client_order_id"].as_str().unwrap());
    check(&["--order", client], &|record| leg(record) == leg(filled));
    let (from, to) = (seq.to_string(), (seq + 1).to_string());
    let in_range = |record: &Value| {
        let last = record["last_seq"].as_u64().or(record["seq"].as_u64());
        last.is_some_and(|last| last >= seq) && record["seq"].as_u64().unwrap() <= seq + 1
    };
    check(&["--from", &from, "--to", &to], &in_range);
}

#[test]
fn the_life_of_an_order_can_be_read_from_intent_to_fill() {
    let session = two();
    let records = session.records(&["--order", "1/1"]);
    let name = |record: &Value| record["decision"].as_str().or(record["event"].as_str()).unwrap().to_owned();
    let names: Vec<String> = records.iter().map(name).collect();
    assert_eq!(names.join(" "), "EMITTED NORMALISED ALLOWED QUEUED DISPATCHED OrderAccepted OrderFilled");
    assert_eq!((&records[6]["qty"], &records[6]["cause"]), (&"100".into(), &"1/1".into()));
}

#[test]
fn a_filter_that_selects_nothing_prints_nothing_and_a_wrong_one_is_refused() {
    let session = two();
    let none = session.inspect(&["--order", "1/1", "--only", "OrderRejected"]);
    none.expect_code(0);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", ""));
    for option in ["--order", "--intent"] {
        let absent = session.inspect(&[option, "9/999"]);
        absent.expect_code(1);
        assert_eq!((absent.stdout.as_str(), absent.stderr.as_str()), ("", "nothing that was read is about 9/999\n"));
    }
    let empty = session.inspect(&["--from", "10", "--to", "5"]);
    empty.expect_code(2);
    assert!(empty.stderr.contains("--from 10 --to 5: there is nothing between them"), "{}", empty.stderr);
    session.inspect(&["--from", "5", "--to", "5"]).expect_code(0);
    let wrong = session.inspect(&["--strategy", "nobody"]);
    wrong.expect_code(2);
    assert!(wrong.stderr.contains("known: quick, slow"), "{}", wrong.stderr);
}

/// The reporter cancels and amends what it ordered.
#[test]
fn an_order_is_shown_with_its_cancels_and_amends() {
    let lines = "params = { qty = 100, too_much = 5_000 }";
    let session = Setup::default().strategy("reporter", &binary::component("test_reporter"), lines);
    let session = session.backtest(&Tape::trades(2_000));
    let all = session.records(&[]);
    for action in ["cancel", "amend"] {
        let normalised = |record: &&Value| record["decision"] == "NORMALISED" && record["action"] == action;
        let about = all.iter().find(normalised).unwrap_or_else(|| panic!("the reporter has no {action}"));
        let (order, by) = (about["order"].as_str().unwrap(), about["intent"].as_str().unwrap());
        let shown = session.records(&["--order", order]);
        for name in ["EMITTED", "NORMALISED", "ALLOWED", "DISPATCHED"] {
            let has = |leg: &str| shown.iter().any(|record| record["decision"] == name && record["intent"] == leg);
            assert!(has(order) && has(by), "{name} of {order} and of its {action} {by}");
        }
        assert!(shown.iter().all(|record| record["kind"] != "note"), "and nothing else");
    }
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    let session = two();
    let order = session.records(&["--only", "OrderFilled"])[0]["client_order_id"].as_str().unwrap().to_owned();
    let other = with_rows(601).inspect(&["--order", &order]);
    for (finished, said) in [
        (other, "is of another session than this journal"),
        (session.inspect(&["--intent", "1/1.0"]), "an intent has no leg"),
        (session.inspect(&["--only", "OrderFiled"]), "did you mean OrderFilled?"),
        (session.inspect(&["--only", "zebra"]), "there are Trade, Quote,"),
    ] {
        finished.expect_code(2);
        assert_eq!(finished.stdout, "");
        assert!(finished.stderr.contains(said), "{said:?}: {}", finished.stderr);
    }
}

#[test]
fn an_event_shows_its_venue() {
    let filled = &two().records(&["--only", "OrderFilled"])[0];
    assert_eq!((&filled["venue"], &filled["account"]), (&"US".into(), &"main".into()));
}

/// Flips a bit of the journal's first segment, so many tenths into it; gives what `inspect` says then.
fn damaged(session: &Session, tenths: usize) -> Finished {
    let entries = std::fs::read_dir(&session.journal).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut segments: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    segments.sort();
    let mut bytes = std::fs::read(&segments[0]).expect("a segment reads");
    let at = bytes.len() * tenths / 10;
    bytes[at] ^= 1;
    std::fs::write(&segments[0], bytes).expect("a segment is written");
    session.inspect(&[])
}

#[test]
fn a_damaged_journal_is_shown_up_to_the_damage() {
    let session = with_rows(6_000);
    let whole = session.inspect(&[]).stdout;
    let finished = damaged(&session, 9);
    finished.expect_code(1);
    let shown = finished.stdout.lines().count();
    assert!(whole.starts_with(&finished.stdout), "a prefix of what was there");
    assert!(0 < shown && shown < whole.lines().count(), "{shown} lines");
    assert!(finished.stderr.contains("J-BAD-FRAME") && finished.stderr.contains(".seg+"), "{}", finished.stderr);
}

#[test]
fn a_journal_damaged_before_its_configuration_names_the_damage() {
    let finished = damaged(&two(), 3);
    finished.expect_code(1);
    assert!(finished.stderr.contains("J-BAD-FRAME") && finished.stderr.contains(".seg+"), "{}", finished.stderr);
}

/// The engine's words stand beside the event, and a replay needs none of them.
#[test]
fn a_halt_is_recorded_with_what_is_known_of_it() {
    let session = halting().backtest(&Tape::trades(50));
    session.finished.expect_code(3);
    let halts = session.records(&["--only", "StrategyHalted"]);
    let [halt] = &halts[..] else { panic!("one strategy is halted, once: {halts:?}") };
    assert_eq!((&halt["strategy"], &halt["code"]), (&"trapper".into(), &"H-TRAP".into()), "{halt}");
    let words = halt["last_words"].as_str().expect("words");
    assert!(words.contains("wasm trap") && words.contains("wasm backtrace"), "{words}");
    session.replay().expect_code(0);
}
