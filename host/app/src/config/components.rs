//! Components: is there a component behind each strategy, and would it be admitted?
//!
//! In: `[[strategies]]`. Out: their files in order, and a problem for each that is absent or refused. Must never: run or
//! compile one; what starts a session judges the same bytes again.

use std::path::{Path, PathBuf};

use ringfence_core::config::GuestProfile;
use ringfence_sandbox::{AdmissionCode, Refusal, Rules, check};

use super::Purpose;
use super::build::{about, hash_of, profile_of};
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};

/// The file of each strategy.
pub(super) fn build(root: &Table, purpose: Purpose, problems: &mut Problems) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for table in root.tables("strategies") {
        let Some(path) = table.path("component") else { continue };
        match purpose {
            Purpose::Show => {}
            Purpose::Check | Purpose::Backtest | Purpose::Again if path.symlink_metadata().is_err() => {
                problems.add(absent(table, &path))
            }
            Purpose::Check | Purpose::Backtest | Purpose::Again => {
                for refusal in check(&path, &rules(table)).refusals {
                    problems.add(refused(table, &refusal));
                }
            }
        }
        found.push(path);
    }
    found
}

/// As the sandbox judges when it loads the strategy.
fn rules(table: &Table) -> Rules {
    let profile = profile_of(table).unwrap_or(GuestProfile::Compiled);
    let mut rules = Rules { pin: table.text("sha256").map(hash_of), ..Rules::of(profile) };
    if let Some(bytes) = table.integer("memory_mb").and_then(|mb| mb.checked_mul(1 << 20)) {
        rules.structure.memory_bytes = bytes;
    }
    rules
}

fn absent(table: &Table, path: &Path) -> Problem {
    Problem {
        value: Some(format!("{:?}", path.display().to_string())),
        fix: Some("build it, for example with `ringfence build DIR`".to_owned()),
        ..about(table, "component", ConfigCode::File, "no such file")
    }
}

/// What a strategy's own setup refuses is about its parameters, everything else about its file.
pub(super) fn refused(table: &Table, refusal: &Refusal) -> Problem {
    let key = key_of(refusal.code);
    let path = table.path(key).map(|path| format!("{:?}", path.display().to_string()));
    Problem {
        value: path,
        fix: Some(refusal.fix.clone()),
        ..about(table, key, ConfigCode::Component, &is_refused(refusal))
    }
}

/// The key of `[[strategies]]` that a refusal is about.
pub(crate) fn key_of(code: AdmissionCode) -> &'static str {
    if code == AdmissionCode::Setup { "params" } else { "component" }
}

/// The sandbox's words: code, what was found, what is expected.
pub(crate) fn is_refused(refusal: &Refusal) -> String {
    format!("is refused, {}: {}, expected {}", refusal.code, refusal.found, refusal.expected)
}
