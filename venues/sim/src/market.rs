//! Market of one instrument as the venue sees it: what could be taken now, and what is displayed?
//!
//! In: trades, quotes, book levels, bars, status. Out: the taking price, the size displayed at a price. Must never: know
//! orders.
//!
//! The taking price is the opposite touch where the tape has ever shown one, and otherwise the last price (of a trade, or
//! the open and close of a bar). An empty opposite touch means that there is nothing to take. Where orders find no more
//! than what is displayed, what they took is kept beside the levels: a level is shown anew when a quote has another price
//! or size on its side, or a book record is about its price.

use ringfence_core::event::{BookAction, BookLevel, Quote};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Price, Qty};
use ringfence_core::state::market::Book;

/// One instrument's market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) status: InstrumentStatus,
    /// End of its trading day, as it was told last; 0 = it never was.
    pub(crate) day_ends: TimeNs,
    pub(crate) last: Option<Price>,
    /// The venue's mark price, once it was told.
    pub(crate) mark: Option<Price>,
    touch: Quote,
    is_quoted: bool,
    /// Present once the tape has shown a level.
    depth: Option<Box<Book>>,
    /// What orders took of displayed levels, bids and asks; each level once.
    taken: [Vec<(Price, i64)>; 2],
    /// False while nothing is in `taken`, which is always where takers find all they want.
    is_taken: bool,
}

impl Market {
    pub(crate) fn new(status: InstrumentStatus) -> Market {
        let (touch, taken) = (Quote::default(), [Vec::new(), Vec::new()]);
        Market {
            status,
            day_ends: TimeNs(0),
            last: None,
            mark: None,
            touch,
            is_quoted: false,
            depth: None,
            taken,
            is_taken: false,
        }
    }

    /// Applies a quote; the touch before it.
    pub(crate) fn quote(&mut self, quote: &Quote) -> Quote {
        if self.is_taken {
            self.show_anew(quote);
        }
        self.is_quoted = true;
        std::mem::replace(&mut self.touch, *quote)
    }

    /// Forgets what was taken of a side whose best level is another one in this quote.
    #[cold]
    fn show_anew(&mut self, quote: &Quote) {
        for side in [Side::Buy, Side::Sell] {
            if own_touch(&self.touch, side) != own_touch(quote, side) {
                self.taken[place_of(side)].clear();
            }
        }
        self.is_taken = self.taken.iter().any(|taken| !taken.is_empty());
    }

    /// Applies a level; the new touch when it closes its group.
    pub(crate) fn book_level(&mut self, level: &BookLevel) -> Option<Quote> {
        match level.action {
            BookAction::Set => self.taken[place_of(level.side)].retain(|(price, _)| *price != level.price),
            BookAction::Clear => self.taken.iter_mut().for_each(Vec::clear),
        }
        let depth = self.depth.get_or_insert_default();
        depth.apply(level);
        if !level.is_last {
            return None;
        }
        (self.touch, self.is_quoted) = (depth.touch(), true);
        Some(self.touch)
    }

    /// True where sizes of levels are known, and not only those of the touch.
    pub(crate) fn has_depth(&self) -> bool {
        self.depth.is_some()
    }

    /// True once sizes have been displayed.
    pub(crate) fn is_displayed(&self) -> bool {
        self.is_quoted
    }

    /// Forgets what was taken.
    pub(crate) fn restore(&mut self) {
        self.taken.iter_mut().for_each(Vec::clear);
    }

