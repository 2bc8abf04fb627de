//! Help: is each command explained where people look first?

use ringfence_tests::{Finished, Run};

fn help(command: &[String]) -> Finished {
    let finished = Run::dev(command).arg("--help").finish();
    finished.expect_code(0);
    assert_eq!(finished.stderr, "", "{command:?}");
    finished
}

/// Names under the heading `Commands:`, without `help`.
fn subcommands(text: &str) -> Vec<String> {
    let section = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = section.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every command with the words that lead to it; commands that only hold others are left out.
fn leaves(above: &[String]) -> Vec<Vec<String>> {
    let inner = subcommands(&help(above).stdout);
    if inner.is_empty() {
        return vec![above.to_vec()];
    }
    inner.into_iter().flat_map(|name| leaves(&[above, &[name]].concat())).collect()
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands = leaves(&[]);
    let names: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    let known = [
        "backtest",
        "build",
        "check",
        "config check",
        "config schema",
        "config show",
        "data generate",
        "doctor",
        "explain",
        "inspect",
        "key new",
        "key show",
        "replay",
    ];
    for name in known {
        assert!(names.iter().any(|found| found == name), "{name} is missing in {names:?}");
    }
    for command in &commands {
        let text = help(command).stdout;
        assert!(text.contains("Usage:") && text.contains("Example:"), "{command:?}\n{text}");
        assert!(text.contains(&format!("ringfence {}", command.join(" "))), "the example is another's: {text}");
        assert!(text.contains("--json"), "{command:?}");
    }
}

#[test]
fn exit_codes_stand_in_the_help() {
    let text = help(&[]).stdout;
    for code in ["0", "1", "2", "3", "4", "130"] {
        let is_explained = |line: &str| line.trim_start().strip_prefix(code).is_some_and(|rest| rest.starts_with("  "));
        assert!(text.lines().any(is_explained), "{code} is missing in {text}");
    }
    // A bad row of a tape ends a run with 4.
    assert!(text.lines().any(|line| line.trim_start().starts_with("4 ") && line.contains("data")), "{text}");
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let finished = Run::dev(["--version"]).finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, format!("ringfence {}\n", env!("CARGO_PKG_VERSION")));
}
