//! A permit opens one transport: it cannot be copied.
use ringfence_venue::LivePermit;

fn copied(permit: &LivePermit) -> LivePermit {
    LivePermit::clone(permit)
}

fn main() {
    let _copy: fn(&LivePermit) -> LivePermit = copied;
}
