//! Keys: which configuration is there?
//!
//! In: nothing. Out: every section and key with its type, range, default and meaning, in one table that drives the
//! reader, the JSON Schema and the resolved text. Must never: give a risk limit, a fee, the moment of a fill, a rounding,
//! a queue or a latency model a default.

use super::kind::Kind::{
    Choice, Decimal, Duration, Integer, List, Map, Moment, OrOff, Parameter, Path, Sha256, Table, Tables, Text, Time,
};
use super::kind::Need::{Default, DefaultBy, Optional, Required};
use super::kind::Sign::{Any, NotNegative, Positive};
use super::kind::{Key, Kind, Need};

mod simulation;

const fn key(name: &'static str, kind: Kind, need: Need, doc: &'static str) -> Key {
    Key { name, kind, need, doc }
}

/// The whole file.
pub(super) const ROOT: &[Key] = &[
    key("session", Table(SESSION), Required, "The run: its label, environment and currencies."),
    key("venues", Tables(VENUE), Required, "Where instruments trade, with the accounts held there."),
    key("calendars", Tables(CALENDAR), Optional, "When markets open and close."),
    key("instruments", Tables(INSTRUMENT), Required, "What is traded."),
    key("tapes", Tables(TAPE), Optional, "Recorded market data; `--data` names files too, or other ones."),
    key("strategies", Tables(STRATEGY), Required, "Who trades."),
    key("risk", Table(RISK), Required, "Limits: each is a value or the word \"off\"; none has a default."),
    key("execution", Table(EXECUTION), Default("{}"), "Execution control and the gate."),
    key(
        "simulation",
        Table(simulation::SIMULATION),
        Optional,
        "The simulated venue of backtests: every rule is written out.",
    ),
    key("trust", Table(TRUST), Optional, "Whose components run, by what signatures."),
    key("journal", Table(JOURNAL), Default("{}"), "The record of a session."),
    key("control", Table(CONTROL), Default("{}"), "How operators reach a running session."),
    key("records", Table(RECORDS), Default("{}"), "Records for operators beside the journal."),
    key("telemetry", Table(TELEMETRY), Default("{}"), "Metrics of a running session."),
];

const SESSION: &[Key] = &[
    key("run", Text, Required, "Label of the run; stands in every intent."),
    key("env", Choice(&["dev", "staging", "prod"]), Required, "Environment label; approvals do not cross it."),
    key("region", Text, Optional, "Region this host trades from, as venues name those they block."),
    key("base_currency", Text, Required, "Currency in which exposure and equity are added up."),
    key(
        "signals",
        List(&Text),
        Optional,
        "Names of signals and of their sources; numbered behind those of instruments, in this order.",
    ),
    key(
        "currencies",
        Map(&Integer(0, 18)),
        Default("{}"),
        "Digits behind the point in reports, by currency code; 8 where a currency is not listed.",
    ),
];

const VENUE: &[Key] = &[
    key("name", Text, Required, "Name, the part of VENUE:SYMBOL before the colon."),
    key("accounts", Tables(ACCOUNT), Required, "Accounts held there."),
    key(
        "windows",
        List(&Text),
        Optional,
        "When orders may be sent there, UTC, for example \"mon-fri 14:30-21:00\"; always where absent.",
    ),
    key("regions_blocked", List(&Text), Optional, "Regions from which it may not be traded."),
    key(
        "pacing",
        Table(PACING),
        Optional,
        "How fast commands may be sent to it, over all accounts; unpaced where absent.",
    ),
    key("calendar", Text, Optional, "Calendar of its instruments; they trade at any time where absent."),
    key(
        "adapter",
        Choice(&["simulated", "binance-spot", "binance-usdm", "aster"]),
        Default("\"simulated\""),
        "Who brings the market of `ringfence run` and, live, transmits orders.",
    ),
    key("host", Text, Optional, "Host name or address that the adapter connects to; the venue's own where absent."),
    key("port", Integer(1, 65_535), Optional, "Port that the adapter connects to; 443 where absent."),
    key(
        "tls",
        Choice(&["on", "off"]),
        Optional,
        "Whether connections are encrypted; `off` is for a venue on this machine; on where absent.",
    ),
    key("leverage", Decimal(Positive), Optional, "Leverage that is set for its instruments before the first order."),
    key(
        "margin_mode",
        Choice(&["cross", "isolated"]),
        Optional,
        "Margin mode that is set for its instruments before the first order.",
    ),
    key(
        "dead_man",
        Duration,
        Optional,
        "Time after which the venue cancels everything when it has not heard of us; not asked for where absent.",
    ),
    key(
        "isolation",
        Choice(&["in-process", "process"]),
        Optional,
        "Where its adapter runs when orders go out: `process` is a gateway that has its keys and sends only what was approved; in-process where absent.",
    ),
    key("client_id", Text, Optional, "Client id, where the venue asks for one."),
    key("reconnect_attempts", Integer(0, 1_000_000), Optional, "Attempts to connect again before giving up."),
    key("reconnect_delay", Duration, Optional, "Time between two attempts."),
];

