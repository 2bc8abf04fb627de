//! Damage: a journal cut at every byte and with every bit flipped is read up to exactly the last whole commit, or refused
//! with the place, as the format says for each place.

mod common;

use common::{SESSION, create, options, read, seal_of, write, write_step};
use ringfence_journal::codes::{JournalCode, JournalError, Place};
use ringfence_journal::sidecar::{SIDECAR_NAME, SYNCED_NAME};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::{ChainReport, verify_chain_on};
use ringfence_journal::writer::{Durability, JournalWriter};

const SEGMENT: &str = "000001.seg";
const COMMITS: u64 = 4;

/// A frame as the test sees it: read off the lengths, not by the code under test.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: usize,
    end: usize,
    is_commit_end: bool,
    /// Events in commits that are whole behind this frame.
    events: u64,
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let (mut frames, mut start, mut commits) = (Vec::new(), 0, 0_u64);
    while start < bytes.len() {
        let payload = u32::from_le_bytes(bytes[start + 64..start + 68].try_into().expect("four bytes")) as usize;
        let end = start + (72 + payload + 4).next_multiple_of(8);
        let is_commit_end = bytes[start + 69] == 1;
        commits += u64::from(is_commit_end);
        let events = commits.saturating_sub(1).min(COMMITS) * 3;
        frames.push(Frame { start, end, is_commit_end, events });
        start = end;
    }
    frames
}

/// A journal to damage.
struct Case {
    disk: FaultyDisk,
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    /// Confirmed bytes as the sidecar has them.
    synced: usize,
    is_sealed: bool,
    has_sidecar: bool,
}

/// What must come of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Whole commits with so many events; the rest is cut off.
    Prefix(u64),
    Refused(JournalCode, Option<Place>),
}

fn place(offset: usize) -> Option<Place> {
    Some(Place { segment: 1, offset: offset as u64 })
}

impl Case {
    /// `synced` commits are confirmed by the disk, the others only written.
    fn unsealed(synced: u64) -> Case {
        let disk = FaultyDisk::new();
        let mut writer = create(&disk, options(Durability::AtSegmentEnd)).expect("a disk without faults");
        let mut synced_bytes = 0;
        for commit in 0..COMMITS {
            (1..=3).for_each(|step| write_step(&mut writer, commit * 3 + step).expect("a disk without faults"));
            writer.commit().expect("a disk without faults");
            if commit + 1 == synced {
                writer.commit_sync().expect("a disk without faults");
                synced_bytes = writer.written_bytes() as usize;
            }
        }
        drop(writer);
        Case::of(disk, synced_bytes, false)
    }

    fn sealed() -> Case {
        let disk = FaultyDisk::new();
        let writer = write(&disk, COMMITS, options(Durability::AtSegmentEnd));
        writer.seal(&seal_of(COMMITS * 3)).expect("a disk without faults");
        let synced = disk.bytes(SEGMENT).expect("a segment").len();
        Case::of(disk, synced, true)
    }

    fn of(disk: FaultyDisk, synced: usize, is_sealed: bool) -> Case {
        let bytes = disk.bytes(SEGMENT).expect("a segment");
        let frames = frames(&bytes);
        Case { disk, bytes, frames, synced, is_sealed, has_sidecar: true }
    }

    fn without_sidecar(self) -> Case {
        self.disk.set(SIDECAR_NAME, None);
        self.disk.set(SYNCED_NAME, None);
        Case { synced: 0, has_sidecar: false, ..self }
    }

    /// The rules of the format for a journal in which frames up to `good` are whole, the next one is bad (or the file
    /// ends there) and, perhaps, whole frames follow.
    fn expected(&self, good: usize, is_next_bad: bool, follows: bool) -> Outcome {
        let bad_at = self.frames[..good].last().map_or(0, |frame| frame.end);
        let commit = self.frames[..good].iter().rfind(|frame| frame.is_commit_end);
        let Some(commit) = commit else { return Outcome::Refused(JournalCode::NoHeader, place(bad_at)) };
        let is_whole = good == self.frames.len();
        let is_tail_open = commit.end != bad_at;
        let problem_at = if is_tail_open && !is_next_bad { commit.end } else { bad_at };
        if follows {
            Outcome::Refused(JournalCode::BadFrame, place(bad_at))
        } else if self.is_sealed && self.has_sidecar && !is_whole {
            Outcome::Refused(JournalCode::SealedDamaged, place(problem_at))
        } else if commit.end < self.synced {
            Outcome::Refused(JournalCode::BelowWatermark, place(problem_at))
        } else {
            Outcome::Prefix(commit.events)
        }
    }

    #[track_caller]
    fn check(&self, damaged: &[u8], want: &Outcome, what: &str) {
        let disk = self.disk.copy();
        disk.set(SEGMENT, Some(damaged));
        match (read(disk.handle()), want) {
            (Ok(events), Outcome::Prefix(wanted)) => assert_eq!(events, *wanted, "{what}: read"),
            (Err(error), Outcome::Refused(..)) => assert_eq!(&refused(&error), want, "{what}: read"),
            (got, _) => panic!("{what}: read gave {got:?}, expected {want:?}"),
        }
        self.check_opening(&disk, damaged, want, what);
    }

