//! There is no way to put an intent into the queue: it takes approvals, and from the core alone.
use ringfence_core::decision::Effects;
use ringfence_core::intent::Intent;
use ringfence_core::queue::Queue;
use ringfence_core::state::State;

fn queued(queue: &mut Queue, intent: Intent, state: &mut State, effects: &mut Effects) {
    queue.push(intent, state, effects);
}

fn main() {
    let _queued: fn(&mut Queue, Intent, &mut State, &mut Effects) = queued;
}