const ACCOUNT: &[Key] = &[
    key("name", Text, Required, "Label, unique over all venues; never a credential."),
    key("currency", Text, Required, "Currency of its cash."),
    key("pacing", Table(PACING), Optional, "How fast its commands may be sent; unpaced where absent."),
];

const PACING: &[Key] = &[
    key("per_s", Integer(1, 1_000_000), Required, "Tokens that come back each second of event time."),
    key("burst", Integer(1, 1_000_000), Required, "Most tokens at a time."),
    key("submit", Integer(0, 1_000_000), Default("1"), "Tokens of a new order."),
    key("amend", Integer(0, 1_000_000), Default("1"), "Tokens of an amend."),
    key("cancel", Integer(0, 1_000_000), Default("1"), "Tokens of a cancel."),
    key("cancel_reserve", Integer(0, 1_000_000), Default("0"), "Tokens that orders and amends leave for cancels."),
];

const CALENDAR: &[Key] = &[
    key("name", Text, Required, "Name, for venues and instruments."),
    key("preset", Choice(PRESETS), Optional, "Hours, holidays and early closes of a known market."),
    key("zone", Text, Optional, "Time zone of its local times, for example \"America/New_York\"."),
    key("sessions", List(&Text), Optional, "Days and local times, for example \"mon-fri 09:30-16:00\"."),
    key("holidays", List(&Text), Optional, "Dates without trading, for example \"2024-12-25\"."),
    key("early_closes", List(&Text), Optional, "Dates and local times, for example \"2024-12-24 13:00\"."),
    key(
        "flatten_at",
        Text,
        Optional,
        "Local time at which positions are closed, for example \"15:50\", or \"off\"; live, \"15:50\" of us-equity where absent.",
    ),
    key("tzdb", Text, Default("\"2026e\""), "Version of the time-zone data; another one than the host's is refused."),
];

/// Known markets.
pub(super) const PRESETS: &[&str] = &["24x7", "us-equity", "cme-globex"];

/// Version of the time-zone data that stands in a configuration where none is written.
#[cfg(test)]
pub(super) const TZDB: &str = "2026e";

const INSTRUMENT: &[Key] = &[
    key("symbol", Text, Required, "VENUE:SYMBOL, split at the first colon."),
    key("kind", Choice(&["spot", "perpetual", "future", "option", "equity", "fx-pair"]), Required, "Kind of contract."),
    key("base", Text, Required, "Asset bought or sold."),
    key("quote", Text, Required, "Currency of the price."),
    key("settlement", Text, Optional, "Currency of profit, loss and fees; the quote currency where absent."),
    key("counterparty", Text, Optional, "Who owes settlement; not tracked where absent."),
    key("price_scale", Integer(0, 18), Required, "Digits behind the point of prices."),
    key("qty_scale", Integer(0, 18), Required, "Digits behind the point of quantities; both together at most 18."),
    key("tick", Decimal(Positive), Required, "Price step."),
    key("lot", Decimal(Positive), Required, "Quantity step."),
    key("qty_min", Decimal(Positive), Optional, "Smallest order quantity; one lot where absent."),
    key("qty_max", Decimal(Positive), Required, "Largest order quantity the venue takes."),
    key("notional_min", Decimal(NotNegative), Default("\"0\""), "Smallest order value in the quote currency."),
    key("multiplier", Decimal(Positive), Default("\"1\""), "Units of the base per contract, at most 8 digits."),
    key("margin_initial_bps", Integer(0, 1_000_000), Default("0"), "Initial margin; 0 = fully paid."),
    key("margin_maintenance_bps", Integer(0, 1_000_000), Default("0"), "Maintenance margin; 0 = fully paid."),
    key("expiry", Time, Optional, "Time of expiry, for futures and options."),
    key("strike", Decimal(Any), Optional, "Strike, for options."),
    key("right", Choice(&["call", "put"]), Optional, "Right, for options."),
    key("calendar", Text, Optional, "Calendar it follows; that of its venue where absent."),
    key(
        "underlying",
        Text,
        Optional,
        "For options: VENUE:SYMBOL whose price they settle at in a backtest; their own where absent.",
    ),
    key("actions", Path, Optional, "CSV of corporate actions for backtests: ts_ns,kind,numerator,denominator,cash."),
    key("actions_sha256", Sha256, Optional, "SHA-256 of that file; the hash of the configuration covers it."),
    key("status", Choice(STATUSES), Default("\"trading\""), "Status at the start."),
];

