//! Opening one transport is what it is for.
use ringfence_venue::LivePermit;

fn open(_permit: LivePermit) {}

fn once(permit: LivePermit) {
    open(permit);
}

fn main() {
    let _once: fn(LivePermit) = once;
}
