//! Building a strategy through the binary, as an author does it: outside this repository, with the SDK as a dependency.

use std::path::{Path, PathBuf};

use ringfence_tests::{Finished, Run, Setup, Tape, binary, workspace};
use serde_json::Value;

/// A run of the binary that finds the toolchain of this machine. Output of the compiler is shared between tests, so that
/// the SDK's own dependencies are compiled once.
fn run(arguments: &[&str]) -> Run {
    let run = Run::dev(arguments).env("CARGO_TARGET_DIR", workspace::target().join("tmp/authors"));
    let places = ["HOME", "CARGO_HOME", "RUSTUP_HOME"];
    let known = places.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    known.fold(run, |run, (name, value)| run.env(name, value))
}

fn build(dir: &Path, out: &Path) -> Finished {
    run(&["build", "--json"]).arg(dir).arg("--out").arg(out).finish()
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";

/// A package of an author's own, under the toolchain and the versions of this repository.
fn package(dir: &Path, manifest: &str, source: &str) {
    std::fs::create_dir_all(dir.join("src")).expect("a folder is made");
    let head = "[package]\nname = \"my-strategy\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(dir.join("Cargo.toml"), format!("{head}{manifest}\n[workspace]\n")).expect("a manifest is written");
    std::fs::write(dir.join("src/lib.rs"), source).expect("a source file is written");
    for file in ["Cargo.lock", "rust-toolchain.toml"] {
        std::fs::copy(workspace::root().join(file), dir.join(file)).expect("a file is copied");
    }
}

/// The example strategy in a package that knows of this repository only where the SDK lies.
fn strategy(dir: &Path) {
    let sdk = workspace::root().join("guest-sdk/rust");
    let source =
        std::fs::read_to_string(binary::strategy_source("ema-cross").join("src/lib.rs")).expect("the example reads");
    package(dir, &format!("{CDYLIB}[dependencies]\nringfence-sdk = {{ path = {sdk:?} }}\n"), &source);
}

#[track_caller]
fn built(dir: &Path, out: &Path) -> (Value, Vec<u8>) {
    let finished = build(dir, out);
    finished.expect_code(0);
    let json = finished.json();
    let bytes = std::fs::read(json["path"].as_str().expect("a path")).expect("the component is there");
    assert_eq!((&json["ok"], &json["size"]), (&true.into(), &bytes.len().into()));
    (json, bytes)
}

fn holds(bytes: &[u8], path: &Path) -> bool {
    let needle = path.to_str().expect("paths of tests are text").as_bytes();
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn the_same_source_in_two_folders_gives_equal_bytes() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = (place.path().join("one"), place.path().join("far away/and deeper/two"));
    strategy(&one);
    strategy(&two);
    let (first, bytes) = built(&one, &place.path().join("out/one"));
    let (second, again) = built(&two, &place.path().join("out/two"));
    assert_eq!((&first["sha256"], bytes == again), (&second["sha256"], true));
    for path in [place.path(), &workspace::root(), &workspace::target()] {
        assert!(!holds(&bytes, path), "the component holds {}", path.display());
    }
    let check = Run::dev(["check", "--json"]).arg(first["path"].as_str().unwrap()).finish();
    check.expect_code(0);
    let report = check.json();
    assert_eq!((&report["ok"], &report["sha256"]), (&true.into(), &first["sha256"]));
    let imports = ["types", "view", "intents"].map(|name| format!("ringfence:strategy/{name}@0.1.0"));
    assert_eq!(report["imports"], serde_json::json!(imports), "no import but ours");
    decides_as_in_the_tree(Path::new(first["path"].as_str().unwrap()));
}

/// What an author builds trades as the example of this repository does.
#[track_caller]
fn decides_as_in_the_tree(component: &Path) {
    let tape = Tape::trades(1_000);
    let digest = |component: &Path| {
        let lines = "params = { fast = 5, slow = 20, qty = \"100\" }";
        let session = Setup::default().strategy("ema", component, lines).backtest(&tape);
        session.json(0)["decision_digest"].clone()
    };
    assert_eq!(digest(component), digest(&binary::component("ringfence_ema_cross")));
}

#[test]
fn a_strategy_of_the_tree_has_the_bytes_of_cargo_xtask_components() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("chosen.wasm");
    let (json, bytes) = built(&binary::strategy_source("ema-cross"), &file);
    assert_eq!(json["path"].as_str().map(PathBuf::from), Some(file), "a name that ends in .wasm is the file");
    assert!(bytes == std::fs::read(binary::component("ringfence_ema_cross")).unwrap(), "run `cargo xtask components`");
    let (json, _) = built(&binary::strategy_source("ema-cross"), place.path());
    assert!(json["path"].as_str().is_some_and(|path| path.ends_with("/ringfence_ema_cross.wasm")), "{json}");
}

