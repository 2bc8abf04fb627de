//! Transfers: is the file of this day here, and is it the one that the archive has?
//!
//! In: a client, an archive, a folder. Out: a file that agrees with its checksum, or why there is none. Must never: give the
//! final name to bytes that were not checked, read more than the bound, or try for ever.
//!
//! A file is written beside its place under the ending `.part`. What is there of it is gone on with; it is checked as a whole,
//! synced, renamed, and the folder is synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::archive::Archive;
use crate::client::{Answer, Client, Refusal};

/// Bounds of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes.
    pub bytes_max: u64,
    /// Tries in a row that bring nothing before it is given up.
    pub tries_max: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        // The largest daily files are below 2 GiB.
        Limits { bytes_max: 8 << 30, tries_max: 5 }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there already and is right.
    There,
    /// It was fetched.
    Fetched {
        /// Its size.
        bytes: u64,
        /// Bytes of it that were there from an earlier try.
        resumed: u64,
    },
    /// The archive has no such file.
    Missing,
}

/// Why a file is not here.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk.
    #[error("{}: {reason}", path.display())]
    Disk {
        /// Which file or folder.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
    /// The server, for good or for too long.
    #[error("{path}: {reason}")]
    Server {
        /// Path on the server.
        path: String,
        /// What was said.
        reason: String,
    },
    /// The bytes are not those that the archive means.
    #[error("{path}: SHA-256 is {found}, and its checksum says {wanted}; nothing was kept")]
    Checksum {
        /// Path on the server.
        path: String,
        /// Of the bytes.
        found: String,
        /// Of the file beside it.
        wanted: String,
    },
    /// The user asked to stop; what there is of the file is gone on with next time.
    #[error("interrupted")]
    Interrupted,
}

/// Where a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// So many bytes of the file are here, of so many.
    Bytes(u64, Option<u64>),
    /// It is tried again after this pause, which the watch has to wait, because of this.
    Pause(Duration, &'a str),
}

/// Sees every step; breaking off ends the transfer.
pub type Watch<'a> = &'a mut dyn FnMut(Step<'_>) -> ControlFlow<()>;

/// Fetches one file into `folder`, below which it lies as on the server.
///
/// # Errors
/// [`Fault`]; no file is under the final name then but one that was there before and is another than the archive's.
pub fn fetch(
    client: &Client,
    archive: &Archive,
    folder: &Path,
    limits: &Limits,
    watch: Watch<'_>,
) -> Result<Outcome, Fault> {
    let mut transfer = Transfer { client, path: archive.path(), limits, watch };
    let Some(wanted) = transfer.checksum(&archive.name)? else { return Ok(Outcome::Missing) };
    let place = folder.join(&archive.folder);
    fs::create_dir_all(&place).map_err(|error| disk(&place, &error))?;
    let (whole, part) = (place.join(&archive.name), place.join(format!("{}.part", archive.name)));
    if whole.exists() && sha256(&whole)? == wanted {
        return Ok(Outcome::There);
    }
    let Some(found) = transfer.bring(&part, &wanted)? else { return Ok(Outcome::Missing) };
    fs::rename(&part, &whole).map_err(|error| disk(&whole, &error))?;
    File::open(&place).and_then(|folder| folder.sync_all()).map_err(|error| disk(&place, &error))?;
    Ok(found)
}

struct Transfer<'a, 'b> {
    client: &'a Client,
    path: String,
    limits: &'a Limits,
    watch: &'a mut (dyn FnMut(Step<'_>) -> ControlFlow<()> + 'b),
}

impl Transfer<'_, '_> {
    /// What the file beside the archive says; `None` where there is none.
    fn checksum(&mut self, name: &str) -> Result<Option<String>, Fault> {
        let path = format!("{}.CHECKSUM", self.path);
        let mut tries = 0;
        loop {
            let reason = match self.client.get(&path, 0) {
                Ok(answer) => {
                    let mut text = Vec::new();
                    match answer.body.take(CHECKSUM_BYTES_MAX + 1).read_to_end(&mut text) {
                        Ok(_) => return self.hash_in(&text, name).map(Some),
                        Err(error) => Refusal::Later(error.to_string(), None),
                    }
                }
                Err(Refusal::Missing) => return Ok(None),
                Err(reason) => reason,
            };
            tries += 1;
            self.wait(reason, tries)?;
        }
    }

    /// `HEX  NAME`, as sha256sum writes it.
    fn hash_in(&self, text: &[u8], name: &str) -> Result<String, Fault> {
        let line = std::str::from_utf8(text).unwrap_or("").trim_end();
        let (hash, of) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let of = of.trim_start().trim_start_matches('*');
        if is_hash && of == name {
            return Ok(hash.to_ascii_lowercase());
        }
        let shown: String = line.chars().take(100).collect();
        let reason = format!("its checksum is {shown:?}; a line of SHA-256 and {name} is needed");
        Err(Fault::Server { path: self.path.clone(), reason })
    }

