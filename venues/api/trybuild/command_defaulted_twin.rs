//! There are empty effects, which hold none.
use ringfence_core::decision::Effects;

fn main() {
    let _empty = Effects::default();
}
