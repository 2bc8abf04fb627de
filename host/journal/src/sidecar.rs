//! Sidecar: what is known about a journal that no hash may cover?
//!
//! In: build provenance, hints where tapes lie, how much the disk confirmed, whether the journal is sealed. Out: two small
//! files beside the segments. Must never: be needed to read or verify a journal.
//!
//! `sidecar.txt` is text, a key and a value a line, replaced as a whole; its last line is the crc32c of the lines before.
//! `synced` is two slots of 32 bytes {generation u64, confirmed bytes u64, first 8 bytes of the session id, crc32c u32,
//! zero u32} written in turn over each other, so that a torn write leaves the other slot.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::SessionId;

use crate::codes::{Finding, JournalCode, JournalError, io_error};
use crate::storage::{Content, Storage, hex, read_file, unhex};

/// Name of the text file.
pub const SIDECAR_NAME: &str = "sidecar.txt";
/// Name of the file with the confirmed length.
pub const SYNCED_NAME: &str = "synced";

const TITLE: &str = "ringfence-sidecar 1";
const SLOT_BYTES: usize = 32;
/// More than thousands of tapes and build facts take.
const SIDECAR_BYTES_MAX: u64 = 1 << 20;
/// Room to see that a file of slots is too long.
const SYNCED_BYTES_MAX: u64 = 4096;

/// What the edge knows about a run and no hash covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Where each tape was found, in the order of the header; hints, nothing more.
    pub tapes: Vec<String>,
    /// Facts about binary, host and wall time, by name. A name holds no space.
    pub build: Vec<(String, String)>,
}

/// Content of the sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Session it belongs to.
    pub session: SessionId,
    /// Hash of the seal frame; `None` while the journal is not sealed.
    pub sealed: Option<Sha256Hash>,
    /// What the edge knew.
    pub provenance: Provenance,
}

/// What lies beside a journal of which it is not known yet whose it is.
#[derive(Debug)]
pub(crate) struct Found {
    sidecar: Result<Sidecar, Finding>,
    slots: Content,
}

/// What is known about one session from beside its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) sidecar: Result<Sidecar, Finding>,
    /// Confirmed length in bytes.
    pub(crate) synced: Result<u64, Finding>,
    /// A slot that is not whole, as a crash may leave it; the other one holds.
    pub(crate) torn_slot: Option<Finding>,
}

impl Found {
    /// Session of the text file.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.sidecar.as_ref().ok().map(|sidecar| sidecar.session)
    }

    /// What of it is about `session`: what belongs to another one tells nothing about this one.
    pub(crate) fn of_session(self, session: SessionId) -> Beside {
        let sidecar = self.sidecar.and_then(|sidecar| {
            if sidecar.session == session {
                return Ok(sidecar);
            }
            let detail = format!("{SIDECAR_NAME} belongs to session {}, the journal to {session}", sidecar.session);
            Err(Finding::new(JournalCode::SidecarDamaged, detail))
        });
        let slots = match self.slots {
            Content::Absent => Err(missing(SYNCED_NAME)),
            Content::TooLong(bytes) => Err(damaged(SYNCED_NAME, &format!("{bytes} bytes"))),
            Content::Bytes(slots) => Ok(slots),
        };
        let is_torn = slots.as_ref().is_ok_and(|slots| !slots_are_whole(slots, session));
        let synced = slots.and_then(|slots| {
            let newest = newest_slot(&slots, session).map(|slot| slot.synced);
            newest.ok_or_else(|| damaged(SYNCED_NAME, "no valid slot of this session"))
        });
        let detail = format!("{SYNCED_NAME}: a slot is not whole, the other one holds");
        let torn_slot = (is_torn && synced.is_ok()).then(|| Finding::new(JournalCode::SlotTorn, detail));
        Beside { sidecar, synced, torn_slot }
    }
}

impl Beside {
    /// The first thing that keeps the journal from being appended to.
    pub(crate) fn flaw(&self) -> Option<&Finding> {
        self.sidecar.as_ref().err().or(self.synced.as_ref().err())
    }
}

fn missing(name: &str) -> Finding {
    Finding::new(JournalCode::SidecarMissing, format!("there is no {name}"))
}

fn damaged(name: &str, what: &str) -> Finding {
    Finding::new(JournalCode::SidecarDamaged, format!("{name}: {what}"))
}

