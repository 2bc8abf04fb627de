//! Scribe: who writes a session's journal, whoever steps it or somebody beside?
//!
//! In: steps in order, wishes to know that the disk has them. Out: the journal's bytes; how far the disk has confirmed. Must
//! never: say of a step that it is confirmed before it is, or start a thread: whoever runs the session gives the [`Clerk`] one.
//!
//! A session that is fed from outside does not wait for the disk. It asks for a confirmation, goes on stepping, and lets out
//! what it decided before once the confirmation is there. Wishes that come while the disk works are answered together.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ringfence_core::decision::{Decision, Effects};
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq};
use ringfence_journal::codes::JournalError;
use ringfence_journal::wire::marks::{HaltedCall, Seal};
use ringfence_journal::writer::JournalWriter;

use crate::record::halted_calls;

/// Most lines that wait for a clerk; whoever writes more waits for the disk.
const LINES_MAX: usize = 16_384;
/// Most lines that a clerk writes before it answers a wish.
const LINES_BEFORE_SYNC: usize = 1_024;

/// A journal, as the session that is recorded in it has it.
#[derive(Debug)]
pub struct Scribe(Place);

#[derive(Debug)]
enum Place {
    Here(Box<JournalWriter>, u64),
    Apart(Desk),
}

impl From<JournalWriter> for Scribe {
    /// Whoever steps the session writes, and waits for the disk.
    fn from(journal: JournalWriter) -> Scribe {
        Scribe(Place::Here(Box::new(journal), 0))
    }
}

/// The way to a clerk.
#[derive(Debug)]
struct Desk {
    lines: Option<SyncSender<Line>>,
    book: Arc<Book>,
    asked: u64,
    /// What the step under way began with.
    begun: Option<Begun>,
}

/// Writes what a session says, on a thread of its own.
pub struct Clerk {
    /// `None` once it is sealed.
    journal: Option<JournalWriter>,
    lines: Receiver<Line>,
    book: Arc<Book>,
    wake: Box<dyn Fn() + Send>,
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clerk").field("journal", &self.journal).finish_non_exhaustive()
    }
}

/// How far a clerk is.
#[derive(Debug, Default)]
struct Book {
    page: Mutex<Page>,
    turned: Condvar,
}

#[derive(Debug, Default)]
struct Page {
    confirmed: u64,
    failed: Option<JournalError>,
    is_sealed: bool,
    is_closed: bool,
}

/// What a session says to its clerk. A step is one line, so that a clerk is between two steps whenever it looks up.
#[derive(Debug)]
enum Line {
    Write(Entry),
    Confirm(u64),
    Seal(Seal),
}

/// What a clerk writes.
#[derive(Debug)]
enum Entry {
    Blob(BlobId, Vec<u8>),
    Component(Vec<u8>),
    Step(Begun, Box<Came>),
}

/// What a step begins with.
#[derive(Debug)]
enum Begun {
    Row(Seq, usize),
    Event(Event),
}

/// What a step came to.
#[derive(Debug, Default)]
struct Came {
    seq: Seq,
    fuel: Vec<u64>,
    decisions: Vec<Decision>,
    notes: Vec<u8>,
    halted: Vec<HaltedCall>,
}

impl Scribe {
    /// A scribe for the session, and the clerk who writes for it. `wake` is called, on the clerk's thread, whenever the disk
    /// has confirmed something or failed.
    #[must_use]
    pub fn apart(journal: JournalWriter, wake: Box<dyn Fn() + Send>) -> (Scribe, Clerk) {
        let (lines, waiting) = sync_channel(LINES_MAX);
        let book = Arc::new(Book::default());
        let desk = Desk { lines: Some(lines), book: Arc::clone(&book), asked: 0, begun: None };
        (Scribe(Place::Apart(desk)), Clerk { journal: Some(journal), lines: waiting, book, wake })
    }

