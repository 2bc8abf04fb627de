//! Reading: which values does a written table give, and what is wrong with it?
//!
//! In: a tree of written values and the description of its keys. Out: checked values, and one problem for each unknown
//! key, missing key and wrong value. Must never: stop early, or know what a key is for.

use std::collections::{BTreeMap, BTreeSet};

use super::checked::{Checked, Entry, Table};
use super::document::{Node, Nodes, Value, parse_value};
use super::kind::{Key, Kind, Need, takes_profile};
use super::nearest::nearest;
use super::problem::{ConfigCode, Origin, Problem, Problems};
use super::value::{is_clean, scalar};

/// Reads a table. Its problems are noted; what is right is in the result.
pub(super) fn table(place: Place<'_>, nodes: &Nodes, keys: &'static [Key], problems: &mut Problems) -> Table {
    note_unknown(&place, nodes, keys, problems);
    let (mut entries, mut wrong) = (BTreeMap::new(), BTreeSet::new());
    for key in keys {
        let inner = place.child(key.name);
        let (value, origin) = match nodes.get(key.name) {
            Some(node) => (written(&inner, node, key, problems), node.origin.clone()),
            None => (absent(&inner, (place.origin, &entries), key, problems), Origin::Default),
        };
        if value.as_ref().zip(nodes.get(key.name)).is_some_and(|(value, node)| lacks_items(value, node)) {
            wrong.insert(key.name.to_owned());
        }
        match value {
            Some(value) => drop(entries.insert(key.name.to_owned(), Entry { value, origin })),
            None if nodes.contains_key(key.name) => drop(wrong.insert(key.name.to_owned())),
            None => {}
        }
    }
    Table { key: place.key, origin: place.origin.clone(), entries, wrong }
}

/// The tables of a file that holds nothing else; they are the caller's to read.
pub(super) fn entries<'a>(place: &Place<'_>, nodes: &'a Nodes, key: &Key, problems: &mut Problems) -> &'a [Node] {
    note_unknown(place, nodes, &[*key], problems);
    let inner = place.child(key.name);
    match nodes.get(key.name).map(|node| (node, &node.value)) {
        Some((_, Value::List(items))) if !items.is_empty() => return items,
        Some((node, Value::List(_))) => problems.add(missing(&inner, &node.origin, &key.kind)),
        Some((node, _)) => problems.add(wrong(&inner, node, &key.kind, ConfigCode::Type)),
        None => problems.add(missing(&inner, place.origin, &key.kind)),
    }
    &[]
}

/// Tables that have to be there are at least one.
fn written(place: &str, node: &Node, key: &Key, problems: &mut Problems) -> Option<Checked> {
    let is_list = matches!(key.kind, Kind::Tables(_));
    match &node.value {
        Value::List(items) if is_list && items.is_empty() && key.need == Need::Required => {
            problems.add(Problem {
                value: Some("[]".to_owned()),
                message: format!("empty, expected {}", wanted(&key.kind)),
                ..missing(place, &node.origin, &key.kind)
            });
            None
        }
        Value::List(_) | Value::Table(_) | Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Time(_) => {
            value(place, node, &key.kind, problems)
        }
    }
}

/// A table's dotted key and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    /// Dotted key; empty for the whole file.
    pub(super) key: String,
    /// Where it begins.
    pub(super) origin: &'a Origin,
}

impl Place<'_> {
    fn child(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }
}

fn note_unknown(place: &Place<'_>, nodes: &Nodes, keys: &[Key], problems: &mut Problems) {
    for (name, node) in nodes.iter().filter(|(name, _)| keys.iter().all(|key| key.name != *name)) {
        let names = keys.iter().map(|key| key.name);
        problems.add(Problem {
            origin: node.origin.clone(),
            key: place.child(name),
            value: None,
            code: ConfigCode::UnknownKey,
            message: "unknown key".to_owned(),
            fix: Some(match nearest(name, names.clone()) {
                Some(known) => format!("did you mean {known}?"),
                None => format!("known here: {}", names.collect::<Vec<_>>().join(", ")),
            }),
        });
    }
}

fn absent(
    key: &str,
    (origin, before): (&Origin, &BTreeMap<String, Entry>),
    described: &Key,
    problems: &mut Problems,
) -> Option<Checked> {
    let mut default = |text| value(key, &parse_value(text, &Origin::Default), &described.kind, problems);
    match described.need {
        Need::Default(text) => default(text),
        // Without a choice that is right there is a problem already.
        Need::DefaultBy(choice, cases) => {
            let chosen = before.get(choice).map(|entry| &entry.value);
            let case = cases.iter().find(|(word, _)| chosen == Some(&Checked::Text((*word).to_owned())));
            case.and_then(|(_, text)| default(text))
        }
        Need::Optional => None,
        Need::Required => {
            problems.add(missing(key, origin, &described.kind));
            None
        }
    }
}

fn missing(key: &str, origin: &Origin, kind: &Kind) -> Problem {
    Problem {
        origin: origin.clone(),
        key: key.to_owned(),
        value: None,
        code: ConfigCode::Missing,
        message: format!("missing, expected {}", wanted(kind)),
        fix: fix_of_missing(kind),
    }
}

