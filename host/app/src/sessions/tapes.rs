//! Tapes: which bytes is a session fed with?
//!
//! In: what to read and as what. Out: open files with their hashes, and the facts that let a replay read them the same
//! way. Must never: put a path into anything that a hash covers.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::Config;
use ringfence_journal::wire::header::{self, Header, TapeRef};
use ringfence_sandbox::{ENGINE_VERSION, PRICE_LIST_ID};
use ringfence_sim::QueueModel;
use ringfence_tape::{BarStamp, Extent, Feed, Generation, Layout, RecordLayout, Stamp, Tape, TapeLayout, TapeSpec};

use crate::exit::{Failure, Fault};
use crate::sessions::tape_failure;

/// SHA-256 of each file, in order: of the bytes that the feed reads.
pub(crate) fn hashes(feed: &Feed) -> Vec<Sha256Hash> {
    feed.tapes().map(Tape::sha256).collect()
}

/// What stands for the rows of each file in the id of the session: the same for a text and the native tape made from it.
pub(crate) fn identities(feed: &Feed) -> Vec<Sha256Hash> {
    feed.tapes().map(Tape::identity).collect()
}

/// Opens the files as one stream.
pub(crate) fn feed(specs: Vec<TapeSpec>, extent: Extent) -> Result<Feed, Failure> {
    let open = |spec| Tape::open(spec).map_err(|error| tape_failure(&error));
    Ok(Feed::new(specs.into_iter().map(open).collect::<Result<_, Failure>>()?, extent))
}

/// A native tape that names an instrument is taken for that one only.
pub(crate) fn refuse_others(config: &Config, feed: &Feed) -> Result<(), Failure> {
    for tape in feed.tapes() {
        let symbol = config.symbol(tape.spec().instrument.id);
        if let Some(header) = tape.native().filter(|header| !header.symbol.is_empty() && header.symbol != symbol) {
            let path = tape.path().display();
            let fault = Fault::new(format!("{path}: is a tape of {}, and is given for {symbol}", header.symbol));
            return Err(Failure::Usage(fault.fixed_by("name the tape's instrument: --data VENUE:SYMBOL=FILE")));
        }
    }
    Ok(())
}

/// Rows of a tape that is given twice would be counted twice. A text and the native tape made from it are the same rows.
pub(crate) fn refuse_twice(config: &Config, feed: &Feed) -> Result<(), Failure> {
    let mut seen: BTreeMap<_, &Tape> = BTreeMap::new();
    for tape in feed.tapes() {
        let id = tape.spec().instrument.id;
        if let Some(first) = seen.insert((id, tape.identity()), tape) {
            let (first, path) = (first.path().display(), tape.path().display());
            let fault = Fault::new(format!(
                "{path}: holds the same rows as {first}, and both are given for {}",
                config.symbol(id)
            ));
            return Err(Failure::Usage(fault.fixed_by("give each tape once")));
        }
    }
    Ok(())
}

/// Whether a tape holds bars.
pub(crate) fn has_bars(feed: &Feed) -> bool {
    feed.tapes()
        .any(|tape| matches!(tape.layout(), TapeLayout::Text(Layout::Bars) | TapeLayout::Native(RecordLayout::Bars)))
}

/// Places in the queue are known order by order only where the tape tells of orders.
pub(crate) fn refuse_without_orders(config: &Config, queue: QueueModel, feed: &Feed) -> Result<(), Failure> {
    match lacks_orders(config, feed).filter(|_| queue == QueueModel::L3Fifo) {
        None => Ok(()),
        Some(text) => {
            let fix = "import it with --level l3, where the source has orders, or choose another queue model";
            Err(Failure::Usage(Fault::new(text).fixed_by(fix)))
        }
    }
}

/// Why these tapes do not serve the queue model that needs orders; `None` = they do.
pub(crate) fn lacks_orders(config: &Config, feed: &Feed) -> Option<String> {
    let tells = |tape: &Tape| tape.layout() == TapeLayout::Native(RecordLayout::Orders);
    let has_orders = |id| feed.tapes().any(|tape| tape.spec().instrument.id == id && tells(tape));
    let tape = feed.tapes().find(|tape| !has_orders(tape.spec().instrument.id))?;
    let (path, symbol) = (tape.path().display(), config.symbol(tape.spec().instrument.id));
    Some(format!("simulation.queue: l3-fifo needs the orders of {symbol}, and {path} holds {}", tape.layout()))
}

/// References for the header.
pub(crate) fn references(hashes: &[Sha256Hash]) -> Vec<TapeRef> {
    hashes.iter().map(|sha256| TapeRef { sha256: *sha256 }).collect()
}

/// An extent as the header states it.
pub(crate) fn header_feed(extent: Extent) -> header::Feed {
    header::Feed { rows_max: extent.rows_max, repeat: extent.passes.get() }
}

/// The extent that a header states; a repeat of 0, which nobody writes, counts as 1.
pub(crate) fn extent(header: &Header) -> Extent {
    let passes = NonZeroU32::new(header.feed.repeat).unwrap_or(NonZeroU32::MIN);
    Extent { rows_max: header.feed.rows_max, passes }
}

/// How each tape is read: its instrument, and what a bar's stamp means. By ascending name, as the header wants it.
pub(crate) fn facts(config: &Config, specs: &[TapeSpec]) -> Vec<(String, String)> {
    let engine = [("import_prices", PRICE_LIST_ID), ("wasm_engine", ENGINE_VERSION)];
    let mut facts: Vec<(String, String)> = engine.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for (index, spec) in specs.iter().enumerate() {
        let mut add = |key: &str, value: String| facts.push((format!("tape.{index}.{key}"), value));
        add("instrument", config.symbol(spec.instrument.id).to_owned());
        if let Some(generation) = spec.generated {
            add(GENERATED, generation.to_string());
        }
        if let Some(bar) = spec.bar {
            add("interval_ns", bar.interval_ns.to_string());
            add("stamp", if bar.stamp == Stamp::Open { "open" } else { "close" }.to_owned());
        }
    }
    facts.sort();
    facts
}

/// Says of a tape that it was made, and from what: nothing else is needed to make it again.
const GENERATED: &str = "generated";

/// The market that tape `index` was, where it was a generated one.
pub(crate) fn generation_of(header: &Header, index: usize) -> Option<Generation> {
    header.fact(&format!("tape.{index}.{GENERATED}")).and_then(|text| text.parse().ok())
}

/// What [`facts`] wrote about tape `index`, with the instrument of the configuration.
pub(crate) fn spec_of(
    header: &Header,
    config: &Config,
    index: usize,
    (path, generated): (PathBuf, Option<Generation>),
) -> Option<TapeSpec> {
    let fact = |key: &str| header.fact(&format!("tape.{index}.{key}"));
    let symbol = fact("instrument")?;
    let instrument = *config.instruments.iter().find(|known| config.symbol(known.id) == symbol)?;
    let interval = fact("interval_ns").and_then(|digits| digits.parse::<NonZeroU64>().ok());
    let bar = fact("stamp").zip(interval).map(|(stamp, interval_ns)| BarStamp {
        stamp: if stamp == "open" { Stamp::Open } else { Stamp::Close },
        interval_ns,
    });
    Some(TapeSpec { path, generated, instrument, bar })
}
