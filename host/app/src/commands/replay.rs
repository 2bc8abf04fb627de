//! `ringfence replay`: does executing a recorded session again give the same decisions?
//!
//! In: a journal and its tapes. Out: MATCH with the digests, or the first difference. Must never: say MATCH of a journal
//! that was not read to the place it says.

use std::path::PathBuf;

use ringfence_core::ids::Seq;
use ringfence_journal::codes::{Finding, JournalCode};
use ringfence_journal::verify::{ChainReport, verify_chain};
use ringfence_session::replay::{Difference, DifferenceKind};
use serde_json::{Value as Json, json};

use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic, hex};
use crate::progress::Line;
use crate::render::{Fields, Renderer};
use crate::report::results::grouped;
use crate::sessions::replay::{Order, Replayed, run as replay};
use crate::sessions::{journal_failure, journal_folder};

/// Execute a recorded session again, strategies included, and compare every decision.
///
/// Exit code 1 when something differs, or when the journal itself was damaged or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence replay run1 --verify --data trades.csv.zst
  ringfence replay run1 --strategy ema=target/components/other.wasm   where does another strategy differ first?")]
pub struct Args {
    /// Folder of the journal.
    journal: PathBuf,
    /// Check the chain of the journal too: every frame, record, blob, component and digest.
    #[arg(long)]
    verify: bool,
    /// Stop after this event.
    #[arg(long, value_name = "SEQ")]
    until: Option<u64>,
    /// Execute another component in place of a recorded one. May be repeated.
    #[arg(long, value_name = "ID=FILE", value_parser = replacement)]
    strategy: Vec<(String, PathBuf)>,
    /// Market data of the session; told by its hash, so the order does not matter. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
}

fn replacement(text: &str) -> Result<(String, PathBuf), String> {
    let (id, file) = text.split_once('=').ok_or("expected ID=FILE, for example 1=other.wasm")?;
    Ok((id.to_owned(), PathBuf::from(file)))
}

/// Runs the command.
///
/// # Errors
/// Files that are absent, components that are refused, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    journal_folder(&args.journal)?;
    if args.verify {
        let report = verify_chain(&args.journal).map_err(|error| journal_failure(&error))?;
        if let Some(finding) = report.findings.iter().find(|finding| !is_notice(finding)) {
            damaged(&report, finding, out);
            return Ok(Exit::DoesNotHold);
        }
        // The tail is told once, after the replay.
        for finding in report.findings.iter().filter(|finding| finding.code != JournalCode::TornTail) {
            diagnostic(format_args!("notice: {finding}"));
        }
    }
    let order =
        Order { journal: &args.journal, data: &args.data, strategies: &args.strategy, until: args.until.map(Seq) };
    let line = Line::start("replay", None);
    let replayed = replay(&order, &mut |now| line.moved(now));
    line.end();
    let replayed = replayed?;
    for alarm in &replayed.alarms {
        diagnostic(format_args!("warning: {alarm}"));
    }
    if let Some(tail) = &replayed.tail {
        diagnostic(format_args!("notice: the journal was not sealed and is executed up to its tail: {tail}"));
    }
    Ok(print(&replayed, out))
}

/// What takes nothing away from the whole commits: the rest of one that was being written when the session ended, and
/// what is wrong beside the chain.
fn is_notice(finding: &Finding) -> bool {
    let is_beside_the_record = matches!(finding.code, JournalCode::TornTail | JournalCode::SidecarDamaged);
    is_beside_the_record || !(finding.code.is_damage() || finding.code == JournalCode::Format)
}

fn damaged(report: &ChainReport, finding: &Finding, out: &mut Output) {
    let difference = json!({
        "what": "journal",
        "code": finding.code.code(),
        "place": finding.place.map(|place| place.to_string()),
        "detail": finding.detail,
    });
    match out.form() {
        Form::Json => out.json(&answer((0, 0), Some(difference))),
        Form::Text => {
            out.line("NO MATCH: the journal is not what was recorded");
            for finding in &report.findings {
                out.line(format!("  {finding}\n    {}\n    fix: {}", finding.code.explanation(), finding.code.fix()));
            }
        }
    }
}

fn answer((verified_events, decisions): (u64, u64), first_difference: Option<Json>) -> Json {
    json!({
        "verified_events": verified_events,
        "decisions": decisions,
        "match": first_difference.is_none(),
        "first_difference": first_difference,
    })
}

fn print(replayed: &Replayed, out: &mut Output) -> Exit {
    let verdict = &replayed.verdict;
    let difference = verdict.first_difference.as_ref().map(|difference| shown(replayed, difference));
    match out.form() {
        Form::Json => {
            let difference = difference.map(Fields::json);
            out.json(&answer((verdict.verified_events, verdict.decisions), difference));
        }
        Form::Text => text(replayed, difference.as_ref(), out),
    }
    if verdict.is_match() { Exit::Fine } else { Exit::DoesNotHold }
}

fn text(replayed: &Replayed, difference: Option<&Fields>, out: &mut Output) {
    let verdict = &replayed.verdict;
    let counts = format!("{} events, {} decisions", grouped(verdict.verified_events), grouped(verdict.decisions));
    match difference {
        None => {
            out.line(format!("MATCH  {counts} executed again, all identical"));
            let digests = &verdict.digests;
            out.line(format!("  session          {}", replayed.session));
            out.line(format!("  state digest     {}", hex(&digests.state)));
            out.line(format!("  decision digest  {}", hex(&digests.decisions)));
            out.line(format!("  fuel digest      {}", hex(&digests.fuel)));
            out.line(format!("  sealed           {}", if verdict.is_sealed { "yes, digests as sealed" } else { "no" }));
        }
        Some(difference) => {
            out.line(format!("NO MATCH after {counts}"));
            out.line(format!("  first difference: {}", difference.text()));
            if let Some(release) = &verdict.other_rules {
                out.line(format!("  the journal follows other rules: replay it with {release}"));
            }
        }
    }
}

/// What differs, in names and decimals.
fn shown(replayed: &Replayed, difference: &Difference) -> Fields {
    let renderer = Renderer::new(&replayed.config, replayed.session);
    let at = |what: &str| {
        let seq = (difference.seq != Seq(0)).then_some(difference.seq.0);
        Fields::new().with_some("seq", seq).with("what", what)
    };
    let fields = match &difference.kind {
        DifferenceKind::Decision { ordinal, recorded, replayed } => {
            let text = |decision: &Option<Box<_>>| match decision {
                Some(decision) => renderer.decision((difference.seq, *ordinal), decision, &[]).text(),
                None => "nothing".to_owned(),
            };
            at("decision")
                .with("ordinal", *ordinal as u64)
                .with("recorded", text(recorded))
                .with("replayed", text(replayed))
        }
        DifferenceKind::Fuel { call, recorded, replayed } => at("fuel")
            .with("call", *call as u64)
            .with("recorded", recorded.map_or(Json::Null, Json::from))
            .with("replayed", *replayed),
        DifferenceKind::FuelLeft => at("fuel is recorded of a call that was not made"),
        DifferenceKind::Plan(id) => at("subscriptions").with("strategy", id.0),
        DifferenceKind::TapeOrder => at("the rows of the tapes come in another order"),
        DifferenceKind::TimeBack => at("its time is before that of the event before it"),
        DifferenceKind::TapeShort => at("the tapes end before the journal"),
        DifferenceKind::Unknown(number) => at("a record that this release does not know").with("record", *number),
        DifferenceKind::Seal(name) => at("a digest of the seal").with("digest", *name),
    };
    fields.with_some("release", replayed.verdict.other_rules.clone())
}
