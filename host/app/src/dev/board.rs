//! Board: what is true of a session that somebody looks at while working on its strategy?
//!
//! In: news, and copies of what the observer saw. Out: plain values for a view. Must never: grow without end, or reach into
//! the session.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringfence_core::ids::{IntentId, StrategyId};

use super::news::{News, Tone, Voice};

/// Intents, news and reloads that are kept.
const KEPT_MAX: usize = 200;

/// One strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StrategyLine {
    /// Its name.
    pub(crate) name: String,
    /// `runs`, or why not.
    pub(crate) state: String,
    /// Money, as decimals of its account.
    pub(crate) equity: String,
    /// Equity less capital.
    pub(crate) profit: String,
    /// Fees paid.
    pub(crate) fees: String,
    /// Orders at the venue.
    pub(crate) open_orders: usize,
    /// What its calls cost.
    pub(crate) fuel: FuelLine,
}

/// Fuel of the calls of one strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FuelLine {
    pub(crate) calls: u64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
    /// Fuel that one call may use.
    pub(crate) budget: u64,
}

/// An intent and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IntentLine {
    pub(crate) of: (StrategyId, IntentId),
    pub(crate) what: String,
    pub(crate) fate: String,
    pub(crate) tone: Tone,
}

/// How the source stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Build {
    /// What runs is what was built.
    #[default]
    Fine,
    /// It is being built.
    UnderWay,
    /// It does not build; what the tools said.
    Failed(String),
}

/// Everything that a view shows.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// What the session is: strategy, market, journal.
    pub(crate) title: String,
    pub(crate) market: String,
    pub(crate) journal: String,
    /// Time of the last event, and of the tape so far.
    pub(crate) time: String,
    pub(crate) rows: u64,
    pub(crate) events: u64,
    /// `1x`, `max`; with a word where it stands still.
    pub(crate) speed: String,
    pub(crate) is_paused: bool,
    pub(crate) strategies: Vec<StrategyLine>,
    /// Strategy, instrument, quantity, mark price.
    pub(crate) positions: Vec<[String; 4]>,
    /// Open orders as they are shown.
    pub(crate) orders: Vec<String>,
    pub(crate) intents: VecDeque<IntentLine>,
    /// Count and last text of each rule that denied.
    pub(crate) denials: BTreeMap<&'static str, (u64, String)>,
    /// Swaps that took place, and attempts that did not.
    pub(crate) swaps: u64,
    pub(crate) refusals: u64,
    pub(crate) reloads: VecDeque<String>,
    pub(crate) build: Build,
    pub(crate) news: VecDeque<(Tone, String)>,
}

impl Board {
    /// An intent that was emitted.
    pub(crate) fn intent(&mut self, intent: IntentLine) {
        push(&mut self.intents, intent);
    }

    /// What became of an intent.
    pub(crate) fn fate(&mut self, of: (StrategyId, IntentId), fate: String, tone: Tone) {
        if let Some(intent) = self.intents.iter_mut().rev().find(|intent| intent.of == of) {
            (intent.fate, intent.tone) = (fate, tone);
        }
    }

    /// A denial of a rule.
    pub(crate) fn denial(&mut self, code: &'static str, text: String) {
        let known = self.denials.entry(code).or_default();
        *known = (known.0 + 1, text);
    }

    fn news(&mut self, news: &News) {
        push(&mut self.news, (news.tone, news.line()));
    }
}

fn push<T>(to: &mut VecDeque<T>, value: T) {
    if to.len() == KEPT_MAX {
        to.pop_front();
    }
    to.push_back(value);
}

/// The board between threads, and the voice that news has beside it.
#[derive(Debug)]
pub(crate) struct Desk {
    board: Mutex<Board>,
    voice: Voice,
}

impl Desk {
    pub(crate) fn new(board: Board, voice: Voice) -> Desk {
        Desk { board: Mutex::new(board), voice }
    }

    /// The board, for a moment. A thread that panicked left plain values behind.
    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts news on the board and says it.
    pub(crate) fn tell(&self, news: &News) {
        self.board().news(news);
        self.voice.say(news);
    }

    /// A reload, or why there was none.
    pub(crate) fn reload(&self, news: &News, has_swapped: bool) {
        let mut board = self.board();
        if has_swapped {
            board.swaps += 1;
        } else {
            board.refusals += 1;
        }
        push(&mut board.reloads, news.line());
        drop(board);
        self.tell(news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(number: u64) -> IntentLine {
        let of = (StrategyId(1), IntentId(number));
        IntentLine { of, what: format!("buy {number}"), fate: "emitted".to_owned(), tone: Tone::Plain }
    }

    #[test]
    fn the_last_intents_are_kept_with_what_became_of_them() {
        let mut board = Board::default();
        (1..=KEPT_MAX as u64 + 1).for_each(|number| board.intent(intent(number)));
        board.fate((StrategyId(1), IntentId(2)), "filled".to_owned(), Tone::Good);
        board.fate((StrategyId(1), IntentId(1)), "filled".to_owned(), Tone::Good);
        assert_eq!((board.intents.len(), board.intents[0].fate.as_str()), (KEPT_MAX, "filled"));
        assert!(board.intents.iter().skip(1).all(|intent| intent.fate == "emitted"));
    }

    #[test]
    fn denials_are_counted_by_rule() {
        let mut board = Board::default();
        board.denial("D-ORDER-QTY-MAX", "200 over 100".to_owned());
        board.denial("D-ORDER-QTY-MAX", "300 over 100".to_owned());
        assert_eq!(board.denials["D-ORDER-QTY-MAX"], (2, "300 over 100".to_owned()));
    }

    #[test]
    fn a_reload_is_counted_by_its_result() {
        let desk = Desk::new(Board::default(), Voice::Silent);
        desk.reload(&News::text_of("swapped", Tone::Good, "a"), true);
        desk.reload(&News::text_of("refused", Tone::Bad, "b"), false);
        let board = desk.board();
        assert_eq!((board.swaps, board.refusals, board.reloads.len(), board.news.len()), (1, 1, 2, 2));
    }
}
