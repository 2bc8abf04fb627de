//! `ringfence run` on a market from outside: paper and shadow beside a venue, and live.
//!
//! In: a configuration whose venues have adapters. Out: a session by the clock, until somebody ends it. Must never: open a
//! way to send in any mode but live, or go on where the journal cannot be written.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::time::Duration;

use ringfence_core::event::{EventKind, KillLevel, Mode, Report};
use ringfence_core::ids::{AccountId, SessionId, StrategyId, VenueId};
use ringfence_core::instrument::Instrument;
use ringfence_sandbox::Isolation;
use ringfence_session::clock::Stopwatch;
use ringfence_session::live::{Ending, Input};
use ringfence_session::observer::Observer;
use ringfence_session::pace::{Notice, NoticeKind};
use ringfence_session::script::Fact;
use ringfence_venue::{QueryId, Setting, VenueAdapter};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Sender, channel as errands};

use super::unreached::Unreached;
use super::{Args, Reloader, again, approval_keys, demand_approval_secret, drawn_session, lanes, reloader, shown};
use crate::commands::backtest::{exit, print, signing_key};
use crate::commands::config::Source;
use crate::config::{Loaded, Purpose, Request, Wire, load};
use crate::control::{Opening, Printer, Surface};
use crate::exit::{Exit, Failure, Fault};
use crate::gateway::VERB;
use crate::gateway::adapter::GatewayAdapter;
use crate::live::alarms::{Bell, Siren};
use crate::live::brake::{Brake, Line};
use crate::live::checks::{Entry, Seat, entries};
use crate::live::dispatch::{ERRANDS_MAX, Errand, INPUTS_MAX, Lines, MarketOnly, serve, watch};
use crate::live::room::{Door, Room, Terms};
use crate::live::sink::{LetterBox, asked};
use crate::live::venues;
use crate::output::{Form, Output, diagnostic, hex};
use crate::progress::Line as Bar;
use crate::report::results::Shown;
use crate::secrets::process_environment;
use crate::sessions::live::{Order, Prepared, account_fact, holds_a_session, prepare, reached};
use crate::sessions::paper::{Control, Speed};
use crate::sessions::{LATCH, new_journal};
use crate::versions::{self, Downgrade};

/// How often accounts are compared with their venues while nothing else asks for it.
const COMPARE_EVERY: Duration = Duration::from_secs(60);
/// Longest wait at the end for what adapters still have to do.
const GRACE: Duration = Duration::from_secs(3);

/// Runs the command on a market from outside.
pub(super) fn run(args: &Args, mode: Mode, out: &mut Output) -> Result<Exit, Failure> {
    let mut starting = Stopwatch::default();
    refuse_recorded(args, mode)?;
    let (loaded, journal, entries) = starting.time(|| let_in(args, mode))?;
    lanes(&loaded.core, mode);
    let folder = journal.as_deref();
    let signing = signing_key(args.audit_key.as_deref(), &loaded, folder)?;
    let (drawn, accounts) = (drawn_session()?, account_facts(&entries));
    let order = Order { loaded: &loaded, mode, drawn, journal: folder, accounts, signing, keys: &approval_keys };
    let prepared = starting.time(|| prepare(order))?;
    let brake = Arc::new(brake(mode, folder)?);
    let (inputs, letters) = sync_channel(INPUTS_MAX);
    latched(&brake, &inputs)?;
    let runtime = runtime()?;
    let place = (&args.source, &loaded, prepared.session());
    let bell = Arc::new(Bell::default());
    // A venue that cannot be opened ends it here, before anybody is told that the session runs.
    let lines = connect(&runtime, (place, entries), (&brake, &inputs, &bell))?;
    announce(&prepared, mode);
    let (door, asked_again) = (Arc::new(Door::default()), Arc::new(AtomicBool::new(false)));
    let on_interrupt = if mode == Mode::Live { Ending::Suspend } else { Ending::Close };
    let looks = Arc::new(Control::new(Speed::Unbound));
    let sink = Box::new(LetterBox { inputs: inputs.clone(), brake: Arc::clone(&brake) });
    let (socket, control) = (args.control.as_deref(), Arc::clone(&looks));
    let surface = Surface::open(Opening { loaded: &loaded, socket, journal: folder, mode, sink, control })?;
    surface.iter().for_each(|surface| bell.listen(surface.listener()));
    let ids = (prepared.session(), mode);
    let ask = || asked(Arc::clone(&door), on_interrupt, Arc::clone(&asked_again));
    let bar = Bar::start(mode.code(), None);
    let printer = || (out.form() == Form::Text).then(|| Printer::start(bar.clone()));
    let shower = surface.as_ref().map(|surface| surface.shower(&loaded, ids, (ask(), printer())));
    let mut shower = shower.transpose()?;
    let reloader = match args.watch || surface.is_some() {
        true => Some(watching(args, &loaded, &prepared, (mode, inputs.clone(), asked_again))?),
        false => None,
    };
    let wake = waker(inputs);
    let ear = surface.as_ref().map(Surface::ear);
    let mut told = |notice: &Notice| {
        ear.iter().for_each(|ear| ear(notice));
        if !matches!(notice.kind, NoticeKind::Kept(_)) {
            bar.above(&shown(&loaded.core, notice));
        }
    };
    let compare_every = (mode == Mode::Live).then_some(COMPARE_EVERY);
    let terms = Terms { door, looks, on_interrupt, compare_every, duration: args.pacing.duration() };
    let mut room = Unreached::of(Room::new(letters, lines, terms, &mut told), &loaded);
    let ended = prepared.run(&mut room, shower.as_mut().map(|shower| shower as &mut dyn Observer), wake);
    drop(surface);
    bar.end();
    drop(reloader);
    let ended = ended.map_err(|failure| stranded(failure, mode, &brake));
    let reached = room.verdict();
    // Last: log lines that nobody takes hold up nothing but the end.
    drop(shower);
    runtime.shutdown_timeout(GRACE);
    let Some(results) = ended? else {
        let place = folder.map_or(String::new(), |folder| format!(" in {}", folder.display()));
        diagnostic(format_args!("the session{place} is suspended: the same command goes on with it"));
        return reached.map(|()| Exit::Fine);
    };
    let startup_seconds = starting.seconds();
    print(&Shown { results: &results, config: &loaded.core, startup_seconds, has_bars: false, latency: None }, out);
    reached.map(|()| exit(&results))
}

