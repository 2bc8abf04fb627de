//! Document: what did somebody write, and on which line?
//!
//! In: TOML text, or the value of a flag. Out: a tree in which every value knows its place and numbers are still text,
//! so that no decimal passes through a float. Must never: know a key, panic on any text.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::problem::{ConfigCode, Origin, Problem, Problems};

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// What was written.
    pub(super) value: Value,
    /// Where.
    pub(super) origin: Origin,
}

/// What was written. Numbers keep their digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Text in quotes, or any flag value that is nothing else.
    Text(String),
    /// An integer or a number with a point, without underscores, in base ten where it fits 128 bits.
    Number(String),
    /// `true` or `false`.
    Flag(bool),
    /// A date, a time or both.
    Time(toml::value::Datetime),
    /// `[…]` or repeated `[[…]]`.
    List(Vec<Node>),
    /// `{…}` or `[…]`.
    Table(Nodes),
}

/// Keys and values of a table.
pub(super) type Nodes = BTreeMap<String, Node>;

impl Value {
    /// How messages show it: text in quotes, lists and tables by their size.
    #[must_use]
    pub(super) fn shown(&self) -> String {
        match self {
            Value::Text(text) => format!("{:?}", shortened(text)),
            Value::Number(digits) => shortened(digits),
            Value::Flag(flag) => flag.to_string(),
            Value::Time(time) => time.to_string(),
            Value::List(items) => format!("a list of {}", items.len()),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

/// Values in messages end here.
const SHOWN_CHARS_MAX: usize = 60;

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS_MAX).chain(std::iter::once('…')).collect()
}

/// Syntax errors that are told of a file; one that is no TOML at all has one in every line.
const SYNTAX_MAX: usize = 10;

/// Reads a whole file's text. The first syntax errors are noted, and how many more there are; what could be read is
/// returned.
pub(super) fn parse(file: &str, text: &str, problems: &mut Problems) -> Nodes {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let more = errors.len().saturating_sub(SYNTAX_MAX);
    for (number, error) in errors.into_iter().take(SYNTAX_MAX + 1).enumerate() {
        let origin = match error.span() {
            Some(span) => Origin::Line(file.to_owned(), lines.number(span.start)),
            None => Origin::File(file.to_owned()),
        };
        problems.add(Problem {
            origin,
            key: String::new(),
            value: None,
            code: ConfigCode::Syntax,
            message: match number {
                SYNTAX_MAX => format!("and so on, {more} more; is this a TOML file?"),
                _ => error.message().trim().replace('\n', ", "),
            },
            fix: None,
        });
    }
    let place = |start: usize| Origin::Line(file.to_owned(), lines.number(start));
    table_of(table.get_ref(), &place)
}

/// Reads the value of a flag: a TOML value where it is one, otherwise plain text.
#[must_use]
pub(super) fn parse_value(text: &str, origin: &Origin) -> Node {
    match DeValue::parse(text) {
        Ok(value) => Node { value: value_of(value.get_ref(), &|_| origin.clone()), origin: origin.clone() },
        Err(_) => Node { value: Value::Text(text.to_owned()), origin: origin.clone() },
    }
}

type Place<'a> = dyn Fn(usize) -> Origin + 'a;

fn table_of(table: &DeTable<'_>, place: &Place<'_>) -> Nodes {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), node_of(value, key.span().start, place))).collect()
}

/// A value's place is its key's: a list over many lines is found where it begins.
fn node_of(value: &Spanned<DeValue<'_>>, start: usize, place: &Place<'_>) -> Node {
    Node { value: value_of(value.get_ref(), place), origin: place(start) }
}

fn value_of(value: &DeValue<'_>, place: &Place<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => Value::Number(base_ten(digits)),
        DeValue::Float(digits) => Value::Number(digits.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(time) => Value::Time(*time),
        DeValue::Array(items) => Value::List(list_of(items, place)),
        DeValue::Table(table) => Value::Table(table_of(table, place)),
    }
}

fn list_of(items: &DeArray<'_>, place: &Place<'_>) -> Vec<Node> {
    items.iter().map(|item| node_of(item, item.span().start, place)).collect()
}

fn base_ten(digits: &DeInteger<'_>) -> String {
    match i128::from_str_radix(digits.as_str(), digits.radix()) {
        Ok(number) => number.to_string(),
        Err(_) => digits.to_string(),
    }
}

/// Line numbers of byte offsets.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Lines {
        let after_break = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(after_break).collect() }
    }

    fn number(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
