//! Reports: what did a run come to, in figures, pictures and tables?
//!
//! In: what a session says while it runs and when it ended. Out: statistics, a tear sheet, tables. Must never: decide
//! anything in a run, read a clock, or show one thing differently for equal inputs.

pub mod statistics;
