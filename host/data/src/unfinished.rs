//! Unfinished files: may a file get this name, and when does it?
//!
//! In: a path, whether a file that is there may go. Out: a file beside it, which takes the name when it is whole. Must never:
//! replace anything but a regular file, or leave its own file behind when the work ends early.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::error::DataError;

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// There must be none.
    #[default]
    Refuse,
    /// A regular file is replaced; everything else is refused.
    Replace,
}

impl Existing {
    /// Says whether a file may get this name; asked before any work is done for it.
    ///
    /// # Errors
    /// [`DataError::Taken`] for a name that is taken.
    pub fn check(self, path: &Path) -> Result<(), DataError> {
        let Ok(found) = path.symlink_metadata() else { return Ok(()) };
        let what = match (self, kind(&found)) {
            (Existing::Replace, None) => return Ok(()),
            (Existing::Refuse, None) => "is there already",
            (Existing::Refuse | Existing::Replace, Some(kind)) => kind,
        };
        Err(DataError::Taken { path: path.to_owned(), what })
    }
}

/// What it is; `None` = a regular file.
fn kind(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("is a directory"),
        () if kind.is_symlink() => Some("is a symbolic link"),
        () => Some("is a device, a pipe or a socket"),
    }
}

/// A file that has another name until it is whole. Dropped before that, it is removed.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    beside: PathBuf,
    is_whole: bool,
}

impl Unfinished {
    /// Makes the file beside `path`.
    ///
    /// # Errors
    /// [`DataError::Taken`] for a name that is taken, and those of the disk.
    pub fn create(path: &Path, existing: Existing) -> Result<(Unfinished, File), DataError> {
        existing.check(path)?;
        let beside = beside(path);
        // What an earlier run left there goes; nothing is written through a link or into a pipe.
        Existing::Replace.check(&beside)?;
        let file = File::create(&beside).map_err(|error| fault(path, &error))?;
        Ok((Unfinished { path: path.to_owned(), beside, is_whole: false }, file))
    }

    /// Gives the file its name; it must have been flushed.
    ///
    /// # Errors
    /// Those of the disk; the file is removed then.
    pub fn finish(mut self) -> Result<(), DataError> {
        std::fs::rename(&self.beside, &self.path).map_err(|error| fault(&self.path, &error))?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_whole {
            // Best effort: what is left bears the ending of an unfinished file.
            std::fs::remove_file(&self.beside).ok();
        }
    }
}

fn fault(path: &Path, error: &std::io::Error) -> DataError {
    DataError::Write { path: path.to_owned(), reason: error.to_string() }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_none_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tape");
        let (unfinished, mut file) = Unfinished::create(&path, Existing::Refuse).unwrap();
        file.write_all(b"whole").unwrap();
        assert_eq!(names(folder.path()), ["tape.unfinished"]);
        unfinished.finish().unwrap();
        assert_eq!((names(folder.path()), std::fs::read(&path).unwrap()), (vec!["tape".to_owned()], b"whole".to_vec()));
        drop(Unfinished::create(&path, Existing::Replace).unwrap());
        assert_eq!((names(folder.path()), std::fs::read(&path).unwrap()), (vec!["tape".to_owned()], b"whole".to_vec()));
    }

    #[test]
    fn a_rename_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tape");
        let (unfinished, _file) = Unfinished::create(&path, Existing::Refuse).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(unfinished.finish(), Err(DataError::Write { .. })));
        assert_eq!(names(folder.path()), ["tape"]);
    }

    #[test]
    fn what_an_earlier_run_left_goes_and_a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, left) = (folder.path().join("tape"), folder.path().join("tape.unfinished"));
        std::fs::write(&left, "left").unwrap();
        Unfinished::create(&path, Existing::Refuse).unwrap().0.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        let other = folder.path().join("other");
        std::fs::write(&other, "kept").unwrap();
        std::os::unix::fs::symlink(&other, &left).unwrap();
        let refused = Unfinished::create(&path, Existing::Replace).unwrap_err().to_string();
        assert!(refused.ends_with("tape.unfinished: is a symbolic link"), "{refused}");
        assert_eq!(std::fs::read(&other).unwrap(), b"kept");
    }
}
