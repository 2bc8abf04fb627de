//! Keys of the simulation: by which rules does the simulated venue answer?
//!
//! In: nothing. Out: the keys of `[simulation]`. Must never: give one of them a default.

use super::super::kind::Key;
use super::super::kind::Kind::{Choice, Decimal, Duration, Integer, Map, Path, Sha256, Table, Tables, Text};
use super::super::kind::Need::{Optional, Required};
use super::super::kind::Sign::{Amount, Any, Fee, Volume};
use super::key;

/// `[simulation]`.
pub(super) const SIMULATION: &[Key] = &[
    key(
        "fill",
        Choice(&["same-event", "next-event", "next-open"]),
        Required,
        "Which market event answers a command: the one that caused it, the next of the instrument, or the next bar's open.",
    ),
    key("fees", Table(FEES), Required, "Fees of each fill; negative = rebate."),
    key(
        "commission_rounding",
        Choice(&["exact", "cents", "cents-even", "cents-up", "cents-down"]),
        Required,
        "Rounding of each fill's fee: not at all, or to cents half away from zero, half to even, up or down.",
    ),
    key("latency", Table(LATENCY), Required, "How long market data, orders and answers are on their way."),
    key(
        "queue",
        Choice(&[
            "trade-through",
            "behind-touch",
            "risk-averse",
            "power-prob",
            "power-prob-2",
            "power-prob-3",
            "log-prob",
            "log-prob-2",
        ]),
        Required,
        "When a trade at its price fills a resting order.",
    ),
    key("queue_power", Integer(1, 8), Optional, "The power n of the three models that have one."),
    key(
        "resting_fills",
        Choice(&["whole", "partial"]),
        Required,
        "How much of a resting order a trade at its price fills: all, or what it has left behind those ahead.",
    ),
    key(
        "taker_size",
        Choice(&["unlimited", "displayed", "consumed"]),
        Required,
        "How much an order that takes finds: all it wants, what is displayed, or what is displayed and not taken yet.",
    ),
    key("slippage", Table(SLIPPAGE), Required, "How much worse than the price it found a market order fills."),
    key(
        "funding",
        Table(FUNDING),
        Optional,
        "What holders of perpetuals pay each other; written wherever an instrument is one.",
    ),
    key(
        "margin",
        Table(MARGIN),
        Optional,
        "What an account must have for its positions; written wherever an instrument has a margin or is a perpetual or a future.",
    ),
    key(
        "settlement",
        Choice(&["mark", "last"]),
        Optional,
        "Price at expiry: the mark price or the last trade, otherwise the other one; written wherever a contract expires.",
    ),
    key("cash", Map(&Decimal(Any)), Required, "Cash at the start, by account name."),
];

const FUNDING: &[Key] = &[
    key(
        "model",
        Choice(&["off", "tape", "constant"]),
        Required,
        "Nothing, what the market data says, or the same rate again and again.",
    ),
    key(
        "rate",
        Decimal(Any),
        Optional,
        "Part of a position's value, at most 9 digits behind the point; positive = longs pay.",
    ),
    key("interval", Duration, Optional, "Paid at each whole multiple since 1970-01-01T00:00:00Z; at least a minute."),
];

const MARGIN: &[Key] = &[
    key(
        "model",
        Choice(&["off", "cross"]),
        Required,
        "Nothing is asked, or all positions of an account share its equity.",
    ),
    key(
        "liquidation_fee_bps",
        Integer(0, 10_000),
        Optional,
        "Fee of a liquidation, in basis points of what was closed.",
    ),
];

const FEES: &[Key] = &[
    key("maker_bps", Decimal(Fee), Required, "For fills that added liquidity, in basis points of their value."),
    key("taker_bps", Decimal(Fee), Required, "For fills that took liquidity, in basis points of their value."),
    key("tiers", Tables(FEE_TIER), Optional, "Other rates for an account that has traded so much in this run."),
    key(
        "maker_per_unit",
        Decimal(Amount),
        Optional,
        "For each unit of a fill that added liquidity; none where absent.",
    ),
    key("taker_per_unit", Decimal(Amount), Optional, "For each unit of a fill that took liquidity; none where absent."),
    key("order_min", Decimal(Volume), Optional, "Least that an order costs once it has a fill; none where absent."),
];

const FEE_TIER: &[Key] = &[
    key("name", Text, Required, "Name, unique among the tiers."),
    key("volume_from", Decimal(Volume), Required, "Value traded by the account so far from which it holds, above 0."),
    key("maker_bps", Decimal(Fee), Required, "For fills that added liquidity, in basis points of their value."),
    key("taker_bps", Decimal(Fee), Required, "For fills that took liquidity, in basis points of their value."),
];

const LATENCY: &[Key] = &[
    key(
        "model",
        Choice(&["constant", "measured"]),
        Required,
        "Always the same, or interpolated between measured ones.",
    ),
    key("feed", Duration, Required, "From the venue to the time of a market event."),
    key("entry", Duration, Optional, "From dispatch to the venue, where it is constant."),
    key("response", Duration, Optional, "From the venue to the event that tells of it, where it is constant."),
    key("file", Path, Optional, "CSV of measured requests: request_ns, exchange_ns, response_ns."),
    key("sha256", Sha256, Optional, "SHA-256 of that file; the hash of the configuration covers it."),
];

const SLIPPAGE: &[Key] = &[
    key("model", Choice(&["off", "ticks", "bps", "size"]), Required, "How it is reckoned."),
    key(
        "amount",
        Integer(0, 10_000),
        Optional,
        "Ticks, basis points, or ticks for a quantity as large as what is displayed; none where it is off.",
    ),
];
