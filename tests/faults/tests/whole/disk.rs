//! Disk: what does a journal meet when its disk fails by the kind of operation, and not by its number?
//!
//! In: operations of a journal, one fault to come. Out: what the disk of tests below it does, or an error. Must never: let a
//! sync pass that it refused.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use ringfence_journal::codes::JournalError;
use ringfence_journal::storage::Storage;
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::writer::{Durability, JournalWriter, Options};

/// What goes wrong with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskFault {
    /// A write puts down so many bytes.
    Short(usize),
    /// A write does nothing.
    Write,
    /// A sync fails.
    Sync,
    /// Nothing can be written any more, until there is room.
    Full,
    /// The power goes: this operation and every one behind it.
    Power,
    /// The power goes when something was written and is not confirmed.
    Torn,
}

/// A disk that outlives the processes which write on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    platter: FaultyDisk,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// What goes wrong, after so many operations of its kind.
    next: Option<(DiskFault, u64)>,
    /// What goes wrong with the operation of this number, whatever its kind.
    numbered: Option<(u64, DiskFault)>,
    /// Operations so far.
    operations: u64,
    is_full: bool,
    is_dead: bool,
    met: Vec<DiskFault>,
}

impl Disk {
    pub(crate) fn plan(&self, fault: DiskFault, after: u64) {
        self.plan_of().next = Some((fault, after));
    }

    /// The operation of this number, from 0, goes wrong.
    pub(crate) fn plan_numbered(&self, number: u64, fault: DiskFault) {
        self.plan_of().numbered = Some((number, fault));
    }

    /// Writes, syncs and everything else that changes something, so far.
    pub(crate) fn operations(&self) -> u64 {
        self.plan_of().operations
    }

    /// True once something went wrong that nobody has taken yet.
    pub(crate) fn has_failed(&self) -> bool {
        !self.plan_of().met.is_empty()
    }

    /// What would be left if the power went now and nothing survived that no sync has confirmed.
    pub(crate) fn confirmed(&self) -> Box<dyn Storage> {
        let copy = self.platter.copy();
        copy.crash(|_, synced, _| synced.to_vec());
        copy.handle()
    }

    /// The disk as a host finds it that starts now: what is torn is cut off.
    pub(crate) fn recovered(&self) -> Result<Box<dyn Storage>, JournalError> {
        let copy = self.platter.copy();
        JournalWriter::open_on(copy.handle(), Options::new(Durability::EveryCommit))?;
        Ok(copy.handle())
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        let mut plan = self.plan_of();
        (plan.next, plan.numbered, plan.is_full) = (None, None, false);
    }

    /// What went wrong since the last call.
    pub(crate) fn take_met(&self) -> Vec<DiskFault> {
        std::mem::take(&mut self.plan_of().met)
    }

    /// True while the machine has no power.
    pub(crate) fn is_dead(&self) -> bool {
        self.plan_of().is_dead
    }

    /// The process that wrote is gone; `survivor` says what is left of each file, of the bytes that a sync confirmed and those
    /// that were written. The disk can be used again.
    pub(crate) fn come_back(&self, survivor: impl Fn(&[u8], &[u8]) -> Vec<u8>) {
        self.plan_of().is_dead = false;
        self.platter.crash_keeping_names(|_, synced, seen| survivor(synced, seen));
    }

    /// Removes everything.
    pub(crate) fn wipe(&self) {
        self.platter.all_names().iter().for_each(|name| self.platter.set(name, None));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.platter.all_names().is_empty()
    }

    /// Name and bytes of every file.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let names = self.platter.all_names().into_iter();
        names.map(|name| (name.clone(), self.platter.bytes(&name).unwrap_or_default())).collect()
    }

    pub(crate) fn drive(&self) -> Box<dyn Storage> {
        Box::new(Drive { inner: self.platter.handle(), plan: Arc::clone(&self.plan) })
    }

    /// A disk with the same content that nothing is wrong with.
    pub(crate) fn copy(&self) -> Box<dyn Storage> {
        self.platter.copy().handle()
    }

    fn plan_of(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What kind an operation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Sync,
    Other,
}

impl Plan {
    /// What goes wrong with this operation.
    fn meets(&mut self, kind: Kind) -> Option<DiskFault> {
        let number = self.operations;
        self.operations += 1;
        if let Some((_, fault)) = self.numbered.take_if(|(at, _)| *at == number) {
            return Some(self.strikes(fault));
        }
        if self.is_dead {
            return Some(DiskFault::Power);
        }
        if self.is_full && kind == Kind::Write {
            return Some(DiskFault::Full);
        }
        let (fault, after) = self.next?;
        let is_for = match fault {
            DiskFault::Short(_) | DiskFault::Write | DiskFault::Full => kind == Kind::Write,
            DiskFault::Sync | DiskFault::Torn => kind == Kind::Sync,
            DiskFault::Power => true,
        };
        if !is_for {
            return None;
        }
        if after > 0 {
            self.next = Some((fault, after - 1));
            return None;
        }
        self.next = None;
        Some(self.strikes(fault))
    }

    fn strikes(&mut self, fault: DiskFault) -> DiskFault {
        self.is_full = fault == DiskFault::Full;
        self.is_dead = matches!(fault, DiskFault::Power | DiskFault::Torn);
        self.met.push(fault);
        fault
    }
}

#[derive(Debug)]
struct Drive {
    inner: Box<dyn Storage>,
    plan: Arc<Mutex<Plan>>,
}

impl Drive {
    fn meets(&self, kind: Kind) -> Option<DiskFault> {
        self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner).meets(kind)
    }

    fn fails(&self, kind: Kind) -> io::Result<()> {
        self.meets(kind).map_or(Ok(()), |fault| Err(refused(fault)))
    }
}

fn refused(fault: DiskFault) -> io::Error {
    match fault {
        DiskFault::Full => io::Error::from(io::ErrorKind::StorageFull),
        DiskFault::Short(_) | DiskFault::Write | DiskFault::Sync | DiskFault::Power | DiskFault::Torn => {
            io::Error::other(format!("{fault:?} of the test disk"))
        }
    }
}

impl Storage for Drive {
    fn lock(&mut self) -> io::Result<bool> {
        self.inner.lock()
    }

    fn names(&mut self) -> io::Result<Vec<String>> {
        self.inner.names()
    }

    fn size(&mut self, name: &str) -> io::Result<Option<u64>> {
        self.inner.size(name)
    }

    fn read(&mut self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(name, offset, buffer)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        self.fails(Kind::Write)?;
        self.inner.create(name)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        match self.meets(Kind::Write) {
            None => self.inner.append(name, bytes),
            Some(DiskFault::Short(some)) => {
                self.inner.append(name, &bytes[..some.min(bytes.len())])?;
                Err(refused(DiskFault::Short(some)))
            }
            Some(fault) => Err(refused(fault)),
        }
    }

    fn overwrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.fails(Kind::Other)?;
        self.inner.overwrite(name, offset, bytes)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.fails(Kind::Write)?;
        self.inner.replace(name, bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.fails(Kind::Sync)?;
        self.inner.sync(name)
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.fails(Kind::Sync)?;
        self.inner.sync_folder()
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        self.fails(Kind::Other)?;
        self.inner.truncate(name, len)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.fails(Kind::Other)?;
        self.inner.remove(name)
    }
}
