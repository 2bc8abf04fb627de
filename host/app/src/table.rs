//! Tables: how are columns lined up for people?
//!
//! In: a head and rows of text. Out: lines with a column per field; numbers stand right. Must never: be parsed (that is
//! what `--json` is for).

use std::fmt;

/// A table being filled.
#[derive(Clone, Debug)]
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    pub(crate) fn new(head: &[&'static str; N]) -> Table<N> {
        Table { head: *head, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[column].chars().count());
        cells.chain([self.head[column].len()]).max().unwrap_or(0)
    }

    /// Numbers stand right, everything else left.
    fn is_number(&self, column: usize) -> bool {
        let is_number = |cell: &String| cell.chars().all(|c| c.is_ascii_digit() || "+-.,%".contains(c));
        !self.rows.is_empty() && self.rows.iter().all(|row| is_number(&row[column]))
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head.map(str::to_owned);
        for (index, row) in std::iter::once(&head).chain(&self.rows).enumerate() {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                if self.is_number(column) {
                    line.push_str(&format!("  {cell:>width$}"));
                } else {
                    line.push_str(&format!("  {cell:<width$}"));
                }
            }
            let end = if index == self.rows.len() { "" } else { "\n" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_left_and_numbers_stand_right() {
        let mut table = Table::new(&["name", "used"]);
        table.row(["a".to_owned(), "5".to_owned()]);
        table.row(["longer".to_owned(), "1,200".to_owned()]);
        assert_eq!(table.to_string(), "  name     used\n  a           5\n  longer  1,200");
    }
}
