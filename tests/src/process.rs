//! Processes: who are the children of a process, and what lies in its memory?
//!
//! In: numbers of processes of this machine. Out: what `/proc` says of them. Must never: change one.

use std::fs;
use std::io::{Read, Seek, SeekFrom};

/// A child of a process that was started with this word.
///
/// # Panics
/// Where there is no `/proc`.
#[must_use]
pub fn child_of(parent: u32, word: &str) -> Option<u32> {
    let is_child = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let (_, rest) = stat.rsplit_once(')').unwrap_or_default();
        let mut rest = rest.split_whitespace();
        let lives = rest.next().is_some_and(|state| state != "Z");
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let is_started_so = words.split(|byte| *byte == 0).any(|it| it == word.as_bytes());
        lives && rest.next().and_then(|it| it.parse().ok()) == Some(parent) && is_started_so
    };
    let entries =
        fs::read_dir("/proc").expect("Linux").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    entries.into_iter().find(is_child)
}

/// The most that a process had resident at once, in KiB; `None` when it is gone, or there is no `/proc`.
#[must_use]
pub fn peak_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// Whether bytes lie in the readable memory of a process; `None` where this user may not look.
///
/// # Panics
/// When hardly anything could be read.
#[must_use]
pub fn memory_has(process: u32, wanted: &[u8]) -> Option<bool> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut searched = 0_usize;
    for map in maps.lines() {
        let mut words = map.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let (from, to) = range.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        if !rights.starts_with('r') || map.ends_with("[vvar]") || map.ends_with("[vsyscall]") {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        if memory.seek(SeekFrom::Start(from)).is_err() || memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        searched += bytes.len();
        if bytes.windows(wanted.len()).any(|part| part == wanted) {
            return Some(true);
        }
    }
    assert!(searched > 100_000, "{searched} bytes were searched");
    Some(false)
}
