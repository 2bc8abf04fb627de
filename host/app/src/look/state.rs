//! State as sections: markets, accounts, positions, orders, what waits, and who runs.
//!
//! In: the core between two steps. Out: a section for each part of State. Must never: reckon anything State does not.

use ringfence_core::config::Config;
use ringfence_core::ids::{AccountId, InstrumentId, StrategyId, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::Action;
use ringfence_core::money::{Plain, Price, Qty, Scale};
use ringfence_core::order::Order;
use ringfence_core::risk::ApprovedIntent;
use ringfence_core::state::State;
use ringfence_core::state::market::HalfPrice;
use ringfence_core::state::position::Position;
use ringfence_core::state::survey::{ParentWork, StrategyStatus};
use ringfence_core::state::view::{AccountView, HeldView};
use ringfence_core::step::Core;

use super::sheet::Section;
use crate::calendar::time_text;
use crate::render::{Fields, Renderer};

pub(super) fn sections(renderer: &Renderer<'_>, core: &Core) -> Vec<Section> {
    let state = core.state();
    // Before the configuration there is nothing that has a name.
    let Some(config) = state.config() else { return vec![control(state)] };
    let strategies = || (0_u16..).take(config.strategies.len() + 1).map(StrategyId);
    let of_all = |list: &dyn Fn(StrategyId) -> Vec<Fields>| strategies().flat_map(list).collect::<Vec<_>>();
    vec![
        control(state),
        Section::list("venues", venues(renderer, (state, config))),
        Section::list("instruments", config.instruments.iter().map(|it| instrument(renderer, state, it.id))),
        Section::list("strategies", strategies().filter_map(|id| strategy(renderer, state, id))),
        Section::list("accounts", accounts(renderer, (state, config))),
        Section::list("positions", positions(renderer, (state, config))),
        Section::list(
            "orders",
            of_all(&|id| state.open_orders(id, InstrumentId::NONE).map(|it| order(renderer, it)).collect()),
        ),
        Section::list(
            "held orders",
            of_all(&|id| state.held_orders(id, InstrumentId::NONE).map(|it| held(renderer, (id, &it))).collect()),
        ),
        Section::list("parents", parents(renderer, state)),
        Section::list("schedules", schedules(renderer, state)),
        Section::list("queue", core.queue().waiting().map(|work| queued(renderer, work))),
    ]
}

fn control(state: &State) -> Section {
    Section::one(
        "control",
        Fields::new()
            .with("seq", state.seq().0)
            .with("time", time_text(state.time().0))
            .with("trading", if state.trading_is_enabled() { "enabled" } else { "disabled" })
            .with("kill", state.kill_level().code()),
    )
}

fn venues(renderer: &Renderer<'_>, (state, config): (&State, &Config)) -> Vec<Fields> {
    let ids = (1_u16..).take(config.venues.len()).map(VenueId);
    ids.map(|id| Fields::new().with("venue", renderer.venue(id)).with("up", state.venue_is_up(id))).collect()
}

fn instrument(renderer: &Renderer<'_>, state: &State, id: InstrumentId) -> Fields {
    let fields = Fields::new().with("instrument", renderer.instrument(id));
    let Some(market) = state.market(id) else { return fields };
    let touch = state.touch(id).unwrap_or_default();
    let side = |price: Price, qty: Qty| (qty.0 > 0).then(|| (renderer.price(id, price), renderer.qty(id, qty)));
    let (bid, ask) = (side(touch.bid_price, touch.bid_qty), side(touch.ask_price, touch.ask_qty));
    let split = |side: Option<(String, String)>| side.map_or((None, None), |(price, qty)| (Some(price), Some(qty)));
    let ((bid, bid_qty), (ask, ask_qty)) = (split(bid), split(ask));
    let built: usize = state.built_bars(id).map(|(_, count)| count).sum();
    fields
        .with("status", market.status().code())
        .with("stale", market.is_stale())
        .with_some("bid", bid)
        .with_some("bid_qty", bid_qty)
        .with_some("ask", ask)
        .with_some("ask_qty", ask_qty)
        .with_some("last", market.last().map(|price| renderer.price(id, price)))
        .with_some("mark", market.mark_price().map(|mark| half(mark, market_scale(state, id))))
        .with("bars", state.bars_held(id))
        .with("built_bars", built)
}

/// Price that positions in an instrument are valued at; `-` before there is one.
pub(crate) fn mark(state: &State, id: InstrumentId) -> String {
    let mark = state.market(id).and_then(|market| market.mark_price());
    mark.map_or_else(|| "-".to_owned(), |mark| half(mark, market_scale(state, id)))
}

fn market_scale(state: &State, id: InstrumentId) -> Scale {
    state.instrument(id).map_or_else(Scale::default, |instrument| instrument.price_scale)
}

/// A price in half units: five of the next digit where it is odd.
fn half(price: HalfPrice, scale: Scale) -> String {
    let whole = i64::try_from(price.0 / 2).unwrap_or(i64::MAX);
    let text = Plain(whole, scale).to_string();
    match price.0 % 2 {
        0 => text,
        _ if scale.digits() == 0 => format!("{text}.5"),
        _ => format!("{text}5"),
    }
}

fn strategy(renderer: &Renderer<'_>, state: &State, id: StrategyId) -> Option<Fields> {
    let StrategyStatus { is_attached, is_killed, is_warming_up, halt, intents, outcomes, open_orders } =
        state.strategy_status(id)?;
    // Nobody is attached as `external`; what it has, orders and positions show.
    if id == StrategyId::EXTERNAL {
        return None;
    }
    let standing = match (halt, is_killed, is_warming_up, is_attached) {
        (Some(halt), ..) => format!("halted {}", halt.code.code()),
        (None, true, ..) => "killed".to_owned(),
        (None, false, true, _) => "warming-up".to_owned(),
        (None, false, false, true) => "runs".to_owned(),
        (None, false, false, false) => "not-attached".to_owned(),
    };
    let fields = Fields::new()
        .with("strategy", renderer.strategy(id))
        .with("state", standing)
        .with("intents", intents)
        .with("open_orders", open_orders)
        .with("outcomes", outcomes);
    Some(match state.account_view(id) {
        Ok(view) => fields.and(amounts(&view)).with("capital", Renderer::decimal(view.capital)),
        Err(error) => fields.with("amounts", error.to_string()),
    })
}

pub(super) fn amounts(view: &AccountView) -> Fields {
    Fields::new()
        .with("cash", Renderer::decimal(view.cash))
        .with("equity", Renderer::decimal(view.equity))
        .with("realised", Renderer::decimal(view.realised))
        .with("fees", Renderer::decimal(view.fees))
}

fn accounts(renderer: &Renderer<'_>, (state, config): (&State, &Config)) -> Vec<Fields> {
    let one = |(account, id): (&ringfence_core::config::Account, u16)| {
        let fields = Fields::new()
            .with("account", account.name.as_str())
            .with("venue", renderer.venue(account.venue))
            .with("currency", renderer.currency(account.currency));
        match state.account_total(AccountId(id)) {
            Ok(view) => fields.and(amounts(&view)),
            Err(error) => fields.with("amounts", error.to_string()),
        }
    };
    config.accounts.iter().zip(1_u16..).map(one).collect()
}

fn positions(renderer: &Renderer<'_>, (state, config): (&State, &Config)) -> Vec<Fields> {
    let mut all = Vec::new();
    for id in (0_u16..).take(config.strategies.len() + 1).map(StrategyId) {
        let holder = || Fields::new().with("holder", renderer.strategy(id)).with("kind", "strategy");
        let own = state.strategy_positions(id);
        all.extend(own.map(|(it, side, of)| holder().and(position(renderer, (state, it), (side, of)))));
    }
    for id in (1_u16..).take(config.accounts.len()).map(AccountId) {
        let holder = || Fields::new().with("holder", renderer.account(id)).with("kind", "account");
        let own = state.account_positions(id);
        all.extend(own.map(|(it, side, of)| holder().and(position(renderer, (state, it), (side, of)))));
    }
    all
}

fn position(
    renderer: &Renderer<'_>,
    (state, id): (&State, InstrumentId),
    (side, position): (PositionSide, &Position),
) -> Fields {
    let reserved = |side| i64::try_from(position.reserved(side)).map_or("-".to_owned(), |q| renderer.qty(id, Qty(q)));
    let scale = state.instrument(id).map_or(0, ringfence_core::instrument::Instrument::value_scale);
    let value = |mantissa: i128| {
        let value = ringfence_core::money::decimal(mantissa, scale);
        value.map_or_else(|error| error.to_string(), Renderer::decimal)
    };
    Fields::new()
        .with("instrument", renderer.instrument(id))
        .with_some("side", (side != PositionSide::Net).then(|| side.code()))
        .with("qty", renderer.qty(id, Qty(position.qty)))
        .with("cost", value(position.cost))
        .with("realised", value(position.realised))
        .with("fees", Renderer::decimal(position.fees))
        .with("reserved_buy", reserved(Side::Buy))
        .with("reserved_sell", reserved(Side::Sell))
}

pub(crate) fn order(renderer: &Renderer<'_>, order: &Order) -> Fields {
    let (terms, id) = (&order.terms, order.terms.instrument);
    Fields::new()
        .with("order", Renderer::leg(order.key))
        .with("strategy", renderer.strategy(order.key.strategy))
        .with("account", renderer.account(order.account))
        .with("instrument", renderer.instrument(id))
        .with("side", terms.side.code())
        .with("type", terms.order_type.code())
        .with("qty", renderer.qty(id, terms.qty))
        .with("filled", renderer.qty(id, order.filled))
        .with("reserved", renderer.qty(id, order.reserved))
        .with_some("limit", terms.limit_price.map(|price| renderer.price(id, price)))
        .with_some("stop", terms.stop_price.map(|price| renderer.price(id, price)))
        .with("tif", terms.tif.code())
        .with("state", order.state.code())
        .with("changed_by", order.changed_by.0)
}

pub(super) fn held(renderer: &Renderer<'_>, (strategy, held): (StrategyId, &HeldView)) -> Fields {
    let id = held.instrument;
    Fields::new()
        .with("intent", format!("{}/{}", strategy.0, held.intent))
        .with("instrument", renderer.instrument(id))
        .with("side", held.side.code())
        .with("qty", renderer.qty(id, held.qty))
        .with_some("trigger", (held.trigger.0 != 0).then(|| renderer.price(id, held.trigger)))
        .with_some("limit", held.limit_price.map(|price| renderer.price(id, price)))
}

fn parents(renderer: &Renderer<'_>, state: &State) -> Vec<Fields> {
    let one = |parent: ringfence_core::state::survey::ParentView| {
        let fields = Fields::new().with("intent", Renderer::leg(parent.key));
        match parent.work {
            ParentWork::Split(id, left) => fields
                .with("does", "split")
                .with("instrument", renderer.instrument(id))
                .with("left", renderer.qty(id, left)),
            ParentWork::Flatten(only) => {
                let what = only.map_or("everything".to_owned(), |id| renderer.instrument(id));
                fields.with("does", "flatten").with("instrument", what)
            }
        }
    };
    state.unfinished_parents().map(one).collect()
}

fn schedules(renderer: &Renderer<'_>, state: &State) -> Vec<Fields> {
    let one = |schedule: ringfence_core::state::survey::ScheduleView| {
        let id = schedule.instrument;
        Fields::new()
            .with("intent", Renderer::leg(schedule.key))
            .with("instrument", renderer.instrument(id))
            .with("side", schedule.side.code())
            .with("total", renderer.qty(id, schedule.total))
            .with("filled", renderer.qty(id, schedule.filled))
            .with("reserved", renderer.qty(id, schedule.reserved))
            .with_some("order", schedule.order.map(Renderer::leg))
            .with("end", time_text(schedule.end.0))
    };
    state.unfinished_schedules().map(one).collect()
}

fn queued(renderer: &Renderer<'_>, work: &ApprovedIntent) -> Fields {
    let fields = Fields::new().with("leg", Renderer::leg(work.key()));
    let fields = match work.action() {
        Action::Submit(terms) => fields
            .with("action", "submit")
            .with("instrument", renderer.instrument(terms.instrument))
            .with("side", terms.side.code())
            .with("qty", renderer.qty(terms.instrument, terms.qty))
            .with_some("limit", terms.limit_price.map(|price| renderer.price(terms.instrument, price))),
        Action::Cancel(terms) => fields
            .with("action", "cancel")
            .with("instrument", renderer.instrument(terms.instrument))
            .with("order", Renderer::leg(terms.order)),
        Action::Amend(terms) => fields
            .with("action", "amend")
            .with("instrument", renderer.instrument(terms.instrument))
            .with("order", Renderer::leg(terms.order))
            .with("qty", renderer.qty(terms.instrument, terms.qty))
            .with("limit", renderer.price(terms.instrument, terms.price)),
    };
    fields
        .with("account", renderer.account(work.account()))
        .with("approval", work.number())
        .with("approved_at", time_text(work.approved_at().0))
}