    /// Wants the disk to confirm everything up to the last step. The number of the wish; [`Scribe::confirmed`] reaches it.
    pub(crate) fn ask(&mut self) -> Result<u64, JournalError> {
        match &mut self.0 {
            Place::Here(journal, confirmed) => {
                journal.commit_sync()?;
                *confirmed += 1;
                Ok(*confirmed)
            }
            Place::Apart(desk) => {
                desk.asked += 1;
                desk.say(Line::Confirm(desk.asked))?;
                Ok(desk.asked)
            }
        }
    }

    /// The last wish that is fulfilled.
    pub(crate) fn confirmed(&mut self) -> Result<u64, JournalError> {
        match &mut self.0 {
            Place::Here(_, confirmed) => Ok(*confirmed),
            Place::Apart(desk) => {
                let mut page = desk.book.open();
                page.failed.take().map_or(Ok(page.confirmed), Err)
            }
        }
    }

    /// Returns once the disk has confirmed everything up to the last step.
    pub(crate) fn sync(&mut self) -> Result<(), JournalError> {
        let asked = self.ask()?;
        match &mut self.0 {
            Place::Here(..) => Ok(()),
            Place::Apart(desk) => desk.wait(|page| (page.confirmed >= asked).then_some(())),
        }
    }

    pub(crate) fn blob(&mut self, id: BlobId, bytes: &[u8]) -> Result<(), JournalError> {
        match &mut self.0 {
            Place::Here(journal, _) => journal.blob(id, bytes),
            Place::Apart(desk) => desk.say(Line::Write(Entry::Blob(id, bytes.to_vec()))),
        }
    }

    pub(crate) fn component(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        match &mut self.0 {
            Place::Here(journal, _) => journal.component(bytes).map(|_| ()),
            Place::Apart(desk) => desk.say(Line::Write(Entry::Component(bytes.to_vec()))),
        }
    }

    /// The next step is that of a tape's row.
    #[inline]
    pub(crate) fn row(&mut self, seq: Seq, tape: usize) {
        match &mut self.0 {
            Place::Here(journal, _) => journal.tape_row(seq, tape),
            Place::Apart(desk) => desk.begun = Some(Begun::Row(seq, tape)),
        }
    }

    /// The next step is that of any other event.
    pub(crate) fn event(&mut self, event: &Event) {
        match &mut self.0 {
            Place::Here(journal, _) => journal.event(event),
            Place::Apart(desk) => desk.begun = Some(Begun::Event(*event)),
        }
    }

    /// Ends the step: what was decided, what its calls cost.
    #[inline]
    pub(crate) fn effects(&mut self, effects: &Effects) -> Result<(), JournalError> {
        match &mut self.0 {
            Place::Here(journal, _) => {
                journal.fuel(&effects.fuel);
                if !effects.decisions.is_empty() {
                    journal.decisions(effects.seq, &effects.decisions, &effects.notes);
                    halted_calls(effects).for_each(|halted| journal.halted_call(halted));
                }
                journal.end_step()
            }
            Place::Apart(desk) => desk.step(Came {
                seq: effects.seq,
                fuel: effects.fuel.clone(),
                decisions: effects.decisions.clone(),
                notes: effects.notes.clone(),
                halted: if effects.decisions.is_empty() { Vec::new() } else { halted_calls(effects).collect() },
            }),
        }
    }

    /// Ends a step that called nobody and decided nothing.
    #[inline]
    pub(crate) fn nothing(&mut self) -> Result<(), JournalError> {
        match &mut self.0 {
            Place::Here(journal, _) => journal.end_step(),
            Place::Apart(desk) => desk.step(Came::default()),
        }
    }

    pub(crate) fn seal(self, seal: &Seal) -> Result<(), JournalError> {
        match self.0 {
            Place::Here(journal, _) => journal.seal(seal).map(|_| ()),
            Place::Apart(desk) => {
                desk.say(Line::Seal(seal.clone()))?;
                desk.wait(|page| page.is_sealed.then_some(()))
            }
        }
    }
}

impl Desk {
    fn say(&self, line: Line) -> Result<(), JournalError> {
        let is_taken = self.lines.as_ref().is_some_and(|lines| lines.send(line).is_ok());
        if is_taken { Ok(()) } else { Err(self.fault()) }
    }

