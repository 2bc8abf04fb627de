//! The desk: who is refused, what a session is sent, and who is told that it came about.

use expect_test::{Expect, expect};
use ringfence_core::ids::{IntentId, LegKey, StrategyId};

use super::{Act, People};
use crate::actor::Role;
use crate::api::{Board, Command, KillLevelName, StrategyLine};
use crate::fixture::{actor, desk};
use crate::intent;

/// What comes of commands, one after the other: the refusal, or what the session is sent.
#[track_caller]
fn check(people: People, commands: &[(&str, Role, Command)], want: Expect) {
    let (desk, sent) = desk(people, people == People::One);
    let mut text = String::new();
    for (name, role, command) in commands {
        let before = sent.lines().len();
        match desk.command(&actor(name, role.clone()), command) {
            Ok(ticket) => text += &format!("{}\n", ticket.message),
            Err(refused) => text += &format!("{}: {refused}\n", refused.code()),
        }
        sent.lines().iter().skip(before).for_each(|line| text += &format!("  {line}\n"));
    }
    want.assert_eq(&text);
}

fn kill(level: KillLevelName, strategy: Option<&str>) -> Command {
    Command::Kill { level, strategy: strategy.map(str::to_owned) }
}

#[test]
fn a_command_is_sent_with_its_actor() {
    let op = || Role::Operate;
    check(
        People::One,
        &[
            ("ann", op(), Command::Disable { instrument: None }),
            ("ann", op(), kill(KillLevelName::L1, Some("ema"))),
            ("ann", op(), kill(KillLevelName::L1, None)),
            ("ann", op(), kill(KillLevelName::L3, Some("ema"))),
            ("ann", op(), kill(KillLevelName::L4, None)),
            ("ann", op(), kill(KillLevelName::Off, None)),
            ("bob", Role::ArmLive, kill(KillLevelName::Off, None)),
            ("ann", op(), Command::Flatten { strategy: None }),
            ("ann", op(), Command::Flatten { strategy: Some("who".to_owned()) }),
            ("ema's", Role::Author("ema".to_owned()), Command::Flatten { strategy: Some("ema".to_owned()) }),
            ("eve", Role::View, Command::Stop {}),
            ("ann", op(), Command::Stop {}),
        ],
        expect![[r#"
            new orders are denied
              {"actor":"ann","role":"operate","via":"tcp","command":"disable"} -> Event(TradingDisabled)
            ema sends no new orders
              {"actor":"ann","role":"operate","via":"tcp","command":"kill","level":"L1","strategy":"ema"} -> Event(KillSwitch(L1, StrategyId(1)))
            contradiction: L1 stops one strategy: name it
            contradiction: this level stops all strategies: name none
            no new orders; asked for: all canceled, positions of strategies closed
              {"actor":"ann","role":"operate","via":"tcp","command":"kill","level":"L4"} -> Event(KillSwitch(L4, StrategyId(0)))
            forbidden: ann has the role operate, which may not kill
            the kill switch is released
              {"actor":"bob","role":"arm-live","via":"tcp","command":"kill","level":"off"} -> Event(KillSwitch(Off, StrategyId(0)))
            asked for: orders canceled, positions of strategies closed
              {"actor":"ann","role":"operate","via":"tcp","command":"flatten"} -> Event(FlattenRequested(StrategyId(0)))
            unknown-strategy: no strategy has the name "who"
            asked for: orders canceled, positions of ema closed
              {"actor":"ema's","role":{"author":"ema"},"via":"tcp","command":"flatten","strategy":"ema"} -> Event(FlattenRequested(StrategyId(1)))
            forbidden: eve has the role view, which may not stop
            the session ends, its journal is sealed
              {"actor":"ann","role":"operate","via":"tcp","command":"stop"} -> Stop
        "#]],
    );
}

#[test]
fn a_session_is_armed_by_two_and_enabled_only_then() {
    let arm = |name| (name, Role::ArmLive, Command::Arm {});
    check(
        People::Two,
        &[
            ("ann", Role::ArmLive, Command::Enable { instrument: None }),
            ("eve", Role::Operate, Command::Arm {}),
            arm("ann"),
            arm("ann"),
            arm("bob"),
            ("ann", Role::Operate, Command::Disarm {}),
            ("ann", Role::Operate, Command::Enable { instrument: None }),
        ],
        expect![[r#"
            not-armed: the session is not armed; `arm` comes first
            forbidden: eve has the role operate, which may not arm
            armed by one; a second person has to arm too
              {"actor":"ann","role":"arm-live","via":"tcp","command":"arm"} -> Record
            same-person: ann has armed already; the second person has to be another
            armed: new orders are allowed
              {"actor":"bob","role":"arm-live","via":"tcp","command":"arm"} -> Event(TradingEnabled)
            disarmed: new orders are denied until somebody arms again
              {"actor":"ann","role":"operate","via":"tcp","command":"disarm"} -> Event(TradingDisabled)
            not-armed: the session is not armed; `arm` comes first
        "#]],
    );
}

#[test]
fn one_instrument_is_halted_by_its_name_and_an_unknown_one_is_named() {
    let op = || Role::Operate;
    let (known, unknown) = (Some("SIM:A".to_owned()), Some("SIM:NOPE".to_owned()));
    check(
        People::One,
        &[
            ("ann", op(), Command::Disable { instrument: known.clone() }),
            ("ann", op(), Command::Disable { instrument: unknown.clone() }),
            ("ann", op(), Command::Enable { instrument: unknown }),
            ("ann", op(), Command::Enable { instrument: known }),
        ],
        expect![[r#"
            the host halts SIM:A: new orders are denied there until it is enabled
              {"actor":"ann","role":"operate","via":"tcp","command":"disable","instrument":"SIM:A"} -> Event(TradingDisabled)
            unknown-instrument: no instrument has the name "SIM:NOPE"
            unknown-instrument: no instrument has the name "SIM:NOPE"
            the host's halt of SIM:A ends
              {"actor":"ann","role":"operate","via":"tcp","command":"enable","instrument":"SIM:A"} -> Event(TradingEnabled)
        "#]],
    );
}

#[test]
fn a_strategy_that_is_shown_running_is_not_resumed() {
    let (desk, sent) = desk(People::One, true);
    let ann = actor("ann", Role::Operate);
    let resume = |name: &str| desk.command(&ann, &Command::Resume { strategy: name.to_owned() });
    let shows = |state: &str| {
        let line = StrategyLine { name: "ema".to_owned(), state: state.to_owned(), ..StrategyLine::default() };
        desk.show(Board { strategies: vec![line], ..Board::default() });
    };
    resume("ema").expect("nothing is shown yet, and whoever is shown nothing may ask");
    shows("runs");
    let refused = resume("ema").map(|_| ()).expect_err("it runs");
    assert_eq!((refused.code(), refused.to_string().contains("ema")), ("not-halted", true), "{refused}");
    shows("halted: fuel");
    resume("ema").expect("it is halted");
    assert_eq!(resume("who").map(|_| ()).expect_err("nobody has that name").code(), "unknown-strategy");
    assert_eq!(sent.lines().len(), 2);
}

#[tokio::test]
async fn whoever_commands_is_told_once_it_has_come_about() {
    let (desk, _) = desk(People::One, true);
    let ann = actor("ann", Role::Operate);
    let mut first = desk.command(&ann, &Command::Disable { instrument: None }).expect("within the role");
    let mut second = desk.command(&ann, &Command::Reload {}).expect("within the role");
    assert!(matches!(desk.recorded(5), Some(Act::Event(_))));
    desk.stepped();
    assert!(matches!(desk.recorded(7), Some(Act::Reload)));
    assert_eq!((first.done().await, second.done().await), (Some(5), Some(7)));
    let mut third = desk.command(&ann, &Command::Enable { instrument: None }).expect("within the role");
    desk.end();
    assert_eq!(third.done().await, None);
    assert_eq!(
        desk.command(&ann, &Command::Enable { instrument: None }).expect_err("it is over").code(),
        "session-over"
    );
    assert!(desk.board().is_over && !desk.is_ready());
}

#[test]
fn an_intent_is_sent_once_and_found_by_its_name() {
    let (desk, sent) = desk(People::One, true);
    let json = br#"{"intent_id":"a-1","labels":{"strategy":"agent"},"kind":"cancel-all"}"#;
    let intent = intent::read(json).expect("an intent");
    let stranger = actor("eve", Role::Author("ema".to_owned()));
    assert_eq!(desk.intent(&stranger, &intent).expect_err("not theirs").code(), "forbidden");
    let author = actor("bot", Role::Author("agent".to_owned()));
    desk.intent(&author, &intent).expect("theirs");
    assert_eq!(desk.intent(&author, &intent).expect_err("used").code(), "used-before");
    assert_eq!(sent.lines().len(), 1);
    assert_eq!(desk.intent_status("agent", "a-1").expect("known").intent, None);
    assert!(matches!(desk.recorded(3), Some(Act::External(_))));
    assert!(desk.awaits_intent());
    desk.began(Some(LegKey { strategy: StrategyId(2), intent: IntentId(4), ..LegKey::default() }));
    desk.stepped();
    assert!(!desk.awaits_intent());
    assert_eq!(desk.intent_status("agent", "a-1").expect("known").intent.as_deref(), Some("2/4"));
    assert_eq!(desk.intent_status("ema", "a-1"), None);
}
