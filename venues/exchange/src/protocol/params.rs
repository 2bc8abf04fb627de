//! Parameters: what did a request say?
//!
//! In: query and body, percent-encoded. Out: values, or the refusal for one that is missing or malformed. Must never:
//! take the first of two values for one name in silence.

use super::fault::ApiFault;
use crate::amount::{Amount, Malformed};

/// Parameters of a request, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Of query and body.
    pub(crate) fn parse(query: &str, body: &str) -> Result<Self, ApiFault> {
        let mut params = Self::default();
        for pair in query.split('&').chain(body.split('&')).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            if params.pairs.iter().any(|(other, _)| *other == name) {
                return Err(ApiFault::new(-1101, "Duplicate values for a parameter detected."));
            }
            params.pairs.push((name, value));
        }
        Ok(params)
    }

    pub(crate) fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn needed(&self, name: &str) -> Result<&str, ApiFault> {
        self.text(name).ok_or_else(|| ApiFault::mandatory(name))
    }

    pub(crate) fn amount(&self, name: &str) -> Result<Option<Amount>, ApiFault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match Amount::parse(text) {
            Ok(amount) if amount.is_negative() => Err(ApiFault::illegal(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$")),
            Ok(amount) => Ok(Some(amount)),
            Err(Malformed::Precision) => {
                Err(ApiFault::new(-1111, format!("Parameter '{name}' has too much precision.")))
            }
            Err(Malformed::Syntax | Malformed::Range) => {
                Err(ApiFault::illegal(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$"))
            }
        }
    }

    pub(crate) fn amount_needed(&self, name: &str) -> Result<Amount, ApiFault> {
        self.amount(name)?.ok_or_else(|| ApiFault::mandatory(name))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, ApiFault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| ApiFault::illegal(name, "^[0-9]{1,20}$"))
    }

    pub(crate) fn number_needed(&self, name: &str) -> Result<u64, ApiFault> {
        self.number(name)?.ok_or_else(|| ApiFault::mandatory(name))
    }

    /// A number between one and `most`, `usual` when it is not said.
    pub(crate) fn limit(&self, usual: u64, most: u64) -> Result<usize, ApiFault> {
        let limit = self.number("limit")?.unwrap_or(usual).clamp(1, most);
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    pub(crate) fn is_true(&self, name: &str) -> Result<bool, ApiFault> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiFault::new(-1130, format!("Data sent for parameter '{name}' is not valid."))),
        }
    }
}

/// Undoes percent-encoding; what is no encoding stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(query: &str, want: Expect) {
        let shown = match Params::parse(query, "body=1") {
            Ok(params) => format!("{:?} {:?}", params.pairs(), params.amount("quantity")),
            Err(fault) => fault.body().to_string(),
        };
        want.assert_eq(&shown);
    }

    #[test]
    fn parameters_are_decoded_and_may_not_come_twice() {
        check("a=%5B%22B%22%5D&b=x+y", expect![[r#"[("a", "[\"B\"]"), ("b", "x y"), ("body", "1")] Ok(None)"#]]);
        check(
            "quantity=1.5&broken=%zz",
            expect![[r#"[("quantity", "1.5"), ("broken", "%zz"), ("body", "1")] Ok(Some(Amount(150000000)))"#]],
        );
        check("body=2", expect![[r#"{"code":-1101,"msg":"Duplicate values for a parameter detected."}"#]]);
    }
}
