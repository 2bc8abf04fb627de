//! Sources: which bytes are in this file?
//!
//! In: a path. Out: the unpacked stream (plain, gzip, zstd, or the one file in a zip), its first bytes, and how far the
//! reading is. Must never: unpack ahead, or hold a file in memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::DataError;

/// A file of which errors can be told.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(path: &Path) -> Place {
        Place(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The system or a decoder failed after so many lines or records.
    pub(crate) fn read(&self, place: u64, error: &io::Error) -> DataError {
        DataError::Read { path: self.0.clone(), place, reason: error.to_string() }
    }

    pub(crate) fn limit(&self, place: u64, what: String) -> DataError {
        DataError::Limit { path: self.0.clone(), place, what }
    }

    pub(crate) fn format(&self, what: impl Into<String>) -> DataError {
        DataError::Format { path: self.0.clone(), what: what.into() }
    }
}

/// Bytes read so far of the stored file, for a progress bar.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many bytes more, where they are not read through a source of this module.
    #[cfg(feature = "parquet")]
    pub(crate) fn moved(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// An open file, counted.
struct Metered {
    file: File,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.meter.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl io::Seek for Metered {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Unpacked bytes: name of the file inside (of the file itself where it is no zip), first bytes, stream from the start.
pub(crate) struct Opened<'a> {
    pub(crate) name: String,
    pub(crate) head: Vec<u8>,
    pub(crate) source: Box<dyn Read + 'a>,
}

/// Opens a file and hands its unpacked bytes to `then`.
pub(crate) fn open<T>(
    path: &Path,
    meter: &Meter,
    then: impl FnOnce(Opened<'_>) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let place = Place::new(path);
    let file = ringfence_tape::open_file(path)?;
    let mut magic = Vec::new();
    (&file).take(4).read_to_end(&mut magic).map_err(|error| place.read(0, &error))?;
    io::Seek::rewind(&mut &file).map_err(|error| place.read(0, &error))?;
    let metered = Metered { file, meter: meter.clone() };
    if magic.starts_with(b"PK\x03\x04") {
        return open_zip(&place, metered, then);
    }
    if magic.starts_with(PARQUET_MAGIC) {
        // Read by itself, from its end.
        return then(Opened { name: String::new(), head: magic, source: Box::new(io::empty()) });
    }
    let (source, _) = ringfence_tape::unpack(Box::new(metered), path)?;
    let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    then(opened(&place, name, source)?)
}

fn open_zip<T>(
    place: &Place,
    file: Metered,
    then: impl FnOnce(Opened<'_>) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let fault = |error: zip::result::ZipError| place.format(format!("the zip cannot be read: {error}"));
    let mut archive = zip::ZipArchive::new(file).map_err(fault)?;
    let files: Vec<usize> = (0..archive.len().min(ENTRIES_MAX))
        .filter(|index| archive.name_for_index(*index).is_some_and(|name| name.is_ok_and(|name| !name.ends_with('/'))))
        .collect();
    let [only] = files.as_slice() else {
        return Err(place.format(format!("the zip holds {} files; allowed is one", files.len())));
    };
    let entry = archive.by_index(*only).map_err(fault)?;
    let name = entry.name().map_err(fault)?.chars().take(NAME_CHARS_MAX).collect();
    then(opened(place, name, Box::new(entry))?)
}

fn opened<'a>(place: &Place, name: String, mut source: Box<dyn Read + 'a>) -> Result<Opened<'a>, DataError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|error| place.read(0, &error))?;
    let source = Box::new(io::Cursor::new(head.clone()).chain(source));
    Ok(Opened { name, head, source })
}

/// First bytes of a Parquet file.
pub(crate) const PARQUET_MAGIC: &[u8] = b"PAR1";

/// Bytes looked at to tell the format: more than the first lines of any.
const HEAD_BYTES: usize = 16 * 1024;

/// Entries of a zip looked at.
const ENTRIES_MAX: usize = 1_000;

/// Longest name of a zip's entry that is kept.
const NAME_CHARS_MAX: usize = 200;
