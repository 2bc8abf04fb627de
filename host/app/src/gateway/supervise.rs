//! Supervise: who starts a gateway, and again when it has ended?
//!
//! In: how it is started, what is to be said to it. Out: what it says; that it is up or gone. Must never: start one while
//! another lives, or carry what was meant for one to the next.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::message::{Heard, read_frame, write_frame};
use crate::output::diagnostic;

/// Most frames that wait to be written; the gateway takes nothing at the moment.
pub(crate) const FRAMES_MAX: usize = 4096;
/// First wait before one is started again, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long it is left to end by itself.
const GRACE: Duration = Duration::from_millis(20);
/// How often it is looked whether it did.
const LOOKS: u32 = 150;

/// What the adapter hears of its gateway.
#[derive(Debug)]
pub(crate) enum News {
    /// A gateway is there; this way it is told.
    Up(SyncSender<Vec<u8>>),
    /// It says this.
    Said(Heard),
    /// It is gone.
    Gone,
}

/// Starts one gateway after the other until `is_closing`.
pub(crate) fn supervise(
    start: impl Fn() -> Command + Send + 'static,
    news: UnboundedSender<News>,
    is_closing: Arc<AtomicBool>,
) {
    std::thread::spawn(move || {
        let mut wait = WAIT.0;
        loop {
            let has_served = match attend(&mut start(), &news) {
                Ok(has_served) => has_served,
                Err(error) => {
                    diagnostic(format_args!("alarm: a gateway cannot be started: {error}"));
                    false
                }
            };
            if news.send(News::Gone).is_err() || is_closing.load(Ordering::SeqCst) {
                return;
            }
            wait = if has_served { WAIT.0 } else { (wait * 2).min(WAIT.1) };
            std::thread::park_timeout(wait);
            if is_closing.load(Ordering::SeqCst) {
                return;
            }
        }
    });
}

/// Looks after one gateway until it ends; true when it got as far as serving.
fn attend(command: &mut Command, news: &UnboundedSender<News>) -> io::Result<bool> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut told), Some(mut heard)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("it has no standard input and output"));
    };
    let (frames, waiting): (_, Receiver<Vec<u8>>) = sync_channel(FRAMES_MAX);
    std::thread::spawn(move || {
        // When the gateway is gone, so is what it was to be told. When nobody can tell it anything, its input ends.
        waiting.into_iter().try_for_each(|frame| write_frame(&mut told, &frame))
    });
    let mut frames = Some(frames);
    let mut has_served = false;
    while let Ok(Some(bytes)) = read_frame(&mut heard) {
        let said = match Heard::take(&bytes) {
            Ok(said) => said,
            Err(error) => {
                diagnostic(format_args!("alarm: a gateway is ended: {error}"));
                break;
            }
        };
        if let (Heard::Ready(_), Some(frames)) = (&said, frames.take()) {
            has_served = true;
            if news.send(News::Up(frames)).is_err() {
                break;
            }
        }
        if news.send(News::Said(said)).is_err() {
            break;
        }
    }
    drop(frames);
    end(&mut child);
    Ok(has_served)
}

/// Sees it end, by force where it does not by itself.
fn end(child: &mut Child) {
    for _ in 0..LOOKS {
        match child.try_wait() {
            Ok(None) => std::thread::park_timeout(GRACE),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    // It may have ended meanwhile; then there is nothing to end and nobody to wait for.
    let _killed = child.kill();
    let _waited = child.wait();
}
