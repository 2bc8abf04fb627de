//! What one side writes the other reads, and nothing else is a message.

use proptest::prelude::*;
use ringfence_core::decision::RefusalCode;
use ringfence_core::event::{CancelReason, Cause, EventKind, KillLevel};
use ringfence_core::ids::{IntentId, LegId, StrategyId};
use ringfence_core::money::Qty;

use super::*;

const SESSION: SessionId = SessionId([7; 16]);
const KEY: LegKey = LegKey { intent: IntentId(9), strategy: StrategyId(2), leg: LegId(1) };

fn told() -> Vec<Told> {
    let (account, instrument) = (AccountId(3), InstrumentId(4));
    let place = (VenueId(1), account);
    let client_id = ClientOrderId::new(SESSION, KEY);
    let queries = [
        Query::OpenOrders(account),
        Query::Order { account, instrument, key: KEY, client_id, sent_ago_ns: 7 },
        Query::FillsSince { account, instrument, since: TimeNs(5) },
        Query::Positions(account),
        Query::Balances(account),
        Query::Margin { account, instrument },
        Query::Instruments,
        Query::Time,
    ];
    let cancels = [
        EmergencyCancel::account(place.0, place.1),
        EmergencyCancel::instrument(place, instrument),
        EmergencyCancel::order(place, SESSION, (KEY, instrument)),
    ];
    let settings = MarginMode::ALL.iter().map(|mode| Setting::MarginMode(*mode)).chain([Setting::Leverage(500)]);
    let mut all = vec![Told::Send(vec![1, 2, 3]), Told::Send(Vec::new()), Told::Close];
    all.extend(queries.map(|query| Told::Ask(QueryId(1), query)));
    all.extend(cancels.map(Told::Emergency));
    all.extend(settings.map(|setting| Told::Set(QueryId(1 << 62), (account, instrument), setting)));
    all
}

fn heard() -> Vec<Heard> {
    let canceled = Report {
        venue_time: TimeNs(8),
        cause: Cause::leg(KEY),
        instrument: InstrumentId(4),
        venue: VenueId(1),
        account: AccountId(3),
        kind: EventKind::OrderCanceled(KEY, Qty(5), CancelReason::Asked),
    };
    let answers = [Answer::Complete, Answer::NotOffered, Answer::Failed("HTTP 503".to_owned())];
    let mut all = vec![
        Heard::Ready(Capabilities { amend: true, dead_man: true, ..Capabilities::default() }),
        Heard::NotReady("API_KEY is missing".to_owned()),
        Heard::Report(canceled),
        Heard::Report(Report::control(EventKind::KillSwitch(KillLevel::L2, StrategyId(0)))),
        Heard::Rates(Rates { used: 1, limit: 2, reserve: 3, held_until: TimeNs(4) }),
    ];
    let alarms = AlarmKind::ALL.iter().map(|kind| Heard::Alarm(Alarm::new(*kind, "key is refused").over_in(9)));
    all.extend(alarms);
    all.extend(answers.map(|answer| Heard::Answered(QueryId(6), answer)));
    all.extend(RefusalCode::ALL.iter().map(|code| Heard::Refused(KEY, *code)));
    all
}

#[test]
fn what_is_written_is_read() {
    for message in told() {
        assert_eq!(Told::take(&message.bytes(), SESSION), Ok(message));
    }
    for message in heard() {
        assert_eq!(Heard::take(&message.bytes()), Ok(message));
    }
}

#[test]
fn no_message_is_shorter_or_longer_than_it_is() {
    for message in told().into_iter().filter(|message| !matches!(message, Told::Send(_))) {
        let bytes = message.bytes();
        assert!(Told::take(&[&bytes[..], &[0]].concat(), SESSION).is_err(), "{message:?}");
        assert!((0..bytes.len()).all(|end| Told::take(&bytes[..end], SESSION).is_err()), "{message:?}");
    }
    for message in heard() {
        let bytes = message.bytes();
        assert!(Heard::take(&[&bytes[..], &[0]].concat()).is_err(), "{message:?}");
        assert!((0..bytes.len()).all(|end| Heard::take(&bytes[..end]).is_err()), "{message:?}");
    }
}

#[test]
fn a_text_that_is_too_long_is_cut_where_a_letter_ends() {
    let long = "ä".repeat(10_000);
    let Ok(Heard::NotReady(text)) = Heard::take(&Heard::NotReady(long.clone()).bytes()) else { panic!("no message") };
    assert_eq!(text, long[..4096]);
}

#[test]
fn a_frame_that_is_too_long_is_neither_written_nor_read() {
    let mut out = Vec::new();
    write_frame(&mut out, &[1; FRAME_BYTES_MAX]).expect("as long as it may be");
    assert_eq!(read_frame(&mut &out[..]).expect("whole"), Some(vec![1; FRAME_BYTES_MAX]));
    assert!(write_frame(&mut Vec::new(), &[1; FRAME_BYTES_MAX + 1]).is_err());
    let length = u32::try_from(FRAME_BYTES_MAX + 1).expect("small").to_le_bytes();
    assert!(read_frame(&mut &length[..]).is_err());
    assert!(read_frame(&mut &out[..out.len() - 1]).is_err(), "cut off");
    assert!(read_frame(&mut &[][..]).expect("nothing").is_none());
}

proptest! {
    #[test]
    fn bytes_of_nobody_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = Told::take(&bytes, SESSION) {
            prop_assert_eq!(message.bytes(), &bytes[..]);
        }
        if let Ok(message) = Heard::take(&bytes) {
            prop_assert_eq!(message.bytes(), &bytes[..]);
        }
    }

    #[test]
    fn a_message_with_a_changed_byte_is_another_or_none(
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let messages = heard();
        let mut bytes = messages[which.index(messages.len())].bytes();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(message) = Heard::take(&bytes) {
            prop_assert_eq!(message.bytes(), bytes);
        }
    }
}
