//! Building: which configuration may the core trust?
//!
//! In: checked values. Out: the core's configuration, with every name turned into an id, and problems where a name points
//! to nothing. Must never: give the core a path or a secret.

use std::num::NonZeroU64;

use ringfence_core::config::{
    Account, Config, EmitRates, EventDelivery, Execution, GuestProfile, Lane, OnHalt, RiskLimits, StrategySlot,
    Supervision, Venue,
};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, VenueId};
use ringfence_core::instrument::Instrument;
use ringfence_core::intent::Env;

use super::checked::Table;
use super::instruments::{self, Registry};
use super::limits;
use super::money::Money;
use super::names::{Currencies, Names};
use super::nearest::nearest;
use super::problem::{ConfigCode, Origin, Problem, Problems};
use super::text::{self, View};

/// What could be built.
#[derive(Debug)]
pub(super) struct Built {
    /// The core's configuration; `None` = something is missing or wrong, and noted.
    pub(super) core: Option<Config>,
    /// Symbol and definition of each instrument, where it is right.
    pub(super) instruments: Vec<(String, Option<Instrument>)>,
}

/// Builds the core's configuration.
pub(super) fn build(root: &Table, problems: &mut Problems) -> Built {
    let session = root.table("session");
    let scales = session.and_then(|session| session.table("currencies"));
    let mut registry = Registry {
        venues: root.tables("venues").map(|venue| venue.text("name").unwrap_or("").to_owned()).collect(),
        currencies: Currencies::new(scales),
        names: Names::default(),
    };
    let base_currency = session.and_then(|session| session.text("base_currency"));
    let base_currency = base_currency.map(|code| registry.currencies.id(code));
    let accounts = accounts(root, &mut registry, problems);
    let instruments = instruments(root, &mut registry, problems);
    for (name, _) in session.into_iter().flat_map(|session| session.texts("signals")) {
        registry.names.id(name);
    }
    let symbols: Vec<&str> = root.tables("instruments").map(|table| table.text("symbol").unwrap_or("")).collect();
    let money = Money { base: base_currency, currencies: &registry.currencies };
    money.note_accounts(root, (&accounts, &instruments), problems);
    money.note_settlements(root, &instruments, problems);
    let known = Known {
        accounts: &accounts,
        all_accounts: root.tables("venues").all(|venue| venue.names_all("accounts", "name")) && !accounts.is_empty(),
        symbols,
        all_symbols: root.names_all("instruments", "symbol"),
        instruments: &instruments,
        money: &money,
    };
    let strategies = strategies(root, &known, problems);
    note_unused(root, &registry.currencies, problems);
    let symbols = root.tables("instruments").map(|table| table.text("symbol").unwrap_or("").to_owned());
    let named = symbols.zip(instruments.iter().copied()).collect();
    let tables = registry.venues.iter().cloned().zip(root.tables("venues"));
    let venues = tables.map(|(name, table)| limits::venue(name, table, problems)).collect();
    let risk = root.table("risk").and_then(|table| limits::risk(table, problems));
    let parts = Parts { registry, base_currency, accounts, instruments, strategies, venues, risk };
    Built { core: config(root, parts), instruments: named }
}

/// What stands in the lists of the core's configuration.
struct Parts<'a> {
    registry: Registry<'a>,
    base_currency: Option<CurrencyId>,
    accounts: Vec<Account>,
    instruments: Vec<Option<Instrument>>,
    strategies: Vec<StrategySlot>,
    venues: Vec<Venue>,
    risk: Option<RiskLimits>,
}

fn config(root: &Table, parts: Parts<'_>) -> Option<Config> {
    let Parts { registry, base_currency, accounts, instruments, strategies, venues, risk } = parts;
    let session = root.table("session")?;
    let risk = risk?;
    Some(Config {
        run: session.text("run")?.to_owned(),
        env: *Env::ALL.iter().find(|env| Some(env.code()) == session.text("env"))?,
        region: session.text("region").map(str::to_owned),
        base_currency: base_currency?,
        names: registry.names.into_list(),
        currencies: registry.currencies.into_list(),
        venues,
        accounts,
        instruments: instruments.into_iter().collect::<Option<_>>()?,
        strategies,
        risk,
        execution: execution(root.table("execution")?)?,
        sections: sections(root),
    })
}

