//! Page: how are figures written down?
//!
//! In: figures, this machine. Out: Markdown tables, between two marks of `docs/performance.md`. Must never: name a machine,
//! a folder or a day.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::figures::{Figures, Target};
use super::left;
use super::swaps::Swaps;
use crate::workspace;

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- measured: by `cargo xtask bench` -->\n";
const END: &str = "<!-- end: measured -->";
const LEFT_BEGIN: &str = "<!-- left: by `cargo xtask bench` -->\n";
const LEFT_END: &str = "<!-- end: left -->";

/// Every table.
pub(crate) fn tables(figures: &Figures) -> Result<String> {
    let mut text = format!("Machine: {}. Binary: `{}`.\n\n", machine(), figures.built);
    targets(figures, &mut text)?;
    workloads(figures, &mut text)?;
    latencies(figures, &mut text)?;
    orders(figures, &mut text)?;
    text.push_str(&swaps(&figures.swaps)?);
    paths(figures, &mut text)?;
    Ok(text)
}

/// Puts the tables in their place, and what is known of the aims that are missed.
pub(crate) fn write(text: &str, figures: &Figures) -> Result<()> {
    let path = workspace::needs(PAGE, "the figures are written there")?;
    let page = std::fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let page = between(&page, text, (BEGIN, END))?;
    let page = between(&page, &left::table(&figures.targets)?, (LEFT_BEGIN, LEFT_END))?;
    std::fs::write(&path, page).with_context(|| format!("writing {PAGE}"))
}

/// The page with another text between two marks.
fn between(page: &str, text: &str, (begin, end): (&str, &str)) -> Result<String> {
    let parts = page.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.with_context(|| format!("{PAGE} has no `{}` and `{end}`", begin.trim()))?;
    Ok(format!("{before}{begin}\n{text}\n{end}{after}"))
}

fn targets(figures: &Figures, text: &mut String) -> Result<()> {
    text.push_str("| target | measure | must | aim | measured | holds | command |\n|---|---|---|---|---|---|---|\n");
    for target in &figures.targets {
        let Target { id, what, unit, command, .. } = target;
        let [must, aim] =
            [target.must, target.aim].map(|bound| bound.map_or("-".to_owned(), |bound| bound.to_string()));
        let (value, unit) = (short(target.value), unit.name());
        writeln!(text, "| {id} | {what} | {must} | {aim} | {value} {unit} | {} | `{command}` |", mark(target))?;
    }
    Ok(())
}

fn mark(target: &Target) -> &'static str {
    match (target.meets(target.must), target.meets(target.aim)) {
        (_, Some(true)) => "aim",
        (Some(true), _) => "must",
        (Some(false), _) => "**no**",
        (None, _) => "reported",
    }
}

fn workloads(figures: &Figures, text: &mut String) -> Result<()> {
    text.push_str("\n| workload | M rows/s, event loop | CPU s, process | wall s | peak MB |\n|---|---|---|---|---|\n");
    for work in &figures.workloads {
        let rate = work.rows_per_s.map_or("-".to_owned(), |(a, b)| pair((a / 1e6, b / 1e6)));
        let (cpu, wall, peak) = (pair(work.cpu_s), pair(work.wall_s), short(work.peak_bytes / 1e6));
        writeln!(text, "| {} | {rate} | {cpu} | {wall} | {peak} |", work.name)?;
    }
    text.push_str("\nBest run, in parentheses the middle one. The commands:\n\n```text\n");
    for work in &figures.workloads {
        writeln!(text, "{}", work.command)?;
    }
    text.push_str("```\n");
    Ok(())
}

fn latencies(figures: &Figures, text: &mut String) -> Result<()> {
    text.push_str("\n| from a row | until | commands | p50 us | p99 us | p99.9 us | largest us | command |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for at in &figures.latencies {
        for (until, spread) in [("command", &at.decided), ("recorded", &at.recorded)] {
            let [p50, p99, p99_9, max] = [spread.p50, spread.p99, spread.p99_9, spread.max].map(|ns| short(ns / 1e3));
            let (name, commands, command) = (at.name, at.commands, &at.command);
            writeln!(text, "| {name} | {until} | {commands} | {p50} | {p99} | {p99_9} | {max} | `{command}` |")?;
        }
    }
    Ok(())
}

