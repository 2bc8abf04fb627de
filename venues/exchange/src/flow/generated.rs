//! Generated flow: a market that moves by itself.
//!
//! In: a seed, listings. Out: for each step the levels that change and the trades that come. Must never: depend on what
//! users do, so that the same seed shows the same prices.

use super::chance::Chance;
use crate::amount::Amount;
use crate::matching::engine::Engine;
use crate::matching::order::Side;

/// Levels of the house on each side.
const DEPTH: i64 = 20;
/// Value of the smallest level.
const LEVEL_VALUE: i64 = 2_000;
/// How many times that the largest is.
const LEVEL_SPREAD: u64 = 40;

/// The flow of one product.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    symbols: Vec<Symbol>,
}

#[derive(Debug, Clone)]
struct Symbol {
    chance: Chance,
    /// Distance of levels.
    gap: Amount,
    /// The middle, in gaps.
    middle: i64,
    is_quoted: bool,
}

impl Generated {
    pub(crate) fn new(seed: u64, engine: &Engine) -> Self {
        let symbol = |(at, desk): (usize, &crate::matching::engine::Desk)| {
            let listing = &desk.listing;
            let gap = listing.start_price.part(20_000).floor_to(listing.tick).max(listing.tick);
            let middle = i64::try_from(listing.start_price.units() / gap.units()).unwrap_or(i64::MAX);
            Symbol { chance: Chance::new(seed ^ ((at as u64 + 1) << 32)), gap, middle, is_quoted: false }
        };
        Self { symbols: engine.desks.iter().enumerate().map(symbol).collect() }
    }

    /// One step of every symbol.
    pub(crate) fn step(&mut self, engine: &mut Engine, now_ms: u64) {
        for (listing, symbol) in self.symbols.iter_mut().enumerate() {
            symbol.step(listing, engine, now_ms);
        }
    }
}

impl Symbol {
    fn step(&mut self, listing: usize, engine: &mut Engine, now_ms: u64) {
        if !self.is_quoted {
            self.is_quoted = true;
            self.quote(listing, engine, now_ms);
        }
        match self.chance.below(10) {
            0 | 1 => self.shift(listing, engine, now_ms),
            2..=5 => self.touch_up(listing, engine, now_ms),
            6 | 7 => self.trade(listing, engine, now_ms),
            _ => {}
        }
    }

    fn price(&self, side: Side, level: i64) -> Amount {
        match side {
            Side::Buy => self.gap.fold((self.middle - level).max(1)),
            Side::Sell => self.gap.fold(self.middle + level),
        }
    }

    fn qty(&mut self, price: Amount, step: Amount) -> Amount {
        let value = Amount::whole(LEVEL_VALUE).fold(1 + i64::try_from(self.chance.below(LEVEL_SPREAD)).unwrap_or(0));
        value.over(price).floor_to(step).max(step)
    }

    fn quote(&mut self, listing: usize, engine: &mut Engine, now_ms: u64) {
        for level in 1..=DEPTH {
            for side in [Side::Buy, Side::Sell] {
                self.level(listing, engine, (side, level), now_ms);
            }
        }
    }

    fn level(&mut self, listing: usize, engine: &mut Engine, at: (Side, i64), now_ms: u64) {
        let price = self.price(at.0, at.1);
        let qty = self.qty(price, engine.desks[listing].listing.step);
        engine.set_house_level(listing, (at.0, price), qty, now_ms);
    }

    /// The middle moves; levels that are now on the wrong side or too far go.
    fn shift(&mut self, listing: usize, engine: &mut Engine, now_ms: u64) {
        self.middle = (self.middle + self.chance.around(2)).max(DEPTH + 1);
        let (low, high) = (self.price(Side::Buy, DEPTH), self.price(Side::Sell, DEPTH));
        let middle = self.gap.fold(self.middle);
        engine.clear_house(
            listing,
            |side, price| match side {
                Side::Buy => price >= middle || price < low,
                Side::Sell => price <= middle || price > high,
            },
            now_ms,
        );
        for level in 1..=DEPTH {
            for side in [Side::Buy, Side::Sell] {
                if engine.house_qty(listing, (side, self.price(side, level))).is_zero() {
                    self.level(listing, engine, (side, level), now_ms);
                }
            }
        }
    }

    /// Some level gets another quantity; the best ones are filled up.
    fn touch_up(&mut self, listing: usize, engine: &mut Engine, now_ms: u64) {
        let level = 1 + i64::try_from(self.chance.below(DEPTH as u64)).unwrap_or(0);
        let side = if self.chance.below(2) == 0 { Side::Buy } else { Side::Sell };
        self.level(listing, engine, (side, level), now_ms);
        for side in [Side::Buy, Side::Sell] {
            if engine.house_qty(listing, (side, self.price(side, 1))).is_zero() {
                self.level(listing, engine, (side, 1), now_ms);
            }
        }
    }

    fn trade(&mut self, listing: usize, engine: &mut Engine, now_ms: u64) {
        let side = if self.chance.below(2) == 0 { Side::Buy } else { Side::Sell };
        let price = self.price(side.other(), 1);
        let qty = self.qty(price, engine.desks[listing].listing.step).part(8);
        let qty = qty.floor_to(engine.desks[listing].listing.step);
        engine.house_takes(listing, (side, price), qty, now_ms);
    }
}
