//! Answers: what does a worker write, and when is it believed?
//!
//! In: bytes from the output of a worker that ended well. Out: machine code, a refusal, or what is wrong with the bytes.
//! Must never: guess; one byte too few or too many and nothing of it is used.
//!
//! Layout: 16 bytes that name it, the id of the engine (32), which guards hold (1), then the kind of answer (1), the
//! length of its text or code (8, little endian) and that many bytes.

use crate::compile::refused;
use crate::refusal::Refusal;

pub(super) const MAGIC: &[u8; 16] = b"ringfence-work@1";
const ENGINE_BYTES: usize = 32;
/// Bytes around the code.
pub(super) const FRAME_BYTES: u64 = 16 + 32 + 1 + 1 + 8;

/// The guards of a worker, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guards {
    /// Landlock: no file can be opened.
    pub(crate) files: bool,
    /// seccomp: no system call but those that computing needs.
    pub(crate) calls: bool,
}

impl Guards {
    pub(crate) fn byte(self) -> u8 {
        u8::from(self.files) | u8::from(self.calls) << 1
    }

    pub(crate) fn of(byte: u8) -> Option<Guards> {
        (byte < 4).then_some(Guards { files: byte & 1 != 0, calls: byte & 2 != 0 })
    }
}

/// What keeps the worker shut in does not hold everywhere: the kernel is too old, or has it switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardAlarm {
    /// No Landlock.
    #[error("components are compiled without Landlock, which this kernel does not offer; seccomp and all limits hold")]
    NoLandlock,
    /// No seccomp.
    #[error("components are compiled without seccomp, which this kernel does not offer; Landlock and all limits hold")]
    NoSeccomp,
    /// Neither.
    #[error("components are compiled without Landlock and seccomp, which this kernel does not offer; all limits hold")]
    Neither,
}

/// What kind of answer follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Machine code.
    Code = 0,
    /// The engine's words.
    Refused = 1,
    /// The system gave no more memory, and the worker could still say so.
    OutOfMemory = 2,
    /// What it tried, and how that ended.
    Attempts = 3,
}

/// Something that a worker tries although it must not be able to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What it tried, and which guard was to stop it.
    pub what: String,
    /// The guard did; otherwise it succeeded.
    pub is_stopped: bool,
}

/// Machine code that a worker of this process wrote, whole, for this engine.
pub(crate) struct Answer {
    code: Vec<u8>,
    guards: Guards,
}

/// Why an answer gives no code.
pub(super) enum NoCode {
    /// It is not an answer of a worker of this build.
    Unreadable(&'static str),
    /// The component is at fault.
    Refused(Refusal),
    /// The system gave no more memory.
    OutOfMemory,
}

impl Answer {
    /// Machine code in the answer.
    pub(super) fn read(bytes: Vec<u8>, engine: &[u8; ENGINE_BYTES]) -> Result<Answer, NoCode> {
        let (guards, kind, payload) = parts(&bytes, engine).map_err(NoCode::Unreadable)?;
        match kind {
            Kind::Code => Ok(Answer { code: payload.to_vec(), guards }),
            Kind::Refused => Err(NoCode::Refused(refused(&String::from_utf8_lossy(payload)))),
            Kind::OutOfMemory => Err(NoCode::OutOfMemory),
            Kind::Attempts => Err(NoCode::Unreadable("it answers what was not asked")),
        }
    }

    pub(crate) fn into_code(self) -> Vec<u8> {
        self.code
    }

    /// What an operator should know about the worker.
    pub(crate) fn alarm(&self) -> Option<GuardAlarm> {
        match self.guards {
            Guards { files: true, calls: true } => None,
            Guards { files: false, calls: true } => Some(GuardAlarm::NoLandlock),
            Guards { files: true, calls: false } => Some(GuardAlarm::NoSeccomp),
            Guards { files: false, calls: false } => Some(GuardAlarm::Neither),
        }
    }
}

/// The attempts in an answer.
pub(super) fn attempts(bytes: &[u8], engine: &[u8; ENGINE_BYTES]) -> Result<Vec<Attempt>, &'static str> {
    let (_, kind, payload) = parts(bytes, engine)?;
    if kind != Kind::Attempts {
        return Err("it answers what was not asked");
    }
    attempts_in(str::from_utf8(payload).map_err(|_| "its text is none")?)
}

/// The attempts in lines.
pub(crate) fn attempts_in(text: &str) -> Result<Vec<Attempt>, &'static str> {
    let read = |line: &str| {
        let (how, what) = line.split_once(' ').ok_or("a line of it is cut off")?;
        Ok(Attempt { what: what.to_owned(), is_stopped: how == STOPPED })
    };
    text.lines().map(read).collect()
}

/// How the lines of attempts begin.
const STOPPED: &str = "stopped";
const SUCCEEDED: &str = "succeeded";

/// A line of attempts.
pub(crate) fn attempt_line((what, has_succeeded): (&str, bool)) -> String {
    format!("{} {what}\n", if has_succeeded { SUCCEEDED } else { STOPPED })
}

/// What a worker writes before it reads: who it is, and what shuts it in.
pub(super) fn greeting(engine: &[u8; ENGINE_BYTES], guards: Guards) -> Vec<u8> {
    [MAGIC.as_slice(), engine, &[guards.byte()]].concat()
}

