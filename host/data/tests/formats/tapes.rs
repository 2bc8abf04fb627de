//! Tapes: is what is written what was read?

use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::Path;

use ringfence_data::{Backward, Kind, Options, OutputForm, Request, Wanted, import};
use ringfence_tape::{BarStamp, Stamp, Tape, TapeSpec};

use crate::support::{events, in_folder, instrument, real_file, to};

#[test]
fn the_usdm_capture_makes_the_canonical_tape() {
    let (Some(raw), Some(canonical)) = (
        real_file("binance_usdm_btcusdt_20240808.capture.gz"),
        in_folder("w2_btcusdt_usdm_bbo_trades_20240808.csv.zst"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.csv");
    let request = Request { paths: vec![raw], format: None, options: Options::default(), stale_ns: None };
    let kinds = Some([Kind::Trades, Kind::Quotes].into_iter().collect());
    let wanted = Wanted { kinds, backward: Backward::Clamp, ..Wanted::default() };
    let imported =
        import(&request, &wanted, &to(&out, OutputForm::Csv), &mut |_| ControlFlow::Continue(())).expect("a tape");
    assert_eq!((imported.rows, imported.backward), (87_402, 0));
    assert_eq!(events(&out, (1, 3), None), events(&canonical, (1, 3), None));
}

#[test]
fn a_converted_tape_has_the_rows_and_the_identity_of_its_text() {
    for (file, scales, bar_s) in [
        ("w1_spy_trades_20131007-11.csv.zst", (4, 0), None),
        ("w2_btcusdt_usdm_bbo_trades_20240808.csv.zst", (1, 3), None),
        ("w3_spy_daily_1998-2021.csv", (4, 0), Some(86_400)),
        ("w3_btcusd_1m_2016.csv.zst", (2, 8), Some(60)),
    ] {
        let Some(path) = in_folder(file) else { continue };
        let interval = |s: u64| NonZeroU64::new(s * 1_000_000_000).expect("above 0");
        let bar = bar_s.map(|s| BarStamp { stamp: Stamp::Open, interval_ns: interval(s) });
        let options =
            Options { interval: bar_s.map(|s| format!("{s}s")), stamp: bar.map(|bar| bar.stamp), ..Options::default() };
        let folder = tempfile::tempdir().expect("a folder");
        let (native, text) = (folder.path().join("native"), folder.path().join("text"));
        let request = Request { paths: vec![path.clone()], format: None, options: options.clone(), stale_ns: None };
        let mut watch = |_| ControlFlow::Continue(());
        let made = import(&request, &Wanted::default(), &to(&native, OutputForm::Native), &mut watch).expect("a tape");
        let want = events(&path, scales, bar);
        assert_eq!(made.rows, want.len() as u64);
        assert!(events(&native, scales, None) == want, "{file}");
        let spec = |path: &Path, bar| TapeSpec {
            path: path.to_owned(),
            generated: None,
            instrument: instrument(scales.0, scales.1),
            bar,
        };
        let (of_text, of_native) =
            (Tape::open(spec(&path, bar)).expect("a tape"), Tape::open(spec(&native, bar)).expect("a tape"));
        assert_eq!(of_native.identity(), of_text.sha256());
        assert_ne!(of_native.sha256(), of_text.sha256());
        let back = Request { paths: vec![native.clone()], format: None, options: Options::default(), stale_ns: None };
        import(&back, &Wanted::default(), &to(&text, OutputForm::Csv), &mut watch).expect("a text");
        assert!(events(&text, scales, bar) == want, "{file} and back");
    }
}

#[test]
fn an_import_that_is_broken_off_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join("in.csv"), folder.path().join("out.tape"));
    let rows: String = (0..5_000).map(|time| format!("{time},1,1\n")).collect();
    std::fs::write(&path, format!("ts_ns,price,qty\n{rows}")).expect("written");
    let request = Request { paths: vec![path], format: None, options: Options::default(), stale_ns: None };
    for looks_max in [0, 4, 9] {
        let mut looks = 0;
        let mut watch = |_| {
            looks += 1;
            if looks > looks_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let fault =
            import(&request, &Wanted::default(), &to(&out, OutputForm::Native), &mut watch).expect_err("broken off");
        assert_eq!(fault.code(), "I-INTERRUPTED");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "after {looks_max} looks");
    }
}

#[test]
fn a_survey_of_a_native_tape_says_where_it_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, native) = (folder.path().join("in.csv"), folder.path().join("out.tape"));
    let rows: String = (1..=9).map(|time| format!("{time},1,1\n")).collect();
    std::fs::write(&text, format!("ts_ns,price,qty\n{rows}")).expect("written");
    let request = |path: &Path| Request {
        paths: vec![path.to_owned()],
        format: None,
        options: Options::default(),
        stale_ns: None,
    };
    let mut watch = |_| ControlFlow::Continue(());
    import(&request(&text), &Wanted::default(), &to(&native, OutputForm::Native), &mut watch).expect("a tape");
    // The quantity of the sixth of nine records, each of 24 bytes, becomes 0.
    let mut bytes = std::fs::read(&native).expect("a tape");
    let sixth = bytes.len() - 4 * 24;
    bytes[sixth + 16..sixth + 24].fill(0);
    std::fs::write(&native, bytes).expect("written");
    let (_, survey) = ringfence_data::inspect(&request(&native), &mut watch).expect("a survey");
    assert_eq!((survey.total(), survey.bad.count, survey.bad.place), (5, 1, 6));
    let want = "record \"6\": a traded quantity must be above 0, not 0; the 3 records behind it were not read";
    assert_eq!(survey.bad_example, want);
}
