//! Reading one is open to everybody.
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::LegKey;

fn shown(command: &VenueCommand) -> LegKey {
    command.key()
}

fn main() {
    let _read: fn(&VenueCommand) -> LegKey = shown;
}
