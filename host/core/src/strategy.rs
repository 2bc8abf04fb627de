//! Strategies: how does the core call one, and what may it give back?
//!
//! In: an event to deliver and State on loan. Out: intents, fuel used, or a fault. Must never: let a strategy keep State,
//! write it, or learn the outcome of an intent from `emit`.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use crate::allowance::Allowance;
use crate::blob::Sha256Hash;
use crate::coded_enum;
use crate::config::Config;
use crate::event::{Event, Halt, Quote};
use crate::ids::{IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::intent::{Curve, Intent, IntentKind, NOTE_BYTES_MAX, NoteSpan, Schedule, WEIGHTS_MAX};
use crate::money::Qty;
use crate::plan::Plan;
use crate::state::State;

coded_enum! {
    /// What became of an intent that did not reach a venue, told to its strategy before its next event.
    OutcomeCode {
        /// The normalizer could not make an order of it.
        Malformed = 1 "malformed",
        /// A newer intent replaced it in the queue.
        Superseded = 2 "superseded",
        /// It was withdrawn from the queue.
        Withdrawn = 3 "withdrawn",
        /// Its approval expired before dispatch.
        ApprovalExpired = 4 "approval-expired",
        /// Order quantity.
        DeniedQuantity = 5 "denied-quantity",
        /// Order value.
        DeniedNotional = 6 "denied-notional",
        /// Position limit.
        DeniedPosition = 7 "denied-position",
        /// Exposure limit.
        DeniedExposure = 8 "denied-exposure",
        /// Price collar.
        DeniedPriceCollar = 9 "denied-price-collar",
        /// Too many open orders.
        DeniedOpenOrders = 10 "denied-open-orders",
        /// Not authorised.
        DeniedNotAuthorised = 11 "denied-not-authorised",
        /// Instrument does not trade.
        DeniedInstrumentStatus = 12 "denied-instrument-status",
        /// Market data is stale or missing.
        DeniedStaleMarket = 13 "denied-stale-market",
        /// Trading is disabled.
        DeniedTradingDisabled = 14 "denied-trading-disabled",
        /// Kill switch.
        DeniedKillSwitch = 15 "denied-kill-switch",
        /// Loss limit.
        DeniedLoss = 16 "denied-loss",
        /// Drawdown limit.
        DeniedDrawdown = 17 "denied-drawdown",
        /// Too many intents in a time.
        DeniedVelocity = 18 "denied-velocity",
        /// Same as another intent.
        DeniedDuplicate = 19 "denied-duplicate",
        /// Margin, leverage or balance.
        DeniedMargin = 20 "denied-margin",
        /// Any other rule.
        DeniedOther = 21 "denied-other",
        /// The gate refused it.
        Refused = 22 "refused",
        /// A schedule is over: what it has not filled it will not fill.
        Ended = 23 "ended",
        /// Its time in force ended before it was sent.
        Expired = 24 "expired",
    }
}

coded_enum! {
    /// Why a strategy was halted.
    HaltCode {
        /// One call used up its fuel. Reproduces in replay.
        Fuel = 1 "H-FUEL",
        /// All calls together used up the strategy's quota of fuel. Reproduces in replay.
        FuelTotal = 2 "H-FUEL-TOTAL",
        /// The guest trapped (unreachable, out of bounds, division by zero, …). Reproduces in replay.
        Trap = 3 "H-TRAP",
        /// Arguments or results were larger than a call may move. Reproduces in replay.
        HostcallFuel = 4 "H-HOSTCALL",
        /// The wasm stack overflowed. Specific to the engine: recorded and obeyed.
        Stack = 5 "H-STACK",
        /// The safety net of wall-clock time. Recorded and obeyed; ends a backtest.
        WallClock = 6 "H-WALL-CLOCK",
        /// The host could not give memory. Recorded and obeyed.
        HostMemory = 7 "H-HOST-MEMORY",
        /// The guest emitted in a phase where it may not. Reproduces in replay.
        Phase = 8 "H-PHASE",
        /// Any other error of a guest call. Reproduces in replay.
        Fault = 9 "H-FAULT",
        /// It was called too often at one time by nothing but its own orders and outcomes. Reproduces in replay.
        Reactions = 10 "H-REACTIONS",
        /// The process that it runs in ended, or said what no guest process says. Recorded and obeyed.
        Isolation = 11 "H-ISOLATION",
    }
}

impl HaltCode {
    /// True where re-execution reaches the same halt; false where replay obeys the record without entering the guest.
    #[must_use]
    pub const fn is_reproducible(self) -> bool {
        match self {
            HaltCode::Fuel
            | HaltCode::FuelTotal
            | HaltCode::Trap
            | HaltCode::HostcallFuel
            | HaltCode::Phase
            | HaltCode::Fault
            | HaltCode::Reactions => true,
            HaltCode::Stack | HaltCode::WallClock | HaltCode::HostMemory | HaltCode::Isolation => false,
        }
    }
}

coded_enum! {
    /// Why `emit` took nothing; the intent has no number then.
    EmitError {
        /// The strategy is still warming up.
        Warmup = 1 "warmup",
        /// More than [`EMITS_MAX`] in one call, or than [`crate::config::EmitRates`] allows in a second.
        TooMany = 2 "too-many",
        /// A field is outside what the interface can mean.
        Malformed = 3 "malformed",
        /// A note above [`NOTE_BYTES_MAX`] bytes.
        NoteTooLong = 4 "note-too-long",
        /// Not while setting up, taking a snapshot or restoring.
        NotNow = 5 "not-now",
    }
}

/// Most intents one call may emit: bounds the journal growth one event can cause.
pub const EMITS_MAX: usize = 64;

/// What is delivered in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The event of this step.
    Event,
    /// What became of one of the strategy's intents.
    Outcome(IntentId, OutcomeCode),
    /// A time the strategy asked to be woken at has come.
    Wake,
}

