//! Storage: what does a journal need of a disk?
//!
//! In: names of files in one folder. Out: bytes, and the knowledge that they are on the disk. Must never: retry a failed
//! sync, or answer that something is synced when the operating system did not say so.

pub mod faulty;
pub mod folder;

use std::fmt::Debug;
use std::io;

use ringfence_core::blob::Sha256Hash;
use sha2::{Digest, Sha256};

use crate::codes::{Finding, JournalCode, JournalError, io_error};

/// One folder of files. Names use `/` for the two subfolders `components` and `blobs`; there are no others.
pub trait Storage: Debug + Send {
    /// Takes the lock that only one writer can hold; false when somebody else has it. It is held until drop.
    ///
    /// # Errors
    /// What the operating system says.
    fn lock(&mut self) -> io::Result<bool>;

    /// Names of the files directly in the folder, in ascending order. An absent folder has none.
    ///
    /// # Errors
    /// What the operating system says.
    fn names(&mut self) -> io::Result<Vec<String>>;

    /// Length in bytes; `None` when there is no such file.
    ///
    /// # Errors
    /// What the operating system says.
    fn size(&mut self, name: &str) -> io::Result<Option<u64>>;

    /// Reads at most `buffer.len()` bytes from `offset`; 0 = the end. May read fewer than there are.
    ///
    /// # Errors
    /// What the operating system says.
    fn read(&mut self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Creates an empty file, with its subfolder.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when there is one, or what the operating system says.
    fn create(&mut self, name: &str) -> io::Result<()>;

    /// Appends all bytes. After an error, any part of them may be there.
    ///
    /// # Errors
    /// What the operating system says.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Writes bytes over those at `offset`.
    ///
    /// # Errors
    /// What the operating system says.
    fn overwrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Replaces a whole file at once: afterwards, and after a crash, it is either the old or the new one.
    ///
    /// # Errors
    /// What the operating system says.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Returns once the file's bytes are on the disk.
    ///
    /// # Errors
    /// What the operating system says. The bytes may be lost then, and asking again would not tell.
    fn sync(&mut self, name: &str) -> io::Result<()>;

    /// Returns once the names in the folder and its subfolders are on the disk.
    ///
    /// # Errors
    /// As [`Storage::sync`].
    fn sync_folder(&mut self) -> io::Result<()>;

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    /// What the operating system says.
    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()>;

    /// Removes the file.
    ///
    /// # Errors
    /// What the operating system says.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// Name of a segment file.
#[must_use]
pub fn segment_name(segment: u32) -> String {
    format!("{segment:06}.seg")
}

/// Name of a component copy.
#[must_use]
pub fn component_name(sha256: &Sha256Hash) -> String {
    format!("components/{}", hex(sha256))
}

/// Name of the file of a blob that is too large for a frame.
#[must_use]
pub fn blob_name(sha256: &Sha256Hash) -> String {
    format!("blobs/{}", hex(sha256))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hexadecimal of exactly `N` bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

/// Reads until the buffer is full or the file ends.
pub(crate) fn read_full(storage: &mut dyn Storage, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match storage.read(name, offset + filled as u64, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What reading a whole file came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Absent,
    /// More bytes than its reader takes; none were read.
    TooLong(u64),
    Bytes(Vec<u8>),
}

/// Reads a whole file of at most `bytes_max`: a journal comes from anywhere, and its files may be of any size.
pub(crate) fn read_file(storage: &mut dyn Storage, name: &str, bytes_max: u64) -> Result<Content, JournalError> {
    let failed = || io_error(format!("read {name}"));
    let Some(size) = storage.size(name).map_err(failed())? else { return Ok(Content::Absent) };
    let fits = usize::try_from(size).ok().filter(|_| size <= bytes_max);
    let Some(size) = fits else { return Ok(Content::TooLong(size)) };
    let mut bytes = vec![0; size];
    let read = read_full(storage, name, 0, &mut bytes).map_err(failed())?;
    bytes.truncate(read);
    Ok(Content::Bytes(bytes))
}

/// SHA-256 of a file of any size, in bounded memory; `None` when there is none.
pub(crate) fn hash_file(storage: &mut dyn Storage, name: &str) -> Result<Option<Sha256Hash>, JournalError> {
    let failed = || io_error(format!("read {name}"));
    if storage.size(name).map_err(failed())?.is_none() {
        return Ok(None);
    }
    let (mut hasher, mut buffer, mut offset) = (Sha256::new(), vec![0; HASH_BYTES], 0_u64);
    loop {
        let read = read_full(storage, name, offset, &mut buffer).map_err(failed())?;
        hasher.update(&buffer[..read]);
        offset += read as u64;
        if read < buffer.len() {
            let mut out = [0; 32];
            out.copy_from_slice(&hasher.finalize());
            return Ok(Some(out));
        }
    }
}

/// A file is hashed in blocks of this size.
const HASH_BYTES: usize = 64 * 1024;

/// Lengths of the segments 1, 2, … in order; empty when there is no journal.
pub(crate) fn segment_lengths(storage: &mut dyn Storage) -> Result<Vec<u64>, JournalError> {
    let names = storage.names().map_err(io_error("list the journal folder"))?;
    let segments: Vec<&String> = names.iter().filter(|name| is_segment_name(name)).collect();
    let mut lengths = Vec::with_capacity(segments.len());
    for (name, number) in segments.into_iter().zip(1_u32..) {
        let expected = segment_name(number);
        if *name != expected {
            let detail = format!("{expected} is missing, {name} is there");
            return Err(Finding::new(JournalCode::SegmentMissing, detail).into());
        }
        let size = storage.size(name).map_err(io_error(format!("look at {name}")))?;
        lengths.push(size.unwrap_or(0));
    }
    Ok(lengths)
}

fn is_segment_name(name: &str) -> bool {
    let number = name.strip_suffix(".seg");
    number.is_some_and(|number| number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit()))
}
