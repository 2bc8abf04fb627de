//! Problems: what is wrong with a configuration, where, and what would be right?
//!
//! In: findings of every reading step. Out: one report with all of them, as text or JSON. Must never: stop at the first
//! finding, or show the value of a secret (secrets do not stand in configuration).

use std::fmt;

use ringfence_core::coded_enum;
use serde_json::{Value as Json, json};

coded_enum! {
    /// What kind of mistake it is.
    ConfigCode {
        /// The text is not TOML.
        Syntax = 1 "C-SYNTAX",
        /// A key that does not exist.
        UnknownKey = 2 "C-UNKNOWN-KEY",
        /// A key that must be there and is not.
        Missing = 3 "C-MISSING",
        /// A value of another type.
        Type = 4 "C-TYPE",
        /// Text that is not one of the allowed forms.
        Value = 5 "C-VALUE",
        /// A number outside its range.
        Range = 6 "C-RANGE",
        /// A number without its unit, with a wrong one, or with one where the key carries it.
        Unit = 7 "C-UNIT",
        /// A name that points to nothing.
        Reference = 8 "C-REFERENCE",
        /// A file that is absent or unreadable.
        File = 9 "C-FILE",
        /// The same name twice.
        Duplicate = 10 "C-DUPLICATE",
        /// A risk profile that does not exist.
        Profile = 11 "C-PROFILE",
        /// An override that cannot be applied.
        Override = 12 "C-SET",
        /// A definition that contradicts itself.
        Definition = 13 "C-DEFINITION",
        /// A tape that fits no instrument, or an instrument without a tape.
        Tape = 14 "C-TAPE",
        /// A secret that is missing, too short or readable by others.
        Secret = 15 "C-SECRET",
        /// A component that is not admitted.
        Component = 16 "C-COMPONENT",
    }
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A line of a file, from 1.
    Line(String, u32),
    /// A whole file.
    File(String),
    /// A command-line flag with its value.
    Flag(String),
    /// A risk profile built into the program.
    Profile(String),
    /// A default of this program.
    Default,
}

impl Origin {
    fn file(&self) -> Option<&str> {
        match self {
            Origin::Line(file, _) | Origin::File(file) => Some(file),
            Origin::Flag(_) | Origin::Profile(_) | Origin::Default => None,
        }
    }

    fn line(&self) -> Option<u32> {
        match self {
            Origin::Line(_, line) => Some(*line),
            Origin::File(_) | Origin::Flag(_) | Origin::Profile(_) | Origin::Default => None,
        }
    }

    fn flag(&self) -> Option<&str> {
        match self {
            Origin::Flag(flag) => Some(flag),
            Origin::Line(..) | Origin::File(_) | Origin::Profile(_) | Origin::Default => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Line(file, line) => write!(f, "{file}:{line}"),
            Origin::File(file) => f.write_str(file),
            Origin::Flag(flag) => f.write_str(flag),
            Origin::Profile(name) => write!(f, "profile {name}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it was written.
    pub origin: Origin,
    /// Dotted key, for example `risk.order_qty_max`; empty when it is about the file.
    pub key: String,
    /// What was written; `None` when nothing was.
    pub value: Option<String>,
    /// Kind of mistake.
    pub code: ConfigCode,
    /// What went wrong, with the allowed range: lower case, no final stop.
    pub message: String,
    /// What to do about it, where there is one thing to do.
    pub fix: Option<String>,
}

impl Problem {
    /// The problem as a JSON object.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "code": self.code.code(),
            "file": self.origin.file(),
            "line": self.origin.line(),
            "flag": self.origin.flag(),
            "key": self.key,
            "value": self.value,
            "message": self.message,
            "fix": self.fix,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            f.write_str(&self.key)?;
            if let Some(value) = &self.value {
                write!(f, " = {value}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        if let Some(fix) = &self.fix {
            write!(f, "; {fix}")?;
        }
        write!(f, " [{}]", self.code)
    }
}

/// Everything found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Nothing found.
    #[must_use]
    pub(super) fn new() -> Problems {
        Problems::default()
    }

    /// Notes one more.
    pub(super) fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// Notes what was found elsewhere.
    pub(super) fn append(&mut self, mut other: Problems) {
        self.found.append(&mut other.found);
    }

    /// True while nothing is wrong.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The report, in order of place, each problem once.
    #[must_use]
    pub(super) fn into_report(mut self) -> Report {
        self.found.sort();
        self.found.dedup();
        Report { problems: self.found }
    }
}

/// All problems of one configuration, in order of place; at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Report {
    /// The problems.
    pub problems: Vec<Problem>,
}

impl Report {
    /// `{ok: false, problems: […]}`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({ "ok": false, "problems": self.problems.iter().map(Problem::json).collect::<Vec<_>>() })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        let count = self.problems.len();
        write!(f, "{count} problem{}; `ringfence explain CODE` tells more", if count == 1 { "" } else { "s" })
    }
}
