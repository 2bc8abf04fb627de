//! `ringfence run`: a session that runs by the clock.
//!
//! In: a configuration, a recorded market, or one that venues bring. Out: a session, its journal, results at the end. Must
//! never: send anything anywhere by itself; what live sends is [`outside`]'s to send.

#[cfg(feature = "venues")]
mod outside;
#[cfg(feature = "venues")]
mod unreached;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{Config, Lane};
use ringfence_core::event::Mode;
use ringfence_core::ids::SessionId;
use ringfence_core::risk::ApprovalKeys;
use ringfence_sandbox::Workshop;
use ringfence_session::backtest::Paced;
use ringfence_session::clock::Stopwatch;
use ringfence_session::observer::Observer;
use ringfence_session::pace::{Notice, NoticeKind};
use ringfence_session::script::Fact;
use ringfence_tape::Extent;

use crate::commands::backtest::{exit, print, signing_key};
use crate::commands::config::Source;
use crate::commands::data::{Columns, Model};
use crate::config::{Generated, Loaded, Purpose, Request, load};
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic};
use crate::progress::Line;
use crate::reload::{Files, Occasion, Reloader, Say, Task, When, absolute};
use crate::report::results::Shown;
use crate::sessions::backtest::{Identity, Order, prepare};
use crate::sessions::new_journal;
use crate::sessions::paper::{Control, Pacer, SPEEDS, Speed};
use crate::versions::{self, Downgrade};
use crate::{full, interrupt, secrets};

/// Run strategies on a market that comes by the clock: paper, shadow or live.
///
/// The market comes from the venues that name an adapter; in paper mode it can be a recorded tape instead, or generated from a
/// seed. Paper and shadow fill orders at the simulated venue; live sends them, once somebody has armed the session. Interrupt
/// it to end it: the journal is sealed then, except that of a live session, which the same command goes on with. `ringfence
/// replay` executes the session again, reloads included.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence run --mode paper --config config/w1_ema_cross.toml --data trades.csv.zst --speed 60 --watch --journal paper1
  ringfence replay paper1 --verify --data trades.csv.zst
  ringfence run --mode paper --config config/w1_ema_cross.toml --generate 7 --speed 60 --journal paper2
  ringfence replay paper2 --verify
  ringfence run --mode shadow --config config/local_usdm.toml --journal shadow1
  ringfence run --mode live --config config/local_usdm.toml --journal live1
Shadow needs AIS_RISK_HMAC_SECRET; live refuses to start and names everything that it lacks.")]
pub struct Args {
    /// What is real: in `paper` and `shadow` nothing but the market, in `live` the orders too.
    #[arg(long, value_enum)]
    mode: ModeArg,
    #[command(flatten)]
    source: Source,
    /// Run signed strategies although a later version of them ran on this machine before.
    #[arg(long)]
    allow_downgrade: bool,
    #[command(flatten)]
    market: Market,
    /// Control events with their times, as for `ringfence backtest`.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    #[command(flatten)]
    pacing: Pacing,
    /// Reload components and parameters when their files change.
    #[arg(long)]
    watch: bool,
    /// Folder for the journal, new or empty; a live session goes on with the one it was interrupted in.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Unix socket of the control surface, for `ringfence ctl`. [default: ringfence.sock in the folder of the journal]
    #[cfg(feature = "control")]
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Sign checkpoints of the journal with the audit key in this file.
    #[arg(long, value_name = "FILE")]
    audit_key: Option<PathBuf>,
}

/// Where the market comes from.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Market {
    /// Market data: FILE, or NAME=FILE with the name of a tape or VENUE:SYMBOL. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(super) data: Vec<String>,
    /// In the place of --data a market that is generated from this seed: what `ringfence data generate` writes, without a
    /// file. Each instrument has one, with seeds that follow one another.
    #[arg(long, value_name = "SEED", num_args = 0..=1, default_missing_value = "1", conflicts_with = "data", value_parser = super::number::seed)]
    pub(super) generate: Option<u64>,
    /// What makes the generated market. [default: trades]
    #[arg(long, value_enum, conflicts_with = "data")]
    model: Option<Model>,
    /// Columns of the generated market, in model trades. [default: bars where [[tapes]] has a stamp, trades otherwise]
    #[arg(long, value_enum, conflicts_with = "data")]
    layout: Option<Columns>,
    /// Rows of the generated market. [default: 1000000]
    #[arg(long, value_name = "ROWS", conflicts_with = "data", value_parser = super::number::rows)]
    rows: Option<u64>,
}

