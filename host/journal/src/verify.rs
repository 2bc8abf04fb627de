//! Verification: has anybody changed this record, or lost part of it?
//!
//! In: a journal folder. Out: a report on every frame, record, blob, component and total. Must never: change a byte, take
//! the lock, or stop before it has said what it knows.

use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::SessionId;

use crate::codes::{Finding, JournalCode, JournalError};
use crate::digest::{DecisionDigests, FuelDigest};
use crate::reader::{Chain, JournalReader, Step};
use crate::recovery::{Verdict, examine};
use crate::scan::Scan;
use crate::storage::Storage;
use crate::storage::folder::Folder;
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
    verify_chain_on(Box::new(Folder::new(dir)))
}

/// As [`verify_chain`], on any storage.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_chain_on(mut storage: Box<dyn Storage>) -> Result<ChainReport, JournalError> {
    let examined = match examine(&mut *storage) {
        Ok(examined) => examined,
        Err(error) => return Ok(unread(refused(error)?)),
    };
    let mut report = report_of(&examined.scan);
    report.findings.extend(judged(&examined.verdict));
    if examined.scan.header.is_none() {
        return Ok(report);
    }
    let beside = [examined.beside.flaw().cloned(), examined.beside.torn_slot.clone()];
    let (reader, _) = JournalReader::of_examined(storage, examined, Chain::Known)?;
    check_content(reader, &mut report)?;
    report.findings.extend(beside.into_iter().flatten());
    Ok(report)
}

/// What is wrong with a journal is an answer; what is wrong with the disk is not.
fn refused(error: JournalError) -> Result<Finding, JournalError> {
    match error {
        JournalError::Refused(finding) => Ok(finding),
        JournalError::Io { .. } | JournalError::Sync { .. } | JournalError::Stopped => Err(error),
    }
}

fn judged(verdict: &Verdict) -> Option<Finding> {
    match verdict {
        Verdict::Whole => None,
        Verdict::Torn(finding) | Verdict::Refused(finding) => Some(finding.clone()),
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
fn check_content(mut reader: JournalReader, report: &mut ChainReport) -> Result<(), JournalError> {
    let (mut decisions, mut fuel) = (DecisionDigests::new(), FuelDigest::new());
    let broken = check_records(&mut reader, &mut decisions, &mut fuel)?;
    let is_readable = broken.is_none();
    report.findings.extend(broken);
    for component in reader.header().components.clone() {
        report.findings.extend(reader.component_flaw(&component)?);
    }
    let unknown = reader.unknown_records();
    if unknown > 0 {
        let detail = format!("{unknown} records of unknown type or version");
        report.findings.push(Finding::new(JournalCode::UnknownRecord, detail));
    } else if let Some(seal) = reader.seal().filter(|_| is_readable) {
        report.findings.extend(check_seal(seal, &decisions, &fuel));
    }
    Ok(())
}

/// Adds up what is recorded; answers the record at which that ends early.
fn check_records(
    reader: &mut JournalReader,
    decisions: &mut DecisionDigests,
    fuel: &mut FuelDigest,
) -> Result<Option<Finding>, JournalError> {
    let mut step = Step::new();
    loop {
        let more = reader.next_step(&mut step);
        while let Some(used) = reader.next_fuel() {
            fuel.add(&[used]);
        }
        match more {
            Ok(true) => decisions.add(&step.decisions, &step.notes),
            Ok(false) => return Ok(None),
            Err(error) => return refused(error).map(Some),
        }
    }
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