/// The touch of the event's instrument and the strategy's own net position in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    /// Best bid and ask; quantities 0 = none.
    pub touch: Quote,
    /// Signed, at the instrument's quantity scale.
    pub position: Qty,
}

/// One call of one strategy.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who is called.
    pub strategy: StrategyId,
    /// The event of this step.
    pub event: &'a Event,
    /// What of it is delivered.
    pub delivery: Delivery,
    /// What nearly every event needs.
    pub context: CallContext,
}

/// What a call cost, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct CallReport {
    /// Fuel used, in units of the operator-cost table; 0 for native strategies.
    pub fuel: u64,
    /// Present when the instance is dead; what it emitted in this call is dropped. Boxed, so that the report of a call that
    /// went well, which is nearly every one, is two words.
    pub fault: Option<Box<Halt>>,
}

impl CallReport {
    /// A call that ended as it should.
    pub const fn fine(fuel: u64) -> CallReport {
        CallReport { fuel, fault: None }
    }

    /// A call that ended the instance.
    pub fn faulty(fuel: u64, halt: Halt) -> CallReport {
        CallReport { fuel, fault: Some(Box::new(halt)) }
    }
}

/// A call that is to come: which row of [`LookAhead::rows`] it delivers, and what it will be told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AheadCall {
    /// Place among the rows.
    pub row: u32,
    /// Context of the call.
    pub context: CallContext,
}

/// Calls of one strategy that are certain to come next, in order, as long as it emits nothing.
#[derive(Clone, Copy, Debug)]
pub struct LookAhead<'a> {
    /// Who will be called.
    pub strategy: StrategyId,
    /// Market events that are to be stepped; they have no number yet.
    pub rows: &'a [Event],
    /// The calls.
    pub calls: &'a [AheadCall],
    /// Number of its next intent.
    pub next: IntentId,
}

/// Runs strategies: the sandbox, or native code in tests and benches.
pub trait StrategyHost {
    /// Delivers one call. The same loan comes back whatever happens; the core checks that.
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport);

    /// Shows a strategy calls before they are made. How many of them it has handled by that; the last of those is made all
    /// the same, and answered without the strategy, the others are not. What it emitted belongs to the last, so it handles
    /// none behind one at which it emits. 0 = it does not look ahead, and is not asked again.
    ///
    /// # Errors
    /// The halt that ended it. It is no decision, and there is no telling which event it was: the run ends.
    fn look_ahead(&mut self, _: &LookAhead<'_>) -> Result<usize, Halt> {
        Ok(0)
    }

    /// A call that ended a strategy is not made again, since only the record knows how it ended: it took so much fuel, which
    /// counts against the quota of all calls.
    fn obeyed(&mut self, _: StrategyId, _: u64) {}

    /// Bytes of the linear memories of a live strategy; `None` where it has none.
    fn memory_bytes(&self, _: StrategyId) -> Option<u64> {
        None
    }

    /// What is known of the end of a halted strategy, for people: what the engine said, and the functions it was in. No part of a
    /// decision; it is recorded beside the halt.
    fn last_words(&self, _: StrategyId) -> Option<&str> {
        None
    }

    /// The strategy's own state, as bytes that [`StrategyHost::renew`] gives to another instance of it.
    ///
    /// # Errors
    /// The halt that ended it meanwhile, or had ended it before.
    fn snapshot(&mut self, _: StrategyId) -> Result<Vec<u8>, Halt> {
        Err(Halt { code: HaltCode::Fault, limit: 0, used: 0 })
    }

    /// Puts a fresh instance in a strategy's place: set up, and given the state that is handed over. Its plan.
    ///
    /// # Errors
    /// Why not, for people; what was there before is there still.
    fn renew(&mut self, _: &Renewal<'_>) -> Result<Plan, String> {
        Err(String::from("strategies of this host cannot be renewed"))
    }
}

