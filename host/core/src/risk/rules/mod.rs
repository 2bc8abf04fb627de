//! Rules: which limits does an order have to keep?
//!
//! In: a review (order, strategy, State). Out: nothing, or the denial of the first rule that does not hold.
//! Must never: change anything; each rule is a small check of its own, in a fixed order.

mod counts;
mod exposure;
mod loss;
mod order;
mod permission;
mod position;

use crate::config::RiskLimits;
use crate::decision::{Denial, DenialCode};
use crate::instrument::{Instrument, PositionSide};
use crate::money::{Decimal, add_exact};
use crate::risk::Review;
use crate::state::execution::Holder;
use crate::state::position::Position;

pub(crate) use exposure::Exposures;
pub(crate) use order::tied;

type Check = fn(&Review<'_>) -> Result<(), Denial>;

/// Every rule, in the order in which they are asked: who and whether at all, then what, then how often, then how much in
/// sum, then what it has cost so far.
pub(crate) const CHECKS: &[(DenialCode, Check)] = &[
    (DenialCode::KillSwitch, permission::kill_switch),
    (DenialCode::TradingDisabled, permission::trading_disabled),
    (DenialCode::NotAuthorised, permission::not_authorised),
    (DenialCode::LaneNotPermitted, permission::lane_not_permitted),
    (DenialCode::RegionBlocked, permission::region_blocked),
    (DenialCode::VenueUnavailable, permission::venue_unavailable),
    (DenialCode::VenueWindow, permission::venue_window),
    (DenialCode::InstrumentRestricted, permission::instrument_restricted),
    (DenialCode::InstrumentHalted, permission::instrument_halted),
    (DenialCode::InstrumentCancelOnly, permission::instrument_cancel_only),
    (DenialCode::LeverageNotReported, permission::leverage_not_reported),
    (DenialCode::MarginModeNotReported, permission::margin_mode_not_reported),
    (DenialCode::StaleMarket, order::stale_market),
    (DenialCode::ReduceOnly, order::reduce_only),
    (DenialCode::OrderQtyMin, order::order_qty_min),
    (DenialCode::OrderQtyMax, order::order_qty_max),
    (DenialCode::OrderNotionalMin, order::order_notional_min),
    (DenialCode::OrderNotionalMax, order::order_notional_max),
    (DenialCode::PriceCollar, order::price_collar),
    (DenialCode::SelfTrade, order::self_trade),
    (DenialCode::Duplicate, counts::duplicate),
    (DenialCode::OpenOrders, counts::open_orders),
    (DenialCode::Velocity, counts::velocity),
    (DenialCode::OrderToTrade, counts::order_to_trade),
    (DenialCode::PositionStrategy, position::position_strategy),
    (DenialCode::PositionAccount, position::position_account),
    (DenialCode::PositionInstrument, position::position_instrument),
    (DenialCode::ExposureGross, exposure::exposure_gross),
    (DenialCode::ExposureNet, exposure::exposure_net),
    (DenialCode::ExposureAsset, exposure::exposure_asset),
    (DenialCode::ExposureCounterparty, exposure::exposure_counterparty),
    (DenialCode::StrategyCapital, exposure::strategy_capital),
    (DenialCode::Leverage, exposure::leverage),
    (DenialCode::MarginInitial, exposure::margin_initial),
    (DenialCode::MarginMaintenance, exposure::margin_maintenance),
    (DenialCode::Balance, exposure::balance),
    (DenialCode::StrategyLoss, loss::strategy_loss),
    (DenialCode::DrawdownSession, loss::drawdown_session),
    (DenialCode::DrawdownPeak, loss::drawdown_peak),
    (DenialCode::LossDay, loss::loss_day),
];

/// What the host closes is asked neither how large it is nor how often, and not about sums or settings: less must not stay open
/// because too much is.
pub(crate) fn check(review: &Review<'_>) -> Result<(), Denial> {
    let is_closing = review.is_closing_of_host();
    let asked = CHECKS.iter().filter(|(code, _)| !(is_closing && is_about_more(*code)));
    asked.into_iter().try_for_each(|(_, rule)| rule(review))
}

/// Rules about orders that add something: how large one may be and how many, how much there may be in sum, what it has cost so far,
/// what a venue has to have set before.
const fn is_about_more(code: DenialCode) -> bool {
    use DenialCode as D;
    matches!(
        code,
        D::OrderQtyMax
            | D::OrderNotionalMax
            | D::OrderToTrade
            | D::OpenOrders
            | D::Velocity
            | D::Duplicate
            | D::LeverageNotReported
            | D::MarginModeNotReported
            | D::PositionStrategy
            | D::PositionAccount
            | D::PositionInstrument
            | D::ExposureGross
            | D::ExposureNet
            | D::ExposureAsset
            | D::ExposureCounterparty
            | D::StrategyCapital
            | D::Leverage
            | D::MarginInitial
            | D::MarginMaintenance
            | D::Balance
            | D::StrategyLoss
            | D::DrawdownSession
            | D::DrawdownPeak
            | D::LossDay
    )
}

/// The rules for an order that waits: those about this very moment are asked when it is sent.
pub(crate) fn check_waiting(review: &Review<'_>) -> Result<(), Denial> {
    let waits = CHECKS.iter().filter(|(code, _)| !is_about_sending(*code));
    waits.into_iter().try_for_each(|(_, rule)| rule(review))
}

/// Rules about a market, a venue or a pace as they are when an order is sent. What a reduce-only order finds to close is
/// known then, too.
const fn is_about_sending(code: DenialCode) -> bool {
    matches!(
        code,
        DenialCode::VenueUnavailable
            | DenialCode::VenueWindow
            | DenialCode::InstrumentHalted
            | DenialCode::InstrumentCancelOnly
            | DenialCode::StaleMarket
            | DenialCode::ReduceOnly
            | DenialCode::PriceCollar
            | DenialCode::SelfTrade
            | DenialCode::Duplicate
            | DenialCode::Velocity
            | DenialCode::OrderToTrade
    )
}

/// The rules that concern a schedule as a whole.
pub(crate) fn check_whole(review: &Review<'_>) -> Result<(), Denial> {
    CHECKS.iter().filter(|(code, _)| !is_of_one_order(*code)).try_for_each(|(_, rule)| rule(review))
}

/// True for rules about one order and its message: its size, whom it meets, how many there are.
fn is_of_one_order(code: DenialCode) -> bool {
    use DenialCode as D;
    matches!(
        code,
        D::OrderQtyMin
            | D::OrderQtyMax
            | D::OrderNotionalMin
            | D::OrderNotionalMax
            | D::SelfTrade
            | D::Duplicate
            | D::OpenOrders
            | D::Velocity
            | D::OrderToTrade
    )
}

/// A rule about yes or no: the number that stands for what was found (a level, a status, an id) is above its limit of 0.
fn no(code: DenialCode, found: impl Into<Decimal>) -> Result<(), Denial> {
    Err(Denial { code, limit: Decimal::ZERO, value: found.into(), allowed: Decimal::ZERO })
}

/// What cannot be computed exactly cannot be shown to be within a limit.
fn not_computable() -> Denial {
    Denial { code: DenialCode::NotComputable, limit: Decimal::ZERO, value: Decimal::ZERO, allowed: Decimal::ZERO }
}

/// A rule about a sum: `after` may not be above `limit` unless it is no more than `before`, so that what only brings it
/// down is allowed.
fn within(code: DenialCode, limit: Decimal, (before, after): (Decimal, Decimal)) -> Result<(), Denial> {
    if after <= limit || after <= before {
        return Ok(());
    }
    let room = add_exact(limit, -before).map_err(|_| not_computable())?;
    Err(Denial { code, limit, value: after, allowed: room.max(Decimal::ZERO).normalize() })
}

/// Limits in force; none before the first configuration, when nothing trades.
fn limits<'a>(review: &Review<'a>) -> Option<&'a RiskLimits> {
    review.state.config().map(|config| &config.risk)
}

fn instrument<'a>(review: &Review<'a>) -> Option<&'a Instrument> {
    review.state.instrument(review.terms.instrument)
}

fn position(review: &Review<'_>, holder: Holder, leg: PositionSide) -> Position {
    review.state.execution.position(holder, review.terms.instrument, leg).copied().unwrap_or_default()
}
