//! Spectator: what of a session goes on the board?
//!
//! In: what the session shows its observer. Out: the board, and news of fills, denials and halts. Must never: change the
//! run, or copy State for every row.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_core::config::Config;
use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, Fill};
use ringfence_core::ids::{InstrumentId, IntentId, LegKey, SessionId, StrategyId};
use ringfence_core::intent::IntentKind;
use ringfence_core::state::State;
use ringfence_session::fuel::FuelTable;
use ringfence_session::observer::Observer;

use super::board::{Desk, FuelLine, IntentLine, StrategyLine};
use super::news::{News, Tone};
use crate::calendar::time_text;
use crate::look;
use crate::render::{Fields, Renderer};

/// Time between two copies of State while nothing but rows comes.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks on.
pub(crate) struct Spectator {
    config: Config,
    session: SessionId,
    desk: Arc<Desk>,
    fuel: FuelTable,
    rows: u64,
    copied: Option<Instant>,
    /// When the work began, and how long before it the project was made, where that is known; until the first fill.
    began: Option<(Instant, Option<Duration>)>,
}

impl Spectator {
    pub(crate) fn new(
        (config, session): (&Config, SessionId),
        desk: Arc<Desk>,
        began: (Instant, Option<Duration>),
    ) -> Spectator {
        let fuel = FuelTable::new(config.strategies.len());
        Spectator { config: config.clone(), session, desk, fuel, rows: 0, copied: None, began: Some(began) }
    }

    fn renderer(&self) -> Renderer<'_> {
        Renderer::new(&self.config, self.session)
    }

    /// Copies what is shown of State.
    fn copy(&mut self, state: &State) {
        self.copied = Some(now());
        let renderer = self.renderer();
        let ids = || (1_u16..).take(self.config.strategies.len()).map(StrategyId);
        let strategies = ids().map(|id| self.strategy(state, id)).collect();
        let positions = ids().flat_map(|id| positions(&renderer, state, id)).collect();
        let orders = ids().flat_map(|id| state.open_orders(id, InstrumentId::NONE));
        let orders = orders.map(|order| look::order(&renderer, order).text()).collect();
        let mut board = self.desk.board();
        (board.strategies, board.positions, board.orders) = (strategies, positions, orders);
        (board.time, board.events, board.rows) = (time_text(state.time().0), state.seq().0, self.rows);
    }

    fn strategy(&self, state: &State, id: StrategyId) -> StrategyLine {
        let slot = self.config.strategy(id);
        let money = state.account_view(id).ok();
        let shown = |amount: Option<ringfence_core::money::Decimal>| amount.map_or("-".to_owned(), Renderer::decimal);
        let standing = state.halt(id).map_or("runs".to_owned(), |halt| format!("halted {}", halt.code.code()));
        let calls = self.fuel.of(id);
        let fuel = calls.map_or_else(FuelLine::default, |calls| FuelLine {
            calls: calls.count(),
            p50: calls.quantile(500),
            p99: calls.quantile(990),
            max: calls.largest(),
            budget: slot.map_or(0, |slot| slot.fuel_per_call),
        });
        StrategyLine {
            name: self.renderer().strategy(id),
            state: standing,
            equity: shown(money.map(|money| money.equity)),
            profit: shown(money.map(|money| money.equity - money.capital)),
            fees: shown(money.map(|money| money.fees)),
            open_orders: state.live_orders(id),
            fuel,
        }
    }

    fn decision(&self, (seq, ordinal): (ringfence_core::ids::Seq, usize), decision: &Decision, notes: &[u8]) {
        let key = decision.key;
        let of = (key.strategy, key.intent);
        let fields = self.renderer().decision((seq, ordinal), decision, (notes, None));
        let text = short(&fields);
        let mut board = self.desk.board();
        match &decision.kind {
            DecisionKind::Emitted(IntentKind::WakeAt(_) | IntentKind::Note(_))
            | DecisionKind::Normalised(_)
            | DecisionKind::Queued => {}
            DecisionKind::Emitted(_) => {
                let fate = "emitted".to_owned();
                board.intent(IntentLine { of, what: text, fate, tone: Tone::Plain });
            }
            DecisionKind::Denied(denial) => {
                board.denial(denial.code.code(), text.clone());
                board.fate(of, format!("denied {text}"), Tone::Bad);
            }
            DecisionKind::Malformed(_) => board.fate(of, format!("malformed {text}"), Tone::Bad),
            DecisionKind::Refused(_) => board.fate(of, format!("refused {text}"), Tone::Bad),
            DecisionKind::Allowed(_) => board.fate(of, "allowed".to_owned(), Tone::Plain),
            DecisionKind::Dispatched(..) => board.fate(of, "sent".to_owned(), Tone::Plain),
            kind @ (DecisionKind::Superseded(_)
            | DecisionKind::Withdrawn(_)
            | DecisionKind::ApprovalExpired(_)
            | DecisionKind::Held(_)
            | DecisionKind::Released(_)
            | DecisionKind::Dropped(_)
            | DecisionKind::Scheduled(_)
            | DecisionKind::Ended(_)
            | DecisionKind::Tied(_)
            | DecisionKind::Halted(_)
            | DecisionKind::Anomaly(_)) => {
                board.fate(of, format!("{} {text}", kind.name().to_lowercase()), Tone::Plain);
            }
        }
        drop(board);
        if let DecisionKind::Denied(_) | DecisionKind::Malformed(_) | DecisionKind::Refused(_) = decision.kind {
            let kind = if matches!(decision.kind, DecisionKind::Malformed(_)) { "malformed" } else { "denied" };
            self.desk.tell(&News::new(kind, Tone::Bad, fields));
        }
    }

    fn fill(&mut self, event: &Event, fill: &Fill) {
        let (id, key) = (event.instrument, fill.order);
        let renderer = self.renderer();
        let (qty, price) = (renderer.qty(id, fill.qty), renderer.price(id, fill.price));
        let fields = Fields::new()
            .with("time", time_text(event.time.0))
            .with("strategy", renderer.strategy(key.strategy))
            .with("intent", key.intent.0)
            .with("instrument", renderer.instrument(id))
            .with("side", fill.side.code())
            .with("qty", qty.as_str())
            .with("price", price.as_str())
            .with("fee", Renderer::decimal(fill.fee));
        self.desk.board().fate(of(key), format!("filled {qty} @ {price}"), Tone::Good);
        self.desk.tell(&News::new("fill", Tone::Good, fields));
        if let Some((began, age)) = self.began.take() {
            self.desk.tell(&first_fill(began.elapsed(), age));
        }
    }
}

