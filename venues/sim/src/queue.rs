//! Queue: where does a resting order stand at its price?
//!
//! In: trades at the price and changes of the size displayed there. Out: what stands ahead, and what a trade leaves for
//! the order. Must never: fill, or use a float.
//!
//! A size that goes down is by trades or by cancels. Trades come from the front, and are counted when they are told, so
//! the fall of the displayed size that follows is taken for theirs first. What is left of the fall was cancelled, partly
//! ahead of the order and partly behind: [`crate::chance`] says how much. A size that goes up joins behind.

use ringfence_core::instrument::Instrument;
use ringfence_core::money::Qty;

use crate::chance::{Chance, PART_BITS, SIZE_BITS};
use crate::config::QueueModel;

/// Place of an order among those at its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueuePlace {
    /// What stands in front; [`UNKNOWN`] = not known. Below 0 where a trade used up a little more, but not half a lot.
    ahead: i64,
    /// And so many units of 2^-32 more; 0 in models that do not divide.
    part: u32,
    /// Traded at the price since its displayed size was told last.
    traded: i64,
    /// Arrivals at the book before it, where orders are told.
    arrivals: u64,
}

/// Stands for "not known" where an order joins at a price whose size is not displayed.
const UNKNOWN: i64 = i64::MAX;

/// How places move, taken apart once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueRule {
    pub(crate) model: QueueModel,
    chance: Option<Chance>,
}

/// A change of the size displayed at a price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeChange {
    /// Displayed before; `None` = not known.
    pub(crate) old: Option<i64>,
    pub(crate) new: i64,
}

impl QueueRule {
    /// The rule of a model; the configuration was checked.
    pub(crate) fn new(model: QueueModel, power: Option<u8>) -> QueueRule {
        let chance = match model {
            QueueModel::TradeThrough | QueueModel::BehindTouch | QueueModel::RiskAverse | QueueModel::L3Fifo => None,
            QueueModel::PowerProb => power.map(Chance::Power),
            QueueModel::PowerProb2 => power.map(Chance::Power2),
            QueueModel::PowerProb3 => power.map(Chance::Power3),
            QueueModel::LogProb => Some(Chance::Log),
            QueueModel::LogProb2 => Some(Chance::Log2),
        };
        QueueRule { model, chance }
    }

    /// True where places are known order by order, and neither trades nor sizes say anything about them.
    pub(crate) fn is_by_order(&self) -> bool {
        self.model == QueueModel::L3Fifo
    }

    /// True where trades at the price can fill.
    pub(crate) fn has_queue(&self) -> bool {
        !matches!(self.model, QueueModel::TradeThrough | QueueModel::L3Fifo)
    }

    /// True where every known size counts, and not only that of the touch.
    pub(crate) fn follows_levels(&self) -> bool {
        !matches!(self.model, QueueModel::TradeThrough | QueueModel::BehindTouch | QueueModel::L3Fifo)
    }

    /// Place of an order that joins where so much is displayed; `None` = not known.
    pub(crate) fn join(&self, displayed: Option<i64>) -> QueuePlace {
        let displayed = displayed.filter(|_| self.has_queue());
        QueuePlace { ahead: displayed.unwrap_or(UNKNOWN), ..QueuePlace::default() }
    }

    /// Place of an order that joins behind so many arrivals, where so much stands at its price; `None` = no book is known.
    pub(crate) fn join_behind(&self, arrivals: u64, level: Option<i64>) -> QueuePlace {
        QueuePlace { ahead: level.unwrap_or(UNKNOWN), arrivals, ..QueuePlace::default() }
    }

    /// A trade at the price: what it leaves for the order behind those ahead, above 0, or `None`. With an order that
    /// something is left for nothing stands ahead any more.
    pub(crate) fn trade(&self, place: &mut QueuePlace, traded: Qty, instrument: &Instrument) -> Option<Qty> {
        if place.ahead == UNKNOWN {
            return None;
        }
        place.ahead = place.ahead.saturating_sub(traded.0);
        place.traded = place.traded.saturating_add(traded.0);
        let left = match self.chance {
            None => place.ahead.saturating_neg(),
            Some(_) => lots_left(place, instrument),
        };
        if left <= 0 {
            return None;
        }
        (place.ahead, place.part) = (0, 0);
        Some(Qty(left))
    }

    /// The displayed size at the price changed.
    pub(crate) fn displayed(&self, place: &mut QueuePlace, change: SizeChange, instrument: &Instrument) {
        let traded = std::mem::take(&mut place.traded);
        let (Some(chance), Some(old), true) = (self.chance, change.old, place.ahead != UNKNOWN) else {
            return place.cap(change.new);
        };
        let fell = i128::from(old) - i128::from(change.new) - i128::from(traded);
        if fell > 0 {
            let front = place.exact();
            let back = (i128::from(old) << SIZE_BITS) - front;
            let part = chance.behind(front, back, unit(instrument));
            let behind = (i128::from(part) * fell) >> (PART_BITS - SIZE_BITS);
            // What would have fallen behind but is not there fell in front.
            let front = front - ((fell << SIZE_BITS) - behind) + (back - behind).min(0);
            place.set(front);
        }
        place.cap(change.new);
    }
}

impl QueuePlace {
    /// What stands ahead, in whole mantissas rounded up; `None` = not known.
    pub(crate) fn ahead(&self) -> Option<Qty> {
        let whole = if self.part > 0 { self.ahead.saturating_add(1) } else { self.ahead };
        (self.ahead != UNKNOWN).then_some(Qty(whole.max(0)))
    }

    /// So much left of an order that joined at this arrival.
    pub(crate) fn left(&mut self, joined: u64, qty: Qty) {
        if joined <= self.arrivals && self.ahead != UNKNOWN {
            self.ahead = self.ahead.saturating_sub(qty.0).max(0);
        }
    }

    /// True where an order that joined at this arrival stands behind.
    pub(crate) fn is_before(&self, joined: u64) -> bool {
        joined > self.arrivals && self.ahead != UNKNOWN
    }

    /// Nobody knows any more who stands where.
    pub(crate) fn lose(&mut self) {
        self.ahead = UNKNOWN;
    }

    /// What stands ahead is at most what is displayed.
    pub(crate) fn cap(&mut self, displayed: i64) {
        if self.ahead >= displayed {
            (self.ahead, self.part) = (displayed, 0);
        }
    }

    fn exact(&self) -> i128 {
        (i128::from(self.ahead) << SIZE_BITS) + i128::from(self.part)
    }

    fn set(&mut self, exact: i128) {
        self.ahead = i64::try_from(exact >> SIZE_BITS).unwrap_or(i64::MIN);
        self.part = u32::try_from(exact & 0xffff_ffff).expect("32 bits");
    }
}

/// What a trade has left, to the nearest lot, half a lot upwards.
fn lots_left(place: &QueuePlace, instrument: &Instrument) -> i64 {
    let lot = i128::from(instrument.lot.max(1));
    let left = -place.exact() + ((lot << SIZE_BITS) >> 1);
    i64::try_from(left.div_euclid(lot << SIZE_BITS) * lot).unwrap_or(i64::MAX)
}

/// One unit of the instrument in mantissas.
fn unit(instrument: &Instrument) -> i64 {
    instrument.qty_scale.unit()
}
