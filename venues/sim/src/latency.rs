//! Latency: how long does a command take to the venue, and an answer back?
//!
//! In: when it leaves. Out: how long it takes. Must never: draw a number, or use a float.
//!
//! Three legs: market data from the venue (feed), commands to it (entry), answers from it (response). Measured latencies
//! are interpolated: between two measured requests the time a command takes changes in a straight line, before the first
//! and after the last one it is theirs. Answers do the same between the times at which the venue handled the requests.

use ringfence_core::ids::TimeNs;

/// The three legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// From the venue's own moment of a market event to the time of the event, in ns: the venue is so far ahead of what
    /// strategies see.
    pub feed_ns: u64,
    /// Commands and their answers.
    pub orders: OrderLatency,
}

/// The legs of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderLatency {
    /// Always the same.
    Constant {
        /// From dispatch to arrival of every command, in ns.
        entry_ns: u64,
        /// From what the venue does to its report's time, in ns.
        response_ns: u64,
    },
    /// Interpolated between measured requests.
    Measured(MeasuredLatency),
}

impl Latency {
    /// Nothing takes time.
    pub const NONE: Latency = Latency::constant(0);

    /// True where market events are met at their time, and answers come at once.
    pub(crate) const fn is_prompt(&self) -> bool {
        self.feed_ns == 0 && matches!(self.orders, OrderLatency::Constant { response_ns: 0, .. })
    }

    /// Commands take so many ns; nothing else takes time.
    #[must_use]
    pub const fn constant(entry_ns: u64) -> Latency {
        Latency { feed_ns: 0, orders: OrderLatency::Constant { entry_ns, response_ns: 0 } }
    }
}

/// One measured request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyRow {
    /// When it left.
    pub request: TimeNs,
    /// When the venue handled it; 0 = it never did, and refused.
    pub exchange: TimeNs,
    /// When the answer came.
    pub response: TimeNs,
}

/// Measured requests in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredLatency {
    rows: Vec<LatencyRow>,
    /// Those that the venue handled.
    handled: Vec<LatencyRow>,
    /// Row at or before the last question, of both lists.
    entry_at: usize,
    response_at: usize,
}

/// A list of measured requests that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LatencyError {
    /// There is none that the venue handled.
    #[error("no measured request that the venue handled")]
    Empty,
    /// Requests stand in order of time.
    #[error("row {row}: the request at {at} is not later than the one before it")]
    Order {
        /// Row, from 1.
        row: usize,
        /// Its time of request.
        at: u64,
    },
    /// What was sent later is handled later or at the same time.
    #[error("row {row}: handled at {at}, before the request before it was")]
    Overtaken {
        /// Row, from 1.
        row: usize,
        /// Its time at the venue.
        at: u64,
    },
    /// Time runs from request to venue to response.
    #[error("row {row}: request {request}, exchange {exchange} and response {response} are not in this order")]
    Backwards {
        /// Row, from 1.
        row: usize,
        /// Time of the request.
        request: u64,
        /// Time at the venue.
        exchange: u64,
        /// Time of the response.
        response: u64,
    },
}

/// How a command fares on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It arrives after so many ns.
    Arrives(u64),
    /// The venue does not handle it; the sender hears of that after so many ns.
    Refused(u64),
}

impl MeasuredLatency {
    /// Measured requests.
    ///
    /// # Errors
    /// [`LatencyError`] when none was handled, times run backwards, or rows are not in order.
    pub fn new(rows: Vec<LatencyRow>) -> Result<MeasuredLatency, LatencyError> {
        for (row, number) in rows.iter().zip(1_usize..) {
            check(row, number)?;
        }
        let handled: Vec<LatencyRow> = rows.iter().filter(|row| row.exchange.0 > 0).copied().collect();
        let mut last = (TimeNs(0), TimeNs(0));
        for (row, number) in rows.iter().zip(1_usize..) {
            if number > 1 && row.request <= last.0 {
                return Err(LatencyError::Order { row: number, at: row.request.0 });
            }
            if row.exchange.0 > 0 && row.exchange < last.1 {
                return Err(LatencyError::Overtaken { row: number, at: row.exchange.0 });
            }
            last = (row.request, last.1.max(row.exchange));
        }
        if handled.is_empty() {
            Err(LatencyError::Empty)
        } else {
            Ok(MeasuredLatency { rows, handled, entry_at: 0, response_at: 0 })
        }
    }

    /// How a command fares that leaves at `now`, which never decreases from question to question.
    pub(crate) fn entry(&mut self, now: TimeNs) -> Entry {
        let (row, next) = around(&self.rows, &mut self.entry_at, now, |row| row.request);
        let is_refused = row.exchange.0 == 0 || next.exchange.0 == 0;
        let end = |row: &LatencyRow| if is_refused { row.response } else { row.exchange };
        let (from, to) = ((row.request, end(&row)), (next.request, end(&next)));
        let ns = between(now, from, to);
        if is_refused { Entry::Refused(ns) } else { Entry::Arrives(ns) }
    }

