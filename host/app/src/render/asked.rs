//! Asked: who asked for what, by an event that names its words?
//!
//! In: an event, the bytes that it names. Out: fields for people and programs. Must never: believe the bytes to be whole.

use ringfence_core::canonical::Reader;
use ringfence_core::event::{Event, EventKind};
use ringfence_core::external::ExternalIntent;
use ringfence_core::ids::BlobId;
use serde_json::Value as Json;

use super::Fields;
use crate::output::hex;

/// Who asked for what, of a command of an operator; the name and the strategy of an intent from outside; the component
/// that took a strategy's place, or why one was refused. Nothing of others.
pub(crate) fn asked<'a>(event: &Event, bytes: impl Fn(BlobId) -> Option<&'a [u8]>) -> Fields {
    let none = Fields::new();
    if let EventKind::OperatorCommand(blob) = event.kind {
        let text = bytes(blob).map(String::from_utf8_lossy);
        let said: Option<Json> = text.as_ref().and_then(|text| serde_json::from_str(text).ok());
        let word = |key: &str| said.as_ref().and_then(|said| said.get(key)?.as_str().map(str::to_owned));
        return none
            .with_some("actor", word("actor"))
            .with_some("asked", word("command"))
            .with_some("text", text.map(|text| text.into_owned()));
    }
    if let EventKind::ReloadRefused(_, blob) = event.kind {
        return none.with_some("text", bytes(blob).map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    if let EventKind::StrategySwapped(_, component, ..) = event.kind {
        return none.with_some("component_sha256", bytes(component).map(hex));
    }
    if let EventKind::ExternalIntent(blob) = event.kind {
        let intent = bytes(blob).and_then(|bytes| Reader::whole(bytes, ExternalIntent::take).ok());
        return match intent {
            Some(intent) => none.with("for_strategy", intent.strategy.0).with("intent_id", intent.reference),
            None => none,
        };
    }
    none
}
