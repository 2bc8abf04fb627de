//! A folder with the log in it.
//!
//! In: bytes. Out: bytes that are on the disk. Must never: say that something is durable before it is.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Storage;

/// Name of the file in the folder.
const NAME: &str = "commands.log";

/// The file, open for reading and writing, and locked: two exchanges do not share a state.
pub struct Folder {
    file: File,
}

impl Folder {
    /// Opens or makes the folder and the file.
    ///
    /// # Errors
    /// When that fails, or another process has it open.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(NAME);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock().map_err(|_| std::io::Error::other("another exchange has this state open"))?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(Self { file })
    }
}

impl Storage for Folder {
    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
        self.file.set_len(bytes)?;
        self.file.sync_all()
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}
