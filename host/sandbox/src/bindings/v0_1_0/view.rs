//! Views: what may a guest of this version ask of State?
//!
//! In: ids and counts from a guest. Out: small facts, scoped to the calling strategy. Must never: do work before its
//! price is paid, show what belongs to another strategy, or an instrument that was not given to this one.

use ringfence_core::ids::{InstrumentId, IntentId, StrategyId};
use ringfence_core::instrument::{InstrumentStatus, PositionSide};
use ringfence_core::state::State;
use ringfence_core::state::market::BOOK_LEVELS_MAX;
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use super::offer::offer;
use super::{event, plan, record, types};
use crate::price::{self, charge};
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Most orders one answer holds; a strategy with more asks by instrument.
const ORDERS_MAX: usize = 1_024;
/// Most bars one answer holds.
const BARS_MAX: usize = 1_024;

/// Registers the functions of the interface.
pub(super) fn link(instance: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    offer(instance, "top-of-book", |store, (i,): (u32,)| Ok((top_of_book(store, InstrumentId(i))?,)))?;
    offer(instance, "depth", |store, (i, side, levels): (u32, types::Side, u8)| {
        Ok((depth(store, InstrumentId(i), side, levels)?,))
    })?;
    offer(instance, "position-of", |store, (i,): (u32,)| Ok((position_of(store, InstrumentId(i))?,)))?;
    offer(instance, "account", |store, (): ()| Ok((account(store)?,)))?;
    offer(instance, "open-orders", |store, (i, limit): (u32, u16)| Ok((open_orders(store, InstrumentId(i), limit)?,)))?;
    offer(instance, "order", |store, (id,): (u64,)| Ok((order(store, IntentId(id))?,)))?;
    offer(instance, "instrument", |store, (i,): (u32,)| Ok((instrument(store, InstrumentId(i))?,)))?;
    offer(instance, "bars", |store, (i, spec, n): (u32, types::BarSpec, u16)| {
        Ok((bars(store, InstrumentId(i), spec, n)?,))
    })
}

/// State and the strategy that asks, once the price is paid.
struct Paid<'a> {
    state: &'a State,
    strategy: StrategyId,
}

impl<'a> Paid<'a> {
    /// The instrument, when it was given to this strategy; `None` is answered as for one that does not exist.
    fn listed(&self, id: InstrumentId) -> Option<(&'a State, InstrumentId)> {
        is_listed(self.state, self.strategy, id).then_some((self.state, id))
    }
}

fn is_listed(state: &State, strategy: StrategyId, id: InstrumentId) -> bool {
    let slot = state.config().and_then(|config| config.strategy(strategy));
    slot.is_some_and(|slot| slot.instruments.contains(&id))
}

/// Opens State once the price is paid: a call, and `price` of what it will look at.
fn pay<'a>(store: &'a mut Store<'_>, price: impl FnOnce(&State, StrategyId) -> u64) -> wasmtime::Result<Paid<'a>> {
    let room = store.data();
    let fuel = price(room.state()?, room.strategy());
    charge(store, price::IMPORT + fuel)?;
    let room = store.data();
    Ok(Paid { state: room.state()?, strategy: room.strategy() })
}

fn top_of_book(mut store: Store<'_>, id: InstrumentId) -> wasmtime::Result<Option<types::Quote>> {
    let paid = pay(&mut store, |_, _| 0)?;
    Ok(paid.listed(id).and_then(|(state, id)| state.touch(id)).as_ref().map(event::quote))
}

fn depth(mut store: Store<'_>, id: InstrumentId, side: types::Side, levels: u8) -> wasmtime::Result<Vec<types::Level>> {
    let levels = usize::from(levels).min(BOOK_LEVELS_MAX);
    let paid = pay(&mut store, |_, _| price::LEVEL * levels as u64)?;
    let Some((state, id)) = paid.listed(id) else { return Ok(Vec::new()) };
    let found = state.depth(id, record::side_from(side), levels);
    Ok(found.map(|(price, qty)| types::Level { price: price.0, qty: qty.0 }).collect())
}

fn position_of(mut store: Store<'_>, id: InstrumentId) -> wasmtime::Result<types::PositionView> {
    let Paid { state, strategy } = pay(&mut store, |_, _| price::POSITION)?;
    Ok(record::position(&state.position_view(strategy, id)?))
}

fn account(mut store: Store<'_>) -> wasmtime::Result<types::AccountView> {
    let Paid { state, strategy } = pay(&mut store, account_price)?;
    Ok(record::account(&state.account_view(strategy)?))
}

/// Every place for a position is looked at; those of the strategy's own instruments can hold one.
fn account_price(state: &State, strategy: StrategyId) -> u64 {
    let Some(config) = state.config() else { return price::ACCOUNT };
    let places = config.instruments.len() * PositionSide::ALL.len();
    let held = config.strategy(strategy).map_or(0, |slot| slot.instruments.len());
    price::ACCOUNT + price::POSITION_WALKED * places as u64 + price::POSITION * held as u64
}

fn open_orders(mut store: Store<'_>, id: InstrumentId, limit: u16) -> wasmtime::Result<Vec<types::OrderView>> {
    let limit = usize::from(limit).min(ORDERS_MAX);
    let Paid { state, strategy } = pay(&mut store, |state, strategy| {
        let walked = state.live_orders(strategy) + state.held_count(strategy);
        price::ORDER * limit as u64 + price::ORDER_WALKED * walked as u64
    })?;
    let held = state.held_orders(strategy, id).take(limit).map(|held| record::held(&held));
    let mut orders: Vec<_> = state.open_orders(strategy, id).take(limit).map(record::order).chain(held).collect();
    // Both come in the order of their intents.
    orders.sort_by_key(|order| order.id);
    orders.truncate(limit);
    Ok(orders)
}

fn order(mut store: Store<'_>, id: IntentId) -> wasmtime::Result<Option<types::OrderView>> {
    let Paid { state, strategy } = pay(&mut store, |_, _| price::ORDER)?;
    let held = state.held_order(strategy, id).map(|held| record::held(&held));
    Ok(held.or_else(|| state.order(strategy, id).map(record::order)))
}

fn instrument(mut store: Store<'_>, id: InstrumentId) -> wasmtime::Result<Option<types::InstrumentView>> {
    let paid = pay(&mut store, |_, _| price::INSTRUMENT)?;
    let Some((state, id)) = paid.listed(id) else { return Ok(None) };
    let status = state.market(id).map_or(InstrumentStatus::Closed, |market| market.status());
    let known = state.config().zip(state.instrument(id));
    Ok(known.map(|(config, instrument)| record::instrument(config, instrument, status)))
}

fn bars(mut store: Store<'_>, id: InstrumentId, spec: types::BarSpec, n: u16) -> wasmtime::Result<Vec<types::Bar>> {
    let count = usize::from(n).min(BARS_MAX);
    let paid = pay(&mut store, |state, strategy| {
        let walked = if is_listed(state, strategy, id) { state.bars_held(id) } else { 0 };
        price::BAR * count as u64 + price::BAR_WALKED * walked as u64
    })?;
    let Some((spec, (state, id))) = plan::bar_spec(spec).zip(paid.listed(id)) else { return Ok(Vec::new()) };
    Ok(state.bars_like(paid.strategy, (id, spec), count).map(event::bar).collect())
}
