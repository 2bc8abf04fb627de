//! Wards: what does a session keep of each strategy, so that another instance can take its place?
//!
//! In: events that say which component, parameters and state a strategy has. Out: what the next instance is made of. Must
//! never: hold an instance, or differ between a session and its replay.

use ringfence_core::blob::{BlobTable, Sha256Hash};
use ringfence_core::config::decode_params;
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{BlobId, Seq, StrategyId};

/// Parameters in order.
pub(crate) type Params = Vec<(String, String)>;

/// One strategy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ward {
    /// SHA-256 of its component, as the stream has it.
    pub(crate) component: BlobId,
    /// Its subscriptions.
    pub(crate) plan: BlobId,
    /// Parameters in the place of the configuration's; `None` = those.
    pub(crate) params: Option<Params>,
    /// The state that was kept of it last; none = `BlobId::NONE`.
    pub(crate) kept: BlobId,
    /// The state that came with the last swap: one that fails at once is taken back, and this is what it goes back to.
    pub(crate) handed: BlobId,
    /// Parameters that the last event asked for, with its number: in force with the next event, if that is the swap.
    asked: Option<(Seq, Params)>,
}

impl Ward {
    /// Another that stands for the same, with other state.
    pub(crate) fn with_state(&self, kept: BlobId) -> Ward {
        Ward { kept, asked: None, ..self.clone() }
    }

    /// Parameters of an instance that is swapped in by this event.
    fn params_at(&self, seq: Seq) -> Option<Params> {
        let asked = self.asked.as_ref().filter(|(asked, _)| asked.0 + 1 == seq.0).map(|(_, params)| params.clone());
        asked.or_else(|| self.params.clone())
    }
}

/// All strategies, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wards {
    wards: Vec<Ward>,
}

impl Wards {
    /// One strategy; an empty one for an id that was never attached.
    pub(crate) fn of(&self, id: StrategyId) -> Ward {
        self.wards.get(usize::from(id.0)).cloned().unwrap_or_default()
    }

    /// Takes in what an event says.
    pub(crate) fn event(&mut self, event: &Event, blobs: &BlobTable) {
        if let EventKind::StrategyAttached(id, component, plan) = event.kind {
            *self.ward(id) = Ward { component, plan, ..Ward::default() };
        } else if let EventKind::ParametersChanged(id, params) = event.kind {
            let params = blobs.bytes(params).and_then(|bytes| decode_params(bytes).ok());
            self.ward(id).asked = params.map(|params| (event.seq, params));
        } else if let EventKind::StrategySwapped(id, component, plan, kept) = event.kind {
            let ward = self.ward(id);
            let params = ward.params_at(event.seq);
            *ward = Ward { component, plan, params, kept, handed: kept, asked: None };
        } else if let EventKind::StrategyCheckpointed(id, kept) = event.kind
            && kept != BlobId::NONE
        {
            self.ward(id).kept = kept;
        }
    }

    /// States that nobody asks for behind an event which is not taken in yet: a later one is in their place. (The session
    /// knows more exactly what it goes back to; a replay needs nothing but this.)
    pub(crate) fn let_go_by(&self, event: &Event) -> [BlobId; 2] {
        let none = BlobId::NONE;
        if let EventKind::StrategySwapped(id, _, _, now) = event.kind {
            let Ward { kept, handed, .. } = self.of(id);
            return [kept, handed].map(|state| if state == now { none } else { state });
        }
        if let EventKind::StrategyCheckpointed(id, now) = event.kind
            && now != none
        {
            let Ward { kept, handed, .. } = self.of(id);
            return [if kept == handed { none } else { kept }, none];
        }
        [none; 2]
    }

    /// Parameters of the instance that the swap at this event brings.
    pub(crate) fn params_at(&self, id: StrategyId, seq: Seq) -> Option<Params> {
        self.of(id).params_at(seq)
    }

    fn ward(&mut self, id: StrategyId) -> &mut Ward {
        let at = usize::from(id.0);
        if self.wards.len() <= at {
            self.wards.resize_with(at + 1, Ward::default);
        }
        &mut self.wards[at]
    }
}

/// The hash that a blob holds.
pub(crate) fn hash_in(blobs: &BlobTable, id: BlobId) -> Option<Sha256Hash> {
    blobs.bytes(id).and_then(|bytes| bytes.try_into().ok())
}

#[cfg(test)]
mod tests {
    use ringfence_core::event::Report;
    use ringfence_core::ids::TimeNs;

    use super::*;

    #[test]
    fn a_state_is_let_go_when_a_later_one_is_kept_but_not_the_one_that_came_with_the_last_swap() {
        let (one, none) = (StrategyId(1), BlobId::NONE);
        let mut wards = Wards::default();
        let mut told = |kind| {
            let event = Report::control(kind).at(Seq(1), TimeNs(1));
            let gone = wards.let_go_by(&event);
            wards.event(&event, &BlobTable::new());
            gone.into_iter().filter(|id| *id != none).map(|id| id.0).collect::<Vec<_>>()
        };
        let mut kept = |id| told(EventKind::StrategyCheckpointed(one, BlobId(id)));
        assert_eq!([kept(1), kept(2), kept(0)], [vec![], vec![1], vec![]]);
        let mut swapped = |id| told(EventKind::StrategySwapped(one, BlobId(9), BlobId(9), BlobId(id)));
        assert_eq!(swapped(3), [2]);
        let mut kept = |id| told(EventKind::StrategyCheckpointed(one, BlobId(id)));
        assert_eq!([kept(4), kept(5)], [vec![], vec![4]]);
        // It goes back to what came with the swap.
        let mut swapped = |id| told(EventKind::StrategySwapped(one, BlobId(9), BlobId(9), BlobId(id)));
        assert_eq!([swapped(3), swapped(6)], [vec![5], vec![3, 3]]);
    }
}
