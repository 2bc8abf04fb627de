//! Halts: what ended a guest call, in the core's words?
//!
//! In: the error of a call and its budgets. Out: a code with limit and used, and a text for people. Must never: put into
//! the halt what differs between machines (addresses, times, messages), or let an error pass without ending the
//! instance.

use ringfence_core::event::Halt;
use ringfence_core::strategy::HaltCode;
use wasmtime::Trap;

use crate::engine::WASM_STACK_BYTES;
use crate::limits::{Budget, HOSTCALL_BYTES_MAX};
use crate::room::{HostMemory, Limiter, Room, WrongPhase};
use crate::shown::{shown, shown_lines};
use crate::wasi::WasiTrap;

/// What a call may use, and what it used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    /// What the strategy may use.
    pub(crate) budget: Budget,
    /// Fuel this call was given: its own budget, or what was left of the total.
    pub(crate) given: u64,
    /// Fuel this call used.
    pub(crate) used: u64,
    /// Fuel of all calls, this one included.
    pub(crate) used_total: u64,
}

/// The halt for an error of a guest call.
pub(crate) fn halt(error: &wasmtime::Error, meter: &Meter, limiter: &Limiter) -> Halt {
    let code = meter.code(code(error));
    let (limit, used) = figures(code, meter, limiter.memory_bytes as u64);
    Halt { code, limit, used }
}

impl Meter {
    /// A call that had less than its budget used up the quota of all calls.
    pub(crate) fn code(&self, code: HaltCode) -> HaltCode {
        let is_total = code == HaltCode::Fuel && self.given < self.budget.per_call;
        if is_total { HaltCode::FuelTotal } else { code }
    }
}

/// How far it got: in the unit of the limit that was hit, otherwise in fuel, which is equal on every machine.
pub(crate) fn figures(code: HaltCode, meter: &Meter, memory_bytes: u64) -> (u64, u64) {
    let stack = WASM_STACK_BYTES as u64;
    let hostcall = HOSTCALL_BYTES_MAX as u64;
    let wall = meter.budget.clock.ns(meter.budget.per_call);
    match code {
        HaltCode::FuelTotal => (meter.budget.total.unwrap_or(u64::MAX), meter.used_total),
        HaltCode::Stack => (stack, stack),
        // The engine refuses before it copies, and does not say how much it was.
        HaltCode::HostcallFuel => (hostcall, hostcall),
        HaltCode::WallClock => (wall, wall),
        HaltCode::HostMemory => (meter.budget.memory_bytes, memory_bytes),
        HaltCode::Fuel
        | HaltCode::Trap
        | HaltCode::Phase
        | HaltCode::Fault
        | HaltCode::Reactions
        | HaltCode::Isolation => (meter.given, meter.used),
    }
}

/// How wasmtime says that one call moved more between guest and host than it may; the type is its own.
const HOSTCALL_TEXT: &str = "fuel allocated for hostcalls has been exhausted";

/// The code of an error, as far as the error alone tells.
pub(crate) fn code(error: &wasmtime::Error) -> HaltCode {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return code_of_trap(*trap);
    }
    if error.is::<WrongPhase>() {
        return HaltCode::Phase;
    }
    if error.is::<WasiTrap>() {
        return HaltCode::Trap;
    }
    if error.is::<HostMemory>() || error.is::<wasmtime::OutOfMemory>() {
        return HaltCode::HostMemory;
    }
    if error.root_cause().to_string().contains(HOSTCALL_TEXT) {
        return HaltCode::HostcallFuel;
    }
    HaltCode::Fault
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the engine's list is open; a test fails when it grows")]
fn code_of_trap(trap: Trap) -> HaltCode {
    match trap {
        Trap::OutOfFuel => HaltCode::Fuel,
        Trap::Interrupt => HaltCode::WallClock,
        Trap::StackOverflow => HaltCode::Stack,
        Trap::AllocationTooLarge => HaltCode::HostMemory,
        // Everything else is the guest's own doing and reproduces.
        _ => HaltCode::Trap,
    }
}

