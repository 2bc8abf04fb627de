//! An adapter takes commands; an approval that did not pass the Gate is none.
use ringfence_core::risk::ApprovedIntent;
use ringfence_venue::VenueAdapter;

async fn sent(adapter: &mut impl VenueAdapter, approved: ApprovedIntent) {
    adapter.send(approved).await;
}

fn main() {}
