//! Paper: how fast does a recorded market come, and what comes between its rows?
//!
//! In: the times of rows, the clock, orders from other threads. Out: turns of the session. Must never: let the clock reach the
//! core; it says when, never what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Speed::Times(times) => write!(f, "{times}x"),
            Speed::Unbound => f.write_str("max"),
        }
    }
}

/// Range of speeds below unbound.
pub(crate) const SPEEDS: std::ops::RangeInclusive<f64> = 1e-3..=1e9;
/// Fastest speed that a step leads to; the next one is unbound.
const STEPPED_MAX: f64 = 10_000.0;

/// What somebody may change while a session runs. It changes when rows come, and never what is in them.
#[derive(Debug)]
pub(crate) struct Control {
    /// Bits of a number of times; infinite = unbound.
    times: AtomicU64,
    is_paused: AtomicBool,
    is_over: AtomicBool,
    /// How often the session has looked at what it is to do.
    looks: AtomicU64,
}

impl Control {
    pub(crate) fn new(speed: Speed) -> Control {
        let control = Control {
            times: AtomicU64::new(0),
            is_paused: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            looks: AtomicU64::new(0),
        };
        control.set(speed);
        control
    }

    fn set(&self, speed: Speed) {
        let times = match speed {
            Speed::Times(times) => times,
            Speed::Unbound => f64::INFINITY,
        };
        self.times.store(times.to_bits(), Ordering::Relaxed);
    }

    /// The speed in force.
    pub(crate) fn speed(&self) -> Speed {
        let times = f64::from_bits(self.times.load(Ordering::Relaxed));
        if times.is_finite() { Speed::Times(times) } else { Speed::Unbound }
    }

    /// Twice as fast.
    pub(crate) fn faster(&self) {
        if let Speed::Times(times) = self.speed() {
            let next = times * 2.0;
            self.set(if next > STEPPED_MAX { Speed::Unbound } else { Speed::Times(next) });
        }
    }

    /// Half as fast.
    pub(crate) fn slower(&self) {
        self.set(match self.speed() {
            Speed::Times(times) => Speed::Times((times / 2.0).max(*SPEEDS.start())),
            Speed::Unbound => Speed::Times(STEPPED_MAX),
        });
    }

    /// Whether the market stands still.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::Relaxed)
    }

    /// Lets it stand still, or go on.
    pub(crate) fn turn_pause(&self) {
        self.is_paused.fetch_xor(true, Ordering::Relaxed);
    }

    /// Grows for as long as the session is not stuck.
    #[cfg_attr(not(feature = "control"), allow(dead_code, reason = "the watchdog is what looks"))]
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// Somebody looked at the letter box.
    pub(crate) fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the session.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Longest time without a look at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Sets the pace of a paper session.
