//! Formats, text in and text out: what a small file says, and which tape it makes.

use std::ops::ControlFlow;

use expect_test::Expect;
use ringfence_data::{Map, Options, OutputForm, Request, Wanted, import, inspect};

mod archives;
mod captures;
mod choices;
mod orders;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod tapes;
use support::{events, line, to};

/// Scales that every small file fits.
const SCALE: u8 = 6;

/// The survey of a file, then the tape made of it or why there is none.
fn outcome(name: &str, bytes: &[u8], options: &Options, wanted: &Wanted) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join(name), folder.path().join("out.tape"));
    std::fs::write(&path, bytes).expect("written");
    let request = Request { paths: vec![path], format: None, options: options.clone(), stale_ns: None };
    let hide = |text: String| text.replace(&folder.path().display().to_string(), "");
    let survey = match inspect(&request, &mut |_| ControlFlow::Continue(())) {
        Ok((format, survey)) => format!("{format}: {survey}"),
        Err(error) => return hide(format!("{} {error}", error.code())),
    };
    let made = match import(&request, wanted, &to(&out, OutputForm::Native), &mut |_| ControlFlow::Continue(())) {
        Ok(imported) => {
            let rows: String = events(&out, (SCALE, SCALE), None).iter().map(|event| line(event, SCALE)).collect();
            format!(
                "{} rows, {}, digits {} and {}\n{rows}",
                imported.rows, imported.layout, imported.price_scale, imported.qty_scale
            )
        }
        Err(error) => {
            assert!(!out.exists(), "no half tape under its name");
            format!("{} {error}\n", error.code())
        }
    };
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with("unfinished")), "{left:?}");
    hide(format!("{survey}--\n{made}"))
}

#[track_caller]
fn check(name: &str, text: &str, want: Expect) {
    want.assert_eq(&outcome(name, text.as_bytes(), &Options::default(), &Wanted::default()));
}

#[track_caller]
fn check_with(name: &str, bytes: &[u8], options: &Options, want: Expect) {
    want.assert_eq(&outcome(name, bytes, options, &Wanted::default()));
}

fn mapped(map: &str) -> Options {
    Options { map: Some(Map::parse(map).expect("a map")), ..Options::default() }
}

fn hours(zone: &str) -> Options {
    Options { zone: Some(zone.to_owned()), interval: Some("1h".to_owned()), ..Options::default() }
}
