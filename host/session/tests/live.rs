//! A session fed from outside: nothing lost, nothing sent twice, whatever venue, network, disk and power do.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, channel};

use expect_test::{Expect, expect};
use ringfence_core::config::{Config, Lane};
use ringfence_core::decision::{AnomalyCode, DecisionKind};
use ringfence_core::event::{EventKind, Mode, Quote, Report, Trade};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::money::{Price, Qty};
use ringfence_core::risk::{ApprovalKeys, KeyId};
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{Input as Recorded, JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::storage::faulty::{Fault, FaultyDisk};
use ringfence_journal::wire::header::{Feed as Fed, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::backtest::Progress;
use ringfence_session::error::SessionError;
use ringfence_session::live::{Ending, Heard, Input, Live, Outside, Place, Reached};
use ringfence_session::opening::Attached;
use ringfence_session::pace::Notice;
use ringfence_session::replay::{Approvals, Replay, Resumed};
use ringfence_session::scribe::{Clerk, Scribe};
use ringfence_session::script::Fact;
use ringfence_sim::FillMoment;
use ringfence_tape::{Extent, Feed};
use ringfence_venue::{Query, QueryId};

mod support;

use support::Work;
use support::natives::{Native, Natives, plan_of};
use support::remote::{Remote, Trouble};

const SESSION: SessionId = SessionId([5; 16]);
const S: u64 = 1_000_000_000;

/// What a host is made of; the remote and the disk outlive it.
struct House {
    natives: Vec<Native>,
    disk: FaultyDisk,
    remote: Remote,
    now: u64,
    /// Market events and orders that are to come, one at a time.
    script: VecDeque<Then>,
    log: Vec<String>,
    ending: Ending,
    /// Whether somebody beside writes the journal, and who does not work yet; what wakes the session.
    is_written_beside: bool,
    clerk: Option<Clerk>,
    wakes: Option<Receiver<()>>,
    /// Every byte of the secret that approvals are signed with.
    secret: u8,
    /// Whether orders wait for a venue that is down, in place of being denied.
    waits_for_venue: bool,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Then {
    Market(Report),
    Order(Fact),
    Trouble(Trouble),
    Compare,
    /// Whoever writes the journal beside begins to, and something is confirmed.
    Write,
    /// The process is gone.
    Die,
}

/// Where a host's life ended.
#[derive(Debug, PartialEq)]
enum Life {
    Ended,
    Died,
}

struct Room<'a> {
    house: &'a mut House,
}

impl Outside for Room<'_> {
    fn now(&mut self) -> TimeNs {
        TimeNs(self.house.now)
    }

    fn next(&mut self, due: Option<TimeNs>) -> Heard {
        loop {
            if let Some(input) = self.waiting() {
                return Heard::Input(input);
            }
            let house = &mut *self.house;
            match house.script.pop_front() {
                Some(Then::Market(report)) => {
                    // Mostly too soon after the last one for a sync by the clock.
                    house.now += if house.now.is_multiple_of(7) { S / 10 } else { 1_000_003 };
                    house.remote.market(report, house.now);
                }
                Some(Then::Order(fact)) => return Heard::Input(Input::Fact(fact)),
                Some(Then::Trouble(trouble)) => house.remote.plan(trouble),
                Some(Then::Compare) => return Heard::Input(Input::Reconcile),
                Some(Then::Write) => {
                    house.log.push("write".to_owned());
                    let clerk = house.clerk.take().expect("one that did not work yet");
                    std::thread::spawn(move || clerk.run());
                    house.wakes.as_ref().and_then(|wakes| wakes.recv().ok()).expect("it wakes the session");
                    return Heard::Input(Input::Confirmed);
                }
                Some(Then::Die) => std::panic::panic_any("the power is gone"),
                None if !house.remote.is_silent() => {
                    house.now += S / 10;
                    house.remote.market(trade(1_000_000), house.now);
                }
                None => match due {
                    Some(due) if due.0 < house.now + 60 * S => {
                        house.now = house.now.max(due.0);
                        return Heard::Due;
                    }
                    Some(_) | None => return Heard::End(house.ending),
                },
            }
        }
    }

    fn waiting(&mut self) -> Option<Input> {
        self.house.remote.next()
    }

    fn send(&mut self, command: VenueCommand) {
        self.house.log.push(format!("send {} {}", command.key(), command.client_id()));
        self.house.remote.send(command);
    }

    fn ask(&mut self, _venue: VenueId, id: QueryId, query: Query) {
        let name = format!("{query:?}");
        let name = name.split([' ', '(']).next().unwrap_or_default().to_owned();
        self.house.log.push(format!("ask {name}"));
        self.house.remote.ask(id, &query);
    }

    fn told(&mut self, _notice: &Notice) {}
}

fn trade(price: i64) -> Report {
    let kind = EventKind::Trade(Trade { price: Price(price), qty: Qty(1000), aggressor: None });
    Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) }
}

