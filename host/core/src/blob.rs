//! Blobs: where do things live that are larger than an event?
//!
//! In: bytes from the edge, in order. Out: the bytes of an id, with their SHA-256. Must never: change one.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::ids::BlobId;

/// SHA-256 of some bytes.
pub type Sha256Hash = [u8; 32];

/// Append-only table of blobs; ids count from 1 in order of insertion.
#[derive(Debug, Default)]
pub struct BlobTable {
    blobs: Vec<Blob>,
}

#[derive(Debug)]
struct Blob {
    bytes: Box<[u8]>,
    hash: Sha256Hash,
}

impl BlobTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> BlobTable {
        BlobTable::default()
    }

    /// Appends bytes and gives them an id.
    ///
    /// # Panics
    /// When the table holds 2^32 - 1 blobs; each is at least one journal record, so the disk ends first.
    pub fn append(&mut self, bytes: &[u8]) -> BlobId {
        self.blobs.push(Blob { bytes: bytes.into(), hash: sha256(bytes) });
        BlobId(u32::try_from(self.blobs.len()).expect("fewer than 2^32 blobs"))
    }

    /// Bytes of a blob; `None` when no such blob was appended.
    #[must_use]
    pub fn bytes(&self, id: BlobId) -> Option<&[u8]> {
        self.blob(id).map(|blob| &*blob.bytes)
    }

    /// SHA-256 of a blob.
    #[must_use]
    pub fn hash(&self, id: BlobId) -> Option<Sha256Hash> {
        self.blob(id).map(|blob| blob.hash)
    }

    /// Lets go of the bytes of a blob that nobody will ask for again, such as a state that a later one has replaced; its id
    /// and its hash stay.
    pub fn retire(&mut self, id: BlobId) {
        let at = id.0.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        if let Some(blob) = at.and_then(|at| self.blobs.get_mut(at)) {
            blob.bytes = Box::default();
        }
    }

    /// Number of blobs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blobs.len()
    }

    /// True when nothing was appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }

    fn blob(&self, id: BlobId) -> Option<&Blob> {
        let index = usize::try_from(id.0.checked_sub(1)?).ok()?;
        self.blobs.get(index)
    }
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Hash {
    let mut out = [0; 32];
    out.copy_from_slice(&Sha256::digest(bytes));
    out
}
