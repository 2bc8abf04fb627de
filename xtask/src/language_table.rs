//! `cargo xtask languages`: what does each language cost?
//!
//! In: the release binary, the toolchains in `target/languages`, W1. Out: a table, also in `docs/languages/README.md`. Must
//! never: show a component whose decisions are not those of the Rust one on the same rows.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::machine;
use crate::run::{Program, program};
use crate::{languages, suite, workspace};

/// Options of the command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The binary, where it is not that of `cargo build --release`, which is built then.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The binary that makes and builds the projects, where it is another one.
    #[arg(long, value_name = "FILE")]
    builder: Option<PathBuf>,
    /// Runs of each component; the table shows the best.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// Leave `docs/languages/README.md` as it is.
    #[arg(long)]
    no_page: bool,
}

/// A row of the table to be.
struct Language {
    /// As it is called.
    name: &'static str,
    /// The word for `ringfence new --lang`.
    word: &'static str,
    /// The engine that its project names, where that is not the usual one.
    engine: Option<&'static str>,
    profile: &'static str,
    /// Rows of W1; an interpreter takes a minute for the whole file.
    rows: Option<u32>,
}

/// Rust first: the others are compared with it.
const ALL: &[Language] = &[
    Language { name: "Rust", word: "rust", engine: None, profile: "compiled", rows: None },
    Language { name: "C", word: "c", engine: None, profile: "compiled", rows: None },
    Language { name: "C++", word: "cpp", engine: None, profile: "compiled", rows: None },
    Language { name: "Zig", word: "zig", engine: None, profile: "compiled", rows: None },
    Language { name: "AssemblyScript", word: "assemblyscript", engine: None, profile: "compiled", rows: None },
    Language { name: "Go", word: "go", engine: None, profile: "interpreter", rows: None },
    Language {
        name: "JavaScript (StarlingMonkey)",
        word: "javascript",
        engine: None,
        profile: "interpreter",
        rows: Some(50_000),
    },
    Language {
        name: "TypeScript (StarlingMonkey)",
        word: "typescript",
        engine: None,
        profile: "interpreter",
        rows: Some(50_000),
    },
    Language {
        name: "JavaScript (QuickJS)",
        word: "javascript",
        engine: Some("quickjs"),
        profile: "interpreter",
        rows: Some(50_000),
    },
    Language { name: "Python (CPython)", word: "python", engine: None, profile: "interpreter", rows: Some(50_000) },
];

const TAPE: &str = "w1_spy_trades_20131007-11.csv.zst";
const PAGE: &str = "docs/languages/README.md";
const BEGIN: &str = "<!-- measured: by `cargo xtask languages` -->\n";
const END: &str = "<!-- end: measured -->";

/// What was measured of a language.
struct Figures {
    name: &'static str,
    bytes: u64,
    wasi_imports: usize,
    cold_s: f64,
    cached_s: f64,
    ns: f64,
    fuel: u64,
    rows: u64,
}

/// Builds, measures, writes down.
pub(crate) fn run(options: &Options) -> Result<()> {
    languages::install()?;
    let binary = match &options.binary {
        Some(file) => std::path::absolute(file)?,
        None => {
            suite::build_release()?;
            workspace::binary("release")
        }
    };
    let builder = options.builder.clone().unwrap_or_else(|| binary.clone());
    let builder = std::path::absolute(builder)?;
    let folder = workspace::fresh_folder("xtask/languages")?;
    let bench = Bench { binary, builder, folder, repetitions: options.repetitions };
    let mut figures = Vec::new();
    for language in ALL {
        println!("measuring {}", language.name);
        figures.push(bench.measure(language).with_context(|| language.name.to_owned())?);
    }
    let text = table(&figures)?;
    if !options.no_page {
        write(&text)?;
    }
    println!("\n{text}");
    Ok(())
}

struct Bench {
    binary: PathBuf,
    builder: PathBuf,
    folder: PathBuf,
    repetitions: u32,
}

impl Bench {
    fn measure(&self, language: &Language) -> Result<Figures> {
        // Not the word alone: nothing in Go may be called go.
        let name = format!("my-{}", language.engine.unwrap_or(language.word));
        let dir = self.folder.join(&name);
        let make = &self.builder;
        self.start(make, ["new".as_ref(), dir.as_os_str(), "--lang".as_ref(), language.word.as_ref()])?.output()?;
        completed(&dir, language)?;
        self.start(make, ["build".as_ref(), dir.as_os_str()])?.output()?;
        let component = dir.join("target").join(format!("{name}.wasm"));
        let cache = self.folder.join("cache").join(&name);
        let cold = self.backtest(&component, language, &cache)?;
        let mut runs = vec![];
        for _ in 0..self.repetitions {
            runs.push(self.backtest(&component, language, &cache)?);
        }
        self.check_decisions(&cold, language)?;
        let best = |key: &str| runs.iter().filter_map(|run| run[key].as_f64()).fold(f64::INFINITY, f64::min);
        let rows = cold["rows"].as_u64().context("rows")?;
        Ok(Figures {
            name: language.name,
            bytes: std::fs::metadata(&component)?.len(),
            wasi_imports: self.wasi_imports(&component, language)?,
            cold_s: cold["startup_seconds"].as_f64().context("startup_seconds")?,
            cached_s: best("startup_seconds"),
            ns: best("seconds") / rows as f64 * 1e9,
            fuel: fuel_an_event(&cold["strategies"][0]).context("fuel and calls")?,
            rows,
        })
    }

