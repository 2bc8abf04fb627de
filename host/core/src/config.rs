//! Configuration: what may the core trust?
//!
//! In: values checked at the edge, or canonical bytes from a `ConfigChanged` event. Out: typed limits and definitions,
//! and their canonical bytes, whose SHA-256 is the configuration hash. Must never: hold a secret, a path or a default
//! for a risk limit.

mod conversion;
mod limits;
mod params;
mod rates;
mod supervision;
mod venue;

use alloc::string::String;
use alloc::vec::Vec;

use crate::blob::{Sha256Hash, sha256};
use crate::canonical::{DecodeError, Read, Reader, Writer};
use crate::coded_enum;
use crate::ids::{AccountId, CurrencyId, InstrumentId, NameId, StrategyId, VenueId};
use crate::instrument::Instrument;
use crate::intent::Env;
use crate::money::Decimal;

pub use conversion::{Conversion, Leg};
pub use limits::{OrderToTrade, RiskLimits, VELOCITY_ORDERS_MAX, Velocity};
pub use params::{decode_params, encode_params};
pub use rates::EmitRates;
pub use supervision::{OnHalt, Supervision};
pub use venue::{Account, Pacing, Venue, Window};

/// Version of the canonical form below.
pub const CONFIG_FORMAT: u16 = 1;

coded_enum! {
    /// How far a strategy's orders may go; decided here, before Risk.
    Lane {
        /// Backtests and replays alone.
        Simulation = 1 "simulation",
        /// Paper and shadow at most.
        Paper = 2 "paper",
        /// Live trading permitted.
        Live = 3 "live",
    }
}

coded_enum! {
    /// How market events come to strategies. It changes no decision.
    EventDelivery {
        /// One call an event.
        Single = 1 "single",
        /// Where nothing can come between them, many with one call.
        Batch = 2 "batch",
    }
}

coded_enum! {
    /// What a strategy's component holds, and so how large it may be.
    GuestProfile {
        /// Code of a compiled language: small, and few operators an event.
        Compiled = 1 "compiled",
        /// An interpreter with the program it runs: megabytes of code, and hundreds of operators for each of the program's.
        Interpreter = 2 "interpreter",
        /// Nothing: there is no component. Its intents come from outside, as `ExternalIntent` events.
        External = 3 "external",
    }
}

/// The whole configuration the core knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Label of the run.
    pub run: String,
    /// Environment label.
    pub env: Env,
    /// Region this host trades from; `None` = not stated.
    pub region: Option<String>,
    /// Currency that exposure and equity are added up in.
    pub base_currency: CurrencyId,
    /// Names; `NameId(n)` is entry n - 1.
    pub names: Vec<String>,
    /// Currencies; `CurrencyId(n)` is entry n - 1.
    pub currencies: Vec<Currency>,
    /// Venues; `VenueId(n)` is entry n - 1.
    pub venues: Vec<Venue>,
    /// Accounts; `AccountId(n)` is entry n - 1.
    pub accounts: Vec<Account>,
    /// Instruments; `InstrumentId(n)` is entry n - 1.
    pub instruments: Vec<Instrument>,
    /// Strategies; `StrategyId(n)` is entry n - 1.
    pub strategies: Vec<StrategySlot>,
    /// Risk limits.
    pub risk: RiskLimits,
    /// Execution control.
    pub execution: Execution,
    /// Canonical text of the sections that other layers own, by name: they are part of the hash.
    pub sections: Vec<(String, String)>,
}

/// A currency or asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// Code, for example `USD`.
    pub code: String,
    /// Digits behind the point in reports, 0 to 18.
    pub scale: u8,
}

/// A strategy's place in the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategySlot {
    /// Name.
    pub name: String,
    /// Account it trades on.
    pub account: AccountId,
    /// How far its orders may go.
    pub lane: Lane,
    /// Allocated capital in the account's currency, at least 0.
    pub capital: Decimal,
    /// Largest loss from the capital; `None` = the limit of all strategies.
    pub loss_max: Option<Decimal>,
    /// Instruments it is authorised for.
    pub instruments: Vec<InstrumentId>,
    /// Parameters handed to `setup`, in order.
    pub params: Vec<(String, String)>,
    /// Fuel of one call, above 0.
    pub fuel_per_call: u64,
    /// Fuel of all calls together; `None` = off.
    pub fuel_total: Option<u64>,
    /// Linear memory in bytes.
    pub memory_bytes_max: u64,
    /// Pinned SHA-256 of the component; `None` = not pinned.
    pub pin: Option<Sha256Hash>,
    /// How it is looked after while it runs.
    pub supervision: Supervision,
    /// What its component holds.
    pub profile: GuestProfile,
    /// How much it may say in a second.
    pub rates: EmitRates,
}

/// Execution control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Life of an approval in ns of event time.
    pub approval_ttl_ns: u64,
    /// Terminal orders leave State after so many events.
    pub terminal_retention_events: u64,
    /// Most leaves of work in the queue.
    pub queue_max: u32,
    /// An order above the instrument's largest size is split, with at most so many parts at the venue; `None` = off.
    pub split_parts_max: Option<u32>,
    /// How market events come to strategies. Not part of the hash.
    pub delivery: EventDelivery,
}

