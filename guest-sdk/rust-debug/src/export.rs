//! Question: which types does the interface have, and which are they in the SDK?
//!
//! In: the WIT files. Out: their types with a form in JSON, converted as the component converts them. Must never differ from
//! the component: `convert` is the same file.

pub(crate) mod __private {
    #[allow(
        unsafe_code,
        missing_docs,
        unreachable_pub,
        dead_code,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        clippy::unwrap_used,
        clippy::missing_errors_doc,
        clippy::missing_panics_doc,
        reason = "generated code, reviewed at its source"
    )]
    pub(crate) mod bindings {
        wit_bindgen::generate!({
            path: "../../wit",
            world: "strategy",
            additional_derives: [serde::Deserialize, serde::Serialize],
        });
    }
}

#[path = "../../rust/src/export/convert.rs"]
mod convert;

pub(crate) use __private::bindings::ringfence::strategy::types as wit;
pub(crate) use convert::Wish;
