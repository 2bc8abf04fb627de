//! A permit that opened a transport is gone.
use ringfence_venue::LivePermit;

fn open(_permit: LivePermit) {}

fn twice(permit: LivePermit) {
    open(permit);
    open(permit);
}

fn main() {
    let _twice: fn(LivePermit) = twice;
}
