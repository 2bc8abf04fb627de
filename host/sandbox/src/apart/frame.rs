//! Frames: how does the host listen to somebody hostile?
//!
//! In: a socket whose other end may do anything. Out: payloads of bounded length, in time, or what is wrong. Must never: hold
//! more than the caller expects, wait past the deadline, or read on after a fault.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::apart::message::LENGTH_BYTES;

/// Bytes read at once where nothing larger is expected.
const READ_BYTES: usize = 16 << 10;

/// How long one system call waits before the clock is looked at.
const WAIT: Duration = Duration::from_millis(20);

/// Why there is no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It says what no guest process says.
    Wrong(String),
    /// It was not done in time.
    Slow,
    /// It is not there any more.
    Gone,
}

/// When whoever waits has waited long enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// So many ns from now.
    pub(super) fn after(ns: u64) -> Deadline {
        Deadline(now().checked_add(Duration::from_nanos(ns)))
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|end| now() >= end)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the safety net by the clock; it ends a process and decides nothing else"
)]
fn now() -> Instant {
    Instant::now()
}

/// The host's end.
pub(super) struct Frames {
    peer: UnixStream,
    input: Vec<u8>,
    /// Of these bytes so many are filled, and so many of those were read.
    filled: usize,
    used: usize,
}

impl Frames {
    /// Takes a socket over.
    ///
    /// # Errors
    /// When the system sets no limit of time.
    pub(super) fn new(peer: UnixStream) -> io::Result<Frames> {
        peer.set_read_timeout(Some(WAIT))?;
        peer.set_write_timeout(Some(WAIT))?;
        Ok(Frames { peer, input: Vec::new(), filled: 0, used: 0 })
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// [`Broken`]: it spoke without being asked, does not listen, or is gone.
    pub(super) fn say(&mut self, frame: &[u8], deadline: Deadline) -> Result<(), Broken> {
        if self.used < self.filled {
            return Err(Broken::Wrong("it spoke without being asked".to_owned()));
        }
        let mut rest = frame;
        while !rest.is_empty() {
            match self.peer.write(rest) {
                Ok(0) => return Err(Broken::Gone),
                Ok(count) => rest = &rest[count..],
                Err(error) => go_on(&error, deadline)?,
            }
        }
        Ok(())
    }

    /// The next payload, of at most `most` bytes.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) fn next(&mut self, most: usize, deadline: Deadline) -> Result<&[u8], Broken> {
        self.input.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        self.fill(LENGTH_BYTES, deadline)?;
        let length = u32::from_le_bytes(self.input[..LENGTH_BYTES].try_into().expect("four bytes")) as usize;
        if length > most {
            return Err(Broken::Wrong(format!("it says something of {length} bytes, at most {most} are expected")));
        }
        let end = LENGTH_BYTES + length;
        self.fill(end, deadline)?;
        self.used = end;
        Ok(&self.input[LENGTH_BYTES..end])
    }

    fn fill(&mut self, least: usize, deadline: Deadline) -> Result<(), Broken> {
        let room = least.max(READ_BYTES);
        if self.input.len() < room {
            self.input.resize(room, 0);
        }
        while self.filled < least {
            match self.peer.read(&mut self.input[self.filled..]) {
                Ok(0) => return Err(Broken::Gone),
                Ok(count) => self.filled += count,
                Err(error) => go_on(&error, deadline)?,
            }
            // What comes in small pieces is never one that waited.
            if self.filled < least && deadline.is_over() {
                return Err(Broken::Slow);
            }
        }
        Ok(())
    }
}

fn go_on(error: &io::Error, deadline: Deadline) -> Result<(), Broken> {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    if !matches!(error.kind(), WouldBlock | TimedOut | Interrupted) {
        return Err(Broken::Gone);
    }
    if deadline.is_over() { Err(Broken::Slow) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the host makes of bytes that come at once, frame by frame, with at most 100 bytes each.
    fn heard(bytes: &[u8], frames: usize) -> Vec<Result<Vec<u8>, Broken>> {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        theirs.write_all(bytes).expect("written");
        let mut ours = Frames::new(ours).expect("it can be set");
        let soon = Deadline::after(50_000_000);
        let heard = (0..frames).map(|_| ours.next(100, soon).map(<[u8]>::to_vec)).collect();
        drop(theirs);
        heard
    }

    #[test]
    fn frames_are_told_apart_however_they_come() {
        assert_eq!(
            heard(b"\x02\0\0\0ab\0\0\0\0\x01\0\0\0c", 3),
            [Ok(b"ab".to_vec()), Ok(Vec::new()), Ok(b"c".to_vec())]
        );
    }

    #[test]
    fn a_length_above_what_is_expected_is_not_waited_for() {
        let wrong = |length: u32| {
            let said = format!("it says something of {length} bytes, at most 100 are expected");
            vec![Err(Broken::Wrong(said))]
        };
        assert_eq!(heard(&101_u32.to_le_bytes(), 1), wrong(101));
        assert_eq!(heard(&u32::MAX.to_le_bytes(), 1), wrong(u32::MAX));
    }

    #[test]
    fn silence_and_half_a_frame_end_with_the_deadline() {
        assert_eq!(heard(b"", 1), [Err(Broken::Slow)]);
        assert_eq!(heard(b"\x02\0", 1), [Err(Broken::Slow)]);
        assert_eq!(heard(b"\x02\0\0\0a", 1), [Err(Broken::Slow)]);
    }

    #[test]
    fn what_is_gone_is_not_waited_for() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut ours = Frames::new(ours).expect("it can be set");
        drop(theirs);
        let late = Deadline::after(u64::MAX);
        assert_eq!(ours.next(100, late).map(<[u8]>::to_vec), Err(Broken::Gone));
        assert_eq!(ours.say(b"x", late), Err(Broken::Gone));
    }

    #[test]
    fn what_was_said_unasked_is_noticed_before_the_next_word() {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        theirs.write_all(b"\x01\0\0\0a\x01\0\0\0b").expect("written");
        let mut ours = Frames::new(ours).expect("it can be set");
        let soon = Deadline::after(1_000_000_000);
        assert_eq!(ours.next(100, soon).map(<[u8]>::to_vec), Ok(b"a".to_vec()));
        assert_eq!(ours.say(b"x", soon), Err(Broken::Wrong("it spoke without being asked".to_owned())));
    }

    #[test]
    fn who_does_not_listen_is_not_waited_for_without_end() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut ours = Frames::new(ours).expect("it can be set");
        assert_eq!(ours.say(&vec![0; 16 << 20], Deadline::after(50_000_000)), Err(Broken::Slow));
        drop(theirs);
    }
}
