//! Question: does a build give the same bytes wherever the source lies, and say what is wrong when it cannot?
//!
//! In: the example strategies, and small packages made for one fault each. Out: components, errors. Needs the wasm
//! target, so this package is not among the default members.

#![expect(clippy::wildcard_enum_match_arm, reason = "of a parser's many payloads a few matter here")]

use std::fs;
use std::path::{Path, PathBuf};

use ringfence_component::{BuildError, BuildOptions, Built, Names, Out, TARGET, Tools, build_dir};
use wasmparser::{Parser, Payload};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}

fn build(dir: &Path, out: &Path) -> Result<Built, BuildError> {
    build_dir(dir, &BuildOptions { out: Out::Folder(out.to_owned()), tools: Tools::from_env(), names: Names::Dropped })
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Copies a folder's files, not following into build output.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder in the temporary folder");
    for entry in fs::read_dir(from).expect("a source folder") {
        let path = entry.expect("a folder entry").path();
        let target = to.join(path.file_name().expect("entries have names"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file copies");
        }
    }
}

/// A workspace of only the SDK and one strategy, as an author would have it, at a path with a space.
fn lean_workspace(root: &Path) {
    for folder in ["wit", "guest-sdk/rust", "guest-sdk/rust-derive", "strategies/ema-cross"] {
        copy(&workspace().join(folder), &root.join(folder));
    }
    for file in ["Cargo.lock", "rust-toolchain.toml"] {
        fs::copy(workspace().join(file), root.join(file)).expect("a file copies");
    }
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).expect("the root manifest");
    let (head, rest) = manifest.split_once("members = [").expect("the root manifest lists its members");
    let (_, rest) = rest.split_once("[workspace.package]").expect("the root manifest has package defaults");
    let members =
        "members = [\"guest-sdk/rust\", \"guest-sdk/rust-derive\", \"strategies/ema-cross\"]\n\n[workspace.package]";
    fs::write(root.join("Cargo.toml"), format!("{head}{members}{rest}")).expect("a manifest writes");
}

/// One target folder for everything below `place`, so that dependencies are compiled once.
fn share_target(place: &Path) {
    fs::create_dir_all(place.join(".cargo")).expect("a folder in the temporary folder");
    let setting = format!("[build]\ntarget-dir = {:?}\n", place.join("target"));
    fs::write(place.join(".cargo/config.toml"), setting).expect("a file writes");
}

#[test]
fn the_bytes_do_not_depend_on_where_the_source_lies() {
    let place = temp();
    share_target(place.path());
    let root = place.path().join("far away/from here");
    lean_workspace(&root);
    let there = build(&root.join("strategies/ema-cross"), &place.path().join("out")).expect("the copy builds");
    let here = build(&workspace().join("strategies/ema-cross"), &place.path().join("here")).expect("it builds");
    assert_eq!(fs::read(&there.path).expect("a file"), fs::read(&here.path).expect("a file"));
    assert_eq!((there.sha256_hex(), there.outside), (here.sha256_hex(), Vec::new()));

    // A package of its own, with the SDK by path: it builds, hides the paths, and says what its bytes depend on.
    let own = place.path().join("own");
    let sdk = root.join("guest-sdk/rust");
    package(&own, &format!("{CDYLIB}[dependencies]\nringfence-sdk = {{ path = {sdk:?} }}"), "");
    fs::copy(workspace().join("strategies/ema-cross/src/lib.rs"), own.join("src/lib.rs")).expect("a file copies");
    fs::copy(workspace().join("Cargo.lock"), own.join("Cargo.lock")).expect("a file copies");
    let built = build(&own, &place.path().join("out")).expect("it builds");
    assert_eq!(built.outside, ["ringfence-sdk", "ringfence-sdk-derive"]);
    check_bare(&fs::read(&built.path).expect("a file"), &[place.path().to_owned()]);
}

/// The largest of the examples has 62,890 bytes: the SDK has some seventy indicators, and they use one or two.
const SIZE_MAX: u64 = 65_536;

#[test]
fn a_component_imports_our_interfaces_and_nothing_else() {
    let place = temp();
    let (single, both) = (&["guest"][..], &["batch", "guest"][..]);
    for (strategy, interfaces) in [("ema-cross", both), ("sma-cross", both), ("touch-maker", single)] {
        let built = build(&workspace().join("strategies").join(strategy), place.path()).expect("it builds");
        let bytes = fs::read(&built.path).expect("a file");
        assert_eq!(built.size, bytes.len() as u64);
        assert!(
            built.size <= SIZE_MAX,
            "{strategy}: {} bytes; what it does not use of the SDK is not in it",
            built.size
        );
        let (imports, mut exports) = surface(&bytes);
        exports.sort();
        let ours = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("ringfence:strategy/{name}@0.1.0")).collect()
        };
        assert_eq!(imports, ours(&["types", "view", "intents"]), "{strategy}");
        assert_eq!(exports, ours(interfaces), "{strategy}");
        check_bare(&bytes, &[workspace(), Tools::from_env().cargo_home]);
    }
}

/// Names that the component itself imports and exports, and a check that it is valid.
fn surface(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    wasmparser::Validator::new().validate_all(bytes).expect("a valid component");
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_u32);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("a valid component parses") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

/// No custom section anywhere, and none of these paths.
fn check_bare(bytes: &[u8], paths: &[PathBuf]) {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.expect("a valid component parses") {
            panic!("custom section {}", section.name());
        }
    }
    for path in paths {
        let needle = path.to_str().expect("a path in UTF-8").as_bytes();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "the component holds {}", path.display());
    }
}

