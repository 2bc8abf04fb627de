//! An approval is built by Risk alone: its fields are private and it has no other constructor.
use ringfence_core::risk::ApprovedIntent;

fn main() {
    let _forged = ApprovedIntent { tag: [0; 32] };
}
