//! Instruments: what is traded, in which units, under which venue rules?
//!
//! In: definitions from configuration or a venue. Out: checked values the rest of the core may trust.
//! Must never: judge an order (Risk does) or hold prices (Market State does).

use crate::canonical::{Read, Reader, Writer};
use crate::coded_enum;
use crate::ids::{CurrencyId, InstrumentId, NameId, TimeNs, VenueId};
use crate::money::{Decimal, MoneyError, Notional, Price, Qty, Scale, decimal};

coded_enum! {
    /// Direction of an intent, an order or an aggressor.
    Side {
        /// Adds to the position.
        Buy = 1 "buy",
        /// Takes from the position.
        Sell = 2 "sell",
    }
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// True when an order of this side with this limit price would trade at `other`.
    #[must_use]
    pub const fn reaches(self, limit: Price, other: Price) -> bool {
        match self {
            Side::Buy => limit.0 >= other.0,
            Side::Sell => limit.0 <= other.0,
        }
    }

    /// +1 for a buy, -1 for a sell.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Side::Buy => 1,
            Side::Sell => -1,
        }
    }
}

coded_enum! {
    /// Which position an order belongs to: one net position, or hedge-mode long and short kept apart.
    PositionSide {
        /// One signed position.
        Net = 0 "net",
        /// Hedge mode, long leg.
        Long = 1 "long",
        /// Hedge mode, short leg.
        Short = 2 "short",
    }
}

coded_enum! {
    /// Whether and how an instrument trades now.
    InstrumentStatus {
        /// Continuous trading.
        Trading = 1 "trading",
        /// Auction: orders are taken, no continuous matching.
        Auction = 2 "auction",
        /// Halted by the venue.
        Halted = 3 "halted",
        /// Only cancels are taken.
        CancelOnly = 4 "cancel-only",
        /// Only orders that add liquidity are taken.
        PostOnly = 5 "post-only",
        /// Outside trading hours.
        Closed = 6 "closed",
        /// Expired and settled.
        Settled = 7 "settled",
        /// Restricted by the operator.
        Restricted = 8 "restricted",
    }
}

coded_enum! {
    /// Right of an option.
    OptionRight {
        /// Right to buy.
        Call = 1 "call",
        /// Right to sell.
        Put = 2 "put",
    }
}

/// What kind of contract it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentKind {
    /// Exchange of one asset for another, settled at once.
    Spot,
    /// Contract without expiry, kept near its index by funding.
    Perpetual,
    /// Contract with an expiry.
    Future {
        /// Time of expiry.
        expiry: TimeNs,
    },
    /// Option on the base asset.
    Option {
        /// Time of expiry.
        expiry: TimeNs,
        /// Strike, at the instrument's price scale.
        strike: Price,
        /// Call or put.
        right: OptionRight,
    },
    /// Share of a company or a fund.
    Equity,
    /// Pair of currencies.
    FxPair,
}

impl InstrumentKind {
    /// Stable name in configuration and text.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            InstrumentKind::Spot => "spot",
            InstrumentKind::Perpetual => "perpetual",
            InstrumentKind::Future { .. } => "future",
            InstrumentKind::Option { .. } => "option",
            InstrumentKind::Equity => "equity",
            InstrumentKind::FxPair => "fx-pair",
        }
    }

    /// True where an account has a leverage and a margin mode for it.
    #[must_use]
    pub const fn has_leverage(&self) -> bool {
        match self {
            InstrumentKind::Perpetual | InstrumentKind::Future { .. } => true,
            InstrumentKind::Spot | InstrumentKind::Option { .. } | InstrumentKind::Equity | InstrumentKind::FxPair => {
                false
            }
        }
    }

    /// True where a fill moves the full notional as cash; false where only profit and loss moves cash.
    #[must_use]
    pub const fn pays_notional(self) -> bool {
        match self {
            InstrumentKind::Spot | InstrumentKind::Equity | InstrumentKind::FxPair | InstrumentKind::Option { .. } => {
                true
            }
            InstrumentKind::Perpetual | InstrumentKind::Future { .. } => false,
        }
    }
}

/// A contract multiplier: `mantissa / 10^scale` units of the base per contract, above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    /// Above 0.
    pub mantissa: i64,
    /// 0 to 8.
    pub scale: Scale,
}