impl Config {
    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u16(CONFIG_FORMAT);
        w.text(&self.run);
        w.u8(self.env.number());
        w.option(self.region.as_ref(), |w, region| w.text(region));
        w.u32(self.base_currency.0);
        w.list(&self.names, |w, name| w.text(name));
        w.list(&self.currencies, |w, currency| {
            w.text(&currency.code);
            w.u8(currency.scale);
        });
        w.list(&self.venues, |w, venue| venue.put(w));
        w.list(&self.accounts, |w, account| account.put(w));
        w.list(&self.instruments, |w, instrument| instrument.put(w));
        w.list(&self.strategies, |w, slot| slot.put(w));
        self.risk.put(&mut w);
        self.execution.put(&mut w);
        w.list(&self.sections, |w, (name, text)| {
            w.text(name);
            w.text(text);
        });
        w.into_bytes()
    }

    /// Canonical bytes as if events came one by one: how they come changes no decision, so sessions that differ in nothing
    /// else are the same session, with the same ids and the same State.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        match self.execution.delivery {
            EventDelivery::Single => self.encode(),
            EventDelivery::Batch => {
                let execution = Execution { delivery: EventDelivery::Single, ..self.execution.clone() };
                Config { execution, ..self.clone() }.encode()
            }
        }
    }

    /// SHA-256 of [`Config::identity`].
    #[must_use]
    pub fn hash(&self) -> Sha256Hash {
        sha256(&self.identity())
    }

    /// Reads canonical bytes; ids inside are checked against the lists they point into.
    ///
    /// # Errors
    /// [`DecodeError`] when bytes are missing, unknown, left over, or an id points nowhere.
    pub fn decode(bytes: &[u8]) -> Read<Config> {
        let mut r = Reader::new(bytes);
        if r.u16()? != CONFIG_FORMAT {
            return Err(DecodeError::Invalid(0, "configuration format"));
        }
        let config = Config {
            run: r.text()?,
            env: Env::take(&mut r)?,
            region: r.option(Reader::text)?,
            base_currency: CurrencyId(r.u32()?),
            names: r.list(Reader::text)?,
            currencies: r.list(|r| Ok(Currency { code: r.text()?, scale: r.u8()? }))?,
            venues: r.list(Venue::take)?,
            accounts: r.list(Account::take)?,
            instruments: r.list(Instrument::take)?,
            strategies: r.list(StrategySlot::take)?,
            risk: RiskLimits::take(&mut r)?,
            execution: Execution::take(&mut r)?,
            sections: r.list(|r| Ok((r.text()?, r.text()?)))?,
        };
        r.finish()?;
        if config.references_hold() { Ok(config) } else { Err(r.invalid("reference between configuration entries")) }
    }

    /// A currency by id.
    #[must_use]
    pub fn currency(&self, id: CurrencyId) -> Option<&Currency> {
        entry(&self.currencies, id.0)
    }

    /// A name by id.
    #[must_use]
    pub fn name(&self, id: NameId) -> Option<&str> {
        entry(&self.names, id.0).map(String::as_str)
    }

    /// A venue by id.
    #[must_use]
    pub fn venue(&self, id: VenueId) -> Option<&Venue> {
        entry(&self.venues, u32::from(id.0))
    }

    /// An account by id.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        entry(&self.accounts, u32::from(id.0))
    }

    /// An instrument by id.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        entry(&self.instruments, id.0)
    }

    /// A strategy by id.
    #[must_use]
    pub fn strategy(&self, id: StrategyId) -> Option<&StrategySlot> {
        entry(&self.strategies, u32::from(id.0))
    }

    /// `VENUE:SYMBOL` of an instrument; empty for an unknown one.
    #[must_use]
    pub fn symbol(&self, id: InstrumentId) -> &str {
        self.instrument(id).and_then(|i| self.name(i.symbol)).unwrap_or("")
    }

    fn references_hold(&self) -> bool {
        let currency = |id: CurrencyId| self.currency(id).is_some();
        let instruments = self.instruments.iter().zip(1_u32..).all(|(i, n)| {
            i.id.0 == n
                && entry(&self.venues, u32::from(i.venue.0)).is_some()
                && self.name(i.symbol).is_some()
                && [i.base, i.quote].into_iter().all(currency)
                // Values are of the quote currency, and nothing converts them.
                && i.settlement == i.quote
                && (i.counterparty.0 == 0 || self.name(i.counterparty).is_some())
        });
        let accounts =
            self.accounts.iter().all(|a| entry(&self.venues, u32::from(a.venue.0)).is_some() && currency(a.currency));
        let strategies = self.strategies.iter().all(|s| self.pays_all_in_one(s));
        let count = self.strategies.len() <= usize::from(StrategyId::MAX.0);
        currency(self.base_currency) && instruments && accounts && strategies && count
    }

    /// What a strategy trades settles in the currency of its account: nothing converts.
    fn pays_all_in_one(&self, slot: &StrategySlot) -> bool {
        let Some(account) = self.account(slot.account) else { return false };
        let settles = |id: &InstrumentId| self.instrument(*id).is_some_and(|i| i.settlement == account.currency);
        slot.instruments.iter().all(settles)
    }
}