fn fix_of_missing(kind: &Kind) -> Option<String> {
    let can_be_off = matches!(kind, Kind::OrOff(_)) || matches!(kind, Kind::Choice(words) if words.contains(&"off"));
    if can_be_off {
        return Some("a limit has no default".to_owned());
    }
    let Kind::Table(keys) = kind else { return None };
    takes_profile(keys).then(|| "or write profile = \"backtest-wide@1\" there to try something".to_owned())
}

/// What a missing key should have been; for tables with the keys they must have.
fn wanted(kind: &Kind) -> String {
    let (Kind::Table(keys) | Kind::Tables(keys)) = kind else { return kind.allowed() };
    let required: Vec<_> = keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    format!("{} with {}", kind.allowed(), required.join(", "))
}

fn value(key: &str, node: &Node, kind: &Kind, problems: &mut Problems) -> Option<Checked> {
    match (kind, &node.value) {
        (Kind::Table(keys), Value::Table(nodes)) => {
            let place = Place { key: key.to_owned(), origin: &node.origin };
            Some(Checked::Table(table(place, nodes, keys, problems)))
        }
        (Kind::Tables(keys), Value::List(items)) => Some(tables(key, items, keys, problems)),
        (Kind::List(inner), Value::List(items)) => Some(list(key, items, inner, problems)),
        (Kind::Map(inner), Value::Table(nodes)) => {
            let place = Place { key: key.to_owned(), origin: &node.origin };
            Some(Checked::Table(map(place, nodes, inner, problems)))
        }
        (kind, written) => match scalar(written, kind) {
            Ok(value) => Some(value),
            Err(code) => {
                problems.add(wrong(key, node, kind, code));
                None
            }
        },
    }
}

/// A value that its key does not allow.
pub(super) fn wrong(key: &str, node: &Node, kind: &Kind, code: ConfigCode) -> Problem {
    Problem {
        origin: node.origin.clone(),
        key: key.to_owned(),
        value: Some(node.value.shown()),
        code,
        message: format!("expected {}", kind.allowed()),
        fix: fix_of(node, kind),
    }
}

fn fix_of(node: &Node, kind: &Kind) -> Option<String> {
    match (kind, &node.value) {
        (Kind::Choice(words), Value::Text(text)) => {
            nearest(text, words.iter().copied()).map(|word| format!("did you mean \"{word}\"?"))
        }
        (Kind::OrOff(inner), _) => fix_of(node, inner),
        (Kind::Tables(_), Value::Table(_)) => Some("write [[…]] for each".to_owned()),
        (_, _) => None,
    }
}

/// Entries are named by their first key, which must be unique.
fn tables(key: &str, items: &[Node], keys: &'static [Key], problems: &mut Problems) -> Checked {
    let id = keys[0].name;
    let mut seen: Vec<(String, &Origin)> = Vec::new();
    let mut entries = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Table(nodes) = &item.value else {
            problems.add(wrong(key, item, &Kind::Table(keys), ConfigCode::Type));
            continue;
        };
        let name = match nodes.get(id).map(|node| &node.value) {
            Some(Value::Text(name)) => name.clone(),
            Some(_) | None => index.to_string(),
        };
        match seen.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => problems.add(duplicate(format!("{key}.{name}.{id}"), &name, item, first)),
            None => seen.push((name.clone(), &item.origin)),
        }
        let place = Place { key: format!("{key}.{name}"), origin: &item.origin };
        let value = Checked::Table(table(place, nodes, keys, problems));
        entries.push(Entry { value, origin: item.origin.clone() });
    }
    Checked::List(entries)
}

fn duplicate(key: String, name: &str, item: &Node, first: &Origin) -> Problem {
    Problem {
        origin: item.origin.clone(),
        key,
        value: Some(format!("{name:?}")),
        code: ConfigCode::Duplicate,
        message: format!("the name is taken at {first}"),
        fix: None,
    }
}

/// True of a list of which something that was written is wrong.
fn lacks_items(read: &Checked, node: &Node) -> bool {
    matches!((read, &node.value), (Checked::List(read), Value::List(written)) if read.len() < written.len())
}

fn list(key: &str, items: &[Node], inner: &Kind, problems: &mut Problems) -> Checked {
    let read = |item: &Node| {
        let value = value(key, item, inner, problems)?;
        Some(Entry { value, origin: item.origin.clone() })
    };
    Checked::List(items.iter().filter_map(read).collect())
}

fn map(place: Place<'_>, nodes: &Nodes, inner: &Kind, problems: &mut Problems) -> Table {
    let (mut entries, mut refused) = (BTreeMap::new(), BTreeSet::new());
    for (name, node) in nodes {
        let key = place.child(name);
        if !is_clean(name) {
            problems.add(wrong(&place.key, node, &Kind::Text, ConfigCode::Value));
        } else if let Some(value) = value(&key, node, inner, problems) {
            entries.insert(name.clone(), Entry { value, origin: node.origin.clone() });
        } else {
            refused.insert(name.clone());
        }
    }
    Table { key: place.key, origin: place.origin.clone(), entries, wrong: refused }
}
