//! Hashes: which file is it, whatever its name?
//!
//! In: a path, or an open file. Out: SHA-256 of the file as stored, packed or not. Must never: unpack it or hold it in memory.

use std::io::{self, Read};
use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use sha2::{Digest, Sha256};

use crate::error::{TapeError, reason};
use crate::input;

/// SHA-256 of the file as it is stored: what a journal refers to a tape by.
///
/// # Errors
/// [`TapeError::Open`], [`TapeError::NotAFile`] or [`TapeError::Read`].
pub fn sha256_file(path: &Path) -> Result<Sha256Hash, TapeError> {
    Ok(sha256_of(&input::open(path)?, path)?.0)
}

/// SHA-256 and length of an open file from where it stands, or of any bytes; `path` is for messages only.
pub(crate) fn sha256_of(mut file: impl Read, path: &Path) -> Result<(Sha256Hash, u64), TapeError> {
    let (mut hasher, mut length) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok((hasher.finalize().into(), length)),
            Ok(count) => {
                hasher.update(&piece[..count]);
                length += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(TapeError::Read { path: path.to_owned(), line: 1, reason: reason(&error) }),
        }
    }
}

/// Bytes read at once.
const PIECE_BYTES: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: [u8; 32]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_hash_is_the_one_of_the_stored_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tape");
        std::fs::write(&path, "abc").expect("written");
        let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_file(&path).map(hex).as_deref(), Ok(want));
        std::fs::write(&path, vec![b'a'; 1_000_000]).expect("written");
        let want = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(sha256_file(&path).map(hex).as_deref(), Ok(want));
    }

    #[test]
    fn a_folder_and_an_absent_file_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let code = |path: &Path| sha256_file(path).map_err(|error| error.code());
        assert_eq!(code(folder.path()), Err("T-NOT-A-FILE"));
        assert_eq!(code(&folder.path().join("absent")), Err("T-OPEN"));
    }
}
