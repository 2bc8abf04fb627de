//! Emissions: what did a strategy emit in the running call?
//!
//! In: intents, notes and schedules of one call. Out: those that were taken, numbered. Must never: take more than a call or
//! a second allows, or tell what becomes of one.

use alloc::vec::Vec;

use super::EmitError;
use crate::allowance::Allowance;
use crate::ids::{IntentId, LegId, LegKey, StrategyId};
use crate::intent::{Curve, Intent, IntentKind, NOTE_BYTES_MAX, NoteSpan, Schedule, WEIGHTS_MAX};

/// Most intents one call may emit: bounds the journal growth one event can cause.
pub const EMITS_MAX: usize = 64;

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