/// Rows of a generated market where nothing else is said: more than an hour of trades.
const ROWS: u64 = 1_000_000;

impl Market {
    /// What a configuration is loaded for.
    ///
    /// # Errors
    /// Columns that the model has not.
    pub(super) fn purpose(&self) -> Result<Purpose, Failure> {
        let model = match (self.model.unwrap_or(Model::Trades), self.layout) {
            (Model::Trades, layout) => layout.map(|columns| ringfence_tape::Model::Walk(columns.into())),
            (Model::Flow, None) => Some(ringfence_tape::Model::Flow),
            (Model::Flow, Some(_)) => return Err(Failure::usage("--layout: belongs to --model trades")),
        };
        let made = |seed| Purpose::Generated(Generated { seed, rows: self.rows.unwrap_or(ROWS), model });
        Ok(self.generate.map_or(Purpose::Backtest, made))
    }
}

/// How it comes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Pacing {
    /// How many times faster than it was recorded the market comes, or `max`. [default: 1]
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<Speed>,
    /// Longest time of the market without a row that is waited for, such as 1m; longer ones are cut to it [default: none].
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub(super) gap_max: Option<u64>,
    /// End after this time by the clock, such as 10s or 1h.
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    duration: Option<u64>,
    /// Feed at most so many rows.
    #[arg(long, value_name = "ROWS", value_parser = super::number::rows)]
    pub(super) limit: Option<u64>,
}

impl Pacing {
    /// How fast the market comes.
    pub(super) fn speed(&self) -> Speed {
        self.speed.unwrap_or(Speed::Times(1.0))
    }

    /// Longest time without a row that is kept, ns.
    pub(super) fn gap_ns_max(&self) -> u64 {
        self.gap_max.unwrap_or(u64::MAX)
    }

    /// When it ends by the clock.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.duration.map(Duration::from_nanos)
    }

    /// How much of the market there is.
    pub(super) fn extent(&self) -> Extent {
        Extent { rows_max: self.limit, passes: std::num::NonZeroU32::MIN }
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ModeArg {
    /// Simulated fills, no key needed.
    Paper,
    /// Simulated fills at the prices of a real venue, under the secret and the limits of live trading.
    Shadow,
    /// Orders go to venues.
    Live,
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Unbound);
    }
    let times = text.parse::<f64>().ok().filter(|times| SPEEDS.contains(times));
    times.map(Speed::Times).ok_or_else(|| "want a number from 0.001 to 1000000000, or `max`".to_owned())
}

fn length(text: &str) -> Result<u64, String> {
    let ns = crate::config::duration_ns(text);
    ns.ok_or_else(|| "want a length of time with its unit (ns, us, ms, s, m, h, d), such as 90s".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Problems of the configuration, faults of files.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    full::fail_writes();
    interrupt::watch();
    let mode = match args.mode {
        ModeArg::Paper if !is_outside(args) => return paper(args, out),
        ModeArg::Paper => Mode::Paper,
        ModeArg::Shadow => Mode::Shadow,
        ModeArg::Live => Mode::Live,
    };
    outside(args, mode, out)
}

/// Whether the market comes from venues: their adapters are named, and no other market is.
fn is_outside(args: &Args) -> bool {
    let Source { config, set } = &args.source;
    let request = Request { file: config, sets: set, data: &[], events: None, purpose: Purpose::Show };
    let has_other = !args.market.data.is_empty() || args.market.generate.is_some();
    !has_other && load(&request).is_ok_and(|loaded| !loaded.wires.is_empty())
}

#[cfg(feature = "venues")]
fn outside(args: &Args, mode: Mode, out: &mut Output) -> Result<Exit, Failure> {
    outside::run(args, mode, out)
}

#[cfg(not(feature = "venues"))]
fn outside(_: &Args, mode: Mode, _: &mut Output) -> Result<Exit, Failure> {
    let fault = Fault::new(format!("this binary was built without venues, and {mode} needs a market"));
    Err(Failure::Usage(fault.fixed_by("name a recorded market with --data, or --generate one")))
}

/// Reads the configuration, and refuses what paper does not permit.
fn let_in(args: &Args) -> Result<Loaded, Failure> {
    let mut loaded = read(args)?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(args.allow_downgrade))?;
    loaded.isolated_enough(Mode::Paper).map_err(Failure::Config)?;
    Ok(loaded)
}

