//! Input: how is this file packed?
//!
//! In: a path, or any stream of bytes. Out: the unpacked stream; the packing is told by the first bytes. Must never:
//! look at the name of the file, unpack more than is asked for, or read other bytes than were hashed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use ringfence_core::blob::Sha256Hash;

use crate::error::{TapeError, reason};
use crate::generate::Generation;
use crate::hash;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, one member or several.
    Gzip,
    /// zstd, one frame or several.
    Zstd,
}

impl Compression {
    /// Stable name in text and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Compression::Plain => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A stream of bytes that may be handed to another thread.
pub type Source = Box<dyn Read + Send>;

/// A tape's bytes: everything that is told of it comes from here, whatever becomes of its path.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    bytes: Bytes,
    pub(crate) sha256: Sha256Hash,
}

/// Where they are.
#[derive(Clone, Debug)]
enum Bytes {
    /// In a file that is open; so many of them were hashed.
    File(Arc<File>, u64),
    /// Nowhere: they are made whenever they are read.
    Generated(Generation),
}

impl Stored {
    /// Opens and hashes a regular file.
    pub(crate) fn open(path: &Path) -> Result<Stored, TapeError> {
        let file = open(path)?;
        let (sha256, length) = hash::sha256_of(&file, path)?;
        Ok(Stored { bytes: Bytes::File(Arc::new(file), length), sha256 })
    }

    /// Makes the text of a market once, and hashes it. `path` is for messages.
    pub(crate) fn generated(generation: Generation, path: &Path) -> Result<Stored, TapeError> {
        let fault = |error: io::Error| TapeError::Open { path: path.to_owned(), reason: error.to_string() };
        let (sha256, _) = hash::sha256_of(generation.text().map_err(fault)?, path)?;
        Ok(Stored { bytes: Bytes::Generated(generation), sha256 })
    }

    /// The hashed bytes from the start. Of a file one reading at a time: a new one moves the place of the one before.
    pub(crate) fn reading(&self, path: &Path) -> Result<Source, TapeError> {
        let fault = |error: io::Error| TapeError::Read { path: path.to_owned(), line: 1, reason: reason(&error) };
        match &self.bytes {
            Bytes::File(file, length) => {
                (&**file).seek(SeekFrom::Start(0)).map_err(fault)?;
                Ok(Box::new(Reading { file: Arc::clone(file), left: *length }))
            }
            Bytes::Generated(generation) => Ok(Box::new(generation.text().map_err(fault)?)),
        }
    }
}

/// The hashed bytes and none that were appended later.
struct Reading {
    file: Arc<File>,
    left: u64,
}

impl Read for Reading {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = (&*self.file).read(&mut out[..room])?;
        if count == 0 && room > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Opens a regular file.
///
/// # Errors
/// [`TapeError::Open`] or [`TapeError::NotAFile`].
pub fn open(path: &Path) -> Result<File, TapeError> {
    let fault = |error: io::Error| TapeError::Open { path: path.to_owned(), reason: reason(&error) };
    // Asked before opening: opening a pipe would wait for its other end.
    if !fs::metadata(path).map_err(fault)?.is_file() {
        return Err(TapeError::NotAFile { path: path.to_owned() });
    }
    File::open(path).map_err(fault)
}

/// The unpacked bytes of `packed`, whose packing is told by the first bytes. `path` is for messages only.
///
/// # Errors
/// [`TapeError::Read`], and [`TapeError::Compression`] for packings that are not known.
pub fn unpack(mut packed: Source, path: &Path) -> Result<(Source, Compression), TapeError> {
    let read_fault = |error: io::Error| TapeError::Read { path: path.to_owned(), line: 1, reason: reason(&error) };
    let mut head = Vec::with_capacity(HEAD_BYTES);
    packed.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(read_fault)?;
    if let Some((_, found)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(TapeError::Compression { path: path.to_owned(), found });
    }
    let is_gzip = head.starts_with(&[0x1f, 0x8b]);
    let is_zstd = is_zstd(&head);
    let whole = io::Cursor::new(head).chain(packed);
    if is_gzip {
        let members = flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(PACKED_BYTES, whole));
        Ok((Box::new(members), Compression::Gzip))
    } else if is_zstd {
        let frames = zstd_frames(BufReader::with_capacity(PACKED_BYTES, whole)).map_err(read_fault)?;
        Ok((frames, Compression::Zstd))
    } else {
        Ok((Box::new(whole), Compression::Plain))
    }
}

fn zstd_frames(packed: impl BufRead + Send + 'static) -> io::Result<Source> {
    let mut frames = zstd::stream::read::Decoder::with_buffer(packed)?;
    frames.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(Box::new(frames))
}

