//! Serving: what does the process do that is the guest process?
//!
//! In: its arguments, a socket as standard input, messages of the host. Out: messages to the host. Must never: run anything
//! of a guest before every limit and guard holds, or go on without its host.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::sync::Arc;

use ringfence_core::config::GuestProfile;
use ringfence_core::ids::{IntentId, SessionId, StrategyId, TimeNs};
use ringfence_core::strategy::{Emissions, HaltCode};
use wasmtime::component::Component;
use wasmtime::{Engine, Store};

use crate::admission::WitVersion;
use crate::ahead::credible;
use crate::apart::line::Line;
use crate::apart::message::{Begin, Died, Done, Raw, Said, Told, read};
use crate::apart::process::Caps;
use crate::bindings::{Guest, Linkers};
use crate::engine::{engine, engine_id};
use crate::halt::{code, text};
use crate::limits::{Bounds, SETUP_FUEL, WallClock};
use crate::load::{load_told, new_store};
use crate::machine::MachineCode;
use crate::refusal::Refusal;
use crate::room::{Phase, Room};
use crate::worker::{Guards, attempt_line, guard};

/// The process could not do its part; why was told to the host, where there is one.
const FAILED: u8 = 1;

/// Most bytes of a text for people.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// The host watches the clock, and ends this process; nobody moves the epoch on here.
const CLOCK: WallClock = WallClock::SAFE;

pub(crate) fn serve(arguments: &[OsString]) -> ExitCode {
    if caps(arguments).is_none() {
        // Without standard error there is nobody to tell.
        writeln!(io::stderr(), "this verb is for ringfence itself: it needs two limits").ok();
        return ExitCode::from(FAILED);
    }
    // Of what was given, only the socket stays.
    guard::close_from(1);
    let Ok(host) = io::stdin().as_fd().try_clone_to_owned() else { return ExitCode::from(FAILED) };
    let channel = host.as_raw_fd();
    let mut line = Line::new(File::from(host));
    if arguments.get(2).is_some_and(|word| word == TRY) {
        let tried = attempts(arguments, channel);
        return ExitCode::from(line.say(&Said::Tried(&tried)).map_or(FAILED, |()| 0));
    }
    match prepare(arguments, channel, &mut line) {
        Ok(ready) => match ready.work(line) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_gone) => ExitCode::from(FAILED),
        },
        Err(why) => {
            // Without a host there is nobody to tell.
            line.say(&Said::Failed(&why)).ok();
            ExitCode::from(FAILED)
        }
    }
}

/// The argument that asks for attempts in place of a guest.
pub(super) const TRY: &str = "try";

