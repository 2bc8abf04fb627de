//! Running: what does a component want when these events come?
//!
//! In: a component and a script. Out: one line an intent. Must never: leave out a layer: events go through State and the
//! sandbox as in a session, intents through Normalizer and Risk (every rule off). The script is the venue; what would be
//! sent to one goes nowhere.

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot,
    Supervision, Venue,
};
use ringfence_core::decision::{DecisionKind, Effects};
use ringfence_core::event::{Bar, EventKind, Fill, FillReason, Mode, Quote, Report, Trade};
use ringfence_core::ids::{
    AccountId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::StrategyHost;
use ringfence_sandbox::{ComponentBytes, Sandbox};

use super::answer::{shown, time};
use super::script::{self, FillLine, Flaw, Happening, Head, Step, mantissa_of};

/// What is tried.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Its component.
    pub(crate) component: ComponentBytes,
    /// What that holds.
    pub(crate) profile: GuestProfile,
}

/// Runs a script on a fresh instance; one line an intent.
///
/// # Errors
/// A script that is not understood, with all its flaws; a component that is refused, a strategy that was halted: with the
/// line where.
pub(crate) fn run(sandbox: &mut Sandbox, subject: &Subject, text: &str) -> Result<String, Vec<Flaw>> {
    let (head, steps) = script::parse(text)?;
    let mut trial = Trial::open(sandbox, subject, &head).map_err(|why| vec![Flaw::whole(why)])?;
    for step in &steps {
        trial.step(step).map_err(|reason| vec![Flaw { line: Some(step.line), reason }])?;
    }
    Ok(trial.answer)
}

const STRATEGY: StrategyId = StrategyId(1);

/// Most wakes between two lines of a script.
const WAKES_MAX: usize = 10_000;

struct Trial<'s> {
    core: Core,
    blobs: BlobTable,
    sandbox: &'s mut Sandbox,
    effects: Effects,
    config: Config,
    seq: u64,
    trades: u64,
    wake_at: Option<TimeNs>,
    answer: String,
}

