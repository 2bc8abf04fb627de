//! Identities: which thing is meant?
//!
//! In: numbers declared in configuration or counted by the core. Out: one type per kind of identity, and the
//! client order id a venue sees. Must never: be derived from a clock, a random source or an address.

use core::fmt;

use crate::canonical::{Read, Reader, Writer};

/// Nanoseconds since the Unix epoch, event time (range to the year 2554). 0 stands for "not given" where a field says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeNs(pub u64);

impl TimeNs {
    /// Age in ns of `earlier` at this time; `None` when `earlier` is dated after it (an error, never age zero).
    #[must_use]
    pub fn age_of(self, earlier: TimeNs) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    /// The next midnight UTC, after this time; held at the end of the range.
    #[must_use]
    pub fn next_midnight(self) -> TimeNs {
        const DAY_NS: u64 = 86_400_000_000_000;
        TimeNs((self.0 / DAY_NS).saturating_add(1).saturating_mul(DAY_NS))
    }

    /// This time plus `ns`, held at the end of the range.
    #[must_use]
    pub fn plus(self, ns: u64) -> TimeNs {
        TimeNs(self.0.saturating_add(ns))
    }
}

/// Number of an event in the stream, from 1, without gaps. 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// Index of an instrument, from 1 in order of configuration; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u32);

impl InstrumentId {
    /// "No instrument" in events that concern none.
    pub const NONE: InstrumentId = InstrumentId(0);
}

/// A venue declared in configuration, from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueId(pub u16);

/// An account at a venue, from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u16);

/// A strategy slot, from 1; 0 is `external`: fills and orders without an owner here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrategyId(pub u16);

impl StrategyId {
    /// Owner of orders and fills that no strategy of this host caused.
    pub const EXTERNAL: StrategyId = StrategyId(0);
    /// Largest id: three base-32 digits of a client order id.
    pub const MAX: StrategyId = StrategyId(0x7fff);
}

/// Counts one strategy's intents from 1 (at most 45 bits: nine base-32 digits of a client order id).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub u64);

impl IntentId {
    /// Largest intent number a client order id can carry.
    pub const MAX: IntentId = IntentId((1 << 45) - 1);

    /// Number `count` (from 1) of the intents that the host makes for a strategy: an operator's flatten, the kill switch.
    /// They have a range of their own, so that a strategy's own numbers have no gaps.
    #[must_use]
    pub const fn of_host(count: u64) -> IntentId {
        IntentId(HOST_INTENTS + count)
    }

    /// True for an intent that the host made.
    #[must_use]
    pub const fn is_of_host(self) -> bool {
        self.0 > HOST_INTENTS
    }

    /// Whether this intent may cancel or change orders of `other`, of the same strategy: what the host placed is the host's.
    #[must_use]
    pub const fn may_touch(self, other: IntentId) -> bool {
        self.is_of_host() || !other.is_of_host()
    }
}

/// The host's intents are numbered from here: the upper half of what a client order id can carry.
const HOST_INTENTS: u64 = 1 << 44;

/// Its number; `h1` for the host's first.
impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_of_host() { write!(f, "h{}", self.0 - HOST_INTENTS) } else { write!(f, "{}", self.0) }
    }
}

/// Leg of an intent: 0 for the intent itself, from 1 for children it was split into (at most 15 bits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u16);

impl LegId {
    /// Largest leg number a client order id can carry.
    pub const MAX: LegId = LegId((1 << 15) - 1);
}

/// A currency declared in configuration, from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyId(pub u32);

/// A name declared in configuration (counterparty, signal, source), from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// Index into the append-only blob table handed to `step`, from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub u32);

impl BlobId {
    /// No bytes.
    pub const NONE: BlobId = BlobId(0);
}

/// Identity of a run: in a backtest a hash over configuration and tapes, otherwise drawn once at the edge and recorded.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One leg of one intent of one strategy. An order has the key of the leg that was dispatched (invariant I1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegKey {
    /// Intent number within the strategy.
    pub intent: IntentId,
    /// Who emitted it.
    pub strategy: StrategyId,
    /// 0 = the intent itself.
    pub leg: LegId,
}

