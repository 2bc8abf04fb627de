//! House: a host with a venue, a network and a disk that do as they are told.
//!
//! In: what happens next. Out: one life after the other, and what was sent, recorded and found. Must never: forget what the
//! venue and the disk have when the host dies.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, channel};

use ringfence_core::config::{Config, Lane, Pacing};
use ringfence_core::decision::{AnomalyCode, DecisionKind};
use ringfence_core::event::{EventKind, Mode, Quote, Report, Trade};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::money::{Price, Qty};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{Input as Recorded, JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::storage::faulty::FaultyDisk;
use ringfence_journal::wire::header::{Feed as Fed, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::backtest::Progress;
use ringfence_session::error::SessionError;
use ringfence_session::live::{Ending, Heard, Input, Live, Outside, Place, Reached};
use ringfence_session::opening::Attached;
use ringfence_session::pace::Notice;
use ringfence_session::replay::{Approvals, Replay, Resumed, Verdict};
use ringfence_session::scribe::{Clerk, Scribe};
use ringfence_session::script::Fact;
use ringfence_sim::FillMoment;
use ringfence_tape::{Extent, Feed};
use ringfence_venue::{Query, QueryId};

use crate::support::Work;
use crate::support::natives::{Native, Natives, plan_of};
use crate::support::remote::{Remote, Trouble};

const SESSION: SessionId = SessionId([5; 16]);
pub(crate) const S: u64 = 1_000_000_000;

/// What a host is made of; the remote and the disk outlive it.
pub(crate) struct House {
    pub(crate) natives: Vec<Native>,
    pub(crate) disk: FaultyDisk,
    pub(crate) remote: Remote,
    pub(crate) now: u64,
    /// Market events and orders that are to come, one at a time.
    pub(crate) script: VecDeque<Then>,
    pub(crate) log: Vec<String>,
    pub(crate) ending: Ending,
    /// Whether somebody beside writes the journal, and who does not work yet; what wakes the session.
    pub(crate) is_written_beside: bool,
    pub(crate) clerk: Option<Clerk>,
    pub(crate) wakes: Option<Receiver<()>>,
    /// Every byte of the secret that approvals are signed with.
    pub(crate) secret: u8,
    /// Whether orders wait for a venue that is down, in place of being denied.
    pub(crate) waits_for_venue: bool,
    /// How fast orders may leave.
    pub(crate) pacing: Option<Pacing>,
    /// For each order that was asked about, how long ago it went out at least.
    pub(crate) sent_ago: Vec<(LegKey, u64)>,
}

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Then {
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
pub(crate) enum Life {
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
        if let Query::Order { key, sent_ago_ns, .. } = query {
            self.house.sent_ago.push((key, sent_ago_ns));
        }
        let name = format!("{query:?}");
        let name = name.split([' ', '(']).next().unwrap_or_default().to_owned();
        self.house.log.push(format!("ask {name}"));
        self.house.remote.ask(id, &query);
    }

    fn told(&mut self, _notice: &Notice) {}
}

pub(crate) fn trade(price: i64) -> Report {
    let kind = EventKind::Trade(Trade { price: Price(price), qty: Qty(1000), aggressor: None });
    Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) }
}

pub(crate) fn quote(bid: i64) -> Report {
    let touch = Quote { bid_price: Price(bid), bid_qty: Qty(1000), ask_price: Price(bid + 100), ask_qty: Qty(1000) };
    Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(EventKind::Quote(touch)) }
}

impl House {
    pub(crate) fn new(natives: Vec<Native>) -> House {
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
            pacing: None,
            sent_ago: Vec::new(),
        }
    }

    fn config(&self) -> Config {
        let work = Work { natives: self.natives.clone(), ..Work::trades("none".as_ref(), FillMoment::SameEvent) };
        let mut config = work.config();
        config.strategies.iter_mut().for_each(|slot| slot.lane = Lane::Live);
        config.risk.venue_unavailable = !self.waits_for_venue;
        config.venues[0].pacing = self.pacing;
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

    /// What a replay finds, with the house's present key.
    pub(crate) fn replayed(&self) -> Verdict {
        let (attached, mut host) = (self.attached(), Natives::new(self.natives.clone()));
        let mut progress = |_: Progress| ControlFlow::Continue(());
        self.replay(&attached, &mut host, &mut progress).run().expect("the replay ends")
    }

    /// One life of a host: a new session, or the one that lies on the disk.
    pub(crate) fn live(&mut self) -> Result<Life, SessionError> {
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

    /// One life without a fault of the disk.
    #[track_caller]
    pub(crate) fn lives(&mut self, end: Life) {
        assert_eq!(self.live().expect("it runs"), end);
    }

    /// The power is gone: what was not synced is lost, and nobody is on the line.
    pub(crate) fn loses_power(&mut self) {
        self.disk.crash(|_, synced, _| synced.to_vec());
        self.remote.hang_up();
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

    pub(crate) fn then(&mut self, steps: impl IntoIterator<Item = Then>) -> &mut House {
        self.script.extend(steps);
        self
    }

    /// Inputs and decisions of the journal, without the opening, one a line.
    pub(crate) fn recorded(&self) -> String {
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

    /// Legs that something was decided about which is written like this.
    pub(crate) fn recorded_decisions(&self, kind: &str) -> Vec<String> {
        let mut reader = JournalReader::open_on(self.disk.copy().handle()).expect("the journal reads");
        let (mut step, mut legs) = (Step::new(), vec![]);
        while reader.next_step(&mut step).expect("a whole journal") {
            let found = step.decisions.iter().filter(|decision| format!("{:?}", decision.kind).starts_with(kind));
            legs.extend(found.map(|decision| decision.key.to_string()));
        }
        legs
    }

    /// How many differences each comparison found, and what anomalies there were.
    pub(crate) fn findings(&self) -> (Vec<u32>, Vec<AnomalyCode>) {
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
    pub(crate) fn agrees(&self) {
        assert_eq!(self.replayed().first_difference, None);
        let attached = self.attached();
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

pub(crate) fn arm() -> Then {
    Then::Order(Fact::Report(Report::control(EventKind::TradingEnabled)))
}
