//! Process: how does a guest process begin and end?
//!
//! In: a program. Out: a running process with one socket, and at last how it ended. Must never: leave a process behind, or
//! give it a descriptor, a variable or a folder of ours.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::apart::frame::Frames;
use crate::apart::{GUEST_VERB, GuestProgram};

/// What the system is to hold a guest process to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caps {
    /// Memory that it may write to, in bytes.
    pub(crate) data_bytes: u64,
    /// Address space in bytes: far more, since memories of WebAssembly are reserved whole.
    pub(crate) address_bytes: u64,
}

/// A process that does not outlive this value.
pub(super) struct Process(Child);

impl Process {
    /// Starts it. The other end of the socket is its standard input, and all that it has.
    ///
    /// # Errors
    /// When the system starts none.
    pub(super) fn start(program: &GuestProgram, caps: Caps) -> io::Result<(Process, Frames)> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(&program.program)
            .arg0("ringfence")
            .arg(GUEST_VERB)
            .args([caps.data_bytes, caps.address_bytes].map(|cap| cap.to_string()))
            .env_clear()
            .current_dir("/")
            // An interrupt at the terminal is for the host alone, which then ends its guests.
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok((Process(child), Frames::new(ours)?))
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it, where it has not ended by itself; how it did, for people.
    pub(super) fn end(&mut self) -> String {
        // A process that closed its socket ends a moment later, and how says more than that we killed it.
        for _ in 0..PATIENCE {
            match self.0.try_wait() {
                Ok(Some(status)) => return format!("the guest process ended by itself: {status}"),
                Ok(None) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        self.kill();
        "the guest process was killed".to_owned()
    }

    fn kill(&mut self) {
        // All of it fails only where it has ended and was waited for: there is nothing left to do. The group is what it
        // started, where no guard kept it from that.
        if let Ok(None) = self.0.try_wait() {
            let group = i32::try_from(self.0.id()).map(Pid::from_raw);
            group.map(|group| killpg(group, Signal::SIGKILL).ok()).ok();
        }
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Times that somebody who closed its socket is looked at before it is killed.
const PATIENCE: u32 = 200;

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
