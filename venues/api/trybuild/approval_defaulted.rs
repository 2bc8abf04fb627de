//! There is no empty approval.
use ringfence_core::risk::ApprovedIntent;

fn main() {
    let _empty = ApprovedIntent::default();
}