fn quote(bid: i64) -> Report {
    let touch = Quote { bid_price: Price(bid), bid_qty: Qty(1000), ask_price: Price(bid + 100), ask_qty: Qty(1000) };
    Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(EventKind::Quote(touch)) }
}

impl House {
    fn new(natives: Vec<Native>) -> House {
        let remote = Remote::new(Work::trades("none".as_ref(), FillMoment::SameEvent).sim());
        House {
            natives,
            disk: FaultyDisk::new(),
            remote,
            now: S,
            script: VecDeque::new(),
            log: Vec::new(),
            ending: Ending::Suspend,
            is_written_beside: false,
            clerk: None,
            wakes: None,
            secret: 7,
            waits_for_venue: false,
        }
    }

    fn config(&self) -> Config {
        let work = Work { natives: self.natives.clone(), ..Work::trades("none".as_ref(), FillMoment::SameEvent) };
        let mut config = work.config();
        config.strategies.iter_mut().for_each(|slot| slot.lane = Lane::Live);
        config.risk.venue_unavailable = !self.waits_for_venue;
        config
    }

    fn keys(&self) -> ApprovalKeys {
        ApprovalKeys::of_secret(&[self.secret; 32]).expect("long enough")
    }

    fn attached(&self) -> Vec<Attached> {
        let one = |(native, id): (&Native, u16)| Attached {
            strategy: StrategyId(id),
            component: [0; 32],
            plan: plan_of(native),
        };
        self.natives.iter().zip(1..).map(one).collect()
    }

    fn writer(&self) -> Result<JournalWriter, SessionError> {
        let header = Header {
            session: SESSION,
            mode: Mode::Live,
            rules_version: RULES_VERSION,
            engine: "native".into(),
            operator_costs: "none".into(),
            config: self.config().hash(),
            components: vec![],
            tapes: vec![],
            feed: Fed { rows_max: None, repeat: 1 },
            facts: vec![],
        };
        let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
        Ok(JournalWriter::create_on(self.disk.handle(), beginning, Options::new(Durability::EveryCommit))?)
    }

