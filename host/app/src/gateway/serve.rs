//! Serve: what does a gateway do?
//!
//! In: frames of a host on standard input; configuration and keys of its own. Out: what its venue says, in frames on standard
//! output. Must never: send a command whose approval it has not checked, or live longer than its host.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::Mode;
use ringfence_core::gateway::{Gateway, Post, Refused};
use ringfence_core::ids::{SessionId, TimeNs};
use ringfence_core::risk::ApprovalKeys;
use ringfence_venue::{Rates, Said, VenueAdapter};
use tokio::sync::mpsc::{Receiver, channel};

use super::message::{Heard, Told, read_frame, write_frame};
use crate::config::{Loaded, Purpose, Request, Wire, load};
use crate::exit::{Exit, Failure, Fault};
use crate::live::checks::{Entry, Seat, entries};
use crate::live::venues;
use crate::output::diagnostic;
use crate::secrets::{self, process_environment};
use crate::sessions::live::reached;

/// Serves one venue of a live session; started by `ringfence run`, which speaks to it on standard input and output.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Configuration of the session.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Overrides of it.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Hash of the configuration in force.
    #[arg(long, value_name = "SHA256", value_parser = hash)]
    hash: Sha256Hash,
    /// Identity of the session.
    #[arg(long, value_name = "ID", value_parser = session)]
    session: SessionId,
    /// Name of the venue.
    #[arg(long, value_name = "NAME")]
    venue: String,
}

/// What is needed to serve.
struct Prepared {
    wire: Wire,
    entry: Entry,
    gateway: Gateway,
    loaded: Loaded,
    session: SessionId,
}

/// Runs the verb.
///
/// # Errors
/// What is missing; the host is told as well.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let served = die_with_the_host().and_then(|()| prepare(args)).and_then(serve);
    match served {
        // The host says it; one that is gone does not.
        Err(failure) if say(&Heard::NotReady(failure.words())).is_ok() => Ok(Exit::DoesNotHold),
        served => served.map(|()| Exit::Fine),
    }
}

/// A host that is killed takes its gateways with it: what waits in them must not be sent to a venue that another host has
/// meanwhile asked what it knows.
#[cfg(target_os = "linux")]
fn die_with_the_host() -> Result<(), Failure> {
    let host = nix::unistd::getppid();
    let set = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    set.map_err(|error| Failure::outside(format!("a gateway cannot be bound to its host: {error}")))?;
    if nix::unistd::getppid() == host { Ok(()) } else { Err(Failure::outside("the host of this gateway is gone")) }
}

#[cfg(not(target_os = "linux"))]
fn die_with_the_host() -> Result<(), Failure> {
    Err(Failure::usage("a gateway needs Linux; isolation = \"in-process\" needs none"))
}

fn prepare(args: &Args) -> Result<Prepared, Failure> {
    let Args { config, set, hash, session, venue } = args;
    let purpose = Purpose::Outside(Mode::Live);
    let loaded = load(&Request { file: config, sets: set, data: &[], events: None, purpose })?;
    if loaded.core.hash() != *hash {
        let text = format!("{} is not the configuration that the session runs with any more", config.display());
        return Err(Failure::Usage(Fault::new(text).fixed_by("restore it")));
    }
    let found = entries(&loaded, (true, Seat::Gateway), &process_environment)?;
    let found = found.into_iter().find(|(wire, _)| wire.name == *venue);
    let unknown = || Failure::usage(format!("no venue {venue} in {}", config.display()));
    let (wire, entry) = found.ok_or_else(unknown)?;
    let gateway = Gateway::new(post(&loaded, &wire, *session), approval_keys()?);
    Ok(Prepared { wire, entry, gateway, loaded, session: *session })
}

fn post(loaded: &Loaded, wire: &Wire, session: SessionId) -> Post {
    let place = reached(loaded).into_iter().find(|it| it.venue == wire.venue);
    Post {
        session,
        venue: wire.venue,
        accounts: place.map_or_else(Vec::new, |it| it.accounts),
        mode: Mode::Live,
        env: loaded.core.env,
        config: loaded.core.hash(),
        ttl_ns: loaded.core.execution.approval_ttl_ns,
        since: now(),
    }
}

fn approval_keys() -> Result<ApprovalKeys, Failure> {
    let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
    let secret = secrets::read(secrets::RISK_HMAC, &process_environment).map_err(|error| refused(error.to_string()))?;
    let secret = secret.ok_or_else(|| refused(format!("{} is not set", secrets::RISK_HMAC)))?;
    ApprovalKeys::of_secret(secret.expose()).map_err(|error| refused(error.to_string()))
}

