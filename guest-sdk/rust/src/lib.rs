//! What authors of Ringfence strategies use.
//!
//! Question: how does a strategy come from an author's idea to a component, and how is it tested before? In: an
//! implementation of [`Strategy`]. Out: a component ([`export!`]) and a native test harness (`harness`). Must never
//! depend on a host package, a clock, a random source or anything that a sandbox does not give.

// So that derived code, which says `::ringfence_sdk`, also compiles in here.
extern crate self as ringfence_sdk;

mod named;

mod decimal;
mod number;

mod event;
mod instrument;
mod intent;
mod plan;
mod view;

mod aim;
mod archive;
mod ctx;
mod order;
mod params;
mod persist;
mod resample;
mod series;
mod strategy;

pub mod indicators;

#[cfg(not(target_arch = "wasm32"))]
pub mod harness;

mod export;

pub use archive::{Archive, Persist, RestoreError};
pub use ctx::Ctx;
pub use decimal::{Decimal, MANTISSA_MAX, NumberError, SCALE_MAX};
pub use event::{
    Adjustment, Amended, Bar, BookAction, CancelReason, Canceled, Context, CorporateAction, Event, FeedState, Fill,
    Funding, InstrumentState, Liquidity, Outcome, OutcomeCode, Payload, Quote, Reject, RejectReason, Side, Signal,
    Trade,
};
pub use instrument::{Instrument, InstrumentKind};
pub use intent::{
    Amend, Bound, Curve, EmitError, Extras, GroupKind, Intent, OrderType, Schedule, Size, Submit, TimeInForce, Trail,
    TrailUnit, TriggerBy,
};
pub use number::{Amount, InstrumentId, IntentId, Notional, Price, Qty, TimeNs};
pub use order::{AmendBuilder, Bracket, OrderBuilder, ScheduleBuilder};
pub use params::{Params, SetupError};
pub use plan::{BarSpec, ChangeFilter, EventKind, Plan, PlanError, Subscription};
pub use resample::Resampler;
pub use series::{BarSeries, Series};
pub use strategy::{Guest, Handled, Runner, Strategy};
pub use view::{Account, Host, Level, OrderState, OrderView, Position, PositionSide};

/// `Persist` by derive: saves and loads every field of a struct or an enum in the order in which it stands.
#[doc(inline)]
pub use ringfence_sdk_derive::Persist;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use export::__private;

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_the_strategy_that_is_tested() {
        let readme = include_str!("../README.md");
        let tested = include_str!("../tests/dip.rs");
        assert!(readme.contains(&format!("```rust\n{tested}```\n")), "copy tests/dip.rs into README.md");
    }
}
