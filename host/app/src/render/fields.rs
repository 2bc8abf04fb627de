//! Fields: named values in order.
//!
//! In: names with values. Out: a JSON object, or `name=value` text. Must never: lose a field in one of the two.

use serde_json::{Map, Value as Json};

/// Named values in the order they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(&'static str, Json)>);

impl Fields {
    /// No fields.
    pub(crate) fn new() -> Fields {
        Fields::default()
    }

    /// With one more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Json>) -> Fields {
        self.0.push((name, value.into()));
        self
    }

    /// With one more where there is a value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<Json>>) -> Fields {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With all of these.
    pub(crate) fn and(mut self, others: Fields) -> Fields {
        self.0.extend(others.0);
        self
    }

    /// A JSON object.
    pub(crate) fn json(self) -> Json {
        Json::Object(self.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }

    /// `name=value` with spaces between; text that holds a space or nothing stands in quotes.
    pub(crate) fn text(&self) -> String {
        self.shown().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    /// Names with their values as text shows them.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.0.iter().map(|(name, value)| {
            let value = match value.as_str() {
                Some(text) if is_bare(text) => text.to_owned(),
                Some(text) => quoted(text),
                None => value.to_string(),
            };
            (*name, value)
        })
    }
}

fn is_bare(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || is_obeyed(c))
}

/// As in JSON, and what JSON lets through but a terminal would obey is escaped too: texts of strategies stand here.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Json::from(text).to_string().chars() {
        if is_obeyed(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Controls, line separators, and marks that change the direction of writing.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}
