//! Trials: what must be noted of a run of which only the figures are wanted?
//!
//! In: what a session shows its observer, from a given time on. Out: equity at the ends of periods, closed trades, and the
//! figures of both. Must never: cost what a recorder of tables costs; a sweep makes thousands of these.
//!
//! Between two events of its own a run's equity moves with the marks of what it holds alone, so that only the first sample
//! behind such an event asks State for every account. Where an amount is converted from another currency, every sample
//! does.

use ringfence_core::config::Config;
use ringfence_core::event::{Event, EventKind, Fill};
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs};
use ringfence_core::instrument::Instrument;
use ringfence_core::money::{Decimal, MoneyError};
use ringfence_core::state::State;
use ringfence_core::state::position::Position;
use ringfence_session::observer::Observer;
use ringfence_session::results::all_accounts;

use crate::float;
use crate::recorder::{Ledger, Samples};
use crate::series::Series;
use crate::statistics::deflated::{self, Moments};
use crate::statistics::trading::{self, Trades};
use crate::statistics::{Basis, BasisError, drawdown, ratios, returns};
use crate::summary::Choices;

/// What was noted of a run.
#[derive(Clone, Debug)]
pub struct Track {
    /// Equity over all accounts when the first row came.
    pub start: Decimal,
    /// When that was.
    pub opened: TimeNs,
    /// Equity at the ends of periods.
    pub equity: Samples<f64>,
    /// The same as exact amounts, where they were asked for.
    pub exact: Option<Samples>,
    /// Closed trades of instruments that settle in the base currency.
    pub trades: Trades,
}

/// Observes a run.
#[derive(Debug)]
pub struct Tracker<'a> {
    config: &'a Config,
    from: TimeNs,
    track: Track,
    ledger: Ledger,
    known: Option<Known>,
    has_rows: bool,
    is_converted: bool,
    fault: Option<MoneyError>,
}

/// Equity at a moment, and what moves it from there.
#[derive(Debug)]
struct Known {
    equity: f64,
    /// Position, its instrument, its value then in half units, and how many of those make one unit of money.
    held: Vec<(InstrumentId, Position, i128, f64)>,
}

impl<'a> Tracker<'a> {
    /// A tracker that begins with the first row from this time on; what comes before is a warm-up, and no part of the result.
    #[must_use]
    pub fn new(config: &'a Config, from: TimeNs) -> Tracker<'a> {
        let is_base = |instrument: &Instrument| instrument.settlement == config.base_currency;
        let track = Track {
            start: Decimal::ZERO,
            opened: from,
            equity: Samples::new(1),
            exact: None,
            trades: Trades::default(),
        };
        Tracker {
            config,
            from,
            track,
            ledger: Ledger::default(),
            known: None,
            has_rows: false,
            is_converted: !config.instruments.iter().all(is_base)
                || !config.accounts.iter().all(|account| account.currency == config.base_currency),
            fault: None,
        }
    }

    /// With exact amounts beside the floats that figures are made of; every sample then asks State.
    #[must_use]
    pub fn exactly(mut self) -> Tracker<'a> {
        self.track.exact = Some(Samples::new(1));
        self
    }

    /// What was noted.
    ///
    /// # Errors
    /// The first amount that could not be computed.
    pub fn finish(self) -> Result<Track, MoneyError> {
        self.fault.map_or(Ok(self.track), Err)
    }

    fn noted(&mut self, done: Result<(), MoneyError>) {
        if let Err(error) = done {
            self.fault.get_or_insert(error);
        }
    }

    /// Begins with the first row at which every rate is known.
    fn begin(&mut self, time: TimeNs, state: &State) -> Result<(), MoneyError> {
        match all_accounts(state) {
            Err(MoneyError::NoRate(..)) => return Ok(()),
            Err(error) => return Err(error),
            Ok(total) => self.track.start = total.equity,
        }
        self.track.opened = time;
        self.has_rows = true;
        Ok(())
    }