const TAPE: &[Key] = &[
    key("name", Text, Required, "Name, for `--data NAME=FILE`."),
    key("instrument", Text, Required, "VENUE:SYMBOL whose market data it holds."),
    key("file", Path, Optional, "The file; `--data` overrides it."),
    key("stamp", Choice(&["open", "close"]), Optional, "For bars: which end of a bar its row is stamped with."),
    key("interval", Duration, Optional, "For bars: the time one bar covers."),
];

const STRATEGY: &[Key] = &[
    key("name", Text, Required, "Name of the slot."),
    key("component", Path, Optional, "The WebAssembly component; needed but where the profile is \"external\"."),
    key("sha256", Sha256, Optional, "Pin: any other component is refused."),
    key("signature", Path, Optional, "Its signature; the component's name with .sig behind it where absent."),
    key("signed_as", Text, Optional, "Strategy that the signature must name; the name of the slot where absent."),
    key("account", Text, Required, "Account it trades on."),
    key("lane", Choice(&["simulation", "paper", "live"]), Required, "How far its orders may go."),
    key("capital", Decimal(NotNegative), Required, "Allocated capital in the account's currency."),
    key("loss_max", Decimal(NotNegative), Optional, "Largest loss from its capital; replaces risk.strategy_loss_max."),
    key("instruments", List(&Text), Required, "VENUE:SYMBOL of each instrument it may see and trade."),
    key("params", Map(&Parameter), Default("{}"), "Parameters, handed over as text in order of their names."),
    key(
        "isolation",
        Choice(&["in-process", "process"]),
        Default("\"in-process\""),
        "Where its code runs: in the host, or in a process of its own without secrets, files and network, at some microseconds \
         a call; decisions are the same. Live trading asks for a process unless the component is signed with a key in trust.own.",
    ),
    key(
        "profile",
        Choice(&["compiled", "interpreter", "external"]),
        Default("\"compiled\""),
        "What the component holds: code of a compiled language, or an interpreter with its program; it decides how large it \
         may be, and what fuel_per_call and memory_mb are where they are not written. \"external\": there is none, and \
         intents come over the control surface; such strategies stand last.",
    ),
    key("fuel_per_call", Integer(1, 1_000_000_000_000), FUEL_PER_CALL, "Fuel of one call."),
    key("fuel_total", OrOff(&Integer(1, 1_000_000_000_000_000_000)), Default("\"off\""), "Fuel of all calls together."),
    key("memory_mb", Integer(1, 4_096), MEMORY_MB, "Linear memory in MiB."),
    key(
        "intents_per_s",
        Integer(1, 1_000_000),
        Default("10_000"),
        "Intents of all kinds that are taken in one second of event time.",
    ),
    key("notes_per_s", Integer(1, 1_000_000), Default("1_000"), "Notes among them, and what is printed."),
    key("wakes_per_s", Integer(1, 1_000_000), Default("1_000"), "Wake-ups asked for among them."),
    key(
        "on_halt",
        Choice(&["leave", "cancel", "flatten"]),
        Default("\"leave\""),
        "When it is halted: leave its orders, cancel them, or cancel them and close its positions.",
    ),
    key("restarts_max", Integer(0, 1_000), Default("0"), "Times it is started again; then it is in quarantine."),
    key("restart_backoff", Duration, Default("\"1s\""), "Event time to the first restart; doubles with each."),
    key(
        "checkpoint_events",
        OrOff(&Integer(1, 1_000_000_000_000)),
        Default("\"off\""),
        "Its state is kept every so many events; it is started again from there.",
    ),
];

