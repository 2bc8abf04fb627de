//! A session fed from outside: nothing lost, nothing sent twice, whatever venue, network, disk and power do.

mod faults;
mod house;
#[path = "../support/mod.rs"]
mod support;

use expect_test::{Expect, expect};
use ringfence_core::config::Pacing;
use ringfence_core::decision::AnomalyCode;
use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::{AccountId, BlobId, VenueId};
use ringfence_core::risk::KeyId;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::storage::faulty::Fault;
use ringfence_journal::writer::{Durability, JournalWriter, Options};
use ringfence_session::live::Ending;
use ringfence_session::script::Fact;

use faults::{TROUBLES, seeds, simulate};
use house::{House, Life, S, Then, arm, quote, trade};
use support::natives::Native;
use support::remote::Trouble;

/// What everybody is asked for when a venue is compared.
const EVERYTHING: &str = "ask Instruments\nask OpenOrders\nask FillsSince\nask Positions\nask Balances\nask Margin\n";

fn check(house: &House, want: Expect) {
    want.assert_eq(&house.log.join("\n").replace(EVERYTHING, "ask everything\n"));
}

#[test]
fn nothing_is_sent_before_somebody_arms_the_session_and_the_venue_was_compared() {
    let mut house = House::new(vec![Native::Greedy]);
    house.then([Then::Market(trade(1_000_000)), arm(), Then::Market(trade(1_000_100))]);
    house.lives(Life::Ended);
    check(
        &house,
        expect![[r#"
        ask everything
        send 1/2 aucqkbifauaabaaaaaaaacaaa"#]],
    );
    expect![[r#"
        1 SessionOpened
        2 ConfigChanged
        3 StrategyAttached
        4 TradingDisabled
        5 VenueDown
        6 ReconcileStarted
        7 FeedRecovered
        8 PositionReported
        9 ReconcileFinished
        10 VenueUp
        11 Trade
        12 TradingEnabled
        13 Trade
        14 OrderAccepted 1/2
        15 OrderFilled 1/2
    "#]]
    .assert_eq(&house.recorded());
    house.agrees();
}

#[test]
fn a_session_does_not_wait_for_the_disk_and_lets_nothing_out_before_it_has_confirmed() {
    let mut house = House::new(vec![Native::Greedy]);
    house.is_written_beside = true;
    house.then([Then::Market(trade(1_000_000)), arm(), Then::Market(trade(1_000_100)), Then::Market(trade(1_000_200))]);
    house.then([Then::Write]);
    house.lives(Life::Ended);
    check(
        &house,
        expect![[r#"
        ask everything
        write
        send 1/2 aucqkbifauaabaaaaaaaacaaa
        send 1/3 aucqkbifauaabaaaaaaaadaaa"#]],
    );
    house.agrees();
}

#[test]
fn a_session_that_was_interrupted_goes_on_and_asks_what_became_of_its_orders() {
    let mut house = House::new(vec![Native::Greedy]);
    let begin = [arm(), Then::Market(trade(1_000_000)), Then::Trouble(Trouble::LostSubmit)];
    house.then(begin).then([Then::Market(trade(1_000_100)), Then::Die]);
    house.lives(Life::Died);
    house.loses_power();
    house.log.clear();
    house.then([arm(), Then::Market(trade(1_000_200))]);
    house.lives(Life::Ended);
    check(
        &house,
        expect![[r#"
        ask Instruments
        ask OpenOrders
        ask Order
        ask FillsSince
        ask Positions
        ask Balances
        ask Margin
        send 1/3 aucqkbifauaabaaaaaaaadaaa"#]],
    );
    expect![[r#"
        1 SessionOpened
        2 ConfigChanged
        3 StrategyAttached
        4 TradingDisabled
        5 VenueDown
        6 ReconcileStarted
        7 FeedRecovered
        8 PositionReported
        9 ReconcileFinished
        10 VenueUp
        11 TradingEnabled
        12 Trade
        13 OrderAccepted 1/1
        14 OrderFilled 1/1
        15 Trade
        16 TradingDisabled
        17 VenueDown
        18 OutcomeUnknown 1/2
        19 FeedStale
        20 ReconcileStarted
        21 FeedRecovered
        22 TransmitRefused 1/2
        23 OrderFilled 1/1
        24 PositionReported
        25 ReconcileFinished
        26 VenueUp
        27 TradingEnabled
        28 Trade
        29 OrderAccepted 1/3
        30 OrderFilled 1/3
    "#]]
    .assert_eq(&house.recorded());
    house.agrees();
}

/// Power goes when the disk has a blob, and not yet the event that names it.
#[test]
fn a_session_goes_on_behind_a_blob_that_no_event_names() {
    let mut house = House::new(vec![Native::Greedy]);
    let commanded = || Then::Order(Fact::Commanded(b"{\"actor\":\"ann\"}".to_vec(), None));
    house.then([arm(), commanded(), Then::Market(trade(1_000_000)), Then::Die]);
    house.lives(Life::Died);
    house.loses_power();
    let blobs = JournalReader::open_on(house.disk.copy().handle()).expect("it reads").totals().blobs;
    let opened = JournalWriter::open_on(house.disk.handle(), Options::new(Durability::EveryCommit));
    let (mut writer, _) = opened.expect("it opens");
    writer.blob(BlobId(blobs + 1), b"what nobody came to name").expect("a blob is taken");
    writer.commit_sync().expect("a disk without faults");
    drop(writer);
    house.loses_power();
    house.then([arm(), commanded(), Then::Market(trade(1_000_100))]);
    house.lives(Life::Ended);
    let reader = JournalReader::open_on(house.disk.copy().handle()).expect("it reads");
    assert_eq!(reader.totals().blobs, blobs + 2);
    house.agrees();
}

/// How long ago, by what the venue is told, an order went out that is asked about `pause` s after its session died.
fn told_of_a_lost_order(pause: u64) -> u64 {
    let mut house = House::new(vec![Native::Greedy]);
    let begin = [arm(), Then::Market(trade(1_000_000)), Then::Trouble(Trouble::LostSubmit)];
    house.then(begin).then([Then::Market(trade(1_000_100)), Then::Die]);
    assert_eq!(house.live().expect("it runs"), Life::Died);
    house.disk.crash(|_, synced, _| synced.to_vec());
    house.remote.hang_up();
    house.now += pause * S;
    // Nothing was sent by whoever was asked before it.
    house.sent_ago.clear();
    assert_eq!(house.live().expect("it goes on"), Life::Ended);
    let [(_, ago)] = house.sent_ago[..] else { panic!("one order is asked about: {:?}", house.sent_ago) };
    ago
}

#[test]
fn what_an_earlier_process_decided_it_sent_before_this_one_began_and_long_ago_where_it_decided_long_ago() {
    // Half a minute may lie between decision and wire; a process that is gone sends nothing.
    assert_eq!(told_of_a_lost_order(0), 0);
    assert_eq!(told_of_a_lost_order(5), 0);
    let long = told_of_a_lost_order(100);
    assert!((70 * S..71 * S).contains(&long), "{long}");
}

/// A session is suspended while an order waits for its venue, and goes on with a secret of these bytes.
fn goes_on_with(secret: u8) -> House {
    let mut house = House::new(vec![Native::Greedy]);
    house.waits_for_venue = true;
    let down = Report { venue: VenueId(1), ..Report::control(EventKind::VenueDown) };
    let begin = [arm(), Then::Market(trade(1_000_000)), Then::Order(Fact::Report(down))];
    house.then(begin).then([Then::Market(trade(1_000_100))]);
    house.lives(Life::Ended);
    house.remote.hang_up();
    house.log.clear();
    house.secret = secret;
    house.then([arm(), Then::Market(trade(1_000_300))]);
    house.lives(Life::Ended);
    house.agrees();
    house
}

/// What the record's approvals were signed with, as a replay with the house's present key finds.
fn signed(house: &House) -> (u64, Vec<(KeyId, u64)>) {
    let signed = house.replayed().signed;
    (signed.compared, signed.others)
}

#[test]
fn a_record_over_two_secrets_goes_on_replays_and_says_which_tags_were_compared() {
    let mut house = goes_on_with(8);
    // The order that waited is refused, as after every start: nobody had armed the session yet.
    check(
        &house,
        expect![[r#"
        ask everything
        send 1/3 aucqkbifauaabaaaaaaaadaaa"#]],
    );
    let id = |secret| KeyId::of(&[secret; 32]).expect("long enough");
    assert_eq!(signed(&house), (1, vec![(id(7), 2)]));
    house.secret = 7;
    assert_eq!(signed(&house), (2, vec![(id(8), 1)]));
    house.secret = 9;
    assert_eq!(signed(&house), (0, vec![(id(7), 2), (id(8), 1)]));
    let same = goes_on_with(7);
    assert_eq!(same.log, house.log, "another secret changes nothing else");
    assert_eq!(signed(&same), (3, vec![]));
}

#[test]
fn what_waits_for_its_pace_is_refused_when_a_session_goes_on_and_what_was_used_counts() {
    let mut house = House::new(vec![Native::Greedy]);
    // An order in 250 s; an approval lives longer.
    house.pacing = Some(Pacing { per_s: 1, burst: 250, submit: 250, amend: 250, cancel: 1, cancel_reserve: 0 });
    let goes_on = |house: &mut House, after: u64| {
        house.remote.hang_up();
        house.now += after * S;
        house.then([arm(), Then::Market(trade(1_000_000))]);
        assert_eq!(house.live().expect("it runs"), Life::Ended);
        let sent = house.log.iter().filter_map(|line| line.strip_prefix("send ")?.split(' ').next());
        sent.collect::<Vec<_>>().join(" ")
    };
    house.then([arm(), Then::Market(trade(1_000_100))]);
    assert_eq!(goes_on(&mut house, 0), "1/1", "the second waits");
    assert_eq!(
        goes_on(&mut house, 60),
        "1/1",
        "a part of what the first used has come back; the third waits for the rest"
    );
    assert_eq!(goes_on(&mut house, 200), "1/1 1/4", "the fourth finds that all has come back");
    let refused = house.recorded_decisions("Refused");
    assert_eq!(refused, ["1/2", "1/3"], "nobody had armed yet when the session went on");
    house.agrees();
}

#[test]
fn the_first_quote_behind_an_interruption_makes_a_market_trusted_again() {
    let mut house = House::new(vec![Native::Maker]);
    house.then([arm(), Then::Market(quote(1_000_000)), Then::Die]);
    house.lives(Life::Died);
    house.loses_power();
    house.remote.tells_of_feed = false;
    house.then([arm(), Then::Market(trade(1_000_000)), Then::Market(quote(1_000_100)), Then::Market(quote(1_000_200))]);
    house.lives(Life::Ended);
    let recorded = house.recorded();
    let lines = recorded.lines().map(|line| line.split_once(' ').map_or("", |(_, rest)| rest));
    let feed: Vec<&str> =
        lines.filter(|line| ["FeedStale", "FeedRecovered", "Trade", "Quote"].contains(line)).collect();
    assert_eq!(feed[feed.len() - 5..], ["FeedStale", "Trade", "FeedRecovered", "Quote", "Quote"]);
}

#[test]
fn a_comparison_that_is_told_the_same_fills_again_finds_no_difference() {
    let mut house = House::new(vec![Native::Greedy]);
    house.then([arm(), Then::Market(trade(1_000_000)), Then::Market(trade(1_000_100)), Then::Compare]);
    house.then([Then::Market(trade(1_000_200)), Then::Compare]);
    house.ending = Ending::Close;
    house.lives(Life::Ended);
    let (differences, anomalies) = house.findings();
    assert_eq!(differences, [0, 0, 0]);
    // Two fills behind the first order, and three behind the next one, are told again.
    assert_eq!(anomalies, [AnomalyCode::DuplicateFill; 5]);
    house.agrees();
}

#[test]
fn fills_that_nobody_heard_of_come_before_what_they_made_of_their_order() {
    let mut house = House::new(vec![Native::Greedy]);
    // The venue fills the order, and whoever would have heard of it is gone.
    let begin = [arm(), Then::Market(trade(1_000_000)), Then::Trouble(Trouble::LostAck)];
    house.then(begin).then([Then::Market(trade(1_000_100)), Then::Die]);
    house.lives(Life::Died);
    house.loses_power();
    house.then([Then::Market(trade(1_000_200))]);
    house.lives(Life::Ended);
    let recorded = house.recorded();
    let at = |what: &str| recorded.find(what).unwrap_or_else(|| panic!("no {what}: {recorded}"));
    assert!(at("OrderFilled 1/2") < at("OrderReported 1/2"), "{recorded}");
    let (differences, anomalies) = house.findings();
    assert!(differences.len() == 2 && differences[1] > 0, "{differences:?}: {recorded}");
    assert!(!anomalies.contains(&AnomalyCode::Mismatch), "{anomalies:?}: {recorded}");
    house.agrees();
}

#[test]
fn an_adapter_that_compared_accounts_itself_does_not_speak_for_the_session() {
    let mut house = House::new(vec![Native::Greedy]);
    let of_venue = |kind| Fact::Report(Report { venue: VenueId(1), account: AccountId(1), ..Report::control(kind) });
    let said = [EventKind::ReconcileStarted, EventKind::ReconcileFinished(3)];
    house.then(said.map(|kind| Then::Order(of_venue(kind))));
    house.lives(Life::Ended);
    let recorded = house.recorded();
    assert_eq!(recorded.matches("ReconcileStarted").count(), 1, "{recorded}");
    assert_eq!(recorded.matches("ReconcileFinished").count(), 1, "{recorded}");
}

#[test]
fn a_session_that_ends_in_order_is_sealed() {
    let mut house = House::new(vec![Native::Greedy]);
    house.ending = Ending::Close;
    house.then([arm(), Then::Market(trade(1_000_000))]);
    house.lives(Life::Ended);
    let reader = JournalReader::open_on(house.disk.copy().handle()).expect("the journal reads");
    assert!(reader.seal().is_some());
}

#[test]
fn a_disk_that_fails_ends_the_session_and_nothing_it_decided_then_is_sent() {
    let mut house = House::new(vec![Native::Greedy]);
    house.then([arm(), Then::Market(trade(1_000_000))]);
    house.lives(Life::Ended);
    let sent = house.remote.sent.len();
    for fault in [Fault::Refused, Fault::Short(40)] {
        house.then([arm(), Then::Market(trade(1_000_100)), Then::Market(trade(1_000_200))]);
        // Whatever is written first is in vain.
        house.disk.fail_at(house.disk.operations() + 5, fault);
        house.live().expect_err("the disk fails");
        house.script.clear();
        assert_eq!(house.remote.sent.len(), sent, "{fault:?}");
        house.loses_power();
    }
}

#[test]
fn nothing_is_lost_and_nothing_sent_twice_whatever_network_disk_and_power_do() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut met = std::collections::BTreeMap::new();
    for seed in seeds() {
        let run = std::panic::catch_unwind(|| {
            let house = simulate(seed);
            if seeds().count() == 1 {
                println!("{}\n{}", house.log.join("\n"), house.recorded());
            }
            house.agrees();
            house.remote.met
        });
        match run {
            Ok(troubles) => troubles.into_iter().for_each(|(trouble, times)| *met.entry(trouble).or_insert(0) += times),
            Err(cause) => {
                let text = cause.downcast_ref::<String>().cloned();
                let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                drop(std::panic::take_hook());
                panic!("seed {seed}: {}", text.unwrap_or_default());
            }
        }
    }
    drop(std::panic::take_hook());
    assert!(met.len() == TROUBLES.len() || seeds().count() < 100, "every trouble was met: {met:?}");
}
