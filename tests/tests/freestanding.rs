//! C, C++, Zig, AssemblyScript and Go: from `ringfence new` to decisions, in an empty folder outside of this repository.
//!
//! Their components hold no interpreter and are fast, so the real file is run whole (two or three seconds each).

use std::path::Path;

use ringfence_tests::project::run;
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Project, Run, binary, data, languages, skip, workspace};
use serde_json::Value;

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";

/// Word of the language, program of its toolchain, file of the strategy.
const ALL: [(&str, &str, &str); 5] = [
    ("c", "python-zig", "src/strategy.c"),
    ("cpp", "python-zig", "src/strategy.cpp"),
    ("zig", "python-zig", "src/strategy.zig"),
    ("assemblyscript", "asc", "src/strategy.ts"),
    ("go", "go", "strategy.go"),
];

/// Go's components hold its runtime; the others nothing but the strategy.
fn room(language: &str) -> (&'static str, u64) {
    if language == "go" { ("interpreter", 4 << 20) } else { ("compiled", 64 << 10) }
}

/// A new project with the toolchain on its search path, named like its language: no toolchain may take that for a name of its
/// own; or why the toolchain is not there.
fn with_tools(language: &'static str) -> Result<Project, String> {
    let (_, program, _) = ALL.iter().find(|(word, ..)| *word == language).expect("one of them");
    languages::path_with(program).map(|path| Project::named(language, language, Some(path)))
}

fn built(project: Project) -> Project {
    let built = project.command("build", &[]);
    built.expect_code(0);
    let size = std::fs::metadata(project.component()).expect("it is there").len();
    assert_eq!(built.json()["size"], size);
    assert!(size < room(project.language).1, "{}: {size} bytes", project.language);
    project
}

/// W1 with a component in place of the example.
fn w1(program: &Path, tape: &Path, component: &Path, profile: &str) -> Run {
    let config = workspace::root().join("config/w1_ema_cross.toml");
    let run = Run::of(program, ["backtest", "--json", "--config"]).env("RINGFENCE_CACHE", machine_code());
    let component = format!("strategies.ema.component={}", component.display());
    let profile = format!("strategies.ema.profile={profile}");
    run.arg(config).arg("--data").arg(tape).args(["--set", &component, "--set", &profile])
}

/// The template holds its fixture, with a restart in it too, imports nothing but the interface, and decides on every trade
/// of the real file as the example in Rust does.
#[track_caller]
fn holds(language: &'static str) {
    let project = match with_tools(language) {
        Ok(project) => built(project),
        Err(reason) => skip!("{reason}"),
    };
    project.command("test", &[]).expect_code(0);
    project.edit("fixtures/cross.script", "4s trade X:SPY 11 1\n", "4s restart\n4s trade X:SPY 11 1\n");
    let tested = project.command("test", &[]);
    tested.expect_code(0);
    assert_eq!(tested.json()["fixtures"][0]["result"], "ok");
    let (profile, _) = room(language);
    let check = run(&["check", "--json", "--profile", profile], None).arg(project.component()).finish();
    let imports = check.json()["imports"].as_array().expect("imports").clone();
    let is_ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("ringfence:strategy/"));
    assert!(imports.iter().all(is_ours), "{imports:?}");
    is_the_same_with_names(&project);
    let (tape, release) = match data::wanted(W1).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let decisions = |component: &Path, profile: &str| {
        let finished = w1(&release, &tape, component, profile).finish();
        finished.expect_code(0);
        assert_eq!(finished.json()["rows"], 1_887_450);
        finished.json()["strategies"][0]["decision_digest"].clone()
    };
    let example = decisions(&binary::component("ringfence_ema_cross"), "compiled");
    assert_eq!(decisions(&project.component(), profile), example, "{language}");
}

/// Names of functions are in the file where they are asked for, and nowhere else; the fixtures hold with them too.
#[track_caller]
fn is_the_same_with_names(project: &Project) {
    let (profile, _) = room(project.language);
    let custom_bytes = || {
        let checked = run(&["check", "--json", "--profile", profile], None).arg(project.component()).finish().json();
        let limits = checked["limits"].as_array().expect("limits").clone();
        let row = limits.iter().find(|row| row["name"] == "custom-bytes").expect("a limit");
        row["used"].as_u64().expect("a number")
    };
    assert_eq!(custom_bytes(), 0, "names that nobody asked for");
    project.command("build", &["--names"]).expect_code(0);
    assert!(custom_bytes() > 100, "functions have their names");
    project.command("test", &[]).expect_code(0);
    project.command("build", &[]).expect_code(0);
}

#[test]
fn c_from_new_to_the_decisions_of_the_example_on_the_whole_file() {
    holds("c");
}

#[test]
fn cpp_from_new_to_the_decisions_of_the_example_on_the_whole_file() {
    holds("cpp");
}

#[test]
fn zig_from_new_to_the_decisions_of_the_example_on_the_whole_file() {
    holds("zig");
}

#[test]
fn go_from_new_to_the_decisions_of_the_example_on_the_whole_file() {
    holds("go");
}

#[test]
fn assemblyscript_from_new_to_the_decisions_of_the_example_on_the_whole_file() {
    holds("assemblyscript");
}

