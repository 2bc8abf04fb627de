//! Scripts of faults: what may be written down?
//!
//! In: TOML or JSON. Out: rules that make sense. Must never: accept a fault at a place where it cannot happen.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{SeenMessage, SeenRequest};
use crate::amount::Amount;

/// Largest message that a script may make up.
const BOMB_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Rules, asked in this order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// When.
    pub when: When,
    /// What.
    pub fault: Fault,
}

/// When a rule fires: at a request, at a message, or, if it names neither, by time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// A path, with its verb or without: `POST /api/v3/order`.
    pub request: Option<String>,
    /// A message's event, with what was done to an order or without: `executionReport:TRADE`; `*` for any.
    pub message: Option<String>,
    /// Part of a stream's name.
    pub stream: Option<String>,
    /// Only of this symbol.
    pub symbol: Option<String>,
    /// Only of this account.
    pub account: Option<String>,
    /// Not before this much time after the rule was added.
    pub after_ms: u64,
    /// At the first match, or at a later one.
    pub nth: u64,
    /// How often from then on.
    pub times: u64,
}

impl Default for When {
    fn default() -> Self {
        Self { request: None, message: None, stream: None, symbol: None, account: None, after_ms: 0, nth: 1, times: 1 }
    }
}

/// Which documented wording a 503 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unavailable {
    /// Nobody knows whether it was done.
    Unknown,
    /// It was not done.
    Unavailable,
    /// It was not done.
    Internal,
}

/// A half of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The cancel.
    Cancel,
    /// The new order.
    Order,
}

impl Half {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Order => "order",
        }
    }
}

/// How a body differs from what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drift {
    /// Path to the object, from the outside in.
    pub within: Vec<String>,
    /// Fields that are missing.
    pub remove: Vec<String>,
    /// Fields that are there as well.
    pub add: BTreeMap<String, Value>,
    /// Fields with another name.
    pub rename: BTreeMap<String, String>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Request: done, and the connection is closed without a word.
    LostAck,
    /// Request: not done, and the connection is closed without a word.
    LostSubmit,
    /// Request: status 503.
    Unavailable {
        /// In which words.
        text: Unavailable,
        /// Whether it is done all the same.
        #[serde(default)]
        is_processed: bool,
    },
    /// Request: status 429.
    TooMany {
        /// What `Retry-After` says, if it is there.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// Request: status 418.
    Banned {
        /// For how long, as the answer says.
        seconds: u64,
    },
    /// Request: refused with -1021.
    StaleTimestamp,
    /// Request: answered late.
    Slow {
        /// By this much.
        ms: u64,
    },
    /// Request: the connection is closed within the body.
    CutResponse {
        /// After so many bytes.
        bytes: usize,
    },
    /// A new order: filled, and the fill told, before it is answered.
    FillBeforeAck {
        /// How long before.
        ms: u64,
    },
    /// A cancel: confirmed, and then the order fills all the same.
    LateFill {
        /// When that is told.
        ms: u64,
    },
    /// A new order: fills by more than it wanted.
    Overfill {
        /// By how much more.
        qty: Amount,
    },
    /// A replacement: one half fails.
    ReplaceHalf {
        /// Which.
        half: Half,
    },
    /// Request or message: fields are missing, added or renamed.
    Drift(Drift),
    /// Message: told twice.
    Duplicate,
    /// Message: not told.
    Lose,
    /// Message: told late.
    Delay {
        /// By this much.
        ms: u64,
    },
    /// Message: from here on nothing but pings on this socket.
    Stall {
        /// For this long.
        ms: u64,
    },
    /// Message: the connection is gone within it.
    CutStream {
        /// After so many bytes.
        bytes: usize,
    },
    /// Message: followed by a huge one.
    FrameBomb {
        /// Of so many bytes.
        bytes: usize,
    },
    /// Anywhere: the exchange's clock is off.
    ClockSkew {
        /// By this much; below zero is behind.
        ms: i64,
    },
    /// Anywhere: what `POST /local/market` can do.
    Market {
        /// The same words.
        command: Value,
    },
}

/// Why a script cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The text is not what it should be.
    #[error("{0}")]
    Text(String),
    /// A rule has a fault that cannot happen there.
    #[error("rule {rule}: {fault} happens at a {place}")]
    Misplaced {
        /// Which rule, from one.
        rule: usize,
        /// The fault.
        fault: &'static str,
        /// Where it can happen.
        place: &'static str,
    },
    /// A rule names both a request and a message.
    #[error("rule {0}: it names both a request and a message")]
    TwoPlaces(usize),
    /// A rule counts from zero.
    #[error("rule {0}: nth and times count from 1")]
    Zero(usize),
    /// A message would be too large.
    #[error("rule {0}: a message of more than {BOMB_BYTES_MAX} bytes")]
    TooLarge(usize),
}

impl Script {
    /// Of TOML text.
    ///
    /// # Errors
    /// When it is malformed, or a rule makes no sense.
    pub fn parse_toml(text: &str) -> Result<Self, ScriptError> {
        toml::from_str::<Self>(text).map_err(|fault| ScriptError::Text(fault.to_string()))?.checked()
    }

