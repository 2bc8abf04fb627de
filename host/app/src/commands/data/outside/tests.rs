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
              backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1 ms
            exit 0"#]],
    );
    check(
        &["import", "--map", "ts=t", "--out", "OUT"],
        TABLE,
        expect![[
            r#"error: invalid value 'ts=t' for '--map <MAP>': "t" needs the unit of its times: :s, :ms, :us, :ns, :iso for dates, or :typed where a Parquet file says it"#
        ]],
    );
    check(
        &["import", "--map", MAP, "--backward", "drop", "--price-scale", "1", "--out", "OUT"],
        TABLE,
        expect![
            "exit 2: error: --price-scale: 1 digits behind the point: allowed are 2 to 18; nothing is rounded [I-OPTION]"
        ],
    );
    let json = said(&["import", "--map", MAP, "--backward", "clamp", "--out", "OUT"], TABLE, Form::Json);
    expect![[r#"
        {"path":"out.tape","rows":3,"layout":"native trades","symbol":"","price_scale":2,"qty_scale":0,"not_wanted":0,"backward_rows":1,"duplicate_rows":0,"feed_rows":0,"lost":[],"source":{"format":"table","rows":3,"instruments":[{"symbol":"","rows":3,"kinds":{"trades":3},"first":1000000000,"last":1001000000,"price_digits":2,"qty_digits":0,"findings":{"backward":{"count":1,"place":4,"time":1000000000,"most":1000000}}}],"left_out":[],"assumed":[],"unreadable":{"count":0,"place":0,"example":""}}}
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
        expect!["exit 2: error: --instrument X Y: allowed is VENUE:SYMBOL, such as BINANCE:BTCUSDT"],
    );
    check(
        &["convert", "--out", "OUT"],
        TABLE,
        expect![[r#"
            exit 4: error: in.csv: the header is none of trades, quotes or bars [I-FORMAT]
              fix: `convert` takes whole tapes; see `ringfence data import --help`"#]],
    );
}

#[test]
fn what_is_found_decides_the_exit_code_of_inspect() {
    check(
        &["inspect", "--map", MAP],
        TABLE,
        expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.001000000Z, digits 2 and 0
              backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1 ms
            exit 0"#]],
    );
    check(
        &["inspect", "--strict", "--map", MAP],
        TABLE,
        expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.001000000Z, digits 2 and 0
              backward: 1, first at 4 (1970-01-01T00:00:01.000000000Z), at most 1 ms
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
            exit 4: error: in.csv: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map [I-FORMAT]
              fix: name the format with --format, or the columns of a table with --map"#]],
    );
    check(
        &["inspect", "--stale", "soon"],
        TABLE,
        expect!["exit 2: error: --stale soon: allowed are lengths such as 500ms, 10s or 1h"],
    );
}

/// Exit code and output of `data` with these words; `IN/` stands for a folder.
fn said_in(folder: &std::path::Path, words: &[&str], form: Form) -> String {
    let printed = folder.join("said");
    let home = format!("{}/", folder.display());
    let words = ["data".to_owned()].into_iter().chain(words.iter().map(|word| word.replace("IN/", &home)));
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
    format!("{printed}{end}").replace(&home, "")
}

#[track_caller]
fn check_in(words: &[&str], want: Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    want.assert_eq(&said_in(folder.path(), words, Form::Text));
}

#[test]
fn a_market_of_order_flow_says_that_it_is_none_and_what_it_is_like() {
    check_in(
        &["generate", "--model", "flow", "--rows", "20000", "--out", "IN/a.tape"],
        expect![[r#"
            a.tape: 20000 rows of order flow, GENERATED from seed 1; this is no real market data
              spread by time, in smallest spreads of 0.01: 1: 81.9 % 2: 14.3 % 3: 3.0 % 4: 0.4 % 5: 0.2 % more: 0.2 %
              mean quantity by level: 29.437 34.934 31.594 33.604 31.777 33.256 27.121 26.655 23.041 23.696
              orders that took: 929, buys 57.5 %; signs so many apart: 1: 0.17 2: 0.18 5: 0.19 10: 0.12 20: 0.08 50: 0.02
              arrivals: 95.5 a second, variance / mean 3.5 (independent: 1)
            exit 0"#]],
    );
    check_in(
        &[
            "generate",
            "--model",
            "flow",
            "--duration",
            "20s",
            "--to",
            "csv",
            "--tick",
            "0.5",
            "--lot",
            "0.001",
            "--price",
            "60000",
            "--out",
            "IN/a.csv",
        ],
        expect![[r#"
            a.csv: 322 rows of order flow, GENERATED from seed 1; this is no real market data
              spread by time, in smallest spreads of 0.5: 1: 78.2 % 2: 19.6 % 3: 1.8 % 4: 0.2 % 5: 0.0 % more: 0.2 %
              orders that took: 80, buys 53.8 %; signs so many apart: 1: 0.14 2: 0.00 5: 0.01 10: 0.14 20: 0.00 50: -0.07
              arrivals: 10.8 a second, variance / mean 0.9 (independent: 1)
            exit 0"#]],
    );
    check_in(
        &[
            "generate",
            "--model",
            "flow",
            "--rows",
            "300",
            "--instruments",
            "S:A,S:B",
            "--correlation",
            "80",
            "--out",
            "IN/a.tape",
        ],
        expect![[r#"
            a-A.tape: 300 rows of order flow, GENERATED from seed 1; this is no real market data
              spread by time, in smallest spreads of 0.01: 1: 70.5 % 2: 29.5 % 3: 0.0 % 4: 0.0 % 5: 0.0 % more: 0.0 %
              mean quantity by level: 38.278 181.278 116.500 88.556 15.778 13.722 8.500 16.611 22.111 12.333
              orders that took: 11, buys 54.5 %; signs so many apart: 1: -0.60 2: 0.56 5: -0.67 10: 1.00
            a-B.tape: 299 rows of order flow, GENERATED from seed 1; this is no real market data
              spread by time, in smallest spreads of 0.01: 1: 48.6 % 2: 51.4 % 3: 0.0 % 4: 0.0 % 5: 0.0 % more: 0.0 %
              mean quantity by level: 26.875 33.500 19.562 15.812 24.938 16.062 8.938 15.812 34.562 23.625
              orders that took: 10, buys 30.0 %; signs so many apart: 1: -0.11 2: 0.25 5: -0.20
            exit 0"#]],
    );
}

#[test]
fn parameters_of_a_market_have_ranges_and_belong_to_their_model() {
    let out = ["--out", "IN/a"];
    let flow = |words: &[&'static str]| [&["generate", "--model", "flow"], words, &out].concat();
    check_in(
        &[&["generate", "--rate", "5"], &out[..]].concat(),
        expect!["exit 2: error: --rate: belongs to --model flow"],
    );
    check_in(&flow(&["--layout", "bars"]), expect!["exit 2: error: --layout: belongs to --model trades; see --kinds"]);
    check_in(
        &flow(&["--price", "100.005"]),
        expect!["exit 2: error: --price 100.005: allowed are multiples of the tick, 0.01"],
    );
    check_in(&flow(&["--price", "10"]), expect!["exit 2: error: --price 10: allowed are 40 to 10000000"]);
    check_in(&flow(&["--takers", "31"]), expect!["exit 2: error: --takers 31: allowed are 0 to 30 percent"]);
    check_in(&flow(&["--tick", "0"]), expect!["exit 2: error: --tick 0: allowed are 1 to 1000000000"]);
    check_in(&flow(&["--correlation", "50"]), expect!["exit 2: error: --correlation: needs two --instruments or more"]);
    check_in(&flow(&["--reversion", "1ms"]), expect!["exit 2: error: --reversion 0: allowed are 1 to 10000000 s"]);
    check_in(
        &flow(&["--rate", "0.0001"]),
        expect!["exit 2: error: --rate 0.0001: allowed are at most three digits behind the point"],
    );
    check_in(
        &flow(&["--placement", "uniform"]),
        expect![
            "error: invalid value 'uniform' for '--placement <LAW>': allowed are power:EXPONENT, such as power:0.8, and exponential:TICKS, such as exponential:5"
        ],
    );
    check_in(
        &flow(&["--instruments", "S:A,T:A"]),
        expect!["exit 2: error: --instruments S:A,T:A: allowed are up to 64 names VENUE:SYMBOL with different symbols"],
    );
    check_in(
        &flow(&["--kinds", "depth", "--to", "csv"]),
        expect![[r#"
        exit 2: error: a: text holds quotes and trades and no book; choose --kinds quotes,trades, or --to native [I-UNFIT]
          fix: choose fewer kinds with --kinds, another form with --to, or other scales"#]],
    );
    check_in(
        &flow(&["--kinds", "bars"]),
        expect!["exit 2: error: --kinds: an order-flow market has trades, quotes and depth [I-OPTION]"],
    );
}

#[test]
fn statistics_of_a_file_are_told_where_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = ["generate", "--model", "flow", "--rows", "3000", "--rate", "10", "--out", "IN/a.tape"];
    said_in(folder.path(), &made, Form::Text);
    expect![[r#"
        tape: SIM:FLOW: 3000 rows (149 trades, 369 quotes, 2482 depth), 2023-11-14T22:14:00.000000000Z to 2023-11-14T22:19:18.787299470Z, digits 2 and 0
        SIM:FLOW behaves:
          spread by time, in smallest spreads of 0.01: 1: 80.2 % 2: 16.6 % 3: 2.8 % 4: 0.2 % 5: 0.1 % more: 0.0 %
          mean quantity by level: 33.462 42.798 31.747 32.613 31.890 21.387 30.572 16.603 25.182 22.041
          orders that took: 135, buys 55.6 %; signs so many apart: 1: 0.12 2: 0.01 5: -0.03 10: 0.02 20: -0.01 50: -0.15
          arrivals: 7.3 a second, variance / mean 1.8 (independent: 1)
        exit 0"#]].assert_eq(&said_in(folder.path(), &["inspect", "IN/a.tape", "--statistics"], Form::Text));
    expect![[r#"
        {"format":"tape","rows":3000,"instruments":[{"symbol":"SIM:FLOW","rows":3000,"kinds":{"trades":149,"quotes":369,"depth":2482},"first":1700000040000000000,"last":1700000358787299470,"price_digits":2,"qty_digits":0,"findings":{}}],"left_out":[],"assumed":[],"unreadable":{"count":0,"place":0,"example":""},"statistics":[{"smallest_spread":"0.01","spread_time_shares":[0.8023833670262035,0.1662502684218073,0.028091255873555758,0.0021274095434542614,0.0008401294279716577,0.00030756970700749134],"quantity_by_level":[33.46232876712329,42.79794520547945,31.746575342465754,32.613013698630134,31.89041095890411,21.386986301369863,30.57191780821918,16.602739726027398,25.181506849315067,22.041095890410958],"takers":135,"buy_share":0.5555555555555556,"sign_lags":[1,2,5,10,20,50],"sign_memory":[0.11940298507462686,0.007518796992481203,-0.03076923076923077,0.024,-0.008695652173913044,-0.15294117647058825],"arrivals_per_s":7.3427672955974845,"arrivals_dispersion":1.8319650384496244,"symbol":"SIM:FLOW"}]}
        exit 0"#]].assert_eq(&said_in(folder.path(), &["inspect", "IN/a.tape", "--statistics"], Form::Json));
}

#[test]
fn parquet_needs_its_feature_and_floats_need_parquet() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.csv"), "ts_ns,price,qty\n1,5.25,1\n2,6,1\n").expect("written");
    let convert =
        |words: &[&'static str]| said_in(folder.path(), &[&["convert", "IN/a.csv"], words].concat(), Form::Text);
    assert_eq!(convert(&["--floats", "--out", "IN/a.tape"]), "exit 2: error: --floats: belongs to Parquet");
    let made = convert(&["--out", "IN/a.parquet"]);
    std::fs::write(folder.path().join("p"), "PAR1PAR1").expect("written");
    let read = ["convert", "IN/p", "--out", "IN/p.tape"];
    let inspected = ["inspect", "IN/p"];
    if !cfg!(feature = "parquet") {
        for words in [&read[..], &inspected] {
            let said = said_in(folder.path(), words, Form::Text);
            assert_eq!(said, made.replace("a.parquet", "p"));
        }
    }
    if cfg!(feature = "parquet") {
        expect![[r#"
            a.parquet: 2 rows, parquet trades, digits 2 and 0, from tape
            (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000002Z, digits 2 and 0
            exit 0"#]]
        .assert_eq(&made);
        let back = ["convert", "IN/a.parquet", "--to", "csv", "--out", "IN/b.csv"];
        expect![[r#"
            b.csv: 2 rows, csv trades, digits 2 and 0, from parquet
            (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000002Z, digits 2 and 0
            exit 0"#]]
        .assert_eq(&said_in(folder.path(), &back, Form::Text));
        let text = std::fs::read_to_string(folder.path().join("b.csv")).expect("written");
        assert_eq!(text, "ts_ns,price,qty\n1,5.25,1\n2,6.00,1\n");
    } else {
        expect![[r#"
            exit 2: error: a.parquet: this build reads and writes no Parquet [I-PARQUET]
              fix: build it with `cargo build --release -p ringfence`"#]]
        .assert_eq(&made);
    }
}

/// Names in a folder, but for what `said_in` prints into.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "said");
    names.sort();
    names
}

#[test]
fn nothing_but_a_regular_file_is_ever_replaced_and_that_only_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.csv"), "ts_ns,price,qty\n1,5.25,1\n2,6,1\n").expect("written");
    std::fs::write(at("kept"), "kept").expect("written");
    std::os::unix::fs::symlink(at("kept"), at("link")).expect("a link");
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo").success());
    std::fs::create_dir(at("folder")).expect("a folder");
    let before = names(folder.path());
    let writers: [&[&str]; 3] = [
        &["convert", "IN/a.csv", "--to", "csv"],
        &["generate", "--rows", "5"],
        &["generate", "--model", "flow", "--rows", "50"],
    ];
    for writer in writers {
        let to = |name: &str, option: &[&str]| {
            let target = format!("IN/{name}");
            said_in(folder.path(), &[writer, &["--out", target.as_str()], option].concat(), Form::Text)
        };
        for option in [&[][..], &["--overwrite"]] {
            for (name, what) in
                [("link", "a symbolic link"), ("pipe", "a device, a pipe or a socket"), ("folder", "a directory")]
            {
                let said = to(name, option);
                assert!(
                    said.starts_with(&format!("exit 2: error: {name}: is {what} [I-TAKEN]\n  fix: name a file")),
                    "{said}"
                );
            }
        }
        let said = to("kept", &[]);
        assert!(said.starts_with("exit 2: error: kept: is there already [I-TAKEN]"), "{said}");
        assert_eq!(
            (names(folder.path()), std::fs::read(at("kept")).expect("there")),
            (before.clone(), b"kept".to_vec())
        );
        let said = to("kept", &["--overwrite"]);
        assert!(said.ends_with("exit 0") && names(folder.path()) == before, "{said}");
        assert_ne!(std::fs::read(at("kept")).expect("there"), b"kept");
        std::fs::write(at("kept"), "kept").expect("written");
    }
}

#[test]
fn a_conversion_advises_what_it_has_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| said_in(folder.path(), words, Form::Text);
    run(&["generate", "--model", "flow", "--rows", "300", "--out", "IN/a.tape"]);
    expect![[r#"
        exit 2: error: a.tape: text holds trades alone, quotes and trades that say who took, or bars; choose --kinds, or --to native [I-UNFIT]
          fix: choose fewer kinds with --kinds, another form with --to, or other scales"#]]
    .assert_eq(&run(&["convert", "IN/a.tape", "--to", "csv", "--out", "IN/a.csv"]));
    let made = run(&["convert", "IN/a.tape", "--to", "csv", "--kinds", "quotes,trades", "--out", "IN/a.csv"]);
    assert!(made.starts_with("a.csv: ") && made.contains("csv quotes") && made.contains("\nnot wanted: "), "{made}");
    std::fs::write(folder.path().join("b.csv"), "ts_ns,price,qty\n2,5,1\n1,x,1\n").expect("written");
    let said = run(&["convert", "IN/b.csv", "--out", "IN/b.tape"]);
    assert!(said.contains("fix: `convert` takes whole tapes; see `ringfence data import --help`"), "{said}");
}

#[test]
fn an_instrument_of_a_header_has_a_venue() {
    let text = "ts_ns,price,qty\n1,5,1\n";
    for name in ["BTCUSDT", ":BTCUSDT", "BINANCE:"] {
        let said = said(&["convert", "--instrument", name, "--out", "OUT"], text, Form::Text);
        assert_eq!(
            said,
            format!("exit 2: error: --instrument {name}: allowed is VENUE:SYMBOL, such as BINANCE:BTCUSDT")
        );
    }
}

/// A server that knows one day, for one request after the other.
#[cfg(feature = "fetch")]
fn archive() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
                request.push(byte[0]);
            }
            let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or("").to_owned();
            let (status, body) = match path.rsplit('/').next() {
                Some("X-trades-2024-01-01.zip") => ("200 OK", "abc".to_owned()),
                Some("X-trades-2024-01-01.zip.CHECKSUM") => {
                    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
                    ("200 OK", format!("{hash}  X-trades-2024-01-01.zip\n"))
                }
                _ => ("404 Not Found", String::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).ok();
        }
    });
    address
}

#[cfg(feature = "fetch")]
#[test]
fn a_fetch_tells_each_day_and_which_are_not_in_the_archive() {
    let (folder, address) = (tempfile::tempdir().expect("a folder"), archive());
    let words = |days: &[&'static str]| {
        let all = ["fetch", "X", "--folder", "IN/in", "--base-url", &address].map(str::to_owned);
        all.into_iter().chain(days.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>()
    };
    let fetch = |days: &[&'static str], form| {
        let words = words(days);
        said_in(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>(), form)
    };
    expect![[r#"
        X-trades-2024-01-01.zip: 3 bytes
        1 of 1 files are in in
        exit 0"#]]
    .assert_eq(&fetch(&["--from", "2024-01-01"], Form::Text));
    expect![[r#"
        X-trades-2024-01-01.zip: is there
        X-trades-2024-01-02.zip: the archive has no such day
        1 of 2 files are in in
        exit 1"#]]
    .assert_eq(&fetch(&["--from", "2024-01-01", "--to", "2024-01-02"], Form::Text));
    expect![[r#"
        {"file":"data/spot/daily/trades/X/X-trades-2024-01-01.zip","outcome":"there","bytes":null,"resumed_bytes":null}
        {"file":"data/spot/daily/trades/X/X-trades-2024-01-02.zip","outcome":"missing","bytes":null,"resumed_bytes":null}
        exit 1"#]].assert_eq(&fetch(&["--from", "2024-01-01", "--to", "2024-01-02"], Form::Json));
    expect!["exit 2: error: spot has no such files; only futures have them"]
        .assert_eq(&fetch(&["--from", "2024-01-01", "--kind", "book-ticker"], Form::Text));
    let clear = ["fetch", "X", "--from", "2024-01-01", "--folder", "IN/in", "--base-url", "http://example.com"];
    expect![[r#"exit 2: error: --base-url: "http://example.com" is no address; allowed are https://HOST, and http:// on this machine"#]].assert_eq(&said_in(folder.path(), &clear, Form::Text));
    assert_eq!(
        std::fs::read(folder.path().join("in/data/spot/daily/trades/X/X-trades-2024-01-01.zip")).expect("there"),
        b"abc"
    );
}