    /// Levels that still have something for an order of this side, best first, and how much.
    pub(crate) fn offers(&self, side: Side) -> impl Iterator<Item = (Price, i64)> + '_ {
        let other = side.opposite();
        let touch = self.depth.is_none().then(|| own_touch(&self.touch, other));
        let levels = self.depth.as_ref().map_or(&[][..], |depth| depth.side(other));
        touch.into_iter().chain(levels.iter().map(|(price, qty)| (*price, qty.0))).filter_map(move |(price, qty)| {
            let taken = self.taken[place_of(other)].iter().find(|(level, _)| *level == price);
            let left = qty - taken.map_or(0, |(_, taken)| *taken);
            (left > 0).then_some((price, left))
        })
    }

    /// An order of this side took so much at a level that was offered.
    pub(crate) fn take(&mut self, side: Side, price: Price, qty: Qty) {
        let taken = &mut self.taken[place_of(side.opposite())];
        self.is_taken = true;
        match taken.iter_mut().find(|(level, _)| *level == price) {
            Some((_, sum)) => *sum += qty.0,
            None => taken.push((price, qty.0)),
        }
    }

    /// Price that positions are valued at, in half units: the mark, else the middle of the touch, else the last price.
    pub(crate) fn half_mark(&self) -> Option<i128> {
        let double = |price: Price| i128::from(price.0) * 2;
        let touch = &self.touch;
        let is_two_sided = touch.bid_qty.0 > 0 && touch.ask_qty.0 > 0;
        let middle = is_two_sided.then(|| i128::from(touch.bid_price.0) + i128::from(touch.ask_price.0));
        self.mark.map(double).or(middle).or_else(|| self.last.map(double))
    }

    /// After a split no price that was known is one any more.
    pub(crate) fn forget_prices(&mut self) {
        *self = Market { is_quoted: self.is_quoted, ..Market::new(self.status) };
    }

    /// Size on the best level of the other side; `None` where it is empty or none was shown.
    pub(crate) fn opposite_size(&self, side: Side) -> Option<i64> {
        Some(own_touch(&self.touch, side.opposite()).1).filter(|qty| self.is_quoted && *qty > 0)
    }

    /// What an order of this side would pay (or get) now; `None` = nothing to take.
    pub(crate) fn taking_price(&self, side: Side) -> Option<Price> {
        if self.is_quoted { opposite_touch(&self.touch, side) } else { self.last }
    }

    /// Size displayed at a price on a side, in front of which a new order would stand last; `None` = not known.
    pub(crate) fn displayed(&self, side: Side, price: Price) -> Option<i64> {
        let (best, qty) = own_touch(&self.touch, side);
        let improves = match side {
            Side::Buy => price > best,
            Side::Sell => price < best,
        };
        match (self.is_quoted, qty > 0) {
            (false, _) => None,
            (true, false) => Some(0),
            (true, true) if price == best => Some(qty),
            (true, true) if improves => Some(0),
            (true, true) => self.depth.as_ref().map(|depth| size_at(depth.side(side), price)),
        }
    }

    /// Size of a level of the book.
    pub(crate) fn level(&self, side: Side, price: Price) -> i64 {
        self.depth.as_ref().map_or(0, |depth| size_at(depth.side(side), price))
    }
}

/// Size that a touch displays at a price of its side; `None` where it is worse than the touch, and so not known.
pub(crate) fn shown_at(touch: &Quote, side: Side, price: Price) -> Option<i64> {
    let (best, qty) = own_touch(touch, side);
    let is_worse = match side {
        Side::Buy => price < best,
        Side::Sell => price > best,
    };
    match (qty > 0, is_worse) {
        (true, true) => None,
        (true, false) if price == best => Some(qty),
        (true | false, _) => Some(0),
    }
}

fn place_of(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// Best price of the other side, where it is not empty.
pub(crate) fn opposite_touch(touch: &Quote, side: Side) -> Option<Price> {
    let (price, qty) = own_touch(touch, side.opposite());
    (qty > 0).then_some(price)
}

/// Best price and size of a side; size 0 = empty.
pub(crate) fn own_touch(touch: &Quote, side: Side) -> (Price, i64) {
    match side {
        Side::Buy => (touch.bid_price, touch.bid_qty.0),
        Side::Sell => (touch.ask_price, touch.ask_qty.0),
    }
}

/// True where an order of this side with this limit would take at this price.
pub(crate) fn takes(side: Side, limit: Price, price: Price) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// True while orders meet the market. A restriction is the operator's and does not bind the venue.
pub(crate) fn is_matching(status: InstrumentStatus) -> bool {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::PostOnly | InstrumentStatus::Restricted => true,
        InstrumentStatus::Auction
        | InstrumentStatus::Halted
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::Closed
        | InstrumentStatus::Settled => false,
    }
}

/// True while new and changed orders are taken; in an auction they wait for continuous trading.
pub(crate) fn is_open_to(status: InstrumentStatus, post_only: bool) -> bool {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::Auction | InstrumentStatus::Restricted => true,
        InstrumentStatus::PostOnly => post_only,
        InstrumentStatus::Halted
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::Closed
        | InstrumentStatus::Settled => false,
    }
}

fn size_at(levels: &[(Price, Qty)], price: Price) -> i64 {
    levels.iter().find(|(level, _)| *level == price).map_or(0, |(_, qty)| qty.0)
}
