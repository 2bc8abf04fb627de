//! The support itself: do runs, skips and scrubbed texts say what happened?

use std::path::Path;
use std::time::Duration;

use expect_test::expect;
use ringfence_tests::{Run, Scrubber, data, skip, workspace};

fn shell(script: &str) -> Run {
    Run::of(Path::new("/bin/sh"), ["-c", script])
}

#[test]
fn a_run_has_code_both_outputs_and_its_files_without_paths_of_this_machine() {
    let run = shell("cat in/a.txt; pwd -P >&2; echo made > out.txt; exit 3").file("in/a.txt", "given\n").finish();
    run.expect_code(3);
    assert_eq!(std::fs::read_to_string(run.path("out.txt")).unwrap(), "made\n");
    expect![[r#"
        exit 3
        --- stdout
        given
        --- stderr
        <folder>
    "#]]
    .assert_eq(&run.transcript());
}

#[test]
fn a_run_sees_no_environment_but_what_it_is_given() {
    let run = shell("env | cut -d= -f1 | grep -v -e '^PWD$' -e '^_$' -e '^SHLVL$' | sort").env("GIVEN", "1").finish();
    assert_eq!(run.stdout.split_whitespace().collect::<Vec<_>>(), ["GIVEN", "HOME", "PATH", "RINGFENCE_DATA"]);
}

#[test]
fn more_output_than_a_pipe_holds_does_not_stop_a_run() {
    let run = shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero").finish();
    run.expect_code(0);
    assert_eq!((run.stdout.len(), run.stderr.len()), (300_000, 300_000));
}

#[test]
#[should_panic(expected = "killed after 50ms")]
fn a_run_past_its_limit_is_killed_and_fails_the_test() {
    assert_eq!(shell("exec sleep 60").limit(Duration::from_millis(50)).finish().code, None);
}

#[test]
fn json_comes_whole_or_line_by_line() {
    assert_eq!(shell("echo '{\"rows\": 3}'").finish().json()["rows"], 3);
    let lines = shell("echo '{\"n\":1}'; echo '{\"n\":2}'").finish().json_lines();
    assert_eq!(lines.iter().map(|line| line["n"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_longest_path_is_replaced_first() {
    let scrubber = Scrubber::default().name(Path::new("/no/such"), "<a>").name(Path::new("/no/such/deep"), "<b>");
    assert_eq!(scrubber.scrub("/no/such/deep/x and /no/such/y"), "<b>/x and <a>/y");
}

/// Skips at once: what a test does that finds nothing.
fn skipping() {
    skip!("no {} here", "market data");
}

/// Run in a process of its own by the test below, because the variable that names the file is the process's.
#[test]
fn a_skip_is_written_to_the_named_file_with_the_path_of_its_test() {
    const INNER: &str = "RINGFENCE_TEST_INNER";
    if std::env::var_os(INNER).is_some() {
        return skipping();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skips");
    let inner = ["a_skip_is_written_to_the_named_file_with_the_path_of_its_test", "--exact"];
    let run = Run::of(&std::env::current_exe().unwrap(), inner).env(INNER, "1").env("RINGFENCE_SKIP_FILE", &file);
    run.finish().expect_code(0);
    let text = std::fs::read_to_string(&file).unwrap();
    expect![[r#"
        RINGFENCE-SKIP: support::skipping: no market data here
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_data_file_that_is_absent_gives_a_reason_naming_it() {
    assert_eq!(data::file("no-such-file.csv"), None);
    let reason = data::wanted("no-such-file.csv").unwrap_err();
    assert!(reason.starts_with("no no-such-file.csv in /") && reason.contains("RINGFENCE_DATA"), "{reason}");
}

#[test]
fn the_workspace_is_where_the_member_list_is() {
    let manifest = std::fs::read_to_string(workspace::root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("[workspace]"));
}
