//! The commands, words in and text out, with their exit codes.

use clap::Parser;
use expect_test::{Expect, expect};

use super::super::{Args, run};
use crate::output::{Form, Output};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

/// Exit code and output of `data` on a file with this text, without its folder. `OUT` stands for the tape.
fn said(words: &[&str], text: &str, form: Form) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, tape, printed) =
        (folder.path().join("in.csv"), folder.path().join("out.tape"), folder.path().join("said"));
    std::fs::write(&path, text).expect("written");
    let named = |word: &&str| if *word == "OUT" { tape.display().to_string() } else { (*word).to_owned() };
    let words = ["data".to_owned()].into_iter().chain(words.iter().map(named)).chain([path.display().to_string()]);
    let line = match Line::try_parse_from(words) {
        Ok(line) => line,
        Err(error) => return error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let mut out = Output::to(form, Box::new(std::fs::File::create(&printed).expect("a file")));
    let end = match run(&line.args, &mut out) {
        Ok(exit) => format!("exit {}", exit.code()),
        Err(failure) => format!("exit {}: {failure}", failure.code()),
    };
    out.finish().expect("written");
    let printed = std::fs::read_to_string(&printed).expect("printed");
    format!("{printed}{end}").replace(&format!("{}/", folder.path().display()), "")
}

#[track_caller]
fn check(words: &[&str], text: &str, want: Expect) {
    want.assert_eq(&said(words, text, Form::Text));
}

const TABLE: &str = "t,p,q\n1000,5.5,1\n1001,5.25,2\n1000,5.5,3\n";
const MAP: &str = "ts=t:ms,price=p,qty=q";

#[test]
fn an_import_says_what_it_made_and_what_it_did_not() {
    check(
        &["import", "--map", MAP, "--out", "OUT"],
        TABLE,
        expect![[r#"
        exit 4: error: in.csv: 1 rows are dated before the one above them, the first at 4, by up to 1000000 ns [I-BACKWARD]
          fix: say with --backward what becomes of them: clamp (to the time above) or drop"#]],
    );
    check(
        &["import", "--map", MAP, "--backward", "drop", "--out", "OUT"],
        TABLE,
        expect![[r#"
        out.tape: 2 rows, native trades, digits 2 and 0, from table
        backward: 1 rows moved to the time above them, or dropped
        (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.001000000Z, digits 2 and 0
          backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1000000 ns
        exit 0"#]],
    );
    check(
        &["import", "--map", "ts=t", "--out", "OUT"],
        TABLE,
        expect![[
            r#"error: invalid value 'ts=t' for '--map <MAP>': "t" needs the unit of its times: :s, :ms, :us, :ns, or :iso for dates"#
        ]],
    );
    check(
        &["import", "--map", MAP, "--backward", "drop", "--price-scale", "1", "--out", "OUT"],
        TABLE,
        expect![[r#"
        exit 2: error: --price-scale: 1 digits behind the point: allowed are 2 to 18; nothing is rounded [I-OPTION]
          fix: `ringfence data import --help` shows what is allowed"#]],
    );
    let json = said(&["import", "--map", MAP, "--backward", "clamp", "--out", "OUT"], TABLE, Form::Json);
    expect![[r#"
        {"path":"out.tape","rows":3,"layout":"native trades","symbol":"","price_scale":2,"qty_scale":0,"not_wanted":0,"backward_rows":1,"feed_rows":0,"lost":[],"source":{"format":"table","rows":3,"instruments":[{"symbol":"","rows":3,"kinds":{"trades":3},"first":1000000000,"last":1001000000,"price_digits":2,"qty_digits":0,"findings":{"backward":{"count":1,"place":4,"time":1000000000,"most":1000000}}}],"left_out":[],"assumed":[],"unreadable":{"count":0,"place":0,"example":""}}}
        exit 0"#]].assert_eq(&json);
}

#[test]
fn a_conversion_takes_tapes_only_and_never_writes_over_what_it_reads() {
    let text = "ts_ns,price,qty\n1,5,1\n2,6,1\n";
    check(
        &["convert", "--instrument", "X:Y", "--out", "OUT"],
        text,
        expect![[r#"
        out.tape: 2 rows, native trades, digits 0 and 0, from tape
        (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000002Z, digits 0 and 0
        exit 0"#]],
    );
    check(
        &["convert", "--to", "csv", "--price-scale", "2", "--out", "OUT"],
        text,
        expect![[r#"
        out.tape: 2 rows, csv trades, digits 2 and 0, from tape
        (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000002Z, digits 0 and 0
        exit 0"#]],
    );
    check(
        &["convert", "--instrument", "X Y", "--out", "OUT"],
        text,
        expect![[r#"
        exit 4: error: out.tape: the name "X Y" is not of 1 to 64 plain characters [I-WRITE]
          fix: check the folder, the permissions and the disk"#]],
    );
    check(
        &["convert", "--out", "OUT"],
        TABLE,
        expect![[r#"
        exit 4: error: in.csv: the header is none of trades, quotes or bars [I-FORMAT]
          fix: name the format with --format, or the columns of a table with --map"#]],
    );
}

#[test]
fn what_is_found_decides_the_exit_code_of_inspect() {
    check(
        &["inspect", "--map", MAP],
        TABLE,
        expect![[r#"
        table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.001000000Z, digits 2 and 0
          backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1000000 ns
        exit 0"#]],
    );
    check(
        &["inspect", "--strict", "--map", MAP],
        TABLE,
        expect![[r#"
        table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.001000000Z, digits 2 and 0
          backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1000000 ns
        exit 1"#]],
    );
    check(
        &["inspect", "--map", MAP],
        "t,p,q\n1,x,1\n",
        expect![[r#"
        table: no market events
        unreadable: 1, first at 2: price "x": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        exit 1"#]],
    );
    check(
        &["inspect"],
        "nothing known\n",
        expect![[r#"
        exit 4: error: in.csv: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, and any table with --map [I-FORMAT]
          fix: name the format with --format, or the columns of a table with --map"#]],
    );
    check(
        &["inspect", "--stale", "soon"],
        TABLE,
        expect!["exit 2: error: --stale soon: allowed are lengths such as 500ms, 10s or 1h"],
    );
}
