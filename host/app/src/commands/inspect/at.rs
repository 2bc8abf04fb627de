//! `ringfence inspect --at`: what was true at this event?
//!
//! In: a journal with its tapes, an event. Out: State there, the event, what its step decided, what a strategy saw. Must
//! never: execute a strategy.

use std::io::{BufRead, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;
use ringfence_core::ids::Seq;
use ringfence_journal::reader::JournalReader;
use ringfence_sandbox::Isolation;
use ringfence_session::walk::{Reached, Walk};
use ringfence_tape::{Extent, TapeSpec};

use crate::commands::number;
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::look::Looker;
use crate::look::commands::{COMMANDS, Command, moved, parse};
use crate::output::{Form, Output, diagnostic};
use crate::progress::Line;
use crate::render::Renderer;
use crate::sessions::replay::{Order, hints, recorded_config, specs};
use crate::sessions::strategies::strategy_of;
use crate::sessions::{journal_failure, session_failure, tapes};

/// Where to look.
#[derive(Debug, clap::Args)]
pub(super) struct Looking {
    /// State at this event instead of records: markets, accounts, positions, orders, what waits, who runs; with --strategy
    /// also what that strategy sees. Needs the tapes; no strategy is executed.
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["order", "intent", "only", "from", "to"], value_parser = number::event)]
    pub(super) at: Option<u64>,
    /// With --at: go on by so many events, or back (-5), and show what happened on the way. Without a number: ask where to
    /// go next, line by line.
    #[arg(long, value_name = "COUNT", requires = "at", num_args = 0..=1, value_parser = number::whole(-STEPS_MAX..=STEPS_MAX))]
    step: Option<Option<i64>>,
    /// Market data of the session, for --at; told by its hash, so the order does not matter. May be repeated.
    #[arg(long, value_name = "FILE", requires = "at")]
    data: Vec<PathBuf>,
}

/// Most events that are shown on the way.
const STEPS_MAX: i64 = 10_000;

/// Runs the command.
///
/// # Errors
/// A journal that cannot be read, tapes that are absent, an event that is not there.
pub(super) fn run(
    (journal, strategy): (&Path, Option<&str>),
    args: &Looking,
    out: &mut Output,
) -> Result<Exit, Failure> {
    interrupt::watch();
    let session = Recorded::open(journal, &args.data)?;
    let strategy = strategy.map(|name| strategy_of(name, &session.config)).transpose()?;
    let renderer = Renderer::new(&session.config, session.header.session);
    let looker = Looker { renderer, strategy };
    let from = args.at.unwrap_or(1);
    session.check(from)?;
    let mut place = Place { session: &session, walk: session.walk()? };
    match args.step {
        None => {
            place.go(from)?;
            show(&looker, &place.walk, Vec::new(), out);
        }
        Some(Some(by)) => stepped(&looker, &mut place, (from, by), out)?,
        Some(None) => {
            place.go(from)?;
            show(&looker, &place.walk, Vec::new(), out);
            asked(&looker, &mut place, out)?;
        }
    }
    Ok(Exit::Fine)
}

/// A session that can be walked through again and again.
struct Recorded {
    journal: PathBuf,
    header: ringfence_journal::wire::header::Header,
    config: Config,
    specs: Vec<TapeSpec>,
    extent: Extent,
    /// Number of its last event.
    last: u64,
}

impl Recorded {
    fn open(journal: &Path, data: &[PathBuf]) -> Result<Recorded, Failure> {
        let reader = JournalReader::open(journal).map_err(|error| journal_failure(&error))?;
        if let Some(tail) = reader.tail() {
            diagnostic(format_args!("notice: the journal was not sealed and ends at its tail: {tail}"));
        }
        let header = reader.header().clone();
        let config = recorded_config(journal, &header)?;
        let order = Order { journal, data, strategies: &[], until: None, isolation: Isolation::InProcess };
        let specs = specs(&order, &header, &config, &hints(&reader))?;
        let (extent, last) = (tapes::extent(&header), reader.totals().next_seq.0.saturating_sub(1));
        Ok(Recorded { journal: journal.to_owned(), header, config, specs, extent, last })
    }

    fn walk(&self) -> Result<Walk, Failure> {
        let reader = JournalReader::open(&self.journal).map_err(|error| journal_failure(&error))?;
        Ok(Walk::new(reader, tapes::feed(self.specs.clone(), self.extent)?))
    }

