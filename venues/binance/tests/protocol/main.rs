//! The protocol by script: what does the machine do, line by line?

mod bench;
mod books;
mod breaks;
mod faults_of_limits;
mod faults_of_sends;
mod faults_of_streams;
mod orders;
mod sessions;
mod simulation;
