//! House: where does a session sit, in a world whose clock is simulated?
//!
//! In: a seed. Out: one life of a host after the other on the same disk, with the same venue, until the quiet at the end is
//! over. Must never: tell a session anything but what a real room would tell it.
//!
//! What stands between session and adapter follows the rules of the real host (`host/app/src/live`): the brake of the kill
//! switch, what it remembers over a restart, settings that are asked for at the start, the comparison by the clock, and the
//! cancels of a session that cannot go on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Hosts, Input as Handed, StreamKind};
use ringfence_core::event::{EventKind, KillLevel, MarginMode, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::intent::Action;
use ringfence_faults::{Opening, Pipe, Random, SYMBOL};
use ringfence_session::live::{Ending, Heard, Input, Outside};
use ringfence_session::pace::Notice;
use ringfence_session::script::Fact;
use ringfence_venue::{EmergencyCancel, Query, QueryId, Said, Setting, not_sent};
use serde_json::json;

use crate::disk::Disk;
use crate::each::Watch;
use crate::kinds::Kind;

pub(crate) const S: u64 = 1_000_000_000;
pub(crate) const MS: u64 = 1_000_000;
pub(crate) const ACCOUNT: AccountId = AccountId(1);
pub(crate) const INSTRUMENT: InstrumentId = InstrumentId(1);
pub(crate) const VENUE: VenueId = VenueId(1);
/// A step of the clock that is told.
const STEP_NS_MIN: u64 = 500 * MS;
/// Accounts are compared so often without a reason.
const COMPARE_NS: u64 = 60 * S;
/// Numbers of settings; questions of the session count from 1.
const SETTINGS_FROM: u64 = 1 << 62;
/// What the process says when it is gone.
pub(crate) const GONE: &str = "the process is gone";

/// What happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The market moves.
    Market,
    /// Something goes wrong.
    Strike(Kind),
    /// What a strike began ends.
    Undo(Kind),
    /// The operator arms the session.
    Arm,
    /// The operator lets go of the kill switch and arms the session.
    LetGo,
    /// The operator stops all new orders.
    Disarm,
    /// Nothing goes wrong any more.
    Calm,
}

/// How things are going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weather {
    /// Things go wrong.
    Storm,
    /// Nothing does, and strategies trade.
    Fair,
    /// Nothing is sent any more.
    Still,
}

/// A host, its disk, its operator, and the world outside.
pub(crate) struct House {
    pub(crate) seed: u64,
    pub(crate) product: Product,
    pub(crate) random: Random,
    pub(crate) pipe: Pipe,
    pub(crate) disk: Disk,
    pub(crate) weather: Weather,
    script: BTreeMap<(u64, u64), Then>,
    scripted: u64,
    /// How far the host's clock is off.
    pub(crate) wall_ns: i64,
    told_ns: i64,
    pub(crate) returned: VecDeque<Input>,
    level: KillLevel,
    stopped: BTreeSet<StrategyId>,
    /// Looks of the session at the world until its process is killed.
    pub(crate) fuse: Option<u64>,
    /// Of the next bytes that were not confirmed some are lost.
    pub(crate) is_tail_cut: bool,
    /// So many of the next cancels cross with a fill.
    pub(crate) crosses: u32,
    compare_at: u64,
    pub(crate) ends_at: u64,
    pub(crate) ending: Ending,
    /// Middle of the market, in ticks.
    middle: i64,
    /// What is looked at when something leaves, where the disk is watched.
    pub(crate) watch: Option<Watch>,
    /// How often each kind of fault was drawn, and had an effect.
    pub(crate) drawn: BTreeMap<&'static str, u64>,
    pub(crate) met: BTreeMap<&'static str, u64>,
    /// How often something happened that should happen sometimes.
    pub(crate) seen: BTreeMap<&'static str, u64>,
}

