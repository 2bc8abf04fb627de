//! Regular files: how is a file of an operator opened without waiting for anybody?
//!
//! In: a path. Out: the open file. Must never: open what has no end of its own, or wait for the other end of a pipe.

use std::fs::{File, metadata};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Opens a regular file, or a link to one.
///
/// # Errors
/// When it cannot be opened, or is a folder, a pipe or a device.
pub(crate) fn open(path: &Path) -> Result<File> {
    // Asked before opening: opening a pipe would wait for its other end.
    let kind = metadata(path)?;
    match () {
        () if kind.is_file() => File::open(path),
        () if kind.is_dir() => Err(Error::new(ErrorKind::IsADirectory, "not a regular file, but a folder")),
        () => Err(Error::new(ErrorKind::InvalidInput, "not a regular file, but a pipe or a device")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_opened_and_whatever_else_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "text").expect("written");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        assert!(open(&file).is_ok());
        let refused =
            [pipe.as_path(), folder.path(), Path::new("/dev/zero")].map(|path| open(path).expect_err("refused").kind());
        assert_eq!(refused, [ErrorKind::InvalidInput, ErrorKind::IsADirectory, ErrorKind::InvalidInput]);
        assert_eq!(open(&folder.path().join("none")).expect_err("absent").kind(), ErrorKind::NotFound);
    }
}