impl LegKey {
    /// Appends the canonical bytes: strategy, intent, leg.
    pub fn put(self, w: &mut Writer) {
        w.u16(self.strategy.0);
        w.u64(self.intent.0);
        w.u16(self.leg.0);
    }

    /// Reads what [`LegKey::put`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`](crate::canonical::DecodeError) when the bytes end inside it.
    pub fn take(r: &mut Reader<'_>) -> Read<LegKey> {
        let (strategy, intent, leg) = (StrategyId(r.u16()?), IntentId(r.u64()?), LegId(r.u16()?));
        Ok(LegKey { intent, strategy, leg })
    }
}

impl fmt::Display for LegKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.strategy.0, self.intent)?;
        if self.leg.0 == 0 { Ok(()) } else { write!(f, ".{}", self.leg.0) }
    }
}

/// Client order id: 25 lower-case base-32 characters from (session 10, strategy 3, intent 9, leg 3), unique for ever.
///
/// The digits are RFC 4648 base 32 in lower case; the session digits are the first 50 bits of the session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientOrderId([u8; ClientOrderId::LEN]);

impl ClientOrderId {
    /// Length in characters.
    pub const LEN: usize = 25;

    /// The id of `key` in `session`.
    #[must_use]
    pub fn new(session: SessionId, key: LegKey) -> ClientOrderId {
        let mut head = [0_u8; 8];
        head.copy_from_slice(&session.0[..8]);
        let session_bits = u64::from_be_bytes(head) >> 14;
        let mut text = [0_u8; Self::LEN];
        write_digits(&mut text[0..10], session_bits);
        write_digits(&mut text[10..13], u64::from(key.strategy.0));
        write_digits(&mut text[13..22], key.intent.0);
        write_digits(&mut text[22..25], u64::from(key.leg.0));
        ClientOrderId(text)
    }

    /// Reads an id back into the session's 50 bits and the leg it names; `None` when it is not one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<(u64, LegKey)> {
        let bytes = text.as_bytes();
        if bytes.len() != Self::LEN {
            return None;
        }
        let key = LegKey {
            strategy: StrategyId(u16::try_from(read_digits(&bytes[10..13])?).ok()?),
            intent: IntentId(read_digits(&bytes[13..22])?),
            leg: LegId(u16::try_from(read_digits(&bytes[22..25])?).ok()?),
        };
        Some((read_digits(&bytes[0..10])?, key))
    }

    /// The text as sent to a venue.
    ///
    /// # Panics
    /// Never: the alphabet is ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn write_digits(out: &mut [u8], value: u64) {
    let mut rest = value;
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[usize::from((rest & 31) as u8)];
        rest >>= 5;
    }
    assert!(rest == 0, "value {value} does not fit its digits of a client order id");
}

fn read_digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        Some(value << 5 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(strategy: u16, intent: u64, leg: u16) -> LegKey {
        LegKey { strategy: StrategyId(strategy), intent: IntentId(intent), leg: LegId(leg) }
    }

    #[test]
    fn client_order_id_round_trips_at_both_ends_of_every_field() {
        let session = SessionId([0xff; 16]);
        for want in [key(0, 0, 0), key(1, 1, 0), key(0x7fff, (1 << 45) - 1, 0x7fff)] {
            let id = ClientOrderId::new(session, want);
            assert_eq!(ClientOrderId::parse(id.as_str()), Some(((1 << 50) - 1, want)));
        }
    }

    #[test]
    fn client_order_id_is_25_lower_case_characters() {
        let id = ClientOrderId::new(SessionId([0; 16]), key(1, 2, 3));
        assert_eq!(id.as_str(), "aaaaaaaaaaaabaaaaaaaacaad");
    }

    #[test]
    fn foreign_text_is_not_one_of_our_ids() {
        for text in ["", "AAAAAAAAAAAABAAAAAAAACAAD", "aaaaaaaaaaaabaaaaaaaacaa1", "aaaaaaaaaaaabaaaaaaaacaa"] {
            assert_eq!(ClientOrderId::parse(text), None, "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn an_intent_number_past_45_bits_is_refused_loudly() {
        let _id = ClientOrderId::new(SessionId([0; 16]), key(1, 1 << 45, 0));
    }
}
