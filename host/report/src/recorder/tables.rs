//! Tables: how is each order, fill and position written down while a run is under way?
//!
//! In: rows, one at a time. Out: CSV in the order of the stream. Must never: keep a row, quote what needs none, or go on
//! after the disk refused; the first fault is kept and told at the end.

use std::fmt::Write as _;
use std::io::{self, Write};

/// A CSV file that grows.
pub struct Table {
    out: Box<dyn Write>,
    line: String,
    fault: Option<io::Error>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Table {
    /// A table with its first line.
    #[must_use]
    pub fn new(out: Box<dyn Write>, columns: &[&str]) -> Table {
        let mut table = Table { out, line: String::new(), fault: None };
        columns.iter().for_each(|column| table.cell(column));
        table.end();
        table
    }

    /// Adds a cell to the row.
    pub fn cell(&mut self, value: impl std::fmt::Display) {
        if !self.line.is_empty() {
            self.line.push(',');
        }
        let start = self.line.len();
        write!(self.line, "{value}").expect("a String takes every write");
        if self.line[start..].contains([',', '"', '\n', '\r']) {
            let quoted = self.line[start..].replace('"', "\"\"");
            self.line.truncate(start);
            write!(self.line, "\"{quoted}\"").expect("a String takes every write");
        }
        // An empty first cell must still be followed by a comma.
        if self.line.is_empty() {
            self.line.push_str("\"\"");
        }
    }

    /// Adds a cell, empty where there is no value.
    pub fn optional(&mut self, value: Option<impl std::fmt::Display>) {
        match value {
            Some(value) => self.cell(value),
            None => self.cell(""),
        }
    }

    /// Ends the row.
    pub fn end(&mut self) {
        self.line.push('\n');
        if self.fault.is_none() {
            self.fault = self.out.write_all(self.line.as_bytes()).err();
        }
        self.line.clear();
    }

    /// Ends the table.
    ///
    /// # Errors
    /// The first thing the disk refused.
    pub fn finish(mut self) -> io::Result<()> {
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => self.out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no room"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let shared = Shared::default();
        let mut table = Table::new(Box::new(shared.clone()), &["a", "b"]);
        table.cell("x,y \"z\"");
        table.optional(None::<u8>);
        table.end();
        table.finish().unwrap();
        assert_eq!(String::from_utf8(shared.0.take()).unwrap(), "a,b\n\"x,y \"\"z\"\"\",\n");
    }

    #[test]
    fn the_first_fault_is_told_at_the_end() {
        let mut table = Table::new(Box::new(Full), &["a"]);
        table.cell(1);
        table.end();
        assert_eq!(table.finish().unwrap_err().to_string(), "no room");
    }
}