impl Multiplier {
    /// One unit per contract.
    pub const ONE: Multiplier = Multiplier {
        mantissa: 1,
        scale: match Scale::new(0) {
            Some(s) => s,
            None => unreachable!(),
        },
    };
    /// Largest scale of a multiplier.
    pub const SCALE_MAX: u8 = 8;
}

/// Definition of an instrument. Scales never change for an id; tick, lot, limits and status may, by event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its index, from 1.
    pub id: InstrumentId,
    /// Where it trades.
    pub venue: VenueId,
    /// `VENUE:SYMBOL` as a name of the configuration.
    pub symbol: NameId,
    /// Kind of contract.
    pub kind: InstrumentKind,
    /// Asset bought or sold.
    pub base: CurrencyId,
    /// Currency of the price.
    pub quote: CurrencyId,
    /// Currency of profit, loss and fees.
    pub settlement: CurrencyId,
    /// Who owes settlement (exchange, broker, issuer); none = not tracked.
    pub counterparty: NameId,
    /// Digits behind the point of prices.
    pub price_scale: Scale,
    /// Digits behind the point of quantities.
    pub qty_scale: Scale,
    /// Price step, a mantissa above 0.
    pub tick: i64,
    /// Quantity step, a mantissa above 0.
    pub lot: i64,
    /// Smallest order quantity, a mantissa, at least one lot.
    pub qty_min: Qty,
    /// Largest order quantity, a mantissa.
    pub qty_max: Qty,
    /// Smallest order value in the quote currency; 0 = none.
    pub notional_min: Decimal,
    /// Units of the base per contract.
    pub multiplier: Multiplier,
    /// Initial margin in basis points of notional; 0 = fully paid.
    pub margin_initial_bps: u32,
    /// Maintenance margin in basis points of notional; 0 = fully paid.
    pub margin_maintenance_bps: u32,
    /// Status at definition.
    pub status: InstrumentStatus,
}

/// A definition that cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// Products of price and quantity would not be exact.
    #[error("price scale {0} plus quantity scale {1} exceeds 18")]
    Scales(u8, u8),
    /// Tick or lot not above 0.
    #[error("{0} {1} must be above 0")]
    Step(&'static str, i64),
    /// Quantity limits out of order or not multiples of the lot.
    #[error("quantity limits {0}..{1} must be ordered multiples of lot {2}")]
    QtyLimits(i64, i64, i64),
    /// Multiplier not above 0 or too fine.
    #[error("multiplier mantissa {0} at scale {1} must be above 0 with at most 8 digits")]
    Multiplier(i64, u8),
    /// Negative minimum notional.
    #[error("minimum notional {0} must not be negative")]
    NotionalMin(Decimal),
}