    fn check(&self, seq: u64) -> Result<(), Failure> {
        if (1..=self.last).contains(&seq) {
            return Ok(());
        }
        let fault = Fault::new(format!("there is no event {seq}, the journal has 1 to {}", self.last));
        Err(Failure::Usage(fault.fixed_by("`ringfence inspect JOURNAL` lists them")))
    }
}

/// Where somebody stands.
struct Place<'a> {
    session: &'a Recorded,
    walk: Walk,
}

impl Place<'_> {
    /// Goes to an event that is there; back means once more from the start.
    fn go(&mut self, seq: u64) -> Result<(), Failure> {
        if self.walk.seq().0 > seq {
            self.walk = self.session.walk()?;
        }
        let line = Line::start("inspect", Some(seq));
        let reached = self.walk.forward(Seq(seq), &mut |now| line.moved(now));
        line.end();
        match reached.map_err(session_failure)? {
            Reached::There | Reached::End => Ok(()),
            Reached::Differs(difference) => {
                let message = format!("event {} comes out other than it is recorded", difference.seq.0);
                Err(Failure::Damaged(Fault::new(message).fixed_by("`ringfence replay JOURNAL` says in what")))
            }
        }
    }
}

/// Shows the place with what happened on the way to it.
fn stepped(
    looker: &Looker<'_>,
    place: &mut Place<'_>,
    (from, by): (u64, i64),
    out: &mut Output,
) -> Result<(), Failure> {
    let to = moved(from, by).min(place.session.last);
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    place.go(from.min(to))?;
    // On the way back the events between are shown in their order, and the place is the first of them.
    for seq in from.min(to)..from.max(to) {
        place.go(seq)?;
        match out.form() {
            Form::Json => objects.push(looker.passed_json(&place.walk)),
            Form::Text => lines.extend(looker.passed_lines(&place.walk)),
        }
    }
    if by < 0 {
        place.go(from)?;
        match out.form() {
            Form::Json => objects.push(looker.passed_json(&place.walk)),
            Form::Text => lines.extend(looker.passed_lines(&place.walk)),
        }
    }
    place.go(to)?;
    if !lines.is_empty() {
        lines.insert(0, "on the way".to_owned());
        lines.push(String::new());
    }
    lines.iter().for_each(|line| out.line(line));
    show(looker, &place.walk, objects, out);
    Ok(())
}

/// Asks where to go, until nobody answers.
fn asked(looker: &Looker<'_>, place: &mut Place<'_>, out: &mut Output) -> Result<(), Failure> {
    let is_terminal = std::io::stdin().is_terminal();
    let last = place.session.last;
    for line in std::iter::from_fn(|| line(is_terminal)) {
        let line = line.map_err(|error| Failure::outside(format!("cannot read what was typed: {error}")))?;
        let to = match parse(&line) {
            Err(message) => {
                diagnostic(message);
                continue;
            }
            Ok(Command::Quit) => return Ok(()),
            Ok(Command::Again) => place.walk.seq().0,
            Ok(Command::By(by)) => moved(place.walk.seq().0, by),
            Ok(Command::To(seq)) => seq,
        };
        if let Err(Failure::Usage(fault)) = place.session.check(to) {
            diagnostic(format_args!("{}", fault.message));
            continue;
        }
        place.go(to.min(last))?;
        show(looker, &place.walk, Vec::new(), out);
        if !out.is_open() || interrupt::flow() == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    Ok(())
}

/// The next line that is typed; on a terminal it is asked for.
fn line(is_terminal: bool) -> Option<std::io::Result<String>> {
    if is_terminal {
        let mut prompt = std::io::stderr().lock();
        // Where the prompt cannot be written, nobody is there to be asked.
        write!(prompt, "[{COMMANDS}] > ").and_then(|()| prompt.flush()).ok();
    }
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => None,
        Ok(_) => Some(Ok(line)),
        Err(error) => Some(Err(error)),
    }
}

fn show(looker: &Looker<'_>, walk: &Walk, passed: Vec<serde_json::Value>, out: &mut Output) {
    match out.form() {
        Form::Json => out.json(&looker.json(walk, passed)),
        Form::Text => looker.lines(walk).iter().for_each(|line| out.line(line)),
    }
    out.flush();
}
