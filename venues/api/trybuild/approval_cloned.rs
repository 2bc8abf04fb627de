//! An approval cannot be copied: one approval, one send.
use ringfence_core::risk::ApprovedIntent;

fn copied(approved: &ApprovedIntent) -> ApprovedIntent {
    ApprovedIntent::clone(approved)
}

fn main() {
    let _copy: fn(&ApprovedIntent) -> ApprovedIntent = copied;
}
