//! External intents: what may somebody outside want of a strategy of its own?
//!
//! In: a strategy, a reference that the sender chose, an intent; or canonical bytes. Out: the other of the two. Must never:
//! hold more than an intent may, or a wish to be called: there is nobody to call.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::canonical::{Read, Reader, Writer};
use crate::ids::StrategyId;
use crate::intent::{Curve, IntentKind, Schedule, WEIGHTS_MAX, put_intent, take_intent};

/// Longest reference in bytes: room for a UUID and a prefix.
pub const REFERENCE_BYTES_MAX: usize = 64;

/// An intent that comes from outside the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIntent {
    /// Whose it is: a strategy without a component.
    pub strategy: StrategyId,
    /// The sender's name for it: 1 to [`REFERENCE_BYTES_MAX`] visible ASCII characters.
    pub reference: String,
    /// What is wanted.
    pub kind: IntentKind,
    /// Bytes of its note or profile, from the start.
    pub notes: Vec<u8>,
}

impl ExternalIntent {
    /// Canonical bytes.
    ///
    /// # Panics
    /// When the span of a note or a profile lies outside `notes`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u16(self.strategy.0);
        w.text(&self.reference);
        put_intent(&mut w, self.kind, &self.notes);
        w.into_bytes()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`DecodeError`](crate::canonical::DecodeError) when they are cut off, or are nothing that may come from outside.
    pub fn take(r: &mut Reader<'_>) -> Read<ExternalIntent> {
        let strategy = StrategyId(r.u16()?);
        let reference = r.text()?.to_string();
        if !is_reference(&reference) {
            return Err(r.invalid("reference"));
        }
        let mut notes = Vec::new();
        let kind = take_intent(r, &mut notes)?;
        let is_too_long = |schedule: &Schedule| match schedule.curve {
            Curve::Profile(span) => span.len as usize > 2 * WEIGHTS_MAX || !span.len.is_multiple_of(2),
            Curve::Even(_) | Curve::Volume { .. } => false,
        };
        match &kind {
            IntentKind::WakeAt(_) => Err(r.invalid("intent from outside")),
            IntentKind::Schedule(schedule) if is_too_long(schedule) => Err(r.invalid("weights of a schedule")),
            IntentKind::Submit(_)
            | IntentKind::Cancel(_)
            | IntentKind::Amend(_)
            | IntentKind::CancelAll(_)
            | IntentKind::Flatten(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_) => Ok(ExternalIntent { strategy, reference, kind, notes }),
        }
    }
}

/// True for what may be a reference.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::ids::{InstrumentId, IntentId, TimeNs};
    use crate::instrument::Side;
    use crate::intent::{NoteSpan, Submit};
    use crate::money::{Price, Qty};

    fn of(kind: IntentKind, notes: &[u8]) -> ExternalIntent {
        ExternalIntent { strategy: StrategyId(2), reference: "agent-7".to_string(), kind, notes: notes.to_vec() }
    }

    fn read(bytes: &[u8]) -> Option<ExternalIntent> {
        Reader::whole(bytes, ExternalIntent::take).ok()
    }

    #[test]
    fn what_is_wanted_comes_back_from_its_bytes_and_no_shorter_bytes_are_read() {
        let span = NoteSpan { start: 0, len: 2 };
        let order = Submit::limit(InstrumentId(1), Side::Buy, Qty(5), Price(100));
        let all = [
            of(IntentKind::Submit(order), b""),
            of(IntentKind::Cancel(IntentId(1)), b""),
            of(IntentKind::CancelAll(None), b""),
            of(IntentKind::Flatten(Some(InstrumentId(1))), b""),
            of(IntentKind::Note(span), b"hi"),
        ];
        for intent in all {
            let bytes = intent.encode();
            assert_eq!(read(&bytes).as_ref(), Some(&intent));
            assert!((0..bytes.len()).all(|end| read(&bytes[..end]).is_none()), "{intent:?}");
            assert_eq!(read(&[&bytes[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn nobody_outside_is_woken_and_a_reference_has_its_bounds() {
        assert_eq!(read(&of(IntentKind::WakeAt(TimeNs(1)), b"").encode()), None);
        let named = |name: &str| ExternalIntent { reference: name.to_string(), ..of(IntentKind::CancelAll(None), b"") };
        let longest = "x".repeat(REFERENCE_BYTES_MAX);
        for (name, is_read) in [
            ("", false),
            ("a b", false),
            ("\u{e9}", false),
            (longest.as_str(), true),
            (&(longest.clone() + "x"), false),
        ] {
            assert_eq!(read(&named(name).encode()).is_some(), is_read, "{name}");
        }
        assert_eq!(read(&vec![0; 4096]), None);
    }
}
