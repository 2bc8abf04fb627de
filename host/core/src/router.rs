//! Router: to which venue does this work go?
//!
//! In: an action and State. Out: a venue. Must never: judge, or send.
//!
//! With one venue per instrument the choice is the instrument's own venue. The cost to minimise where there are several
//! is expected fill price + fee + latency penalty.

use crate::ids::VenueId;
use crate::intent::Action;
use crate::state::State;

/// Venue of an action; `None` when its instrument is unknown.
#[must_use]
pub fn route(state: &State, action: &Action) -> Option<VenueId> {
    state.instrument(action.instrument()).map(|instrument| instrument.venue)
}
