//! Engine: on which terms does guest code run?
//!
//! In: nothing but this file. Out: one wasmtime engine with every setting written down, and the texts that name it in a
//! journal. Must never: follow a default of wasmtime, so that an update cannot switch anything on or change a result.

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;

use ringfence_core::blob::Sha256Hash;
use sha2::{Digest, Sha256};
use wasmtime::wasmparser::WasmFeatures;
use wasmtime::{
    Config, Engine, Inlining, InstanceAllocationStrategy, OperatorCost, OptLevel, ProfilingStrategy, RegallocAlgorithm,
    Strategy, WasmBacktraceDetails,
};

use crate::profile::FRAMES_MAX;
use crate::refusal::SandboxError;
use crate::shortcut::SHORTCUT_ID;

/// Engine and version, as a journal header records it: fuel is comparable between equal texts only.
pub const ENGINE_VERSION: &str = "wasmtime 48.0.8";

/// Name of the table of fuel per operator below; any change of the table is a new name.
pub const OPERATOR_COST_ID: &str = "operator-cost@3";

/// What a call of a function costs, in the table below.
pub(crate) const CALL_COST: u8 = 36;

/// Native stack a guest may use, in bytes. One value in all modes: the depth at which recursion traps depends on it.
pub const WASM_STACK_BYTES: usize = 512 << 10;

/// Address space reserved for a linear memory: all of 32 bits, so that no access needs a bounds check.
const MEMORY_RESERVATION_BYTES: u64 = 4 << 30;
/// Unmapped space behind it: an access with a static offset below this traps without a check.
const MEMORY_GUARD_BYTES: u64 = 32 << 20;
/// Frames of a trap's backtrace: enough to find the place, and bounded.
const BACKTRACE_FRAMES_MAX: usize = 16;

/// Whether a Wasm proposal may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// Every compiler emits it, and it gives equal results everywhere.
    On,
    /// A component that needs it is refused before it is compiled.
    Off,
    /// The same; the engine alone uses it, in its own code that moves a string from one part of a composed component to another.
    BetweenParts,
}

/// One Wasm proposal (or pseudo-proposal of the validator) with its name and our decision.
pub(crate) struct Proposal {
    pub(crate) flag: WasmFeatures,
    pub(crate) name: &'static str,
    pub(crate) switch: Switch,
}

const fn on(flag: WasmFeatures, name: &'static str) -> Proposal {
    Proposal { flag, name, switch: Switch::On }
}

const fn between_parts(flag: WasmFeatures, name: &'static str) -> Proposal {
    Proposal { flag, name, switch: Switch::BetweenParts }
}

const fn off(flag: WasmFeatures, name: &'static str) -> Proposal {
    Proposal { flag, name, switch: Switch::Off }
}

