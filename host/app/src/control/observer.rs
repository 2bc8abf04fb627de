//! Observer: what of a session is shown to the surface?
//!
//! In: what the session shows. Out: boards, a curve, lines, reports, log lines; and what an order asks of the host once it is
//! recorded. Must never: change the run, or copy State for every row.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_control::api::{Board, Counts, CurvePoint, DenialLine, OrderLine, PositionLine, StrategyLine, VenueLine};
use ringfence_control::desk::{Act, Desk};
use ringfence_control::metrics::Metrics;
use ringfence_core::config::{Config, GuestProfile};
use ringfence_core::decision::{DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, Mode};
use ringfence_core::ids::{InstrumentId, LegKey, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::intent::{Action, IntentKind};
use ringfence_core::money::{Decimal, Qty};
use ringfence_core::order::Order;
use ringfence_core::state::State;
use ringfence_session::fuel::FuelTable;
use ringfence_session::observer::Observer;
use ringfence_session::results::all_accounts;

use super::lines;
use super::log::Log;
use crate::calendar::time_text;
use crate::config::Loaded;
use crate::look;
use crate::output::hex;
use crate::render::Renderer;

/// Does what an order asks of others than the session.
pub(crate) type Asked = Box<dyn Fn(&Act)>;

/// Time between two copies of State while nothing but rows comes.
const PAUSE: Duration = Duration::from_millis(50);
/// Most points of the curve; beyond it every second one goes.
const POINTS_MAX: usize = 2_000;
/// Orders whose first answer is waited for.
const AWAITED_MAX: usize = 10_000;

/// Shows a session to the surface.
pub(crate) struct Shower {
    config: Config,
    session: SessionId,
    mode: Mode,
    desk: Arc<Desk>,
    metrics: Arc<Metrics>,
    log: Option<Log>,
    /// What an order asks of the host.
    asked: Box<dyn Fn(&Act)>,
    fuel: FuelTable,
    rows: u64,
    counts: Counts,
    denials: BTreeMap<&'static str, (u64, String)>,
    curve: Curve,
    awaited: BTreeMap<LegKey, TimeNs>,
    copied: Option<Instant>,
}

impl Shower {
    pub(super) fn new(
        loaded: &Loaded,
        (session, mode): (SessionId, Mode),
        (desk, metrics): (Arc<Desk>, Arc<Metrics>),
        (log, asked): (Option<Log>, Asked),
    ) -> Shower {
        let config = loaded.core.clone();
        let fuel = FuelTable::new(config.strategies.len());
        Shower {
            config,
            session,
            mode,
            desk,
            metrics,
            log,
            asked,
            fuel,
            rows: 0,
            counts: Counts::default(),
            denials: BTreeMap::new(),
            curve: Curve::default(),
            awaited: BTreeMap::new(),
            copied: None,
        }
    }

    fn renderer(&self) -> Renderer<'_> {
        Renderer::new(&self.config, self.session)
    }

    fn copy(&mut self, state: &State) {
        self.copied = Some(now());
        let (equity, pnl) = self.worth(state);
        let text = |amount: Option<Decimal>| amount.map_or("-".to_owned(), Renderer::decimal);
        if let Some(pnl) = pnl
            && self.curve.take(state.time(), Renderer::decimal(pnl))
        {
            self.desk.show_curve(self.curve.points.clone());
        }
        let renderer = self.renderer();
        let ids = || (1_u16..).take(self.config.strategies.len()).map(StrategyId);
        let orders = ids().flat_map(|id| state.open_orders(id, InstrumentId::NONE));
        let denial = |(code, (count, last)): (&&'static str, &(u64, String))| DenialLine {
            code: (*code).to_owned(),
            count: *count,
            last: last.clone(),
        };
        let venue = |id| VenueLine { name: renderer.venue(id), is_up: state.venue_is_up(id), why: None };
        let board = Board {
            session: self.session.to_string(),
            mode: self.mode.code().to_owned(),
            run: self.config.run.clone(),
            env: self.config.env.code().to_owned(),
            engine: format!("ringfence {}", env!("CARGO_PKG_VERSION")),
            config: hex(state.config_hash()),
            seq: state.seq().0,
            time: time_text(state.time().0),
            rows: self.rows,
            trading: if state.trading_is_enabled() { "enabled" } else { "disabled" }.to_owned(),
            kill: state.kill_level().code().to_owned(),
            currency: renderer.currency(self.config.base_currency),
            equity: text(equity),
            pnl: text(pnl),
            counts: self.counts,
            venues: (1_u16..).take(self.config.venues.len()).map(VenueId).map(venue).collect(),
            strategies: ids().map(|id| self.strategy(state, id)).collect(),
            positions: ids().flat_map(|id| positions(&renderer, state, id)).collect(),
            orders: orders.map(|order| order_line(&renderer, order)).collect(),
            denials: self.denials.iter().map(denial).collect(),
            ..Board::default()
        };
        self.desk.show(board);
    }

    /// Equity in the base currency, and the same less capital where every account is in it.
    fn worth(&self, state: &State) -> (Option<Decimal>, Option<Decimal>) {
        let equity = all_accounts(state).ok().map(|view| view.equity);
        let of = |id| state.account_view(StrategyId(id)).ok().map(|view| view.equity - view.capital);
        let base = self.config.base_currency;
        let is_one = self
            .config
            .strategies
            .iter()
            .all(|slot| self.config.account(slot.account).is_some_and(|account| account.currency == base));
        let sum = (1_u16..).take(self.config.strategies.len()).map(of).sum::<Option<Decimal>>();
        (equity, sum.filter(|_| is_one))
    }

    fn strategy(&self, state: &State, id: StrategyId) -> StrategyLine {
        let slot = self.config.strategy(id);
        let money = state.account_view(id).ok();
        let status = state.strategy_status(id);
        let shown = |amount: Option<Decimal>| amount.map_or("-".to_owned(), Renderer::decimal);
        let calls = self.fuel.of(id);
        let fuel = |promille| calls.map_or(0, |calls| calls.quantile(promille));
        let standing = match (state.halt(id), &status) {
            (Some(halt), _) => format!("halted {}", halt.code.code()),
            (None, Some(status)) if status.is_killed => "killed".to_owned(),
            (None, Some(status)) if status.is_warming_up => "warming-up".to_owned(),
            (None, Some(status)) if status.is_attached => "runs".to_owned(),
            (None, _) if slot.is_some_and(|slot| slot.profile == GuestProfile::External) => "external".to_owned(),
            (None, _) => "not-attached".to_owned(),
        };
        StrategyLine {
            name: self.renderer().strategy(id),
            state: standing,
            equity: shown(money.map(|money| money.equity)),
            pnl: shown(money.map(|money| money.equity - money.capital)),
            fees: shown(money.map(|money| money.fees)),
            open_orders: state.live_orders(id) as u64,
            intents: status.map_or(0, |status| status.intents),
            calls: calls.map_or(0, |calls| calls.count()),
            fuel_p50: fuel(500),
            fuel_p99: fuel(990),
            fuel_max: calls.map_or(0, |calls| calls.largest()),
            fuel_budget: slot.map_or(0, |slot| slot.fuel_per_call),
        }
    }

    fn count_event(&mut self, event: &Event) {
        if let Some(sent) = event.kind.order().and_then(|key| self.awaited.remove(&key)) {
            self.metrics.order_answered(event.time.age_of(sent).unwrap_or(0));
        }
        match lines::status_of(&event.kind) {
            Some("FILLED" | "PARTIALLY_FILLED") => self.counts.fills += 1,
            Some("CANCELED") => self.counts.canceled += 1,
            Some("REJECTED") => self.counts.rejected += 1,
            Some(_) | None => self.counts.halts += u64::from(matches!(event.kind, EventKind::StrategyHalted(..))),
        }
    }

    fn count_decisions(&mut self, effects: &Effects, time: TimeNs) {
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            match &decision.kind {
                DecisionKind::Emitted(kind) if !matches!(kind, IntentKind::Note(_) | IntentKind::WakeAt(_)) => {
                    self.counts.intents += 1;
                }
                DecisionKind::Denied(denial) => {
                    self.counts.denied += 1;
                    let line = lines::decision(&self.renderer(), (effects, ordinal), time.0);
                    let last = line.map_or_else(String::new, |line| format!("{} {}", line.strategy, line.text));
                    let known = self.denials.entry(denial.code.code()).or_default();
                    *known = (known.0 + 1, last);
                }
                DecisionKind::Malformed(_) => self.counts.malformed += 1,
                DecisionKind::Refused(_) => self.counts.refused += 1,
                DecisionKind::Anomaly(_) => self.counts.anomalies += 1,
                DecisionKind::Emitted(_)
                | DecisionKind::Normalised(_)
                | DecisionKind::Allowed(_)
                | DecisionKind::Queued
                | DecisionKind::Superseded(_)
                | DecisionKind::Withdrawn(_)
                | DecisionKind::ApprovalExpired(_)
                | DecisionKind::Dispatched(..)
                | DecisionKind::Halted(_)
                | DecisionKind::Held(_)
                | DecisionKind::Released(_)
                | DecisionKind::Dropped(_)
                | DecisionKind::Scheduled(_)
                | DecisionKind::Ended(_)
                | DecisionKind::Tied(_) => {}
            }
        }
    }

    fn is_external(&self, id: StrategyId) -> bool {
        self.config.strategy(id).is_some_and(|slot| slot.profile == GuestProfile::External)
    }

    /// The intent that came from outside in this step has its number; what became of its like is told.
    fn report(&self, effects: &Effects, time: TimeNs) {
        let is_awaited = self.desk.awaits_intent();
        if is_awaited {
            let emitted = effects.decisions.iter().find(|decision| {
                matches!(decision.kind, DecisionKind::Emitted(_)) && self.is_external(decision.key.strategy)
            });
            self.desk.began(emitted.map(|decision| decision.key));
        }
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            if self.is_external(decision.key.strategy) {
                let (leg, report) = lines::report_of_decision(&self.renderer(), (effects, ordinal), time.0);
                self.desk.report(leg, report);
            }
        }
        if is_awaited {
            self.desk.stepped();
        }
    }

    /// Commands that leave behind this step.
    fn sent(&mut self, effects: &Effects, time: TimeNs) {
        for command in &effects.commands {
            if let Action::Submit(_) = command.action() {
                self.counts.orders += 1;
                if self.awaited.len() < AWAITED_MAX {
                    self.awaited.insert(command.key(), time);
                }
            }
        }
        let renderer = Renderer::new(&self.config, self.session);
        if let Some(log) = &mut self.log {
            effects.commands.iter().for_each(|command| log.command(&renderer, command, time.0));
        }
    }
}

