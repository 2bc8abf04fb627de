//! `ringfence data fetch`: days of a public archive.
//!
//! In: market, kind, instruments, days, a folder. Out: checked files in the folder. Must never: hide a day that is not there.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use ringfence_fetch::{Archive, Client, DEFAULT_BASE, Fault, Kind, Limits, Market, Outcome, Step, Wanted};
use serde_json::json;

use crate::commands::number::whole;
use crate::exit::{Exit, Failure, Fault as Told};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic};
use crate::progress::Line;

/// Fetch days of Binance's public archive, each checked with the checksum that lies beside it.
///
/// What is there already and right is left alone; what was cut off is gone on with. A file takes its name when it has been
/// checked. Exit code 1 when the archive does not have a day that was asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence data fetch BTCUSDT --kind trades --from 2024-08-05 --to 2024-08-07 --folder archive
  ringfence data fetch BTCUSDT,ETHUSDT --market usd-m --kind book-ticker --from 2024-03-01 --folder archive
  ringfence data fetch BTCUSDT --kind klines --interval 1m --from 2024-08-05 --folder archive
  ringfence data import archive/data/spot/daily/trades/BTCUSDT/*.zip --out btc.tape")]
pub(super) struct Fetch {
    /// Instruments as Binance names them, with commas between.
    #[arg(value_name = "SYMBOLS", value_delimiter = ',', required = true)]
    symbols: Vec<String>,
    /// Market.
    #[arg(long, value_enum, default_value_t = MarketArg::Spot)]
    market: MarketArg,
    /// Kind of files.
    #[arg(long, value_enum, default_value_t = KindArg::Trades)]
    kind: KindArg,
    /// Length of bars: 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d or 1w.
    #[arg(long, value_name = "LENGTH")]
    interval: Option<String>,
    /// First day (UTC), such as 2024-08-05.
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// Last day. Without it: the first.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Folder; files lie below it as in the archive.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Another server with the same files: https://HOST, or http:// on this machine.
    #[arg(long, value_name = "URL", default_value = DEFAULT_BASE)]
    base_url: String,
    /// Tries in a row that bring nothing before a file is given up.
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = whole(1..=20_u32))]
    tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum MarketArg {
    Spot,
    /// Futures with margin in USDT or USDC.
    UsdM,
    /// Futures with margin in the coin.
    CoinM,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum KindArg {
    Trades,
    AggTrades,
    /// Bars; need --interval.
    Klines,
    /// Best bid and ask; futures only.
    BookTicker,
    /// Quantity within percentages of the price; futures only.
    BookDepth,
}

pub(super) fn run(args: &Fetch, out: &mut Output) -> Result<Exit, Failure> {
    let wanted = Wanted {
        market: match args.market {
            MarketArg::Spot => Market::Spot,
            MarketArg::UsdM => Market::UsdM,
            MarketArg::CoinM => Market::CoinM,
        },
        kind: match args.kind {
            KindArg::Trades => Kind::Trades,
            KindArg::AggTrades => Kind::AggTrades,
            KindArg::Klines => Kind::Klines,
            KindArg::BookTicker => Kind::BookTicker,
            KindArg::BookDepth => Kind::BookDepth,
        },
        interval: args.interval.clone(),
        symbols: args.symbols.clone(),
        first: args.from,
        last: args.to.unwrap_or(args.from),
    };
    let files = ringfence_fetch::plan(&wanted).map_err(|fault| Failure::usage(fault.to_string()))?;
    let client = Client::new(&args.base_url).map_err(|what| Failure::usage(format!("--base-url: {what}")))?;
    interrupt::watch();
    let mut missing = 0;
    for file in &files {
        let outcome = fetch(args, &client, file)?;
        missing += usize::from(outcome == Outcome::Missing);
        told(file, outcome, out);
    }
    if out.form() == Form::Text {
        let there = files.len() - missing;
        out.line(format_args!("{there} of {} files are in {}", files.len(), args.folder.display()));
    }
    Ok(if missing > 0 { Exit::DoesNotHold } else { Exit::Fine })
}

fn fetch(args: &Fetch, client: &Client, file: &Archive) -> Result<Outcome, Failure> {
    let line = Line::over_bytes("fetch", 0);
    let limits = Limits { tries_max: args.tries, ..Limits::default() };
    let outcome = ringfence_fetch::fetch(client, file, &args.folder, &limits, &mut |step| match step {
        Step::Bytes(at, all) => {
            line.of(all);
            line.moved_to(at)
        }
        Step::Pause(pause, reason) => {
            diagnostic(format_args!("{}: {reason}; again in {} ms", file.name, pause.as_millis()));
            wait(pause)
        }
    });
    line.end();
    outcome.map_err(|fault| match fault {
        Fault::Interrupted => Failure::Interrupted(Told::new("interrupted")),
        Fault::Disk { .. } | Fault::Server { .. } | Fault::Checksum { .. } => Failure::Outside(
            Told::new(fault.to_string()).fixed_by("run it again: what is there and right is not fetched again"),
        ),
    })
}

/// In short pieces, so that the user can stop it.
fn wait(pause: Duration) -> ControlFlow<()> {
    let mut left = pause;
    while !left.is_zero() && !interrupt::is_asked() {
        let piece = left.min(Duration::from_millis(100));
        #[expect(
            clippy::disallowed_methods,
            reason = "a server that is busy is left alone for a time; nothing tells its end"
        )]
        std::thread::sleep(piece);
        left -= piece;
    }
    interrupt::flow()
}

fn told(file: &Archive, outcome: Outcome, out: &mut Output) {
    let (word, bytes, resumed) = match outcome {
        Outcome::There => ("there", None, None),
        Outcome::Fetched { bytes, resumed } => ("fetched", Some(bytes), Some(resumed)),
        Outcome::Missing => ("missing", None, None),
    };
    match out.form() {
        Form::Json => {
            out.json(&json!({ "file": file.path(), "outcome": word, "bytes": bytes, "resumed_bytes": resumed }));
        }
        Form::Text => out.line(match outcome {
            Outcome::There => format!("{}: is there", file.name),
            Outcome::Fetched { bytes, resumed: 0 } => format!("{}: {bytes} bytes", file.name),
            Outcome::Fetched { bytes, resumed } => {
                format!("{}: {bytes} bytes, {resumed} of them from before", file.name)
            }
            Outcome::Missing => format!("{}: the archive has no such day", file.name),
        }),
    }
}
