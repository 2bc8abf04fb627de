//! Trades of a journal: which were closed, and by which fills?
//!
//! In: events in order. Out: sums over all closed trades, and those that are wanted with their fills. Must never: keep more
//! than [`FILLS_MAX`] fills of a trade.

use std::collections::BTreeMap;

use ringfence_core::config::Config;
use ringfence_core::event::{Event, EventKind, Fill};
use ringfence_core::ids::{InstrumentId, LegKey, Seq, StrategyId, TimeNs};
use ringfence_core::instrument::PositionSide;
use ringfence_core::money::{Decimal, MoneyError, add_exact};
use ringfence_report::recorder::{Ledger, Trade};

/// Most fills of a trade that are told one by one.
pub(crate) const FILLS_MAX: usize = 16;

/// A fill of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) seq: Seq,
    pub(crate) time: TimeNs,
    pub(crate) fill: Fill,
    /// The venue took it back.
    pub(crate) is_bust: bool,
}

/// A trade with its fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Among all closed trades, from 1.
    pub(crate) number: u64,
    pub(crate) trade: Trade,
    /// The first ones; the last is that which closed it.
    pub(crate) parts: Vec<Part>,
    /// Fills that are left out.
    pub(crate) left_out: u64,
}

/// Which trades are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// So many of those that lost the most.
    Worst(usize),
    /// This one.
    Number(u64),
}

/// Follows fills and keeps what is wanted.
#[derive(Debug)]
pub(crate) struct Trades<'a> {
    config: &'a Config,
    wanted: Wanted,
    strategy: Option<StrategyId>,
    ledger: Ledger,
    open: BTreeMap<(StrategyId, InstrumentId, PositionSide), (Vec<Part>, u64)>,
    /// Closed trades.
    pub(crate) count: u64,
    /// Those of them that lost.
    pub(crate) losers: u64,
    /// Profit of all, without fees; of instruments that settle in the base currency.
    pub(crate) gross: Decimal,
    /// Fees of all.
    pub(crate) fees: Decimal,
    /// Worst first, or the one that is wanted.
    pub(crate) kept: Vec<Closed>,
}

impl<'a> Trades<'a> {
    pub(crate) fn new(config: &'a Config, wanted: Wanted, strategy: Option<StrategyId>) -> Trades<'a> {
        Trades {
            config,
            wanted,
            strategy,
            ledger: Ledger::default(),
            open: BTreeMap::new(),
            count: 0,
            losers: 0,
            gross: Decimal::ZERO,
            fees: Decimal::ZERO,
            kept: Vec::new(),
        }
    }

    /// Follows an event.
    ///
    /// # Errors
    /// When an amount fits no decimal.
    #[expect(clippy::wildcard_enum_match_arm, reason = "trades are made of fills and splits alone")]
    pub(crate) fn event(&mut self, event: &Event) -> Result<(), MoneyError> {
        let (fill, is_bust) = match &event.kind {
            EventKind::OrderFilled(fill) => (*fill, false),
            EventKind::FillBusted(fill) => (Ledger::undone(fill), true),
            EventKind::CorporateAction(action) => {
                self.ledger.acted(event.instrument, action);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let Some(instrument) = self.config.instrument(event.instrument) else { return Ok(()) };
        let closed = self.ledger.book(&fill, instrument, event.time)?;
        let key = (fill.order.strategy, event.instrument, fill.position_side);
        let part = Part { seq: event.seq, time: event.time, fill, is_bust };
        let (parts, left_out) = self.open.entry(key).or_default();
        // The last place is that of the fill that closes it.
        if parts.len() + 1 < FILLS_MAX || closed.is_some() {
            parts.push(part)
        } else {
            *left_out += 1
        }
        if let Some(trade) = closed {
            let (parts, left_out) = std::mem::take(self.open.entry(key).or_default());
            // A fill that turns the position opens the next trade with what is left of it.
            if self.ledger.is_open(key) {
                self.open.insert(key, (vec![part], 0));
            }
            self.closed(trade, (parts, left_out), instrument.settlement == self.config.base_currency)?;
        }
        Ok(())
    }

    fn closed(&mut self, trade: Trade, (parts, left_out): (Vec<Part>, u64), is_base: bool) -> Result<(), MoneyError> {
        if self.strategy.is_some_and(|wanted| wanted != trade.strategy) {
            return Ok(());
        }
        self.count += 1;
        self.losers += u64::from(trade.net() < Decimal::ZERO);
        if is_base {
            self.gross = add_exact(self.gross, trade.gross)?;
            self.fees = add_exact(self.fees, trade.fees)?;
        }
        let closed = Closed { number: self.count, trade, parts, left_out };
        match self.wanted {
            Wanted::Number(number) if number == closed.number => self.kept.push(closed),
            Wanted::Number(_) => {}
            Wanted::Worst(count) => {
                let at = self.kept.partition_point(|kept| kept.trade.net() <= closed.trade.net());
                self.kept.insert(at, closed);
                self.kept.truncate(count);
            }
        }
        Ok(())
    }

    /// Orders whose fills the kept trades have, in their order, each once.
    pub(crate) fn orders(&self) -> Vec<LegKey> {
        let mut orders: Vec<LegKey> = Vec::new();
        for part in self.kept.iter().flat_map(|closed| &closed.parts) {
            if !orders.contains(&part.fill.order) {
                orders.push(part.fill.order);
            }
        }
        orders
    }
}
