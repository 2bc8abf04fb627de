//! Layers: does each package import only what its layer may?
//!
//! In: `cargo metadata` and `cargo tree`. Out: one line for each edge that the table below does not allow. Must never:
//! know exceptions outside the table; to change who may import whom is to change this file and the record of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use expect_test::{Expect, expect};
use ringfence_tests::workspace;

/// What a package may import of ours in a build (dev-dependencies are not bound by this, except where said).
enum May {
    These(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

use May::{AllBut, These};

/// Folder, package (`*` = any in a folder that ends with `/*`), what it may import. The first row that fits decides.
const TABLE: &[(&str, &str, May)] = &[
    ("host/core", "ringfence-core", These(&[])),
    ("host/journal", "ringfence-journal", These(&["ringfence-core"])),
    ("host/tape", "ringfence-tape", These(&["ringfence-core"])),
    ("host/calendar", "ringfence-calendar", These(&[])),
    ("host/data", "ringfence-data", These(&["ringfence-core", "ringfence-tape"])),
    ("host/fetch", "ringfence-fetch", These(&[])),
    (
        "host/session",
        "ringfence-session",
        These(&["ringfence-core", "ringfence-journal", "ringfence-tape", "ringfence-venue", "ringfence-sim"]),
    ),
    ("host/report", "ringfence-report", These(&["ringfence-core", "ringfence-session"])),
    ("host/control", "ringfence-control", These(&["ringfence-core"])),
    ("host/sandbox", "ringfence-sandbox", These(&["ringfence-core"])),
    ("host/component", "ringfence-component", These(&[])),
    ("host/app", "ringfence", AllBut(&["ringfence-tests", "ringfence-fuzz", "xtask"])),
    ("venues/api", "ringfence-venue", These(&["ringfence-core"])),
    ("venues/sim", "ringfence-sim", These(&["ringfence-core", "ringfence-venue"])),
    ("venues/exchange", "ringfence-exchange", These(&[])),
    ("venues/*", "*", These(&["ringfence-core", "ringfence-venue"])),
    ("guest-sdk/rust", "ringfence-sdk", These(&["ringfence-sdk-derive"])),
    ("guest-sdk/rust-derive", "ringfence-sdk-derive", These(&[])),
    ("guest-sdk/rust-debug", "ringfence-sdk-debug", These(&["ringfence-sdk"])),
    ("guest-sdk/*", "*", These(&[])),
    ("strategies/*", "*", These(&["ringfence-sdk"])),
    ("tests/components/*", "*", These(&["ringfence-sdk"])),
    ("tests/wasi/*", "*", These(&["ringfence-sdk"])),
    (
        "tests/faults",
        "ringfence-faults",
        These(&["ringfence-core", "ringfence-venue", "ringfence-binance", "ringfence-exchange"]),
    ),
    ("tests/fuzz", "ringfence-fuzz", These(&[])),
    ("tests", "ringfence-tests", AllBut(&["xtask"])),
    ("xtask", "xtask", AllBut(&[])),
];

/// Everything the core links directly from outside, exactly.
const CORE_EXTERNAL: &[&str] = &["hmac", "rust_decimal", "sha2", "thiserror"];

/// Folders whose packages run inside the sandbox; they may not import from [`HOST_FOLDERS`] even in their tests.
const GUEST_FOLDERS: &[&str] = &["guest-sdk/", "strategies/", "tests/components/", "tests/wasi/"];
const HOST_FOLDERS: &[&str] = &["host/", "venues/"];

/// The one package that may name wasmtime.
const ENGINE_OWNER: &str = "ringfence-sandbox";

/// A package of the workspace with the names it imports.
struct Package {
    folder: String,
    name: String,
    imports: Vec<Import>,
}

struct Import {
    name: String,
    is_dev: bool,
}

/// Every rule over the graph, one line for each breach.
fn breaches(packages: &[Package]) -> Vec<String> {
    let mut found: Vec<String> = packages.iter().flat_map(|package| breaches_of(package, packages)).collect();
    let is_stale = |(folder, ..): &&(&str, &str, May)| {
        !folder.ends_with("/*") && !packages.iter().any(|package| package.folder == **folder)
    };
    found.extend(
        TABLE.iter().filter(is_stale).map(|(folder, ..)| format!("{folder}: in the table, not in the workspace")),
    );
    found
}

fn breaches_of(package: &Package, packages: &[Package]) -> Vec<String> {
    let Some(may) = row_of(package) else { return vec![format!("{} {}: no row", package.folder, package.name)] };
    let mut found = Vec::new();
    for import in &package.imports {
        let owned = packages.iter().find(|other| other.name == import.name);
        let reason = match owned {
            Some(_) if import.name == "xtask" => Some("nothing imports xtask"),
            Some(other) if is_in(package, GUEST_FOLDERS) && is_in(other, HOST_FOLDERS) => {
                Some("a guest imports no host")
            }
            Some(_) if !import.is_dev && !allows(may, &import.name) => Some("not in its row"),
            None if import.name == "wasmtime" && package.name != ENGINE_OWNER => {
                Some("only the sandbox names wasmtime")
            }
            Some(_) | None => None,
        };
        found.extend(reason.map(|reason| format!("{} -> {}: {reason}", package.name, import.name)));
    }
    if package.folder == "host/core" {
        found.extend(core_breaches(package, packages));
    }
    found
}

fn core_breaches(core: &Package, packages: &[Package]) -> Vec<String> {
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let external = core.imports.iter().filter(|import| !import.is_dev && !is_ours(&import.name));
    let external: BTreeSet<&str> = external.map(|import| import.name.as_str()).collect();
    let allowed: BTreeSet<&str> = CORE_EXTERNAL.iter().copied().collect();
    let extra = external.difference(&allowed).map(|name| format!("{} -> {name}: not in the core's list", core.name));
    let unused = allowed.difference(&external).map(|name| format!("{name}: in the core's list, not imported"));
    extra.chain(unused).collect()
}

fn row_of(package: &Package) -> Option<&'static May> {
    let fits = |folder: &str, name: &str| match folder.strip_suffix('*') {
        Some(parent) => package.folder.strip_prefix(parent).is_some_and(|rest| !rest.contains('/')),
        None => package.folder == folder && package.name == name,
    };
    TABLE.iter().find(|(folder, name, _)| fits(folder, name)).map(|(.., may)| may)
}

fn allows(may: &May, name: &str) -> bool {
    match may {
        These(names) => names.contains(&name),
        AllBut(names) => !names.contains(&name),
    }
}

fn is_in(package: &Package, folders: &[&str]) -> bool {
    folders.iter().any(|folder| package.folder.starts_with(folder))
}

/// Every name that `from` reaches over `edges`, itself left out.
fn reach(edges: &BTreeMap<String, Vec<String>>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in edges.get(&name).into_iter().flatten() {
            if reached.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    reached
}

/// Metadata for the machine the test runs on, so that no crate for another platform has to be downloaded.
fn metadata() -> Metadata {
    let version = output_of(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let options = vec!["--filter-platform".to_owned(), host.to_owned()];
    let manifest = workspace::root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().expect("cargo metadata runs")
}

fn output_of(command: &mut Command) -> String {
    let output = command.current_dir(workspace::root()).output().expect("a tool of the toolchain starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn packages_of(metadata: &Metadata) -> Vec<Package> {
    let folder = |manifest: &str| {
        let path = manifest.trim_end_matches("/Cargo.toml");
        path.strip_prefix(metadata.workspace_root.as_str()).unwrap_or(path).trim_start_matches('/').to_owned()
    };
    let read = |package: &cargo_metadata::Package| {
        let import = |dependency: &cargo_metadata::Dependency| Import {
            name: dependency.name.clone(),
            is_dev: dependency.kind == DependencyKind::Development,
        };
        let imports = package.dependencies.iter().map(import).collect();
        Package { folder: folder(package.manifest_path.as_str()), name: package.name.to_string(), imports }
    };
    metadata.workspace_packages().into_iter().map(read).collect()
}

/// Edges of the kinds wanted, with the features of the whole workspace switched on together.
fn unified_edges(metadata: &Metadata, kinds: &[DependencyKind]) -> BTreeMap<String, Vec<String>> {
    let resolve = metadata.resolve.as_ref().expect("cargo metadata resolves");
    let name_of = |id: &cargo_metadata::PackageId| metadata[id].name.to_string();
    let is_wanted = |dep: &&cargo_metadata::NodeDep| dep.dep_kinds.iter().any(|kind| kinds.contains(&kind.kind));
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in &resolve.nodes {
        let wanted = node.deps.iter().filter(is_wanted).map(|dep| name_of(&dep.pkg));
        edges.entry(name_of(&node.id)).or_default().extend(wanted);
    }
    edges
}

#[test]
fn every_package_imports_only_what_its_row_allows() {
    let found = breaches(&packages_of(&metadata()));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn no_feature_of_the_workspace_brings_serde_into_the_core() {
    let alone =
        output_of(Command::new("cargo").args(["tree", "-p", "ringfence-core", "-e", "normal", "--prefix", "none"]));
    let serde: Vec<_> = alone.lines().filter(|line| line.starts_with("serde")).collect();
    assert!(serde.is_empty(), "cargo tree -p ringfence-core -e normal: {serde:?}");
    let reached = reach(&unified_edges(&metadata(), &[DependencyKind::Normal]), "ringfence-core");
    assert!(reached.contains("sha2"), "the graph was not read: {reached:?}");
    let serde: Vec<_> = reached.iter().filter(|name| name.starts_with("serde")).collect();
    assert!(serde.is_empty(), "with the features of the whole workspace: {serde:?}");
}

/// It is a workspace of its own: `cargo metadata` of this one does not know it.
#[test]
fn the_oracle_of_another_backtester_shares_nothing_with_the_product() {
    let read = |path: &str| std::fs::read_to_string(workspace::root().join(path)).expect("the file is there");
    let manifest: toml::Table = read("tests/oracles/hft/Cargo.toml").parse().expect("it is TOML");
    let imports: Vec<&str> = manifest["dependencies"].as_table().expect("a table").keys().map(String::as_str).collect();
    assert_eq!((imports, manifest.contains_key("workspace")), (vec!["hftbacktest"], true));
    assert!(!read("Cargo.lock").contains("name = \"hftbacktest\""), "it has a lock file of its own");
}

#[test]
fn there_is_one_wasmtime() {
    let metadata = metadata();
    let engines = metadata.packages.iter().filter(|package| package.name.as_str() == "wasmtime");
    let versions: Vec<_> = engines.map(|package| package.version.to_string()).collect();
    assert_eq!(versions.len(), 1, "{versions:?}");
}

#[test]
fn what_a_plain_cargo_test_builds_needs_neither_the_engine_nor_the_guest_target() {
    let metadata = metadata();
    let kinds = [DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development];
    let edges = unified_edges(&metadata, &kinds);
    let members: Vec<String> =
        metadata.workspace_default_packages().iter().map(|package| package.name.to_string()).collect();
    assert!(members.contains(&"ringfence-core".to_owned()), "{members:?}");
    for member in &members {
        let reached = reach(&edges, member);
        let heavy: Vec<_> = ["wasmtime", "wit-bindgen"].iter().filter(|name| reached.contains(**name)).collect();
        assert!(heavy.is_empty(), "{member} reaches {heavy:?}");
    }
}

/// Checks a made-up workspace, one package a line: `folder name: import import(dev)`. Stale rows are left out.
#[track_caller]
fn check(graph: &str, want: Expect) {
    let packages: Vec<Package> = graph.lines().map(str::trim).filter(|line| !line.is_empty()).map(read_line).collect();
    let found: Vec<_> = breaches(&packages).into_iter().filter(|line| !line.contains("not in the workspace")).collect();
    want.assert_eq(&found.join("\n"));
}

fn read_line(line: &str) -> Package {
    let (head, imports) = line.split_once(':').expect("a line has a colon");
    let (folder, name) = head.split_once(' ').expect("folder and name");
    let import = |word: &str| match word.strip_suffix("(dev)") {
        Some(name) => Import { name: name.to_owned(), is_dev: true },
        None => Import { name: word.to_owned(), is_dev: false },
    };
    let imports = imports.split_whitespace().map(import).collect();
    Package { folder: folder.to_owned(), name: name.to_owned(), imports }
}

const CORE: &str = "host/core ringfence-core: hmac rust_decimal sha2 thiserror";

#[test]
fn an_edge_that_is_not_in_the_row_is_found() {
    check(
        &format!(
            "{CORE} ringfence-journal\nhost/journal ringfence-journal: ringfence-core ringfence-tape(dev)\nhost/tape ringfence-tape: ringfence-journal"
        ),
        expect![[r#"
            ringfence-core -> ringfence-journal: not in its row
            ringfence-tape -> ringfence-journal: not in its row"#]],
    );
}

#[test]
fn a_package_without_a_row_is_found() {
    check(
        "host/extra ringfence-extra: ringfence-core\nstrategies/deep/er deep-er:\nstrategies/new new:",
        expect![[r#"
            host/extra ringfence-extra: no row
            strategies/deep/er deep-er: no row"#]],
    );
}

#[test]
fn a_guest_that_imports_a_host_package_even_for_its_tests_is_found() {
    check(
        &format!(
            "{CORE}\nguest-sdk/rust ringfence-sdk: ringfence-core(dev)\nstrategies/a a: ringfence-sdk ringfence-core"
        ),
        expect![[r#"
            ringfence-sdk -> ringfence-core: a guest imports no host
            a -> ringfence-core: a guest imports no host"#]],
    );
}

#[test]
fn an_import_of_xtask_is_found() {
    check(
        "xtask xtask: anyhow\ntests ringfence-tests: xtask(dev)",
        expect!["ringfence-tests -> xtask: nothing imports xtask"],
    );
}

#[test]
fn the_core_links_exactly_its_list_from_outside() {
    check(
        "host/core ringfence-core: hmac rust_decimal serde sha2 proptest(dev)",
        expect![[r#"
            ringfence-core -> serde: not in the core's list
            thiserror: in the core's list, not imported"#]],
    );
}

#[test]
fn wasmtime_named_outside_the_sandbox_is_found() {
    check(
        "host/sandbox ringfence-sandbox: wasmtime\nhost/app ringfence: wasmtime\ntests ringfence-tests: wasmtime(dev)",
        expect![[r#"
            ringfence -> wasmtime: only the sandbox names wasmtime
            ringfence-tests -> wasmtime: only the sandbox names wasmtime"#]],
    );
}

#[test]
fn a_row_without_a_package_is_found() {
    let found = breaches(&[read_line(CORE)]);
    assert!(found.contains(&"host/tape: in the table, not in the workspace".to_owned()), "{found:?}");
    assert!(!found.iter().any(|line| line.starts_with("host/core:") || line.starts_with("venues/*")), "{found:?}");
}

#[test]
fn a_dependency_of_a_dependency_is_reached() {
    let edge = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|&name| name.to_owned()).collect());
    let edges =
        BTreeMap::from([edge("core", &["decimal"]), edge("decimal", &["serde"]), edge("app", &["core", "clap"])]);
    expect![[r#"{"decimal", "serde"}"#]].assert_eq(&format!("{:?}", reach(&edges, "core")));
}