fn serve(prepared: Prepared) -> Result<(), Failure> {
    let Prepared { wire, entry, gateway, loaded, session } = prepared;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::outside(format!("no threads for the network: {error}")))?;
    let adapter = {
        let _guard = runtime.enter();
        venues::live(&wire, (&loaded.core, session), entry)?
    };
    say(&Heard::Ready(adapter.capabilities()))?;
    let served = runtime.block_on(attend(adapter, gateway, told(session)));
    runtime.shutdown_timeout(GRACE);
    served
}

/// Longest wait for what the adapter still has to do when the host has no more to say.
const GRACE: Duration = Duration::from_secs(2);
/// How often the venue's budget is looked at.
const RATES: Duration = Duration::from_millis(500);
/// Messages that wait for the adapter; beyond them the host is not read.
const TOLD_MAX: usize = 1024;

/// What the host says, read by a thread of its own.
fn told(session: SessionId) -> Receiver<Told> {
    let (sender, told) = channel(TOLD_MAX);
    std::thread::spawn(move || {
        let mut from = io::stdin().lock();
        loop {
            let message = match read_frame(&mut from) {
                Ok(Some(bytes)) => Told::take(&bytes, session).map_err(|error| error.to_string()),
                Ok(None) => return,
                Err(error) => Err(error.to_string()),
            };
            match message {
                Ok(message) => {
                    if sender.blocking_send(message).is_err() {
                        return;
                    }
                }
                Err(error) => return diagnostic(format_args!("alarm: the gateway hears its host no more: {error}")),
            }
        }
    });
    told
}

/// Serves until the host has nothing more to say and the adapter has told everything.
async fn attend<A: VenueAdapter>(
    mut adapter: A,
    mut gateway: Gateway,
    mut told: Receiver<Told>,
) -> Result<(), Failure> {
    let mut is_open = true;
    let (mut looks, mut rates) = (tokio::time::interval(RATES), Rates::default());
    loop {
        tokio::select! {
            biased;
            message = told.recv(), if is_open => match message {
                Some(Told::Send(sealed)) => match gateway.admit(&sealed, now()) {
                    Ok(command) => adapter.send(command).await,
                    Err(refused) => refuse(refused)?,
                },
                Some(Told::Emergency(cancel)) => adapter.send_emergency(cancel).await,
                Some(Told::Ask(id, query)) => adapter.ask(id, query).await,
                Some(Told::Set(id, place, setting)) => adapter.set(id, place, setting).await,
                Some(Told::Close) | None => {
                    is_open = false;
                    adapter.close().await;
                }
            },
            said = adapter.next() => match said {
                Some(Said::Report(report)) => say(&Heard::Report(report))?,
                Some(Said::Answered(id, answer)) => say(&Heard::Answered(id, answer))?,
                None => return Ok(()),
            },
            _ = looks.tick() => if adapter.rates() != rates {
                rates = adapter.rates();
                say(&Heard::Rates(rates))?;
            },
        }
        adapter.alarms().into_iter().try_for_each(|alarm| say(&Heard::Alarm(alarm)))?;
    }
}

fn say(heard: &Heard) -> Result<(), Failure> {
    let written = write_frame(&mut io::stdout().lock(), &heard.bytes());
    written.map_err(|error| Failure::outside(format!("the host of this gateway is gone: {error}")))
}

fn refuse(refused: Refused) -> Result<(), Failure> {
    diagnostic(format_args!("alarm: the gateway lets nothing through that was not approved: {refused}"));
    match refused {
        Refused::Not(leg, code) => say(&Heard::Refused(leg, code)),
        Refused::Unreadable(_) => Ok(()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of an approval is judged by the clock of whoever sends")]
fn now() -> TimeNs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    TimeNs(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn hash(text: &str) -> Result<Sha256Hash, String> {
    bytes(text)
}

fn session(text: &str) -> Result<SessionId, String> {
    bytes(text).map(SessionId)
}

/// Bytes written in hexadecimal.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let wrong = || format!("{N} bytes in hexadecimal are needed");
    let digit = |it: char| it.to_digit(16).and_then(|it| u8::try_from(it).ok());
    let digits: Vec<u8> = text.chars().map(digit).collect::<Option<_>>().ok_or_else(wrong)?;
    let found: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
    (digits.len() == 2 * N).then(|| found.try_into().ok()).flatten().ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_read_as_they_are_written() {
        assert_eq!(session(&SessionId([0xA1; 16]).to_string()), Ok(SessionId([0xA1; 16])));
        for wrong in ["", "a1", "zz", &"a".repeat(31), &"a".repeat(33), &"a".repeat(34)] {
            assert!(session(wrong).is_err(), "{wrong}");
        }
    }
}