/// What a strategy's fresh instance is made of.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// Whose.
    pub strategy: StrategyId,
    /// The configuration that `setup` is told of.
    pub config: &'a Config,
    /// Parameters that stand in the place of the configuration's; `None` = those.
    pub params: Option<&'a [(String, String)]>,
    /// SHA-256 of its component; `None` = of the one that is there.
    pub component: Option<Sha256Hash>,
    /// State that is handed over; `None` = it begins anew.
    pub snapshot: Option<&'a [u8]>,
}

/// What `emit` answers by: so that it can be answered where State is not, and is counted here all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmitTerms {
    /// Number of the next intent.
    pub next: IntentId,
    /// While the strategy warms up nothing is taken.
    pub is_warming_up: bool,
    /// Intents of all kinds that are taken yet, in this call and in this second.
    pub intents: u32,
    /// Notes among them.
    pub notes: u32,
    /// Wake-ups among them.
    pub wakes: u32,
}

/// Intents one step's calls emitted, with the bytes of their notes and profiles.
#[derive(Debug, Default)]
pub struct Emissions {
    intents: Vec<Intent>,
    notes: Vec<u8>,
    strategy: StrategyId,
    next: u64,
    call_start: usize,
    note_start: usize,
    is_warming_up: bool,
    /// Of this second, for the strategy being called.
    left: Allowance,
    /// What the running call was refused for being too many.
    cut: u64,
}

impl Emissions {
    /// Intents in order of emission.
    #[must_use]
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    /// Bytes of a note.
    ///
    /// # Panics
    /// When the span is not one that these emissions gave out.
    #[must_use]
    pub fn note(&self, span: NoteSpan) -> &[u8] {
        &self.notes[span.start as usize..][..span.len as usize]
    }

    pub(crate) fn clear(&mut self) {
        self.intents.clear();
        self.notes.clear();
    }

    pub(crate) fn begin_call(&mut self, (strategy, next): (StrategyId, u64), is_warming_up: bool, left: Allowance) {
        self.strategy = strategy;
        self.next = next;
        self.is_warming_up = is_warming_up;
        self.left = left;
        self.cut = 0;
        self.call_start = self.intents.len();
        self.note_start = self.notes.len();
    }

    /// Drops what this call emitted and gives its numbers back.
    pub(crate) fn drop_call(&mut self) {
        self.intents.truncate(self.call_start);
        self.notes.truncate(self.note_start);
    }

    /// Intents the running call emitted.
    pub(crate) fn emitted_in_call(&self) -> u64 {
        u64::try_from(self.intents.len() - self.call_start).expect("at most EMITS_MAX")
    }

    /// What the running call leaves of the second.
    pub(crate) fn left(&self) -> Allowance {
        self.left
    }

    /// Intents of the running call that were too many.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// So many more of the running call were too many: they were refused by [`Emissions::terms`], elsewhere.
    pub fn cut_elsewhere(&mut self, count: u64) {
        self.cut = self.cut.saturating_add(count);
    }

    /// What the running call's next `emit` is answered by.
    #[must_use]
    pub fn terms(&self) -> EmitTerms {
        let (intents, notes, wakes) = self.left.parts();
        let room = EMITS_MAX.saturating_sub(self.intents.len() - self.call_start);
        let intents = intents.min(u32::try_from(room).unwrap_or(u32::MAX));
        EmitTerms { next: IntentId(self.next), is_warming_up: self.is_warming_up, intents, notes, wakes }
    }

