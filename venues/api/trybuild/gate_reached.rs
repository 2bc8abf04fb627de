//! Nobody outside has a gate to pass approvals through.
use ringfence_core::gate::Gate;

fn main() {
    let _gate = Gate::new();
}
