//! Approvals: how does a "yes" of Risk reach the Gate without anybody being able to forge or reuse it?
//!
//! In: an allowed leg and the circumstances it was allowed in. Out: a move-only value with an HMAC-SHA256 tag, and the
//! check of that tag. Must never: be built outside Risk, be cloned, or show a key.
//!
//! The tag is HMAC-SHA256 (RFC 2104) over the canonical bytes of {key id, number, leg, action, account, mode,
//! environment, configuration hash, seq, event time}.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::blob::Sha256Hash;
use crate::canonical::Writer;
use crate::event::Mode;
use crate::ids::{AccountId, LegKey, Seq, SessionId, TimeNs};
use crate::intent::{Action, Env};
use crate::state::State;
use crate::state::orders::{put_key, put_terms};

/// Shortest secret: the output length of the hash.
pub const SECRET_BYTES_MIN: usize = 32;

type HmacSha256 = Hmac<Sha256>;

/// Names a key; rotation is by adding one and making it the active one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub u32);

/// Keys that approvals are signed and checked with. `Debug` shows ids only.
pub struct ApprovalKeys {
    active: usize,
    keys: Vec<(KeyId, HmacSha256)>,
    /// Reused for the bytes that are signed.
    scratch: Writer,
}

/// A secret that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short to resist guessing.
    #[error("the approval secret has {0} bytes, at least {SECRET_BYTES_MIN} are needed")]
    TooShort(usize),
    /// The same id twice.
    #[error("approval key {0} is there already")]
    Duplicate(u32),
}

impl ApprovalKeys {
    /// One active key from a secret of at least [`SECRET_BYTES_MIN`] bytes.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn new(id: KeyId, secret: &[u8]) -> Result<ApprovalKeys, KeyError> {
        Ok(ApprovalKeys { active: 0, keys: alloc::vec![(id, mac(secret)?)], scratch: Writer::new() })
    }

    /// The key of a backtest or replay: derived from the session id, marked as simulation, useless elsewhere.
    ///
    /// # Panics
    /// Never: what the key is derived from is longer than the least.
    #[must_use]
    pub fn simulation(session: SessionId) -> ApprovalKeys {
        let mut w = Writer::new();
        w.text("ringfence simulation approval key, not a secret");
        w.raw(&session.0);
        ApprovalKeys::new(KeyId(0), w.bytes()).expect("the text alone is longer than the least")
    }

    /// Adds a key and signs with it from now on; older ones still verify.
    ///
    /// # Errors
    /// [`KeyError`] when the secret is too short or the id is taken.
    pub fn rotate(&mut self, id: KeyId, secret: &[u8]) -> Result<(), KeyError> {
        if self.keys.iter().any(|(known, _)| *known == id) {
            return Err(KeyError::Duplicate(id.0));
        }
        self.keys.push((id, mac(secret)?));
        self.active = self.keys.len() - 1;
        Ok(())
    }

    pub(crate) fn approve(
        &mut self,
        state: &State,
        (key, action, account): (LegKey, Action, AccountId),
    ) -> ApprovedIntent {
        let (key_id, mac) = &self.keys[self.active];
        let mut approved = ApprovedIntent {
            key,
            action,
            account,
            key_id: *key_id,
            number: state.approvals,
            mode: state.mode.unwrap_or(Mode::Backtest),
            env: state.config.as_ref().map_or(Env::Dev, |config| config.env),
            config_hash: state.config_hash,
            seq: state.seq,
            approved_at: state.time,
            tag: [0; 32],
        };
        let tag = approved.mac(mac.clone(), &mut self.scratch).finalize().into_bytes();
        approved.tag.copy_from_slice(&tag);
        approved
    }

    /// Checks a tag in constant time; `None` when the key is unknown.
    pub(crate) fn verify(&mut self, approved: &ApprovedIntent) -> Option<bool> {
        let (_, mac) = self.keys.iter().find(|(id, _)| *id == approved.key_id)?;
        Some(approved.mac(mac.clone(), &mut self.scratch).verify_slice(&approved.tag).is_ok())
    }
}

impl fmt::Debug for ApprovalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

fn mac(secret: &[u8]) -> Result<HmacSha256, KeyError> {
    if secret.len() < SECRET_BYTES_MIN {
        return Err(KeyError::TooShort(secret.len()));
    }
    Ok(HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length"))
}

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
        put_key(self.key, w);
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
            put_key(terms.order, w);
            w.u32(terms.instrument.0);
        }
        Action::Amend(terms) => {
            w.u8(3);
            put_key(terms.order, w);
            w.u32(terms.instrument.0);
            w.u8(terms.side.number());
            w.i64(terms.price.0);
            w.i64(terms.qty.0);
        }
    }
}

pub(crate) mod voucher;
pub(crate) use voucher::Voucher;

#[cfg(test)]
mod tests;
