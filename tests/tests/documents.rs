//! Documents: do they say what is true of the sources beside them?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ringfence_tests::{Run, binary, workspace};

/// A document with its place in the workspace.
struct Document {
    name: String,
    path: PathBuf,
    text: String,
}

/// Every file of the workspace with this ending, by name; build output is left out.
fn documents(ending: &str) -> Vec<Document> {
    let root = workspace::root();
    let mut open = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(&root).expect("below the workspace").display().to_string();
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !is_hidden && name != "target" {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == ending) {
                found.push(Document { name, text: text_of(&path), path });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Text outside of fenced blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// Fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// Targets of `[text](target)`.
fn links(prose: &str) -> Vec<&str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// Names under which a heading can be linked to, as forges make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept =
        |c: char| (c.is_alphanumeric() || c == '-' || c == '_' || c == ' ').then_some(if c == ' ' { '-' } else { c });
    headings.map(|heading| heading.to_lowercase().chars().filter_map(kept).collect()).collect()
}

/// Why a link leads nowhere.
fn broken(document: &Document, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if file.is_empty() {
        document.path.clone()
    } else {
        document.path.parent().expect("a file has a folder").join(file)
    };
    if !path.exists() {
        return Some(format!("{}: {link}: no such file", document.name));
    }
    let has_anchor = || anchors(&text_of(&path)).contains(anchor);
    (!anchor.is_empty() && !has_anchor()).then(|| format!("{}: {link}: no such heading", document.name))
}

#[test]
fn every_relative_link_leads_somewhere() {
    let documents = documents("md");
    assert!(documents.iter().any(|document| document.name == "README.md"));
    let mut followed = 0;
    let mut found = Vec::new();
    for document in &documents {
        let prose = prose(&document.text);
        let links = links(&prose);
        followed += links.len();
        found.extend(links.iter().filter_map(|link| broken(document, link)));
    }
    assert!(followed > 10, "{followed} links");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let text =
        "[a](README.md) [b](README.md#two-commands) [c](absent.md) [d](README.md#absent) [e](https://x.y)\n".to_owned();
    let document = Document { name: "made-up.md".to_owned(), path: workspace::root().join("made-up.md"), text };
    let found: Vec<String> = links(&document.text).iter().filter_map(|link| broken(&document, link)).collect();
    assert_eq!(found, ["made-up.md: absent.md: no such file", "made-up.md: README.md#absent: no such heading"]);
}

/// First parts of paths in this workspace.
const FOLDERS: [&str; 10] =
    ["host/", "venues/", "guest-sdk/", "strategies/", "tests/", "xtask/", "config/", "docs/", "wit/", ".ci/"];

/// Words in back-ticks that are paths of this workspace; `*` and capitals stand for something else.
fn named_paths(prose: &str) -> Vec<&str> {
    let words = prose.split('`').skip(1).step_by(2);
    let is_path =
        |word: &&str| FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains([' ', '*', '{']);
    words.filter(is_path).filter(|word| !word.contains("NAME") && !word.contains("LANG")).collect()
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut named = 0;
    let mut missing = Vec::new();
    for document in documents("md") {
        let prose = prose(&document.text);
        for path in named_paths(&prose) {
            named += 1;
            if !workspace::root().join(path).exists() {
                missing.push(format!("{}: {path}", document.name));
            }
        }
    }
    assert!(named > 20, "{named} paths");
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_strategy_in_the_readme_is_the_source_of_the_example() {
    let readme = std::fs::read_to_string(workspace::root().join("README.md")).unwrap();
    let source = std::fs::read_to_string(binary::strategy_source("ema-cross").join("src/lib.rs")).unwrap();
    let shown = blocks(&readme, "rust").into_iter().find(|block| block.contains("impl Strategy for EmaCross"));
    let shown = shown.expect("the README shows a strategy");
    let (program, tests) = source.split_once("#[cfg(test)]").expect("the example has tests");
    let (header, program) = program.split_once("\n\n").expect("a header comment comes first");
    assert!(header.lines().skip(1).all(|line| line.starts_with("//!")), "{header}");
    assert!(program.trim() == shown.trim(), "README.md shows another program than strategies/ema-cross/src/lib.rs");
    assert!(tests.contains("#[test]"));
    let lines = shown.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//")).count();
    assert!(lines <= 45, "a strategy is about 40 lines, this one has {lines}");
}

#[test]
fn every_command_of_the_program_in_the_documents_exists() {
    let known: BTreeSet<String> = {
        let help = Run::dev(["--help"]).finish().stdout;
        let section = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        section.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    assert!(known.contains("backtest"), "{known:?}");
    let mut used = BTreeSet::new();
    for document in documents("md") {
        let shell = blocks(&document.text, "sh").join("\n");
        let lines = shell.lines().filter_map(|line| line.strip_prefix("ringfence "));
        let spoken = document.text.split("`ringfence ").skip(1);
        let words = lines.chain(spoken).filter_map(|rest| rest.split([' ', '`', '\n']).next());
        used.extend(words.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).map(str::to_owned));
    }
    assert!(used.len() > 5, "{used:?}");
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "in the documents, not in the program: {unknown:?}");
}

#[test]
fn every_configuration_in_the_documents_exists() {
    for document in documents("md").iter().chain(&documents("toml")) {
        let words =
            document.text.split_whitespace().filter(|word| word.starts_with("config/") && word.ends_with(".toml"));
        for word in words {
            assert!(workspace::root().join(word).is_file(), "{}: {word}", document.name);
        }
    }
}

#[test]
fn every_irreversible_choice_has_a_record() {
    let folder = workspace::root().join("docs/adr");
    let records: Vec<Document> =
        documents("md").into_iter().filter(|document| document.path.starts_with(&folder)).collect();
    for topic in ["wit-shape", "journal-format", "numbers-and-time", "approval-token", "crate-layout"] {
        assert!(records.iter().any(|record| record.name.ends_with(&format!("-{topic}.md"))), "no record of {topic}");
    }
    for (record, number) in records.iter().zip(1..) {
        let file = record.name.rsplit('/').next().unwrap();
        assert!(file.starts_with(&format!("{number:04}-")), "{file}: records are numbered without a gap");
        assert!(record.text.starts_with(&format!("# {number}. ")), "{file}: the title has the number");
        for heading in ["Status: ", "## Context", "## Decision", "## Consequence"] {
            assert!(record.text.lines().any(|line| line.starts_with(heading)), "{file}: no {heading}");
        }
    }
}

/// Paths that exist on one machine only.
fn machine_paths(text: &str) -> Vec<&str> {
    let root = workspace::root();
    let own = root.to_str().expect("the workspace lies at a path in UTF-8").to_owned();
    // Put together here, because this file is searched too.
    let mut starts = ["home", "root", "Users", "tmp", "work"].map(|folder| format!("/{folder}/")).to_vec();
    starts.push(format!("C:{}", '\\'));
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\'' | '(' | ')' | '=' | ','));
    words.filter(|word| starts.iter().any(|start| word.starts_with(start)) || word.contains(&own)).collect()
}

