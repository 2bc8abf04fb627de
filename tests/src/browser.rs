//! A browser without a window: what does a page look like to it?
//!
//! In: a page, a size, a colour scheme. Out: what a probe found in the page, what its console said. Must never: let the
//! page reach a network; a browser that is not there is a reason to skip.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::run::Run;

/// How a page is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns of the window; the browser has no narrower one than 500, a narrower page stands in a frame.
    pub width: u32,
    /// True for a dark colour scheme.
    pub is_dark: bool,
}

/// What there was to see.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the probe left in the page.
    pub probe: Value,
    /// Lines of the console.
    pub console: Vec<String>,
}

/// The browser: `RINGFENCE_CHROMIUM`, otherwise Debian's.
///
/// # Errors
/// A reason for [`crate::skip!`] when there is none.
pub fn chromium() -> Result<PathBuf, String> {
    let path = std::env::var_os("RINGFENCE_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("no browser at {} (`cargo xtask test` installs Debian's chromium)", path.display()))
}

const OPTIONS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=5000",
    "--dump-dom",
];

/// Opens a copy of the page with `script` behind it, which leaves JSON in an element `probe`.
///
/// # Panics
/// When the browser does not end with the page in the state that the script left.
#[must_use]
#[track_caller]
pub fn open(browser: &Path, page: &str, script: &str, window: Window) -> Seen {
    let run = Run::of(browser, OPTIONS).limit(Duration::from_secs(120));
    let run = run.file("page.html", format!("{page}<script>{script}</script>"));
    let (profile, file) = (run.path("profile"), run.path("page.html"));
    let run = run.arg(format!("--user-data-dir={}", profile.display()));
    let run = run.arg(format!("--window-size={},900", window.width));
    let dark: &[&str] =
        if window.is_dark { &["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] } else { &[] };
    let finished = run.args(dark).arg(format!("file://{}", file.display())).finish();
    finished.expect_code(0);
    let console = finished.stderr.lines().filter(|line| line.contains(":CONSOLE:")).map(str::to_owned).collect();
    let probe = finished.stdout.rsplit_once("<pre id=\"probe\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (probe, _) = probe.unwrap_or_else(|| panic!("the probe did not run: {console:?}"));
    Seen { probe: serde_json::from_str(probe).expect("the probe leaves JSON"), console }
}
