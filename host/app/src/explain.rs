//! Explanations: what does this code mean, and what is to be done about it?
//!
//! In: the code lists of every package, texts built into the program. Out: one explanation for each code. Must never:
//! leave a code of any list without one (a test walks them all).

use ringfence_core::decision::{AnomalyCode, DenialCode, MalformedCode, RefusalCode};
use ringfence_core::strategy::{EmitError, HaltCode, OutcomeCode};
use ringfence_data::DataCode;
use ringfence_journal::codes::JournalCode;
use ringfence_sandbox::AdmissionCode;
use ringfence_tape::TapeCode;

use crate::config::ConfigCode;
use crate::config::nearest::nearest;

/// What is known about a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// Which layer gives it.
    pub layer: &'static str,
    /// What happened.
    pub what: &'static str,
    /// Why there is such a rule; empty where `what` says it.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// When it happens; empty where `what` says it.
    pub example: &'static str,
}

/// Every explanation, by layer and in order of the layer's list.
#[must_use]
pub fn all() -> Vec<Explanation> {
    let mut found: Vec<Explanation> = TEXTS.iter().flat_map(|(layer, text)| read(layer, text)).collect();
    found.extend(AdmissionCode::ALL.iter().map(|code| Explanation {
        code: code.code(),
        layer: "admission",
        what: code.explain(),
        why: "",
        fix: "`ringfence check FILE` shows what was found and what is allowed.",
        example: "",
    }));
    found.extend(JournalCode::ALL.iter().map(|code| Explanation {
        code: code.code(),
        layer: "journal",
        what: code.explanation(),
        why: "",
        fix: code.fix(),
        example: "",
    }));
    found.extend(TapeCode::ALL.iter().map(|code| Explanation {
        code: code.code(),
        layer: "market data",
        what: code.meaning(),
        why: "",
        fix: code.fix(),
        example: "",
    }));
    found.extend(DataCode::ALL.iter().map(|code| Explanation {
        code: code.code(),
        layer: "import",
        what: code.meaning(),
        why: "",
        fix: code.fix(),
        example: "",
    }));
    found
}

/// The explanation of a code, in upper or lower case.
///
/// # Errors
/// The code that was probably meant, where one is alike.
pub fn of(code: &str) -> Result<Explanation, Option<&'static str>> {
    let all = all();
    let known = all.iter().map(|explanation| explanation.code);
    match all.iter().find(|explanation| explanation.code.eq_ignore_ascii_case(code)) {
        Some(explanation) => Ok(explanation.clone()),
        None => Err(nearest(code, known)),
    }
}

/// Every code that any package can give, from the packages' own lists.
#[must_use]
pub fn known_codes() -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = Vec::new();
    codes.extend(ConfigCode::ALL.iter().map(|code| code.code()));
    codes.extend(MalformedCode::ALL.iter().map(|code| code.code()));
    codes.extend(DenialCode::ALL.iter().map(|code| code.code()));
    codes.extend(RefusalCode::ALL.iter().map(|code| code.code()));
    codes.extend(AnomalyCode::ALL.iter().map(|code| code.code()));
    codes.extend(HaltCode::ALL.iter().map(|code| code.code()));
    codes.extend(OutcomeCode::ALL.iter().map(|code| code.code()));
    codes.extend(EmitError::ALL.iter().map(|code| code.code()));
    codes.extend(AdmissionCode::ALL.iter().map(|code| code.code()));
    codes.extend(JournalCode::ALL.iter().map(|code| code.code()));
    codes.extend(TapeCode::ALL.iter().map(|code| code.code()));
    codes.extend(DataCode::ALL.iter().map(|code| code.code()));
    codes
}

const TEXTS: &[(&str, &str)] = &[
    ("configuration", include_str!("../explain/config.txt")),
    ("normalizer", include_str!("../explain/malformed.txt")),
    ("risk", include_str!("../explain/denials.txt")),
    ("gate", include_str!("../explain/refusals.txt")),
    ("state", include_str!("../explain/anomalies.txt")),
    ("sandbox", include_str!("../explain/halts.txt")),
    ("strategy", include_str!("../explain/strategy.txt")),
];

/// Reads a text file: `# CODE`, then four lines with their label. A `# ` line with spaces is a comment.
fn read(layer: &'static str, text: &'static str) -> Vec<Explanation> {
    let is_code = |line: &&str| line.starts_with("# ") && !line[2..].contains(' ');
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(head) = lines.find(is_code) {
        let mut labelled = |label: &str| {
            let line = lines.next().unwrap_or("");
            line.strip_prefix(label).unwrap_or_else(|| panic!("the text of {head} is built in and wants {label}"))
        };
        found.push(Explanation {
            code: &head[2..],
            layer,
            what: labelled("What: "),
            why: labelled("Why: "),
            fix: labelled("Fix: "),
            example: labelled("Example: "),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_every_list_has_exactly_one_explanation() {
        let explained: Vec<&str> = all().iter().map(|explanation| explanation.code).collect();
        let known = known_codes();
        let count = |code: &str| explained.iter().filter(|other| **other == code).count();
        let wrong: Vec<_> = known.iter().filter(|code| count(code) != 1).collect();
        assert!(wrong.is_empty(), "without exactly one explanation: {wrong:?}");
        let stale: Vec<_> = explained.iter().filter(|code| !known.contains(code)).collect();
        assert!(stale.is_empty(), "explained, in no list: {stale:?}");
    }

    /// Names of cases in a stretch of the core's sources.
    fn cases(source: &str, (from, to): (&str, &str)) -> Vec<String> {
        let (_, after) = source.split_once(from).expect("the source has it");
        let (body, _) = after.split_once(to).expect("it ends");
        let words = body.split("DenialCode::").skip(1);
        words.filter_map(|word| word.split(|c: char| !c.is_alphanumeric()).next()).map(str::to_owned).collect()
    }

    /// What Risk asks stands in its list; two more are given where a rule cannot be asked, or the queue is full.
    #[test]
    fn every_denial_is_a_rule_that_is_asked() {
        let mut asked = cases(include_str!("../../core/src/risk/rules/mod.rs"), ("const CHECKS", "];"));
        asked.extend(["QueueFull".to_owned(), "NotComputable".to_owned()]);
        let missing: Vec<_> = DenialCode::ALL.iter().filter(|code| !asked.contains(&format!("{code:?}"))).collect();
        assert!(missing.is_empty(), "explained and never asked: {missing:?}");
    }

    #[test]
    fn every_explanation_says_what_and_what_to_do() {
        for Explanation { code, what, fix, .. } in all() {
            assert!(what.len() > 10 && fix.len() > 4, "{code}: {what:?} {fix:?}");
        }
    }

    #[test]
    fn a_code_is_found_in_any_case_and_a_slip_gives_a_hint() {
        assert_eq!(of("d-order-qty-max").map(|explanation| explanation.code), Ok("D-ORDER-QTY-MAX"));
        assert_eq!(of("D-ORDER-QTY-MAXX"), Err(Some("D-ORDER-QTY-MAX")));
        assert_eq!(of("zebra"), Err(None));
    }
}
