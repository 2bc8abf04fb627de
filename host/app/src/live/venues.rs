use super::checks::Entry;
use crate::config::Wire;
use crate::exit::Failure;
use ringfence_core::config::Config;
use ringfence_sim::SimAdapter;
pub(crate) fn live(_: &Wire, _: &Config, _: Entry) -> Result<SimAdapter, Failure> {
    Err(Failure::usage("x"))
}
pub(crate) fn market(_: &Wire, _: &Config) -> Result<SimAdapter, Failure> {
    Err(Failure::usage("x"))
}