/// What is worth knowing before a paper session runs.
fn forewarn(args: &Args, loaded: &Loaded, journal: Option<&Path>) {
    if journal.is_none() {
        diagnostic("note: nothing is recorded, and the session cannot be replayed; --journal DIR records it");
    }
    lanes(&loaded.core, Mode::Paper);
    if let Some(seed) = args.market.generate {
        diagnostic(format_args!("note: the market is GENERATED from seed {seed}; this is no real market data"));
    }
}

/// A session on a market that was recorded, or that is generated.
fn paper(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let mut starting = Stopwatch::default();
    let loaded = starting.time(|| let_in(args))?;
    let journal = args.journal.as_deref().or(loaded.journal.as_deref());
    journal.map_or(Ok(()), new_journal)?;
    forewarn(args, &loaded, journal);
    let signing = signing_key(args.audit_key.as_deref(), &loaded, journal)?;
    let (session, keys) = (drawn_session()?, approval_keys()?);
    let extent = args.pacing.extent();
    let order = Order {
        loaded: &loaded,
        extent,
        journal,
        signing,
        identity: Identity::Drawn(Mode::Paper, session),
        label: &[],
        profiler: None,
    };
    let prepared = starting.time(|| prepare(order))?.mourning();
    prepared.alarms().iter().for_each(|alarm| diagnostic(format_args!("warning: {alarm}")));
    let (sender, orders) = channel();
    let control = Arc::new(Control::new(args.pacing.speed()));
    let asked = Arc::new(AtomicBool::new(false));
    let line = Line::start("paper", args.pacing.limit);
    let printed = (out.form() == Form::Text).then(|| line.clone());
    let mut reach = Reach::open(args, (&loaded, session, journal), (sender.clone(), &control, &asked), printed)?;
    let reloader = match args.watch || reach.is_open() {
        true => {
            let again = again(args, args.market.purpose()?, asked);
            Some(reloader(&again, &loaded, (prepared.components(), prepared.workshop()?), (sender, reach.say()))?)
        }
        false => None,
    };
    let watching = if args.watch { ", watching its files" } else { "" };
    diagnostic(format_args!("paper session {session} runs{watching}; Ctrl-C ends it"));
    let has_bars = prepared.has_bars();
    let mut shower = reach.shower();
    let ear = reach.ear();
    let mut told = |notice: &Notice| {
        ear(notice);
        // A state that is kept, as often as that is configured, is nothing to look at.
        if !matches!(notice.kind, NoticeKind::Kept(_)) {
            let text = shown(&loaded.core, notice);
            line.above(&text);
            reach.tell(notice.kind.code(), &text);
        }
    };
    let pace = (control, args.pacing.gap_ns_max());
    let mut pacer = Pacer::new(pace, args.pacing.duration(), orders, &mut told);
    let paced = Paced { mode: Mode::Paper, keys, pace: &mut pacer };
    // The pacer looks at interrupts, and ends the session where it is: the journal is sealed then.
    let results = prepared.run_at(
        Some(paced),
        &mut |now| {
            let _asked = line.moved(now);
            std::ops::ControlFlow::Continue(())
        },
        shower.as_mut().map(|shower| shower as &mut dyn Observer),
    );
    line.end();
    drop(reloader);
    // Log lines stand before results.
    drop((shower, reach));
    // Why strategies were halted was told as it happened.
    let (results, _) = results?;
    let startup_seconds = starting.seconds();
    let shown = Shown { results: &results, config: &loaded.core, startup_seconds, has_bars, latency: None };
    print(&shown, out);
    Ok(exit(&results))
}

/// How the session is reached while it runs, where it is.
struct Reach {
    #[cfg(feature = "control")]
    surface: Option<(crate::control::Surface, Option<crate::control::Shower>)>,
}