impl StrategySlot {
    fn put(&self, w: &mut Writer) {
        w.text(&self.name);
        w.u16(self.account.0);
        w.u8(self.lane.number());
        w.decimal(self.capital);
        w.option(self.loss_max, Writer::decimal);
        w.list(&self.instruments, |w, id| w.u32(id.0));
        w.list(&self.params, |w, (key, value)| {
            w.text(key);
            w.text(value);
        });
        w.u64(self.fuel_per_call);
        w.option(self.fuel_total, Writer::u64);
        w.u64(self.memory_bytes_max);
        // Bits of one byte, so that a compiled strategy that nobody looks after has the bytes it had before there was
        // anything else.
        let is_supervised = self.supervision != Supervision::NONE;
        let is_interpreter = self.profile == GuestProfile::Interpreter;
        let has_rates = self.rates != EmitRates::USUAL;
        let is_external = self.profile == GuestProfile::External;
        let bits = [self.pin.is_some(), is_supervised, is_interpreter, has_rates, is_external];
        w.u8(bits.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit)));
        if let Some(pin) = &self.pin {
            w.raw(pin);
        }
        if is_supervised {
            self.supervision.put(w);
        }
        if has_rates {
            self.rates.put(w);
        }
    }

    fn take(r: &mut Reader<'_>) -> Read<StrategySlot> {
        let slot = StrategySlot {
            name: r.text()?,
            account: AccountId(r.u16()?),
            lane: Lane::take(r)?,
            capital: r.decimal()?,
            loss_max: r.option(Reader::decimal)?,
            instruments: r.list(|r| r.u32().map(InstrumentId))?,
            params: r.list(|r| Ok((r.text()?, r.text()?)))?,
            fuel_per_call: r.u64()?,
            fuel_total: r.option(Reader::u64)?,
            memory_bytes_max: r.u64()?,
            pin: None,
            supervision: Supervision::NONE,
            profile: GuestProfile::Compiled,
            rates: EmitRates::USUAL,
        };
        let bits = r.u8()?;
        if bits > 31 || bits & EXTERNAL_OR_INTERPRETER == EXTERNAL_OR_INTERPRETER {
            return Err(r.invalid("pin, supervision, profile and rates"));
        }
        let pin = if bits & 1 == 1 { Some(pin(r)?) } else { None };
        let supervision = if bits & 2 == 2 { Supervision::take(r)? } else { Supervision::NONE };
        if bits & 2 == 2 && supervision == Supervision::NONE {
            return Err(r.invalid("supervision"));
        }
        let profile = match bits & EXTERNAL_OR_INTERPRETER {
            4 => GuestProfile::Interpreter,
            16 => GuestProfile::External,
            _neither => GuestProfile::Compiled,
        };
        let rates = if bits & 8 == 8 { EmitRates::take(r)? } else { EmitRates::USUAL };
        Ok(StrategySlot { pin, supervision, profile, rates, ..slot })
    }
}

/// A slot is one of the two at most.
const EXTERNAL_OR_INTERPRETER: u8 = 4 | 16;

fn pin(r: &mut Reader<'_>) -> Read<Sha256Hash> {
    let mut pin = [0; 32];
    pin.copy_from_slice(r.raw(32)?);
    Ok(pin)
}

impl Execution {
    fn put(&self, w: &mut Writer) {
        w.u64(self.approval_ttl_ns);
        w.u64(self.terminal_retention_events);
        w.u32(self.queue_max);
        // Two bits of one byte, so that the usual delivery has the bytes it had before there was another.
        let is_batch = self.delivery == EventDelivery::Batch;
        w.u8(u8::from(self.split_parts_max.is_some()) | u8::from(is_batch) << 1);
        if let Some(parts) = self.split_parts_max {
            w.u32(parts);
        }
    }

    fn take(r: &mut Reader<'_>) -> Read<Execution> {
        let (approval_ttl_ns, terminal_retention_events) = (r.u64()?, r.u64()?);
        let queue_max = r.u32()?;
        let bits = r.u8()?;
        if bits > 3 {
            return Err(r.invalid("parts and delivery"));
        }
        Ok(Execution {
            approval_ttl_ns,
            terminal_retention_events,
            queue_max,
            split_parts_max: if bits & 1 == 1 { Some(r.u32()?) } else { None },
            delivery: if bits & 2 == 2 { EventDelivery::Batch } else { EventDelivery::Single },
        })
    }
}

/// Entry number `id`, counted from 1.
fn entry<T>(list: &[T], id: u32) -> Option<&T> {
    list.get(usize::try_from(id.checked_sub(1)?).ok()?)
}
