//! Reading: is this field there, and is it what it has to be?
//!
//! In: a JSON object and the name of the message. Out: typed values, or which field of which message is wrong.
//! Must never: mind a field that nobody asked for, or take a value of another kind for the one meant.

use crate::codec::json::{Json, JsonError, Limits, parse};
use crate::codec::number::Number;

/// Why bytes are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not JSON, or beyond the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The message is not an object or list as it should be.
    #[error("{message} is no {want}")]
    Shape {
        /// Message.
        message: &'static str,
        /// What it has to be.
        want: &'static str,
    },
    /// A field is missing.
    #[error("{message} has no field {field}")]
    Missing {
        /// Message.
        message: &'static str,
        /// Field.
        field: &'static str,
    },
    /// A field is there, and is not what it has to be.
    #[error("field {field} of {message} is no {want}")]
    Wrong {
        /// Message.
        message: &'static str,
        /// Field.
        field: &'static str,
        /// What it has to be.
        want: &'static str,
    },
}

/// What reading gives.
pub type Read<T> = Result<T, CodecError>;

/// Reads an answer as one document.
///
/// # Errors
/// [`CodecError::Json`].
pub fn answer(bytes: &[u8]) -> Read<Json<'_>> {
    Ok(parse(bytes, Limits::ANSWER)?)
}

/// The fields of an object of a message.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'j, 'a> {
    message: &'static str,
    fields: &'j [(std::borrow::Cow<'a, str>, Json<'a>)],
}

impl<'j, 'a> Fields<'j, 'a> {
    /// The fields of an object.
    ///
    /// # Errors
    /// [`CodecError::Shape`] where it is none.
    pub fn of(message: &'static str, json: &'j Json<'a>) -> Read<Fields<'j, 'a>> {
        match json {
            Json::Object(fields) => Ok(Fields { message, fields }),
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => {
                Err(CodecError::Shape { message, want: "object" })
            }
        }
    }

    /// The same fields, as another message in errors.
    #[must_use]
    pub fn named(&self, message: &'static str) -> Fields<'j, 'a> {
        Fields { message, ..*self }
    }

    /// The value of a field; `None` where it is missing or null.
    #[must_use]
    pub fn find(&self, field: &str) -> Option<&'j Json<'a>> {
        let (_, value) = self.fields.iter().rev().find(|(name, _)| name == field)?;
        (*value != Json::Null).then_some(value)
    }

    /// An error about a field.
    #[must_use]
    pub fn wrong(&self, field: &'static str, want: &'static str) -> CodecError {
        CodecError::Wrong { message: self.message, field, want }
    }

    fn need(&self, field: &'static str) -> Read<&'j Json<'a>> {
        self.find(field).ok_or(CodecError::Missing { message: self.message, field })
    }

    /// Text.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no text.
    pub fn text(&self, field: &'static str) -> Read<&'j str> {
        self.need(field)?;
        self.text_if(field)?.ok_or(CodecError::Missing { message: self.message, field })
    }

    /// Text that may be missing.
    ///
    /// # Errors
    /// [`CodecError`] where it is there and no text.
    pub fn text_if(&self, field: &'static str) -> Read<Option<&'j str>> {
        match self.find(field) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(field, "text")),
        }
    }

    /// A decimal, as a number or as text.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no number.
    pub fn number(&self, field: &'static str) -> Read<Number> {
        number(self.need(field)?).ok_or_else(|| self.wrong(field, "number"))
    }

    /// A decimal that may be missing or empty.
    ///
    /// # Errors
    /// [`CodecError`] where it is there and no number.
    pub fn number_if(&self, field: &'static str) -> Read<Option<Number>> {
        match self.find(field) {
            None => Ok(None),
            Some(Json::Text(text)) if text.is_empty() => Ok(None),
            Some(json) => number(json).map(Some).ok_or_else(|| self.wrong(field, "number")),
        }
    }

    /// A whole number from 0, as a number or as text.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no such number.
    pub fn whole(&self, field: &'static str) -> Read<u64> {
        self.need(field)?;
        self.whole_if(field)?.ok_or(CodecError::Missing { message: self.message, field })
    }

    /// A whole number from 0 that may be missing.
    ///
    /// # Errors
    /// [`CodecError`] where it is there and no such number.
    pub fn whole_if(&self, field: &'static str) -> Read<Option<u64>> {
        let Some(json) = self.find(field) else { return Ok(None) };
        let text = match json {
            Json::Number(text) => text,
            Json::Text(text) => text.as_ref(),
            Json::Null | Json::Flag(_) | Json::List(_) | Json::Object(_) => "",
        };
        text.parse().map(Some).map_err(|_| self.wrong(field, "whole number"))
    }

    /// A whole number of either sign.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no such number.
    pub fn signed(&self, field: &'static str) -> Read<i64> {
        let text = match self.need(field)? {
            Json::Number(text) => text,
            Json::Text(text) => text.as_ref(),
            Json::Null | Json::Flag(_) | Json::List(_) | Json::Object(_) => "",
        };
        text.parse().map_err(|_| self.wrong(field, "whole number"))
    }

    /// True or false; also as text.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or neither.
    pub fn flag(&self, field: &'static str) -> Read<bool> {
        match self.need(field)? {
            Json::Flag(flag) => Ok(*flag),
            Json::Text(text) if text == "true" => Ok(true),
            Json::Text(text) if text == "false" => Ok(false),
            Json::Null | Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
                Err(self.wrong(field, "flag"))
            }
        }
    }

    /// A list.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no list.
    pub fn list(&self, field: &'static str) -> Read<&'j [Json<'a>]> {
        match self.need(field)? {
            Json::List(list) => Ok(list),
            Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
                Err(self.wrong(field, "list"))
            }
        }
    }

    /// A list that may be missing, as an empty one.
    ///
    /// # Errors
    /// [`CodecError`] where it is there and no list.
    pub fn list_if(&self, field: &'static str) -> Read<&'j [Json<'a>]> {
        if self.find(field).is_some() { self.list(field) } else { Ok(&[]) }
    }

    /// An object.
    ///
    /// # Errors
    /// [`CodecError`] where it is missing or no object.
    pub fn object(&self, field: &'static str) -> Read<Fields<'j, 'a>> {
        Fields::of(self.message, self.need(field)?).map_err(|_| self.wrong(field, "object"))
    }
}

/// The items of a list.
///
/// # Errors
/// [`CodecError::Shape`] where it is none.
pub fn items<'j, 'a>(message: &'static str, json: &'j Json<'a>) -> Read<&'j [Json<'a>]> {
    match json {
        Json::List(list) => Ok(list),
        Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
            Err(CodecError::Shape { message, want: "list" })
        }
    }
}

/// A decimal, as a number or as text.
#[must_use]
pub fn number(json: &Json<'_>) -> Option<Number> {
    match json {
        Json::Number(text) => Number::parse(text),
        Json::Text(text) => Number::parse(text),
        Json::Null | Json::Flag(_) | Json::List(_) | Json::Object(_) => None,
    }
}
