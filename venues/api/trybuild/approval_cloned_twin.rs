//! It can be handed on.
use ringfence_core::risk::ApprovedIntent;

fn handed_on(approved: ApprovedIntent) -> ApprovedIntent {
    approved
}

fn main() {
    let _move: fn(ApprovedIntent) -> ApprovedIntent = handed_on;
}
