//! Promises: is each claim of the README and of the capabilities shown by a test that exists?

use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_tests::acceptance::{self, Promise, Shown, TestName};
use ringfence_tests::workspace;

fn text_of(name: &str) -> String {
    let path = workspace::root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn promises() -> Vec<Promise> {
    acceptance::read(&text_of("tests/acceptance.toml")).unwrap_or_else(|problems| panic!("{}", problems.join("\n")))
}

/// Tests that are named and missing, one line each.
fn missing_tests(root: &Path, promises: &[Promise]) -> Vec<String> {
    let missing = |promise: &Promise| -> Vec<String> {
        match &promise.shown {
            Shown::By(names) => names.iter().filter_map(|name| acceptance::find_test(root, name).err()).collect(),
            Shown::Impossible { .. } => Vec::new(),
        }
    };
    let line = |promise: &Promise, problem: String| format!("{}: {problem}", promise.id);
    promises.iter().flat_map(|promise| missing(promise).into_iter().map(|problem| line(promise, problem))).collect()
}

/// Ids in the README's table without an entry that says it comes from there.
fn unlisted_ids(readme: &str, promises: &[Promise]) -> Vec<String> {
    let listed = |id: &String| promises.iter().any(|promise| promise.source == "README" && promise.id == *id);
    readme_ids(readme).into_iter().filter(|id| !listed(id)).collect()
}

/// Ids promised in the README: first column of the table under a heading with "What works today", where it is one
/// word of `a-z`, `0-9`, `-` and `.` (back-ticks allowed).
fn readme_ids(readme: &str) -> Vec<String> {
    let is_heading = |line: &str| line.starts_with('#');
    let section = readme.lines().skip_while(|line| !(is_heading(line) && line.contains("What works today"))).skip(1);
    let rows = section.take_while(|line| !is_heading(line)).filter_map(|line| line.trim().strip_prefix('|'));
    let cells = rows.filter_map(|row| row.split('|').next()).map(|cell| cell.trim().trim_matches('`').to_owned());
    let header_and_rule = 2;
    cells.skip(header_and_rule).filter(|cell| is_id(cell)).collect()
}

fn is_id(cell: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    cell.starts_with(|c: char| c.is_ascii_alphanumeric()) && cell.chars().all(allowed)
}

#[test]
fn every_named_test_exists() {
    let missing = missing_tests(&workspace::root(), &promises());
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_promise_of_the_readme_has_an_entry() {
    let readme = text_of("README.md");
    assert!(!readme_ids(&readme).is_empty(), "README.md has no rows under \"What works today\"");
    let unlisted = unlisted_ids(&readme, &promises());
    assert!(unlisted.is_empty(), "in README.md, not in tests/acceptance.toml: {}", unlisted.join(", "));
}

#[test]
fn every_entry_from_the_readme_stands_in_the_readme() {
    let ids = readme_ids(&text_of("README.md"));
    let stale: Vec<_> = promises().into_iter().filter(|p| p.source == "README" && !ids.contains(&p.id)).collect();
    assert!(stale.is_empty(), "in tests/acceptance.toml, not in README.md: {stale:#?}");
}

#[track_caller]
fn check_read(text: &str, want: Expect) {
    let shown = match acceptance::read(text) {
        Ok(promises) => promises.iter().map(render).collect::<Vec<_>>(),
        Err(problems) => problems,
    };
    want.assert_eq(&shown.join("\n"));
}

fn render(promise: &Promise) -> String {
    let shown = match &promise.shown {
        Shown::By(names) => format!("by {}", names.iter().map(TestName::to_string).collect::<Vec<_>>().join(", ")),
        Shown::Impossible { reason, tried } => format!("impossible: {reason} (tried: {tried})"),
    };
    format!("{} [{}] {} {shown}", promise.id, promise.source, promise.text)
}

#[test]
fn an_entry_names_a_test_or_says_why_there_is_none() {
    check_read(
        r#"
        [[promise]]
        id = "a"
        source = "README"
        text = "A holds."
        test = "p::lib::m::t"
        [[promise]]
        id = "b"
        source = "capability: x"
        text = "B holds."
        impossible = "no network"
        tried = "a mirror"
        [[promise]]
        id = "c"
        source = "README"
        text = "C holds."
        test = ["p::lib::t", "q::whole::u"]
        "#,
        expect![[r#"
            a [README] A holds. by p::lib::m::t
            b [capability: x] B holds. impossible: no network (tried: a mirror)
            c [README] C holds. by p::lib::t, q::whole::u"#]],
    );
}

#[test]
fn broken_entries_are_all_reported() {
    check_read(
        r#"
        extra = 1
        [[promise]]
        id = "a"
        source = "README"
        text = "A."
        test = ""
        [[promise]]
        id = "b"
        source = "README"
        text = "B."
        [[promise]]
        id = "c"
        source = "hearsay"
        text = "C."
        test = "p::lib::t"
        [[promise]]
        id = "d"
        source = "README"
        text = "D."
        test = "p::t"
        [[promise]]
        id = "e"
        source = "README"
        text = "E."
        test = "p::lib::t"
        impossible = "x"
        tried = "y"
        [[promise]]
        id = "f"
        source = "README"
        text = "F."
        test = "p::lib::t"
        [[promise]]
        id = "f"
        source = "README"
        text = "F."
        test = "p::lib::t"
        [[promise]]
        id = "g"
        source = "README"
        text = "G."
        tset = "p::lib::t"
        [[promise]]
        id = "h"
        source = "README"
        text = "H."
        impossible = "x"
        [[promise]]
        id = "i"
        source = "README"
        text = "I."
        test = []
        [[promise]]
        id = "j"
        source = "README"
        text = "J."
        test = ["p::lib::t", "p::lib::t"]
        "#,
        expect![[r#"
            unknown key `extra`
            promise 1: `test` is empty
            promise 2: `impossible` is missing
            promise 3: c: source is neither `README` nor `capability: …`
            promise 4: d: `p::t` is not package::binary::test
            promise 5: e: both `test` and `impossible`
            f: id given twice
            promise 8: unknown key `tset`
            promise 9: `tried` is missing
            promise 10: `test` is empty
            promise 11: j: `p::lib::t` given twice"#]],
    );
}

#[test]
fn only_functions_marked_as_tests_count() {
    let source = "
        #[test]
        fn plain() {}
        #[test] fn on_one_line() {}
        #[test]
        #[should_panic]
        fn with_another_attribute() {}
        proptest! {
            #[test]
            fn law(a in 0..3) {}
        }
        // #[test]
        fn commented_out() {}
        fn helper() {}
    ";
    let names: Vec<_> = acceptance::tests_in(source).into_iter().collect();
    expect!["law, on_one_line, plain, with_another_attribute"].assert_eq(&names.join(", "));
}

#[test]
fn a_named_test_is_looked_for_in_its_own_binary() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"a\", \"more/*\"]");
    write("a/Cargo.toml", "[package]\nname = \"pa\"");
    write("a/src/deep/m.rs", "#[test]\nfn unit() {}");
    write("a/tests/whole.rs", "#[test]\nfn end_to_end() {}\nfn helper() {}");
    write("more/b/Cargo.toml", "[package]\nname = \"pb\"");
    write("more/b/tests/parted/main.rs", "#[test]\nfn in_a_folder() {}");
    let list = [
        "pa::lib::unit",
        "pa::lib::deep::m::unit",
        "pa::whole::end_to_end",
        "pb::parted::in_a_folder",
        "pa::lib::end_to_end",
        "pa::whole::helper",
        "pa::absent::end_to_end",
        "pc::lib::unit",
    ];
    let entry =
        |name: &&str| format!("[[promise]]\nid = \"{name}\"\nsource = \"README\"\ntext = \"T.\"\ntest = \"{name}\"\n");
    let promises = acceptance::read(&list.iter().map(entry).collect::<String>()).unwrap();
    expect![[r#"
        pa::lib::end_to_end: pa::lib::end_to_end: no such test in the sources
        pa::whole::helper: pa::whole::helper: no such test in the sources
        pa::absent::end_to_end: pa::absent::end_to_end: pa has no test files for `absent`
        pc::lib::unit: pc::lib::unit: no package pc"#]]
    .assert_eq(&missing_tests(folder.path(), &promises).join("\n"));
}

#[test]
fn a_row_of_the_readme_without_an_entry_is_found() {
    let readme = "
# Ringfence
| id | not this table |
|---|---|
| early | x |
## What works today
text
| id | what | how sure |
|---|---|---|
| replay | replays | yes |
| `w1` | trades | yes |
| two words | no id | - |
| | continued | - |
## Next
| late | x |
";
    let listed = "[[promise]]\nid = \"w1\"\nsource = \"README\"\ntext = \"T.\"\ntest = \"p::lib::t\"\n";
    let promises = acceptance::read(listed).unwrap();
    expect!["replay, w1"].assert_eq(&readme_ids(readme).join(", "));
    expect!["replay"].assert_eq(&unlisted_ids(readme, &promises).join(", "));
}
