//! Reading it is what the loan is for.
use ringfence_core::strategy::StateLoan;

fn read(loan: &StateLoan) -> bool {
    loan.trading_is_enabled()
}

fn main() {
    let _read: fn(&StateLoan) -> bool = read;
}