    fn sample(&mut self, state: &State) -> Result<(), MoneyError> {
        if let Some(exact) = &mut self.track.exact {
            exact.begin(state.time());
            exact.push(state.time(), [all_accounts(state)?.equity]);
        }
        let equity = match self.known.as_ref().and_then(|known| known.now(state)) {
            Some(equity) => equity,
            None => self.asked(state)?,
        };
        self.track.equity.push(state.time(), [equity]);
        Ok(())
    }

    /// Equity as State says it; remembered with what will move it.
    fn asked(&mut self, state: &State) -> Result<f64, MoneyError> {
        let equity = float(all_accounts(state)?.equity);
        let accounts = (1_u16..).map(AccountId).take(self.config.accounts.len());
        let held = accounts.flat_map(|account| state.account_positions(account)).filter(|(.., held)| held.qty != 0);
        let valued = held.map(|(id, _, position)| {
            let unit = 2.0 * 10_f64.powi(i32::try_from(state.instrument(id)?.value_scale()).ok()?);
            Some((id, *position, worth(state, id, position)?, unit))
        });
        let held = valued.collect::<Option<Vec<_>>>().filter(|_| !self.is_converted);
        self.known = held.map(|held| Known { equity, held });
        Ok(equity)
    }

    fn filled(&mut self, event: &Event, fill: &Fill, state: &State) -> Result<(), MoneyError> {
        let Some(instrument) = state.instrument(event.instrument) else { return Ok(()) };
        let trade = self.ledger.book(fill, instrument, event.time)?;
        if let Some(trade) = trade.filter(|_| instrument.settlement == self.config.base_currency) {
            self.track.trades.add(float(trade.net()), trade.held_s());
        }
        Ok(())
    }
}

impl Known {
    fn now(&self, state: &State) -> Option<f64> {
        let mut equity = self.equity;
        for (id, position, then, unit) in &self.held {
            equity += wide(worth(state, *id, position)?.checked_sub(*then)?) / unit;
        }
        Some(equity)
    }
}

/// Value of a position at the mark, in half units.
fn worth(state: &State, id: InstrumentId, position: &Position) -> Option<i128> {
    position.half_value(state.market(id)?.mark_price()?, state.instrument(id)?)
}

#[expect(clippy::cast_precision_loss, reason = "shown only; exact below 2^53")]
fn wide(value: i128) -> f64 {
    value as f64
}

impl Observer for Tracker<'_> {
    fn row(&mut self, row: &Event, state: &State) {
        if let EventKind::CorporateAction(action) = &row.kind {
            self.ledger.acted(row.instrument, action);
        }
        if row.time < self.from {
            return;
        }
        if self.track.equity.is_due(row.time) {
            self.track.equity.begin(row.time);
            let done = if self.has_rows { self.sample(state) } else { self.begin(row.time, state) };
            self.noted(done);
        }
        // Rows of other kinds may change more than a mark.
        let is_price = matches!(
            row.kind,
            EventKind::Trade(_)
                | EventKind::Quote(_)
                | EventKind::BookLevel(_)
                | EventKind::BookOrder(_)
                | EventKind::Bar(_)
                | EventKind::MarkPrice(_)
        );
        if !is_price {
            self.known = None;
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "trades are made of fills and splits alone")]
    fn event(&mut self, event: &Event, state: &State) {
        self.known = None;
        match &event.kind {
            EventKind::OrderFilled(fill) => {
                let done = self.filled(event, fill, state);
                self.noted(done);
            }
            EventKind::FillBusted(fill) => {
                let done = self.filled(event, &Ledger::undone(fill), state);
                self.noted(done);
            }
            EventKind::CorporateAction(action) => self.ledger.acted(event.instrument, action),
            _other => {}
        }
    }

    fn decided(&mut self, _: &ringfence_core::decision::Effects, _: &State) {}

    fn end(&mut self, state: &State) {
        if !self.has_rows {
            let done = self.begin(state.time(), state);
            self.noted(done);
        }
        self.known = None;
        let done = self.sample(state);
        self.noted(done);
        self.track.equity.settle();
        if let Some(exact) = &mut self.track.exact {
            exact.settle();
        }
    }
}

