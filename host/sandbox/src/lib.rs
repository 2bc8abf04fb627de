//! The sandbox: strategies as WebAssembly components, admitted, limited, metered, and never able to reach anything but
//! projections of State and `emit`.

mod admission;
mod bindings;
mod cache;
mod compile;
mod engine;
mod file;
mod refusal;

pub use admission::{Admitted, LimitUse, Report, Rules, Structure, WIT_PACKAGE, WitVersion, admit, check};
pub use cache::CacheAlarm;
pub use compile::CodeSource;
pub use engine::{ENGINE_VERSION, OPERATOR_COST_ID, WASM_STACK_BYTES};
pub use file::{COMPONENT_BYTES_MAX, ComponentBytes};
pub use refusal::{AdmissionCode, Refusal, SandboxError};
