//! Opening: which events stand at the start of every stream?
//!
//! In: configuration, tapes, attached strategies. Out: session id, blobs and the first reports. Must never: put a path,
//! a time of day or a random number into any of them.

use ringfence_core::blob::{BlobTable, Sha256Hash, sha256};
use ringfence_core::canonical::Writer;
use ringfence_core::config::Config;
use ringfence_core::event::{EventKind, Mode, Report};
use ringfence_core::ids::{InstrumentId, SessionId, StrategyId};
use ringfence_core::plan::Plan;
use ringfence_core::step::RULES_VERSION;
use ringfence_tape::{BarStamp, Extent, Stamp};

use crate::script::Scripted;

/// A strategy that has been set up and is ready to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its slot in the configuration.
    pub strategy: StrategyId,
    /// SHA-256 of its component; zeros for native code.
    pub component: Sha256Hash,
    /// What it subscribed to.
    pub plan: Plan,
}

/// What a backtest is fed with, as its session id knows it.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Tapes, in the order of their merge.
    pub tapes: &'a [TapeIdentity],
    /// How much of them.
    pub extent: Extent,
    /// Control events, in order.
    pub script: &'a [Scripted],
}

/// A tape as the session id knows it: its rows, and how they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapeIdentity {
    /// SHA-256 of the file as stored; for a native tape that was converted, of the file that it was made from.
    pub sha256: Sha256Hash,
    /// Instrument of its rows.
    pub instrument: InstrumentId,
    /// How its bars are stamped.
    pub bar: Option<BarStamp>,
}

/// Id of a backtest: the first half of a SHA-256 over configuration, tapes, what of them is fed, and the control events.
#[must_use]
pub fn backtest_session(config: &Config, inputs: &Inputs<'_>) -> SessionId {
    let Inputs { tapes, extent, script } = *inputs;
    let mut w = Writer::new();
    w.text("ringfence backtest");
    w.raw(&config.hash());
    w.list(tapes, |w, tape| {
        w.raw(&tape.sha256);
        w.u32(tape.instrument.0);
        w.option(tape.bar, |w, bar| {
            w.flag(bar.stamp == Stamp::Open);
            w.u64(bar.interval_ns.get());
        });
    });
    w.option(extent.rows_max, Writer::u64);
    w.u32(extent.passes.get());
    // A run without a script has the id it had before there were scripts; the bytes of one with a script are longer.
    if !script.is_empty() {
        w.list(script, |w, scripted| scripted.put(w));
    }
    let mut id = [0; 16];
    id.copy_from_slice(&sha256(w.bytes())[..16]);
    SessionId(id)
}

/// The first reports of a stream: the session, its configuration, its strategies by ascending id.
#[must_use]
pub fn opening_reports(
    (session, mode): (SessionId, Mode),
    config: &Config,
    attached: &[Attached],
    blobs: &mut BlobTable,
) -> Vec<Report> {
    let config = blobs.append(&config.encode());
    let mut kinds = vec![EventKind::SessionOpened(session, mode, RULES_VERSION), EventKind::ConfigChanged(config)];
    for strategy in attached {
        let component = blobs.append(&strategy.component);
        let mut w = Writer::new();
        strategy.plan.put(&mut w);
        let plan = blobs.append(w.bytes());
        kinds.push(EventKind::StrategyAttached(strategy.strategy, component, plan));
    }
    kinds.into_iter().map(Report::control).collect()
}
