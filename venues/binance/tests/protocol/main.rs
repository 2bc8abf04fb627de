//! The protocol by script: what does the machine do, line by line?

mod bench;
mod books;
mod faults;
mod orders;
mod sessions;
mod simulation;
