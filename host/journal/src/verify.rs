//! Verification: has anybody changed this record, or lost part of it?
//!
//! In: a journal folder. Out: a report on every frame, record, blob, component and total. Must never: change a byte, take
//! the lock, or stop before it has said what it knows.

use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::SessionId;

use crate::checkpoint::{AuditId, CHECKPOINTS_BYTES_MAX, CHECKPOINTS_NAME, Checkpoint, parse_file};
use crate::codes::{Finding, JournalCode, JournalError};
use crate::digest::{DecisionDigests, FuelDigest};
use crate::reader::{Chain, JournalReader, Step};
use crate::recovery::{Verdict, examine_noting};
use crate::scan::Scan;
use crate::storage::folder::Folder;
use crate::storage::{Content, Storage, hex, read_file};
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
    /// Checkpoints in the folder that are signed and hold. Whose keys signed them is not judged: only one that was kept
    /// elsewhere proves anything.
    pub checkpoints: u64,
    /// Retained checkpoints that a trusted key signed and that hold, see [`Audit`].
    pub retained: u64,
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

/// What was kept elsewhere, to hold a journal against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit<'a> {
    /// Checkpoints of the journal.
    pub retained: &'a [Checkpoint],
    /// Keys that may have signed them.
    pub trusted: &'a [AuditId],
}

/// Verifies the journal in `dir`.
///
/// # Errors
/// A fault of the disk; everything that is wrong with the journal is in the report.
pub fn verify_chain(dir: &Path) -> Result<ChainReport, JournalError> {
    verify_chain_on(Box::new(Folder::new(dir)))
}

/// As [`verify_chain`], and holds the journal against checkpoints that were kept elsewhere: with one of them, nothing that
/// stood before it can have been rewritten, spliced, put in another order or dropped.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_audited(dir: &Path, audit: &Audit<'_>) -> Result<ChainReport, JournalError> {
    verify_audited_on(Box::new(Folder::new(dir)), audit)
}

/// As [`verify_chain`], on any storage.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_chain_on(storage: Box<dyn Storage>) -> Result<ChainReport, JournalError> {
    verify_audited_on(storage, &Audit::default())
}

/// As [`verify_audited`], on any storage.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_audited_on(mut storage: Box<dyn Storage>, audit: &Audit<'_>) -> Result<ChainReport, JournalError> {
    // Read before the segments: a checkpoint is written after what it attests.
    let (lines, torn) = lines_beside(&mut *storage)?;
    let noted = lines.iter().chain(audit.retained).map(|checkpoint| checkpoint.reached.frame).collect();
    let examined = match examine_noting(&mut *storage, noted) {
        Ok(examined) => examined,
        Err(error) => return Ok(unread(refused(error)?)),
    };
    let mut report = report_of(&examined.scan);
    report.findings.extend(judged(&examined.verdict));
    check_retained(audit, &examined.scan, &mut report);
    if examined.scan.header.is_none() {
        return Ok(report);
    }
    check_lines(&lines, &examined.scan, &mut report);
    let beside = [examined.beside.flaw().cloned(), examined.beside.torn_slot.clone(), torn];
    let (reader, _) = JournalReader::of_examined(storage, examined, Chain::Known)?;
    check_content(reader, &mut report)?;
    report.findings.extend(beside.into_iter().flatten());
    Ok(report)
}

/// Checkpoints in the folder, and a notice where lines cannot be read.
fn lines_beside(storage: &mut dyn Storage) -> Result<(Vec<Checkpoint>, Option<Finding>), JournalError> {
    let notice = |what: String| Finding::new(JournalCode::CheckpointTorn, format!("{CHECKPOINTS_NAME}: {what}"));
    match read_file(storage, CHECKPOINTS_NAME, CHECKPOINTS_BYTES_MAX)? {
        Content::Absent => Ok((Vec::new(), None)),
        Content::TooLong(bytes) => {
            let what = format!("{bytes} bytes, at most {CHECKPOINTS_BYTES_MAX} are read");
            Ok((Vec::new(), Some(notice(what))))
        }
        Content::Bytes(bytes) => {
            let (lines, torn) = parse_file(&bytes);
            Ok((lines, (torn > 0).then(|| notice(format!("{torn} lines cannot be read")))))
        }
    }
}

fn check_retained(audit: &Audit<'_>, scan: &Scan, report: &mut ChainReport) {
    for checkpoint in audit.retained {
        let holds = checkpoint.verify(audit.trusted).map_err(|error| error.to_string());
        match holds.and_then(|()| agrees(checkpoint, scan)) {
            Ok(()) => report.retained += 1,
            Err(detail) => {
                let detail = format!("the retained checkpoint of frame {}: {detail}", checkpoint.reached.frame);
                report.findings.push(Finding::new(JournalCode::Checkpoint, detail));
            }
        }
    }
}

/// Lines in the folder: whoever may write there may sign as anybody, so they are held against the chain and no more.
fn check_lines(lines: &[Checkpoint], scan: &Scan, report: &mut ChainReport) {
    let mut wrong = Vec::new();
    for line in lines {
        match line.verify_signature().map_err(|error| error.to_string()).and_then(|()| agrees(line, scan)) {
            Ok(()) => report.checkpoints += 1,
            Err(detail) => wrong.push(detail),
        }
    }
    if let Some(first) = wrong.first() {
        let detail = format!("{CHECKPOINTS_NAME}: {} of {} do not hold, the first: {first}", wrong.len(), lines.len());
        report.findings.push(Finding::new(JournalCode::Checkpoint, detail));
    }
}

/// Is the chain the one that the checkpoint states?
fn agrees(checkpoint: &Checkpoint, scan: &Scan) -> Result<(), String> {
    let session = scan.header.as_ref().map(|header| header.session);
    if session != Some(checkpoint.session) {
        return Err(format!("another session: it is one of session {}", checkpoint.session));
    }
    let stated = checkpoint.reached;
    let found = scan.reached.binary_search_by_key(&stated.frame, |reached| reached.frame);
    match found.ok().map(|at| &scan.reached[at]) {
        None => {
            let (frames, bytes) = (scan.end.frames, scan.end.absolute);
            let ends = format!("the journal has {frames} whole frames in {bytes} bytes");
            Err(format!("another size: {ends}, it states {} in {}", stated.frame, stated.bytes))
        }
        Some(found) if *found == stated => Ok(()),
        Some(found) => {
            let what = if found.bytes == stated.bytes { "another head" } else { "another size and head" };
            let (bytes, head) = (found.bytes, hex(&found.head));
            Err(format!(
                "{what}: {bytes} bytes with hash {head}, it states {} with {}",
                stated.bytes,
                hex(&stated.head)
            ))
        }
    }
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
        checkpoints: 0,
        retained: 0,
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
        checkpoints: 0,
        retained: 0,
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
