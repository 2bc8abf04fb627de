//! An intent is emitted, and the step takes it from there.
use ringfence_core::intent::IntentKind;
use ringfence_core::strategy::{EmitError, StateLoan};

fn emitted(loan: &mut StateLoan, kind: IntentKind) -> Result<ringfence_core::ids::IntentId, EmitError> {
    loan.emit(kind)
}

fn main() {
    let _emitted: fn(&mut StateLoan, IntentKind) -> Result<ringfence_core::ids::IntentId, EmitError> = emitted;
}