/// Makes the session look up when the disk has confirmed something. One that has so much to hear looks up anyway.
fn waker(inputs: SyncSender<Input>) -> Box<dyn Fn() + Send> {
    Box::new(move || {
        let _heard_anyway = inputs.try_send(Input::Confirmed).is_err();
    })
}

/// A market from outside comes by the clock: what shapes a recorded or generated one is refused, and not passed over.
fn refuse_recorded(args: &Args, mode: Mode) -> Result<(), Failure> {
    let Args { market, pacing, events, .. } = args;
    let given = [
        ("--data", !market.data.is_empty()),
        ("--generate", market.generate.is_some()),
        ("--model", market.model.is_some()),
        ("--layout", market.layout.is_some()),
        ("--rows", market.rows.is_some()),
        ("--events", events.is_some()),
        ("--speed", pacing.speed.is_some()),
        ("--gap-max", pacing.gap_max.is_some()),
        ("--limit", pacing.limit.is_some()),
    ];
    let given: Vec<&str> = given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect();
    if given.is_empty() {
        return Ok(());
    }
    let text = format!("{}: the market of this {mode} session comes from its venues, by the clock", given.join(", "));
    let fix = match mode {
        Mode::Paper => "leave it out, or name a recorded market with --data, or --generate one",
        Mode::Backtest | Mode::Replay | Mode::Shadow | Mode::Live => {
            "leave it out; --mode paper runs on a recorded market, or on one that is generated"
        }
    };
    Err(Failure::Usage(Fault::new(text).fixed_by(fix)))
}

/// The account that is traded on at each venue, for the record: never a secret.
fn account_facts(entries: &[(Wire, Entry)]) -> Vec<(String, String)> {
    let mut facts: Vec<_> =
        entries.iter().map(|(wire, it)| (account_fact(&wire.name), it.account_id.clone())).collect();
    facts.sort_unstable();
    facts
}

/// What a session starts from: its configuration, its folder, and what opens its venues where it sends.
type Start = (Loaded, Option<PathBuf>, Vec<(Wire, Entry)>);

/// Reads the configuration, and refuses what the mode does not permit.
fn let_in(args: &Args, mode: Mode) -> Result<Start, Failure> {
    let mut loaded = read(args, mode)?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(args.allow_downgrade))?;
    if mode != Mode::Live {
        loaded.isolated_enough(mode).map_err(Failure::Config)?;
    }
    if mode == Mode::Shadow {
        demand_approval_secret()?;
    }
    let journal = args.journal.clone().or_else(|| loaded.journal.clone());
    let entries = match mode {
        Mode::Live => entries(&loaded, (journal.is_some(), Seat::Host), &process_environment)?,
        Mode::Paper | Mode::Shadow | Mode::Backtest | Mode::Replay => Vec::new(),
    };
    if let Some(folder) = journal.as_deref().filter(|folder| !holds_a_session(folder)) {
        new_journal(folder)?;
    }
    Ok((loaded, journal, entries))
}

