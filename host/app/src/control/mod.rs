//! Control: how does a running session come to its control surface?
//!
//! In: a configuration, the channel that a session takes facts from. Out: a desk that is served, an observer that shows the
//! session there, a service manager that is told. Must never: reach the session by any way but its facts.

mod board;
mod curve;
mod foreign;
mod lines;
mod log;
mod observer;
mod printer;
mod quarantine;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

#[cfg(feature = "venues")]
use ringfence_control::api::TailLine;
#[cfg(feature = "venues")]
use ringfence_control::desk::Weight;
use ringfence_control::desk::{Act, Arming, AtStop, Desk, Gone, Order, Sink, Start};
use ringfence_control::metrics::Metrics;
use ringfence_control::notify::Notifier;
use ringfence_control::server::{Server, ServerError};
use ringfence_core::event::{Mode, Report};
use ringfence_core::ids::SessionId;
use ringfence_session::pace::{Notice, NoticeKind};
use ringfence_session::script::Fact;
#[cfg(feature = "venues")]
use ringfence_venue::AlarmKind;

use crate::config::Loaded;
use crate::exit::{Failure, Fault};
use crate::output::diagnostic;
use crate::sessions::paper::Control;

pub(crate) use observer::Shower;
pub(crate) use printer::Printer;
use quarantine::Quarantine;

/// A session that can be reached, until this is dropped.
pub(crate) struct Surface {
    desk: Arc<Desk>,
    metrics: Arc<Metrics>,
    quarantine: Quarantine,
    _server: Server,
    _watchdog: Option<Watchdog>,
}

/// What a surface is opened for.
pub(crate) struct Opening<'a> {
    pub(crate) loaded: &'a Loaded,
    /// Path of a flag; goes before what is configured.
    pub(crate) socket: Option<&'a Path>,
    pub(crate) journal: Option<&'a Path>,
    pub(crate) mode: Mode,
    /// Takes orders to the session.
    pub(crate) sink: Box<dyn Sink>,
    /// What the watchdog looks at.
    pub(crate) control: Arc<Control>,
}

/// Name of the socket in the folder of a journal.
pub(crate) const SOCKET: &str = "ringfence.sock";
/// Longest path of a socket that systems take.
const SOCKET_PATH_MAX: usize = 107;

impl Surface {
    /// Opens it; `None` where nothing says where.
    ///
    /// # Errors
    /// A place that cannot be had, a token that cannot be read.
    pub(crate) fn open(opening: Opening<'_>) -> Result<Option<Surface>, Failure> {
        let Opening { loaded, socket, journal, mode, sink, control } = opening;
        let Some(socket) = place(loaded, socket, journal) else { return Ok(None) };
        let arming = Arming { people: settings::people(&loaded.control), is_armed: mode != Mode::Live };
        let at_stop = if mode == Mode::Live { AtStop::Suspends } else { AtStop::Closes };
        let start = Start { config: loaded.core.clone(), config_text: loaded.resolved(), arming, at_stop };
        let desk = Arc::new(Desk::new(start, sink));
        let metrics = Arc::new(Metrics::default());
        let settings = settings::settings(&loaded.control, socket)?;
        let server =
            Server::start(settings, (Arc::clone(&desk), Arc::clone(&metrics))).map_err(|error| refused(&error))?;
        diagnostic(format_args!("control: {}", server.socket().display()));
        if let Some(address) = server.tcp() {
            diagnostic(format_args!("control: http://{address}/ with a token"));
        }
        if let Some(address) = server.metrics() {
            diagnostic(format_args!("metrics: http://{address}/metrics with a token"));
        }
        let notifier = Notifier::of(&crate::secrets::process_environment);
        let watchdog = notifier.map(|notifier| Watchdog::start(notifier, control));
        Ok(Some(Surface { desk, metrics, quarantine: Quarantine::default(), _server: server, _watchdog: watchdog }))
    }

    /// Who shows the session here, and prints its log lines where there is a printer.
    ///
    /// # Errors
    /// A log file that cannot be opened.
    pub(crate) fn shower(
        &self,
        loaded: &Loaded,
        ids: (SessionId, Mode),
        (end, printer): (observer::Asked, Option<Printer>),
    ) -> Result<Shower, Failure> {
        let log = log::Log::open(loaded.control.log_file.as_deref(), printer)?;
        let shown = (Arc::clone(&self.desk), Arc::clone(&self.metrics), self.quarantine.clone());
        Ok(Shower::new(loaded, ids, shown, (log, end)))
    }

    /// Says something that is no event.
    pub(crate) fn tell(&self, name: &str, text: &str) {
        self.desk.tell(lines::told(name, text));
    }

    /// Takes note of what became of strategies.
    pub(crate) fn ear(&self) -> impl Fn(&Notice) + use<> {
        let (metrics, quarantine) = (Arc::clone(&self.metrics), self.quarantine.clone());
        move |notice| {
            quarantine.noticed(notice);
            metrics.noticed(notice.kind.code());
            if let NoticeKind::Swapped(_, ns) = notice.kind {
                metrics.swapped(ns);
            }
        }
    }

    /// Who shows alarms of venues here.
    #[cfg(feature = "venues")]
    pub(crate) fn listener(&self) -> crate::live::alarms::Listener {
        let (desk, metrics) = (Arc::clone(&self.desk), Arc::clone(&self.metrics));
        Box::new(move |venue, alarm| {
            metrics.alarm(venue, alarm.kind.code());
            if alarm.is_news {
                desk.alarm(venue, &alarm.text, weight(alarm.kind));
                if alarm.until.0 > 0 {
                    desk.hold(venue, &alarm.text, &crate::calendar::time_text(alarm.until.0));
                }
                let text = format!("venue {venue}: {}", alarm.text);
                desk.tell(TailLine { tone: "bad".to_owned(), ..lines::told("alarm", &text) });
            }
        })
    }

