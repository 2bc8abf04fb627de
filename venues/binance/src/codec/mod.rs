//! Codec: which bytes stand for which message?
//!
//! In: bytes from a venue, or what shall be asked of it. Out: typed messages, or a request that only lacks its signature.
//! Must never: panic on any bytes, allocate beyond its limits, use a float, know time, or decide anything.

pub mod account;
pub mod failure;
pub mod json;
pub mod market;
pub mod number;
pub mod order;
pub mod read;
pub mod request;
pub mod rules;
pub mod sign;
pub mod stream;
pub mod user;
pub mod words;

pub use failure::{Failure, Fate};
pub use number::Number;
pub use read::CodecError;
pub use request::{
    Method, Place, Request, Security, prepare_cancel_all, prepare_cancel_order, prepare_emergency_cancel_all,
    prepare_futures_order, prepare_spot_order,
};
pub use sign::{HmacSigner, Secret, Signer, Stamp};
