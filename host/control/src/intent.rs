//! Intents from outside: what does JSON say that somebody wants, and can the core be told?
//!
//! In: JSON, the configuration in force. Out: an intent of the core in exact mantissas, or why not. Must never: round an
//! amount, or judge whether the intent is wise; Normalizer and Risk do.

mod words;

use std::str::FromStr;

use ringfence_core::config::{Config, GuestProfile};
use ringfence_core::external::{ExternalIntent, is_reference};
use ringfence_core::ids::{InstrumentId, IntentId, StrategyId, TimeNs};
use ringfence_core::instrument::Instrument;
use ringfence_core::intent::{
    Amend, Extras, IntentKind, NOTE_BYTES_MAX, NoteSpan, Size as CoreSize, Submit as CoreSubmit,
};
use ringfence_core::money::{Decimal, Price, Qty, Scale, mantissa};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

pub use words::{OrderType, PositionSide, Side, TimeInForce};

/// An intent of somebody outside: an agent, a runner, a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Intent {
    /// The sender's name of it: 1 to 64 visible ASCII characters, used once for a strategy.
    #[schema(min_length = 1, max_length = 64)]
    pub intent_id: String,
    /// Whose it is.
    pub labels: Labels,
    /// Environment it is meant for; refused where the session has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// What is wanted.
    #[serde(flatten)]
    pub wish: Wish,
}

/// Labels of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Name of a strategy with `profile = "external"`.
    pub strategy: String,
    /// Run it is meant for; refused where the session has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Wish {
    /// A new order.
    Submit(Submit),
    /// Cancel an order: the number of the intent that it came from.
    Cancel {
        /// Number of the intent within the strategy, as reports name it behind the slash.
        order: u64,
    },
    /// Change an order.
    Amend {
        /// Number of the intent within the strategy.
        order: u64,
        /// VENUE:SYMBOL of the order.
        instrument_id: String,
        /// New limit price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit_price: Option<String>,
        /// New total quantity, what is filled included.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<String>,
    },
    /// Cancel all orders of the strategy, of one instrument or of all.
    CancelAll {
        /// VENUE:SYMBOL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instrument_id: Option<String>,
    },
    /// The same, and close its positions.
    Flatten {
        /// VENUE:SYMBOL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instrument_id: Option<String>,
    },
    /// A line for the record.
    Note {
        /// At most 512 bytes.
        #[schema(max_length = 512)]
        text: String,
    },
}

/// A new order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submit {
    /// VENUE:SYMBOL, split at the first colon.
    pub instrument_id: String,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub size: Size,
    /// On which terms.
    pub constraints: Constraints,
}

/// How much: units, or value in the quote currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Size {
    /// So many units.
    Quantity {
        /// Exact decimal.
        value: String,
    },
    /// Units worth so much.
    Notional {
        /// Exact decimal.
        value: String,
        /// Currency; has to be the quote currency of the instrument.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ccy: Option<String>,
    },
}

/// Terms of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraints {
    /// Order type.
    pub order_type: OrderType,
    /// Limit price, for the types that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<String>,
    /// Price that triggers, for the types that wait for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<String>,
    /// How long it stands.
    #[serde(default)]
    pub tif: TimeInForce,
    /// When it ends, ns since the Unix epoch, for `gtd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_at_ns: Option<u64>,
    /// On a market order: becomes an IOC limit this far from the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_slippage_bps: Option<u32>,
    /// Must rest or be rejected.
    #[serde(default)]
    pub post_only: bool,
    /// May only make the position smaller.
    #[serde(default)]
    pub reduce_only: bool,
    /// Position it belongs to.
    #[serde(default)]
    pub position_side: PositionSide,
}

/// Why JSON is no intent for this session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntentError {
    /// The text is no such JSON.
    #[error("{0}")]
    Json(String),
    /// The name of the intent.
    #[error("intent_id has to be 1 to 64 visible ASCII characters")]
    Reference,
    /// There is no such strategy, or it has a component of its own.
    #[error("{0:?} is no strategy with profile = \"external\"")]
    Strategy(String),
    /// It is meant for another session.
    #[error("{what} is {session:?} here, the intent says {said:?}")]
    Elsewhere {
        /// `env`, `run` or `ccy`.
        what: &'static str,
        /// What it is here.
        session: String,
        /// What the intent says.
        said: String,
    },
    /// There is no such instrument.
    #[error("{0:?} is no instrument of this session")]
    Instrument(String),
    /// No decimal that the instrument's scale holds exactly.
    #[error("{key} {value:?} is no decimal with at most {digits} digits behind the point")]
    Amount {
        /// Which key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// Digits that the instrument has.
        digits: u8,
    },
    /// A note that is too long.
    #[error("a note has at most {NOTE_BYTES_MAX} bytes, this one has {0}")]
    Note(usize),
}

/// Reads JSON.
///
/// # Errors
/// [`IntentError::Json`].
pub fn read(json: &[u8]) -> Result<Intent, IntentError> {
    let wrong = |error: serde_json::Error| IntentError::Json(error.to_string());
    let said: Json = serde_json::from_slice(json).map_err(wrong)?;
    let intent: Intent = serde_json::from_value(said.clone()).map_err(wrong)?;
    let understood = serde_json::to_value(&intent).map_err(wrong)?;
    match unknown_key(&said, &understood) {
        Some(key) => Err(IntentError::Json(format!("unknown field `{key}`"))),
        None => Ok(intent),
    }
}

