//! Why: how did it come to this?
//!
//! In: the steps of a journal. Out: closed trades, lives of orders, sentences about them. Must never: execute anything, or
//! say what the journal does not hold; rows of a tape are named by their numbers, for their content is in the tape.

pub(crate) mod life;
pub(crate) mod tell;
pub(crate) mod trades;
