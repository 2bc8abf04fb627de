//! State on loan can be read, not written: its fields are the core's.
use ringfence_core::strategy::StateLoan;

fn cheat(loan: &mut StateLoan) {
    loan.control.trading_is_disabled = false;
}

fn main() {
    let _cheat: fn(&mut StateLoan) = cheat;
}
