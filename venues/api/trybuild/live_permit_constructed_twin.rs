//! A live transport takes one by value.
use ringfence_venue::LivePermit;

fn open(_permit: LivePermit) {}

fn main() {
    let _open: fn(LivePermit) = open;
}
