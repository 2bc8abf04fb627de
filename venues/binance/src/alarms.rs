//! Alarms: which notices does an operator hear, and in which words?
//!
//! In: notices of the machine, the venue's names of instruments. Out: alarms. Must never: tell what an event tells already.

use std::collections::BTreeMap;

use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_venue::{Alarm, AlarmKind};

use crate::protocol::{Channel, Notice};

/// The venue's names of the session's instruments.
pub(crate) type Names = BTreeMap<InstrumentId, String>;

/// What an operator hears of a notice at a time of the machine; `None` where it is routine, or where an event says the same.
pub(crate) fn alarm(notice: &Notice, names: &Names, now: TimeNs) -> Option<Alarm> {
    let named = |instrument: &InstrumentId| names.get(instrument).map_or("?", String::as_str);
    let (kind, text) = match notice {
        Notice::Clock(_) | Notice::Replaced(_) | Notice::OutcomeUnknown(_) => return None,
        Notice::ClockRefused => (AlarmKind::Clock, "a time stamp of ours was refused".to_owned()),
        Notice::PresumedLost(order) => (AlarmKind::Order, format!("the venue does not have order {order}")),
        Notice::Overfill(order) => (AlarmKind::Order, format!("order {order} was filled beyond its quantity")),
        Notice::LateFill(order) => (AlarmKind::Order, format!("order {order} was filled after it had ended")),
        Notice::FillsMissing(order) => {
            (AlarmKind::Order, format!("more of order {order} is filled than its trades come to"))
        }
        Notice::ExternalOrder(_) => {
            (AlarmKind::Order, "an order that is not of this session is at the venue".to_owned())
        }
        Notice::UnknownAsset(asset) => {
            (AlarmKind::Account, format!("the account has {asset}, which is no currency of the session"))
        }
        Notice::Undecodable(why) => (AlarmKind::Message, format!("a message cannot be read: {why}")),
        Notice::Disconnected(channel) => (AlarmKind::Connection, format!("the {} was lost", stream(*channel))),
        Notice::Stalled(channel) => (AlarmKind::Connection, format!("the {} brings nothing", stream(*channel))),
        Notice::KeyExpired => (AlarmKind::Connection, "the key of the account's stream ended".to_owned()),
        Notice::Unreachable => (AlarmKind::Connection, "requests do not get through".to_owned()),
        Notice::BookGap(instrument) => {
            (AlarmKind::Book, format!("changes of the book of {} are missing", named(instrument)))
        }
        Notice::BookWrong(instrument) => {
            (AlarmKind::Book, format!("the book of {} contradicts itself", named(instrument)))
        }
        Notice::TooMany(until) => {
            let text = "requests were too many, and all but cancels wait";
            return Some(Alarm::new(AlarmKind::RateLimit, text).over_in(until.age_of(now).unwrap_or(0)));
        }
        Notice::Banned(until) => {
            let text = "this address is banned, and nothing is sent meanwhile";
            return Some(Alarm::new(AlarmKind::Banned, text).over_in(until.age_of(now).unwrap_or(0)));
        }
        Notice::Credentials(words) => (AlarmKind::Credentials, format!("key or signature is refused: {words}")),
        Notice::Hedged => {
            (AlarmKind::Account, "the account keeps long and short positions apart (hedge mode)".to_owned())
        }
        Notice::RulesDiffer(instrument, what) => {
            (AlarmKind::Rules, format!("{} is halted here: {what}", named(instrument)))
        }
        Notice::UnknownSymbol(instrument) => {
            (AlarmKind::Symbol, format!("it has no symbol {}, which takes no orders", named(instrument)))
        }
        Notice::Refused(_, words) => (AlarmKind::Refused, format!("an order was refused: {words}")),
        Notice::CountdownFailed(instrument) => {
            (AlarmKind::Countdown, format!("the countdown of {} could not be set", named(instrument)))
        }
        Notice::EmergencyFailed(words) => {
            (AlarmKind::Emergency, format!("an emergency cancel did not get through: {words}"))
        }
    };
    Some(Alarm::new(kind, text))
}

fn stream(channel: Channel) -> &'static str {
    match channel {
        Channel::Books => "stream of books and touches",
        Channel::Trades => "stream of trades and marks",
        Channel::User => "stream of the account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(notice: &Notice) -> String {
        let names = BTreeMap::from([(InstrumentId(1), "BTCUSDT".to_owned())]);
        alarm(notice, &names, TimeNs(0))
            .map_or_else(String::new, |alarm| format!("{}: {}", alarm.kind.code(), alarm.text))
    }

    #[test]
    fn what_an_operator_has_to_mend_is_named() {
        let id = InstrumentId(1);
        assert_eq!(
            text(&Notice::Credentials("Invalid API-key".into())),
            "credentials: key or signature is refused: Invalid API-key"
        );
        assert_eq!(text(&Notice::UnknownSymbol(id)), "symbol: it has no symbol BTCUSDT, which takes no orders");
        assert_eq!(
            text(&Notice::RulesDiffer(id, "lot 0.1 is no multiple of the venue's 0.2".into())),
            "rules: BTCUSDT is halted here: lot 0.1 is no multiple of the venue's 0.2"
        );
    }

    #[test]
    fn routine_and_what_events_tell_is_no_alarm_and_what_repeats_is_told_in_the_same_words() {
        assert_eq!(text(&Notice::Clock(-1_001)), "", "a clock without an origin is measured");
        assert_eq!(text(&Notice::Replaced(Channel::User)), "");
        assert_eq!(text(&Notice::Banned(TimeNs(1))), text(&Notice::Banned(TimeNs(2))));
    }

    #[test]
    fn a_ban_and_a_wait_say_how_long_they_last() {
        let left = |notice| alarm(&notice, &Names::new(), TimeNs(5)).expect("an alarm").left_ns;
        assert_eq!(left(Notice::Banned(TimeNs(12))), 7);
        assert_eq!(left(Notice::TooMany(TimeNs(13))), 8);
        assert_eq!(left(Notice::Banned(TimeNs(4))), 0, "it is over");
        assert_eq!(left(Notice::Unreachable), 0, "nobody knows when that ends");
    }
}
