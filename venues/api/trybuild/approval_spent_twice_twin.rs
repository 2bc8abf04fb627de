//! Spending it once is what it is for.
use ringfence_core::risk::ApprovedIntent;

fn spend(_approved: ApprovedIntent) {}

fn once(approved: ApprovedIntent) {
    spend(approved);
}

fn main() {
    let _once: fn(ApprovedIntent) = once;
}
