//! Venues: which adapter reaches a venue, and what does it have to know?
//!
//! In: wires, the core's configuration, and, for one that sends, what its checks found. Out: adapters. Must never: hand a
//! key to one that only listens. A new venue is one line here.

use ringfence_binance::BinanceAdapter;
use ringfence_binance::adapter::OpenError;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret as Key};
use ringfence_binance::protocol::{Hosts, Listed, Settings, StreamKind};
use ringfence_core::config::Config;
use ringfence_core::ids::{AccountId, CurrencyId, SessionId};
use ringfence_core::instrument::Instrument;

use super::checks::Entry;
use crate::config::{AdapterKind, Wire};
use crate::exit::{Failure, Fault};
use crate::secrets::Secret;

/// An adapter that sends.
pub(crate) fn live(
    wire: &Wire,
    (config, session): (&Config, SessionId),
    entry: Entry,
) -> Result<BinanceAdapter, Failure> {
    let Entry { permit, keys, .. } = entry;
    let (key, secret) =
        keys.ok_or_else(|| Failure::outside(format!("the keys of venue {} are its gateway's", wire.name)))?;
    let signer = Box::new(HmacSigner::new(text(wire, &key)?, text(wire, &secret)?));
    BinanceAdapter::live(settings(wire, config, session), signer, permit).map_err(|error| unopened(wire, &error))
}

/// An adapter that listens to the market.
pub(crate) fn market(wire: &Wire, (config, session): (&Config, SessionId)) -> Result<BinanceAdapter, Failure> {
    BinanceAdapter::market_data(settings(wire, config, session)).map_err(|error| unopened(wire, &error))
}

fn unopened(wire: &Wire, error: &OpenError) -> Failure {
    Failure::outside(format!("venue {} cannot be reached: {error}", wire.name))
}

fn text(wire: &Wire, secret: &Secret) -> Result<Key, Failure> {
    let text = std::str::from_utf8(secret.expose()).map(|text| Key::new(text.to_owned()));
    let refused = || Fault::new(format!("a key of venue {} is no text", wire.name)).coded("C-SECRET");
    text.map_err(|_| Failure::Usage(refused()))
}

fn settings(wire: &Wire, config: &Config, session: SessionId) -> Settings {
    let here = |instrument: &&Instrument| instrument.venue == wire.venue;
    let account = config.accounts.iter().zip(1_u16..).find(|(account, _)| account.venue == wire.venue);
    let product = product(wire.adapter);
    let instruments = config.instruments.iter().filter(here).map(|it| listed(it, product, config)).collect();
    let currencies = config.currencies.iter().zip(1_u32..).map(|(it, id)| (it.code.clone(), CurrencyId(id)));
    let account = account.map_or(AccountId(0), |(_, id)| AccountId(id));
    Settings {
        instruments,
        currencies: currencies.collect(),
        dead_man_ms: wire.dead_man_ns.map(|ns| ns / NS_PER_MS),
        seed: u64::from_le_bytes(session.0[..8].try_into().expect("eight of sixteen bytes")),
        ..Settings::new(product, hosts(wire), (wire.venue, account), session)
    }
}

const NS_PER_MS: u64 = 1_000_000;

const fn product(adapter: AdapterKind) -> Product {
    match adapter {
        AdapterKind::BinanceSpot => Product::Spot,
        AdapterKind::BinanceUsdm | AdapterKind::Aster => Product::UsdM,
    }
}

/// The venue's symbol is what stands behind the colon.
fn listed(instrument: &Instrument, product: Product, config: &Config) -> Listed {
    let name = config.symbol(instrument.id);
    let symbol = name.split_once(':').map_or(name, |(_, symbol)| symbol).to_owned();
    let streams = match product {
        Product::Spot => vec![StreamKind::Trades, StreamKind::Touch],
        Product::UsdM => vec![StreamKind::AggTrades, StreamKind::Touch, StreamKind::Mark],
    };
    Listed { instrument: *instrument, symbol, streams }
}

/// The venue's own hosts, or, where one is named, that one with the venue's paths.
fn hosts(wire: &Wire) -> Hosts {
    let Some(host) = &wire.host else {
        return match wire.adapter {
            AdapterKind::BinanceSpot => Hosts::binance_spot(),
            AdapterKind::BinanceUsdm => Hosts::binance_usdm(),
            AdapterKind::Aster => Hosts::aster(),
        };
    };
    let port = wire.port.map_or(String::new(), |port| format!(":{port}"));
    let end = if wire.is_encrypted { "s" } else { "" };
    let (rest, streams) = (format!("http{end}://{host}{port}"), format!("ws{end}://{host}{port}"));
    let plain = Hosts::local(&rest, &streams);
    match wire.adapter {
        AdapterKind::BinanceSpot => Hosts { user: format!("{streams}/ws-api/v3"), ..plain },
        AdapterKind::BinanceUsdm | AdapterKind::Aster => Hosts {
            books: format!("{streams}/public"),
            trades: format!("{streams}/market"),
            user: format!("{streams}/private"),
            ..plain
        },
    }
}
