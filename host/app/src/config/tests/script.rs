//! Scripts of control events: what may stand in them, and where a problem is told.

use ringfence_core::event::{EventKind, KillLevel, Report as Stated};
use ringfence_core::ids::{InstrumentId, NameId, StrategyId, TimeNs, VenueId};
use ringfence_session::script::{Fact, Scripted};

use super::*;

/// Loads a script beside a configuration.
fn scripted(config: &str, script: &str) -> Result<Vec<Scripted>, String> {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("e.toml");
    std::fs::write(&events, script).unwrap();
    let events = Some(events.as_path());
    let request = Request { file: Path::new("t.toml"), sets: &[], data: &[], events, purpose: Purpose::Show };
    let mut problems = Problems::new();
    let loaded = from_text(config, &request, &mut problems);
    if problems.is_empty() {
        return Ok(loaded.unwrap().script);
    }
    let lines = problems.into_report().problems.iter().map(|problem| format!("{problem}\n")).collect::<String>();
    Err(lines.replace(&format!("{}/", folder.path().display()), ""))
}

#[track_caller]
fn check_script(script: &str, want: Expect) {
    want.assert_eq(&scripted(GOOD, script).unwrap_err());
}

fn event(lines: &str) -> String {
    format!("[[events]]\nat = 5\n{lines}\n")
}

#[track_caller]
fn check_fact(lines: &str, want: Stated) {
    let with_signals = edited(&[("env = \"dev\"", "env = \"dev\"\nsignals = [\"model\", \"score\"]")]);
    let got = scripted(&with_signals, &event(lines)).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(got, [Scripted { time: TimeNs(5), fact: Fact::Report(want) }], "{lines}");
}

#[test]
fn each_kind_becomes_its_event() {
    let control = Stated::control;
    let market = |kind| Stated { instrument: InstrumentId(1), ..control(kind) };
    let venue = |kind| Stated { venue: VenueId(1), ..control(kind) };
    let kill = |level, strategy| control(EventKind::KillSwitch(level, StrategyId(strategy)));
    let halted = ringfence_core::instrument::InstrumentStatus::Halted;
    for (lines, want) in [
        ("kind = \"trading-enabled\"", control(EventKind::TradingEnabled)),
        ("kind = \"trading-disabled\"", control(EventKind::TradingDisabled)),
        ("kind = \"kill\"\nlevel = \"L1\"\nstrategy = \"ema\"", kill(KillLevel::L1, 1)),
        ("kind = \"kill\"\nlevel = \"L2\"", kill(KillLevel::L2, 0)),
        ("kind = \"kill\"\nlevel = \"L3\"", kill(KillLevel::L3, 0)),
        ("kind = \"kill\"\nlevel = \"L4\"", kill(KillLevel::L4, 0)),
        ("kind = \"kill\"\nlevel = \"off\"", kill(KillLevel::Off, 0)),
        ("kind = \"kill\"\nlevel = \"off\"\nstrategy = \"ema\"", kill(KillLevel::Off, 1)),
        ("kind = \"flatten\"", control(EventKind::FlattenRequested(StrategyId(0)))),
        ("kind = \"flatten\"\nstrategy = \"ema\"", control(EventKind::FlattenRequested(StrategyId(1)))),
        (
            "kind = \"signal\"\nsource = \"model\"\nname = \"score\"\nvalue = -7",
            control(EventKind::Signal(NameId(2), NameId(3), -7)),
        ),
        (
            "kind = \"instrument-status\"\ninstrument = \"US:SPY\"\nstatus = \"halted\"",
            market(EventKind::InstrumentStatus(halted)),
        ),
        ("kind = \"feed-stale\"\ninstrument = \"US:SPY\"", market(EventKind::FeedStale)),
        ("kind = \"feed-recovered\"\ninstrument = \"US:SPY\"", market(EventKind::FeedRecovered)),
        ("kind = \"venue-down\"\nvenue = \"US\"", venue(EventKind::VenueDown)),
        ("kind = \"venue-up\"\nvenue = \"US\"", venue(EventKind::VenueUp)),
    ] {
        check_fact(lines, want);
    }
}

#[test]
fn parameters_are_a_table_in_order_of_their_names() {
    let lines = "kind = \"parameters\"\nstrategy = \"ema\"\nparams = { slow = 20, fast = \"5\" }";
    let got = scripted(GOOD, &event(lines)).unwrap();
    let Fact::Parameters(strategy, bytes) = &got[0].fact else { panic!("{got:?}") };
    assert_eq!(*strategy, StrategyId(1));
    assert_eq!(bytes.as_slice(), b"\x02\0\0\0\x04\0\0\0fast\x01\0\0\x005\x04\0\0\0slow\x02\0\0\x0020");
}

fn config_of(scripted: &Scripted) -> Config {
    let Fact::Config(bytes) = &scripted.fact else { panic!("{scripted:?}") };
    Config::decode(bytes).unwrap()
}

