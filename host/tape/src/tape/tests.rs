//! Tapes, text in and text out: the rows that were delivered, then the fault.

use std::num::NonZeroU64;

use expect_test::{Expect, expect};
use ringfence_core::event::{Bar, EventKind, Quote, Trade};
use ringfence_core::money::{Plain, Price, Qty, Scale};

use super::*;
use crate::generate::{self, generate};
use crate::input::tests::{Dribble, gzip, zstd};
use crate::lines::LINE_BYTES_MAX;
use crate::row::Stamp;
use crate::support::instrument;

mod laws;

fn bars(stamp: Stamp, interval_ns: u64) -> Option<BarStamp> {
    Some(BarStamp { stamp, interval_ns: NonZeroU64::new(interval_ns).expect("above 0") })
}

fn spec(bar: Option<BarStamp>) -> TapeSpec {
    TapeSpec { path: PathBuf::from("t"), generated: None, instrument: instrument(2, 1), bar }
}

/// Two decimals for prices, one for quantities, as in [`spec`].
#[expect(clippy::wildcard_enum_match_arm, reason = "a tape holds three kinds of events; any other fails the test")]
pub(crate) fn render_event(event: &Event) -> String {
    let px = |price: Price| Plain(price.0, Scale::new(2).expect("in range"));
    let qty = |qty: Qty| Plain(qty.0, Scale::new(1).expect("in range"));
    let what = match event.kind {
        EventKind::Trade(Trade { price, qty: traded, aggressor }) => {
            let side = aggressor.map_or(String::new(), |side| format!(" {side}"));
            format!("trade {} x {}{side}", px(price), qty(traded))
        }
        EventKind::Quote(quote) => {
            let Quote { bid_price, bid_qty, ask_price, ask_qty } = quote;
            format!("quote {} x {} / {} x {}", px(bid_price), qty(bid_qty), px(ask_price), qty(ask_qty))
        }
        EventKind::Bar(Bar { open, high, low, close, volume, open_time, interval_ns }) => {
            let prices = [open, high, low, close].map(|price| px(price).to_string()).join(" ");
            format!("bar {prices} x {} from {} for {interval_ns}", qty(volume), open_time.0)
        }
        other => format!("{other:?}"),
    };
    format!("{} {what}\n", event.time.0)
}

fn render(spec: TapeSpec, packed: Source, rows_max: usize) -> String {
    let mut tape = match Rows::from_source(spec, packed, Shift::default()) {
        Ok(tape) => tape,
        Err(error) => return format!("{} {error}\n", error.code()),
    };
    let mut block = Vec::new();
    let mut out = String::new();
    loop {
        match tape.read(&mut block, rows_max) {
            Ok(0) => return out,
            Ok(rows) => {
                assert_eq!(rows, block.len());
                block.iter().for_each(|event| out += &render_event(event));
            }
            Err(error) => {
                assert_eq!(tape.read(&mut block, rows_max), Err(error.clone()), "a fault is given again");
                assert!(block.is_empty());
                return out + &format!("{} {error}\n", error.code());
            }
        }
    }
}

/// The outcome must not depend on how the text is packed, how it arrives, or how many rows are asked for.
#[track_caller]
fn check_bytes(bar: Option<BarStamp>, text: &[u8], want: Expect) {
    let plain = render(spec(bar), Box::new(Dribble::new(text, usize::MAX)), BLOCK_ROWS);
    want.assert_eq(&plain);
    for (packed, piece, rows_max) in [
        (text.to_vec(), 1, 1),
        (text.to_vec(), 5, 2),
        (gzip(text), 1, BLOCK_ROWS),
        (zstd(text), 7, 3),
        (zstd(text), usize::MAX, BLOCK_ROWS),
    ] {
        assert_eq!(render(spec(bar), Box::new(Dribble::new(&packed, piece)), rows_max), plain);
    }
}

#[track_caller]
fn check(text: &str, want: Expect) {
    check_bytes(None, text.as_bytes(), want);
}

/// Rows under the header of trades.
#[track_caller]
fn check_trades(rows: &str, want: Expect) {
    check(&format!("ts_ns,price,qty\n{rows}"), want);
}

#[track_caller]
fn check_quotes(rows: &str, want: Expect) {
    check(&format!("ts_ns,kind,p1,q1,p2,q2\n{rows}"), want);
}

