//! Tapes: which file becomes the market data of which instrument?

use super::*;

/// Shows which tape each `--data` becomes; files exist where the flag names one of `a`, `b`.
#[track_caller]
fn check_data(config: &str, data: &[&str], want: Expect) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "US:SPY=c", "ema.wasm"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let at = |text: &&str| match text.rsplit_once('=') {
        Some((name, file)) => format!("{name}={}", folder.path().join(file).display()),
        None => folder.path().join(text).display().to_string(),
    };
    let data: Vec<String> = data.iter().map(at).collect();
    let sets = [format!("strategies.ema.component={}", folder.path().join("ema.wasm").display())];
    let request =
        Request { file: Path::new("t.toml"), sets: &sets, data: &data, events: None, purpose: Purpose::Backtest };
    let mut problems = Problems::new();
    let tapes = from_text(config, &request, &mut problems).map(|loaded| loaded.tapes).unwrap_or_default();
    // What is judged here are tapes; the component is an empty file.
    let mut report = problems.into_report();
    report.problems.retain(|problem| problem.code != ConfigCode::Component);
    let shown: String = if report.problems.is_empty() {
        tapes.iter().map(|tape| format!("{} {:?} {:?}\n", tape.instrument.symbol.0, tape.path, tape.bar)).collect()
    } else {
        report.problems.iter().map(|problem| format!("{problem}\n")).collect()
    };
    want.assert_eq(&shown.replace(&folder.path().display().to_string(), "<folder>"));
}

const BARS: &str = "[[tapes]]\nname = \"daily\"\ninstrument = \"US:SPY\"\nstamp = \"open\"\ninterval = \"1d\"\n";

#[test]
fn a_data_file_belongs_to_the_only_instrument_or_the_declared_tape() {
    check_data(
        GOOD,
        &["a", "b"],
        expect![[r#"
        1 "<folder>/a" None
        1 "<folder>/b" None
    "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &["a"],
        expect![[r#"
        1 "<folder>/a" Some(BarStamp { stamp: Open, interval_ns: 86400000000000 })
    "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &["daily=a"],
        expect![[r#"
        1 "<folder>/a" Some(BarStamp { stamp: Open, interval_ns: 86400000000000 })
    "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &["US:SPY=a"],
        expect![[r#"
        1 "<folder>/a" Some(BarStamp { stamp: Open, interval_ns: 86400000000000 })
    "#]],
    );
}

#[test]
fn a_data_file_that_could_belong_to_two_tapes_or_to_none_is_refused() {
    check_data(
        &format!("{GOOD}{BARS}"),
        &["a", "b"],
        expect![[r#"
            t.toml:76: tapes.daily.file: no market data is named; give --data FILE, or `file` in [[tapes]] [C-TAPE]
            --data <folder>/a: the file could belong to more than one tape or instrument; write NAME=FILE with the name of a tape or one of US:SPY [C-TAPE]
            --data <folder>/b: the file could belong to more than one tape or instrument; write NAME=FILE with the name of a tape or one of US:SPY [C-TAPE]
        "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &["none"],
        expect![[r#"
        --data <folder>/none: no such file; give --data FILE, or `file` in [[tapes]] [C-FILE]
    "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &[],
        expect![[r#"
            t.toml:76: tapes.daily.file: no market data is named; give --data FILE, or `file` in [[tapes]] [C-TAPE]
        "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}file = \"gone.csv\"\n"),
        &[],
        expect![[r#"
            t.toml:81: tapes.daily.file = "gone.csv": no such file; give --data FILE, or `file` in [[tapes]] [C-FILE]
        "#]],
    );
    check_data(
        &format!("{GOOD}{}", BARS.replace("US:SPY", "US:SPI")),
        &["a"],
        expect![[r#"
            t.toml:78: tapes.daily.instrument = "US:SPI": points to nothing; did you mean "US:SPY"? [C-REFERENCE]
        "#]],
    );
}

#[test]
fn a_tape_of_bars_says_stamp_and_interval() {
    check_data(
        &format!("{GOOD}{}", BARS.replace("stamp = \"open\"\n", "")),
        &["a"],
        expect![[r#"
            t.toml:79: tapes.daily.interval: a tape with an interval holds bars and needs their stamp [C-DEFINITION]
        "#]],
    );
    check_data(
        &format!("{GOOD}{}", BARS.replace("interval = \"1d\"\n", "")),
        &["a"],
        expect![[r#"
            t.toml:79: tapes.daily.stamp = "open": a tape with a stamp holds bars and needs their interval [C-DEFINITION]
        "#]],
    );
    check_data(
        &format!("{GOOD}{}", BARS.replace("1d", "0s")),
        &["a"],
        expect![[r#"
            t.toml:80: tapes.daily.interval: an interval is above 0 [C-DEFINITION]
        "#]],
    );
}

#[test]
fn a_second_file_for_a_tape_is_refused() {
    check_data(
        &format!("{GOOD}{BARS}"),
        &["daily=a", "daily=b"],
        expect![[r#"
            --data daily=<folder>/b: the tape daily has its file from --data daily=<folder>/a already; give each tape one file; [[tapes]] takes as many tapes of an instrument as there are files [C-TAPE]
        "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}"),
        &["daily=a", "US:SPY=b"],
        expect![[r#"
            --data US:SPY=<folder>/b: the tape daily has its file from --data daily=<folder>/a already; give each tape one file; [[tapes]] takes as many tapes of an instrument as there are files [C-TAPE]
        "#]],
    );
    // One from the file is replaced: that is what the flag is for.
    check_data(
        &format!("{GOOD}{BARS}file = \"gone.csv\"\n"),
        &["daily=a"],
        expect![[r#"
            1 "<folder>/a" Some(BarStamp { stamp: Open, interval_ns: 86400000000000 })
        "#]],
    );
}

#[test]
fn a_symbol_with_two_tapes_does_not_say_which_one() {
    let second = BARS.replace("daily", "hourly").replace("1d", "1h");
    check_data(
        &format!("{GOOD}{BARS}{second}"),
        &["US:SPY=a", "hourly=b"],
        expect![[r#"
            t.toml:76: tapes.daily.file: no market data is named; give --data FILE, or `file` in [[tapes]] [C-TAPE]
            --data US:SPY=<folder>/a: the file could belong to more than one tape or instrument; write NAME=FILE with the name of a tape or one of US:SPY [C-TAPE]
        "#]],
    );
    check_data(
        &format!("{GOOD}{BARS}{second}"),
        &["daily=a", "hourly=b"],
        expect![[r#"
            1 "<folder>/a" Some(BarStamp { stamp: Open, interval_ns: 86400000000000 })
            1 "<folder>/b" Some(BarStamp { stamp: Open, interval_ns: 3600000000000 })
        "#]],
    );
}
