//! From `ringfence new` to decisions, for each language, in an empty folder outside of this repository.

#[path = "../../host/sandbox/tests/sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod guest;

use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ringfence_core::blob::sha256;
use ringfence_tests::project::{self, run};
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Run, Setup, Tape, binary, data, languages, skip, workspace};
use serde_json::Value;

/// Rows of the real file that every language runs on: an interpreter takes seconds for more.
const ROWS: &str = "20000";

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";

/// A project, and what is done with it here.
struct Project(project::Project);

impl Deref for Project {
    type Target = project::Project;

    fn deref(&self) -> &project::Project {
        &self.0
    }
}

impl Project {
    fn new(language: &'static str, path: Option<OsString>) -> Project {
        Project(project::Project::new(language, path))
    }

    /// Writes another engine into its file.
    fn with_quickjs(self) -> Project {
        self.edit("ringfence.toml", "engine = \"starlingmonkey\"", "engine = \"quickjs\"");
        self
    }

    /// Where editors and tools look for what `npm install` brings.
    fn with_node_modules(self) -> Project {
        let place = self.dir.join("node_modules");
        #[cfg(unix)]
        std::os::unix::fs::symlink(languages::node_modules(), place).expect("a link");
        self
    }

    /// Runs a program of the toolchain in the project's folder; answers its success and all that it wrote.
    fn tool(&self, program: &str, arguments: &[&str]) -> (bool, String) {
        let program = languages::program_of(program).unwrap_or_else(|_| program.into());
        said(Command::new(program).args(arguments).current_dir(&self.dir))
    }

    /// Builds it, or takes what an earlier run of these tests built of the same files.
    fn built(self) -> Project {
        let kept = workspace::target().join("tmp/languages").join(format!("{}.wasm", hash_of(&self.dir)));
        std::fs::create_dir_all(self.dir.join("target")).expect("the project is writable");
        if kept.is_file() {
            std::fs::copy(&kept, self.component()).expect("a component is copied");
            return self;
        }
        let built = self.command("build", &[]);
        built.expect_code(0);
        let size = std::fs::metadata(self.component()).expect("it is there").len();
        assert_eq!((&built.json()["ok"], &built.json()["size"]), (&true.into(), &size.into()), "{}", self.language);
        std::fs::create_dir_all(kept.parent().expect("a folder")).expect("the target folder is writable");
        std::fs::copy(self.component(), kept).expect("a component is copied");
        self
    }

    /// Decisions of the strategy on a real file; `component` in place of the example of this repository.
    fn decisions(&self, tape: &Path, component: &Path, profile: &str) -> Value {
        let config = workspace::root().join("config/w1_ema_cross.toml");
        let run = run(&["backtest", "--json", "--limit", ROWS, "--config"], None).arg(config).arg("--data").arg(tape);
        let component = format!("strategies.ema.component={}", component.display());
        let profile = format!("strategies.ema.profile={profile}");
        let finished = run.args(["--set", &component, "--set", &profile]).finish();
        finished.expect_code(0);
        finished.json()["strategies"][0]["decision_digest"].clone()
    }

    #[track_caller]
    fn holds(&self, profile: &str) {
        let tested = self.command("test", &[]);
        tested.expect_code(0);
        assert_eq!(tested.json()["fixtures"][0]["result"], "ok");
        let Ok(tape) = data::wanted(W1) else { return };
        let example = self.decisions(&tape, &binary::component("ringfence_ema_cross"), "compiled");
        assert_eq!(self.decisions(&tape, &self.component(), profile), example, "{}", self.language);
    }
}