impl<'s> Trial<'s> {
    fn open(sandbox: &'s mut Sandbox, subject: &Subject, head: &Head) -> Result<Trial<'s>, String> {
        let config = config(subject.profile, head);
        let loaded = sandbox
            .load(STRATEGY, &config, subject.component.clone())
            .map_err(|refusals| refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let session = SessionId([1; 16]);
        let mut trial = Trial {
            core: Core::new(ApprovalKeys::simulation(session)),
            blobs: BlobTable::new(),
            sandbox,
            effects: Effects::new(),
            config,
            seq: 0,
            trades: 0,
            wake_at: None,
            answer: String::new(),
        };
        let mut plan = Writer::new();
        loaded.plan.put(&mut plan);
        let config = trial.blobs.append(&trial.config.encode());
        let (component, plan) = (trial.blobs.append(&loaded.sha256), trial.blobs.append(plan.bytes()));
        for kind in [
            EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION),
            EventKind::ConfigChanged(config),
            EventKind::TradingEnabled,
            EventKind::StrategyAttached(STRATEGY, component, plan),
        ] {
            trial.tell(TimeNs(0), Report::control(kind))?;
        }
        Ok(trial)
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let at = TimeNs(step.time_ns);
        self.wake_until(at)?;
        if step.happening == Happening::Restart {
            return self.restart();
        }
        let report = self.report(&step.happening)?;
        self.tell(at, report)
    }

    fn wake_until(&mut self, at: TimeNs) -> Result<(), String> {
        for _ in 0..WAKES_MAX {
            let Some(due) = self.wake_at.filter(|due| *due <= at) else { return Ok(()) };
            self.tell(due, Report::control(EventKind::TimeAdvanced))?;
        }
        Err(format!("more than {WAKES_MAX} wakes before it"))
    }

    fn tell(&mut self, at: TimeNs, report: Report) -> Result<(), String> {
        self.seq += 1;
        let event = report.at(Seq(self.seq), at);
        self.core.step(&event, &self.blobs, self.sandbox, &mut self.effects);
        self.wake_at = self.effects.wake_at;
        for decision in &self.effects.decisions {
            let DecisionKind::Emitted(kind) = &decision.kind else { continue };
            if decision.key.strategy != STRATEGY || decision.key.leg != LegId(0) {
                continue;
            }
            let state = self.core.state();
            let of_order = |id: u64| {
                state.order(STRATEGY, IntentId(id)).map_or(InstrumentId::NONE, |order| order.terms.instrument)
            };
            let line = shown(kind, (&self.config, &self.effects.notes), of_order);
            self.answer.push_str(&format!("{} #{} {line}\n", time(at), decision.key.intent.0));
        }
        match self.sandbox.death(STRATEGY) {
            None => Ok(()),
            Some(death) => Err(format!("the strategy was halted, {}:\n{}", death.halt.code, death.text.trim_end())),
        }
    }

    fn restart(&mut self) -> Result<(), String> {
        let halted = |what: &str, code: &str| format!("{what} halted the strategy, {code}");
        let saved = self.sandbox.snapshot(STRATEGY).map_err(|halt| halted("snapshot", halt.code.code()))?;
        let reload = self.sandbox.load_again(STRATEGY, &self.config);
        reload.map_err(|refusals| refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let taken = self.sandbox.restore(STRATEGY, &saved).map_err(|halt| halted("restore", halt.code.code()))?;
        taken.map_err(|said| format!("restore refused the snapshot: {said}"))
    }

    fn report(&mut self, happening: &Happening) -> Result<Report, String> {
        let market = |at: usize, kind| {
            let instrument = InstrumentId(u32::try_from(at + 1).expect("a script has few instruments"));
            Report { instrument, venue: VenueId(1), ..Report::control(kind) }
        };
        Ok(match *happening {
            Happening::Trade(at, price, qty, aggressor) => {
                market(at, EventKind::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor }))
            }
            Happening::Quote(at, [bid_price, bid_qty, ask_price, ask_qty]) => {
                let (bid_price, ask_price) = (Price(bid_price), Price(ask_price));
                market(
                    at,
                    EventKind::Quote(Quote { bid_price, bid_qty: Qty(bid_qty), ask_price, ask_qty: Qty(ask_qty) }),
                )
            }
            Happening::Bar(at, [open, high, low, close, volume], interval_ns) => {
                let [open, high, low, close] = [open, high, low, close].map(Price);
                let open_time = TimeNs(self.core.state().time().0.saturating_sub(interval_ns));
                market(at, EventKind::Bar(Bar { open, high, low, close, volume: Qty(volume), open_time, interval_ns }))
            }
            Happening::Mark(at, price) => market(at, EventKind::MarkPrice(Price(price))),
            Happening::Status(at, status) => market(at, EventKind::InstrumentStatus(status)),
            Happening::Feed(at, is_live) => {
                market(at, if is_live { EventKind::FeedRecovered } else { EventKind::FeedStale })
            }
            Happening::Trading(true) => Report::control(EventKind::TradingEnabled),
            Happening::Trading(false) => Report::control(EventKind::TradingDisabled),
            Happening::Time => Report::control(EventKind::TimeAdvanced),
            Happening::Accepted(id) => self.of_order(id, EventKind::OrderAccepted)?,
            Happening::Expired(id) => {
                let open = self.leaves(id)?;
                self.of_order(id, |key| EventKind::OrderExpired(key, open))?
            }
            Happening::Unknown(id) => self.of_order(id, EventKind::OutcomeUnknown)?,
            Happening::Rejected(id, reason) => self.of_order(id, |key| EventKind::OrderRejected(key, reason))?,
            Happening::CancelRejected(id, reason) => self.of_order(id, |key| EventKind::CancelRejected(key, reason))?,
            Happening::AmendRejected(id, reason) => self.of_order(id, |key| EventKind::AmendRejected(key, reason))?,
            Happening::Canceled(id, reason) => {
                let open = self.leaves(id)?;
                self.of_order(id, |key| EventKind::OrderCanceled(key, open, reason))?
            }
            Happening::Filled(line) => self.fill(&line)?,
            Happening::Restart => unreachable!("a restart is no event"),
        })
    }