    fn replay<'a>(
        &self,
        attached: &'a [Attached],
        host: &'a mut Natives,
        progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Replay<'a> {
        Replay {
            reader: JournalReader::open_on(self.disk.copy().handle()).expect("the journal reads"),
            feed: Feed::new(vec![], Extent { rows_max: None, passes: std::num::NonZeroU32::MIN }),
            attached,
            host,
            keys: self.keys(),
            approvals: Approvals::OfGivenKeys,
            replaced: &[],
            is_fuel_compared: true,
            operator_costs: "none",
            until: None,
            progress,
            observer: None,
        }
    }

    /// One life of a host: a new session, or the one that lies on the disk.
    fn live(&mut self) -> Result<Life, SessionError> {
        let (config, attached) = (self.config(), self.attached());
        let mut host = Natives::new(self.natives.clone());
        let opened = JournalReader::open_on(self.disk.copy().handle());
        if opened.is_err_and(|error| error.finding().code == JournalCode::NoHeader) {
            // The session never began, so nothing can have been sent.
            assert!(self.remote.sent.is_empty());
            self.disk = FaultyDisk::new();
        }
        let (journal, resumed): (JournalWriter, Option<Resumed>) = if self.disk.all_names().is_empty() {
            (self.writer()?, None)
        } else {
            let (writer, _) = JournalWriter::open_on(self.disk.handle(), Options::new(Durability::EveryCommit))?;
            let mut progress = |_: Progress| ControlFlow::Continue(());
            let replay = self.replay(&attached, &mut host, &mut progress);
            (writer, Some(replay.resume(&[]).expect("the record follows").expect("nothing differs")))
        };
        let reached =
            vec![Reached { venue: VenueId(1), accounts: vec![AccountId(1)], instruments: vec![InstrumentId(1)] }];
        self.remote.dial();
        let live = Live {
            config: &config,
            session: SESSION,
            mode: Mode::Live,
            keys: self.keys(),
            attached: &attached,
            host: &mut host,
            place: Place::Real(reached, self.scribe(journal)),
            timetable: None,
            resumed,
            observer: None,
        };
        let mut room = Room { house: self };
        let run = std::panic::AssertUnwindSafe(|| live.run(&mut room));
        match std::panic::catch_unwind(run) {
            Ok(ended) => ended.map(|_| Life::Ended),
            Err(cause) if cause.is::<&str>() => Ok(Life::Died),
            Err(cause) => std::panic::resume_unwind(cause),
        }
    }

    fn scribe(&mut self, journal: JournalWriter) -> Scribe {
        if !self.is_written_beside {
            return journal.into();
        }
        let (woken, wakes) = channel();
        // Nobody waits for it any more at the end.
        let (scribe, clerk) = Scribe::apart(journal, Box::new(move || woken.send(()).unwrap_or(())));
        (self.clerk, self.wakes) = (Some(clerk), Some(wakes));
        scribe
    }

    fn then(&mut self, steps: impl IntoIterator<Item = Then>) -> &mut House {
        self.script.extend(steps);
        self
    }

    /// Inputs and decisions of the journal, without the opening, one a line.
    fn recorded(&self) -> String {
        let mut reader = JournalReader::open_on(self.disk.copy().handle()).expect("the journal reads");
        let (mut step, mut out) = (Step::new(), String::new());
        while reader.next_step(&mut step).expect("a whole journal") {
            if let Recorded::Event(event) = step.input {
                let order = event.kind.order().map_or(String::new(), |order| format!(" {order}"));
                out.push_str(&format!("{} {}{order}\n", event.seq.0, event.kind.name()));
            }
        }
        out
    }

    /// How many differences each comparison found, and what anomalies there were.
    fn findings(&self) -> (Vec<u32>, Vec<AnomalyCode>) {
        let mut reader = JournalReader::open_on(self.disk.copy().handle()).expect("the journal reads");
        let (mut step, mut differences, mut anomalies) = (Step::new(), vec![], vec![]);
        while reader.next_step(&mut step).expect("a whole journal") {
            if let Recorded::Event(event) = &step.input
                && let EventKind::ReconcileFinished(count) = event.kind
            {
                differences.push(count);
            }
            let code = |kind: &DecisionKind| {
                if let DecisionKind::Anomaly(anomaly) = kind { Some(anomaly.code) } else { None }
            };
            let found = step.decisions.iter().filter_map(|decision| code(&decision.kind));
            anomalies.extend(found);
        }
        (differences, anomalies)
    }

    /// The record, executed once more, is the same; State at its end agrees with the venue.
    fn agrees(&self) {
        let attached = self.attached();
        let mut host = Natives::new(self.natives.clone());
        let mut progress = |_: Progress| ControlFlow::Continue(());
        let verdict = self.replay(&attached, &mut host, &mut progress).run().expect("the replay ends");
        assert_eq!(verdict.first_difference, None);
        let mut host = Natives::new(self.natives.clone());
        let mut progress = |_: Progress| ControlFlow::Continue(());
        let replay = self.replay(&attached, &mut host, &mut progress);
        let resumed = replay.resume(&[]).expect("the record follows").expect("nothing differs");
        let state = resumed.state();
        let held: i64 = state.account_positions(AccountId(1)).map(|(.., position)| position.qty).sum();
        assert_eq!(held, self.remote.position, "position of the host and of the venue");
        let ids = (0..=u16::try_from(self.natives.len()).expect("few")).map(StrategyId);
        let open: usize = ids.map(|id| state.open_orders(id, InstrumentId::NONE).count()).sum();
        assert_eq!(open, self.remote.live(), "open orders of the host and of the venue");
        let twice: Vec<_> = self.remote.sent.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "sent twice: {twice:?}");
    }
}

