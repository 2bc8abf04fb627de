//! The log: what was accepted, so that it is still true after a restart?
//!
//! In: commands that changed something. Out: lines that are durable, and the commands again. Must never: go on after a
//! write or a sync that failed, or take a line for whole that is not.
//!
//! A line is `CHECKSUM JSON`, the checksum being crc32c of the JSON in eight hexadecimal digits. A last line that is torn
//! was never answered; it is cut off. A bad line before the last is damage, and opening refuses.

mod folder;

pub use folder::Folder;

use serde::{Deserialize, Serialize};

use crate::protocol::Method;

/// A request that was accepted, without its signature: whoever may write the log need not prove it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// When.
    pub time_ns: u64,
    /// The verb.
    pub method: Method,
    /// The path.
    pub path: String,
    /// Whose, by number; the house is 0.
    pub account: usize,
    /// Parameters.
    pub params: Vec<(String, String)>,
}

/// Where the log lies.
pub trait Storage {
    /// Everything that is stored.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&mut self) -> std::io::Result<Vec<u8>>;

    /// Keeps the first `bytes` and drops the rest, durably.
    ///
    /// # Errors
    /// When it cannot be written.
    fn cut(&mut self, bytes: u64) -> std::io::Result<()>;

    /// Adds to the end, durably.
    ///
    /// # Errors
    /// When it cannot be written; nothing may be appended after that.
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()>;
}

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The storage failed.
    #[error("{0}")]
    Storage(#[from] std::io::Error),
    /// A line in the middle is damaged.
    #[error("line {0} of the log is damaged")]
    Damaged(usize),
    /// An earlier write failed.
    #[error("the log failed before and takes nothing more")]
    Failed,
}

/// A log that is open.
pub struct Log<S> {
    storage: S,
    is_failed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    t: u64,
    m: String,
    p: String,
    a: usize,
    q: Vec<(String, String)>,
}

impl<S: Storage> Log<S> {
    /// Opens a log: the commands in it, and where to add more. A torn end is cut off first.
    ///
    /// # Errors
    /// When the storage fails or a line before the last is damaged.
    pub fn open(mut storage: S) -> Result<(Self, Vec<Command>), LogError> {
        let bytes = storage.read()?;
        let mut commands = Vec::new();
        let mut kept = 0;
        for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            match parse(line) {
                Some(command) => commands.push(command),
                None if kept + line.len() == bytes.len() => break,
                None => return Err(LogError::Damaged(at + 1)),
            }
            kept += line.len();
        }
        if kept < bytes.len() {
            storage.cut(kept as u64)?;
        }
        Ok((Self { storage, is_failed: false }, commands))
    }

    /// Makes commands durable.
    ///
    /// # Errors
    /// When the storage fails, now or before.
    pub fn append(&mut self, commands: &[Command]) -> Result<(), LogError> {
        if self.is_failed {
            return Err(LogError::Failed);
        }
        if commands.is_empty() {
            return Ok(());
        }
        let lines: String = commands.iter().map(line).collect();
        self.is_failed = true;
        self.storage.append(lines.as_bytes())?;
        self.is_failed = false;
        Ok(())
    }
}

fn line(command: &Command) -> String {
    let line = Line {
        t: command.time_ns,
        m: command.method.name().to_owned(),
        p: command.path.clone(),
        a: command.account,
        q: command.params.clone(),
    };
    let text = serde_json::to_string(&line).expect("text and numbers become JSON");
    format!("{:08x} {text}\n", crc32c::crc32c(text.as_bytes()))
}

fn parse(line: &[u8]) -> Option<Command> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (checksum, text) = text.split_once(' ')?;
    if u32::from_str_radix(checksum, 16).ok()? != crc32c::crc32c(text.as_bytes()) || checksum.len() != 8 {
        return None;
    }
    let line: Line = serde_json::from_str(text).ok()?;
    let method = Method::parse(&line.m)?;
    Some(Command { time_ns: line.t, method, path: line.p, account: line.a, params: line.q })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that keeps what is in it and fails when told to.
    #[derive(Default)]
    struct Memory {
        bytes: Vec<u8>,
        is_broken: bool,
    }

    impl Storage for &mut Memory {
        fn read(&mut self) -> std::io::Result<Vec<u8>> {
            Ok(self.bytes.clone())
        }

        fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
            self.bytes.truncate(usize::try_from(bytes).expect("small"));
            Ok(())
        }

        fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            if self.is_broken {
                return Err(std::io::Error::other("no space"));
            }
            self.bytes.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn command(time_ns: u64) -> Command {
        let params = vec![("symbol".to_owned(), "BTC\"USDT\n".to_owned())];
        Command { time_ns, method: Method::Post, path: "/api/v3/order".to_owned(), account: 1, params }
    }

    fn written() -> Vec<u8> {
        let mut memory = Memory::default();
        let (mut log, _) = Log::open(&mut memory).expect("opens");
        log.append(&[command(1), command(2)]).expect("appends");
        log.append(&[command(3)]).expect("appends");
        memory.bytes
    }

    #[test]
    fn cut_at_any_byte_the_whole_lines_before_remain() {
        let whole = written();
        for length in 0..=whole.len() {
            let mut memory = Memory { bytes: whole[..length].to_vec(), is_broken: false };
            let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
            let (mut log, commands) = Log::open(&mut memory).expect("a torn end is no damage");
            assert_eq!(commands, (1..=lines as u64).map(command).collect::<Vec<_>>(), "cut at {length}");
            log.append(&[command(9)]).expect("appends");
            let (_, again) = Log::open(&mut memory).expect("opens again");
            assert_eq!(again.len(), lines + 1, "cut at {length}");
        }
    }

    #[test]
    fn a_flipped_bit_before_the_last_line_is_refused() {
        let whole = written();
        let second = whole.iter().position(|byte| *byte == b'\n').expect("lines") + 1;
        for at in 0..second - 1 {
            let mut memory = Memory { bytes: whole.clone(), is_broken: false };
            memory.bytes[at] ^= 1;
            assert!(matches!(Log::open(&mut memory), Err(LogError::Damaged(1))), "byte {at}");
        }
    }

    #[test]
    fn after_a_failed_write_nothing_is_taken() {
        let mut memory = Memory { bytes: Vec::new(), is_broken: true };
        let (mut log, _) = Log::open(&mut memory).expect("opens");
        assert!(matches!(log.append(&[command(1)]), Err(LogError::Storage(_))));
        assert!(matches!(log.append(&[command(1)]), Err(LogError::Failed)));
    }
}