/// Whoever looks on.
#[cfg(feature = "control")]
type Looker = crate::control::Shower;
/// Nobody does.
#[cfg(not(feature = "control"))]
type Looker = crate::dev::spectator::Spectator;

impl Reach {
    #[cfg(feature = "control")]
    fn open(
        args: &Args,
        (loaded, session, journal): (&Loaded, SessionId, Option<&Path>),
        (facts, control, reload): (Sender<Fact>, &Arc<Control>, &Arc<AtomicBool>),
        printed: Option<Line>,
    ) -> Result<Reach, Failure> {
        use crate::control::{Channel, Opening, Printer, Surface, asked};
        let (mode, socket) = (Mode::Paper, args.control.as_deref());
        let sink = Box::new(Channel::new(facts));
        let opening = Opening { loaded, socket, journal, mode, sink, control: Arc::clone(control) };
        let Some(surface) = Surface::open(opening)? else { return Ok(Reach { surface: None }) };
        let asked = asked(Arc::clone(control), Arc::clone(reload));
        let shower = surface.shower(loaded, (session, mode), (asked, printed.map(Printer::start)))?;
        Ok(Reach { surface: Some((surface, Some(shower))) })
    }

    #[cfg(not(feature = "control"))]
    fn open(
        _: &Args,
        _: (&Loaded, SessionId, Option<&Path>),
        _: (Sender<Fact>, &Arc<Control>, &Arc<AtomicBool>),
        _: Option<Line>,
    ) -> Result<Reach, Failure> {
        Ok(Reach {})
    }

    #[cfg(feature = "control")]
    fn is_open(&self) -> bool {
        self.surface.is_some()
    }

    #[cfg(not(feature = "control"))]
    fn is_open(&self) -> bool {
        false
    }

    #[cfg(feature = "control")]
    fn shower(&mut self) -> Option<Looker> {
        self.surface.as_mut().and_then(|(_, shower)| shower.take())
    }

    #[cfg(not(feature = "control"))]
    fn shower(&mut self) -> Option<Looker> {
        None
    }

    #[cfg(feature = "control")]
    fn tell(&self, name: &str, text: &str) {
        if let Some((surface, _)) = &self.surface {
            surface.tell(name, text);
        }
    }

    #[cfg(not(feature = "control"))]
    fn tell(&self, _: &str, _: &str) {}

    /// Takes note of what became of strategies, for those who look at the session.
    #[cfg(feature = "control")]
    fn ear(&self) -> Box<dyn Fn(&Notice)> {
        match &self.surface {
            Some((surface, _)) => Box::new(surface.ear()),
            None => Box::new(|_| {}),
        }
    }

    #[cfg(not(feature = "control"))]
    fn ear(&self) -> Box<dyn Fn(&Notice)> {
        Box::new(|_| {})
    }

    /// Says something to people, here and to those who follow.
    #[cfg(feature = "control")]
    fn say(&self) -> Say {
        let teller = self.surface.as_ref().map(|(surface, _)| surface.teller());
        Box::new(move |text: &str| {
            diagnostic(text);
            if let Some(tell) = &teller {
                tell("reload", text);
            }
        })
    }

    #[cfg(not(feature = "control"))]
    fn say(&self) -> Say {
        Box::new(|text: &str| diagnostic(text))
    }
}

fn read(args: &Args) -> Result<Loaded, Failure> {
    let Source { config, set } = &args.source;
    let events = args.events.as_deref();
    let Market { data, .. } = &args.market;
    Ok(load(&Request { file: config, sets: set, data, events, purpose: args.market.purpose()? })?)
}

/// A strategy whose lane ends before this mode would see all its orders denied: told at once.
fn lanes(config: &Config, mode: Mode) {
    let needed = if mode == Mode::Live { Lane::Live } else { Lane::Paper };
    for slot in config.strategies.iter().filter(|slot| slot.lane.number() < needed.number()) {
        diagnostic(format_args!(
            "warning: strategy {} has lane \"{}\", so its orders are denied in {mode} mode; lane = \"{needed}\" permits them",
            slot.name, slot.lane
        ));
    }
}

/// An identity that no session had before.
pub(super) fn drawn_session() -> Result<SessionId, Failure> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Failure::outside(format!("no random numbers: {error}")))?;
    Ok(SessionId(id))
}

