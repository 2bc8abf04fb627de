//! Components: is there a component behind each strategy, and would it be admitted?
//!
//! In: `[[strategies]]`. Out: their files in order, and a problem for each that is absent or refused. Must never: run or
//! compile one; what starts a session judges the same bytes again.

use std::path::{Path, PathBuf};

use ringfence_core::config::GuestProfile;
use ringfence_core::event::Mode;
use ringfence_sandbox::{
    AdmissionCode, Isolation, Maker, Refusal, Rules, SignerId, Trust, Unsigned, check, signature_path, signature_text,
};

use super::Purpose;
use super::build::{about, hash_of, profile_of};
use super::checked::Table;
use super::problem::{ConfigCode, Origin, Problem, Problems};

/// Files of all strategies, in order.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Components.
    pub(super) paths: Vec<PathBuf>,
    /// What is believed of each; empty where the file does not say whom to trust.
    pub(super) trust: Vec<Trust>,
    /// Where the signature of each lies.
    pub(super) signatures: Vec<PathBuf>,
    /// Where the code of each runs.
    pub(super) isolation: Vec<Isolation>,
}

/// The file of each strategy, and whose word it needs.
pub(super) fn build(root: &Table, purpose: Purpose, problems: &mut Problems) -> Files {
    let mut found = Files::default();
    let mut has_external = false;
    for table in root.tables("strategies") {
        let is_external = profile_of(table) == Some(GuestProfile::External);
        let Some(path) = table.path("component").filter(|_| !is_external) else {
            note_absent(table, is_external, problems);
            has_external |= is_external;
            continue;
        };
        if has_external {
            let message = "stands behind a strategy with profile = \"external\"; those stand last";
            problems.add(about(table, "profile", ConfigCode::Definition, message));
        }
        let signature = table.path("signature").unwrap_or_else(|| signature_path(&path));
        // A key that is wrong was noted; that no key is trusted then is no news.
        let believed = root.table("trust").filter(|trust| !WHOM.iter().any(|key| trust.is_wrong(key)));
        let trust = believed.map(|believed| trust(believed, table, &signature));
        let trust = match trust {
            // The journal knows it by its hash.
            Some(Ok(trust)) if purpose == Purpose::Again && !is_flagged(table) => {
                Some(Trust { keys: Vec::new(), unsigned: Unsigned::Allow, ..trust })
            }
            Some(Err(refusal)) if purpose != Purpose::Show => {
                problems.add(refused(table, &refusal));
                None
            }
            Some(Ok(trust)) => Some(trust),
            Some(Err(_)) | None => None,
        };
        match purpose {
            Purpose::Show => {}
            Purpose::Check | Purpose::Backtest | Purpose::Generated(_) | Purpose::Again | Purpose::Outside(_)
                if path.symlink_metadata().is_err() =>
            {
                problems.add(absent(table, &path))
            }
            Purpose::Check | Purpose::Backtest | Purpose::Generated(_) | Purpose::Again | Purpose::Outside(_) => {
                for refusal in check(&path, &rules(table, trust.as_ref())).refusals {
                    problems.add(refused(table, &refusal));
                }
            }
        }
        found.trust.extend(trust);
        found.signatures.push(signature);
        found.isolation.push(isolation(table));
        found.paths.push(path);
    }
    found
}

/// Keys of `[trust]` that a signature is judged by.
const WHOM: [&str; 3] = ["keys", "own", "unsigned"];

/// True when a flag names the component.
fn is_flagged(table: &Table) -> bool {
    table.entry("component").is_some_and(|entry| matches!(entry.origin, Origin::Flag(_)))
}

/// What a mode asks of where a strategy runs; `None` = it is enough.
pub(super) fn isolation_refused(table: &Table, (asked, maker): (Isolation, Maker), mode: Mode) -> Option<Problem> {
    if asked.is_enough(mode, maker) {
        return None;
    }
    let whose = match maker {
        Maker::Nobody => "unsigned",
        Maker::ThirdParty => "a third party's",
        Maker::Own => "of one's own",
    };
    let message = format!("a component that is {whose} runs in a process of its own where orders are live");
    let fix = Some("isolation = \"process\"; or name the key that signed it in [trust] own, if it is yours".to_owned());
    Some(Problem { fix, ..about(table, "isolation", ConfigCode::Value, &message) })
}

/// Where something runs, by its key `isolation`.
pub(super) fn isolation(table: &Table) -> Isolation {
    let asked = table.text("isolation");
    [Isolation::InProcess, Isolation::Process].into_iter().find(|known| asked == Some(known.code())).unwrap_or_default()
}

/// A strategy has a component or is external: one of the two.
fn note_absent(table: &Table, is_external: bool, problems: &mut Problems) {
    let (code, message) = match (is_external, table.entry("component").is_some(), table.is_wrong("component")) {
        (true, true, _) => (ConfigCode::Definition, "is given, and profile = \"external\" says that there is none"),
        (false, false, false) => (ConfigCode::Missing, "missing"),
        (true, false, _) | (false, true, _) | (false, false, true) => return,
    };
    problems.add(about(table, "component", code, message));
}

/// As the sandbox judges when it loads the strategy.
fn rules(table: &Table, trust: Option<&Trust>) -> Rules {
    let profile = profile_of(table).unwrap_or(GuestProfile::Compiled);
    let pin = table.text("sha256").map(hash_of);
    let mut rules = Rules { pin, trust: trust.cloned(), ..Rules::of(profile) };
    if let Some(bytes) = table.integer("memory_mb").and_then(|mb| mb.checked_mul(1 << 20)) {
        rules.structure.memory_bytes = bytes;
    }
    rules
}

/// What is believed of the component of a slot. Which version ran before is not asked here: this reads no state.
fn trust(believed: &Table, table: &Table, signature: &Path) -> Result<Trust, Refusal> {
    Ok(Trust {
        keys: believed.texts("keys").map(|(digits, _)| SignerId(hash_of(digits))).collect(),
        own: believed.texts("own").map(|(digits, _)| SignerId(hash_of(digits))).collect(),
        unsigned: if believed.text("unsigned") == Some("allow") { Unsigned::Allow } else { Unsigned::Refuse },
        strategy: table.text("signed_as").or(table.text("name")).unwrap_or("").to_owned(),
        signature: signature_text(signature)?,
        version_min: 0,
        fuel_per_call: table.integer("fuel_per_call").unwrap_or(0),
        memory_bytes: table.integer("memory_mb").unwrap_or(0).saturating_mul(1 << 20),
    })
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
