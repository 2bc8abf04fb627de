//! Holdings: how much does each account hold, for reduce-only orders?
//!
//! In: fills. Out: what an order of a side could close. Must never: know prices or money.

use ringfence_core::ids::{AccountId, InstrumentId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::OrderTerms;
use ringfence_core::money::Qty;

const SIDES: usize = PositionSide::ALL.len();

/// Signed quantity per account, instrument and position side. 128 bits: no number of fills overflows it.
#[derive(Debug)]
pub(crate) struct Holdings {
    instruments: usize,
    qty: Vec<i128>,
}

impl Holdings {
    pub(crate) fn new(accounts: usize, instruments: usize) -> Holdings {
        Holdings { instruments, qty: vec![0; accounts * instruments * SIDES] }
    }

    pub(crate) fn filled(&mut self, account: AccountId, terms: &OrderTerms, qty: Qty) {
        let at = self.index(account, terms.instrument, terms.position_side);
        self.qty[at] += i128::from(qty.0) * i128::from(terms.side.sign());
    }

    /// Largest quantity, of `open`, that only makes the position smaller.
    pub(crate) fn closable(&self, account: AccountId, terms: &OrderTerms, open: Qty) -> Qty {
        let held = self.qty[self.index(account, terms.instrument, terms.position_side)];
        let against = match terms.side {
            Side::Buy => -held,
            Side::Sell => held,
        };
        Qty(i64::try_from(against.clamp(0, i128::from(open.0))).expect("at most what is open"))
    }

    /// Accounts and instruments were checked when the order came in.
    fn index(&self, account: AccountId, instrument: InstrumentId, side: PositionSide) -> usize {
        let (row, column) = (usize::from(account.0) - 1, instrument.0 as usize - 1);
        (row * self.instruments + column) * SIDES + usize::from(side.number())
    }
}