    fn backtest(&self, component: &Path, language: &Language, cache: &Path) -> Result<Value> {
        let config = workspace::root().join("config/w1_ema_cross.toml");
        let tape = workspace::data().join(TAPE);
        let component = format!("strategies.ema.component={}", component.display());
        let profile = format!("strategies.ema.profile={}", language.profile);
        let mut words: Vec<OsString> = ["backtest", "--json", "--config"].map(OsString::from).to_vec();
        words.extend([config.into(), "--data".into(), tape.into()]);
        words.extend(["--set", &component, "--set", &profile].map(OsString::from));
        words.extend(language.rows.into_iter().flat_map(|rows| ["--limit".into(), rows.to_string().into()]));
        let printed =
            self.start(&self.binary, words.iter().map(OsString::as_os_str))?.env("RINGFENCE_CACHE", cache).output()?;
        serde_json::from_str(&printed).context("`ringfence backtest --json` prints an object")
    }

    /// A language that decides otherwise is not the same strategy.
    fn check_decisions(&self, run: &Value, language: &Language) -> Result<()> {
        let example = self.folder.join("my-rust/target/my-rust.wasm");
        let rust = Language { profile: "compiled", ..*language };
        let rust = self.backtest(&example, &rust, &self.folder.join("cache/rust"))?;
        let digest = |run: &Value| run["strategies"][0]["decision_digest"].clone();
        ensure!(digest(run) == digest(&rust), "decides {}, Rust {}", digest(run), digest(&rust));
        Ok(())
    }

    fn wasi_imports(&self, component: &Path, language: &Language) -> Result<usize> {
        let words = ["check", "--json", "--profile", language.profile].map(std::ffi::OsStr::new);
        let printed = self.start(&self.binary, words.into_iter().chain([component.as_os_str()]))?.output()?;
        let checked: Value = serde_json::from_str(&printed).context("`ringfence check --json` prints an object")?;
        let imports = checked["imports"].as_array().context("imports")?;
        Ok(imports.iter().filter(|name| name.as_str().is_some_and(|name| name.starts_with("wasi:"))).count())
    }

    /// A binary with the toolchains on its search path.
    fn start<'a>(&self, binary: &Path, words: impl IntoIterator<Item = &'a std::ffi::OsStr>) -> Result<Program> {
        let own = ["python/bin", "node/node_modules/.bin"].map(|place| languages::folder().join(place));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?;
        let guests = self.folder.join("cargo");
        Ok(program(binary.as_os_str(), words).env("PATH", path).env("CARGO_TARGET_DIR", guests))
    }
}

/// What an author does by hand: names another engine, and lends the compiler's types to the project.
fn completed(dir: &Path, language: &Language) -> Result<()> {
    if let Some(engine) = language.engine {
        let path = dir.join("ringfence.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let text = text.replace("engine = \"starlingmonkey\"", &format!("engine = \"{engine}\""));
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    if language.word == "typescript" {
        let modules = languages::folder().join("node/node_modules");
        std::os::unix::fs::symlink(modules, dir.join("node_modules")).context("linking node_modules")?;
    }
    Ok(())
}

/// The mean of all calls.
fn fuel_an_event(strategy: &Value) -> Option<u64> {
    let (fuel, calls) = (strategy["fuel"].as_u64()?, strategy["calls"].as_u64()?);
    fuel.checked_div(calls)
}

fn table(figures: &[Figures]) -> Result<String> {
    let mut text = format!("Machine: {}.\n\n", machine());
    text.push_str("| language | component | imports of WASI | start, nothing cached | start, cached | ns an event | fuel an event | events |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for at in figures {
        let Figures { name, wasi_imports, fuel, rows, .. } = at;
        let (size, cold, cached) = (size(at.bytes), time(at.cold_s), time(at.cached_s));
        writeln!(text, "| {name} | {size} | {wasi_imports} | {cold} | {cached} | {:.0} | {fuel} | {rows} |", at.ns)?;
    }
    Ok(text)
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{} KB", bytes.div_ceil(1000)) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}

fn write(text: &str) -> Result<()> {
    let path = workspace::needs(PAGE, "the figures are written there")?;
    let page = std::fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let page = between(&page, text).with_context(|| format!("{PAGE} has no `{}` and `{END}`", BEGIN.trim()))?;
    std::fs::write(&path, page).with_context(|| format!("writing {PAGE}"))
}

/// The page with another text between the marks.
fn between(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_the_unit_that_they_are_thought_of_in() {
        assert_eq!([size(999), size(18_001), size(12_340_000)], ["1 KB", "19 KB", "12.3 MB"]);
        assert_eq!([time(0.0426), time(33.21)], ["43 ms", "33.2 s"]);
    }

    #[test]
    fn the_page_has_a_place_for_the_table_and_a_row_for_each_language() {
        let page = std::fs::read_to_string(workspace::root().join(PAGE)).unwrap();
        assert!(between(&page, "").is_some());
        for language in ALL {
            assert!(page.contains(&format!("| {} | ", language.name)), "{}", language.name);
        }
    }
}
