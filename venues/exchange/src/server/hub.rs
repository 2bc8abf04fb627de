//! The hub: in which order do things become true, durable and known?
//!
//! In: requests, texts, ticks. Out: answers and frames. Must never: let an answer or a frame out whose commands are not in
//! the log, or read the clock more than once for one thing.

use std::collections::BTreeMap;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::log::{Folder, Log, LogError};
use crate::protocol::{Answer, Exchange, Frame, Request, SocketId};

/// Frames that may wait for a slow client before it is cut off.
const FRAMES_MAX: usize = 16_384;

/// The exchange with its log and its sockets.
pub(super) struct Hub {
    exchange: Exchange,
    log: Option<Log<Folder>>,
    failure: Option<LogError>,
    sockets: BTreeMap<SocketId, Sender<Frame>>,
    next_socket: u64,
}

impl Hub {
    pub(super) fn new(exchange: Exchange, log: Option<Log<Folder>>) -> Self {
        Self { exchange, log, failure: None, sockets: BTreeMap::new(), next_socket: 0 }
    }

    pub(super) fn start(&mut self) {
        self.exchange.start(now_ns());
        self.settle();
    }

    pub(super) fn tick(&mut self) {
        self.exchange.advance(now_ns());
        self.settle();
    }

    /// Nothing is answered once the log has failed.
    pub(super) fn request(&mut self, request: &Request) -> Option<Answer> {
        if self.is_failed() {
            return None;
        }
        let answer = self.exchange.request(request, now_ns());
        self.settle();
        (!self.is_failed()).then_some(answer)
    }

    /// A socket at this address, if there is anything.
    pub(super) fn connect(&mut self, target: &str) -> Option<(SocketId, Receiver<Frame>)> {
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        if !self.exchange.connect(socket, target, now_ns()) {
            return None;
        }
        let (sender, receiver) = channel(FRAMES_MAX);
        self.sockets.insert(socket, sender);
        self.settle();
        Some((socket, receiver))
    }

    pub(super) fn receive(&mut self, socket: SocketId, text: &str) {
        if self.is_failed() {
            return;
        }
        self.exchange.receive(socket, text, now_ns());
        self.settle();
    }

    pub(super) fn disconnect(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
        self.exchange.disconnect(socket);
    }

    pub(super) fn is_failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(super) fn failure(&mut self) -> Option<LogError> {
        self.failure.take()
    }

    /// First the log, then the frames.
    fn settle(&mut self) {
        let commands = self.exchange.take_commands();
        let written = self.log.as_mut().map_or(Ok(()), |log| log.append(&commands));
        let frames = self.exchange.take_messages();
        if let Err(fault) = written {
            self.failure.get_or_insert(fault);
            self.sockets.clear();
            return;
        }
        for outgoing in frames {
            let Some(sender) = self.sockets.get(&outgoing.socket) else { continue };
            if sender.try_send(outgoing.frame).is_err() {
                self.disconnect(outgoing.socket);
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the edge: here the exchange's time comes from the machine's clock")]
fn now_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