impl House {
    pub(crate) fn new(seed: u64) -> House {
        let mut random = Random::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x686f_7573_6521);
        let (product, hosts) = match seed % 3 {
            0 => (Product::UsdM, Hosts::binance_usdm()),
            1 => (Product::Spot, Hosts::binance_spot()),
            _ => (Product::UsdM, Hosts::aster()),
        };
        let opening = Opening {
            streams: vec![StreamKind::Trades, StreamKind::Touch, StreamKind::Depth],
            seed,
            latency_ns: (2 * MS, 40 * MS),
            ..Opening::new(product, hosts, session(seed), crate::lives::instrument(product))
        };
        let pipe = Pipe::open(opening);
        let now = pipe.now().0;
        let wall_ns = i64::try_from(random.below(4 * S)).expect("small") - 2_000_000_000;
        House {
            seed,
            product,
            pipe,
            disk: Disk::default(),
            weather: Weather::Storm,
            script: BTreeMap::new(),
            scripted: 0,
            wall_ns,
            told_ns: wall_ns,
            returned: VecDeque::new(),
            level: KillLevel::Off,
            stopped: BTreeSet::new(),
            fuse: None,
            is_tail_cut: false,
            crosses: 0,
            compare_at: now + COMPARE_NS,
            ends_at: u64::MAX,
            ending: if random.percent(25) { Ending::Close } else { Ending::Suspend },
            middle: 10_000,
            watch: None,
            drawn: BTreeMap::new(),
            met: BTreeMap::new(),
            seen: BTreeMap::new(),
            random,
        }
    }

    pub(crate) fn clock(&self) -> u64 {
        self.pipe.now().0
    }

    pub(crate) fn meets(&mut self, kind: Kind) {
        *self.met.entry(kind.name()).or_default() += 1;
    }

    pub(crate) fn sees(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub(crate) fn plan(&mut self, after_ns: u64, then: Then) {
        self.scripted += 1;
        self.script.insert((self.clock() + after_ns, self.scripted), then);
    }

    /// A host starts: machines begin, what the latch of the kill switch says is told, settings are asked for.
    pub(crate) fn start(&mut self) {
        self.returned.clear();
        self.told_ns = self.wall_ns;
        let level = Some((self.level, StrategyId::EXTERNAL)).filter(|(level, _)| *level != KillLevel::Off);
        let single = self.stopped.iter().map(|id| (KillLevel::L1, *id));
        let latched: Vec<_> = level.into_iter().chain(single).collect();
        for (level, strategy) in latched {
            self.tell(EventKind::KillSwitch(level, strategy));
        }
        self.pipe.dial();
        if self.product == Product::UsdM {
            let settings = [Setting::MarginMode(MarginMode::Cross), Setting::Leverage(500)];
            for (setting, number) in settings.into_iter().zip(SETTINGS_FROM..) {
                self.pipe.hand(ACCOUNT, Handed::Set(QueryId(number), (ACCOUNT, INSTRUMENT), setting));
            }
        }
        self.compare_at = self.clock() + COMPARE_NS;
        let pause = self.random.below(3 * S);
        self.plan(pause, if self.level == KillLevel::Off { Then::Arm } else { Then::LetGo });
    }

    pub(crate) fn tell(&mut self, kind: EventKind) {
        self.returned.push_back(Input::Fact(Fact::Report(Report::control(kind))));
    }

    /// Pulls the brake: nothing new leaves, and from level 3 on everything is canceled at once.
    pub(crate) fn brake(&mut self, level: KillLevel, strategy: StrategyId) {
        match level {
            KillLevel::L1 => drop(self.stopped.insert(strategy)),
            KillLevel::Off => {
                self.level = KillLevel::Off;
                self.stopped.clear();
            }
            KillLevel::L2 | KillLevel::L3 | KillLevel::L4 => {
                if level.number() > self.level.number() {
                    self.level = level;
                }
            }
        }
        if level.number() >= KillLevel::L3.number() {
            self.pipe.hand(ACCOUNT, Handed::Emergency(EmergencyCancel::account(VENUE, ACCOUNT)));
        }
    }

    /// True for a command that must not go out any more.
    fn holds(&self, command: &VenueCommand) -> bool {
        let is_closing = match command.action() {
            Action::Cancel(_) => return false,
            Action::Submit(_) => command.key().intent.is_of_host() && self.level == KillLevel::L4,
            Action::Amend(_) => false,
        };
        let is_stopped =
            self.level.number() >= KillLevel::L2.number() || self.stopped.contains(&command.key().strategy);
        is_stopped && !is_closing
    }

    fn let_go(&mut self) {
        let stopped: Vec<StrategyId> = self.stopped.iter().copied().collect();
        self.brake(KillLevel::Off, StrategyId::EXTERNAL);
        self.tell(EventKind::KillSwitch(KillLevel::Off, StrategyId::EXTERNAL));
        stopped.into_iter().for_each(|id| self.tell(EventKind::KillSwitch(KillLevel::Off, id)));
        self.tell(EventKind::TradingEnabled);
    }

    /// Lets the next thing happen that is due at or before `until`; false where nothing is, and it is `until`.
    fn step(&mut self, until: u64) -> bool {
        let scripted = self.script.first_key_value().map(|((at, _), then)| (*at, *then));
        let next = scripted.map_or(u64::MAX, |(at, _)| at.max(self.clock()));
        if self.pipe.step(TimeNs(until.min(next))) {
            return true;
        }
        if next > until {
            return false;
        }
        self.script.pop_first();
        if let Some((_, then)) = scripted {
            self.happen(then);
        }
        true
    }

    fn happen(&mut self, then: Then) {
        self.pipe.note(|| format!("{then:?}"));
        match then {
            Then::Market => self.market(),
            Then::Strike(kind) => self.strike(kind),
            Then::Undo(kind) => self.undo(kind),
            Then::Arm if self.weather != Weather::Still => self.tell(EventKind::TradingEnabled),
            Then::LetGo if self.weather != Weather::Still => self.let_go(),
            Then::Arm | Then::LetGo => {}
            Then::Disarm => {
                self.weather = Weather::Still;
                self.tell(EventKind::TradingDisabled);
            }
            Then::Calm => self.calm(),
        }
    }

    /// Nothing goes wrong from here on. The operator lets go of everything.
    fn calm(&mut self) {
        self.weather = Weather::Fair;
        self.count_rules();
        self.pipe.heal();
        self.disk.heal();
        self.script.retain(|_, then| matches!(then, Then::Market | Then::Disarm | Then::Undo(_)));
        (self.fuse, self.is_tail_cut, self.crosses) = (None, false, 0);
        self.plan(4 * S, Then::LetGo);
    }

    /// Rules of the exchange that fired since the last call.
    pub(crate) fn count_rules(&mut self) {
        let (fired, complaints) = self.pipe.fired();
        assert!(complaints.is_empty(), "{complaints:?}");
        for kind in Kind::ALL {
            let times = fired.get(kind.name()).copied().unwrap_or(0);
            if times > 0 {
                *self.met.entry(kind.name()).or_default() += times;
            }
        }
    }

    /// Time passes while no host runs.
    pub(crate) fn pass(&mut self, ns: u64) {
        let until = self.clock() + ns;
        while self.step(until) {}
        self.returned.clear();
    }

    /// The market moves: mostly the best prices, sometimes somebody trades.
    fn market(&mut self) {
        let text = |ticks: i64| format!("{}.{:02}", ticks / 100, ticks % 100);
        let qty = |random: &mut Random| format!("{}.{}", random.below(4), 1 + random.below(9));
        let change = if self.random.percent(70) {
            self.middle += i64::try_from(self.random.below(9)).expect("small") - 4;
            let width = 1 + i64::try_from(self.random.below(3)).expect("small");
            let (bid, ask) = (self.middle - width, self.middle + width);
            let (bid_qty, ask_qty) = (qty(&mut self.random), qty(&mut self.random));
            json!({"is": "quote", "bid": text(bid), "bid_qty": bid_qty, "ask": text(ask), "ask_qty": ask_qty})
        } else {
            let away = i64::try_from(self.random.below(13)).expect("small") - 6;
            let buyer_is_maker = self.random.percent(50);
            json!({"is": "trade", "price": text(self.middle + away), "qty": qty(&mut self.random), "buyer_is_maker": buyer_is_maker})
        };
        self.pipe.act(json!({"do": "follow", "symbol": SYMBOL, "change": change})).expect("a market");
        let pause = match self.weather {
            Weather::Storm => (80 * MS, 500 * MS),
            Weather::Fair => (500 * MS, 2 * S),
            Weather::Still => (4 * S, 6 * S),
        };
        let pause = self.random.between(pause);
        self.plan(pause, Then::Market);
    }

    /// Price of the middle, so many ticks away.
    pub(crate) fn price(&self, away: i64) -> String {
        let ticks = self.middle + away;
        format!("{}.{:02}", ticks / 100, ticks % 100)
    }

    /// The process may be killed whenever it looks at the world.
    fn look(&mut self) {
        if let Some(left) = &mut self.fuse {
            if *left == 0 {
                self.fuse = None;
                std::panic::panic_any(GONE);
            }
            *left -= 1;
        }
    }

    /// The host's clock at a time.
    fn wall(&self, ns: u64) -> u64 {
        ns.saturating_add_signed(self.wall_ns)
    }
}

