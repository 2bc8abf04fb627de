//! Left: what stands between a figure and its aim?
//!
//! In: targets with their figures. Out: a table of those whose aim is not met, with what is known of the reason. Must never: name a
//! target whose aim is met.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;

use super::figures::Target;

/// What is known of each target that was missed once.
const REASONS: [(&[&str], &str); 8] = [
    (
        &["T1", "T10"],
        "Of 1,800 instructions a row of W1 the engine's way into a component and back, with what lowers the event, is 650, the guest \
         330, the sandbox 120, everything else of the host 640. The engine checks at each call what cannot change between two (type, \
         options, may-enter flags), and offers no call that leaves it out.",
    ),
    (&["T3"], "The same call where the touch moves, and an order's way, which is long (T6)."),
    (
        &["T4"],
        "Of 10.9 ms on a quiet machine start-up is 4.5 (the compiled component and its checks, the configuration; \
         `startup_seconds`), the event loop 2.3, decoding 0.5; the rest is the system's, for a program of 30 MB.",
    ),
    (
        &["T5"],
        "A hundred instances, States and venues are 0.04 s (`--limit 1`); the rest is 585,000 bars, most of it the call as above, a \
         tenth the statistics of each trial.",
    ),
    (
        &["T6"],
        "Fetching code: an order touches more of it than the first-level cache holds, and comes after hundreds of rows that touch \
         none of it. SHA-256, which signs and checks each approval and digests what was decided, is a twelfth of an order. A step of \
         W2 asks for open orders, which are a list and need memory of the guest, and sends two commands as a rule.",
    ),
    (&["T8"], "The dearest are the shortest runs, where what is done once is shared by few orders."),
    (
        &["T9"],
        "Journals and digests are equal over runs, load and profiles (`tests/tests/repeat.rs`); no aarch64 machine was at hand.",
    ),
    (
        &["T11"],
        "State: whether the next rows are certain is asked of each of them, and each changes State; then 15 words a row that are \
         written and read.",
    ),
];

/// What no run measures stands in the table as long as it is not there.
const NOT_MEASURED: &str = "T9";

/// The table.
pub(crate) fn table(targets: &[Target]) -> Result<String> {
    let missed: BTreeSet<&str> =
        targets.iter().filter(|target| target.meets(target.aim) == Some(false)).map(|target| target.id).collect();
    rows(&missed)
}

fn rows(missed: &BTreeSet<&str>) -> Result<String> {
    let mut text = String::from("| target | what is left |\n|---|---|\n");
    let mut told = BTreeSet::from([NOT_MEASURED]);
    for (ids, reason) in REASONS {
        let named: Vec<&str> = ids.iter().copied().filter(|id| missed.contains(id) || *id == NOT_MEASURED).collect();
        if !named.is_empty() {
            writeln!(text, "| {} | {reason} |", named.join(", "))?;
        }
        told.extend(named);
    }
    for id in missed.difference(&told) {
        writeln!(text, "| {id} | Not looked into yet. |")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    /// First cells of the rows of the tables in a part of the page, with those of the column `holds`.
    fn cells<'a>(page: &'a str, (begin, end): (&str, &str)) -> Vec<Vec<&'a str>> {
        let (_, rest) = page.split_once(begin).unwrap();
        let (part, _) = rest.split_once(end).unwrap();
        part.lines().map(|line| line.split('|').map(str::trim).collect()).collect()
    }

    #[test]
    fn what_stops_the_aims_names_those_that_are_not_met_and_no_others() {
        let page = std::fs::read_to_string(workspace::root().join("docs/performance.md")).unwrap();
        let measured = cells(&page, ("<!-- measured: by `cargo xtask bench` -->", "| workload |"));
        let is_missed = |row: &&Vec<&str>| match row.get(6..) {
            Some(["aim", ..]) | None => false,
            Some(["reported", ..]) => row[4] != "-",
            Some(_) => row[1].starts_with('T') && row[4] != "aim",
        };
        let missed: BTreeSet<&str> = measured.iter().filter(is_missed).map(|row| row[1]).collect();
        assert!(!missed.is_empty());
        let (_, rest) = page.split_once("## What stops the aims").unwrap();
        assert!(rest.contains(&rows(&missed).unwrap()), "for {missed:?}:\n{}", rows(&missed).unwrap());
    }

    #[test]
    fn a_target_without_a_reason_is_named_all_the_same() {
        let text = rows(&BTreeSet::from(["T1", "T99"])).unwrap();
        assert!(text.contains("| T1 | Of 1,800") && text.contains("| T99 | Not looked into yet. |"), "{text}");
        assert!(!text.contains("T10") && !text.contains("| T3 |"), "{text}");
    }
}
