//! The local exchange through the real binary: do programs that others wrote for the real one trade on it, and is what it
//! accepted still true when it was killed and started again?
//!
//! The programs are ccxt and python-binance, driven by `tests/oracles/exchange_ccxt.py` and `exchange_binance.py` in the
//! virtual environment that `cargo xtask test` makes under `target/oracles` and names in `RINGFENCE_PYTHON`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ringfence_tests::{Run, binary, oracles, skip, workspace};
use serde_json::{Value, json};

/// A script waits for prices of a market that goes by the clock.
const LIMIT: Duration = Duration::from_secs(300);

/// An exchange on a free port. It is killed when this value goes away.
struct Served {
    child: Child,
    said: Value,
}

impl Served {
    /// Starts one and waits until it says where it is.
    fn new(options: &[&str]) -> Served {
        let mut command = Command::new(binary::dev());
        command.args(["exchange", "--json", "--port", "0", "--seed", "7"]).args(options);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it is");
        let said = serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line:?}"));
        Served { child, said }
    }

    fn address(&self) -> &str {
        self.said["address"].as_str().and_then(|url| url.strip_prefix("http://")).expect("an address on loopback")
    }

    /// Status and body of a request.
    fn ask(&self, head: &str, body: &str) -> (u16, Value) {
        let (address, length) = (self.address(), body.len());
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = format!("{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}");
        write!(stream, "{head}\r\n\r\n{body}").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|fault| panic!("{fault}: {answer}")))
    }

    /// Balances, orders, fills and positions of both accounts.
    fn accounts(&self) -> Value {
        self.ask("GET /local/ledger", "").1["accounts"].take()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Runs a script against an exchange of its own; how many things it found to hold.
fn held(python: &Path, script: &str) -> usize {
    let served = Served::new(&[]);
    let path = workspace::root().join("tests/oracles").join(script);
    let run = Run::of(python, [path.as_os_str(), served.address().as_ref()]).limit(LIMIT).finish();
    run.expect_code(0);
    assert!(!run.stdout.contains("FAILED"), "{}", run.stdout);
    run.stdout.lines().filter(|line| line.starts_with("ok ")).count()
}

#[test]
fn ccxt_trades_spot_and_futures() {
    let python = match oracles::python() {
        Ok(python) => python,
        Err(reason) => skip!("{reason}"),
    };
    assert_eq!(held(&python, "exchange_ccxt.py"), CCXT);
}

#[test]
fn python_binance_trades_spot_and_futures() {
    let python = match oracles::python() {
        Ok(python) => python,
        Err(reason) => skip!("{reason}"),
    };
    assert_eq!(held(&python, "exchange_binance.py"), BINANCE);
}

/// The first line of a log says when the exchange began.
const BEGIN: u64 = 1;

/// What the scripts check, so that one which ends early is seen.
const CCXT: usize = 70;
const BINANCE: usize = 46;

/// An order that rests, one that was filled in part, on spot; a position in futures.
fn trade(served: &Served) {
    order(served, ["spot", "alice", "BUY", "29000", "0.5"]);
    order(served, ["spot", "alice", "SELL", "30100", "2"]);
    order(served, ["spot", "bob", "BUY", "30100", "0.75"]);
    order(served, ["futures", "alice", "SELL", "30000", "0.1"]);
    order(served, ["futures", "bob", "BUY", "30000", "0.1"]);
}

#[track_caller]
fn order(served: &Served, [product, account, side, price, qty]: [&str; 5]) {
    let act = json!({
        "do": "order", "product": product, "account": account, "symbol": "BTCUSDT", "side": side, "price": price, "qty": qty,
    });
    let (status, said) = served.ask("POST /local/market", &act.to_string());
    assert_eq!(status, 200, "{act}: {said}");
}

#[test]
fn orders_and_fills_survive_a_kill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let state = folder.path().join("state").display().to_string();
    let options = ["--prices", "none", "--state", &state];
    let served = Served::new(&options);
    assert_eq!(served.said["restored"], 0);
    let untouched = served.accounts();
    trade(&served);
    let traded = served.accounts();
    let alice = &traded[0]["spot"];
    assert_eq!((alice["orders"].as_array().map(Vec::len), alice["fills"].as_array().map(Vec::len)), (Some(2), Some(1)));
    assert_eq!(alice["money"]["BTC"]["locked"], "1.25000000", "{alice}");
    assert_eq!(traded[1]["futures"]["money"]["positions"][0]["qty"], "0.10000000", "{traded}");
    drop(served);

    let again = Served::new(&options);
    assert_eq!(again.said["restored"], 5 + BEGIN);
    assert_eq!(again.accounts(), traded);
    // What was open still trades.
    order(&again, ["spot", "bob", "SELL", "29000", "0.5"]);
    assert_eq!(again.accounts()[0]["spot"]["fills"].as_array().map(Vec::len), Some(2));
    drop(again);

    assert_eq!(Served::new(&["--prices", "none"]).accounts(), untouched, "without the folder nothing is left");
}

/// A request that is refused changes nothing and is not in the log.
#[test]
fn a_stranger_is_refused_and_not_remembered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let state = folder.path().join("state").display().to_string();
    let options = ["--prices", "none", "--state", &state];
    let served = Served::new(&options);
    let order = "POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000";
    let (status, said) = served.ask(order, "");
    assert_eq!((status, &said["code"]), (401, &Value::from(-2014)), "{said}");
    drop(served);
    assert_eq!(Served::new(&options).said["restored"], BEGIN);
}

#[test]
fn a_tape_of_a_symbol_that_is_not_listed_is_refused_before_anything_is_served() {
    for (place, lists) in [("spot:NOPE", "BTCUSDT, ETHUSDT"), ("futures:NOPE", "BTCUSDT, ETHUSDT")] {
        let wanted = format!("{place}=none.csv");
        let run = Run::dev(["exchange", "--port", "0", "--tape", &wanted]).finish();
        run.expect_code(2);
        let said = format!("{wanted}: this exchange does not list {place}, but {lists}");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
}
