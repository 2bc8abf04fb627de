//! A command for a venue is built by the Gate alone.
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::LegKey;

fn main() {
    let _forged = VenueCommand { key: LegKey::default() };
}
