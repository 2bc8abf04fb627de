//! Messages: what do a host and its guest process say to each other?
//!
//! In: bytes of one frame. Out: a message that borrows from them. Must never: take more from a frame than it holds, or
//! anything after a message's end.
//!
//! A frame is its length (4 bytes, little endian) and that many bytes. The host speaks first and is answered; while it waits
//! for the answer to a call, it may be asked. Bytes that belong to a version of the interface are opaque here.

use postcard::{take_from_bytes, to_extend};
use ringfence_core::ids::{IntentId, SessionId, TimeNs};
use ringfence_core::strategy::EmitTerms;
use serde::{Deserialize, Serialize, Serializer};

/// Bytes of a frame's length.
pub(crate) const LENGTH_BYTES: usize = 4;

/// Bytes that are written in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// The first message of a host; a frame with nothing but machine code follows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begin<'a> {
    /// Which interface, as in the WIT files.
    pub(crate) version: &'a str,
    /// Number of the strategy.
    pub(crate) strategy: u16,
    /// Number of its profile.
    pub(crate) profile: u8,
    /// Bytes of all its memories.
    pub(crate) memory_bytes: u64,
    /// What `setup` is given.
    #[serde(borrow)]
    pub(crate) setup: Raw<'a>,
}

/// One call of `on-event`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CallTold<'a> {
    /// Fuel that it may use.
    pub(crate) given: u64,
    /// What emit is answered by: next number, warming up, intents, notes and wake-ups left.
    pub(crate) terms: (u64, bool, u32, u32, u32),
    /// What time it is, and in which session: for what a standard library asks.
    pub(crate) now: (u64, [u8; 16]),
    /// Event and context.
    #[serde(borrow)]
    pub(crate) event: Raw<'a>,
}

