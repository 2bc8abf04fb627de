//! `ringfence exchange`: a local exchange to develop against.
//!
//! In: a port, settings, tapes, a state folder, a script of faults. Out: an exchange on loopback until it is interrupted.
//! Must never: listen where other machines can reach it, or decide what is answered.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use ringfence_exchange::faults::Script;
use ringfence_exchange::log::{Folder, Log};
use ringfence_exchange::server::serve;
use ringfence_exchange::{Exchange, Settings};
use serde_json::json;

use crate::commands::number;
use crate::exchange::tapes;
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output};

/// Serve a local exchange: the public protocol of Binance spot and USD-M futures, without keys and without money.
///
/// Spot is under /api and /ws, futures are under /fapi and /fapi/ws, of one address on loopback. Prices are generated from a
/// seed, or come from tapes, or from the accounts alone. Its two accounts, alice and bob, have well-known keys. What it
/// accepted survives a restart with --state. GET /local/ledger tells its own truth.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence exchange --port 8500
  curl http://127.0.0.1:8500/api/v3/depth?symbol=BTCUSDT
  ringfence exchange --port 8500 --state target/exchange --faults faults.toml
  ringfence exchange --prices none --json")]
pub struct Args {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8500, value_parser = number::whole(0..=u16::MAX))]
    port: u16,
    /// Accounts, symbols and limits, as TOML; everything has a default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of generated prices and names. [default: that of the configuration, or 0]
    #[arg(long, value_parser = number::seed)]
    seed: Option<u64>,
    /// Where prices come from.
    #[arg(long, value_name = "SOURCE", default_value = "generated")]
    prices: Prices,
    /// Trades or quotes of a tape as the market: spot:SYMBOL=FILE or futures:SYMBOL=FILE. May be repeated; nothing is generated
    /// then.
    #[arg(long, value_name = "WHERE=FILE")]
    tape: Vec<String>,
    /// Folder for the log of accepted commands: made where there is none, gone on with where there is one.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Rules of what goes wrong, as TOML.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

/// Where prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Prices {
    /// From the seed.
    Generated,
    /// Only accounts trade with one another.
    None,
}

/// Runs the command.
///
/// # Errors
/// Settings or a script that make no sense (usage); a port, a tape or a disk that cannot be had (outside).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    let settings = settings(args)?;
    let tapes = tapes::open(&args.tape, &settings.listings)?;
    let mut exchange = Exchange::new(settings).map_err(|fault| Failure::usage(fault.to_string()))?;
    let (log, restored) = restore(&mut exchange, args.state.as_deref())?;
    if !args.tape.is_empty() {
        exchange.follow(Box::new(tapes));
    }
    if let Some(path) = &args.faults {
        let script = Script::parse_toml(&read(path)?).map_err(|fault| malformed(path, &fault))?;
        exchange.add_faults(script);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .map_err(|fault| Failure::outside(format!("cannot listen on 127.0.0.1:{}: {fault}", args.port)))?;
    announce(&exchange, &listener, restored, out)?;
    serve(listener, exchange, log, interrupt::is_asked).map_err(|fault| Failure::outside(fault.to_string()))?;
    Ok(Exit::Fine)
}

fn settings(args: &Args) -> Result<Settings, Failure> {
    let text = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
    let config = args.config.as_deref().unwrap_or(Path::new("settings"));
    let mut settings = Settings::parse(&text).map_err(|fault| malformed(config, &fault))?;
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.is_generated &= args.prices == Prices::Generated && args.tape.is_empty();
    Ok(settings)
}

/// Does again what the log holds; the answer is the log, and how many commands were in it.
fn restore(exchange: &mut Exchange, state: Option<&Path>) -> Result<(Option<Log<Folder>>, usize), Failure> {
    let Some(folder) = state else { return Ok((None, 0)) };
    let outside = |fault: &dyn std::fmt::Display| Failure::outside(format!("{}: {fault}", folder.display()));
    let storage = Folder::open(folder).map_err(|fault| outside(&fault))?;
    let (log, commands) = Log::open(storage).map_err(|fault| outside(&fault))?;
    for command in &commands {
        exchange.replay(command).map_err(|fault| outside(&fault))?;
    }
    Ok((Some(log), commands.len()))
}

fn announce(exchange: &Exchange, listener: &TcpListener, restored: usize, out: &mut Output) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(|fault| Failure::outside(fault.to_string()))?;
    match out.form() {
        Form::Json => {
            let accounts =
                exchange.accounts().map(|(name, key, secret)| json!({"name": name, "key": key, "secret": secret}));
            out.json(&json!({
                "address": format!("http://{address}"), "streams": format!("ws://{address}"),
                "accounts": accounts.collect::<Vec<_>>(), "restored": restored,
            }));
        }
        Form::Text => {
            out.line(format_args!("exchange on http://{address} and ws://{address}, interrupt to stop"));
            for (name, key, secret) in exchange.accounts() {
                out.line(format_args!("  account {name}: key {key} secret {secret}"));
            }
            if restored > 0 {
                out.line(format_args!("  {restored} commands were in the log"));
            }
        }
    }
    out.flush();
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|fault| Failure::outside(format!("{}: {fault}", path.display())))
}

fn malformed(path: &Path, fault: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(
        Fault::new(format!("{}: {fault}", path.display())).fixed_by("docs/exchange.md shows what may be in it"),
    )
}
