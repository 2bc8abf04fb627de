//! Account table: how did equity, prices and positions stand at the end of each period?
//!
//! In: samples of a run. Out: CSV, one row a sample, amounts as exact decimals. Must never: round what State said.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ringfence_core::money::Decimal;

use crate::recorder::Table;
use crate::summary::Run;

/// The table: time, equity, drawdown from the highest equity so far, then a column for each strategy's equity, each
/// instrument's mark price (empty before there is one) and position.
///
/// # Panics
/// When memory refuses a write, which it does not.
#[must_use]
pub fn csv(run: &Run<'_>) -> String {
    let bytes = Buffer::default();
    let config = run.config;
    let mut columns = vec!["ts_ns".to_owned(), "equity".to_owned(), "drawdown".to_owned()];
    columns.extend(config.strategies.iter().map(|slot| format!("equity {}", slot.name)));
    let symbols = || config.instruments.iter().map(|instrument| config.symbol(instrument.id));
    columns.extend(symbols().map(|symbol| format!("mark {symbol}")));
    columns.extend(symbols().map(|symbol| format!("position {symbol}")));
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new(Box::new(bytes.clone()), &names);
    let samples = &run.recorded.samples;
    let marks = 1 + config.strategies.len()..1 + config.strategies.len() + config.instruments.len();
    let values: Vec<Vec<Decimal>> = (0..names.len() - 2).map(|column| samples.column(column).collect()).collect();
    let mut peak = run.recorded.start;
    for (row, time) in samples.times().iter().enumerate() {
        let equity = values[0][row];
        peak = peak.max(equity);
        table.cell(time.0);
        table.cell(equity.normalize());
        table.cell((peak - equity).normalize());
        for (column, values) in values.iter().enumerate().skip(1) {
            let is_missing = marks.contains(&column) && values[row].is_zero();
            table.optional((!is_missing).then(|| values[row].normalize()));
        }
        table.end();
    }
    table.finish().expect("memory takes every write");
    String::from_utf8(bytes.0.take()).expect("cells are text")
}

#[derive(Clone, Default)]
struct Buffer(Rc<RefCell<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
