//! Wires: how is each venue reached?
//!
//! In: checked values of `[[venues]]`. Out: one wire for each venue with an adapter. Must never: hold a secret, or reach
//! anything.

use std::num::{NonZeroU16, NonZeroU32};

use ringfence_core::event::MarginMode;
use ringfence_core::ids::VenueId;
use ringfence_core::money::{Decimal, mul_exact};
use ringfence_sandbox::Isolation;

use super::build::about;
use super::checked::Table;
use super::components::isolation;
use super::problem::{ConfigCode, Problems};

/// Who brings a venue's market, and transmits orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterKind {
    /// Binance, spot.
    BinanceSpot,
    /// Binance, USD-margined futures.
    BinanceUsdm,
    /// Aster, which has the shape of the second.
    Aster,
}

/// How one venue is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The venue.
    pub venue: VenueId,
    /// Its name; keys of the environment begin with it.
    pub name: String,
    /// Who speaks to it.
    pub adapter: AdapterKind,
    /// Host name or address; `None` = the venue's own.
    pub host: Option<String>,
    /// Port; `None` = that of the protocol.
    pub port: Option<NonZeroU16>,
    /// Whether connections are encrypted.
    pub is_encrypted: bool,
    /// Attempts to connect again before giving up; `None` = without end.
    pub reconnect_attempts: Option<u32>,
    /// Time before the first of them, ns; `None` = the adapter's.
    pub reconnect_delay_ns: Option<u64>,
    /// Leverage in hundredths.
    pub leverage: Option<NonZeroU32>,
    /// Margin mode.
    pub margin_mode: Option<MarginMode>,
    /// After so many ns of silence the venue cancels everything.
    pub dead_man_ns: Option<u64>,
    /// Where its adapter runs when orders go out.
    pub isolation: Isolation,
}

/// The wires of a configuration, by ascending venue.
pub(super) fn build(root: &Table, problems: &mut Problems) -> Vec<Wire> {
    let venues = root.tables("venues").zip(1_u16..);
    venues.filter_map(|(table, id)| wire(table, VenueId(id), problems)).collect()
}

fn wire(table: &Table, venue: VenueId, problems: &mut Problems) -> Option<Wire> {
    let adapter = match table.text("adapter")? {
        "binance-spot" => AdapterKind::BinanceSpot,
        "binance-usdm" => AdapterKind::BinanceUsdm,
        "aster" => AdapterKind::Aster,
        _simulated => return None,
    };
    let small = |key: &str| table.integer(key).and_then(|number| u32::try_from(number).ok());
    Some(Wire {
        venue,
        name: table.text("name")?.to_owned(),
        adapter,
        host: table.text("host").map(str::to_owned),
        port: small("port").and_then(|port| u16::try_from(port).ok()).and_then(NonZeroU16::new),
        is_encrypted: table.text("tls") != Some("off"),
        reconnect_attempts: small("reconnect_attempts"),
        reconnect_delay_ns: table.duration("reconnect_delay"),
        leverage: checked_leverage(table, problems),
        margin_mode: margin_mode(table),
        dead_man_ns: table.duration("dead_man"),
        isolation: isolation(table),
    })
}

fn checked_leverage(table: &Table, problems: &mut Problems) -> Option<NonZeroU32> {
    let found = leverage(table);
    if found.is_none() && table.decimal("leverage").is_some() {
        let range = format!("must be 1 to {}, with at most two digits behind the point", LEVERAGE_MAX / 100);
        problems.add(about(table, "leverage", ConfigCode::Range, &range));
    }
    found
}

/// The leverage of a venue in hundredths, where one is written that can be.
pub(super) fn leverage(table: &Table) -> Option<NonZeroU32> {
    let hundredths = mul_exact(table.decimal("leverage")?, Decimal::ONE_HUNDRED).ok().filter(|it| it.is_integer());
    let found = hundredths.and_then(|it| u32::try_from(it).ok()).filter(|it| (100..=LEVERAGE_MAX).contains(it));
    found.and_then(NonZeroU32::new)
}

/// The margin mode of a venue.
pub(super) fn margin_mode(table: &Table) -> Option<MarginMode> {
    let mode = table.text("margin_mode")?;
    MarginMode::ALL.iter().find(|it| it.code() == mode).copied()
}

/// Largest leverage that any venue offers, in hundredths, with room.
const LEVERAGE_MAX: u32 = 100_000;
