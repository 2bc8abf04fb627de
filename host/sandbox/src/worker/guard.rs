//! Guards: what can a worker, or a guest process, no longer do?
//!
//! In: limits, this process. Out: a process without foreign descriptors, with limits that it cannot raise, that cannot
//! open a file or a socket, start a program or a thread, or make code to run. Must never: go on without the limits; what a
//! kernel does not offer beyond them is told.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use crate::apart::Caps;

/// Standard input, output and error.
const OWN_DESCRIPTORS: RawFd = 3;
/// Descriptors that are closed unseen where the system does not list them.
const DESCRIPTORS_UNSEEN_MAX: RawFd = 1_024;

/// Limits in the units of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) cpu_s: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) file_bytes: u64,
}

/// Closes what a careless parent of our parent left open. Nothing of ours is open yet.
pub(crate) fn close_inherited() {
    close_from(OWN_DESCRIPTORS);
}

/// Closes all but the first descriptors.
pub(crate) fn close_from(first: RawFd) {
    for descriptor in open_descriptors().into_iter().filter(|descriptor| *descriptor >= first) {
        // The one that listed them is closed already: closing it again is the only fault there can be.
        nix::unistd::close(descriptor).ok();
    }
}

/// How many descriptors beyond its own the process has.
pub(crate) fn foreign_descriptors() -> usize {
    descriptors_beside(&[0, 1, 2])
}

/// How many descriptors the process has beside these.
pub(crate) fn descriptors_beside(own: &[RawFd]) -> usize {
    // Of those that are listed, the one that lists them is closed again.
    let is_open = |descriptor: &RawFd| std::fs::read_link(format!("/proc/self/fd/{descriptor}")).is_ok();
    open_descriptors().iter().filter(|descriptor| !own.contains(descriptor) && is_open(descriptor)).count()
}

fn open_descriptors() -> Vec<RawFd> {
    let listed = std::fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        names.collect()
    });
    listed.unwrap_or_else(|_| (OWN_DESCRIPTORS..DESCRIPTORS_UNSEEN_MAX).collect())
}

/// Limits of time, memory, output and memory images, and the end when the parent ends.
pub(crate) fn limit(limits: Limits) -> nix::Result<()> {
    give_up()?;
    lower(Resource::RLIMIT_CPU, limits.cpu_s)?;
    lower(Resource::RLIMIT_AS, limits.memory_bytes)?;
    lower(Resource::RLIMIT_FSIZE, limits.file_bytes)
}

/// Limits of a guest process, which lives as long as its host calls it: memory that it may write to, address space, no file.
pub(crate) fn limit_guest(caps: Caps) -> nix::Result<()> {
    give_up()?;
    lower(Resource::RLIMIT_DATA, caps.data_bytes)?;
    lower(Resource::RLIMIT_AS, caps.address_bytes)?;
    lower(Resource::RLIMIT_FSIZE, 0)
}

fn give_up() -> nix::Result<()> {
    prctl::set_no_new_privs()?;
    prctl::set_dumpable(false)?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    lower(Resource::RLIMIT_CORE, 0)
}

/// What was lower already stays as it is.
fn lower(resource: Resource, value: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    let value = value.min(hard);
    // At the lower of two limits of processor time the process can still be told; it is not asked to listen.
    let above = if matches!(resource, Resource::RLIMIT_CPU) { value.saturating_add(1).min(hard) } else { value };
    setrlimit(resource, value, above)
}

/// No file, no port, no socket of another program. False where the kernel has no Landlock.
pub(crate) fn shut_files() -> bool {
    restrict().is_ok_and(|status| status != RulesetStatus::NotEnforced)
}

fn restrict() -> Result<RulesetStatus, RulesetError> {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?;
    Ok(rules.create()?.restrict_self()?.ruleset)
}

/// No system call but those below. False where the kernel, or this processor's kernel, has no seccomp.
pub(crate) fn shut_calls() -> bool {
    let rules = PERMITTED.iter().map(|call| (*call, Vec::new())).collect();
    filter(rules, libc::EPERM).is_ok_and(|program| seccompiler::apply_filter(&program).is_ok())
}

/// No system call but those that a guest process needs, which reads and writes one descriptor. False as there.
pub(crate) fn shut_guest_calls(channel: RawFd) -> bool {
    guest_rules(channel)
        // As on a kernel that never had the call: so the engine does without a file for the memory it begins with.
        .and_then(|rules| filter(rules, libc::ENOSYS))
        .is_ok_and(|program| seccompiler::apply_filter(&program).is_ok())
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn guest_rules(channel: RawFd) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = PERMITTED_GUEST.iter().map(|call| (*call, Vec::new())).collect();
    let channel = u64::try_from(channel).expect("an open descriptor");
    for call in [libc::SYS_read, libc::SYS_write] {
        let is_channel = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, channel)?;
        rules.insert(call, vec![SeccompRule::new(vec![is_channel])?]);
    }
    Ok(rules)
}

fn filter(mut rules: Rules, refusal: i32) -> Result<BpfProgram, seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![not_executable()?])?]);
    }
    let refuse = SeccompAction::Errno(refusal.unsigned_abs());
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch)?.try_into()
}

/// The third argument of both calls says what the memory is for.
fn not_executable() -> Result<SeccompCondition, seccompiler::BackendError> {
    let executable = libc::PROT_EXEC as u64;
    SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(executable), 0)
}

/// What computing takes: open descriptors, memory, the end. Whatever else is tried is refused.
const PERMITTED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// What running a guest takes beside reading and writing its channel: memory, signals of its own, the end. No signal to
/// another process, nothing that opens anything.
const PERMITTED_GUEST: &[i64] = &[
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Tries to read a file that every process could read.
pub(crate) fn open_a_file() -> io::Result<()> {
    std::fs::File::open("/proc/self/status").map(drop)
}

/// Tries to make a file that lies in memory, where no limit of this process counts it.
pub(crate) fn make_a_memory_file() -> nix::Result<()> {
    nix::sys::memfd::memfd_create("attempt", nix::sys::memfd::MFdFlags::empty()).map(drop)
}

/// Tries to send a signal that does nothing.
pub(crate) fn signal_itself() -> nix::Result<()> {
    nix::sys::signal::kill(nix::unistd::Pid::this(), None)
}

/// Tries to write nothing to standard input, which is the channel under another number.
pub(crate) fn write_to_standard_input() -> nix::Result<()> {
    nix::unistd::write(io::stdin(), b"").map(drop)
}

/// Tries to take as much memory as all the caps allow, beside what the process has.
pub(crate) fn take_memory(caps: Option<Caps>) -> Result<(), String> {
    let bytes = caps.and_then(|caps| usize::try_from(caps.data_bytes).ok()).ok_or("no caps")?;
    let mut memory: Vec<u8> = Vec::new();
    memory.try_reserve_exact(bytes).map_err(|error| error.to_string())
}
