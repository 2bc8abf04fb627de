//! An exception that leaves a strategy's method: do its type and text stand with the halt, in each language whose component
//! holds an interpreter?

use ringfence_tests::project::Project;
use ringfence_tests::{Setup, Tape, languages, skip};

/// A project of a template, and where it is made to fail.
struct Case {
    language: &'static str,
    /// A program of its toolchain.
    program: &'static str,
    source: &'static str,
    /// Words of `setup`, and what stands before them then.
    setup: (&'static str, &'static str),
    /// The same of the method for trades.
    method: (&'static str, &'static str),
}

const PYTHON: Case = Case {
    language: "python",
    program: "componentize-py",
    source: "strategy.py",
    setup: (
        "self.fast = Ema",
        "if params.count(\"fast\", 50) == 99:\n            raise LookupError(\"no average of 99\")\n        ",
    ),
    method: (
        "is_up = self.fast.update",
        "if trade.qty == 7:\n            raise ValueError(f\"no price for {trade.qty}\")\n        ",
    ),
};

const JAVASCRIPT: Case = Case {
    language: "javascript",
    program: "componentize-js",
    source: "src/strategy.js",
    setup: (
        "this.fast = new Ema",
        "if (params.count(\"fast\", 50) === 99) throw new TypeError(\"no average of 99\");\n    ",
    ),
    method: ("const isUp = ", "if (trade.qty === 7n) throw new RangeError(`no price for ${trade.qty}`);\n    "),
};

/// The project that fails, built; or why its toolchain is not here.
fn built(case: &Case, engine: Option<&str>) -> Result<Project, String> {
    let project = Project::new(case.language, Some(languages::path_with(case.program)?));
    for (words, before) in [case.setup, case.method] {
        project.edit(case.source, words, &format!("{before}{words}"));
    }
    if let Some(engine) = engine {
        project.edit("ringfence.toml", "engine = \"starlingmonkey\"", &format!("engine = \"{engine}\""));
    }
    project.command("build", &[]).expect_code(0);
    Ok(project)
}

/// A trade a second, the fifth of a size that the strategy does not bear.
fn tape() -> Tape {
    let row = |n: u64| {
        format!("{},170.0{n},{}\n", 1_700_000_040_000_000_000 + n * 1_000_000_000, if n == 4 { 7 } else { 100 })
    };
    Tape::written(&format!("ts_ns,price,qty\n{}", (0..8).map(row).collect::<String>()))
}

fn setup(project: &Project, fast: u32, more: &str) -> Setup {
    let lines = format!("profile = \"interpreter\"\nparams = {{ fast = {fast}, slow = 100, qty = \"10\" }}\n{more}");
    Setup::default().strategy("fails", &project.component(), &lines)
}

/// Where a method fails it is told with the halt, and where `setup` does with the refusal.
#[track_caller]
fn check(project: &Project, (method, setup_says): (&str, &str), place: &str) {
    for more in ["", "isolation = \"process\""] {
        let session = setup(project, 5, more).backtest(&tape());
        session.finished.expect_code(3);
        let halts = session.records(&["--only", "StrategyHalted"]);
        let [halt] = &halts[..] else { panic!("halted once: {halts:?}") };
        assert_eq!(halt["code"], "H-TRAP");
        let words = halt["last_words"].as_str().expect("words");
        assert!(words.starts_with(&format!("note: {method}\n")) && words.contains(place), "{words}");
        assert!(session.finished.stderr.contains(method), "{}", session.finished.stderr);
        assert_eq!(session.records(&["--only", "EMITTED"]).len(), 0, "the note is dropped with the call");
        let verdict = session.replay();
        assert_eq!((verdict.code, &verdict.json()["match"]), (Some(0), &true.into()), "{}", verdict.stderr);
    }
    let refused = setup(project, 99, "").backtest(&tape());
    refused.finished.expect_code(2);
    let stderr = &refused.finished.stderr;
    assert!(stderr.contains("E-SETUP") && stderr.contains(&format!("setup says: {setup_says}")), "{stderr}");
}

#[test]
fn an_exception_in_python_is_told_with_type_text_and_place() {
    match built(&PYTHON, None) {
        Ok(project) => check(&project, ("ValueError: no price for 7", "LookupError: no average of 99"), "in on_trade"),
        Err(reason) => skip!("{reason}"),
    }
}

#[test]
fn an_exception_in_javascript_is_told_with_type_and_text_on_both_engines() {
    let says = ("RangeError: no price for 7", "TypeError: no average of 99");
    match built(&JAVASCRIPT, None) {
        Ok(project) => check(&project, says, "onTrade"),
        Err(reason) => skip!("{reason}"),
    }
    let on_quickjs = Case { program: "componentize-qjs", ..JAVASCRIPT };
    match built(&on_quickjs, Some("quickjs")) {
        Ok(project) => check(&project, says, "onTrade"),
        Err(reason) => skip!("{reason}"),
    }
}