impl Observer for Shower {
    fn row(&mut self, _row: &Event, state: &State) {
        self.rows += 1;
        if self.copied.is_none_or(|copied| now().duration_since(copied) >= PAUSE) {
            self.copy(state);
        }
    }

    fn called(&mut self, effects: &Effects) {
        self.fuel.record(&effects.called, &effects.fuel);
    }

    fn event(&mut self, event: &Event, state: &State) {
        if let EventKind::OperatorCommand(_) = event.kind {
            if let Some(act) = self.desk.recorded(event.seq.0) {
                (self.asked)(&act);
            }
        } else if !self.desk.awaits_intent() {
            self.desk.stepped();
        }
        self.count_event(event);
        let renderer = Renderer::new(&self.config, self.session);
        if let Some(log) = &mut self.log {
            log.event(&renderer, event);
        }
        if let Some(line) = lines::event(&renderer, event) {
            self.desk.tell(line);
        }
        if let Some((leg, report)) = lines::report_of_event(&renderer, event)
            && self.is_external(leg.strategy)
        {
            self.desk.report(leg, report);
        }
        if let EventKind::ConfigChanged(_) = event.kind
            && let Some(config) = state.config()
        {
            self.config = config.clone();
        }
        self.copy(state);
    }

    fn decided(&mut self, effects: &Effects, state: &State) {
        let time = state.time();
        self.count_decisions(effects, time);
        self.report(effects, time);
        let renderer = self.renderer();
        let shown = |ordinal| lines::decision(&renderer, (effects, ordinal), time.0);
        (0..effects.decisions.len()).filter_map(shown).for_each(|line| self.desk.tell(line));
        self.sent(effects, time);
        self.copy(state);
    }