    /// Of JSON text.
    ///
    /// # Errors
    /// As [`Self::parse_toml`].
    pub fn parse_json(text: &str) -> Result<Self, ScriptError> {
        serde_json::from_str::<Self>(text).map_err(|fault| ScriptError::Text(fault.to_string()))?.checked()
    }

    fn checked(self) -> Result<Self, ScriptError> {
        for (at, rule) in self.rules.iter().enumerate() {
            rule.check(at + 1)?;
        }
        Ok(self)
    }
}

impl Rule {
    fn check(&self, number: usize) -> Result<(), ScriptError> {
        if self.when.nth == 0 || self.when.times == 0 {
            return Err(ScriptError::Zero(number));
        }
        if self.when.request.is_some() && self.when.is_of_message() {
            return Err(ScriptError::TwoPlaces(number));
        }
        if matches!(self.fault, Fault::FrameBomb { bytes } if bytes > BOMB_BYTES_MAX) {
            return Err(ScriptError::TooLarge(number));
        }
        let (can_request, can_message, can_time) = self.fault.places();
        let (is_request, is_message) = (self.when.request.is_some(), self.when.is_of_message());
        let is_fine =
            (is_request && can_request) || (is_message && can_message) || (!is_request && !is_message && can_time);
        let place = if can_request { "request" } else { "message" };
        if is_fine { Ok(()) } else { Err(ScriptError::Misplaced { rule: number, fault: self.fault.name(), place }) }
    }
}

impl When {
    fn is_of_message(&self) -> bool {
        self.message.is_some() || self.stream.is_some()
    }

    pub(super) fn is_of_time(&self) -> bool {
        self.request.is_none() && !self.is_of_message()
    }

    pub(super) fn fits_request(&self, seen: &SeenRequest) -> bool {
        let Some(request) = &self.request else { return false };
        let (method, path) = request.split_once(' ').unwrap_or((seen.method, request));
        method == seen.method && path == seen.path && self.fits(seen.symbol, seen.account)
    }

    pub(super) fn fits_message(&self, seen: &SeenMessage) -> bool {
        let fits_event = |wanted: &String| {
            let (event, detail) = wanted.split_once(':').unwrap_or((wanted, seen.detail));
            (event == "*" || event == seen.event) && detail == seen.detail
        };
        self.is_of_message()
            && self.message.as_ref().is_none_or(fits_event)
            && self.stream.as_ref().is_none_or(|part| seen.stream.contains(part.as_str()))
            && self.fits(seen.symbol, seen.account)
    }

    fn fits(&self, symbol: Option<&str>, account: Option<&str>) -> bool {
        let is = |wanted: &Option<String>, there: Option<&str>| wanted.is_none() || wanted.as_deref() == there;
        is(&self.symbol, symbol) && is(&self.account, account)
    }
}

impl Fault {
    /// As scripts call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::LostAck => "lost_ack",
            Self::LostSubmit => "lost_submit",
            Self::Unavailable { .. } => "unavailable",
            Self::TooMany { .. } => "too_many",
            Self::Banned { .. } => "banned",
            Self::StaleTimestamp => "stale_timestamp",
            Self::Slow { .. } => "slow",
            Self::CutResponse { .. } => "cut_response",
            Self::FillBeforeAck { .. } => "fill_before_ack",
            Self::LateFill { .. } => "late_fill",
            Self::Overfill { .. } => "overfill",
            Self::ReplaceHalf { .. } => "replace_half",
            Self::Drift(_) => "drift",
            Self::Duplicate => "duplicate",
            Self::Lose => "lose",
            Self::Delay { .. } => "delay",
            Self::Stall { .. } => "stall",
            Self::CutStream { .. } => "cut_stream",
            Self::FrameBomb { .. } => "frame_bomb",
            Self::ClockSkew { .. } => "clock_skew",
            Self::Market { .. } => "market",
        }
    }

    /// Whether it can happen at a request, at a message, by time.
    fn places(&self) -> (bool, bool, bool) {
        match self {
            Self::LostAck
            | Self::LostSubmit
            | Self::Unavailable { .. }
            | Self::TooMany { .. }
            | Self::Banned { .. } => (true, false, false),
            Self::StaleTimestamp | Self::Slow { .. } | Self::CutResponse { .. } | Self::ReplaceHalf { .. } => {
                (true, false, false)
            }
            Self::FillBeforeAck { .. } | Self::LateFill { .. } | Self::Overfill { .. } => (true, false, false),
            Self::Drift(_) => (true, true, false),
            Self::Duplicate | Self::Lose | Self::Delay { .. } | Self::Stall { .. } => (false, true, false),
            Self::CutStream { .. } | Self::FrameBomb { .. } => (false, true, false),
            Self::ClockSkew { .. } => (true, false, true),
            Self::Market { .. } => (true, true, true),
        }
    }
}
