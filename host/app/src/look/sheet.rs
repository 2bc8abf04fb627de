//! Sheets: how are rows of named fields lined up for people?
//!
//! In: a name and rows of fields. Out: a table with a column per field, or an array of objects. Must never: drop a field of
//! a row.

use std::fmt;

use serde_json::Value as Json;

use crate::render::Fields;
use crate::table::lined_up;

/// A part of what is true.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    rows: Vec<Fields>,
    /// There is always one row, which is an object.
    is_one: bool,
}

impl Section {
    /// Any number of rows.
    pub(crate) fn list(name: &'static str, rows: impl IntoIterator<Item = Fields>) -> Section {
        Section { name, rows: rows.into_iter().collect(), is_one: false }
    }

    /// One row.
    pub(crate) fn one(name: &'static str, row: Fields) -> Section {
        Section { name, rows: vec![row], is_one: true }
    }

    /// Rows as an array, or the one row as an object.
    pub(crate) fn json(self) -> Json {
        let mut rows: Vec<Json> = self.rows.into_iter().map(Fields::json).collect();
        if self.is_one { rows.pop().unwrap_or_default() } else { rows.into() }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return write!(f, "{}: none", self.name);
        }
        let rows: Vec<Vec<(&str, String)>> = self.rows.iter().map(|row| row.shown().collect()).collect();
        let mut head: Vec<&str> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !head.contains(name) {
                head.push(name);
            }
        }
        let cell = |row: &[(&str, String)], name: &str| {
            row.iter().find(|(known, _)| *known == name).map_or("-".to_owned(), |(_, value)| value.clone())
        };
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| head.iter().map(|name| cell(row, name)).collect()).collect();
        let cells: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        write!(f, "{}\n{}", self.name, lined_up(&head, &cells))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn fields_stand_under_each_other_and_absent_ones_are_shown_as_absent() {
        let rows = [
            Fields::new().with("order", "1/7").with("side", "buy").with("qty", "100").with("limit", "9.5"),
            Fields::new().with("order", "1/8").with("side", "sell").with("qty", "5").with("note", "a b"),
        ];
        expect![[r#"
            orders
              order  side  qty  limit  note
              1/7    buy   100    9.5  -
              1/8    sell    5      -  "a b""#]]
        .assert_eq(&Section::list("orders", rows).to_string());
        assert_eq!(Section::list("orders", []).to_string(), "orders: none");
        assert_eq!(Section::list("orders", []).json().to_string(), "[]");
        assert_eq!(Section::one("control", Fields::new().with("kill", "off")).json().to_string(), r#"{"kill":"off"}"#);
    }
}
