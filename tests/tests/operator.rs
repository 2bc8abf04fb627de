//! The operator's journey: from an empty folder, with the binary alone, to a shadow session and a live one that is armed, stopped,
//! killed, recovered and given new keys. It is `docs/runbook.md`, command by command.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use ringfence_tests::scene::{free_port, open_orders, plain, until};
use ringfence_tests::{Finished, Run, binary, project, wire, workspace};
use serde_json::Value;

/// One fenced block of a document.
#[derive(Debug, PartialEq, Eq)]
enum Block<'a> {
    /// A file with its name.
    File(&'a str, &'a str),
    /// Commands of a shell.
    Commands(&'a str),
}

/// Blocks of commands, and those that are files.
fn blocks(document: &str) -> Vec<Block<'_>> {
    let fenced = document.split("\n```").skip(1).step_by(2);
    let block = |text| {
        let (head, body) = str::split_once(text, '\n')?;
        match head.split_once(" file=") {
            Some((_, name)) => Some(Block::File(name, body)),
            None => (head == "sh").then_some(Block::Commands(body)),
        }
    };
    fenced.filter_map(block).collect()
}

/// One script: files are written where they stand, commands run in one shell, and nothing that it began stays behind.
fn script(document: &str, port: u16) -> String {
    let part = |block: Block<'_>| match block {
        Block::File(name, text) => format!("cat > {name} <<'END OF FILE'\n{text}\nEND OF FILE\n"),
        Block::Commands(text) => {
            text.lines().map(|line| format!("echo '+ {}'\n{line}\n", line.replace('\'', "'\\''"))).collect()
        }
    };
    let parts: String = blocks(document).into_iter().map(part).collect();
    format!("trap 'kill $(jobs -p); wait' EXIT\n{}", parts.replace("8500", &port.to_string()))
}

/// The script in an empty folder, with the binary by its name, outside of this repository.
fn run(text: &str) -> Finished {
    let words = ["-euo", "pipefail", "-c", text];
    let run = project::with_toolchains(Run::of(Path::new("/bin/bash"), words), None);
    let tools = run.path("tools");
    std::fs::create_dir(&tools).expect("the folder is writable");
    std::os::unix::fs::symlink(binary::dev(), tools.join("ringfence")).expect("a link");
    let mut path = tools.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    run.env("PATH", path).limit(Duration::from_secs(600)).finish()
}

#[test]
fn the_runbook_leads_from_an_empty_folder_to_a_live_session_and_through_its_troubles() {
    let document = std::fs::read_to_string(workspace::root().join("docs/runbook.md")).expect("a runbook");
    let finished = run(&script(&document, free_port()));
    let log = |name: &str| std::fs::read_to_string(finished.path("desk").join(name)).unwrap_or_default();
    let (live, exchange) = (log("live1.log"), log("exchange.log"));
    let told =
        format!("{}\n--- stderr\n{}\n--- live\n{live}\n--- exchange\n{exchange}", finished.stdout, finished.stderr);
    assert_eq!(finished.code, Some(0), "{told}");
    assert_eq!(finished.stdout.matches("\nMATCH ").count(), 2, "shadow and live replay: {told}");
    let mut approvals = finished.stdout.lines().filter(|line| line.starts_with("  approvals  "));
    let line = approvals.next_back().unwrap_or_default();
    assert!(line.contains("tags are those of the key given") && line.contains("not checked"), "two secrets: {told}");
    assert_eq!(live.matches(" goes on behind event ").count(), 4, "a stop, a kill, two rotations: {told}");
    assert!(live.contains("| SUBMIT |") && live.contains("| FILL |"), "{told}");
    for secret in ["alice-key", "alice-secret", "alice-new-secret"] {
        assert!(!live.contains(secret), "a secret is shown");
    }
    is_flat_at_the_exchange(&finished);
}

/// The exchange's own truth, from its log: nothing is held, nothing rests, each client id came once.
#[track_caller]
fn is_flat_at_the_exchange(journey: &Finished) {
    let port = free_port();
    let run = Run::dev(["exchange", "--port", &port.to_string(), "--state"]).arg(journey.path("desk/exchange"));
    let exchange = run.start();
    let mut ledger = Value::Null;
    until("the exchange listens", || {
        ledger = wire::at_port(port, "GET /local/ledger", "").map_or(Value::Null, |(_, ledger)| ledger);
        ledger.is_object()
    });
    drop(exchange);
    let futures = &ledger["accounts"][0]["futures"];
    assert_eq!(plain(futures["money"]["positions"][0]["qty"].as_str().expect("a position")), "0");
    assert_eq!(open_orders(futures).len(), 0);
    let orders = futures["orders"].as_array().expect("orders");
    let ids: BTreeSet<&str> = orders.iter().filter_map(|order| order["clientOrderId"].as_str()).collect();
    assert!(ids.len() == orders.len() && ids.len() >= 4, "{} ids of {} orders", ids.len(), orders.len());
}

#[test]
fn a_document_is_cut_into_files_and_commands() {
    let text = "# A\n\n```toml file=a.toml\nx = 1\n```\n\n```text\nno\n```\n\n```sh\nringfence a\nb\n```\n";
    assert_eq!(blocks(text), [Block::File("a.toml", "x = 1"), Block::Commands("ringfence a\nb")]);
}
