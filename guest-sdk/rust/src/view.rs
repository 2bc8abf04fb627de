//! Question: what can a strategy ask for beside the event?
//!
//! In: nothing. Out: the answers' types and the trait of whoever answers. Must never show another strategy's share.

use crate::decimal::Decimal;
use crate::event::{Bar, Quote, Side};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent};
use crate::named::named_enum;
use crate::number::{InstrumentId, IntentId, Price, Qty};
use crate::plan::BarSpec;

named_enum! {
    /// Which leg of a position an account keeps.
    PositionSide {
        /// One signed position an instrument.
        Net = "net",
        /// The long leg of an account in hedge mode.
        Long = "long",
        /// The short leg of an account in hedge mode.
        Short = "short",
    }
}

named_enum! {
    /// Where an order stands.
    OrderState {
        /// Sent, not answered.
        Submitted = "submitted",
        /// Resting at the venue.
        Working = "working",
        /// Resting, with fills.
        PartiallyFilled = "partially-filled",
        /// A cancel is on its way.
        PendingCancel = "pending-cancel",
        /// An amend is on its way.
        PendingAmend = "pending-amend",
        /// Done: filled whole.
        Filled = "filled",
        /// Done: canceled.
        Canceled = "canceled",
        /// Done: refused by the venue.
        Rejected = "rejected",
        /// Done: its time in force ended.
        Expired = "expired",
        /// Nobody knows; counts as open.
        Unknown = "unknown",
        /// Kept by the host until its trigger comes; the venue does not have it.
        Held = "held",
    }
}

impl OrderState {
    /// True while the order can still trade, as far as anybody knows.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Submitted
            | Self::Working
            | Self::PartiallyFilled
            | Self::PendingCancel
            | Self::PendingAmend
            | Self::Unknown
            | Self::Held => true,
            Self::Filled | Self::Canceled | Self::Rejected | Self::Expired => false,
        }
    }
}

/// One price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: Price,
    /// Quantity, above 0.
    pub qty: Qty,
}

/// The strategy's own position in one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which leg.
    pub side: PositionSide,
    /// Quantity, below 0 = short.
    pub qty: Qty,
    /// Sum of price x quantity of what is open, in the settlement currency, with the sign of `qty`.
    pub cost: Decimal,
    /// Profit of what was closed, fees not deducted.
    pub realised: Decimal,
    /// Fees paid, below 0 = rebates.
    pub fees: Decimal,
}

/// The strategy's virtual sub-account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Money that is not in positions.
    pub cash: Decimal,
    /// Cash and positions at the current mark.
    pub equity: Decimal,
    /// What the strategy was given.
    pub capital: Decimal,
    /// Highest equity so far less equity now, 0 or above.
    pub drawdown: Decimal,
}

/// An order of this strategy. Fields lie as in the WIT file: `export/host.rs` takes over what the host wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OrderView {
    /// The intent that it came from.
    pub id: IntentId,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// Where it stands.
    pub state: OrderState,
    /// Limit price; 0 for an order without one.
    pub price: Price,
    /// Whole quantity.
    pub qty: Qty,
    /// What is filled of it.
    pub filled: Qty,
    /// Price that triggers it while it is held; otherwise 0.
    pub trigger: Price,
}

/// Whoever answers a strategy's questions and takes its intents: a Wasm host, the test harness, or a native adapter.
/// Each answer is as of the event being handled.
pub trait Host {
    /// The touch; `None` = unknown instrument, or neither side is shown.
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote>;

    /// Levels of one side of the book, best first, at most `levels`.
    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level>;

    /// The own position; all 0 when there is none.
    fn position_of(&self, instrument: InstrumentId) -> Position;

    /// The own sub-account.
    fn account(&self) -> Account;

    /// Own open orders by ascending intent, at most `limit`; [`InstrumentId::NONE`] = of all instruments.
    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView>;

    /// One own order; `None` = unknown or forgotten.
    fn order(&self, id: IntentId) -> Option<OrderView>;

    /// The definition of an instrument as it is now.
    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument>;

    /// The last `count` finished bars of a subscribed specification, oldest first.
    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar>;

    /// Takes an intent.
    ///
    /// # Errors
    /// Refused before it became an intent: see [`EmitError`].
    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError>;
}
