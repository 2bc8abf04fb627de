//! Does `docs/simulation.md` name every choice, and no other?

use ringfence_core::event::FillReason;
use ringfence_sim::{CommissionRounding, FillMoment, QueueModel, RestingFills, SlippageModel, TakerSize};

const TEXT: &str = include_str!("../../../docs/simulation.md");

/// First words of the rows of tables under a heading that begins so.
fn words(heading: &str) -> Vec<&'static str> {
    let start = TEXT.find(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = TEXT[start + 1..].split("\n## ").next().expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut words: Vec<&str> = rows.map(|row| row.split('`').next().expect("a word")).collect();
    words.sort_unstable();
    words
}

#[track_caller]
fn check(heading: &str, codes: impl Iterator<Item = &'static str>) {
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_unstable();
    assert_eq!(words(heading), codes, "{heading}");
}

#[test]
fn the_page_has_every_word_of_every_choice() {
    check("When an order meets the market", FillMoment::ALL.iter().map(|case| case.code()));
    check("Queue position", QueueModel::ALL.iter().map(|case| case.code()));
    check("How much of a resting order fills", RestingFills::ALL.iter().map(|case| case.code()));
    check("How much a taker finds", TakerSize::ALL.iter().map(|case| case.code()));
    check("Latency", ["constant", "measured"].into_iter());
    check("Fees", CommissionRounding::ALL.iter().map(|case| case.code()));
    check("Slippage", SlippageModel::ALL.iter().map(|case| case.code()));
    check("Why an order filled", FillReason::ALL.iter().map(|case| case.code()));
}