/// A key that was said and not understood: flattened and tagged values pass over those. What says nothing may be anything.
fn unknown_key(said: &Json, understood: &Json) -> Option<String> {
    let (Json::Object(said), Json::Object(understood)) = (said, understood) else { return None };
    said.iter().filter(|(_, value)| !value.is_null()).find_map(|(key, value)| match understood.get(key) {
        Some(known) => unknown_key(value, known).map(|inner| format!("{key}.{inner}")),
        None => Some(key.clone()),
    })
}

impl Intent {
    /// What the core is told.
    ///
    /// # Errors
    /// [`IntentError`] where it does not fit this configuration.
    ///
    /// # Panics
    /// Never: the length of a note was checked.
    pub fn for_core(&self, config: &Config) -> Result<ExternalIntent, IntentError> {
        if !is_reference(&self.intent_id) {
            return Err(IntentError::Reference);
        }
        let strategy = strategy(config, &self.labels.strategy)?;
        same("run", &config.run, self.labels.run.as_deref())?;
        same("env", config.env.code(), self.env.as_deref())?;
        let mut notes = Vec::new();
        let kind = match &self.wish {
            Wish::Submit(order) => IntentKind::Submit(submit(config, order)?),
            Wish::Cancel { order } => IntentKind::Cancel(IntentId(*order)),
            Wish::Amend { order, instrument_id, limit_price, quantity } => {
                let it = instrument(config, instrument_id)?;
                IntentKind::Amend(Amend {
                    order: IntentId(*order),
                    price: price("limit_price", limit_price.as_deref(), it)?,
                    qty: amount("quantity", quantity.as_deref(), it.qty_scale)?.map(Qty),
                    trigger: None,
                })
            }
            Wish::CancelAll { instrument_id } => IntentKind::CancelAll(only(config, instrument_id.as_deref())?),
            Wish::Flatten { instrument_id } => IntentKind::Flatten(only(config, instrument_id.as_deref())?),
            Wish::Note { text } if text.len() > NOTE_BYTES_MAX => return Err(IntentError::Note(text.len())),
            Wish::Note { text } => {
                notes.extend_from_slice(text.as_bytes());
                let len = u32::try_from(text.len()).expect("at most NOTE_BYTES_MAX");
                IntentKind::Note(NoteSpan { start: 0, len })
            }
        };
        Ok(ExternalIntent { strategy, reference: self.intent_id.clone(), kind, notes })
    }
}

/// A strategy that somebody outside may speak for.
fn strategy(config: &Config, name: &str) -> Result<StrategyId, IntentError> {
    let unknown = || IntentError::Strategy(name.to_owned());
    let at = config.strategies.iter().position(|slot| slot.name == name).ok_or_else(unknown)?;
    let is_external = config.strategies[at].profile == GuestProfile::External;
    let id = u16::try_from(at + 1).ok().map(StrategyId).filter(|_| is_external);
    id.ok_or_else(unknown)
}

fn same(what: &'static str, session: &str, said: Option<&str>) -> Result<(), IntentError> {
    match said {
        Some(said) if said != session => {
            Err(IntentError::Elsewhere { what, session: session.to_owned(), said: said.to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

fn instrument<'a>(config: &'a Config, symbol: &str) -> Result<&'a Instrument, IntentError> {
    let found = config.instruments.iter().find(|instrument| config.name(instrument.symbol) == Some(symbol));
    found.ok_or_else(|| IntentError::Instrument(symbol.to_owned()))
}

fn only(config: &Config, symbol: Option<&str>) -> Result<Option<InstrumentId>, IntentError> {
    symbol.map(|symbol| instrument(config, symbol).map(|instrument| instrument.id)).transpose()
}

fn submit(config: &Config, order: &Submit) -> Result<CoreSubmit, IntentError> {
    let it = instrument(config, &order.instrument_id)?;
    let terms = &order.constraints;
    let size = match &order.size {
        Size::Quantity { value } => CoreSize::Quantity(Qty(exact("size", value, it.qty_scale)?)),
        Size::Notional { value, ccy } => {
            same("ccy", config.currency(it.quote).map_or("", |currency| &currency.code), ccy.as_deref())?;
            CoreSize::Notional(exact("size", value, it.price_scale)?)
        }
    };
    Ok(CoreSubmit {
        instrument: it.id,
        side: order.side.of_core(),
        size,
        order_type: terms.order_type.of_core(),
        limit_price: price("limit_price", terms.limit_price.as_deref(), it)?,
        stop_price: price("stop_price", terms.stop_price.as_deref(), it)?,
        tif: terms.tif.of_core(),
        max_slippage_bps: terms.max_slippage_bps,
        post_only: terms.post_only,
        reduce_only: terms.reduce_only,
        position_side: terms.position_side.of_core(),
        extras: Extras { expire_at: TimeNs(terms.expire_at_ns.unwrap_or(0)), ..Extras::NONE },
    })
}

fn price(key: &'static str, text: Option<&str>, it: &Instrument) -> Result<Option<Price>, IntentError> {
    Ok(amount(key, text, it.price_scale)?.map(Price))
}

fn amount(key: &'static str, text: Option<&str>, scale: Scale) -> Result<Option<i64>, IntentError> {
    text.map(|text| exact(key, text, scale)).transpose()
}

fn exact(key: &'static str, value: &str, scale: Scale) -> Result<i64, IntentError> {
    let wrong = || IntentError::Amount { key, value: value.chars().take(40).collect(), digits: scale.digits() };
    let decimal = Decimal::from_str(value).map_err(|_| wrong())?;
    mantissa(decimal, scale).map_err(|_| wrong())
}

#[cfg(test)]
mod tests;
