//! Distant: what does the host make of what a guest process says?
//!
//! In: calls of the core, messages of a process that somebody else may own. Out: intents that were lifted like any guest's,
//! what a call cost, or why there is no instance any more. Must never: take a word of it for more than a claim, wait for it
//! longer than the safety net of that call, or speak with it after a fault.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else is said at a place was not asked there, be it a message that comes to be known later"
)]

use std::sync::Arc;

use ringfence_core::config::GuestProfile;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, Emissions, HaltCode, LookAhead, StateLoan};
use wasmtime::Engine;

use crate::ahead::{Ahead, credible};
use crate::apart::frame::{Broken, Deadline, Frames};
use crate::apart::ledger::Ledger;
use crate::apart::message::{Begin, CallTold, Died, Done, Raw, Said, Told, read, write_frame, write_plain};
use crate::apart::process::{Caps, Process};
use crate::apart::serve::TRY;
use crate::apart::{ApartAlarm, GuestProgram, failed};
use crate::bindings::{Tongue, Unreadable, tongue};
use crate::engine::engine_id;
use crate::halt::{Meter, figures};
use crate::instance::Death;
use crate::limits::{
    AHEAD_FUEL_AN_EVENT, AHEAD_FUEL_MIN, AHEAD_FUEL_RESERVE, Bounds, Budget, INSTANTIATE_FUEL, SETUP_FUEL,
    SNAPSHOT_BYTES_MAX,
};
use crate::load::{Order, planned, too_slow};
use crate::price;
use crate::refusal::{AdmissionCode, Refusal};
use crate::shown::{shown, shown_lines};
use crate::worker::{Attempt, Guards, attempts_in};

/// Most bytes of an answer to a call: 64 intents, of which a note is the longest, or a text for people.
const CALL_BYTES_MAX: usize = 128 << 10;
/// Most bytes of an answer to `setup`: all subscriptions there may be, and some more.
const SETUP_BYTES_MAX: usize = 256 << 10;
/// Most bytes of a frame with a snapshot in it.
const SAVED_BYTES_MAX: usize = SNAPSHOT_BYTES_MAX + 64;

/// A strategy in a process of its own.
pub(crate) struct Distant {
    process: Process,
    frames: Frames,
    tongue: &'static dyn Tongue,
    strategy: StrategyId,
    budget: Budget,
    used_total: u64,
    memory_bytes: u64,
    takes_batches: bool,
    ahead: Ahead,
    /// The frame that is written, and what goes into it.
    frame: Vec<u8>,
    inner: Vec<u8>,
}

/// Why a conversation is over.
enum Fault {
    /// It broke.
    Broken(Broken),
    /// The guest ended, says the process: code, fuel, text.
    Died(HaltCode, u64, String),
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Fault {
        Fault::Broken(broken)
    }
}

impl From<Unreadable> for Fault {
    fn from(_: Unreadable) -> Fault {
        wrong("it says what means nothing")
    }
}

fn wrong(why: impl Into<String>) -> Fault {
    Fault::Broken(Broken::Wrong(why.into()))
}

fn unasked(said: &Said<'_>) -> Fault {
    wrong(format!("it says {:?}, which it was not asked", said.name()))
}

/// Reads a message that nobody trusts.
fn message(payload: &[u8]) -> Result<Said<'_>, Fault> {
    read(payload).ok_or_else(|| wrong("it says what is no message"))
}

/// A fault in numbers, as if there had been one call with this budget.
struct Of {
    budget: Budget,
    given: u64,
}