/// What the call noted last, and the error with its backtrace in the guest's own function names, for people. Never part of a
/// decision.
pub(crate) fn text(error: &wasmtime::Error, room: &Room) -> String {
    let mut text = String::new();
    // Dropped with the call: an exception of a language that prints nothing is noted, and then it ends.
    if !room.noted().is_empty() {
        text.push_str(&format!("note: {}\n", shown_lines(room.noted())));
    }
    text.push_str(&shown_lines(&format!("{error:?}")));
    // A panic of a language with a standard library stands there.
    for line in room.wasi.printed.notes() {
        text.push_str(&format!("\n{}", shown(&line)));
    }
    if room.limiter.refused_bytes > 0 {
        let refused = room.limiter.refused_bytes;
        text.push_str(&format!("\nhint: memory.grow to {refused} bytes was refused before; the limit is memory_mb"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traps in order of their number, each with the halt it becomes. A new one fails here and wants a decision.
    #[test]
    fn every_trap_of_the_engine_has_a_halt() {
        let listed: Vec<String> = (0..=u8::MAX)
            .filter_map(|number| {
                Trap::from_u8(number).map(|trap| format!("{number} {trap:?} {}", code_of_trap(trap).code()))
            })
            .collect();
        expect_test::expect![[r#"
            0 StackOverflow H-STACK
            1 MemoryOutOfBounds H-TRAP
            2 HeapMisaligned H-TRAP
            3 TableOutOfBounds H-TRAP
            4 IndirectCallToNull H-TRAP
            5 BadSignature H-TRAP
            6 IntegerOverflow H-TRAP
            7 IntegerDivisionByZero H-TRAP
            8 BadConversionToInteger H-TRAP
            9 UnreachableCodeReached H-TRAP
            10 Interrupt H-WALL-CLOCK
            11 OutOfFuel H-FUEL
            12 AtomicWaitNonSharedMemory H-TRAP
            13 NullReference H-TRAP
            14 ArrayOutOfBounds H-TRAP
            15 AllocationTooLarge H-HOST-MEMORY
            16 CastFailure H-TRAP
            17 CannotEnterComponent H-TRAP
            18 NoAsyncResult H-TRAP
            19 UnhandledTag H-TRAP
            20 ContinuationAlreadyConsumed H-TRAP
            21 DisabledOpcode H-TRAP
            22 AsyncDeadlock H-TRAP
            23 CannotLeaveComponent H-TRAP
            24 CannotBlockSyncTask H-TRAP
            25 InvalidChar H-TRAP
            26 DebugAssertStringEncodingFinished H-TRAP
            27 DebugAssertEqualCodeUnits H-TRAP
            28 DebugAssertPointerAligned H-TRAP
            29 DebugAssertUpperBitsUnset H-TRAP
            30 StringOutOfBounds H-TRAP
            31 ListOutOfBounds H-TRAP
            32 InvalidDiscriminant H-TRAP
            33 UnalignedPointer H-TRAP
            34 TaskCancelNotCancelled H-TRAP
            35 TaskCancelOrReturnTwice H-TRAP
            36 SubtaskCancelAfterTerminal H-TRAP
            37 TaskReturnInvalid H-TRAP
            38 WaitableSetDropHasWaiters H-TRAP
            39 SubtaskDropNotResolved H-TRAP
            40 ThreadNewIndirectInvalidType H-TRAP
            41 ThreadNewIndirectUninitialized H-TRAP
            42 BackpressureOverflow H-TRAP
            43 UnsupportedCallbackCode H-TRAP
            44 CannotResumeThread H-TRAP
            45 ConcurrentFutureStreamOp H-TRAP
            46 ReferenceCountOverflow H-TRAP
            47 StreamOpTooBig H-TRAP
            48 WaitableSyncAndAsync H-TRAP
            49 UncaughtException H-TRAP"#]]
        .assert_eq(&listed.join("\n"));
    }
}