impl Outside for House {
    fn now(&mut self) -> TimeNs {
        self.look();
        let step = self.wall_ns - self.told_ns;
        if step.unsigned_abs() >= STEP_NS_MIN {
            self.told_ns = self.wall_ns;
            self.tell(EventKind::ClockAdjusted(step));
        }
        TimeNs(self.wall(self.pipe.now().0))
    }

    fn next(&mut self, due: Option<TimeNs>) -> Heard {
        loop {
            if let Some(input) = self.waiting() {
                return Heard::Input(input);
            }
            let now = self.pipe.now().0;
            if now >= self.ends_at {
                return Heard::End(self.ending);
            }
            if now >= self.compare_at {
                self.compare_at = now + COMPARE_NS;
                return Heard::Input(Input::Reconcile);
            }
            let left = due.map_or(u64::MAX, |due| due.0.saturating_sub(self.wall(now)));
            if left == 0 {
                return Heard::Due;
            }
            self.step(now.saturating_add(left).min(self.compare_at).min(self.ends_at));
        }
    }

    fn waiting(&mut self) -> Option<Input> {
        self.look();
        let said = |said| match said {
            Said::Report(report) => Input::Fact(Fact::Report(report)),
            Said::Answered(id, answer) => Input::Answered(VENUE, id, answer),
        };
        self.returned.pop_front().or_else(|| self.pipe.take_said().map(said))
    }

    fn send(&mut self, command: VenueCommand) {
        self.look();
        self.watch(&command);
        if self.holds(&command) {
            let report = not_sent(&command, RejectReason::TransmitRefused);
            return self.returned.push_back(Input::Fact(Fact::Report(report)));
        }
        self.cross(&command);
        self.pipe.hand(ACCOUNT, Handed::Send(command));
    }

    fn ask(&mut self, _venue: VenueId, id: QueryId, query: Query) {
        self.look();
        self.pipe.ask(id, query);
    }

    fn told(&mut self, _notice: &Notice) {}
}

/// The session of a seed; the first 50 bits stand in its client ids.
pub(crate) fn session(seed: u64) -> SessionId {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    SessionId(id)
}
