//! Recorder: what has to be noted while a run is under way, so that a report can be made of it?
//!
//! In: what a session shows its observer. Out: `orders.csv`, `fills.csv` and `positions.csv` row by row, and a bounded
//! [`Recorded`] at the end. Must never: grow with the number of rows, orders or fills (only with open orders), allocate for
//! a row, or change the run.

mod ledger;
mod sampler;
mod tables;
mod tally;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ringfence_core::config::Config;
use ringfence_core::decision::{DecisionKind, DenialCode, Effects, MalformedCode};
use ringfence_core::event::{Adjustment, CorporateAction, Event, EventKind, Fill, Halt};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId, TimeNs};
use ringfence_core::intent::{Action, OrderTerms};
use ringfence_core::money::{Decimal, MoneyError, Qty, decimal};
use ringfence_core::order::Order;
use ringfence_core::state::State;
use ringfence_core::state::market::HalfPrice;
use ringfence_session::observer::Observer;
use ringfence_session::results::all_accounts;

pub use ledger::{Ledger, Trade};
pub use sampler::{DAY_S, PERIODS_S, SAMPLES_MAX, Samples};
pub use tables::Table;
pub use tally::{FillTally, MARKS_MAX, Mark, Marks, STALE_AFTER_NS, Tally};

/// Where the rows of a run go.
pub struct Sinks {
    /// One row an order, when it ends.
    pub orders: Box<dyn Write>,
    /// One row a fill, and one where a fill is taken back.
    pub fills: Box<dyn Write>,
    /// One row a fill: the position behind it.
    pub positions: Box<dyn Write>,
}

impl std::fmt::Debug for Sinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sinks").finish_non_exhaustive()
    }
}

/// Why there is no report of a run.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// An amount that no decimal holds.
    #[error("an amount of the report cannot be computed: {0}")]
    Money(#[from] MoneyError),
    /// The disk refused.
    #[error("{0} cannot be written: {1}")]
    Disk(&'static str, io::Error),
}

/// What was noted of a run.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Equity over all accounts when the session opened.
    pub start: Decimal,
    /// When the first row came.
    pub opened: TimeNs,
    /// Columns: equity; equity of each strategy; mark price of each instrument (0 before there is one); position in each.
    pub samples: Samples,
    /// Sums over trades and fills.
    pub tally: Tally,
    /// Denials by strategy and rule.
    pub denials: BTreeMap<(StrategyId, DenialCode), u64>,
    /// Intents of which no order could be made, by strategy and rule.
    pub malformed: BTreeMap<(StrategyId, MalformedCode), u64>,
    /// Rows of tapes that were fed.
    pub rows: u64,
    /// Strategies that were halted.
    pub halts: BTreeMap<StrategyId, Halted>,
    /// Splits and dividends that took effect, in order of time; at most [`ACTIONS_MAX`] and one.
    pub actions: Vec<Acted>,
}

/// Halts of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted {
    /// Why it was halted first.
    pub first: Halt,
    /// Rows that were fed until then, with the one that it was halted in.
    pub rows: u64,
    /// How often it was halted; it was started again between.
    pub count: u64,
}

/// A split or a dividend that took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acted {
    /// When.
    pub time: TimeNs,
    /// Of what.
    pub instrument: InstrumentId,
    /// What it says.
    pub action: CorporateAction,
}

/// Splits and dividends that are followed: a thousand instruments for fifteen years of quarters. With more there is no benchmark.
pub const ACTIONS_MAX: usize = 65_536;

/// Observes a run.
#[derive(Debug)]
pub struct Recorder {
    config: Config,
    recorded: Recorded,
    ledger: Ledger,
    arrivals: BTreeMap<LegKey, Arrival>,
    orders: Table,
    fills: Table,
    positions: Table,
    has_rows: bool,
    fault: Option<MoneyError>,
}

/// The market as it was when an order was dispatched.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    time: TimeNs,
    mark: Option<HalfPrice>,
}

const ORDERS: &[&str] = &[
    "ts_ns",
    "strategy",
    "intent",
    "leg",
    "instrument",
    "side",
    "type",
    "tif",
    "qty",
    "limit_price",
    "stop_price",
    "reference_price",
    "state",
    "filled_qty",
    "ended_ts_ns",
];
const FILLS: &[&str] = &[
    "seq",
    "ts_ns",
    "strategy",
    "intent",
    "leg",
    "instrument",
    "side",
    "qty",
    "price",
    "value",
    "fee",
    "fee_currency",
    "liquidity",
    "dispatched_ts_ns",
    "dispatch_mark",
    "position",
    "reason",
    "ahead",
];
/// Stands for the reason in the row of a fill that was taken back.
const BUSTED: &str = "busted";
const POSITIONS: &[&str] =
    &["seq", "ts_ns", "strategy", "instrument", "position", "cost", "realized_pnl", "fees", "sub_account_equity"];

