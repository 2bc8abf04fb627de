//! Recorded output of `cargo test` in, results out.

use super::*;

#[track_caller]
fn check(output: &str, want: &str) {
    let mut reader = Reader::default();
    for line in output.lines() {
        reader.line(line);
    }
    let (binaries, not_compiled) = reader.end();
    let mut shown: Vec<String> = binaries.iter().map(render).collect();
    shown.extend(not_compiled.into_iter().map(|line| format!("! {line}")));
    assert_eq!(shown.join("\n"), want);
}

fn render(binary: &Binary) -> String {
    let Binary { name, kind, passed, ignored, passed_names, failed_names, .. } = binary;
    format!("{name} {kind:?} passed={passed} {passed_names:?} ignored={ignored} failed={failed_names:?}")
}

const UNIT: &str = "     Running unittests src/lib.rs (target/debug/deps/ringfence_core-0123456789abcdef)\n";

#[test]
fn passed_failed_and_ignored_are_counted_for_each_binary() {
    check(
        &format!(
            "   Compiling ringfence-core v0.1.0
    Finished `test` profile [optimized + debuginfo] target(s) in 1.00s
{UNIT}
running 3 tests
test ids::tests::a ... ok
test ids::tests::c ... ignored
test money::tests::b ... FAILED

failures:

---- money::tests::b stdout ----
    indented text that is no name of a test
thread 'money::tests::b' panicked at x

failures:
    money::tests::b

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: test failed, to rerun pass `-p ringfence-core --lib`
     Running tests/layering.rs (target/debug/deps/layering-fedcba)

running 1 test
test there_is_one_wasmtime ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.31s

error: 1 target failed:
    `-p ringfence-core --lib`"
        ),
        r#"ringfence_core Unit passed=1 ["ids::tests::a"] ignored=1 failed=["money::tests::b"]
layering Integration passed=1 ["there_is_one_wasmtime"] ignored=0 failed=[]"#,
    );
}

#[test]
fn two_results_of_documentation_tests_are_added() {
    check(
        "   Doc-tests ringfence_core

running 1 test
test src/a.rs - a (line 1) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test src/b.rs - b (line 2) - compile fail ... ok
test src/b.rs - c (line 9) ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
all doctests ran in 0.19s; merged doctests compilation took 0.18s",
        r#"ringfence_core Doc passed=3 ["1)", "fail", "9)"] ignored=0 failed=[]"#,
    );
}

#[test]
fn a_binary_that_ends_without_a_result_has_failed() {
    let crash = "error: test failed, to rerun pass `-p ringfence-core --lib`

Caused by:
  process didn't exit successfully: `x` (signal: 6, SIGABRT: process abort signal)";
    check(
        &format!("{UNIT}\nrunning 2 tests\ntest a ... ok\n{crash}"),
        r#"ringfence_core Unit passed=0 ["a"] ignored=0 failed=["ended without a result"]"#,
    );
    check(UNIT, r#"ringfence_core Unit passed=0 [] ignored=0 failed=["ended without a result"]"#);
}

#[test]
fn a_package_that_does_not_compile_is_named() {
    check(
        "error[E0425]: cannot find value `x` in this scope
error: could not compile `ringfence-core` (lib test) due to 1 previous error",
        "! could not compile `ringfence-core` (lib test) due to 1 previous error",
    );
}

#[test]
fn noise_before_a_name_and_a_test_that_should_panic_do_not_hide_a_pass() {
    check(
        &format!(
            "{UNIT}running 2 tests\nnoise test a::b ... ok\ntest a::c - should panic ... ok\ntest result: ok. 2 passed; 0 failed; 0 ignored"
        ),
        r#"ringfence_core Unit passed=2 ["a::b", "a::c"] ignored=0 failed=[]"#,
    );
}

#[test]
fn a_failure_that_is_counted_and_not_listed_is_a_failure() {
    check(
        &format!("{UNIT}test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured"),
        r#"ringfence_core Unit passed=0 [] ignored=0 failed=["failed test 1 without a name"]"#,
    );
}

#[test]
fn a_result_in_an_unknown_form_is_a_failure() {
    check(
        &format!("{UNIT}test result: splendid"),
        r#"ringfence_core Unit passed=0 [] ignored=0 failed=["result not understood: splendid", "ended without a result"]"#,
    );
}

#[test]
fn accounts_of_failures_are_shown_and_passes_are_not() {
    let steps = [
        ("error[E1]: said before any binary", Seen::Show),
        (UNIT.trim_end(), Seen::Quiet),
        ("test a ... ok", Seen::Quiet),
        ("test b ... FAILED", Seen::Quiet),
        ("failures:", Seen::Show),
        ("---- b stdout ----", Seen::Show),
        ("error: printed by the test itself", Seen::Show),
        ("failures:", Seen::Show),
        ("    b", Seen::Show),
        (
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured",
            Seen::Ended("FAILED     1 passed, 1 failed  ringfence_core (unit)".to_owned()),
        ),
    ];
    let mut reader = Reader::default();
    for (line, want) in steps {
        assert_eq!(reader.line(line), want, "{line}");
    }
}
