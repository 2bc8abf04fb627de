//! Instance: one strategy's store, and the calls into it.
//!
//! In: a bound guest and its budget. Out: what a call cost, or why the instance is dead. Must never: be used again after
//! any error, or keep State past a call.

use ringfence_core::event::Halt;
use ringfence_core::strategy::{Call, Emissions, LookAhead, StateLoan};
use wasmtime::Store;

use crate::admission::WitVersion;
use crate::ahead::{Ahead, credible};
use crate::bindings::{Guest, Tongue, tongue};
use crate::halt::{Meter, halt, text};
use crate::limits::{AHEAD_FUEL_AN_EVENT, AHEAD_FUEL_MIN, AHEAD_FUEL_RESERVE, Budget, SETUP_FUEL, SNAPSHOT_BYTES_MAX};
use crate::room::{Heard, Phase, Room};
use crate::shown::shown;

/// A live strategy.
pub(crate) struct Instance {
    store: Store<Room>,
    guest: Box<dyn Guest>,
    tongue: &'static dyn Tongue,
    budget: Budget,
    ticks: u64,
    used_total: u64,
    /// What it has handled before it is called.
    ahead: Ahead,
}

/// Why an instance is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// What the journal records: equal on every machine where the code says so.
    pub halt: Halt,
    /// For people: the engine's message and a backtrace in the guest's function names. Never part of a decision.
    pub text: String,
}

impl Instance {
    pub(crate) fn new(store: Store<Room>, (guest, version): (Box<dyn Guest>, WitVersion), budget: Budget) -> Instance {
        let ticks = budget.clock.ticks(budget.per_call);
        let tongue = tongue(version);
        Instance { store, guest, tongue, budget, ticks, used_total: 0, ahead: Ahead::new(AHEAD_FUEL_AN_EVENT) }
    }

