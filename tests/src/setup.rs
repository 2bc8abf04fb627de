//! Sessions of a test's own: which strategies run on which tape, and what did the host make of them?
//!
//! In: strategies with their parameters, a generated tape. Out: what `backtest` printed, its journal, what `inspect` and
//! `replay` say of it. Must never: know the right answer, or share a folder with another test but for machine code.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Finished, Run};
use crate::workspace;

/// A market made from a seed, in a folder that lives as long as this value and the sessions made with it.
#[derive(Clone, Debug)]
pub struct Tape {
    /// The file.
    pub path: PathBuf,
    _folder: Rc<TempDir>,
}

impl Tape {
    /// Trades of one instrument: prices near 170 with two decimals, whole shares.
    ///
    /// # Panics
    /// When the binary does not make it.
    #[must_use]
    pub fn trades(rows: u32) -> Tape {
        Tape::of("trades", rows)
    }

    /// Any layout that `ringfence data generate` knows.
    ///
    /// # Panics
    /// When the binary does not make it.
    #[must_use]
    pub fn of(layout: &str, rows: u32) -> Tape {
        Tape::seeded(4, layout, rows)
    }

    /// The same from a seed of the caller's choice.
    ///
    /// # Panics
    /// When the binary does not make it.
    #[must_use]
    pub fn seeded(seed: u32, layout: &str, rows: u32) -> Tape {
        Tape::generated(seed, rows, &["--layout", layout])
    }

    fn generated(seed: u32, rows: u32, options: &[&str]) -> Tape {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("generated.csv");
        let (seed, rows) = (seed.to_string(), rows.to_string());
        let made = Run::dev(["data", "generate", "--seed", &seed, "--rows", &rows, "--out"]).arg(&path);
        made.args(options).finish().expect_code(0);
        Tape { path, _folder: Rc::new(folder) }
    }

    /// Order flow as text: quotes and trades.
    ///
    /// # Panics
    /// When the binary does not make it.
    #[must_use]
    pub fn flow(seed: u32, rows: u32) -> Tape {
        Tape::generated(seed, rows, &["--model", "flow", "--to", "csv"])
    }

    /// A tape of a test's own.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn written(text: &str) -> Tape {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("written.csv");
        std::fs::write(&path, text).expect("a tape is written");
        Tape { path, _folder: Rc::new(folder) }
    }

    /// Its bytes.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).expect("the tape reads")
    }
}

/// A configuration being put together: one share at one venue, limits that do not bind.
#[derive(Clone, Debug)]
pub struct Setup {
    qty: &'static str,
    tapes: &'static str,
    strategies: String,
    risk: String,
    fill: &'static str,
}

impl Default for Setup {
    /// For tapes of trades, in whole shares.
    fn default() -> Setup {
        Setup {
            qty: "qty_scale = 0\nlot = \"1\"",
            tapes: "",
            strategies: String::new(),
            risk: "profile = \"backtest-wide@1\"".to_owned(),
            fill: "same-event",
        }
    }
}

impl Setup {
    /// For tapes of bars.
    #[must_use]
    pub fn bars() -> Setup {
        let tapes = "[[tapes]]\nname = \"bars\"\ninstrument = \"US:SPY\"\nstamp = \"open\"\ninterval = \"1m\"\n\n";
        Setup { tapes, ..Setup::default() }
    }

    /// For tapes of quotes and trades, in thousandths.
    #[must_use]
    pub fn quotes() -> Setup {
        Setup { qty: "qty_scale = 3\nlot = \"0.001\"", ..Setup::default() }
    }

    /// One more strategy; `lines` are further keys of its table, such as `params = { at = 3 }`.
    #[must_use]
    pub fn strategy(mut self, name: &str, component: &Path, lines: &str) -> Setup {
        self.strategies.push_str(&format!(
            "[[strategies]]\nname = {name:?}\ncomponent = {component:?}\naccount = \"main\"\nlane = \"simulation\"\n\
             capital = \"1000000\"\ninstruments = [\"US:SPY\"]\n{lines}\n\n"
        ));
        self
    }

    /// One more line of `[risk]`, in place of what the profile says.
    #[must_use]
    pub fn risk(mut self, line: &str) -> Setup {
        self.risk.push('\n');
        self.risk.push_str(line);
        self
    }