impl Recorder {
    /// A recorder for a run under this configuration.
    #[must_use]
    pub fn new(config: &Config, sinks: Sinks) -> Recorder {
        let columns = 1 + config.strategies.len() + 2 * config.instruments.len();
        let recorded = Recorded {
            start: Decimal::ZERO,
            opened: TimeNs(0),
            samples: Samples::new(columns),
            tally: Tally::new(config),
            denials: BTreeMap::new(),
            malformed: BTreeMap::new(),
            rows: 0,
            halts: BTreeMap::new(),
            actions: Vec::new(),
        };
        Recorder {
            config: config.clone(),
            recorded,
            ledger: Ledger::default(),
            arrivals: BTreeMap::new(),
            orders: Table::new(sinks.orders, ORDERS),
            fills: Table::new(sinks.fills, FILLS),
            positions: Table::new(sinks.positions, POSITIONS),
            has_rows: false,
            fault: None,
        }
    }

    /// What was noted.
    ///
    /// # Errors
    /// [`RecordError`]: the first amount that could not be computed, or the first thing that the disk refused.
    pub fn finish(self) -> Result<Recorded, RecordError> {
        let disk = |name| move |error| RecordError::Disk(name, error);
        self.orders.finish().map_err(disk("orders.csv"))?;
        self.fills.finish().map_err(disk("fills.csv"))?;
        self.positions.finish().map_err(disk("positions.csv"))?;
        self.fault.map_or(Ok(self.recorded), |fault| Err(fault.into()))
    }

    fn acted(&mut self, event: &Event) {
        let EventKind::CorporateAction(action) = event.kind else { return };
        self.ledger.acted(event.instrument, &action);
        let changes_holdings = matches!(action.kind, Adjustment::Split | Adjustment::Dividend);
        if changes_holdings && self.recorded.actions.len() <= ACTIONS_MAX {
            self.recorded.actions.push(Acted { time: event.time, instrument: event.instrument, action });
        }
    }

    fn halted(&mut self, strategy: StrategyId, halt: Halt) {
        let first = Halted { first: halt, rows: self.recorded.rows, count: 0 };
        self.recorded.halts.entry(strategy).or_insert(first).count += 1;
    }

    fn noted(&mut self, done: Result<(), MoneyError>) {
        if let Err(error) = done {
            self.fault.get_or_insert(error);
        }
    }

    fn sample(&mut self, state: &State) -> Result<(), MoneyError> {
        let config = &self.config;
        let total = all_accounts(state)?.equity;
        let mut first_fault = None;
        let mut checked = |value: Result<Decimal, MoneyError>| {
            value.unwrap_or_else(|error| {
                first_fault.get_or_insert(error);
                Decimal::ZERO
            })
        };
        let ids = (1_u16..).map(StrategyId).take(config.strategies.len());
        let values = std::iter::once(Ok(total))
            .chain(ids.map(|id| state.account_view(id).map(|view| view.equity)))
            .chain(config.instruments.iter().map(|instrument| mark(state, instrument.id)))
            .chain(config.instruments.iter().map(|instrument| Ok(held(state, config, instrument.id))));
        self.recorded.samples.push(state.time(), values.map(&mut checked));
        first_fault.map_or(Ok(()), Err)
    }

    fn dispatched(&mut self, key: LegKey, terms: &OrderTerms, state: &State) -> Result<(), MoneyError> {
        let Some((market, instrument)) = state.market(terms.instrument).zip(state.instrument(terms.instrument)) else {
            return Ok(());
        };
        let age = market.reference_with_time(terms.side).and_then(|(_, stated)| state.time().age_of(stated));
        self.arrivals.insert(key, Arrival { time: state.time(), mark: market.mark_price() });
        self.recorded.tally.ordered(terms, instrument, age)
    }

