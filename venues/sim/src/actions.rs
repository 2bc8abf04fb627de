//! Actions: what do splits, dividends and delistings do to orders and positions?
//!
//! In: corporate actions, before the core sees them. Out: canceled orders, cash, and closed fractions. Must never: change a
//! price: after a split none that was known before is one any more.

use ringfence_core::event::{Adjustment, BalanceReason, CorporateAction, FillReason, Report};
use ringfence_core::ids::TimeNs;

use crate::sim::Sim;
use crate::venue_fills::amount;

impl Sim {
    /// A corporate action at its ex time.
    pub(crate) fn meet_action(&mut self, at: usize, action: &CorporateAction, out: &mut Vec<Report>) {
        match action.kind {
            Adjustment::Rename => {}
            Adjustment::Dividend => self.pay_dividend(at, action.cash, out),
            Adjustment::Split if action.numerator == 0 || action.denominator == 0 => {}
            Adjustment::Split => self.split(at, action, out),
            Adjustment::Delisting => self.settle(at, out),
        }
    }

    /// Who is long receives it, who is short pays it.
    fn pay_dividend(&mut self, at: usize, cash: i64, out: &mut Vec<Report>) {
        let instrument = self.books[at].instrument;
        let mut place = 0;
        while let Some(held) = self.books[at].positions.at(place) {
            place += 1;
            let value = held.qty.saturating_mul(i128::from(cash));
            let value = value.saturating_mul(i128::from(instrument.multiplier.mantissa));
            let paid = amount(value, instrument.value_scale());
            self.pay(at, (held.owner.account, held.owner.strategy), (BalanceReason::Dividend, paid), out);
        }
    }

    /// Orders end, units that have no whole counterpart are paid out at the last price, then all are counted anew.
    fn split(&mut self, at: usize, action: &CorporateAction, out: &mut Vec<Report>) {
        // Reports on their way speak of old units: they are told before the split.
        self.deliver(TimeNs(u64::MAX), out);
        self.cancel_all(at, |_| true, out);
        let step = i128::from(action.denominator / gcd(action.numerator, action.denominator));
        if let Some(price) = self.last_word(at) {
            let mut place = 0;
            while let Some(held) = self.books[at].positions.at(place) {
                place += 1;
                let rest = held.qty.abs() % step;
                if rest != 0 {
                    self.close_out(at, held, (price, rest), FillReason::CashInLieu, out);
                }
            }
        }
        let book = &mut self.books[at];
        book.positions.split(action.numerator, action.denominator);
        book.market.forget_prices();
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
