//! Parents: which intents live on after their first orders?
//!
//! In: splits and flattens that were opened. Out: what each still has to do. Must never: send; a child is a new leg that
//! passes Normalizer and Risk again.

use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::ids::{InstrumentId, LegId, LegKey, StrategyId, TimeNs};
use crate::intent::{Size, Submit};
use crate::money::Qty;
use crate::state::held::HeldOrders;

/// Unfinished parents of one strategy.
pub(crate) const PARENTS_MAX: usize = 64;

/// An intent that outlives one send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The intent, leg 0.
    pub(crate) key: LegKey,
    pub(crate) kind: ParentKind,
    /// Leg of its next child.
    pub(crate) next_leg: u16,
}

/// What a parent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentKind {
    /// Sends an order that is larger than its instrument allows in parts.
    Split {
        /// The order; its size is that of a part.
        part: Submit,
        /// Quantity that no child was made for yet.
        left: Qty,
    },
    /// Cancels what is open and closes what is held, until nothing is.
    Flatten {
        /// `None` = everything the strategy holds.
        only: Option<InstrumentId>,
        /// Times that closing orders were made.
        rounds: u32,
        /// Not before this time again, unless something was in the way and is not any more.
        resume_at: TimeNs,
        /// A resting order kept a part of a position from being closed, when it was last looked at.
        is_blocked: bool,
    },
}

/// Unfinished parents in the order in which they were opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parents(Vec<Parent>);

impl Parents {
    /// Adds one; false when its strategy has [`PARENTS_MAX`].
    pub(crate) fn open(&mut self, parent: Parent) -> bool {
        let own = self.0.iter().filter(|other| other.key.strategy == parent.key.strategy).count();
        if own < PARENTS_MAX {
            self.0.push(parent);
        }
        own < PARENTS_MAX
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<Parent> {
        self.0.get(at).copied()
    }

    pub(crate) fn set(&mut self, at: usize, parent: Parent) {
        self.0[at] = parent;
    }

    /// Ends the parent of these intents; their children go on.
    pub(crate) fn close(&mut self, ended: impl Fn(&Parent) -> bool) {
        self.0.retain(|parent| !ended(parent));
    }

    /// True while an own flatten closes all that `only` names, made by the same side (guest or host).
    pub(crate) fn flattens(&self, key: LegKey, only: Option<InstrumentId>) -> bool {
        let is_same_side = |parent: &Parent| parent.key.intent.is_of_host() == key.intent.is_of_host();
        self.0.iter().filter(|parent| parent.key.strategy == key.strategy).filter(|p| is_same_side(p)).any(|parent| {
            match parent.kind {
                ParentKind::Flatten { only: scope, .. } => scope.is_none() || scope == only,
                ParentKind::Split { .. } => false,
            }
        })
    }

    /// True for a leg of a flatten that goes on: its orders only ever close.
    pub(crate) fn is_flatten(&self, key: LegKey) -> bool {
        let is_it = |parent: &Parent| (parent.key.strategy, parent.key.intent) == (key.strategy, key.intent);
        self.0.iter().any(|parent| is_it(parent) && matches!(parent.kind, ParentKind::Flatten { .. }))
    }

    /// True while an intent is a split that still has parts to send.
    pub(crate) fn splits(&self, strategy: StrategyId, intent: crate::ids::IntentId) -> bool {
        let is_it = |parent: &Parent| parent.key.strategy == strategy && parent.key.intent == intent;
        self.0.iter().any(|parent| is_it(parent) && matches!(parent.kind, ParentKind::Split { .. }))
    }

    /// What a split has still to send; `None` where the intent is none.
    pub(crate) fn left_of(&self, strategy: StrategyId, intent: crate::ids::IntentId) -> Option<Qty> {
        let is_it = |parent: &&Parent| parent.key.strategy == strategy && parent.key.intent == intent;
        self.0.iter().filter(is_it).find_map(|parent| match parent.kind {
            ParentKind::Split { left, .. } => Some(left),
            ParentKind::Flatten { .. } => None,
        })
    }

    /// Lets a split send nothing more; it ends when parents are looked at next.
    pub(crate) fn stop_split(&mut self, strategy: StrategyId, intent: crate::ids::IntentId) {
        for parent in self.0.iter_mut().filter(|p| p.key.strategy == strategy && p.key.intent == intent) {
            if let ParentKind::Split { left, .. } = &mut parent.kind {
                *left = Qty(0);
            }
        }
    }

    /// Splits of a strategy in one instrument, or in all.
    pub(crate) fn close_splits(&mut self, strategy: StrategyId, only: Option<InstrumentId>) {
        self.close(|parent| match parent.kind {
            ParentKind::Split { part, .. } => {
                parent.key.strategy == strategy && only.is_none_or(|only| only == part.instrument)
            }
            ParentKind::Flatten { .. } => false,
        });
    }

    /// Appends the canonical bytes of parents and of held orders, which are parents of another kind.
    pub(crate) fn put(&self, held: &HeldOrders, w: &mut Writer) {
        w.u32(u32::try_from(self.0.len() + held.len()).expect("both are bounded by strategy"));
        for parent in &self.0 {
            parent.key.put(w);
            w.u16(parent.next_leg);
            match parent.kind {
                ParentKind::Split { part, left } => {
                    w.u8(1);
                    put_submit(&part, w);
                    w.i64(left.0);
                }
                ParentKind::Flatten { only, rounds, resume_at, is_blocked } => {
                    w.u8(2);
                    w.option(only, |w, id| w.u32(id.0));
                    w.u32(rounds);
                    w.u64(resume_at.0);
                    w.flag(is_blocked);
                }
            }
        }
        held.put(w);
    }
}

impl Parent {
    /// Key of its next child; `None` when it has used every leg that a client order id can name.
    pub(crate) fn child(&mut self) -> Option<LegKey> {
        let key = LegKey { leg: LegId(self.next_leg), ..self.key };
        self.has_legs().then(|| {
            self.next_leg += 1;
            key
        })
    }