/// Every flag the validator knows; a test fails when an update brings one that is not listed.
pub(crate) const PROPOSALS: &[Proposal] = &[
    on(WasmFeatures::MUTABLE_GLOBAL, "mutable-global"),
    on(WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating-float-to-int"),
    on(WasmFeatures::SIGN_EXTENSION, "sign-extension"),
    on(WasmFeatures::REFERENCE_TYPES, "reference-types"),
    on(WasmFeatures::CALL_INDIRECT_OVERLONG, "call-indirect-overlong"),
    on(WasmFeatures::MULTI_VALUE, "multi-value"),
    on(WasmFeatures::BULK_MEMORY, "bulk-memory"),
    on(WasmFeatures::BULK_MEMORY_OPT, "bulk-memory-opt"),
    on(WasmFeatures::EXTENDED_CONST, "extended-const"),
    on(WasmFeatures::FLOATS, "floats"),
    on(WasmFeatures::COMPONENT_MODEL, "component-model"),
    off(WasmFeatures::SIMD, "simd"),
    off(WasmFeatures::RELAXED_SIMD, "relaxed-simd"),
    off(WasmFeatures::THREADS, "threads"),
    off(WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
    off(WasmFeatures::TAIL_CALL, "tail-call"),
    between_parts(WasmFeatures::MULTI_MEMORY, "multi-memory"),
    off(WasmFeatures::EXCEPTIONS, "exceptions"),
    off(WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exceptions"),
    off(WasmFeatures::MEMORY64, "memory64"),
    off(WasmFeatures::FUNCTION_REFERENCES, "function-references"),
    off(WasmFeatures::MEMORY_CONTROL, "memory-control"),
    off(WasmFeatures::GC, "gc"),
    off(WasmFeatures::GC_TYPES, "gc-types"),
    off(WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    off(WasmFeatures::STACK_SWITCHING, "stack-switching"),
    off(WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
    off(WasmFeatures::CUSTOM_DESCRIPTORS, "custom-descriptors"),
    off(WasmFeatures::COMPACT_IMPORTS, "compact-imports"),
    off(WasmFeatures::CM_VALUES, "component-model-values"),
    off(WasmFeatures::CM_NESTED_NAMES, "component-model-nested-names"),
    off(WasmFeatures::CM_ASYNC, "component-model-async"),
    off(WasmFeatures::CM_ASYNC_STACKFUL, "component-model-async-stackful"),
    off(WasmFeatures::CM_MORE_ASYNC_BUILTINS, "component-model-more-async-builtins"),
    off(WasmFeatures::CM_THREADING, "component-model-threading"),
    off(WasmFeatures::CM_ERROR_CONTEXT, "component-model-error-context"),
    off(WasmFeatures::CM_FIXED_LENGTH_LISTS, "component-model-fixed-length-lists"),
    off(WasmFeatures::CM_GC, "component-model-gc"),
    off(WasmFeatures::CM_MAP, "component-model-map"),
    off(WasmFeatures::CM64, "component-model-64"),
    off(WasmFeatures::CM_IMPLEMENTS, "component-model-implements"),
    off(WasmFeatures::CM_CANON_NAMES, "component-model-canonical-names"),
];

/// The proposals a component may use: what admission validates against, before the engine sees a byte.
pub(crate) fn permitted() -> WasmFeatures {
    let mut features = WasmFeatures::empty();
    for proposal in PROPOSALS.iter().filter(|proposal| proposal.switch == Switch::On) {
        features.insert(proposal.flag);
    }
    features
}

/// The engine of this process. All strategies share it; each has its own store.
///
/// # Errors
/// [`SandboxError::Engine`] on a platform that cannot keep these terms.
pub(crate) fn engine() -> Result<Engine, SandboxError> {
    made(&config())
}

/// An engine for profiles: the same code, and all that is on a stack can be looked at.
///
/// # Errors
/// As [`engine`].
pub(crate) fn profiling_engine() -> Result<Engine, SandboxError> {
    let mut config = config();
    config.wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES_MAX));
    made(&config)
}

fn made(config: &Config) -> Result<Engine, SandboxError> {
    Engine::new(config).map_err(|error| SandboxError::Engine(format!("{error:#}")))
}

/// What machine code depends on beside the component: engine, settings, our own rewriting. Code of one id is never run by
/// an engine of another.
pub(crate) fn engine_id(engine: &Engine) -> Sha256Hash {
    let mut hasher = Sha256Hasher(Sha256::new());
    ENGINE_VERSION.hash(&mut hasher);
    OPERATOR_COST_ID.hash(&mut hasher);
    SHORTCUT_ID.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Takes what a type hashes into a digest that does not collide; its 64-bit result is not used.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
    }
}

fn config() -> Config {
    let mut config = Config::new();
    compiler(&mut config);
    metering(&mut config);
    memory(&mut config);
    diagnostics(&mut config);
    for proposal in PROPOSALS {
        config.wasm_features(proposal.flag, proposal.switch != Switch::Off);
    }
    config
}

fn compiler(config: &mut Config) {
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .cranelift_nan_canonicalization(true)
        .cranelift_debug_verifier(false)
        .compiler_inlining(Inlining::No)
        .relaxed_simd_deterministic(true)
        .wasm_branch_hinting(false)
        .profiler(ProfilingStrategy::None);
}

fn metering(config: &mut Config) {
    config
        .consume_fuel(true)
        .operator_cost(operator_cost())
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .concurrency_support(false);
}

fn memory(config: &mut Config) {
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        .memory_reservation_for_growth(0)
        .memory_guard_size(MEMORY_GUARD_BYTES)
        .guard_before_linear_memory(true)
        .memory_may_move(false)
        .memory_init_cow(true)
        .force_memory_init_memfd(false)
        .table_lazy_init(true)
        .signals_based_traps(true)
        .shared_memory(false)
        .gc_support(false);
}

/// Names and offsets of a trap, for people; never part of a decision.
fn diagnostics(config: &mut Config) {
    config
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES_MAX))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(true)
        .native_unwind_info(cfg!(windows))
        .debug_info(false)
        .debug_symbols(false)
        .debug_adapter_modules(false);
}

