//! Configure: what does a `with` line of a script change?
//!
//! In: the words after `with`. Out: another configuration of the world, in force when it opens or at the next `config`.

use alloc::string::{String, ToString};
use alloc::vec;

use crate::config::{
    Account, EmitRates, EventDelivery, GuestProfile, Lane, OnHalt, OrderToTrade, Pacing, RiskLimits, Velocity, Venue,
    Window,
};
use crate::event::{MarginMode, Mode};
use crate::ids::{CurrencyId, NameId, VenueId};
use crate::instrument::InstrumentKind;
use crate::intent::Env;
use crate::plan::{BarSpec, ChangeFilter};
use crate::tests::script::{Words, coded};
use crate::tests::world::World;

pub(crate) fn configure(world: &mut World, words: &mut Words<'_>) {
    let name = words.word();
    let found = limit(&mut world.config.risk, name, words) || rule(world, name, words) || place(world, name, words);
    if found {
        return;
    }
    let execution = &mut world.config.execution;
    match name {
        "queue-max" => execution.queue_max = small(words),
        "retention" => execution.terminal_retention_events = words.count(),
        "split-parts-max" => execution.split_parts_max = words.limit(),
        "env" => world.config.env = coded(Env::ALL, Env::code, words.word()),
        "mode" => world.mode = coded(Mode::ALL, Mode::code, words.word()),
        "filter" => world.filter = coded(ChangeFilter::ALL, ChangeFilter::code, words.word()),
        "bars" => world.bars = Some(BarSpec::TimeNs(words.count())),
        "warm-up" => world.warm_up = small(words),
        "calls" => world.host.logs_calls = true,
        "external" => {
            let strategy = words.strategy();
            world.config.strategies[usize::from(strategy.0) - 1].profile = GuestProfile::External;
        }
        "batches" => execution.delivery = EventDelivery::Batch,
        "strategies" => {
            let count = usize::try_from(words.count()).expect("small");
            world.config.strategies.truncate(count);
        }
        other => panic!("nothing to configure: `{other}`"),
    }
}

fn small(words: &mut Words<'_>) -> u32 {
    u32::try_from(words.count()).expect("a small number")
}

/// `order-qty-max 10`, `velocity 3 1000` (orders, ns), `order-to-trade 4 10` (ratio, free), each also `off`.
fn limit(risk: &mut RiskLimits, name: &str, words: &mut Words<'_>) -> bool {
    match name {
        "order-qty-min" => risk.order_qty_min = words.limit(),
        "order-qty-max" => risk.order_qty_max = words.limit(),
        "order-notional-min" => risk.order_notional_min = words.limit(),
        "order-notional-max" => risk.order_notional_max = words.limit(),
        "position-strategy-max" => risk.position_strategy_max = words.limit(),
        "position-instrument-max" => risk.position_instrument_max = words.limit(),
        "position-account-max" => risk.position_account_max = words.limit(),
        "exposure-gross-max" => risk.exposure_gross_max = words.limit(),
        "exposure-net-max" => risk.exposure_net_max = words.limit(),
        "exposure-asset-max" => risk.exposure_asset_max = words.limit(),
        "exposure-counterparty-max" => risk.exposure_counterparty_max = words.limit(),
        "leverage-max" => risk.leverage_max = words.limit(),
        "margin-initial-use-max-bps" => risk.margin_initial_use_max_bps = words.limit(),
        "margin-maintenance-use-max-bps" => risk.margin_maintenance_use_max_bps = words.limit(),
        "balance-min" => risk.balance_min = words.limit(),
        "drawdown-session-max" => risk.drawdown_session_max = words.limit(),
        "drawdown-peak-max" => risk.drawdown_peak_max = words.limit(),
        "loss-day-max" => risk.loss_day_max = words.limit(),
        "strategy-capital-use-max-bps" => risk.strategy_capital_use_max_bps = words.limit(),
        "strategy-loss-max" => risk.strategy_loss_max = words.limit(),
        "price-collar-bps" => risk.price_collar_bps = words.limit(),
        "open-orders-max" => risk.open_orders_max = words.limit(),
        "duplicate-window" => risk.duplicate_window_ns = words.limit(),
        "market-age-ns-max" => risk.market_age_ns_max = words.limit(),
        "velocity" => {
            risk.velocity = words.limit().map(|orders_max| Velocity { orders_max, window_ns: words.count() });
        }
        "order-to-trade" => {
            risk.order_to_trade = words.limit().map(|ratio_max| OrderToTrade { ratio_max, free: small(words) });
        }
        _ => return false,
    }
    true
}

