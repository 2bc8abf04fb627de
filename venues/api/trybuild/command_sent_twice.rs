//! A command that was sent is gone.
use ringfence_core::gate::VenueCommand;
use ringfence_venue::VenueAdapter;

async fn twice(adapter: &mut impl VenueAdapter, command: VenueCommand) {
    adapter.send(command).await;
    adapter.send(command).await;
}

fn main() {}