fn is_zstd(head: &[u8]) -> bool {
    match head.first_chunk::<4>() {
        Some(magic) => {
            let magic = u32::from_le_bytes(*magic);
            // A frame, or one of sixteen kinds of frames to be passed over, which may stand first.
            magic == 0xfd2f_b528 || magic & 0xffff_fff0 == 0x184d_2a50
        }
        None => false,
    }
}

/// Bytes looked at to tell the packing.
const HEAD_BYTES: usize = 6;

/// Buffer for packed bytes.
const PACKED_BYTES: usize = 64 * 1024;

/// Largest zstd window, as a power of two: 128 MiB, the limit of the zstd tool too. It bounds the decoder's memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// The same in MiB.
pub(crate) const ZSTD_WINDOW_MIB_MAX: u32 = 1 << (ZSTD_WINDOW_LOG_MAX - 20);

/// True where the decoder gave up because of [`ZSTD_WINDOW_LOG_MAX`]: it has no other way to say so than this text.
pub(crate) fn is_window_fault(error: &io::Error) -> bool {
    error.to_string() == "Frame requires too much memory for decoding"
}

/// First bytes of packings that are told by name instead of being taken for a bad header.
const FOREIGN: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "zip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PAR1", "parquet"),
];

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    /// Gives at most so many bytes a read, as a slow disk or a decoder may.
    pub(crate) struct Dribble {
        bytes: io::Cursor<Vec<u8>>,
        piece: usize,
    }

    impl Dribble {
        pub(crate) fn new(bytes: &[u8], piece: usize) -> Dribble {
            Dribble { bytes: io::Cursor::new(bytes.to_vec()), piece }
        }
    }

    impl Read for Dribble {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let piece = self.piece.min(out.len());
            self.bytes.read(&mut out[..piece])
        }
    }

    pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    pub(crate) fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(text, 1).expect("memory")
    }

    #[track_caller]
    fn check(packed: &[u8], want: Result<(&[u8], Compression), &str>) {
        for piece in [1, 5, usize::MAX] {
            let unpacked = unpack(Box::new(Dribble::new(packed, piece)), Path::new("t"));
            let got = unpacked.map_err(|error| error.to_string()).and_then(|(mut source, compression)| {
                let mut bytes = Vec::new();
                let fault = |error| if is_window_fault(&error) { "window" } else { "damaged" };
                source.read_to_end(&mut bytes).map(|_| (bytes, compression)).map_err(|error| fault(error).to_owned())
            });
            let want = want.map(|(bytes, compression)| (bytes.to_vec(), compression)).map_err(str::to_owned);
            assert_eq!(got, want, "in pieces of {piece}");
        }
    }

    #[test]
    fn the_packing_is_told_by_content() {
        let text = b"any text\n";
        check(text, Ok((text, Compression::Plain)));
        check(&gzip(text), Ok((text, Compression::Gzip)));
        check(&zstd(text), Ok((text, Compression::Zstd)));
        check(b"", Ok((b"", Compression::Plain)));
        check(b"\x1f", Ok((b"\x1f", Compression::Plain)));
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let (one, two) = (b"one,".as_slice(), b"two".as_slice());
        check(&[gzip(one), gzip(two)].concat(), Ok((b"one,two", Compression::Gzip)));
        check(&[zstd(one), zstd(two)].concat(), Ok((b"one,two", Compression::Zstd)));
        let skipped = b"\x53\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
        check(&[skipped, zstd(two)].concat(), Ok((two, Compression::Zstd)));
    }

    #[test]
    fn data_that_is_cut_off_anywhere_or_followed_by_rubbish_is_a_fault() {
        let text = "some text that does not repeat itself at all 0123456789";
        for whole in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            for cut in 4..whole.len() {
                check(&whole[..cut], Err("damaged"));
            }
            check(&[whole, b"rubbish".to_vec()].concat(), Err("damaged"));
        }
    }

    #[test]
    fn a_zstd_window_above_the_limit_is_a_fault() {
        let text = [0_u8; 1000];
        for (window_log, is_fine) in [(ZSTD_WINDOW_LOG_MAX, true), (ZSTD_WINDOW_LOG_MAX + 1, false)] {
            let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).expect("memory");
            encoder.window_log(window_log).expect("allowed when packing");
            encoder.write_all(&text).expect("memory");
            let packed = encoder.finish().expect("memory");
            check(&packed, if is_fine { Ok((&text, Compression::Zstd)) } else { Err("window") });
        }
    }

    #[test]
    fn foreign_packings_are_named() {
        for (magic, name) in FOREIGN {
            let want = format!("t: is a {name} file; allowed are plain text, gzip and zstd");
            check(&[magic, b"rest"].concat(), Err(&want));
        }
    }
}
