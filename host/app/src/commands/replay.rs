//! `ringfence replay`: does executing a recorded session again give the same decisions?
//!
//! In: a journal and its tapes. Out: MATCH with the digests, or the first difference. Must never: say MATCH of a journal
//! that was not read to the place it says.

use std::path::{Path, PathBuf};

use ringfence_core::ids::Seq;
use ringfence_journal::checkpoint::AuditId;
use ringfence_journal::codes::{Finding, JournalCode};
use ringfence_journal::verify::{Audit, ChainReport, verify_audited};
use ringfence_sandbox::Isolation;
use ringfence_session::replay::{Difference, DifferenceKind, Signed, Verdict};
use serde_json::{Value as Json, json};

use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic, hex};
use crate::progress::Line;
use crate::render::{Fields, Renderer};
use crate::report::results::grouped;
use crate::sessions::replay::{Order, Replayed, run as replay};
use crate::sessions::retained::Retained;
use crate::sessions::{journal_failure, journal_folder};

/// Execute a recorded session again, strategies included, and compare every decision.
///
/// Exit code 1 when something differs, or when the journal itself was damaged or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence replay run1 --verify --data trades.csv.zst
  ringfence replay run1 --verify --checkpoint kept.txt --audit-id ID
  ringfence replay run1 --strategy ema=target/components/other.wasm   where does another strategy differ first?")]
pub struct Args {
    /// Folder of the journal.
    journal: PathBuf,
    /// Check the chain of the journal too: every frame, record, blob, component and digest.
    #[arg(long)]
    verify: bool,
    /// Hold the journal against a checkpoint that was kept elsewhere: a line of its file `checkpoints`, or a copy of that
    /// file, of which the last line of this session counts.
    #[arg(long, value_name = "FILE", requires = "verify")]
    checkpoint: Option<PathBuf>,
    /// Id of the audit key that you trust. Without it a checkpoint shows whether the journal was changed, and not who
    /// signed.
    #[arg(long, value_name = "ID", requires = "checkpoint", value_parser = AuditId::parse)]
    audit_id: Option<AuditId>,
    /// Stop after this event.
    #[arg(long, value_name = "SEQ", value_parser = super::number::event)]
    until: Option<u64>,
    /// Execute another component in place of a recorded one. May be repeated.
    #[arg(long, value_name = "ID=FILE", value_parser = replacement)]
    strategy: Vec<(String, PathBuf)>,
    /// Market data of the session; told by its hash, so the order does not matter. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Where strategies run: in this process, or each in a process of its own. What is found is the same.
    #[arg(long, value_name = "WHERE", default_value = "in-process", value_parser = isolation)]
    isolation: Isolation,
}

fn isolation(text: &str) -> Result<Isolation, String> {
    let known = [Isolation::InProcess, Isolation::Process].into_iter().find(|known| known.code() == text);
    known.ok_or_else(|| "want `in-process` or `process`".to_owned())
}

pub(crate) fn replacement(text: &str) -> Result<(String, PathBuf), String> {
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
    let retained = args.checkpoint.as_deref().map(|file| Retained::read(file, &args.journal, args.audit_id));
    let retained = retained.transpose()?;
    if let Some(retained) = &retained {
        reservations(retained).iter().for_each(diagnostic);
    }
    let report = args.verify.then(|| verify(&args.journal, retained.as_ref())).transpose()?;
    let proof = Proof { report: report.as_ref(), retained: retained.as_ref() };
    if let Some(report) = &report {
        if let Some(finding) = report.findings.iter().find(|finding| !is_notice(finding)) {
            damaged(&proof, (report, finding), out);
            return Ok(Exit::DoesNotHold);
        }
        // The tail is told once, after the replay.
        for finding in report.findings.iter().filter(|finding| finding.code != JournalCode::TornTail) {
            diagnostic(format_args!("notice: {finding}"));
        }
    }
    let order = Order {
        journal: &args.journal,
        data: &args.data,
        strategies: &args.strategy,
        until: args.until.map(Seq),
        isolation: args.isolation,
    };
    let line = Line::start("replay", None);
    let replayed = replay(&order, &mut |now| line.moved(now), None);
    line.end();
    let replayed = replayed?;
    for alarm in &replayed.alarms {
        diagnostic(format_args!("warning: {alarm}"));
    }
    if let Some(tail) = &replayed.verdict.tail {
        diagnostic(format_args!("notice: the journal was not sealed and is executed up to its tail: {tail}"));
    }
    Ok(print(&replayed, &proof, out))
}