/// What continuous integration runs; its folder is hidden.
fn ci_files() -> Vec<Document> {
    let entries = std::fs::read_dir(workspace::root().join(".ci")).expect("a folder");
    let document = |path: PathBuf| Document { name: path.display().to_string(), text: text_of(&path), path };
    entries.map(|entry| document(entry.expect("an entry").path())).collect()
}

#[test]
fn no_document_holds_a_path_of_somebodys_machine() {
    let [home, tmp] = ["home/me/x", "tmp/y"].map(|path| format!("/{path}"));
    assert_eq!(machine_paths(&format!("see `{home}` and ({tmp}), not /usr/bin or work/z")), [home, tmp]);
    let documents: Vec<Document> = ["md", "toml", "txt", "wit", "rs", "wat"].into_iter().flat_map(documents).collect();
    assert!(documents.iter().any(|document| document.name == "host/core/src/lib.rs"));
    let mut found = Vec::new();
    for document in documents.into_iter().chain(ci_files()) {
        found.extend(machine_paths(&document.text).into_iter().map(|path| format!("{}: {path}", document.name)));
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Ids at the start of test names: `fn h21_endless_loop()`.
fn hostile_ids(source: &str) -> BTreeSet<String> {
    let names = source.lines().filter_map(|line| line.trim_start().strip_prefix("fn h"));
    let id = |name: &str| name.get(..2).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned);
    let with_id = names.filter(|name| name.get(2..3) == Some("_")).filter_map(id);
    with_id.map(|id| format!("h{id}")).collect()
}

#[test]
fn every_hostile_id_is_explained_and_tested() {
    assert_eq!(hostile_ids("fn h07_a() {\n    fn h1x_b()\nfn h123_c()"), BTreeSet::from(["h07".to_owned()]));
    let table = text_of(&workspace::root().join("tests/hostile.md"));
    let rows = table.lines().filter_map(|line| line.strip_prefix("| h")?.split(' ').next());
    let explained: BTreeSet<String> = rows.map(|id| format!("h{id}")).collect();
    let tested: BTreeSet<String> = documents("rs").iter().flat_map(|document| hostile_ids(&document.text)).collect();
    assert!(tested.len() > 20, "{tested:?}");
    assert_eq!(explained, tested);
}

#[test]
fn every_test_that_the_table_of_attacks_names_exists() {
    let table = text_of(&workspace::root().join("tests/hostile.md"));
    let sources: String = documents("rs").iter().map(|document| document.text.as_str()).collect();
    let is_name = |word: &&str| {
        word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let shown = table.lines().filter(|line| line.starts_with("| h")).map(|line| {
        let shown = line.trim_end_matches(" |").rsplit(" | ").next().expect("a last column");
        let is_table = ["running", "refused"].iter().any(|name| shown.contains(name));
        (line, shown.split('`').skip(1).step_by(2).filter(is_name).collect::<Vec<_>>(), is_table)
    });
    for (line, names, is_table) in shown {
        assert!(is_table || !names.is_empty(), "nothing shows {line}");
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "{name} of {line}");
        }
    }
}

#[test]
fn licences_changelog_and_the_usual_documents_are_there() {
    let changelog = std::fs::read_to_string(workspace::root().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains("## Unreleased") || changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "Cargo.lock"] {
        assert!(Path::new(&workspace::root().join(name)).is_file(), "{name} is missing");
    }
}
