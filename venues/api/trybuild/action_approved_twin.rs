//! The other way round it can be read.
use ringfence_core::intent::Action;
use ringfence_core::risk::ApprovedIntent;

fn asked(approved: ApprovedIntent) -> Action {
    *approved.action()
}

fn main() {
    let _asked: fn(ApprovedIntent) -> Action = asked;
}
