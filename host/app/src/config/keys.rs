//! Keys: which configuration is there?
//!
//! In: nothing. Out: every section and key with its type, range, default and meaning, in one table that drives the
//! reader, the JSON Schema and the resolved text. Must never: give a risk limit, a fee, the moment of a fill, a rounding,
//! a queue or a latency model a default.

use super::kind::Kind::{
    Choice, Decimal, Duration, Integer, List, Map, OrOff, Parameter, Path, Sha256, Table, Tables, Text, Time,
};
use super::kind::Need::{Default, DefaultBy, Optional, Required};
use super::kind::Sign::{Any, NotNegative, Positive};
use super::kind::{Key, Kind, Need};

mod events;
mod risk;
mod simulation;
#[cfg(test)]
mod tests;

pub(super) use self::events::{
    EVENT, EVENT_ACTION, EVENT_CONFIG, EVENT_FEED, EVENT_FLATTEN, EVENT_FUNDING, EVENT_KILL, EVENT_MARK,
    EVENT_PARAMETERS, EVENT_SIGNAL, EVENT_STATUS, EVENT_SWAP, EVENT_VENUE, EVENTS,
};

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
    key("risk", Table(risk::RISK), Required, "Limits: each is a value or the word \"off\"; none has a default."),
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
