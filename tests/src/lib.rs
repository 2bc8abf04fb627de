//! End-to-end test support: where are binary, components and data, and what did a run of the binary say?
//!
//! In: the workspace this package was compiled in and a few environment variables set by `cargo xtask test`. Out:
//! paths, finished runs, recorded skips. Must never: know what a right answer is; that stands in the tests.
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `RINGFENCE_DATA` | folder of market data; a relative path counts from the workspace | that of a shared folder beside the workspace |
//! | `RINGFENCE_BIN` | binary of the dev profile | built with `cargo build -p ringfence` on first use |
//! | `RINGFENCE_BIN_RELEASE` | binary of the release profile | tests that need it are skipped |
//! | `RINGFENCE_ORACLE_HFT` | binary of the oracle that runs hftbacktest | that of an earlier `cargo xtask test` |
//! | `RINGFENCE_LANGUAGES` | folder of toolchains for other languages | that of an earlier `cargo xtask test` |
//! | `RINGFENCE_SKIP_FILE` | file to which skips are appended | skips are only printed |

pub mod acceptance;
pub mod binary;
pub mod browser;
pub mod chance;
pub mod data;
pub mod devtools;
pub mod forge;
pub mod languages;
pub mod native;
pub mod oracle;
pub mod oracles;
pub mod process;
pub mod project;
pub mod run;
pub mod scene;
pub mod scrub;
pub mod setup;
pub mod skip;
pub mod wire;
pub mod work;
pub mod workspace;

pub use project::Project;
pub use run::{Finished, Run, Running};
pub use scrub::Scrubber;
pub use setup::{Session, Setup, Tape};
