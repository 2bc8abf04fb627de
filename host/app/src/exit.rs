//! Ends: with which exit code does a command end, and what does it say when it cannot go on?
//!
//! In: outcomes and faults of commands. Out: the process's exit code. Must never: give one meaning two codes; scripts
//! rely on them.

use std::fmt;
use std::process::ExitCode;

use ringfence_sandbox::Refusal;
use serde_json::{Value as Json, json};

use crate::config::Report;

/// How a command ended that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is fine: 0.
    Fine,
    /// The thing checked does not hold: 1.
    DoesNotHold,
    /// A strategy was halted: 3.
    Halted,
}

/// Why a command could not run to its end.
#[derive(Debug)]
pub enum Failure {
    /// The configuration is wrong: 2.
    Config(Report),
    /// The arguments are wrong: 2.
    Usage(Fault),
    /// The thing to be checked is damaged or another one, so that it does not hold: 1.
    Damaged(Fault),
    /// Something outside failed (disk, data, tool, wall clock): 4.
    Outside(Fault),
    /// Interrupted by the user: 130.
    Interrupted(Fault),
}

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code, where there is one.
    pub code: Option<&'static str>,
    /// What went wrong: lower case, no final stop.
    pub message: String,
    /// What to do, where there is one thing to do.
    pub fix: Option<String>,
}

impl Fault {
    /// A fault without a code.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Fault {
        Fault { code: None, message: message.into(), fix: None }
    }

    /// Why a component is not run, where its surroundings are to blame.
    #[must_use]
    pub fn of_refusal(refusal: &Refusal) -> Fault {
        let message = format!("{}, expected {}", refusal.found, refusal.expected);
        Fault::new(message).coded(refusal.code.code()).fixed_by(refusal.fix.clone())
    }

    /// The same with a stable code.
    #[must_use]
    pub fn coded(self, code: &'static str) -> Fault {
        Fault { code: Some(code), ..self }
    }

    /// The same with advice.
    #[must_use]
    pub fn fixed_by(self, fix: impl Into<String>) -> Fault {
        Fault { fix: Some(fix.into()), ..self }
    }
}

impl Exit {
    /// The code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::DoesNotHold => 1,
            Exit::Halted => 3,
        }
    }
}

impl Failure {
    /// Something outside failed.
    #[must_use]
    pub fn outside(message: impl Into<String>) -> Failure {
        Failure::Outside(Fault::new(message))
    }

    /// The arguments are wrong.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage(Fault::new(message))
    }

    /// The exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Failure::Config(_) | Failure::Usage(_) => 2,
            Failure::Damaged(_) => 1,
            Failure::Outside(_) => 4,
            Failure::Interrupted(_) => 130,
        }
    }

    /// What went wrong and what to do, for a sentence of somebody else.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Failure::Config(report) => report.to_string(),
            Failure::Usage(fault) | Failure::Damaged(fault) | Failure::Outside(fault) | Failure::Interrupted(fault) => {
                fault.to_string()
            }
        }
    }

    /// The failure as a JSON object.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Failure::Config(report) => report.json(),
            Failure::Usage(fault) | Failure::Damaged(fault) | Failure::Outside(fault) | Failure::Interrupted(fault) => {
                json!({ "ok": false, "code": fault.code, "message": fault.message, "fix": fault.fix })
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Config(report) => write!(f, "{report}"),
            Failure::Usage(fault) | Failure::Damaged(fault) | Failure::Outside(fault) | Failure::Interrupted(fault) => {
                write!(f, "error: {fault}")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " [{code}]")?;
        }
        match &self.fix {
            Some(fix) => write!(f, "\n  fix: {fix}"),
            None => Ok(()),
        }
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Failure {
        Failure::Config(report)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
