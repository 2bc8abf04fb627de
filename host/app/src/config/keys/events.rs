//! Keys of control events: what may a script say?
//!
//! In: nothing. Out: the keys of each kind of event. Must never: name a kind that the reader of scripts does not know.

use super::super::kind::Key;
use super::super::kind::Kind::{Choice, Decimal, Integer, Map, Moment, Parameter, Path, Tables, Text};
use super::super::kind::Need::{Optional, Required};
use super::super::kind::Sign::Any;
use super::{STATUSES, key};

/// The file of a script.
pub(in crate::config) const EVENTS: &[Key] =
    &[key("events", Tables(EVENT), Required, "Control events, in order of time.")];

/// What every control event has.
pub(in crate::config) const EVENT: &[Key] = &[AT, KIND];

const AT: Key = key("at", Moment, Required, "When it enters the stream.");

const KIND: Key = key(
    "kind",
    Choice(&[
        "trading-enabled",
        "trading-disabled",
        "kill",
        "flatten",
        "parameters",
        "config",
        "signal",
        "instrument-status",
        "feed-stale",
        "feed-recovered",
        "venue-down",
        "venue-up",
        "mark-price",
        "funding-rate",
        "corporate-action",
        "swap",
    ]),
    Required,
    "What happens.",
);

/// `kill`.
pub(in crate::config) const EVENT_KILL: &[Key] = &[
    AT,
    KIND,
    key("level", Choice(&["off", "L1", "L2", "L3", "L4"]), Required, "Level; `off` takes one back."),
    key("strategy", Text, Optional, "Name of the strategy, at L1 and `off`; `off` without one is for L2 to L4."),
];

/// `flatten`.
pub(in crate::config) const EVENT_FLATTEN: &[Key] =
    &[AT, KIND, key("strategy", Text, Optional, "Name of the strategy; all where absent.")];

/// `parameters`.
pub(in crate::config) const EVENT_PARAMETERS: &[Key] = &[
    AT,
    KIND,
    key("strategy", Text, Required, "Name of the strategy."),
    key("params", Map(&Parameter), Required, "All its parameters from then on, in a fresh instance with its state."),
];

/// `swap`.
pub(in crate::config) const EVENT_SWAP: &[Key] = &[
    AT,
    KIND,
    key("strategy", Text, Required, "Name of the strategy."),
    key("component", Path, Required, "The component that takes its place, with its state."),
];

/// `config`.
pub(in crate::config) const EVENT_CONFIG: &[Key] =
    &[AT, KIND, key("set", Map(&Parameter), Required, "Dotted keys and their new values, as for `--set`.")];

/// `signal`.
pub(in crate::config) const EVENT_SIGNAL: &[Key] = &[
    AT,
    KIND,
    key("source", Text, Required, "Who sends it, one of session.signals."),
    key("name", Text, Required, "What it is, one of session.signals."),
    key("value", Decimal(Any), Required, "The value, a whole number of 64 bits."),
];

/// `instrument-status`.
pub(in crate::config) const EVENT_STATUS: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("status", Choice(STATUSES), Required, "Its status from then on."),
];

/// `feed-stale` and `feed-recovered`.
pub(in crate::config) const EVENT_FEED: &[Key] = &[AT, KIND, key("instrument", Text, Required, "VENUE:SYMBOL.")];

/// `venue-down` and `venue-up`.
pub(in crate::config) const EVENT_VENUE: &[Key] = &[AT, KIND, key("venue", Text, Required, "Name of the venue.")];

/// `mark-price`.
pub(in crate::config) const EVENT_MARK: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("price", Decimal(Any), Required, "The venue's mark price."),
];

/// `funding-rate`.
pub(in crate::config) const EVENT_FUNDING: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("rate", Decimal(Any), Required, "Part of a position's value, at most 9 digits behind the point."),
    key("next", Moment, Optional, "When it is paid; absent = at the time that was told before."),
];

/// `corporate-action`.
pub(in crate::config) const EVENT_ACTION: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("action", Choice(&["split", "dividend", "rename", "delisting"]), Required, "What happens to its units."),
    key("numerator", Integer(1, 1_000_000_000), Optional, "For splits: new units ..."),
    key("denominator", Integer(1, 1_000_000_000), Optional, "... for so many old ones."),
    key("cash", Decimal(Any), Optional, "For dividends: cash for each unit, at the price scale."),
];
