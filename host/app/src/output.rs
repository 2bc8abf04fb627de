//! Output: how do results reach the user or the program that reads them?
//!
//! In: texts and JSON values of commands. Out: standard output; results only, diagnostics go to standard error. Must
//! never: panic when the reader goes away; `| head` is a normal end.

use std::io::{self, IsTerminal, Write};

use serde_json::Value as Json;

/// In which form results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object, or one a line.
    Json,
}

/// Where results go.
pub struct Output {
    form: Form,
    to: Box<dyn Write>,
    fault: Option<io::Error>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("form", &self.form).field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Output {
    /// Standard output.
    #[must_use]
    pub fn stdout(form: Form) -> Output {
        Output::to(form, Box::new(io::BufWriter::new(io::stdout())))
    }

    /// Any writer.
    #[must_use]
    pub fn to(form: Form, to: Box<dyn Write>) -> Output {
        Output { form, to, fault: None }
    }

    /// The form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// False once the reader has gone away or the disk is full: nothing more needs to be made.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.fault.is_none()
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl std::fmt::Display) {
        if self.fault.is_none() {
            self.fault = writeln!(self.to, "{text}").err();
        }
    }

    /// Writes a JSON value on a line of its own.
    pub fn json(&mut self, value: &Json) {
        self.line(value);
    }

    /// Lets the reader see what was written so far.
    pub fn flush(&mut self) {
        if self.fault.is_none() {
            self.fault = self.to.flush().err();
        }
    }

    /// Flushes; call last.
    ///
    /// # Errors
    /// The first fault of the writer. A reader that has gone away is none.
    pub fn finish(mut self) -> io::Result<()> {
        let fault = self.fault.take().or_else(|| self.to.flush().err());
        match fault {
            Some(fault) if fault.kind() != io::ErrorKind::BrokenPipe => Err(fault),
            Some(_) | None => Ok(()),
        }
    }
}

/// Writes a line for people to standard error. Where that cannot be written, nobody is there to be told.
pub fn diagnostic(text: impl std::fmt::Display) {
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// Columns of the terminal that standard output goes to; `None` when it is none.
#[must_use]
pub fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Lower-case hexadecimal text.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer whose reader has gone away, or whose disk is full.
    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    fn end(kind: io::ErrorKind) -> (bool, Option<io::ErrorKind>) {
        let mut out = Output::to(Form::Text, Box::new(Failing(kind)));
        out.line("first");
        out.line("second");
        (out.is_open(), out.finish().err().map(|fault| fault.kind()))
    }

    #[test]
    fn a_reader_that_goes_away_is_a_normal_end_and_a_full_disk_is_not() {
        assert_eq!(end(io::ErrorKind::BrokenPipe), (false, None));
        assert_eq!(end(io::ErrorKind::StorageFull), (false, Some(io::ErrorKind::StorageFull)));
    }
}