/// How long it took to get here.
fn first_fill(took: Duration, age: Option<Duration>) -> News {
    let seconds = |time: Duration| (time.as_secs_f64() * 10.0).round() / 10.0;
    let fields =
        Fields::new().with("seconds", seconds(took)).with_some("seconds_since_new", age.map(|age| seconds(age + took)));
    News::new("first-fill", Tone::Good, fields)
}

fn of(key: LegKey) -> (StrategyId, IntentId) {
    (key.strategy, key.intent)
}

/// What a decision says, without the place that it has anyway.
fn short(fields: &Fields) -> String {
    let place = ["seq", "ordinal", "decision", "strategy", "intent"];
    let bare = ["kind", "instrument", "side", "type", "tif", "code"];
    let shown = fields.shown().filter(|(name, _)| !place.contains(name));
    let shown = shown.map(|(name, value)| if bare.contains(&name) { value } else { format!("{name}={value}") });
    shown.collect::<Vec<_>>().join(" ")
}

fn positions(renderer: &Renderer<'_>, state: &State, id: StrategyId) -> Vec<[String; 4]> {
    let held = state.strategy_positions(id).filter(|(.., position)| position.qty != 0);
    let shown = held.map(|(instrument, _, position)| {
        let qty = renderer.qty(instrument, ringfence_core::money::Qty(position.qty));
        [renderer.strategy(id), renderer.instrument(instrument), qty, look::mark(state, instrument)]
    });
    shown.collect()
}

impl Observer for Spectator {
    fn row(&mut self, _row: &Event, state: &State) {
        self.rows += 1;
        if self.copied.is_none_or(|copied| now().duration_since(copied) >= PAUSE) {
            self.copy(state);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of the many kinds of events those about own orders are shown")]
    fn event(&mut self, event: &Event, state: &State) {
        let fate = |key: LegKey, what: String, tone| self.desk.board().fate(of(key), what, tone);
        match &event.kind {
            EventKind::OrderFilled(fill) => self.fill(event, fill),
            EventKind::OrderAccepted(key) => fate(*key, "at the venue".to_owned(), Tone::Plain),
            EventKind::OrderRejected(key, why) => fate(*key, format!("rejected {}", why.code()), Tone::Bad),
            EventKind::OrderCanceled(key, _, why) => fate(*key, format!("canceled {}", why.code()), Tone::Plain),
            EventKind::OrderExpired(key, _) => fate(*key, "expired".to_owned(), Tone::Plain),
            EventKind::StrategyHalted(..) => {
                let fields = self.renderer().event(event);
                self.desk.tell(&News::new("halted", Tone::Bad, fields));
            }
            _ => {}
        }
        self.copy(state);
    }

    fn called(&mut self, effects: &Effects) {
        self.fuel.record(&effects.called, &effects.fuel);
    }

    fn decided(&mut self, effects: &Effects, _state: &State) {
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            self.decision((effects.seq, ordinal), decision, &effects.notes);
        }
    }

    fn end(&mut self, state: &State) {
        self.copy(state);
    }
}

#[expect(clippy::disallowed_methods, reason = "how often a person is shown something, and how long work took")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fill_says_how_long_it_took_from_the_start_and_from_the_new_project() {
        let line = |age| first_fill(Duration::from_millis(3_240), age).line();
        assert_eq!(line(None), "first-fill   seconds=3.2");
        assert_eq!(line(Some(Duration::from_secs(9))), "first-fill   seconds=3.2 seconds_since_new=12.2");
    }

    #[test]
    fn a_decision_is_short_on_the_board() {
        let fields = Fields::new().with("seq", 7).with("intent", "1/2").with("kind", "submit");
        let fields = fields.with("instrument", "X:SPY").with("side", "buy").with("qty", "100").with("tif", "ioc");
        assert_eq!(short(&fields), "submit X:SPY buy qty=100 ioc");
    }
}
