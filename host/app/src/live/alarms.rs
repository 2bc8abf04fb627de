//! Alarms: what does an operator hear of a venue, how often, and what is to be done?
//!
//! In: alarms of an adapter, settings that its venue refused. Out: lines on standard error, and the same to whoever shows the
//! session. Must never: say one thing again and again, or let a flood of alarms hide another kind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ringfence_core::config::Config;
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs};
use ringfence_venue::{Alarm, AlarmKind, Setting};

use super::checks::prefix;
use crate::calendar::time_text;
use crate::config::Wire;
use crate::output::diagnostic;

/// Different texts of one kind that are said without a pause, and not said again.
const TEXTS_MAX: usize = 8;
/// Pause between further texts of one kind.
const PAUSE: Duration = Duration::from_secs(10);
const NS_PER_S: u64 = 1_000_000_000;
/// Alarms that are kept until somebody shows them.
const EARLY_MAX: usize = 256;

/// Who is told of alarms beside standard error: the venue, and what rings.
pub(crate) type Listener = Box<dyn Fn(&str, &Rung) + Send>;

/// An alarm as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    /// What it is about.
    pub(crate) kind: AlarmKind,
    /// With what mends it, and until when it lasts.
    pub(crate) text: String,
    /// When it is over by itself; 0 = nobody knows.
    pub(crate) until: TimeNs,
    /// It was not said before.
    pub(crate) is_news: bool,
}

/// Where the alarms of all venues ring. What rings before anybody listens is kept.
#[derive(Default)]
pub(crate) struct Bell {
    inner: Mutex<Ringing>,
}

#[derive(Default)]
struct Ringing {
    listener: Option<Listener>,
    early: Vec<(String, Rung)>,
}

impl Bell {
    /// From now on this one listens.
    pub(crate) fn listen(&self, listener: Listener) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.early.drain(..).for_each(|(venue, rung)| listener(&venue, &rung));
        inner.listener = Some(listener);
    }

    fn ring(&self, venue: &str, rung: &Rung) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match &inner.listener {
            Some(listener) => listener(venue, rung),
            None if inner.early.len() < EARLY_MAX => inner.early.push((venue.to_owned(), rung.clone())),
            None => {}
        }
    }
}

/// The alarms of one venue.
pub(crate) struct Siren {
    venue: String,
    /// What names of its secrets begin with.
    prefix: String,
    symbols: BTreeMap<InstrumentId, String>,
    spoken: BTreeMap<AlarmKind, Spoken>,
    bell: Arc<Bell>,
}

/// What was said of one kind.
#[derive(Default)]
struct Spoken {
    texts: Vec<String>,
    last: Option<Instant>,
}

impl Siren {
    pub(crate) fn new(wire: &Wire, config: &Config, bell: &Arc<Bell>) -> Siren {
        let here = config.instruments.iter().filter(|instrument| instrument.venue == wire.venue);
        Siren {
            venue: wire.name.clone(),
            prefix: prefix(wire),
            symbols: here.map(|it| (it.id, config.symbol(it.id).to_owned())).collect(),
            spoken: BTreeMap::new(),
            bell: Arc::clone(bell),
        }
    }

    /// Says it, where it was not said since the venue was up last.
    pub(crate) fn raise(&mut self, alarm: &Alarm) {
        self.tell(alarm, wall());
    }

    /// The same at a time of the wall clock.
    fn tell(&mut self, alarm: &Alarm, time: TimeNs) {
        let until = if alarm.left_ns == 0 { TimeNs(0) } else { whole_seconds(time.plus(alarm.left_ns)) };
        let ends = if until.0 == 0 { String::new() } else { format!(" (until {})", time_text(until.0)) };
        let text = format!("{}{ends}{}", alarm.text.trim_end_matches('.'), mend(alarm.kind, &self.prefix));
        let is_news = self.spoken.entry(alarm.kind).or_default().takes(&text, now());
        if is_news {
            diagnostic(format_args!("alarm: venue {}: {text}", self.venue));
        }
        self.bell.ring(&self.venue, &Rung { kind: alarm.kind, text, until, is_news });
    }

    /// The venue refused a setting, in these words.
    pub(crate) fn refused(&mut self, (_, instrument): (AccountId, InstrumentId), setting: Setting, words: &str) {
        let symbol = self.symbols.get(&instrument).map_or("?", String::as_str);
        let what = match setting {
            Setting::Leverage(hundredths) => {
                format!("leverage {}.{:02}", hundredths / 100, hundredths % 100).trim_end_matches(".00").to_owned()
            }
            Setting::MarginMode(mode) => format!("margin mode {}", mode.code()),
        };
        self.raise(&Alarm::new(AlarmKind::Setting, format!("{what} of {symbol} is refused: {words}")));
    }

    /// The venue is up: what goes wrong from now on is said again. What it refused to set is asked of it again, too.
    pub(crate) fn is_up(&mut self) {
        self.spoken.clear();
    }
}