    /// How long an answer takes that the venue gives at `now`.
    pub(crate) fn response(&mut self, now: TimeNs) -> u64 {
        let (row, next) = around(&self.handled, &mut self.response_at, now, |row| row.exchange);
        between(now, (row.exchange, row.response), (next.exchange, next.response))
    }
}

fn check(row: &LatencyRow, number: usize) -> Result<(), LatencyError> {
    let LatencyRow { request, exchange, response } = *row;
    let is_forward = if exchange.0 == 0 { request <= response } else { request <= exchange && exchange <= response };
    if is_forward {
        return Ok(());
    }
    Err(LatencyError::Backwards { row: number, request: request.0, exchange: exchange.0, response: response.0 })
}

/// The rows before and after `now` by `time`; the same one twice at the ends.
fn around(
    rows: &[LatencyRow],
    at: &mut usize,
    now: TimeNs,
    time: fn(&LatencyRow) -> TimeNs,
) -> (LatencyRow, LatencyRow) {
    while rows.get(*at + 1).is_some_and(|next| time(next) <= now) {
        *at += 1;
    }
    let row = rows[*at];
    let next = rows.get(*at + 1).filter(|_| time(&row) <= now);
    (row, next.copied().unwrap_or(row))
}

/// The latency at `now` on the line between two measured ones, each given as start and end; cut to whole ns.
fn between(now: TimeNs, (start, end): (TimeNs, TimeNs), (next_start, next_end): (TimeNs, TimeNs)) -> u64 {
    let (first, second) = (i128::from(end.0 - start.0), i128::from(next_end.0 - next_start.0));
    let span = i128::from(next_start.0 - start.0);
    if span == 0 {
        return end.0 - start.0;
    }
    let along = i128::from(now.0) - i128::from(start.0);
    u64::try_from(first + (second - first) * along / span).expect("between two latencies")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn rows(text: &str) -> Vec<LatencyRow> {
        let row = |line: &str| {
            let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().expect("a number of a test")).collect();
            let [request, exchange, response] = numbers[..] else { panic!("{line} has not three numbers") };
            LatencyRow { request: TimeNs(request), exchange: TimeNs(exchange), response: TimeNs(response) }
        };
        text.split("; ").map(row).collect()
    }

    /// Entry and response of each time.
    #[track_caller]
    fn check_at(text: &str, times: &[u64], want: Expect) {
        let mut measured = MeasuredLatency::new(rows(text)).expect("sound rows");
        let line = |time: &u64| {
            format!("{time}: {:?}, response {}\n", measured.entry(TimeNs(*time)), measured.response(TimeNs(*time)))
        };
        want.assert_eq(&times.iter().map(line).collect::<String>());
    }

    #[test]
    fn latencies_are_interpolated_between_rows_and_kept_beyond_them() {
        check_at(
            "100 110 130; 200 230 240",
            &[0, 100, 110, 150, 199, 200, 229, 230, 1_000],
            expect![[r#"
            0: Arrives(10), response 20
            100: Arrives(10), response 20
            110: Arrives(12), response 20
            150: Arrives(20), response 17
            199: Arrives(29), response 13
            200: Arrives(30), response 13
            229: Arrives(30), response 11
            230: Arrives(30), response 10
            1000: Arrives(30), response 10
        "#]],
        );
        check_at(
            "100 110 130",
            &[0, 100, 1_000],
            expect![[r#"
            0: Arrives(10), response 20
            100: Arrives(10), response 20
            1000: Arrives(10), response 20
        "#]],
        );
    }

    #[test]
    fn beside_a_request_that_was_not_handled_commands_are_refused() {
        check_at(
            "100 110 130; 200 0 260; 300 310 320",
            &[100, 150, 200, 250, 299, 300],
            expect![[r#"
            100: Refused(30), response 20
            150: Refused(45), response 18
            200: Refused(60), response 16
            250: Refused(40), response 13
            299: Refused(21), response 11
            300: Arrives(10), response 11
        "#]],
        );
    }

    #[test]
    fn rows_that_cannot_be_are_refused() {
        let refusal = |text| MeasuredLatency::new(rows(text)).expect_err("not sound").to_string();
        assert_eq!(MeasuredLatency::new(vec![]), Err(LatencyError::Empty));
        assert_eq!(refusal("1 0 2"), "no measured request that the venue handled");
        assert_eq!(refusal("1 2 3; 1 2 3"), "row 2: the request at 1 is not later than the one before it");
        assert_eq!(refusal("1 5 6; 2 4 6"), "row 2: handled at 4, before the request before it was");
        assert!(MeasuredLatency::new(rows("1 5 6; 2 5 6")).is_ok());
        assert_eq!(refusal("2 1 3"), "row 1: request 2, exchange 1 and response 3 are not in this order");
        assert_eq!(refusal("1 3 2"), "row 1: request 1, exchange 3 and response 2 are not in this order");
        assert_eq!(refusal("3 0 2"), "row 1: request 3, exchange 0 and response 2 are not in this order");
        assert!(MeasuredLatency::new(rows("1 1 1")).is_ok());
    }
}
