//! Question: what does a strategy do when this happens?
//!
//! In: a script of events, one a line. Out: every intent as a line of text, for `assert_eq!` or a snapshot test. Runs
//! natively in an ordinary `#[test]`, without a host. Must never judge: an intent is written down, not checked by Risk
//! or filled; the script says what the venue does.
//!
//! ```
//! use ringfence_sdk::harness::Harness;
//! # use ringfence_sdk::{Ctx, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};
//! # struct BuyOnce;
//! # impl Strategy for BuyOnce {
//! #     fn setup(_: &Params, all: &[Instrument]) -> Result<(Self, Plan), SetupError> {
//! #         Ok((Self, Plan::new().trades(all[0].id)))
//! #     }
//! #     fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
//! #         if ctx.position().is_zero() { ctx.buy(ctx.instrument(), Qty(100)).send()?; }
//! #         Ok(())
//! #     }
//! # }
//! let run = Harness::new("SPY 2 0").run::<BuyOnce>("
//!     1s   trade SPY 145.07 300
//!     1.5s filled 1 100 @145.08
//!     2s   trade SPY 145.06 100
//! ");
//! assert_eq!(run, "1s #1 buy SPY 100 market ioc\n");
//! ```
//!
//! A line is a time, a word and its fields; `#` starts a comment. Times are absolute and do not decrease: `1.5s`,
//! `250ms`, `10us`, `7ns`, `3m`, `2h`, `1d`.
//!
//! | line | meaning |
//! |---|---|
//! | `trade SPY 145.07 100 [buy]` | price, quantity, aggressor |
//! | `quote SPY 145.06 200 145.08 300` | bid and ask, each price and quantity; `0 0` = that side is empty |
//! | `book SPY changed` | or `cleared` |
//! | `bar SPY 145` or `bar SPY 144 146 143 145 900 [1m]` | close alone, or open high low close volume; one day unless said; of another kind: `… 900 renko 0.50` |
//! | `mark SPY 145.05` | mark price |
//! | `funding SPY 0.0001 [8h]` | rate, next time |
//! | `status SPY halted`, `feed SPY stale` | states by their names |
//! | `split SPY 2 1`, `dividend SPY 0.55`, `rename SPY`, `delisting SPY` | corporate actions |
//! | `accepted 1`, `expired 1`, `unknown 1` | the order of intent 1 |
//! | `filled 1 100 @145.08 [fee 0.14] [maker]`, `busted 1 100 @145.08` | fill, reversal |
//! | `rejected 1 would-take`, `cancel-rejected 1 too-late`, `amend-rejected 1 unknown` | with the reason |
//! | `canceled 1 [asked]`, `amended 1 @145 50` | new terms: price and whole quantity |
//! | `outcome 1 denied-position` | what became of an intent |
//! | `signal 3 7 1500`, `trading on` | source, name, value; on or off |
//! | `time` | nothing happens; wakes that are due are delivered (as before every line) |
//! | `restart` | snapshot, new strategy, setup, restore |
//!
//! As in a real session only subscribed events are delivered, warm-up refuses intents, filters apply, an outcome has
//! neither instrument nor touch nor position, and of wakes 64 are pending at most, each a millisecond away at least.

mod books;
mod delivery;
mod desk;
mod render;
mod script;

use crate::decimal::Decimal;
use crate::event::{Context, Event, InstrumentState, Payload};
use crate::instrument::{Instrument, InstrumentKind};
use crate::number::{InstrumentId, Price, Qty, TimeNs};
use crate::params::{Params, SetupError};
use crate::plan::Plan;
use crate::strategy::{Guest, Runner, Strategy};

use delivery::Delivery;
use desk::Desk;
use script::Step;

/// Runs strategies against scripts.
#[derive(Clone, Debug)]
pub struct Harness {
    instruments: Vec<Instrument>,
    params: Vec<(String, String)>,
    capital: Decimal,
}

impl Harness {
    /// With one instrument: symbol, price scale, quantity scale, as in `SPY 2 0`. Its tick and lot are one unit of the
    /// scales, it is an equity in USD; change it with [`Harness::instrument`].
    ///
    /// # Panics
    /// The text is not of this form.
    #[must_use]
    pub fn new(instrument: &str) -> Self {
        Self { instruments: Vec::new(), params: Vec::new(), capital: Decimal::from(1_000_000) }.and(instrument)
    }

    /// And one more instrument.
    ///
    /// # Panics
    /// The text is not of the form `SPY 2 0`.
    #[must_use]
    pub fn and(mut self, instrument: &str) -> Self {
        let words: Vec<&str> = instrument.split_whitespace().collect();
        let [symbol, price_scale, qty_scale] = words[..] else { panic!("not like `SPY 2 0`: `{instrument}`") };
        let scale = |text: &str| text.parse().unwrap_or_else(|_| panic!("no scale: `{text}`"));
        let id = InstrumentId(u32::try_from(self.instruments.len() + 1).expect("a script has few instruments"));
        self.instruments.push(example(id, symbol, scale(price_scale), scale(qty_scale)));
        self
    }

    /// Changes the instrument added last.
    #[must_use]
    pub fn instrument(mut self, change: impl FnOnce(&mut Instrument)) -> Self {
        if let Some(last) = self.instruments.last_mut() {
            change(last);
        }
        self
    }

