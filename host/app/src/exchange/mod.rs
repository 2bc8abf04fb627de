//! What the local exchange takes from the host.

pub(crate) mod tapes;
