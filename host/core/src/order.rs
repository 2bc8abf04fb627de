//! Orders: which states does an order pass, and what may follow what?
//!
//! In: a state and what happened. Out: the next state, or "illegal". Must never: panic on what a venue says; an
//! illegal transition is recorded as an anomaly by Execution State.

use crate::coded_enum;
use crate::ids::{AccountId, LegKey, Seq, TimeNs};
use crate::intent::OrderTerms;
use crate::money::{Price, Qty};

coded_enum! {
    /// Life of an order; it begins at dispatch. Documented renderings: ACCEPTED = WORKING = NEW, CANCELED = CANCELLED.
    OrderState {
        /// Sent, not yet answered.
        Submitted = 1 "SUBMITTED",
        /// The venue has it.
        Accepted = 2 "ACCEPTED",
        /// Some of it is filled.
        PartiallyFilled = 3 "PARTIALLY_FILLED",
        /// A cancel is under way.
        PendingCancel = 4 "PENDING_CANCEL",
        /// An amend is under way.
        PendingAmend = 5 "PENDING_AMEND",
        /// Nobody knows; exposure is held until the venue proves otherwise.
        Unknown = 6 "UNKNOWN",
        /// Filled whole. Terminal.
        Filled = 7 "FILLED",
        /// Canceled. Terminal.
        Canceled = 8 "CANCELED",
        /// Rejected. Terminal.
        Rejected = 9 "REJECTED",
        /// Expired. Terminal.
        Expired = 10 "EXPIRED",
    }
}

coded_enum! {
    /// What can happen to an order.
    OrderInput {
        /// The venue accepted it.
        Accept = 1 "accept",
        /// The venue rejected it, or it could not be sent.
        Reject = 2 "reject",
        /// A fill that leaves something open.
        PartialFill = 3 "partial-fill",
        /// A fill that leaves nothing open.
        FullFill = 4 "full-fill",
        /// It was canceled.
        Cancel = 5 "cancel",
        /// A cancel was refused.
        CancelReject = 6 "cancel-reject",
        /// It was amended.
        Amend = 7 "amend",
        /// An amend was refused.
        AmendReject = 8 "amend-reject",
        /// It expired.
        Expire = 9 "expire",
        /// Nobody knows what became of the last command.
        OutcomeUnknown = 10 "outcome-unknown",
        /// A cancel was dispatched.
        CancelSent = 11 "cancel-sent",
        /// An amend was dispatched.
        AmendSent = 12 "amend-sent",
        /// A fill was declared void.
        Bust = 13 "bust",
    }
}

impl OrderState {
    /// True for states that absorb everything but late fills and busts (invariant I10).
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            OrderState::Filled | OrderState::Canceled | OrderState::Rejected | OrderState::Expired => true,
            OrderState::Submitted
            | OrderState::Accepted
            | OrderState::PartiallyFilled
            | OrderState::PendingCancel
            | OrderState::PendingAmend
            | OrderState::Unknown => false,
        }
    }

    /// True while a command for this order is on its way: no second one may be sent.
    #[must_use]
    pub const fn is_in_flight(self) -> bool {
        match self {
            OrderState::Submitted | OrderState::PendingCancel | OrderState::PendingAmend => true,
            OrderState::Accepted
            | OrderState::PartiallyFilled
            | OrderState::Unknown
            | OrderState::Filled
            | OrderState::Canceled
            | OrderState::Rejected
            | OrderState::Expired => false,
        }
    }
}

/// Answer of the transition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Goes to this state.
    To(OrderState),
    /// Stays, and that is in order (a duplicate or late statement that changes nothing).
    Stay,
    /// Back to working: accepted, or partially filled where something was filled.
    ToWorking,
    /// Stays terminal; the fill or bust is booked all the same (a late fill).
    Late,
    /// Cannot happen; an anomaly is recorded, the state stays.
    Illegal,
}

