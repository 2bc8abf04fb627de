//! Sessions: when does an order go out that waits for its market to open or to close?
//!
//! In: held orders with the times in force `at-open` and `at-close`, statuses, trading days, time. Out: those that go out now.
//! Must never: send into a market that does not trade.
//!
//! The trading day is the one that `TradingDay` events tell of; where none does, it ends at midnight UTC and the next one
//! begins then.

use crate::decision::Effects;
use crate::event::{Event, EventKind};
use crate::ids::TimeNs;
use crate::instrument::InstrumentStatus;
use crate::intent::{Submit, TimeInForce, TriggerBy};
use crate::normalize::held::current;
use crate::state::State;
use crate::state::held::{Held, NEXT_DAY, Stage, WITH_THE_MARKET};
use crate::step::Core;

/// How long before the close an order goes out that waits for it: it has to arrive while the market trades.
pub(crate) const CLOSE_LEAD_NS: u64 = 1_000_000_000;

/// When an order goes out that waits for its session, and when it is over; 0 = never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) release: TimeNs,
    pub(super) end: TimeNs,
}

/// The session that an order waits for; `None` where it waits for none.
pub(super) fn session_of(state: &State, submit: &Submit) -> Option<Session> {
    let market = state.market(submit.instrument)?;
    let trades = market.status == InstrumentStatus::Trading;
    let is_told = market.day_ends > state.time();
    let end = state.day_end(submit.instrument);
    let session = match submit.tif {
        TimeInForce::AtOpen if !trades => Session { release: WITH_THE_MARKET, end: TimeNs(0) },
        // Between the end that was told and the next day the market is closed, and nobody knows for how long.
        TimeInForce::AtOpen if is_told => Session { release: NEXT_DAY, end: TimeNs(0) },
        TimeInForce::AtOpen => Session { release: end, end: TimeNs(0) },
        TimeInForce::AtClose if trades || is_told => until_close(end),
        TimeInForce::AtClose => Session { release: NEXT_DAY, end: TimeNs(0) },
        TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Day | TimeInForce::Gtd => return None,
    };
    Some(session)
}

fn until_close(end: TimeNs) -> Session {
    Session { release: TimeNs(end.0.saturating_sub(CLOSE_LEAD_NS)), end }
}

impl Core {
    /// What begins to wait after its time goes out with it.
    pub(super) fn release_at_once(&mut self, held: Held, effects: &mut Effects) {
        if held.submit.tif == TimeInForce::AtClose && held.release_at <= self.state().time() {
            self.release_or_wait(held, effects);
        }
    }

    /// Those whose time has come.
    pub(super) fn release_by_time(&mut self, effects: &mut Effects) {
        let now = self.state().time();
        let is_timed = |held: &Held| held.release_at != WITH_THE_MARKET && held.release_at <= now;
        self.release_where(is_timed, effects);
    }

    /// Those that wait for this market to trade, and those that a day which begins tells their time.
    pub(super) fn release_with_market(&mut self, event: &Event, effects: &mut Effects) {
        let id = event.instrument;
        // A day that is over already tells nothing of the next one.
        if let EventKind::TradingDay(ends) = event.kind
            && ends > event.time
        {
            self.tell_day(event, ends);
            self.release_by_time(effects);
        }
        let waits_here = |held: &Held| {
            held.submit.instrument == id && held.release_at == WITH_THE_MARKET && held.opened != event.seq
        };
        self.release_where(waits_here, effects);
    }

    /// The next day is known now: an order for the open goes out when the market trades, one for the close before its end.
    fn tell_day(&mut self, event: &Event, ends: TimeNs) {
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            let waits = held.waits_for_session() && held.release_at == NEXT_DAY;
            if !waits || held.submit.instrument != event.instrument {
                continue;
            }
            let session = match held.submit.tif {
                TimeInForce::AtClose => until_close(ends),
                TimeInForce::AtOpen
                | TimeInForce::Gtc
                | TimeInForce::Ioc
                | TimeInForce::Fok
                | TimeInForce::Day
                | TimeInForce::Gtd => Session { release: WITH_THE_MARKET, end: TimeNs(0) },
            };
            let told = Held { release_at: session.release, expire_at: session.end, ..held };
            self.state_mut().held.set(told);
        }
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
        } else if held.stage == Stage::Waiting && held.release_at != WITH_THE_MARKET {
            self.state_mut().held.set(Held { release_at: WITH_THE_MARKET, ..held });
        }
    }
}
