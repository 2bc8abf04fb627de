//! Wards in a replay: how are recorded swaps, checkpoints and restarts done again?
//!
//! In: events that say what was done. Out: the same done to the strategies at hand, or the first thing that differs. Must
//! never: give a strategy a state that it does not say itself, where it still runs.
//!
//! Other code in the place of the recorded one (`--strategy ID=FILE`) knows nothing of recorded states: it hands its own
//! over, or begins anew.

use ringfence_core::canonical::Writer;
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{BlobId, Seq, StrategyId};
use ringfence_core::plan::Plan;
use ringfence_core::strategy::Renewal;

use super::{Difference, DifferenceKind, Replayer};
use crate::wards::{Params, hash_in};

impl Replayer<'_> {
    /// Does to the strategies what an event says was done to them, before it is stepped.
    pub(super) fn look_after(&mut self, event: &Event) -> Option<Difference> {
        let found = if let EventKind::StrategySwapped(id, component, plan, state) = event.kind {
            self.swapped((id, event.seq), (component, plan), state)
        } else if let EventKind::StrategyCheckpointed(id, state) = event.kind {
            self.checkpointed((id, event.seq), state)
        } else if let EventKind::StrategyResumed(id, _) = event.kind {
            self.resumed((id, event.seq))
        } else {
            Ok(())
        };
        let gone = self.wards.let_go_by(event);
        self.wards.event(event, self.inputs.blobs());
        gone.into_iter().for_each(|state| self.inputs.retire(state));
        found.err().map(|kind| Difference { seq: event.seq, kind })
    }

    fn swapped(
        &mut self,
        (id, seq): (StrategyId, Seq),
        (component, plan): (BlobId, BlobId),
        state: BlobId,
    ) -> Result<(), DifferenceKind> {
        if self.replaced.contains(&id) {
            return self.renew_replaced((id, seq));
        }
        if state != BlobId::NONE && self.runs(id) && !self.recited.contains(&id) {
            self.says_its_state(id, state)?;
        }
        let params = self.wards.params_at(id, seq);
        let now = self.renew(id, component, params, state)?;
        let mut w = Writer::new();
        now.put(&mut w);
        if self.inputs.blobs().bytes(plan) == Some(w.bytes()) { Ok(()) } else { Err(DifferenceKind::Plan(id)) }
    }

    fn checkpointed(&mut self, (id, seq): (StrategyId, Seq), state: BlobId) -> Result<(), DifferenceKind> {
        if !self.runs(id) || self.recited.contains(&id) {
            return Ok(());
        }
        if self.replaced.contains(&id) {
            return if state == BlobId::NONE { Ok(()) } else { self.renew_replaced((id, seq)) };
        }
        if state == BlobId::NONE {
            // It was asked for its state, and nothing came of that but what asking does to it.
            let _unused = self.host.snapshot(id);
            return Ok(());
        }
        self.says_its_state(id, state)?;
        let ward = self.wards.of(id);
        self.renew(id, ward.component, ward.params, state).map(|_| ())
    }

    fn resumed(&mut self, (id, seq): (StrategyId, Seq)) -> Result<(), DifferenceKind> {
        if self.runs(id) || self.recited.contains(&id) {
            return Ok(());
        }
        if self.replaced.contains(&id) {
            return self.renew_replaced((id, seq));
        }
        let ward = self.wards.of(id);
        self.renew(id, ward.component, ward.params, ward.kept).map(|_| ())
    }

    fn runs(&self, id: StrategyId) -> bool {
        self.core.state().halt(id).is_none()
    }

    fn says_its_state(&mut self, id: StrategyId, recorded: BlobId) -> Result<(), DifferenceKind> {
        let says = self.host.snapshot(id).map_err(|_| DifferenceKind::State(id))?;
        if self.inputs.blobs().bytes(recorded) == Some(&*says) { Ok(()) } else { Err(DifferenceKind::State(id)) }
    }

    fn renew(
        &mut self,
        id: StrategyId,
        component: BlobId,
        params: Option<Params>,
        state: BlobId,
    ) -> Result<Plan, DifferenceKind> {
        let component = hash_in(self.inputs.blobs(), component);
        let refused = |why: String| DifferenceKind::Renewal(id, why);
        let config = self.core.state().config().ok_or_else(|| refused("there is no configuration yet".to_owned()))?;
        let snapshot = self.inputs.blobs().bytes(state);
        let renewal = Renewal { strategy: id, config, params: params.as_deref(), component, snapshot };
        self.host.renew(&renewal).map_err(refused)
    }

    /// Other code goes on with what it says of itself, or begins anew.
    fn renew_replaced(&mut self, (id, seq): (StrategyId, Seq)) -> Result<(), DifferenceKind> {
        let own = if self.runs(id) { self.host.snapshot(id).ok() } else { None };
        let params = self.wards.params_at(id, seq);
        let refused = |why: String| DifferenceKind::Renewal(id, why);
        let config = self.core.state().config().ok_or_else(|| refused("there is no configuration yet".to_owned()))?;
        let params = params.as_deref();
        let renewal = Renewal { strategy: id, config, params, component: None, snapshot: own.as_deref() };
        self.host.renew(&renewal).map(|_| ()).map_err(refused)
    }
}