    /// The same for another thread.
    pub(crate) fn teller(&self) -> impl Fn(&str, &str) + Send + use<> {
        let desk = Arc::clone(&self.desk);
        move |name, text| desk.tell(lines::told(name, text))
    }
}

/// How much an alarm says about why a venue is down.
#[cfg(feature = "venues")]
const fn weight(kind: AlarmKind) -> Weight {
    match kind {
        AlarmKind::Setting => Weight::Refusal,
        AlarmKind::Connection | AlarmKind::Question | AlarmKind::Refused | AlarmKind::Order | AlarmKind::Book => {
            Weight::Symptom
        }
        AlarmKind::Credentials
        | AlarmKind::Banned
        | AlarmKind::RateLimit
        | AlarmKind::Clock
        | AlarmKind::Symbol
        | AlarmKind::Rules
        | AlarmKind::Account
        | AlarmKind::Message
        | AlarmKind::Countdown
        | AlarmKind::Emergency
        | AlarmKind::Gateway => Weight::Cause,
    }
}

/// What orders ask of a paper session beside its facts.
pub(crate) fn asked(control: Arc<Control>, reload: Arc<AtomicBool>) -> Box<dyn Fn(&Act)> {
    Box::new(move |act| match act {
        Act::Stop => control.end(),
        Act::Reload => reload.store(true, Ordering::Relaxed),
        Act::Record | Act::Event(_) | Act::External(_) | Act::Resume(_) => {}
    })
}

impl Drop for Surface {
    fn drop(&mut self) {
        self.desk.end();
    }
}

/// Where the socket is: as a flag says, as is configured, or beside the journal.
fn place(loaded: &Loaded, flag: Option<&Path>, journal: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = flag.map(Path::to_owned).or_else(|| loaded.control.socket.clone()) {
        return Some(named);
    }
    if let Some(beside) = journal.map(|folder| folder.join(SOCKET)) {
        if beside.as_os_str().len() <= SOCKET_PATH_MAX {
            return Some(beside);
        }
        diagnostic(format_args!(
            "note: no control surface, the path of the journal is too long for a socket in it; --control PATH names another place"
        ));
    }
    if loaded.control.tcp.or(loaded.control.metrics).is_some() {
        let own = format!("ringfence-{}.sock", std::process::id());
        return Some(std::env::temp_dir().join(own));
    }
    None
}

fn refused(error: &ServerError) -> Failure {
    let fault = Fault::new(format!("the control surface cannot be served: {error}"));
    match error {
        ServerError::InUse(_) | ServerError::NoSocket(_) => {
            Failure::Usage(fault.fixed_by("--control PATH names another place"))
        }
        ServerError::Socket { .. } | ServerError::Address { .. } | ServerError::Start(_) => Failure::Outside(fault),
    }
}

/// A session that takes facts between its rows.
pub(crate) struct Channel(Mutex<Sender<Fact>>);

impl Channel {
    pub(crate) fn new(facts: Sender<Fact>) -> Channel {
        Channel(Mutex::new(facts))
    }
}

impl Sink for Channel {
    fn send(&self, order: Order) -> Result<(), Gone> {
        let facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        facts.send(fact_of(order)).map_err(|_| Gone)
    }
}

/// What a session is told of an order: the command with its actor, and directly behind it what it leads to.
pub(crate) fn fact_of(order: Order) -> Fact {
    let instrument = order.instrument;
    let then = match order.act {
        Act::Record | Act::Reload | Act::Stop => None,
        Act::Event(kind) => Some(Fact::Report(Report { instrument, ..Report::control(kind) })),
        Act::External(intent) => Some(Fact::External(intent.encode())),
        Act::Resume(strategy) => Some(Fact::Resume(strategy)),
    };
    Fact::Commanded(order.text.into_bytes(), then.map(Box::new))
}

/// Tells the service manager that the session is alive, for as long as it is.
struct Watchdog {
    notifier: Arc<Notifier>,
    over: Arc<(Mutex<bool>, std::sync::Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    fn start(notifier: Notifier, control: Arc<Control>) -> Watchdog {
        let notifier = Arc::new(notifier);
        notifier.ready("the session runs");
        let over = Arc::new((Mutex::new(false), std::sync::Condvar::new()));
        let thread = notifier.watchdog_pause().and_then(|pause| {
            let (notifier, over) = (Arc::clone(&notifier), Arc::clone(&over));
            let work = move || watch(&notifier, &control, (pause, &over));
            std::thread::Builder::new().name("watchdog".to_owned()).spawn(work).ok()
        });
        Watchdog { notifier, over, thread }
    }
}

/// A session that does not look at its channel any more is not alive: whoever watches starts it again.
fn watch(notifier: &Notifier, control: &Control, (pause, over): (Duration, &(Mutex<bool>, std::sync::Condvar))) {
    let mut seen = 0;
    let mut is_over = over.0.lock().unwrap_or_else(PoisonError::into_inner);
    while !*is_over {
        let looks = control.looks();
        if looks != seen {
            notifier.alive();
        }
        seen = looks;
        (is_over, _) = over.1.wait_timeout(is_over, pause).unwrap_or_else(PoisonError::into_inner);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.notifier.stopping();
        *self.over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.1.notify_all();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