/// An interpreter takes hundreds of operators for each of its program's, and is megabytes itself.
const FUEL_PER_CALL: Need =
    DefaultBy("profile", &[("compiled", "20_000_000"), ("interpreter", "200_000_000"), ("external", "20_000_000")]);
const MEMORY_MB: Need = DefaultBy("profile", &[("compiled", "64"), ("interpreter", "256"), ("external", "64")]);

const TRUST: &[Key] = &[
    key(
        "keys",
        List(&Sha256),
        Default("[]"),
        "Ids of keys whose signatures count, see `ringfence key show`; where none is named, no signature is looked at.",
    ),
    key(
        "own",
        List(&Sha256),
        Default("[]"),
        "Those of keys that are one's own: what they sign is no third party's, and may trade live in the process of the host.",
    ),
    key(
        "unsigned",
        Choice(&["refuse", "allow"]),
        Required,
        "What happens to a component without a signature; in shadow and live it is refused in any case.",
    ),
];

const RISK: &[Key] = &[
    key(
        "profile",
        Text,
        Optional,
        "Named limits of a version, for example \"backtest-wide@1\"; keys beside it replace its own. Refused live.",
    ),
    key(
        "order_qty_min",
        OrOff(&Decimal(Positive)),
        Required,
        "Smallest order quantity, in units; closing what is left may be smaller.",
    ),
    key("order_qty_max", OrOff(&Decimal(Positive)), Required, "Largest order quantity, in units."),
    key(
        "order_notional_min",
        OrOff(&Decimal(Positive)),
        Required,
        "Smallest order value, in the quote currency; closing what is left may be smaller.",
    ),
    key("order_notional_max", OrOff(&Decimal(Positive)), Required, "Largest order value, in the quote currency."),
    key(
        "position_strategy_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of a strategy in an instrument, either side, reservations included, in units.",
    ),
    key(
        "position_instrument_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of all accounts in an instrument, either side, reservations included, in units.",
    ),
    key(
        "position_account_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of an account in an instrument, either side, reservations included, in units.",
    ),
    key(
        "exposure_gross_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest sum of absolute exposures of an account, reservations included, in its currency.",
    ),
    key(
        "exposure_net_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest absolute sum of signed exposures of an account, reservations included, in its currency.",
    ),
    key(
        "exposure_asset_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest exposure in one asset over all accounts, reservations included, in the base currency.",
    ),
    key(
        "exposure_counterparty_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest exposure to one counterparty over all accounts, reservations included, in the base currency.",
    ),
    key(
        "leverage_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest gross exposure of an account as a multiple of its equity.",
    ),
    key(
        "margin_initial_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest part of an account's equity for initial margin, in basis points.",
    ),
    key(
        "margin_maintenance_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest part of an account's equity for maintenance margin, in basis points.",
    ),
    key(
        "balance_min",
        OrOff(&Decimal(Any)),
        Required,
        "Least cash of an account after every fully paid purchase under way, in its currency.",
    ),
    key(
        "drawdown_session_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity since the session began, in its currency.",
    ),
    key(
        "drawdown_peak_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity from its highest after a fill, in its currency.",
    ),
    key(
        "loss_day_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity since midnight UTC, in its currency.",
    ),
    key(
        "strategy_capital_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest exposure of a strategy in basis points of its capital, reservations included.",
    ),
    key(
        "strategy_loss_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of a strategy's equity below its capital; its own loss_max replaces it.",
    ),
    key(
        "price_collar_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest distance of a limit price from the reference to the worse side, in basis points.",
    ),
    key("open_orders_max", OrOff(&Integer(1, 1_000_000)), Required, "Most open orders of a strategy, queued included."),
    key(
        "velocity_orders_max",
        OrOff(&Integer(1, 10_000)),
        Required,
        "Most orders and amends of a strategy in velocity_window; beyond it they are denied.",
    ),
    key(
        "velocity_window",
        OrOff(&Duration),
        Required,
        "Length of the sliding window of velocity_orders_max, in event time.",
    ),
    key(
        "order_to_trade_max",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Most orders, amends and cancels of a strategy for each of its fills.",
    ),
    key(
        "order_to_trade_free",
        OrOff(&Integer(0, 1_000_000_000)),
        Required,
        "So many of them are free before order_to_trade_max counts.",
    ),
    key(
        "duplicate_window",
        OrOff(&Duration),
        Required,
        "The same terms again from a strategy within this time are denied.",
    ),
    key(
        "market_age_max",
        OrOff(&Duration),
        Required,
        "Largest age of the price an order is judged with, in event time.",
    ),
    key("self_trade", Choice(&["deny", "off"]), Required, "Orders that would trade with another of their account."),
    key(
        "venue_unavailable",
        Choice(&["deny", "off"]),
        Required,
        "New orders while their venue cannot be reached; off = they wait in the queue.",
    ),
    key("venue_window", Choice(&["deny", "off"]), Required, "New orders outside the windows of their venue."),
    key("region_blocked", Choice(&["deny", "off"]), Required, "New orders at venues that block this host's region."),
    key(
        "leverage_reported",
        Choice(&["deny", "off"]),
        Required,
        "New orders on margin before the venue has reported the leverage in force.",
    ),
    key(
        "margin_mode_reported",
        Choice(&["deny", "off"]),
        Required,
        "New orders on margin before the venue has reported the margin mode in force.",
    ),
];

