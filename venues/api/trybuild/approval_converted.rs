//! The Gate cannot be skipped: an approval does not become a command by itself.
use ringfence_core::gate::VenueCommand;
use ringfence_core::risk::ApprovedIntent;

fn command(approved: ApprovedIntent) -> VenueCommand {
    VenueCommand::from(approved)
}

fn main() {
    let _command: fn(ApprovedIntent) -> VenueCommand = command;
}
