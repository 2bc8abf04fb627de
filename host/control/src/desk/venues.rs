//! Venues: what stands in the way of orders at each venue?
//!
//! In: boards, alarms. Out: why a venue is down, and words for whoever arms, enables or kills. Must never: say of a venue that
//! it has done what it was only told.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Board;

/// Refused settings that are kept; they are in words of venues.
const REFUSED_MAX: usize = 64;

/// What alarms said of venues.
#[derive(Debug, Default)]
pub(super) struct Venues {
    /// Those that were down before.
    up: BTreeSet<String>,
    down: BTreeSet<String>,
    /// The last alarm of each venue since it was up last.
    reasons: BTreeMap<String, String>,
    /// Settings that a venue refused, and that may still be in the way.
    refused: BTreeSet<(String, String)>,
    /// What keeps requests back at a venue, up or down, and until when: as a time of a board is written.
    holds: BTreeMap<String, (String, String)>,
}

/// How much an alarm says about why a venue is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Something failed; what else was said explains more.
    Symptom,
    /// It may be why.
    Cause,
    /// The venue refused a setting without which orders are denied.
    Refusal,
}

impl Venues {
    /// An alarm of a venue.
    pub(super) fn alarmed(&mut self, venue: &str, text: &str, weight: Weight) {
        // While it is up, what was said before is over.
        let is_explained = self.reasons.contains_key(venue) && !self.up.contains(venue);
        match weight {
            Weight::Symptom if is_explained => {}
            Weight::Symptom | Weight::Cause => drop(self.reasons.insert(venue.to_owned(), text.to_owned())),
            Weight::Refusal if self.refused.len() >= REFUSED_MAX => {}
            Weight::Refusal => drop(self.refused.insert((venue.to_owned(), text.to_owned()))),
        }
    }

    /// What an alarm said keeps requests of a venue back until this time.
    pub(super) fn held(&mut self, venue: &str, text: &str, until: &str) {
        self.holds.insert(venue.to_owned(), (text.to_owned(), until.to_owned()));
    }

    /// Writes beside each venue that is down why it is, and forgets it once the venue is up; beside one that is up, what
    /// keeps requests back for a time.
    pub(super) fn explain(&mut self, board: &mut Board) {
        // Before its configuration a session knows nothing of its venues.
        if !board.config.bytes().any(|digit| digit != b'0') {
            return;
        }
        let Board { venues, time, .. } = board;
        self.holds.retain(|_, (_, until)| to_second(time) < to_second(until));
        for line in venues {
            if line.is_up {
                // A session that begins has not said of its venues yet that they are down.
                if self.down.remove(&line.name) {
                    self.reasons.remove(&line.name);
                    self.up.insert(line.name.clone());
                }
                line.why = self.holds.get(&line.name).map(|(text, _)| text.clone());
            } else {
                if self.up.remove(&line.name) {
                    // Settings that it refused are asked of it again once it is up.
                    self.refused.retain(|(venue, _)| *venue != line.name);
                }
                self.down.insert(line.name.clone());
                line.why = self.reasons.get(&line.name).cloned();
            }
        }
    }

    /// What is in the way of new orders, in words that follow others.
    pub(super) fn hindrances(&self) -> String {
        let down = self.down.iter().map(|venue| match self.reasons.get(venue) {
            Some(why) => format!("; venue {venue} is down and takes none until it is up and compared ({why})"),
            None => format!("; venue {venue} is down and takes none until it is up and compared"),
        });
        let refused = self.refused.iter().map(|(venue, text)| format!("; venue {venue}: {text}"));
        let holds = self.holds.iter().filter(|(venue, _)| !self.down.contains(*venue));
        let holds = holds.map(|(venue, (text, _))| format!("; venue {venue}: {text}"));
        down.chain(refused).chain(holds).collect()
    }

    /// Where cancels may not arrive, in words that follow others.
    pub(super) fn deaf(&self) -> String {
        self.down
            .iter()
            .map(|venue| format!("; venue {venue} is down: what rests there stays until it hears them"))
            .collect()
    }
}