    /// One call of `on-event`: fuel used, or the end. The loan comes back either way.
    #[inline]
    pub(crate) fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, u64, Option<Box<Death>>) {
        if self.ahead.is_under_way() {
            let fuel = self.ahead.make(self.tongue, call, &mut loan);
            return (loan, fuel, None);
        }
        if self.store.data().profiler.is_some() {
            return self.call_profiled(call, loan);
        }
        let given = self.budget.next(self.used_total);
        self.arm(given, self.ticks);
        self.store.data_mut().lend(loan);
        let result = self.guest.on_event(&mut self.store, call);
        let mut loan = self.store.data_mut().take_back();
        let used = given - self.fuel_left();
        self.used_total += used;
        let death = result.err().map(|error| Box::new(self.death(&error, given, used)));
        if death.is_none() && !self.store.data().wasi.printed.is_empty() {
            self.print(&mut loan);
        }
        (loan, used, death)
    }

    /// The same while it is recorded where fuel goes: what a call may use is looked at by who records.
    #[cold]
    fn call_profiled(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, u64, Option<Box<Death>>) {
        let given = self.budget.next(self.used_total);
        let profiler = self.store.data().profiler.clone().expect("the caller looked");
        let armed = profiler.recorder().begin(call.event.kind.name(), given);
        self.arm(armed, 0);
        self.store.data_mut().lend(loan);
        let result = self.guest.on_event(&mut self.store, call);
        let mut loan = self.store.data_mut().take_back();
        let used = profiler.recorder().end(self.fuel_left());
        self.used_total += used;
        let death = result.err().map(|error| Box::new(self.death(&error, given, used)));
        if death.is_none() && !self.store.data().wasi.printed.is_empty() {
            self.print(&mut loan);
        }
        (loan, used, death)
    }

    /// What it wrote to stdout and stderr becomes notes behind what it emitted, as far as a call may emit that many.
    #[cold]
    fn print(&mut self, loan: &mut StateLoan) {
        for note in self.store.data().wasi.printed.notes() {
            if loan.emit_note(note.as_bytes()).is_err() {
                return;
            }
        }
    }

    /// True when the strategy can be shown calls ahead: it takes batches, and its fuel leaves no doubt about any of them.
    /// A whole batch has the fuel of one call, so no event of it can have used more than a call may. A quota of all calls
    /// would end at another event.
    pub(crate) fn looks_ahead(&self) -> bool {
        let Budget { per_call, total, .. } = self.budget;
        self.guest.takes_batches() && total.is_none() && per_call >= AHEAD_FUEL_MIN
    }

    /// Shows calls ahead, as many as should need half of the fuel that there is; how many were handled.
    pub(crate) fn look_ahead(&mut self, shown: &LookAhead<'_>) -> Result<usize, Box<Death>> {
        let given = self.budget.per_call - AHEAD_FUEL_RESERVE;
        let few = usize::try_from(given / 2 / self.ahead.fuel_an_event()).unwrap_or(usize::MAX).max(1);
        let shown = &LookAhead { calls: &shown.calls[..shown.calls.len().min(few)], ..*shown };
        let words = self.ahead.show(self.tongue, shown);
        self.arm(given, self.ticks);
        self.store.data_mut().look_ahead(Emissions::ahead(shown.strategy, shown.next));
        let result = self.guest.on_events(&mut self.store, words);
        let emitted = self.store.data_mut().take_ahead();
        let used = given - self.fuel_left();
        self.used_total += used;
        let handled = result.and_then(|handled| Ok(credible(handled, shown.calls.len(), &emitted)?));
        let handled = handled.map_err(|error| Box::new(self.death_ahead(&error, given, used)))?;
        self.ahead.handled(handled, emitted, used);
        Ok(handled)
    }

    /// The strategy's state as bytes, at most [`SNAPSHOT_BYTES_MAX`].
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Death> {
        self.begin(Phase::Snapshot);
        let result = self.guest.snapshot(&mut self.store);
        let bytes = result.map_err(|error| self.end_of_phase(&error))?;
        assert!(bytes.len() <= SNAPSHOT_BYTES_MAX, "one crossing moves at most that many bytes");
        Ok(bytes)
    }

    /// Takes a snapshot back; the inner error is the strategy's own word, after which it must not be called again.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<Result<(), String>, Death> {
        self.begin(Phase::Restore);
        let result = self.guest.restore(&mut self.store, bytes);
        let answer = result.map_err(|error| self.end_of_phase(&error))?;
        Ok(answer.map_err(|said| shown(&said)))
    }

    /// The instances before it used so much fuel: the quota of all calls is the strategy's, not theirs.
    pub(crate) fn has_spent(&mut self, fuel: u64) {
        self.used_total = fuel;
    }

    /// Fuel of all calls of `on-event`.
    pub(crate) fn used_total(&self) -> u64 {
        self.used_total
    }

    /// Bytes of all linear memories.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.store.data().limiter.memory_bytes as u64
    }

    /// From now on calls of its imports are heard.
    pub(crate) fn listen(&mut self) {
        self.store.data_mut().listen();
    }

    /// What was heard since it was asked last.
    pub(crate) fn take_heard(&mut self) -> Vec<Heard> {
        self.store.data_mut().take_heard()
    }

    /// The guest, which knows the words of its interface.
    pub(crate) fn guest(&self) -> &dyn Guest {
        &*self.guest
    }

    fn begin(&mut self, phase: Phase) {
        self.store.data_mut().set_phase(phase);
        self.arm(SETUP_FUEL, self.budget.clock.ticks(SETUP_FUEL));
    }

    fn arm(&mut self, fuel: u64, ticks: u64) {
        self.store.set_fuel(fuel).expect("the engine meters fuel");
        let ticks = if self.store.data().profiler.is_some() { 0 } else { ticks };
        self.store.set_epoch_deadline(ticks);
    }

    fn fuel_left(&self) -> u64 {
        self.store.get_fuel().expect("the engine meters fuel")
    }

    fn end_of_phase(&self, error: &wasmtime::Error) -> Death {
        let used = SETUP_FUEL - self.fuel_left();
        let budget = Budget { per_call: SETUP_FUEL, ..self.budget };
        let meter = Meter { budget, given: SETUP_FUEL, used, used_total: self.used_total };
        self.death_of(error, &meter)
    }

    fn death(&self, error: &wasmtime::Error, given: u64, used: u64) -> Death {
        self.death_of(error, &Meter { budget: self.budget, given, used, used_total: self.used_total })
    }

    fn death_ahead(&self, error: &wasmtime::Error, given: u64, used: u64) -> Death {
        let budget = Budget { per_call: given, ..self.budget };
        self.death_of(error, &Meter { budget, given, used, used_total: self.used_total })
    }

    fn death_of(&self, error: &wasmtime::Error, meter: &Meter) -> Death {
        let room = self.store.data();
        Death { halt: halt(error, meter, &room.limiter), text: text(error, room) }
    }
}
