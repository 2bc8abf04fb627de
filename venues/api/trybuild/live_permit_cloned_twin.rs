//! It can be handed on.
use ringfence_venue::LivePermit;

fn handed_on(permit: LivePermit) -> LivePermit {
    permit
}

fn main() {
    let _move: fn(LivePermit) -> LivePermit = handed_on;
}
