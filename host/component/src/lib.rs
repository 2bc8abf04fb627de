//! Question: how does a strategy's source become a component file?
//!
//! In: a package folder, a project of another language, or the bytes of a core module. Out: a component; of Rust one whose
//! bytes depend on source and toolchain alone, not on where either lies (one exception is named in [`Built::outside`]).
//! Must never run a guest, and for Rust never need anything but cargo and the wasm target.

mod build;
mod cargo;
pub mod debug;
mod embedded;
mod encode;
mod language;
mod languages;
mod project;
mod rename;
mod segments;
mod strip;
mod tool;

pub use build::{BuildError, BuildOptions, Built, Out, build_dir, build_project};
pub use cargo::{TARGET, ToolError, Tools};
pub use encode::{EncodeError, Names, encode};
pub use language::Language;
pub use project::{Engine, PROJECT_FILE, Project, ProjectError, SDK_FOLDER};
