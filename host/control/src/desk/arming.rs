//! Arming: may orders go out, and who said so?
//!
//! In: actors who arm and disarm. Out: armed, or who else has to. Must never: take one person for two.

use super::Refused;

/// Who has to arm, and whether the session begins armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arming {
    /// People it takes.
    pub people: People,
    /// Whether it is armed from the start, as sessions are whose orders cannot leave the process.
    pub is_armed: bool,
}

/// How many people it takes to arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// One.
    One,
    /// Two different ones.
    Two,
}

#[derive(Debug)]
pub(super) struct State {
    people: People,
    is_armed: bool,
    first: Option<String>,
}

/// What arming came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Armed,
    /// A second person has to.
    Waits,
}

impl State {
    pub(super) fn new(arming: Arming) -> State {
        State { people: arming.people, is_armed: arming.is_armed, first: None }
    }

    pub(super) fn is_armed(&self) -> bool {
        self.is_armed
    }

    pub(super) fn shown(&self) -> (bool, Option<String>) {
        (self.is_armed, self.first.clone())
    }

    pub(super) fn arm(&mut self, actor: &str) -> Result<Step, Refused> {
        match (self.people, &self.first) {
            (People::Two, Some(first)) if first == actor => return Err(Refused::SamePerson(actor.to_owned())),
            (People::Two, None) if !self.is_armed => {
                self.first = Some(actor.to_owned());
                return Ok(Step::Waits);
            }
            (People::One | People::Two, _) => {}
        }
        (self.is_armed, self.first) = (true, None);
        Ok(Step::Armed)
    }

    pub(super) fn disarm(&mut self) {
        (self.is_armed, self.first) = (false, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disarmed(people: People) -> State {
        State::new(Arming { people, is_armed: false })
    }

    #[test]
    fn two_people_are_two_different_ones() {
        let mut state = disarmed(People::Two);
        assert_eq!(state.arm("ann"), Ok(Step::Waits));
        assert_eq!(state.shown(), (false, Some("ann".to_owned())));
        assert_eq!(state.arm("ann"), Err(Refused::SamePerson("ann".to_owned())));
        assert!(!state.is_armed());
        assert_eq!(state.arm("bob"), Ok(Step::Armed));
        assert_eq!(state.shown(), (true, None));
    }

    #[test]
    fn to_disarm_forgets_who_has_armed() {
        let mut state = disarmed(People::Two);
        assert_eq!(state.arm("ann"), Ok(Step::Waits));
        state.disarm();
        assert_eq!(state.arm("bob"), Ok(Step::Waits));
        assert_eq!(state.arm("ann"), Ok(Step::Armed));
    }

    #[test]
    fn one_is_enough_where_that_is_configured() {
        assert_eq!(disarmed(People::One).arm("ann"), Ok(Step::Armed));
    }
}
