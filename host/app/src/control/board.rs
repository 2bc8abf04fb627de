//! Board: what is true of a session now, in words?
//!
//! In: State, and what was counted beside it. Out: a board. Must never: change or count anything.

use std::collections::BTreeMap;

use ringfence_control::api::{Board, Counts, DenialLine, OrderLine, PositionLine, StrategyLine, VenueLine};
use ringfence_core::config::{Config, GuestProfile};
use ringfence_core::event::Mode;
use ringfence_core::ids::{InstrumentId, StrategyId, VenueId};
use ringfence_core::money::{Decimal, Qty};
use ringfence_core::order::Order;
use ringfence_core::state::State;
use ringfence_session::fuel::FuelTable;
use ringfence_session::results::all_accounts;

use super::foreign::ForeignOrders;
use super::quarantine::Quarantine;
use crate::calendar::time_text;
use crate::look;
use crate::output::hex;
use crate::render::Renderer;

/// An amount that cannot be told.
pub(super) const UNKNOWN: &str = "-";

/// Denials by code: how many, and the last one in words.
pub(super) type Denials = BTreeMap<&'static str, (u64, String)>;

/// What is shown beside State.
pub(super) struct Shown<'a> {
    pub(super) config: &'a Config,
    pub(super) renderer: Renderer<'a>,
    pub(super) mode: Mode,
    pub(super) rows: u64,
    pub(super) counts: Counts,
    pub(super) denials: &'a Denials,
    pub(super) fuel: &'a FuelTable,
    pub(super) foreign: &'a ForeignOrders,
    pub(super) quarantine: &'a Quarantine,
}

/// Everything that is shown. Strategy 0 is nobody: what it holds is in the accounts all the same.
pub(super) fn board(shown: &Shown<'_>, state: &State) -> Board {
    let Shown { config, renderer, .. } = shown;
    let (equity, pnl) = worth(config, state);
    let ids = || (1_u16..).take(config.strategies.len()).map(StrategyId);
    let holders = std::iter::once(StrategyId::EXTERNAL).chain(ids());
    let orders = ids().flat_map(|id| state.open_orders(id, InstrumentId::NONE));
    let foreign = shown.foreign.lines(renderer);
    let denial = |(code, (count, last)): (&&'static str, &(u64, String))| DenialLine {
        code: (*code).to_owned(),
        count: *count,
        last: last.clone(),
    };
    let venue = |id| VenueLine { name: renderer.venue(id), is_up: state.venue_is_up(id), why: None };
    let held = config.instruments.iter().filter(|it| state.market(it.id).is_some_and(|market| market.is_held()));
    Board {
        session: renderer.session().to_string(),
        mode: shown.mode.code().to_owned(),
        run: config.run.clone(),
        env: config.env.code().to_owned(),
        engine: format!("ringfence {}", env!("CARGO_PKG_VERSION")),
        config: hex(state.config_hash()),
        seq: state.seq().0,
        time: time_text(state.time().0),
        rows: shown.rows,
        trading: if state.trading_is_enabled() { "enabled" } else { "disabled" }.to_owned(),
        kill: state.kill_level().code().to_owned(),
        currency: renderer.currency(config.base_currency),
        equity: amount(equity),
        pnl: amount(pnl),
        counts: shown.counts,
        venues: (1_u16..).take(config.venues.len()).map(VenueId).map(venue).collect(),
        strategies: ids().map(|id| strategy(shown, state, id)).collect(),
        positions: holders.flat_map(|id| positions(renderer, state, id)).collect(),
        orders: foreign.into_iter().chain(orders.map(|order| order_line(renderer, order))).collect(),
        denials: shown.denials.iter().map(denial).collect(),
        held: held.map(|instrument| renderer.instrument(instrument.id)).collect(),
        ..Board::default()
    }
}

fn amount(amount: Option<Decimal>) -> String {
    amount.map_or_else(|| UNKNOWN.to_owned(), Renderer::decimal)
}

/// Equity in the base currency, and the same less capital where every account is in it.
fn worth(config: &Config, state: &State) -> (Option<Decimal>, Option<Decimal>) {
    let equity = all_accounts(state).ok().map(|view| view.equity);
    let of = |id| state.account_view(StrategyId(id)).ok().map(|view| view.equity - view.capital);
    let base = config.base_currency;
    let is_one =
        config.strategies.iter().all(|slot| config.account(slot.account).is_some_and(|it| it.currency == base));
    let sum = (1_u16..).take(config.strategies.len()).map(of).sum::<Option<Decimal>>();
    (equity, sum.filter(|_| is_one))
}

fn strategy(shown: &Shown<'_>, state: &State, id: StrategyId) -> StrategyLine {
    let slot = shown.config.strategy(id);
    let money = state.account_view(id).ok();
    let status = state.strategy_status(id);
    let calls = shown.fuel.of(id);
    let fuel = |promille| calls.map_or(0, |calls| calls.quantile(promille));
    let stands = if shown.quarantine.has(id) { "quarantined" } else { "halted" };
    let standing = match (state.halt(id), &status) {
        (Some(halt), _) => format!("{stands} {}", halt.code.code()),
        (None, Some(status)) if status.is_killed => "killed".to_owned(),
        (None, Some(status)) if status.is_warming_up => "warming-up".to_owned(),
        (None, Some(status)) if status.is_attached => "runs".to_owned(),
        (None, _) if slot.is_some_and(|slot| slot.profile == GuestProfile::External) => "external".to_owned(),
        (None, _) => "not-attached".to_owned(),
    };
    StrategyLine {
        name: shown.renderer.strategy(id),
        state: standing,
        equity: amount(money.map(|money| money.equity)),
        pnl: amount(money.map(|money| money.equity - money.capital)),
        fees: amount(money.map(|money| money.fees)),
        open_orders: state.live_orders(id) as u64,
        intents: status.map_or(0, |status| status.intents),
        calls: calls.map_or(0, |calls| calls.count()),
        fuel_p50: fuel(500),
        fuel_p99: fuel(990),
        fuel_max: calls.map_or(0, |calls| calls.largest()),
        fuel_budget: slot.map_or(0, |slot| slot.fuel_per_call),
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