impl Distant {
    /// One call of `on-event`: fuel used, or the end. The loan comes back either way.
    pub(crate) fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, u64, Option<Box<Death>>) {
        if self.ahead.is_under_way() {
            let fuel = self.ahead.make(self.tongue, call, &mut loan);
            return (loan, fuel, None);
        }
        let given = self.budget.next(self.used_total);
        let mut ledger = Ledger::new(given);
        match self.converse(call, &mut loan, &mut ledger) {
            Ok(used) => {
                self.used_total = self.used_total.saturating_add(used);
                (loan, used, None)
            }
            Err(fault) => {
                let of = Of { budget: self.budget, given };
                let (used, death) = self.end(fault, ledger, &of);
                (loan, used, Some(Box::new(death)))
            }
        }
    }

    fn converse(&mut self, call: &Call<'_>, loan: &mut StateLoan, ledger: &mut Ledger) -> Result<u64, Fault> {
        let deadline = Deadline::after(self.budget.clock.ns(self.budget.per_call));
        self.tell(call, loan, ledger.left());
        self.frames.say(&self.frame, deadline)?;
        loop {
            match message(self.frames.next(CALL_BYTES_MAX, deadline)?)? {
                Said::Asks(Raw(question)) if !ledger.is_overdrawn() => {
                    self.inner.clear();
                    let of = (&**loan, self.strategy);
                    let asked = self.tongue.answer(question, of, ledger.left(), &mut self.inner)?;
                    ledger.add(asked.price);
                    let answer = asked.is_answered.then_some(Raw(&self.inner));
                    write_frame(&Told::Answer(asked.price, answer), &mut self.frame);
                    self.frames.say(&self.frame, deadline)?;
                }
                Said::Done(done) => {
                    let taken = settle(self.tongue, &done, (loan.emissions_mut(), ledger), &self.budget)?;
                    self.memory_bytes = done.memory_bytes;
                    return Ok(taken);
                }
                Said::Died(died) => return Err(ended(&died, ledger, &self.budget)),
                said => return Err(unasked(&said)),
            }
        }
    }

    /// Writes the frame that a call begins with.
    fn tell(&mut self, call: &Call<'_>, loan: &StateLoan, given: u64) {
        self.inner.clear();
        self.tongue.told(call, loan, &mut self.inner);
        let terms = loan.emissions().terms();
        let terms = (terms.next.0, terms.is_warming_up, terms.intents, terms.notes, terms.wakes);
        let now = (loan.time().0, loan.session().0);
        write_frame(&Told::Call(CallTold { given, terms, now, event: Raw(&self.inner) }), &mut self.frame);
    }

    /// True when the strategy can be shown calls ahead, as in the host's own process.
    pub(crate) fn looks_ahead(&self) -> bool {
        let Budget { per_call, total, .. } = self.budget;
        self.takes_batches && total.is_none() && per_call >= AHEAD_FUEL_MIN
    }

    /// Shows calls ahead; how many were handled.
    pub(crate) fn look_ahead(&mut self, shown: &LookAhead<'_>) -> Result<usize, Box<Death>> {
        let given = self.budget.per_call - AHEAD_FUEL_RESERVE;
        let few = usize::try_from(given / 2 / self.ahead.fuel_an_event()).unwrap_or(usize::MAX).max(1);
        let shown = &LookAhead { calls: &shown.calls[..shown.calls.len().min(few)], ..*shown };
        let words = self.ahead.show(self.tongue, shown);
        let mut ledger = Ledger::new(given);
        self.converse_ahead(shown, &words, &mut ledger).map_err(|fault| {
            let of = Of { budget: Budget { per_call: given, ..self.budget }, given };
            Box::new(self.end(fault, ledger, &of).1)
        })
    }

    fn converse_ahead(
        &mut self,
        shown: &LookAhead<'_>,
        words: &Arc<Vec<u64>>,
        ledger: &mut Ledger,
    ) -> Result<usize, Fault> {
        let deadline = Deadline::after(self.budget.clock.ns(self.budget.per_call));
        self.inner.clear();
        self.inner.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        write_frame(&Told::Batch(ledger.left(), shown.next.0, Raw(&self.inner)), &mut self.frame);
        self.frames.say(&self.frame, deadline)?;
        match message(self.frames.next(CALL_BYTES_MAX, deadline)?)? {
            Said::Handled(done, handled) => {
                let mut emitted = Emissions::ahead(shown.strategy, shown.next);
                let used = settle(self.tongue, &done, (&mut emitted, ledger), &self.budget)?;
                let memory_bytes = done.memory_bytes;
                let handled = credible(handled, shown.calls.len(), &emitted).map_err(|why| wrong(why.to_string()))?;
                self.memory_bytes = memory_bytes;
                self.used_total = self.used_total.saturating_add(used);
                self.ahead.handled(handled, emitted, used);
                Ok(handled)
            }
            Said::Died(died) => Err(ended(&died, ledger, &self.budget)),
            said => Err(unasked(&said)),
        }
    }

    /// The strategy's state as bytes, at most [`SNAPSHOT_BYTES_MAX`].
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Death> {
        write_frame(&Told::Snapshot, &mut self.frame);
        let saved = self.phase(|said| match said {
            Said::Saved(Raw(bytes)) if bytes.len() <= SNAPSHOT_BYTES_MAX => Ok(bytes.to_vec()),
            said => Err(unasked(said)),
        });
        saved.map_err(|fault| self.end_of_phase(fault))
    }

    /// Takes a snapshot back; the inner error is the strategy's own word, after which it must not be called again.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<Result<(), String>, Death> {
        write_frame(&Told::Restore(Raw(bytes)), &mut self.frame);
        let restored = self.phase(|said| match said {
            Said::Restored(None) => Ok(Ok(())),
            Said::Restored(Some(why)) => Ok(Err(shown(why))),
            said => Err(unasked(said)),
        });
        restored.map_err(|fault| self.end_of_phase(fault))
    }

    fn phase<T>(&mut self, answer: impl FnOnce(&Said<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let deadline = Deadline::after(self.budget.clock.ns(SETUP_FUEL));
        self.frames.say(&self.frame, deadline)?;
        let said = message(self.frames.next(SAVED_BYTES_MAX, deadline)?)?;
        match said {
            Said::Died(died) => Err(ended(&died, &Ledger::new(SETUP_FUEL), &self.budget)),
            said => answer(&said),
        }
    }

    fn end_of_phase(&mut self, fault: Fault) -> Death {
        let of = Of { budget: Budget { per_call: SETUP_FUEL, ..self.budget }, given: SETUP_FUEL };
        // What that took is no part of the strategy's quota.
        let spent = self.used_total;
        let (_, death) = self.end(fault, Ledger::new(SETUP_FUEL), &of);
        self.used_total = spent;
        death
    }

    /// The instances before it used so much fuel: the quota of all calls is the strategy's, not theirs.
    pub(crate) fn has_spent(&mut self, fuel: u64) {
        self.used_total = fuel;
    }

    /// Fuel of all calls of `on-event`.
    pub(crate) fn used_total(&self) -> u64 {
        self.used_total
    }

    /// Bytes of all linear memories, says the process.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Number of the process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Ends the process; fuel of the call as far as it is known, and what there is to say.
    fn end(&mut self, fault: Fault, ledger: Ledger, of: &Of) -> (u64, Death) {
        let ended = self.process.end();
        let (code, used, text) = match fault {
            Fault::Died(code, used, text) => (code, used, text),
            Fault::Broken(Broken::Slow) => (HaltCode::WallClock, ledger.known(), "the guest did not return".to_owned()),
            Fault::Broken(Broken::Gone) => (HaltCode::Isolation, ledger.known(), ended),
            Fault::Broken(Broken::Wrong(why)) => {
                (HaltCode::Isolation, ledger.known(), format!("the guest process broke the protocol: {}", shown(&why)))
            }
        };
        self.used_total = self.used_total.saturating_add(used);
        let meter = Meter { budget: of.budget, given: of.given, used, used_total: self.used_total };
        let code = meter.code(code);
        let (limit, used_of_it) = figures(code, &meter, self.memory_bytes);
        (used, Death { halt: Halt { code, limit, used: used_of_it }, text })
    }
}

