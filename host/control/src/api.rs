//! API: what is said between the surface and those who use it?
//!
//! In: JSON. Out: JSON. Amounts, prices and quantities are texts of exact decimals. Must never: hold a secret.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an operator can ask for. Each is journalled with its actor before what it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// End the session in good order: its journal is sealed.
    Stop {},
    /// New orders are allowed again; of one instrument: the host's own halt of it ends.
    Enable {
        /// `VENUE:SYMBOL`; absent: trading as a whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instrument: Option<String>,
    },
    /// New orders are denied; cancels are not.
    Disable {
        /// `VENUE:SYMBOL`; absent: trading as a whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instrument: Option<String>,
    },
    /// Set a level of the kill switch, or take it back with `off`.
    Kill {
        /// `L1` one strategy, `L2` all new orders, `L3` and cancel all, `L4` and flatten; `off` releases.
        level: KillLevelName,
        /// The strategy that `L1` stops, or `off` releases; absent: the host's own latch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strategy: Option<String>,
    },
    /// Cancel all orders and close the positions of one strategy, or of all.
    Flatten {
        /// Which; absent: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strategy: Option<String>,
    },
    /// Read configuration and components again.
    Reload {},
    /// Permit trading. Where two people have to, the first one waits for the second.
    Arm {},
    /// Take that back: new orders are denied until somebody arms again.
    Disarm {},
    /// Let a halted strategy run again.
    Resume {
        /// Which.
        strategy: String,
    },
}

impl Command {
    /// Stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Command::Stop {} => "stop",
            Command::Enable { .. } => "enable",
            Command::Disable { .. } => "disable",
            Command::Kill { .. } => "kill",
            Command::Flatten { .. } => "flatten",
            Command::Reload {} => "reload",
            Command::Arm {} => "arm",
            Command::Disarm {} => "disarm",
            Command::Resume { .. } => "resume",
        }
    }
}

/// Levels of the kill switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum KillLevelName {
    /// Released.
    #[serde(rename = "off")]
    Off,
    /// One strategy sends no new orders.
    L1,
    /// Nobody does.
    L2,
    /// Nobody does, and all orders are canceled.
    L3,
    /// Nobody does, all orders are canceled and the positions of strategies closed.
    L4,
}

impl KillLevelName {
    /// True for the release.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, KillLevelName::Off)
    }

    /// True for the level that stops one strategy.
    #[must_use]
    pub const fn is_one(self) -> bool {
        matches!(self, KillLevelName::L1)
    }
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// Always true.
    pub ok: bool,
    /// Event that records the command; absent while the session has not come to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// True once what it leads to is in force.
    pub is_applied: bool,
    /// What happens, in words.
    pub message: String,
    /// The intent as it is named in the journal, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// What became of an intent so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ExecutionReport>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always false.
    pub ok: bool,
    /// Stable code.
    pub code: String,
    /// What went wrong.
    pub message: String,
}

/// What is true of a session now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// Identity of the session.
    pub session: String,
    /// Where its orders go: paper, shadow or live.
    pub mode: String,
    /// Label of the run.
    pub run: String,
    /// Environment label.
    pub env: String,
    /// Release of the host.
    pub engine: String,
    /// SHA-256 of the configuration in force.
    pub config: String,
    /// Number of the last event.
    pub seq: u64,
    /// Its time.
    pub time: String,
    /// Rows of market data so far.
    pub rows: u64,
    /// `enabled` or `disabled`.
    pub trading: String,
    /// Level of the kill switch.
    pub kill: String,
    /// False until somebody has armed the session.
    pub is_armed: bool,
    /// Who has armed, where a second person has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub armed_by: Option<String>,
    /// True once the session is over.
    pub is_over: bool,
    /// Currency that totals are in.
    pub currency: String,
    /// Equity of all strategies together.
    pub equity: String,
    /// The same less their capital.
    pub pnl: String,
    /// Counts since this process has the session.
    pub counts: Counts,
    /// Venues.
    pub venues: Vec<VenueLine>,
    /// Strategies.
    pub strategies: Vec<StrategyLine>,
    /// Positions that are not flat.
    pub positions: Vec<PositionLine>,
    /// Orders at venues.
    pub orders: Vec<OrderLine>,
    /// What Risk denied, by rule.
    pub denials: Vec<DenialLine>,
    /// Instruments that the host halts until somebody enables them again.
    #[serde(default)]
    pub held: Vec<String>,
}