    /// True while it can have another child.
    pub(crate) fn has_legs(&self) -> bool {
        self.next_leg <= LegId::MAX.0
    }
}

pub(crate) fn put_submit(submit: &Submit, w: &mut Writer) {
    w.u32(submit.instrument.0);
    w.u8(submit.side.number());
    match submit.size {
        Size::Quantity(qty) => w.i64(qty.0),
        Size::Notional(value) => w.i64(value),
    }
    w.u8(submit.order_type.number());
    w.option(submit.limit_price, |w, price| w.i64(price.0));
    w.option(submit.stop_price, |w, price| w.i64(price.0));
    w.u8(submit.tif.number());
    w.option(submit.max_slippage_bps, Writer::u32);
    w.flag(submit.post_only);
    w.flag(submit.reduce_only);
    w.u8(submit.position_side.number());
    submit.extras.put(w);
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::ids::IntentId;
    use crate::instrument::{PositionSide, Side};
    use crate::intent::{Extras, OrderType, TimeInForce};

    fn submit() -> Submit {
        Submit {
            instrument: InstrumentId(1),
            side: Side::Buy,
            size: Size::Quantity(Qty(40)),
            order_type: OrderType::Limit,
            limit_price: None,
            stop_price: None,
            tif: TimeInForce::Gtc,
            max_slippage_bps: None,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            extras: Extras::NONE,
        }
    }

    fn parent(kind: ParentKind) -> Parent {
        let key = LegKey { strategy: StrategyId(1), intent: IntentId(1), ..LegKey::default() };
        Parent { key, kind, next_leg: 1 }
    }

    fn split(part: Submit) -> Parent {
        parent(ParentKind::Split { part, left: Qty(30) })
    }

    fn flatten(only: Option<InstrumentId>) -> Parent {
        parent(ParentKind::Flatten { only, rounds: 0, resume_at: TimeNs(0), is_blocked: false })
    }

    #[test]
    fn a_strategy_has_so_many_parents_and_not_one_more() {
        let mut parents = Parents::default();
        assert!(parents.is_empty());
        for _ in 0..PARENTS_MAX {
            assert!(parents.open(split(submit())));
        }
        assert!(!parents.open(split(submit())));
        assert_eq!(parents.len(), PARENTS_MAX);
        assert!(parents.open(Parent { key: LegKey { strategy: StrategyId(2), ..LegKey::default() }, ..flatten(None) }));
    }

    #[test]
    fn a_parent_has_as_many_children_as_legs_can_be_named() {
        let mut parent = Parent { next_leg: LegId::MAX.0, ..split(submit()) };
        assert_eq!(parent.child().map(|key| key.leg), Some(LegId::MAX));
        assert_eq!(parent.child(), None);
        assert!(!parent.has_legs());
    }

    #[test]
    fn everything_of_a_parent_is_in_the_digest() {
        let legs = Parent { next_leg: 2, ..split(submit()) };
        let all = vec![
            split(submit()),
            legs,
            parent(ParentKind::Split { part: submit(), left: Qty(20) }),
            split(Submit { instrument: InstrumentId(2), ..submit() }),
            split(Submit { side: Side::Sell, ..submit() }),
            split(Submit { size: Size::Quantity(Qty(41)), ..submit() }),
            split(Submit { reduce_only: true, ..submit() }),
            split(Submit { extras: Extras { display_qty: Qty(1), ..Extras::NONE }, ..submit() }),
            flatten(None),
            flatten(Some(InstrumentId(1))),
            parent(ParentKind::Flatten { only: None, rounds: 1, resume_at: TimeNs(0), is_blocked: false }),
            parent(ParentKind::Flatten { only: None, rounds: 0, resume_at: TimeNs(1), is_blocked: false }),
            parent(ParentKind::Flatten { only: None, rounds: 0, resume_at: TimeNs(0), is_blocked: true }),
        ];
        let mut seen = vec![];
        for parent in all {
            let mut w = Writer::new();
            Parents(vec![parent]).put(&HeldOrders::default(), &mut w);
            assert!(!seen.contains(&w.bytes().to_vec()), "{parent:?}");
            seen.push(w.bytes().to_vec());
        }
    }
}
