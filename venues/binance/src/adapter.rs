//! The adapter: how does a session use a machine that runs elsewhere?
//!
//! In: calls of the trait of all venues. Out: orders to the task that runs the machine, and what it says. Must never: decide
//! anything, or open a transport that can move real money without a permit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, VenueId};
use ringfence_venue::{
    Alarm, Capabilities, EmergencyCancel, LivePermit, Query, QueryId, Rates, Said, Setting, VenueAdapter,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::alarms::{self, Names};
use crate::codec::Signer;
use crate::protocol::{Hosts, Machine, Notice, Settings, UserStream};
use crate::transport::{self, Session};

/// Commands that may wait for the machine.
const ORDERS_MAX: usize = 1_024;
/// Notices that may wait; the oldest are worth as much as the newest, and what does not fit is dropped.
const NOTICES_MAX: usize = 1_024;

/// The adapter: one account at one venue of the family.
#[derive(Debug)]
pub struct BinanceAdapter {
    venue: VenueId,
    capabilities: Capabilities,
    orders: mpsc::Sender<Wanted>,
    said: mpsc::UnboundedReceiver<Said>,
    waiting: Arc<AtomicUsize>,
    rates: Arc<Mutex<Rates>>,
    notices: Option<mpsc::Receiver<Notice>>,
    names: Names,
    /// Zero of the machine's time.
    begin: Instant,
}

/// Why no transport was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// An address that is not on this machine.
    #[error("{0} is not on this machine, and a live transport needs a permit")]
    NotLocal(String),
    /// The HTTP client could not be built.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
    /// TLS could not be set up.
    #[error("no TLS")]
    Tls(#[source] rustls::Error),
}

/// What the session wants.
#[derive(Debug)]
pub(crate) enum Order {
    Send(VenueCommand),
    Emergency(EmergencyCancel),
    Ask(QueryId, Query),
    Set(QueryId, (AccountId, InstrumentId), Setting),
    Close,
}

/// With whom to tell that it left.
pub(crate) type Wanted = (Order, oneshot::Sender<()>);

impl BinanceAdapter {
    /// Opens a transport that can move real money. Runs on the runtime that it is called on.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn live(settings: Settings, signer: Box<dyn Signer>, _permit: LivePermit) -> Result<BinanceAdapter, OpenError> {
        start(settings, Some(signer))
    }

    /// Opens a transport to an exchange on this machine.
    ///
    /// # Errors
    /// [`OpenError::NotLocal`] where any address is elsewhere.
    pub fn local(settings: Settings, signer: Box<dyn Signer>) -> Result<BinanceAdapter, OpenError> {
        let Hosts { rest, books, trades, user } = &settings.hosts;
        let elsewhere = [rest, books, trades, user].into_iter().find(|url| !is_local(url)).cloned();
        match elsewhere {
            Some(url) => Err(OpenError::NotLocal(url)),
            None => start(settings, Some(signer)),
        }
    }

    /// Opens a transport for market data alone; it has no key, and can send nothing.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn market_data(settings: Settings) -> Result<BinanceAdapter, OpenError> {
        start(Settings { user_stream: UserStream::Off, ..settings }, None)
    }

    /// What went wrong between us and the venue, as values; once. Who takes them has no [`VenueAdapter::alarms`].
    pub fn notices(&mut self) -> Option<mpsc::Receiver<Notice>> {
        self.notices.take()
    }

    async fn order(&self, order: Order) {
        let (done, is_done) = oneshot::channel();
        // After the machine has ended there is nobody to take an order, and nothing is under way.
        if self.orders.send((order, done)).await.is_ok() {
            is_done.await.unwrap_or(());
        }
    }
}

impl VenueAdapter for BinanceAdapter {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn send(&mut self, command: VenueCommand) {
        self.order(Order::Send(command)).await;
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.order(Order::Emergency(cancel)).await;
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        self.order(Order::Ask(id, query)).await;
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        self.order(Order::Set(id, place, setting)).await;
    }

    fn rates(&self) -> Rates {
        *self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alarms(&mut self) -> Vec<Alarm> {
        let Some(notices) = &mut self.notices else { return Vec::new() };
        let told = std::iter::from_fn(|| notices.try_recv().ok());
        let now = transport::since(self.begin);
        told.filter_map(|notice| alarms::alarm(&notice, &self.names, now)).collect()
    }

    async fn next(&mut self) -> Option<Said> {
        let said = self.said.recv().await?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(said)
    }

    async fn close(&mut self) {
        self.order(Order::Close).await;
    }
}

/// True for an address on this machine.
fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or("");
    // What stands before an `@` is no host.
    if host.contains('@') {
        return false;
    }
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

fn start(settings: Settings, signer: Option<Box<dyn Signer>>) -> Result<BinanceAdapter, OpenError> {
    let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
    let (said_out, said) = mpsc::unbounded_channel();
    let (notices_out, notices) = mpsc::channel(NOTICES_MAX);
    let (waiting, rates) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Rates::default())));
    let venue = settings.venue;
    let names = settings.instruments.iter().map(|listed| (listed.instrument.id, listed.symbol.clone())).collect();
    let machine = Machine::new(settings, signer);
    let capabilities = machine.capabilities();
    let (begin, notices) = (Instant::now(), Some(notices));
    let (waiting_out, rates_out) = (Arc::clone(&waiting), Arc::clone(&rates));
    let session = Session { said: said_out, waiting: waiting_out, rates: rates_out, notices: notices_out, begin };
    transport::start(machine, session, orders_in)?;
    Ok(BinanceAdapter { venue, capabilities, orders, said, waiting, rates, notices, names, begin })
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn an_address_that_only_looks_local_is_not() {
        for url in ["http://127.0.0.1:8500", "ws://localhost", "http://[::1]:1/x", "http://127.0.0.1/"] {
            assert!(is_local(url), "{url}");
        }
        let others =
            ["http://127.0.0.1.example.com", "http://127.0.0.1:80@example.com/", "https://example.com#127.0.0.1"];
        for url in others {
            assert!(!is_local(url), "{url}");
        }
    }
}
