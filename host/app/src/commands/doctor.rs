//! `ringfence doctor`: is this machine ready?
//!
//! In: the environment, and a configuration where one is named. Out: a table of checks with what to do about each. Must
//! never: change anything but a probe file of its own, which it removes; a cache folder that is there is opened as a run
//! opens it, which gives it a key where it has none.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use ringfence_sandbox::{Attempt, CompileLimits, Options, Sandbox};
use serde_json::json;

use crate::calendar::time_text;
use crate::config::{Purpose, Request, load};
use crate::exit::{Exit, Failure};
use crate::output::{Form, Output};
use crate::table::Table;
use crate::{compiler, places, secrets};

/// Check that this machine is ready: toolchain, folders, clock, secrets, configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence doctor --config config/w1_ema_cross.toml

Exit code 1 when a check failed; a warning is none.")]
pub struct Args {
    /// Configuration to check too.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// Works, with something missing.
    Warning,
    Failed,
}

struct Check {
    name: &'static str,
    state: State,
    detail: String,
    fix: &'static str,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
        }
    }
}

/// Runs the command.
///
/// # Errors
/// None: what is wrong is part of the answer.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let mut checks = vec![toolchain(), wasm_target(), engine(), worker(), guests(), cache(), data(), clock(), secret()];
    checks.extend(args.config.as_deref().map(config));
    print(&checks, out);
    let failed = checks.iter().any(|check| check.state == State::Failed);
    Ok(if failed { Exit::DoesNotHold } else { Exit::Fine })
}

fn print(checks: &[Check], out: &mut Output) {
    let is_ok = checks.iter().all(|check| check.state != State::Failed);
    if out.form() == Form::Json {
        let shown = checks.iter().map(|check| {
            json!({ "name": check.name, "state": check.state.word(), "detail": check.detail, "fix": fix_of(check) })
        });
        return out.json(&json!({ "ok": is_ok, "checks": shown.collect::<Vec<_>>() }));
    }
    let mut table = Table::new(&["check", "state", "detail"]);
    for check in checks {
        table.row([check.name.to_owned(), check.state.word().to_owned(), check.detail.clone()]);
    }
    out.line(table);
    for check in checks.iter().filter(|check| fix_of(check).is_some()) {
        out.line(format!("\n{}: {}", check.name, check.fix));
    }
}

fn fix_of(check: &Check) -> Option<&'static str> {
    (check.state != State::Ok && !check.fix.is_empty()).then_some(check.fix)
}

fn check(name: &'static str, fix: &'static str, (state, detail): (State, String)) -> Check {
    Check { name, state, detail, fix }
}

