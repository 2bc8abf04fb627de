//! Types that carry decisions: does code that forges, copies, reuses or skips one fail to compile?
//!
//! Each case in `trybuild/` has its error text pinned beside it, and a twin that compiles: the same code without the one
//! thing that is forbidden. `TRYBUILD=overwrite cargo test -p ringfence-venue --test trybuild` pins the texts anew.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn forged_copied_and_skipped_decisions_do_not_compile() {
    let cases = trybuild::TestCases::new();
    for name in names() {
        cases.compile_fail(format!("trybuild/{name}.rs"));
        cases.pass(format!("trybuild/{name}_twin.rs"));
    }
}

/// Names of the cases; every one has its text and its twin, and nothing else lies there.
fn names() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("trybuild");
    let files: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the folder of the cases")
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .collect();
    let stems = files.iter().filter_map(|file| file.strip_suffix(".rs"));
    let names: BTreeSet<String> = stems.filter(|stem| !stem.ends_with("_twin")).map(str::to_owned).collect();
    assert!(names.len() >= 19, "the cases are there: {names:?}");
    let wanted: BTreeSet<String> = names
        .iter()
        .flat_map(|name| [format!("{name}.rs"), format!("{name}.stderr"), format!("{name}_twin.rs")])
        .collect();
    let is_pinning = files.iter().all(|file| !file.ends_with(".stderr"));
    assert!(is_pinning || files == wanted, "every case has a pinned text and a twin: {files:?}");
    names
}
