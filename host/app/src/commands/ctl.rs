//! `ringfence ctl`: ask a session that runs, and tell it what to do.
//!
//! In: the socket or address of a session, a command. Out: its answer. Must never: do anything by itself; the session
//! decides, and records who asked.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_control::api::{
    Accepted, Board, Command, ExecutionReport, IntentStatus, KillLevelName, OrderLine, PositionLine, Problem, TailLine,
    VenueLine,
};
use ringfence_control::client::{Answer, Client, ClientError, Target};
use serde_json::{Value as Json, json};

use crate::commands::number;
use crate::control::SOCKET;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};
use crate::secrets;

/// Ask a session that runs, and tell it what to do. Everything that is told is recorded with who said it.
///
/// The session is reached over its Unix socket: the one that --socket names, the one in the journal that --journal names, or
/// ringfence.sock in this folder. With --tcp it is reached over the network; the token comes from --token-file or
/// from RINGFENCE_TOKEN.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence ctl --journal paper1 status
  ringfence ctl --journal paper1 kill L3
  ringfence ctl --tcp 127.0.0.1:8420 --token-file ann.token positions --json
Exit codes: 0 done, 1 the session refused it, 2 wrong usage, 4 no session answers")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

/// Where the session is.
#[derive(Debug, clap::Args)]
struct Place {
    /// Unix socket of the session.
    #[arg(long, global = true, value_name = "PATH", conflicts_with_all = ["journal", "tcp"])]
    socket: Option<PathBuf>,
    /// Folder of the session's journal, with its socket in it.
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "tcp")]
    journal: Option<PathBuf>,
    /// Address and port of the session.
    #[arg(long, global = true, value_name = "HOST:PORT")]
    tcp: Option<String>,
    /// File with a token, readable by its owner alone.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// What is true now: trading, kill switch, strategies, counts.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 status")]
    Status,
    /// End the session in good order; a live one goes on with the next start.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 stop")]
    Stop,
    /// Allow new orders again; with --instrument, end the host's own halt of that one.
    #[command(
        after_help = "Example:\n  ringfence ctl --journal paper1 enable\n  ringfence ctl --journal paper1 enable --instrument US:SPY"
    )]
    Enable {
        /// VENUE:SYMBOL; trading as a whole where absent.
        #[arg(long, value_name = "VENUE:SYMBOL")]
        instrument: Option<String>,
    },
    /// Deny new orders, of all or of one instrument; cancels still pass.
    #[command(
        after_help = "Example:\n  ringfence ctl --journal paper1 disable\n  ringfence ctl --journal paper1 disable --instrument US:SPY"
    )]
    Disable {
        /// VENUE:SYMBOL; trading as a whole where absent.
        #[arg(long, value_name = "VENUE:SYMBOL")]
        instrument: Option<String>,
    },
    /// Set a level of the kill switch, or release it with `off`.
    #[command(
        after_help = "Example:\n  ringfence ctl --journal paper1 kill L1 --strategy ema\n  ringfence ctl --journal paper1 kill L4\n  ringfence ctl --journal paper1 kill off"
    )]
    Kill {
        /// L1 = one strategy, L2 = all new orders, L3 = and cancel all, L4 = and close what strategies hold.
        level: Level,
        /// Strategy that L1 stops, or off releases.
        #[arg(long, value_name = "NAME")]
        strategy: Option<String>,
    },
    /// Cancel all orders and close the positions of one strategy, or of all.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 flatten --strategy ema")]
    Flatten {
        /// Strategy; all where absent.
        #[arg(long, value_name = "NAME")]
        strategy: Option<String>,
    },
    /// Read configuration and components again.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 reload")]
    Reload,
    /// The configuration in force, without secrets.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 config")]
    Config,
    /// Permit trading; where two people have to, the second one completes it.
    #[command(after_help = "Example:\n  ringfence ctl --tcp 127.0.0.1:8420 --token-file ann.token arm")]
    Arm,
    /// Take that back.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 disarm")]
    Disarm,
    /// Let a halted strategy run again.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 resume ema")]
    Resume {
        /// Its name.
        strategy: String,
    },
    /// Orders at venues.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 orders")]
    Orders,
    /// Positions that are not flat.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 positions --json")]
    Positions,
    /// What happened last, or as it happens.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 events --follow --json")]
    Events {
        /// Lines behind this number.
        #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = number::rows)]
        after: u64,
        /// Most lines to begin with.
        #[arg(long, value_name = "LINES", default_value_t = 100, value_parser = number::whole(0..=usize::MAX))]
        max: usize,
        /// Go on until the session ends.
        #[arg(long)]
        follow: bool,
    },
    /// Send an intent for an external strategy; or, with --of, what became of one.
    #[command(
        after_help = "Example:\n  ringfence ctl --journal paper1 intent order.json\n  ringfence ctl --journal paper1 intent --of agent agent-7"
    )]
    Intent {
        /// File with the intent as JSON, - = standard input; with --of the intent_id.
        intent: String,
        /// Strategy of an intent that was sent before.
        #[arg(long, value_name = "STRATEGY")]
        of: Option<String>,
    },
    /// The text that Prometheus reads.
    #[command(after_help = "Example:\n  ringfence ctl --journal paper1 metrics")]
    Metrics,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Level {
    #[value(name = "off")]
    Off,
    #[value(name = "L1", alias = "l1")]
    L1,
    #[value(name = "L2", alias = "l2")]
    L2,
    #[value(name = "L3", alias = "l3")]
    L3,
    #[value(name = "L4", alias = "l4")]
    L4,
}

