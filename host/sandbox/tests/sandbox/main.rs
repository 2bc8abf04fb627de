//! The sandbox against real components: well-behaved and hostile ones.

mod admission;
#[cfg(target_os = "linux")]
mod apart;
#[cfg(target_os = "linux")]
mod attack;
mod batches;
mod cache;
mod calls;
mod composed;
mod guest;
mod hostile;
mod parts;
mod renewal;
mod rig;
mod views;
#[cfg(target_os = "linux")]
mod worker;
