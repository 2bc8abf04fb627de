//! Gate: is this approval genuine, unused and still valid now?
//!
//! In: an approval and the present circumstances. Out: a command for a venue, or a refusal with its code.
//! Must never: judge policy, or let anything pass that Risk did not approve under the configuration in force.

use alloc::boxed::Box;
use alloc::vec;

use crate::canonical::Writer;
use crate::decision::{Refusal, RefusalCode};
use crate::ids::{AccountId, ClientOrderId, LegKey, SessionId, VenueId};
use crate::intent::{Action, Env};
use crate::risk::approval::Voucher;
use crate::risk::{ApprovalKeys, ApprovedIntent};
use crate::router;
use crate::state::State;

/// Approvals remembered behind the newest one. A submit or amend that waited longer than this many newer ones is refused;
/// a new intent is then needed.
pub const REPLAY_WINDOW: u64 = 1 << 16;

/// What goes to a venue adapter. Only the gate makes one, from an approval it has checked.
///
/// ```compile_fail
/// let command = ringfence_core::gate::VenueCommand { key: todo!() }; // private fields
/// ```
#[must_use = "a command that is not sent leaves its order in SUBMITTED"]
#[derive(Debug)]
pub struct VenueCommand {
    key: LegKey,
    action: Action,
    venue: VenueId,
    account: AccountId,
    client_id: ClientOrderId,
    target_id: ClientOrderId,
    voucher: Voucher,
}

impl VenueCommand {
    /// The command of a checked approval, with what shows that it was approved.
    pub(crate) fn of(
        (approved, voucher): (&ApprovedIntent, Voucher),
        venue: VenueId,
        session: SessionId,
    ) -> VenueCommand {
        let target = approved.action().target().unwrap_or(approved.key());
        VenueCommand {
            key: approved.key(),
            action: *approved.action(),
            venue,
            account: approved.account(),
            client_id: ClientOrderId::new(session, approved.key()),
            target_id: ClientOrderId::new(session, target),
            voucher,
        }
    }

    /// Appends the approval it came from, for a [`Gateway`](crate::gateway::Gateway) in another process: the bytes that were
    /// signed, and the tag.
    pub fn put_sealed(&self, w: &mut Writer) {
        self.voucher.put((self.key, &self.action, self.account), w);
    }

    /// Leg this command carries out. For a submit this is the order's key; otherwise see [`VenueCommand::action`].
    #[must_use]
    pub fn key(&self) -> LegKey {
        self.key
    }

    /// What to do.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Where to.
    #[must_use]
    pub fn venue(&self) -> VenueId {
        self.venue
    }

    /// For which account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Client id of this leg, unique for ever.
    #[must_use]
    pub fn client_id(&self) -> &ClientOrderId {
        &self.client_id
    }

    /// Client id of the order concerned: the same for a submit, the order's for a cancel or amend.
    #[must_use]
    pub fn target_id(&self) -> &ClientOrderId {
        &self.target_id
    }
}

/// Checks approvals. Its only memory is which approval numbers were used.
#[derive(Debug)]
pub(crate) struct Gate {
    used: Window,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate { used: Window::new() }
    }

    /// Spends an approval.
    pub(crate) fn pass(
        &mut self,
        approved: &ApprovedIntent,
        state: &State,
        keys: &mut ApprovalKeys,
    ) -> Result<VenueCommand, Refusal> {
        let refuse = |code| Refusal { code, approved_at: approved.approved_at() };
        check_tag(approved, keys).map_err(refuse)?;
        check_circumstances(approved, state).map_err(refuse)?;
        let venue = router::route(state, approved.action()).ok_or(refuse(RefusalCode::Config))?;
        match (self.used.spend(approved.number()), approved.action()) {
            // A cancel sent again harms nobody, and one that waited for its venue must not be lost.
            (Spent::Once, _) | (Spent::Unknown, Action::Cancel(_)) => {}
            (Spent::Before, _) => return Err(refuse(RefusalCode::Replayed)),
            (Spent::Unknown, Action::Submit(_) | Action::Amend(_)) => return Err(refuse(RefusalCode::Overtaken)),
        }
        Ok(VenueCommand::of((approved, keys.voucher(approved)), venue, state.session()))
    }
}

pub(crate) fn check_tag(approved: &ApprovedIntent, keys: &mut ApprovalKeys) -> Result<(), RefusalCode> {
    match keys.verify(approved) {
        None => Err(RefusalCode::Key),
        Some(false) => Err(RefusalCode::Forged),
        Some(true) => Ok(()),
    }
}

