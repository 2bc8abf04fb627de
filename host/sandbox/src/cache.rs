//! Machine-code cache: was this component compiled here before?
//!
//! In: an admitted component. Out: its machine code, from a file that this host wrote and nobody changed, or nothing.
//! Must never: deserialise a byte whose authentication code does not match the key that only this host has.
//!
//! An entry is named by the hashes of component, engine and configuration, and carries an HMAC-SHA256 over that name and
//! the code. The key is drawn once and kept beside the entries in a folder that nobody else can open.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use ringfence_core::blob::Sha256Hash;
use sha2::{Digest, Sha256};
use wasmtime::Engine;

use crate::engine::engine_id;
use crate::file::open_regular;
use crate::machine::MachineCode;
use crate::refusal::hex;

/// First bytes of an entry; another layout is another text.
const ENTRY_MAGIC: &[u8; 16] = b"ringfence-code@1";
const TAG_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const KEY_FILE: &str = "key";
const ENTRY_ENDING: &str = ".code";
const DRAFT_BEGINNING: &str = ".draft-";
/// Entries kept: of the strategies one works on there are tens, and each is about a megabyte.
const ENTRIES_MAX: usize = 256;
/// A draft older than this belongs to nobody: writing one takes milliseconds.
const DRAFT_AGE_MAX: Duration = Duration::from_secs(3_600);
/// Largest entry that is read: machine code is a few times the size of the component it came from.
const ENTRY_BYTES_MAX: u64 = 256 << 20;

/// Something about the cache that an operator should look at. The strategy runs all the same, compiled anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheAlarm {
    /// An entry is not what this host wrote: cut off, changed, or from somewhere else.
    #[error("cache entry {0} was changed; it was not used and is written anew")]
    Changed(PathBuf),
    /// An entry is there and cannot be read: the disk or its permissions, nobody's attempt to change it.
    #[error("cache entry {0} cannot be read: {1}; it was not used and is written anew")]
    Unreadable(PathBuf, String),
    /// The folder or its key cannot be trusted or used.
    #[error("cache folder {0} is not used: {1}")]
    Unusable(PathBuf, String),
    /// The new entry could not be made or written.
    #[error("cache entry {0} could not be written: {1}")]
    NotWritten(PathBuf, String),
}

/// A folder of machine code with the key that authenticates it.
pub(crate) struct CodeCache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

impl CodeCache {
    /// Opens the folder, or makes it with a new key.
    ///
    /// # Errors
    /// [`CacheAlarm::Unusable`] when others can write to the folder or read the key, or it cannot be made.
    pub(crate) fn open(folder: &Path) -> Result<CodeCache, CacheAlarm> {
        let unusable = |error: io::Error| CacheAlarm::Unusable(folder.to_owned(), error.to_string());
        make_private_folder(folder).map_err(unusable)?;
        check_private(&fs::symlink_metadata(folder).map_err(unusable)?).map_err(unusable)?;
        let key = match read_key(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => draw_key(folder).and_then(|()| read_key(folder)),
            other => other,
        };
        let key = key.map_err(unusable)?;
        remove_old_drafts(folder).map_err(unusable)?;
        Ok(CodeCache { folder: folder.to_owned(), key })
    }