impl Project {
    /// The source, run natively on a recorded session of its component, wants what was recorded; changed, it does not.
    #[track_caller]
    fn is_debugged(&self, source: &str, (good, bad): (&str, &str)) -> (PathBuf, String) {
        let (tape, journal) = (self.dir.join("target/market.csv"), self.dir.join("target/journal"));
        let market = ["data", "generate", "--json", "--rows", "3000", "--out"];
        run(&market, None).arg(&tape).finish().expect_code(0);
        let session = run(&["backtest", "--json", "--config"], None).arg(self.dir.join("host.toml"));
        session.arg("--data").arg(&tape).arg("--journal").arg(&journal).finish().expect_code(0);
        let emitted = run(&["inspect", "--json", "--only", "EMITTED"], None).arg(&journal).finish();
        let last = emitted.stdout.lines().last().expect("it traded");
        let at = serde_json::from_str::<Value>(last).expect("a line of JSON")["seq"].to_string();
        let check = |at: &str| self.debug(&journal, &["--at", at, "--check"]).finish();
        let same = check(&at);
        same.expect_code(0);
        let told = same.json();
        assert!(told["calls"].as_u64() > Some(500) && told["intents"].as_u64() > Some(1), "{told}");
        let path = self.dir.join(source);
        let text = std::fs::read_to_string(&path).expect("the template has it");
        assert!(text.contains(good), "{source} says `{good}`");
        std::fs::write(&path, text.replace(good, bad)).expect("writable");
        let other = check(&at);
        other.expect_code(1);
        assert!(other.stderr.contains("first difference\n  recorded  emit"), "{}", other.stderr);
        std::fs::write(&path, text).expect("writable");
        let absent = check("1");
        absent.expect_code(2);
        assert!(absent.stderr.contains("was not called for event 1"), "{}", absent.stderr);
        (journal, at)
    }

    fn debug(&self, journal: &Path, options: &[&str]) -> Run {
        let debug = run(&["debug", "--json", "--strategy", "my-strategy"], self.path.as_ref()).arg(journal);
        debug.arg("--project").arg(&self.dir).args(options)
    }
}

