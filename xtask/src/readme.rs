//! README commands: does every command that the README shows work?
//!
//! In: the blocks of `README.md` marked `sh` or `console`. Out: one check a block, run by bash in the workspace with the
//! release binary on the path. Must never: run the suite itself again, or leave a block out without a written reason.
//!
//! In a `console` block the lines after `$ ` are commands and the others what they print. A block that cannot run here
//! has `<!-- not run: REASON -->` on the line before it.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::run::{Program, end, program};
use crate::stage::Tally;
use crate::workspace;

/// The two commands that everybody starts with; the README has to show both.
const SHOWN: [&str; 2] = ["cargo xtask demo", "cargo xtask test"];

/// Left out of its block, because the suite is what runs these checks.
const SUITE: &str = "cargo xtask test";

/// One block of commands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// Line of its first fence, from 1.
    pub(crate) line: usize,
    /// Commands, one a line.
    pub(crate) commands: String,
    /// Why it is not run, where it is not.
    pub(crate) not_run: Option<String>,
}

/// A stage of the suite: every block runs with exit code 0.
pub(crate) fn check() -> Result<Tally> {
    let path = workspace::needs("README.md", "its commands are part of the suite")?;
    let text = std::fs::read_to_string(path).context("reading README.md")?;
    for command in SHOWN {
        ensure!(text.contains(command), "README.md does not show `{command}`");
    }
    let mut tally = Tally::default();
    for script in scripts(&text) {
        let place = format!("README.md:{}", script.line);
        if let Some(reason) = script.not_run {
            println!("{place}: not run: {reason}");
        } else if runnable(&script.commands).is_empty() {
            println!("{place}: the suite itself");
        } else {
            let commands = runnable(&script.commands);
            tally.count(&place, &commands, bash(&commands, &[]).and_then(|bash| run((&place, &commands), bash)));
        }
    }
    Ok(tally)
}

impl Tally {
    /// One check more: a block of commands.
    pub(crate) fn count(&mut self, place: &str, commands: &str, ran: Result<()>) {
        match ran {
            Ok(()) => self.passed += 1,
            Err(error) => {
                println!("{error:#}");
                self.failures.push(format!("{place}: {}", commands.replace('\n', "; ")));
            }
        }
    }
}

/// Runs a block; what it prints is shown where it fails.
pub(crate) fn run((place, commands): (&str, &str), bash: Program) -> Result<()> {
    println!("{place}: {}", commands.replace('\n', "; "));
    let mut printed = String::new();
    let status = bash.lines(|line| printed.push_str(&format!("  {line}\n")))?;
    ensure!(status.success(), "{printed}{place} ended with {}", end(status));
    Ok(())
}

/// Bash in the workspace, with the release binary on its path, and what lies in these folders.
pub(crate) fn bash(commands: &str, tools: &[PathBuf]) -> Result<Program> {
    let release = workspace::binary("release");
    let folder = release.parent().context("the release binary lies in a folder")?.to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::iter::once(folder).chain(tools.iter().cloned());
    let path: OsString = std::env::join_paths(own.chain(std::env::split_paths(&path)))?;
    let bash = program(OsStr::new("bash"), ["-euo", "pipefail", "-c", commands]);
    Ok(bash.env("PATH", path).env("RINGFENCE_DATA", workspace::data()))
}

fn runnable(commands: &str) -> String {
    commands.lines().filter(|line| !line.starts_with(SUITE)).collect::<Vec<_>>().join("\n")
}

/// Blocks of a document.
pub(crate) fn scripts(text: &str) -> Vec<Script> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let commands = match language.trim() {
                "sh" | "bash" => plain(&block),
                "console" => after_prompts(&block),
                _ => String::new(),
            };
            if !commands.is_empty() {
                found.push(Script { line: index + 1, commands, not_run: reason_in(before) });
            }
        }
        before = line;
    }
    found
}

fn plain(block: &[&str]) -> String {
    let is_command = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    block.iter().filter(is_command).copied().collect::<Vec<_>>().join("\n")
}

/// Lines after `$ `, with those that follow a backslash at the end of one.
fn after_prompts(block: &[&str]) -> String {
    let mut commands: Vec<&str> = Vec::new();
    let mut continues = false;
    for line in block {
        let command = line.strip_prefix("$ ").or(continues.then_some(*line));
        continues = command.is_some_and(|command| command.ends_with('\\'));
        commands.extend(command);
    }
    commands.join("\n")
}

fn reason_in(line: &str) -> Option<String> {
    let reason = line.trim().strip_prefix("<!-- not run: ")?.strip_suffix("-->")?;
    Some(reason.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[(usize, &str, Option<&str>)]) {
        let scripts = scripts(text);
        let found: Vec<_> =
            scripts.iter().map(|script| (script.line, script.commands.as_str(), script.not_run.as_deref())).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn shell_blocks_are_commands_and_other_blocks_are_not() {
        check(
            "# A\n```sh\n# note\na --b\n\nc\n```\n```rust\nfn x() {}\n```\n```\nplain\n```",
            &[(2, "a --b\nc", None)],
        );
    }

    #[test]
    fn in_a_console_block_only_what_follows_a_prompt_is_a_command() {
        check("```console\n$ a \\\n  --b\nprinted\n$ c\nprinted too\n```", &[(1, "a \\\n  --b\nc", None)]);
    }

    #[test]
    fn a_block_is_left_out_only_by_the_line_before_it() {
        check(
            "<!-- not run: needs a venue -->\n```sh\na\n```\n<!-- not run: too far -->\n\n```sh\nb\n```",
            &[(2, "a", Some("needs a venue")), (7, "b", None)],
        );
    }

    #[test]
    fn the_suite_does_not_run_itself() {
        assert_eq!(runnable("cargo xtask test"), "");
        assert_eq!(runnable("a\ncargo xtask test --no-skips\nb"), "a\nb");
    }

    #[test]
    fn a_command_that_fails_is_an_error_with_what_it_printed() {
        let run = |commands| run(("here", commands), bash(commands, &[]).unwrap());
        assert!(run("true").is_ok());
        let error = run("echo said; false; true").unwrap_err().to_string();
        assert_eq!(error, "  said\nhere ended with exit code 1");
    }
}
