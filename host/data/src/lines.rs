//! Lines: where does a message end?
//!
//! In: any stream of bytes. Out: one line after the other, without its end. Must never: hold more than one line of at most
//! [`LINE_BYTES_MAX`].

use std::io::{BufRead, BufReader, Read};

use crate::error::DataError;
use crate::source::Place;

/// Longest line in bytes. A snapshot of a deep book takes a few MiB.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// Lines of a source.
pub(crate) struct Lines<R> {
    source: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    place: Place,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R, place: Place) -> Lines<R> {
        Lines { source: BufReader::with_capacity(128 * 1024, source), line: Vec::new(), number: 0, place }
    }

    /// The next line with its number from 1, without line feed and carriage return.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &[u8])>, DataError> {
        self.line.clear();
        let most = LINE_BYTES_MAX as u64 + 2;
        let read = self.source.by_ref().take(most).read_until(b'\n', &mut self.line);
        if read.map_err(|error| self.place.read(self.number, &error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.line.len() > LINE_BYTES_MAX {
            return Err(self.place.limit(self.number, format!("the line is longer than {LINE_BYTES_MAX} bytes")));
        }
        Ok(Some((self.number, &self.line)))
    }
}
