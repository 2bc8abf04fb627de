//! Places: where does the workspace keep things?
//!
//! In: the folder this package was compiled in. Out: absolute paths. Must never: depend on the current folder, which
//! differs between `cargo test` (the package's) and a run of the binary by hand.

use std::path::PathBuf;

/// The workspace folder, absolute.
///
/// # Panics
/// If the package was moved out of the workspace after it was compiled.
#[must_use]
pub fn root() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests package lies in the workspace folder").to_path_buf()
}

/// Build output: `CARGO_TARGET_DIR` where it is set, otherwise `target` in the workspace.
#[must_use]
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}
