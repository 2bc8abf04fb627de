//! Views: what may a guest of this version ask of State?
//!
//! In: ids and counts from a guest. Out: small facts, scoped to the calling strategy. Must never: do work before its
//! price is paid, show what belongs to another strategy, or an instrument that was not given to this one.

use ringfence_core::ids::{InstrumentId, IntentId, StrategyId};
use ringfence_core::instrument::{InstrumentStatus, PositionSide};
use ringfence_core::money::MoneyError;
use ringfence_core::state::State;
use ringfence_core::state::market::BOOK_LEVELS_MAX;
use serde::{Deserialize, Serialize};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use super::offer::offer;
use super::{elsewhere, event, plan, record, types};
use crate::price::{self, charge};
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Most orders one answer holds; a strategy with more asks by instrument.
const ORDERS_MAX: usize = 1_024;
/// Most bars one answer holds.
const BARS_MAX: usize = 1_024;

/// Registers the functions of the interface.
pub(super) fn link(instance: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    offer(instance, "top-of-book", |store, (i,): (u32,)| Ok((look(store, TopOfBook(i))?,)))?;
    offer(instance, "depth", |store, (i, side, levels): (u32, types::Side, u8)| {
        Ok((look(store, Depth(i, side, levels))?,))
    })?;
    offer(instance, "position-of", |store, (i,): (u32,)| Ok((look(store, PositionOf(i))?,)))?;
    offer(instance, "account", |store, (): ()| Ok((look(store, Account)?,)))?;
    offer(instance, "open-orders", |store, (i, limit): (u32, u16)| Ok((look(store, OpenOrders(i, limit))?,)))?;
    offer(instance, "order", |store, (id,): (u64,)| Ok((look(store, Order(id))?,)))?;
    offer(instance, "instrument", |store, (i,): (u32,)| Ok((look(store, Instrument(i))?,)))?;
    offer(instance, "bars", |store, (i, spec, n): (u32, types::BarSpec, u16)| Ok((look(store, Bars(i, spec, n))?,)))
}

/// A function of the interface, with what it is asked.
pub(super) trait View {
    /// What it gives.
    type Answer;

    /// What it costs beside the call itself, by what it will look at.
    fn price(&self, state: &State, strategy: StrategyId) -> u64;

    /// What the strategy may see of State, once the price is paid.
    ///
    /// # Errors
    /// An amount that does not fit a decimal: the end of the instance.
    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError>;
}

