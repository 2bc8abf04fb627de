//! What if: what would a recorded session have come to with other code or other values?
//!
//! In: a journal with its tapes, and what is to be other. Out: figures of the session as it was and as it would have been.
//! Must never: change the journal, or call what did not happen anything but counterfactual.

pub(crate) mod figures;
pub(crate) mod orders;
pub(crate) mod script;
pub(crate) mod tally;
