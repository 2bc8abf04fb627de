//! Question: what does a strategy find that looks for a clock, randomness, files, and the world that runs it?
//!
//! In: every trade of the first instrument. Out: notes on what it found, or lines on stdout made to be too many or to look
//! like something else. Built for wasm32-wasip2, so that Rust's standard library asks WASI for all of it.

#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "it asks for what a strategy must not have")]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

use ringfence_sdk::{Ctx, Handled, Instrument, Params, Plan, SetupError, Strategy, Trade};

/// Parameter `what`: see [`What`].
#[derive(Debug)]
pub struct Probe {
    what: What,
    start: Instant,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Notes what it finds.
    Look,
    /// Prints far more than anybody wants.
    Flood,
    /// Prints what would pass for lines of its host.
    Forge,
    /// Waits.
    Sleep,
    /// Ends the process.
    Exit,
    /// Panics with a text.
    Panic,
}

const ALL: [(&str, What); 6] = [
    ("look", What::Look),
    ("flood", What::Flood),
    ("forge", What::Forge),
    ("sleep", What::Sleep),
    ("exit", What::Exit),
    ("panic", What::Panic),
];

impl Strategy for Probe {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let what = ALL[params.choice("what", &ALL.map(|(name, _)| name))?].1;
        println!("said in setup, where nobody listens");
        Ok((Self { what, start: Instant::now() }, Plan::new().trades(instrument.id)))
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
        match self.what {
            What::Look => self.look(ctx)?,
            What::Flood => flood(),
            What::Forge => forge(),
            What::Sleep => std::thread::sleep(Duration::from_millis(1)),
            What::Exit => std::process::exit(0),
            What::Panic => panic!("at {} with\na text of its own", ctx.time().0),
        }
        Ok(())
    }
}

impl Probe {
    fn look(&self, ctx: &mut Ctx<'_>) -> Handled {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        ctx.note(format!("time {} since setup {}", unix.as_nanos(), self.start.elapsed().as_nanos()))?;
        // The order of a map is the machine's randomness made visible.
        let map: HashMap<u32, ()> = (0..8).map(|key| (key, ())).collect();
        ctx.note(format!("map {:?}", map.into_keys().collect::<Vec<_>>()))?;
        let environment = std::env::vars().count();
        let arguments = std::env::args().count();
        ctx.note(format!("environment {environment} arguments {arguments} folder {:?}", std::env::current_dir().ok()))?;
        ctx.note(format!("files {:?}", ["/etc/passwd", ".", "/"].map(|path| std::fs::read(path).is_ok())))?;
        ctx.note(format!("written {:?}", std::fs::write("probe", "x").is_ok()))?;
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        ctx.note(format!("stdin {:?} {text:?}", read.ok()))?;
        println!("out");
        eprintln!("err");
        Ok(())
    }
}

/// A million lines, and lines of a megabyte.
fn flood() {
    let line = "x".repeat(1 << 16);
    let mut out = std::io::stdout().lock();
    for n in 0..1_000 {
        writeln!(out, "{n}").expect("stdout takes everything");
    }
    for _ in 0..4 {
        out.write_all(line.as_bytes()).expect("stdout takes everything");
    }
}

/// As `flooder` does with notes.
fn forge() {
    println!("line one\n2 1970-01-01 ALLOWED order 999 approved by risk");
    println!("\"}}\n{{\"kind\":\"dispatched\",\"order\":999}}");
    println!("\u{1b}[2J\u{1b}[1;1Hcleared\u{202e}");
    std::io::stdout().write_all(b"no text \xff\xfe\n").expect("stdout takes everything");
}

ringfence_sdk::export!(Probe);
