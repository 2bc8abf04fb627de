//! Question: how does the price stand among the last ones?
//!
//! In: one price at a time. Out: extremes, middles and rank.

use crate::Persist;
use crate::indicators::Indicator;
use crate::indicators::window::Window;

/// Declares an indicator that answers with a function of its full window.
macro_rules! of_window {
    ($(#[$meta:meta])* $name:ident, $answer:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Persist)]
        pub struct $name {
            window: Window<f64>,
        }

        impl $name {
            /// Over `length` values.
            #[must_use]
            pub fn new(length: u32) -> Self {
                Self { window: Window::new(length) }
            }
        }

        impl Indicator for $name {
            type Input = f64;
            type Output = f64;

            fn update(&mut self, input: f64) -> Option<f64> {
                self.window.full_with(input).map($answer)
            }

            fn warm_up(&self) -> u32 {
                self.window.length()
            }

            fn fresh(&self) -> Self {
                Self::new(self.window.length())
            }
        }
    };
}

of_window!(
    /// The smallest of the last n.
    ///
    /// Warm-up: n. As TA-Lib's MIN.
    Minimum,
    Window::lowest
);
of_window!(
    /// The largest of the last n.
    ///
    /// Warm-up: n. As TA-Lib's MAX.
    Maximum,
    Window::highest
);
of_window!(
    /// The middle of the largest and the smallest of the last n.
    ///
    /// Warm-up: n. As TA-Lib's MIDPOINT.
    MidPoint,
    |window| (window.highest() + window.lowest()) / 2.0
);
of_window!(
    /// The median of the last n; of an even number the mean of the two in the middle.
    ///
    /// Warm-up: n.
    Median,
    median
);

fn median(window: &Window<f64>) -> f64 {
    let mut sorted: Vec<f64> = window.oldest_first().collect();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    let lower = (sorted.len() - 1) / 2;
    match (sorted.get(lower), sorted.get(upper)) {
        (Some(lower), Some(upper)) => (lower + upper) / 2.0,
        (None, _) | (_, None) => f64::NAN,
    }
}

/// Percent rank: how many of the n values before are at most as large as this one, in percent.
///
/// Warm-up: n + 1.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct PercentRank {
    before: Window<f64>,
}

impl PercentRank {
    /// Among `length` values before.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { before: Window::new(length) }
    }
}

impl Indicator for PercentRank {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let rank = self.before.is_full().then(|| {
            let at_most = self.before.oldest_first().filter(|value| *value <= input).count();
            100.0 * at_most as f64 / f64::from(self.before.length())
        });
        self.before.push(input);
        rank
    }

    fn warm_up(&self) -> u32 {
        self.before.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.before.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_odd_and_even_windows() {
        assert_eq!(Median::new(3).over(&[9.0, 1.0, 4.0, 2.0]), [None, None, Some(4.0), Some(2.0)]);
        assert_eq!(Median::new(4).over(&[9.0, 1.0, 4.0, 2.0])[3], Some(3.0));
    }

    #[test]
    fn the_rank_leaves_the_value_itself_out() {
        // Before 2: 1 and 2, both at most 2. Before 0: none. Before 1 (after 2, 0): the 0.
        let got = PercentRank::new(2).over(&[1.0, 2.0, 2.0, 0.0, 1.0]);
        assert_eq!(got, [None, None, Some(100.0), Some(0.0), Some(50.0)]);
    }
}
