//! `cargo xtask release`: how is the binary made that users get?
//!
//! In: sources, and markets generated from seeds. Out: `target/release-guided/ringfence`, compiled with a profile of its main
//! jobs, so that what they execute lies together and what they seldom need lies elsewhere. Must never: learn from data that
//! not everybody has, or be needed for a result: it decides what every other build decides.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{Program, cargo, program};
use crate::{components, setup, workspace};

/// Where everything of it lies, in the build output.
const FOLDER: &str = "release-guided";

/// How something is built that counts, or with what was counted.
pub(crate) struct Guide {
    /// Machine that the compiler runs on, and builds for.
    host: String,
    folder: PathBuf,
    /// Options of the compiler.
    flags: String,
}

/// `cargo xtask release`: builds, learns, builds again.
pub(crate) fn run() -> Result<()> {
    let guide = learn()?;
    println!("{}", guide.binary()?.display());
    Ok(())
}

/// Builds a binary that counts what it executes, has it do its main jobs, and keeps the counts: one profile for each such
/// binary, so that nothing is built again where nothing has changed.
pub(crate) fn learn() -> Result<Guide> {
    setup::add(setup::GUEST)?;
    components::build()?;
    let host = host()?;
    let merge = profdata(&host)?;
    let folder = workspace::target().join(FOLDER);
    let counts = folder.join("counts");
    eprintln!("== building a binary that counts");
    let counting = Guide { host, folder, flags: format!("-Cprofile-generate={}", counts.display()) };
    // Of the same profile, slow as that is to build: functions have other names in another one.
    let binary = counting.build("counting")?;
    // Cargo knows flags, not files: another profile has to be another flag.
    let jobs = jobs(&counting.folder.join("work"));
    let profile = counting.folder.join(format!("learned-{}.profdata", hash(&binary, &jobs)?));
    if !profile.is_file() {
        eprintln!("== counting");
        workspace::emptied(counts.clone())?;
        workspace::emptied(counting.folder.join("work"))?;
        for job in &jobs {
            program(binary.as_os_str(), job).output().map(drop)?;
        }
        let fresh = counting.folder.join("learned.profdata");
        let arguments = [OsStr::new("merge"), OsStr::new("--output"), fresh.as_os_str(), counts.as_os_str()];
        program(merge.as_os_str(), arguments).show()?;
        std::fs::rename(&fresh, &profile).with_context(|| format!("renaming {}", fresh.display()))?;
    }
    Ok(Guide { flags: format!("-Cprofile-use={}", profile.display()), ..counting })
}

impl Guide {
    /// Builds the binary with what was learned; where it is.
    pub(crate) fn binary(&self) -> Result<PathBuf> {
        eprintln!("== building the binary with what was counted");
        let built = self.build("guided")?;
        let name = built.file_name().context("a file has a name")?;
        let place = self.folder.join(name);
        std::fs::copy(&built, &place).with_context(|| format!("copying {}", built.display()))?;
        Ok(place)
    }

    /// Cargo for what goes into the binary, or is built like it.
    pub(crate) fn cargo(&self, words: &[&str]) -> Program {
        self.cargo_in("guided", words)
    }

    /// With these flags for what is built for this machine; build scripts and macros do without.
    fn cargo_in(&self, folder: &str, words: &[&str]) -> Program {
        let folder = self.folder.join(folder);
        let more = [OsStr::new("--target"), OsStr::new(&self.host), OsStr::new("--target-dir"), folder.as_os_str()];
        cargo(words.iter().map(OsStr::new).chain(more)).env("CARGO_ENCODED_RUSTFLAGS", &self.flags)
    }

    fn build(&self, folder: &str) -> Result<PathBuf> {
        self.cargo_in(folder, &["build", "--release", "--package", "ringfence"]).show()?;
        let name = format!("ringfence{}", std::env::consts::EXE_SUFFIX);
        Ok(self.folder.join(folder).join(&self.host).join("release").join(name))
    }
}

/// The main jobs: trades that lead to few orders and to many, in batches too; quotes with orders in a queue; bars, and a sweep of
/// them; a replay.
fn jobs(folder: &Path) -> Vec<Vec<String>> {
    let place = |name| folder.join(name).to_string_lossy().into_owned();
    let [trades, quotes, bars] = ["trades", "quotes", "bars"].map(place);
    let [journal, dense, orders] = ["journal", "dense", "orders"].map(place);
    let ema = ["backtest", "--config", "config/w1_ema_cross.toml", "--data", &trades];
    let sma = ["--config", "config/w3_sma_cross.toml", "--set", "tapes.0.interval=1m", "--data", &bars];
    let short = ["--set", "strategies.ema.params.fast=1", "--set", "strategies.ema.params.slow=2"];
    let jobs: [&[&str]; 11] = [
        &["data", "generate", "--layout", "trades", "--rows", "600000", "--out", &trades],
        &["data", "generate", "--layout", "quotes", "--rows", "300000", "--out", &quotes],
        &["data", "generate", "--layout", "bars", "--rows", "6000", "--out", &bars],
        &[&ema[..], &["--journal", &journal]].concat(),
        &[&ema[..], &short, &["--limit", "60000", "--journal", &dense]].concat(),
        &[&ema[..], &["--set", "execution.delivery=batch"]].concat(),
        &["replay", &journal, "--verify", "--data", &trades],
        &["backtest", "--config", "config/w2_touch_maker.toml", "--data", &quotes, "--journal", &orders],
        &[&["backtest"], &sma[..]].concat(),
        &[&["backtest"], &sma[..], &["--set", "simulation.fill=next-open"]].concat(),
        &[&["sweep"], &sma[..], &["--grid", "fast=5..20:5", "--grid", "slow=60..240:60"]].concat(),
    ];
    jobs.map(|job| job.iter().map(|word| (*word).to_owned()).collect()).to_vec()
}

/// Name of the machine that the compiler runs on.
fn host() -> Result<String> {
    let told = program(OsStr::new("rustc"), ["--version", "--verbose"]).output()?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc says no host")?.to_owned())
}

/// The program that merges counts, of the compiler's own version; installed where it is missing.
fn profdata(host: &str) -> Result<PathBuf> {
    let libraries = program(OsStr::new("rustc"), ["--print", "target-libdir", "--target", host]).output()?;
    let beside = Path::new(libraries.trim()).parent().context("libraries lie in a folder")?;
    let merge = beside.join("bin").join(format!("llvm-profdata{}", std::env::consts::EXE_SUFFIX));
    if !merge.is_file() {
        eprintln!("adding component llvm-tools");
        let added = program(OsStr::new("rustup"), ["component", "add", "llvm-tools"]).show();
        added.context("no llvm-profdata beside the compiler, and rustup could not add the component llvm-tools")?;
    }
    ensure!(merge.is_file(), "no {} although llvm-tools is installed", merge.display());
    Ok(merge)
}

/// Some digits that stand for everything that counts depend on.
fn hash(binary: &Path, jobs: &[Vec<String>]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    jobs.hash(&mut hasher);
    let mut files = vec![binary.to_path_buf()];
    for folder in [workspace::root().join("config"), workspace::root().join("target").join("components")] {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        let found = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        files.extend(found);
    }
    files[1..].sort();
    for file in files {
        hasher.write(&std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
