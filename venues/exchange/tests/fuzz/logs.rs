//! Logs: what does a log do that somebody changed?

use ringfence_exchange::log::{Command, Log, LogError, Storage};
use ringfence_exchange::{Exchange, Method, Settings};
use ringfence_fuzz::target;

use crate::client::START_NS;

const NEAR_NS: u64 = 3_600_000_000_000;
/// Centuries from now.
const FAR_NS: u64 = 10_000_000_000_000_000_000;

/// A disk that keeps what is in it.
struct Memory(Vec<u8>);

impl Storage for &mut Memory {
    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
        self.0.truncate(usize::try_from(bytes).expect("small"));
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// As it is: what is read is a beginning of what was written, and what is opened takes more. With its checksums made right:
/// every command that is read is done again or refused.
#[test]
fn logs() {
    let written = written();
    let words = ["\"a\":9", "\"m\":\"PUT\"", "\"p\":\"/local/market\"", "\"t\":18446744073709551615", "\"q\":[]"];
    let corpus = vec![written.clone()];
    target!("logs", corpus).with_words(&words).tried(1_500, |input| {
        if let Some(commands) = opened(input) {
            let whole = opened(&written).expect("it was written so");
            assert!(commands.iter().all(|command| whole.contains(command)), "a changed line is believed");
        }
        let mut exchange = replaying();
        let (mut now_ns, commands) = (START_NS, opened(&checked(input)).unwrap_or_default());
        // A log that is refused is not read on; hours of nothing are worked off step by step, which tells nothing new.
        let is_near = |now_ns: u64, time_ns: u64| time_ns.saturating_sub(now_ns) < NEAR_NS || time_ns > FAR_NS;
        for command in commands {
            if !is_near(now_ns, command.time_ns) || exchange.replay(&command).is_err() {
                break;
            }
            now_ns = now_ns.max(command.time_ns);
        }
    });
}

fn opened(bytes: &[u8]) -> Option<Vec<Command>> {
    let mut memory = Memory(bytes.to_vec());
    let commands = match Log::open(&mut memory) {
        Ok((mut log, commands)) => {
            log.append(&[command("/api/v3/order", &[])]).expect("appends");
            commands
        }
        Err(LogError::Damaged(line)) => {
            assert!(line > 0 && memory.0 == bytes, "a refusal changes nothing");
            return None;
        }
        Err(LogError::Storage(_) | LogError::Failed) => unreachable!("memory does not fail"),
    };
    let (_, again) = Log::open(&mut memory).expect("what was opened opens again");
    assert_eq!(again.len(), commands.len() + 1, "what was read, and what was added");
    Some(commands)
}

fn replaying() -> Exchange {
    Exchange::new(Settings { is_generated: false, ..Settings::usual(7) }).expect("usual settings")
}

/// The lines with checksums that fit.
fn checked(input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        let text = line.get(9..).unwrap_or_default();
        bytes.extend_from_slice(format!("{:08x} ", crc32c::crc32c(text)).as_bytes());
        bytes.extend_from_slice(text);
        bytes.push(b'\n');
    }
    bytes
}

fn command(path: &str, params: &[(&str, &str)]) -> Command {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Command { time_ns: START_NS, method: Method::Post, path: path.to_owned(), account: 1, params }
}

fn written() -> Vec<u8> {
    let mut memory = Memory(Vec::new());
    let (mut log, _) = Log::open(&mut memory).expect("opens");
    let order = [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.5"),
        ("price", "30000"),
        ("newClientOrderId", "mine"),
    ];
    let place = r#"{"do":"place","product":"spot","symbol":"BTCUSDT","side":"SELL","price":"30000","qty":"1"}"#;
    let canceled = [("symbol", "BTCUSDT"), ("origClientOrderId", "mine")];
    log.append(&[
        Command { account: 0, ..command("/local/start", &[]) },
        command("/api/v3/order", &order),
        command("/fapi/v1/order", &order),
        Command { time_ns: START_NS + 2_000_000_000, account: 0, ..command("/local/market", &[("command", place)]) },
        Command { time_ns: START_NS + 3_000_000_000, method: Method::Delete, ..command("/fapi/v1/order", &canceled) },
        Command {
            time_ns: START_NS + 3_000_000_000,
            account: 2,
            ..command("/fapi/v1/leverage", &[("symbol", "BTCUSDT"), ("leverage", "5")])
        },
    ])
    .expect("appends");
    memory.0
}
