//! Component file: which bytes are meant?
//!
//! In: a path or bytes from a journal. Out: bytes in memory with their SHA-256, read once, so that what is hashed is what
//! is checked and compiled. Must never: follow a link, wait on a pipe or device, or read more than the limit.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use ringfence_core::blob::{Sha256Hash, sha256};

use crate::refusal::{AdmissionCode, Refusal};

/// Largest component file in bytes: compiled strategies are tens of kilobytes, with room for a large standard library.
pub const COMPONENT_BYTES_MAX: u64 = 8 << 20;

/// Largest component file in bytes that holds an interpreter; those of today take 2 to 20 MB.
pub const INTERPRETER_BYTES_MAX: u64 = 32 << 20;

/// A component as it was read, with its hash. Cannot be changed.
#[derive(Clone)]
pub struct ComponentBytes {
    bytes: Box<[u8]>,
    sha256: Sha256Hash,
}

impl ComponentBytes {
    /// Reads a regular file of at most `size_max` bytes, once.
    ///
    /// # Errors
    /// `E-READ`, `E-NOT-REGULAR` or `E-SIZE`, the last one before anything is read.
    pub fn read(path: &Path, size_max: u64) -> Result<ComponentBytes, Refusal> {
        let mut file = open_regular(path).map_err(|error| unreadable(path, &error))?;
        let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
        check_size(metadata.len(), size_max)?;
        let mut bytes = Vec::new();
        // One byte more than allowed shows that the file grew while it was read.
        let read = file.by_ref().take(size_max.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(path, &error))?;
        check_size(bytes.len() as u64, size_max)?;
        Ok(ComponentBytes::hashed(bytes))
    }

    /// Takes bytes that are already in memory, for example a journal's copy of a component.
    ///
    /// # Errors
    /// `E-SIZE` above `size_max` bytes.
    pub fn from_memory(bytes: Vec<u8>, size_max: u64) -> Result<ComponentBytes, Refusal> {
        check_size(bytes.len() as u64, size_max)?;
        Ok(ComponentBytes::hashed(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn sha256(&self) -> Sha256Hash {
        self.sha256
    }

    fn hashed(bytes: Vec<u8>) -> ComponentBytes {
        ComponentBytes { sha256: sha256(&bytes), bytes: bytes.into_boxed_slice() }
    }
}

impl fmt::Debug for ComponentBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComponentBytes({} bytes, sha256 {})", self.bytes.len(), crate::refusal::hex(&self.sha256))
    }
}

/// Opens a regular file: without waiting (a pipe without a writer would block for ever), without following a link.
///
/// # Errors
/// When it cannot be opened, or is not a regular file.
pub(crate) fn open_regular(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::Error::other("not a regular file")) }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    // With O_NOFOLLOW a link is an error of its own; sockets cannot be opened at all.
    let kind = std::fs::symlink_metadata(path).map(|metadata| metadata.is_file());
    if matches!(kind, Ok(false)) {
        return not_regular(path);
    }
    Refusal::new(
        AdmissionCode::Read,
        format!("{}: {error}", path.display()),
        "a component file that can be read",
        "check the path and its permissions",
    )
}

fn not_regular(path: &Path) -> Refusal {
    Refusal::new(
        AdmissionCode::NotRegular,
        format!("{} is {}", path.display(), kind_of(path)),
        "a regular file",
        "name the component file itself",
    )
}

fn kind_of(path: &Path) -> &'static str {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return "not a regular file" };
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_dir() { "a folder" } else { "a pipe, socket or device" }
}

fn check_size(size: u64, size_max: u64) -> Result<(), Refusal> {
    if size <= size_max {
        return Ok(());
    }
    Err(Refusal::new(
        AdmissionCode::Size,
        format!("{size} bytes"),
        format!("at most {size_max} bytes"),
        "build in release mode and strip the component: `ringfence build DIR`",
    ))
}
