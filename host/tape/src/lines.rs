//! Lines: where does a row end?
//!
//! In: bytes in pieces of any size. Out: one line after the other, without its end. Must never: hold more than one
//! buffer of [`BUFFER_BYTES`], depend on where a piece ends, or lose the last line when its end is missing.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

/// Longest line in bytes, without its line feed. The longest sensible row takes below 200.
pub const LINE_BYTES_MAX: usize = 4096;

/// Size of the buffer: large enough that moving a cut-off line to its front costs nothing, small enough for a cache.
const BUFFER_BYTES: usize = 128 * 1024;
const _: () = assert!(BUFFER_BYTES > 2 * LINE_BYTES_MAX, "a line and the next read fit the buffer");

/// One line, without its end.
pub(crate) struct Line<'a> {
    /// From 1.
    pub(crate) number: u64,
    pub(crate) text: &'a [u8],
}

/// Why there is no next line; with the number of the line that could not be completed.
#[derive(Debug)]
pub(crate) enum LineFault {
    /// The source failed.
    Source(u64, io::Error),
    /// The line is longer than [`LINE_BYTES_MAX`].
    TooLong(u64),
}

/// Lines of a source.
pub(crate) struct Lines {
    source: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    /// First byte not handed out.
    start: usize,
    /// End of the last whole line.
    whole: usize,
    /// End of what was read.
    end: usize,
    is_ended: bool,
    /// Of the line handed out last.
    number: u64,
}

impl Lines {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Lines {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Lines { source, buffer, start: 0, whole: 0, end: 0, is_ended: false, number: 0 }
    }

    /// The next line without its line feed, and without a carriage return before it; `None` at the end.
    ///
    /// After a fault the next call gives a fault again or the end; the caller keeps the first.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Line<'_>>, LineFault> {
        if self.start == self.whole && !self.refill()? {
            return Ok(None);
        }
        self.number += 1;
        let rest = &self.buffer[self.start..self.whole];
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        self.start = self.whole.min(self.start + length + 1);
        if length > LINE_BYTES_MAX {
            return Err(LineFault::TooLong(self.number));
        }
        let text = &rest[..length];
        Ok(Some(Line { number: self.number, text: text.strip_suffix(b"\r").unwrap_or(text) }))
    }

    /// Reads until at least one line is whole; false at the end.
    #[cold]
    fn refill(&mut self) -> Result<bool, LineFault> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.whole, self.end) = (0, 0, self.end - self.start);
        while !self.is_ended {
            if self.end > LINE_BYTES_MAX {
                return Err(LineFault::TooLong(self.number + 1));
            }
            let count = self.read()?;
            let read = &self.buffer[self.end..self.end + count];
            let line_end = memrchr(b'\n', read).map(|at| self.end + at + 1);
            self.end += count;
            if let Some(whole) = line_end {
                self.whole = whole;
                return Ok(true);
            }
            self.is_ended = count == 0;
        }
        self.whole = self.end;
        Ok(self.end > 0)
    }

    fn read(&mut self) -> Result<usize, LineFault> {
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LineFault::Source(self.number + 1, error)),
                Ok(count) => return Ok(count),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::input::tests::Dribble;

    fn render(text: &[u8], piece: usize) -> String {
        let mut lines = Lines::new(Box::new(Dribble::new(text, piece)));
        let mut out = String::new();
        loop {
            match lines.next() {
                Ok(None) => return out,
                Ok(Some(line)) if line.text.len() > 40 => {
                    out += &format!("{} {} bytes\n", line.number, line.text.len())
                }
                Ok(Some(line)) => out += &format!("{} [{}]\n", line.number, line.text.escape_ascii()),
                Err(LineFault::TooLong(number)) => return out + &format!("{number} too long\n"),
                Err(LineFault::Source(number, error)) => return out + &format!("{number} {error}\n"),
            }
        }
    }

    #[track_caller]
    fn check(text: &[u8], want: Expect) {
        let all_at_once = render(text, usize::MAX);
        want.assert_eq(&all_at_once);
        for piece in [1, 2, 3, 7, 4095, 4096, 4097] {
            assert_eq!(render(text, piece), all_at_once, "in pieces of {piece}");
        }
    }

    #[test]
    fn lines_end_with_a_line_feed_or_both_or_the_end() {
        check(
            b"a\nb\r\n\nc\r\r\nd\re\n\r\nlast",
            expect![[r"
            1 [a]
            2 [b]
            3 []
            4 [c\r]
            5 [d\re]
            6 []
            7 [last]
        "]],
        );
        check(b"", expect![""]);
        check(b"\n", expect!["1 []\n"]);
    }

    #[test]
    fn a_line_of_4096_bytes_passes_and_one_more_does_not() {
        let line = |length: usize, end: &str| ["x".repeat(length).as_bytes(), end.as_bytes()].concat();
        for end in ["\n", ""] {
            check(&line(4096, end), expect!["1 4096 bytes\n"]);
            check(&line(4097, end), expect!["1 too long\n"]);
        }
        check(&[line(1, "\n"), line(5000, "\n")].concat(), expect!["1 [x]\n2 too long\n"]);
        check(&line(300_000, ""), expect!["1 too long\n"]);
    }
}