/// A cancel passes whatever else changed: it can only lower exposure, and its approval does not expire.
fn check_circumstances(approved: &ApprovedIntent, state: &State) -> Result<(), RefusalCode> {
    if state.mode() != Some(approved.mode()) {
        return Err(RefusalCode::Mode);
    }
    let config = state.config();
    if config.map_or(Env::Dev, |config| config.env) != approved.env() {
        return Err(RefusalCode::Env);
    }
    let Some(age) = state.time().age_of(approved.approved_at()) else { return Err(RefusalCode::Future) };
    if state.account_of(approved.key(), approved.action()) != approved.account() {
        return Err(RefusalCode::Account);
    }
    let order = match approved.action() {
        Action::Cancel(_) => return Ok(()),
        Action::Submit(terms) => Some(terms),
        Action::Amend(_) => None,
    };
    if approved.config_hash() != state.config_hash() {
        return Err(RefusalCode::Config);
    }
    if age > config.map_or(0, |config| config.execution.approval_ttl_ns) {
        return Err(RefusalCode::Expired);
    }
    if !state.trading_is_enabled() || state.control.is_killed(approved.key(), order) {
        return Err(RefusalCode::Stopped);
    }
    Ok(())
}

/// Sliding window over approval numbers, as in IPsec's anti-replay (RFC 6479): one bit per number.
#[derive(Debug)]
pub(crate) struct Window {
    bits: Box<[u64]>,
    newest: u64,
}

impl Window {
    pub(crate) fn new() -> Window {
        Window { bits: vec![0; (REPLAY_WINDOW / 64) as usize].into_boxed_slice(), newest: 0 }
    }

    /// Spends a number.
    pub(crate) fn spend(&mut self, number: u64) -> Spent {
        if number == 0 {
            return Spent::Before;
        }
        if number.saturating_add(REPLAY_WINDOW) <= self.newest {
            return Spent::Unknown;
        }
        while self.newest < number {
            self.newest += 1;
            let (word, bit) = place(self.newest);
            self.bits[word] &= !bit;
            if number - self.newest > REPLAY_WINDOW {
                // Everything in between falls out of the window at once.
                self.bits.fill(0);
                self.newest = number - REPLAY_WINDOW;
            }
        }
        let (word, bit) = place(number);
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        if is_new { Spent::Once } else { Spent::Before }
    }
}

/// What is known of an approval number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It was spent now, for the first time.
    Once,
    /// It was spent before.
    Before,
    /// It lies behind the window.
    Unknown,
}

fn place(number: u64) -> (usize, u64) {
    let at = number % REPLAY_WINDOW;
    (usize::try_from(at / 64).expect("below the window"), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_spent_once_in_any_order_within_the_window() {
        let mut window = Window::new();
        for number in [5, 2, 9, 1, 3] {
            assert_eq!(window.spend(number), Spent::Once);
            assert_eq!(window.spend(number), Spent::Before);
        }
        assert_eq!(window.spend(0), Spent::Before);
    }

    #[test]
    fn the_oldest_number_in_the_window_passes_and_the_one_before_does_not() {
        let mut window = Window::new();
        assert_eq!(window.spend(REPLAY_WINDOW + 10), Spent::Once);
        assert_eq!(window.spend(11), Spent::Once);
        assert_eq!(window.spend(10), Spent::Unknown);
    }

    #[test]
    fn every_number_of_a_window_has_a_place_of_its_own() {
        let mut window = Window::new();
        assert_eq!(window.spend(REPLAY_WINDOW), Spent::Once);
        for number in 1..REPLAY_WINDOW {
            assert_eq!(window.spend(number), Spent::Once, "{number}");
        }
        for number in 1..=REPLAY_WINDOW {
            assert_eq!(window.spend(number), Spent::Before, "{number}");
        }
    }

    #[test]
    fn a_jump_of_many_windows_forgets_what_is_behind() {
        let mut window = Window::new();
        assert_eq!(window.spend(3), Spent::Once);
        let far = REPLAY_WINDOW * 7 + 3;
        assert_eq!(window.spend(far), Spent::Once);
        assert_eq!(window.spend(far), Spent::Before);
        assert_eq!(window.spend(far - REPLAY_WINDOW + 1), Spent::Once);
        assert_eq!(window.spend(far - REPLAY_WINDOW), Spent::Unknown);
    }
}
