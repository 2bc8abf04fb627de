//! Ticker: who notices that a guest call takes far too long?
//!
//! In: an engine. Out: a thread that moves its epoch on every few milliseconds, until dropped. Must never: decide
//! anything that fuel decides; this is the safety net below it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

use crate::limits::TICK_NS;

/// A running safety net; dropping it ends the thread.
#[derive(Debug)]
pub struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(engine: Engine) -> std::io::Result<Ticker> {
        let (stop, stopped) = channel();
        let thread =
            std::thread::Builder::new().name("ringfence-tick".to_owned()).spawn(move || tick(&engine, &stopped))?;
        Ok(Ticker { stop: Some(stop), thread: Some(thread) })
    }
}

fn tick(engine: &Engine, stopped: &Receiver<()>) {
    while stopped.recv_timeout(Duration::from_nanos(TICK_NS)) == Err(RecvTimeoutError::Timeout) {
        engine.increment_epoch();
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // Closing the channel ends the wait at once.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the ticker thread does nothing that can panic");
        }
    }
}
