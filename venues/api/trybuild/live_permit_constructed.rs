//! Permission to trade live is built by the start-up checks alone.
use ringfence_venue::LivePermit;

fn main() {
    let _permit = LivePermit { checked: () };
}