    /// Room for what a strategy emits elsewhere, which answers as the call would that has these terms.
    #[must_use]
    pub fn under(strategy: StrategyId, terms: EmitTerms) -> Emissions {
        let EmitTerms { next, is_warming_up, intents, notes, wakes } = terms;
        let left = Allowance::of_parts(intents, notes, wakes);
        Emissions { strategy, next: next.0, is_warming_up, left, ..Emissions::default() }
    }

    fn push(&mut self, kind: IntentKind) -> Result<IntentId, EmitError> {
        if self.is_warming_up {
            return Err(EmitError::Warmup);
        }
        let taken = self.number(kind);
        self.cut += u64::from(taken.is_err());
        taken
    }

    fn number(&mut self, kind: IntentKind) -> Result<IntentId, EmitError> {
        if self.intents.len() - self.call_start >= EMITS_MAX || self.next > IntentId::MAX.0 {
            return Err(EmitError::TooMany);
        }
        self.left = self.left.without(&kind).ok_or(EmitError::TooMany)?;
        let intent = IntentId(self.next);
        self.next += 1;
        self.intents.push(Intent { key: LegKey { intent, strategy: self.strategy, leg: LegId(0) }, kind });
        Ok(intent)
    }

    /// Takes one intent of the strategy being called and numbers it.
    ///
    /// # Errors
    /// [`EmitError`] when nothing was taken: warm-up, or more than may be taken of this call or in this second. A
    /// note comes through [`Emissions::emit_note`], a schedule through [`Emissions::emit_schedule`].
    pub fn emit(&mut self, kind: IntentKind) -> Result<IntentId, EmitError> {
        if matches!(kind, IntentKind::Note(_) | IntentKind::Schedule(_)) {
            return Err(EmitError::Malformed);
        }
        self.push(kind)
    }

    /// Takes a schedule with the weights of its profile (empty where its curve is another).
    ///
    /// # Errors
    /// [`EmitError::Malformed`] with more than [`WEIGHTS_MAX`] weights, otherwise as [`Emissions::emit`].
    ///
    /// # Panics
    /// Never: the number of weights was checked.
    pub fn emit_schedule(&mut self, mut schedule: Schedule, weights: &[u16]) -> Result<IntentId, EmitError> {
        if weights.len() > WEIGHTS_MAX {
            return Err(EmitError::Malformed);
        }
        let start = u32::try_from(self.notes.len()).map_err(|_| EmitError::TooMany)?;
        let len = u32::try_from(2 * weights.len()).expect("at most WEIGHTS_MAX");
        if let Curve::Profile(span) = &mut schedule.curve {
            *span = NoteSpan { start, len };
        }
        let id = self.push(IntentKind::Schedule(schedule))?;
        if matches!(schedule.curve, Curve::Profile(_)) {
            self.notes.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        }
        Ok(id)
    }

