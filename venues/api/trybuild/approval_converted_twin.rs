//! Commands come out of a step, through the Gate.
use ringfence_core::decision::Effects;
use ringfence_core::gate::VenueCommand;

fn command(effects: &mut Effects) -> Option<VenueCommand> {
    effects.commands.pop()
}

fn main() {
    let _command: fn(&mut Effects) -> Option<VenueCommand> = command;
}