fn arm() -> Then {
    Then::Order(Fact::Report(Report::control(EventKind::TradingEnabled)))
}

fn check(house: &House, want: Expect) {
    want.assert_eq(&house.log.join("\n"));
}

#[test]
fn nothing_is_sent_before_somebody_arms_the_session_and_the_venue_was_compared() {
    let mut house = House::new(vec![Native::Greedy]);
    house.then([Then::Market(trade(1_000_000)), arm(), Then::Market(trade(1_000_100))]);
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    check(
        &house,
        expect![[r#"
        ask Instruments
        ask OpenOrders
        ask FillsSince
        ask Positions
        ask Balances
        ask Margin
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
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    check(
        &house,
        expect![[r#"
        ask Instruments
        ask OpenOrders
        ask FillsSince
        ask Positions
        ask Balances
        ask Margin
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
    assert_eq!(house.live().expect("it runs"), Life::Died);
    house.disk.crash(|_, synced, _| synced.to_vec());
    house.remote.hang_up();
    house.log.clear();
    house.then([arm(), Then::Market(trade(1_000_200))]);
    assert_eq!(house.live().expect("it goes on"), Life::Ended);
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

/// A session is suspended while an order waits for its venue, and goes on with a secret of these bytes.
fn goes_on_with(secret: u8) -> House {
    let mut house = House::new(vec![Native::Greedy]);
    house.waits_for_venue = true;
    let down = Report { venue: VenueId(1), ..Report::control(EventKind::VenueDown) };
    let begin = [arm(), Then::Market(trade(1_000_000)), Then::Order(Fact::Report(down))];
    house.then(begin).then([Then::Market(trade(1_000_100))]);
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    house.remote.hang_up();
    house.log.clear();
    house.secret = secret;
    house.then([arm(), Then::Market(trade(1_000_300))]);
    assert_eq!(house.live().expect("it goes on"), Life::Ended);
    house.agrees();
    house
}

/// What the record's approvals were signed with, as a replay with the house's present key finds.
fn signed(house: &House) -> (u64, Vec<(KeyId, u64)>) {
    let (attached, mut host) = (house.attached(), Natives::new(house.natives.clone()));
    let mut progress = |_: Progress| ControlFlow::Continue(());
    let verdict = house.replay(&attached, &mut host, &mut progress).run().expect("the replay ends");
    (verdict.signed.compared, verdict.signed.others)
}

#[test]
fn a_record_over_two_secrets_goes_on_replays_and_says_which_tags_were_compared() {
    let mut house = goes_on_with(8);
    // The order that waited is refused, as after every start: nobody had armed the session yet.
    check(
        &house,
        expect![[r#"
        ask Instruments
        ask OpenOrders
        ask FillsSince
        ask Positions
        ask Balances
        ask Margin
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
fn the_first_quote_behind_an_interruption_makes_a_market_trusted_again() {
    let mut house = House::new(vec![Native::Maker]);
    house.then([arm(), Then::Market(quote(1_000_000)), Then::Die]);
    assert_eq!(house.live().expect("it runs"), Life::Died);
    house.disk.crash(|_, synced, _| synced.to_vec());
    house.remote.hang_up();
    house.remote.tells_of_feed = false;
    house.then([arm(), Then::Market(trade(1_000_000)), Then::Market(quote(1_000_100)), Then::Market(quote(1_000_200))]);
    assert_eq!(house.live().expect("it goes on"), Life::Ended);
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
    assert_eq!(house.live().expect("it runs"), Life::Ended);
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
    assert_eq!(house.live().expect("it runs"), Life::Died);
    house.disk.crash(|_, synced, _| synced.to_vec());
    house.remote.hang_up();
    house.then([Then::Market(trade(1_000_200))]);
    assert_eq!(house.live().expect("it goes on"), Life::Ended);
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
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    let recorded = house.recorded();
    assert_eq!(recorded.matches("ReconcileStarted").count(), 1, "{recorded}");
    assert_eq!(recorded.matches("ReconcileFinished").count(), 1, "{recorded}");
}

#[test]
fn a_session_that_ends_in_order_is_sealed() {
    let mut house = House::new(vec![Native::Greedy]);
    house.ending = Ending::Close;
    house.then([arm(), Then::Market(trade(1_000_000))]);
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    let reader = JournalReader::open_on(house.disk.copy().handle()).expect("the journal reads");
    assert!(reader.seal().is_some());
}

#[test]
fn a_disk_that_fails_ends_the_session_and_nothing_it_decided_then_is_sent() {
    let mut house = House::new(vec![Native::Greedy]);
    house.then([arm(), Then::Market(trade(1_000_000))]);
    assert_eq!(house.live().expect("it runs"), Life::Ended);
    let sent = house.remote.sent.len();
    for fault in [Fault::Refused, Fault::Short(40)] {
        house.then([arm(), Then::Market(trade(1_000_100)), Then::Market(trade(1_000_200))]);
        // Whatever is written first is in vain.
        house.disk.fail_at(house.disk.operations() + 5, fault);
        house.live().expect_err("the disk fails");
        house.script.clear();
        assert_eq!(house.remote.sent.len(), sent, "{fault:?}");
        house.disk.crash(|_, synced, _| synced.to_vec());
        house.remote.hang_up();
    }
}

/// Draws numbers that a seed fixes (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

const TROUBLES: [Trouble; 10] = [
    Trouble::LostAck,
    Trouble::LostSubmit,
    Trouble::Refused,
    Trouble::Twice,
    Trouble::Swapped,
    Trouble::Late,
    Trouble::Cut,
    Trouble::Deaf,
    Trouble::Foreign,
    Trouble::Bust,
];

/// A life of faults: some market events, each with trouble now and then, ended by a crash or in order.
fn faults(draw: &mut Draw) -> Vec<Then> {
    let mut steps = vec![arm()];
    for _ in 0..draw.next(20) {
        if draw.next(3) == 0 {
            steps.push(Then::Trouble(TROUBLES[usize::try_from(draw.next(10)).expect("small")]));
        }
        let price = 1_000_000 + i64::try_from(draw.next(20)).expect("small") * 100;
        steps.push(Then::Market(if draw.next(2) == 0 { trade(price) } else { quote(price) }));
        if draw.next(12) == 0 {
            steps.push(Then::Compare);
        }
    }
    steps.push(Then::Die);
    steps
}

/// Several lives under faults of network, power and disk, then a quiet one.
fn simulate(seed: u64) -> House {
    let mut draw = Draw(seed);
    let mut house = House::new(vec![Native::Greedy, Native::Maker]);
    for _ in 0..=draw.next(4) {
        house.script = faults(&mut draw).into();
        if draw.next(2) == 0 {
            let fault = match draw.next(3) {
                0 => Fault::Refused,
                1 => Fault::Short(usize::try_from(draw.next(400)).expect("small")),
                _ => Fault::PowerLoss,
            };
            house.disk.fail_at(house.disk.operations() + draw.next(120), fault);
        }
        // Faults of the disk end a session; that is what they should do.
        let _ended = house.live();
        let keep = draw.next(3);
        house.disk.crash(|_, synced, seen| match keep {
            0 => synced.to_vec(),
            1 => seen.to_vec(),
            _ => [synced, &seen[synced.len().min(seen.len())..seen.len().midpoint(synced.len().min(seen.len()))]]
                .concat(),
        });
        house.remote.hang_up();
    }
    house.script = [Then::Market(trade(1_000_000)), Then::Compare, Then::Market(trade(1_000_000))].into();
    let ended = house.live();
    assert_eq!(ended.expect("the last life is quiet"), Life::Ended, "seed {seed}");
    house
}

/// Seeds: one that is named by `RINGFENCE_SEED`, or so many from 0 (`RINGFENCE_SEEDS`, 500).
fn seeds() -> std::ops::Range<u64> {
    let number = |name| std::env::var_os(name)?.to_str()?.parse::<u64>().ok();
    match number("RINGFENCE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RINGFENCE_SEEDS").unwrap_or(500),
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
