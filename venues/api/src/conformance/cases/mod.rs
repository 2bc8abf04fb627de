//! Cases: which rules does every adapter keep?
//!
//! In: nothing. Out: the list. Must never: name a venue; where venues differ in what is right, a case has more than one story.

mod amend;
mod cancel;
mod connect;
mod control;
mod data;
mod orders;
mod partial;
mod reconcile;
mod user;

use crate::conformance::Case;

/// All cases, in the order in which they are played.
pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    [
        data::CASES,
        orders::CASES,
        partial::CASES,
        amend::CASES,
        cancel::CASES,
        user::CASES,
        reconcile::CASES,
        connect::CASES,
        control::CASES,
    ]
    .into_iter()
    .flatten()
}