/// Reads both files, each whatever the other one is like.
pub(crate) fn find(storage: &mut dyn Storage) -> Result<Found, JournalError> {
    let sidecar = match read_file(storage, SIDECAR_NAME, SIDECAR_BYTES_MAX)? {
        Content::Absent => Err(missing(SIDECAR_NAME)),
        Content::TooLong(bytes) => {
            Err(damaged(SIDECAR_NAME, &format!("{bytes} bytes, at most {SIDECAR_BYTES_MAX} are read")))
        }
        Content::Bytes(text) => parse(&text).map_err(|what| damaged(SIDECAR_NAME, what)),
    };
    let slots = read_file(storage, SYNCED_NAME, SYNCED_BYTES_MAX)?;
    Ok(Found { sidecar, slots })
}

/// True when every byte of the `synced` file is what a writer leaves.
fn slots_are_whole(slots: &[u8], session: SessionId) -> bool {
    slots.len() == 2 * SLOT_BYTES && slots.chunks(SLOT_BYTES).all(|slot| Slot::decode(slot, session).is_some())
}

/// Writes the text file.
pub(crate) fn write(storage: &mut dyn Storage, sidecar: &Sidecar) -> Result<(), JournalError> {
    storage.replace(SIDECAR_NAME, render(sidecar).as_bytes()).map_err(io_error(format!("replace {SIDECAR_NAME}")))
}

/// Keeps the confirmed length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watermark {
    session: SessionId,
    generation: u64,
}

impl Watermark {
    /// That of a new journal; [`Watermark::create`] comes first.
    pub(crate) fn new(session: SessionId) -> Watermark {
        Watermark { session, generation: 1 }
    }

    /// Writes a new file with both slots at 0.
    pub(crate) fn create(&self, storage: &mut dyn Storage) -> Result<(), JournalError> {
        let mut bytes = Slot { generation: 0, synced: 0 }.encode(self.session).to_vec();
        bytes.extend_from_slice(&Slot { generation: 1, synced: 0 }.encode(self.session));
        storage.replace(SYNCED_NAME, &bytes).map_err(io_error(format!("replace {SYNCED_NAME}")))
    }

    /// Goes on with the file that is there.
    pub(crate) fn resume(storage: &mut dyn Storage, session: SessionId) -> Result<Watermark, JournalError> {
        let generation = match read_file(storage, SYNCED_NAME, SYNCED_BYTES_MAX)? {
            Content::Absent | Content::TooLong(_) => 0,
            Content::Bytes(slots) => newest_slot(&slots, session).map_or(0, |slot| slot.generation),
        };
        Ok(Watermark { session, generation })
    }

    /// Notes that so many bytes are confirmed. Called after the sync, never before.
    pub(crate) fn advance(&mut self, storage: &mut dyn Storage, synced: u64) -> Result<(), JournalError> {
        self.generation += 1;
        let slot = Slot { generation: self.generation, synced }.encode(self.session);
        let offset = (self.generation % 2) * SLOT_BYTES as u64;
        storage.overwrite(SYNCED_NAME, offset, &slot).map_err(io_error(format!("write {SYNCED_NAME}")))
    }
}

/// Generations of slots are below this; no writer lives long enough to come near it.
const GENERATION_MAX: u64 = 1 << 62;

#[derive(Clone, Copy)]
struct Slot {
    generation: u64,
    synced: u64,
}

impl Slot {
    fn encode(self, session: SessionId) -> [u8; SLOT_BYTES] {
        let mut out = [0; SLOT_BYTES];
        out[0..8].copy_from_slice(&self.generation.to_le_bytes());
        out[8..16].copy_from_slice(&self.synced.to_le_bytes());
        out[16..24].copy_from_slice(&session.0[..8]);
        let checksum = crc32c::crc32c(&out[..24]);
        out[24..28].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8], session: SessionId) -> Option<Slot> {
        let number = |range: std::ops::Range<usize>| {
            let mut eight = [0; 8];
            eight.copy_from_slice(bytes.get(range)?);
            Some(u64::from_le_bytes(eight))
        };
        let slot = Slot { generation: number(0..8)?, synced: number(8..16)? };
        (slot.generation < GENERATION_MAX && slot.encode(session)[..] == *bytes).then_some(slot)
    }
}

fn newest_slot(slots: &[u8], session: SessionId) -> Option<Slot> {
    slots.chunks(SLOT_BYTES).filter_map(|slot| Slot::decode(slot, session)).max_by_key(|slot| slot.generation)
}

fn render(sidecar: &Sidecar) -> String {
    let mut text = format!("{TITLE}\nsession {}\n", sidecar.session);
    if let Some(head) = &sidecar.sealed {
        text.push_str(&format!("sealed {}\n", hex(head)));
    }
    for tape in &sidecar.provenance.tapes {
        text.push_str(&format!("tape {}\n", escape(tape)));
    }
    for (name, value) in &sidecar.provenance.build {
        text.push_str(&format!("build {} {}\n", escape(name), escape(value)));
    }
    let checksum = crc32c::crc32c(text.as_bytes());
    text.push_str(&format!("crc32c {checksum:08x}\n"));
    text
}

