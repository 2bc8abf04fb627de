//! An approval that was spent is gone.
use ringfence_core::risk::ApprovedIntent;

fn spend(_approved: ApprovedIntent) {}

fn twice(approved: ApprovedIntent) {
    spend(approved);
    spend(approved);
}

fn main() {
    let _twice: fn(ApprovedIntent) = twice;
}
