//! Line: how does a guest process speak with its host?
//!
//! In: what a guest looks at, frames of the host. Out: answers. Must never: go on after the line broke; without its host
//! this process has no purpose.

use std::fs::File;
use std::io::{self, Read, Write};

use wasmtime::format_err;

use crate::apart::message::{LENGTH_BYTES, Raw, Said, Told, read, write_frame};
use crate::bindings::Asked;

/// Bytes read at once where nothing larger is expected.
const READ_BYTES: usize = 64 << 10;

/// The guest process's end.
pub(crate) struct Line {
    host: File,
    input: Vec<u8>,
    /// Of these bytes so many are filled, and so many of those were read.
    filled: usize,
    used: usize,
    frame: Vec<u8>,
    question: Vec<u8>,
    answer: Vec<u8>,
}

impl Line {
    pub(crate) fn new(host: File) -> Line {
        let empty = Vec::new;
        Line { host, input: empty(), filled: 0, used: 0, frame: empty(), question: empty(), answer: empty() }
    }

    /// Says something.
    ///
    /// # Errors
    /// When the host is gone.
    pub(crate) fn say(&mut self, said: &Said<'_>) -> io::Result<()> {
        write_frame(said, &mut self.frame);
        self.host.write_all(&self.frame)
    }

    /// The payload of the next frame.
    ///
    /// # Errors
    /// When the host is gone: there is no other end of this process.
    pub(crate) fn next(&mut self) -> io::Result<&[u8]> {
        self.input.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        self.fill(LENGTH_BYTES)?;
        let length = u32::from_le_bytes(self.input[..LENGTH_BYTES].try_into().expect("four bytes"));
        let end = LENGTH_BYTES + length as usize;
        self.fill(end)?;
        self.used = end;
        Ok(&self.input[LENGTH_BYTES..end])
    }

    fn fill(&mut self, least: usize) -> io::Result<()> {
        if self.input.len() < least.max(READ_BYTES) {
            self.input.resize(least.max(READ_BYTES), 0);
        }
        while self.filled < least {
            match self.host.read(&mut self.input[self.filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.filled += count,
            }
        }
        Ok(())
    }

    /// Lets go of memory that one large frame took.
    pub(crate) fn shrink(&mut self) {
        if self.used == self.filled {
            self.input = Vec::new();
            (self.used, self.filled) = (0, 0);
        }
    }

    /// Writes the question that is asked next.
    pub(crate) fn question(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.question.clear();
        write(&mut self.question);
    }

    /// Asks it; the answer is [`Line::answer`].
    ///
    /// # Errors
    /// When the host is gone, or says something else.
    pub(crate) fn ask(&mut self) -> wasmtime::Result<Asked> {
        let question = std::mem::take(&mut self.question);
        self.say(&Said::Asks(Raw(&question)))?;
        self.question = question;
        let mut answer = std::mem::take(&mut self.answer);
        answer.clear();
        let asked = match read(self.next()?) {
            Some(Told::Answer(price, found)) => {
                answer.extend_from_slice(found.map_or(&[], |Raw(found)| found));
                Some(Asked { price, is_answered: found.is_some() })
            }
            Some(Told::Call(_) | Told::Batch(..) | Told::Snapshot | Told::Restore(_)) | None => None,
        };
        self.answer = answer;
        asked.ok_or_else(|| format_err!("the host gave no answer"))
    }

    /// The last answer.
    pub(crate) fn answer(&self) -> &[u8] {
        &self.answer
    }
}