#[track_caller]
fn check_bars(bar: Option<BarStamp>, rows: &str, want: Expect) {
    check_bytes(bar, format!("ts_ns,open,high,low,close,volume\n{rows}").as_bytes(), want);
}

#[test]
fn trades_become_events_at_the_scales_of_the_instrument() {
    check_trades(
        "1381132800464000000,167.4100,100\n1381132800464000000,167.41,0.5\n1381132800465000000,-2,007.50\n",
        expect![[r"
            1381132800464000000 trade 167.41 x 100.0
            1381132800464000000 trade 167.41 x 0.5
            1381132800465000000 trade -2.00 x 7.5
        "]],
    );
}

#[test]
fn everything_but_the_row_comes_from_the_instrument() {
    let text = b"ts_ns,price,qty\n5,1,1\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t");
    std::fs::write(&path, text).expect("written");
    let spec = TapeSpec { path: path.clone(), ..spec(None) };
    let mut tape = Tape::open(spec.clone()).expect("a tape");
    let mut block = Vec::new();
    assert_eq!(tape.read_block(&mut block), Ok(1));
    let kind = EventKind::Trade(Trade { price: Price(100), qty: Qty(10), aggressor: None });
    let want = Event {
        seq: Seq(0),
        time: TimeNs(5),
        venue_time: TimeNs(0),
        cause: Cause::Outside,
        instrument: InstrumentId(7),
        venue: VenueId(3),
        account: AccountId(0),
        kind,
    };
    assert_eq!(block, [want]);
    assert_eq!((tape.layout(), tape.compression()), (TapeLayout::Text(Layout::Trades), Compression::Plain));
    assert_eq!((tape.path(), tape.spec()), (path.as_path(), &spec));
    assert_eq!(Ok(tape.sha256()), crate::sha256_file(&path));
}

#[test]
fn quotes_and_trades_share_a_tape_and_the_kind_names_the_aggressor() {
    check_quotes(
        "1,Q,61800.20,2.5,61800.30,0\n1,B,61800.30,0.6,0,0\n2,S,61800.20,1,0.00,0.0\n",
        expect![[r"
            1 quote 61800.20 x 2.5 / 61800.30 x 0.0
            1 trade 61800.30 x 0.6 buy
            2 trade 61800.20 x 1.0 sell
        "]],
    );
}

#[test]
fn a_bar_has_the_time_of_its_close_whichever_end_is_stamped() {
    let rows = "120,10,12,9.5,11,1000\n180,11,11,11,11,0\n";
    check_bars(
        bars(Stamp::Open, 60),
        rows,
        expect![[r"
            180 bar 10.00 12.00 9.50 11.00 x 1000.0 from 120 for 60
            240 bar 11.00 11.00 11.00 11.00 x 0.0 from 180 for 60
        "]],
    );
    check_bars(
        bars(Stamp::Close, 60),
        rows,
        expect![[r"
            120 bar 10.00 12.00 9.50 11.00 x 1000.0 from 60 for 60
            180 bar 11.00 11.00 11.00 11.00 x 0.0 from 120 for 60
        "]],
    );
}

#[test]
fn a_bar_may_open_when_the_one_above_it_closes_and_not_before() {
    check_bars(
        bars(Stamp::Open, 60),
        "120,1,1,1,1,1\n180,1,1,1,1,1\n239,1,1,1,1,1\n",
        expect![[r#"
            180 bar 1.00 1.00 1.00 1.00 x 1.0 from 120 for 60
            240 bar 1.00 1.00 1.00 1.00 x 1.0 from 180 for 60
            T-BAR-OVERLAP t line 4, column ts_ns: value "239" is a bar from 239, and the bar above it ends at 240; is `interval` right?
        "#]],
    );
    check_bars(
        bars(Stamp::Close, 60),
        "120,1,1,1,1,1\n120,1,1,1,1,1\n",
        expect![[r#"
            120 bar 1.00 1.00 1.00 1.00 x 1.0 from 60 for 60
            T-BAR-OVERLAP t line 3, column ts_ns: value "120" is a bar from 60, and the bar above it ends at 120; is `interval` right?
        "#]],
    );
}

#[test]
fn a_stamp_that_goes_back_is_shown_as_it_stands_in_the_file() {
    check_bars(
        bars(Stamp::Open, 60),
        "0120,1,1,1,1,1\n0119,1,1,1,1,1\n",
        expect![[r#"
            180 bar 1.00 1.00 1.00 1.00 x 1.0 from 120 for 60
            T-BACKWARDS t line 3, column ts_ns: value "0119" makes time 179, before 180 of an earlier row
        "#]],
    );
}

#[test]
fn a_repeated_pass_may_open_its_first_bar_before_the_last_one_of_the_pass_above_has_closed() {
    let mut block = Vec::new();
    let shift = Shift { by_ns: 1_000, floor: 1_170 };
    let source = text_source(Layout::Bars, "120,1,1,1,1,1");
    let mut rows = Rows::from_source(spec(bars(Stamp::Open, 60)), source, shift).expect("a tape");
    assert_eq!(rows.read(&mut block, BLOCK_ROWS), Ok(1));
}

#[test]
fn no_column_of_a_bar_is_rounded() {
    check_bars(
        bars(Stamp::Open, 1),
        "1,1,1,1,1,16.10\n2,1,1,1,1,16.19578427\n",
        expect![[r#"
            2 bar 1.00 1.00 1.00 1.00 x 16.1 from 1 for 1
            T-TOO-FINE t line 3, column volume: value "16.19578427" is not allowed: at most 1 digits behind the point, apart from zeros
        "#]],
    );
    check_bars(
        bars(Stamp::Open, 1),
        "1,1,1,1,1.001,16\n",
        expect![[r#"
            T-TOO-FINE t line 2, column close: value "1.001" is not allowed: at most 2 digits behind the point, apart from zeros
        "#]],
    );
}

#[test]
fn bars_say_what_their_stamp_means_and_other_tapes_do_not() {
    check_bars(
        None,
        "1,1,1,1,1,1\n",
        expect![[r"
            T-BAR-STAMP t: holds bars, so `stamp` (open or close) and the bar's interval must be given
        "]],
    );
    check_bytes(
        bars(Stamp::Open, 60),
        b"ts_ns,price,qty\n1,1,1\n",
        expect![[r"
            T-BAR-UNUSED t: holds trades, so a bar's `stamp` and interval have no meaning here
        "]],
    );
}

#[test]
fn prices_of_a_bar_lie_between_low_and_high() {
    check_bars(bars(Stamp::Open, 1), "1,5,5,5,5,0\n", expect!["2 bar 5.00 5.00 5.00 5.00 x 0.0 from 1 for 1\n"]);
    for (row, column) in
        [("1,5,4.99,4,4,0", "high"), ("1,4,4.99,4,5,0", "high"), ("1,5,6,5.01,6,0", "low"), ("1,6,6,5.01,5,0", "low")]
    {
        let out = render(spec(bars(Stamp::Open, 1)), text_source(Layout::Bars, row), BLOCK_ROWS);
        assert!(out.starts_with(&format!("T-BAR-RANGE t line 2, column {column}: value")), "{out}");
    }
}

fn text_source(layout: Layout, rows: &str) -> Source {
    Box::new(Dribble::new(format!("{}\n{rows}", layout.header()).as_bytes(), usize::MAX))
}

#[test]
fn a_bar_lies_within_the_range_of_times() {
    let end = u64::MAX;
    check_bars(
        bars(Stamp::Open, 10),
        &format!("{},1,1,1,1,1\n{},1,1,1,1,1\n", end - 10, end - 9),
        expect![[r#"
            18446744073709551615 bar 1.00 1.00 1.00 1.00 x 1.0 from 18446744073709551605 for 10
            T-TIME t line 3, column ts_ns: value "18446744073709551606" is not allowed: the time, with the bar's interval and the shift of its pass, must lie between 1970 and 2554
        "#]],
    );
    check_bars(
        bars(Stamp::Close, 10),
        "9,1,1,1,1,1\n",
        expect![[r#"
            T-TIME t line 2, column ts_ns: value "9" is not allowed: the time, with the bar's interval and the shift of its pass, must lie between 1970 and 2554
        "#]],
    );
    check_bars(bars(Stamp::Close, 9), "9,1,1,1,1,1\n", expect!["9 bar 1.00 1.00 1.00 1.00 x 1.0 from 0 for 9\n"]);
}

#[test]
fn a_shift_moves_both_ends_of_a_bar() {
    let mut block = Vec::new();
    for (stamp, want) in [(Stamp::Open, (1_180, 1_120)), (Stamp::Close, (1_120, 1_060))] {
        let source = text_source(Layout::Bars, "120,1,1,1,1,1");
        let shift = Shift { by_ns: 1_000, floor: 0 };
        let mut tape = Rows::from_source(spec(bars(stamp, 60)), source, shift).expect("a tape");
        assert_eq!(tape.read(&mut block, BLOCK_ROWS), Ok(1));
        let EventKind::Bar(bar) = block[0].kind else { panic!("a bar, not {block:?}") };
        assert_eq!((block[0].time.0, bar.open_time.0), want);
    }
}

#[test]
fn time_may_stand_still_and_never_goes_back() {
    check_trades(
        "5,1,1\n5,2,1\n4,3,1\n6,4,1\n",
        expect![[r#"
            5 trade 1.00 x 1.0
            5 trade 2.00 x 1.0
            T-BACKWARDS t line 4, column ts_ns: value "4" makes time 4, before 5 of an earlier row
        "#]],
    );
}

#[test]
fn a_value_that_is_no_plain_number_names_its_place() {
    check_trades(
        "5,1,1\n5,1x,1\n",
        expect![[r#"
            5 trade 1.00 x 1.0
            T-NUMBER t line 3, column price: value "1x" is not allowed: a plain decimal is needed, digits with at most one point between them, "-" before prices only
        "#]],
    );
    check_trades(
        "5.0,1,1\n",
        expect![[r#"
            T-NUMBER t line 2, column ts_ns: value "5.0" is not allowed: a whole number is needed, digits only
        "#]],
    );
}

#[track_caller]
fn check_code(layout: Layout, row: &str, want: &str) {
    let bar = (layout == Layout::Bars).then_some(generate::BAR_STAMP);
    let out = render(spec(bar), text_source(layout, row), BLOCK_ROWS);
    let (code, rest) = out.split_once(' ').expect("a code");
    let column = rest.split_once("column ").and_then(|(_, rest)| rest.split_once(':')).map_or("", |(column, _)| column);
    assert_eq!(format!("{code} {column}").trim_end(), want, "{row:?}: {out}");
}

#[test]
fn every_kind_of_bad_value_has_its_code_and_its_column() {
    let check = |row: &str, want: &str| check_code(Layout::Trades, row, want);
    for value in ["", " 1", "1 ", "1e5", "nan", "inf", "+1", ".5", "5.", "1.2.3", "--1", "0x1", "1_000", "1\x002"] {
        check(&format!("5,{value},1"), "T-NUMBER price");
    }
    for value in ["", "-5", "5x", "5.5", " 5", "2013-10-07T09:30:00Z"] {
        check(&format!("{value},1,1"), "T-NUMBER ts_ns");
    }
    check("5,1,-1", "T-NUMBER qty");
    check("5,1,0", "T-QTY qty");
    check("5,1,0.0", "T-QTY qty");
    check("5,1.001,1", "T-TOO-FINE price");
    check("5,1,1.01", "T-TOO-FINE qty");
    check("5,92233720368547758.08,1", "T-TOO-LARGE price");
    check("5,1,922337203685477580.8", "T-TOO-LARGE qty");
    check("18446744073709551616,1,1", "T-TOO-LARGE ts_ns");
}

#[test]
fn a_trade_among_quotes_has_zeros_in_the_columns_of_a_quote() {
    let check = |row: &str, want: &str| check_code(Layout::Quotes, row, want);
    check("5,B,1,1,0,1", "T-UNUSED q2");
    check("5,S,1,1,0.1,0", "T-UNUSED p2");
    check("5,B,1,0,0,0", "T-QTY q1");
    for kind in ["", "q", "X", "QQ", " Q", "BUY"] {
        check(&format!("5,{kind},1,1,2,1"), "T-KIND kind");
    }
    check("5,Q,1,-1,2,1", "T-NUMBER q1");
    check("5,Q,1,1,2,1x", "T-NUMBER q2");
}

#[test]
fn a_bar_has_no_negative_and_no_oversized_volume() {
    let check = |row: &str, want: &str| check_code(Layout::Bars, row, want);
    check("5,1,1,1,1,-1", "T-NUMBER volume");
    check("5,1,1,1,1,1e9", "T-NUMBER volume");
    check("5,1,1,1,1,1.20x", "T-NUMBER volume");
    check("5,1,1,1,1,922337203685477580.8", "T-TOO-LARGE volume");
    check("5,1,1,x,1,1", "T-NUMBER low");
}

#[test]
fn the_number_of_columns_is_that_of_the_header() {
    check_trades("5,1\n", expect!["T-COLUMNS t line 2: has 2 columns; allowed are 3\n"]);
    check_trades("5,1,1,\n", expect!["T-COLUMNS t line 2: has 4 columns; allowed are 3\n"]);
    check_trades("5;1;1\n", expect!["T-COLUMNS t line 2: has 1 columns; allowed are 3\n"]);
    check_quotes("5,Q,1,1,2\n", expect!["T-COLUMNS t line 2: has 5 columns; allowed are 6\n"]);
}

#[test]
fn quotation_marks_are_refused_wherever_they_stand() {
    check_trades(
        "5,\"1\",1\n",
        expect![[r#"
            T-QUOTED t line 2, column price: value "\"1\"" is not allowed: fields are written without quotation marks
        "#]],
    );
    check_code(Layout::Trades, "5,1,1,\"x\"", "T-QUOTED after the last");
    check_code(Layout::Trades, "5,\"1,000\",1", "T-QUOTED price");
    check(
        "\"ts_ns\",\"price\",\"qty\"\n",
        expect![[r#"
            T-HEADER t line 1: header "\"ts_ns\",\"price\",\"qty\"" is not known; allowed are "ts_ns,price,qty", "ts_ns,kind,p1,q1,p2,q2", "ts_ns,open,high,low,close,volume"
        "#]],
    );
}

#[test]
fn without_a_known_header_nothing_is_read() {
    for text in
        ["", "\n", "time,price,qty\n1,1,1\n", "1381132800464000000,167.4100,100\n", "\u{feff}\u{feff}ts_ns,price,qty\n"]
    {
        let out = render(spec(None), Box::new(Dribble::new(text.as_bytes(), usize::MAX)), BLOCK_ROWS);
        assert!(out.starts_with("T-HEADER t line 1: header \""), "{text:?}: {out}");
    }
    check("ts_ns,price,qty\n", expect![""]);
    check("ts_ns,price,qty", expect![""]);
}

#[test]
fn line_ends_byte_order_marks_and_a_missing_last_line_feed_do_not_matter() {
    let want = || expect!["5 trade 1.00 x 1.0\n6 trade 2.00 x 1.0\n"];
    check("ts_ns,price,qty\n5,1,1\n6,2,1\n", want());
    check("\u{feff}ts_ns,price,qty\n5,1,1\n6,2,1\n", want());
    check("ts_ns,price,qty\r\n5,1,1\r\n6,2,1\r\n", want());
    check("ts_ns,price,qty\n5,1,1\r\n6,2,1", want());
    check("ts_ns,price,qty\n5,1,1\n6,2,1\r", want());
    check("ts_ns,price,qty\n5,1,1\n6,2,1\n\n\r\n\n", want());
}

#[test]
fn a_blank_line_between_rows_is_refused() {
    check_trades(
        "5,1,1\n\n\n6,2,1\n",
        expect![[r"
            5 trade 1.00 x 1.0
            T-BLANK t line 3: is blank; allowed are blank lines at the end only
        "]],
    );
    check_code(Layout::Trades, "  \n", "T-COLUMNS");
}

#[test]
fn a_line_of_4096_bytes_is_read_and_one_more_byte_is_refused() {
    let row = |length: usize| format!("5,1.{},1\n", "0".repeat(length - "5,1.,1".len()));
    check_trades(&row(LINE_BYTES_MAX), expect!["5 trade 1.00 x 1.0\n"]);
    check_trades(&row(LINE_BYTES_MAX + 1), expect!["T-LINE t line 2: is longer than 4096 bytes\n"]);
}

#[test]
fn packed_data_that_is_cut_off_gives_its_rows_and_then_the_fault() {
    let mut text = b"ts_ns,price,qty\n".to_vec();
    generate::generate(3, 20_000, Layout::Trades, &mut text).expect("memory");
    let text = text[b"ts_ns,price,qty\n".len()..].to_vec();
    let whole = render(spec(None), Box::new(Dribble::new(&text, usize::MAX)), BLOCK_ROWS);
    for (name, packed) in [("gzip", gzip(&text)), ("zstd", zstd(&text))] {
        let out = render(spec(None), Box::new(Dribble::new(&packed[..packed.len() * 2 / 3], usize::MAX)), BLOCK_ROWS);
        let (rows, fault) = out.trim_end().rsplit_once('\n').expect("rows and a fault");
        assert!(whole.starts_with(rows) && rows.len() > 1000, "{name}");
        let line = rows.lines().count() + 2;
        let want = format!("T-DAMAGED t line {line}: the {name} data is cut off or damaged: ");
        assert!(fault.starts_with(&want), "{fault}, not {want}");
    }
}

#[test]
fn a_zstd_window_above_the_limit_is_told_from_damage() {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).expect("memory");
    encoder.window_log(28).expect("allowed when packing");
    std::io::Write::write_all(&mut encoder, b"ts_ns,price,qty\n5,1,1\n").expect("memory");
    let packed = encoder.finish().expect("memory");
    let out = render(spec(None), Box::new(Dribble::new(&packed, usize::MAX)), BLOCK_ROWS);
    assert_eq!(out, "T-WINDOW t: needs a zstd window above 128 MiB to be unpacked\n");
}

#[test]
fn the_bytes_read_are_the_bytes_hashed_whatever_becomes_of_the_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t");
    std::fs::write(&path, "ts_ns,price,qty\n5,1,1\n").expect("written");
    let mut tape = Tape::open(TapeSpec { path: path.clone(), ..spec(None) }).expect("a tape");
    let sha256 = crate::sha256_file(&path).expect("readable");
    std::fs::rename(&path, folder.path().join("moved")).expect("moved");
    std::fs::write(&path, "ts_ns,price,qty\n6,2,2\n").expect("written");
    let mut block = Vec::new();
    assert_eq!(tape.read_block(&mut block), Ok(1));
    assert_eq!((block[0].time.0, tape.sha256()), (5, sha256));
    let mut again = tape.reopened(Shift { by_ns: 10, floor: 5 }).expect("the same file");
    assert_eq!(again.read_block(&mut block), Ok(1));
    assert_eq!((block[0].time.0, again.sha256()), (15, sha256));
}

#[test]
fn bytes_appended_after_the_hash_are_not_read_and_missing_ones_are_a_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t");
    // Longer than what is read ahead when the header is read.
    let text = format!("ts_ns,price,qty\n{}", "5,1,1\n".repeat(50_000));
    std::fs::write(&path, &text).expect("written");
    let count = |change: &dyn Fn()| {
        let mut tape = Tape::open(TapeSpec { path: path.clone(), ..spec(None) }).expect("a tape");
        change();
        let (mut block, mut rows) = (Vec::new(), 0);
        loop {
            match tape.read_block(&mut block) {
                Ok(0) => return Ok(rows),
                Ok(more) => rows += more,
                Err(error) => return Err(error.code()),
            }
        }
    };
    let longer = || std::fs::write(&path, text.clone() + "6,1,1\n").expect("written");
    assert_eq!(count(&longer), Ok(50_000));
    let shorter = || std::fs::write(&path, &text[..text.len() / 2]).expect("written");
    assert_eq!(count(&shorter), Err("T-READ"));
}

/// Fails like a disk, after some bytes.
struct Failing(&'static [u8]);

impl std::io::Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(std::io::Error::from_raw_os_error(5)),
            count => Ok(count),
        }
    }
}

#[test]
fn a_disk_that_fails_is_told_from_a_damaged_file() {
    let out = render(spec(None), Box::new(Failing(b"ts_ns,price,qty\n5,1,1\n6,")), BLOCK_ROWS);
    let (rows, fault) = out.split_once("T-READ ").expect("a fault of the system");
    assert_eq!(rows, "5 trade 1.00 x 1.0\n");
    assert!(fault.starts_with("t line 3: cannot be read: "), "{fault}");
    let out = render(spec(None), Box::new(Failing(b"\x1f\x8b\x08\0\0\0\0\0\0\0")), BLOCK_ROWS);
    assert!(out.starts_with("T-READ t line 1: cannot be read: "), "{out}");
}

#[test]
fn generated_tapes_are_read_without_a_fault() {
    for layout in Layout::ALL {
        let mut text = Vec::new();
        generate(9, 5_000, layout, &mut text).expect("memory");
        let scales = instrument(generate::PRICE_DECIMALS, generate::qty_decimals(layout));
        let bar = (layout == Layout::Bars).then_some(generate::BAR_STAMP);
        let spec = TapeSpec { path: PathBuf::from("t"), generated: None, instrument: scales, bar };
        let mut tape =
            Rows::from_source(spec, Box::new(Dribble::new(&text, usize::MAX)), Shift::default()).expect("a tape");
        let mut block = Vec::new();
        assert_eq!(tape.read(&mut block, 5_001), Ok(5_000), "{layout}");
        assert_eq!(tape.read(&mut block, BLOCK_ROWS), Ok(0), "{layout}");
    }
}