    fn filled(&mut self, event: &Event, fill: &Fill, state: &State) -> Result<(), MoneyError> {
        let Some(instrument) = state.instrument(event.instrument).copied() else { return Ok(()) };
        let arrival = self.arrivals.get(&fill.order).copied();
        self.fill_row((event, fill.reason.code()), fill, arrival, state)?;
        self.position_row(event, fill, state)?;
        let arrival_mark = arrival.and_then(|arrival| arrival.mark);
        self.recorded.tally.filled((event.time, fill), &instrument, arrival_mark)?;
        if let Some(trade) = self.ledger.book(fill, &instrument, event.time)? {
            self.recorded.tally.closed(&trade);
        }
        Ok(())
    }

    /// A fill that the venue takes back: the opposite one in the tables and in trades, and gone from the sums.
    fn busted(&mut self, event: &Event, fill: &Fill, state: &State) -> Result<(), MoneyError> {
        let Some(instrument) = state.instrument(event.instrument).copied() else { return Ok(()) };
        let (arrival, undone) = (self.arrivals.get(&fill.order).copied(), Ledger::undone(fill));
        self.fill_row((event, BUSTED), &undone, arrival, state)?;
        self.position_row(event, &undone, state)?;
        self.recorded.tally.busted(fill, &instrument, arrival.and_then(|arrival| arrival.mark))?;
        if let Some(trade) = self.ledger.book(&undone, &instrument, event.time)? {
            self.recorded.tally.closed(&trade);
        }
        Ok(())
    }

    fn fill_row(
        &mut self,
        (event, reason): (&Event, &str),
        fill: &Fill,
        arrival: Option<Arrival>,
        state: &State,
    ) -> Result<(), MoneyError> {
        let Some(instrument) = state.instrument(event.instrument) else { return Ok(()) };
        let scale = instrument.price_scale.digits();
        let row = &mut self.fills;
        row.cell(event.seq.0);
        row.cell(event.time.0);
        leg_cells(row, &self.config, fill.order);
        row.cell(self.config.symbol(event.instrument));
        row.cell(fill.side.code());
        row.cell(units(fill.qty, instrument.qty_scale.digits()));
        row.cell(instrument.price_decimal(fill.price));
        row.cell(instrument.value_decimal(fill.price.times(fill.qty))?);
        row.cell(fill.fee.normalize());
        row.cell(self.config.currency(fill.fee_currency).map_or("", |currency| currency.code.as_str()));
        row.cell(fill.liquidity.code());
        row.optional(arrival.map(|arrival| arrival.time.0));
        row.optional(arrival.and_then(|arrival| arrival.mark).map(|mark| half_price(mark, scale)).transpose()?);
        let position = state.net_position(fill.order.strategy, event.instrument);
        row.cell(units(position, instrument.qty_scale.digits()));
        row.cell(reason);
        row.optional((fill.ahead != Fill::AHEAD_UNKNOWN).then(|| units(fill.ahead, instrument.qty_scale.digits())));
        row.end();
        Ok(())
    }

    fn position_row(&mut self, event: &Event, fill: &Fill, state: &State) -> Result<(), MoneyError> {
        let strategy = fill.order.strategy;
        let Some(instrument) = state.instrument(event.instrument) else { return Ok(()) };
        let view = state.position_view(strategy, event.instrument)?;
        let row = &mut self.positions;
        row.cell(event.seq.0);
        row.cell(event.time.0);
        row.cell(strategy_name(&self.config, strategy));
        row.cell(self.config.symbol(event.instrument));
        row.cell(units(view.qty, instrument.qty_scale.digits()));
        [view.cost, view.realised, view.fees].iter().for_each(|amount| row.cell(amount.normalize()));
        row.cell(state.account_view(strategy)?.equity.normalize());
        row.end();
        Ok(())
    }

    /// Writes the row of an order; `ended` is empty for one that is open at the end of the run.
    fn order_row(&mut self, order: &Order, ended: Option<TimeNs>, state: &State) {
        let Some(instrument) = state.instrument(order.terms.instrument) else { return };
        let (terms, scale) = (&order.terms, instrument.qty_scale.digits());
        let row = &mut self.orders;
        row.cell(order.submitted_at.0);
        leg_cells(row, &self.config, order.key);
        row.cell(self.config.symbol(terms.instrument));
        row.cell(terms.side.code());
        row.cell(terms.order_type.code());
        row.cell(terms.tif.code());
        row.cell(units(terms.qty, scale));
        row.optional(terms.limit_price.map(|price| instrument.price_decimal(price)));
        row.optional(terms.stop_price.map(|price| instrument.price_decimal(price)));
        row.cell(instrument.price_decimal(terms.reference));
        row.cell(order.state.code());
        row.cell(units(order.filled, scale));
        row.optional(ended.map(|time| time.0));
        row.end();
    }
}