/// Runs a program; answers its success and all that it wrote.
fn said(command: &mut Command) -> (bool, String) {
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().expect("it starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), format!("{out}{err}"))
}

#[track_caller]
fn succeeds((is_good, text): (bool, String)) -> String {
    assert!(is_good, "{text}");
    text
}

/// Of every file that a new project has.
fn hash_of(dir: &Path) -> String {
    let (mut open, mut files) = (vec![dir.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(file.strip_prefix(dir).expect("below it").display().to_string().into_bytes());
        all.extend(std::fs::read(file).expect("it reads"));
    }
    sha256(&all).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A project in a language whose toolchain is not cargo, built; or why not.
fn interpreted(language: &'static str, program: &str) -> Result<Project, String> {
    Ok(Project::new(language, Some(languages::path_with(program)?)).built())
}

#[test]
fn rust_from_new_to_the_decisions_of_the_example() {
    let project = Project::new("rust", None).built();
    project.holds("compiled");
    let check = run(&["check", "--json"], None).arg(project.component()).finish();
    let imports = check.json()["imports"].as_array().expect("imports").clone();
    let is_ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("ringfence:strategy/"));
    assert!(imports.iter().all(is_ours), "{imports:?}");
    let _session = project.is_debugged("src/lib.rs", ("ctx.buy(instrument, size)", "ctx.buy(instrument, size + size)"));
}

#[test]
fn a_fixture_that_does_not_hold_is_shown_as_a_difference_until_it_is_blessed() {
    let project = Project::new("rust", None).built();
    let golden = project.dir.join("fixtures/cross.intents");
    let right = std::fs::read_to_string(&golden).expect("the template has it");
    std::fs::write(&golden, right.replace("buy X:SPY 200", "buy X:SPY 300")).expect("writable");
    let differs = project.command("test", &[]);
    differs.expect_code(1);
    let detail =
        "  3s #1 sell X:SPY 100 market ioc\n- 4s #2 buy X:SPY 300 market ioc\n+ 4s #2 buy X:SPY 200 market ioc\n";
    assert_eq!(differs.json()["fixtures"][0]["detail"], detail);
    project.command("test", &["--bless"]).expect_code(0);
    assert_eq!(std::fs::read_to_string(&golden).expect("written"), right);
    std::fs::write(
        project.dir.join("fixtures/bad.script"),
        "instrument X:SPY 2 0\n1s trad X:SPY 1 1\n2s time\n1s time\n",
    )
    .expect("writable");
    let bad = project.command("test", &[]);
    bad.expect_code(1);
    let why = bad.json()["fixtures"][0]["detail"].as_str().expect("a text").to_owned();
    let lines: Vec<&str> = why.lines().collect();
    assert!(lines[0].contains("fixtures/bad.script:2: `trad` is no event of a script; known: trade, "), "{why}");
    assert!(lines[1].ends_with("fixtures/bad.script:4: time runs backwards in `1s time`"), "{why}");
    assert_eq!(bad.json()["fixtures"][1]["result"], "ok", "the others are tried all the same");
}

#[test]
fn a_restart_in_a_script_changes_nothing() {
    let project = Project::new("rust", None).built();
    let script = project.dir.join("fixtures/cross.script");
    let text = std::fs::read_to_string(&script).expect("the template has it");
    std::fs::write(&script, text.replace("4s trade X:SPY 11 1\n", "4s restart\n4s trade X:SPY 11 1\n"))
        .expect("writable");
    project.command("test", &[]).expect_code(0);
}

#[test]
fn new_writes_over_nothing_and_says_which_languages_there_are() {
    let project = Project::new("python", None);
    let again = run(&["new", "--json"], None).arg(&project.dir).finish();
    again.expect_code(2);
    let other = run(&["new", "x", "--lang", "cobol"], None).finish();
    other.expect_code(2);
    assert!(other.stderr.contains("known: rust, python, javascript, typescript"), "{}", other.stderr);
}

#[test]
fn a_toolchain_that_is_missing_is_named_with_what_installs_it() {
    for (language, want) in [
        ("python", "`componentize-py` is not installed; in the project's folder run: python3 -m venv .venv"),
        ("javascript", "`rolldown` is not installed; in the project's folder run: npm install"),
        ("typescript", "`tsc` is not installed; in the project's folder run: npm install"),
    ] {
        let project = Project::new(language, Some("/nowhere".into()));
        let built = project.command("build", &[]);
        built.expect_code(4);
        assert!(built.stderr.contains(want), "{}", built.stderr);
    }
}

#[test]
fn python_from_new_to_the_decisions_of_the_example() {
    match interpreted("python", "componentize-py") {
        Ok(project) => {
            project.holds("interpreter");
            let (journal, at) = project.is_debugged("strategy.py", ("ctx.buy(size)", "ctx.buy(size + 1)"));
            let stopped = project.debug(&journal, &["--at", &at]).input("print(trade.qty > 0)\nquit()\n").finish();
            stopped.expect_code(0);
            assert!(stopped.stdout.contains("on_trade()\n-> "), "{}", stopped.stdout);
            assert!(stopped.stdout.contains("(Pdb) True"), "{}", stopped.stdout);
            assert!(stopped.stderr.contains("left before the end of the call"), "{}", stopped.stderr);
            assert!(!stopped.stderr.contains("Traceback"), "{}", stopped.stderr);
            let whole = project.debug(&journal, &["--at", &at]).input("continue\n").finish();
            whole.expect_code(0);
            assert!(whole.stderr.contains("the source did all that is recorded"), "{}", whole.stderr);
        }
        Err(reason) => skip!("{reason}"),
    }
}

#[test]
fn javascript_from_new_to_the_decisions_of_the_example() {
    match interpreted("javascript", "componentize-js") {
        Ok(project) => {
            project.holds("interpreter");
            let _session = project.is_debugged("src/strategy.js", ("ctx.buy(size)", "ctx.buy(size + 1n)"));
        }
        Err(reason) => skip!("{reason}"),
    }
}

/// A price that a float does not hold is refused with its field and value, not rounded.
#[test]
fn javascript_on_quickjs_decides_the_same_and_rounds_nothing() {
    let path = match languages::path_with("componentize-qjs") {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let project = Project::new("javascript", Some(path)).with_quickjs().built();
    project.holds("interpreter");
    let size = std::fs::metadata(project.component()).expect("it is there").len();
    assert!(size < 3_000_000, "{size}");
    let script = |price: &str| format!("instrument X:SPY 2 0\nparam qty 100\n1s trade X:SPY {price} 1\n");
    std::fs::write(project.dir.join("fixtures/last.script"), script("90071992547409.91")).expect("writable");
    std::fs::write(project.dir.join("fixtures/last.intents"), "").expect("writable");
    std::fs::write(project.dir.join("fixtures/over.script"), script("90071992547409.93")).expect("writable");
    let tested = project.command("test", &[]);
    tested.expect_code(1);
    let result = |at: usize| tested.json()["fixtures"][at]["result"].clone();
    assert_eq!((result(0), result(1), result(2)), ("ok".into(), "ok".into(), "failed".into()), "{}", tested.stdout);
    let why = tested.json()["fixtures"][2]["detail"].as_str().expect("a text").to_owned();
    assert!(why.contains("trade.price = 9007199254740992: beyond 9007199254740991, where numbers of QuickJS"), "{why}");
}

/// On QuickJS, whose code compiles in a fifth of the time; what differs from JavaScript is before the engine.
#[test]
fn typescript_from_new_to_the_decisions_of_the_example() {
    let path = match languages::path_with("tsc") {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let project = Project::new("typescript", Some(path)).with_quickjs().with_node_modules().built();
    project.holds("interpreter");
}

#[test]
fn typescript_is_checked_before_it_is_built() {
    let path = match languages::path_with("tsc") {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let project = Project::new("typescript", Some(path)).with_node_modules();
    let source = project.dir.join("src/strategy.ts");
    let good = std::fs::read_to_string(&source).expect("the template has it");
    std::fs::write(&source, good.replace("ctx.buy(size)", "ctx.buy(\"all\")")).expect("writable");
    let refused = project.command("build", &[]);
    refused.expect_code(1);
    assert!(refused.json()["message"].as_str().is_some_and(|text| text.contains("strategy.ts")), "{}", refused.stdout);
}

#[test]
fn a_python_project_passes_mypy_and_its_own_tests_without_a_build() {
    if let Err(reason) = languages::path_with("pytest") {
        skip!("{reason}");
    }
    let project = Project::new("python", None);
    let checked = succeeds(project.tool("python", &["-m", "mypy", "--strict"]));
    assert!(checked.contains("no issues found"), "{checked}");
    let tested = succeeds(project.tool("python", &["-m", "pytest", "-q"]));
    assert!(tested.contains("3 passed"), "{tested}");
    let source = project.dir.join("strategy.py");
    let good = std::fs::read_to_string(&source).expect("the template has it");
    std::fs::write(&source, good.replace("ctx.buy(size)", "ctx.buy(\"all\")")).expect("writable");
    let (is_good, text) = project.tool("python", &["-m", "mypy", "--strict"]);
    assert!(!is_good && text.contains("strategy.py") && text.contains("\"buy\" of \"Ctx\""), "{text}");
    std::fs::write(&source, good.replace(">= self.slow", "< self.slow")).expect("writable");
    let (is_good, text) = project.tool("python", &["-m", "pytest", "-q"]);
    assert!(!is_good && text.contains("3 failed") | text.contains("2 failed"), "{text}");
}

#[test]
fn projects_in_javascript_and_typescript_pass_their_own_tests_without_a_build() {
    if let Err(reason) = languages::path_with("rolldown") {
        skip!("{reason}");
    }
    for language in ["javascript", "typescript"] {
        let project = Project::new(language, None).with_node_modules();
        if language == "typescript" {
            succeeds(project.tool("tsc", &["--project", ".", "--noEmit", "--strict"]));
        }
        succeeds(project.tool("rolldown", &["--config", ".ringfence/javascript/rolldown.test.config.js"]));
        let tested = succeeds(project.tool("node", &["--test", "target/test/strategy.test.js"]));
        assert!(tested.contains("# pass 3"), "{language}: {tested}");
    }
}

#[test]
fn the_python_sdk_is_typed_tested_and_of_today_s_interface() {
    let componentize = match languages::program_of("componentize-py") {
        Ok(program) => program,
        Err(reason) => skip!("{reason}"),
    };
    let (sdk, folder) = (workspace::root().join("guest-sdk/python"), tempfile::tempdir().expect("a folder"));
    let python = |arguments: &[&str]| {
        let program = languages::program_of("python").expect("beside the others");
        said(Command::new(program).args(arguments).current_dir(&sdk))
    };
    let cache = folder.path().join("mypy").display().to_string();
    let checked = succeeds(python(&["-m", "mypy", "--strict", "--cache-dir", &cache]));
    assert!(checked.contains("no issues found"), "{checked}");
    let tested = succeeds(python(&["-m", "pytest", "-q", "-p", "no:cacheprovider"]));
    assert!(tested.contains(" passed") && !tested.contains("skipped"), "{tested}");
    let made = folder.path().join("bindings");
    let wit = workspace::root().join("wit");
    let mut bindings = Command::new(componentize);
    bindings.arg("--wit-path").arg(wit).args(["--world", "strategy", "bindings"]).arg(&made);
    succeeds(said(&mut bindings));
    for file in [
        "wit_world/imports/types.py",
        "wit_world/imports/view.py",
        "wit_world/imports/intents.py",
        "wit_world/imports/__init__.py",
        "wit_world/exports/__init__.py",
        "wit_world/exports/guest.py",
        "wit_world/__init__.py",
        "componentize_py_types.py",
    ] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(file)).expect("it is there");
        assert_eq!(read(&sdk.join("bindings")), read(&made), "{file}: copy it from `componentize-py bindings`");
    }
}

#[test]
fn the_typescript_sdk_is_typed_and_tested() {
    let tsc = match languages::program_of("tsc") {
        Ok(program) => program,
        Err(reason) => skip!("{reason}"),
    };
    let (sdk, folder) = (workspace::root().join("guest-sdk/javascript"), tempfile::tempdir().expect("a folder"));
    let tests = workspace::root().join("tests/languages/javascript");
    succeeds(said(Command::new(&tsc).arg("--project").arg(&sdk).args(["--noEmit", "--strict"])));
    let types = languages::node_modules().join("@types");
    let mut check = Command::new(&tsc);
    check.arg("--project").arg(&tests).args(["--noEmit", "--strict", "--typeRoots"]).arg(types);
    succeeds(said(&mut check));
    let rolldown = languages::program_of("rolldown").expect("beside the others");
    let mut bundle = Command::new(rolldown);
    bundle.current_dir(&folder).arg("--config").arg(sdk.join("rolldown.test.config.js")).env("RINGFENCE_TESTS", &tests);
    succeeds(said(&mut bundle));
    let mut run = Command::new("node");
    run.current_dir(&folder).arg("--test").env("RINGFENCE_SDK", sdk.join("src"));
    for name in ["documented", "orders", "params", "state"] {
        run.arg(folder.path().join(format!("target/test/{name}.test.js")));
    }
    let tested = succeeds(said(&mut run));
    assert!(tested.contains("# fail 0") && tested.contains("# pass 22"), "{tested}");
}

/// Trades of twenty a second, a price that swings so that averages cross.
fn swinging(rows: u64) -> Tape {
    let row = |n: u64| {
        let swing = (n % 400).abs_diff(200);
        format!("{},17{}.{:02},100\n", 1_700_000_040_000_000_000 + n * 50_000_000, swing / 100, swing % 100)
    };
    Tape::written(&format!("ts_ns,price,qty\n{}", (0..rows).map(row).collect::<String>()))
}

/// A component with a custom section more, which changes nothing but its hash.
fn variant(component: &[u8]) -> Vec<u8> {
    [component, b"\0\x04\x03new"].concat()
}

/// Ends at the call of this number.
fn mortal(calls: u32) -> Vec<u8> {
    let body = format!(
        "(global.set $n (i32.add (global.get $n) (i32.const 1)))
         (if (i32.eq (global.get $n) (i32.const {calls})) (then unreachable))"
    );
    guest::Guest::on_event(&body).items("(global $n (mut i32) (i32.const 0))").component()
}

/// The session of [`three_languages`]: three components of three languages, five reloads in the course of it.
struct Mixed {
    run: Run,
    tape: Tape,
}

impl Mixed {
    fn new(components: &[(&str, Vec<u8>); 3], rows: u64) -> Mixed {
        let tape = swinging(rows);
        let run = Run::dev(["run", "--mode", "paper", "--json", "--config", "host.toml", "--journal", "journal"]);
        let params = "params = { fast = 5, slow = 20, qty = \"10\" }";
        let mut place = Setup::default();
        for (language, _) in components {
            let more = match *language {
                "rust" => "restarts_max = 1\nrestart_backoff = \"1ms\"",
                "python" => "profile = \"interpreter\"\ncheckpoint_events = 2_000",
                _javascript => "profile = \"interpreter\"",
            };
            place = place.strategy(language, &run.path(&format!("{language}.wasm")), &format!("{params}\n{more}"));
        }
        let text = place.text().replace("lane = \"simulation\"", "lane = \"paper\"");
        let mut run = run.env("RINGFENCE_CACHE", machine_code()).file("host.toml", text);
        let mut script = String::new();
        let mut swap = |run: Run, tenth: u64, language: &str, name: &str, bytes: &[u8]| {
            let (at, path) = (1_700_000_040_000_000_000 + rows / 10 * tenth * 50_000_000, run.path(name));
            script +=
                &format!("[[events]]\nat = {at}\nkind = \"swap\"\nstrategy = \"{language}\"\ncomponent = {path:?}\n\n");
            run.file(name, bytes)
        };
        for (tenth, (language, component)) in (1..).zip(components) {
            run = run.file(&format!("{language}.wasm"), component);
            // An interpreter takes a minute to compile: it is put in its own place once more.
            let again = if *language == "rust" { variant(component) } else { component.clone() };
            run = swap(run, tenth, language, &format!("{language}-2.wasm"), &again);
        }
        run = swap(run, 5, "javascript", "ends.wasm", &mortal(120));
        run = swap(run, 6, "rust", "ends-again.wasm", &mortal(110));
        let run = run.file("events.toml", script).args(["--events", "events.toml", "--data"]).arg(&tape.path);
        Mixed { run, tape }
    }
}

/// The file of each project, or why one of them is missing.
fn three_languages() -> Result<[(&'static str, Vec<u8>); 3], String> {
    let read = |project: &Project| std::fs::read(project.component()).expect("it was built");
    let rust = Project::new("rust", None).built();
    let (python, javascript) =
        (interpreted("python", "componentize-py")?, interpreted("javascript", "componentize-js")?);
    Ok([("rust", read(&rust)), ("python", read(&python)), ("javascript", read(&javascript))])
}

/// In a usual run as fast as it goes; `RINGFENCE_PAPER_SECONDS` has it last so long by the clock.
#[test]
fn three_languages_five_reloads_a_halt_and_a_quarantine_in_paper_replay_alike() {
    let components = match three_languages() {
        Ok(components) => components,
        Err(why) => skip!("{why}"),
    };
    let seconds = std::env::var_os("RINGFENCE_PAPER_SECONDS");
    let seconds: Option<u64> = seconds.map(|text| text.to_string_lossy().parse().expect("a number of seconds"));
    let mixed = Mixed::new(&components, seconds.map_or(2_000, |seconds| (seconds * 20).max(2_000)));
    let speed = if seconds.is_some() { "1" } else { "max" };
    let limit = Duration::from_secs(600 + 2 * seconds.unwrap_or(0));
    let session = mixed.run.limit(limit).args(["--speed", speed]).finish();
    session.expect_code(3);
    let json = session.json();
    let mut kinds: Vec<&str> =
        json["notices"].as_array().into_iter().flatten().filter_map(|notice| notice["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["quarantined", "restarted", "swapped", "swapped", "swapped", "swapped", "swapped"], "{json}");
    let halts = |at: usize| json["strategies"][at]["halts"].as_array().map_or(0, Vec::len);
    assert_eq!([halts(0), halts(1), halts(2)], [2, 0, 1], "{json}");
    assert!(json["orders"].as_u64() > Some(10), "they trade: {json}");
    let verdict = Run::dev(["replay", "--json", "--verify", "--data"]).limit(limit).arg(&mixed.tape.path);
    let verdict = verdict.env("RINGFENCE_CACHE", machine_code()).arg(session.path("journal")).finish();
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
}
