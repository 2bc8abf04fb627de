//! `cargo xtask status`: how much of what the project promises is shown by a test?
//!
//! In: `tests/acceptance.toml`, the sources, in the suite also which tests passed. Out: the count, and what is missing
//! with the reason. Must never: count a promise of whose tests one is missing or did not pass.

use anyhow::{Result, anyhow};

use crate::acceptance::{self, Promise, Shown};
use crate::stage::Tally;
use crate::suite::Outcome;
use crate::workspace;

/// Options of `cargo xtask status`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Where the promises stand.
struct Status {
    promised: usize,
    impossible: Vec<Promise>,
    /// Promise and what is wrong with its test.
    missing: Vec<(Promise, String)>,
}

/// Prints the status by what the sources hold; runs nothing.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root();
    let status = Status::of(promises()?, |name| acceptance::find_test(&root, name));
    if options.json {
        println!("{}", status.json())
    } else {
        print!("{}", status.text())
    }
    Ok(())
}

/// A stage of the suite: each named test ran, and passed or skipped itself, which is counted where it was run.
pub(crate) fn check(outcome: &Outcome) -> Result<Tally> {
    let status = Status::of(promises()?, |name| outcome.shows(name));
    print!("{}", status.text());
    let broken = |promise: &Promise| -> Vec<String> {
        let Shown::By(names) = &promise.shown else { return Vec::new() };
        let not_shown = names.iter().filter(|name| !outcome.skipped(name)).filter_map(|name| outcome.shows(name).err());
        not_shown.map(|problem| format!("promise {}: {problem}", promise.id)).collect()
    };
    let failures = status.missing.iter().flat_map(|(promise, _)| broken(promise)).collect();
    Ok(Tally { passed: status.shown() as u64, failures, ..Tally::default() })
}

fn promises() -> Result<Vec<Promise>> {
    let path = workspace::needs("tests/acceptance.toml", "the list of promises and the tests that show them")?;
    let text = std::fs::read_to_string(path)?;
    acceptance::read(&text).map_err(|problems| anyhow!("tests/acceptance.toml:\n{}", problems.join("\n")))
}

impl Status {
    fn of(promises: Vec<Promise>, test: impl Fn(&acceptance::TestName) -> Result<(), String>) -> Status {
        let mut status = Status { promised: promises.len(), impossible: Vec::new(), missing: Vec::new() };
        for promise in promises {
            match &promise.shown {
                Shown::Impossible { .. } => status.impossible.push(promise),
                Shown::By(names) => {
                    let problems: Vec<String> = names.iter().filter_map(|name| test(name).err()).collect();
                    if !problems.is_empty() {
                        status.missing.push((promise, problems.join("; ")));
                    }
                }
            }
        }
        status
    }

    fn shown(&self) -> usize {
        self.promised - self.impossible.len() - self.missing.len()
    }

    fn text(&self) -> String {
        let mut text = format!("{} of {} promises shown by a test\n", self.shown(), self.promised);
        for promise in &self.impossible {
            let (reason, tried) = reason_of(promise);
            text.push_str(&format!(
                "cannot be shown: {}: {}\n  reason: {reason}\n  tried: {tried}\n",
                promise.id, promise.text
            ));
        }
        for (promise, problem) in &self.missing {
            text.push_str(&format!("not shown: {}: {}\n  {problem}\n", promise.id, promise.text));
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let impossible = self.impossible.iter().map(|promise| {
            let (reason, tried) = reason_of(promise);
            serde_json::json!({ "id": promise.id, "text": promise.text, "reason": reason, "tried": tried })
        });
        let missing = self.missing.iter().map(
            |(promise, problem)| serde_json::json!({ "id": promise.id, "text": promise.text, "problem": problem }),
        );
        serde_json::json!({
            "shown": self.shown(),
            "promised": self.promised,
            "impossible": impossible.collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
        })
    }
}

fn reason_of(promise: &Promise) -> (&str, &str) {
    match &promise.shown {
        Shown::Impossible { reason, tried } => (reason, tried),
        Shown::By(_) => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[promise]]
        id = "here"
        source = "README"
        text = "It is here."
        test = "p::lib::here"
        [[promise]]
        id = "gone"
        source = "README"
        text = "It was here."
        test = ["p::lib::here", "p::lib::gone"]
        [[promise]]
        id = "never"
        source = "capability: x"
        text = "It could be here."
        impossible = "no machine of that kind"
        tried = "an emulator"
    "#;

    fn status() -> Status {
        let test =
            |name: &acceptance::TestName| if name.test == "here" { Ok(()) } else { Err("no such test".to_owned()) };
        Status::of(acceptance::read(LIST).unwrap(), test)
    }

    #[test]
    fn only_promises_with_a_test_that_holds_count_as_shown() {
        assert_eq!(
            status().text(),
            "1 of 3 promises shown by a test
cannot be shown: never: It could be here.
  reason: no machine of that kind
  tried: an emulator
not shown: gone: It was here.
  no such test
"
        );
    }

    #[test]
    fn json_says_the_same() {
        // As values: the order of keys in text depends on what else is built beside this package.
        let want = r#"{"shown":1,"promised":3,
            "impossible":[{"id":"never","text":"It could be here.","reason":"no machine of that kind","tried":"an emulator"}],
            "missing":[{"id":"gone","text":"It was here.","problem":"no such test"}]}"#;
        let want: serde_json::Value = serde_json::from_str(want).expect("JSON in a test");
        assert_eq!(status().json(), want);
    }
}
