//! There is no permit by default.
use ringfence_venue::LivePermit;

fn main() {
    let _permit = LivePermit::default();
}
