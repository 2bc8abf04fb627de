//! Process: how does a guest process begin and end?
//!
//! In: a program. Out: a running process with one socket, and at last how it ended. Must never: leave a process behind, or
//! give it a descriptor, a variable or a folder of ours.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

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
    pub(super) fn start(program: &GuestProgram, caps: Caps, more: &[&str]) -> io::Result<(Process, Frames)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(&program.program);
        command
            .arg0("ringfence")
            .arg(GUEST_VERB)
            .args([caps.data_bytes, caps.address_bytes].map(|cap| cap.to_string()))
            .args(more)
            .env_clear()
            .current_dir("/")
            // An interrupt at the terminal is for the host alone, which then ends its guests.
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // What the command holds of the other end is dropped with it, so that the end of the process is noticed.
        let child = spawn(command)?;
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

/// A command, and where to say what became of it.
type Wish = (Command, Sender<io::Result<Child>>);

/// Starts a process on a thread that lives as long as this process: a guest process asks to be killed when its parent ends, and
/// for the system that is the thread that started it.
fn spawn(command: Command) -> io::Result<Child> {
    static WISHES: Mutex<Option<Sender<Wish>>> = Mutex::new(None);
    let (done, told) = channel();
    let mut wishes = WISHES.lock().unwrap_or_else(PoisonError::into_inner);
    let sender = match wishes.take() {
        Some(sender) => sender,
        None => starter()?,
    };
    let sent = sender.send((command, done));
    *wishes = sent.is_ok().then_some(sender);
    drop(wishes);
    told.recv().unwrap_or_else(|_| Err(io::Error::other("nobody starts guest processes any more")))
}

fn starter() -> io::Result<Sender<Wish>> {
    let (sender, wishes) = channel::<Wish>();
    let start = move || {
        for (mut command, done) in wishes {
            // Whoever asked has given up where this fails; the process ends with its socket.
            done.send(command.spawn()).ok();
        }
    };
    thread::Builder::new().name("guest-start".to_owned()).spawn(start)?;
    Ok(sender)
}

/// Times that somebody who closed its socket is looked at before it is killed.
const PATIENCE: u32 = 200;

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