impl Board {
    /// Positions of nobody's: what closes those of strategies leaves them.
    pub fn external(&self) -> impl Iterator<Item = &PositionLine> {
        self.positions.iter().filter(|position| position.strategy == EXTERNAL)
    }
}

/// Whose a position or an order is that no strategy has.
pub const EXTERNAL: &str = "external";

/// Counts since this process has the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Intents of strategies and of the host.
    pub intents: u64,
    /// Intents that Risk denied.
    pub denied: u64,
    /// Intents that are nothing an order can be made of.
    pub malformed: u64,
    /// Approvals that the gate refused.
    pub refused: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Orders canceled.
    pub canceled: u64,
    /// Orders rejected by a venue.
    pub rejected: u64,
    /// Strategies halted.
    pub halts: u64,
    /// Things that should not happen. Fills that a comparison tells again are none.
    pub anomalies: u64,
}

/// A venue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VenueLine {
    /// Its name.
    pub name: String,
    /// Whether it can be reached, and was compared.
    pub is_up: bool,
    /// While it is down: what its last alarm said. While it is up: what keeps requests back, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StrategyLine {
    /// Its name.
    pub name: String,
    /// `runs`, `external`, or why not.
    pub state: String,
    /// Equity of its sub-account.
    pub equity: String,
    /// Equity less capital.
    pub pnl: String,
    /// Fees paid.
    pub fees: String,
    /// Orders at venues.
    pub open_orders: u64,
    /// Intents so far.
    pub intents: u64,
    /// Calls so far.
    pub calls: u64,
    /// Fuel of the call in the middle.
    pub fuel_p50: u64,
    /// Fuel that 99 of 100 calls do not exceed.
    pub fuel_p99: u64,
    /// Fuel of the largest call.
    pub fuel_max: u64,
    /// Fuel that one call may use.
    pub fuel_budget: u64,
}

impl StrategyLine {
    /// True while it stands, whether it is to be started again or not.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.state.starts_with("halted") || self.state.starts_with("quarantined")
    }
}

/// A position of a strategy, or of nobody's in an account: then `external`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PositionLine {
    /// Whose.
    pub strategy: String,
    /// VENUE:SYMBOL.
    pub instrument: String,
    /// Signed quantity.
    pub qty: String,
    /// Price it is valued at; `-` before there is one.
    pub mark: String,
}

/// An order at a venue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// Strategy, intent and leg.
    pub order: String,
    /// Whose.
    pub strategy: String,
    /// VENUE:SYMBOL.
    pub instrument: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Order type.
    #[serde(rename = "type")]
    pub order_type: String,
    /// Quantity.
    pub qty: String,
    /// Filled so far.
    pub filled: String,
    /// Limit price; empty where there is none.
    pub limit: String,
    /// State of its life.
    pub state: String,
}

/// What one rule of Risk denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DenialLine {
    /// Code of the rule.
    pub code: String,
    /// How often.
    pub count: u64,
    /// The last one in words: limit, value, what would have been allowed.
    pub last: String,
}

/// Equity over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CurvePoint {
    /// Milliseconds since the Unix epoch, event time.
    pub time_ms: u64,
    /// Equity less capital of all strategies.
    pub pnl: String,
}

/// Something that happened, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TailLine {
    /// Counts lines from 1.
    pub number: u64,
    /// Event that it belongs to.
    pub seq: u64,
    /// Its time.
    pub time: String,
    /// Name of the event or the decision.
    pub name: String,
    /// Whose; empty where it is nobody's.
    pub strategy: String,
    /// `plain`, `good` or `bad`.
    pub tone: String,
    /// What it says.
    pub text: String,
}

/// What became of an intent from outside: one step of its life, or of its order's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionReport {
    /// The sender's name of the intent.
    pub intent_id: String,
    /// Strategy that it was sent for.
    pub strategy: String,
    /// The leg as it is named in the journal.
    pub leg: String,
    /// Event behind which this was so.
    pub seq: u64,
    /// Its time.
    pub time: String,
    /// EMITTED, MALFORMED, NORMALISED, DENIED, ALLOWED, QUEUED, DISPATCHED, and so on; or the name of the venue's report.
    pub status: String,
    /// Code of a denial, a refusal, a reject; empty otherwise.
    pub code: String,
    /// Everything that it says.
    pub text: String,
}

/// An intent from outside, and what became of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntentStatus {
    /// The sender's name of it.
    pub intent_id: String,
    /// Strategy that it was sent for.
    pub strategy: String,
    /// As it is named in the journal; absent while the session has not come to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// What became of it, in order.
    pub reports: Vec<ExecutionReport>,
}