/// [`OPERATOR_COST_ID`]: one unit an operator, more where an operator takes longer than the simplest, a tenth of a nanosecond.
///
/// What an operator takes is measured in chains where each waits for the one before (`examples/fuel_cost.rs`); a program
/// whose operators need not wait pays a few times more than it takes. Two things bound how even this can be: an operator costs
/// 255 at most, and a byte of a bulk operator 1 at least, which is a little where memory is in the caches.
///
/// Growing is not charged by the page: memory never shrinks, so the limit of the strategy bounds that work for good, and
/// a refused request for much would cost as if it had been granted.
fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    host_work(&mut cost);
    calls_and_memory(&mut cost);
    integers(&mut cost);
    floats(&mut cost);
    cost
}

/// What leaves the guest's own code.
fn host_work(cost: &mut OperatorCost) {
    for bulk in [
        &mut cost.MemoryFill,
        &mut cost.MemoryCopy,
        &mut cost.MemoryInit,
        &mut cost.DataDrop,
        &mut cost.TableFill,
        &mut cost.TableCopy,
        &mut cost.TableInit,
        &mut cost.ElemDrop,
    ] {
        *bulk = 64;
    }
    for most in [&mut cost.MemoryGrow, &mut cost.TableGrow, &mut cost.RefFunc] {
        *most = 255;
    }
}

fn calls_and_memory(cost: &mut OperatorCost) {
    cost.Call = CALL_COST;
    cost.CallIndirect = 60;
    // An iteration of a loop is at least one branch, with a look at the fuel.
    for branch in [&mut cost.Br, &mut cost.BrIf] {
        *branch = 8;
    }
    cost.TableSet = 10;
    cost.TableGet = 5;
    cost.BrTable = 5;
    for load in [
        &mut cost.I32Load,
        &mut cost.I64Load,
        &mut cost.F32Load,
        &mut cost.F64Load,
        &mut cost.I32Load8S,
        &mut cost.I32Load8U,
        &mut cost.I32Load16S,
        &mut cost.I32Load16U,
        &mut cost.I64Load8S,
        &mut cost.I64Load8U,
        &mut cost.I64Load16S,
        &mut cost.I64Load16U,
        &mut cost.I64Load32S,
        &mut cost.I64Load32U,
    ] {
        *load = 8;
    }
}

fn integers(cost: &mut OperatorCost) {
    for product in [&mut cost.I32Mul, &mut cost.I64Mul] {
        *product = 6;
    }
    for quotient in [
        &mut cost.I32DivS,
        &mut cost.I32DivU,
        &mut cost.I32RemS,
        &mut cost.I32RemU,
        &mut cost.I64DivS,
        &mut cost.I64DivU,
        &mut cost.I64RemS,
        &mut cost.I64RemU,
    ] {
        *quotient = 32;
    }
}

fn floats(cost: &mut OperatorCost) {
    for plain in [
        &mut cost.F32Add,
        &mut cost.F64Add,
        &mut cost.F32Sub,
        &mut cost.F64Sub,
        &mut cost.F32Mul,
        &mut cost.F64Mul,
        &mut cost.F32Min,
        &mut cost.F64Min,
        &mut cost.F32Max,
        &mut cost.F64Max,
        &mut cost.F32Ceil,
        &mut cost.F64Ceil,
        &mut cost.F32Floor,
        &mut cost.F64Floor,
        &mut cost.F32Trunc,
        &mut cost.F64Trunc,
        &mut cost.F32Nearest,
        &mut cost.F64Nearest,
    ] {
        *plain = 20;
    }
    for slow in [&mut cost.F32Div, &mut cost.F64Div] {
        *slow = 46;
    }
    for root in [&mut cost.F32Sqrt, &mut cost.F64Sqrt] {
        *root = 70;
    }
    conversions(cost);
}