const EXECUTION: &[Key] = &[
    key("approval_ttl", Duration, Default("\"300s\""), "Life of an approval, in event time."),
    key(
        "terminal_retention_events",
        Integer(1, 1_000_000_000),
        Default("10_000"),
        "Ended orders leave State after so many events.",
    ),
    key("queue_max", Integer(1, 1_000_000), Default("10_000"), "Most leaves of work in the queue."),
    key(
        "split_parts_max",
        OrOff(&Integer(1, 1_000)),
        Default("\"off\""),
        "An order above the instrument's largest size is sent in parts, so many at a time; off = it is malformed.",
    ),
    key(
        "delivery",
        Choice(&["single", "batch"]),
        Default("\"single\""),
        "How backtests call strategies: one event a call, or many where nothing can come between them. Changes no decision.",
    ),
];

const JOURNAL: &[Key] = &[
    key("folder", Path, Optional, "Where sessions are recorded; `--journal` overrides it."),
    key(
        "audit_key",
        Path,
        Optional,
        "File of the audit key that signs checkpoints (mode 0600, see `ringfence key new`); `--audit-key` overrides it.",
    ),
    key(
        "checkpoint_every",
        Integer(1, 1_000_000_000),
        Default("1000"),
        "Frames between signed checkpoints; each waits until the disk has confirmed them. Never part of a hash.",
    ),
];

const CONTROL: &[Key] = &[
    key("socket", Path, Optional, "Unix socket of the control surface of a running session."),
    key("tcp", OrOff(&Text), Default("\"off\""), "Address and port of the control surface beside the socket."),
    key(
        "hosts",
        List(&Text),
        Optional,
        "Further names with ports by which the address is reached, such as those of a proxy.",
    ),
    key(
        "socket_role",
        Choice(&["view", "operate", "arm-live"]),
        Optional,
        "What the user that runs the host may do over the socket without a token; \"arm-live\" where absent.",
    ),
    key("arming", Choice(&["one", "two"]), Optional, "How many different people it takes to arm; one where absent."),
    key("tokens", Tables(TOKEN), Optional, "Who comes with a token, over TCP or the socket, and may do what."),
];

const TOKEN: &[Key] = &[
    key("name", Text, Required, "Whom it stands for; stands in the journal beside what they ask for."),
    key("role", Choice(&["view", "author", "operate", "arm-live"]), Required, "What they may do."),
    key("strategy", Text, Optional, "The one strategy that an author may touch."),
    key(
        "file",
        Path,
        Optional,
        "File with the token, readable by its owner alone; where absent the secret RINGFENCE_TOKEN_NAME, in capitals.",
    ),
];

const RECORDS: &[Key] = &[key("log_file", Path, Optional, "Log lines of a running session, beside standard output.")];

const TELEMETRY: &[Key] = &[key(
    "metrics",
    OrOff(&Text),
    Default("\"off\""),
    "Address and port at which metrics of a running session are read with a token, such as \"127.0.0.1:9464\"; nothing else is \
     served there.",
)];

