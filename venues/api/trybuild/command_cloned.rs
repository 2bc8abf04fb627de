//! A command is sent once: it cannot be copied either.
use ringfence_core::gate::VenueCommand;

fn copied(command: &VenueCommand) -> VenueCommand {
    VenueCommand::clone(command)
}

fn main() {
    let _copy: fn(&VenueCommand) -> VenueCommand = copied;
}