/// The SDK's own documentation shows a whole package: its test passes and it builds, as it stands there.
#[test]
fn the_strategy_in_the_sdks_readme_builds_and_passes_its_test() {
    let sdk = workspace::root().join("guest-sdk/rust");
    let readme = std::fs::read_to_string(sdk.join("README.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = readme.split_once(&format!("```{language}\n")).expect("the README shows it");
        rest.split("```").next().unwrap()
    };
    let place = tempfile::tempdir().unwrap();
    let path = format!("path = {sdk:?}");
    package(place.path(), &block("toml").replace("path = \"../../guest-sdk/rust\"", &path), block("rust"));
    let (json, _) = built(place.path(), &place.path().join("out"));
    assert!(json["path"].as_str().is_some_and(|path| path.ends_with("/my_strategy.wasm")), "{json}");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = std::process::Command::new(cargo);
    tests.args(["test", "--quiet", "--lib"]).current_dir(place.path());
    tests.env("CARGO_TARGET_DIR", workspace::target().join("tmp/authors"));
    let output = tests.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Builds a package that has one fault; nothing is left behind.
#[track_caller]
fn fails(code: i32, manifest: &str, source: &str, said: &[&str]) {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    package(&place.path().join("mine"), manifest, source);
    let finished = run(&["build"]).arg(place.path().join("mine")).arg("--out").arg(place.path().join("out")).finish();
    finished.expect_code(code);
    for part in said {
        assert!(finished.stderr.contains(part), "{part:?} is missing in {}", finished.stderr);
    }
    assert!(!place.path().join("out").exists(), "half a component is left");
}

#[test]
fn what_the_compiler_says_is_passed_on() {
    let said = ["the strategy does not compile", "cannot find value `nonsense`", "src/lib.rs:1:25"];
    fails(1, CDYLIB, "pub fn broken() -> u8 { nonsense }", &said);
}

/// A component that was built all the same.
#[test]
fn what_the_compiler_warns_of_is_passed_on() {
    let place = tempfile::tempdir().unwrap();
    strategy(place.path());
    let source = place.path().join("src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, format!("{text}\nfn nobody_calls_me() {{}}\n")).unwrap();
    let finished = build(place.path(), &place.path().join("out"));
    finished.expect_code(0);
    assert!(finished.stderr.contains("`nobody_calls_me` is never used"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("Cargo.lock"), "{}", finished.stderr);
}

#[test]
fn a_library_that_is_no_cdylib_is_told_which_lines_to_add() {
    fails(2, "", "", &["makes no WebAssembly module; add to it:", "crate-type = [\"cdylib\""]);
}

#[test]
fn a_library_without_a_strategy_is_told_which_line_to_add() {
    let source = "#[unsafe(no_mangle)]\npub extern \"C\" fn run() {}";
    fails(1, CDYLIB, source, &["the module exports no strategy", "ringfence_sdk::export!"]);
}

#[test]
fn a_folder_without_a_package_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let finished = build(empty.path(), &empty.path().join("out"));
    finished.expect_code(2);
    assert!(finished.stderr.contains("no ringfence.toml and no Cargo package in"), "{}", finished.stderr);
    assert_eq!(finished.json()["ok"], false);
}

#[test]
fn without_a_toolchain_it_says_what_is_missing() {
    let place = tempfile::tempdir().unwrap();
    package(place.path(), CDYLIB, "");
    let finished = run(&["build"]).env("PATH", "/no/such/folder").arg(place.path()).finish();
    finished.expect_code(4);
    assert!(
        finished.stderr.contains("cannot run `cargo`") && finished.stderr.contains("doctor"),
        "{}",
        finished.stderr
    );
}
