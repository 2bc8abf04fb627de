//! Question: what does the binary bring along for projects in any folder?
//!
//! In: nothing. Out: the files of SDKs, interface and templates, as they were when the binary was built. Must never: be
//! written by hand; `build.rs` lists the folders.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
