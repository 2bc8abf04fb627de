//! Tail: what happened last?
//!
//! In: lines. Out: the last ones. Must never: grow without end.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::api::TailLine;

/// Lines that are kept: some screens full.
pub(super) const LINES_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<Arc<TailLine>>,
    number: u64,
}

impl Tail {
    /// Numbers a line and keeps it.
    pub(super) fn push(&mut self, mut line: TailLine) -> u64 {
        self.number += 1;
        line.number = self.number;
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(Arc::new(line));
        self.number
    }

    /// The newest lines behind a number, oldest first.
    pub(super) fn after(&self, number: u64, max: usize) -> Vec<Arc<TailLine>> {
        let from = self.lines.partition_point(|line| line.number <= number);
        let from = from.max(self.lines.len().saturating_sub(max));
        self.lines.range(from..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_the_newest_of_them_shown() {
        let mut tail = Tail::default();
        (0..LINES_MAX + 5).for_each(|_| {
            tail.push(TailLine::default());
        });
        let numbers = |lines: Vec<Arc<TailLine>>| lines.iter().map(|line| line.number).collect::<Vec<_>>();
        let last = LINES_MAX as u64 + 5;
        assert_eq!(tail.after(0, usize::MAX).len(), LINES_MAX);
        assert_eq!(numbers(tail.after(0, 2)), [last - 1, last]);
        assert_eq!(numbers(tail.after(last - 1, 9)), [last]);
        assert_eq!(numbers(tail.after(u64::MAX, 9)), Vec::<u64>::new());
    }
}
