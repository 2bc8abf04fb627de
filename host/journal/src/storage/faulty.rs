//! A disk that fails: what survives of a journal when the disk does not do what it should?
//!
//! In: the operations of [`Storage`], a fault at a chosen one of them, a loss of power. Out: what a real disk may leave.
//! Must never: be used outside tests; it keeps everything in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Storage;

/// A disk in memory. Handles to it come and go, as processes do; the disk stays.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk(Arc<Mutex<State>>);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails and does nothing.
    Refused,
    /// A write puts down so many bytes and fails; any other operation just fails.
    Short(usize),
    /// The operation and every one after it fail, as after a loss of power.
    PowerLoss,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, FileState>,
    is_locked: bool,
    operations: u64,
    fault: Option<(u64, Fault)>,
    is_dead: bool,
    /// Reads to go until bytes are appended to a file.
    growth: Option<(u64, String, Vec<u8>)>,
}

#[derive(Clone, Debug, Default)]
struct FileState {
    /// What a process sees.
    current: Vec<u8>,
    /// What a sync confirmed.
    synced: Vec<u8>,
    /// True once the file's name is on the disk.
    is_named: bool,
}

impl FaultyDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> FaultyDisk {
        FaultyDisk::default()
    }

    /// A process's view of the disk.
    #[must_use]
    pub fn handle(&self) -> Box<dyn Storage> {
        Box::new(Handle { disk: self.clone(), holds_lock: false })
    }

    /// The changing operation number `operation` (from 0, see [`FaultyDisk::operations`]) goes wrong.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        self.state().fault = Some((operation, fault));
    }

    /// Another process writes while this one reads: before read number `read` (from 0), `bytes` are appended to the file.
    pub fn grow_at(&self, read: u64, name: &str, bytes: &[u8]) {
        self.state().growth = Some((read, name.to_owned(), bytes.to_vec()));
    }

    /// Changing operations so far: create, append, overwrite, replace, sync, truncate, remove.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The power goes and comes back: `survivor` says what becomes of each file, given its name, the bytes a sync
    /// confirmed and the bytes a process saw. Files whose name was never synced are gone.
    pub fn crash(&self, survivor: impl Fn(&str, &[u8], &[u8]) -> Vec<u8>) {
        self.state().files.retain(|_, file| file.is_named);
        self.crash_keeping_names(survivor);
    }

    /// As [`FaultyDisk::crash`], but names that were never synced made it to the disk all the same.
    pub fn crash_keeping_names(&self, survivor: impl Fn(&str, &[u8], &[u8]) -> Vec<u8>) {
        let mut state = self.state();
        for (name, file) in &mut state.files {
            file.current = survivor(name, &file.synced, &file.current);
            file.synced = file.current.clone();
            file.is_named = true;
        }
        state.is_locked = false;
        state.is_dead = false;
        state.fault = None;
    }

    /// Bytes of a file as a process sees them.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.state().files.get(name).map(|file| file.current.clone())
    }

    /// Puts a file there, confirmed; `None` removes it.
    pub fn set(&self, name: &str, bytes: Option<&[u8]>) {
        let mut state = self.state();
        match bytes {
            None => drop(state.files.remove(name)),
            Some(bytes) => {
                let file = FileState { current: bytes.to_vec(), synced: bytes.to_vec(), is_named: true };
                state.files.insert(name.to_owned(), file);
            }
        }
    }

    /// All names, subfolders included.
    #[must_use]
    pub fn all_names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// A second disk with the same content, without faults and unlocked.
    #[must_use]
    pub fn copy(&self) -> FaultyDisk {
        let files = self.state().files.clone();
        FaultyDisk(Arc::new(Mutex::new(State { files, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the disk")
    }
}

impl State {
    /// Counts the operation; answers how many bytes of a write still get through when it fails.
    fn begin(&mut self) -> Result<(), usize> {
        let operation = self.operations;
        self.operations += 1;
        if self.is_dead {
            return Err(0);
        }
        match self.fault {
            Some((at, fault)) if at == operation => {
                self.is_dead = fault == Fault::PowerLoss;
                match fault {
                    Fault::Refused | Fault::PowerLoss => Err(0),
                    Fault::Short(bytes) => Err(bytes),
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    fn grow(&mut self) {
        match self.growth.take() {
            Some((0, name, bytes)) => self.files.entry(name).or_default().current.extend_from_slice(&bytes),
            Some((reads, name, bytes)) => self.growth = Some((reads - 1, name, bytes)),
            None => {}
        }
    }

    fn simple(&mut self) -> io::Result<()> {
        self.begin().map_err(|_| refused())
    }

    fn file(&mut self, name: &str) -> io::Result<&mut FileState> {
        self.files.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

fn refused() -> io::Error {
    io::Error::other("fault of the test disk")
}

#[derive(Debug)]
struct Handle {
    disk: FaultyDisk,
    holds_lock: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.holds_lock {
            self.disk.state().is_locked = false;
        }
    }
}

impl Storage for Handle {
    fn lock(&mut self) -> io::Result<bool> {
        let mut state = self.disk.state();
        if state.is_locked {
            return Ok(false);
        }
        state.is_locked = true;
        self.holds_lock = true;
        Ok(true)
    }

    fn names(&mut self) -> io::Result<Vec<String>> {
        Ok(self.disk.state().files.keys().filter(|name| !name.contains('/')).cloned().collect())
    }

    fn size(&mut self, name: &str) -> io::Result<Option<u64>> {
        Ok(self.disk.state().files.get(name).map(|file| file.current.len() as u64))
    }

    fn read(&mut self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.grow();
        let file = state.file(name)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(file.current.len());
        // Short on purpose: a caller must be content with less than it asked for.
        let count = (file.current.len() - start).min(buffer.len()).min(1000);
        buffer[..count].copy_from_slice(&file.current[start..][..count]);
        Ok(count)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.disk.state();
        state.simple()?;
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.insert(name.to_owned(), FileState::default());
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let outcome = state.begin();
        let written = outcome.map_or_else(|short| short.min(bytes.len()), |()| bytes.len());
        state.file(name)?.current.extend_from_slice(&bytes[..written]);
        outcome.map_err(|_| refused())
    }

    fn overwrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let outcome = state.begin();
        let written = outcome.map_or_else(|short| short.min(bytes.len()), |()| bytes.len());
        let file = state.file(name)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let target = file.current.get_mut(start..).and_then(|rest| rest.get_mut(..written));
        target.ok_or_else(refused)?.copy_from_slice(&bytes[..written]);
        outcome.map_err(|_| refused())
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.disk.state().simple()?;
        self.disk.set(name, Some(bytes));
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.disk.state();
        state.simple()?;
        let file = state.file(name)?;
        file.synced = file.current.clone();
        Ok(())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.simple()?;
        state.files.values_mut().for_each(|file| file.is_named = true);
        Ok(())
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.simple()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        state.file(name)?.current.truncate(len);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.disk.state();
        state.simple()?;
        state.files.remove(name);
        Ok(())
    }
}