/// A time without what is behind its seconds: such texts are in the order of the times.
fn to_second(time: &str) -> &str {
    time.get(.."2026-01-01T00:00:00".len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::VenueLine;

    fn shown(venues: &mut Venues, is_up: bool) -> Option<String> {
        let line = VenueLine { name: "V".to_owned(), is_up, why: None };
        let mut board = Board { venues: vec![line], config: "a1".to_owned(), ..Board::default() };
        venues.explain(&mut board);
        board.venues.remove(0).why
    }

    #[test]
    fn a_venue_that_is_down_has_the_last_reason_until_it_is_up() {
        let mut venues = Venues::default();
        assert_eq!(shown(&mut venues, false), None);
        venues.alarmed("V", "a question failed", Weight::Symptom);
        assert_eq!(shown(&mut venues, false).as_deref(), Some("a question failed"));
        venues.alarmed("V", "the key is wrong", Weight::Cause);
        venues.alarmed("V", "a question failed", Weight::Symptom);
        assert_eq!(shown(&mut venues, false).as_deref(), Some("the key is wrong"));
        assert_eq!(shown(&mut venues, true), None);
        assert_eq!(shown(&mut venues, false), None, "the next time has a reason of its own");
        // What is told while the venue still counts as up explains why it is down a moment later.
        assert_eq!(shown(&mut venues, true), None);
        venues.alarmed("V", "requests were too many", Weight::Cause);
        venues.alarmed("V", "the stream was lost", Weight::Symptom);
        assert_eq!(shown(&mut venues, true), None);
        assert_eq!(shown(&mut venues, false).as_deref(), Some("the stream was lost"));
    }

    #[test]
    fn what_keeps_requests_back_is_shown_until_then_whether_the_venue_is_up_or_not() {
        let mut venues = Venues::default();
        let mut shown = |time: &str, is_up| {
            let line = VenueLine { name: "V".to_owned(), is_up, why: None };
            let (time, config) = (time.to_owned(), "a1".to_owned());
            let mut board = Board { venues: vec![line], config, time, ..Board::default() };
            if time_is_first(&board) {
                venues.alarmed("V", "too many until 10:05", Weight::Cause);
                venues.held("V", "too many until 10:05", "2026-01-01T10:05:00Z");
            }
            venues.explain(&mut board);
            (board.venues.remove(0).why, venues.hindrances())
        };
        let told = Some("too many until 10:05".to_owned());
        assert_eq!(shown("2026-01-01T10:00:00Z", true), (told.clone(), "; venue V: too many until 10:05".to_owned()));
        assert_eq!(shown("2026-01-01T10:04:59.999Z", true).0, told);
        assert_eq!(shown("2026-01-01T10:05:00Z", true), (None, String::new()));
    }

    fn time_is_first(board: &Board) -> bool {
        board.time == "2026-01-01T10:00:00Z"
    }

    #[test]
    fn what_is_told_before_the_session_has_begun_is_kept() {
        let mut venues = Venues::default();
        venues.alarmed("V", "the key is wrong", Weight::Cause);
        let line = VenueLine { name: "V".to_owned(), ..VenueLine::default() };
        venues.explain(&mut Board { venues: vec![line], config: "0".repeat(64), ..Board::default() });
        assert_eq!(shown(&mut venues, true), None);
        venues.alarmed("V", "a question failed", Weight::Symptom);
        assert_eq!(shown(&mut venues, false).as_deref(), Some("the key is wrong"));
    }

    #[test]
    fn whoever_arms_hears_what_is_in_the_way() {
        let mut venues = Venues::default();
        shown(&mut venues, true);
        assert_eq!((venues.hindrances(), venues.deaf()), (String::new(), String::new()));
        venues.alarmed("V", "leverage 500 is refused", Weight::Refusal);
        shown(&mut venues, true);
        assert_eq!(venues.hindrances(), "; venue V: leverage 500 is refused");
        shown(&mut venues, false);
        assert_eq!(
            venues.hindrances(),
            "; venue V is down and takes none until it is up and compared; venue V: leverage 500 is refused"
        );
        assert_eq!(venues.deaf(), "; venue V is down: what rests there stays until it hears them");
    }
}
