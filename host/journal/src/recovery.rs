//! Recovery: may this journal be opened, and where does it go on?
//!
//! In: a scan and what lies beside the chain. Out: whole, torn at the end, or refused with the place. Must never: cut off
//! anything that the disk had confirmed or that valid frames follow.

use crate::codes::{Finding, JournalCode, Place};
use crate::scan::{Problem, Scan};
use crate::sidecar::Found;

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

/// Judges by the rules of the format, in this order.
pub(crate) fn judge(scan: &Scan, beside: &Found) -> Verdict {
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

fn header_is_whole(scan: &Scan, _beside: &Found) -> Result<(), Finding> {
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

fn nothing_is_wrong(scan: &Scan, _beside: &Found) -> Result<(), Finding> {
    match &scan.problem {
        Some(Problem::Wrong(finding)) => Err(finding.clone()),
        Some(Problem::BadFrame { .. } | Problem::OpenCommit { .. }) | None => Ok(()),
    }
}

fn nothing_follows_damage(scan: &Scan, _beside: &Found) -> Result<(), Finding> {
    match &scan.problem {
        Some(Problem::BadFrame { place, fault, later: Some(later) }) => {
            Err(Finding::at(JournalCode::BadFrame, *place, format!("{fault}; a valid frame follows at {later}")))
        }
        Some(Problem::BadFrame { .. } | Problem::OpenCommit { .. } | Problem::Wrong(_)) | None => Ok(()),
    }
}

fn seal_is_whole(scan: &Scan, beside: &Found) -> Result<(), Finding> {
    let place = place_of(scan);
    match (&scan.seal, &scan.problem) {
        (Some(_), Some(_)) => Err(Finding::at(JournalCode::AfterSeal, place, "bytes after the seal")),
        (Some(_), None) => Ok(()),
        (None, _) => match beside.sidecar().and_then(|sidecar| sidecar.sealed) {
            Some(_) => Err(Finding::at(JournalCode::SealedDamaged, place, "the seal is not there")),
            None => Ok(()),
        },
    }
}

fn confirmed_is_whole(scan: &Scan, beside: &Found) -> Result<(), Finding> {
    let synced = beside.synced().max(scan.end.commit.synced);
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
