//! Risk cannot be skipped: what an approval asks for is no approval.
use ringfence_core::intent::Action;
use ringfence_core::risk::ApprovedIntent;

fn approved(action: Action) -> ApprovedIntent {
    ApprovedIntent::from(action)
}

fn main() {
    let _approved: fn(Action) -> ApprovedIntent = approved;
}