impl Level {
    const fn named(self) -> KillLevelName {
        match self {
            Level::Off => KillLevelName::Off,
            Level::L1 => KillLevelName::L1,
            Level::L2 => KillLevelName::L2,
            Level::L3 => KillLevelName::L3,
            Level::L4 => KillLevelName::L4,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// No session answers, the session refuses.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let client = client(&args.place)?;
    match &args.what {
        What::Status => show(&client, "/v1/status", out, status),
        What::Orders => show(&client, "/v1/orders", out, orders),
        What::Positions => show(&client, "/v1/positions", out, positions),
        What::Config => text(&client, "/v1/config", out),
        What::Metrics => text(&client, "/metrics", out),
        What::Events { after, max, follow: false } => {
            let body = got(client.get(&format!("/v1/events?after={after}&max={max}")))?;
            lines(&body, out).map(|()| Exit::Fine)
        }
        What::Events { after, max, follow: true } => follow(&client, (*after, *max), out),
        What::Intent { intent, of: Some(strategy) } => {
            let path = format!("/v1/intents/{}/{}", escaped(strategy), escaped(intent));
            show(&client, &path, out, intent_status)
        }
        What::Intent { intent, of: None } => send(&client, "/v1/intents", read(Path::new(intent))?, out),
        What::Stop => tell(&client, &Command::Stop {}, out),
        What::Enable { instrument } => tell(&client, &Command::Enable { instrument: instrument.clone() }, out),
        What::Disable { instrument } => tell(&client, &Command::Disable { instrument: instrument.clone() }, out),
        What::Kill { level, strategy } => {
            tell(&client, &Command::Kill { level: level.named(), strategy: strategy.clone() }, out)
        }
        What::Flatten { strategy } => tell(&client, &Command::Flatten { strategy: strategy.clone() }, out),
        What::Reload => tell(&client, &Command::Reload {}, out),
        What::Arm => tell(&client, &Command::Arm {}, out),
        What::Disarm => tell(&client, &Command::Disarm {}, out),
        What::Resume { strategy } => tell(&client, &Command::Resume { strategy: strategy.clone() }, out),
    }
}

fn client(place: &Place) -> Result<Client, Failure> {
    let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
    let target = match (&place.tcp, &place.socket, &place.journal) {
        (Some(address), ..) => Target::Tcp(address.clone()),
        (None, Some(socket), _) => Target::Socket(socket.clone()),
        (None, None, Some(folder)) => Target::Socket(folder.join(SOCKET)),
        (None, None, None) => Target::Socket(PathBuf::from(SOCKET)),
    };
    let secret = match &place.token_file {
        Some(file) => secrets::read_named("the token", file).map(Some),
        None => secrets::read("RINGFENCE_TOKEN", &secrets::process_environment),
    };
    let secret = secret.map_err(|error| refused(error.to_string()))?;
    let token = secret.map(|secret| String::from_utf8(secret.expose().to_vec()));
    let token = token.transpose().map_err(|_| refused("the token is no plain text".to_owned()))?;
    Ok(Client::new(target, token))
}

fn tell(client: &Client, command: &Command, out: &mut Output) -> Result<Exit, Failure> {
    let json = serde_json::to_vec(command).map_err(|error| Failure::usage(error.to_string()))?;
    send(client, "/v1/commands", json, out)
}

fn send(client: &Client, path: &str, json: Vec<u8>, out: &mut Output) -> Result<Exit, Failure> {
    let body = got(client.post(path, json))?;
    let Accepted { seq, is_applied, message, intent, reports, .. } = parsed(&body)?;
    // An intent that came to nothing at once was refused, though the command was taken.
    let is_refused = |report: &ExecutionReport| matches!(report.status.as_str(), "MALFORMED" | "DENIED" | "REFUSED");
    let exit = if reports.iter().any(is_refused) { Exit::DoesNotHold } else { Exit::Fine };
    if out.form() == Form::Json {
        out.json(&parsed::<Json>(&body)?);
        return Ok(exit);
    }
    let place = match (seq, is_applied) {
        (Some(seq), true) => format!(" (event {seq})"),
        (_, false) | (None, _) => " (not yet; the session is busy or over)".to_owned(),
    };
    out.line(format_args!("{message}{place}"));
    let what = intent.map(|intent| format!("intent {intent}"));
    what.iter().for_each(|what| out.line(what));
    reports.iter().for_each(|report| out.line(format_args!("  {} {} {}", report.status, report.code, report.text)));
    Ok(exit)
}

/// Prints an answer, for people in words of `say`.
fn show<T: serde::de::DeserializeOwned>(
    client: &Client,
    path: &str,
    out: &mut Output,
    say: fn(&T, &mut Output),
) -> Result<Exit, Failure> {
    let body = got(client.get(path))?;
    match out.form() {
        Form::Json => out.json(&parsed::<Json>(&body)?),
        Form::Text => say(&parsed(&body)?, out),
    }
    Ok(Exit::Fine)
}

fn text(client: &Client, path: &str, out: &mut Output) -> Result<Exit, Failure> {
    let body = String::from_utf8_lossy(&got(client.get(path))?).into_owned();
    match out.form() {
        Form::Json => out.json(&json!({ "text": body })),
        Form::Text => out.line(body.trim_end()),
    }
    Ok(Exit::Fine)
}

fn status(board: &Board, out: &mut Output) {
    let armed = match (board.is_armed, &board.armed_by) {
        (true, _) => "armed".to_owned(),
        (false, Some(first)) => format!("not armed, {first} waits for a second person"),
        (false, None) => "not armed".to_owned(),
    };
    let Board { mode, session, run, time, seq, rows, trading, kill, counts, currency, equity, pnl, .. } = board;
    out.line(format_args!("{mode} session {session} ({run}), {armed}, trading {trading}, kill switch {kill}"));
    // Rows are those of tapes: a market from outside has none.
    let rows = if *rows == 0 { String::new() } else { format!(", {rows} rows") };
    out.line(format_args!("at {time}, event {seq}{rows}; equity {equity} {currency}, profit {pnl}"));
    for VenueLine { name, is_up, why } in &board.venues {
        let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        out.line(format_args!("  venue {name} {}{why}", if *is_up { "up" } else { "down" }));
    }
    for instrument in &board.held {
        out.line(format_args!("  instrument {instrument} halted by the host until `enable --instrument {instrument}`"));
    }
    out.line(format_args!(
        "{} intents, {} denied, {} orders, {} fills, {} rejected, {} halts, {} anomalies",
        counts.intents, counts.denied, counts.orders, counts.fills, counts.rejected, counts.halts, counts.anomalies
    ));
    for it in &board.strategies {
        out.line(format_args!(
            "  {:<20} {:<12} profit {} fees {} open orders {} calls {} fuel p50 {} p99 {} of {}",
            it.name, it.state, it.pnl, it.fees, it.open_orders, it.calls, it.fuel_p50, it.fuel_p99, it.fuel_budget
        ));
    }
    for it in board.external() {
        let (qty, instrument) = (&it.qty, &it.instrument);
        out.line(format_args!("  external             {qty} {instrument}: nobody's, L4 and flatten leave it"));
    }
    for denial in &board.denials {
        out.line(format_args!("  {} {}x, last: {}", denial.code, denial.count, denial.last));
    }
}

fn orders(orders: &Vec<OrderLine>, out: &mut Output) {
    for it in orders {
        let OrderLine { order, strategy, instrument, side, order_type, qty, filled, limit, state } = it;
        out.line(format_args!(
            "{order} {strategy} {instrument} {side} {order_type} {qty} @ {limit} filled {filled} {state}"
        ));
    }
    if orders.is_empty() {
        out.line("no orders");
    }
}

fn positions(positions: &Vec<PositionLine>, out: &mut Output) {
    for PositionLine { strategy, instrument, qty, mark } in positions {
        out.line(format_args!("{strategy} {instrument} {qty} @ {mark}"));
    }
    if positions.is_empty() {
        out.line("no positions");
    }
}

fn intent_status(status: &IntentStatus, out: &mut Output) {
    let intent = status.intent.as_deref().unwrap_or("not yet an intent");
    out.line(format_args!("{} {}: {intent}", status.strategy, status.intent_id));
    for report in &status.reports {
        out.line(format_args!(
            "  {} event {} {} {} {}",
            report.time, report.seq, report.status, report.code, report.text
        ));
    }
}

fn follow(client: &Client, (after, max): (u64, usize), out: &mut Output) -> Result<Exit, Failure> {
    let mut fault = None;
    let ended = client.follow(&format!("/v1/tail?after={after}&max={max}"), &mut |data| {
        fault = lines(data.as_bytes(), out).err();
        out.flush();
        if fault.is_some() || !out.is_open() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match (ended.map_err(failure)?, fault) {
        (_, Some(fault)) => Err(fault),
        (Some(refused), None) => got(Ok(refused)).map(|_| Exit::Fine),
        (None, None) => Ok(Exit::Fine),
    }
}

fn lines(body: &[u8], out: &mut Output) -> Result<(), Failure> {
    if out.form() == Form::Json {
        parsed::<Vec<Json>>(body)?.iter().for_each(|line| out.json(line));
        return Ok(());
    }
    for TailLine { number, time, name, strategy, text, .. } in parsed::<Vec<TailLine>>(body)? {
        out.line(format_args!("{number} {time} {name} {strategy} {text}"));
    }
    Ok(())
}

/// Largest intent that is read.
const INTENT_BYTES_MAX: u64 = 16 << 10;

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fault = |error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(INTENT_BYTES_MAX).read_to_end(&mut bytes).map_err(fault)?;
    } else {
        std::fs::File::open(path).map_err(fault)?.take(INTENT_BYTES_MAX).read_to_end(&mut bytes).map_err(fault)?;
    }
    Ok(bytes)
}

/// What a session said, or why it did not do what it was asked.
fn got(answer: Result<Answer, ClientError>) -> Result<Vec<u8>, Failure> {
    let Answer { status, body } = answer.map_err(failure)?;
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let message = match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => format!("{} [{}]", problem.message, problem.code),
        Err(_) => format!("the session answered with status {status}"),
    };
    let fault = Fault::new(message);
    // What is asked for in the wrong way, or is not there, is for whoever asks to mend.
    Err(if matches!(status, 400 | 404 | 405 | 413 | 415 | 422) {
        Failure::Usage(fault)
    } else {
        Failure::Damaged(fault)
    })
}

fn failure(error: ClientError) -> Failure {
    let fault = Fault::new(error.to_string());
    match error {
        ClientError::Nobody { .. } => Failure::Outside(
            fault.fixed_by("does it run? --journal DIR, --socket PATH or --tcp HOST:PORT says where; `run` prints it"),
        ),
        ClientError::Broken(_) | ClientError::Late => Failure::Outside(fault),
        ClientError::Token => Failure::Usage(fault),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::outside(format!("the answer cannot be read: {error}")))
}

/// A part of a path.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
