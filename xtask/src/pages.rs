//! Language pages: do the commands that they show lead from an empty folder to a backtest?
//!
//! In: the blocks of `docs/languages/*.md`, the toolchains that the suite installed. Out: one check a block, run by bash in a
//! folder of the page outside of the workspace, with the release binary. Must never: install what is installed already, or
//! take a page for checked that names other packages than those.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::readme::{self, bash, scripts};
use crate::run::Program;
use crate::stage::{SkipRule, Stages, Tally};
use crate::{languages, workspace};

/// Makes room for packages of Python: the suite has its own.
const VENV: &str = "python3 -m venv .venv";

/// Brings packages of node, and what stands in its place: what the suite installed, where tools look for it.
const NPM: (&str, &str) = ("npm install", "ln -s \"$NODE_MODULES\" node_modules");

/// What names packages of Python.
const PIP: &str = ".venv/bin/pip install ";

/// Where what toolchains compile is kept from run to run, below `target/tmp`, as tests have it.
const CACHES: [(&str, &str); 6] = [
    ("RINGFENCE_CACHE", "machine-code"),
    ("CARGO_TARGET_DIR", "authors"),
    ("ZIG_GLOBAL_CACHE_DIR", "zig"),
    ("ZIG_LOCAL_CACHE_DIR", "zig"),
    ("GOCACHE", "go"),
    ("GOPATH", "go-path"),
];

/// The stage alone.
pub(crate) fn run() -> Result<()> {
    let mut stages = Stages::default();
    stages.run("commands of the language pages", check);
    stages.close();
    ensure!(stages.passed(SkipRule::Failure), "not all of them work");
    Ok(())
}

/// A stage of the suite: every block of every page runs with exit code 0.
pub(crate) fn check() -> Result<Tally> {
    let list = workspace::needs("tests/languages/requirements.txt", "it names the packages that build Python")?;
    let installed = std::fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
    let mut tally = Tally::default();
    for page in pages()? {
        let text = std::fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
        let folder = tempfile::tempdir().context("a temporary folder")?;
        for script in scripts(&text) {
            let place = format!("{}:{}", shown(&page), script.line);
            if let Some(reason) = script.not_run {
                println!("{place}: not run: {reason}");
                continue;
            }
            let ran = runnable(&script.commands, &installed)
                .and_then(|commands| readme::run((&place, &commands), in_folder(&commands, folder.path())?));
            tally.count(&place, &script.commands, ran);
        }
    }
    ensure!(tally.passed + tally.failures.len() as u64 > 0, "no page of a language shows a command");
    Ok(tally)
}

fn pages() -> Result<Vec<PathBuf>> {
    let folder = workspace::needs("docs/languages", "it has a page for each language")?;
    let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut pages = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.sort();
    Ok(pages)
}

fn shown(page: &Path) -> String {
    page.strip_prefix(workspace::root()).unwrap_or(page).display().to_string()
}

/// The commands with what is there in the place of those that install; a package that they name is one that the suite installed.
fn runnable(commands: &str, installed: &str) -> Result<String> {
    let mut kept = Vec::new();
    for line in commands.lines().filter(|line| *line != VENV) {
        match line.strip_prefix(PIP) {
            None => kept.push(if line == NPM.0 { NPM.1 } else { line }),
            Some(packages) => {
                for package in packages.split(' ') {
                    ensure!(installed.lines().any(|known| known == package), "the suite installs no {package}");
                }
            }
        }
    }
    Ok(kept.join("\n"))
}

fn in_folder(commands: &str, folder: &Path) -> Result<Program> {
    let tools = ["python/bin", "node/node_modules/.bin"].map(|place| languages::folder().join(place));
    let kept = workspace::target().join("tmp");
    let modules = languages::folder().join("node/node_modules");
    let bash = bash(commands, &tools)?.within(folder).env("NODE_MODULES", modules);
    Ok(CACHES.iter().fold(bash, |bash, (name, folder)| bash.env(name, kept.join(folder))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_suite_installed_is_not_installed_again() {
        let page = "a\ncd x\npython3 -m venv .venv\n.venv/bin/pip install b==1 c==2\nnpm install\nd";
        assert_eq!(runnable(page, "c==2\nb==1\n").unwrap(), "a\ncd x\nln -s \"$NODE_MODULES\" node_modules\nd");
        let error = runnable(page, "b==1\nc==3\n").unwrap_err().to_string();
        assert_eq!(error, "the suite installs no c==2");
    }

    #[test]
    fn each_language_has_a_page_with_commands() {
        let with_commands = |page: &PathBuf| !scripts(&std::fs::read_to_string(page).unwrap()).is_empty();
        let pages = pages().unwrap();
        assert!(pages.iter().filter(|page| with_commands(page)).count() >= 9, "{pages:?}");
    }
}