pub(crate) struct Pacer<'a> {
    control: Arc<Control>,
    /// The speed that the anchor is for.
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
        (control, gap_ns_max): (Arc<Control>, u64),
        duration: Option<Duration>,
        orders: Receiver<Fact>,
        told: &'a mut dyn FnMut(&Notice),
    ) -> Pacer<'a> {
        let ends = duration.map(|duration| now() + duration);
        Pacer { speed: control.speed(), control, gap_ns_max, orders, told, anchor: None, ends }
    }

    fn is_over(&self) -> bool {
        self.control.look();
        let is_over = self.control.is_over.load(Ordering::Relaxed);
        is_over || interrupt::is_asked() || self.ends.is_some_and(|ends| now() >= ends)
    }

    /// Time of the market now; the row to come is not passed.
    fn market_now(&self, row: TimeNs) -> TimeNs {
        let (Some((instant, at)), Speed::Times(times)) = (self.anchor, self.speed) else { return row };
        TimeNs(at.plus(scaled(instant.elapsed(), times)).0.min(row.0))
    }

    /// Counts from here on, at the speed that is in force now.
    fn follow_speed(&mut self, target: TimeNs) {
        let speed = self.control.speed();
        if speed != self.speed {
            if self.anchor.is_some() {
                self.anchor = Some((now(), self.market_now(target)));
            }
            self.speed = speed;
        }
    }

    /// Lets the market stand where it is until it may go on, something else comes first, or the session ends.
    fn pause(&mut self, target: TimeNs) -> Option<Turn> {
        let at = self.market_now(target);
        while self.control.is_paused() {
            if self.is_over() {
                return Some(Turn::End);
            }
            match self.orders.recv_timeout(LOOK) {
                Ok(order) => {
                    self.anchor = Some((now(), at));
                    return Some(Turn::First(at, order));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(LOOK),
            }
        }
        self.anchor = Some((now(), at));
        None
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
            if self.control.is_paused()
                && let Some(turn) = self.pause(next.row)
            {
                return turn;
            }
            self.follow_speed(next.row);
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

    fn at(speed: Speed) -> Arc<Control> {
        Arc::new(Control::new(speed))
    }

    #[test]
    fn speeds_are_doubled_and_halved_up_to_unbound_and_back() {
        let control = Control::new(Speed::Times(1.0));
        control.faster();
        assert_eq!(control.speed().to_string(), "2x");
        (0..20).for_each(|_| control.faster());
        assert_eq!(control.speed().to_string(), "max");
        control.slower();
        assert_eq!(control.speed(), Speed::Times(STEPPED_MAX));
        (0..40).for_each(|_| control.slower());
        assert_eq!(control.speed(), Speed::Times(*SPEEDS.start()));
    }

    #[test]
    fn another_speed_counts_from_where_the_market_is() {
        let ((_sender, orders), control) = (channel(), at(Speed::Times(1.0)));
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Arc::clone(&control), u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(0)), Turn::Next));
        control.set(Speed::Times(1e6));
        // An hour is 3.6 ms now, and what had passed before stays what it was.
        assert!(matches!(pacer.next(next(3_600_000 * MS)), Turn::Next));
        control.set(Speed::Times(1.0));
        assert!(matches!(pacer.next(next(3_600_001 * MS)), Turn::Next));
        control.set(Speed::Unbound);
        assert!(matches!(pacer.next(next(7_200_000 * MS)), Turn::Next));
        control.set(Speed::Times(1.0));
        assert!(matches!(pacer.next(next(7_200_001 * MS)), Turn::Next), "from the row that came last");
    }

    #[test]
    fn a_market_that_stands_still_lets_orders_through_and_no_time_pass() {
        let ((sender, orders), control) = (channel(), at(Speed::Times(1.0)));
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((Arc::clone(&control), u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(5)), Turn::Next));
        control.turn_pause();
        sender.send(fact()).expect("received");
        let far = next(3_600_000 * MS);
        let Turn::First(first, _) = pacer.next(far) else { panic!("an order was sent") };
        sender.send(fact()).expect("received");
        let Turn::First(second, _) = pacer.next(far) else { panic!("an order was sent") };
        assert!(first.0 < 3_600_000 * MS && second.0 - first.0 < MS, "{first:?} {second:?}");
        control.end();
        assert!(matches!(pacer.next(far), Turn::End));
    }

    #[test]
    fn rows_come_at_their_time_and_timers_at_theirs() {
        let (_sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((at(Speed::Times(10.0)), u64::MAX), None, orders, &mut told);
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
        let mut pacer = Pacer::new((at(Speed::Times(1.0)), MS), None, orders, &mut told);
        assert!(matches!(pacer.next(next(0)), Turn::Next));
        // Would take eleven days.
        assert!(matches!(pacer.next(next(1_000_000_000 * MS)), Turn::Next));
    }

    #[test]
    fn an_order_comes_before_the_row_at_the_time_that_the_market_has_reached() {
        let (sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((at(Speed::Times(1.0)), u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(5)), Turn::Next));
        sender.send(fact()).expect("received");
        let Turn::First(at, Fact::Report(_)) = pacer.next(next(3_600_000 * MS)) else { panic!("an order was sent") };
        assert!(at.0 >= 5 && at.0 < 3_600_000 * MS, "{at:?}");
    }

    #[test]
    fn without_a_bound_rows_come_at_once_and_orders_still_between_them() {
        let (sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let mut pacer = Pacer::new((at(Speed::Unbound), u64::MAX), None, orders, &mut told);
        assert!(matches!(pacer.next(next(3_600_000 * MS)), Turn::Next));
        sender.send(fact()).expect("received");
        assert!(matches!(pacer.next(next(7_200_000 * MS)), Turn::First(TimeNs(at), _) if at == 7_200_000 * MS));
    }

    #[test]
    fn a_session_of_a_given_length_ends() {
        let (_sender, orders) = channel();
        let mut told = |_: &Notice| {};
        let length = Some(Duration::from_millis(1));
        let mut pacer = Pacer::new((at(Speed::Times(1.0)), u64::MAX), length, orders, &mut told);
        assert!(matches!(pacer.next(next(0)), Turn::Next | Turn::End));
        assert!(matches!(pacer.next(next(3_600_000 * MS)), Turn::End));
    }
}