/// Every section as canonical text without paths, so that the hash covers what the core does not interpret.
fn sections(root: &Table) -> Vec<(String, String)> {
    root.entries.iter().map(|(name, entry)| (name.clone(), text::section(name, entry, View::Canonical))).collect()
}

fn accounts(root: &Table, registry: &mut Registry<'_>, problems: &mut Problems) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::new();
    for (venue, id) in root.tables("venues").zip(1_u16..) {
        for table in venue.tables("accounts") {
            let Some(name) = table.text("name") else { continue };
            let elsewhere = accounts.iter().any(|known| known.name == name && known.venue != VenueId(id));
            if elsewhere {
                problems.add(about(table, "name", ConfigCode::Duplicate, "another venue has an account of this name"));
            }
            let currency = table.text("currency").map_or(CurrencyId(0), |code| registry.currencies.id(code));
            let pacing = limits::pacing(table, problems);
            accounts.push(Account { name: name.to_owned(), venue: VenueId(id), currency, pacing });
        }
    }
    accounts
}

fn instruments(root: &Table, registry: &mut Registry<'_>, problems: &mut Problems) -> Vec<Option<Instrument>> {
    let tables = root.tables("instruments").zip(1_u32..);
    tables.map(|(table, id)| instruments::build(InstrumentId(id), table, registry, problems)).collect()
}

/// What strategies refer to.
struct Known<'a> {
    accounts: &'a [Account],
    /// Whether each account has a name: otherwise one that is not found may be there.
    all_accounts: bool,
    symbols: Vec<&'a str>,
    /// Likewise for instruments.
    all_symbols: bool,
    instruments: &'a [Option<Instrument>],
    money: &'a Money<'a>,
}

fn strategies(root: &Table, known: &Known<'_>, problems: &mut Problems) -> Vec<StrategySlot> {
    root.tables("strategies").filter_map(|table| strategy(table, known, problems)).collect()
}

fn strategy(table: &Table, known: &Known<'_>, problems: &mut Problems) -> Option<StrategySlot> {
    let account = account(table, known, problems);
    let instruments = authorised(table, known, account, problems);
    let memory_mb = table.integer("memory_mb")?;
    Some(StrategySlot {
        name: table.text("name")?.to_owned(),
        account: account?,
        lane: *Lane::ALL.iter().find(|lane| Some(lane.code()) == table.text("lane"))?,
        capital: table.decimal("capital")?,
        loss_max: table.decimal("loss_max"),
        instruments,
        params: params(table.table("params")?),
        fuel_per_call: table.integer("fuel_per_call")?,
        fuel_total: table.integer_limit("fuel_total")?,
        memory_bytes_max: memory_mb.checked_mul(1 << 20)?,
        pin: table.text("sha256").map(hash_of),
        supervision: supervision(table)?,
        profile: profile_of(table)?,
        rates: rates(table)?,
    })
}

fn supervision(table: &Table) -> Option<Supervision> {
    let restarts_max = u32::try_from(table.integer("restarts_max")?).ok()?;
    let restart_backoff_ns = table.duration("restart_backoff")?;
    Some(Supervision {
        on_halt: *OnHalt::ALL.iter().find(|case| Some(case.code()) == table.text("on_halt"))?,
        restarts_max,
        // Where nothing is started again it says nothing, and two configurations that differ in nothing else are one.
        restart_backoff_ns: if restarts_max == 0 { 0 } else { restart_backoff_ns },
        checkpoint_events: table.integer_limit("checkpoint_events")?.and_then(NonZeroU64::new),
    })
}

fn rates(table: &Table) -> Option<EmitRates> {
    let rate = |key| u32::try_from(table.integer(key)?).ok();
    let (intents_per_s, notes_per_s) = (rate("intents_per_s")?, rate("notes_per_s")?);
    Some(EmitRates { intents_per_s, notes_per_s, wakes_per_s: rate("wakes_per_s")? })
}

/// The profile of a strategy's component.
pub(super) fn profile_of(table: &Table) -> Option<GuestProfile> {
    GuestProfile::ALL.iter().copied().find(|profile| Some(profile.code()) == table.text("profile"))
}

fn account(table: &Table, known: &Known<'_>, problems: &mut Problems) -> Option<AccountId> {
    let name = table.text("account")?;
    let at = known.accounts.iter().position(|account| account.name == name);
    if at.is_none() && known.all_accounts {
        let names = known.accounts.iter().map(|account| account.name.as_str());
        problems.add(no_such(table, "account", name, names));
    }
    at.and_then(|at| u16::try_from(at + 1).ok()).map(AccountId)
}

