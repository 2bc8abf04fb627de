//! `ringfence dev`: a strategy that is built, run on paper and swapped whenever its source is saved.
//!
//! In: a project's folder, a market. Out: a view of the session, or lines; a journal. Must never: end a session because a
//! source does not build, or leave its journal unsealed when the user ends it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant, SystemTime};

use ringfence_component::{BuildError, PROJECT_FILE};
use ringfence_core::config::{Config, Lane};
use ringfence_core::event::Mode;
use ringfence_core::ids::SessionId;
use ringfence_session::backtest::Paced;
use ringfence_session::pace::{Notice, NoticeKind};

use crate::commands::backtest::{exit, print};
use crate::commands::new::project;
use crate::commands::run::{Again, Market, Pacing, approval_keys, drawn_session, reloader};
use crate::config::{Loaded, Purpose, Request, load};
use crate::dev::board::{Board, Desk};
use crate::dev::builder::{Builder, Source, wait_for_change};
use crate::dev::news::{News, Tone, Voice};
use crate::dev::spectator::{Spectator, now};
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic};
use crate::reload::{When, absolute};
use crate::render::Fields;
use crate::report::results::Shown;
use crate::sessions::backtest::{Identity, Order, Prepared, prepare};
use crate::sessions::new_journal;
use crate::sessions::paper::{Control, Pacer};
use crate::versions::{self, Downgrade};

/// Work on a strategy: build it, run it on paper, build it again and swap it in whenever its source is saved.
///
/// On a terminal it shows the session as it goes: positions, profit, intents and what became of them, denials, fuel, reloads,
/// and what a compiler says. Without one, or with --plain, it prints a line for each thing that happens, with --json an object.
/// The state of the strategy goes over into what is swapped in; a source that does not build leaves the old one running. What
/// ends it (q, Ctrl-C, SIGTERM) seals the journal, and `ringfence replay` executes the session again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence new my-strategy --lang rust
  ringfence dev my-strategy
  ringfence dev my-strategy --data trades.csv.zst --speed 60 --plain
  ringfence dev strategies/ema-cross --config config/w1_ema_cross.toml")]
pub struct Args {
    /// Folder of the project, or of a Cargo package.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Configuration. [default: host.toml in the folder]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which strategy of the configuration is built from the folder. [default: the only one]
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// Another value than the file has: KEY=VALUE, as for `ringfence backtest`. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    market: Market,
    #[command(flatten)]
    pacing: Pacing,
    /// Folder for the journal, new or empty. [default: target/dev/SESSION in the folder]
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Print lines, on a terminal too.
    #[arg(long)]
    plain: bool,
}

/// Runs the command.
///
/// # Errors
/// Tools that are missing, problems of the configuration, faults of files.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let began = now();
    let bench = Bench::find(args)?;
    let is_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let voice = match out.form() {
        Form::Json => Voice::Json,
        Form::Text => Voice::Text,
    };
    let is_live = cfg!(feature = "live") && voice == Voice::Text && is_terminal && !args.plain;
    let desk = Desk::new(Board::default(), voice);
    if !first_build(&bench.source, &desk)? {
        return Ok(Exit::Fine);
    }
    let board = std::mem::take(&mut *desk.board());
    let desk = Arc::new(Desk::new(board, if is_live { Voice::Silent } else { voice }));
    session(args, &bench, (&desk, is_live, began), out)
}

/// What is worked on.
struct Bench {
    source: Source,
    config: PathBuf,
    set: Vec<String>,
    market: Market,
    name: String,
}

impl Bench {
    fn find(args: &Args) -> Result<Bench, Failure> {
        let dir = absolute(&args.dir);
        let project = project(&dir)?;
        if project.is_none() && !dir.join("Cargo.toml").is_file() {
            let fault = Fault::new(format!("{} holds neither {PROJECT_FILE} nor Cargo.toml", args.dir.display()));
            return Err(Failure::Usage(fault.fixed_by("`ringfence new NAME` makes a project")));
        }
        let config = args.config.clone().unwrap_or_else(|| dir.join("host.toml"));
        if args.config.is_none() && !config.is_file() {
            let fault = Fault::new(format!("there is no configuration {}", config.display()));
            return Err(Failure::Usage(fault.fixed_by("name one with --config FILE")));
        }
        let request = Request { file: &config, sets: &args.set, data: &[], events: None, purpose: Purpose::Show };
        let loaded = load(&request)?;
        let (at, name) = chosen(&loaded.core, args.strategy.as_deref())?;
        let component = absolute(&loaded.components[at]);
        let source = Source { dir, project, component, config: absolute(&config) };
        let mut market = args.market.clone();
        if market.data.is_empty() && market.generate.is_none() {
            market.generate = Some(1);
        }
        Ok(Bench { source, config, set: on_paper(&args.set, &loaded.core), market, name })
    }

    fn load(&self) -> Result<Loaded, Failure> {
        let Bench { config, set, market, .. } = self;
        let request = Request { file: config, sets: set, data: &market.data, events: None, purpose: market.purpose()? };
        Ok(load(&request)?)
    }