    /// Takes a note: bytes are kept as they are and escaped wherever they are shown.
    ///
    /// # Errors
    /// [`EmitError::NoteTooLong`] above [`NOTE_BYTES_MAX`] bytes, otherwise as [`Emissions::emit`].
    ///
    /// # Panics
    /// Never: the length was checked.
    pub fn emit_note(&mut self, text: &[u8]) -> Result<IntentId, EmitError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(EmitError::NoteTooLong);
        }
        let start = u32::try_from(self.notes.len()).map_err(|_| EmitError::TooMany)?;
        let len = u32::try_from(text.len()).expect("at most NOTE_BYTES_MAX");
        let id = self.push(IntentKind::Note(NoteSpan { start, len }))?;
        self.notes.extend_from_slice(text);
        Ok(id)
    }

    /// Takes an intent whose note or profile lies in `bytes`, as [`Emissions::emit`] and its likes do.
    pub(crate) fn emit_with_bytes(&mut self, kind: IntentKind, bytes: &[u8]) -> Result<IntentId, EmitError> {
        let part = |span: NoteSpan| &bytes[span.start as usize..][..span.len as usize];
        match kind {
            IntentKind::Note(span) => self.emit_note(part(span)),
            IntentKind::Schedule(schedule) => {
                let weights: Vec<u16> = match schedule.curve {
                    Curve::Profile(span) => {
                        part(span).chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
                    }
                    Curve::Even(_) | Curve::Volume { .. } => Vec::new(),
                };
                self.emit_schedule(schedule, &weights)
            }
            IntentKind::Submit(_)
            | IntentKind::Cancel(_)
            | IntentKind::Amend(_)
            | IntentKind::CancelAll(_)
            | IntentKind::Flatten(_)
            | IntentKind::WakeAt(_) => self.emit(kind),
        }
    }

    /// Room for what a strategy emits while it is shown events ahead of their steps; `next` is its next number.
    #[must_use]
    pub fn ahead(strategy: StrategyId, next: IntentId) -> Emissions {
        Emissions { strategy, next: next.0, left: Allowance::ALL, ..Emissions::default() }
    }

    /// Takes over what the strategy being called emitted ahead, as if it emitted that now.
    ///
    /// # Panics
    /// When an intent gets another number than it had there: the strategy was told that one.
    pub fn take_over(&mut self, ahead: &Emissions) {
        let moved = u32::try_from(self.notes.len()).expect("a step's notes are few");
        let move_on = |span: NoteSpan| NoteSpan { start: span.start + moved, ..span };
        for Intent { key, kind } in &ahead.intents {
            let kind = match *kind {
                IntentKind::Note(span) => IntentKind::Note(move_on(span)),
                IntentKind::Schedule(mut schedule) => {
                    if let Curve::Profile(span) = &mut schedule.curve {
                        *span = move_on(*span);
                    }
                    IntentKind::Schedule(schedule)
                }
                IntentKind::Submit(_)
                | IntentKind::Cancel(_)
                | IntentKind::Amend(_)
                | IntentKind::CancelAll(_)
                | IntentKind::Flatten(_)
                | IntentKind::WakeAt(_) => *kind,
            };
            let taken = self.number(kind);
            assert_eq!((taken, self.strategy), (Ok(key.intent), key.strategy), "emitted ahead under another number");
        }
        self.notes.extend_from_slice(&ahead.notes);
        self.cut += ahead.cut;
    }
}

/// State on loan while guests run: readable by anyone, writable only by the core, and it must come back.
///
/// The sandbox moves it into a Store for the length of a call, so that views read State without copying or locks.
#[derive(Debug)]
pub struct StateLoan(Box<Lent>);

#[derive(Debug)]
pub(crate) struct Lent {
    pub(crate) state: State,
    pub(crate) out: Emissions,
}

impl StateLoan {
    pub(crate) fn new(state: State) -> StateLoan {
        StateLoan(Box::new(Lent { state, out: Emissions::default() }))
    }

    pub(crate) fn lent(&mut self) -> &mut Lent {
        &mut self.0
    }

    /// Where it lies; tells this loan from that of another core and is used for nothing else.
    pub(crate) fn place(&self) -> *const Lent {
        &raw const *self.0
    }

    /// What the running step's calls emitted.
    #[must_use]
    pub fn emissions(&self) -> &Emissions {
        &self.0.out
    }

    /// Takes one intent, see [`Emissions::emit`].
    ///
    /// # Errors
    /// As there.
    pub fn emit(&mut self, kind: IntentKind) -> Result<IntentId, EmitError> {
        self.0.out.emit(kind)
    }

    /// Takes a schedule, see [`Emissions::emit_schedule`].
    ///
    /// # Errors
    /// As there.
    pub fn emit_schedule(&mut self, schedule: Schedule, weights: &[u16]) -> Result<IntentId, EmitError> {
        self.0.out.emit_schedule(schedule, weights)
    }

    /// Takes a note, see [`Emissions::emit_note`].
    ///
    /// # Errors
    /// As there.
    pub fn emit_note(&mut self, text: &[u8]) -> Result<IntentId, EmitError> {
        self.0.out.emit_note(text)
    }

    /// Takes an intent whose note or profile lies in `bytes`: of a record, where it was emitted before.
    ///
    /// # Errors
    /// As [`StateLoan::emit`] and its likes.
    ///
    /// # Panics
    /// When a span of the intent lies outside `bytes`.
    pub fn emit_with_bytes(&mut self, kind: IntentKind, bytes: &[u8]) -> Result<IntentId, EmitError> {
        self.0.out.emit_with_bytes(kind, bytes)
    }

    /// Where the strategy being called emits to.
    pub fn emissions_mut(&mut self) -> &mut Emissions {
        &mut self.0.out
    }
}

impl Deref for StateLoan {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0.state
    }
}

/// A wake-up a strategy asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wake {
    /// When.
    pub at: TimeNs,
    /// Whom.
    pub strategy: StrategyId,
}