/// Shuts itself in, and tries what must not succeed: what Landlock is to stop before seccomp does.
fn attempts(arguments: &[OsString], channel: i32) -> String {
    let is_capped = caps(arguments).is_some_and(|caps| guard::limit_guest(caps).is_ok());
    let descriptors = guard::descriptors_beside(&[0, channel]) > 0;
    let variables = std::env::vars_os().next().is_some();
    guard::shut_files();
    let opened = guard::open_a_file().is_ok();
    guard::shut_guest_calls(channel);
    let tried = [
        ("running without caps", !is_capped),
        ("keeping a descriptor of its parent", descriptors),
        ("keeping a variable of its parent", variables),
        ("opening a file, against Landlock", opened),
        ("opening a file, against seccomp", guard::open_a_file().is_ok()),
        ("making a file in memory, against seccomp", guard::make_a_memory_file().is_ok()),
        ("opening a socket, against seccomp", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("sending a signal, against seccomp", guard::signal_itself().is_ok()),
        ("starting a thread, against seccomp", std::thread::Builder::new().spawn(|| {}).is_ok()),
        ("starting a program, against seccomp", std::process::Command::new("/proc/self/exe").spawn().is_ok()),
        ("writing elsewhere than to its host, against seccomp", guard::write_to_standard_input().is_ok()),
        ("taking more memory than its cap, against the limit", guard::take_memory(caps(arguments)).is_ok()),
    ];
    tried.map(attempt_line).concat()
}

/// Shut in, with code that was not run yet.
struct Ready {
    engine: Engine,
    linkers: Linkers,
    component: Component,
    version: WitVersion,
    strategy: StrategyId,
    bounds: Bounds,
    setup: Vec<u8>,
    guards: Guards,
}

fn prepare(arguments: &[OsString], channel: i32, line: &mut Line) -> Result<Ready, String> {
    let caps = caps(arguments).ok_or("this verb is for ringfence itself: it needs two limits")?;
    guard::limit_guest(caps).map_err(|error| format!("the limits cannot be set: {error}"))?;
    // All that the engine wants to know about the machine is asked before the machine is out of reach.
    let engine = engine().map_err(|error| error.to_string())?;
    let linkers = Linkers::new(&engine).map_err(|error| format!("{error:#}"))?;
    let files = guard::shut_files();
    let gone = |error: io::Error| format!("the host is gone: {error}");
    let begin: Begin<'_> = read(line.next().map_err(gone)?).ok_or("the host says what is no beginning")?;
    let version = WitVersion::parse(begin.version).ok_or("the host speaks of an unknown interface")?;
    let profile = GuestProfile::from_number(begin.profile).ok_or("the host speaks of an unknown profile")?;
    let bounds = Bounds { profile, memory_bytes: begin.memory_bytes };
    let (strategy, setup) = (StrategyId(begin.strategy), begin.setup.0.to_vec());
    let code = MachineCode::of_host(line.next().map_err(gone)?);
    // Making code executable is the last thing that is done with open hands.
    let component = code.load(&engine).ok_or("the code is of another engine")?;
    line.shrink();
    let guards = Guards { files, calls: guard::shut_guest_calls(channel) };
    Ok(Ready { engine, linkers, component, version, strategy, bounds, setup, guards })
}

fn caps(arguments: &[OsString]) -> Option<Caps> {
    let number = |at: usize| arguments.get(at)?.to_str()?.parse::<u64>().ok();
    Some(Caps { data_bytes: number(0)?, address_bytes: number(1)? })
}

impl Ready {
    /// Sets the guest up and serves it, until the host is gone.
    fn work(self, mut line: Line) -> io::Result<()> {
        line.say(&Said::Ready(engine_id(&self.engine), self.guards.byte()))?;
        let mut store = new_store(&self.engine, self.strategy, &self.bounds, None);
        store.data_mut().connect(line);
        let code = (self.version, &self.component);
        match load_told((&self.linkers, CLOCK), code, &mut store, &self.setup) {
            Ok((guest, answer)) => {
                let memory_bytes = memory_bytes(&store);
                let said = Said::SetUp(Raw(&answer), guest.takes_batches(), memory_bytes);
                store.data_mut().host().say(&said)?;
                Served { store, guest, told: Vec::new() }.serve()
            }
            Err(refusal) => refuse(&refusal, store.data_mut().host()),
        }
    }
}

fn refuse(refusal: &Refusal, host: &mut Line) -> io::Result<()> {
    let Refusal { code, found, expected, fix } = refusal;
    host.say(&Said::Refused(code.number(), cut(found), expected, fix))
}

/// As much of a text as there is room for.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn memory_bytes(store: &Store<Room>) -> u64 {
    store.data().limiter.memory_bytes as u64
}

/// A guest that is set up.
struct Served {
    store: Store<Room>,
    guest: Box<dyn Guest>,
    /// What a call brings, out of the way of the line that brought it.
    told: Vec<u8>,
}

/// What the host wants, with its bytes in [`Served::told`].
enum Errand {
    Call { given: u64, emissions: Emissions, now: (TimeNs, SessionId) },
    Batch { given: u64, next: IntentId },
    Snapshot,
    Restore,
}

impl Served {
    fn serve(mut self) -> io::Result<()> {
        loop {
            let is_alive = match self.errand()? {
                Errand::Call { given, emissions, now } => {
                    self.store.data_mut().begin_told(emissions, now);
                    self.call(given)?
                }
                Errand::Batch { given, next } => self.batch(given, next)?,
                Errand::Snapshot => self.snapshot()?,
                Errand::Restore => self.restore()?,
            };
            if !is_alive {
                return Ok(());
            }
        }
    }

    fn errand(&mut self) -> io::Result<Errand> {
        let mut told = std::mem::take(&mut self.told);
        told.clear();
        let room = self.store.data_mut();
        let strategy = room.strategy();
        let errand = match read(room.host().next()?) {
            Some(Told::Call(call)) => {
                told.extend_from_slice(call.event.0);
                let emissions = Emissions::under(strategy, call.emit_terms());
                Errand::Call { given: call.given, emissions, now: call.now() }
            }
            Some(Told::Batch(given, next, Raw(words))) => {
                told.extend_from_slice(words);
                Errand::Batch { given, next: IntentId(next) }
            }
            Some(Told::Snapshot) => Errand::Snapshot,
            Some(Told::Restore(Raw(bytes))) => {
                told.extend_from_slice(bytes);
                Errand::Restore
            }
            Some(Told::Answer(..)) | None => return Err(io::ErrorKind::InvalidData.into()),
        };
        self.told = told;
        Ok(errand)
    }