fn orders(figures: &Figures, text: &mut String) -> Result<()> {
    text.push_str("\n| orders | ns for each, with its row, acceptance and fill |\n|---|---|\n");
    for at in &figures.orders {
        writeln!(text, "| {} | {} |", at.orders, short(at.ns))?;
    }
    text.push_str("\nW1's command on a tape whose price goes up and down by turns, with `fast=1` and `slow=2`.\n");
    Ok(())
}

/// The table of swaps.
pub(crate) fn swaps(swaps: &Swaps) -> Result<String> {
    let Swaps { command, count, pause } = swaps;
    let [p50, p99, max] = [pause.p50, pause.p99, pause.max].map(|ns| short(ns / 1e3));
    let mut text =
        "\n| swaps of a watched file | p50 us | p99 us | largest us | command |\n|---|---|---|---|---|\n".to_owned();
    writeln!(text, "| {count} | {p50} | {p99} | {max} | `{command}` |")?;
    Ok(text)
}

fn paths(figures: &Figures, text: &mut String) -> Result<()> {
    let number = |part: &str, key: &str| figures.paths[part][key].as_f64().map_or("-".to_owned(), short);
    let quantile =
        |key: &str, at: &str| figures.paths["durable"][key][at].as_f64().map_or("-".to_owned(), |ns| short(ns / 1e3));
    text.push_str("\n`cargo bench -p ringfence-tests --bench paths`, compiled as the binary is:\n\n| path | measured |\n|---|---|\n");
    writeln!(text, "| W1, strategy native | {} ns a row |", number("wasm", "native_ns"))?;
    writeln!(text, "| W1, strategy a component | {} ns a row |", number("wasm", "component_ns"))?;
    for (name, key) in
        [("event to bytes at a peer, with fsync", "event_to_socket_ns"), ("fsync alone", "fsync_alone_ns")]
    {
        let [p50, p99, max] = ["p50", "p99", "max"].map(|at| quantile(key, at));
        writeln!(text, "| {name} | p50 {p50} us, p99 {p99} us, largest {max} us |")?;
    }
    Ok(())
}

fn pair((best, median): (f64, f64)) -> String {
    format!("{} ({})", short(best), short(median))
}

/// Three digits say enough.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Kind and number of processors, in words.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    format!("{cores} x {model}, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::{Spread, Unit};

    #[test]
    fn the_page_keeps_what_stands_around_the_figures() {
        let page = format!("# a\n{BEGIN}old\n{END}\n## b\n");
        let want = format!("# a\n{BEGIN}\nnew\n{END}\n## b\n");
        assert_eq!(between(&page, "new", (BEGIN, END)).unwrap(), want);
        assert!(between("# a\n", "new", (BEGIN, END)).is_err());
    }

    #[test]
    fn the_page_of_this_repository_has_a_place_for_the_figures() {
        let page = std::fs::read_to_string(workspace::root().join(PAGE)).unwrap();
        assert!(between(&page, "", (BEGIN, END)).is_ok() && between(&page, "", (LEFT_BEGIN, LEFT_END)).is_ok());
    }

    #[test]
    fn swaps_have_a_row_of_their_own() {
        let pause = Spread { p50: 37_055.0, p99: 59_348.0, p99_9: 59_348.0, max: 100_590.0 };
        let text = swaps(&Swaps { command: "ringfence run", count: 15, pause }).unwrap();
        assert!(text.ends_with("| 15 | 37.1 | 59.3 | 101 | `ringfence run` |\n"), "{text}");
    }

    #[test]
    fn a_target_is_marked_by_the_better_bound_that_holds() {
        let target = |value| Target {
            id: "T",
            what: "",
            value,
            unit: Unit::Milliseconds,
            must: Some(30.0),
            aim: Some(10.0),
            command: String::new(),
        };
        assert_eq!([31.0, 30.0, 10.0].map(|value| mark(&target(value))), ["**no**", "must", "aim"]);
    }
}