/// The whole table of order life: every state with every input. What depends on more than the state is in
/// `Order::after`, and an order with nothing left to fill and no amend under way is FILLED whatever the input.
///
/// Longer than a function should be, because it is a table.
///
/// Invariant: a terminal state answers `Stay`, `Late` or `Illegal`, never `To`.
#[must_use]
pub const fn transition(state: OrderState, input: OrderInput) -> Transition {
    use OrderInput as I;
    use OrderState as S;
    use Transition as T;
    match state {
        S::Submitted => match input {
            I::Accept => T::To(S::Accepted),
            I::Reject => T::To(S::Rejected),
            I::PartialFill => T::To(S::PartiallyFilled),
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::Expire => T::To(S::Expired),
            I::OutcomeUnknown => T::To(S::Unknown),
            I::CancelSent | I::AmendSent | I::CancelReject | I::Amend | I::AmendReject | I::Bust => T::Illegal,
        },
        S::Accepted => match input {
            I::Accept => T::Stay,
            I::PartialFill => T::To(S::PartiallyFilled),
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::Expire => T::To(S::Expired),
            I::Amend => T::Stay,
            I::CancelSent => T::To(S::PendingCancel),
            I::AmendSent => T::To(S::PendingAmend),
            I::OutcomeUnknown => T::To(S::Unknown),
            I::Reject | I::CancelReject | I::AmendReject | I::Bust => T::Illegal,
        },
        S::PartiallyFilled => match input {
            I::Accept => T::Stay,
            I::PartialFill => T::Stay,
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::Expire => T::To(S::Expired),
            I::Amend => T::Stay,
            I::CancelSent => T::To(S::PendingCancel),
            I::AmendSent => T::To(S::PendingAmend),
            I::OutcomeUnknown => T::To(S::Unknown),
            I::Bust => T::ToWorking,
            I::Reject | I::CancelReject | I::AmendReject => T::Illegal,
        },
        S::PendingCancel => match input {
            I::Accept => T::Stay,
            I::PartialFill => T::Stay,
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::CancelReject => T::ToWorking,
            I::Expire => T::To(S::Expired),
            I::OutcomeUnknown => T::To(S::Unknown),
            I::Bust => T::Stay,
            I::Amend => T::Stay,
            I::Reject => T::To(S::Rejected),
            I::AmendReject | I::CancelSent | I::AmendSent => T::Illegal,
        },
        S::PendingAmend => match input {
            I::Accept => T::Stay,
            I::PartialFill => T::Stay,
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::Amend => T::ToWorking,
            I::AmendReject => T::ToWorking,
            I::Expire => T::To(S::Expired),
            I::OutcomeUnknown => T::To(S::Unknown),
            I::Bust => T::Stay,
            I::Reject | I::CancelReject | I::CancelSent | I::AmendSent => T::Illegal,
        },
        S::Unknown => match input {
            I::Accept => T::ToWorking,
            I::Reject => T::To(S::Rejected),
            I::PartialFill => T::To(S::PartiallyFilled),
            I::FullFill => T::To(S::Filled),
            I::Cancel => T::To(S::Canceled),
            I::Expire => T::To(S::Expired),
            I::Amend => T::ToWorking,
            // A refusal says that a command was not carried out, and nothing about the order.
            I::CancelReject | I::AmendReject | I::OutcomeUnknown | I::Bust => T::Stay,
            I::CancelSent => T::To(S::PendingCancel),
            I::AmendSent => T::Illegal,
        },
        S::Filled => match input {
            I::PartialFill | I::FullFill | I::Bust => T::Late,
            I::Accept | I::CancelReject | I::AmendReject | I::OutcomeUnknown => T::Stay,
            I::Reject | I::Cancel | I::Amend | I::Expire | I::CancelSent | I::AmendSent => T::Illegal,
        },
        S::Canceled => match input {
            I::PartialFill | I::FullFill | I::Bust => T::Late,
            I::Accept | I::Cancel | I::CancelReject | I::AmendReject | I::OutcomeUnknown => T::Stay,
            I::Reject | I::Amend | I::Expire | I::CancelSent | I::AmendSent => T::Illegal,
        },
        S::Rejected => match input {
            I::PartialFill | I::FullFill | I::Bust => T::Late,
            I::Reject | I::CancelReject | I::AmendReject | I::OutcomeUnknown => T::Stay,
            I::Accept | I::Cancel | I::Amend | I::Expire | I::CancelSent | I::AmendSent => T::Illegal,
        },
        S::Expired => match input {
            I::PartialFill | I::FullFill | I::Bust => T::Late,
            I::Accept | I::Expire | I::CancelReject | I::AmendReject | I::OutcomeUnknown => T::Stay,
            I::Reject | I::Cancel | I::Amend | I::CancelSent | I::AmendSent => T::Illegal,
        },
    }
}