    fn call(&mut self, given: u64) -> io::Result<bool> {
        self.arm(given);
        let told = std::mem::take(&mut self.told);
        let result = self.guest.on_told(&mut self.store, &told);
        self.told = told;
        if result.is_ok() && !self.store.data().wasi.printed.is_empty() {
            self.print();
        }
        let emitted = self.store.data_mut().take_ahead();
        match result {
            Ok(()) => self.done(given, &emitted, None),
            Err(error) => self.died(&error, given),
        }
    }

    /// As in the host's own process: what it wrote becomes notes behind what it emitted.
    fn print(&mut self) {
        let notes = self.store.data().wasi.printed.notes();
        let (room, guest) = (self.store.data_mut(), &self.guest);
        for note in notes {
            let taken = room.emissions().is_ok_and(|out| out.emit_note(note.as_bytes()).is_ok());
            if !taken {
                return;
            }
            room.wished(|wishes| guest.put_printed(&note, wishes));
        }
    }

    fn batch(&mut self, given: u64, next: IntentId) -> io::Result<bool> {
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        let words: Vec<u64> = self.told.chunks_exact(8).map(word).collect();
        let shown = words.len() / WORDS_OF_A_CALL;
        self.arm(given);
        let strategy = self.store.data().strategy();
        self.store.data_mut().look_ahead(Emissions::ahead(strategy, next));
        let result = self.guest.on_events(&mut self.store, Arc::new(words));
        let emitted = self.store.data_mut().take_ahead();
        // In the host's own process this is looked at before the call is over: it is the guest's fault, and says so.
        let handled = result.and_then(|handled| Ok(credible(handled, shown, &emitted).map(|_| handled)?));
        match handled {
            Ok(handled) => self.done(given, &emitted, Some(handled)),
            Err(error) => self.died(&error, given),
        }
    }

    fn snapshot(&mut self) -> io::Result<bool> {
        self.begin(Phase::Snapshot);
        match self.guest.snapshot(&mut self.store) {
            Ok(bytes) => self.store.data_mut().host().say(&Said::Saved(Raw(&bytes))).map(|()| true),
            Err(error) => self.died(&error, SETUP_FUEL),
        }
    }

    fn restore(&mut self) -> io::Result<bool> {
        self.begin(Phase::Restore);
        let bytes = std::mem::take(&mut self.told);
        match self.guest.restore(&mut self.store, &bytes) {
            Ok(answer) => {
                let said = answer.err();
                self.store.data_mut().host().say(&Said::Restored(said.as_deref().map(cut))).map(|()| true)
            }
            Err(error) => self.died(&error, SETUP_FUEL),
        }
    }

    fn begin(&mut self, phase: Phase) {
        self.store.data_mut().set_phase(phase);
        self.arm(SETUP_FUEL);
    }

    fn arm(&mut self, fuel: u64) {
        self.store.set_fuel(fuel).expect("the engine meters fuel");
        self.store.set_epoch_deadline(1);
    }

    fn used(&self, given: u64) -> u64 {
        given - self.store.get_fuel().expect("the engine meters fuel")
    }

    fn done(&mut self, given: u64, emitted: &Emissions, handled: Option<u32>) -> io::Result<bool> {
        let (fuel, memory_bytes, cut) = (self.used(given), memory_bytes(&self.store), emitted.cut());
        let room = self.store.data_mut();
        let wishes = room.take_wishes();
        let done = Done { fuel, memory_bytes, cut, wishes: Raw(&wishes) };
        let said = handled.map_or(Said::Done(done), |handled| Said::Handled(done, handled));
        room.host().say(&said)?;
        room.keep_wishes(wishes);
        Ok(true)
    }

    fn died(&mut self, error: &wasmtime::Error, given: u64) -> io::Result<bool> {
        let code: HaltCode = code(error);
        let (fuel, memory_bytes) = (self.used(given), memory_bytes(&self.store));
        let text = text(error, self.store.data());
        let died = Died { code: code.number(), fuel, memory_bytes, text: cut(&text) };
        self.store.data_mut().host().say(&Said::Died(died)).map(|()| false)
    }
}

/// Words of one call in a batch.
const WORDS_OF_A_CALL: usize = 15;