const STATUSES: &[&str] =
    &["trading", "auction", "halted", "cancel-only", "post-only", "closed", "settled", "restricted"];

/// The file of a script.
pub(super) const EVENTS: &[Key] = &[key("events", Tables(EVENT), Required, "Control events, in order of time.")];

/// What every control event has.
pub(super) const EVENT: &[Key] = &[AT, KIND];

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
pub(super) const EVENT_KILL: &[Key] = &[
    AT,
    KIND,
    key("level", Choice(&["off", "L1", "L2", "L3", "L4"]), Required, "Level; `off` takes one back."),
    key("strategy", Text, Optional, "Name of the strategy, at L1 and `off`; `off` without one is for L2 to L4."),
];

/// `flatten`.
pub(super) const EVENT_FLATTEN: &[Key] =
    &[AT, KIND, key("strategy", Text, Optional, "Name of the strategy; all where absent.")];

/// `parameters`.
pub(super) const EVENT_PARAMETERS: &[Key] = &[
    AT,
    KIND,
    key("strategy", Text, Required, "Name of the strategy."),
    key("params", Map(&Parameter), Required, "All its parameters from then on, in a fresh instance with its state."),
];

/// `swap`.
pub(super) const EVENT_SWAP: &[Key] = &[
    AT,
    KIND,
    key("strategy", Text, Required, "Name of the strategy."),
    key("component", Path, Required, "The component that takes its place, with its state."),
];

/// `config`.
pub(super) const EVENT_CONFIG: &[Key] =
    &[AT, KIND, key("set", Map(&Parameter), Required, "Dotted keys and their new values, as for `--set`.")];

/// `signal`.
pub(super) const EVENT_SIGNAL: &[Key] = &[
    AT,
    KIND,
    key("source", Text, Required, "Who sends it, one of session.signals."),
    key("name", Text, Required, "What it is, one of session.signals."),
    key("value", Decimal(Any), Required, "The value, a whole number of 64 bits."),
];

/// `instrument-status`.
pub(super) const EVENT_STATUS: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("status", Choice(STATUSES), Required, "Its status from then on."),
];

/// `feed-stale` and `feed-recovered`.
pub(super) const EVENT_FEED: &[Key] = &[AT, KIND, key("instrument", Text, Required, "VENUE:SYMBOL.")];

/// `venue-down` and `venue-up`.
pub(super) const EVENT_VENUE: &[Key] = &[AT, KIND, key("venue", Text, Required, "Name of the venue.")];

/// `mark-price`.
pub(super) const EVENT_MARK: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("price", Decimal(Any), Required, "The venue's mark price."),
];

/// `funding-rate`.
pub(super) const EVENT_FUNDING: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("rate", Decimal(Any), Required, "Part of a position's value, at most 9 digits behind the point."),
    key("next", Moment, Optional, "When it is paid; absent = at the time that was told before."),
];

/// `corporate-action`.
pub(super) const EVENT_ACTION: &[Key] = &[
    AT,
    KIND,
    key("instrument", Text, Required, "VENUE:SYMBOL."),
    key("action", Choice(&["split", "dividend", "rename", "delisting"]), Required, "What happens to its units."),
    key("numerator", Integer(1, 1_000_000_000), Optional, "For splits: new units ..."),
    key("denominator", Integer(1, 1_000_000_000), Optional, "... for so many old ones."),
    key("cash", Decimal(Any), Optional, "For dividends: cash for each unit, at the price scale."),
];

#[cfg(test)]
mod tests {
    use ringfence_core::config::{GuestProfile, Lane};
    use ringfence_core::instrument::{InstrumentStatus, OptionRight};
    use ringfence_core::intent::Env;
    use ringfence_sim::{
        CommissionRounding, FillMoment, FundingModel, MarginModel, QueueModel, RestingFills, SettlementPrice,
        SlippageModel, TakerSize,
    };

    use super::super::document::parse_value;
    use super::super::problem::{Origin, Problems};
    use super::super::read::{self, Place};
    use super::*;

