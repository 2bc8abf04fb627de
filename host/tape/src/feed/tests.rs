//! Feeds, text in and text out: rows with the index of their tape.

use std::num::NonZeroU32;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::support::instrument;
use crate::tape::TapeSpec;
use crate::tape::tests::render_event;

/// Writes each text to a file under the header of trades and opens it.
fn open(folder: &tempfile::TempDir, texts: &[String]) -> Vec<Tape> {
    let open = |(index, rows): (usize, &String)| {
        let path = folder.path().join(index.to_string());
        std::fs::write(&path, format!("ts_ns,price,qty\n{rows}")).expect("written");
        Tape::open(TapeSpec { path, generated: None, instrument: instrument(2, 1), bar: None }).expect("a tape")
    };
    texts.iter().enumerate().map(open).collect()
}

fn extent(rows_max: Option<u64>, passes: u32) -> Extent {
    Extent { rows_max, passes: NonZeroU32::new(passes).expect("above 0") }
}

fn render(texts: &[String], extent: Extent) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut feed = Feed::new(open(&folder, texts), extent);
    let mut out = String::new();
    let mut counted = vec![0_u64; texts.len()];
    loop {
        match feed.next_block() {
            Ok(None) => break,
            Ok(Some(Block { events, tape_of, rows_per_tape })) => {
                assert!(!events.is_empty() && events.len() <= BLOCK_ROWS && events.len() == tape_of.len());
                for (event, origin) in events.iter().zip(tape_of) {
                    out += &format!("[{origin}] {}", render_event(event));
                    counted[*origin as usize] += 1;
                }
                assert_eq!(rows_per_tape, counted, "origins and counts agree");
            }
            Err(error) => {
                let name = folder.path().display().to_string() + "/";
                out += &format!("{} {}\n", error.code(), error.to_string().replace(&name, ""));
                break;
            }
        }
    }
    assert_eq!(feed.rows(), counted.iter().sum::<u64>());
    out
}

#[track_caller]
fn check(texts: &[&str], extent: Extent, want: Expect) {
    let texts: Vec<String> = texts.iter().map(|text| text.replace(' ', "\n")).collect();
    want.assert_eq(&render(&texts, extent));
}

