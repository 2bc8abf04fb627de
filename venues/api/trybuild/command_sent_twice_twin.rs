//! Two commands are sent once each.
use ringfence_core::gate::VenueCommand;
use ringfence_venue::VenueAdapter;

async fn each(adapter: &mut impl VenueAdapter, commands: [VenueCommand; 2]) {
    for command in commands {
        adapter.send(command).await;
    }
}

fn main() {}