/// Answers from State where it is lent, once the price is paid; otherwise asks the process that has it.
fn look<V>(mut store: Store<'_>, view: V) -> wasmtime::Result<V::Answer>
where
    V: View + Into<Question>,
    V::Answer: for<'de> Deserialize<'de>,
{
    if store.data().is_apart() {
        return elsewhere::ask(store, &view.into());
    }
    let room = store.data();
    let fuel = view.price(room.state()?, room.strategy());
    charge(&mut store, price::IMPORT + fuel)?;
    let room = store.data();
    Ok(view.answer(room.state()?, room.strategy())?)
}

macro_rules! questions {
    ($($(#[$meta:meta])* $name:ident $(($($part:ty),+))?),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
            pub(super) struct $name $(($($part),+))?;

            impl From<$name> for Question {
                fn from(view: $name) -> Question {
                    Question::$name(view)
                }
            }
        )+

        /// Any of them: what a guest process may ask.
        #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
        pub(super) enum Question {
            $($(#[$meta])* $name($name)),+
        }

        impl Question {
            /// Shows each to somebody who knows what to do with any of them.
            pub(super) fn to<O: Oracle>(self, oracle: O) -> O::Said {
                match self {
                    $(Question::$name(view) => oracle.hear(&view)),+
                }
            }
        }
    };
}

/// What can be done with any question.
pub(super) trait Oracle {
    /// What comes of it.
    type Said;

    /// Does it.
    fn hear<V: View<Answer: Serialize>>(self, view: &V) -> Self::Said;
}

questions! {
    /// The touch of an instrument.
    TopOfBook(u32),
    /// Levels of one side of a book.
    Depth(u32, types::Side, u8),
    /// The own position in an instrument.
    PositionOf(u32),
    /// The own sub-account.
    Account,
    /// The own open orders in an instrument, at most so many.
    OpenOrders(u32, u16),
    /// The order of an own intent.
    Order(u64),
    /// Definition and names of an instrument.
    Instrument(u32),
    /// The last bars of a specification, at most so many.
    Bars(u32, types::BarSpec, u16),
}

/// The instrument, when it was given to this strategy; `None` is answered as for one that does not exist.
fn listed(state: &State, strategy: StrategyId, id: u32) -> Option<InstrumentId> {
    Some(InstrumentId(id)).filter(|id| is_listed(state, strategy, *id))
}

fn is_listed(state: &State, strategy: StrategyId, id: InstrumentId) -> bool {
    let slot = state.config().and_then(|config| config.strategy(strategy));
    slot.is_some_and(|slot| slot.instruments.contains(&id))
}

impl View for TopOfBook {
    type Answer = Option<types::Quote>;

    fn price(&self, _: &State, _: StrategyId) -> u64 {
        0
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        Ok(listed(state, strategy, self.0).and_then(|id| state.touch(id)).as_ref().map(event::quote))
    }
}

impl Depth {
    fn levels(&self) -> usize {
        usize::from(self.2).min(BOOK_LEVELS_MAX)
    }
}

impl View for Depth {
    type Answer = Vec<types::Level>;

    fn price(&self, _: &State, _: StrategyId) -> u64 {
        price::LEVEL * self.levels() as u64
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        let Some(id) = listed(state, strategy, self.0) else { return Ok(Vec::new()) };
        let found = state.depth(id, record::side_from(self.1), self.levels());
        Ok(found.map(|(price, qty)| types::Level { price: price.0, qty: qty.0 }).collect())
    }
}

impl View for PositionOf {
    type Answer = types::PositionView;

    fn price(&self, _: &State, _: StrategyId) -> u64 {
        price::POSITION
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        Ok(record::position(&state.position_view(strategy, InstrumentId(self.0))?))
    }
}

impl View for Account {
    type Answer = types::AccountView;

    /// Every place for a position is looked at; those of the strategy's own instruments can hold one.
    fn price(&self, state: &State, strategy: StrategyId) -> u64 {
        let Some(config) = state.config() else { return price::ACCOUNT };
        let places = config.instruments.len() * PositionSide::ALL.len();
        let held = config.strategy(strategy).map_or(0, |slot| slot.instruments.len());
        price::ACCOUNT + price::POSITION_WALKED * places as u64 + price::POSITION * held as u64
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        Ok(record::account(&state.account_view(strategy)?))
    }
}

impl OpenOrders {
    fn limit(&self) -> usize {
        usize::from(self.1).min(ORDERS_MAX)
    }
}

impl View for OpenOrders {
    type Answer = Vec<types::OrderView>;

    fn price(&self, state: &State, strategy: StrategyId) -> u64 {
        let walked = state.live_orders(strategy) + state.held_count(strategy);
        price::ORDER * self.limit() as u64 + price::ORDER_WALKED * walked as u64
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        let (id, limit) = (InstrumentId(self.0), self.limit());
        let held = state.held_orders(strategy, id).take(limit).map(|held| record::held(&held));
        let mut orders: Vec<_> = state.open_orders(strategy, id).take(limit).map(record::order).chain(held).collect();
        // Both come in the order of their intents.
        orders.sort_by_key(|order| order.id);
        orders.truncate(limit);
        Ok(orders)
    }
}

impl View for Order {
    type Answer = Option<types::OrderView>;

    fn price(&self, _: &State, _: StrategyId) -> u64 {
        price::ORDER
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        let id = IntentId(self.0);
        let held = state.held_order(strategy, id).map(|held| record::held(&held));
        Ok(held.or_else(|| state.order(strategy, id).map(record::order)))
    }
}

impl View for Instrument {
    type Answer = Option<types::InstrumentView>;

    fn price(&self, _: &State, _: StrategyId) -> u64 {
        price::INSTRUMENT
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        let Some(id) = listed(state, strategy, self.0) else { return Ok(None) };
        let status = state.market(id).map_or(InstrumentStatus::Closed, |market| market.status());
        let known = state.config().zip(state.instrument(id));
        Ok(known.map(|(config, instrument)| record::instrument(config, instrument, status)))
    }
}

impl Bars {
    fn count(&self) -> usize {
        usize::from(self.2).min(BARS_MAX)
    }
}

impl View for Bars {
    type Answer = Vec<types::Bar>;

    fn price(&self, state: &State, strategy: StrategyId) -> u64 {
        let walked = listed(state, strategy, self.0).map_or(0, |id| state.bars_held(id));
        price::BAR * self.count() as u64 + price::BAR_WALKED * walked as u64
    }

    fn answer(&self, state: &State, strategy: StrategyId) -> Result<Self::Answer, MoneyError> {
        let Some((spec, id)) = plan::bar_spec(self.1).zip(listed(state, strategy, self.0)) else {
            return Ok(Vec::new());
        };
        Ok(state.bars_like(strategy, (id, spec), self.count()).map(event::bar).collect())
    }
}