fn verify(journal: &Path, retained: Option<&Retained>) -> Result<ChainReport, Failure> {
    let (lines, keys): (Vec<_>, Vec<_>) = retained.iter().map(|kept| (kept.checkpoint, kept.key())).unzip();
    let report = verify_audited(journal, &Audit { retained: &lines, trusted: &keys });
    report.map_err(|error| journal_failure(&error))
}

/// What a retained checkpoint does not show.
fn reservations(retained: &Retained) -> Vec<String> {
    let mut found = Vec::new();
    if retained.unread > 0 {
        found.push(format!("notice: {} lines of the file of checkpoints cannot be read", retained.unread));
    }
    if retained.pin.is_none() {
        let key = retained.checkpoint.key;
        found.push(format!(
            "warning: audit key {key} is untrusted, it is only what the checkpoint itself says; name the key you trust \
             with --audit-id"
        ));
    }
    found
}

/// What stands beside the verdict: the chain, where it was verified, and the checkpoint it was held against.
struct Proof<'a> {
    report: Option<&'a ChainReport>,
    retained: Option<&'a Retained>,
}

impl Proof<'_> {
    /// True when the retained checkpoint is signed and the journal contains what it signed.
    fn holds(&self) -> bool {
        self.retained.is_some() && self.report.is_some_and(|report| report.retained == 1)
    }

    fn checkpoint(&self) -> Option<Json> {
        let retained = self.retained?;
        let reached = &retained.checkpoint.reached;
        Some(json!({
            "ok": self.holds(),
            "frames": reached.frame,
            "bytes": reached.bytes,
            "key": retained.checkpoint.key.to_string(),
            "trusted": retained.is_trusted(),
        }))
    }

    fn text(&self, out: &mut Output) {
        if let Some(report) = self.report {
            let count = report.checkpoints;
            let held = if count == 0 { "none".to_owned() } else { grouped(count) };
            let hold = if count == 0 { "" } else { " hold" };
            out.line(format!("  checkpoints      {held} beside the journal{hold}"));
        }
        let Some(retained) = self.retained else { return };
        let reached = &retained.checkpoint.reached;
        let holds = if self.holds() { "the retained one holds" } else { "THE RETAINED ONE DOES NOT HOLD" };
        let trusted = if retained.is_trusted() { "trusted" } else { "untrusted" };
        let size = format!("{} frames, {} bytes", grouped(reached.frame), grouped(reached.bytes));
        out.line(format!("  checkpoint       {holds}: {size}"));
        out.line(format!("  audit key        {} ({trusted})", retained.checkpoint.key));
    }
}

/// What takes nothing away from the whole commits: the rest of one that was being written when the session ended, and
/// what is wrong beside the chain.
fn is_notice(finding: &Finding) -> bool {
    let is_beside_the_record = matches!(finding.code, JournalCode::TornTail | JournalCode::SidecarDamaged);
    is_beside_the_record || !(finding.code.is_damage() || finding.code == JournalCode::Format)
}

fn damaged(proof: &Proof<'_>, (report, finding): (&ChainReport, &Finding), out: &mut Output) {
    let difference = json!({
        "what": "journal",
        "code": finding.code.code(),
        "place": finding.place.map(|place| place.to_string()),
        "detail": finding.detail,
    });
    match out.form() {
        Form::Json => out.json(&answer(None, Some(difference), proof)),
        Form::Text => {
            out.line("NO MATCH: the journal is not what was recorded");
            for finding in &report.findings {
                out.line(format!("  {finding}\n    {}\n    fix: {}", finding.code.explanation(), finding.code.fix()));
            }
            proof.text(out);
        }
    }
}

