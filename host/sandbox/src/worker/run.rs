//! Running a worker: what became of it?
//!
//! In: a worker program and a component. Out: the answer of a worker that ended well, or a refusal that says which limit
//! it ran into. Must never: leave a process behind, give it a descriptor, a variable or a folder of ours, or wait for ever.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use wasmtime::Engine;

use super::answer::{self, Answer, Attempt, FRAME_BYTES, NoCode};
use super::{CompileLimits, WORKER_VERB, Worker, failed, out_of_memory};
use crate::engine::engine_id;
use crate::refusal::{AdmissionCode, Refusal, SandboxError};
use crate::shown::shown;

/// What is read of the messages of a worker.
const MESSAGE_BYTES_MAX: u64 = 4 << 10;

/// What the allocator of Rust's standard library says before it ends a process that gets no more memory.
const NO_MEMORY_MESSAGE: &str = "memory allocation of ";

/// A worker that has used less than this part of its time was not compiling: it hangs, or the machine starves it.
const IDLE_PART: u32 = 10;

impl Worker {
    /// Compiles bytes of an admitted component.
    ///
    /// # Errors
    /// `E-COMPILE` with the engine's words, `E-COMPILE-TIME` and `E-COMPILE-MEMORY` at a limit, `E-COMPILE-WORKER` when the
    /// worker does not do its part.
    pub(crate) fn compile(&self, engine: &Engine, (bytes, limits): (&[u8], CompileLimits)) -> Result<Answer, Refusal> {
        let errand = Errand { program: &self.program, limits: self.limits.unwrap_or(limits) };
        let written = errand.run(bytes, &[])?;
        Answer::read(written, &engine_id(engine)).map_err(|why| match why {
            NoCode::Unreadable(why) => failed(&format!("the worker ended well, and {why}")),
            NoCode::Refused(refusal) => refusal,
            NoCode::OutOfMemory => errand.too_large(),
        })
    }

    /// What a worker tries that it must not be able to do, and how each attempt ended.
    ///
    /// # Errors
    /// `E-COMPILE-WORKER` where no worker runs.
    pub fn attempts(&self) -> Result<Vec<Attempt>, Refusal> {
        let engine = crate::engine::engine().map_err(|SandboxError::Engine(why)| failed(&why))?;
        let errand = Errand { program: &self.program, limits: self.limits.unwrap_or(CompileLimits::STRATEGY) };
        let written = errand.run(&[], &[super::serve::TRY])?;
        answer::attempts(&written, &engine_id(&engine)).map_err(failed)
    }
}

/// One start of a worker.
struct Errand<'a> {
    program: &'a Path,
    limits: CompileLimits,
}

impl Errand<'_> {
    /// Everything a worker wrote that ended well.
    fn run(&self, input: &[u8], more: &[&str]) -> Result<Vec<u8>, Refusal> {
        let mut pipes = Pipes::new(input).map_err(|error| failed(&format!("no memory file: {error}")))?;
        let child = pipes.start(self, more).map_err(|error| failed(&format!("the worker does not start: {error}")))?;
        let ended = Running(child).wait(self.limits.wall()).map_err(|error| failed(&format!("no wait: {error}")))?;
        let message = pipes.message();
        match ended {
            Ended::Killed { cpu } => Err(self.took_too_long(cpu)),
            Ended::Exited(status) if status.success() => self.output(&mut pipes),
            Ended::Exited(status) => Err(self.ended_badly(status, &message)),
        }
    }

    fn output(&self, pipes: &mut Pipes) -> Result<Vec<u8>, Refusal> {
        let bytes_max = self.limits.code_bytes + FRAME_BYTES;
        let bytes = read(&mut pipes.output, bytes_max + 1).map_err(|error| failed(&format!("no answer: {error}")))?;
        if bytes.len() as u64 > bytes_max { Err(self.too_much_code()) } else { Ok(bytes) }
    }

    fn ended_badly(&self, status: ExitStatus, message: &str) -> Refusal {
        match status.signal() {
            Some(libc::SIGXCPU) => {
                too_slow(format!("more than {} s of processor time", self.limits.cpu_s), &self.limits)
            }
            Some(libc::SIGXFSZ) => self.too_much_code(),
            Some(libc::SIGABRT) if message.starts_with(NO_MEMORY_MESSAGE) => self.too_large(),
            Some(_) | None => failed(&format!("the worker ended with {status}: {message}")),
        }
    }

    fn took_too_long(&self, cpu: Duration) -> Refusal {
        let found = format!("{} s by the clock, {:.1} s of it at work", self.limits.wall_s, cpu.as_secs_f64());
        if cpu < self.limits.wall() / IDLE_PART {
            return failed(&format!("the worker was killed after {found}"));
        }
        too_slow(found, &self.limits)
    }

    fn too_large(&self) -> Refusal {
        out_of_memory(&format!("{} MiB", self.limits.memory_bytes >> 20))
    }

    fn too_much_code(&self) -> Refusal {
        Refusal::new(
            AdmissionCode::CompileMemory,
            "more machine code than is allowed",
            format!("at most {} MiB", self.limits.code_bytes >> 20),
            "build in release mode; leave out what is not called",
        )
    }
}