impl Instrument {
    /// Checks what the rest of the core relies on.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn checked(self) -> Result<Instrument, InstrumentError> {
        let (price, qty) = (self.price_scale.digits(), self.qty_scale.digits());
        if price + qty > Scale::MAX {
            return Err(InstrumentError::Scales(price, qty));
        }
        for (name, step) in [("tick", self.tick), ("lot", self.lot)] {
            if step <= 0 {
                return Err(InstrumentError::Step(name, step));
            }
        }
        let (min, max, lot) = (self.qty_min.0, self.qty_max.0, self.lot);
        if min < lot || max < min || min % lot != 0 || max % lot != 0 {
            return Err(InstrumentError::QtyLimits(min, max, lot));
        }
        let multiplier = self.multiplier;
        if multiplier.mantissa <= 0 || multiplier.scale.digits() > Multiplier::SCALE_MAX {
            return Err(InstrumentError::Multiplier(multiplier.mantissa, multiplier.scale.digits()));
        }
        if self.notional_min < Decimal::ZERO {
            return Err(InstrumentError::NotionalMin(self.notional_min));
        }
        Ok(self)
    }

    /// Scale of values: price scale + quantity scale + multiplier scale, at most 26.
    #[must_use]
    pub const fn value_scale(&self) -> u32 {
        (self.price_scale.digits() + self.qty_scale.digits() + self.multiplier.scale.digits()) as u32
    }

    /// Price x quantity x multiplier as a mantissa at [`Self::value_scale`]; `None` when it leaves 128 bits.
    #[must_use]
    pub fn value(&self, notional: Notional) -> Option<i128> {
        notional.0.checked_mul(i128::from(self.multiplier.mantissa))
    }

    /// Price x quantity x multiplier in the quote currency.
    ///
    /// # Errors
    /// [`MoneyError::MantissaTooLarge`] when a decimal cannot hold it.
    pub fn value_decimal(&self, notional: Notional) -> Result<Decimal, MoneyError> {
        let value = self.value(notional).ok_or(MoneyError::MantissaTooLarge(notional.0, self.value_scale()))?;
        decimal(value, self.value_scale())
    }

    /// Shows a price of this instrument as a decimal.
    #[must_use]
    pub fn price_decimal(&self, price: Price) -> Decimal {
        Decimal::new(price.0, u32::from(self.price_scale.digits())).normalize()
    }

    /// Canonical bytes.
    pub fn put(&self, w: &mut Writer) {
        w.u32(self.id.0);
        w.u16(self.venue.0);
        w.u32(self.symbol.0);
        put_kind(self.kind, w);
        for currency in [self.base, self.quote, self.settlement] {
            w.u32(currency.0);
        }
        w.u32(self.counterparty.0);
        w.u8(self.price_scale.digits());
        w.u8(self.qty_scale.digits());
        for number in [self.tick, self.lot, self.qty_min.0, self.qty_max.0] {
            w.i64(number);
        }
        w.decimal(self.notional_min);
        w.i64(self.multiplier.mantissa);
        w.u8(self.multiplier.scale.digits());
        w.u32(self.margin_initial_bps);
        w.u32(self.margin_maintenance_bps);
        w.u8(self.status.number());
    }

    /// Reads canonical bytes and checks the definition.
    ///
    /// # Errors
    /// [`DecodeError`](crate::canonical::DecodeError) when bytes are missing, unknown or the definition is not valid.
    pub fn take(r: &mut Reader<'_>) -> Read<Instrument> {
        let instrument = Instrument {
            id: InstrumentId(r.u32()?),
            venue: VenueId(r.u16()?),
            symbol: NameId(r.u32()?),
            kind: take_kind(r)?,
            base: CurrencyId(r.u32()?),
            quote: CurrencyId(r.u32()?),
            settlement: CurrencyId(r.u32()?),
            counterparty: NameId(r.u32()?),
            price_scale: take_scale(r)?,
            qty_scale: take_scale(r)?,
            tick: r.i64()?,
            lot: r.i64()?,
            qty_min: Qty(r.i64()?),
            qty_max: Qty(r.i64()?),
            notional_min: r.decimal()?,
            multiplier: Multiplier { mantissa: r.i64()?, scale: take_scale(r)? },
            margin_initial_bps: r.u32()?,
            margin_maintenance_bps: r.u32()?,
            status: InstrumentStatus::take(r)?,
        };
        instrument.checked().map_err(|_| r.invalid("instrument definition"))
    }
}

fn take_scale(r: &mut Reader<'_>) -> Read<Scale> {
    let digits = r.u8()?;
    Scale::new(digits).ok_or_else(|| r.invalid("scale"))
}

fn put_kind(kind: InstrumentKind, w: &mut Writer) {
    match kind {
        InstrumentKind::Spot => w.u8(1),
        InstrumentKind::Perpetual => w.u8(2),
        InstrumentKind::Future { expiry } => {
            w.u8(3);
            w.u64(expiry.0);
        }
        InstrumentKind::Option { expiry, strike, right } => {
            w.u8(4);
            w.u64(expiry.0);
            w.i64(strike.0);
            w.u8(right.number());
        }
        InstrumentKind::Equity => w.u8(5),
        InstrumentKind::FxPair => w.u8(6),
    }
}