/// `deny self-trade`, `no self-trade`.
fn rule(world: &mut World, name: &str, words: &mut Words<'_>) -> bool {
    let is_asked = match name {
        "deny" => true,
        "no" => false,
        _ => return false,
    };
    let risk = &mut world.config.risk;
    *match words.word() {
        "self-trade" => &mut risk.self_trade,
        "venue-unavailable" => &mut risk.venue_unavailable,
        "venue-window" => &mut risk.venue_window,
        "region-blocked" => &mut risk.region_blocked,
        "leverage-reported" => &mut risk.leverage_reported,
        "margin-mode-reported" => &mut risk.margin_mode_reported,
        other => panic!("no rule `{other}`"),
    } = is_asked;
    true
}

/// Strategies, instruments, venues and accounts.
fn place(world: &mut World, name: &str, words: &mut Words<'_>) -> bool {
    let config = &mut world.config;
    match name {
        "lane" => {
            let slot = slot(config, words);
            slot.lane = coded(Lane::ALL, Lane::code, words.word());
        }
        "venue-leverage" => config.venues[0].leverage = words.limit(),
        "venue-margin-mode" => {
            config.venues[0].margin_mode = Some(coded(MarginMode::ALL, MarginMode::code, words.word()));
        }
        "loss-max" => {
            let slot = slot(config, words);
            slot.loss_max = words.limit();
        }
        "rates" => {
            let slot = slot(config, words);
            let (intents_per_s, notes_per_s, wakes_per_s) = (small(words), small(words), small(words));
            slot.rates = EmitRates { intents_per_s, notes_per_s, wakes_per_s };
        }
        "on-halt" => {
            let slot = slot(config, words);
            slot.supervision.on_halt = coded(OnHalt::ALL, OnHalt::code, words.word());
        }
        "unauthorised" => {
            let slot = slot(config, words);
            let instrument = words.named_instrument();
            slot.instruments.retain(|id| *id != instrument);
        }
        "account" => {
            let slot = slot(config, words);
            slot.account.0 = u16::try_from(words.count()).expect("a small number");
        }
        "euro" => {
            let instrument = instrument(config, words);
            (instrument.quote, instrument.settlement) = (CurrencyId(3), CurrencyId(3));
            // Every account is in dollars, so that nobody may trade it.
            let id = instrument.id;
            config.strategies.iter_mut().for_each(|slot| slot.instruments.retain(|own| *own != id));
        }
        // `margin C 1000 500`: initial and maintenance in basis points.
        "margin" => {
            let instrument = instrument(config, words);
            (instrument.margin_initial_bps, instrument.margin_maintenance_bps) = (small(words), small(words));
        }
        "perpetual" => instrument(config, words).kind = InstrumentKind::Perpetual,
        "counterparty" => {
            let instrument = instrument(config, words);
            instrument.counterparty = NameId(small(words));
        }
        "base" => {
            let instrument = instrument(config, words);
            instrument.base = CurrencyId(small(words));
        }
        "qty-max" => {
            let instrument = instrument(config, words);
            instrument.qty_max = words.qty();
        }
        "second-venue" => {
            config.venues.push(Venue { name: "ALT".to_string(), ..Venue::default() });
            instrument(config, words).venue = VenueId(2);
        }
        "region" => config.region = Some(words.word().to_string()),
        "blocks" => config.venues[0].regions_blocked = vec![String::from(words.word())],
        // `window 1 100 200`: days as bits, first and last second.
        "window" => {
            let days = u8::try_from(words.count()).expect("seven bits");
            config.venues[0].windows.push(Window { days, from_s: small(words), to_s: small(words) });
        }
        "pacing" => pacing(&mut config.venues, &mut config.accounts, words),
        _ => return false,
    }
    true
}

/// `pacing venue 1 10 5 1 1 1 2`: tokens a second, burst, for submit, amend, cancel, kept for cancels.
fn pacing(venues: &mut [Venue], accounts: &mut [Account], words: &mut Words<'_>) {
    let (whose, at) = (words.word(), small(words) as usize - 1);
    let pacing = words.limit().map(|per_s| Pacing {
        per_s,
        burst: small(words),
        submit: small(words),
        amend: small(words),
        cancel: small(words),
        cancel_reserve: small(words),
    });
    match whose {
        "venue" => venues[at].pacing = pacing,
        "account" => accounts[at].pacing = pacing,
        other => panic!("venues and accounts are paced, not `{other}`"),
    }
}

fn slot<'a>(config: &'a mut crate::config::Config, words: &mut Words<'_>) -> &'a mut crate::config::StrategySlot {
    &mut config.strategies[usize::from(words.strategy().0) - 1]
}

fn instrument<'a>(
    config: &'a mut crate::config::Config,
    words: &mut Words<'_>,
) -> &'a mut crate::instrument::Instrument {
    &mut config.instruments[words.named_instrument().0 as usize - 1]
}