    fn shown_market(&self) -> String {
        match self.market.generate {
            Some(seed) => format!("GENERATED from seed {seed}"),
            None => self.market.data.join(", "),
        }
    }
}

/// The strategy that the folder is, with its place.
fn chosen(config: &Config, name: Option<&str>) -> Result<(usize, String), Failure> {
    let names: Vec<&str> = config.strategies.iter().map(|slot| slot.name.as_str()).collect();
    let at = match (name, names.as_slice()) {
        (None, [_]) => Some(0),
        (None, _) => None,
        (Some(name), names) => names.iter().position(|known| *known == name),
    };
    let fault = || match name {
        Some(name) => Fault::new(format!("no strategy {name}")),
        None => Fault::new(format!("the configuration has {} strategies", names.len())),
    };
    let fix = || format!("--strategy says which one is built here: {}", names.join(", "));
    at.map(|at| (at, names[at].to_owned())).ok_or_else(|| Failure::Usage(fault().fixed_by(fix())))
}

/// Orders of a strategy whose lane ends before paper would all be denied, and this is about paper.
fn on_paper(set: &[String], config: &Config) -> Vec<String> {
    let ends_before = config.strategies.iter().filter(|slot| slot.lane == Lane::Simulation);
    set.iter().cloned().chain(ends_before.map(|slot| format!("strategies.{}.lane=paper", slot.name))).collect()
}

/// Builds until there is something to run; false when the user ended it before.
fn first_build(source: &Source, desk: &Desk) -> Result<bool, Failure> {
    loop {
        match source.build_and_tell(desk) {
            Ok(()) => return Ok(true),
            // A change of the source may mend these two, and nothing else.
            Err(BuildError::Compile { .. } | BuildError::Encode(_)) => {}
            Err(
                error @ (BuildError::NoPackage { .. } | BuildError::NotACdylib { .. } | BuildError::NotNative { .. }),
            ) => {
                return Err(Failure::usage(error.to_string()));
            }
            Err(
                error @ (BuildError::NoTarget
                | BuildError::Tool(_)
                | BuildError::NoTool { .. }
                | BuildError::OtherVersion { .. }
                | BuildError::NoSdk { .. }
                | BuildError::File { .. }),
            ) => return Err(Failure::outside(error.to_string())),
        }
        desk.tell(&News::text_of("waiting", Tone::Plain, "for a change of the source; Ctrl-C ends it"));
        if !wait_for_change(source, &interrupt::is_asked)? {
            return Ok(false);
        }
    }
}

fn session(
    args: &Args,
    bench: &Bench,
    (desk, is_live, began): (&Arc<Desk>, bool, Instant),
    out: &mut Output,
) -> Result<Exit, Failure> {
    let mut loaded = bench.load()?;
    versions::demand(&mut loaded.trust, Downgrade::of_flag(false))?;
    let (id, keys) = (drawn_session()?, approval_keys()?);
    let journal = args.journal.clone().unwrap_or_else(|| bench.source.dir.join("target/dev").join(id.to_string()));
    new_journal(&journal)?;
    let (extent, identity) = (args.pacing.extent(), Identity::Drawn(Mode::Paper, id));
    let order =
        Order { loaded: &loaded, extent, journal: Some(&journal), signing: None, identity, label: &[], profiler: None };
    let prepared = prepare(order)?;
    prepared.alarms().iter().for_each(|alarm| diagnostic(format_args!("warning: {alarm}")));
    let control = Arc::new(Control::new(args.pacing.speed()));
    open(desk, bench, (id, &journal), &control);
    let startup_seconds = began.elapsed().as_secs_f64();
    let (sender, orders) = channel();
    let again = Again {
        file: &bench.config,
        set: &bench.set,
        data: &bench.market.data,
        purpose: bench.market.purpose()?,
        downgrade: Downgrade::Refused,
        when: When::written(),
    };
    let teller = Arc::clone(desk);
    let say = Box::new(move |text: &str| teller.reload(&News::text_of("refused", Tone::Bad, text), false));
    let reloader = reloader(&again, &loaded, (prepared.components(), prepared.workshop()?), (sender, say))?;
    let builder = Builder::start(bench.source.clone(), Arc::clone(desk))?;
    let view = is_live.then(|| view((desk, &control), &builder)).transpose()?;
    let has_bars = prepared.has_bars();
    let ran = course(prepared, (args, &loaded, id, keys), (desk, control, began, &bench.source.dir), orders);
    drop(view);
    drop((builder, reloader));
    let (results, deaths) = ran?;
    deaths.iter().for_each(diagnostic);
    let shown = Shown { results: &results, config: &loaded.core, startup_seconds, has_bars, latency: None };
    print(&shown, out);
    let place = journal.display();
    diagnostic(format_args!("note: the journal is in {place}; `ringfence replay {place} --verify` executes it again"));
    Ok(exit(&results))
}

/// Takes the terminal for a view; it is given back when what is returned goes away.
#[cfg(feature = "live")]
fn view((desk, control): (&Arc<Desk>, &Arc<Control>), builder: &Builder) -> Result<impl Sized + use<>, Failure> {
    use crate::dev::screen::{Reach, Screen};
    Screen::take(Reach { desk: Arc::clone(desk), control: Arc::clone(control), bell: builder.bell() })
}

