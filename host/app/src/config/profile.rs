//! Profiles: which limits does a named risk profile stand for?
//!
//! In: the written `[risk]` table. Out: the same table with the profile's limits where none is written beside it. Must
//! never: change a released version; the files are built into the program, so a name means the same everywhere.

use super::document::{Node, Nodes, Value, parse};
use super::nearest::nearest;
use super::problem::{ConfigCode, Origin, Problem, Problems};

/// Every profile with its file.
pub(super) const PROFILES: &[(&str, &str)] =
    &[("backtest-wide@1", include_str!("../../../../config/profiles/backtest-wide@1.toml"))];

/// Fills the limits of `risk.profile` in. A name that is unknown or no text is one problem, not one for each limit it would
/// have given; the reader notes what is no text.
pub(super) fn expand(root: &mut Nodes, problems: &mut Problems) {
    let Some(Node { value: Value::Table(risk), .. }) = root.get_mut("risk") else { return };
    let Some(profile) = risk.get("profile") else { return };
    let named = match &profile.value {
        Value::Text(name) => PROFILES.iter().find(|(known, _)| known == name).ok_or(Some(name)),
        Value::Number(_) | Value::Flag(_) | Value::Time(_) | Value::List(_) | Value::Table(_) => Err(None),
    };
    if let Err(Some(name)) = named {
        problems.add(unknown(name, &profile.origin));
    }
    let (name, text) = named.unwrap_or(&PROFILES[0]);
    for (key, node) in limits(name, text) {
        risk.entry(key).or_insert(node);
    }
}

fn unknown(name: &str, origin: &Origin) -> Problem {
    let names = PROFILES.iter().map(|(name, _)| *name);
    Problem {
        origin: origin.clone(),
        key: "risk.profile".to_owned(),
        value: Some(format!("{name:?}")),
        code: ConfigCode::Profile,
        message: "no such risk profile".to_owned(),
        fix: Some(match nearest(name, names.clone()) {
            Some(known) => format!("did you mean \"{known}\"?"),
            None => format!("known: {}", names.collect::<Vec<_>>().join(", ")),
        }),
    }
}

fn limits(name: &str, text: &str) -> Nodes {
    let mut problems = Problems::new();
    let mut nodes = parse(name, text, &mut problems);
    assert!(problems.is_empty(), "the profile {name} is built in: {}", problems.into_report());
    for node in nodes.values_mut() {
        node.origin = Origin::Profile(name.to_owned());
    }
    nodes
}