fn parse(bytes: &[u8]) -> Result<Sidecar, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let body = text.len().checked_sub("crc32c 00000000\n".len()).and_then(|end| text.get(..end)).ok_or("too short")?;
    let checksum = format!("crc32c {:08x}\n", crc32c::crc32c(body.as_bytes()));
    if text[body.len()..] != checksum {
        return Err("the checksum does not fit");
    }
    let mut lines = body.lines();
    if lines.next() != Some(TITLE) {
        return Err("not a sidecar of version 1");
    }
    let mut sidecar = Sidecar { session: SessionId([0; 16]), sealed: None, provenance: Provenance::default() };
    let session = lines.next().and_then(|line| line.strip_prefix("session ")).and_then(unhex);
    sidecar.session = SessionId(session.ok_or("no session id")?);
    for line in lines {
        let (key, value) = line.split_once(' ').ok_or("a line without a value")?;
        match key {
            "sealed" => sidecar.sealed = Some(unhex(value).ok_or("no hash of the seal")?),
            "tape" => sidecar.provenance.tapes.push(unescape(value)),
            "build" => {
                let (name, value) = value.split_once(' ').ok_or("a build fact without a value")?;
                sidecar.provenance.build.push((unescape(name), unescape(value)));
            }
            // A newer release may note more beside the chain; nothing depends on it.
            _ => {}
        }
    }
    Ok(sidecar)
}

/// Keeps a value on its line: line ends, spaces at the start and the escape sign itself are written in hexadecimal.
fn escape(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '%' && c != ' ';
    let mut out = String::new();
    for c in text.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| out.push_str(&format!("%{byte:02x}")));
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = if *first == b'%' {
            tail.get(..2).and_then(|digits| unhex::<1>(std::str::from_utf8(digits).ok()?))
        } else {
            None
        };
        match code {
            Some([byte]) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::faulty::FaultyDisk;

    fn example() -> Sidecar {
        Sidecar {
            session: SessionId([0xab; 16]),
            sealed: Some([1; 32]),
            provenance: Provenance {
                tapes: vec!["/data/a b.csv".into(), "x%\n".into()],
                build: vec![("binary".into(), "1.0 \u{e9}\u{fc}".into()), ("empty".into(), String::new())],
            },
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let sidecar = example();
        assert_eq!(parse(render(&sidecar).as_bytes()), Ok(sidecar));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let text = render(&example()).into_bytes();
        for bit in 0..text.len() * 8 {
            let mut bad = text.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(&bad).is_err(), "bit {bit}");
        }
        for len in 0..text.len() {
            assert!(parse(&text[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn a_torn_slot_leaves_the_other_one() {
        let session = SessionId([3; 16]);
        let mut slots = Slot { generation: 4, synced: 400 }.encode(session).to_vec();
        slots.extend_from_slice(&Slot { generation: 5, synced: 500 }.encode(session));
        assert_eq!(newest_slot(&slots, session).map(|slot| slot.synced), Some(500));
        assert!(slots_are_whole(&slots, session));
        slots[40] ^= 1;
        assert_eq!(newest_slot(&slots, session).map(|slot| slot.synced), Some(400));
        assert!(!slots_are_whole(&slots, session));
        slots[0] ^= 1;
        assert!(newest_slot(&slots, session).is_none());
    }

    #[test]
    fn the_watermark_writes_its_slots_in_turn() {
        let (session, disk) = (SessionId([3; 16]), FaultyDisk::new());
        let mut storage = disk.handle();
        let mut watermark = Watermark::new(session);
        watermark.create(&mut *storage).expect("a disk without faults");
        for synced in [100, 200, 300] {
            watermark.advance(&mut *storage, synced).expect("a disk without faults");
        }
        let slots = disk.bytes(SYNCED_NAME).expect("written");
        let found: Vec<u64> =
            slots.chunks(SLOT_BYTES).filter_map(|slot| Slot::decode(slot, session)).map(|slot| slot.synced).collect();
        assert_eq!(found, [300, 200]);
        let mut resumed = Watermark::resume(&mut *storage, session).expect("a disk without faults");
        resumed.advance(&mut *storage, 400).expect("a disk without faults");
        let slots = disk.bytes(SYNCED_NAME).expect("written");
        assert_eq!(newest_slot(&slots, session).map(|slot| slot.synced), Some(400));
    }

    #[test]
    fn a_slot_of_another_session_does_not_count() {
        let slots = Slot { generation: 4, synced: 400 }.encode(SessionId([3; 16]));
        assert!(newest_slot(&slots, SessionId([4; 16])).is_none());
    }
}