/// What a call came to, checked: fuel. Intents are taken.
fn settle(
    tongue: &dyn Tongue,
    done: &Done<'_>,
    (out, ledger): (&mut Emissions, &mut Ledger),
    budget: &Budget,
) -> Result<u64, Fault> {
    let taken = tongue.take(done.wishes.0, out)?;
    ledger.add(taken.price);
    // What was refused for being too many was paid for like what was not.
    ledger.add(done.cut.saturating_mul(price::IMPORT));
    out.cut_elsewhere(done.cut);
    if ledger.is_overdrawn() || !ledger.allows(done.fuel) {
        return Err(wrong(format!("it says that it used {} fuel, which cannot be", done.fuel)));
    }
    if done.memory_bytes > budget.memory_bytes {
        return Err(wrong(format!("it says that it has {} bytes of memory, which cannot be", done.memory_bytes)));
    }
    Ok(done.fuel)
}

/// The end of a guest, as far as it is possible.
fn ended(died: &Died<'_>, ledger: &Ledger, budget: &Budget) -> Fault {
    let code = match HaltCode::from_number(died.code) {
        Some(
            code @ (HaltCode::Fuel
            | HaltCode::Trap
            | HaltCode::HostcallFuel
            | HaltCode::Stack
            | HaltCode::HostMemory
            | HaltCode::Phase
            | HaltCode::Fault),
        ) => code,
        // Only the host knows of these.
        Some(HaltCode::FuelTotal | HaltCode::WallClock | HaltCode::Reactions | HaltCode::Isolation) | None => {
            return wrong(format!("it says that the guest ended by code {}, which cannot be", died.code));
        }
    };
    let is_spent = died.fuel == ledger.left().saturating_add(ledger.known());
    if !ledger.allows(died.fuel) || (code == HaltCode::Fuel && !is_spent) || died.memory_bytes > budget.memory_bytes {
        return wrong(format!("it says that the guest ended after {} fuel, which cannot be", died.fuel));
    }
    Fault::Died(code, died.fuel, shown_lines(died.text))
}