    /// Fills the part until it is whole and right. What was there from an earlier try may be of another file: then it begins anew,
    /// once.
    fn bring(&mut self, part: &Path, wanted: &str) -> Result<Option<Outcome>, Fault> {
        loop {
            let filled = self.fill(part);
            // A part that holds nothing is no use to the next try.
            if !matches!(filled, Ok(Some(_))) && fs::metadata(part).is_ok_and(|file| file.len() == 0) {
                fs::remove_file(part).map_err(|error| disk(part, &error))?;
            }
            let Some((bytes, resumed)) = filled? else { return Ok(None) };
            let found = sha256(part)?;
            if found == wanted {
                return Ok(Some(Outcome::Fetched { bytes, resumed }));
            }
            fs::remove_file(part).map_err(|error| disk(part, &error))?;
            if resumed == 0 {
                return Err(Fault::Checksum { path: self.path.clone(), found, wanted: wanted.to_owned() });
            }
        }
    }

    /// Asks again and again until the server says that nothing is left; the size then, and how much of it was there before.
    /// `None` = no such file.
    fn fill(&mut self, part: &Path) -> Result<Option<(u64, u64)>, Fault> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(part)
            .map_err(|error| disk(part, &error))?;
        let (mut tries, mut kept) = (0, file.metadata().map_or(0, |file| file.len()));
        loop {
            let at = file.seek(SeekFrom::End(0)).map_err(|error| disk(part, &error))?;
            let reason = match self.client.get(&self.path, at) {
                Ok(answer) => {
                    kept = kept.min(answer.from);
                    match self.receive(answer, &mut file, part)? {
                        Received::Whole(bytes) => {
                            file.sync_all().map_err(|error| disk(part, &error))?;
                            return Ok(Some((bytes, kept)));
                        }
                        Received::Cut(bytes, reason) => {
                            // Only tries that bring nothing count.
                            tries = if bytes > at { 0 } else { tries };
                            Refusal::Later(reason, None)
                        }
                    }
                }
                Err(Refusal::Missing) => return Ok(None),
                Err(Refusal::Behind) if at > 0 => {
                    // All of it is here, or it is of another file: the checksum tells.
                    return Ok(Some((at, kept)));
                }
                Err(reason) => reason,
            };
            tries += 1;
            self.wait(reason, tries)?;
        }
    }

    /// Appends an answer, or begins anew where the server began anew.
    fn receive(&mut self, answer: Answer, file: &mut File, part: &Path) -> Result<Received, Fault> {
        let Answer { length, from, mut body } = answer;
        file.set_len(from).map_err(|error| disk(part, &error))?;
        file.seek(SeekFrom::Start(from)).map_err(|error| disk(part, &error))?;
        let all = length.map(|length| from.saturating_add(length));
        self.bounded(all.unwrap_or(from), file)?;
        let (mut buffer, mut at) = (vec![0; BUFFER_BYTES], from);
        loop {
            if (self.watch)(Step::Bytes(at, all)).is_break() {
                return Err(Fault::Interrupted);
            }
            let count = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Received::Cut(at, error.to_string())),
            };
            at += count as u64;
            self.bounded(at, file)?;
            file.write_all(&buffer[..count]).map_err(|error| disk(part, &error))?;
        }
        match all {
            Some(all) if at < all => Ok(Received::Cut(at, format!("the answer ended after {at} of {all} bytes"))),
            Some(_) | None => Ok(Received::Whole(at)),
        }
    }

    /// Nothing of a file that is too large is kept.
    fn bounded(&self, bytes: u64, file: &File) -> Result<(), Fault> {
        if bytes <= self.limits.bytes_max {
            return Ok(());
        }
        file.set_len(0).map_err(|error| Fault::Server { path: self.path.clone(), reason: error.to_string() })?;
        let reason = format!("larger than {} bytes, the bound for one file", self.limits.bytes_max);
        Err(Fault::Server { path: self.path.clone(), reason })
    }

    /// Waits before the next try, or gives up.
    fn wait(&mut self, reason: Refusal, tries: u32) -> Result<(), Fault> {
        let given_up = |reason: String| Fault::Server { path: self.path.clone(), reason };
        let (reason, said) = match reason {
            Refusal::Later(reason, said) => (reason, said),
            Refusal::Never(reason) => return Err(given_up(reason)),
            Refusal::Missing => return Err(given_up("it has gone".to_owned())),
            Refusal::Behind => return Err(given_up("the server has less of it than nothing".to_owned())),
        };
        if tries >= self.limits.tries_max {
            return Err(given_up(format!(
                "{reason}; given up after {tries} {}",
                if tries == 1 { "try" } else { "tries" }
            )));
        }
        let doubled = PAUSE_FIRST.saturating_mul(1 << tries.min(10).saturating_sub(1));
        let pause = said.unwrap_or(doubled).min(PAUSE_MAX);
        match (self.watch)(Step::Pause(pause, &reason)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Fault::Interrupted),
        }
    }
}

enum Received {
    Whole(u64),
    Cut(u64, String),
}

fn disk(path: &Path, error: &io::Error) -> Fault {
    Fault::Disk { path: path.to_owned(), reason: error.to_string() }
}

fn sha256(path: &Path) -> Result<String, Fault> {
    let fault = |error: io::Error| disk(path, &error);
    let mut file = File::open(path).map_err(fault)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; BUFFER_BYTES]);
    loop {
        match file.read(&mut buffer).map_err(fault)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Longest file with a checksum.
const CHECKSUM_BYTES_MAX: u64 = 1_024;

/// Pause before the second try; it doubles from try to try.
const PAUSE_FIRST: Duration = Duration::from_millis(500);

/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
