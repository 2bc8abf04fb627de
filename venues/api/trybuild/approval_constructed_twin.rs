//! Reading an approval is open to everybody.
use ringfence_core::risk::ApprovedIntent;

fn shown(approved: &ApprovedIntent) -> [u8; 32] {
    approved.tag()
}

fn main() {
    let _read: fn(&ApprovedIntent) -> [u8; 32] = shown;
}
