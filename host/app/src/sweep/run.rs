//! Running: how are many backtests shared out to threads?
//!
//! In: a configuration, axes, which combinations, how many threads. Out: a result for each, in their order. Must never:
//! decode a tape or compile a component more than once, where memory allows.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use ringfence_core::config::Config;
use ringfence_core::event::Event;
use ringfence_core::ids::{StrategyId, TimeNs};
use ringfence_core::money::Decimal;
use ringfence_report::summary::Choices;
use ringfence_report::trial::{Figures, Track, Tracker};
use ringfence_sandbox::Sandbox;
use ringfence_session::backtest::Backtest;
use ringfence_session::opening::{Attached, Inputs, TapeIdentity, backtest_session};
use ringfence_session::results::Results;
use ringfence_session::script::Scripted;
use ringfence_sim::{QueueModel, Sim, SimConfig};
use ringfence_tape::{Extent, Feed, Recording};

use crate::config::{Loaded, Report, Request, load};
use crate::exit::{Failure, Fault};
use crate::interrupt;
use crate::sessions::backtest::{make_ready, sources};
use crate::sessions::strategies::{Crew, set_up, unbatched};
use crate::sessions::{session_failure, tape_failure, tapes};
use crate::sweep::axis::{Axis, combination};

/// Rows that are kept decoded, 144 bytes each; with more, every run reads the tapes itself.
pub(crate) const RECORDED_ROWS_MAX: usize = 4_000_000;

/// What to run.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) loaded: &'a Loaded,
    pub(crate) extent: Extent,
    pub(crate) axes: &'a [Axis],
    /// Numbers of the combinations.
    pub(crate) numbers: &'a [u64],
    pub(crate) threads: usize,
    /// What annual figures rest on.
    pub(crate) choices: &'a Choices,
}

/// Which rows a run is fed, and from when on they count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// Rows of the recording; `None` = all there are.
    pub(crate) rows: Option<Range<usize>>,
    /// Control events, in order of time.
    pub(crate) script: Vec<Scripted>,
    /// Rows before this time are a warm-up.
    pub(crate) from: TimeNs,
    /// Whether equity is kept, as exact amounts.
    pub(crate) is_kept: bool,
}

/// One run to be: a combination over some rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) number: u64,
    pub(crate) part: &'a Part,
}

/// What one combination came to.
#[derive(Debug)]
pub(crate) struct Trial {
    /// Values, one for each axis.
    pub(crate) values: Vec<String>,
    /// What it came to, or why its configuration or its strategy refused these values.
    pub(crate) outcome: Result<Done, String>,
}

impl Trial {
    /// The code of its first halt, where it ran and a strategy of it was halted.
    pub(crate) fn halted(&self) -> Option<&'static str> {
        self.outcome.as_ref().ok()?.halted()
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Done {
    /// Its results; no curve is drawn.
    pub(crate) results: Results,
    /// Equity when its first row came.
    pub(crate) start: Decimal,
    /// Its statistics.
    pub(crate) figures: Figures,
    /// Equity and trades, where they were to be kept.
    pub(crate) track: Option<Box<Track>>,
}

impl Done {
    fn new(results: Results, track: Track, (config, choices): (&Config, &Choices)) -> Result<Done, Failure> {
        let refused = |error: ringfence_report::statistics::BasisError| Failure::usage(error.to_string());
        let figures = track.figures(config, choices).map_err(refused)?;
        let start = track.start;
        let track = track.exact.is_some().then(|| Box::new(track));
        Ok(Done { results, start, figures, track })
    }

    /// The code of its first halt, where a strategy of it was halted: then it is not a result of all rows.
    pub(crate) fn halted(&self) -> Option<&'static str> {
        self.results.strategies.iter().find_map(|strategy| strategy.halts.first()).map(|halt| halt.code.code())
    }

    /// What was made or lost.
    pub(crate) fn profit(&self) -> Decimal {
        self.results.equity - self.start
    }

    /// Largest fall of equity from a peak, at least 0, to eight digits behind the point: what the floats of a track hold.
    pub(crate) fn drawdown(&self) -> Option<Decimal> {
        let text = format!("{:.8}", self.figures.drawdown?);
        text.parse::<Decimal>().ok().map(|amount| amount.normalize())
    }
}

/// A sweep that did not end.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// Why.
    pub(crate) failure: Failure,
    /// What had been done by then, in the order of the tasks.
    pub(crate) done: Vec<Trial>,
}

