//! Printed: which lines of what a guest writes are kept?
//!
//! In: bytes for stdout and stderr during one call. Out: lines fit for notes, few and short, and how much was dropped. Must
//! never: hold more than a handful of notes, or let a line look like something that the host says.
//!
//! A line ends with a newline or with the call. Each becomes a note of its own behind what the strategy emitted, with the
//! name of its stream before it; the last one tells what there was no room for.

use ringfence_core::intent::NOTE_BYTES_MAX;

/// Most lines one call keeps.
pub(super) const LINES_MAX: usize = 8;

/// Where something was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    const fn mark(self) -> &'static [u8] {
        match self {
            Stream::Stdout => b"stdout: ",
            Stream::Stderr => b"stderr: ",
        }
    }
}

/// Lines of one call.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// Each with the mark of its stream; the last of a stream may go on.
    lines: Vec<Line>,
    /// Bytes without room.
    dropped: u64,
}

#[derive(Debug)]
struct Line {
    stream: Stream,
    bytes: Vec<u8>,
    is_open: bool,
}

impl Printed {
    /// Takes what was written.
    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                Some(_) | None => (part, false),
            };
            self.part(stream, text, ends);
        }
    }

    /// Counts what was not even looked at.
    pub(super) fn drop_bytes(&mut self, bytes: u64) {
        self.dropped = self.dropped.saturating_add(bytes);
    }

    fn part(&mut self, stream: Stream, text: &[u8], ends: bool) {
        let is_open = |line: &Line| line.stream == stream && line.is_open;
        if !self.lines.iter().any(is_open) && self.lines.len() < LINES_MAX {
            self.lines.push(Line { stream, bytes: stream.mark().to_vec(), is_open: true });
        }
        let Some(line) = self.lines.iter_mut().find(|line| is_open(line)) else {
            return self.drop_bytes(text.len() as u64);
        };
        let room = NOTE_BYTES_MAX - line.bytes.len();
        let (kept, rest) = text.split_at(text.len().min(room));
        line.bytes.extend_from_slice(kept);
        line.is_open = !ends;
        self.drop_bytes(rest.len() as u64);
    }

    /// True when there is nothing to say: nearly every call.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0
    }

    /// The notes of this call, in order of their first byte. Bytes that are no UTF-8 are replaced.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.lines.iter().map(|line| fitting(&line.bytes)).collect();
        if self.dropped > 0 {
            notes.push(format!("printed: {} more bytes were dropped", self.dropped));
        }
        notes
    }

    /// Begins the next call.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.dropped = 0;
    }
}

/// As text of at most [`NOTE_BYTES_MAX`] bytes, cut between characters.
fn fitting(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let mut end = text.len().min(NOTE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(writes: &[(Stream, &[u8])], want: &[&str]) {
        let mut printed = Printed::default();
        for (stream, bytes) in writes {
            printed.write(*stream, bytes);
        }
        assert_eq!(printed.is_empty(), want.is_empty());
        assert_eq!(printed.notes(), want);
        printed.clear();
        assert!(printed.is_empty(), "a call begins with nothing");
    }

    use Stream::{Stderr, Stdout};

    #[test]
    fn a_line_is_a_note_and_may_come_in_pieces() {
        check(
            &[(Stdout, b"a"), (Stderr, b"x\n"), (Stdout, b"b\nc\n\n")],
            &["stdout: ab", "stderr: x", "stdout: c", "stdout: "],
        );
        check(&[(Stdout, b"no newline")], &["stdout: no newline"]);
        check(&[(Stdout, b"")], &[]);
    }

    #[test]
    fn lines_above_the_most_are_counted() {
        let many: Vec<u8> = (0..=LINES_MAX).flat_map(|_| b"xy\n".to_vec()).collect();
        let mut want = vec!["stdout: xy"; LINES_MAX];
        check(&[(Stdout, &many[..3 * LINES_MAX])], &want);
        want.push("printed: 2 more bytes were dropped");
        check(&[(Stdout, &many)], &want);
    }

    #[test]
    fn a_long_line_is_cut_at_the_length_of_a_note() {
        let room = NOTE_BYTES_MAX - 8;
        let exact = format!("stdout: {}", "x".repeat(room));
        check(&[(Stdout, &vec![b'x'; room])], &[&exact]);
        check(&[(Stdout, &vec![b'x'; room + 1])], &[&exact, "printed: 1 more bytes were dropped"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_still_fit() {
        check(&[(Stdout, b"a\xffb")], &["stdout: a\u{fffd}b"]);
        let mut printed = Printed::default();
        printed.write(Stdout, &[0xff; NOTE_BYTES_MAX]);
        assert!(printed.notes().iter().all(|note| note.len() <= NOTE_BYTES_MAX));
    }
}