fn read(args: &Args, mode: Mode) -> Result<Loaded, Failure> {
    let Source { config, set } = &args.source;
    let loaded = load(&Request { file: config, sets: set, data: &[], events: None, purpose: Purpose::Outside(mode) })?;
    if loaded.wires.is_empty() {
        let fault = Fault::new(format!("no venue of {} has an adapter that brings a market", config.display()));
        let fix = "name one, as `adapter = \"binance-usdm\"` in [[venues]], or a recorded market with --data";
        return Err(Failure::Usage(fault.fixed_by(fix)));
    }
    Ok(loaded)
}

fn announce(prepared: &Prepared<'_>, mode: Mode) {
    prepared.alarms().iter().for_each(|alarm| diagnostic(format_args!("warning: {alarm}")));
    let session = prepared.session();
    match prepared.resumed_at() {
        None => diagnostic(format_args!("{mode} session {session} runs; Ctrl-C ends it")),
        Some(events) => {
            diagnostic(format_args!("{mode} session {session} goes on behind event {events}; Ctrl-C ends it"))
        }
    }
    for id in prepared.recited() {
        diagnostic(format_args!("warning: strategy {id} decides otherwise than it did, and is halted"));
    }
    if mode == Mode::Live {
        diagnostic("note: trading is disabled until somebody arms the session");
    }
}

/// The brake: where orders go out, one that is as it was left.
fn brake(mode: Mode, folder: Option<&Path>) -> Result<Brake, Failure> {
    let Some(latch) = folder.filter(|_| mode == Mode::Live).map(|folder| folder.join(LATCH)) else {
        return Ok(Brake::forgetful());
    };
    Brake::open(&latch).map_err(|error| {
        let place = latch.display();
        Failure::outside(format!("the latch of the kill switch, {place}, cannot be opened: {error}"))
    })
}

/// What the brake remembers becomes part of the stream before anything else is heard.
fn latched(brake: &Brake, inputs: &SyncSender<Input>) -> Result<(), Failure> {
    let latched = brake.latched();
    let level = (latched.level != KillLevel::Off).then_some((latched.level, StrategyId::EXTERNAL));
    let single = latched.strategies.iter().map(|id| (KillLevel::L1, *id));
    for (level, strategy) in level.into_iter().chain(single) {
        diagnostic(format_args!("warning: the kill switch is latched at {level}; it stays until it is set to off"));
        let event = Report::control(EventKind::KillSwitch(level, strategy));
        inputs.send(Input::Fact(Fact::Report(event))).map_err(|_| Failure::outside("nobody hears the kill switch"))?;
    }
    Ok(())
}

fn runtime() -> Result<Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| Failure::outside(format!("no threads for the network: {error}")))
}

/// What a gateway of a session is started with: where its configuration was read, the configuration, its identity.
type Place<'a> = (&'a Source, &'a Loaded, SessionId);