impl Stopped {
    /// Why, with how much of it all had been done where somebody interrupted it.
    pub(crate) fn counted(failure: Failure, done: usize, (all, runs): (usize, &str)) -> Failure {
        match failure {
            Failure::Interrupted(_) => {
                Failure::Interrupted(Fault::new(format!("interrupted after {done} of {all} {runs}")))
            }
            Failure::Config(_) | Failure::Usage(_) | Failure::Damaged(_) | Failure::Outside(_) => failure,
        }
    }
}

/// Everything that many runs share.
pub(crate) struct Sweep<'a> {
    ground: Ground<'a>,
    crew: Crew,
}

/// What every thread reads.
struct Ground<'a> {
    order: Order<'a>,
    hashes: Vec<[u8; 32]>,
    recording: Option<Arc<Recording>>,
    /// Why the tapes do not serve the queue model that needs orders; `None` = they do.
    lacks_orders: Option<String>,
}

impl<'a> Sweep<'a> {
    /// Decodes tapes and compiles components.
    ///
    /// # Errors
    /// What concerns all runs: components, tapes, the engine.
    pub(crate) fn prepare(order: Order<'a>) -> Result<Sweep<'a>, Failure> {
        let loaded = order.loaded;
        // Once on this thread: what is wrong with the components or the tapes is told before a hundred threads say it.
        let crew = set_up(&loaded.core, sources(loaded)?, &|strategy, refusal| loaded.refused(strategy, refusal))?;
        make_ready(loaded, &crew.sandbox)?;
        let feed = tapes::feed(loaded.tapes.clone(), order.extent)?;
        tapes::refuse_others(&loaded.core, &feed)?;
        tapes::refuse_twice(&loaded.core, &feed)?;
        let hashes = tapes::hashes(&feed);
        let lacks_orders = tapes::lacks_orders(&loaded.core, &feed);
        let recording = feed.record(RECORDED_ROWS_MAX).map_err(|error| tape_failure(&error))?;
        Ok(Sweep { ground: Ground { order, hashes, recording, lacks_orders }, crew })
    }

    /// The rows, where they are few enough to be held.
    pub(crate) fn rows(&self) -> Option<&[Event]> {
        self.ground.recording.as_deref().map(Recording::events)
    }

    /// What is said where events were to come in batches and cannot, by the configuration without its axes.
    pub(crate) fn unbatched(&self) -> Option<String> {
        unbatched(&self.crew.sandbox, &self.ground.order.loaded.core)
    }

    /// What there is to run.
    pub(crate) fn order(&self) -> &Order<'a> {
        &self.ground.order
    }

    /// Runs every task; `told` hears how many are done. Trials come in the order of the tasks.
    ///
    /// # Errors
    /// Faults of tapes, of the engine, an interruption; with what was done before it.
    pub(crate) fn run(&self, tasks: &[Task<'_>], told: &mut dyn FnMut(usize)) -> Result<Vec<Trial>, Box<Stopped>> {
        let shared = Shared { ground: &self.ground, tasks, next: AtomicUsize::new(0), stopped: AtomicBool::new(false) };
        let mut trials: Vec<Option<Trial>> = tasks.iter().map(|_| None).collect();
        let (sender, receiver) = channel();
        let fault = std::thread::scope(|scope| {
            for _ in 0..self.ground.order.threads.clamp(1, tasks.len().max(1)) {
                let (shared, sender, sandbox) = (&shared, sender.clone(), self.crew.sandbox.sibling());
                scope.spawn(move || shared.work(sandbox, &sender));
            }
            drop(sender);
            let mut fault = None;
            for (done, (place, trial)) in receiver.iter().enumerate() {
                match trial {
                    Ok(trial) => trials[place] = Some(trial),
                    Err(failure) => fault = fault.or(Some(failure)),
                }
                told(done + 1);
            }
            fault
        });
        let done = trials.into_iter().flatten().collect();
        match fault {
            None => Ok(done),
            Some(failure) => Err(Box::new(Stopped { failure, done })),
        }
    }
}

/// What all threads look at.
struct Shared<'a> {
    ground: &'a Ground<'a>,
    tasks: &'a [Task<'a>],
    next: AtomicUsize,
    stopped: AtomicBool,
}

type Answer = (usize, Result<Trial, Failure>);

impl Shared<'_> {
    fn work(&self, mut sandbox: Sandbox, answers: &Sender<Answer>) {
        while !self.stopped.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = self.tasks.get(place) else { return };
            let trial = self.ground.trial(*task, &mut sandbox);
            if trial.is_err() {
                self.stopped.store(true, Ordering::Relaxed);
            }
            if answers.send((place, trial)).is_err() {
                return;
            }
        }
    }
}

