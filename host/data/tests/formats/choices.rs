//! Choices: what of a file is taken, and what of it is refused?

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use expect_test::expect;
use ringfence_data::{Backward, Duplicates, Kind, Number, Options, OutputForm, Request, Wanted, import};

use super::{check, check_with, mapped, outcome};
use crate::support::{to, zip_of};

#[test]
fn lines_that_cannot_be_read_are_named_and_left_out_only_when_that_is_asked_for() {
    let text = "1 {\"type\":\"match\",\"trade_id\":1,\"side\":\"buy\",\"size\":\"1\",\"price\":\"1\",\"product_id\":\"C\",\"time\":\"\"}\n\
                x {\"type\":\"match\"}\n2 {\"type\":\"match\",\"side\n3\n";
    check(
        "a",
        text,
        expect![[r#"
        capture: C: 1 rows (1 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        unreadable: 3, first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
        --
        I-ROW /a: 3 unreadable, the first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
    "#]],
    );
    let wanted = Wanted { skips_bad: true, ..Wanted::default() };
    expect![[r#"
        capture: C: 1 rows (1 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        unreadable: 3, first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
        --
        1 rows, native quotes, digits 0 and 0
        1 0 trade 1 x 1 sell
    "#]].assert_eq(&outcome("a", text.as_bytes(), &Options::default(), &wanted));
}

#[test]
fn one_instrument_and_some_kinds_are_chosen() {
    let text = "1 {\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                2 {\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                3 {\"e\":\"trade\",\"s\":\"B\",\"T\":1,\"t\":1,\"p\":\"1\",\"q\":\"1\",\"m\":false}\n";
    check(
        "a",
        text,
        expect![[r#"
        capture: A: 1 rows (1 quotes), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        B: 2 rows (1 trades, 1 quotes), 1970-01-01T00:00:00.000000002Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 0
        --
        I-OPTION --symbol: the file holds 2 instruments, choose one of A, B
    "#]],
    );
    let choose = |symbol: &str, kinds: &[Kind]| {
        let kinds = Some(kinds.iter().copied().collect::<BTreeSet<Kind>>());
        let wanted = Wanted { symbol: Some(symbol.to_owned()), kinds, ..Wanted::default() };
        let all = outcome("a", text.as_bytes(), &Options::default(), &wanted);
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    expect![[r#"
        1 rows, native quotes, digits 0 and 0
        2 0 quote 1 x 1 / 2 x 1
    "#]]
    .assert_eq(&choose("B", &[Kind::Quotes]));
    expect![[r#"
        I-NOTHING /a: none of what was asked for is there; it holds A: 1 quotes; B: 1 trades, 1 quotes
    "#]]
    .assert_eq(&choose("A", &[Kind::Trades]));
    expect![[r#"
        I-NOTHING /a: none of what was asked for is there; it holds A: 1 quotes; B: 1 trades, 1 quotes
    "#]]
    .assert_eq(&choose("C", &[Kind::Trades]));
}

#[test]
fn rows_that_go_back_in_time_are_refused_clamped_or_dropped() {
    let text = b"t,p,q\n5,1,1\n4,2,1\n6,3,1\n".as_slice();
    let options = mapped("ts=t:ns,price=p,qty=q");
    for (backward, want) in [
        (
            Backward::Refuse,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            I-BACKWARD /a.csv: 1 rows are dated before the one above them, the first at 3, by up to 1 ns
        "#]],
        ),
        (
            Backward::Clamp,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            3 rows, native trades, digits 0 and 0
            5 0 trade 1 x 1 -
            5 0 trade 2 x 1 -
            6 0 trade 3 x 1 -
        "#]],
        ),
        (
            Backward::Drop,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            2 rows, native trades, digits 0 and 0
            5 0 trade 1 x 1 -
            6 0 trade 3 x 1 -
        "#]],
        ),
    ] {
        want.assert_eq(&outcome("a.csv", text, &options, &Wanted { backward, ..Wanted::default() }));
    }
}

#[test]
fn what_a_file_does_not_say_has_to_be_said() {
    let quotes = zip_of("20140508_eurusd_tick_quote.csv", b"17007,1.39147,1.39148\n");
    check_with(
        "a.zip",
        &quotes,
        &Options::default(),
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        assumed: local times are UTC
        assumed: quotes without quantities are of 1
        --
        I-OPTION --zone: the file has local times, so their zone has to be named, such as UTC or America/New_York
    "#]],
    );
    let zone = Options { zone: Some("UTC".to_owned()), ..Options::default() };
    check_with(
        "a.zip",
        &quotes,
        &zone,
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        assumed: quotes without quantities are of 1
        --
        I-OPTION --quote-size: the file has quotes without quantities, so the one that stands for them has to be named, such as 1
    "#]],
    );
    let all = Options { quote_size: Number::new(5, 0), ..zone.clone() };
    check_with(
        "a.zip",
        &quotes,
        &all,
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        --
        1 rows, native quotes, digits 5 and 0
        1399507217007000000 0 quote 1.39147 x 5 / 1.39148 x 5
    "#]],
    );
    check_with(
        "a.zip",
        &quotes,
        &Options { zone: Some("Mars".to_owned()), ..all.clone() },
        expect![[r#"I-OPTION --zone: "Mars" is no time zone; allowed are names such as UTC or America/New_York"#]],
    );
    check_with(
        "a.zip",
        &zip_of("eurusd.csv", b"17007,1.39147,1.39148\n"),
        &all,
        expect!["I-OPTION --date: the file counts from midnight and does not name its day, such as 2013-10-07"],
    );
    let bars = zip_of("aapl.csv", b"19980102 09:00,136300,137500,135000,136300,540700\n");
    check_with(
        "a.zip",
        &bars,
        &zone,
        expect![[r#"
        lean: AAPL: 1 rows (1 bars), 1998-01-02T09:00:00.000000000Z to 1998-01-02T09:00:00.000000000Z, digits 2 and 0
        assumed: bars have no length
        assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
        --
        I-OPTION --interval: the file holds bars and does not say how long they are, such as 1m or 1d
    "#]],
    );
}

#[test]
fn an_unknown_file_and_a_zip_of_two_files_are_refused() {
    check(
        "a.bin",
        "hello\n",
        expect![
            "I-FORMAT /a.bin: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map"
        ],
    );
    check(
        "a.bin",
        "",
        expect![
            "I-FORMAT /a.bin: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map"
        ],
    );
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
    }
    let two = writer.finish().expect("memory").into_inner();
    check_with("a.zip", &two, &Options::default(), expect!["I-FORMAT /a.zip: the zip holds 2 files; allowed is one"]);
}

#[test]
fn bars_that_overlap_make_no_tape() {
    let options = Options {
        interval: Some("1m".to_owned()),
        stamp: Some(ringfence_tape::Stamp::Open),
        ..mapped("ts=t:s,open=o,high=h,low=l,close=c,volume=v")
    };
    let made = |second: u64| {
        let text = format!("t,o,h,l,c,v\n60,1,2,1,1,5\n{second},1,2,1,1,5\n");
        let all = outcome("a", text.as_bytes(), &options, &Wanted::default());
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    assert!(made(120).starts_with("2 rows"), "{}", made(120));
    let refused = "the bar at 3 opens at 119000000000 ns, before 120000000000 ns, where the bar above it ends";
    assert!(made(119).starts_with("I-UNFIT") && made(119).contains(refused), "{}", made(119));
}

#[test]
fn rows_that_stand_twice_are_kept_or_dropped_and_counted() {
    let rows = ["1,Q,5,1,6,1", "1,Q,5,1,6,1", "2,B,6,1,0,0", "2,B,6,1,0,0", "3,Q,5,2,6,1", "3,Q,5,2,6,1"];
    let text = format!("ts_ns,kind,p1,q1,p2,q2\n{}\n", rows.join("\n"));
    let made = |duplicates| {
        let wanted = Wanted { duplicates, ..Wanted::default() };
        outcome("a.csv", text.as_bytes(), &Options::default(), &wanted)
    };
    // Trades without numbers may well be equal.
    expect![[r#"
        tape: (instrument not named): 6 rows (2 trades, 4 quotes), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 0
          duplicates: 2, first at 3 (1970-01-01T00:00:00.000000001Z)
        --
        6 rows, native quotes, digits 0 and 0
        1 0 quote 5 x 1 / 6 x 1
        1 0 quote 5 x 1 / 6 x 1
        2 0 trade 6 x 1 buy
        2 0 trade 6 x 1 buy
        3 0 quote 5 x 2 / 6 x 1
        3 0 quote 5 x 2 / 6 x 1
    "#]].assert_eq(&made(Duplicates::Keep));
    let dropped = made(Duplicates::Drop);
    expect![[r#"
        4 rows, native quotes, digits 0 and 0
        1 0 quote 5 x 1 / 6 x 1
        2 0 trade 6 x 1 buy
        2 0 trade 6 x 1 buy
        3 0 quote 5 x 2 / 6 x 1
    "#]]
    .assert_eq(dropped.split_once("--\n").expect("a survey and a tape").1);
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join("a.csv"), folder.path().join("out.tape"));
    std::fs::write(&path, &text).expect("written");
    let request = Request { paths: vec![path], format: None, options: Options::default(), stale_ns: None };
    let wanted = Wanted { duplicates: Duplicates::Drop, ..Wanted::default() };
    let made =
        import(&request, &wanted, &to(&out, OutputForm::Native), &mut |_| ControlFlow::Continue(())).expect("a tape");
    assert_eq!((made.rows, made.duplicates, made.not_wanted), (4, 2, 0));
    assert_eq!(made.survey.instruments[""].duplicates.count, 0, "the survey is that of the tape");
}
