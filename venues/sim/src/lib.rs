//! Simulated venue: what would a venue have answered?
//!
//! In: market events, before the core sees them, and commands that the Gate built. Out: reports, appended to a buffer the
//! caller owns; the run loop makes events of them. Must never: read a clock, draw a random number, use a float, keep a
//! second truth about the core's orders, or allocate per event once warm.
//!
//! The call order of a run: [`Sim::open`] once; then for each market event [`Sim::on_market`], whose reports become events
//! *before* that market event and with its time; then the market event itself; then [`Sim::on_command`] for each command
//! that its step let out, whose reports are stepped until no command is left. Before an event that is no market event but
//! comes later than the last one (a timer, an operator), [`Sim::on_time`]: an order must not be dated before it was sent.

mod actions;
pub mod adapter;
#[cfg(test)]
mod bounds;
pub mod carry;
mod chance;
mod commands;
pub mod config;
mod execution;
mod expiry;
mod fees;
mod fifo;
mod funding;
mod ladder;
pub mod latency;
mod margin;
mod market;
mod matching;
mod orders;
mod positions;
mod queries;
mod queue;
mod resting;
mod sim;
mod slippage;
mod taking;
mod venue_fills;

pub use adapter::{SAID_MAX, SimAdapter};
pub use carry::{
    Carry, CarryError, FUNDING_INTERVAL_MIN_NS, FundingModel, FundingRule, LIQUIDATION_FEE_BPS_MAX, MarginModel,
    MarginRule, SettlementPrice,
};
pub use config::{
    CommissionRounding, FEED_NS_MAX, FeeTier, Fees, FillMoment, QUEUE_POWER_MAX, QueueModel, Rates, RestingFills,
    SLIPPAGE_MAX, SimAccount, SimConfig, SimError, Slippage, SlippageModel, TakerSize,
};
pub use latency::{Latency, LatencyError, LatencyRow, MeasuredLatency, OrderLatency};
pub use matching::BAR_PATH;
pub use sim::{ORDERS_MAX, Sim, UNDERWAY_MAX};