#[test]
fn changes_of_the_configuration_add_up_and_are_what_set_would_have_made() {
    let change = |set: &str| event(&format!("kind = \"config\"\nset = {{ {set} }}"));
    let script = change("\"risk.order_qty_max\" = \"5\"")
        + &change("\"risk.price_collar_bps\" = \"off\", \"strategies.ema.capital\" = 7");
    let got = scripted(GOOD, &script).unwrap_or_else(|report| panic!("{report}"));
    let want = |sets: &[&str]| loaded(GOOD, sets, Purpose::Show).unwrap().core;
    let both = ["risk.order_qty_max=5", "risk.price_collar_bps=off", "strategies.ema.capital=7"];
    assert_eq!(config_of(&got[0]), want(&both[..1]));
    assert_eq!(config_of(&got[1]), want(&both));
}

#[test]
fn a_change_is_checked_as_the_file_is() {
    check_script(
        &event("kind = \"config\"\nset = { \"risk.order_qty_max\" = \"-5\", \"risk.order_qty_mx\" = 5 }"),
        expect![[r#"
            e.toml:4: risk.order_qty_max = -5: expected a decimal above 0 or "off" [C-RANGE]
            e.toml:4: risk.order_qty_mx: unknown key; did you mean order_qty_max? [C-UNKNOWN-KEY]
        "#]],
    );
    check_script(
        &(event(
            "kind = \"config\"\nset = { \"risk.velocity_window\" = \"1s\", \"risk.velocity_orders_max\" = \"off\" }",
        ) + &event("kind = \"config\"\nset = { \"strategies.ema.instruments\" = \"['US:QQQ']\" }")),
        expect![[r#"
            e.toml:4: risk.velocity_orders_max: velocity_window needs a number of orders; give both a value, or both the word "off" [C-REFERENCE]
            e.toml:8: strategies.ema.instruments = "US:QQQ": points to nothing; known: US:SPY [C-REFERENCE]
        "#]],
    );
}

#[test]
fn what_is_read_once_at_the_start_cannot_change() {
    let keys = ["simulation.latency", "strategies.ema.params.fast", "venues.US.name", "instruments.0.lot", "risk"];
    let set: Vec<String> = keys.iter().map(|key| format!("{key:?} = \"1\"")).collect();
    check_script(
        &event(&format!("kind = \"config\"\nset = {{ {} }}", set.join(", "))),
        expect![[r#"
        e.toml:4: events.0.set."instruments.0.lot" = "1": is read once at the start, a running session cannot change it; it can change risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments [C-SET]
        e.toml:4: events.0.set."risk" = "1": is read once at the start, a running session cannot change it; it can change risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments [C-SET]
        e.toml:4: events.0.set."simulation.latency" = "1": is read once at the start, a running session cannot change it; it can change risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments [C-SET]
        e.toml:4: events.0.set."strategies.ema.params.fast" = "1": is read once at the start, a running session cannot change it; it can change risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments [C-SET]
        e.toml:4: events.0.set."venues.US.name" = "1": is read once at the start, a running session cannot change it; it can change risk.*, execution.*, and strategies.NAME.capital, loss_max and instruments [C-SET]
    "#]],
    );
    check_script(
        &event("kind = \"config\"\nset = {}"),
        expect![[r#"
        e.toml:4: events.0.set: names no key to change [C-MISSING]
    "#]],
    );
}

#[test]
fn every_problem_of_a_script_stands_in_one_report() {
    let script = "[[events]]\nat = 2026-01-01T00:00:01Z\nkind = \"kil\"\nlevel = \"L4\"\n\n\
                  [[events]]\nat = 2026-01-01T00:00:02Z\nkind = \"flatten\"\nstrategy = \"emu\"\n\n\
                  [[events]]\nat = 2026-01-01T00:00:01.5Z\nkind = \"trading-disabled\"\n";
    check_script(
        script,
        expect![[r#"
            e.toml:3: events.0.kind = "kil": expected "trading-enabled", "trading-disabled", "kill", "flatten", "parameters", "config", "signal", "instrument-status", "feed-stale", "feed-recovered", "venue-down", "venue-up", "mark-price", "funding-rate", "corporate-action" or "swap"; did you mean "kill"? [C-VALUE]
            e.toml:9: events.1.strategy = "emu": points to nothing; did you mean "ema"? [C-REFERENCE]
            e.toml:12: events.2.at = 2026-01-01T00:00:01.5Z: is before 2026-01-01T00:00:02Z at e.toml:6 [C-RANGE]
        "#]],
    );
}

#[test]
fn times_may_be_equal_and_do_not_go_back() {
    let at = |ns: u64| format!("[[events]]\nat = {ns}\nkind = \"trading-disabled\"\n");
    assert_eq!(scripted(GOOD, &(at(5) + &at(5))).unwrap().len(), 2);
    check_script(
        &(at(5) + &at(4) + &at(5) + &at(3)),
        expect![[r#"
        e.toml:5: events.1.at = 1970-01-01T00:00:00.000000004Z: is before 1970-01-01T00:00:00.000000005Z at e.toml:1 [C-RANGE]
        e.toml:11: events.3.at = 1970-01-01T00:00:00.000000003Z: is before 1970-01-01T00:00:00.000000005Z at e.toml:7 [C-RANGE]
    "#]],
    );
}

#[test]
fn keys_of_other_kinds_are_unknown_and_missing_ones_are_named() {
    check_script(
        &(event("kind = \"trading-disabled\"\nstrategy = \"ema\"") + &event("kind = \"venue-down\"") + "[[events]]\n"),
        expect![[r#"
            e.toml:4: events.0.strategy: unknown key; known here: at, kind [C-UNKNOWN-KEY]
            e.toml:5: events.1.venue: missing, expected text of 1 to 200 characters [C-MISSING]
            e.toml:8: events.2.at: missing, expected a date and time with offset, for example 2026-12-18T16:00:00Z, or ns since 1970 as a whole number [C-MISSING]
            e.toml:8: events.2.kind: missing, expected "trading-enabled", "trading-disabled", "kill", "flatten", "parameters", "config", "signal", "instrument-status", "feed-stale", "feed-recovered", "venue-down", "venue-up", "mark-price", "funding-rate", "corporate-action" or "swap" [C-MISSING]
        "#]],
    );
}

#[test]
fn level_1_is_of_one_strategy_and_the_others_are_of_all() {
    check_script(
        &(event("kind = \"kill\"\nlevel = \"L1\"")
            + &event("kind = \"kill\"\nlevel = \"L2\"\nstrategy = \"ema\"")
            + &event("kind = \"kill\"\nlevel = \"L5\"")),
        expect![[r#"
            e.toml:1: events.0.strategy: missing, level L1 stops one strategy [C-MISSING]
            e.toml:9: events.1.strategy = "ema": levels L2 to L4 are of all strategies [C-VALUE]
            e.toml:13: events.2.level = "L5": expected "off", "L1", "L2", "L3" or "L4" [C-VALUE]
        "#]],
    );
}

#[test]
fn a_signal_is_declared_and_a_whole_number() {
    let signal = |source: &str, value: &str| {
        event(&format!("kind = \"signal\"\nsource = {source:?}\nname = \"US:SPY\"\nvalue = {value}"))
    };
    for whole in ["9223372036854775807", "-9223372036854775808", "\"5.0\""] {
        assert!(scripted(GOOD, &signal("US:SPY", whole)).is_ok(), "{whole}");
    }
    check_script(
        &(signal("model", "1") + &signal("US:SPY", "9223372036854775808") + &signal("US:SPY", "0.5")),
        expect![[r#"
            e.toml:4: events.0.source = "model": points to nothing; known: US:SPY [C-REFERENCE]
            e.toml:12: events.1.value = 9223372036854775808: expected a whole number of 64 bits [C-RANGE]
            e.toml:18: events.2.value = 0.5: expected a whole number of 64 bits [C-RANGE]
        "#]],
    );
}

#[test]
fn a_file_without_events_or_with_another_key_is_a_problem() {
    check_script(
        "",
        expect![[r#"
        e.toml: events: missing, expected tables written with [[ ]] with at, kind [C-MISSING]
    "#]],
    );
    check_script(
        "events = []",
        expect![[r#"
        e.toml:1: events: missing, expected tables written with [[ ]] with at, kind [C-MISSING]
    "#]],
    );
    check_script(
        "events = [1]\nevent = 1",
        expect![[r#"
        e.toml:1: events.0 = 1: expected tables written with [[ ]] [C-TYPE]
        e.toml:2: event: unknown key; did you mean events? [C-UNKNOWN-KEY]
    "#]],
    );
    check_script(
        "events = 1",
        expect![[r#"
        e.toml:1: events = 1: expected tables written with [[ ]] [C-TYPE]
    "#]],
    );
    check_script(
        "[[events]\n",
        expect![[r#"
        e.toml:1: unclosed array table, expected `]` [C-SYNTAX]
    "#]],
    );
}

#[test]
fn problems_of_configuration_and_script_are_told_together() {
    let wrong = edited(&[("run = \"t\"", "run = 5")]);
    let script = event("kind = \"flatten\"\nstrategy = \"emu\"") + &event("kind = \"flaten\"");
    expect![[r#"
        e.toml:7: events.1.kind = "flaten": expected "trading-enabled", "trading-disabled", "kill", "flatten", "parameters", "config", "signal", "instrument-status", "feed-stale", "feed-recovered", "venue-down", "venue-up", "mark-price", "funding-rate", "corporate-action" or "swap"; did you mean "flatten"? [C-VALUE]
        t.toml:2: session.run = 5: expected text of 1 to 200 characters [C-TYPE]
    "#]].assert_eq(&scripted(&wrong, &script).unwrap_err());
}