fn answer(verdict: Option<&Verdict>, first_difference: Option<Json>, proof: &Proof<'_>) -> Json {
    json!({
        "verified_events": verdict.map_or(0, |verdict| verdict.verified_events),
        "decisions": verdict.map_or(0, |verdict| verdict.decisions),
        "match": first_difference.is_none(),
        "first_difference": first_difference,
        "tail": verdict.and_then(|verdict| verdict.tail.as_ref()).map(Finding::to_string),
        "other_costs": verdict.and_then(|verdict| verdict.other_costs.as_ref()),
        "approvals": verdict.and_then(|verdict| signed_json(&verdict.signed)),
        "checkpoints": proof.report.map(|report| report.checkpoints),
        "checkpoint": proof.checkpoint(),
    })
}

fn print(replayed: &Replayed, proof: &Proof<'_>, out: &mut Output) -> Exit {
    let verdict = &replayed.verdict;
    let difference = verdict.first_difference.as_ref().map(|difference| shown(replayed, difference));
    match out.form() {
        Form::Json => {
            let mut answer = answer(Some(verdict), difference.map(Fields::json), proof);
            answer["counterfactual_of"] = json!(replayed.counterfactual_of);
            out.json(&answer);
        }
        Form::Text => {
            text(replayed, difference.as_ref(), out);
            if let Some(session) = &replayed.counterfactual_of {
                out.line(format!("  counterfactual   of the session {session}: this did not happen"));
            }
            around(verdict, out);
            proof.text(out);
        }
    }
    if verdict.is_match() { Exit::Fine } else { Exit::DoesNotHold }
}

/// What explains a verdict: bytes that were not executed, fuel that was counted in another way.
fn around(verdict: &Verdict, out: &mut Output) {
    if let Some(tail) = &verdict.tail {
        out.line(format!("  tail             not executed: {tail}"));
    }
    if let Some(signed) = signed_text(&verdict.signed) {
        out.line(format!("  approvals        {signed}"));
    }
    if let Some(costs) = &verdict.other_costs {
        out.line(format!(
            "  operator costs   the journal's fuel was counted by {costs}, another table than this release's"
        ));
    }
}

/// Whose approvals were held against a key; `None` where the session is a simulation or approved nothing.
fn signed_text(signed: &Signed) -> Option<String> {
    let compared =
        (signed.compared > 0).then(|| format!("{} tags are those of the key given", grouped(signed.compared)));
    let others = signed.others.iter().map(|(key, count)| format!("{} of key {key} not checked", grouped(*count)));
    let beyond =
        (signed.others_beyond > 0).then(|| format!("{} of still more keys not checked", grouped(signed.others_beyond)));
    let parts: Vec<String> = compared.into_iter().chain(others).chain(beyond).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn signed_json(signed: &Signed) -> Option<Json> {
    let others = signed.others.iter().map(|(key, count)| json!({ "key": key.to_string(), "count": count }));
    let others: Vec<Json> = others.collect();
    let is_empty = signed.compared == 0 && others.is_empty();
    (!is_empty).then(|| json!({ "compared": signed.compared, "not_checked": others }))
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
                Some(decision) => renderer.decision((difference.seq, *ordinal), decision, (&[], None)).text(),
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
        DifferenceKind::State(id) => at("the state that a strategy says it has").with("strategy", id.0),
        DifferenceKind::Renewal(id, why) => {
            at("an instance that cannot be put in a strategy's place").with("strategy", id.0).with("why", why.clone())
        }
        DifferenceKind::TapeOrder => at("the rows of the tapes come in another order"),
        DifferenceKind::TimeBack => at("its time is before that of the event before it"),
        DifferenceKind::TapeShort => at("the tapes end before the journal"),
        DifferenceKind::Unknown(number) => at("a record that this release does not know").with("record", *number),
        DifferenceKind::Seal(name) => at("a digest of the seal").with("digest", *name),
    };
    fields.with_some("release", replayed.verdict.other_rules.clone())
}