fn take_kind(r: &mut Reader<'_>) -> Read<InstrumentKind> {
    match r.u8()? {
        1 => Ok(InstrumentKind::Spot),
        2 => Ok(InstrumentKind::Perpetual),
        3 => Ok(InstrumentKind::Future { expiry: TimeNs(r.u64()?) }),
        4 => Ok(InstrumentKind::Option {
            expiry: TimeNs(r.u64()?),
            strike: Price(r.i64()?),
            right: OptionRight::take(r)?,
        }),
        5 => Ok(InstrumentKind::Equity),
        6 => Ok(InstrumentKind::FxPair),
        _ => Err(r.invalid("instrument kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equity() -> Instrument {
        Instrument {
            id: InstrumentId(1),
            venue: VenueId(1),
            symbol: NameId(1),
            kind: InstrumentKind::Equity,
            base: CurrencyId(2),
            quote: CurrencyId(1),
            settlement: CurrencyId(1),
            counterparty: NameId(0),
            price_scale: Scale::new(4).expect("in range"),
            qty_scale: Scale::default(),
            tick: 1,
            lot: 1,
            qty_min: Qty(1),
            qty_max: Qty(1_000_000),
            notional_min: Decimal::ZERO,
            multiplier: Multiplier::ONE,
            margin_initial_bps: 0,
            margin_maintenance_bps: 0,
            status: InstrumentStatus::Trading,
        }
    }

    #[test]
    fn scales_of_18_together_pass_and_19_do_not() {
        let scale = |n| Scale::new(n).expect("in range");
        let at = |price, qty| Instrument { price_scale: scale(price), qty_scale: scale(qty), ..equity() }.checked();
        assert!(at(10, 8).is_ok());
        assert_eq!(at(10, 9), Err(InstrumentError::Scales(10, 9)));
    }

    #[test]
    fn steps_limits_and_multiplier_are_checked_at_their_edges() {
        assert_eq!(Instrument { tick: 0, ..equity() }.checked(), Err(InstrumentError::Step("tick", 0)));
        assert_eq!(Instrument { lot: -1, ..equity() }.checked(), Err(InstrumentError::Step("lot", -1)));
        assert_eq!(
            Instrument { lot: 10, qty_min: Qty(15), ..equity() }.checked(),
            Err(InstrumentError::QtyLimits(15, 1_000_000, 10))
        );
        assert!(Instrument { qty_max: Qty(0), ..equity() }.checked().is_err());
        let zero = Multiplier { mantissa: 0, ..Multiplier::ONE };
        assert_eq!(Instrument { multiplier: zero, ..equity() }.checked(), Err(InstrumentError::Multiplier(0, 0)));
    }

    /// The definition as it comes back from its canonical bytes.
    fn read_back(instrument: Instrument) -> Read<Instrument> {
        let mut w = Writer::new();
        instrument.put(&mut w);
        let mut r = Reader::new(w.bytes());
        let read = Instrument::take(&mut r)?;
        r.finish()?;
        Ok(read)
    }

    #[test]
    fn every_instrument_kind_is_checked_when_it_is_defined() {
        let option = InstrumentKind::Option { expiry: TimeNs(7), strike: Price(-3), right: OptionRight::Put };
        let future = InstrumentKind::Future { expiry: TimeNs(9) };
        for kind in [
            InstrumentKind::Spot,
            InstrumentKind::Perpetual,
            future,
            option,
            InstrumentKind::Equity,
            InstrumentKind::FxPair,
        ] {
            let sound = Instrument {
                kind,
                counterparty: NameId(1),
                notional_min: Decimal::ONE,
                margin_initial_bps: 500,
                margin_maintenance_bps: 250,
                ..equity()
            };
            assert_eq!(read_back(sound), Ok(sound), "{}", kind.code());
            let broken = [
                Instrument { tick: 0, ..sound },
                Instrument { lot: 0, ..sound },
                Instrument { qty_min: Qty(0), ..sound },
                Instrument { qty_max: Qty(0), ..sound },
                Instrument { notional_min: -Decimal::ONE, ..sound },
                Instrument { multiplier: Multiplier { mantissa: -1, ..Multiplier::ONE }, ..sound },
                Instrument { price_scale: Scale::new(18).expect("in range"), qty_scale: sound.price_scale, ..sound },
            ];
            for wrong in broken {
                assert!(wrong.checked().is_err() && read_back(wrong).is_err(), "{wrong:?}");
            }
        }
    }

    #[test]
    fn value_carries_the_multiplier() {
        let multiplier = Multiplier { mantissa: 5, scale: Scale::new(1).expect("in range") };
        let half = Instrument { multiplier, ..equity() };
        assert_eq!(half.value_decimal(Price(1_450_700).times(Qty(10))), Ok("725.35".parse().expect("decimal")));
    }
}
