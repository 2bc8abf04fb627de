//! Documents: is every configuration that they show accepted?
//!
//! A block of a document is a part of a configuration. It is laid over a whole one, and only what it leaves open on purpose (the
//! id of a key, a file that the reader has) may be missing.

use super::*;

/// Sections of a configuration; other keys of a block belong to `[simulation]`.
const SECTIONS: [&str; 10] = [
    "calendars",
    "control",
    "execution",
    "instruments",
    "risk",
    "session",
    "simulation",
    "strategies",
    "trust",
    "venues",
];

/// Keys that begin blocks of other files: scripts of control events, of the local exchange, projects, packages.
const OTHERS: [&str; 6] = ["events", "seed", "rule", "engine", "lib", "dependencies"];

/// What readers put in themselves begins so.
const LEFT_OPEN: [&str; 3] = ["\"ID", "\"ANOTHER ID", "\"…"];

struct Block {
    document: String,
    line: usize,
    table: toml::Table,
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every block marked as TOML of every document in `docs`.
fn blocks() -> Vec<Block> {
    let mut files: Vec<_> = [root().join("docs"), root().join("docs/venues"), root().join("docs/languages")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| of_document(file)).collect()
}

fn of_document(file: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(file).unwrap();
    let document = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut line = 1;
    let mut found = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if let Some(content) = part.strip_prefix("toml\n").filter(|_| place % 2 == 1) {
            let table = content.parse().unwrap_or_else(|error| panic!("{document}:{line}: {error}"));
            found.push(Block { document: document.clone(), line, table });
        }
        line += part.matches('\n').count();
    }
    found
}

/// The configuration that a block is a part of.
fn base(block: &Block) -> toml::Table {
    let name = match block.document.as_str() {
        "live.md" => "local_usdm.toml",
        // Its tokens name a strategy that another block has.
        "control.md" => return GOOD.replace("name = \"ema\"", "name = \"agent\"").parse().unwrap(),
        "calendars.md" => {
            let venue = GOOD.replace("name = \"US\"", "name = \"ARCA\"").replace("US:SPY", "ARCA:SPY");
            return venue.parse().unwrap();
        }
        "accounts.md" if block.table.contains_key("instruments") => return GOOD.parse().unwrap(),
        _ => "w2_touch_maker.toml",
    };
    std::fs::read_to_string(root().join("config").join(name)).unwrap().parse().unwrap()
}

/// The block over its base: values take the place of values, elements of a list that of the one with their name, or stand beside
/// it as a copy of the first with their values.
fn merged(block: &Block) -> toml::Table {
    let mut whole = base(block);
    for (key, value) in &block.table {
        let section = if SECTIONS.contains(&key.as_str()) {
            &mut whole
        } else {
            whole["simulation"].as_table_mut().expect("every base has one")
        };
        lay(section, key, value);
    }
    whole
}

fn lay(over: &mut toml::Table, key: &str, value: &toml::Value) {
    use toml::Value;
    match (over.get_mut(key), value) {
        (Some(Value::Table(below)), Value::Table(above)) if SECTIONS.contains(&key) => below.extend(above.clone()),
        (Some(Value::Array(below)), Value::Array(above)) if SECTIONS.contains(&key) => {
            above.iter().filter_map(Value::as_table).for_each(|element| lay_element(below, element));
        }
        (Some(_) | None, _) => drop(over.insert(key.to_owned(), value.clone())),
    }
}

fn lay_element(list: &mut Vec<toml::Value>, element: &toml::Table) {
    let name = |table: &toml::Table| table.get("name").or(table.get("symbol")).cloned();
    let same = list.iter().position(|known| known.as_table().and_then(name) == name(element));
    let mut laid = list[same.unwrap_or(0)].as_table().unwrap().clone();
    if element.contains_key("profile") {
        // A strategy without a component.
        ["component", "params"].iter().for_each(|key| drop(laid.remove(*key)));
    }
    laid.extend(element.clone());
    match same {
        Some(at) => list[at] = toml::Value::Table(laid),
        None => list.push(toml::Value::Table(laid)),
    }
}

/// Problems of a configuration that no reader is expected to solve.
fn problems(whole: &toml::Table) -> Vec<String> {
    let text = toml::to_string(whole).unwrap();
    let report = match loaded(&text, &[], Purpose::Show) {
        Ok(_) => return Vec::new(),
        Err(report) => report,
    };
    let is_open = |problem: &&Problem| {
        let is_left = |value: &String| LEFT_OPEN.iter().any(|begin| value.starts_with(begin));
        problem.code == ConfigCode::File || problem.value.as_ref().is_some_and(is_left)
    };
    report.problems.iter().filter(|problem| !is_open(problem)).map(ToString::to_string).collect()
}

#[test]
fn every_configuration_that_a_document_shows_is_accepted() {
    let (mut checked, mut wrong) = (0, String::new());
    for block in blocks() {
        if block.table.keys().any(|key| OTHERS.contains(&key.as_str())) {
            continue;
        }
        checked += 1;
        for problem in problems(&merged(&block)) {
            wrong += &format!("{}:{}: {problem}\n", block.document, block.line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(checked >= 13, "{checked} blocks");
}

#[test]
fn a_block_with_a_wrong_type_or_an_unknown_key_is_found() {
    let said = |text: &str| {
        let block = Block { document: "accounts.md".to_owned(), line: 1, table: text.parse().unwrap() };
        problems(&merged(&block)).join("\n")
    };
    assert_eq!(said("margin = { model = \"cross\", liquidation_fee_bps = 50 }"), "");
    assert!(said("margin = { model = \"cross\", liquidation_fee_bps = \"50\" }").contains("C-TYPE"));
    assert!(said("[execution]\ndelivry = \"batch\"").contains("C-UNKNOWN-KEY"));
    assert!(said("[[strategies]]\nname = \"a\"\nisolation = \"proces\"").contains("C-VALUE"));
}

#[test]
fn every_script_of_control_events_that_a_document_shows_is_accepted() {
    let mut checked = 0;
    for block in blocks().into_iter().filter(|block| block.table.contains_key("events")) {
        checked += 1;
        let folder = tempfile::tempdir().unwrap();
        let events = folder.path().join("e.toml");
        std::fs::write(&events, toml::to_string(&block.table).unwrap()).unwrap();
        let file = if block.document == "paper.md" { "w1_ema_cross.toml" } else { "w2_touch_maker.toml" };
        let file = root().join("config").join(file);
        let request = Request { file: &file, sets: &[], data: &[], events: Some(&events), purpose: Purpose::Show };
        let report = load(&request).err().map(|report| report.problems).unwrap_or_default();
        // The reader has the component.
        let is_file = |code| matches!(code, ConfigCode::File | ConfigCode::Component);
        let wrong: Vec<String> =
            report.iter().filter(|problem| !is_file(problem.code)).map(ToString::to_string).collect();
        assert!(wrong.is_empty(), "{}:{}: {wrong:?}", block.document, block.line);
    }
    assert!(checked >= 2, "{checked} scripts");
}
