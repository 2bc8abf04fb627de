//! Edges: what changes at a market, and when?
//!
//! In: a calendar and a time. Out: openings and closes from then on, one after the other. Must never: tell a close where the
//! next session begins at the same instant.

use std::iter::Peekable;

use crate::calendar::{Calendar, TradingSession};

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// When, ns since the Unix epoch.
    pub time: u64,
    /// What.
    pub kind: EdgeKind,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// It is the trading day that ends then; the market is open or about to open.
    Day(u64),
    /// The market opens.
    Opens,
    /// Positions are to be closed: the end of the trading day comes.
    Flattens,
    /// The market closes.
    Closes,
}

/// Changes from a time on. The first ones tell how things are at that time.
pub struct Edges<'a> {
    sessions: Peekable<Box<dyn Iterator<Item = TradingSession> + 'a>>,
    /// Told before the next session is looked at; the last one first.
    ready: Vec<Edge>,
    start: u64,
    is_open: bool,
    day_ends: u64,
}

impl std::fmt::Debug for Edges<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edges").field("ready", &self.ready).finish_non_exhaustive()
    }
}

impl<'a> Edges<'a> {
    pub(crate) fn new(calendar: &'a Calendar, start: u64) -> Edges<'a> {
        let sessions: Box<dyn Iterator<Item = TradingSession> + 'a> = Box::new(calendar.sessions_from(start));
        let mut sessions = sessions.peekable();
        // Before a first session nothing is open.
        let is_open = sessions.peek().is_some_and(|session| session.opens <= start);
        let ready = if is_open { Vec::new() } else { vec![Edge { time: start, kind: EdgeKind::Closes }] };
        Edges { sessions, ready, start, is_open, day_ends: 0 }
    }

    /// Puts what a session changes in order.
    fn enter(&mut self, session: TradingSession) {
        let time = session.opens.max(self.start);
        let joins = self.sessions.peek().is_some_and(|next| next.opens == session.closes);
        if !joins {
            self.ready.push(Edge { time: session.closes, kind: EdgeKind::Closes });
        }
        if let Some(at) = session.flattens.filter(|at| *at >= self.start) {
            self.ready.push(Edge { time: at, kind: EdgeKind::Flattens });
        }
        if !self.is_open {
            self.ready.push(Edge { time, kind: EdgeKind::Opens });
        }
        if session.day_ends != self.day_ends {
            self.ready.push(Edge { time, kind: EdgeKind::Day(session.day_ends) });
        }
        (self.is_open, self.day_ends) = (joins, session.day_ends);
    }
}

impl Iterator for Edges<'_> {
    type Item = Edge;

    fn next(&mut self) -> Option<Edge> {
        if self.ready.is_empty() {
            let session = self.sessions.next()?;
            self.enter(session);
        }
        self.ready.pop().or_else(|| self.next_session())
    }
}

impl Edges<'_> {
    /// A session that changed nothing leads to the next one.
    fn next_session(&mut self) -> Option<Edge> {
        while self.ready.is_empty() {
            let session = self.sessions.next()?;
            self.enter(session);
        }
        self.ready.pop()
    }
}
