//! There is no empty command.
use ringfence_core::gate::VenueCommand;

fn main() {
    let _empty = VenueCommand::default();
}