/// A strategy that notes every event with all of its fields, and wants and asks everything, runs on one script: what the SDK
/// of a language writes and reads by hand is what the interface says.
#[test]
fn every_event_wish_and_question_of_the_interface_comes_through_alike() {
    let own = workspace::root().join("tests/languages/everything");
    for (language, _, source) in ALL {
        let project = match with_tools(language) {
            Ok(project) => project,
            Err(reason) => skip!("{reason}"),
        };
        let copy = |from: &Path, to: &str| {
            std::fs::copy(from, project.dir.join(to)).expect("the project is writable");
        };
        let name = source.strip_prefix("src/").unwrap_or(source);
        copy(&own.join(name), source);
        for file in ["everything.script", "everything.intents"] {
            copy(&own.join(file), &format!("fixtures/{file}"));
        }
        let project = built(project);
        let tested = project.command("test", &[]);
        let fixtures = tested.json()["fixtures"].clone();
        let everything = fixtures.as_array().into_iter().flatten().find(|fixture| fixture["fixture"] == "everything");
        let everything = everything.unwrap_or_else(|| panic!("{language}: {fixtures}"));
        assert_eq!(everything["result"], "ok", "{language}: {}", everything["detail"]);
    }
}

#[test]
fn a_toolchain_that_is_missing_is_named_with_what_installs_it() {
    for (language, program, _) in ALL {
        let built = Project::new(language, Some("/nowhere".into())).command("build", &[]);
        built.expect_code(4);
        let install = if program == "asc" { "npm install" } else { "python3 -m venv .venv" };
        let want = format!("`{program}` is not installed; in the project's folder run: {install}");
        assert!(built.stderr.contains(&want), "{}", built.stderr);
    }
}

#[test]
fn what_a_compiler_refuses_is_passed_on_with_its_place() {
    for (language, _, source) in ALL {
        let project = match with_tools(language) {
            Ok(project) => project,
            Err(reason) => skip!("{reason}"),
        };
        project.edit(source, "\"qty\"", "nonsense[");
        let refused = project.command("build", &[]);
        refused.expect_code(1);
        assert!(refused.json()["message"].as_str().is_some_and(|text| text.contains(source)), "{}", refused.stdout);
    }
}

#[test]
fn a_source_that_is_not_run_natively_is_refused_with_what_to_do_instead() {
    let config = host_toml(&binary::component("ringfence_ema_cross"), "compiled", "fast = 5, slow = 20, qty = \"1\"");
    let session = run(&["backtest", "--config", "host.toml", "--journal", "journal", "--data", "market.csv"], None);
    let session = session.file("host.toml", config).file("market.csv", "ts_ns,price,qty\n1,1.00,1\n").finish();
    session.expect_code(0);
    for (language, ..) in ALL {
        let project = Project::new(language, None);
        let debug =
            run(&["debug", "--strategy", "my-strategy", "--at", "8", "--check"], None).arg(session.path("journal"));
        let refused = debug.arg("--project").arg(&project.dir).finish();
        refused.expect_code(2);
        let want = format!("the source of a strategy in {language} is not run natively, that of rust, python,");
        assert!(refused.stderr.contains(&want), "{}", refused.stderr);
        assert!(refused.stderr.contains("try scripts with `ringfence test`"), "{}", refused.stderr);
        assert!(!project.dir.join("target").exists(), "nothing was made for it");
    }
}

/// Parameters of the example, and what each language refuses them with.
const REFUSED: [(&str, &str); 5] = [
    ("fast = 0, qty = \"1\"", "parameter `fast` = `0`: want a whole number from 1 to 100000"),
    ("slow = 100001, qty = \"1\"", "parameter `slow` = `100001`: want a whole number from 1 to 100000"),
    ("fast = 50", "parameter `qty` is missing"),
    ("qty = \"0.5\"", "parameter `qty` = `0.5`: want a quantity above 0 with at most 0 digits after the point"),
    ("qty = \"1\", slwo = 3", "unknown parameter `slwo`"),
];

#[test]
fn parameters_are_refused_in_the_words_of_the_rust_sdk() {
    let mut components = vec![(binary::component("ringfence_ema_cross"), "compiled")];
    let mut projects = Vec::new();
    for (language, ..) in ALL {
        let project = match with_tools(language) {
            Ok(project) => built(project),
            Err(reason) => skip!("{reason}"),
        };
        components.push((project.component(), room(language).0));
        projects.push(project);
    }
    for (component, profile) in &components {
        for (params, want) in REFUSED {
            let config = host_toml(component, profile, params);
            let run = run(&["backtest", "--json", "--config", "host.toml", "--data", "market.csv"], None);
            let run = run.file("host.toml", config).file("market.csv", "ts_ns,price,qty\n1,1.00,1\n");
            let finished = run.finish();
            assert!(finished.stderr.contains(want), "{}: {params}: {}", component.display(), finished.stderr);
        }
    }
}

/// The configuration of a new project with another component and other parameters.
fn host_toml(component: &Path, profile: &str, params: &str) -> String {
    let template = workspace::root().join("host/component/templates/common/host.toml");
    let text = std::fs::read_to_string(template).expect("the template is there");
    let text = text.replace("target/{{name}}.wasm", &component.display().to_string());
    let text = text.replace("{{profile}}", profile).replace("{{name}}", "my-strategy");
    let given = "params = { fast = 50, slow = 200, qty = \"100\" }";
    assert!(text.contains(given));
    text.replace(given, &format!("params = {{ {params} }}"))
}
