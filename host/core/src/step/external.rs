//! External intents: what becomes of an intent that no component emitted?
//!
//! In: the bytes of an `ExternalIntent` event. Out: an intent of the strategy it names, numbered as that one's next and
//! judged like any other; or an anomaly. Must never: let somebody outside speak for a strategy that has a component.

use crate::blob::BlobTable;
use crate::canonical::Reader;
use crate::decision::{Anomaly, AnomalyCode, DecisionKind, Effects};
use crate::external::ExternalIntent;
use crate::ids::{BlobId, TimeNs};
use crate::step::Core;
use crate::step::judge::HOST_KEY;

impl Core {
    /// Emits what stands in the blob, for the strategy that it names.
    #[cold]
    pub(super) fn take_external(&mut self, (now, blob): (TimeNs, BlobId), blobs: &BlobTable, effects: &mut Effects) {
        let read = blobs.bytes(blob).and_then(|bytes| Reader::whole(bytes, ExternalIntent::take).ok());
        let taken = match read {
            Some(intent) => self.emit_external(now, &intent),
            None => Err(Anomaly { code: AnomalyCode::BadBlob, value: i64::from(blob.0) }),
        };
        if let Err(anomaly) = taken {
            effects.decide(HOST_KEY, DecisionKind::Anomaly(anomaly));
        }
    }

    fn emit_external(&mut self, now: TimeNs, intent: &ExternalIntent) -> Result<(), Anomaly> {
        let ExternalIntent { strategy, kind, notes, .. } = intent;
        let value = i64::from(strategy.0);
        let lent = self.loan_mut().lent();
        let control = lent.state.control.strategy_mut(*strategy).filter(|control| control.is_external);
        let control = control.ok_or(Anomaly { code: AnomalyCode::UnknownReference, value })?;
        let left = control.second.left(now, control.rates);
        lent.out.begin_call((*strategy, control.intents + 1), false, left);
        let taken = lent.out.emit_with_bytes(*kind, notes);
        control.count_emitted(now, &lent.out);
        taken.map(|_| ()).map_err(|_| Anomaly { code: AnomalyCode::ExternalRefused, value })
    }
}
