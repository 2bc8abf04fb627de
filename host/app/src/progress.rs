//! Progress: how far is a long run?
//!
//! In: rows fed so far. Out: a line on the terminal that moves, and nothing anywhere else. Must never: slow a run down or
//! reach standard output.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
use ringfence_session::backtest::Progress;

use crate::calendar::time_text;
use crate::interrupt;

/// A line on standard error; hidden when that is no terminal.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    bar: ProgressBar,
}

impl Line {
    /// Starts a line. `rows` = how many there are, where that is known.
    pub(crate) fn start(what: &'static str, rows: Option<u64>) -> Line {
        let bar = match rows {
            Some(rows) => ProgressBar::new(rows),
            None => ProgressBar::new_spinner(),
        };
        let template = match rows {
            Some(_) => "{prefix} {bar:30} {human_pos}/{human_len} {per_sec} {msg}",
            None => "{prefix} {spinner} {human_pos} {per_sec} {msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the templates are written above"));
        bar.set_prefix(what);
        Line { bar }
    }

    /// Lets a line without numbers turn by itself, while somebody else works.
    pub(crate) fn ticking(&self) {
        self.bar.set_style(ProgressStyle::with_template("{prefix} {spinner} {elapsed}").expect("written here"));
        self.bar.enable_steady_tick(std::time::Duration::from_millis(200));
    }

    /// Starts a line over the bytes of a file.
    pub(crate) fn over_bytes(what: &'static str, bytes: u64) -> Line {
        let bar = ProgressBar::new(bytes);
        let template = "{prefix} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is written above"));
        bar.set_prefix(what);
        Line { bar }
    }

    /// So many bytes are to come, where that is known only now.
    #[cfg(feature = "fetch")]
    pub(crate) fn of(&self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.bar.set_length(bytes);
        }
    }

    /// Moves a line over bytes; asks to stop when the user did. Going back starts another pass.
    pub(crate) fn moved_to(&self, bytes: u64) -> ControlFlow<()> {
        self.bar.set_position(bytes);
        if interrupt::is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Moves the line; asks to stop when the user did.
    pub(crate) fn moved(&self, now: Progress) -> ControlFlow<()> {
        self.bar.set_position(now.rows);
        if !self.bar.is_hidden() {
            let time = time_text(now.time.0);
            self.bar.set_message(time.get(..10).unwrap_or("").to_owned());
        }
        interrupt::flow()
    }

    /// Writes above the line, where there is one.
    pub(crate) fn above(&self, text: &str) {
        self.around(|| crate::output::diagnostic(text));
    }

    /// Takes the line away while something else is written to the same terminal.
    pub(crate) fn around<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Clears the line.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
