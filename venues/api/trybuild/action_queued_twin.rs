//! What waits in it can be read.
use ringfence_core::intent::Action;
use ringfence_core::queue::Queue;

fn waiting(queue: &Queue) -> Vec<Action> {
    queue.waiting().map(|approved| *approved.action()).collect()
}

fn main() {
    let _waiting: fn(&Queue) -> Vec<Action> = waiting;
}