    fn leaves(&self, id: u64) -> Result<Qty, String> {
        let order = self.core.state().order(STRATEGY, IntentId(id)).ok_or_else(|| no_order(id))?;
        Ok(order.leaves())
    }

    fn of_order(&self, id: u64, kind: impl FnOnce(LegKey) -> EventKind) -> Result<Report, String> {
        let order = self.core.state().order(STRATEGY, IntentId(id)).ok_or_else(|| no_order(id))?;
        let (instrument, venue, account) = (order.terms.instrument, VenueId(1), AccountId(1));
        let key = LegKey { strategy: STRATEGY, intent: IntentId(id), leg: LegId(0) };
        Ok(Report { instrument, venue, account, ..Report::control(kind(key)) })
    }

    fn fill(&mut self, line: &FillLine) -> Result<Report, String> {
        let open = self.leaves(line.id)?;
        let order = self.core.state().order(STRATEGY, IntentId(line.id)).ok_or_else(|| no_order(line.id))?;
        let (side, at) = (order.terms.side, order.terms.instrument);
        let listed = self.config.instrument(at).expect("an order's instrument is configured");
        let price = mantissa_of(line.price, listed.price_scale).ok_or("the price has too many digits")?;
        let qty = mantissa_of(line.qty, listed.qty_scale).ok_or("the quantity has too many digits")?;
        if qty <= 0 {
            return Err("a fill is above 0".to_owned());
        }
        self.trades += 1;
        let (trade_id, leaves) = (self.trades, Qty(open.0.saturating_sub(qty).max(0)));
        let (fee, liquidity) = (line.fee, line.liquidity);
        self.of_order(line.id, |order| {
            EventKind::OrderFilled(Fill {
                order,
                trade_id,
                price: Price(price),
                qty: Qty(qty),
                leaves,
                fee,
                fee_currency: QUOTE,
                side,
                liquidity,
                position_side: PositionSide::Net,
                reason: FillReason::Venue,
                ahead: Fill::AHEAD_UNKNOWN,
            })
        })
    }
}

fn no_order(id: u64) -> String {
    format!("intent {id} has no order: it was not emitted, was no order, or its order was refused")
}

const QUOTE: CurrencyId = CurrencyId(1);

fn config(profile: GuestProfile, head: &Head) -> Config {
    let names = head.instruments.iter().map(|listed| listed.symbol.clone());
    let (fuel_per_call, memory_bytes_max) = match profile {
        GuestProfile::Compiled | GuestProfile::External => (20_000_000, 64 << 20),
        GuestProfile::Interpreter => (200_000_000, 256 << 20),
    };
    let instruments: Vec<Instrument> =
        head.instruments.iter().zip(1_u32..).map(|(listed, id)| instrument(listed, id)).collect();
    let slot = StrategySlot {
        name: "tried".to_owned(),
        account: AccountId(1),
        lane: Lane::Simulation,
        capital: head.capital.unwrap_or(Decimal::from(1_000_000)),
        loss_max: None,
        instruments: instruments.iter().map(|instrument| instrument.id).collect(),
        params: head.params.clone(),
        fuel_per_call,
        fuel_total: None,
        memory_bytes_max,
        pin: None,
        supervision: Supervision::NONE,
        profile,
        rates: EmitRates::USUAL,
    };
    Config {
        run: "test".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: QUOTE,
        names: names.collect(),
        currencies: ["USD", "UNIT"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "X".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: QUOTE, pacing: None }],
        instruments,
        strategies: vec![slot],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 300_000_000_000,
            terminal_retention_events: 1_000,
            queue_max: 10_000,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

/// As the harness of the Rust SDK has them: tick and lot are one unit of the scales.
fn instrument(listed: &script::Listed, id: u32) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        venue: VenueId(1),
        symbol: NameId(id),
        kind: InstrumentKind::Equity,
        base: CurrencyId(2),
        quote: QUOTE,
        settlement: QUOTE,
        counterparty: NameId(0),
        price_scale: listed.price_scale,
        qty_scale: listed.qty_scale,
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(i64::MAX),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}
