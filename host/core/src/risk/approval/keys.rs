//! Keys: which secret signs approvals, and which ones check them?
//!
//! In: secrets, each under an id. Out: tags, and the check of tags in constant time. Must never: show a secret, or make a tag
//! that a gateway believes without the secret.
//!
//! A secret that is replaced has another id, and every approval is recorded with the id of its key. A record is therefore
//! executed again under the ids that it names. A key that is not here has a stand-in: its tags are compared with nothing, and no
//! gateway takes them. In the process that executes, which decided the same again, they stand for the key that is gone: a cancel
//! that waited then may still leave, signed anew for its gateway; orders may not, because a session goes on with trading
//! disabled.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{ApprovedIntent, Voucher};
use crate::canonical::Writer;
use crate::event::Mode;
use crate::ids::{AccountId, LegKey, SessionId};
use crate::intent::{Action, Env};
use crate::state::State;

/// Shortest secret: the output length of the hash.
pub const SECRET_BYTES_MIN: usize = 32;

/// Keys at a time, stand-ins included. A session has one a start, and a record is what a stranger wrote.
const KEYS_MAX: usize = 1_000;

pub(super) type HmacSha256 = Hmac<Sha256>;

/// Names a key: an approval is checked with the key of its id alone. 0 = that of a simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

impl KeyId {
    /// The id of a secret: the first 32 bits of its HMAC-SHA256 over a fixed text, 1 in place of 0. It says no more about the
    /// secret than a tag does, which is recorded beside it.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn of(secret: &[u8]) -> Result<KeyId, KeyError> {
        let mut mac = mac(secret)?;
        mac.update(b"ringfence approval key id");
        let bytes = mac.finalize().into_bytes();
        Ok(KeyId(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).max(1)))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Keys that approvals are signed and checked with. `Debug` shows ids only.
pub struct ApprovalKeys {
    active: usize,
    keys: Vec<Key>,
    /// Reused for the bytes that are signed.
    scratch: Writer,
}

struct Key {
    id: KeyId,
    mac: HmacSha256,
    is_stand_in: bool,
}

/// A secret that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short to resist guessing.
    #[error("the approval secret has {0} bytes, at least {SECRET_BYTES_MIN} are needed")]
    TooShort(usize),
}

impl ApprovalKeys {
    /// One active key from a secret of at least [`SECRET_BYTES_MIN`] bytes.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn new(id: KeyId, secret: &[u8]) -> Result<ApprovalKeys, KeyError> {
        let key = Key { id, mac: mac(secret)?, is_stand_in: false };
        Ok(ApprovalKeys { active: 0, keys: alloc::vec![key], scratch: Writer::new() })
    }

    /// One active key under the id of its secret.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn of_secret(secret: &[u8]) -> Result<ApprovalKeys, KeyError> {
        ApprovalKeys::new(KeyId::of(secret)?, secret)
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

    /// Adds a key that is owned and signs with it from now on; older ones still verify.
    #[cfg(test)]
    pub(crate) fn and_owned(&mut self, id: KeyId, secret: &[u8]) {
        self.keys.push(Key { id, mac: mac(secret).expect("long enough"), is_stand_in: false });
        self.active = self.keys.len() - 1;
    }

    /// Signs under `id` from now on, which is the key that a record names. Where that key is not here, one stands in for it;
    /// it is derived from the id and no secret. True when the key is here.
    pub(crate) fn sign_as_recorded(&mut self, id: KeyId) -> bool {
        let known = self.keys.iter().position(|known| known.id == id);
        if known.is_none() && self.keys.len() < KEYS_MAX {
            self.keys.push(Key { id, mac: stand_in(id), is_stand_in: true });
        }
        // A record of more keys than anybody has is executed under the last of them; its tags say nothing in any case.
        self.active = known.unwrap_or(self.keys.len() - 1);
        self.keys[self.active].id == id && !self.keys[self.active].is_stand_in
    }

    /// Signs with the last key that is owned from now on.
    pub(crate) fn sign_as_owned(&mut self) {
        self.active = self.keys.iter().rposition(|key| !key.is_stand_in).expect("stand-ins join a key that is owned");
    }

    pub(crate) fn approve(
        &mut self,
        state: &State,
        (key, action, account): (LegKey, Action, AccountId),
    ) -> ApprovedIntent {
        let Key { id, mac, .. } = &self.keys[self.active];
        let mut approved = ApprovedIntent {
            key,
            action,
            account,
            key_id: *id,
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

    /// What a command shows a gateway of an approval that the gate has checked. No gateway knows a key that is gone, so a cancel
    /// under its stand-in is signed with the present one: it can only lower exposure, and its number lets it pass once. A submit
    /// or an amend stays as it is, and no gateway takes it.
    pub(crate) fn voucher(&mut self, approved: &ApprovedIntent) -> Voucher {
        let present = &self.keys[self.active];
        let is_cancel = matches!(approved.action, Action::Cancel(_));
        let is_of_stand_in = || self.keys.iter().any(|key| key.id == approved.key_id && key.is_stand_in);
        if !is_cancel || present.id == approved.key_id || present.is_stand_in || !is_of_stand_in() {
            return approved.voucher();
        }
        let unsigned = Voucher { key_id: present.id, tag: [0; 32], ..approved.voucher() };
        let mac = present.mac.clone();
        unsigned.signed(mac, (approved.key, approved.action, approved.account), &mut self.scratch)
    }

    /// Checks a tag in constant time; `None` when the key is unknown.
    pub(crate) fn verify(&mut self, approved: &ApprovedIntent) -> Option<bool> {
        let known = self.keys.iter().find(|known| known.id == approved.key_id)?;
        Some(approved.mac(known.mac.clone(), &mut self.scratch).verify_slice(&approved.tag).is_ok())
    }
}

impl fmt::Debug for ApprovalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

fn mac(secret: &[u8]) -> Result<HmacSha256, KeyError> {
    if secret.len() < SECRET_BYTES_MIN {
        return Err(KeyError::TooShort(secret.len()));
    }
    Ok(HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length"))
}

fn stand_in(id: KeyId) -> HmacSha256 {
    let mut w = Writer::new();
    w.text("ringfence stand-in of an approval key, not a secret");
    w.u32(id.0);
    HmacSha256::new_from_slice(w.bytes()).expect("HMAC takes keys of any length")
}