impl Spoken {
    /// True for a text that is to be said.
    fn takes(&mut self, text: &str, now: Instant) -> bool {
        let is_full = self.texts.len() >= TEXTS_MAX;
        let is_soon = self.last.is_some_and(|last| now.duration_since(last) < PAUSE);
        if self.texts.iter().any(|said| said == text) || (is_full && is_soon) {
            return false;
        }
        if is_full {
            self.texts.remove(0);
        }
        self.texts.push(text.to_owned());
        self.last = Some(now);
        true
    }
}

/// The end of the second that a time lies in.
fn whole_seconds(time: TimeNs) -> TimeNs {
    TimeNs(time.0.div_ceil(NS_PER_S).saturating_mul(NS_PER_S))
}

#[expect(clippy::disallowed_methods, reason = "people are told until when something lasts by the clock that they have")]
fn wall() -> TimeNs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    TimeNs(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// What an operator can do about it.
fn mend(kind: AlarmKind, prefix: &str) -> String {
    let text = match kind {
        AlarmKind::Credentials => {
            return format!(
                "; check {prefix}_API_KEY and {prefix}_API_SECRET, and that the key may trade from this address"
            );
        }
        AlarmKind::Banned => "; other programs at this address count too",
        AlarmKind::Clock => "; the venue's clock is measured again; NTP keeps this machine's steady",
        AlarmKind::Symbol => "; correct `symbol` in [[instruments]]",
        AlarmKind::Rules => "; correct tick, lot, price_scale and qty_scale in [[instruments]]",
        AlarmKind::Setting => "; orders there are denied until the venue reports what is configured",
        AlarmKind::Message => {
            "; where it names a scale, price_scale or qty_scale in [[instruments]] is not the venue's"
        }
        AlarmKind::RateLimit
        | AlarmKind::Connection
        | AlarmKind::Account
        | AlarmKind::Refused
        | AlarmKind::Order
        | AlarmKind::Book
        | AlarmKind::Countdown
        | AlarmKind::Emergency
        | AlarmKind::Gateway
        | AlarmKind::Question => "",
    };
    text.to_owned()
}

#[expect(clippy::disallowed_methods, reason = "how often a person is told something")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_once_and_a_flood_of_texts_is_cut() {
        let (mut spoken, begin) = (Spoken::default(), now());
        let at = |ms| begin + Duration::from_millis(ms);
        let said = |spoken: &mut Spoken, number: usize, ms| spoken.takes(&number.to_string(), at(ms));
        assert!((0..TEXTS_MAX).all(|number| said(&mut spoken, number, 0)));
        assert!((0..TEXTS_MAX).all(|number| !said(&mut spoken, number, 60_000)), "each once");
        assert!(!said(&mut spoken, 100, 9_999));
        assert!(said(&mut spoken, 100, 10_000));
        assert!(!said(&mut spoken, 101, 19_999));
        assert!(said(&mut spoken, 0, 20_000), "the oldest is forgotten");
    }

    #[test]
    fn a_ban_says_until_when_and_is_news_again_where_it_is_longer() {
        let (bell, heard) = (Arc::new(Bell::default()), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&heard);
        bell.listen(Box::new(move |_, rung| {
            kept.lock().expect("nobody panicked").push((rung.text.clone(), rung.until.0 / NS_PER_S, rung.is_news));
        }));
        let (venue, prefix) = ("A".to_owned(), "A".to_owned());
        let mut siren = Siren { venue, prefix, symbols: BTreeMap::new(), spoken: BTreeMap::new(), bell };
        let mut raise = |left: u64, now: u64| {
            siren.tell(&Alarm::new(AlarmKind::Banned, "banned").over_in(left), TimeNs(now));
        };
        raise(60 * NS_PER_S, 1);
        raise(59 * NS_PER_S, 2 * NS_PER_S);
        raise(60 * NS_PER_S, 2 * NS_PER_S);
        raise(0, 2 * NS_PER_S);
        let rest = "; other programs at this address count too";
        let said = |second: u64| format!("banned (until 1970-01-01T00:01:{second:02}Z){rest}");
        let forever = format!("banned{rest}");
        let want = [(said(1), 61, true), (said(1), 61, false), (said(2), 62, true), (forever, 0, true)];
        assert_eq!(*heard.lock().expect("nobody panicked"), want);
    }

    #[test]
    fn what_rings_before_anybody_listens_is_heard_later() {
        let (bell, heard) = (Bell::default(), Arc::new(Mutex::new(Vec::new())));
        let rung =
            |text: &str, is_news| Rung { kind: AlarmKind::Book, text: text.to_owned(), until: TimeNs(0), is_news };
        bell.ring("A", &rung("early", true));
        let kept = Arc::clone(&heard);
        bell.listen(Box::new(move |venue, rung| {
            kept.lock().expect("nobody panicked").push(format!("{venue} {} {}", rung.text, rung.is_news));
        }));
        bell.ring("B", &rung("late", false));
        assert_eq!(*heard.lock().expect("nobody panicked"), ["A early true", "B late false"]);
    }
}
