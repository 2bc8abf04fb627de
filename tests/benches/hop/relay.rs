//! Relay: when does a session hear of a quote, and when is its order at the exchange?
//!
//! In: connections of a session, the exchange's port. Out: the bytes of both, and the time between two of them. Must never:
//! keep bytes back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the request for a new order begins with.
const ORDER: &[u8] = b"POST /fapi/v1/order";

/// Something that is waited for.
#[derive(Default)]
struct Watch {
    /// What the next quote has in it.
    quote: Vec<u8>,
    heard: Option<Instant>,
    taken: Option<Duration>,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    watch: Arc<Mutex<Watch>>,
}

impl Relay {
    /// One at a port of its own; its threads end with their connections.
    pub(crate) fn start(exchange: u16) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let watch = Arc::new(Mutex::new(Watch::default()));
        let shared = Arc::clone(&watch);
        std::thread::spawn(move || {
            for session in listener.incoming().flatten() {
                let Ok(venue) = TcpStream::connect(("127.0.0.1", exchange)) else { return };
                join(session, venue, &shared);
            }
        });
        Relay { port, watch }
    }

    /// From now on a quote is waited for that has this in it.
    pub(crate) fn expect(&self, quote: &str) {
        *lock(&self.watch) = Watch { quote: quote.as_bytes().to_vec(), ..Watch::default() };
    }

    /// How long the session took from that quote to its order.
    pub(crate) fn taken(&self) -> Option<Duration> {
        lock(&self.watch).taken
    }
}

fn lock(watch: &Mutex<Watch>) -> std::sync::MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands bytes on in both directions.
fn join(session: TcpStream, venue: TcpStream, watch: &Arc<Mutex<Watch>>) {
    session.set_nodelay(true).expect("a connection");
    venue.set_nodelay(true).expect("a connection");
    let (to_session, to_venue) = (session.try_clone().expect("a handle"), venue.try_clone().expect("a handle"));
    let (down, up) = (Arc::clone(watch), Arc::clone(watch));
    std::thread::spawn(move || carry(venue, to_session, |bytes| heard(&down, bytes)));
    std::thread::spawn(move || carry(session, to_venue, |bytes| asked(&up, bytes)));
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut see: impl FnMut(&[u8])) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        see(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // The other side may have gone first.
    let _closed = to.shutdown(Shutdown::Both);
}

/// The exchange says something: the first of it that is the quote counts.
fn heard(watch: &Mutex<Watch>, bytes: &[u8]) {
    let mut watch = lock(watch);
    let is_quote = !watch.quote.is_empty() && has(bytes, b"bookTicker") && has(bytes, &watch.quote);
    if is_quote && watch.heard.is_none() {
        watch.heard = Some(Instant::now());
    }
}

/// The session asks for something: the first order behind the quote counts.
fn asked(watch: &Mutex<Watch>, bytes: &[u8]) {
    let mut watch = lock(watch);
    if let Some(heard) = watch.heard.filter(|_| watch.taken.is_none() && bytes.starts_with(ORDER)) {
        watch.taken = Some(heard.elapsed());
    }
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}
