//! There is an empty queue, which holds none.
use ringfence_core::queue::Queue;

fn main() {
    let _empty = Queue::default();
}