#[test]
fn rows_come_by_time_and_equal_times_by_the_order_of_the_tapes() {
    check(
        &["5,1,1 5,2,1 7,3,1", "4,4,1 5,5,1 5,6,1 9,7,1", "5,8,1"],
        Extent::WHOLE,
        expect![[r"
            [1] 4 trade 4.00 x 1.0
            [0] 5 trade 1.00 x 1.0
            [0] 5 trade 2.00 x 1.0
            [1] 5 trade 5.00 x 1.0
            [1] 5 trade 6.00 x 1.0
            [2] 5 trade 8.00 x 1.0
            [0] 7 trade 3.00 x 1.0
            [1] 9 trade 7.00 x 1.0
        "]],
    );
}

#[test]
fn no_tape_and_empty_tapes_give_no_rows_however_often() {
    check(&[], extent(None, 3), expect![""]);
    check(&[""], extent(None, 3), expect![""]);
    check(&["", ""], extent(None, 3), expect![""]);
    check(&["", "5,1,1"], Extent::WHOLE, expect!["[1] 5 trade 1.00 x 1.0\n"]);
}

#[test]
fn a_repeated_tape_is_shifted_by_its_length_and_a_second() {
    check(
        &["5,1,1 25,2,1"],
        extent(None, 3),
        expect![[r"
            [0] 5 trade 1.00 x 1.0
            [0] 25 trade 2.00 x 1.0
            [0] 1000000025 trade 1.00 x 1.0
            [0] 1000000045 trade 2.00 x 1.0
            [0] 2000000045 trade 1.00 x 1.0
            [0] 2000000065 trade 2.00 x 1.0
        "]],
    );
}

#[test]
fn several_tapes_are_repeated_together() {
    check(
        &["5,1,1", "", "25,2,1"],
        extent(None, 2),
        expect![[r"
            [0] 5 trade 1.00 x 1.0
            [2] 25 trade 2.00 x 1.0
            [0] 1000000025 trade 1.00 x 1.0
            [2] 1000000045 trade 2.00 x 1.0
        "]],
    );
}

#[test]
fn the_limit_counts_rows_over_all_tapes_and_passes() {
    check(&["5,1,1"], extent(Some(0), 2), expect![""]);
    check(
        &["5,1,1", "5,2,1"],
        extent(Some(3), 2),
        expect![[r"
            [0] 5 trade 1.00 x 1.0
            [1] 5 trade 2.00 x 1.0
            [0] 1000000005 trade 1.00 x 1.0
        "]],
    );
    check(&["5,1,1 6,2,1"], extent(Some(1), 1), expect!["[0] 5 trade 1.00 x 1.0\n"]);
}

#[test]
fn a_row_behind_the_limit_is_not_judged() {
    check(&["5,1,1 x"], extent(Some(1), 1), expect!["[0] 5 trade 1.00 x 1.0\n"]);
    check(
        &["5,1,1 x"],
        extent(Some(2), 1),
        expect![[r"
        [0] 5 trade 1.00 x 1.0
        T-COLUMNS 0 line 3: has 1 columns; allowed are 3
    "]],
    );
}

#[test]
fn the_rows_before_a_fault_come_first() {
    check(
        &["5,1,1 7,2,1 x", "6,3,1 8,4,1"],
        Extent::WHOLE,
        expect![[r"
            [0] 5 trade 1.00 x 1.0
            [1] 6 trade 3.00 x 1.0
            [0] 7 trade 2.00 x 1.0
            T-COLUMNS 0 line 4: has 1 columns; allowed are 3
        "]],
    );
}

#[test]
fn a_pass_beyond_the_range_of_times_is_refused() {
    let last = u64::MAX - 2_000_000_000;
    check(
        &[&format!("{},1,1 {last},2,1", last - 1)],
        extent(None, 3),
        expect![[r#"
            [0] 18446744071709551614 trade 1.00 x 1.0
            [0] 18446744071709551615 trade 2.00 x 1.0
            [0] 18446744072709551615 trade 1.00 x 1.0
            [0] 18446744072709551616 trade 2.00 x 1.0
            T-TIME 0 line 2, column ts_ns: value "18446744071709551614" is not allowed: the time, with the bar's interval and the shift of its pass, must lie between 1970 and 2554
        "#]],
    );
    check(
        &[&format!("0,1,1 {},2,1", u64::MAX - PAUSE_NS)],
        extent(None, 2),
        expect![[r#"
            [0] 0 trade 1.00 x 1.0
            [0] 18446744072709551615 trade 2.00 x 1.0
            [0] 18446744073709551615 trade 1.00 x 1.0
            T-TIME 0 line 3, column ts_ns: value "18446744072709551615" is not allowed: the time, with the bar's interval and the shift of its pass, must lie between 1970 and 2554
        "#]],
    );
    check(
        &[&format!("0,1,1 {},2,1", u64::MAX - PAUSE_NS + 1)],
        extent(None, 2),
        expect![[r#"
            [0] 0 trade 1.00 x 1.0
            [0] 18446744072709551616 trade 2.00 x 1.0
            T-REPEAT pass 2 of tapes that last 18446744072709551616 ns leaves the range of times, which ends in the year 2554
        "#]],
    );
}

#[test]
fn every_pass_reads_the_file_that_was_opened_whatever_becomes_of_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut feed = Feed::new(open(&folder, &["5000000000,1,1\n6000000000,2,1\n".to_owned()]), extent(None, 2));
    assert!(matches!(feed.next_block(), Ok(Some(block)) if block.events.len() == 2));
    std::fs::remove_file(folder.path().join("0")).expect("removed");
    std::fs::write(folder.path().join("0"), "ts_ns,price,qty\n3999999999,1,1\n").expect("written");
    let times = |block: &Block<'_>| block.events.iter().map(|event| event.time.0).collect::<Vec<_>>();
    assert!(matches!(feed.next_block(), Ok(Some(block)) if times(&block) == [7_000_000_000, 8_000_000_000]));
}

#[test]
fn a_file_that_is_written_over_between_passes_cannot_turn_time_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut feed = Feed::new(open(&folder, &["5000000000,1,1\n6000000000,2,1\n".to_owned()]), extent(None, 2));
    assert!(matches!(feed.next_block(), Ok(Some(block)) if block.events.len() == 2));
    let path = folder.path().join("0");
    std::fs::write(&path, "ts_ns,price,qty\n3999999999,1,1\n6000000000,2,1\n").expect("written");
    let value = "3999999999".to_owned();
    let want = TapeError::Backwards { path, line: 2, value, time: 5_999_999_999, previous: 6_000_000_000 };
    assert_eq!(feed.next_block().map(|_| ()), Err(want));
}

#[test]
fn blocks_are_full_until_the_last_one() {
    let rows: String = (0..BLOCK_ROWS + 10).map(|time| format!("{time},1,1\n")).collect();
    for (texts, want) in
        [(vec![rows.clone()], vec![BLOCK_ROWS, 10]), (vec![rows.clone(), rows], vec![BLOCK_ROWS, BLOCK_ROWS, 20])]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let mut feed = Feed::new(open(&folder, &texts), Extent::WHOLE);
        let mut sizes = Vec::new();
        while let Some(block) = feed.next_block().expect("good rows") {
            sizes.push(block.events.len());
        }
        assert_eq!(sizes, want);
        assert_eq!(feed.tapes().len(), texts.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn merging_is_a_stable_sort_of_all_rows(
        mut tapes in prop::collection::vec(prop::collection::vec(0_u64..40, 0..3000), 1..4), rows_max in prop::option::of(0_u64..6000),
    ) {
        let mut want: Vec<(u64, usize, usize)> = Vec::new();
        for (index, times) in tapes.iter_mut().enumerate() {
            times.sort_unstable();
            want.extend(times.iter().enumerate().map(|(row, time)| (*time, index, row + 1)));
        }
        want.sort_unstable();
        let kept = rows_max.map_or(usize::MAX, |rows_max| usize::try_from(rows_max).expect("small"));
        let want: String = want.iter().take(kept).map(|(time, index, row)| format!("[{index}] {time} trade {row}.00 x 1.0\n")).collect();
        let text = |times: &Vec<u64>| times.iter().enumerate().map(|(row, time)| format!("{time},{},1\n", row + 1)).collect();
        let texts: Vec<String> = tapes.iter().map(text).collect();
        prop_assert_eq!(render(&texts, extent(rows_max, 1)), want);
    }
}
