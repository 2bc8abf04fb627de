//! Printer: how do lines reach standard output while nobody waits for whoever reads it?
//!
//! In: lines. Out: the same on standard output, in order, above a line of progress where there is one. Must never: hold up a
//! session: while the reader takes nothing, lines are left out, and how many is told.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use crate::output::diagnostic;
use crate::progress::Line;

/// Lines that wait for a reader; about a megabyte.
const LINES_MAX: usize = 8_192;

/// A way to standard output.
#[derive(Debug)]
pub(crate) struct Printer {
    lines: Option<SyncSender<String>>,
    left_out: u64,
    thread: Option<JoinHandle<()>>,
}

impl Printer {
    /// Begins; `above` is a line that moves on the same terminal.
    pub(crate) fn start(above: Line) -> Printer {
        Printer::to(move |line| above.around(|| writeln!(std::io::stdout().lock(), "{line}").is_ok()))
    }

    /// `print` says whether anybody is there to read.
    fn to(print: impl Fn(&str) -> bool + Send + 'static) -> Printer {
        let (lines, waiting) = sync_channel(LINES_MAX);
        let thread = std::thread::Builder::new().name("lines".to_owned()).spawn(move || work(&waiting, &print));
        // Without a thread there are no lines; the file has them.
        let thread = thread.ok();
        Printer { lines: thread.is_some().then_some(lines), left_out: 0, thread }
    }

    /// One line more.
    pub(super) fn line(&mut self, text: &str) {
        let Some(lines) = &self.lines else { return };
        match lines.try_send(text.to_owned()) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.left_out += 1,
            Err(TrySendError::Disconnected(_)) => self.lines = None,
        }
    }
}

/// Prints until there is nothing more, or nobody reads.
fn work(waiting: &Receiver<String>, print: &dyn Fn(&str) -> bool) {
    for line in waiting {
        if !print(&line) {
            return;
        }
    }
}

impl Drop for Printer {
    /// What was taken is printed before what follows.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        if self.left_out > 0 {
            diagnostic(format_args!("note: {} log lines were not printed, nobody took them in time", self.left_out));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn lines_come_in_order_and_a_reader_that_takes_nothing_holds_nobody_up() {
        let (printed, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(())));
        let held = gate.lock().expect("nobody else has it");
        let mut printer = {
            let (printed, gate) = (Arc::clone(&printed), Arc::clone(&gate));
            Printer::to(move |line| {
                drop(gate.lock().expect("it is whole"));
                printed.lock().expect("it is whole").push(line.to_owned());
                true
            })
        };
        let all: Vec<String> = (0..LINES_MAX + 100).map(|number| number.to_string()).collect();
        all.iter().for_each(|line| printer.line(line));
        assert!((99..=100).contains(&printer.left_out), "one may be under way: {}", printer.left_out);
        let kept = all.len() - usize::try_from(printer.left_out).expect("few");
        drop(held);
        drop(printer);
        assert_eq!(*printed.lock().expect("it is whole"), all[..kept]);
    }

    #[test]
    fn a_reader_that_goes_away_is_no_fault() {
        let mut printer = Printer::to(|_| false);
        (0..3 * LINES_MAX).for_each(|_| printer.line("x"));
    }
}
