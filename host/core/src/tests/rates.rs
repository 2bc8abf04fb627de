//! Rates of intents: what a second of event time takes, what it refuses, and where the next one begins.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use expect_test::expect;

use crate::config::Config;
use crate::ids::StrategyId;
use crate::step::Ahead;
use crate::tests::check;
use crate::tests::script::run_world;
use crate::tests::world::World;

#[test]
fn a_second_begins_with_the_first_intent_and_takes_as_many_as_its_strategy_may_emit() {
    check(
        "with rates 1 2 2 2
         0s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         5s quote 100 5 101 6
         strategy 1: buy 1 limit 91; buy 1 limit 92
         5s+999999999 quote 100 5 101 7
         strategy 1: buy 1 limit 93; buy 1 limit 94; buy 1 limit 95
         6s quote 100 5 101 8
         strategy 1: buy 1 limit 96
         6s+999999999 quote 100 5 101 9
         strategy 1: buy 1 limit 97
         7s quote 100 5 101 10",
        expect![[r#"
            0s
            5s
              2/1 sent buy 1 limit @90 gtc on 1
              2/2 sent buy 1 limit @90 gtc on 1
              2/3 sent buy 1 limit @90 gtc on 1
              1/1 sent buy 1 limit @90 gtc on 1
            5s+999999999
              s1 emit refused: too-many
              1/2 sent buy 1 limit @91 gtc on 1
            6s
              s1 emit refused: too-many
              1/3 sent buy 1 limit @93 gtc on 1
              1/4 sent buy 1 limit @94 gtc on 1
            6s+999999999
              s1 emit refused: too-many
            7s
              1/5 sent buy 1 limit @97 gtc on 1
        "#]],
    );
}

#[test]
fn notes_and_wake_ups_have_rates_of_their_own_within_that_of_all() {
    check(
        "with rates 1 5 2 1
         strategy 1: note a; note b; note c; wake 9s; wake 9s; buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         0s quote 100 5 101 5
         strategy 1: note d; wake 9s; buy 1 limit 90
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              s1 emit refused: too-many
              s1 emit refused: too-many
              s1 emit refused: too-many
              1/1 note a
              1/2 note b
              1/4 sent buy 1 limit @90 gtc on 1
              1/5 sent buy 1 limit @90 gtc on 1
            1s
              1/6 note d
              1/8 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn what_a_call_that_fails_emitted_is_not_counted() {
    check(
        "with rates 1 2 2 2
         strategy 1: buy 1 limit 90; buy 1 limit 90; trap
         0s quote 100 5 101 5
         0s resume 1
         strategy 1: buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         0s quote 100 5 101 6",
        expect![[r#"
            0s
              s1 halted H-TRAP limit 0 used 0
            0s
            0s
              s1 emit refused: too-many
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn other_rates_hold_from_the_next_second_on() {
    check(
        "with rates 1 2 2 2
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         with rates 1 3 3 3
         0s config
         strategy 1: buy 1 limit 90; buy 1 limit 90
         0s quote 100 5 101 6
         strategy 1: buy 1 limit 90; buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         1s quote 100 5 101 7",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
            0s
            0s
              s1 emit refused: too-many
              1/2 sent buy 1 limit @90 gtc on 1
            1s
              s1 emit refused: too-many
              1/3 sent buy 1 limit @90 gtc on 1
              1/4 sent buy 1 limit @90 gtc on 1
              1/5 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

/// Rows that are certain for one strategy which has emitted so many, under these rates.
fn certain(rates: &str, emitted: usize) -> usize {
    let notes: Vec<_> = (0..emitted).map(|_| "note a").collect();
    let does = if emitted == 0 { String::new() } else { format!("strategy 1: {}\n", notes.join("; ")) };
    let script = format!("with batches\nwith strategies 1\nwith rates 1 {rates}\n{does}0s trade 100 1");
    let world = run_world(&script);
    let rows = [*world.events.last().expect("a trade")];
    let mut ahead = Ahead::default();
    world.core.look_ahead(&rows, &mut ahead);
    ahead.rows()
}

#[test]
fn nothing_is_shown_ahead_that_the_rates_might_refuse() {
    assert_eq!(
        [certain("64 64 64", 0), certain("63 64 64", 0), certain("64 63 64", 0), certain("64 64 63", 0)],
        [1, 0, 0, 0]
    );
    assert_eq!([certain("74 1000 1000", 10), certain("73 1000 1000", 10)], [1, 0]);
    assert_eq!([certain("1000 74 1000", 10), certain("1000 73 1000", 10)], [1, 0]);
}

fn digest(world: &World) -> [u8; 32] {
    world.core.state().digest()
}

#[test]
fn what_is_left_of_a_second_is_state_where_the_rates_are_not_the_usual_ones() {
    let run = |first: &str| {
        // The same number of intents, and nothing of them is left but the second that they were counted in.
        let script = format!("with rates 1 100 50 50\n0s quote 100 5 101 5\n{first}");
        digest(&run_world(&script))
    };
    let early = run("strategy 1: note a\n1s quote 100 5 101 6\n2s quote 100 5 101 6");
    let late = run("1s quote 100 5 101 6\nstrategy 1: note a\n2s quote 100 5 101 6");
    assert_ne!(early, late);
}

#[test]
fn rates_are_bytes_of_the_configuration_only_where_they_are_not_the_usual_ones() {
    let mut world = World::new();
    let usual = world.config.encode();
    let slot = &mut world.config.strategies[0];
    slot.rates.notes_per_s = 7;
    let other = world.config.encode();
    assert_eq!(other.len(), usual.len() + 12);
    assert_eq!(
        Config::decode(&other).expect("it reads").strategy(StrategyId(1)).expect("it is there").rates.notes_per_s,
        7
    );
    let numbers: Vec<u8> = [10_000_u32, 7, 1_000].iter().flat_map(|number| number.to_le_bytes()).collect();
    let at = other.windows(12).position(|bytes| *bytes == numbers[..]).expect("three numbers");
    for (place, number, why) in [(at, 0_u32, "no intent at all"), (at + 4, 1_000, "the usual ones said in another way")]
    {
        let mut bad = other.clone();
        bad[place..place + 4].copy_from_slice(&number.to_le_bytes());
        assert!(Config::decode(&bad).is_err(), "{why}");
    }
}