    /// The instruments, for tests that call a strategy themselves.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// A parameter of the strategy.
    #[must_use]
    pub fn param(mut self, key: &str, value: impl ToString) -> Self {
        self.params.push((key.to_owned(), value.to_string()));
        self
    }

    /// What the strategy is given to trade with; a million unless said.
    #[must_use]
    pub fn capital(mut self, capital: Decimal) -> Self {
        self.capital = capital;
        self
    }

    /// Runs a script; answers one line an intent, or the setup error.
    ///
    /// # Panics
    /// The script is malformed (with the number of the line), or the strategy panics or fails to restore.
    #[must_use]
    pub fn run<S: Strategy>(&self, script: &str) -> String {
        let steps = script::parse(script, &self.instruments);
        match Run::<S>::start(self) {
            Ok(run) => run.play(&steps),
            Err(error) => format!("setup error: {error}\n"),
        }
    }

    /// Runs a script as often as it has lines, each time with a restart before another line, and compares with the run
    /// without: finds state that is not listed in `Strategy::state`.
    ///
    /// # Panics
    /// The outcome differs, or as [`Harness::run`].
    pub fn check_restarts<S: Strategy>(&self, script: &str) {
        let steps = script::parse(script, &self.instruments);
        let start = || Run::<S>::start(self).unwrap_or_else(|error| panic!("setup error: {error}"));
        let undisturbed = start().play(&steps);
        for (at, (time, _)) in steps.iter().enumerate() {
            let (before, after) = steps.split_at(at);
            let disturbed: Vec<_> = before.iter().chain([&(*time, Step::Restart)]).chain(after).copied().collect();
            assert_eq!(start().play(&disturbed), undisturbed, "with a restart before event {}", at + 1);
        }
    }

    /// The plan that `setup` answers, one line a subscription, or the setup error.
    #[must_use]
    pub fn plan<S: Strategy>(&self) -> String {
        match fresh::<S>(self) {
            Ok((_, plan)) => render::plan(&plan, &self.instruments),
            Err(error) => format!("setup error: {error}\n"),
        }
    }

    fn params(&self) -> Params {
        Params::new(self.params.clone())
    }
}

/// One strategy in one script.
struct Run<'h, S> {
    harness: &'h Harness,
    runner: Runner<S>,
    delivery: Delivery,
    desk: Desk,
}

impl<'h, S: Strategy> Run<'h, S> {
    fn start(harness: &'h Harness) -> Result<Self, SetupError> {
        let (runner, plan) = fresh(harness)?;
        let desk = Desk::new(harness.instruments.clone(), harness.capital);
        Ok(Self { harness, runner, delivery: Delivery::new(&plan), desk })
    }

    fn play(mut self, steps: &[(TimeNs, Step)]) -> String {
        for &(time, step) in steps {
            self.wake_until(time);
            self.desk.advance(time);
            match step {
                Step::Restart => self.restart(),
                Step::Event(..) | Step::Filled(_) | Step::Busted(_) | Step::Amended(..) | Step::Time => {
                    self.happen(step)
                }
            }
        }
        self.desk.into_output()
    }

    fn happen(&mut self, step: Step) {
        let Some((instrument, payload)) = self.desk.apply(step) else { return };
        if self.delivery.wants(instrument, &payload) {
            self.deliver(instrument, payload);
            self.delivery.count(instrument, &payload);
        }
        if delivery::is_own(&payload) {
            self.delivery.own_changed();
        }
    }

    fn wake_until(&mut self, time: TimeNs) {
        while let Some(due) = self.desk.take_wake(time) {
            self.desk.advance(due);
            self.deliver(InstrumentId::NONE, Payload::Wake);
        }
    }

    fn deliver(&mut self, instrument: InstrumentId, kind: Payload) {
        let event = Event { time: self.desk.time(), venue_time: TimeNs(0), instrument, kind };
        let context: Context = self.desk.context(instrument);
        self.desk.open_call(self.delivery.is_warming_up());
        self.runner.on_event(&mut self.desk, &event, &context);
        self.desk.close_call();
        if self.desk.take_own_change() {
            self.delivery.own_changed();
        }
    }

    fn restart(&mut self) {
        let bytes = self.runner.snapshot();
        let (mut runner, _) = fresh(self.harness).unwrap_or_else(|error| panic!("setup after a restart: {error}"));
        runner.restore(&bytes).unwrap_or_else(|error| panic!("restore after a restart: {error}"));
        self.runner = runner;
    }
}

fn fresh<S: Strategy>(harness: &Harness) -> Result<(Runner<S>, Plan), SetupError> {
    let mut runner = Runner::new();
    let plan = runner.setup(&harness.params(), &harness.instruments)?;
    Ok((runner, plan))
}

fn example(id: InstrumentId, symbol: &str, price_scale: u8, qty_scale: u8) -> Instrument {
    Instrument {
        id,
        symbol: symbol.to_owned(),
        kind: InstrumentKind::Equity,
        price_scale,
        qty_scale,
        tick: Price(1),
        lot: Qty(1),
        qty_min: Qty(1),
        qty_max: Qty(i64::MAX),
        multiplier: Decimal::ONE,
        base: symbol.to_owned(),
        quote: "USD".to_owned(),
        settlement: "USD".to_owned(),
        settlement_scale: 8,
        state: InstrumentState::Trading,
    }
}

#[cfg(test)]
mod tests;