/// What an amend asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) price: Price,
    /// Total quantity, the filled part included.
    pub(crate) qty: Qty,
}

/// An order: what was sent to a venue for one leg of one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose it is.
    pub key: LegKey,
    /// Account it trades on.
    pub account: AccountId,
    /// What was asked for; quantity and price follow amendments.
    pub terms: OrderTerms,
    /// Where it stands.
    pub state: OrderState,
    /// Sum of fills; at most the quantity unless the venue overfilled (invariant I2).
    pub filled: Qty,
    /// Dispatch time.
    pub submitted_at: TimeNs,
    /// Quantity reserved for it: what is open, or more while an amend that raises it waits or is under way.
    pub reserved: Qty,
    /// True while a cancel is under way for an order of which nobody knows: without proof it goes back to UNKNOWN.
    pub(crate) is_doubtful: bool,
    /// Largest total quantity that an amend under way, or of unknown outcome, asks for; 0 = none.
    pub(crate) amend_sent: Qty,
    /// What the newest of those asks for.
    pub(crate) amend_asked: Option<Asked>,
    /// What the approved amend in the queue asks for.
    pub(crate) amend_queued: Option<Asked>,
    /// An approved cancel waits in the queue.
    pub(crate) cancel_waits: bool,
    /// Event that last changed it.
    pub changed_by: Seq,
}