/// Shadow is the rehearsal of live: approvals are signed with the secret that live needs, and with no other.
#[cfg(feature = "venues")]
pub(super) fn demand_approval_secret() -> Result<(), Failure> {
    let secret = secrets::read(secrets::RISK_HMAC, &secrets::process_environment);
    let text = match secret {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {
            format!("a shadow session signs its approvals as a live one does, and {} is not set", secrets::RISK_HMAC)
        }
        Err(error) => error.to_string(),
    };
    let fix = format!(
        "set {0} or {0}_FILE to at least 32 bytes, such as those of `openssl rand -hex 32`; paper needs none",
        secrets::RISK_HMAC
    );
    Err(Failure::Usage(Fault::new(text).coded("C-SECRET").fixed_by(fix)))
}

/// The secret that is configured, or one for this session alone.
pub(super) fn approval_keys() -> Result<ApprovalKeys, Failure> {
    let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
    let secret = secrets::read(secrets::RISK_HMAC, &secrets::process_environment);
    if let Some(secret) = secret.map_err(|error| refused(error.to_string()))? {
        return ApprovalKeys::of_secret(secret.expose()).map_err(|error| refused(error.to_string()));
    }
    diagnostic(format_args!(
        "note: {} is not set, approvals are signed with a key of this session",
        secrets::RISK_HMAC
    ));
    let mut drawn = [0; 32];
    getrandom::fill(&mut drawn).map_err(|error| Failure::outside(format!("no random numbers: {error}")))?;
    ApprovalKeys::of_secret(&drawn).map_err(|error| Failure::outside(error.to_string()))
}

/// How a configuration is read once more.
pub(super) struct Again<'a> {
    pub(super) file: &'a Path,
    pub(super) set: &'a [String],
    pub(super) data: &'a [String],
    pub(super) purpose: Purpose,
    /// Whether an older version than one that ran here may be taken.
    pub(super) downgrade: Downgrade,
    pub(super) when: When,
}

/// How the configuration of a command is read once more: when it is written, where files are watched, or when somebody asks.
fn again(args: &Args, purpose: Purpose, asked: Arc<AtomicBool>) -> Again<'_> {
    let Source { config, set } = &args.source;
    let occasion = if args.watch { Occasion::Written } else { Occasion::Asked };
    let (when, downgrade) = (When { asked, occasion }, Downgrade::of_flag(args.allow_downgrade));
    Again { file: config, set, data: &args.market.data, purpose, downgrade, when }
}

/// Watches components and configuration, and orders what changes.
pub(super) fn reloader(
    again: &Again<'_>,
    loaded: &Loaded,
    (hashes, workshop): (Vec<Sha256Hash>, Workshop),
    (orders, say): (Sender<Fact>, Say),
) -> Result<Reloader, Failure> {
    let Again { file, set, data, purpose, downgrade, ref when } = *again;
    let (known, set, data) = (file.to_owned(), set.to_vec(), data.to_vec());
    let read = move || {
        let request = Request { file: &known, sets: &set, data: &data, events: None, purpose };
        let loaded = load(&request).map_err(|report| report.to_string())?;
        let files = files(&loaded);
        Ok((loaded.core, files))
    };
    let components = files(loaded).into_iter().zip(hashes).collect();
    let (config, file, read) = (loaded.core.clone(), absolute(file), Box::new(read));
    let (trust, when) = (loaded.trust.clone(), when.clone());
    let task = Task { workshop, config, components, trust, downgrade, file, read, orders, say, when };
    Reloader::start(task).map_err(Failure::outside)
}

/// Files of each strategy, as the watch names them.
fn files(loaded: &Loaded) -> Vec<Files> {
    let has_keys = loaded.trust.iter().any(|trust| !trust.keys.is_empty());
    let both = loaded.components.iter().zip(&loaded.signatures);
    let files = |(component, signature): (&PathBuf, &PathBuf)| Files {
        component: absolute(component),
        signature: has_keys.then(|| absolute(signature)),
    };
    both.map(files).collect()
}

fn shown(config: &Config, notice: &Notice) -> String {
    let name = config.strategy(notice.strategy).map_or("", |slot| slot.name.as_str());
    format!("event {}: strategy {} {name} {}", notice.seq.0, notice.strategy.0, notice.kind)
}
