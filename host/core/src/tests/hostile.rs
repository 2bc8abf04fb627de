//! Hostile input: numbers at the end of their range, contradictions and nonsense from guests, feeds and venues never make
//! the core panic, and are answered or recorded.

use alloc::string::String;
use alloc::vec::Vec;

use expect_test::expect;

use crate::canonical::Writer;
use crate::config::{Config, GuestProfile, StrategySlot, Venue};
use crate::event::{EventKind, Report};
use crate::ids::{AccountId, BlobId, CurrencyId, InstrumentId, NameId, StrategyId, VenueId};
use crate::instrument::{Instrument, InstrumentKind, InstrumentStatus};
use crate::money::{Decimal, Qty, Scale};
use crate::plan::{ChangeFilter, Plan, Subscription, Topic};
use crate::tests::check;
use crate::tests::script::run_world;
use crate::tests::world::{A, START};

#[test]
fn prices_and_quantities_at_the_ends_of_their_range_are_answered() {
    check(
        "with order-notional-max 1000000
         with position-strategy-max 1000000
         with exposure-gross-max 1000000
         with price-collar-bps 100
         strategy 1: buy 1 limit min; buy 1 limit max; sell 1 limit min; sell 1 limit max
         0s quote 100 5 101 5
         strategy 1: buy max limit 1; buy min limit 1; buy $min limit 1; buy $max limit 1; buy $min market
         1s quote min max max max
         strategy 1: buy 1 limit 1; sell 1 limit 1; buy 1 market; sell 1 market; buy 1 market slippage 5000
         2s quote max max min max
         strategy 1: sell 1 market slippage 5000; buy 1 market slippage 5000; sell 1 limit max; buy 1 limit min
         3s quote min 1 min 1
         strategy 1: sell 1 market slippage 5000; buy 1 market slippage 5000; sell 1 limit max; buy 1 limit min
         4s quote max 1 max 1
         strategy 1: cancel max; amend max qty max price min; wake max; B buy $min limit 5; B buy $max market
         5s mark min",
        expect![[r#"
            0s
              1/1 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
              1/2 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/3 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
              1/4 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
            1s
              s1 outcome 1: denied-notional
              s1 outcome 2: denied-notional
              s1 outcome 3: denied-notional
              s1 outcome 4: denied-notional
              1/5 malformed M-QTY-MAX value 9223372036854775807 limit 1000000
              1/6 malformed M-QTY-MIN value -9223372036854775808 limit 1
              1/7 malformed M-QTY-MIN value 0 limit 1
              1/8 malformed M-QTY-MAX value 9223372036854775807 limit 1000000
              1/9 malformed M-QTY-MIN value 0 limit 1
            2s
              s1 outcome 5: malformed
              s1 outcome 6: malformed
              s1 outcome 7: malformed
              s1 outcome 8: malformed
              s1 outcome 9: malformed
              1/10 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
              1/11 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/12 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
              1/13 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/14 normalised buy 1 limit @-4611686018427387904 ioc from -9223372036854775808
              1/14 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
            3s
              s1 outcome 10: denied-notional
              s1 outcome 11: denied-notional
              s1 outcome 12: denied-notional
              s1 outcome 13: denied-notional
              s1 outcome 14: denied-notional
              1/15 malformed M-RANGE value -9223372036854775808 limit 0
              1/16 normalised buy 1 limit @-4611686018427387904 ioc from -9223372036854775808
              1/16 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
              1/17 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/18 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
            4s
              s1 outcome 15: malformed
              s1 outcome 16: denied-notional
              s1 outcome 17: denied-notional
              s1 outcome 18: denied-notional
              1/19 normalised sell 1 limit @4611686018427387904 ioc from 9223372036854775807
              1/19 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/20 malformed M-RANGE value 9223372036854775807 limit 0
              1/21 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775807 allowed 1000000
              1/22 denied D-ORDER-NOTIONAL-MAX limit 1000000 value 9223372036854775808 allowed 1000000
            5s
              s1 outcome 19: denied-notional
              s1 outcome 20: malformed
              s1 outcome 21: denied-notional
              s1 outcome 22: denied-notional
              1/23 malformed M-ORDER value 9223372036854775807 limit 0
              1/24 malformed M-ORDER value 9223372036854775807 limit 0
              1/26 malformed M-QTY-MIN value 0 limit 20
              1/27 malformed M-REFERENCE value 2 limit 0
        "#]],
    );
}

#[test]
fn without_any_limit_the_ends_of_the_range_are_sent_and_booked_exactly() {
    check(
        "strategy 1: buy 1000000 limit max; sell 1000000 limit min
         0s quote 100 5 101 5
         1s fill 1/1 1000000 @max
         2s fill 1/2 1000000 @min
         show position 1
         show account 1",
        expect![[r#"
            0s
              1/1 sent buy 1000000 limit @9223372036854775807 gtc on 1
              1/2 sent sell 1000000 limit @-9223372036854775808 gtc on 1
            1s
            2s
              position 1: qty 0 cost 0 realised -18446744073709551615000000 fees 0 reserved 0/0
              account 1: qty 0 cost 0 realised -18446744073709551615000000 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_feed_that_contradicts_itself_changes_nothing() {
    check(
        "0s quote 100 5 101 5
         1s quote 90 -1 101 5
         1s quote 90 1 101 min
         1s trade 90 0
         1s trade 90 -5
         1s bar 1 2 3 2 5
         1s bar 1 3 1 2 -5
         1s level buy 100 -1
         1s split 0 1
         1s split 1 0
         1s D quote 1 1 1 1
         1s defined 99
         strategy 1: see
         2s quote 100 5 101 5",
        expect![[r#"
            0s
            1s
              anomaly A-BAD-VALUE -1
            1s
              anomaly A-BAD-VALUE -9223372036854775808
            1s
              anomaly A-BAD-VALUE 0
            1s
              anomaly A-BAD-VALUE -5
            1s
              anomaly A-BAD-VALUE 2
            1s
              anomaly A-BAD-VALUE -5
            1s
              anomaly A-BAD-VALUE -1
            1s
              anomaly A-BAD-VALUE 0
            1s
              anomaly A-BAD-VALUE 0
            1s
              anomaly A-UNKNOWN-REFERENCE 4
            1s
              anomaly A-BAD-BLOB 99
            2s
              s1 sees 5x100 101x5 position 0 orders []
        "#]],
    );
}

#[test]
fn a_crossed_quote_and_an_empty_book_are_facts() {
    check(
        "strategy 1: see
         0s quote 105 5 100 5
         strategy 1: see; buy 1 market; sell 1 market
         1s level buy 99 3
         strategy 1: see
         2s level buy 99 0",
        expect![[r#"
            0s
              s1 sees 5x105 100x5 position 0 orders []
            1s
              s1 sees 3x99 0x0 position 0 orders []
              1/1 malformed M-REFERENCE value 1 limit 0
              1/2 sent sell 1 market gtc on 1
            2s
              s1 outcome 1: malformed
              s1 sees 0x0 0x0 position 0 orders [1/2]
        "#]],
    );
}

#[test]
fn a_venue_that_fills_absurdly_is_booked_where_it_can_be_and_recorded_where_not() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 0 @101
         1s fill 1/1 -5 @101
         1s fill 1/1 min @101
         1s fill 1/1 max @max
         1s fill 1/1 max @max
         show orders
         show account 1
         1s fill 1/1 1 @1 on 0
         1s fill 1/1 1 @1 on 9
         1s D fill 1/1 1 @1
         1s fill 1/1 max @min sell
         1s fill 1/1 max @min sell
         1s fill 1/1 max @min sell
         show account 1
         1s amended 1/1 max max
         1s amended 1/1 min min
         1s amended 1/9 1 1
         1s reported 1/1 ACCEPTED min min min
         1s reported 1/1 FILLED max max max
         1s position min
         1s position max
         1s bust 1/1 max @max
         1s bust 1/1 min @max
         1s balance 79228162514264337593543950335
         1s adjust 79228162514264337593543950335 1
         1s adjust 1 1
         1s balance -79228162514264337593543950335",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              anomaly A-BAD-VALUE 0
            1s
              anomaly A-BAD-VALUE -5
            1s
              anomaly A-BAD-VALUE -9223372036854775808
            1s
              anomaly A-OVERFILL 9223372036854775802
            1s
              anomaly A-OVERFLOW 9223372036854775807
              1/1 FILLED 9223372036854775807/5 @101 reserved 0
              account 1: qty 9223372036854775807 cost 85070591730234615847396907784232501249 realised 0 fees 0 reserved 0/0
            1s
              anomaly A-UNKNOWN-REFERENCE 0
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 4
            1s
              anomaly A-MISMATCH 9223372036854775807
            1s
              anomaly A-OVERFLOW 9223372036854775807
            1s
              anomaly A-OVERFLOW 9223372036854775807
              account 1: qty 0 cost 0 realised -170141183460469231704017187605319778305 fees 0 reserved 0/0
            1s
              anomaly A-ORDER-TRANSITION 7
            1s
              anomaly A-BAD-VALUE -9223372036854775808
            1s
              anomaly A-UNKNOWN-ORDER 9
            1s
              anomaly A-MISMATCH -9223372036854775808
            1s
              anomaly A-MISMATCH 0
            1s
              anomaly A-MISMATCH -9223372036854775808
            1s
              anomaly A-MISMATCH 9223372036854775807
            1s
              anomaly A-MISMATCH 24
            1s
              anomaly A-MISMATCH 25
            1s
              anomaly A-OVERFLOW 1
            1s
            1s
              anomaly A-OVERFLOW 0
            1s
              anomaly A-OVERFLOW 1
        "#]],
    );
}

#[test]
fn a_fee_that_cannot_be_added_is_recorded_and_the_fill_is_booked_without_it() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 1 @101 id 1 fee 79228162514264337593543950335
         1s fill 1/1 1 @101 id 2 fee 79228162514264337593543950335
         show position 1
         2s bust 1/1 1 @101 id 2
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            1s
              anomaly A-OVERFLOW 1
              position 1: qty 2 cost 202 realised 0 fees 79228162514264337593543950335 reserved 3/0
            2s
              position 1: qty 1 cost 101 realised 0 fees 79228162514264337593543950335 reserved 4/0
        "#]],
    );
}

#[test]
fn control_events_about_nothing_known_are_recorded() {
    check(
        "0s quote 100 5 101 5
         1s halt 9
         1s resume 9
         1s detach 9
         1s attach 9
         1s attach 0
         1s kill L1 9
         1s kill L1
         1s kill off 9
         1s resume 0
         show kill",
        expect![[r#"
            0s
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 0
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 0
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 0
              kill: off
        "#]],
    );
}

#[test]
fn a_plan_that_names_an_unknown_instrument_leaves_the_old_one_in_force() {
    let mut world = run_world("0s quote 100 5 101 5");
    let bad = Subscription {
        instrument: InstrumentId(99),
        topic: Topic::Quote,
        filter: ChangeFilter::Every,
        bars: None,
        warm_up: 0,
    };
    let mut w = Writer::new();
    Plan { subscriptions: alloc::vec![bad] }.put(&mut w);
    let plan = world.blobs.append(w.bytes());
    let report = Report::control(EventKind::StrategyAttached(StrategyId(1), plan, plan));
    world.report(START, report);
    assert!(world.log.ends_with("anomaly A-UNKNOWN-REFERENCE 1\n"), "{}", world.log);
    let routes = world.core.state().control.routes(InstrumentId(1), Topic::Quote);
    assert!(routes.iter().any(|route| route.strategy == StrategyId(1)));
}

#[test]
fn a_configuration_that_changes_units_is_not_taken() {
    check(
        "0s quote 100 5 101 5
         with euro A
         with order-qty-max 1
         1s config
         # The one before it is still in force.
         strategy 1: buy 5 limit 100
         2s quote 100 5 101 6",
        expect![[r#"
            0s
            1s
              anomaly A-BAD-VALUE 8
            2s
              1/1 sent buy 5 limit @100 gtc on 1
        "#]],
    );
}

/// A change of the configuration, and its name.
type Change = (&'static str, fn(&mut Config));

/// A configuration changed in one way after the session opened with the usual one: what the log says.
fn reconfigured(change: fn(&mut Config)) -> String {
    let mut world = run_world("0s quote 100 5 101 5");
    change(&mut world.config);
    world.log.clear();
    world.change_config(START);
    world.log
}

#[test]
fn a_configuration_that_changes_what_an_id_means_is_not_taken() {
    let changes: &[Change] = &[
        ("price scale", |c| c.instruments[0].price_scale = Scale::new(2).expect("in range")),
        ("instruments swapped", |c| {
            c.instruments.swap(0, 2);
            (c.instruments[0].id, c.instruments[2].id) = (InstrumentId(1), InstrumentId(3));
        }),
        ("symbols swapped", |c| c.names.swap(0, 1)),
        ("kind", |c| c.instruments[0].kind = InstrumentKind::Spot),
        ("base", |c| c.instruments[0].base = CurrencyId(3)),
        ("venue of an instrument", |c| {
            c.venues.push(Venue { name: String::from("OTHER"), ..Venue::default() });
            c.instruments[0].venue = VenueId(2);
        }),
        ("name of a venue", |c| c.venues[0].name = String::from("OTHER")),
        ("currencies swapped", |c| c.currencies.swap(0, 2)),
        ("scale of a currency", |c| c.currencies[0].scale = 2),
        ("accounts swapped", |c| c.accounts.swap(0, 1)),
        ("an account less", |c| {
            c.accounts.pop();
            c.strategies[2].account = AccountId(1);
        }),
        ("venue of an account", |c| {
            c.venues.push(Venue { name: String::from("OTHER"), ..Venue::default() });
            c.accounts[0].venue = VenueId(2);
        }),
        ("strategies swapped", |c| c.strategies.swap(0, 1)),
        ("a strategy less", |c| c.strategies.truncate(2)),
        ("an instrument less", |c| {
            c.instruments.truncate(2);
            c.strategies.iter_mut().for_each(|slot| slot.instruments.truncate(2));
        }),
    ];
    for (what, change) in changes {
        assert_eq!(reconfigured(*change), "  anomaly A-BAD-VALUE 8\n", "{what}");
    }
}

#[test]
fn a_configuration_may_grow_and_move_its_limits() {
    let changes: &[Change] = &[
        ("tick and lot", |c| (c.instruments[0].tick, c.instruments[0].qty_max) = (5, Qty(50))),
        ("another name in front", |c| {
            c.names.insert(0, String::from("first"));
            c.instruments.iter_mut().for_each(|i| i.symbol.0 += 1);
        }),
        ("a strategy more", |c| {
            let more = StrategySlot { name: String::from("fourth"), ..c.strategies[0].clone() };
            c.strategies.push(more);
        }),
        ("an instrument more", |c| {
            let more = Instrument { id: InstrumentId(4), ..c.instruments[0] };
            c.instruments.push(more);
        }),
        ("capital", |c| c.strategies[0].capital = Decimal::from(7)),
    ];
    for (what, change) in changes {
        assert_eq!(reconfigured(*change), "", "{what}");
    }
}

#[test]
fn a_profile_is_a_bit_beside_the_pin_and_the_usual_one_adds_no_byte() {
    let with = |profile, pin| {
        let mut config = crate::tests::world::config();
        (config.strategies[0].profile, config.strategies[0].pin) = (profile, pin);
        let bytes = config.encode();
        assert_eq!(Config::decode(&bytes).as_ref(), Ok(&config));
        (bytes, config.hash())
    };
    for pin in [None, Some([7; 32])] {
        let (usual, hash) = with(GuestProfile::Compiled, pin);
        let (other, other_hash) = with(GuestProfile::Interpreter, pin);
        let differing = usual.iter().zip(&other).filter(|(a, b)| a != b).count();
        assert_eq!((usual.len(), differing), (other.len(), 1));
        assert_ne!(hash, other_hash);
    }
}

#[test]
fn nothing_converts_between_currencies_so_a_configuration_that_needs_it_is_refused() {
    let reads = |change: fn(&mut Config)| {
        let mut config = crate::tests::world::config();
        change(&mut config);
        Config::decode(&config.encode()).is_ok()
    };
    assert!(reads(|_| {}));
    assert!(!reads(|c| c.instruments[0].settlement = CurrencyId(3)), "settled in another currency than quoted");
    assert!(!reads(|c| (c.instruments[0].quote, c.instruments[0].settlement) = (CurrencyId(3), CurrencyId(3))));
    assert!(!reads(|c| c.accounts[0].currency = CurrencyId(3)), "two strategies trade dollars on it");
    assert!(
        reads(|c| {
            (c.instruments[0].quote, c.instruments[0].settlement) = (CurrencyId(3), CurrencyId(3));
            c.strategies.iter_mut().for_each(|slot| slot.instruments.retain(|id| *id != A));
        }),
        "an instrument that nobody trades may be in euros"
    );
    assert!(reads(|c| {
        (c.instruments[0].quote, c.instruments[0].settlement) = (CurrencyId(3), CurrencyId(3));
        c.accounts[1].currency = CurrencyId(3);
        c.strategies[2].instruments = alloc::vec![A];
        c.strategies[..2].iter_mut().for_each(|slot| slot.instruments.retain(|id| *id != A));
    }));
}

#[test]
fn bytes_behind_a_plan_or_a_definition_are_refused() {
    let log = |kind: fn(BlobId) -> EventKind, mut bytes: Vec<u8>, more: &[u8]| {
        bytes.extend_from_slice(more);
        let mut world = run_world("0s quote 100 5 101 5");
        let blob = world.blobs.append(&bytes);
        world.log.clear();
        world.report(START, Report::control(kind(blob)));
        world.log
    };
    let mut plan = Writer::new();
    Plan::default().put(&mut plan);
    let attach = |blob| EventKind::StrategyAttached(StrategyId(1), blob, blob);
    assert_eq!(log(attach, plan.bytes().to_vec(), &[]), "");
    assert_eq!(log(attach, plan.bytes().to_vec(), &[0]), "  anomaly A-BAD-BLOB 1\n");
    let mut definition = Writer::new();
    crate::tests::world::config().instruments[0].put(&mut definition);
    assert_eq!(log(EventKind::InstrumentDefined, definition.bytes().to_vec(), &[]), "");
    assert_eq!(log(EventKind::InstrumentDefined, definition.bytes().to_vec(), &[0]), "  anomaly A-BAD-BLOB 8\n");
}

#[test]
fn a_definition_changes_steps_and_status_and_never_units() {
    let defined = |change: fn(&mut Instrument)| {
        let mut world = run_world("0s quote 100 5 101 5");
        let mut instrument = *world.core.state().instrument(A).expect("configured");
        change(&mut instrument);
        let mut w = Writer::new();
        instrument.put(&mut w);
        let blob = world.blobs.append(w.bytes());
        world.log.clear();
        world.report(START, Report::control(EventKind::InstrumentDefined(blob)));
        let market = world.core.state().market(A).expect("configured");
        let is_taken = market.instrument == instrument && market.status == instrument.status;
        (is_taken, world.log)
    };
    let refused = (false, String::from("  anomaly A-BAD-BLOB 8\n"));
    assert_eq!(defined(|i| i.tick = 5), (true, String::new()));
    assert_eq!(defined(|i| i.status = InstrumentStatus::Halted), (true, String::new()));
    assert_eq!(defined(|i| i.price_scale = Scale::new(2).expect("in range")), refused);
    assert_eq!(defined(|i| i.qty_scale = Scale::new(2).expect("in range")), refused);
    assert_eq!(defined(|i| i.multiplier.mantissa = 7), refused);
    assert_eq!(defined(|i| i.settlement = CurrencyId(3)), refused);
    assert_eq!(defined(|i| i.quote = CurrencyId(3)), refused);
    assert_eq!(defined(|i| i.base = CurrencyId(3)), refused);
    assert_eq!(defined(|i| i.kind = InstrumentKind::Spot), refused);
    assert_eq!(defined(|i| i.venue = VenueId(2)), refused);
    assert_eq!(defined(|i| i.symbol = NameId(2)), refused);
    assert_eq!(defined(|i| i.id = InstrumentId(9)), refused);
    assert_eq!(defined(|i| i.lot = 0), refused);
}
