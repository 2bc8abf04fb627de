//! Screen: who owns the terminal while a session is looked at?
//!
//! In: keys, the board. Out: frames; wishes of the user. Must never: leave the terminal other than it was, whatever ends the
//! session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::board::Desk;
use super::builder::Bell;
use super::view::{Look, draw, scroll_max};
use crate::exit::Failure;
use crate::interrupt;
use crate::sessions::paper::Control;

/// Time between two frames where no key is pressed.
const FRAME: Duration = Duration::from_millis(100);

/// Lines of a page.
const PAGE: usize = 10;

/// What the keys reach.
pub(crate) struct Reach {
    pub(crate) desk: Arc<Desk>,
    pub(crate) control: Arc<Control>,
    pub(crate) bell: Bell,
}

/// A terminal that is drawn on until this value goes away.
pub(crate) struct Screen {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it does not let itself be drawn on.
    pub(crate) fn take(reach: Reach) -> Result<Screen, Failure> {
        let fault = |error: std::io::Error| Failure::outside(format!("the terminal cannot be drawn on: {error}"));
        // A panic anywhere gives the terminal back before it is told.
        let terminal = ratatui::try_init().map_err(fault)?;
        interrupt::before_exit(ratatui::restore);
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("screen".to_owned()).spawn(move || show(terminal, &reach, &flag));
        if thread.is_err() {
            ratatui::restore();
        }
        Ok(Screen { is_over, thread: Some(thread.map_err(fault)?) })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _fault = thread.join();
        }
        ratatui::restore();
    }
}

fn show(mut terminal: DefaultTerminal, reach: &Reach, is_over: &AtomicBool) -> std::io::Result<()> {
    let mut look = Look::default();
    while !is_over.load(Ordering::Relaxed) {
        {
            let board = reach.desk.board();
            look.scroll = look.scroll.min(scroll_max(&board));
            terminal.draw(|frame| draw(frame, &board, look))?;
        }
        if !event::poll(FRAME)? {
            continue;
        }
        if let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            pressed(key, &mut look, reach);
        }
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a keyboard has many keys, and few of them mean something here")]
fn pressed(key: KeyEvent, look: &mut Look, reach: &Reach) {
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let control = &reach.control;
    match key.code {
        _ if is_interrupt => control.end(),
        KeyCode::Char('q') => control.end(),
        KeyCode::Char('p' | ' ') => control.turn_pause(),
        KeyCode::Char('+' | '=') => control.faster(),
        KeyCode::Char('-' | '_') => control.slower(),
        KeyCode::Char('r') => reach.bell.ring(),
        KeyCode::Char('?' | 'h') => look.is_help = !look.is_help,
        KeyCode::Esc => look.is_help = false,
        KeyCode::Up => look.scroll = look.scroll.saturating_sub(1),
        KeyCode::Down => look.scroll += 1,
        KeyCode::PageUp => look.scroll = look.scroll.saturating_sub(PAGE),
        KeyCode::PageDown => look.scroll += PAGE,
        _ => {}
    }
    let mut board = reach.desk.board();
    (board.speed, board.is_paused) = (control.speed().to_string(), control.is_paused());
}
