//! Skips: which tests could not show what they are for, and why?
//!
//! In: a test that finds its data or binary missing. Out: one line for each on stderr and, under `cargo xtask test`, in
//! the file named by `RINGFENCE_SKIP_FILE`, where it is counted. Must never: hide a failure; only a thing missing on
//! the machine is a reason.

use std::fs::OpenOptions;
use std::io::Write;

/// Start of every recorded line; the rest is `TEST: REASON`.
pub const MARK: &str = "RINGFENCE-SKIP: ";

/// Records that the calling test is skipped, with a reason in the form of `format!`, and returns from the test.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {{
        fn here() {}
        $crate::skip::record(&$crate::skip::name_around(here), &format!($($reason)+));
        return;
    }};
}

/// Path of the function around `_here`, an item declared in its body: `w1::same_event_gives_the_oracle`.
#[must_use]
pub fn name_around<F: Fn()>(_here: F) -> String {
    let path = std::any::type_name::<F>();
    path.strip_suffix("::here").unwrap_or(path).to_owned()
}

/// Records the skip of `test`. Called by [`crate::skip!`].
///
/// # Panics
/// If the skip file cannot be written: an uncounted skip would look like a pass.
pub fn record(test: &str, reason: &str) {
    let line = format!("{MARK}{test}: {}\n", reason.replace('\n', " "));
    eprint!("{line}");
    let Some(path) = std::env::var_os("RINGFENCE_SKIP_FILE") else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the skip file opens");
    // One write call: lines of tests that run at the same time do not mix.
    file.write_all(line.as_bytes()).expect("the skip file takes a line");
}