/// Opens an adapter for each wire: one that sends, for each entry; otherwise one that only listens.
fn connect(
    runtime: &Runtime,
    (place, entries): (Place<'_>, Vec<(Wire, Entry)>),
    (brake, inputs, bell): (&Arc<Brake>, &SyncSender<Input>, &Arc<Bell>),
) -> Result<Vec<(VenueId, Sender<Errand>)>, Failure> {
    let (_, loaded, session) = place;
    let _guard = runtime.enter();
    let mut lines = Vec::new();
    let is_live = !entries.is_empty();
    for (wire, entry) in entries {
        let accounts =
            reached(loaded).into_iter().find(|it| it.venue == wire.venue).map_or_else(Vec::new, |it| it.accounts);
        let siren = Siren::new(&wire, &loaded.core, bell);
        let (post, ways) = ((siren, accounts.clone()), (brake, inputs.clone()));
        let line = match wire.isolation {
            Isolation::InProcess => hire(runtime, venues::live(&wire, (&loaded.core, session), entry)?, post, ways),
            Isolation::Process => hire(runtime, runtime.block_on(gateway(&wire, place, entry))?, post, ways),
        };
        settings(&wire, loaded, &accounts, &line);
        lines.push((wire.venue, line));
    }
    if !is_live {
        for wire in &loaded.wires {
            let market = MarketOnly(venues::market(wire, (&loaded.core, session))?);
            runtime.spawn(watch(market, inputs.clone(), Siren::new(wire, &loaded.core, bell)));
        }
    }
    Ok(lines)
}

/// The adapter of a wire, in a process of its own.
async fn gateway(wire: &Wire, (source, loaded, session): Place<'_>, entry: Entry) -> Result<GatewayAdapter, Failure> {
    let Source { config, set } = source;
    let sets = set.iter().flat_map(|set| ["--set".into(), set.into()]);
    let words = [VERB.into(), "--config".into(), config.clone().into_os_string()];
    let (hash, session) = (hex(&loaded.core.hash()), session.to_string());
    let rest = ["--venue", &wire.name, "--hash", &hash, "--session", &session].map(OsString::from);
    let words: Vec<OsString> = words.into_iter().chain(sets).chain(rest).collect();
    let start = move || {
        let mut command = Command::new("/proc/self/exe");
        // An interrupt of the terminal is the host's; the gateway ends with it.
        command.args(&words).process_group(0);
        command
    };
    let opened = GatewayAdapter::open(wire.venue, start, entry.permit).await;
    opened.map_err(|why| Failure::outside(format!("venue {} cannot be reached: {why}", wire.name)))
}

/// Lets somebody serve an adapter; the way to them.
fn hire<A: VenueAdapter + 'static>(
    runtime: &Runtime,
    adapter: A,
    (siren, accounts): (Siren, Vec<AccountId>),
    (brake, inputs): (&Arc<Brake>, SyncSender<Input>),
) -> Sender<Errand> {
    let (line, errands) = errands(ERRANDS_MAX);
    let (cancels, emergencies) = tokio::sync::mpsc::unbounded_channel();
    brake.connect(Line { venue: adapter.venue(), accounts, cancels });
    let lines = Lines { errands, cancels: emergencies, inputs, siren };
    runtime.spawn(serve(adapter, lines, Arc::clone(brake)));
    line
}

/// Sets leverage and margin mode; Risk waits until the venue has confirmed them.
fn settings(wire: &Wire, loaded: &Loaded, accounts: &[AccountId], line: &Sender<Errand>) {
    let mode = wire.margin_mode.map(Setting::MarginMode);
    let leverage = wire.leverage.map(|hundredths| Setting::Leverage(hundredths.get()));
    let has_it = |it: &&Instrument| it.venue == wire.venue && it.kind.has_leverage();
    let instruments = loaded.core.instruments.iter().filter(has_it);
    let places: Vec<_> = instruments.flat_map(|it| accounts.iter().map(|account| (*account, it.id))).collect();
    let wanted = places.into_iter().flat_map(|place| mode.into_iter().chain(leverage).map(move |it| (place, it)));
    for ((place, setting), number) in wanted.zip(SETTINGS_FROM..) {
        if line.try_send(Errand::Set(QueryId(number), place, setting)).is_err() {
            diagnostic("warning: a setting could not be handed on; orders stay denied until the venue confirms it");
        }
    }
}

/// Numbers of settings; queries of the session count from 1.
const SETTINGS_FROM: u64 = 1 << 62;

/// Reads files again where that is asked for, or where they are watched, and hands on what changes.
fn watching(
    args: &Args,
    loaded: &Loaded,
    prepared: &Prepared<'_>,
    (mode, inputs, asked): (Mode, SyncSender<Input>, Arc<AtomicBool>),
) -> Result<Reloader, Failure> {
    let (sender, orders) = channel::<Fact>();
    std::thread::spawn(move || orders.into_iter().try_for_each(|fact| inputs.send(Input::Fact(fact)).map_err(|_| ())));
    let again = again(args, Purpose::Outside(mode), asked);
    let say = Box::new(|text: &str| diagnostic(text));
    reloader(&again, loaded, (prepared.components(), prepared.workshop()?), (sender, say))
}

/// Where the journal or the core cannot go on, no new order leaves, and what rests at the venues is canceled.
fn stranded(failure: Failure, mode: Mode, brake: &Brake) -> Failure {
    if mode == Mode::Live {
        diagnostic("alarm: the session cannot go on; everything is canceled at its venues");
        if let Err(error) = brake.pull(KillLevel::L3, StrategyId::EXTERNAL) {
            diagnostic(format_args!("alarm: the kill switch could not be remembered: {error}"));
        }
        std::thread::park_timeout(GRACE);
    }
    failure
}
