//! Recorded: what did the configuration of a journal say, and what would it be with other values?
//!
//! In: the core's configuration from a journal, which holds every section as text without paths. Out: its keys with their
//! values; a loaded configuration to run again. Must never: read a tape, or take a value from anywhere but the record and
//! the flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ringfence_core::config::Config;

use super::document::{Node, Nodes, Value, parse};
use super::problem::{ConfigCode, Origin, Problem, Problems, Report};
use super::{Loaded, Purpose, Request, from_nodes, reported};

/// How messages name the place of a recorded value.
const FILE: &str = "the journal's configuration";

/// A component of a recorded session, by its place in the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// File with its bytes.
    pub(crate) path: PathBuf,
    /// The flag that put it there; `None` = it is the recorded one.
    pub(crate) flag: Option<String>,
}

/// Every key with its value, as `--set` names and takes it; entries of lists by their names.
#[must_use]
pub(crate) fn keys(config: &Config) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, node) in nodes(config, &mut Problems::new()) {
        flatten(&segment(&name), &node.value, &mut found);
    }
    found
}

/// The recorded configuration with these values and components in it.
///
/// # Errors
/// A report with every problem, as a configuration from a file has it.
pub(crate) fn load(config: &Config, sets: &[String], components: &[Component]) -> Result<Loaded, Report> {
    load_for(Purpose::Again, config, (sets, components))
}

pub(super) fn load_for(
    purpose: Purpose,
    config: &Config,
    (sets, components): (&[String], &[Component]),
) -> Result<Loaded, Report> {
    let mut problems = Problems::new();
    let mut nodes = nodes(config, &mut problems);
    refuse_profiles(sets, &mut problems);
    put_components(&mut nodes, components);
    let request = Request { file: Path::new(FILE), sets, data: &[], events: None, purpose };
    match problems.is_empty().then(|| from_nodes(nodes, &request, &mut problems)).flatten() {
        Some(loaded) if problems.is_empty() => Ok(loaded),
        Some(_) | None => Err(reported(problems)),
    }
}

fn nodes(config: &Config, problems: &mut Problems) -> Nodes {
    let text: String = config.sections.iter().map(|(_, text)| format!("{text}\n")).collect();
    parse(FILE, &text, problems)
}

/// A profile's limits are recorded one by one, and what is written beside a profile replaces what it says.
fn refuse_profiles(sets: &[String], problems: &mut Problems) {
    let names_one = |set: &&String| set.split_once('=').is_some_and(|(key, _)| key.trim() == "risk.profile");
    for _ in sets.iter().filter(names_one) {
        problems.add(Problem {
            origin: Origin::Flag("--set risk.profile".to_owned()),
            key: String::new(),
            value: None,
            code: ConfigCode::Override,
            message: "the limits of a recorded session are written out, and another profile would change none"
                .to_owned(),
            fix: Some("set the limits themselves, for example --set risk.order_qty_max=50".to_owned()),
        });
    }
}

fn put_components(nodes: &mut Nodes, components: &[Component]) {
    let Some(Value::List(strategies)) = nodes.get_mut("strategies").map(|node| &mut node.value) else { return };
    for (strategy, component) in strategies.iter_mut().zip(components) {
        let Value::Table(table) = &mut strategy.value else { continue };
        let origin = match &component.flag {
            Some(flag) => Origin::Flag(flag.clone()),
            None => Origin::File(FILE.to_owned()),
        };
        if component.flag.is_some() {
            // A pin names the recorded component; it says nothing about one that takes its place.
            table.remove("sha256");
        }
        let path = Value::Text(component.path.to_string_lossy().into_owned());
        table.insert("component".to_owned(), Node { value: path, origin });
    }
}

fn flatten(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(nodes) => {
            for (name, node) in nodes {
                flatten(&format!("{key}.{}", segment(name)), &node.value, found);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Table(_))) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{key}.{}", entry_name(at, item)), &item.value, found);
            }
        }
        Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Time(_) | Value::List(_) => {
            found.insert(key.to_owned(), plain(value));
        }
    }
}

/// As an override chooses an entry of a list: by its name, where it has one.
fn entry_name(at: usize, item: &Node) -> String {
    let Value::Table(nodes) = &item.value else { return at.to_string() };
    let named = ["name", "symbol"].into_iter().find_map(|key| match nodes.get(key).map(|node| &node.value) {
        Some(Value::Text(name)) => Some(name),
        _ => None,
    });
    named.map_or_else(|| at.to_string(), |name| segment(name))
}

fn segment(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { format!("{name:?}") }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(digits) => digits.clone(),
        Value::Flag(flag) => flag.to_string(),
        Value::Time(time) => time.to_string(),
        Value::List(items) => {
            let inner = |item: &Node| {
                let Value::Text(text) = &item.value else { return plain(&item.value) };
                format!("{text:?}")
            };
            format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Value::Table(_) => "a table".to_owned(),
    }
}
