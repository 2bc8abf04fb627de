//! Generated markets: which tape does a model of order flow make?
//!
//! In: parameters of a market, its scales, how long it goes on. Out: a tape. Must never: cut a message of the market in two,
//! or let a market be taken for real data (whoever shows it says that it is generated).

use std::collections::BTreeSet;

use ringfence_core::event::{Event, EventKind};
use ringfence_core::money::Scale;
use ringfence_tape::flow::{Flow, Market};
use ringfence_tape::{Layout, RecordLayout};

use crate::error::DataError;
use crate::import::Watch;
use crate::row::Kind;
use crate::survey::NARROW_MOST;
use crate::write::{Output, OutputForm, Scales, Shape, Writer};

/// How long a market goes on; the first bound that is reached ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Most rows. Messages are whole, so a tape may end a few rows before.
    pub rows_max: u64,
    /// Time from the first row, ns; `None` = no bound.
    pub duration_ns: Option<u64>,
}

/// What a market is made of.
#[derive(Clone, Debug)]
pub struct MarketRequest {
    /// Its parameters.
    pub flow: Flow,
    /// Digits behind the point of prices.
    pub price_scale: Scale,
    /// Digits behind the point of quantities.
    pub qty_scale: Scale,
    /// Kinds of rows that are written: of trades, quotes, depth.
    pub kinds: BTreeSet<Kind>,
    /// How long it goes on.
    pub extent: Extent,
}

/// Writes the tape of a market; returns its rows. The watch is told rows.
///
/// # Errors
/// Parameters outside their range, kinds that the form does not hold, and those of the disk. No file is left under the name of
/// the output then.
pub fn generate(request: &MarketRequest, output: &Output, watch: Watch<'_>) -> Result<u64, DataError> {
    let mut market = Market::new(request.flow)
        .map_err(|fault| DataError::Option { option: "order flow", what: fault.to_string() })?;
    let scales = Scales { price: request.price_scale, qty: request.qty_scale };
    // The value never exceeds twice its start, and levels lie within a thousand ticks of one another.
    let most = request.flow.start.saturating_mul(2).saturating_add(PRICE_ROOM).saturating_mul(request.flow.tick);
    let is_wide = most >= NARROW_MOST;
    let mut writer = Writer::new(output, shape(request, output)?, scales, None, is_wide)?;
    // A writer that is dropped takes what it wrote with it.
    write(request, &mut market, &mut writer, watch)?;
    writer.finish()
}

fn write(request: &MarketRequest, market: &mut Market, writer: &mut Writer, watch: Watch<'_>) -> Result<(), DataError> {
    let (mut group, mut rows) = (Vec::new(), 0);
    let end = request.extent.duration_ns.and_then(|length| request.flow.start_ns.checked_add(length));
    let mut look = 0;
    while market.next(&mut group) {
        group.retain(|event| kind(event).is_some_and(|kind| request.kinds.contains(&kind)));
        let Some(first) = group.first() else { continue };
        let is_late = end.is_some_and(|end| first.time.0 >= end);
        if is_late || rows + group.len() as u64 > request.extent.rows_max {
            return Ok(());
        }
        for event in &group {
            rows += 1;
            writer.event_row(event, rows)?;
        }
        if rows >= look {
            look = rows + ROWS_PER_LOOK;
            if watch(rows).is_break() {
                return Err(DataError::Interrupted);
            }
        }
    }
    Ok(())
}

/// Ticks that prices may lie beyond twice the start.
const PRICE_ROOM: i64 = 1_000_000;

/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u64 = 4_096;

#[expect(clippy::wildcard_enum_match_arm, reason = "a market makes three of the many kinds of events")]
fn kind(event: &Event) -> Option<Kind> {
    match event.kind {
        EventKind::Trade(_) => Some(Kind::Trades),
        EventKind::Quote(_) => Some(Kind::Quotes),
        EventKind::BookLevel(_) => Some(Kind::Depth),
        _ => None,
    }
}

fn shape(request: &MarketRequest, output: &Output) -> Result<Shape, DataError> {
    let known = [Kind::Trades, Kind::Quotes, Kind::Depth];
    if request.kinds.is_empty() || !request.kinds.iter().all(|kind| known.contains(kind)) {
        let what = "an order-flow market has trades, quotes and depth".to_owned();
        return Err(DataError::Option { option: "--kinds", what });
    }
    let has_depth = request.kinds.contains(&Kind::Depth);
    let records = if has_depth { RecordLayout::Market } else { RecordLayout::Quotes };
    match output.form {
        OutputForm::Native => Ok(Shape::Native(records)),
        OutputForm::Parquet { .. } => Ok(Shape::Parquet(records)),
        OutputForm::Csv if has_depth => {
            let what =
                "text holds quotes and trades and no book; choose --kinds quotes,trades, or --to native".to_owned();
            Err(DataError::Unfit { path: output.path.clone(), what })
        }
        OutputForm::Csv => Ok(Shape::Csv(Layout::Quotes)),
    }
}
