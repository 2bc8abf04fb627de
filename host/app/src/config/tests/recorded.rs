//! Recorded configurations: does what a journal keeps read back to the same, and does it take other values?

use std::path::PathBuf;

use super::*;
use crate::config::recorded::{Component, keys, load_for};

fn components(loaded: &Loaded) -> Vec<Component> {
    loaded.components.iter().map(|path| Component { path: path.clone(), flag: None }).collect()
}

fn again(first: &Loaded, sets: &[&str]) -> Result<Loaded, Report> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    load_for(Purpose::Show, &first.core, (&sets, &components(first)))
}

#[test]
fn every_example_reads_back_from_what_a_journal_keeps_of_it() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the examples") {
        let file = entry.expect("an entry").path();
        if file.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        let request = Request { file: &file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        let first = load(&request).expect("an example is right");
        let back = again(&first, &[]).expect("what it was made into is right too");
        assert_eq!((&back.core, back.core.hash()), (&first.core, first.core.hash()), "{}", file.display());
        count += 1;
    }
    assert!(count > 3, "{count} examples");
}

#[test]
fn a_recorded_key_takes_another_value_and_a_wrong_one_is_told_as_ever() {
    let first = loaded(GOOD, &[], Purpose::Show).unwrap();
    let other = again(&first, &["risk.order_qty_max=50", "strategies.ema.params.fast=6"]).unwrap();
    let (was, is) = (keys(&first.core), keys(&other.core));
    let changed: Vec<_> = was.iter().filter(|(key, value)| is.get(*key) != Some(value)).collect();
    expect![[r#"[("risk.order_qty_max", "100"), ("strategies.ema.params.fast", "5")]"#]]
        .assert_eq(&format!("{changed:?}"));
    let report =
        again(&first, &["risk.order_qty_max=many", "risk.profile=backtest-wide@1", "strategies.emu.lane=live"]);
    expect![[r#"
        --set risk.profile: the limits of a recorded session are written out, and another profile would change none; set the limits themselves, for example --set risk.order_qty_max=50 [C-SET]
        1 problem; `ringfence explain CODE` tells more"#]]
    .assert_eq(&report.unwrap_err().to_string());
    let report = again(&first, &["risk.order_qty_max=many", "strategies.emu.lane=live"]);
    expect![[r#"
        --set risk.order_qty_max: risk.order_qty_max = "many": expected a decimal above 0 or "off" [C-VALUE]
        --set strategies.emu.lane: strategies has no entry emu, it has 1 [C-SET]
        2 problems; `ringfence explain CODE` tells more"#]]
    .assert_eq(&report.unwrap_err().to_string());
}

#[test]
fn another_component_takes_the_pin_with_it() {
    let pin = "ab".repeat(32);
    let first = loaded(GOOD, &[&format!("strategies.ema.sha256={pin}")], Purpose::Show).unwrap();
    assert!(again(&first, &[]).unwrap().core.strategies[0].pin.is_some());
    let other = Component { path: PathBuf::from("other.wasm"), flag: Some("--strategy ema=other.wasm".to_owned()) };
    let other = load_for(Purpose::Show, &first.core, (&[], &[other])).unwrap();
    assert_eq!((other.core.strategies[0].pin, other.components), (None, vec![PathBuf::from("other.wasm")]));
}

#[test]
fn keys_are_named_as_overrides_name_them() {
    let core = loaded(GOOD, &[], Purpose::Show).unwrap().core;
    let keys = keys(&core);
    let some = [
        "session.run",
        "venues.US.accounts.main.currency",
        "instruments.\"US:SPY\".tick",
        "strategies.ema.instruments",
    ];
    expect![[r#"[Some("t"), Some("USD"), Some("0.01"), Some("[\"US:SPY\"]")]"#]]
        .assert_eq(&format!("{:?}", some.map(|key| keys.get(key))));
}
