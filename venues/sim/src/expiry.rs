//! Expiry: what happens to a contract whose time is over?
//!
//! In: the time of expiry, prices. Out: the end of its orders, the settlement of its positions, its status. Must never:
//! settle at a price that was made after the expiry.
//!
//! A future settles at its settlement price. An option is settled in cash at its intrinsic value: what the settlement price
//! of the underlying is above the strike (call) or below it (put), at least 0, to the nearest unit of the option's price,
//! half to the even one.

use ringfence_core::event::{EventKind, FillReason, Report};
use ringfence_core::ids::{AccountId, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, OptionRight};
use ringfence_core::money::Price;

use crate::carry::SettlementPrice;
use crate::sim::{NEVER, Sim};
use crate::venue_fills::half_even;

/// When a contract expires; [`NEVER`] for those that do not.
pub(crate) fn expiry_of(instrument: &Instrument) -> TimeNs {
    match instrument.kind {
        InstrumentKind::Future { expiry } | InstrumentKind::Option { expiry, .. } => expiry,
        InstrumentKind::Spot | InstrumentKind::Perpetual | InstrumentKind::Equity | InstrumentKind::FxPair => NEVER,
    }
}

impl Sim {
    /// Ends everything there is of an instrument: orders expire, positions settle, then its status says so.
    pub(crate) fn settle(&mut self, at: usize, out: &mut Vec<Report>) {
        self.books[at].expires = NEVER;
        self.meet_status(at, InstrumentStatus::Settled, out);
        if let Some(price) = self.settlement_price(at) {
            let mut place = 0;
            while let Some(held) = self.books[at].positions.at(place) {
                place += 1;
                if held.qty != 0 {
                    self.close_out(at, held, (price, held.qty.abs()), FillReason::Settlement, out);
                }
            }
        }
        out.push(self.own(at, AccountId(0), EventKind::InstrumentStatus(InstrumentStatus::Settled)));
    }

    fn settlement_price(&self, at: usize) -> Option<Price> {
        let instrument = &self.books[at].instrument;
        match (instrument.kind, self.books[at].underlying) {
            (InstrumentKind::Option { strike, right, .. }, Some(underlying)) => {
                let price = self.last_word(underlying)?;
                Some(intrinsic((strike, right), self.at_scale_of(at, (underlying, price))))
            }
            _other => self.last_word(at),
        }
    }

    /// The price that counts at the end of a book.
    pub(crate) fn last_word(&self, at: usize) -> Option<Price> {
        let market = &self.books[at].market;
        let middle = || market.half_mark().map(|half| narrow(half_even(half, 2)));
        match self.carry.settlement {
            SettlementPrice::Mark => market.mark.or(market.last).or_else(middle),
            SettlementPrice::Last => market.last.or(market.mark).or_else(middle),
        }
    }

    /// A price of one book at the price scale of another.
    fn at_scale_of(&self, at: usize, (from, price): (usize, Price)) -> i128 {
        let digits = |at: usize| u32::from(self.books[at].instrument.price_scale.digits());
        let price = i128::from(price.0);
        match digits(at).checked_sub(digits(from)) {
            Some(finer) => price.saturating_mul(10_i128.pow(finer)),
            None => half_even(price, 10_i128.pow(digits(from) - digits(at))),
        }
    }
}

fn intrinsic((strike, right): (Price, OptionRight), price: i128) -> Price {
    let above = price - i128::from(strike.0);
    narrow(match right {
        OptionRight::Call => above.max(0),
        OptionRight::Put => (-above).max(0),
    })
}

fn narrow(price: i128) -> Price {
    Price(i64::try_from(price).unwrap_or(if price < 0 { i64::MIN } else { i64::MAX }))
}
