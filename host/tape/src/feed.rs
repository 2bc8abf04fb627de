//! The feed: in which order do the rows of several tapes come?
//!
//! In: tapes, how many rows, how many passes. Out: blocks of events in order of (time, index of the tape). Must never:
//! change the order of rows of one tape, or depend on the size of a block.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use ringfence_core::event::Event;

use crate::error::TapeError;
use crate::tape::{BLOCK_ROWS, Shift, Tape};

/// How much of the tapes to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Most rows in total, over all tapes and passes.
    pub rows_max: Option<u64>,
    /// Passes over the tapes. Pass k is shifted by k - 1 times (last - first + 1 s) of the first pass.
    pub passes: NonZeroU32,
}

impl Extent {
    /// Everything, once.
    pub const WHOLE: Extent = Extent { rows_max: None, passes: NonZeroU32::MIN };
}

/// Rows in order, with their origin.
#[derive(Debug)]
pub struct Block<'a> {
    /// At least one event; `seq` is for the caller to fill in.
    pub events: &'a mut [Event],
    /// For each event, the index of its tape.
    pub tape_of: &'a [u32],
    /// For each tape, rows given so far, this block included, over all passes.
    pub rows_per_tape: &'a [u64],
}

/// Every row of a feed, decoded, for runs that are fed the same.
#[derive(Debug)]
pub struct Recording {
    events: Vec<Event>,
    tape_of: Vec<u32>,
    tapes: usize,
}

impl Recording {
    /// Its rows, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// All tapes of a session as one stream.
#[derive(Debug)]
pub struct Feed {
    lanes: Vec<Lane>,
    /// Rows that were decoded before, instead of lanes, and which of them are still to be given.
    recording: Option<(Arc<Recording>, Range<usize>)>,
    extent: Extent,
    rows: u64,
    rows_per_tape: Vec<u64>,
    pass: u32,
    time_first: Option<u64>,
    time_last: u64,
    /// From the first to the last time of a pass, known when the first pass has ended.
    length_ns: Option<u64>,
    merged: Vec<Event>,
    tape_of: Vec<u32>,
}

/// A tape and the rows of it that are decoded and not given out.
#[derive(Debug)]
struct Lane {
    tape: Tape,
    events: Vec<Event>,
    at: usize,
    is_ended: bool,
}

impl Feed {
    /// The rows of `tapes`; equal times come in the order of the tapes here.
    #[must_use]
    pub fn new(tapes: Vec<Tape>, extent: Extent) -> Feed {
        let rows_per_tape = vec![0; tapes.len()];
        let lanes = tapes.into_iter().map(|tape| Lane { tape, events: Vec::new(), at: 0, is_ended: false }).collect();
        Feed {
            lanes,
            recording: None,
            extent,
            rows: 0,
            rows_per_tape,
            pass: 1,
            time_first: None,
            time_last: 0,
            length_ns: None,
            merged: Vec::new(),
            tape_of: Vec::new(),
        }
    }

    /// The rows of a recording, in its order.
    #[must_use]
    pub fn of(recording: &Arc<Recording>) -> Feed {
        Feed::part(recording, 0..recording.events.len())
    }

    /// These rows of a recording, counted from 0; what is past its end is not there.
    #[must_use]
    pub fn part(recording: &Arc<Recording>, rows: Range<usize>) -> Feed {
        let mut feed = Feed::new(Vec::new(), Extent::WHOLE);
        feed.rows_per_tape = vec![0; recording.tapes];
        let end = rows.end.min(recording.events.len());
        feed.recording = Some((Arc::clone(recording), rows.start.min(end)..end));
        feed
    }

    /// Reads everything, so that several runs can be fed without decoding again; `None` when there are more than
    /// `rows_max` rows.
    ///
    /// # Errors
    /// The first fault of any tape.
    pub fn record(mut self, rows_max: usize) -> Result<Option<Arc<Recording>>, TapeError> {
        let mut recording = Recording { events: Vec::new(), tape_of: Vec::new(), tapes: self.rows_per_tape.len() };
        while let Some(block) = self.next_block()? {
            if recording.events.len() + block.events.len() > rows_max {
                return Ok(None);
            }
            recording.events.extend_from_slice(block.events);
            recording.tape_of.extend_from_slice(block.tape_of);
        }
        Ok(Some(Arc::new(recording)))
    }

    /// Rows given so far, over all tapes and passes.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The tapes, in the order of their indices.
    pub fn tapes(&self) -> impl ExactSizeIterator<Item = &Tape> {
        self.lanes.iter().map(|lane| &lane.tape)
    }

    /// The next rows, at most [`BLOCK_ROWS`]; `None` when all passes or all rows asked for were given.
    ///
    /// # Errors
    /// The first fault of any tape, after the rows before it were given; [`TapeError::Repeat`] when a pass would leave
    /// the range of times.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, TapeError> {
        let left = self.extent.rows_max.map_or(u64::MAX, |rows_max| rows_max - self.rows);
        let want = usize::try_from(left).unwrap_or(BLOCK_ROWS).min(BLOCK_ROWS);
        if want == 0 {
            return Ok(None);
        }
        if self.recording.is_some() {
            return Ok(self.fill_from_recording(want).then(|| self.block()));
        }
        while !self.fill(want)? {
            if !self.rewind()? {
                return Ok(None);
            }
        }
        Ok(Some(self.block()))
    }