/// What a host says after [`Begin`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Told<'a> {
    /// Call the guest.
    #[serde(borrow)]
    Call(CallTold<'a>),
    /// The answer to a question, and its price; `None` where that is more than the call has left.
    Answer(u64, #[serde(borrow)] Option<Raw<'a>>),
    /// Call the guest with a batch: fuel, number of its next intent, words.
    Batch(u64, u64, #[serde(borrow)] Raw<'a>),
    /// Take a snapshot.
    Snapshot,
    /// Take a snapshot back.
    Restore(#[serde(borrow)] Raw<'a>),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done<'a> {
    /// Fuel used.
    pub(crate) fuel: u64,
    /// Bytes of all memories.
    pub(crate) memory_bytes: u64,
    /// Intents that were too many.
    pub(crate) cut: u64,
    /// What the guest wants, in order.
    #[serde(borrow)]
    pub(crate) wishes: Raw<'a>,
}

/// How an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Died<'a> {
    /// Number of a halt code.
    pub(crate) code: u8,
    /// Fuel used in the call.
    pub(crate) fuel: u64,
    /// Bytes of all memories.
    pub(crate) memory_bytes: u64,
    /// For people.
    pub(crate) text: &'a str,
}

/// What a guest process says. All of it is what somebody who owns that process wants the host to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Said<'a> {
    /// It is shut in, of this engine; which guards hold, as bits.
    Ready([u8; 32], u8),
    /// The guest is set up: what `setup` answered, whether it takes batches, bytes of its memories.
    SetUp(#[serde(borrow)] Raw<'a>, bool, u64),
    /// There is no instance: number of an admission code, what was found, what is expected, what to do.
    Refused(u8, &'a str, &'a str, &'a str),
    /// It cannot do its part.
    Failed(&'a str),
    /// The guest looks at something.
    Asks(#[serde(borrow)] Raw<'a>),
    /// A call ended well.
    Done(#[serde(borrow)] Done<'a>),
    /// A batch ended well, and so many of its events were handled.
    Handled(#[serde(borrow)] Done<'a>, u32),
    /// The instance is no more.
    Died(#[serde(borrow)] Died<'a>),
    /// A snapshot.
    Saved(#[serde(borrow)] Raw<'a>),
    /// A snapshot was taken back; otherwise the strategy's own word.
    Restored(Option<&'a str>),
    /// What it tried although it must not be able to: lines, how and what.
    Tried(&'a str),
}

impl Said<'_> {
    /// Its name, for people.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Said::Ready(..) => "ready",
            Said::SetUp(..) => "set-up",
            Said::Refused(..) => "refused",
            Said::Failed(_) => "failed",
            Said::Asks(_) => "asks",
            Said::Done(_) => "done",
            Said::Handled(..) => "handled",
            Said::Died(_) => "died",
            Said::Saved(_) => "saved",
            Said::Restored(_) => "restored",
            Said::Tried(_) => "tried",
        }
    }
}

impl CallTold<'_> {
    pub(crate) fn emit_terms(&self) -> EmitTerms {
        let (next, is_warming_up, intents, notes, wakes) = self.terms;
        EmitTerms { next: IntentId(next), is_warming_up, intents, notes, wakes }
    }

    pub(crate) fn now(&self) -> (TimeNs, SessionId) {
        (TimeNs(self.now.0), SessionId(self.now.1))
    }
}

/// Writes a frame in the place of what is there.
pub(crate) fn write_frame(message: &impl Serialize, frame: &mut Vec<u8>) {
    let mut bytes = std::mem::take(frame);
    bytes.clear();
    bytes.extend_from_slice(&[0; LENGTH_BYTES]);
    bytes = to_extend(message, bytes).expect("messages can always be written, and memory grows");
    seal(&mut bytes);
    *frame = bytes;
}

/// A frame that holds nothing but these bytes.
pub(crate) fn write_plain(plain: &[u8], frame: &mut Vec<u8>) {
    frame.clear();
    frame.extend_from_slice(&[0; LENGTH_BYTES]);
    frame.extend_from_slice(plain);
    seal(frame);
}

fn seal(frame: &mut [u8]) {
    let length = u32::try_from(frame.len() - LENGTH_BYTES).expect("code, snapshots and events are below 4 GiB");
    frame[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// Reads the message that fills a frame; `None` where it is none.
pub(crate) fn read<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Option<T> {
    match take_from_bytes(payload) {
        Ok((message, [])) => Some(message),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the message in these bytes is understood.
    fn understood(said: &Said<'_>) -> String {
        let mut frame = Vec::new();
        write_frame(said, &mut frame);
        let length = u32::from_le_bytes(frame[..LENGTH_BYTES].try_into().expect("four"));
        assert_eq!(length as usize, frame.len() - LENGTH_BYTES);
        format!("{:?}", read::<Said<'_>>(&frame[LENGTH_BYTES..]))
    }

    fn all() -> Vec<Said<'static>> {
        let done = Done { fuel: 7, memory_bytes: 65_536, cut: 2, wishes: Raw(b"wishes") };
        vec![
            Said::Ready([3; 32], 3),
            Said::SetUp(Raw(b"plan"), true, 65_536),
            Said::Refused(16, "found", "expected", "fix"),
            Said::Failed("why"),
            Said::Asks(Raw(b"question")),
            Said::Done(done),
            Said::Handled(done, 3),
            Said::Died(Died { code: 3, fuel: 1, memory_bytes: 0, text: "trap" }),
            Said::Saved(Raw(b"")),
            Said::Restored(None),
            Said::Restored(Some("no")),
            Said::Tried("stopped opening a file"),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for said in all() {
            assert_eq!(understood(&said), format!("Some({said:?})"));
        }
    }

    #[test]
    fn a_message_that_is_cut_off_or_longer_is_none() {
        for said in all() {
            let mut frame = Vec::new();
            write_frame(&said, &mut frame);
            let payload = &frame[LENGTH_BYTES..];
            for end in 0..payload.len() {
                assert_eq!(read::<Said<'_>>(&payload[..end]), None, "{said:?} up to {end}");
            }
            assert_eq!(read::<Said<'_>>(&[payload, b"!"].concat()), None, "{said:?}");
        }
        assert_eq!(read::<Said<'_>>(&[0xff; 40]), None);
    }

    #[test]
    fn a_length_inside_of_a_message_cannot_reach_out_of_it() {
        // `Saved` of 2^32 - 1 bytes, of which there are two.
        assert_eq!(read::<Said<'_>>(&[8, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]), None);
    }
}
