//! Checks: may this process trade live, and if not, what is missing?
//!
//! In: configuration, environment. Out: a permit and the keys of the venue, or every condition that does not hold. Must
//! never: show a secret, or look at a condition less than the permit asks for.

use ringfence_core::config::Config;
use ringfence_core::event::Mode;
use ringfence_sandbox::Isolation;
use ringfence_venue::LivePermit;
use ringfence_venue::checks::{Condition, LiveChecks, Unmet};

use crate::config::{AdapterKind, Loaded, Wire};
use crate::exit::{Failure, Fault};
use crate::secrets::{self, Environment, Secret, SecretError};

/// The switch of live trading in the environment.
pub(crate) const SWITCH: &str = "AIS_ENABLE_LIVE_TRADING";

/// What opens a live transport.
pub(crate) struct Entry {
    pub(crate) permit: LivePermit,
    pub(crate) account_id: String,
    /// Key and secret of the venue; `None` where a gateway has them, which looks for them itself.
    pub(crate) keys: Option<(Secret, Secret)>,
}

/// Who looks at the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    /// The host: it reads no key of a venue that a gateway serves.
    Host,
    /// The gateway of a venue.
    Gateway,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("account_id", &self.account_id).finish_non_exhaustive()
    }
}

/// Looks at every condition for each venue that orders go to.
pub(crate) fn entries(
    loaded: &Loaded,
    (has_journal, seat): (bool, Seat),
    environment: &Environment<'_>,
) -> Result<Vec<(Wire, Entry)>, Failure> {
    let mut entries = Vec::new();
    let mut unmet: Vec<Unmet> = Vec::new();
    for wire in &loaded.wires {
        match entry(wire, loaded, (has_journal, seat, environment)) {
            Ok(entry) => entries.push((wire.clone(), entry)),
            Err(missing) => unmet.extend(missing.into_iter().filter(|it| !unmet.contains(it)).collect::<Vec<_>>()),
        }
    }
    if loaded.wires.is_empty() {
        let why = "no venue of the configuration has an adapter: `adapter` of [[venues]] names one";
        return Err(Failure::usage(why));
    }
    if unmet.is_empty() { Ok(entries) } else { Err(refused(&unmet)) }
}

fn refused(unmet: &[Unmet]) -> Failure {
    let lines = unmet.iter().map(|it| format!("\n  {}: {}", it.condition.code(), it.detail));
    let text = format!(
        "live trading is not allowed, {} of its conditions do not hold:{}",
        unmet.len(),
        lines.collect::<String>()
    );
    Failure::Usage(
        Fault::new(text).fixed_by("docs/live.md says how each is met; `--mode shadow` needs the approval secret alone"),
    )
}

fn entry(
    wire: &Wire,
    loaded: &Loaded,
    (has_journal, seat, environment): (bool, Seat, &Environment<'_>),
) -> Result<Entry, Vec<Unmet>> {
    let mut checks = LiveChecks::new();
    checks.found(Condition::Switch, switch(environment));
    checks.found(Condition::NoProfile, no_profile(loaded));
    checks.found(Condition::Margin, margin(wire, &loaded.core));
    checks.found(Condition::Isolation, isolation(loaded));
    let journal = "a live session is recorded: --journal DIR, or [journal] folder";
    checks.found(Condition::Journal, has_journal.then_some(()).ok_or_else(|| journal.to_owned()));
    checks.found(Condition::ApprovalSecret, given(secrets::RISK_HMAC, secrets::read, environment).map(|_| ()));
    let account = account_name(wire);
    let account_id = environment(&account).and_then(|value| value.into_string().ok()).filter(|id| !id.is_empty());
    checks.found(Condition::AccountId, account_id.as_ref().map(|_| ()).ok_or_else(|| format!("{account} is not set")));
    let keys = keys(wire, seat, environment);
    for unmet in keys.as_ref().err().into_iter().flatten() {
        checks.found(Condition::VenueKeys, Err(unmet.clone()));
    }
    if keys.is_ok() {
        checks.found(Condition::VenueKeys, Ok(()));
    }
    let permit = checks.permit()?;
    let (Some(account_id), Ok(keys)) = (account_id, keys) else { return Err(checks.unmet()) };
    Ok(Entry { permit, account_id, keys })
}

/// The keys of a venue; `None` where they are a gateway's to read. Otherwise everything that is wrong with them.
fn keys(wire: &Wire, seat: Seat, environment: &Environment<'_>) -> Result<Option<(Secret, Secret)>, Vec<String>> {
    if seat == Seat::Host && wire.isolation == Isolation::Process {
        return Ok(None);
    }
    let [key, secret] = ["API_KEY", "API_SECRET"]
        .map(|what| given(&format!("{}_{what}", prefix(wire)), secrets::read_key, environment));
    match (key, secret) {
        (Ok(key), Ok(secret)) => Ok(Some((key, secret))),
        (key, secret) => Err([key.err(), secret.err()].into_iter().flatten().collect()),
    }
}

/// What names of the environment begin with for a venue: its name in capitals.
pub(crate) fn prefix(wire: &Wire) -> String {
    let letters = wire.name.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_uppercase() } else { '_' });
    letters.collect()
}

fn account_name(wire: &Wire) -> String {
    match wire.adapter {
        AdapterKind::Aster => "ASTER_ACCOUNT_ID".to_owned(),
        AdapterKind::BinanceSpot | AdapterKind::BinanceUsdm => format!("{}_ACCOUNT_ID", prefix(wire)),
    }
}

fn switch(environment: &Environment<'_>) -> Result<(), String> {
    let is_on = environment(SWITCH).is_some_and(|value| value == "true");
    is_on.then_some(()).ok_or_else(|| format!("{SWITCH} is not \"true\""))
}

/// How a secret is read.
type Reader = fn(&str, &Environment<'_>) -> Result<Option<Secret>, SecretError>;

fn given(name: &str, read: Reader, environment: &Environment<'_>) -> Result<Secret, String> {
    match read(name, environment) {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(format!("{name} is not set; nor is {name}_FILE, nor is it in $CREDENTIALS_DIRECTORY")),
        Err(error) => Err(error.to_string()),
    }
}

fn no_profile(loaded: &Loaded) -> Result<(), String> {
    if loaded.has_profile() { Err("[risk] names a profile; live limits are written out".to_owned()) } else { Ok(()) }
}

/// Leverage and margin mode are written, and Risk waits for the venue to confirm them.
fn margin(wire: &Wire, config: &Config) -> Result<(), String> {
    let needs_it = config.instruments.iter().any(|it| it.venue == wire.venue && it.kind.has_leverage());
    let missing: Vec<&str> = [
        ("leverage of [[venues]]", wire.leverage.is_some()),
        ("margin_mode of [[venues]]", wire.margin_mode.is_some()),
        ("risk.leverage_reported = \"deny\"", config.risk.leverage_reported),
        ("risk.margin_mode_reported = \"deny\"", config.risk.margin_mode_reported),
    ]
    .into_iter()
    .filter_map(|(name, is_there)| (!is_there).then_some(name))
    .collect();
    if !needs_it || missing.is_empty() {
        return Ok(());
    }
    Err(format!("venue {} trades on margin, and {} is missing", wire.name, missing.join(", ")))
}

fn isolation(loaded: &Loaded) -> Result<(), String> {
    loaded.isolated_enough(Mode::Live).map_err(|report| report.to_string())
}
