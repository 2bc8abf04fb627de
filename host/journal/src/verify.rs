//! Verification: has anybody changed this record, or lost part of it?
//!
//! In: a journal folder. Out: a report on every frame, record, blob, component and total. Must never: change a byte, take
//! the lock, or stop before it has said what it knows.

use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::SessionId;

use crate::codes::{Finding, JournalCode, JournalError};
use crate::digest::{DecisionDigests, FuelDigest};
use crate::reader::{JournalReader, Step};
use crate::recovery::{Verdict, judge};
use crate::scan::{Scan, scan};
use crate::sidecar::{self, SYNCED_NAME, slots_are_whole};
use crate::storage::folder::Folder;
use crate::storage::{Storage, read_file};
use crate::wire::marks::{Commit, Seal};

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Session of the journal; `None` when its header is not whole.
    pub session: Option<SessionId>,
    /// Frames in whole commits.
    pub frames: u64,
    /// Whole commits.
    pub commits: u64,
    /// Bytes in whole commits.
    pub bytes: u64,
    /// Totals in whole commits: number after the last event, decisions, calls, blobs.
    pub totals: Commit,
    /// Hash of the last frame in a whole commit.
    pub head: Sha256Hash,
    /// True when the session ended in order.
    pub is_sealed: bool,
    /// Everything that is not as it should be, the worst first.
    pub findings: Vec<Finding>,
}

impl ChainReport {
    /// True when nothing recorded was lost or changed. Notices (a missing sidecar, unknown records) do not count.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.first_problem().is_none()
    }

    /// The first finding that is damage.
    #[must_use]
    pub fn first_problem(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code.is_damage() || finding.code == JournalCode::Format)
    }
}

/// Verifies the journal in `dir`.
///
/// # Errors
/// A fault of the disk; everything that is wrong with the journal is in the report.
pub fn verify_chain(dir: &Path) -> Result<ChainReport, JournalError> {
    verify_chain_on(&mut || Box::new(Folder::new(dir)))
}

/// As [`verify_chain`], on any storage; `open` gives a handle, and is called more than once.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_chain_on(open: &mut dyn FnMut() -> Box<dyn Storage>) -> Result<ChainReport, JournalError> {
    let mut storage = open();
    let beside = sidecar::find(&mut *storage)?;
    let scan = match scan(&mut *storage, beside.sidecar().map(|sidecar| sidecar.session)) {
        Ok(scan) => scan,
        Err(JournalError::Refused(finding)) => return Ok(unread(finding)),
        Err(error @ (JournalError::Io { .. } | JournalError::Sync { .. } | JournalError::Stopped)) => {
            return Err(error);
        }
    };
    let mut report = report_of(&scan);
    let Some(header) = &scan.header else {
        report.findings.extend(judged(judge(&scan, &beside)));
        return Ok(report);
    };
    let beside = beside.of_session(header.session);
    report.findings.extend(judged(judge(&scan, &beside)));
    check_content(open(), scan.seal.as_ref(), &mut report)?;
    report.findings.extend(beside.flaw().cloned());
    let slots = read_file(&mut *storage, SYNCED_NAME)?;
    if slots.is_some_and(|slots| !slots_are_whole(&slots, header.session)) && beside.flaw().is_none() {
        let detail = format!("{SYNCED_NAME}: a slot is damaged");
        report.findings.push(Finding::new(JournalCode::SidecarDamaged, detail));
    }
    Ok(report)
}

fn judged(verdict: Verdict) -> Option<Finding> {
    match verdict {
        Verdict::Whole => None,
        Verdict::Torn(finding) | Verdict::Refused(finding) => Some(finding),
    }
}

fn report_of(scan: &Scan) -> ChainReport {
    ChainReport {
        session: scan.header.as_ref().map(|header| header.session),
        frames: scan.end.frames,
        commits: scan.end.commits,
        bytes: scan.end.absolute,
        totals: scan.end.commit,
        head: scan.end.head,
        is_sealed: scan.seal.is_some(),
        findings: Vec::new(),
    }
}

fn unread(finding: Finding) -> ChainReport {
    ChainReport {
        session: None,
        frames: 0,
        commits: 0,
        bytes: 0,
        totals: Commit::default(),
        head: [0; 32],
        is_sealed: false,
        findings: vec![finding],
    }
}

/// Reads every record of the whole commits, and what the folder holds beside them.
fn check_content(storage: Box<dyn Storage>, seal: Option<&Seal>, report: &mut ChainReport) -> Result<(), JournalError> {
    let (mut reader, _) = JournalReader::open_prefix_on(storage)?;
    let (mut decisions, mut fuel, mut step) = (DecisionDigests::new(), FuelDigest::new(), Step::new());
    loop {
        let more = reader.next_step(&mut step);
        while let Some(used) = reader.next_fuel() {
            fuel.add(&[used]);
        }
        match more {
            Ok(true) => decisions.add(&step.decisions, &step.notes),
            Ok(false) => break,
            Err(JournalError::Refused(finding)) => {
                report.findings.push(finding);
                return Ok(());
            }
            Err(error @ (JournalError::Io { .. } | JournalError::Sync { .. } | JournalError::Stopped)) => {
                return Err(error);
            }
        }
    }
    check_components(&mut reader, report)?;
    let unknown = reader.unknown_records();
    if unknown > 0 {
        let detail = format!("{unknown} records of unknown type or version");
        report.findings.push(Finding::new(JournalCode::UnknownRecord, detail));
    } else if let Some(seal) = seal {
        report.findings.extend(check_seal(seal, &decisions, &fuel));
    }
    Ok(())
}

fn check_components(reader: &mut JournalReader, report: &mut ChainReport) -> Result<(), JournalError> {
    for component in reader.header().components.clone() {
        match reader.component(&component) {
            Ok(_) => {}
            Err(JournalError::Refused(finding)) => report.findings.push(finding),
            Err(error @ (JournalError::Io { .. } | JournalError::Sync { .. } | JournalError::Stopped)) => {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The digests in the seal are those of what is recorded. (The State's digest is checked by re-execution.)
fn check_seal(seal: &Seal, decisions: &DecisionDigests, fuel: &FuelDigest) -> Option<Finding> {
    let of_strategies = seal.strategies.iter().all(|(strategy, digest)| decisions.strategy(*strategy) == *digest);
    let wrong = if decisions.run() != seal.decisions {
        "the decisions"
    } else if fuel.finish() != seal.fuel {
        "the fuel"
    } else if !of_strategies {
        "a strategy's decisions"
    } else {
        return None;
    };
    Some(Finding::new(JournalCode::Digest, format!("the seal has another digest of {wrong}")))
}
