//! `ringfence whatif`: what would a recorded session have come to with other code or other values?
//!
//! In: a journal with its tapes, other components, other values. Out: the figures of both beside each other, labelled
//! counterfactual. Must never: show figures of a session that does not replay, or change its journal.

use std::path::PathBuf;

use ringfence_core::ids::StrategyId;
use ringfence_session::results::Results;
use serde_json::{Value as Json, json};

use crate::commands::backtest::exit;
use crate::commands::replay::replacement;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic, hex};
use crate::progress::Line;
use crate::sessions::whatif::{Answer, Baseline, Order, baseline, counterfactual};
use crate::sessions::{journal_folder, new_journal};
use crate::whatif::figures::{Figure, array, figures, table};
use crate::whatif::tally::Sums;

/// Run a recorded session again with other strategies, parameters or rules, and show what changes.
///
/// The session is first replayed, and has to match: its figures are the baseline. Then a backtest is run on the same tapes
/// with the same control events and the changes asked for. Everything it shows is counterfactual: it did not happen.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence whatif run1 --set strategies.ema.params.fast=10 --data trades.csv.zst
  ringfence whatif run1 --set risk.order_qty_max=50 --set simulation.fill=next-event
  ringfence whatif run1 --strategy ema=target/components/other.wasm --journal other1
  ringfence diff run1 other1   which decisions?")]
pub struct Args {
    /// Folder of the journal.
    #[arg(value_name = "JOURNAL")]
    of: PathBuf,
    /// Another component in place of a recorded one. May be repeated.
    #[arg(long, value_name = "ID=FILE", value_parser = replacement)]
    strategy: Vec<(String, PathBuf)>,
    /// Another value of a key of the recorded configuration (`ringfence diff` and `config show --resolved` name them). May
    /// be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Market data of the session; told by its hash, so the order does not matter. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Folder for a journal of the counterfactual run, new or empty; its header says of which session it is one.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A journal that cannot be read, tapes that are absent, values and components that are refused, an interruption.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    journal_folder(&args.of)?;
    args.journal.as_deref().map_or(Ok(()), new_journal)?;
    if args.strategy.is_empty() && args.set.is_empty() {
        diagnostic("note: nothing is to be other (--set, --strategy), so nothing should change");
    }
    let journal = args.journal.as_deref();
    let order = Order { of: &args.of, data: &args.data, strategies: &args.strategy, sets: &args.set, journal };
    let line = Line::start("replay", None);
    let baseline = baseline(&order, &mut |now| line.moved(now));
    line.end();
    let baseline = baseline?;
    let line = Line::start("what if", Some(baseline.tally.rows));
    let answer = counterfactual(&order, &baseline, &mut |now| line.moved(now));
    line.end();
    let answer = answer?;
    answer.deaths.iter().for_each(diagnostic);
    let shown = Shown { args, baseline: &baseline, answer: &answer };
    match out.form() {
        Form::Json => out.json(&shown.json()),
        Form::Text => shown.lines().iter().for_each(|line| out.line(line)),
    }
    Ok(exit(&answer.results))
}

/// Both runs.
struct Shown<'a> {
    args: &'a Args,
    baseline: &'a Baseline,
    answer: &'a Answer,
}

impl Shown<'_> {
    fn figures(&self, of: Option<StrategyId>) -> Vec<Figure> {
        let nothing = Sums::default();
        let sums = |tally: &'_ crate::whatif::tally::Tally| match of {
            None => tally.whole.clone(),
            Some(id) => tally.strategies.get(&id).unwrap_or(&nothing).clone(),
        };
        figures(&sums(&self.baseline.tally), &sums(&self.answer.tally), &self.baseline.config)
    }

    /// Strategies, with whether they decided the same.
    fn strategies(&self) -> Vec<(StrategyId, &str, bool)> {
        let Results { strategies, .. } = &self.answer.results;
        let before = |id| self.baseline.verdict.digests.of_strategy(id);
        let one = |strategy: &ringfence_session::results::StrategyResults| {
            let name = self.baseline.config.strategy(strategy.id).map_or("", |slot| slot.name.as_str());
            (strategy.id, name, strategy.decision_digest == before(strategy.id))
        };
        strategies.iter().map(one).collect()
    }

    fn same_decisions(&self) -> bool {
        self.baseline.verdict.digests.decisions == self.answer.results.decision_digest
    }

    fn json(&self) -> Json {
        let strategies = self.strategies();
        let each = strategies.iter().map(|(id, name, same)| {
            json!({ "id": id.0, "strategy": name, "same_decisions": same, "figures": array(&self.figures(Some(*id))) })
        });
        let changes = self.answer.changes.iter();
        let changes = changes
            .map(|(what, (was, is))| json!({ "what": what, "baseline": was, "what_if": is }))
            .collect::<Vec<_>>();
        json!({
            "counterfactual": true,
            "of_session": self.baseline.session.to_string(),
            "journal": self.args.journal,
            "baseline_matches": true,
            "changes": changes,
            "same_decisions": self.same_decisions(),
            "figures": array(&self.figures(None)),
            "strategies": each.collect::<Vec<_>>(),
            "baseline_decision_digest": hex(&self.baseline.verdict.digests.decisions),
            "what_if_decision_digest": hex(&self.answer.results.decision_digest),
        })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            "COUNTERFACTUAL  this did not happen".to_owned(),
            format!("  of session   {}, replayed: MATCH", self.baseline.session),
        ];
        if self.answer.changes.is_empty() {
            lines.push("  changed      nothing".to_owned());
        }
        for (what, (was, is)) in &self.answer.changes {
            lines.push(format!("  changed      {what}: {is} (was {was})"));
        }
        let decisions = if self.same_decisions() { "the same, every one" } else { "others" };
        lines.push(format!("  decisions    {decisions}"));
        lines.push(String::new());
        lines.push("all strategies".to_owned());
        lines.push(table(&self.figures(None)));
        for (id, name, same) in self.strategies() {
            let same = if same { ", the same decisions" } else { "" };
            lines.push(format!("\nstrategy {name}{same}"));
            lines.push(table(&self.figures(Some(id))));
        }
        if let Some(journal) = &self.args.journal {
            let (of, other) = (self.args.of.display(), journal.display());
            lines.push(format!("\n`ringfence diff {of} {other}` shows which decisions"));
        }
        lines
    }
}
