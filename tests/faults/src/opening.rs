//! Opening: which venue is reached, by whom?
//!
//! In: a product, an instrument, accounts. Out: settings of the exchange and of each machine that fit together. Must never:
//! hold a key of anything but this exchange.

use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret};
use ringfence_binance::protocol::{Hosts, Listed, Settings, StreamKind};
use ringfence_core::ids::{AccountId, CurrencyId, SessionId, VenueId};
use ringfence_core::instrument::Instrument;
use ringfence_exchange as exchange;
use ringfence_exchange::{Amount, Listing};

/// How the venue calls the first instrument.
pub const SYMBOL: &str = SYMBOLS[0];
/// How the venue calls its instruments.
pub const SYMBOLS: [&str; 2] = ["BTCUSDT", "ETHUSDT"];
/// What its quote currency is called there.
const QUOTE: &str = "USDT";
/// What its base is called there.
const BASE: &str = "BTC";

/// A venue and the accounts that trade there.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Spot, or futures, which Aster is as well.
    pub product: Product,
    /// Addresses that the machines use; what stands before their paths is not looked at.
    pub hosts: Hosts,
    /// The session whose orders these are.
    pub session: SessionId,
    /// The first instrument. Its scales, steps and limits are those of the exchange's listing.
    pub instrument: Instrument,
    /// A second one, of the same currencies; or none.
    pub second: Option<Instrument>,
    /// Market data that the machines listen to.
    pub streams: Vec<StreamKind>,
    /// Accounts, from 1.
    pub accounts: u16,
    /// Whether the machine of the first account alone listens to market data.
    pub has_one_feed: bool,
    /// Machines count a venue as dead after so many ms (futures).
    pub dead_man_ms: Option<u64>,
    /// Seed of waits and latencies.
    pub seed: u64,
    /// Time when everything begins, ns since the Unix epoch; above 0.
    pub begin_ns: u64,
    /// Shortest and longest time that a message travels.
    pub latency_ns: (u64, u64),
}

impl Opening {
    /// One account, trades and touches, messages that travel two milliseconds.
    #[must_use]
    pub fn new(product: Product, hosts: Hosts, session: SessionId, instrument: Instrument) -> Opening {
        Opening {
            product,
            hosts,
            session,
            instrument,
            streams: vec![StreamKind::Trades, StreamKind::Touch],
            accounts: 1,
            second: None,
            has_one_feed: false,
            dead_man_ms: None,
            seed: 1,
            begin_ns: 1_700_000_000_000_000_000,
            latency_ns: (2_000_000, 2_000_000),
        }
    }

    /// The exchange as this opening wants it.
    pub(crate) fn exchange(&self) -> exchange::Settings {
        let spot = [(QUOTE, 1_000_000), (BASE, 10_000)].map(|(asset, much)| (asset.to_owned(), Amount::whole(much)));
        let account = |id: u16| exchange::Account {
            name: account_name(AccountId(id)),
            key: key(AccountId(id)),
            secret: secret(AccountId(id)),
            spot: spot.clone().into(),
            futures: Amount::whole(1_000_000),
        };
        exchange::Settings {
            seed: self.seed,
            is_generated: false,
            accounts: (1..=self.accounts).map(account).collect(),
            listings: self.instruments().map(|(symbol, instrument)| self.listing(symbol, instrument)).collect(),
            rates: exchange::Rates::default(),
        }
    }

    fn instruments(&self) -> impl Iterator<Item = (&'static str, Instrument)> {
        SYMBOLS.into_iter().zip([Some(self.instrument), self.second].into_iter().flatten())
    }

    fn listing(&self, symbol: &str, instrument: Instrument) -> Listing {
        let Instrument { price_scale, qty_scale, tick, lot, qty_min, qty_max, .. } = instrument;
        let usual = exchange::usual().into_iter().find(|listing| listing.product == self.market());
        let usual = usual.expect("the usual listings are of both products");
        Listing {
            symbol: symbol.to_owned(),
            base: BASE.to_owned(),
            quote: QUOTE.to_owned(),
            tick: units(tick, price_scale.digits()),
            step: units(lot, qty_scale.digits()),
            qty_min: units(qty_min.0, qty_scale.digits()),
            qty_max: units(qty_max.0, qty_scale.digits()),
            market_qty_max: units(qty_max.0, qty_scale.digits()),
            notional_min: Amount::ZERO,
            multiplier_up: Amount::whole(5),
            multiplier_down: units(2, 1),
            orders_max: 500,
            start_price: Amount::whole(100),
            ..usual
        }
    }

    /// The product in the exchange's words.
    pub(crate) fn market(&self) -> exchange::Product {
        match self.product {
            Product::Spot => exchange::Product::Spot,
            Product::UsdM => exchange::Product::Futures,
        }
    }

    /// What a machine has to know.
    pub(crate) fn machine(&self, account: AccountId) -> Settings {
        let place = (VenueId(1), account);
        let streams = if self.has_one_feed && account != AccountId(1) { Vec::new() } else { self.streams.clone() };
        let listed = |(symbol, instrument): (&str, Instrument)| Listed {
            instrument,
            symbol: symbol.to_owned(),
            streams: streams.clone(),
        };
        let currency = |name: &str, id: CurrencyId| (name.to_owned(), id);
        let mut currencies = vec![currency(QUOTE, self.instrument.quote)];
        if self.instrument.base != self.instrument.quote {
            currencies.push(currency(BASE, self.instrument.base));
        }
        Settings {
            instruments: self.instruments().map(listed).collect(),
            currencies,
            dead_man_ms: self.dead_man_ms,
            seed: self.seed,
            ..Settings::new(self.product, self.hosts.clone(), place, self.session)
        }
    }
}

/// The account's name at the exchange.
pub(crate) fn account_name(account: AccountId) -> String {
    format!("account-{}", account.0)
}

fn key(account: AccountId) -> String {
    format!("key-of-{}", account.0)
}

fn secret(account: AccountId) -> String {
    format!("secret-of-{}", account.0)
}

/// What signs for an account.
pub(crate) fn signer(account: AccountId) -> Box<HmacSigner> {
    Box::new(HmacSigner::new(Secret::new(key(account)), Secret::new(secret(account))))
}

/// A mantissa at so many digits behind the point.
fn units(mantissa: i64, digits: u8) -> Amount {
    let power = 8_u32.saturating_sub(u32::from(digits));
    Amount::from_units(i128::from(mantissa) * 10_i128.pow(power))
}