    /// Visits every key with its dotted name.
    fn each(prefix: &str, keys: &'static [Key], visit: &mut dyn FnMut(&str, &Key)) {
        for key in keys {
            let name = format!("{prefix}{}", key.name);
            visit(&name, key);
            if let Kind::Table(inner) | Kind::Tables(inner) = key.kind {
                each(&format!("{name}."), inner, visit);
            }
        }
    }

    #[test]
    fn every_default_is_a_value_its_own_key_accepts() {
        each("", ROOT, &mut |name, key| {
            let texts = match key.need {
                Need::Default(text) => vec![text],
                Need::DefaultBy(_, cases) => cases.iter().map(|(_, text)| *text).collect(),
                Need::Required | Need::Optional => Vec::new(),
            };
            for text in texts {
                let mut problems = Problems::new();
                let node = parse_value(text, &Origin::Default);
                let nodes = [(key.name.to_owned(), node)].into();
                let place = Place { key: String::new(), origin: &Origin::Default };
                let keys: &'static [Key] = Box::leak(Box::new([*key]));
                read::table(place, &nodes, keys, &mut problems);
                assert!(problems.is_empty(), "{name}: {}", problems.into_report());
            }
        });
    }

    /// As the core lists its cases: each has a default, and the choice stands before what depends on it.
    #[test]
    fn a_default_by_another_key_has_one_for_each_of_its_words() {
        let by = STRATEGY.iter().enumerate().filter_map(|(at, key)| match key.need {
            Need::DefaultBy(choice, cases) => Some((at, choice, cases)),
            Need::Default(_) | Need::Required | Need::Optional => None,
        });
        for (at, choice, cases) in by {
            let place = STRATEGY[..at].iter().find(|key| key.name == choice).expect("the choice stands before");
            let Kind::Choice(words) = place.kind else { panic!("{choice} is no choice") };
            assert_eq!(cases.iter().map(|(word, _)| *word).collect::<Vec<_>>(), words);
        }
    }

    #[test]
    fn no_limit_and_no_rule_of_the_simulation_has_a_default() {
        each("", ROOT, &mut |name, key| {
            let must_be_written = name.starts_with("risk.") || name.starts_with("simulation.");
            let has_default = matches!(key.need, Need::Default(_) | Need::DefaultBy(..));
            assert!(!(must_be_written && has_default), "{name} has a default");
        });
    }

    #[test]
    fn every_key_says_what_it_means() {
        each("", ROOT, &mut |name, key| assert!(key.doc.ends_with('.') && key.doc.len() > 4, "{name}: {:?}", key.doc));
    }

    #[test]
    fn repeated_tables_are_named_by_a_required_text() {
        each("", ROOT, &mut |name, key| {
            let Kind::Tables(inner) = key.kind else { return };
            assert!(matches!(inner[0].kind, Kind::Text) && inner[0].need == Need::Required, "{name}");
        });
    }

    #[test]
    fn the_words_of_choices_are_those_of_the_core() {
        let words = |wanted: &str| {
            let mut found = Vec::new();
            each("", ROOT, &mut |name, key| {
                if let (Kind::Choice(words), true) = (key.kind, name == wanted) {
                    found = words.to_vec();
                }
            });
            found
        };
        assert_eq!(words("session.env"), Env::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        assert_eq!(words("strategies.profile"), GuestProfile::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        assert_eq!(words("strategies.lane"), Lane::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        assert_eq!(words("instruments.right"), OptionRight::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        assert_eq!(words("simulation.fill"), FillMoment::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        let roundings: Vec<_> = CommissionRounding::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("simulation.commission_rounding"), roundings);
        let slippages: Vec<_> = SlippageModel::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("simulation.slippage.model"), slippages);
        let resting: Vec<_> = RestingFills::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("simulation.resting_fills"), resting);
        assert_eq!(words("simulation.taker_size"), TakerSize::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        assert_eq!(words("simulation.queue"), QueueModel::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
        let fundings: Vec<_> = FundingModel::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("simulation.funding.model"), fundings);
        assert_eq!(
            words("simulation.margin.model"),
            MarginModel::ALL.iter().map(|case| case.code()).collect::<Vec<_>>()
        );
        let settlements: Vec<_> = SettlementPrice::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("simulation.settlement"), settlements);
        let statuses: Vec<_> = InstrumentStatus::ALL.iter().map(|case| case.code()).collect();
        assert_eq!(words("instruments.status"), statuses);
    }
}
