//! What if: a recorded session as it was, and as it would have been.
//!
//! In: a journal, its tapes by hash, what is to be other. Out: results of both. Must never: feed the second run with
//! another market than the first, or write into the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;
use ringfence_core::event::Mode;
use ringfence_core::ids::{SessionId, StrategyId};
use ringfence_core::risk::ApprovalKeys;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::wire::header::Header;
use ringfence_sandbox::Isolation;
use ringfence_session::backtest::{Paced, Progress};
use ringfence_session::replay::Verdict;
use ringfence_session::results::Results;
use ringfence_session::script::{Fact, Scripted};
use ringfence_tape::Extent;

use crate::config::Loaded;
use crate::config::recorded::{self, Component};
use crate::exit::{Failure, Fault};
use crate::output::hex;
use crate::sessions::backtest::Identity;
use crate::sessions::replay::{self, hints, recorded_config, specs};
use crate::sessions::strategies::strategy_of;
use crate::sessions::{backtest, journal_failure, tapes};
use crate::whatif::orders::{self, Reciting};
use crate::whatif::script;
use crate::whatif::tally::Tally;

/// What to ask.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    /// Folder of the journal.
    pub(crate) of: &'a Path,
    /// Tapes, in any order.
    pub(crate) data: &'a [PathBuf],
    /// Other components, by strategy id or name.
    pub(crate) strategies: &'a [(String, PathBuf)],
    /// Other values.
    pub(crate) sets: &'a [String],
    /// Where to record the counterfactual run.
    pub(crate) journal: Option<&'a Path>,
}

/// The session as it was.
#[derive(Debug)]
pub(crate) struct Baseline {
    pub(crate) session: SessionId,
    pub(crate) config: Config,
    pub(crate) verdict: Verdict,
    pub(crate) tally: Tally,
    header: Header,
    loaded: Loaded,
    other: Loaded,
    components: Vec<Component>,
}

/// The session as it would have been.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) results: Results,
    pub(crate) tally: Tally,
    /// Keys and components that are other, with what they were and what they are.
    pub(crate) changes: BTreeMap<String, (String, String)>,
    /// Texts about strategies that died, for people.
    pub(crate) deaths: Vec<String>,
}