    /// Copies the next rows of the recording, which other runs are fed at the same time; false at its end.
    fn fill_from_recording(&mut self, want: usize) -> bool {
        let Some((recording, left)) = &mut self.recording else { return false };
        let end = left.end.min(left.start + want);
        self.merged.clear();
        self.merged.extend_from_slice(&recording.events[left.start..end]);
        self.tape_of.clear();
        self.tape_of.extend_from_slice(&recording.tape_of[left.start..end]);
        for tape in &self.tape_of {
            self.rows_per_tape[*tape as usize] += 1;
        }
        left.start = end;
        !self.merged.is_empty()
    }

    /// Reads the next rows of this pass; false at its end.
    fn fill(&mut self, want: usize) -> Result<bool, TapeError> {
        match self.lanes.as_mut_slice() {
            // One tape: its block is handed out as it is.
            [lane] => {
                let rows = lane.tape.read_rows(&mut lane.events, want)?;
                self.tape_of.resize(rows, 0);
                self.rows_per_tape[0] += rows as u64;
                Ok(rows > 0)
            }
            _ => self.merge(want),
        }
    }

    fn merge(&mut self, want: usize) -> Result<bool, TapeError> {
        self.merged.clear();
        self.tape_of.clear();
        while self.merged.len() < want {
            if let Err(fault) = self.lanes.iter_mut().try_for_each(Lane::refill) {
                // Without its next row nobody knows what comes first: what is merged goes out, then the fault.
                if self.merged.is_empty() {
                    return Err(fault);
                }
                break;
            }
            let Some((index, until)) = self.next_run() else { break };
            let room = want - self.merged.len();
            let lane = &mut self.lanes[index];
            let waiting = &lane.events[lane.at..];
            let run =
                waiting.iter().take(room).take_while(|event| until.is_none_or(|until| (event.time.0, index) < until));
            let rows = run.count();
            self.merged.extend_from_slice(&waiting[..rows]);
            lane.at += rows;
            self.rows_per_tape[index] += rows as u64;
            let origin = u32::try_from(index).expect("every tape holds an open file, of which there are fewer");
            self.tape_of.resize(self.merged.len(), origin);
        }
        Ok(!self.merged.is_empty())
    }

    /// The tape whose row comes next, and the row of another tape that its rows have to stay before.
    fn next_run(&self) -> Option<(usize, Option<(u64, usize)>)> {
        let heads = || self.lanes.iter().enumerate().filter_map(|(index, lane)| Some((lane.head()?, index)));
        let (_, index) = heads().min()?;
        Some((index, heads().filter(|(_, other)| *other != index).min()))
    }

    /// Starts the next pass; false when there is none.
    fn rewind(&mut self) -> Result<bool, TapeError> {
        let Some(time_first) = self.time_first else { return Ok(false) };
        if self.pass == self.extent.passes.get() {
            return Ok(false);
        }
        let length_ns = *self.length_ns.get_or_insert(self.time_last - time_first);
        let by_ns = length_ns.checked_add(PAUSE_NS).and_then(|span_ns| span_ns.checked_mul(u64::from(self.pass)));
        let by_ns = by_ns.ok_or(TapeError::Repeat { pass: self.pass + 1, length_ns })?;
        for lane in &mut self.lanes {
            lane.tape = lane.tape.reopened(Shift { by_ns, floor: self.time_last })?;
            lane.is_ended = false;
        }
        self.pass += 1;
        Ok(true)
    }

    fn block(&mut self) -> Block<'_> {
        let events = match self.lanes.as_mut_slice() {
            [lane] => &mut lane.events,
            _ => &mut self.merged,
        };
        if let [first, .., last] | [first @ last] = events.as_slice() {
            self.time_first.get_or_insert(first.time.0);
            self.time_last = last.time.0;
        }
        self.rows += events.len() as u64;
        Block { events, tape_of: &self.tape_of, rows_per_tape: &self.rows_per_tape }
    }
}

impl Lane {
    /// Reads on when every decoded row was given out.
    fn refill(&mut self) -> Result<(), TapeError> {
        if self.at < self.events.len() || self.is_ended {
            return Ok(());
        }
        self.at = 0;
        self.is_ended = self.tape.read_rows(&mut self.events, LANE_ROWS)? == 0;
        Ok(())
    }

    /// Time of the next row, ns.
    fn head(&self) -> Option<u64> {
        self.events.get(self.at).map(|event| event.time.0)
    }
}

/// Pause between two passes, ns.
const PAUSE_NS: u64 = 1_000_000_000;

/// Rows decoded ahead for each of several tapes: 140 KiB, so that many tapes stay small.
const LANE_ROWS: usize = 1024;

#[cfg(test)]
mod tests;