/// Starts a guest process and has it set the strategy up.
///
/// # Errors
/// What instantiation and `setup` refuse, and `E-GUEST-PROCESS` or `E-WALL-CLOCK` when the process does not do its part.
pub(crate) fn start(
    (program, engine): (&GuestProgram, &Engine),
    code: &[u8],
    order: &Order<'_>,
) -> Result<(Distant, Plan, Option<ApartAlarm>), Refusal> {
    let bounds = Bounds::of(order.slot);
    let begun = Process::start(program, caps(&bounds, code.len() as u64), &[]);
    let (process, frames) = begun.map_err(|error| failed(&format!("it does not start: {error}")))?;
    let mut distant = Distant {
        process,
        frames,
        tongue: tongue(order.version),
        strategy: order.strategy,
        budget: Budget::of(order.slot, order.clock),
        used_total: 0,
        memory_bytes: 0,
        takes_batches: false,
        ahead: Ahead::new(AHEAD_FUEL_AN_EVENT),
        frame: Vec::new(),
        inner: Vec::new(),
    };
    let guards = distant.begin(code, order, &bounds);
    let guards =
        guards.and_then(
            |(id, guards)| {
                if id == engine_id(engine) { Ok(guards) } else { Err(wrong("it is of another build")) }
            },
        );
    let guards = guards.map_err(|fault| distant.refusal(fault, order))?;
    let plan = distant.set_up(order)?;
    // Code and set-up took more room than any call will.
    distant.frame = Vec::new();
    Ok((distant, plan, ApartAlarm::of(guards)))
}

impl GuestProgram {
    /// What a guest process tries that it must not be able to do, and how each attempt ended.
    ///
    /// # Errors
    /// `E-GUEST-PROCESS` where none runs.
    pub fn attempts(&self) -> Result<Vec<Attempt>, Refusal> {
        let bounds = Bounds { profile: GuestProfile::Compiled, memory_bytes: 1 << 20 };
        let begun = Process::start(self, caps(&bounds, 0), &[TRY]);
        let (mut process, mut frames) = begun.map_err(|error| failed(&format!("it does not start: {error}")))?;
        let heard = frames.next(CALL_BYTES_MAX, Deadline::after(TRY_NS)).ok().and_then(read);
        match heard {
            Some(Said::Tried(text)) => attempts_in(text).map_err(failed),
            Some(_) | None => Err(failed(&process.end())),
        }
    }
}

/// Longest that attempts may take.
const TRY_NS: u64 = 10_000_000_000;

