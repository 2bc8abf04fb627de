//! Wards: what does a session keep of each strategy, so that another instance can take its place?
//!
//! In: events that say which component, parameters and state a strategy has. Out: what the next instance is made of. Must
//! never: hold an instance, or differ between a session and its replay.

use ringfence_core::blob::{BlobTable, Sha256Hash};
use ringfence_core::config::decode_params;
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{BlobId, StrategyId};

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
    /// Parameters that are asked for: in force with the swap that follows, if one does.
    pub(crate) asked: Option<Params>,
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
            self.ward(id).asked = blobs.bytes(params).and_then(|bytes| decode_params(bytes).ok());
        } else if let EventKind::StrategySwapped(id, component, plan, kept) = event.kind {
            let ward = self.ward(id);
            let params = ward.asked.take().or(ward.params.take());
            *ward = Ward { component, plan, params, kept, asked: None };
        } else if let EventKind::StrategyCheckpointed(id, kept) = event.kind {
            let ward = self.ward(id);
            // What was asked for was not taken, where no swap came of it.
            ward.asked = None;
            if kept != BlobId::NONE {
                ward.kept = kept;
            }
        }
    }

    /// Parameters of the instance that the swap before us brings.
    pub(crate) fn params_of_next(&self, id: StrategyId) -> Option<Params> {
        let ward = self.of(id);
        ward.asked.or(ward.params)
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
