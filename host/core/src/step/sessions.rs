//! Sessions: when does an order go out that waits for its market to open or to close?
//!
//! In: held orders with the times in force `at-open` and `at-close`, statuses, trading days, time. Out: those that go out now.
//! Must never: send into a market that does not trade.
//!
//! The trading day is the one that `TradingDay` events tell of; where none does, it ends at midnight UTC and the next one
//! begins then.

use crate::decision::Effects;
use crate::event::Event;
use crate::ids::{InstrumentId, TimeNs};
use crate::instrument::InstrumentStatus;
use crate::intent::{Submit, TimeInForce, TriggerBy};
use crate::normalize::held::current;
use crate::state::State;
use crate::state::held::{Held, Release};
use crate::step::Core;

/// How long before the close an order goes out that waits for it: it has to arrive while the market trades.
const CLOSE_LEAD_NS: u64 = 1_000_000_000;

/// When an order goes out that waits for its session, and when it is over; 0 = never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) release: Release,
    pub(super) end: TimeNs,
}

impl Session {
    const fn open(release: Release) -> Session {
        Session { release, end: TimeNs(0) }
    }

    fn close(end: TimeNs) -> Session {
        Session { release: Release::At(TimeNs(end.0.saturating_sub(CLOSE_LEAD_NS))), end }
    }
}

/// The session that an order waits for; `None` where it waits for none.
pub(super) fn session_of(state: &State, submit: &Submit) -> Option<Session> {
    let market = state.market(submit.instrument)?;
    let is_told = market.told_end(state.time()).is_some();
    let is_open = is_told || market.status == InstrumentStatus::Trading;
    // An auction or a close comes before an open; a halt comes in the middle of a day.
    let is_before_open = matches!(market.status, InstrumentStatus::Closed | InstrumentStatus::Auction);
    let end = state.day_end(submit.instrument);
    let next_day = Release::DayAfter(market.day_ends);
    let session = match submit.tif {
        TimeInForce::AtOpen if is_before_open || !is_open => Session::open(Release::Market),
        // Behind the end that was told the market is closed, and nobody knows for how long.
        TimeInForce::AtOpen if is_told => Session::open(next_day),
        TimeInForce::AtOpen => Session::open(Release::At(end)),
        TimeInForce::AtClose if is_open => Session::close(end),
        TimeInForce::AtClose => Session::open(next_day),
        TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Day | TimeInForce::Gtd => return None,
    };
    Some(session)
}

/// What an order waits for once a day is told that ends then; as it is, where that says nothing to it.
fn told(held: Held, ends: TimeNs) -> Held {
    let is_later = matches!(held.release, Release::DayAfter(known) if ends > known);
    let session = match held.submit.tif {
        TimeInForce::AtOpen if is_later => Session::open(Release::Market),
        TimeInForce::AtClose if is_later || held.expire_at != TimeNs(0) => Session::close(ends),
        // It was taken for a longer day.
        TimeInForce::Day if ends < held.expire_at => Session { release: held.release, end: ends },
        TimeInForce::AtOpen
        | TimeInForce::AtClose
        | TimeInForce::Gtc
        | TimeInForce::Ioc
        | TimeInForce::Fok
        | TimeInForce::Day
        | TimeInForce::Gtd => return held,
    };
    Held { release: session.release, expire_at: session.end, ..held }
}

impl Core {
    /// What begins to wait after its time goes out with it.
    pub(super) fn release_at_once(&mut self, held: Held, effects: &mut Effects) {
        let is_due = matches!(held.release, Release::At(time) if time <= self.state().time());
        if is_due || (held.submit.tif == TimeInForce::AtClose && held.release == Release::Market) {
            self.release_or_wait(held, effects);
        }
    }

    /// Those whose time has come.
    pub(super) fn release_by_time(&mut self, effects: &mut Effects) {
        let now = self.state().time();
        self.release_where(|held| matches!(held.release, Release::At(time) if time <= now), effects);
    }

    /// Those that wait for this market to trade.
    pub(super) fn release_with_market(&mut self, event: &Event, effects: &mut Effects) {
        let waits_here = |held: &Held| {
            held.release == Release::Market && held.submit.instrument == event.instrument && held.opened != event.seq
        };
        self.release_where(waits_here, effects);
    }

    /// A day is told: what waits for its open or its close, or ends with it, knows when. One that is over tells nothing.
    pub(super) fn tell_day(&mut self, (id, ends): (InstrumentId, TimeNs), effects: &mut Effects) {
        if ends <= self.state().time() {
            return;
        }
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            if held.submit.instrument == id && held.rounds == 0 {
                self.state_mut().held.set(told(held, ends));
            }
        }
        self.release_by_time(effects);
    }

    fn release_where(&mut self, is_meant: impl Fn(&Held) -> bool, effects: &mut Effects) {
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            if held.waits_for_session() && is_meant(&held) {
                // Those that are let go leave the list, so that the next one takes their place.
                let before = self.state().held.len();
                self.release_or_wait(held, effects);
                at -= before - self.state().held.len();
            }
        }
    }

    /// Sends it, or lets it wait for its market to trade.
    fn release_or_wait(&mut self, held: Held, effects: &mut Effects) {
        let Some(market) = self.state().market(held.submit.instrument) else { return };
        if self.state().lets_go(market) {
            let price = current(market, held.submit.side, TriggerBy::Last).unwrap_or_default();
            self.fire(held, price, effects);
        } else if held.release != Release::Market {
            self.state_mut().held.set(Held { release: Release::Market, ..held });
        }
    }
}