    /// Another moment of fills than `same-event`.
    #[must_use]
    pub fn fill(mut self, moment: &'static str) -> Setup {
        self.fill = moment;
        self
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let Setup { qty, tapes, strategies, risk, fill } = self;
        format!(
            "[session]\nrun = \"test\"\nenv = \"dev\"\nbase_currency = \"USD\"\n\n\
             [[venues]]\nname = \"US\"\naccounts = [{{ name = \"main\", currency = \"USD\" }}]\n\n\
             [[instruments]]\nsymbol = \"US:SPY\"\nkind = \"equity\"\nbase = \"SPY\"\nquote = \"USD\"\n\
             price_scale = 2\ntick = \"0.01\"\n{qty}\nqty_max = \"1000000\"\n\n\
             {tapes}{strategies}[risk]\n{risk}\n\n\
             [simulation]\nfill = {fill:?}\nfees = {{ maker_bps = \"0.5\", taker_bps = \"1\" }}\n\
             commission_rounding = \"exact\"\nqueue = \"trade-through\"\n\
             latency = {{ model = \"constant\", feed = \"0ns\", entry = \"0ns\", response = \"0ns\" }}\n\
             resting_fills = \"whole\"\ntaker_size = \"unlimited\"\nslippage = {{ model = \"off\" }}\n\
             cash = {{ main = \"100000000\" }}\n"
        )
    }

    /// `ringfence backtest --json` with a journal.
    #[must_use]
    pub fn backtest(&self, tape: &Tape) -> Session {
        self.backtest_with(tape, &[])
    }

    /// The same with these options.
    #[must_use]
    pub fn backtest_with(&self, tape: &Tape, options: &[&str]) -> Session {
        let run = Run::dev(["backtest", "--json", "--config"]).env("RINGFENCE_CACHE", machine_code());
        let (config, journal) = (run.path("host.toml"), run.path("journal"));
        let run = run.file("host.toml", self.text()).arg(&config).arg("--data").arg(&tape.path);
        let finished = run.arg("--journal").arg(&journal).args(options).finish();
        Session { config, journal, tape: tape.clone(), finished }
    }
}

/// Where machine code lies between tests, so that each component is compiled once.
#[must_use]
pub fn machine_code() -> PathBuf {
    workspace::target().join("tmp/machine-code")
}

/// A backtest that ended, with its journal.
#[derive(Debug)]
pub struct Session {
    /// What the host printed.
    pub finished: Finished,
    /// The journal, where the run came so far.
    pub journal: PathBuf,
    /// The configuration.
    pub config: PathBuf,
    /// What it was fed with.
    pub tape: Tape,
}

impl Session {
    /// What the host printed, when it ended with this code.
    ///
    /// # Panics
    /// When it ended otherwise, or printed no JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self, code: i32) -> Value {
        self.finished.expect_code(code);
        self.finished.json()
    }

    /// The entry of one strategy, by its place from 1; `code` as in [`Session::json`].
    ///
    /// # Panics
    /// When the run ended with another code, or there is no such strategy.
    #[must_use]
    #[track_caller]
    pub fn strategy(&self, code: i32, id: usize) -> Value {
        let entry = self.json(code)["strategies"][id - 1].take();
        assert_eq!(entry["id"], id, "strategies stand in order of their ids");
        entry
    }

    /// `ringfence inspect` of the journal with these options.
    #[must_use]
    pub fn inspect(&self, options: &[&str]) -> Finished {
        Run::dev(["inspect"]).arg(&self.journal).args(options).finish()
    }

    /// `ringfence inspect --json`, line by line.
    ///
    /// # Panics
    /// When the journal is not whole.
    #[must_use]
    #[track_caller]
    pub fn records(&self, options: &[&str]) -> Vec<Value> {
        let finished = Run::dev(["inspect", "--json"]).arg(&self.journal).args(options).finish();
        finished.expect_code(0);
        finished.json_lines()
    }

    /// `ringfence replay --verify --json`.
    #[must_use]
    pub fn replay(&self) -> Finished {
        let run = Run::dev(["replay", "--verify", "--json", "--data"]).env("RINGFENCE_CACHE", machine_code());
        run.arg(&self.tape.path).arg(&self.journal).finish()
    }
}
