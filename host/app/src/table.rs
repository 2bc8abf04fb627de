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
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<&str>> = self.rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        f.write_str(&lined_up(&self.head, &rows))
    }
}

/// Lines with a column per field; every row has as many as the head.
pub(crate) fn lined_up(head: &[&str], rows: &[Vec<&str>]) -> String {
    let columns: Vec<(usize, bool)> = (0..head.len()).map(|column| shape(column, head, rows)).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (cell, (width, is_number)) in cells.iter().zip(&columns) {
            if *is_number {
                line.push_str(&format!("  {cell:>width$}"));
            } else {
                line.push_str(&format!("  {cell:<width$}"));
            }
        }
        line.trim_end().to_owned()
    };
    let lines: Vec<String> = std::iter::once(line(head)).chain(rows.iter().map(|row| line(row))).collect();
    lines.join("\n")
}

/// Width of a column, and whether it stands right: numbers do, everything else stands left.
fn shape(column: usize, head: &[&str], rows: &[Vec<&str>]) -> (usize, bool) {
    let is_number = |cell: &str| cell.chars().all(|c| c.is_ascii_digit() || "+-.,%".contains(c));
    let cells = || rows.iter().map(|row| row[column]);
    let width = cells().chain([head[column]]).map(|cell| cell.chars().count()).max().unwrap_or(0);
    (width, !rows.is_empty() && cells().all(is_number))
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
