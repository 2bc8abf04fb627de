//! Recovery: may this journal be opened, and where does it go on?
//!
//! In: the segments and what lies beside the chain. Out: whole, torn at the end, or refused with the place. Must never: cut off
//! anything that the disk had confirmed or that valid frames follow.

use std::collections::BTreeSet;

use ringfence_core::ids::SessionId;

use crate::codes::{Finding, JournalCode, JournalError, Place};
use crate::frame::{PAYLOAD_MAX, frame_len};
use crate::scan::{Brief, Problem, Scan, scan};
use crate::sidecar::{self, Beside};
use crate::storage::{Storage, segment_lengths};

/// What a scan amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Ends with a whole commit.
    Whole,
    /// Whole up to the last commit; what follows is the rest of one that was being written.
    Torn(Finding),
    /// Not to be read as a journal.
    Refused(Finding),
}

/// A journal as it was found: how far it is whole, what lies beside it, what that amounts to.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) scan: Scan,
    pub(crate) beside: Beside,
    pub(crate) verdict: Verdict,
}

/// Looks at all of a journal. What lies beside it is read first: it may only know less than the segments hold.
pub(crate) fn examine(storage: &mut dyn Storage) -> Result<Examined, JournalError> {
    examine_noting(storage, BTreeSet::new())
}

/// The same, and the hashes of the frames with these numbers are wanted.
pub(crate) fn examine_noting(storage: &mut dyn Storage, noted: BTreeSet<u64>) -> Result<Examined, JournalError> {
    let found = sidecar::find(storage)?;
    let scan = scan(storage, found.session(), noted)?;
    let session = scan.header.as_ref().map(|header| header.session).or(found.session());
    let beside = found.of_session(session.unwrap_or(SessionId([0; 16])));
    let verdict = judge(&scan, &beside);
    Ok(Examined { scan, beside, verdict })
}

/// True for what a beginning leaves that was interrupted: no segment, or one without a whole header that no valid frame
/// follows, and the disk confirmed nothing. Nothing was recorded there, so nothing can have left a host because of it.
pub(crate) fn is_unbegun(storage: &mut dyn Storage) -> Result<bool, JournalError> {
    let lengths = segment_lengths(storage)?;
    // A header is one frame. What is longer was begun, and need not be read to say so.
    if lengths.len() > 1 || lengths.iter().any(|bytes| *bytes > frame_len(PAYLOAD_MAX) as u64) {
        return Ok(false);
    }
    let Examined { scan, beside, .. } = examine(storage)?;
    let is_incomplete = match &scan.problem {
        None | Some(Problem::OpenCommit { .. } | Problem::BadFrame { later: None, .. }) => scan.header.is_none(),
        Some(Problem::Wrong(_) | Problem::BadFrame { later: Some(_), .. }) => false,
    };
    // The length that was confirmed is noted, as 0, before there is a segment.
    let is_unconfirmed = beside.synced.map_or(lengths.is_empty(), |synced| synced == 0);
    Ok(is_incomplete && is_unconfirmed)
}

/// Judges by the rules of the format, in this order.
fn judge(scan: &Scan, beside: &Beside) -> Verdict {
    let checks = [header_is_whole, nothing_is_wrong, nothing_follows_damage, seal_is_whole, confirmed_is_whole];
    for check in checks {
        if let Err(finding) = check(scan, beside) {
            return Verdict::Refused(finding);
        }
    }
    match &scan.problem {
        None => Verdict::Whole,
        Some(problem) => Verdict::Torn(torn(problem, scan)),
    }
}

fn header_is_whole(scan: &Scan, _beside: &Beside) -> Result<(), Finding> {
    match (&scan.header, &scan.problem) {
        (Some(_), _) => Ok(()),
        (None, Some(Problem::Wrong(finding))) => Err(finding.clone()),
        (None, Some(Problem::BadFrame { place, fault, .. })) => {
            Err(Finding::at(JournalCode::NoHeader, *place, fault.to_string()))
        }
        (None, Some(Problem::OpenCommit { place })) => {
            Err(Finding::at(JournalCode::NoHeader, *place, "the first commit is incomplete"))
        }
        (None, None) => Err(Finding::at(JournalCode::NoHeader, START, "no frame at all")),
    }
}

fn nothing_is_wrong(scan: &Scan, _beside: &Beside) -> Result<(), Finding> {
    match &scan.problem {
        Some(Problem::Wrong(finding)) => Err(finding.clone()),
        Some(Problem::BadFrame { .. } | Problem::OpenCommit { .. }) | None => Ok(()),
    }
}

fn nothing_follows_damage(scan: &Scan, _beside: &Beside) -> Result<(), Finding> {
    match &scan.problem {
        Some(Problem::BadFrame { place, fault, later: Some(later) }) => {
            Err(Finding::at(JournalCode::BadFrame, *place, format!("{fault}; a valid frame follows at {later}")))
        }
        Some(Problem::BadFrame { .. } | Problem::OpenCommit { .. } | Problem::Wrong(_)) | None => Ok(()),
    }
}

fn seal_is_whole(scan: &Scan, beside: &Beside) -> Result<(), Finding> {
    let place = place_of(scan);
    let sealed = beside.sidecar.as_ref().ok().and_then(|sidecar| sidecar.sealed);
    let damaged = |detail: String| Err(Finding::at(JournalCode::SealedDamaged, place, detail));
    match (&scan.seal, &scan.problem, sealed) {
        (Some(_), Some(_), _) => Err(Finding::at(JournalCode::AfterSeal, place, "bytes after the seal")),
        (None, _, Some(_)) => damaged("the seal is not there".to_owned()),
        (Some(_), None, Some(head)) if head != scan.end.head => {
            damaged(format!("the seal frame is {} instead of {}", Brief(&scan.end.head), Brief(&head)))
        }
        (Some(_), None, Some(_) | None) | (None, _, None) => Ok(()),
    }
}

fn confirmed_is_whole(scan: &Scan, beside: &Beside) -> Result<(), Finding> {
    let synced = beside.synced.as_ref().copied().unwrap_or(0).max(scan.end.commit.synced);
    if synced <= scan.end.absolute {
        return Ok(());
    }
    let detail = format!("{synced} bytes were confirmed by the disk, {} are whole", scan.end.absolute);
    Err(Finding::at(JournalCode::BelowWatermark, place_of(scan), detail))
}

fn torn(problem: &Problem, scan: &Scan) -> Finding {
    let lost = scan.total_bytes - scan.end.absolute;
    let detail = match problem {
        Problem::BadFrame { place, fault, .. } => {
            format!("{lost} bytes of an incomplete commit; bad frame at {place}: {fault}")
        }
        Problem::OpenCommit { .. } => format!("{lost} bytes of an incomplete commit; its last frame is missing"),
        Problem::Wrong(finding) => finding.detail.clone(),
    };
    Finding::at(JournalCode::TornTail, scan.end.place, detail)
}

/// Where the first problem is, or the end.
fn place_of(scan: &Scan) -> Place {
    match &scan.problem {
        Some(Problem::BadFrame { place, .. } | Problem::OpenCommit { place }) => *place,
        Some(Problem::Wrong(finding)) => finding.place.unwrap_or(scan.end.place),
        None => scan.end.place,
    }
}

const START: Place = Place { segment: 1, offset: 0 };
