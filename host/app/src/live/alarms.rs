//! Alarms: what does an operator hear of a venue, how often, and what is to be done?
//!
//! In: alarms of an adapter, settings that its venue refused. Out: lines on standard error, and the same to whoever shows the
//! session. Must never: say one thing again and again, or let a flood of alarms hide another kind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringfence_core::config::Config;
use ringfence_core::ids::{AccountId, InstrumentId};
use ringfence_venue::{Alarm, AlarmKind, Setting};

use super::checks::prefix;
use crate::config::Wire;
use crate::output::diagnostic;

/// Different texts of one kind that are said without a pause, and not said again.
const TEXTS_MAX: usize = 8;
/// Pause between further texts of one kind.
const PAUSE: Duration = Duration::from_secs(10);
/// Alarms that are kept until somebody shows them.
const EARLY_MAX: usize = 256;

/// Who is told of alarms beside standard error: the venue, the alarm, whether it was not said before.
pub(crate) type Listener = Box<dyn Fn(&str, &Alarm, bool) + Send>;

/// Where the alarms of all venues ring. What rings before anybody listens is kept.
#[derive(Default)]
pub(crate) struct Bell {
    inner: Mutex<Ringing>,
}

#[derive(Default)]
struct Ringing {
    listener: Option<Listener>,
    early: Vec<(String, Alarm, bool)>,
}

impl Bell {
    /// From now on this one listens.
    pub(crate) fn listen(&self, listener: Listener) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.early.drain(..).for_each(|(venue, alarm, is_news)| listener(&venue, &alarm, is_news));
        inner.listener = Some(listener);
    }

    fn ring(&self, venue: &str, alarm: &Alarm, is_news: bool) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match &inner.listener {
            Some(listener) => listener(venue, alarm, is_news),
            None if inner.early.len() < EARLY_MAX => inner.early.push((venue.to_owned(), alarm.clone(), is_news)),
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
        let text = format!("{}{}", alarm.text.trim_end_matches('.'), mend(alarm.kind, &self.prefix));
        let is_news = self.spoken.entry(alarm.kind).or_default().takes(&text, now());
        if is_news {
            diagnostic(format_args!("alarm: venue {}: {text}", self.venue));
        }
        self.bell.ring(&self.venue, &Alarm::new(alarm.kind, text), is_news);
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
    fn what_rings_before_anybody_listens_is_heard_later() {
        let (bell, heard) = (Bell::default(), Arc::new(Mutex::new(Vec::new())));
        bell.ring("A", &Alarm::new(AlarmKind::Book, "early"), true);
        let kept = Arc::clone(&heard);
        bell.listen(Box::new(move |venue, alarm, is_news| {
            kept.lock().expect("nobody panicked").push(format!("{venue} {} {is_news}", alarm.text));
        }));
        bell.ring("B", &Alarm::new(AlarmKind::Book, "late"), false);
        assert_eq!(*heard.lock().expect("nobody panicked"), ["A early true", "B late false"]);
    }
}