fn conversions(cost: &mut OperatorCost) {
    for conversion in [
        &mut cost.I32TruncF32S,
        &mut cost.I32TruncF32U,
        &mut cost.I32TruncF64S,
        &mut cost.I32TruncF64U,
        &mut cost.I64TruncF32S,
        &mut cost.I64TruncF32U,
        &mut cost.I64TruncF64S,
        &mut cost.I64TruncF64U,
        &mut cost.I32TruncSatF32S,
        &mut cost.I32TruncSatF32U,
        &mut cost.I32TruncSatF64S,
        &mut cost.I32TruncSatF64U,
        &mut cost.I64TruncSatF32S,
        &mut cost.I64TruncSatF32U,
        &mut cost.I64TruncSatF64S,
        &mut cost.I64TruncSatF64U,
        &mut cost.F32ConvertI32S,
        &mut cost.F32ConvertI32U,
        &mut cost.F32ConvertI64S,
        &mut cost.F32ConvertI64U,
        &mut cost.F64ConvertI32S,
        &mut cost.F64ConvertI32U,
        &mut cost.F64ConvertI64S,
        &mut cost.F64ConvertI64U,
        &mut cost.F32DemoteF64,
        &mut cost.F64PromoteF32,
    ] {
        *conversion = 16;
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Component;

    use super::*;
    use crate::refusal::hex;

    #[test]
    fn every_flag_of_the_validator_is_classified() {
        let listed = PROPOSALS.iter().fold(WasmFeatures::empty(), |all, proposal| all | proposal.flag);
        let missing: Vec<_> = (WasmFeatures::all() - listed).iter_names().map(|(name, _)| name).collect();
        assert_eq!(listed, WasmFeatures::all(), "not classified: {missing:?}");
    }

    #[test]
    fn no_proposal_is_listed_twice_or_both_on_and_off() {
        for (at, proposal) in PROPOSALS.iter().enumerate() {
            for other in &PROPOSALS[..at] {
                assert_ne!(proposal.flag, other.flag, "{}", proposal.name);
                let clash = proposal.switch != other.switch && proposal.flag.intersects(other.flag);
                assert!(!clash, "{} and {} share a bit", proposal.name, other.name);
            }
        }
    }

    /// Admission refuses these first; the engine must too, should a component ever reach it unjudged. More than one memory is the
    /// exception: without it the engine cannot make its own code between the parts of a composed component.
    #[test]
    fn the_engine_itself_refuses_what_is_switched_off() {
        let engine = engine().expect("the engine of this platform");
        let compiles = |text: &str| Component::from_binary(&engine, &wat::parse_str(text).expect("valid text")).is_ok();
        assert!(compiles(
            "(component (core module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))))"
        ));
        for module in [
            "(memory 1 1 shared)",
            "(memory i64 1)",
            "(memory 1 (pagesize 1))",
            "(type (struct (field i32)))",
            "(table 1 externref)",
            "(func (param (ref func)))",
            "(tag)",
            "(func $f (return_call $f))",
            "(func (result v128) (v128.const i64x2 0 0))",
            "(type $f (func)) (type $k (cont $f))",
        ] {
            assert!(!compiles(&format!("(component (core module {module}))")), "{module}");
        }
        assert!(!compiles("(component (type (future u32)))"));
        let exceptions: Vec<&str> =
            PROPOSALS.iter().filter(|it| it.switch == Switch::BetweenParts).map(|it| it.name).collect();
        assert_eq!(exceptions, ["multi-memory"]);
        assert!(!permitted().contains(WasmFeatures::MULTI_MEMORY), "admission still refuses it in a guest");
    }

    #[test]
    fn the_recorded_version_is_the_one_that_is_linked() {
        let lock = include_str!("../../../Cargo.lock");
        let at = lock.find("name = \"wasmtime\"\n").expect("wasmtime is locked");
        let version = lock[at..].lines().nth(1).and_then(|line| line.split('"').nth(1)).expect("a version");
        assert_eq!(ENGINE_VERSION, format!("wasmtime {version}"));
    }

    /// Fuel in old journals means this table: a change here needs a new [`OPERATOR_COST_ID`].
    #[test]
    fn the_operator_costs_are_those_of_their_id() {
        let digest = ringfence_core::blob::sha256(format!("{:?}", operator_cost()).as_bytes());
        assert_eq!(OPERATOR_COST_ID, "operator-cost@3");
        expect_test::expect!["1edd60d0ac5c94353a92d8079ce71efee6e9ec97f7c8743aa3f7b5bcfb53fb79"]
            .assert_eq(&hex(&digest));
    }
}
