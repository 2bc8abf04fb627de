//! Permission: may this strategy trade this instrument at this venue now, whatever the order?
//!
//! In: a review. Out: nothing, or a denial. Must never: look at quantity or price.

use super::{instrument, limits, no};
use crate::config::{Lane, Venue};
use crate::decision::{Denial, DenialCode};
use crate::event::{MarginMode, Mode};
use crate::instrument::{Instrument, InstrumentStatus};
use crate::risk::Review;

pub(super) fn kill_switch(review: &Review<'_>) -> Result<(), Denial> {
    let is_killed = review.state.control.is_killed(review.key, Some(review.terms));
    let level = review.state.kill_level().number().max(1);
    if is_killed { no(DenialCode::KillSwitch, level) } else { Ok(()) }
}

pub(super) fn trading_disabled(review: &Review<'_>) -> Result<(), Denial> {
    if review.state.control.trading_is_disabled { no(DenialCode::TradingDisabled, 1) } else { Ok(()) }
}

/// What the host closes for a strategy may lie in instruments that it is no longer authorised for.
pub(super) fn not_authorised(review: &Review<'_>) -> Result<(), Denial> {
    let slot = review.state.slot(review.key.strategy);
    let listed = slot.is_some_and(|slot| slot.instruments.contains(&review.terms.instrument));
    let closes = review.is_closing_of_host() && slot.is_some();
    if listed || closes { Ok(()) } else { no(DenialCode::NotAuthorised, review.terms.instrument.0) }
}

pub(super) fn lane_not_permitted(review: &Review<'_>) -> Result<(), Denial> {
    let lane = review.state.slot(review.key.strategy).map_or(Lane::Simulation, |slot| slot.lane);
    let permitted = match review.state.mode {
        Some(Mode::Backtest | Mode::Replay) | None => true,
        Some(Mode::Paper | Mode::Shadow) => lane != Lane::Simulation,
        Some(Mode::Live) => lane == Lane::Live,
    };
    if permitted { Ok(()) } else { no(DenialCode::LaneNotPermitted, lane.number()) }
}

fn venue<'a>(review: &Review<'a>) -> Option<&'a Venue> {
    review.state.config()?.venue(instrument(review)?.venue)
}

pub(super) fn region_blocked(review: &Review<'_>) -> Result<(), Denial> {
    let region = review.state.config().and_then(|config| config.region.as_ref());
    let blocked = venue(review).map_or(&[][..], |venue| &venue.regions_blocked);
    let is_asked = limits(review).is_some_and(|limits| limits.region_blocked);
    // Where the region is not stated, it may be any of those that are blocked.
    let is_blocked = !blocked.is_empty() && region.is_none_or(|region| blocked.contains(region));
    if is_asked && is_blocked { no(DenialCode::RegionBlocked, 1) } else { Ok(()) }
}

pub(super) fn venue_unavailable(review: &Review<'_>) -> Result<(), Denial> {
    let is_asked = limits(review).is_some_and(|limits| limits.venue_unavailable);
    let venue = instrument(review).map_or(0, |instrument| instrument.venue.0);
    let is_down = review.state.execution.venue_is_down.get(usize::from(venue)).copied().unwrap_or(true);
    if is_asked && is_down { no(DenialCode::VenueUnavailable, venue) } else { Ok(()) }
}

pub(super) fn venue_window(review: &Review<'_>) -> Result<(), Denial> {
    let is_asked = limits(review).is_some_and(|limits| limits.venue_window);
    let windows = venue(review).map_or(&[][..], |venue| &venue.windows);
    let now = review.state.time();
    let is_open = windows.is_empty() || windows.iter().any(|window| window.contains(now));
    let second = now.0 / 1_000_000_000 % 86_400;
    if is_asked && !is_open { no(DenialCode::VenueWindow, second) } else { Ok(()) }
}

/// What the host closes is held back by the venue's word alone, not by its own halt.
fn status(review: &Review<'_>) -> InstrumentStatus {
    let Some(market) = review.state.market(review.terms.instrument) else { return InstrumentStatus::Closed };
    if review.is_closing_of_host() { market.status } else { market.status() }
}

pub(super) fn instrument_restricted(review: &Review<'_>) -> Result<(), Denial> {
    let status = status(review);
    let is_restricted = status == InstrumentStatus::Restricted;
    if is_restricted { no(DenialCode::InstrumentRestricted, status.number()) } else { Ok(()) }
}

pub(super) fn instrument_halted(review: &Review<'_>) -> Result<(), Denial> {
    let status = status(review);
    match status {
        InstrumentStatus::Halted | InstrumentStatus::Closed | InstrumentStatus::Settled => {
            no(DenialCode::InstrumentHalted, status.number())
        }
        InstrumentStatus::PostOnly if !review.terms.post_only => no(DenialCode::InstrumentHalted, status.number()),
        InstrumentStatus::Trading
        | InstrumentStatus::Auction
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::PostOnly
        | InstrumentStatus::Restricted => Ok(()),
    }
}

pub(super) fn instrument_cancel_only(review: &Review<'_>) -> Result<(), Denial> {
    let status = status(review);
    let takes_cancels_only = status == InstrumentStatus::CancelOnly;
    if takes_cancels_only { no(DenialCode::InstrumentCancelOnly, status.number()) } else { Ok(()) }
}

/// Trades on margin: profit and loss alone are paid.
fn is_on_margin(instrument: &Instrument) -> bool {
    instrument.margin_initial_bps > 0
}

/// The venue, where it has to have set what is configured for it: a simulated venue has no settings.
fn demanding<'a>(review: &Review<'a>) -> Option<&'a Venue> {
    match review.state.mode {
        Some(Mode::Live) => venue(review).filter(|_| instrument(review).is_some_and(|it| it.kind.has_leverage())),
        Some(Mode::Backtest | Mode::Replay | Mode::Paper | Mode::Shadow) | None => None,
    }
}

pub(super) fn leverage_not_reported(review: &Review<'_>) -> Result<(), Denial> {
    let is_asked = limits(review).is_some_and(|limits| limits.leverage_reported);
    let wanted = demanding(review).and_then(|venue| venue.leverage);
    let known = review.state.activity.leverage(review.account, review.terms.instrument);
    if is_asked { is_set(DenialCode::LeverageNotReported, (wanted, known), review) } else { Ok(()) }
}

pub(super) fn margin_mode_not_reported(review: &Review<'_>) -> Result<(), Denial> {
    let is_asked = limits(review).is_some_and(|limits| limits.margin_mode_reported);
    let number = |mode: MarginMode| u32::from(mode.number());
    let wanted = demanding(review).and_then(|venue| venue.margin_mode).map(number);
    let known = review.state.activity.margin_mode(review.account, review.terms.instrument).map(number);
    if is_asked { is_set(DenialCode::MarginModeNotReported, (wanted, known), review) } else { Ok(()) }
}

/// What is traded on margin needs a setting that the venue has stated, and where one is configured, that one.
fn is_set(code: DenialCode, setting: (Option<u32>, Option<u32>), review: &Review<'_>) -> Result<(), Denial> {
    let is_margin = instrument(review).is_some_and(is_on_margin);
    match setting {
        (Some(wanted), Some(known)) if wanted != known => {
            Err(Denial { code, limit: wanted.into(), value: known.into(), allowed: wanted.into() })
        }
        (Some(_), None) => no(code, review.terms.instrument.0),
        (None, None) if is_margin => no(code, review.terms.instrument.0),
        (Some(_), Some(_)) | (None, None | Some(_)) => Ok(()),
    }
}
