//! Gateway: may a command that comes from another process go on to its venue?
//!
//! In: sealed commands as bytes, the time by the clock of whoever sends to the venue. Out: the command, or a refusal with
//! its code. Must never: believe anything but the tag; within a process types keep an order that Risk did not allow from
//! being sent, across the border of one the tag does.
//!
//! A gateway knows no State. What it checks beside the tag follows from what it was started with, and its one memory is
//! which approvals it has let through. One that begins anew does not know that any more, and therefore takes no submit and
//! no amend that was approved before it began.

use alloc::vec::Vec;

use crate::blob::Sha256Hash;
use crate::canonical::DecodeError;
use crate::decision::RefusalCode;
use crate::event::Mode;
use crate::gate::{Spent, VenueCommand, Window, check_tag};
use crate::ids::{AccountId, LegKey, SessionId, TimeNs, VenueId};
use crate::intent::{Action, Env};
use crate::risk::approval::voucher;
use crate::risk::{ApprovalKeys, ApprovedIntent};

/// What a gateway stands for.
#[derive(Clone, Debug)]
pub struct Post {
    /// Session whose commands it takes; client ids follow from it.
    pub session: SessionId,
    /// Venue it sends to.
    pub venue: VenueId,
    /// Accounts there.
    pub accounts: Vec<AccountId>,
    /// Mode in which an approval has to be given.
    pub mode: Mode,
    /// Environment for which it has to be given.
    pub env: Env,
    /// Hash of the configuration under which it has to be given.
    pub config: Sha256Hash,
    /// Longest age of an approval, ns; the same for one that seems to come from the future, because the time of a session
    /// stands still where the clock goes back.
    pub ttl_ns: u64,
    /// When the gateway began.
    pub since: TimeNs,
}

/// Why a command does not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The bytes are no command.
    #[error("no command: {0}")]
    Unreadable(#[from] DecodeError),
    /// They are one, of this leg, that must not go on.
    #[error("{0}: {1}")]
    Not(LegKey, RefusalCode),
}

/// Checks what comes from another process.
#[derive(Debug)]
pub struct Gateway {
    post: Post,
    keys: ApprovalKeys,
    used: Window,
}

impl Gateway {
    /// A gateway that has let nothing through.
    #[must_use]
    pub fn new(post: Post, keys: ApprovalKeys) -> Gateway {
        Gateway { post, keys, used: Window::new() }
    }

    /// Spends the approval in these bytes, which [`VenueCommand::put_sealed`] wrote.
    ///
    /// # Errors
    /// [`Refused`]; nothing was spent.
    pub fn admit(&mut self, sealed: &[u8], now: TimeNs) -> Result<VenueCommand, Refused> {
        let approved = voucher::take(sealed)?;
        let refused = |code| Refused::Not(approved.key(), code);
        check_tag(&approved, &mut self.keys).map_err(refused)?;
        self.check_post(&approved, now).map_err(refused)?;
        match (self.used.spend(approved.number()), approved.action()) {
            (Spent::Once, _) | (Spent::Unknown, Action::Cancel(_)) => {}
            (Spent::Before, _) => return Err(refused(RefusalCode::Replayed)),
            (Spent::Unknown, Action::Submit(_) | Action::Amend(_)) => return Err(refused(RefusalCode::Overtaken)),
        }
        Ok(VenueCommand::of((&approved, approved.voucher()), self.post.venue, self.post.session))
    }

    /// As at the gate of the core, a cancel passes whatever else changed.
    fn check_post(&self, approved: &ApprovedIntent, now: TimeNs) -> Result<(), RefusalCode> {
        let Post { accounts, mode, env, config, ttl_ns, since, .. } = &self.post;
        if approved.mode() != *mode {
            return Err(RefusalCode::Mode);
        }
        if approved.env() != *env {
            return Err(RefusalCode::Env);
        }
        if !accounts.contains(&approved.account()) {
            return Err(RefusalCode::Account);
        }
        if matches!(approved.action(), Action::Cancel(_)) {
            return Ok(());
        }
        if approved.config_hash() != config {
            return Err(RefusalCode::Config);
        }
        let at = approved.approved_at();
        if now.0.saturating_sub(at.0) > *ttl_ns {
            return Err(RefusalCode::Expired);
        }
        if at.0.saturating_sub(now.0) > *ttl_ns {
            return Err(RefusalCode::Future);
        }
        if at < *since {
            return Err(RefusalCode::Overtaken);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
