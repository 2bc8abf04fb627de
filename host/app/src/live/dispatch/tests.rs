//! Settings: which are sent again when a venue is up.

use ringfence_core::event::MarginMode;
use ringfence_venue::{Capabilities, Rates};

use super::*;

/// An adapter that notes what is set.
#[derive(Default)]
struct Notes(Vec<(u64, Setting)>);

impl VenueAdapter for Notes {
    fn venue(&self) -> VenueId {
        VenueId(1)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&mut self, command: VenueCommand) {
        panic!("nothing is sent: {}", command.key());
    }

    async fn send_emergency(&mut self, _cancel: EmergencyCancel) {}

    async fn ask(&mut self, _id: QueryId, _query: Query) {}

    async fn set(&mut self, id: QueryId, _place: (AccountId, InstrumentId), setting: Setting) {
        self.0.push((id.0, setting));
    }

    fn rates(&self) -> Rates {
        Rates::default()
    }

    async fn next(&mut self) -> Option<Said> {
        None
    }

    async fn close(&mut self) {}
}

const PLACE: (AccountId, InstrumentId) = (AccountId(1), InstrumentId(1));
const LEVERAGE: Setting = Setting::Leverage(500);
const MODE: Setting = Setting::MarginMode(MarginMode::Cross);

/// What is sent again after these answers to three settings.
fn again(answers: &[(u64, Answer)]) -> Vec<(u64, Setting)> {
    let wanted = [LEVERAGE, MODE, LEVERAGE].map(|setting| (PLACE, setting));
    let mut settings = Settings { open: (1..).map(QueryId).zip(wanted).collect() };
    for (id, answer) in answers {
        settings.answered(QueryId(*id), answer);
    }
    let mut notes = Notes::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(settings.again(&mut notes));
    notes.0
}

#[test]
fn what_a_venue_has_not_taken_is_sent_again_and_nothing_else() {
    assert_eq!(again(&[]), [(1, LEVERAGE), (2, MODE), (3, LEVERAGE)], "nobody answered");
    let refused = Answer::Failed("no".to_owned());
    assert_eq!(again(&[(1, Answer::Complete), (2, refused), (3, Answer::NotOffered)]), [(2, MODE)]);
    assert_eq!(again(&[(1, Answer::Complete), (2, Answer::Complete), (3, Answer::Complete)]), []);
}

#[test]
fn a_refused_setting_is_told_with_whose_it_is_each_time() {
    let mut settings = Settings { open: BTreeMap::from([(QueryId(1), (PLACE, LEVERAGE))]) };
    let refused = Answer::Failed("no".to_owned());
    assert_eq!(settings.answered(QueryId(1), &refused), Some((PLACE, LEVERAGE)));
    assert_eq!(settings.answered(QueryId(1), &refused), Some((PLACE, LEVERAGE)));
    assert_eq!(settings.answered(QueryId(1), &Answer::Complete), Some((PLACE, LEVERAGE)));
    assert_eq!(settings.answered(QueryId(1), &refused), None, "it was taken");
    assert_eq!(settings.answered(QueryId(2), &refused), None, "a question is no setting");
}
