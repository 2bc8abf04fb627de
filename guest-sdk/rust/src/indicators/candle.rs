//! Question: what of a bar do indicators read?
//!
//! In: a bar. Out: its five figures as floats, and prices made of them. Must never round: mantissas up to 2^53 are exact.

use crate::archive::{Archive, Persist};
use crate::event::Bar;
use crate::instrument::Instrument;

/// A bar in floats, in whatever unit its author likes: mantissas ([`Candle::from`] a [`Bar`]) or money
/// ([`Candle::in_units`]).
///
/// ```
/// use ringfence_sdk::indicators::Candle;
///
/// let candle = Candle { open: 10.0, high: 14.0, low: 9.0, close: 13.0, volume: 100.0 };
/// assert_eq!((candle.typical(), candle.middle(), candle.weighted(), candle.average()), (12.0, 11.5, 12.25, 11.5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candle {
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded quantity.
    pub volume: f64,
}

impl Candle {
    /// In money and in units, by the scales of the instrument.
    #[must_use]
    pub fn in_units(bar: &Bar, instrument: &Instrument) -> Self {
        let price = |price: crate::number::Price| price.to_f64(instrument.price_scale);
        Self {
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            volume: bar.volume.to_f64(instrument.qty_scale),
        }
    }

    /// The typical price: (high + low + close) / 3.
    #[must_use]
    pub fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// The middle: (high + low) / 2.
    #[must_use]
    pub fn middle(&self) -> f64 {
        (self.high + self.low) / 2.0
    }

    /// The close weighted twice: (high + low + 2 close) / 4.
    #[must_use]
    pub fn weighted(&self) -> f64 {
        (self.high + self.low + 2.0 * self.close) / 4.0
    }

    /// The mean of the four prices.
    #[must_use]
    pub fn average(&self) -> f64 {
        (self.open + self.high + self.low + self.close) / 4.0
    }

    /// From low to high.
    #[must_use]
    pub fn range(&self) -> f64 {
        self.high - self.low
    }

    /// Where the close lies in the range, from -1 (at the low) to 1 (at the high); 0 for a bar without range.
    pub(super) fn place_of_close(&self) -> f64 {
        let rest = (self.close - self.low) - (self.high - self.close);
        super::window::ratio(rest, self.range(), 0.0)
    }
}

/// Mantissas as they are.
impl From<&Bar> for Candle {
    fn from(bar: &Bar) -> Self {
        Self {
            open: bar.open.0 as f64,
            high: bar.high.0 as f64,
            low: bar.low.0 as f64,
            close: bar.close.0 as f64,
            volume: bar.volume.0 as f64,
        }
    }
}

impl Persist for Candle {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        for figure in [&mut self.open, &mut self.high, &mut self.low, &mut self.close, &mut self.volume] {
            figure.persist(archive);
        }
    }
}
