//! Folder: how is the storage of a journal kept on a real disk?
//!
//! In: a folder of the file system. Out: the operations of [`Storage`]. Must never: touch anything outside the folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Storage;

/// Name of the file that carries the lock.
/// Name of the file that a writer locks.
pub const LOCK_NAME: &str = "lock";

/// A folder of the file system.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: Option<File>,
    /// The file appended to last, and the one read last: both stay open from call to call.
    appending: Option<(String, File)>,
    reading: Option<(String, File)>,
}

impl Folder {
    /// The folder at `path`; nothing is touched yet.
    #[must_use]
    pub fn new(path: &Path) -> Folder {
        Folder { path: path.to_path_buf(), lock: None, appending: None, reading: None }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn appending(&mut self, name: &str) -> io::Result<&mut File> {
        let is_open = self.appending.as_ref().is_some_and(|(open, _)| open == name);
        if !is_open {
            let file = OpenOptions::new().append(true).open(self.file(name))?;
            self.appending = Some((name.to_owned(), file));
        }
        let (_, file) = self.appending.as_mut().expect("opened just now");
        Ok(file)
    }

    fn reading(&mut self, name: &str) -> io::Result<&mut File> {
        let is_open = self.reading.as_ref().is_some_and(|(open, _)| open == name);
        if !is_open {
            let file = File::open(self.file(name))?;
            self.reading = Some((name.to_owned(), file));
        }
        let (_, file) = self.reading.as_mut().expect("opened just now");
        Ok(file)
    }

    fn forget(&mut self, name: &str) {
        for open in [&mut self.appending, &mut self.reading] {
            if open.as_ref().is_some_and(|(open, _)| open == name) {
                *open = None;
            }
        }
    }
}

impl Storage for Folder {
    fn lock(&mut self) -> io::Result<bool> {
        create_folders(&self.path)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.file(LOCK_NAME))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn names(&mut self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                // A name that is not UTF-8 is none of ours.
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn size(&mut self, name: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.file(name)) {
            Ok(data) => Ok(data.is_file().then_some(data.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let file = self.reading(name)?;
        file.seek(SeekFrom::Start(offset))?;
        file.read(buffer)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let path = self.file(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        OpenOptions::new().append(true).create_new(true).open(path).map(drop)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.appending(name)?.write_all(bytes)
    }

    fn overwrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.file(name))?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.forget(name);
        let (target, temporary) = (self.file(name), self.file(&format!("{name}.new")));
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(temporary, target)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        match &self.appending {
            Some((open, file)) if open == name => file.sync_all(),
            Some(_) | None => OpenOptions::new().write(true).open(self.file(name))?.sync_all(),
        }
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        for path in [self.path.clone(), self.file("components"), self.file("blobs")] {
            sync_one_folder(&path)?;
        }
        Ok(())
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        self.forget(name);
        OpenOptions::new().write(true).open(self.file(name))?.set_len(len)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.forget(name);
        fs::remove_file(self.file(name))
    }
}

/// Creates a folder with those above it; the name of each new one is on the disk afterwards.
fn create_folders(path: &Path) -> io::Result<()> {
    let new: Vec<&Path> = absent(path).collect();
    fs::create_dir_all(path)?;
    new.into_iter().map(holder).try_for_each(sync_one_folder)
}

/// The folder and those above it that are not there yet, innermost first.
fn absent(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
}

/// The folder that holds the name of this one.
fn holder(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn sync_one_folder(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Elsewhere a folder cannot be opened to be synced; its names follow the files.
#[cfg(not(unix))]
fn sync_one_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_new_folder_is_confirmed_in_the_one_that_holds_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let (outer, inner) = (dir.path().join("a"), dir.path().join("a/b"));
        assert_eq!(absent(&inner).map(holder).collect::<Vec<_>>(), [outer.as_path(), dir.path()]);
        create_folders(&inner).expect("created");
        assert_eq!(absent(&inner).count(), 0);
        create_folders(&inner).expect("there already");
        assert_eq!(holder(Path::new("run")), Path::new("."));
    }
}
