//! Projections: what does one strategy see of all this?
//!
//! In: State, a strategy. Out: what the view functions of its interface would answer now. Must never: show anything of
//! another strategy's.

use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::state::State;

use super::sheet::Section;
use super::state::{amounts, held, order};
use crate::render::{Fields, Renderer};

pub(super) fn sections(renderer: &Renderer<'_>, state: &State, id: StrategyId) -> Vec<Section> {
    let slot = state.config().and_then(|config| config.strategy(id));
    let instruments = slot.map_or(&[][..], |slot| slot.instruments.as_slice());
    let all = InstrumentId::NONE;
    vec![
        Section::one("seen account", account(renderer, state, id)),
        Section::list("seen positions", instruments.iter().map(|it| position(renderer, state, (id, *it)))),
        Section::list("seen orders", state.open_orders(id, all).map(|it| order(renderer, it))),
        Section::list("seen held orders", state.held_orders(id, all).map(|it| held(renderer, (id, &it)))),
    ]
}

fn account(renderer: &Renderer<'_>, state: &State, id: StrategyId) -> Fields {
    let fields = Fields::new().with("strategy", renderer.strategy(id));
    match state.account_view(id) {
        Ok(view) => fields
            .with("capital", Renderer::decimal(view.capital))
            .and(amounts(&view))
            .with("drawdown", Renderer::decimal(view.drawdown)),
        Err(error) => fields.with("amounts", error.to_string()),
    }
}

fn position(renderer: &Renderer<'_>, state: &State, (strategy, id): (StrategyId, InstrumentId)) -> Fields {
    let built: usize =
        state.built_bars(id).map(|(spec, _)| state.bars_like(strategy, (id, spec), usize::MAX).count()).sum();
    let fields = Fields::new().with("instrument", renderer.instrument(id));
    let fields = match state.position_view(strategy, id) {
        Ok(view) => fields
            .with("qty", renderer.qty(id, view.qty))
            .with("cost", Renderer::decimal(view.cost))
            .with("realised", Renderer::decimal(view.realised))
            .with("fees", Renderer::decimal(view.fees)),
        Err(error) => fields.with("amounts", error.to_string()),
    };
    fields.with("bars", state.bars_held(id)).with("built_bars", built)
}