fn authorised(
    table: &Table,
    known: &Known<'_>,
    account: Option<AccountId>,
    problems: &mut Problems,
) -> Vec<InstrumentId> {
    let mut found = Vec::new();
    let account = account.and_then(|id| known.accounts.get(usize::from(id.0) - 1));
    for (symbol, origin) in table.texts("instruments") {
        let at = known.symbols.iter().position(|known| *known == symbol);
        let id = at.and_then(|at| u32::try_from(at + 1).ok()).map(InstrumentId);
        let pair = account.zip(at.and_then(|at| known.instruments[at].as_ref()));
        let problem = match (id, pair) {
            (None, _) if !known.all_symbols => None,
            (None, _) => Some(no_such(table, "instruments", symbol, known.symbols.iter().copied())),
            (Some(id), _) if found.contains(&id) => {
                Some(about(table, "instruments", ConfigCode::Duplicate, "listed twice"))
            }
            (Some(_), Some((account, instrument))) => {
                let message = known.money.does_not_fit(account, instrument);
                message.map(|message| about(table, "instruments", ConfigCode::Reference, &message))
            }
            (Some(_), None) => None,
        };
        if let Some(problem) = problem {
            problems.add(Problem { origin: origin.clone(), value: Some(format!("{symbol:?}")), ..problem });
        }
        found.extend(id);
    }
    found
}

/// Parameters by name.
pub(super) fn params(table: &Table) -> Vec<(String, String)> {
    table.entries.keys().filter_map(|key| Some((key.clone(), table.text(key)?.to_owned()))).collect()
}

/// The 32 bytes of 64 checked digits.
pub(super) fn hash_of(digits: &str) -> [u8; 32] {
    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).expect("the reader lets only hexadecimal digits pass");
        *byte = u8::from_str_radix(pair, 16).expect("the reader lets only hexadecimal digits pass");
    }
    pin
}

fn execution(table: &Table) -> Option<Execution> {
    Some(Execution {
        approval_ttl_ns: table.duration("approval_ttl")?,
        terminal_retention_events: table.integer("terminal_retention_events")?,
        queue_max: u32::try_from(table.integer("queue_max")?).ok()?,
        split_parts_max: table.integer_limit("split_parts_max")?.and_then(|parts| u32::try_from(parts).ok()),
        delivery: match table.text("delivery")? {
            "batch" => EventDelivery::Batch,
            _single => EventDelivery::Single,
        },
    })
}

/// Only where every currency is known: one that is missing or wrong may be the one that is listed.
fn note_unused(root: &Table, currencies: &Currencies<'_>, problems: &mut Problems) {
    let Some(session) = root.table("session") else { return };
    let Some(table) = session.table("currencies") else { return };
    let instruments_are_known = ["quote", "base"].iter().all(|key| root.names_all("instruments", key))
        && root.tables("instruments").all(|instrument| !instrument.is_wrong("settlement"));
    let accounts_are_known = root.tables("venues").all(|venue| venue.names_all("accounts", "currency"));
    if !instruments_are_known || !accounts_are_known || session.text("base_currency").is_none() {
        return;
    }
    for code in currencies.unused() {
        problems.add(about(table, code, ConfigCode::Reference, "no account or instrument uses this currency"));
    }
}

/// A problem about a key that is there.
pub(super) fn about(table: &Table, key: &str, code: ConfigCode, message: &str) -> Problem {
    // A default has no place: what is wrong with it is wrong with the table that lacks the key.
    let entry = table.entry(key).filter(|entry| entry.origin != Origin::Default);
    let origin: &Origin = entry.map_or(&table.origin, |entry| &entry.origin);
    Problem {
        origin: origin.clone(),
        key: format!("{}.{key}", table.key),
        value: table.text(key).map(|text| format!("{text:?}")),
        code,
        message: message.to_owned(),
        fix: None,
    }
}

/// A problem about a name that points to nothing.
pub(super) fn no_such<'a>(
    table: &Table,
    key: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let fix = match nearest(name, known.clone()) {
        Some(alike) => format!("did you mean \"{alike}\"?"),
        None => format!("known: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Problem {
        value: Some(format!("{name:?}")),
        fix: Some(fix),
        ..about(table, key, ConfigCode::Reference, "points to nothing")
    }
}