/// What the system holds the process to: its memories and tables, the code twice while it is loaded, and the program.
fn caps(bounds: &Bounds, code_bytes: u64) -> Caps {
    let memories = bounds.memories();
    let data_bytes = bounds.memory_bytes + 3 * code_bytes + PROGRAM_BYTES;
    Caps { data_bytes, address_bytes: data_bytes + memories * MEMORY_ADDRESS_BYTES + (1 << 30) }
}

/// Memory of the program itself: engine, tables, stacks and buffers.
const PROGRAM_BYTES: u64 = 128 << 20;
/// Address space of one memory with what is around it.
const MEMORY_ADDRESS_BYTES: u64 = (4 << 30) + (256 << 20);

impl Distant {
    fn begin(&mut self, code: &[u8], order: &Order<'_>, bounds: &Bounds) -> Result<([u8; 32], Guards), Fault> {
        let deadline = Deadline::after(order.clock.ns(INSTANTIATE_FUEL));
        self.inner.clear();
        self.tongue.setup(order.slot, order.config, &mut self.inner);
        let begin = Begin {
            version: order.version.code(),
            strategy: order.strategy.0,
            profile: bounds.profile.number(),
            memory_bytes: bounds.memory_bytes,
            setup: Raw(&self.inner),
        };
        write_frame(&begin, &mut self.frame);
        self.frames.say(&self.frame, deadline)?;
        write_plain(code, &mut self.frame);
        self.frames.say(&self.frame, deadline)?;
        match message(self.frames.next(SETUP_BYTES_MAX, deadline)?)? {
            Said::Ready(engine, guards) => {
                Ok((engine, Guards::of(guards).ok_or_else(|| wrong("it names guards that are none"))?))
            }
            Said::Failed(why) => Err(wrong(why)),
            said => Err(unasked(&said)),
        }
    }

    fn set_up(&mut self, order: &Order<'_>) -> Result<Plan, Refusal> {
        let deadline = Deadline::after(order.clock.ns(SETUP_FUEL));
        let tongue = self.tongue;
        let heard = self.frames.next(SETUP_BYTES_MAX, deadline).map_err(Fault::from);
        let said = heard.and_then(message);
        let set_up = match said {
            Ok(Said::SetUp(Raw(answer), takes_batches, memory_bytes)) if memory_bytes <= self.budget.memory_bytes => {
                match tongue.planned(answer, order.slot) {
                    Ok(plan) => Ok((planned(plan), takes_batches, memory_bytes)),
                    Err(unreadable) => Err(Fault::from(unreadable)),
                }
            }
            Ok(Said::Refused(code, found, expected, fix)) => match refused(code, (found, expected, fix)) {
                Some(refusal) => return Err(refusal),
                None => Err(wrong("it refuses for a reason that only the host can have")),
            },
            Ok(said) => Err(unasked(&said)),
            Err(fault) => Err(fault),
        };
        let (plan, takes_batches, memory_bytes) = set_up.map_err(|fault| self.refusal(fault, order))?;
        (self.takes_batches, self.memory_bytes) = (takes_batches, memory_bytes);
        plan
    }

    fn refusal(&mut self, fault: Fault, order: &Order<'_>) -> Refusal {
        let ended = self.process.end();
        match fault {
            Fault::Broken(Broken::Slow) => too_slow("setting up", order.clock.ns(SETUP_FUEL)),
            Fault::Broken(Broken::Gone) => failed(&ended),
            Fault::Broken(Broken::Wrong(why)) => failed(&format!("{why}; {ended}")),
            Fault::Died(..) => failed("it says that a guest ended that was not called"),
        }
    }
}

/// A refusal in the words of a guest process.
fn refused(code: u8, (found, expected, fix): (&str, &str, &str)) -> Option<Refusal> {
    let code = AdmissionCode::from_number(code)?;
    let is_of_guest = matches!(
        code,
        AdmissionCode::Import
            | AdmissionCode::Export
            | AdmissionCode::Init
            | AdmissionCode::InitFuel
            | AdmissionCode::Setup
            | AdmissionCode::SetupFuel
            | AdmissionCode::Phase
    );
    is_of_guest.then(|| Refusal { code, found: shown_lines(found), expected: shown(expected), fix: shown(fix) })
}
