//! Ended: what is told of a sweep that ended, or of what there was of it when it was stopped?
//!
//! In: trials in the order of their numbers, what they are ranked by. Out: a table, a map, last lines, lines of JSON, files.
//! Must never: give a file of a part the name of the whole, or let a run that was halted or refused go unmentioned.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic, terminal_columns};
use crate::sweep::axis::Axis;
use crate::sweep::heat::{Better, Heat, SIDE_MAX};
use crate::sweep::luck::Luck;
use crate::sweep::rank::Rank;
use crate::sweep::run::Trial;
use crate::sweep::show::{csv, doubt, json, table};
use crate::sweep::walk;

const RESULTS: &str = "results.csv";
/// What a sweep that was stopped leaves; the next one into the folder begins anew.
const PART: &str = "results.csv.part";
const COLUMNS: &str = "results.parquet";
const HEATMAP: &str = "heatmap.svg";
const SUMMARY: &str = "summary.json";

/// Makes the folder, before the runs whose files it is to hold.
///
/// # Errors
/// When it holds such files already (usage), or cannot be made (outside).
pub(crate) fn claim(folder: &Path) -> Result<(), Failure> {
    let all = [RESULTS, COLUMNS, HEATMAP, SUMMARY].into_iter().chain(walk::FILES);
    if let Some(name) = all.into_iter().find(|name| folder.join(name).symlink_metadata().is_ok()) {
        let fault = Fault::new(format!("{} holds a {name} already", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("name another folder, or move the old one away")));
    }
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
    let part = folder.join(PART);
    match fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(not_written(&part, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes one file into the folder.
///
/// # Errors
/// What the disk refuses.
pub(crate) fn put(folder: &Path, name: &str, content: String) -> Result<(), Failure> {
    let path = folder.join(name);
    fs::write(&path, content).map_err(|error| not_written(&path, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::outside(format!("the results cannot be written: {}: {error}", path.display()))
}

/// Why all were refused, where it is one reason: a parameter that the strategy does not know, for example.
pub(crate) fn only_refusal(trials: &[Trial]) -> Option<&str> {
    let mut reasons = trials.iter().map(|trial| trial.outcome.as_ref().err());
    let first = reasons.next()??;
    reasons.all(|reason| reason == Some(first)).then_some(first)
}

/// Nothing ran, and no other values of the same axes would have.
pub(crate) fn all_refused(why: &str) -> Failure {
    Failure::usage(format!("every combination was refused: {why}"))
}

/// Trials of a sweep, and how they are to be told.
pub(crate) struct Ended<'a> {
    pub(crate) axes: &'a [Axis],
    pub(crate) rank: Rank,
    /// How many of the best are shown.
    pub(crate) top: usize,
    pub(crate) trials: &'a [Trial],
    pub(crate) luck: Luck,
    pub(crate) seconds: f64,
    /// Whether the map will lie in a file.
    pub(crate) has_folder: bool,
}

impl Ended<'_> {
    /// Tells all of it.
    pub(crate) fn print(&self, out: &mut Output) {
        let places = self.rank.order(self.trials);
        if out.form() == Form::Json {
            places.iter().for_each(|place| out.json(&json(self.axes, &self.trials[*place], &self.luck)));
            return;
        }
        out.line(table((self.axes, self.rank), self.trials, (&places, self.top)));
        let (columns, count) = (terminal_columns(), self.trials.len());
        let (refused, halted) = (self.refused(), self.halted());
        if refused < count {
            self.heat(|heat| out.line(format!("\n{}", self.map(heat, columns))));
        }
        out.line(format!("\n{count} tried, {refused} refused, {halted} halted, {:.2} s", self.seconds));
        if let Some(best) = places.first().and_then(|place| self.trials[*place].outcome.as_ref().ok()) {
            out.line(doubt(best, &self.luck));
        }
    }

    /// The map as blocks, or where it is when a terminal has no room for it.
    fn map(&self, heat: &Heat<'_>, columns: Option<usize>) -> String {
        if columns.is_none_or(|columns| heat.text_width() <= columns) {
            return heat.text();
        }
        let wide = format!("the map is {} columns wide, more than this terminal", heat.text_width());
        if self.has_folder { format!("{wide}: see {HEATMAP}") } else { format!("{wide}: --out DIR writes {HEATMAP}") }
    }

    fn refused(&self) -> usize {
        self.trials.iter().filter(|trial| trial.outcome.is_err()).count()
    }

    fn halted(&self) -> usize {
        self.trials.iter().filter(|trial| trial.halted().is_some()).count()
    }

    /// Writes every file.
    ///
    /// # Errors
    /// What the disk refuses.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        put(folder, RESULTS, csv(self.axes, self.trials, &self.luck))?;
        put(folder, SUMMARY, format!("{:#}\n", self.summary()))?;
        #[cfg(feature = "parquet")]
        self.columns(folder)?;
        let mut picture = None;
        self.heat(|heat| picture = Some(heat.svg()));
        picture.map_or(Ok(()), |svg| put(folder, HEATMAP, svg))
    }

    /// Keeps what there is of a sweep that was stopped, under a name that says so.
    ///
    /// # Errors
    /// What the disk refuses.
    pub(crate) fn write_part(&self, folder: &Path) -> Result<(), Failure> {
        put(folder, PART, csv(self.axes, self.trials, &self.luck))?;
        diagnostic(format_args!("{PART} holds the {} combinations that had been done", self.trials.len()));
        Ok(())
    }

    /// The table once more, for programs that read columns.
    #[cfg(feature = "parquet")]
    fn columns(&self, folder: &Path) -> Result<(), Failure> {
        let names = self.axes.iter().map(|axis| axis.name.as_str());
        let texts: Vec<&str> = names.chain(["halted", "refused"]).collect();
        let out = folder.join(COLUMNS);
        let refused = |error| Failure::outside(format!("the results cannot be written: {}: {error}", out.display()));
        let kinds = ringfence_report::parquet::Kinds { texts: &texts, floats: &crate::sweep::show::FIGURES };
        ringfence_report::parquet::convert_as(&folder.join(RESULTS), &out, kinds).map_err(refused)
    }

    /// How many were tried, which was the best, and how much of it may be luck.
    fn summary(&self) -> serde_json::Value {
        let places = self.rank.order(self.trials);
        let best = places.first().map(|place| &self.trials[*place]);
        let done = best.and_then(|trial| trial.outcome.as_ref().ok());
        json!({
            "rank": self.rank.name(),
            "tried": self.trials.len(),
            "refused": self.refused(),
            "halted": self.halted(),
            "tries": self.luck.tries,
            "expected_maximum_sharpe": done.and_then(|done| self.luck.annual(done)),
            "best": done.and(best).map(|trial| json(self.axes, trial, &self.luck)),
            "warning": done.map(|done| doubt(done, &self.luck)),
        })
    }

    /// A picture, where there are two axes, all of both was tried, and it fits.
    fn heat(&self, mut draw: impl FnMut(&Heat<'_>)) {
        let [rows, columns] = self.axes else { return };
        let is_whole = rows.values.len() * columns.values.len() == self.trials.len();
        if !is_whole || rows.values.len() > SIDE_MAX || columns.values.len() > SIDE_MAX {
            return;
        }
        let figure = |trial: &Trial| {
            let done = trial.outcome.as_ref().ok().filter(|done| done.halted().is_none())?;
            self.rank.of(done)
        };
        let figures: Vec<_> = self.trials.iter().map(figure).collect();
        let best = self.rank.order(self.trials).first().copied().filter(|place| figures[*place].is_some());
        let better = if self.rank.is_least_first() { Better::Least } else { Better::Most };
        draw(&Heat { axes: [rows, columns], figures: &figures, title: &self.rank.name(), better, best });
    }

    /// What the command ends with; asked before anything is printed, because where nothing ran that is the first to know.
    ///
    /// # Errors
    /// All were refused for the same reason: the axes are wrong.
    pub(crate) fn exit(&self) -> Result<Exit, Failure> {
        if let Some(why) = only_refusal(self.trials) {
            return Err(all_refused(why));
        }
        if self.refused() == self.trials.len() {
            diagnostic(format_args!("every combination was refused:"));
            return Ok(Exit::DoesNotHold);
        }
        Ok(if self.halted() > 0 { Exit::Halted } else { Exit::Fine })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_is_wider_than_the_terminal_is_left_out() {
        let axis = |name: &str, count: usize| Axis {
            name: name.into(),
            key: name.into(),
            values: (0..count).map(|value| value.to_string()).collect(),
        };
        let axes = [axis("a", 1), axis("b", 9)];
        let trials: Vec<Trial> = (0..9).map(|_| Trial { values: Vec::new(), outcome: Err("no".into()) }).collect();
        let luck = Luck::of(&trials);
        let mut ended =
            Ended { axes: &axes, rank: Rank::Fees, top: 1, trials: &trials, luck, seconds: 0.0, has_folder: true };
        let said = |ended: &Ended<'_>, columns| {
            let mut said = String::new();
            ended.heat(|heat| said = ended.map(heat, columns));
            said
        };
        let whole = said(&ended, None);
        assert!(whole.ends_with("0  x x x x x x x x x"), "{whole}");
        assert_eq!(said(&ended, Some(21)), whole);
        assert_eq!(said(&ended, Some(20)), "the map is 21 columns wide, more than this terminal: see heatmap.svg");
        ended.has_folder = false;
        assert!(said(&ended, Some(20)).ends_with(": --out DIR writes heatmap.svg"));
    }
}
