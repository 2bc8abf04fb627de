//! Rows: which events does a tape give, and do all ways to ask for them agree?

use std::num::NonZeroU32;
use std::path::Path;

use ringfence_core::event::{Cause, Event, EventKind};
use ringfence_core::ids::{AccountId, Seq, TimeNs};
use ringfence_core::instrument::Instrument;
use ringfence_core::money::Scale;
use ringfence_tape::{Extent, Feed, Layout, Tape, TapeError, TapeLayout, TapeSpec, generate};

use crate::support;

/// What reads the file at these scales; a bar's stamp is filled in by [`read`] where the file needs it.
pub(crate) fn spec(path: &Path, (price, qty): (Scale, Scale)) -> TapeSpec {
    let instrument = support::instrument(price.digits(), qty.digits());
    TapeSpec { path: path.to_owned(), generated: None, instrument, bar: None }
}

/// An event as a tape gives it.
pub(crate) fn event(instrument: &Instrument, time: u64, kind: EventKind) -> Event {
    let (venue_time, cause, account) = (TimeNs(0), Cause::Outside, AccountId(0));
    let (id, venue) = (instrument.id, instrument.venue);
    Event { seq: Seq(0), time: TimeNs(time), venue_time, cause, instrument: id, venue, account, kind }
}

/// Everything up to the first fault, and the fault.
pub(crate) fn read(spec: &TapeSpec) -> (Vec<Event>, Option<String>) {
    let mut tape = match open(spec) {
        Ok(tape) => tape,
        Err(error) => return (Vec::new(), Some(told(&error))),
    };
    let (mut all, mut block): (Vec<Event>, _) = (Vec::new(), Vec::new());
    let fault = loop {
        match tape.read_block(&mut block) {
            Ok(0) => break None,
            Ok(count) => assert_eq!(count, block.len()),
            Err(error) => {
                let again = tape.read_block(&mut block).expect_err("a fault stays");
                assert_eq!(told(&again), told(&error));
                break Some(told(&error));
            }
        }
        all.extend_from_slice(&block);
    };
    assert!(all.is_sorted_by_key(|event| event.time), "time goes forward");
    passes(tape.spec(), &all, fault.is_none());
    (all, fault)
}

fn open(spec: &TapeSpec) -> Result<Tape, TapeError> {
    match Tape::open(spec.clone()) {
        Err(TapeError::BarStampMissing { .. }) => {
            Tape::open(TapeSpec { bar: Some(generate::BAR_STAMP), ..spec.clone() })
        }
        opened => opened,
    }
}

/// Twice in a row, the second time later by the length of the first pass.
fn passes(spec: &TapeSpec, all: &[Event], is_whole: bool) {
    let passes = NonZeroU32::new(2).expect("above 0");
    let rows_max = Some(2 * all.len() as u64 + 1);
    let tape = Tape::open(spec.clone()).expect("it opened before");
    assert!(!matches!(tape.layout(), TapeLayout::Text(Layout::Bars)) || spec.bar.is_some());
    let mut feed = Feed::new(vec![tape], Extent { rows_max, passes });
    let mut times = Vec::new();
    loop {
        match feed.next_block() {
            Ok(Some(block)) => times.extend(block.events.iter().map(|event| event.time.0)),
            Ok(None) => {
                assert!(is_whole && times.len() == 2 * all.len(), "{} of twice {}", times.len(), all.len());
                break;
            }
            Err(_) => {
                assert!(times.len() >= all.len(), "everything before the fault is given");
                break;
            }
        }
    }
    assert!(times.is_sorted() && all.iter().zip(&times).all(|(event, time)| event.time.0 == *time));
}

fn told(error: &TapeError) -> String {
    format!("{} {error}", error.code())
}
