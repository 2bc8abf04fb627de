//! Checks: may this process trade live?
//!
//! In: for each condition of live trading, whether it holds, found out at the edge. Out: a permit, or every condition that
//! does not hold. Must never: find out anything itself, or forget a condition: what was not looked at does not hold.
//!
//! Leverage and margin mode are not among them: they are set over the transport that a permit opens, and Risk denies every
//! order until the venue has confirmed them; see `D-LEVERAGE-NOT-REPORTED` and `D-MARGIN-MODE-NOT-REPORTED`.

use crate::adapter::LivePermit;

/// A condition of live trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The switch in the environment says `true`.
    Switch,
    /// The account at the venue is named.
    AccountId,
    /// Keys of the venue are there, from a place where secrets may lie.
    VenueKeys,
    /// The secret that approvals are signed with is there, and was not drawn for the session.
    ApprovalSecret,
    /// Every limit of Risk is written out; no named profile stands for them.
    NoProfile,
    /// Leverage and margin mode are configured for every instrument that has them, and asked for by Risk.
    Margin,
    /// Strategies that are unsigned or of third parties run in a process of their own.
    Isolation,
    /// A journal is written, and confirmed by the disk with every commit.
    Journal,
}

impl Condition {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Condition; 8] = [
        Condition::Switch,
        Condition::AccountId,
        Condition::VenueKeys,
        Condition::ApprovalSecret,
        Condition::NoProfile,
        Condition::Margin,
        Condition::Isolation,
        Condition::Journal,
    ];

    /// Stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Condition::Switch => "switch",
            Condition::AccountId => "account-id",
            Condition::VenueKeys => "venue-keys",
            Condition::ApprovalSecret => "approval-secret",
            Condition::NoProfile => "no-profile",
            Condition::Margin => "margin",
            Condition::Isolation => "isolation",
            Condition::Journal => "journal",
        }
    }
}

/// What was found out so far.
#[derive(Clone, Debug, Default)]
pub struct LiveChecks {
    found: Vec<(Condition, Result<(), String>)>,
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which.
    pub condition: Condition,
    /// Why, and what would mend it.
    pub detail: String,
}

impl LiveChecks {
    /// Nothing was found out yet.
    #[must_use]
    pub fn new() -> LiveChecks {
        LiveChecks::default()
    }

    /// Notes what was found out about a condition; where it is looked at more than once, all of it has to hold.
    pub fn found(&mut self, condition: Condition, found: Result<(), String>) {
        self.found.push((condition, found));
    }

    /// Every condition that does not hold, in order.
    #[must_use]
    pub fn unmet(&self) -> Vec<Unmet> {
        let mut unmet = Vec::new();
        for condition in Condition::ALL {
            let mut looks = self.found.iter().filter(|(looked_at, _)| *looked_at == condition).peekable();
            if looks.peek().is_none() {
                unmet.push(Unmet { condition, detail: "it was not looked at".to_owned() });
            }
            let failed = looks.filter_map(|(_, found)| found.as_ref().err());
            unmet.extend(failed.map(|detail| Unmet { condition, detail: detail.clone() }));
        }
        unmet
    }

    /// A permit, which opens one transport.
    ///
    /// # Errors
    /// Every condition that does not hold.
    pub fn permit(&self) -> Result<LivePermit, Vec<Unmet>> {
        let unmet = self.unmet();
        if unmet.is_empty() { Ok(LivePermit::granted()) } else { Err(unmet) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_but(left_out: Option<Condition>) -> LiveChecks {
        let mut checks = LiveChecks::new();
        Condition::ALL.into_iter().filter(|at| Some(*at) != left_out).for_each(|at| checks.found(at, Ok(())));
        checks
    }

    #[test]
    fn a_permit_needs_every_condition() {
        assert!(all_but(None).permit().is_ok());
        for condition in Condition::ALL {
            let unmet = all_but(Some(condition)).permit().expect_err("one was not looked at");
            assert_eq!(unmet, [Unmet { condition, detail: "it was not looked at".to_owned() }]);
            let mut checks = all_but(None);
            checks.found(condition, Err("no".to_owned()));
            let unmet = checks.permit().expect_err("one does not hold");
            assert_eq!(unmet, [Unmet { condition, detail: "no".to_owned() }], "{}", condition.code());
        }
    }

    #[test]
    fn conditions_have_names_of_their_own() {
        let mut names = Condition::ALL.map(Condition::code).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Condition::ALL.len());
    }
}