/// First line that a tool prints.
fn first_line(tool: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(tool).args(arguments).output().map_err(|error| format!("{tool}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or("").to_owned();
    if output.status.success() && !line.is_empty() {
        Ok(line)
    } else {
        Err(format!("{tool} failed: {}", output.status))
    }
}

fn toolchain() -> Check {
    let found = first_line("cargo", &["--version"]).and_then(|_| first_line("rustc", &["--version"]));
    check(
        "rust toolchain",
        "only building strategies needs it: https://rustup.rs",
        match found {
            Ok(version) => (State::Ok, version),
            Err(missing) => (State::Warning, missing),
        },
    )
}

fn wasm_target() -> Check {
    let libraries = first_line("rustc", &["--print", "sysroot"])
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(ringfence_component::TARGET));
    check(
        "wasm target",
        "only building strategies needs it: rustup target add wasm32-unknown-unknown",
        match libraries {
            Ok(folder) if folder.is_dir() => (State::Ok, ringfence_component::TARGET.to_owned()),
            Ok(_) => (State::Warning, format!("{} is not installed", ringfence_component::TARGET)),
            Err(missing) => (State::Warning, missing),
        },
    )
}

fn engine() -> Check {
    let sandbox = Sandbox::new(Options::default());
    check(
        "wasm engine",
        "run on x86_64 or aarch64 Linux or macOS",
        match sandbox {
            Ok(_) => (State::Ok, ringfence_sandbox::ENGINE_VERSION.to_owned()),
            Err(error) => (State::Failed, error.to_string()),
        },
    )
}

fn worker() -> Check {
    let found = match compiler::worker() {
        None => (State::Warning, "components are compiled in this process: workers need Linux".to_owned()),
        Some(worker) => match worker.attempts() {
            Err(refusal) => (State::Failed, refusal.found),
            Ok(attempts) => shut_in(&attempts, &format!("at most {}", CompileLimits::STRATEGY)),
        },
    };
    check("compile worker", "limits hold all the same; a newer kernel, with Landlock and seccomp, shuts it in", found)
}

fn guests() -> Check {
    let found = match compiler::guests() {
        None => (State::Warning, "strategies run in this process alone: guest processes need Linux".to_owned()),
        Some(program) => match program.attempts() {
            Err(refusal) => (State::Failed, refusal.found),
            Ok(attempts) => shut_in(&attempts, "no file, socket, signal, thread or program"),
        },
    };
    check(
        "guest process",
        "it has no secret all the same; a newer kernel, with Landlock and seccomp, shuts it in",
        found,
    )
}

fn shut_in(attempts: &[Attempt], holds: &str) -> (State, String) {
    let free: Vec<&str> = attempts.iter().filter(|attempt| !attempt.is_stopped).map(|it| it.what.as_str()).collect();
    if free.is_empty() {
        return (State::Ok, format!("shut in; {holds}"));
    }
    (State::Warning, format!("not stopped: {}", free.join("; ")))
}

fn cache() -> Check {
    let folder = places::cache(&secrets::process_environment);
    check(
        "code cache",
        "set RINGFENCE_CACHE to a folder of your own; without it every start compiles",
        match folder {
            None => (State::Warning, "no folder is named".to_owned()),
            Some(folder) => match opened(&folder) {
                Ok(()) => (State::Ok, folder.display().to_string()),
                Err(reason) => (State::Warning, reason),
            },
        },
    )
}

/// Opens a cache that is there; whether one that is not could be made.
fn opened(folder: &Path) -> Result<(), String> {
    if folder.symlink_metadata().is_err() {
        return probe(folder).map_err(|error| format!("{}: {error}", folder.display()));
    }
    let options = Options { cache: Some(folder.to_owned()), ..Options::default() };
    let sandbox = Sandbox::new(options).map_err(|error| error.to_string())?;
    sandbox.cache_alarm().map_or(Ok(()), |alarm| Err(alarm.to_string()))
}

/// Writes and removes a file in the folder, or in the nearest one above it that exists.
fn probe(folder: &Path) -> std::io::Result<()> {
    let existing = folder.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("."));
    let file = existing.join(format!(".ringfence-probe-{}", std::process::id()));
    std::fs::write(&file, b"probe")?;
    std::fs::remove_file(&file)
}

fn data() -> Check {
    let fix = "set RINGFENCE_DATA to the folder of real market data, or use `ringfence data generate`";
    check(
        "market data",
        fix,
        match places::data(&secrets::process_environment) {
            None => (State::Warning, "RINGFENCE_DATA is not set".to_owned()),
            Some(folder) if folder.is_dir() => (State::Ok, folder.display().to_string()),
            Some(folder) => (State::Warning, format!("{} is no folder", folder.display())),
        },
    )
}

/// 2025-01-01: no release is older.
const RELEASED: Duration = Duration::from_secs(1_735_689_600);

#[expect(clippy::disallowed_methods, reason = "the check is about the machine's clock; no result depends on it")]
fn clock() -> Check {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    check(
        "clock",
        "set the clock, for example with NTP; backtests do not use it",
        match now {
            Ok(now) if now > RELEASED => (State::Ok, time_text(now.as_secs().saturating_mul(1_000_000_000))),
            Ok(_) | Err(_) => (State::Warning, "is before 2025".to_owned()),
        },
    )
}

fn secret() -> Check {
    let fix = "at least 32 bytes in a file of mode 0600 named by AIS_RISK_HMAC_SECRET_FILE";
    check(
        "approval secret",
        fix,
        match secrets::read(secrets::RISK_HMAC, &secrets::process_environment) {
            Ok(Some(_)) => (State::Ok, "given".to_owned()),
            Ok(None) => (State::Ok, "none; backtest and replay need none".to_owned()),
            Err(error) => (State::Failed, format!("{error} [{}]", error.code())),
        },
    )
}

fn config(file: &Path) -> Check {
    let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Check };
    check(
        "configuration",
        "`ringfence config check` lists every problem",
        match load(&request) {
            Ok(loaded) => (State::Ok, format!("{} hash {}", file.display(), crate::output::hex(&loaded.core.hash()))),
            Err(report) => (State::Failed, format!("{}: {} problems", file.display(), report.problems.len())),
        },
    )
}
