//! The queue takes no raw action, whoever holds the queue.
use ringfence_core::decision::Effects;
use ringfence_core::intent::Action;
use ringfence_core::queue::Queue;
use ringfence_core::state::State;

fn queued(queue: &mut Queue, action: Action, state: &mut State, effects: &mut Effects) {
    queue.push(action, state, effects);
}

fn main() {
    let _queued: fn(&mut Queue, Action, &mut State, &mut Effects) = queued;
}
