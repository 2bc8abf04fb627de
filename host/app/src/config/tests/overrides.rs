//! Overrides: what does `--set` change, and what does it say?

use super::*;

#[track_caller]
fn check_sets(sets: &[&str], want: Expect) {
    want.assert_eq(&report(GOOD, sets));
}

#[test]
fn an_override_reaches_every_kind_of_place() {
    let sets = [
        "simulation.fill=next-event",
        "strategies.0.params.fast=10",
        "strategies.ema.params.slow = 20",
        "instruments.\"US:SPY\".qty_max=5",
        "simulation.cash.main=7.50",
        "risk.market_age_max=off",
        "risk.price_collar_bps=\"off\"",
        "execution.queue_max=1_000",
    ];
    let loaded = loaded(GOOD, &sets, Purpose::Show).unwrap();
    let simulation = loaded.simulation.unwrap();
    assert_eq!(simulation.fill, ringfence_sim::FillMoment::NextEvent);
    assert_eq!(simulation.accounts[0].cash, "7.5".parse().unwrap());
    let params: Vec<_> = loaded.core.strategies[0].params.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(params.join(" "), "exact=0.10 fast=10 label=x on=true slow=20");
    assert_eq!(loaded.core.instruments[0].qty_max.0, 5);
    assert_eq!((loaded.core.risk.market_age_ns_max, loaded.core.risk.price_collar_bps), (None, None));
    assert_eq!(loaded.core.execution.queue_max, 1000);
}

#[test]
fn a_problem_of_an_override_names_the_flag() {
    check_sets(
        &[
            "strategies.0=5",
            "strategies.ema.instruments.0=US:QQQ",
            "risk.order_qty_max=abc",
            "simulation.fill=nxt-event",
            "strategies.1.capital=5",
            "strategies.bob.capital=5",
            "strategies=5",
            "session.run.x=5",
            "novalue",
            "a b=1",
            "=1",
            "brandnew.key=1",
            "instruments=1",
        ],
        expect![[r#"
            --set : "" is no dotted key [C-SET]
            --set a b: "a b" is no dotted key [C-SET]
            --set brandnew.key: brandnew: unknown key; known here: session, venues, calendars, instruments, tapes, strategies, risk, execution, simulation, trust, journal, control, records, telemetry [C-UNKNOWN-KEY]
            --set instruments: instruments = 1: expected tables written with [[ ]] [C-TYPE]
            --set novalue: expected key=value, for example simulation.fill=next-event [C-SET]
            --set risk.order_qty_max: risk.order_qty_max = "abc": expected a decimal above 0 or "off" [C-VALUE]
            --set session.run.x: session.run is a value, it has no keys [C-SET]
            --set simulation.fill: simulation.fill = "nxt-event": expected "same-event", "next-event" or "next-open"; did you mean "next-event"? [C-VALUE]
            --set strategies: strategies = 5: expected tables written with [[ ]] [C-TYPE]
            --set strategies.0: strategies is a list: name an entry and its key, for example strategies.0.KEY [C-SET]
            --set strategies.1.capital: strategies has no entry 1, it has 1 [C-SET]
            --set strategies.bob.capital: strategies has no entry bob, it has 1 [C-SET]
            --set strategies.ema.instruments.0: strategies.ema.instruments is a list of values, which is set as a whole: strategies.ema.instruments=[…] [C-SET]
        "#]],
    );
}

#[test]
fn a_value_of_a_key_that_does_not_exist_is_not_shown() {
    let secret = "correct-horse-battery-staple-0123456789";
    let said = report(GOOD, &[&format!("risk.hmac_secret={secret}"), &format!("hmac.secret.deep={secret}")]);
    assert!(said.contains("--set risk.hmac_secret: risk.hmac_secret: unknown key"), "{said}");
    assert!(!said.contains("horse"), "{said}");
}
