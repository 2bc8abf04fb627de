//! Skips: which tests found their data or binary missing?
//!
//! In: the file that tests append to, `RINGFENCE-SKIP: TEST: REASON` a line. Out: each test once. Must never: drop a
//! line that it cannot read; such a line counts as a skip of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace;

const MARK: &str = "RINGFENCE-SKIP: ";

/// A test that could not show what it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skip {
    /// Path of the test: `binary::module::name`.
    pub(crate) test: String,
    /// What was missing.
    pub(crate) reason: String,
}

/// An empty file for the tests of one run.
pub(crate) fn fresh_file() -> Result<PathBuf> {
    let path = workspace::fresh_folder("skips")?.join("skips.txt");
    std::fs::write(&path, "").with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// What the tests of a run left in the file.
pub(crate) fn read(path: &Path) -> Result<Vec<Skip>> {
    Ok(parse(&std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?))
}

fn parse(text: &str) -> Vec<Skip> {
    let mut skips: Vec<Skip> = text.lines().filter(|line| !line.trim().is_empty()).map(parse_line).collect();
    skips.sort();
    skips.dedup_by(|a, b| a.test == b.test);
    skips
}

fn parse_line(line: &str) -> Skip {
    let parts = line.strip_prefix(MARK).and_then(|rest| rest.split_once(": "));
    let (test, reason) = parts.unwrap_or((line, "not understood"));
    Skip { test: test.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[(&str, &str)]) {
        let skips = parse(text);
        let found: Vec<_> = skips.iter().map(|skip| (skip.test.as_str(), skip.reason.as_str())).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn no_line_is_no_skip() {
        check("", &[]);
        check("\n\n", &[]);
    }

    #[test]
    fn the_path_of_the_test_keeps_its_colons() {
        check("RINGFENCE-SKIP: w1::next::oracle: no file: a.csv\n", &[("w1::next::oracle", "no file: a.csv")]);
    }

    #[test]
    fn a_test_that_skips_twice_is_one_skip() {
        let line = "RINGFENCE-SKIP: w1::oracle: no file\n";
        check(
            &format!("{line}RINGFENCE-SKIP: w1::b: no file\n{line}"),
            &[("w1::b", "no file"), ("w1::oracle", "no file")],
        );
    }

    #[test]
    fn a_line_in_another_form_is_still_a_skip() {
        check("garbled", &[("garbled", "not understood")]);
    }
}