    /// What is made of the machine code of a component; `None` when there is none yet.
    ///
    /// # Errors
    /// [`CacheAlarm::Changed`] or [`CacheAlarm::Unreadable`] when there is an entry that must not or cannot be used.
    pub(crate) fn find<T>(
        &self,
        (engine, component): (&Engine, &Sha256Hash),
        take: impl FnOnce(&MachineCode<'_>) -> Option<T>,
    ) -> Result<Option<T>, CacheAlarm> {
        let name = entry_name(engine, component);
        let path = self.path(&name);
        let changed = || CacheAlarm::Changed(path.clone());
        let entry = match read_entry(&path) {
            Err(Unread::Failed(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(Unread::NoEntry) => return Err(changed()),
            Err(Unread::Failed(error)) => return Err(CacheAlarm::Unreadable(path, error.to_string())),
            Ok(entry) => entry,
        };
        let code = self.authentic(&name, &entry).ok_or_else(changed)?;
        take(&code).map(Some).ok_or_else(changed)
    }

    /// Keeps machine code for the next start, in place of the oldest entries where there are too many.
    ///
    /// # Errors
    /// [`CacheAlarm::NotWritten`]; the next start compiles again.
    pub(crate) fn keep(
        &self,
        engine: &Engine,
        component: &Sha256Hash,
        code: &MachineCode<'_>,
    ) -> Result<(), CacheAlarm> {
        let name = entry_name(engine, component);
        let path = self.path(&name);
        let code = code.bytes();
        let parts = [ENTRY_MAGIC.as_slice(), &self.tag(&name, code).finalize().into_bytes(), code];
        let written = write_whole(&path, &parts).and_then(|()| drop_oldest(&self.folder));
        written.map_err(|error| CacheAlarm::NotWritten(path, error.to_string()))
    }

    fn path(&self, name: &Sha256Hash) -> PathBuf {
        self.folder.join(format!("{}{ENTRY_ENDING}", hex(name)))
    }

    fn tag(&self, name: &Sha256Hash, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(ENTRY_MAGIC);
        mac.update(name);
        mac.update(code);
        mac
    }

    /// The code of an entry, when this host wrote it under this name.
    fn authentic<'a>(&self, name: &Sha256Hash, entry: &'a [u8]) -> Option<MachineCode<'a>> {
        let rest = entry.strip_prefix(ENTRY_MAGIC)?;
        let (tag, code) = rest.split_at_checked(TAG_BYTES)?;
        MachineCode::authentic(self.tag(name, code), tag, code)
    }
}

/// Component, engine and configuration in one hash.
fn entry_name(engine: &Engine, component: &Sha256Hash) -> Sha256Hash {
    let mut hasher = Sha256::new();
    hasher.update(engine_id(engine));
    hasher.update(component);
    hasher.finalize().into()
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Refuses what others could have written.
#[cfg(unix)]
fn check_private(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if metadata.file_type().is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other(format!("mode {:o} lets others in", metadata.mode() & 0o777)));
    }
    // On Linux the owner of /proc/self is the user this process runs as.
    let owner = fs::metadata("/proc/self").map(|process| process.uid());
    if owner.is_ok_and(|uid| uid != metadata.uid()) {
        return Err(io::Error::other("it belongs to another user"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_metadata: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn read_key(folder: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut file = open_regular(&folder.join(KEY_FILE))?;
    check_private(&file.metadata()?)?;
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    Ok(key)
}

/// Draws a key. Of several hosts that start at once one wins, and all read the same key afterwards.
fn draw_key(folder: &Path) -> io::Result<()> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let draft = draft_path(folder)?;
    write_draft(&draft, &[&key])?;
    let linked = fs::hard_link(&draft, folder.join(KEY_FILE));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Why an entry was not read.
enum Unread {
    /// What lies there is no entry: a link, a folder, far too large.
    NoEntry,
    Failed(io::Error),
}

fn read_entry(path: &Path) -> Result<Vec<u8>, Unread> {
    let is_regular = fs::symlink_metadata(path).map_err(Unread::Failed)?.is_file();
    if !is_regular {
        return Err(Unread::NoEntry);
    }
    let file = open_regular(path).map_err(Unread::Failed)?;
    let mut entry = Vec::new();
    file.take(ENTRY_BYTES_MAX + 1).read_to_end(&mut entry).map_err(Unread::Failed)?;
    if entry.len() as u64 > ENTRY_BYTES_MAX { Err(Unread::NoEntry) } else { Ok(entry) }
}

/// Removes the entries written first while there are more than [`ENTRIES_MAX`].
fn drop_oldest(folder: &Path) -> io::Result<()> {
    let mut entries = files(folder, |name| name.ends_with(ENTRY_ENDING))?;
    entries.sort();
    let surplus = entries.len().saturating_sub(ENTRIES_MAX);
    entries.iter().take(surplus).try_for_each(|(_, path)| remove(path))
}

/// Removes what hosts left that ended while they wrote. One that still writes has written within [`DRAFT_AGE_MAX`]
/// of the folder's last change, which stands for now: the clock of a file server may differ from ours.
fn remove_old_drafts(folder: &Path) -> io::Result<()> {
    let drafts = files(folder, |name| name.starts_with(DRAFT_BEGINNING))?;
    let newest = fs::metadata(folder)?.modified()?;
    let is_old = |time: &SystemTime| newest.duration_since(*time).is_ok_and(|age| age > DRAFT_AGE_MAX);
    drafts.iter().filter(|(time, _)| is_old(time)).try_for_each(|(_, path)| remove(path))
}

/// Files of a folder by name, with the time each was written.
fn files(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&is_wanted) {
            match entry.metadata() {
                // Another host removed it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                metadata => found.push((metadata?.modified()?, entry.path())),
            }
        }
    }
    Ok(found)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes beside the place and renames, so that a reader sees a whole entry or none.
fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let folder = path.parent().expect("entries lie in the cache folder");
    let draft = draft_path(folder)?;
    let written = write_draft(&draft, parts).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        fs::remove_file(&draft).ok();
    }
    written
}

fn draft_path(folder: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(folder.join(format!("{DRAFT_BEGINNING}{}", hex(&random))))
}

fn write_draft(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}
