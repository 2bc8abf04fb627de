//! Statements: what follows from what the venue states of orders and positions?
//!
//! In: answers to questions of the session, and of the machine about its own orders. Out: news for the ledger, positions for
//! the session. Must never: ask of its own accord what happened while nobody listened: whoever hears `VenueUp` compares the
//! account with what it knows, by its own questions.

use ringfence_core::ids::{InstrumentId, TimeNs};

use crate::codec::account;
use crate::codec::order::OrderAnswer;
use crate::codec::request::Which;
use crate::protocol::Machine;
use crate::protocol::ledger::{Detail, Evidence};

/// Where to begin with fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Of the calendar, in ms since 1970.
    Dated(u64),
    Trade(u64),
}

impl Machine {
    /// The venue's way to say where fills begin.
    pub(crate) fn which(from: From) -> Which {
        match from {
            From::Dated(ms) => Which::Since(ms),
            From::Trade(number) => Which::From(number),
        }
    }

    /// Takes what an answer says of one order; gives what holds of it now.
    pub(crate) fn take_order(&mut self, said: &OrderAnswer) -> Option<(String, Detail)> {
        let (evidence, fills) = self.evidence(said)?;
        let detail = self.ledger.newest(&evidence);
        let id = self.ledger.observe(&evidence, &fills);
        self.settle_doubts(&id);
        self.chase_fills(&id);
        Some((id, detail?))
    }

    /// An order of which nothing but its number can be had: its fills are somebody's all the same.
    pub(crate) fn know_number(&mut self, instrument: InstrumentId, venue_id: u64) {
        let client_id = format!("number {venue_id} in {}", instrument.0);
        let evidence = Evidence { client_id, instrument, venue_id, detail: None, time: TimeNs(0) };
        self.ledger.observe(&evidence, &[]);
    }

    /// Reports the positions of all instruments, those of 0 as well.
    pub(crate) fn positions_answered(&mut self, all: &[account::Position]) {
        let names: Vec<String> = self.settings.instruments.iter().map(|listed| listed.symbol.clone()).collect();
        let now = self.venue_time();
        for symbol in names {
            let mut found = all.iter().filter(|position| position.symbol == symbol).peekable();
            if found.peek().is_none() {
                let none = (crate::codec::Number::default(), crate::codec::Number::default());
                self.state_position(&symbol, (ringfence_core::instrument::PositionSide::Net, none), now);
            }
            for position in found {
                self.state_position(&symbol, (position.side, (position.qty, position.entry_price)), now);
            }
        }
    }
}
