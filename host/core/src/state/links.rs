//! Links: which orders wait for another to fill, and which share their fate?
//!
//! In: submits with a parent or a group, the fills of those they name. Out: how much of a waiting order is due, what is to
//! be taken from the members of a group. Must never: send; what is due passes the chain as a leg of its own.
//!
//! A held order reserves nothing: it is not allowed yet. It is sent in parts as its parent fills, each a leg of its intent,
//! so that it is never larger than what it follows.

use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::event::Event;
use crate::ids::{InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::instrument::Instrument;
use crate::intent::{GroupKind, Submit};
use crate::money::{Price, Qty, round_down_to_step};
use crate::state::parents::put_submit;

/// Held orders of one strategy, and its groups: bounds on what an untrusted guest can make the host keep.
pub(crate) const HELD_MAX: usize = 64;
pub(crate) const GROUPS_MAX: usize = 64;
/// Members of a group.
pub(crate) const MEMBERS_MAX: usize = 8;
/// Parts of a held order: each has a range of legs, so that it can have children of its own.
const RELEASES_MAX: u16 = 30;
pub(crate) const RELEASE_LEGS: u16 = 1_024;
/// From here: legs that cancel and amend what a group ends or lowers.
pub(crate) const GROUP_LEGS: u16 = (RELEASES_MAX + 1) * RELEASE_LEGS;

/// An order that waits for its parent to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The intent, leg 0.
    pub(crate) key: LegKey,
    /// The order, without its ties; its size is the whole quantity.
    pub(crate) submit: Submit,
    pub(crate) total: Qty,
    pub(crate) parent: IntentId,
    /// Whole quantity of the parent.
    pub(crate) whole: Qty,
    /// What the parent has filled, less what was taken back.
    pub(crate) filled: i64,
    pub(crate) released: i64,
    releases: u16,
    /// It is to be taken out, and what for.
    pub(crate) ended_by: Option<LegKey>,
}

/// Orders of which one ends or lowers the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) strategy: StrategyId,
    pub(crate) kind: GroupKind,
    /// The first member that had a fill.
    pub(crate) winner: Option<IntentId>,
    pub(crate) members: Vec<Member>,
}

/// One order of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) intent: IntentId,
    total: Qty,
    /// Smallest order of its instrument.
    pub(crate) least: Qty,
    filled: i64,
    /// Taken from it by fills of the others, and not carried out yet.
    pub(crate) cut: i64,
    next_leg: u16,
    /// Attempts to cancel it, and when the next may follow.
    pub(crate) tries: u32,
    pub(crate) retry_at: TimeNs,
}

/// What ties orders together.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) held: Vec<Held>,
    pub(crate) groups: Vec<Group>,
    /// Something was decided since they were looked at.
    pub(crate) is_touched: bool,
}

/// Why an order cannot be tied as it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untied {
    /// The group is of another kind, is over or has too many members.
    Group,
    /// The strategy has too many of them.
    TooMany,
}

impl Links {
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.groups.is_empty()
    }

    /// The held order of an intent.
    pub(crate) fn held_of(&self, strategy: StrategyId, intent: IntentId) -> Option<&Held> {
        self.held.iter().find(|held| held.key.strategy == strategy && held.key.intent == intent)
    }

    /// Held orders of a strategy, in the order of their intents.
    pub(crate) fn held_by(&self, strategy: StrategyId) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| held.key.strategy == strategy)
    }

    /// An order of which a part waits for its price was changed: so is what is still to come of it.
    pub(crate) fn reprice(&mut self, key: LegKey, (limit, stop): (Option<Price>, Option<Price>)) {
        let is_it = |held: &&mut Held| (held.key.strategy, held.key.intent) == (key.strategy, key.intent);
        if let Some(held) = self.held.iter_mut().find(is_it) {
            held.submit = Submit { limit_price: limit, stop_price: stop, ..held.submit };
        }
    }

    pub(crate) fn has_held(&self, strategy: StrategyId, only: Option<InstrumentId>) -> bool {
        self.held.iter().any(|held| held.is_of(strategy, only))
    }

    pub(crate) fn is_full(&self, strategy: StrategyId) -> bool {
        self.held_by(strategy).count() >= HELD_MAX
    }

    /// Makes an intent a member of the group that another names, or the first of a new one; with its quantity and the
    /// smallest order of its instrument.
    pub(crate) fn join(
        &mut self,
        (strategy, intent): (StrategyId, IntentId),
        (first, kind): (IntentId, GroupKind),
        size: (Qty, Qty),
    ) -> Result<(), Untied> {
        let member = Member::new(intent, size);
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(strategy, first)) {
            let fits = group.kind == kind && group.members.len() < MEMBERS_MAX;
            if !fits || kind == GroupKind::Oco && group.winner.is_some() {
                return Err(Untied::Group);
            }
            group.members.push(member);
            return Ok(());
        }
        if self.groups.iter().filter(|group| group.strategy == strategy).count() >= GROUPS_MAX {
            return Err(Untied::TooMany);
        }
        // The others of its group are over, or follow.
        let mut members = Vec::with_capacity(MEMBERS_MAX);
        if first.0 != 0 {
            members.push(Member::new(first, (Qty(0), size.1)));
        }
        members.push(member);
        self.groups.push(Group { strategy, kind, winner: None, members });
        Ok(())
    }

    /// The group of an intent.
    pub(crate) fn group_of(&self, strategy: StrategyId, intent: IntentId) -> Option<&Group> {
        self.groups.iter().find(|group| group.has(strategy, intent))
    }

    /// A fill of an intent's order was booked, or with a negative quantity taken back. True where more of its group has been
    /// filled than any of its members asks for, or a second one of those of which one should.
    pub(crate) fn count_fill(&mut self, strategy: StrategyId, intent: IntentId, qty: i64) -> bool {
        for held in self.held.iter_mut().filter(|held| held.key.strategy == strategy && held.parent == intent) {
            held.filled = held.filled.saturating_add(qty);
        }
        let group = self.groups.iter_mut().find(|group| group.has(strategy, intent));
        group.is_some_and(|group| group.count_fill(intent, qty))
    }

    /// Quantities and prices of what is held have lost their meaning.
    pub(crate) fn follow(&mut self, event: &Event) {
        if !event.kind.gives_new_meaning() {
            return;
        }
        for held in self.held.iter_mut().filter(|held| held.submit.instrument == event.instrument) {
            held.ended_by.get_or_insert(LegKey::default());
        }
        self.is_touched = true;
    }

    /// When a cancel for a group may be tried again.
    pub(crate) fn next_time(&self, now: TimeNs) -> Option<TimeNs> {
        let members = self.groups.iter().flat_map(|group| &group.members);
        members.map(|member| member.retry_at).filter(|time| *time > now).min()
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.flag(self.is_touched);
        w.list(&self.held, |w, held| held.put(w));
        w.list(&self.groups, |w, group| group.put(w));
    }
}