/// The figures of a trial; `None` = not defined for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Returns that they rest on.
    pub periods: usize,
    /// `prod (1 + r) - 1`.
    pub total_return: Option<f64>,
    /// Compound annual growth rate.
    pub cagr: Option<f64>,
    /// Annual volatility.
    pub volatility: Option<f64>,
    /// Annual Sharpe ratio.
    pub sharpe: Option<f64>,
    /// Annual Sortino ratio.
    pub sortino: Option<f64>,
    /// Calmar ratio.
    pub calmar: Option<f64>,
    /// Omega ratio.
    pub omega: Option<f64>,
    /// Deepest drawdown at ends of periods, 0 or below.
    pub max_drawdown: Option<f64>,
    /// Largest fall of equity from a peak at ends of periods, 0 or above.
    pub drawdown: Option<f64>,
    /// Closed trades.
    pub trades: u64,
    /// Share of trades with a profit.
    pub hit_rate: Option<f64>,
    /// Sum of wins over sum of losses.
    pub profit_factor: Option<f64>,
    /// Mean profit of a trade.
    pub expectancy: Option<f64>,
    /// Sharpe ratio of a period and its higher moments.
    pub moments: Option<Moments>,
    /// Probability that the true Sharpe ratio is above 0.
    pub probabilistic_sharpe: Option<f64>,
}

impl Track {
    /// Equity at the ends of the periods that figures rest on; the first value is the start.
    #[must_use]
    pub fn series(&self) -> Series {
        let days = self.equity.by_day();
        let samples = if days.len() >= crate::series::DAYS_MIN { &days } else { &self.equity };
        let times = std::iter::once(self.opened).chain(samples.times().iter().copied()).collect();
        let equity = std::iter::once(float(self.start)).chain(samples.column(0)).collect();
        Series { period_s: samples.period_s(), times, equity, benchmark: None }
    }

    /// All figures, by the rules of a report.
    ///
    /// # Errors
    /// [`BasisError`] for choices outside their ranges.
    pub fn figures(&self, config: &Config, choices: &Choices) -> Result<Figures, BasisError> {
        let series = self.series();
        let basis = self.basis(&series, config, choices)?;
        let figures = Figures::of_returns(&series.returns(), &basis);
        let trades = &self.trades;
        Ok(Figures {
            drawdown: Some(drawdown::largest_fall(&series.equity)),
            trades: trades.count,
            hit_rate: trading::hit_rate(trades),
            profit_factor: trading::profit_factor(trades),
            expectancy: trading::expectancy(trades),
            ..figures
        })
    }

    /// What annual figures of its series rest on.
    ///
    /// # Errors
    /// [`BasisError`] for choices outside their ranges.
    pub fn basis(&self, series: &Series, config: &Config, choices: &Choices) -> Result<Basis, BasisError> {
        let periods = choices.periods_per_year.unwrap_or_else(|| series.year(&self.equity, config).periods);
        Basis::new(periods, choices.risk_free)
    }
}

impl Figures {
    /// Those that rest on returns alone.
    #[must_use]
    pub fn of_returns(r: &[f64], basis: &Basis) -> Figures {
        let moments = Moments::of(r, basis);
        Figures {
            periods: r.len(),
            total_return: returns::total(r),
            cagr: returns::cagr(r, basis),
            volatility: returns::volatility(r, basis),
            sharpe: ratios::sharpe(r, basis),
            sortino: ratios::sortino(r, basis),
            calmar: ratios::calmar(r, basis),
            omega: ratios::omega(r, basis),
            max_drawdown: drawdown::deepest(r),
            moments,
            probabilistic_sharpe: moments.and_then(|moments| deflated::probabilistic(&moments, 0.0)),
            ..Figures::default()
        }
    }
}
