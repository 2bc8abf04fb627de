//! Settings: which venue, which account, which instruments, which limits?
//!
//! In: what the configuration says, checked at the edge. Out: values that the machine may trust. Must never: hold a secret;
//! those are the signer's.

use ringfence_core::ids::{AccountId, CurrencyId, SessionId, VenueId};
use ringfence_core::instrument::Instrument;

use crate::codec::Place;
use crate::codec::failure::Product;

/// A venue of this family and what a session does there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Venue as the session numbers it.
    pub venue: VenueId,
    /// The one account that is used there.
    pub account: AccountId,
    /// The session whose client order ids are ours.
    pub session: SessionId,
    /// Product.
    pub product: Product,
    /// Where it is reached.
    pub hosts: Hosts,
    /// Instruments of the session at this venue.
    pub instruments: Vec<Listed>,
    /// Currencies of the session, by the venue's names.
    pub currencies: Vec<(String, CurrencyId)>,
    /// How the account is listened to.
    pub user_stream: UserStream,
    /// The venue refuses requests that come later than this after their stamp.
    pub recv_window_ms: u64,
    /// Weight that may be used in a minute; the venue's own number replaces it.
    pub weight_per_min: u32,
    /// Orders that may be placed in ten seconds; the venue's own number replaces it.
    pub orders_per_10s: u32,
    /// The venue cancels everything when it has not heard of us for so many ms (futures); `None` = off.
    pub dead_man_ms: Option<u64>,
    /// What becomes of an order that the venue does not have.
    pub when_absent: WhenAbsent,
    /// Seed of all jitter.
    pub seed: u64,
}

/// An instrument of the session.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its definition.
    pub instrument: Instrument,
    /// How the venue calls it.
    pub symbol: String,
    /// Market data that is listened to.
    pub streams: Vec<StreamKind>,
}

/// Kinds of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamKind {
    /// Each trade.
    Trades,
    /// Trades of one taker at one price as one.
    AggTrades,
    /// Best bid and ask.
    Touch,
    /// The book.
    Depth,
    /// Mark price and funding (futures).
    Mark,
    /// Bars of a minute.
    Bars,
}

/// Where a venue is reached; addresses without a path at their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// Requests.
    pub rest: String,
    /// Streams of books and touches.
    pub books: String,
    /// Streams of trades, marks and bars. The same as `books`: one connection carries both.
    pub trades: String,
    /// The account's stream.
    pub user: String,
}

impl Hosts {
    /// Binance spot.
    #[must_use]
    pub fn binance_spot() -> Hosts {
        let streams = "wss://stream.binance.com:9443";
        Hosts {
            rest: "https://api.binance.com".into(),
            books: streams.into(),
            trades: streams.into(),
            user: "wss://ws-api.binance.com:443/ws-api/v3".into(),
        }
    }

    /// Binance USD-M futures.
    #[must_use]
    pub fn binance_usdm() -> Hosts {
        Hosts {
            rest: "https://fapi.binance.com".into(),
            books: "wss://fstream.binance.com/public".into(),
            trades: "wss://fstream.binance.com/market".into(),
            user: "wss://fstream.binance.com/private".into(),
        }
    }

    /// Aster futures, first generation of the interface.
    #[must_use]
    pub fn aster() -> Hosts {
        let streams = "wss://fstream.asterdex.com";
        Hosts {
            rest: "https://fapi.asterdex.com".into(),
            books: streams.into(),
            trades: streams.into(),
            user: streams.into(),
        }
    }

    /// One address for requests and one for all streams: a local exchange.
    #[must_use]
    pub fn local(rest: &str, streams: &str) -> Hosts {
        Hosts { rest: rest.into(), books: streams.into(), trades: streams.into(), user: streams.into() }
    }
}

/// How the account is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStream {
    /// Not at all: nothing can be sent, market data alone is used.
    Off,
    /// A key that is asked for and renewed (futures, Aster).
    ListenKey,
    /// A signed subscription (spot, which has no keys any more).
    Subscription,
}

/// What becomes of an order of unknown outcome that the venue, asked often enough and long enough, does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenAbsent {
    /// It is reported as never transmitted. A fill that comes all the same is reported too.
    Resolve,
    /// It stays unknown until an operator asks about it.
    Hold,
}

impl Settings {
    /// Settings with the limits that the venue's description names.
    #[must_use]
    pub fn new(product: Product, hosts: Hosts, (venue, account): (VenueId, AccountId), session: SessionId) -> Settings {
        let (user_stream, weight_per_min, orders_per_10s) = match product {
            Product::Spot => (UserStream::Subscription, 6_000, 100),
            Product::UsdM => (UserStream::ListenKey, 2_400, 300),
        };
        Settings {
            venue,
            account,
            session,
            product,
            hosts,
            instruments: Vec::new(),
            currencies: Vec::new(),
            user_stream,
            recv_window_ms: 5_000,
            weight_per_min,
            orders_per_10s,
            dead_man_ms: None,
            when_absent: WhenAbsent::Resolve,
            seed: 0,
        }
    }

    /// The currency that the venue calls so; none where the session has none.
    pub(crate) fn currency(&self, asset: &str) -> CurrencyId {
        let found = self.currencies.iter().find(|(name, _)| name == asset);
        found.map_or(CurrencyId(0), |(_, id)| *id)
    }
}

impl Listed {
    /// How its numbers are written to the venue.
    pub(crate) fn place(&self, product: Product) -> Place<'_> {
        let Instrument { price_scale, qty_scale, .. } = self.instrument;
        Place { product, symbol: &self.symbol, price_scale, qty_scale }
    }
}