impl Observer for Recorder {
    fn row(&mut self, row: &Event, state: &State) {
        self.recorded.rows += 1;
        self.recorded.tally.traded(row);
        self.acted(row);
        if !self.recorded.samples.is_due(row.time) {
            return;
        }
        self.recorded.samples.begin(row.time);
        if self.has_rows {
            let done = self.sample(state);
            return self.noted(done);
        }
        // A report begins with the first row at which every rate is known.
        let done = match all_accounts(state) {
            Err(MoneyError::NoRate(..)) => return,
            Err(error) => Err(error),
            Ok(total) => {
                self.recorded.start = total.equity;
                Ok(())
            }
        };
        self.has_rows = true;
        self.recorded.opened = row.time;
        self.noted(done);
    }

    fn event(&mut self, event: &Event, state: &State) {
        self.acted(event);
        if let EventKind::StrategyHalted(strategy, halt) = event.kind {
            self.halted(strategy, halt);
        }
        if let EventKind::OrderFilled(fill) = &event.kind {
            let done = self.filled(event, fill, state);
            self.noted(done);
        }
        if let EventKind::FillBusted(fill) = &event.kind {
            let done = self.busted(event, fill, state);
            self.noted(done);
        }
        let Some(order) = event.kind.order().and_then(|key| state.order_by_key(key)) else { return };
        if order.state.is_terminal() && self.arrivals.remove(&order.key).is_some() {
            self.order_row(order, Some(event.time), state);
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a report counts two kinds of decisions, however many there are"
    )]
    fn decided(&mut self, effects: &Effects, state: &State) {
        for decision in &effects.decisions {
            let strategy = decision.key.strategy;
            match decision.kind {
                DecisionKind::Denied(denial) => {
                    *self.recorded.denials.entry((strategy, denial.code)).or_default() += 1;
                }
                DecisionKind::Malformed(malformed) => {
                    *self.recorded.malformed.entry((strategy, malformed.code)).or_default() += 1;
                }
                _other => {}
            }
        }
        for command in &effects.commands {
            if let Action::Submit(terms) = command.action() {
                let done = self.dispatched(command.key(), terms, state);
                self.noted(done);
            }
        }
    }

    fn end(&mut self, state: &State) {
        for key in std::mem::take(&mut self.arrivals).into_keys() {
            if let Some(order) = state.order_by_key(key) {
                self.order_row(order, None, state);
            }
        }
        if !self.has_rows {
            self.recorded.opened = state.time();
            let done = all_accounts(state).map(|total| self.recorded.start = total.equity);
            self.noted(done);
        }
        let done = self.sample(state);
        self.noted(done);
        self.recorded.samples.settle();
    }
}

fn leg_cells(row: &mut Table, config: &Config, key: LegKey) {
    row.cell(strategy_name(config, key.strategy));
    row.cell(key.intent.0);
    row.cell(key.leg.0);
}

/// Name of a strategy; strategy 0 owns what no strategy caused.
#[must_use]
pub fn strategy_name(config: &Config, id: StrategyId) -> &str {
    config.strategy(id).map_or("external", |slot| slot.name.as_str())
}

fn units(qty: Qty, scale: u8) -> Decimal {
    Decimal::new(qty.0, u32::from(scale)).normalize()
}

/// Half a unit at a scale is five units at the next.
fn half_price(half: HalfPrice, scale: u8) -> Result<Decimal, MoneyError> {
    let wide = half.0.checked_mul(5).ok_or(MoneyError::MantissaTooLarge(half.0, u32::from(scale)))?;
    decimal(wide, u32::from(scale) + 1)
}

fn mark(state: &State, id: InstrumentId) -> Result<Decimal, MoneyError> {
    let market = state.market(id).and_then(|market| Some((market.mark_price()?, state.instrument(id)?)));
    market.map_or(Ok(Decimal::ZERO), |(half, instrument)| half_price(half, instrument.price_scale.digits()))
}

/// Net quantity over all accounts.
fn held(state: &State, config: &Config, id: InstrumentId) -> Decimal {
    let accounts = (1_u16..).map(AccountId).take(config.accounts.len());
    let of = |account| state.account_positions(account).filter(|(held, ..)| *held == id).map(|(.., p)| p.qty);
    let sum: i64 = accounts.flat_map(of).fold(0, i64::saturating_add);
    units(Qty(sum), state.instrument(id).map_or(0, |instrument| instrument.qty_scale.digits()))
}
