//! Funding: what do the holders of a perpetual pay each other, and when?
//!
//! In: rates, times, positions, marks. Out: cash that moves. Must never: pay the same time twice.
//!
//! A payment is - rate x quantity x multiplier x mark, in the settlement currency: longs pay where the rate is positive. The
//! mark is the mark price, else the middle of the touch, else the last price; without any of them nothing is paid.

use ringfence_core::event::{BalanceReason, Funding, Report};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{Instrument, InstrumentKind};
use ringfence_core::money::Decimal;

use crate::carry::FundingRule;
use crate::sim::{NEVER, Sim};
use crate::venue_fills::amount;

/// Funding of one instrument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FundingState {
    rate_e9: i64,
    /// Next payment; [`NEVER`] = not known.
    pub(crate) next: TimeNs,
    /// Last payment; 0 = none yet.
    paid: TimeNs,
}

impl FundingState {
    pub(crate) fn new(rule: FundingRule, instrument: &Instrument) -> FundingState {
        let is_paid = instrument.kind == InstrumentKind::Perpetual;
        let (rate_e9, next) = match rule {
            // At once, to learn where between two payments the run begins.
            FundingRule::Constant { rate_e9, .. } if is_paid => (rate_e9, TimeNs(0)),
            FundingRule::Constant { .. } | FundingRule::Off | FundingRule::Tape => (0, NEVER),
        };
        FundingState { rate_e9, next, paid: TimeNs(0) }
    }
}

impl Sim {
    /// The market data tells a rate, and when it is paid: at a time that has come it is paid now.
    pub(crate) fn meet_funding(&mut self, at: usize, said: Funding, out: &mut Vec<Report>) {
        let book = &mut self.books[at];
        if self.carry.funding != FundingRule::Tape || book.instrument.kind != InstrumentKind::Perpetual {
            return;
        }
        book.funding.rate_e9 = said.rate_e9;
        if said.next_time > book.funding.paid {
            book.funding.next = said.next_time;
            self.deadlines(out);
        }
    }

    /// Pays everything that is due in one instrument by now, each payment once.
    pub(crate) fn fund(&mut self, at: usize, out: &mut Vec<Report>) {
        while self.books[at].funding.next <= self.now {
            let due = self.books[at].funding.next;
            let is_first = due == TimeNs(0);
            if !is_first {
                self.books[at].funding.paid = due;
                self.pay_funding(at, out);
            }
            self.books[at].funding.next = match self.carry.funding {
                FundingRule::Constant { interval_ns, .. } if is_first => next_multiple(self.now, interval_ns),
                FundingRule::Constant { interval_ns, .. } => due.plus(interval_ns),
                FundingRule::Off | FundingRule::Tape => NEVER,
            };
        }
    }

    fn pay_funding(&mut self, at: usize, out: &mut Vec<Report>) {
        let book = &self.books[at];
        let (rate_e9, instrument) = (i128::from(book.funding.rate_e9), book.instrument);
        let Some(half) = book.market.half_mark() else { return };
        let mut place = 0;
        while let Some(held) = self.books[at].positions.at(place) {
            place += 1;
            let Some(due) = payment(&instrument, (half, held.qty), rate_e9) else { continue };
            self.pay(at, (held.owner.account, held.owner.strategy), (BalanceReason::Funding, -due), out);
        }
    }
}

/// rate x quantity x multiplier x mark; `None` beyond 128 bits. Half a unit of a price is five units at the next scale.
fn payment(instrument: &Instrument, (half, qty): (i128, i128), rate_e9: i128) -> Option<Decimal> {
    let value = half.checked_mul(qty)?.checked_mul(i128::from(instrument.multiplier.mantissa))?;
    let scale = instrument.value_scale() + 1;
    Some(amount(value.checked_mul(5)?.checked_mul(rate_e9)?, scale + RATE_SCALE))
}

/// First multiple of the interval that lies after a time.
fn next_multiple(now: TimeNs, interval_ns: u64) -> TimeNs {
    TimeNs((now.0 / interval_ns).saturating_add(1).saturating_mul(interval_ns))
}

const RATE_SCALE: u32 = 9;
