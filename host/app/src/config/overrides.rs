//! Overrides: what does `--set key=value` change?
//!
//! In: the written tree and the flags, in order. Out: the tree as if the file had said so; an override's place is its
//! flag with the key. Must never: add an entry to a list, accept a path that leads nowhere, or show the value of a key
//! that does not exist (somebody may have thought that a secret belongs there).

use super::document::{Node, Nodes, Value, parse, parse_value};
use super::problem::{ConfigCode, Origin, Problem, Problems};

/// Applies each `key=value`. Entries of lists are chosen by number from 0 or by name (`strategies.ema.params.fast=10`).
pub(super) fn apply(root: &mut Nodes, flags: &[String], problems: &mut Problems) {
    for flag in flags {
        let key = flag.split_once('=').map_or(flag.as_str(), |(key, _)| key.trim_end());
        let origin = Origin::Flag(format!("--set {key}"));
        if let Err(message) = apply_one(root, flag, &origin) {
            problems.add(Problem {
                origin,
                key: String::new(),
                value: None,
                code: ConfigCode::Override,
                message,
                fix: None,
            });
        }
    }
}

fn apply_one(root: &mut Nodes, flag: &str, origin: &Origin) -> Result<(), String> {
    let pair = flag.split_once('=').ok_or("expected key=value, for example simulation.fill=next-event")?;
    set(root, pair, origin)
}

/// Sets one key to a value, which comes from `origin`.
///
/// # Errors
/// What keeps the key from being set.
pub(super) fn set(root: &mut Nodes, (key, value): (&str, &str), origin: &Origin) -> Result<(), String> {
    let path = segments(key)?;
    let (last, parents) = path.split_last().expect("a parsed key has at least one part");
    let mut table = root;
    let mut at = String::new();
    let mut rest = parents;
    while let Some((segment, after)) = rest.split_first() {
        at = if at.is_empty() { segment.clone() } else { format!("{at}.{segment}") };
        let empty = Node { value: Value::Table(Nodes::new()), origin: origin.clone() };
        let node = table.entry(segment.clone()).or_insert(empty);
        let (inner, used) = enter(node, after, &at)?;
        at.extend(after[..used].iter().map(|chosen| format!(".{chosen}")));
        (table, rest) = (inner, &after[used..]);
    }
    table.insert(last.clone(), parse_value(value.trim(), origin));
    Ok(())
}

/// The table behind a node, and how many parts of the path it took to choose it: one for an entry of a list.
fn enter<'a>(node: &'a mut Node, after: &[String], at: &str) -> Result<(&'a mut Nodes, usize), String> {
    let items = match &mut node.value {
        Value::Table(nodes) => return Ok((nodes, 0)),
        Value::List(items) => items,
        Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Time(_) => {
            return Err(format!("{at} is a value, it has no keys"));
        }
    };
    if items.iter().any(|item| !matches!(item.value, Value::Table(_))) {
        return Err(format!("{at} is a list of values, which is set as a whole: {at}=[…]"));
    }
    let wanted =
        after.first().ok_or_else(|| format!("{at} is a list: name an entry and its key, for example {at}.0.KEY"))?;
    let count = items.len();
    let index = wanted.parse::<usize>().ok().or_else(|| items.iter().position(|item| is_named(item, wanted)));
    match index.and_then(|index| items.get_mut(index)).map(|item| &mut item.value) {
        Some(Value::Table(nodes)) => Ok((nodes, 1)),
        Some(Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Time(_) | Value::List(_)) => {
            Err(format!("{at}.{wanted} is a value, it has no keys"))
        }
        None => Err(format!("{at} has no entry {wanted}, it has {count}")),
    }
}

fn is_named(item: &Node, wanted: &str) -> bool {
    let Value::Table(nodes) = &item.value else { return false };
    let named = |key: &str| matches!(nodes.get(key), Some(Node { value: Value::Text(name), .. }) if name == wanted);
    named("name") || named("symbol")
}

/// Parts of a dotted key, with quotes as in TOML: `instruments."US:BRK.B".tick`.
pub(super) fn segments(key: &str) -> Result<Vec<String>, String> {
    let mut problems = Problems::new();
    let mut nodes = parse("", &format!("{key} = 0"), &mut problems);
    let mut path = Vec::new();
    while let Some((name, node)) = nodes.pop_first() {
        path.push(name);
        match node.value {
            Value::Table(inner) => nodes = inner,
            Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Time(_) | Value::List(_) => break,
        }
    }
    let is_one_key = problems.is_empty() && !path.is_empty() && nodes.is_empty() && !key.contains('\n');
    if is_one_key { Ok(path) } else { Err(format!("{key:?} is no dotted key")) }
}