/// This program was built without a view; lines are printed.
#[cfg(not(feature = "live"))]
fn view(_reach: (&Arc<Desk>, &Arc<Control>), _builder: &Builder) -> Result<impl Sized + use<>, Failure> {
    Ok(())
}

/// Says what the session is.
fn open(desk: &Desk, bench: &Bench, (id, journal): (SessionId, &Path), control: &Control) {
    let place = journal.display().to_string();
    let fields = Fields::new()
        .with("strategy", bench.name.as_str())
        .with("market", bench.shown_market())
        .with("speed", control.speed().to_string())
        .with("session", id.to_string())
        .with("journal", place.as_str());
    {
        let mut board = desk.board();
        (board.title, board.market, board.journal) = (bench.name.clone(), bench.shown_market(), place);
        board.speed = control.speed().to_string();
    }
    desk.tell(&News::new("session", Tone::Plain, fields));
}

type Ran = Result<(ringfence_session::results::Results, Vec<String>), Failure>;

/// Lets the session run to its end.
fn course(
    prepared: Prepared<'_>,
    (args, loaded, id, keys): (&Args, &Loaded, SessionId, ringfence_core::risk::ApprovalKeys),
    (desk, control, began, dir): (&Arc<Desk>, Arc<Control>, Instant, &Path),
    orders: std::sync::mpsc::Receiver<ringfence_session::script::Fact>,
) -> Ran {
    let mut told = |notice: &Notice| tell(desk, &loaded.core, notice);
    let mut pacer = Pacer::new((control, args.pacing.gap_ns_max()), args.pacing.duration(), orders, &mut told);
    let paced = Paced { mode: Mode::Paper, keys, pace: &mut pacer };
    let mut spectator = Spectator::new((&loaded.core, id), Arc::clone(desk), (began, age(dir, began)));
    // The pacer looks at interrupts, and ends the session where it is: the journal is sealed then.
    prepared.run_at(Some(paced), &mut |_| std::ops::ControlFlow::Continue(()), Some(&mut spectator))
}

/// What became of a strategy between two events.
fn tell(desk: &Desk, config: &Config, notice: &Notice) {
    let name = config.strategy(notice.strategy).map_or("", |slot| slot.name.as_str());
    let fields = Fields::new().with("event", notice.seq.0).with("strategy", name);
    let said = |tone| News::new(notice.kind.code(), tone, fields.clone().with("text", notice.kind.to_string()));
    match &notice.kind {
        NoticeKind::Kept(_) => {}
        NoticeKind::Swapped(hash, ns) => {
            let component: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
            let fields = fields.clone().with("component", component).with("pause_us", ns / 1_000);
            desk.reload(&News::new("swapped", Tone::Good, fields), true);
        }
        NoticeKind::NotSwapped(_) | NoticeKind::SwappedBack(_) => desk.reload(&said(Tone::Bad), false),
        NoticeKind::Restarted(_) => desk.tell(&said(Tone::Plain)),
        NoticeKind::NotRestarted(_) | NoticeKind::Quarantined(_) | NoticeKind::NotKept(_) => {
            desk.tell(&said(Tone::Bad));
        }
    }
}

/// How old a project was when the work began, where it was made today.
fn age(dir: &Path, began: Instant) -> Option<Duration> {
    let made = dir.join(PROJECT_FILE).metadata().and_then(|file| file.modified()).ok()?;
    #[expect(clippy::disallowed_methods, reason = "how long ago a project was made is shown, never decided on")]
    let age = SystemTime::now().duration_since(made).ok()?;
    age.checked_sub(began.elapsed()).filter(|age| *age < DAY)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/two_strategies.toml"));
        let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        load(&request).expect("an example of this repository").core
    }

    #[test]
    fn of_several_strategies_one_is_named() {
        let mut config = config();
        let names: Vec<String> = config.strategies.iter().map(|slot| slot.name.clone()).collect();
        assert_eq!(chosen(&config, Some(&names[1])).map_err(|error| error.to_string()), Ok((1, names[1].clone())));
        let refused = |name| chosen(&config, name).expect_err("refused").to_string();
        assert!(refused(None).contains("the configuration has 2 strategies"), "{}", refused(None));
        assert!(refused(Some("x")).contains(&format!("built here: {}", names.join(", "))), "{}", refused(Some("x")));
        config.strategies.truncate(1);
        assert_eq!(chosen(&config, None).map_err(|error| error.to_string()), Ok((0, names[0].clone())));
    }

    #[test]
    fn a_strategy_for_simulation_alone_is_let_onto_paper() {
        let mut config = config();
        for slot in &mut config.strategies {
            slot.lane = Lane::Simulation;
        }
        config.strategies[1].lane = Lane::Paper;
        let want = ["a=b".to_owned(), format!("strategies.{}.lane=paper", config.strategies[0].name)];
        assert_eq!(on_paper(&["a=b".to_owned()], &config), want);
    }
}