fn too_slow(found: String, limits: &CompileLimits) -> Refusal {
    Refusal::new(
        AdmissionCode::CompileTime,
        format!("compiling took {found} and was stopped"),
        format!("at most {} s of processor time and {} s by the clock", limits.cpu_s, limits.wall_s),
        "build in release mode; split the largest functions, they cost most",
    )
}

/// The three descriptors of a worker, as files in memory: neither side ever waits for the other to read or write.
struct Pipes {
    input: File,
    output: File,
    message: File,
}

impl Pipes {
    fn new(bytes: &[u8]) -> io::Result<Pipes> {
        let mut input = memory_file("component")?;
        input.write_all(bytes)?;
        input.rewind()?;
        Ok(Pipes { input, output: memory_file("machine-code")?, message: memory_file("messages")? })
    }

    fn start(&self, errand: &Errand<'_>, more: &[&str]) -> io::Result<Child> {
        let CompileLimits { cpu_s, memory_bytes, code_bytes, .. } = errand.limits;
        Command::new(errand.program)
            .arg0("ringfence")
            .arg(WORKER_VERB)
            .args([cpu_s, memory_bytes, code_bytes + FRAME_BYTES].map(|limit| limit.to_string()))
            .args(more)
            .env_clear()
            .current_dir("/")
            // An interrupt at the terminal is for the host alone, which then ends the worker.
            .process_group(0)
            .stdin(self.input.try_clone()?)
            .stdout(self.output.try_clone()?)
            .stderr(self.message.try_clone()?)
            .spawn()
    }

    /// First line of what the worker complained about.
    fn message(&mut self) -> String {
        let bytes = read(&mut self.message, MESSAGE_BYTES_MAX).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        shown(text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing"))
    }
}

fn memory_file(name: &str) -> io::Result<File> {
    Ok(File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?))
}

fn read(file: &mut File, bytes_max: u64) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How a worker ended.
enum Ended {
    Exited(ExitStatus),
    /// The wall limit was over; so much processor time it had used.
    Killed {
        cpu: Duration,
    },
}

/// A process that does not outlive this value.
struct Running(Child);

impl Running {
    /// Waits on a thread of its own for the end of the process, and here for that thread, as long as the limit allows.
    fn wait(mut self, limit: Duration) -> io::Result<Ended> {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).map_err(io::Error::other)?);
        let (ended, told) = channel();
        thread::Builder::new().name("compile-wait".to_owned()).spawn(move || {
            // Whatever it answers, there is nothing more to wait for; the process itself is left to be waited for here.
            let _status = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
            let _gone = ended.send(());
        })?;
        match told.recv_timeout(limit) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(Ended::Exited(self.0.wait()?)),
            Err(RecvTimeoutError::Timeout) => Ok(Ended::Killed { cpu: processor_time(self.0.id()) }),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // All of it fails only where it has ended and was waited for: there is nothing left to do. The group is what the
        // worker started, where no guard kept it from that.
        if let Ok(None) = self.0.try_wait() {
            let group = i32::try_from(self.0.id()).map(Pid::from_raw);
            group.map(|group| killpg(group, Signal::SIGKILL).ok()).ok();
        }
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Processor time of a process that still runs; none where the system does not tell.
fn processor_time(pid: u32) -> Duration {
    let ticks = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| ticks_in(&stat));
    let per_s = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    let per_s = per_s.and_then(|per_s| u64::try_from(per_s).ok()).filter(|per_s| *per_s > 0).unwrap_or(100);
    Duration::from_millis(ticks.unwrap_or(0).saturating_mul(1_000) / per_s)
}

/// Fields 14 and 15, counted behind the name, which is in brackets and may hold anything.
fn ticks_in(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    next()?.checked_add(next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 17 5 0 0 20 0 1 0 100 0 0";
        assert_eq!(ticks_in(stat), Some(22));
        assert_eq!(ticks_in("42 (a) S 1 2"), None);
        assert_eq!(ticks_in(""), None);
    }
}