/// What it writes in the end, before the code or text.
pub(super) fn head(kind: Kind, length: usize) -> [u8; 9] {
    let mut head = [kind as u8; 9];
    head[1..].copy_from_slice(&(length as u64).to_le_bytes());
    head
}

fn parts<'a>(bytes: &'a [u8], engine: &[u8; ENGINE_BYTES]) -> Result<(Guards, Kind, &'a [u8]), &'static str> {
    const CUT_OFF: &str = "its answer is cut off";
    let rest = bytes.strip_prefix(MAGIC).ok_or("it writes something else than an answer")?;
    let (theirs, rest) = rest.split_at_checked(ENGINE_BYTES).ok_or(CUT_OFF)?;
    if theirs != engine {
        return Err("it is of another build");
    }
    let (&guards, rest) = rest.split_first().ok_or(CUT_OFF)?;
    let guards = Guards::of(guards).ok_or("it names guards that are none")?;
    let (&kind, rest) = rest.split_first().ok_or(CUT_OFF)?;
    let kind = [Kind::Code, Kind::Refused, Kind::OutOfMemory, Kind::Attempts]
        .into_iter()
        .find(|known| *known as u8 == kind)
        .ok_or("its answer is of no kind")?;
    let (length, payload) = rest.split_first_chunk::<8>().ok_or(CUT_OFF)?;
    match (payload.len() as u64).cmp(&u64::from_le_bytes(*length)) {
        std::cmp::Ordering::Equal => Ok((guards, kind, payload)),
        std::cmp::Ordering::Less => Err(CUT_OFF),
        std::cmp::Ordering::Greater => Err("more follows behind its answer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: [u8; ENGINE_BYTES] = [7; ENGINE_BYTES];

    fn written(guards: Guards, kind: Kind, payload: &[u8]) -> Vec<u8> {
        [&greeting(&ENGINE, guards), head(kind, payload.len()).as_slice(), payload].concat()
    }

    fn good() -> Vec<u8> {
        written(Guards { files: true, calls: true }, Kind::Code, b"code")
    }

    /// What is made of the bytes, as text.
    fn read(bytes: Vec<u8>) -> String {
        match Answer::read(bytes, &ENGINE) {
            Ok(answer) => format!("{:?} {:?}", answer.alarm(), String::from_utf8_lossy(&answer.into_code())),
            Err(NoCode::Unreadable(why)) => why.to_owned(),
            Err(NoCode::Refused(refusal)) => refusal.found,
            Err(NoCode::OutOfMemory) => "out of memory".to_owned(),
        }
    }

    #[test]
    fn a_whole_answer_gives_code_or_the_reason_for_none() {
        assert_eq!(read(good()), "None \"code\"");
        assert_eq!(good().len() as u64, FRAME_BYTES + 4);
        let half = |files, calls| read(written(Guards { files, calls }, Kind::Code, b"x"));
        assert_eq!(half(false, true), "Some(NoLandlock) \"x\"");
        assert_eq!(half(true, false), "Some(NoSeccomp) \"x\"");
        assert_eq!(half(false, false), "Some(Neither) \"x\"");
        assert_eq!(read(written(Guards::default(), Kind::Refused, b"not\x1b[31m so")), "not\\u{1b}[31m so");
        assert_eq!(read(written(Guards::default(), Kind::OutOfMemory, b"")), "out of memory");
    }

    #[test]
    fn nothing_is_taken_of_an_answer_that_is_cut_off_or_longer() {
        let whole = good();
        for end in 0..whole.len() {
            let said = read(whole[..end].to_vec());
            assert!(said.contains("cut off") || said.contains("something else"), "{end}: {said}");
        }
        assert_eq!(read([whole.as_slice(), b"!"].concat()), "more follows behind its answer");
    }

    #[test]
    fn nothing_is_taken_of_another_engine_or_kind() {
        let changed = |at: usize, to: u8| {
            let mut bytes = good();
            bytes[at] = to;
            read(bytes)
        };
        assert_eq!(changed(0, b'R'), "it writes something else than an answer");
        assert_eq!(changed(20, 8), "it is of another build");
        assert_eq!(changed(48, 4), "it names guards that are none");
        assert_eq!(changed(49, 9), "its answer is of no kind");
        assert_eq!(changed(49, Kind::Attempts as u8), "it answers what was not asked");
        assert_eq!(changed(50, 5), "its answer is cut off");
        assert_eq!(changed(50, 3), "more follows behind its answer");
        assert_eq!(changed(57, 0xff), "its answer is cut off");
    }

    #[test]
    fn attempts_are_read_line_by_line() {
        let text = format!("{STOPPED} opening a file\n{SUCCEEDED} opening a socket\n");
        let read = attempts(&written(Guards::default(), Kind::Attempts, text.as_bytes()), &ENGINE);
        let attempt = |what: &str, is_stopped| Attempt { what: what.to_owned(), is_stopped };
        assert_eq!(read, Ok(vec![attempt("opening a file", true), attempt("opening a socket", false)]));
        assert!(attempts(&good(), &ENGINE).is_err());
        assert!(attempts(&written(Guards::default(), Kind::Attempts, b"stopped"), &ENGINE).is_err());
    }
}