#[test]
fn a_component_goes_to_the_file_that_was_asked_for() {
    let place = temp();
    let file = place.path().join("deep/er/name.wasm");
    let options = BuildOptions { out: Out::File(file.clone()), tools: Tools::from_env(), names: Names::Dropped };
    let built = build_dir(&workspace().join("strategies/ema-cross"), &options).expect("it builds");
    assert_eq!(built.path, file);
    let left: Vec<_> = fs::read_dir(place.path().join("deep/er")).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing half written stays behind");
}

/// A package without dependencies: manifest lines after the name, and its source.
fn package(dir: &Path, manifest: &str, source: &str) {
    fs::create_dir_all(dir.join("src")).expect("a folder in the temporary folder");
    let head = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(dir.join("Cargo.toml"), format!("{head}{manifest}\n[workspace]\n")).expect("a manifest writes");
    fs::write(dir.join("src/lib.rs"), source).expect("a source file writes");
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";

#[track_caller]
fn fails(manifest: &str, source: &str) -> String {
    let place = temp();
    package(place.path(), manifest, source);
    let error = build(place.path(), &place.path().join("out")).expect_err("there is a fault");
    error.to_string().replace(&place.path().canonicalize().expect("a folder").display().to_string(), "DIR")
}

#[test]
fn a_folder_without_a_package_is_named() {
    let place = temp();
    assert!(matches!(build(place.path(), place.path()), Err(BuildError::NoPackage { .. })));
    assert!(matches!(build(&place.path().join("absent"), place.path()), Err(BuildError::NoPackage { .. })));
    let only_a_workspace = build(&workspace(), place.path());
    assert!(matches!(only_a_workspace, Err(BuildError::NoPackage { .. })), "{only_a_workspace:?}");
}

#[test]
fn a_library_that_is_no_cdylib_is_told_which_lines_to_add() {
    let want = "DIR/Cargo.toml makes no WebAssembly module; add to it:\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]";
    assert_eq!(fails("", ""), want);
}

/// The SDK by path and a strategy that does nothing, with a warning.
fn package_with_sdk(place: &Path) -> PathBuf {
    let own = place.join("own");
    let sdk = workspace().join("guest-sdk/rust");
    let source = "use ringfence_sdk::{Instrument, Params, Plan, SetupError, Strategy};
        struct Nothing;
        impl Strategy for Nothing {
            fn setup(_: &Params, all: &[Instrument]) -> Result<(Self, Plan), SetupError> {
                let forgotten = 1;
                Ok((Self, Plan::new().trades(all[0].id)))
            }
        }
        ringfence_sdk::export!(Nothing);";
    package(&own, &format!("{CDYLIB}[dependencies]\nringfence-sdk = {{ path = {sdk:?} }}"), source);
    fs::copy(workspace().join("Cargo.lock"), own.join("Cargo.lock")).expect("a file copies");
    own
}

#[test]
fn warnings_are_passed_on_and_the_profile_of_the_author_changes_nothing() {
    let place = temp();
    share_target(place.path());
    let own = package_with_sdk(place.path());
    let first = build(&own, &place.path().join("out")).expect("it builds");
    assert!(first.warnings.contains("unused variable: `forgotten`"), "{}", first.warnings);
    assert!(!first.warnings.contains("Compiling"), "{}", first.warnings);
    assert!(first.was_locked);

    // What the manifest says of the release profile changes nothing.
    let manifest = fs::read_to_string(own.join("Cargo.toml")).expect("a file");
    let profile = "[profile.release]\noverflow-checks = true\ndebug-assertions = true\nopt-level = 0\n
        debug = true\nincremental = true\nrpath = true\nsplit-debuginfo = \"packed\"\n";
    fs::write(own.join("Cargo.toml"), format!("{manifest}{profile}")).expect("a file writes");
    let second = build(&own, &place.path().join("out")).expect("it builds");
    assert_eq!(second.sha256_hex(), first.sha256_hex());
}

#[test]
fn what_the_compiler_says_is_passed_on() {
    let error = fails(CDYLIB, "pub fn broken() -> u8 { nonsense }");
    assert!(error.starts_with("the strategy does not compile:\n"), "{error}");
    assert!(error.contains("cannot find value `nonsense`") && error.contains("src/lib.rs:1:25"), "{error}");
}

#[test]
fn a_module_without_the_export_macro_is_told_to_add_it() {
    let want = "the module exports no strategy: add `ringfence_sdk::export!(YourStrategy);` to its lib.rs";
    assert_eq!(fails(CDYLIB, "#[unsafe(no_mangle)]\npub extern \"C\" fn run() {}"), want);
}

#[cfg(unix)]
#[test]
fn an_absent_target_is_told_how_to_be_installed() {
    let place = temp();
    package(place.path(), CDYLIB, "");
    let mut tools = Tools::from_env();
    tools.rustc = no_target(place.path(), &tools.rustc).into();
    let options = BuildOptions { out: Out::Folder(place.path().to_owned()), tools, names: Names::Dropped };
    let error = build_dir(place.path(), &options).expect_err("the target is absent").to_string();
    assert_eq!(error, format!("the Rust target {TARGET} is not installed; run: rustup target add {TARGET}"));
}

/// A rustc that has every library but the target's.
#[cfg(unix)]
fn no_target(dir: &Path, rustc: &std::ffi::OsStr) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let script = dir.join("rustc-without-target");
    let rustc = rustc.to_str().expect("a path in UTF-8");
    let body = format!(
        "#!/bin/sh\ncase \"$*\" in *target-libdir*) echo '{}';; *) exec {rustc} \"$@\";; esac\n",
        dir.join("absent").display()
    );
    fs::write(&script, body).expect("a script writes");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a script becomes executable");
    script
}
