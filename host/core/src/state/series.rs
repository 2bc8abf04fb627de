//! Series: which bars does the core build and keep for whom?
//!
//! In: what plans want, trades, the passing of time. Out: closed bars, kept for views and told to those who want them. Must
//! never: show a bar before it closed, or build what no plan asks for.
//!
//! A series is one specification of one instrument, shared by all whose plans name it. A feed may bring bars by time of its
//! own: from the first of them on nothing of that length is built.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::bars::{BarBuilder, TickRule};
use crate::canonical::Writer;
use crate::event::{Bar, Trade};
use crate::ids::{InstrumentId, TimeNs};
use crate::instrument::Instrument;
use crate::plan::BarSpec;
use crate::state::market::BARS_MAX;

/// A bar that closed in this step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed {
    pub(crate) instrument: InstrumentId,
    pub(crate) spec: BarSpec,
    pub(crate) bar: Bar,
}

/// The series of one instrument, in order of the first plan that asked for each.
#[derive(Clone, Debug)]
pub(crate) struct AllSeries {
    rule: TickRule,
    series: Vec<Series>,
}

#[derive(Clone, Debug)]
struct Series {
    builder: BarBuilder,
    kept: VecDeque<Bar>,
    /// The feed brings these itself.
    is_told: bool,
}

impl AllSeries {
    /// What plans want now; what they wanted before goes on, and what the feed told is not built. `None` where they want
    /// nothing.
    pub(crate) fn wanted(
        before: Option<AllSeries>,
        specs: impl Iterator<Item = BarSpec>,
        (instrument, told): (&Instrument, &VecDeque<Bar>),
    ) -> Option<AllSeries> {
        let AllSeries { rule, series: mut old } =
            before.unwrap_or(AllSeries { rule: TickRule::default(), series: Vec::new() });
        let mut wanted: Vec<BarSpec> = Vec::new();
        for spec in specs {
            if !wanted.contains(&spec) {
                wanted.push(spec);
            }
        }
        old.retain(|series| wanted.contains(&series.builder.spec()));
        for spec in wanted {
            if !old.iter().any(|series| series.builder.spec() == spec) {
                let builder = BarBuilder::new(spec, instrument);
                let is_told = told.iter().any(|bar| spec.length_ns() == Some(bar.interval_ns));
                old.push(Series { builder, kept: VecDeque::new(), is_told });
            }
        }
        (!old.is_empty()).then_some(AllSeries { rule, series: old })
    }

    /// Each series with how many bars it keeps.
    pub(crate) fn kept_counts(&self) -> impl Iterator<Item = (BarSpec, usize)> {
        self.series.iter().map(|series| (series.builder.spec(), series.kept.len()))
    }

    pub(crate) fn trade(&mut self, trade: &Trade, (id, time): (InstrumentId, TimeNs), closed: &mut Vec<Closed>) {
        let side = self.rule.side(trade);
        for series in self.series.iter_mut().filter(|series| !series.is_told) {
            let Series { builder, kept, .. } = series;
            let spec = builder.spec();
            builder.trade((trade, side), time, |bar| close(kept, closed, Closed { instrument: id, spec, bar }));
        }
    }

    /// Closes what ended by `now`; when the next one ends.
    pub(crate) fn pass(&mut self, now: TimeNs, instrument: InstrumentId, closed: &mut Vec<Closed>) -> Option<TimeNs> {
        for Series { builder, kept, .. } in &mut self.series {
            let spec = builder.spec();
            if let Some(bar) = builder.pass(now) {
                close(kept, closed, Closed { instrument, spec, bar });
            }
        }
        self.due()
    }

    /// When the first open bar by time ends.
    pub(crate) fn due(&self) -> Option<TimeNs> {
        self.series.iter().filter_map(|series| series.builder.due()).min()
    }

    /// The feed brought a bar of this length.
    pub(crate) fn told(&mut self, interval_ns: u64, instrument: &Instrument) {
        let is_meant = |series: &&mut Series| series.builder.spec() == BarSpec::TimeNs(interval_ns);
        for series in self.series.iter_mut().filter(is_meant).filter(|series| !series.is_told) {
            let builder = BarBuilder::new(series.builder.spec(), instrument);
            *series = Series { builder, kept: VecDeque::new(), is_told: true };
        }
    }

    /// Prices have another meaning now: everything begins anew.
    pub(crate) fn forget(&mut self, instrument: &Instrument) {
        self.rule = TickRule::default();
        for series in &mut self.series {
            series.builder = BarBuilder::new(series.builder.spec(), instrument);
            series.kept.clear();
        }
    }

    /// Bars that were built like this, oldest first; `None` where none are built.
    pub(crate) fn kept(&self, spec: BarSpec) -> Option<&VecDeque<Bar>> {
        let series = self.series.iter().find(|series| series.builder.spec() == spec)?;
        (!series.is_told).then_some(&series.kept)
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        self.rule.put(w);
        w.list(&self.series, |w, series| {
            series.builder.put(w);
            w.flag(series.is_told);
            w.u32(u32::try_from(series.kept.len()).expect("at most BARS_MAX"));
            series.kept.iter().for_each(|bar| bar.put(w));
        });
    }
}

fn close(kept: &mut VecDeque<Bar>, closed: &mut Vec<Closed>, this: Closed) {
    if kept.len() == BARS_MAX {
        kept.pop_front();
    }
    kept.push_back(this.bar);
    closed.push(this);
}
