//! What the Gate built is taken.
use ringfence_core::gate::VenueCommand;
use ringfence_venue::VenueAdapter;

async fn sent(adapter: &mut impl VenueAdapter, command: VenueCommand) {
    adapter.send(command).await;
}

fn main() {}
