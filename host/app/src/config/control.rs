//! Control: where is a running session reached, and by whom?
//!
//! In: `[control]`, `[records]` and `[telemetry]`. Out: places and roles, checked. Must never: read a token.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::build::{about, no_such};
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};

/// How operators reach a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Unix socket; `None` = in the folder of the journal.
    pub socket: Option<PathBuf>,
    /// Role over the socket, by its word; `None` = every right.
    pub socket_role: Option<String>,
    /// Address; `None` = none.
    pub tcp: Option<SocketAddr>,
    /// Address for metrics alone; `None` = none.
    pub metrics: Option<SocketAddr>,
    /// Further names of these addresses.
    pub hosts: Vec<String>,
    /// Who has to arm.
    pub people: People,
    /// Tokens.
    pub tokens: Vec<TokenPlace>,
    /// File for log lines.
    pub log_file: Option<PathBuf>,
}

/// How many people it takes to arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// One.
    #[default]
    One,
    /// Two different ones.
    Two,
}

/// Somebody with a token, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPlace {
    /// Whom it stands for.
    pub name: String,
    /// What they may do, by its word.
    pub role: String,
    /// The strategy of an author.
    pub strategy: Option<String>,
    /// Its file; `None` = a secret named after it.
    pub file: Option<PathBuf>,
}

pub(super) fn build(root: &Table, problems: &mut Problems) -> Control {
    let Some(table) = root.table("control") else { return Control::default() };
    let tcp = address(table, "tcp", problems);
    let telemetry = root.table("telemetry");
    let metrics = telemetry.and_then(|table| address(table, "metrics", problems));
    let names: Vec<&str> = root.tables("strategies").filter_map(|strategy| strategy.text("name")).collect();
    let tokens: Vec<TokenPlace> = table.tables("tokens").filter_map(|token| place(token, &names, problems)).collect();
    let has_tokens = table.tables("tokens").next().is_some();
    let served = [(Some(table), "tcp", tcp), (telemetry, "metrics", metrics)];
    for (table, key) in served.into_iter().filter_map(|(table, key, address)| address.and(Some((table?, key)))) {
        if !has_tokens {
            let message = "nobody could use it: there is no [[control.tokens]]";
            problems.add(about(table, key, ConfigCode::Definition, message));
        }
    }
    let people = if table.text("arming") == Some("two") { People::Two } else { People::One };
    if people == People::Two && !can_arm(table, &tokens) {
        let message =
            "nobody could arm: it takes two people, each with a token of role \"arm-live\" (or one and the socket)";
        let fix = Some("add [[control.tokens]] with role = \"arm-live\", or set arming = \"one\"".to_owned());
        problems.add(Problem { fix, ..about(table, "arming", ConfigCode::Definition, message) });
    }
    Control {
        socket: table.path("socket"),
        socket_role: table.text("socket_role").map(str::to_owned),
        tcp,
        metrics,
        hosts: table.texts("hosts").map(|(host, _)| host.to_owned()).collect(),
        people,
        tokens,
        log_file: root.table("records").and_then(|records| records.path("log_file")),
    }
}

/// Whether there are two who may arm: holders of tokens, and whoever is at the socket.
fn can_arm(table: &Table, tokens: &[TokenPlace]) -> bool {
    let at_socket = usize::from(table.text("socket_role").is_none_or(|role| role == "arm-live"));
    at_socket + tokens.iter().filter(|token| token.role == "arm-live").count() >= 2
}

fn address(table: &Table, key: &'static str, problems: &mut Problems) -> Option<SocketAddr> {
    let text = table.text(key)?;
    let address = text.parse().ok();
    if address.is_none() {
        let message = "is no address with a port, such as \"127.0.0.1:8420\"";
        problems.add(about(table, key, ConfigCode::Value, message));
    }
    address
}

fn place(token: &Table, strategies: &[&str], problems: &mut Problems) -> Option<TokenPlace> {
    let role = token.text("role")?;
    let strategy = token.text("strategy");
    match strategy {
        None if role == "author" => {
            problems.add(about(token, "strategy", ConfigCode::Missing, "missing, an author is the author of one"));
        }
        Some(_) if role != "author" => {
            let message = "is given, and the role is not \"author\"";
            problems.add(about(token, "strategy", ConfigCode::Definition, message));
        }
        Some(name) if !strategies.contains(&name) => {
            problems.add(no_such(token, "strategy", name, strategies.iter().copied()));
        }
        Some(_) | None => {}
    }
    Some(TokenPlace {
        name: token.text("name")?.to_owned(),
        role: role.to_owned(),
        strategy: strategy.map(str::to_owned),
        file: token.path("file"),
    })
}
