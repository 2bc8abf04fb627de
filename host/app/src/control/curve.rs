//! Curve: how did equity move, in as few points as a chart shows?
//!
//! In: equity at a time. Out: points in order of time. Must never: grow beyond its bound.

use ringfence_control::api::CurvePoint;
use ringfence_core::ids::TimeNs;

/// Most points of the curve; beyond it every second one goes.
const POINTS_MAX: usize = 2_000;

/// Equity over time, in as many points as a chart has room for.
#[derive(Debug, Default)]
pub(super) struct Curve {
    pub(super) points: Vec<CurvePoint>,
    /// Shortest time between two points, ms.
    pause_ms: u64,
}

impl Curve {
    /// Takes a point; false where it is too near the last one.
    pub(super) fn take(&mut self, time: TimeNs, pnl: String) -> bool {
        let time_ms = time.0 / 1_000_000;
        let is_due = self.points.last().is_none_or(|last| time_ms >= last.time_ms.saturating_add(self.pause_ms.max(1)));
        if !is_due {
            return false;
        }
        self.points.push(CurvePoint { time_ms, pnl });
        if self.points.len() > POINTS_MAX {
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            let span = time_ms - self.points[0].time_ms;
            self.pause_ms = span / (POINTS_MAX as u64 / 2);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_keeps_its_whole_length_in_few_points() {
        let mut curve = Curve::default();
        for ms in 0..100_000 {
            curve.take(TimeNs(ms * 1_000_000), ms.to_string());
        }
        assert!((POINTS_MAX / 2..=POINTS_MAX).contains(&curve.points.len()), "{}", curve.points.len());
        assert_eq!(curve.points[0].time_ms, 0);
        assert!(curve.points.last().expect("some").time_ms > 99_000);
        assert!(curve.points.windows(2).all(|pair| pair[0].time_ms < pair[1].time_ms));
    }
}
