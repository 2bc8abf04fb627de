//! Words: what do the venues' constants mean?
//!
//! In: constants as the venues write them. Out: our enums. Must never: guess at an unknown one.

use ringfence_core::instrument::{InstrumentStatus, PositionSide, Side};

/// Where an order stands, as the venue says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In the book, or on its way there.
    New,
    /// Some of it is filled.
    PartiallyFilled,
    /// Filled whole.
    Filled,
    /// Canceled.
    Canceled,
    /// Rejected.
    Rejected,
    /// Its time in force ended, or the venue ended it.
    Expired,
    /// Ended, because it would have met an order of the same owner.
    ExpiredInMatch,
}

impl Status {
    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Status> {
        Some(match text {
            "NEW" | "PENDING_NEW" | "PENDING_CANCEL" | "NEW_ADL" | "NEW_INSURANCE" => Status::New,
            "PARTIALLY_FILLED" => Status::PartiallyFilled,
            "FILLED" => Status::Filled,
            "CANCELED" => Status::Canceled,
            "REJECTED" => Status::Rejected,
            "EXPIRED" => Status::Expired,
            "EXPIRED_IN_MATCH" => Status::ExpiredInMatch,
            _ => return None,
        })
    }

    /// True where nothing more can come of the order but what happened before.
    #[must_use]
    pub fn has_ended(self) -> bool {
        match self {
            Status::New | Status::PartiallyFilled => false,
            Status::Filled | Status::Canceled | Status::Rejected | Status::Expired | Status::ExpiredInMatch => true,
        }
    }
}

/// Whether an order can rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It rests until it is canceled.
    Rests,
    /// What it does not find at once ends.
    Takes,
    /// It rests, or is refused.
    Posts,
}

impl Stay {
    /// By time in force and type, as the venue writes them.
    #[must_use]
    pub fn of(tif: &str, order_type: &str) -> Stay {
        match (tif, order_type) {
            ("GTX", _) | (_, "LIMIT_MAKER") => Stay::Posts,
            ("IOC" | "FOK", _) | (_, "MARKET") => Stay::Takes,
            _ => Stay::Rests,
        }
    }
}

/// What an update of an order tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It was taken.
    New,
    /// It was canceled.
    Canceled,
    /// It was replaced.
    Replaced,
    /// It was rejected.
    Rejected,
    /// It was filled.
    Trade,
    /// It expired.
    Expired,
    /// A part of it was taken away, because it would have met an order of the same owner.
    TradePrevention,
    /// It was amended.
    Amended,
    /// The venue closes a position: liquidation, auto-deleveraging or settlement.
    Calculated,
}

impl Happened {
    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Happened> {
        Some(match text {
            "NEW" => Happened::New,
            "CANCELED" => Happened::Canceled,
            "REPLACED" => Happened::Replaced,
            "REJECTED" => Happened::Rejected,
            "TRADE" => Happened::Trade,
            "EXPIRED" => Happened::Expired,
            "TRADE_PREVENTION" => Happened::TradePrevention,
            "AMENDMENT" => Happened::Amended,
            "CALCULATED" => Happened::Calculated,
            _ => return None,
        })
    }
}

/// Reads a side.
#[must_use]
pub fn side(text: &str) -> Option<Side> {
    match text {
        "BUY" => Some(Side::Buy),
        "SELL" => Some(Side::Sell),
        _ => None,
    }
}

/// Writes a side.
#[must_use]
pub fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// Reads a position side.
#[must_use]
pub fn position_side(text: &str) -> Option<PositionSide> {
    match text {
        "BOTH" => Some(PositionSide::Net),
        "LONG" => Some(PositionSide::Long),
        "SHORT" => Some(PositionSide::Short),
        _ => None,
    }
}

/// Reads the trading status of an instrument; an unknown one is a halt, because nothing may be sent on a guess.
#[must_use]
pub fn instrument_status(text: &str) -> InstrumentStatus {
    match text {
        "TRADING" => InstrumentStatus::Trading,
        "AUCTION_MATCH" | "PRE_TRADING" | "PENDING_TRADING" => InstrumentStatus::Auction,
        "CANCEL_ONLY" | "POST_TRADING" => InstrumentStatus::CancelOnly,
        "POST_ONLY" => InstrumentStatus::PostOnly,
        "END_OF_DAY" | "CLOSE" | "PRE_SETTLE" | "PRE_DELIVERING" | "DELIVERING" => InstrumentStatus::Closed,
        "SETTLING" | "DELIVERED" => InstrumentStatus::Settled,
        _ => InstrumentStatus::Halted,
    }
}
