//! The interface keeps its two exact sizes.

use super::guest::Wit;

#[test]
fn on_event_takes_exactly_16_flat_values() {
    let signature = Wit::new().signature("guest", "on-event");
    assert!(!signature.indirect_params, "one more value makes every call go through guest memory");
    assert_eq!((signature.params.len(), signature.results.len()), (16, 0));
}

#[test]
fn emit_takes_15_flat_values_and_a_place_for_its_answer() {
    let signature = Wit::new().signature("intents", "emit");
    assert!(signature.retptr && !signature.indirect_params);
    assert_eq!(signature.params.len(), 16);
}
