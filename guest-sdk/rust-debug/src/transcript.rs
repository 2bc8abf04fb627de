//! Question: what stands in a transcript?
//!
//! In: the JSON that `ringfence debug` writes. Out: its values. Must never take a transcript of another form.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Value;

use crate::export::wit;

/// Calls of a strategy up to an event.
#[derive(Debug, Deserialize)]
pub(crate) struct Transcript {
    #[serde(rename = "format", deserialize_with = "first_form")]
    _form: (),
    pub(crate) setup: (Vec<wit::Param>, Vec<wit::InstrumentView>),
    pub(crate) state: Option<Bytes>,
    pub(crate) calls: Vec<Call>,
}

/// One call of `on-event`.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) seq: u64,
    pub(crate) given: (wit::Event, wit::Context),
    pub(crate) imports: Vec<Import>,
    /// Code of the halt that it ended in.
    pub(crate) halted: Option<String>,
}

/// Function, arguments, results.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Import(pub(crate) String, pub(crate) Value, pub(crate) Value);

/// Bytes in hexadecimal digits.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes = text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>();
        bytes.map(Bytes).ok_or_else(|| D::Error::custom("state: hexadecimal digits are wanted"))
    }
}

fn first_form<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    match u64::deserialize(from)? {
        1 => Ok(()),
        other => Err(D::Error::custom(format!("a transcript of form {other}; this reads form 1"))),
    }
}