impl Order {
    /// What can still be filled, at least 0.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        Qty((self.terms.qty.0 - self.filled.0).max(0))
    }

    /// What has to be reserved: everything that could still fill, whichever of its amends comes to pass.
    #[must_use]
    pub(crate) fn exposed(&self) -> Qty {
        if self.state.is_terminal() {
            return Qty(0);
        }
        let queued = self.amend_queued.map_or(Qty(0), |asked| asked.qty);
        Qty((self.largest().max(queued).0 - self.filled.0).max(0))
    }

    /// Largest quantity that the venue may hold it at: a fill can overtake the answer to an amend.
    #[must_use]
    pub(crate) fn largest(&self) -> Qty {
        self.terms.qty.max(self.amend_sent)
    }

    /// Price and quantity as its owner asked for them last, whether or not the venue has answered; `None` without a price.
    #[must_use]
    pub(crate) fn newest(&self) -> Option<Asked> {
        let (price, qty) = (self.terms.limit_price?, self.terms.qty);
        Some(self.amend_queued.or(self.amend_asked).unwrap_or(Asked { price, qty }))
    }

    /// True when the newest terms may not be those that the venue will have: the outcome of an amend was never told.
    #[must_use]
    pub(crate) fn has_lost_amend(&self) -> bool {
        self.amend_queued.is_none() && self.amend_asked.is_some() && self.state != OrderState::PendingAmend
    }

    /// Filled beyond everything that was asked for; 0 unless the venue overfilled.
    #[must_use]
    pub(crate) fn overfilled(&self) -> Qty {
        Qty((self.filled.0 - self.largest().0).max(0))
    }

    /// State after an input; `None` where it cannot happen.
    #[must_use]
    pub(crate) fn after(&self, input: OrderInput) -> Option<OrderState> {
        let is_late_answer = matches!(input, OrderInput::Amend | OrderInput::AmendReject) && self.amend_sent.0 > 0;
        match transition(self.state, input) {
            // What was filled was not rejected.
            Transition::To(OrderState::Rejected) if self.filled.0 > 0 => None,
            Transition::To(state) => Some(state),
            Transition::ToWorking if self.is_doubtful && input == OrderInput::CancelReject => Some(OrderState::Unknown),
            Transition::ToWorking => Some(self.working_state()),
            Transition::Stay | Transition::Late => Some(self.state),
            // The answer to an amend that other reports overtook: it changes the terms, not the state.
            Transition::Illegal if is_late_answer => Some(self.state),
            Transition::Illegal => None,
        }
    }

    /// Takes an input; false where it cannot happen, and then nothing changes.
    pub(crate) fn take(&mut self, input: OrderInput) -> bool {
        let Some(next) = self.after(input) else { return false };
        let is_proof = matches!(input, OrderInput::Accept | OrderInput::PartialFill | OrderInput::Amend);
        let was_doubtful = self.state == OrderState::Unknown || (self.is_doubtful && !is_proof);
        self.is_doubtful = next == OrderState::PendingCancel && was_doubtful;
        self.state = next;
        match input {
            OrderInput::AmendSent => self.send_amend(),
            OrderInput::Amend | OrderInput::AmendReject => self.settle_amends(),
            OrderInput::Accept
            | OrderInput::Reject
            | OrderInput::PartialFill
            | OrderInput::FullFill
            | OrderInput::Cancel
            | OrderInput::CancelReject
            | OrderInput::Expire
            | OrderInput::OutcomeUnknown
            | OrderInput::CancelSent
            | OrderInput::Bust => {}
        }
        self.end_when_filled();
        true
    }

    fn send_amend(&mut self) {
        if let Some(asked) = self.amend_queued.take() {
            // An earlier one may still come to pass, where its outcome was never told.
            self.amend_sent = asked.qty.max(self.amend_sent);
            self.amend_asked = Some(asked);
        }
    }

    /// What became of every amend that was sent is known.
    pub(crate) fn settle_amends(&mut self) {
        self.amend_sent = Qty(0);
        self.amend_asked = None;
    }

    /// Nothing is left to fill, and no amend can add to it: it is filled, whichever report came last.
    pub(crate) fn end_when_filled(&mut self) {
        if !self.state.is_terminal() && self.leaves().0 == 0 && self.amend_sent.0 == 0 {
            self.state = OrderState::Filled;
            self.is_doubtful = false;
        }
    }

    /// True while it is open and no cancel of it waits or is under way.
    #[must_use]
    pub(crate) fn can_be_canceled(&self) -> bool {
        !self.state.is_terminal() && self.state != OrderState::PendingCancel && !self.cancel_waits
    }

    /// The working state that the filled quantity implies.
    #[must_use]
    pub const fn working_state(&self) -> OrderState {
        if self.filled.0 > 0 { OrderState::PartiallyFilled } else { OrderState::Accepted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_absorb_all_but_late_fills_and_busts() {
        for state in OrderState::ALL.iter().filter(|state| state.is_terminal()) {
            for input in OrderInput::ALL {
                let next = transition(*state, *input);
                assert!(!matches!(next, Transition::To(_) | Transition::ToWorking), "{state} on {input}");
                let is_fill = matches!(input, OrderInput::PartialFill | OrderInput::FullFill | OrderInput::Bust);
                assert_eq!(next == Transition::Late, is_fill, "{state} on {input}");
            }
        }
    }

    #[test]
    fn a_fill_is_never_illegal() {
        for state in OrderState::ALL {
            for input in [OrderInput::PartialFill, OrderInput::FullFill] {
                assert_ne!(transition(*state, input), Transition::Illegal, "{state}");
            }
        }
    }

    #[test]
    fn no_second_command_is_sent_for_an_order_in_flight() {
        for state in OrderState::ALL.iter().filter(|state| state.is_in_flight()) {
            for input in [OrderInput::CancelSent, OrderInput::AmendSent] {
                assert_eq!(transition(*state, input), Transition::Illegal, "{state}");
            }
        }
    }

    #[test]
    fn every_live_state_can_reach_an_end() {
        for state in OrderState::ALL.iter().filter(|state| !state.is_terminal()) {
            assert_eq!(transition(*state, OrderInput::FullFill), Transition::To(OrderState::Filled));
            assert_eq!(transition(*state, OrderInput::Cancel), Transition::To(OrderState::Canceled));
        }
    }
}
