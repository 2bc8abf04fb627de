//! By default there is none.
use ringfence_venue::LivePermit;

fn main() {
    let permit = Option::<LivePermit>::default();
    assert!(permit.is_none());
}