    fn end(&mut self, state: &State) {
        self.copy(state);
        self.desk.end();
    }
}

fn positions(renderer: &Renderer<'_>, state: &State, id: StrategyId) -> Vec<PositionLine> {
    let held = state.strategy_positions(id).filter(|(.., position)| position.qty != 0);
    let line = |(instrument, position): (InstrumentId, i64)| PositionLine {
        strategy: renderer.strategy(id),
        instrument: renderer.instrument(instrument),
        qty: renderer.qty(instrument, Qty(position)),
        mark: look::mark(state, instrument),
    };
    held.map(|(instrument, _, position)| line((instrument, position.qty))).collect()
}

fn order_line(renderer: &Renderer<'_>, order: &Order) -> OrderLine {
    let (terms, id) = (&order.terms, order.terms.instrument);
    OrderLine {
        order: order.key.to_string(),
        strategy: renderer.strategy(order.key.strategy),
        instrument: renderer.instrument(id),
        side: terms.side.code().to_owned(),
        order_type: terms.order_type.code().to_owned(),
        qty: renderer.qty(id, terms.qty),
        filled: renderer.qty(id, order.filled),
        limit: terms.limit_price.map_or_else(String::new, |price| renderer.price(id, price)),
        state: order.state.code().to_owned(),
    }
}

/// Equity over time, in as many points as a chart has room for.
#[derive(Debug, Default)]
struct Curve {
    points: Vec<CurvePoint>,
    /// Shortest time between two points, ms.
    pause_ms: u64,
}

impl Curve {
    /// Takes a point; false where it is too near the last one.
    fn take(&mut self, time: TimeNs, pnl: String) -> bool {
        let time_ms = time.0 / 1_000_000;
        let is_due = self.points.last().is_none_or(|last| time_ms >= last.time_ms.saturating_add(self.pause_ms.max(1)));
        if !is_due {
            return false;
        }
        self.points.push(CurvePoint { time_ms, pnl });
        if self.points.len() > POINTS_MAX {
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            let span = time_ms - self.points[0].time_ms;
            self.pause_ms = span / (POINTS_MAX as u64 / 2);
        }
        true
    }
}

#[expect(clippy::disallowed_methods, reason = "how often a person is shown something")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_keeps_its_whole_length_in_few_points() {
        let mut curve = Curve::default();
        for ms in 0..100_000 {
            curve.take(TimeNs(ms * 1_000_000), ms.to_string());
        }
        assert!((POINTS_MAX / 2..=POINTS_MAX).contains(&curve.points.len()), "{}", curve.points.len());
        assert_eq!(curve.points[0].time_ms, 0);
        assert!(curve.points.last().expect("some").time_ms > 99_000);
        assert!(curve.points.windows(2).all(|pair| pair[0].time_ms < pair[1].time_ms));
    }
}
