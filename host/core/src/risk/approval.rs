//! Approvals: how does a "yes" of Risk reach the Gate without anybody being able to forge or reuse it?
//!
//! In: an allowed leg and the circumstances it was allowed in. Out: a move-only value with an HMAC-SHA256 tag, and the
//! check of that tag. Must never: be built outside Risk, be cloned, or show a key.
//!
//! The tag is HMAC-SHA256 (RFC 2104) over the canonical bytes of {key id, number, leg, action, account, mode,
//! environment, configuration hash, seq, event time}.

use hmac::Mac;

use crate::blob::Sha256Hash;
use crate::canonical::Writer;
use crate::event::Mode;
use crate::ids::{AccountId, LegKey, Seq, TimeNs};
use crate::intent::{Action, Env};
use crate::state::orders::put_terms;

/// An allowed leg. Only Risk makes one; it is spent by moving it through Queue and Gate.
///
/// ```compile_fail
/// fn twice(approved: ringfence_core::risk::ApprovedIntent) {
///     let _copy = approved.clone(); // an approval cannot be copied
/// }
/// ```
#[must_use = "an approval holds a reservation; it has to be queued"]
#[derive(Debug)]
pub struct ApprovedIntent {
    key: LegKey,
    action: Action,
    account: AccountId,
    key_id: KeyId,
    number: u64,
    mode: Mode,
    env: Env,
    config_hash: Sha256Hash,
    seq: Seq,
    approved_at: TimeNs,
    tag: [u8; 32],
}

impl ApprovedIntent {
    /// Leg that was allowed.
    #[must_use]
    pub fn key(&self) -> LegKey {
        self.key
    }

    /// What it asks of a venue.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Account it trades on.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Key it was signed with.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Number of the approval in its stream, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was allowed.
    #[must_use]
    pub fn approved_at(&self) -> TimeNs {
        self.approved_at
    }

    /// Tag, for the record.
    #[must_use]
    pub fn tag(&self) -> [u8; 32] {
        self.tag
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn env(&self) -> Env {
        self.env
    }

    pub(crate) fn config_hash(&self) -> &Sha256Hash {
        &self.config_hash
    }

    /// What is left of it once it was spent.
    pub(crate) fn voucher(&self) -> Voucher {
        let ApprovedIntent {
            key: _,
            action: _,
            account: _,
            key_id,
            number,
            mode,
            env,
            config_hash,
            seq,
            approved_at,
            tag,
        } = *self;
        Voucher { key_id, number, mode, env, config_hash, seq, approved_at, tag }
    }

    fn mac(&self, mut mac: HmacSha256, w: &mut Writer) -> HmacSha256 {
        w.clear();
        self.put(w);
        mac.update(w.bytes());
        mac
    }

    /// The bytes that are signed: everything but the tag.
    fn put(&self, w: &mut Writer) {
        w.u32(self.key_id.0);
        w.u64(self.number);
        self.key.put(w);
        put_action(&self.action, w);
        w.u16(self.account.0);
        w.u8(self.mode.number());
        w.u8(self.env.number());
        w.raw(&self.config_hash);
        w.u64(self.seq.0);
        w.u64(self.approved_at.0);
    }
}

/// Canonical bytes of an action.
pub(crate) fn put_action(action: &Action, w: &mut Writer) {
    match action {
        Action::Submit(terms) => {
            w.u8(1);
            put_terms(terms, w);
        }
        Action::Cancel(terms) => {
            w.u8(2);
            terms.order.put(w);
            w.u32(terms.instrument.0);
        }
        Action::Amend(terms) => {
            w.u8(3);
            terms.order.put(w);
            w.u32(terms.instrument.0);
            w.u8(terms.side.number());
            w.i64(terms.price.0);
            w.i64(terms.qty.0);
        }
    }
}

mod keys;
pub(crate) mod voucher;

use keys::HmacSha256;
pub use keys::{ApprovalKeys, KeyError, KeyId, SECRET_BYTES_MIN};
pub(crate) use voucher::Voucher;

#[cfg(test)]
mod tests;
