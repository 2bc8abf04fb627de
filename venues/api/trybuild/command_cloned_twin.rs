//! What it asks for may be copied, and is no command.
use ringfence_core::gate::VenueCommand;
use ringfence_core::intent::Action;

fn copied(command: &VenueCommand) -> Action {
    *command.action()
}

fn main() {
    let _copy: fn(&VenueCommand) -> Action = copied;
}