impl Held {
    pub(crate) fn new(key: LegKey, submit: Submit, (parent, whole, filled): (IntentId, Qty, Qty), total: Qty) -> Held {
        let filled = filled.0;
        Held { key, submit, total, parent, whole, filled, released: 0, releases: 0, ended_by: None }
    }

    /// True for one of this strategy in this instrument, or in any.
    pub(crate) fn is_of(&self, strategy: StrategyId, only: Option<InstrumentId>) -> bool {
        self.key.strategy == strategy && only.is_none_or(|only| only == self.submit.instrument)
    }

    /// What of it is due: in proportion to what the parent has filled. While the parent goes on, neither this part nor the
    /// rest may be too small to send.
    pub(crate) fn due(&self, instrument: &Instrument, parent_goes_on: bool) -> Qty {
        let (filled, whole) = (i128::from(self.filled.max(0)), i128::from(self.whole.0.max(1)));
        let part = i128::from(self.total.0) * filled.min(whole) / whole;
        let part = i64::try_from(part).expect("a part of the whole");
        let target = if part >= self.total.0 { self.total.0 } else { round_down_to_step(part, instrument.lot) };
        if !parent_goes_on {
            return Qty((target - self.released).max(0));
        }
        let (least, rest) = (instrument.qty_min.0, self.total.0 - target);
        let target = if rest > 0 && rest < least { self.total.0 - least } else { target };
        let due = round_down_to_step(target - self.released, instrument.lot);
        // The last range of legs is for what the end brings.
        let has_room = self.releases + 1 < RELEASES_MAX;
        Qty(if due >= least.max(1) && has_room { due } else { 0 })
    }

    /// Key of the part that is sent now.
    pub(crate) fn release(&mut self, qty: Qty) -> LegKey {
        self.releases += 1;
        self.released += qty.0;
        LegKey { leg: LegId(self.releases * RELEASE_LEGS), ..self.key }
    }

    fn put(&self, w: &mut Writer) {
        self.key.put(w);
        put_submit(&self.submit, w);
        w.i64(self.total.0);
        w.u64(self.parent.0);
        w.i64(self.whole.0);
        w.i64(self.filled);
        w.i64(self.released);
        w.u16(self.releases);
        w.option(self.ended_by, |w, key: LegKey| key.put(w));
    }
}

impl Group {
    pub(crate) fn has(&self, strategy: StrategyId, intent: IntentId) -> bool {
        self.strategy == strategy && self.members.iter().any(|member| member.intent == intent)
    }

    fn count_fill(&mut self, intent: IntentId, qty: i64) -> bool {
        let own = self.members.iter_mut().find(|member| member.intent == intent).expect("the caller looked");
        own.filled = own.filled.saturating_add(qty);
        if qty <= 0 {
            return false;
        }
        let winner = *self.winner.get_or_insert(intent);
        match self.kind {
            GroupKind::Oco => winner != intent,
            GroupKind::Ouo => {
                for other in self.members.iter_mut().filter(|member| member.intent != intent) {
                    other.cut = other.cut.saturating_add(qty);
                }
                let filled = self.members.iter().fold(0_i64, |sum, member| sum.saturating_add(member.filled));
                let largest = self.members.iter().map(|member| member.total.0).max();
                largest.is_some_and(|largest| filled > largest)
            }
            GroupKind::None => false,
        }
    }

    fn put(&self, w: &mut Writer) {
        w.u16(self.strategy.0);
        w.u8(self.kind.number());
        w.option(self.winner, |w, intent| w.u64(intent.0));
        w.list(&self.members, |w, member| {
            w.u64(member.intent.0);
            w.i64(member.total.0);
            w.i64(member.least.0);
            w.i64(member.filled);
            w.i64(member.cut);
            w.u16(member.next_leg);
            w.u32(member.tries);
            w.u64(member.retry_at.0);
        });
    }
}

impl Member {
    const fn new(intent: IntentId, (total, least): (Qty, Qty)) -> Member {
        Member { intent, total, least, filled: 0, cut: 0, next_leg: GROUP_LEGS, tries: 0, retry_at: TimeNs(0) }
    }

    /// Leg of the next cancel or amend that its group makes; `None` when every one is used.
    pub(crate) fn leg(&mut self, strategy: StrategyId) -> Option<LegKey> {
        let key = LegKey { intent: self.intent, strategy, leg: LegId(self.next_leg) };
        (self.next_leg <= LegId::MAX.0).then(|| {
            self.next_leg += 1;
            key
        })
    }
}
