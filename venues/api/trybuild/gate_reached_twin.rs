//! It comes with a core.
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::Core;

fn core(keys: ApprovalKeys) -> Core {
    Core::new(keys)
}

fn main() {
    let _core: fn(ApprovalKeys) -> Core = core;
}