    fn step(&mut self, came: Came) -> Result<(), JournalError> {
        let begun = self.begun.take().expect("a step that ends has begun");
        self.say(Line::Write(Entry::Step(begun, Box::new(came))))
    }

    fn fault(&self) -> JournalError {
        self.book.open().failed.take().unwrap_or(JournalError::Stopped)
    }

    fn wait<T>(&self, done: impl Fn(&Page) -> Option<T>) -> Result<T, JournalError> {
        let mut page = self.book.open();
        loop {
            if let Some(failed) = page.failed.take() {
                return Err(failed);
            }
            if let Some(value) = done(&page) {
                return Ok(value);
            }
            if page.is_closed {
                return Err(JournalError::Stopped);
            }
            page = self.book.turned.wait(page).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whoever drops the scribe waits until the clerk has let go of the journal: the next writer finds it free.
impl Drop for Desk {
    fn drop(&mut self) {
        self.lines = None;
        let mut page = self.book.open();
        while !page.is_closed {
            page = self.book.turned.wait(page).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Book {
    fn open(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, change: impl FnOnce(&mut Page)) {
        change(&mut self.open());
        self.turned.notify_all();
    }
}

impl Drop for Clerk {
    fn drop(&mut self) {
        // Also where it was never run, or ended by a panic: nobody waits for it in vain.
        drop(self.journal.take());
        self.book.turn(|page| page.is_closed = true);
    }
}

impl Clerk {
    /// Writes until the scribe is dropped, the journal sealed, or the disk fails.
    pub fn run(mut self) {
        let ended = self.write();
        self.book.turn(|page| match ended {
            Ok(is_sealed) => page.is_sealed = is_sealed,
            Err(error) => page.failed = Some(error),
        });
        (self.wake)();
    }

    /// True when it was sealed.
    fn write(&mut self) -> Result<bool, JournalError> {
        let (mut asked, mut written) = (None, 0);
        loop {
            if written >= LINES_BEFORE_SYNC {
                self.confirm(&mut asked)?;
                written = 0;
            }
            let line = match self.lines.try_recv() {
                Ok(line) => line,
                Err(TryRecvError::Empty) if asked.is_some() => {
                    self.confirm(&mut asked)?;
                    continue;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => match self.lines.recv() {
                    Ok(line) => line,
                    Err(_) => return self.confirm(&mut asked).map(|()| false),
                },
            };
            written += 1;
            match line {
                Line::Confirm(number) => asked = Some(number),
                Line::Seal(seal) => {
                    let journal = self.journal.take().expect("it is sealed once");
                    return journal.seal(&seal).map(|_| true);
                }
                Line::Write(entry) => self.take(entry)?,
            }
        }
    }

    fn confirm(&mut self, asked: &mut Option<u64>) -> Result<(), JournalError> {
        let Some(number) = asked.take() else { return Ok(()) };
        self.journal().commit_sync()?;
        self.book.turn(|page| page.confirmed = number);
        (self.wake)();
        Ok(())
    }

    fn take(&mut self, entry: Entry) -> Result<(), JournalError> {
        let journal = self.journal();
        match entry {
            Entry::Blob(id, bytes) => journal.blob(id, &bytes),
            Entry::Component(bytes) => journal.component(&bytes).map(|_| ()),
            Entry::Step(begun, came) => {
                match begun {
                    Begun::Row(seq, tape) => journal.tape_row(seq, tape),
                    Begun::Event(event) => journal.event(&event),
                }
                journal.fuel(&came.fuel);
                if !came.decisions.is_empty() {
                    journal.decisions(came.seq, &came.decisions, &came.notes);
                    came.halted.into_iter().for_each(|halted| journal.halted_call(halted));
                }
                journal.end_step()
            }
        }
    }

    fn journal(&mut self) -> &mut JournalWriter {
        self.journal.as_mut().expect("nothing is written behind the seal")
    }
}

#[cfg(test)]
mod tests;
