//! Paper: how fast does a recorded market come, and what comes between its rows?
//!
//! In: the times of rows, the clock, orders from other threads. Out: turns of the session. Must never: let the clock reach the
//! core; it says when, never what.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use ringfence_core::ids::TimeNs;
use ringfence_session::pace::{Next, Notice, Pace, Turn};
use ringfence_session::script::Fact;

use crate::interrupt;

/// How much faster than it was recorded a market comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// So many times; above 0.
    Times(f64),
    /// As fast as it goes.
    Unbound,
}

/// Longest time without a look at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Sets the pace of a paper session.
pub(crate) struct Pacer<'a> {
    speed: Speed,
    /// Longest time without a row that is kept, in ns of the market; longer ones are cut to it.
    gap_ns_max: u64,
    orders: Receiver<Fact>,
    told: &'a mut dyn FnMut(&Notice),
    /// An instant, and the time of the market that belongs to it.
    anchor: Option<(Instant, TimeNs)>,
    /// When the session ends, whatever is left of its rows.
    ends: Option<Instant>,
}

impl<'a> Pacer<'a> {
    pub(crate) fn new(
        (speed, gap_ns_max): (Speed, u64),
        duration: Option<Duration>,
        orders: Receiver<Fact>,
        told: &'a mut dyn FnMut(&Notice),
    ) -> Pacer<'a> {
        let ends = duration.map(|duration| now() + duration);
        Pacer { speed, gap_ns_max, orders, told, anchor: None, ends }
    }

    fn is_over(&self) -> bool {
        interrupt::is_asked() || self.ends.is_some_and(|ends| now() >= ends)
    }

    /// Time of the market now; the row to come is not passed.
    fn market_now(&self, row: TimeNs) -> TimeNs {
        let (Some((instant, at)), Speed::Times(times)) = (self.anchor, self.speed) else { return row };
        TimeNs(at.plus(scaled(instant.elapsed(), times)).0.min(row.0))
    }

    /// How long it is until a time of the market comes.
    fn until(&mut self, at: TimeNs) -> Duration {
        let Speed::Times(times) = self.speed else { return Duration::ZERO };
        let (instant, start) = *self.anchor.get_or_insert_with(|| (now(), at));
        let reached = start.plus(scaled(instant.elapsed(), times));
        let mut left = at.0.saturating_sub(reached.0);
        if left > self.gap_ns_max {
            self.anchor = Some((now(), TimeNs(at.0 - self.gap_ns_max)));
            left = self.gap_ns_max;
        }
        Duration::from_nanos(left).div_f64(times)
    }
}

impl Pace for Pacer<'_> {
    fn next(&mut self, next: Next) -> Turn {
        let target = next.due.unwrap_or(next.row);
        loop {
            if self.is_over() {
                return Turn::End;
            }
            let order = match self.until(target) {
                Duration::ZERO => match self.orders.try_recv() {
                    Ok(order) => Some(order),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Turn::Next,
                },
                left => match self.orders.recv_timeout(left.min(LOOK)) {
                    Ok(order) => Some(order),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => {
                        std::thread::park_timeout(left.min(LOOK));
                        None
                    }
                },
            };
            if let Some(order) = order {
                return Turn::First(self.market_now(next.row), order);
            }
        }
    }

    fn told(&mut self, notice: &Notice) {
        (self.told)(notice);
    }
}

/// Nanoseconds of the market in a time of the clock.
fn scaled(elapsed: Duration, times: f64) -> u64 {
    u64::try_from(elapsed.mul_f64(times).as_nanos()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pace of a paper session is what this file is for; nothing is decided by it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use ringfence_core::event::{EventKind, Report};

    use super::*;

    const MS: u64 = 1_000_000;

    fn next(row: u64) -> Next {
        Next { row: TimeNs(row), due: None }
    }

    fn fact() -> Fact {
        Fact::Report(Report::control(EventKind::TradingDisabled))
    }

    #[test]
    fn rows_come_at_their_time_and_timers_at_theirs() {
        let (_sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Speed::Times(10.0), u64::MAX), None, orders, &mut told);
        let start = now();
        assert!(matches!(pacer.next(next(0)), Turn::Next));
        assert!(matches!(pacer.next(Next { row: TimeNs(2_000 * MS), due: Some(TimeNs(100 * MS)) }), Turn::Next));
        assert!(start.elapsed() >= Duration::from_millis(10), "a tenth of what it was");
        assert!(matches!(pacer.next(next(200 * MS)), Turn::Next));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn long_gaps_are_cut() {
        let (_sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Speed::Times(1.0), MS), None, orders, &mut told);
        assert!(matches!(pacer.next(next(0)), Turn::Next));
        // Would take eleven days.
        assert!(matches!(pacer.next(next(1_000_000_000 * MS)), Turn::Next));
    }

    #[test]
    fn an_order_comes_before_the_row_at_the_time_that_the_market_has_reached() {
        let (sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Speed::Times(1.0), u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(5)), Turn::Next));
        sender.send(fact()).expect("received");
        let Turn::First(at, Fact::Report(_)) = pacer.next(next(3_600_000 * MS)) else { panic!("an order was sent") };
        assert!(at.0 >= 5 && at.0 < 3_600_000 * MS, "{at:?}");
    }

    #[test]
    fn without_a_bound_rows_come_at_once_and_orders_still_between_them() {
        let (sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Speed::Unbound, u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(3_600_000 * MS)), Turn::Next));
        sender.send(fact()).expect("received");
        assert!(matches!(pacer.next(next(7_200_000 * MS)), Turn::First(TimeNs(at), _) if at == 7_200_000 * MS));
    }

    #[test]
    fn a_session_of_a_given_length_ends() {
        let (_sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let length = Some(Duration::from_millis(1));
        let mut pacer = Pacer::new((Speed::Times(1.0), u64::MAX), length, orders, &mut told);
        assert!(matches!(pacer.next(next(0)), Turn::Next | Turn::End));
        assert!(matches!(pacer.next(next(3_600_000 * MS)), Turn::End));
    }
}