/// Replays the session; what is to be other is checked before.
pub(crate) fn baseline(
    order: &Order<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Baseline, Failure> {
    let header = JournalReader::open(order.of).map_err(|error| journal_failure(&error))?.header().clone();
    refuse_mode(header.mode)?;
    let config = recorded_config(order.of, &header)?;
    let (kept, components) = components(order, &header, &config)?;
    let loaded = recorded::load(&config, &[], &kept)?;
    if loaded.core.hash() != header.config {
        let fault = Fault::new("this release reads the recorded configuration otherwise than the one that wrote it");
        return Err(Failure::Usage(fault.fixed_by(format!("ask with {}", header.engine))));
    }
    let other = recorded::load(&config, order.sets, &components)?;
    let mut tally = Tally::default();
    let replay = replay::Order {
        journal: order.of,
        data: order.data,
        strategies: &[],
        until: None,
        isolation: Isolation::InProcess,
    };
    let replayed = replay::run(&replay, progress, Some(&mut tally))?;
    let verdict = replayed.verdict;
    if !verdict.is_match() {
        let fault = Fault::new("the session does not replay, so there is no baseline to hold anything against");
        return Err(Failure::Damaged(fault.fixed_by("`ringfence replay JOURNAL` shows the first difference")));
    }
    let tally = tally.finish().map_err(|error| Failure::outside(error.to_string()))?;
    Ok(Baseline { session: header.session, config, verdict, tally, header, loaded, other, components })
}

/// Runs it again as it would have been.
pub(crate) fn counterfactual(
    order: &Order<'_>,
    baseline: &Baseline,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Answer, Failure> {
    let Baseline { header, components, .. } = baseline;
    let mut loaded = baseline.other.clone();
    let changed =
        |later: &Config| Ok(recorded::load(later, order.sets, components).map_err(Failure::Config)?.core.encode());
    loaded.script = script::recorded(order.of, &baseline.loaded.calendars, &changed)?;
    let orders = orders::recorded(order.of, &replaced(baseline))?;
    if header.mode == Mode::Paper {
        // Between which rows they came is told by the pace.
        loaded.script.retain(|scripted| !matches!(scripted.fact, Fact::Parameters(..)));
    } else {
        with_swaps(&mut loaded.script, &orders);
    }
    let reader = JournalReader::open(order.of).map_err(|error| journal_failure(&error))?;
    let replay = replay::Order {
        journal: order.of,
        data: order.data,
        strategies: &[],
        until: None,
        isolation: Isolation::InProcess,
    };
    loaded.tapes = specs(&replay, header, &loaded.core, &hints(&reader))?;
    let changes = changes(baseline);
    let label = label(baseline, &changes);
    let (extent, journal) = (extent(baseline), order.journal);
    let identity = match header.mode {
        Mode::Paper => Identity::Counterfactual(Mode::Paper, baseline.session),
        Mode::Backtest | Mode::Replay | Mode::Shadow | Mode::Live => Identity::Inputs,
    };
    let run =
        backtest::Order { loaded: &loaded, extent, journal, signing: None, identity, label: &label, profiler: None };
    let mut tally = Tally::default();
    let (results, deaths) = if header.mode == Mode::Paper {
        paper(run, (baseline, orders), progress, &mut tally)?
    } else {
        backtest::prepare(run)?.run(progress, Some(&mut tally))?
    };
    let tally = tally.finish().map_err(|error| Failure::outside(error.to_string()))?;
    Ok(Answer { results, tally, changes, deaths })
}

/// What a venue answered to other orders than those it would have got now, nobody knows.
fn refuse_mode(mode: Mode) -> Result<(), Failure> {
    match mode {
        Mode::Backtest | Mode::Paper => Ok(()),
        Mode::Replay | Mode::Shadow | Mode::Live => {
            let text = "only backtests and paper sessions can be asked, whose venue is simulated, and this is a";
            Err(Failure::usage(format!("{text} {} session", mode.code())))
        }
    }
}

/// A paper session as it would have been: what was asked for in the course of it comes at the same places.
fn paper(
    run: backtest::Order<'_>,
    (baseline, orders): (&Baseline, Vec<orders::Order>),
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    tally: &mut Tally,
) -> Result<(Results, Vec<String>), Failure> {
    let prepared = backtest::prepare(run)?;
    prepared.make_ready(orders.iter().map(|order| (order.time, &order.fact)))?;
    let mut pace = Reciting::new(orders, baseline.tally.rows);
    let paced = Paced { mode: Mode::Paper, keys: ApprovalKeys::simulation(prepared.session()), pace: &mut pace };
    prepared.run_at(Some(paced), progress, Some(tally))
}

/// Strategies that run another component than the recorded one, whatever was swapped in.
fn replaced(baseline: &Baseline) -> Vec<StrategyId> {
    let both = baseline.components.iter().zip(&baseline.header.components);
    both.filter(|(component, _)| component.flag.is_some()).map(|(_, recorded)| recorded.strategy).collect()
}

/// Components that the script swapped in; what else it says is there already.
fn with_swaps(script: &mut Vec<Scripted>, orders: &[orders::Order]) {
    let swaps = orders.iter().filter(|order| matches!(order.fact, Fact::Swap(..)));
    script.extend(swaps.map(|order| Scripted { time: order.time, fact: order.fact.clone() }));
    script.sort_by_key(|scripted| scripted.time);
}

/// A session that did not end in order is asked about as much of the market as it saw.
fn extent(baseline: &Baseline) -> Extent {
    let extent = tapes::extent(&baseline.header);
    if baseline.verdict.is_sealed || baseline.header.mode == Mode::Paper {
        extent
    } else {
        Extent { rows_max: Some(baseline.tally.rows), ..extent }
    }
}

/// The recorded components, and those of the counterfactual run.
fn components(
    order: &Order<'_>,
    header: &Header,
    config: &Config,
) -> Result<(Vec<Component>, Vec<Component>), Failure> {
    let kept = |component: &ringfence_journal::wire::header::ComponentRef| Component {
        path: order.of.join("components").join(hex(&component.sha256)),
        flag: None,
    };
    let kept: Vec<Component> = header.components.iter().map(kept).collect();
    let mut others = kept.clone();
    for (name, path) in order.strategies {
        let StrategyId(id) = strategy_of(name, config)?;
        let flag = format!("--strategy {name}={}", path.display());
        let place = others.get_mut(usize::from(id) - 1).ok_or_else(|| {
            Failure::usage(format!("{name} had no component when the session began, so it has none to replace"))
        })?;
        if let Some(first) = place.flag.replace(flag.clone()) {
            return Err(Failure::usage(format!("{first} and {flag} name the same strategy")));
        }
        place.path.clone_from(path);
    }
    Ok((kept, others))
}

fn changes(baseline: &Baseline) -> BTreeMap<String, (String, String)> {
    let (was, is) = (recorded::keys(&baseline.config), recorded::keys(&baseline.other.core));
    let none = || "nothing".to_owned();
    let names = was.keys().chain(is.keys());
    let pairs = names.map(|name| {
        (name.clone(), (was.get(name).cloned().unwrap_or_else(none), is.get(name).cloned().unwrap_or_else(none)))
    });
    let mut changes: BTreeMap<String, (String, String)> = pairs.filter(|(_, (was, is))| was != is).collect();
    for (component, recorded) in baseline.components.iter().zip(&baseline.header.components) {
        if component.flag.is_some() {
            let name = baseline.config.strategy(recorded.strategy).map_or("", |slot| slot.name.as_str());
            let is = component.path.display().to_string();
            changes.insert(format!("component of {name}"), (hex(&recorded.sha256), is));
        }
    }
    changes
}

/// What the header of a counterfactual journal says of it. No path stands there.
fn label(baseline: &Baseline, changes: &BTreeMap<String, (String, String)>) -> Vec<(String, String)> {
    let mut label = vec![(COUNTERFACTUAL_OF.to_owned(), baseline.session.to_string())];
    let keys = changes.iter().filter(|(what, _)| !what.starts_with("component of "));
    label.extend(keys.map(|(what, (_, is))| (format!("{COUNTERFACTUAL_OF}.{what}"), is.clone())));
    label
}

/// The session of which a journal is a counterfactual; `None` = it happened.
pub(crate) fn counterfactual_of(header: &Header) -> Option<&str> {
    header.fact(COUNTERFACTUAL_OF)
}

/// The fact of a header that says so.
const COUNTERFACTUAL_OF: &str = "counterfactual_of";