    #[track_caller]
    fn check_opening(&self, disk: &FaultyDisk, damaged: &[u8], want: &Outcome, what: &str) {
        let opened = JournalWriter::open_on(disk.handle(), options(Durability::EveryCommit));
        match (opened, want) {
            (Ok((mut writer, recovery)), Outcome::Prefix(events)) if self.has_sidecar => {
                assert_eq!(recovery.next_seq.0, events + 1, "{what}: opened");
                (1..=3).for_each(|step| write_step(&mut writer, events + step).expect("a disk without faults"));
                assert_eq!(writer.commit_sync().expect("a disk without faults").0, events + 3);
                drop(writer);
                assert_eq!(read(disk.handle()).expect("whole again"), events + 3, "{what}: went on");
                assert!(verify(disk).is_intact(), "{what}: went on");
            }
            (Err(error), _) => {
                let wanted = match want {
                    Outcome::Prefix(_) if !self.has_sidecar && self.is_sealed && damaged == self.bytes => {
                        JournalCode::Sealed
                    }
                    Outcome::Prefix(_) if !self.has_sidecar => JournalCode::SidecarMissing,
                    Outcome::Prefix(_) => JournalCode::Sealed,
                    Outcome::Refused(code, _) => *code,
                };
                assert_eq!(error.code(), wanted, "{what}: opened");
                assert_eq!(disk.bytes(SEGMENT).as_deref(), Some(damaged), "{what}: a refusal changes nothing");
            }
            (Ok(_), _) => panic!("{what}: opened, expected {want:?}"),
        }
    }

    fn flip_every_bit(&self) {
        for (index, frame) in self.frames.iter().enumerate() {
            let want = self.expected(index, true, index + 1 < self.frames.len());
            // A header that is not whole is refused as such, whatever follows.
            let want = if index == 0 { Outcome::Refused(JournalCode::NoHeader, place(0)) } else { want };
            for bit in frame.start * 8..frame.end * 8 {
                let mut damaged = self.bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let what = format!("bit {bit} in frame {index}");
                self.check(&damaged, &want, &what);
                let disk = self.disk.copy();
                disk.set(SEGMENT, Some(&damaged));
                let report = verify(&disk);
                let problem = report.first_problem().unwrap_or_else(|| panic!("{what}: verified as intact"));
                assert!(problem.place.is_some(), "{what}: {problem}");
            }
        }
    }

    fn cut_at_every_byte(&self) {
        for len in 0..=self.bytes.len() {
            let good = self.frames.iter().filter(|frame| frame.end <= len).count();
            let is_at_an_end = len == 0 || self.frames.iter().any(|frame| frame.end == len);
            let want = self.expected(good, !is_at_an_end, false);
            self.check(&self.bytes[..len], &want, &format!("cut at {len}"));
        }
    }
}

fn refused(error: &JournalError) -> Outcome {
    let finding = error.finding();
    Outcome::Refused(finding.code, finding.place)
}

fn verify(disk: &FaultyDisk) -> ChainReport {
    verify_chain_on(disk.handle()).expect("a disk without faults")
}

#[test]
fn an_undamaged_journal_is_whole() {
    for case in [Case::unsealed(0), Case::unsealed(2), Case::sealed()] {
        let report = verify(&case.disk);
        assert_eq!((report.findings.as_slice(), report.is_sealed), (&[][..], case.is_sealed));
        assert_eq!((report.session, report.bytes), (Some(SESSION), case.bytes.len() as u64));
        assert_eq!(read(case.disk.handle()).expect("whole"), COMMITS * 3);
    }
}

#[test]
fn every_flipped_bit_of_an_open_journal_is_found() {
    Case::unsealed(0).flip_every_bit();
}

#[test]
fn every_flipped_bit_below_the_watermark_is_refused() {
    Case::unsealed(COMMITS).flip_every_bit();
}

#[test]
fn every_flipped_bit_of_a_sealed_journal_is_refused() {
    Case::sealed().flip_every_bit();
}

#[test]
fn every_flipped_bit_is_found_without_the_sidecar() {
    Case::unsealed(2).without_sidecar().flip_every_bit();
    Case::sealed().without_sidecar().flip_every_bit();
}

#[test]
fn a_cut_leaves_the_whole_commits_or_is_refused() {
    Case::unsealed(0).cut_at_every_byte();
    Case::unsealed(2).cut_at_every_byte();
    Case::unsealed(COMMITS).cut_at_every_byte();
    Case::sealed().cut_at_every_byte();
}

#[test]
fn a_cut_leaves_the_whole_commits_without_the_sidecar() {
    Case::unsealed(2).without_sidecar().cut_at_every_byte();
    Case::sealed().without_sidecar().cut_at_every_byte();
}
