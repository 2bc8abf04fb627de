//! Beside: what do the files beside the segments do when somebody changed them?

use ringfence_fuzz::{largest_of, target};
use ringfence_journal::checkpoint::{AuditKey, CHECKPOINTS_NAME, Checkpoint};
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{JournalReader, Step};
use ringfence_journal::sidecar::{SIDECAR_NAME, SYNCED_NAME};
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::verify::verify_chain_on;
use ringfence_journal::writer::{Durability, JournalWriter};

use crate::common::{SESSION, options};
use crate::journals::disks;

/// The input takes the place of each of the three files in turn, as it is and with its checksum made right: a journal is
/// read as before, or refused because the disk is said to have confirmed more than there is.
#[test]
fn beside() {
    let disks = disks();
    let names = [SIDECAR_NAME, SYNCED_NAME, CHECKPOINTS_NAME];
    let written = disks.iter().flat_map(|disk| names.iter().filter_map(|name| disk.bytes(name))).collect();
    let words = ["session ", "sealed ", "tape ", "build ", "checkpoint ", "%0a", "\ntape %\n", "\nbuild a %4\n"];
    target!("beside", written).with_words(&words).tried(2_000, |input| {
        let disk = &disks[input.len() % disks.len()];
        let right = [checked_text(input), input.to_vec(), input.to_vec()];
        let slots = checked_slots(input);
        for (name, bytes) in names.iter().zip(&right).chain([(&SIDECAR_NAME, &input.to_vec()), (&SYNCED_NAME, &slots)])
        {
            let changed = disk.copy();
            changed.set(name, Some(bytes));
            judged(&changed, disk, bytes.len());
        }
        lines(input);
    });
}

fn judged(changed: &FaultyDisk, written: &FaultyDisk, len: usize) {
    let (largest, read_steps) = largest_of(|| steps(changed));
    assert!(largest <= (1 << 20) + 64 * len, "{largest} bytes at once");
    match read_steps {
        Ok(count) => assert_eq!(Ok(count), steps(written), "the chain alone says what happened"),
        Err(code) => {
            assert!(matches!(code, JournalCode::BelowWatermark | JournalCode::SealedDamaged), "{code}");
        }
    }
    let report = verify_chain_on(changed.handle()).expect("a disk without faults");
    assert_eq!(report.session, Some(SESSION));
    let segment = changed.bytes("000001.seg");
    let opened = JournalWriter::open_on(changed.handle(), options(Durability::AtSegmentEnd));
    assert_eq!(
        changed.bytes("000001.seg"),
        segment,
        "a whole journal is not cut: {:?}",
        opened.map(|(_, found)| found)
    );
}

fn steps(disk: &FaultyDisk) -> Result<usize, JournalCode> {
    let mut reader = JournalReader::open_on(disk.handle()).map_err(|error| error.code())?;
    let session = reader.sidecar().map(|sidecar| sidecar.session);
    assert!(session.is_none_or(|session| session == SESSION), "what lies beside another journal tells nothing");
    let (mut step, mut count) = (Step::new(), 0);
    while reader.next_step(&mut step).map_err(|error| error.code())? {
        count += 1;
    }
    Ok(count)
}

/// A line that reads has one form and holds only where it was signed; a key is itself.
fn lines(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for line in text.split_inclusive('\n') {
        let Ok(checkpoint) = Checkpoint::parse(line) else { continue };
        assert_eq!(checkpoint.to_string(), line.strip_suffix('\n').unwrap_or(line));
        let again = Checkpoint::parse(&checkpoint.to_string());
        assert_eq!(again, Ok(checkpoint));
        let _untrusted = checkpoint.verify(&[checkpoint.key]);
    }
    if let Ok(key) = AuditKey::from_file(input) {
        assert!(text.starts_with(key.to_file().trim_end()), "one form of a key file");
    }
}

/// The text with a last line that fits what stands above it.
fn checked_text(input: &[u8]) -> Vec<u8> {
    let end = input.windows(7).rposition(|part| part == b"crc32c ").unwrap_or(input.len());
    let body = &input[..end];
    [body, format!("crc32c {:08x}\n", crc32c::crc32c(body)).as_bytes()].concat()
}

/// Slots of 32 bytes with their checksum made right.
fn checked_slots(input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for slot in bytes.chunks_exact_mut(32) {
        slot[16..24].copy_from_slice(&SESSION.0[..8]);
        let checksum = crc32c::crc32c(&slot[..24]);
        slot[24..28].copy_from_slice(&checksum.to_le_bytes());
        slot[28..].fill(0);
    }
    bytes
}
