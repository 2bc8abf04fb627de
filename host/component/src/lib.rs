//! Question: how does a strategy's source become a component file?
//!
//! In: a package folder, or the bytes of a core module. Out: a component whose bytes depend on source and toolchain
//! alone, not on where either lies (one exception is named in [`Built::outside`]). Must never run a guest, and never
//! need anything but cargo and the wasm target.

mod build;
mod cargo;
mod encode;
mod strip;

pub use build::{BuildError, BuildOptions, Built, Out, build_dir};
pub use cargo::{TARGET, ToolError, Tools};
pub use encode::{EncodeError, encode};
