//! Text: how is a checked configuration written down?
//!
//! In: checked values. Out: TOML that reads back to the same values from any folder, with sorted keys and one form per
//! value. Must never: depend on how the values were written, and, in the canonical form, hold a path.

use std::fmt::Write;

use ringfence_sandbox::Isolation;

use super::checked::{Checked, Entry, Table};
use super::problem::Origin;
use super::value::duration_text;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Everything, with defaults and profiles.
    Resolved,
    /// What stands in the file or a flag.
    Written,
    /// Everything but paths, because no hash covers a path.
    Canonical,
}

impl View {
    fn shows(self, entry: &Entry) -> bool {
        match self {
            View::Resolved => true,
            View::Written => !matches!(entry.origin, Origin::Default | Origin::Profile(_)),
            View::Canonical => !matches!(entry.value, Checked::Path(_)),
        }
    }
}

/// A section as TOML. `name` is its dotted key.
#[must_use]
pub(super) fn section(name: &str, entry: &Entry, view: View) -> String {
    let mut out = String::new();
    block(&mut out, &quoted_key(name), entry, view);
    out
}

/// Writes an entry that has a header of its own.
fn block(out: &mut String, key: &str, entry: &Entry, view: View) {
    match &entry.value {
        Checked::Table(table) => {
            header(out, &format!("[{key}]"));
            body(out, key, table, view);
        }
        Checked::List(items) => {
            for item in items {
                if let Checked::Table(table) = &item.value {
                    header(out, &format!("[[{key}]]"));
                    body(out, key, table, view);
                }
            }
        }
        Checked::Text(_)
        | Checked::Path(_)
        | Checked::Decimal(_)
        | Checked::Integer(_)
        | Checked::Duration(_)
        | Checked::Time(_)
        | Checked::Off => {}
    }
}

fn header(out: &mut String, header: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(header);
    out.push('\n');
}

/// Left out of the canonical form like paths: how often a record is signed changes nothing in it, and how events come to
/// strategies, or where an adapter runs, nothing that is decided.
const NOT_HASHED: [(&str, &str); 3] =
    [("journal", "checkpoint_every"), ("execution", "delivery"), ("venues", "isolation")];

/// In the canonical form it stands as its default, whatever is written: where a strategy runs changes nothing that happens, so a
/// session has the same hash, and the same journal, either way.
const ISOLATION: (&str, &str) = ("strategies", "isolation");

/// Plain values first, then what has a header: TOML wants it so.
fn body(out: &mut String, key: &str, table: &Table, view: View) {
    let is_shown = |name: &str, entry: &Entry| {
        view.shows(entry) && !(view == View::Canonical && NOT_HASHED.contains(&(key, name)))
    };
    let shown = || table.entries.iter().filter(|(name, entry)| is_shown(name, entry));
    for (name, entry) in shown().filter(|(_, entry)| !has_header(entry)) {
        let is_hidden = view == View::Canonical && (key, name.as_str()) == ISOLATION;
        let value = if is_hidden { quoted(Isolation::default().code()) } else { plain(entry) };
        writeln!(out, "{} = {value}", quoted_key(name)).expect("a String takes every write");
    }
    for (name, entry) in shown().filter(|(_, entry)| has_header(entry)) {
        block(out, &format!("{key}.{}", quoted_key(name)), entry, view);
    }
}

fn has_header(entry: &Entry) -> bool {
    match &entry.value {
        Checked::Table(_) => true,
        Checked::List(items) => items.iter().any(|item| matches!(item.value, Checked::Table(_))),
        Checked::Text(_)
        | Checked::Path(_)
        | Checked::Decimal(_)
        | Checked::Integer(_)
        | Checked::Duration(_)
        | Checked::Time(_)
        | Checked::Off => false,
    }
}

fn plain(entry: &Entry) -> String {
    match &entry.value {
        Checked::Text(text) => quoted(text),
        Checked::Path(_) => quoted(&entry.absolute_path().unwrap_or_default().to_string_lossy()),
        Checked::Decimal(value) => quoted(&value.to_string()),
        Checked::Integer(value) => value.to_string(),
        Checked::Duration(ns) => quoted(&duration_text(*ns)),
        Checked::Time(ns) => crate::calendar::time_text(*ns),
        Checked::Off => quoted("off"),
        Checked::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Checked::Table(_) => unreachable!("tables have a header"),
    }
}

fn quoted_key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// A basic TOML string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => write!(out, "\\u{:04X}", u32::from(c)).expect("a String takes every write"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