impl Ground<'_> {
    fn trial(&self, task: Task<'_>, sandbox: &mut Sandbox) -> Result<Trial, Failure> {
        if interrupt::is_asked() {
            return Err(Failure::Interrupted(Fault::new("the sweep was interrupted")));
        }
        let values = combination(self.order.axes, task.number);
        let outcome = match self.configured(&values) {
            Ok((config, rules)) => self.backtest((&config, rules), task.part, sandbox)?,
            Err(report) => Err(report.to_string()),
        };
        Ok(Trial { values: values.into_iter().map(str::to_owned).collect(), outcome })
    }

    /// The configuration with these values. Parameters of strategies are set in the loaded one, everything else is loaded
    /// anew and checked as if the file had said so.
    fn configured(&self, values: &[&str]) -> Result<(Config, SimConfig), Report> {
        let loaded = self.order.loaded;
        let pairs = || self.order.axes.iter().zip(values);
        let mut config = loaded.core.clone();
        if pairs().all(|(axis, value)| set_parameter(&mut config, &axis.key, value)) {
            let rules = loaded.simulation.clone().expect("a configuration loaded for a backtest has its rules");
            return Ok((config, rules));
        }
        let sets = pairs().map(|(axis, value)| axis.assignment(value));
        let sets: Vec<String> = self.order.request.sets.iter().cloned().chain(sets).collect();
        let loaded = load(&Request { sets: &sets, ..self.order.request })?;
        let rules = loaded.simulation.expect("a configuration loaded for a backtest has its rules");
        Ok((loaded.core, rules))
    }

    fn backtest(
        &self,
        (config, rules): (&Config, SimConfig),
        part: &Part,
        sandbox: &mut Sandbox,
    ) -> Result<Result<Done, String>, Failure> {
        if let Some(text) = self.lacks_orders.as_ref().filter(|_| rules.queue == QueueModel::L3Fifo) {
            return Ok(Err(text.clone()));
        }
        let mut attached = Vec::new();
        for id in (1_u16..).take(config.strategies.len()) {
            match sandbox.load_again(StrategyId(id), config) {
                Ok(loaded) => {
                    attached.push(Attached { strategy: StrategyId(id), component: loaded.sha256, plan: loaded.plan });
                }
                Err(refusals) => {
                    let texts: Vec<String> = refusals.iter().map(|refusal| refusal.found.clone()).collect();
                    return Ok(Err(texts.join("; ")));
                }
            }
        }
        let sim = match Sim::new(rules) {
            Ok(sim) => sim,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let loaded = self.order.loaded;
        let tapes: Vec<TapeIdentity> = self
            .hashes
            .iter()
            .zip(&loaded.tapes)
            .map(|(sha256, spec)| TapeIdentity { sha256: *sha256, instrument: spec.instrument.id, bar: spec.bar })
            .collect();
        let script = if part.script.is_empty() { &loaded.script } else { &part.script };
        let inputs = Inputs { tapes: &tapes, extent: self.order.extent, script };
        let mut tracker = Tracker::new(config, part.from);
        if part.is_kept {
            tracker = tracker.exactly();
        }
        let run = Backtest {
            config,
            session: backtest_session(config, &inputs),
            attached: &attached,
            host: sandbox,
            sim,
            feed: self.feed(part)?,
            script,
            timetable: Some(&loaded.calendars),
            journal: None,
            progress: &mut |_| interrupt::flow(),
            paced: None,
            observer: Some(&mut tracker),
            has_curve: false,
        };
        let results = run.run().map_err(session_failure)?;
        let track = tracker.finish().map_err(|error| Failure::outside(format!("figures of a run: {error}")))?;
        Done::new(results, track, (config, self.order.choices)).map(Ok)
    }

    fn feed(&self, part: &Part) -> Result<Feed, Failure> {
        match (&self.recording, &part.rows) {
            (Some(recording), Some(rows)) => Ok(Feed::part(recording, rows.clone())),
            (Some(recording), None) => Ok(Feed::of(recording)),
            (None, _) => tapes::feed(self.order.loaded.tapes.clone(), self.order.extent),
        }
    }
}

/// Sets `strategies.NAME.params.KEY`; false for every other key.
fn set_parameter(config: &mut Config, key: &str, value: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    let ["strategies", name, "params", parameter] = parts.as_slice() else { return false };
    let Some(slot) = config.strategies.iter_mut().find(|slot| slot.name == **name) else { return false };
    match slot.params.iter_mut().find(|(known, _)| known == parameter) {
        Some((_, text)) => value.clone_into(text),
        // In the order that a loaded configuration has them.
        None => {
            let at = slot.params.partition_point(|(known, _)| known.as_str() < *parameter);
            slot.params.insert(at, ((*parameter).to_owned(), value.to_owned()));
        }
    }
    true
}
