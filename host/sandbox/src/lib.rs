//! The sandbox: strategies as WebAssembly components, admitted, limited, metered, and never able to reach anything but
//! projections of State and `emit`.
//!
//! A component goes through [`ComponentBytes`] (read once, hashed), [`admit`] (judged before it is compiled), the
//! compiler or this host's own machine-code cache, instantiation and `setup`; [`Sandbox::load`] does all of it and gives
//! back the plan of subscriptions. From then on the core calls it through `StrategyHost`. [`check`] judges a file without
//! running anything.

mod admission;
mod ahead;
mod alarm;
mod apart;
mod bindings;
mod cache;
mod compile;
mod engine;
mod file;
mod halt;
mod instance;
mod limits;
mod load;
mod machine;
mod occupant;
mod price;
mod profile;
mod refusal;
mod room;
mod sandbox;
mod shortcut;
mod shown;
mod ticker;
mod trust;
mod wasi;
mod worker;
mod workshop;

pub use admission::{Admitted, LimitUse, Report, Rules, Structure, WIT_PACKAGE, WitVersion, admit, check};
pub use alarm::Alarm;
pub use apart::{ApartAlarm, GUEST_VERB, GuestProgram, Isolation, Maker, understood};
pub use cache::CacheAlarm;
pub use compile::{CodeSource, Compiler, check_compiled};
pub use engine::{ENGINE_VERSION, OPERATOR_COST_ID, WASM_STACK_BYTES};
pub use file::{COMPONENT_BYTES_MAX, ComponentBytes, INTERPRETER_BYTES_MAX};
pub use instance::Death;
pub use limits::{HOSTCALL_BYTES_MAX, SNAPSHOT_BYTES_MAX, WallClock};
pub use price::PRICE_LIST_ID;
pub use profile::{Node as ProfileNode, Profile, Profiler};
pub use refusal::{AdmissionCode, Refusal, SandboxError};
pub use room::Heard;
pub use sandbox::{Loaded, Options, Sandbox};
pub use ticker::Ticker;
pub use trust::{
    ComponentKey, KeyError, Manifest, SIGNATURE_BYTES_MAX, SignatureError, Signed, SignerId, Trust, Unsigned,
    signature_path, signature_text,
};
pub use worker::{Attempt, CompileLimits, GuardAlarm, WORKER_VERB, Worker, serve_if_asked};
pub use workshop::{Place, Ready, Workshop};
