//! Lives: how does a host begin, end, and begin again?
//!
//! In: a house. Out: its sessions, one after the other over the same journal, until the end. Must never: go on with anything
//! but what the disk confirmed, or what was written and survived.

use std::num::NonZeroU32;
use std::ops::ControlFlow;

use ringfence_binance::codec::failure::Product;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot,
    Supervision, Venue,
};
use ringfence_core::event::{KillLevel, Mode};
use ringfence_core::ids::{CurrencyId, NameId, StrategyId};
use ringfence_core::instrument::{Instrument, InstrumentKind};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Qty};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::risk::approval::KeyId;
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::wire::header::{Feed as Fed, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::backtest::Progress;
use ringfence_session::error::SessionError;
use ringfence_session::live::{Live, Place, Reached};
use ringfence_session::opening::Attached;
use ringfence_session::replay::{Approvals, Replay, Resumed};
use ringfence_tape::{Extent, Feed};
use ringfence_venue::desk;

use crate::house::{ACCOUNT, GONE, House, INSTRUMENT, S, Then, VENUE, Weather, session};
use crate::kinds::Kind;
use crate::trader::{self, Traders};

/// Strategies of the session.
pub(crate) const STRATEGIES: u16 = 2;
/// Most times that a host starts: beyond them something keeps it from living.
const STARTS_MAX: u32 = 200;
/// How long things go wrong, and then how long nothing does.
const STORM_NS: (u64, u64) = (30 * S, 75 * S);
const FAIR_NS: u64 = 130 * S;
const STILL_NS: u64 = 170 * S;
/// A host that cannot go on has so long to cancel.
const GRACE_NS: u64 = 2 * S;
/// Kinds of faults that a seed draws.
const DRAWN: (u64, u64) = (6, 14);

/// How a life ended.
#[derive(Debug)]
pub(crate) enum Life {
    /// As it should: the quiet at the end is over.
    Over,
    /// Without a word.
    Gone,
    /// The session could not go on.
    Stranded(SessionError),
}

pub(crate) fn instrument(product: Product) -> Instrument {
    let plain = desk::instrument(1, (2, 1));
    let kind = match product {
        Product::Spot => InstrumentKind::Spot,
        Product::UsdM => InstrumentKind::Perpetual,
    };
    Instrument { kind, symbol: NameId(1), qty_max: Qty(1_000_000), ..plain }
}

pub(crate) fn keys() -> ApprovalKeys {
    ApprovalKeys::new(KeyId(1), &[7; 32]).expect("long enough")
}

impl House {
    /// A whole run of a seed: a storm, then the quiet.
    pub(crate) fn run(seed: u64, is_shown: bool) -> House {
        let mut house = House::new(seed);
        if is_shown {
            house.pipe.keep_shown();
        }
        house.plot();
        for _ in 0..STARTS_MAX {
            house.start();
            let life = house.live();
            house.count_disk();
            match life {
                Life::Over => return house,
                Life::Gone => house.sees("killed"),
                Life::Stranded(error) => house.strand(&error),
            }
            house.come_back();
        }
        panic!("it never comes to an end");
    }

    /// Draws what goes wrong, and when.
    fn plot(&mut self) {
        let storm = self.random.between(STORM_NS);
        self.plan(0, Then::Market);
        for _ in 0..self.random.between(DRAWN) {
            let kind = *self.random.one_of(Kind::ALL);
            let at = S + self.random.below(storm - S);
            self.plan(at, Then::Strike(kind));
        }
        self.plan(storm, Then::Calm);
        self.plan(storm + FAIR_NS, Then::Disarm);
        self.ends_at = self.clock() + storm + FAIR_NS + STILL_NS;
    }

    /// The session cannot go on: nothing new leaves, what rests is canceled, and the process ends.
    pub(crate) fn strand(&mut self, error: &SessionError) {
        self.sees("stranded");
        self.pipe.note(|| format!("stranded: {error}"));
        if !self.disk.is_dead() {
            self.brake(KillLevel::L3, StrategyId::EXTERNAL);
            self.pass(GRACE_NS);
        }
    }

    /// What is left of the disk, and of the time, when the host starts again.
    fn come_back(&mut self) {
        let has_power = !self.disk.is_dead();
        let share = self.random.below(101);
        self.come_back_with(if has_power { 100 } else { share });
    }

    /// So many of a hundred of the bytes that no sync has confirmed are left.
    pub(crate) fn come_back_with(&mut self, keep: u64) {
        self.pipe.hang_up();
        self.fuse = None;
        let is_cut = std::mem::take(&mut self.is_tail_cut);
        let survivor = |synced: &[u8], seen: &[u8]| {
            let sure = synced.len().min(seen.len());
            let more = (seen.len() - sure) * usize::try_from(keep).expect("a percentage") / 100;
            seen[..sure + more].to_vec()
        };
        let before: usize = self.disk.files().iter().map(|(_, bytes)| bytes.len()).sum();
        self.disk.come_back(survivor);
        let after: usize = self.disk.files().iter().map(|(_, bytes)| bytes.len()).sum();
        if after < before {
            self.sees("unsynced bytes lost");
            if is_cut {
                self.meets(Kind::TruncatedTail);
            }
        }
        let absence = self.absence();
        self.pass(if self.weather == Weather::Storm { absence } else { S });
    }

    /// One life of a host: a new session, or the one that lies on the disk.
    pub(crate) fn live(&mut self) -> Life {
        let (config, attached) = (self.config(), attached());
        let mut traders = Traders::new(self.seed, u64::from(STRATEGIES));
        let (journal, resumed) = match self.opened(&config, &attached, &mut traders) {
            Ok(opened) => opened,
            Err(error) => return Life::Stranded(error),
        };
        let reached = vec![Reached { venue: VENUE, accounts: vec![ACCOUNT], instruments: vec![INSTRUMENT] }];
        let live = Live {
            config: &config,
            session: session(self.seed),
            mode: Mode::Live,
            keys: keys(),
            attached: &attached,
            host: &mut traders,
            place: Place::Real(reached, journal.into()),
            timetable: None,
            resumed,
            observer: None,
        };
        let run = std::panic::AssertUnwindSafe(|| live.run(self));
        match std::panic::catch_unwind(run) {
            Ok(Ok(_)) => Life::Over,
            Ok(Err(error)) => Life::Stranded(error),
            Err(cause) if cause.downcast_ref::<&str>() == Some(&GONE) => {
                self.meets(Kind::Kill);
                Life::Gone
            }
            Err(cause) => std::panic::resume_unwind(cause),
        }
    }

    fn opened(
        &mut self,
        config: &Config,
        attached: &[Attached],
        traders: &mut Traders,
    ) -> Result<(JournalWriter, Option<Resumed>), SessionError> {
        let found = JournalReader::open_on(self.disk.copy());
        if found.is_err_and(|error| error.finding().code == JournalCode::NoHeader) {
            // The session never began, so nothing can have been sent.
            assert!(self.pipe.orders().is_empty(), "sent before there was a journal");
            self.disk.wipe();
        }
        if self.disk.is_empty() {
            return Ok((self.writer(config)?, None));
        }
        let (writer, _) = JournalWriter::open_on(self.disk.drive(), Options::new(Durability::EveryCommit))?;
        let mut progress = |_: Progress| ControlFlow::Continue(());
        let replay = self.replay(attached, traders, &mut progress);
        let resumed = replay.resume(&[]).expect("the record follows").expect("nothing differs");
        self.sees("resumed");
        if open_orders(resumed.state()) > 0 {
            self.sees("resumed with an open order");
        }
        Ok((writer, Some(resumed)))
    }

    fn writer(&self, config: &Config) -> Result<JournalWriter, SessionError> {
        let header = Header {
            session: session(self.seed),
            mode: Mode::Live,
            rules_version: RULES_VERSION,
            engine: "native".into(),
            operator_costs: "none".into(),
            config: config.hash(),
            components: vec![],
            tapes: vec![],
            feed: Fed { rows_max: None, repeat: 1 },
            facts: vec![],
        };
        let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
        Ok(JournalWriter::create_on(self.disk.drive(), beginning, Options::new(Durability::EveryCommit))?)
    }

    pub(crate) fn replay<'a>(
        &self,
        attached: &'a [Attached],
        host: &'a mut Traders,
        progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Replay<'a> {
        Replay {
            reader: JournalReader::open_on(self.disk.copy()).expect("the journal reads"),
            feed: Feed::new(vec![], Extent { rows_max: None, passes: NonZeroU32::MIN }),
            attached,
            host,
            keys: keys(),
            approvals: Approvals::All,
            replaced: &[],
            is_fuel_compared: true,
            operator_costs: "none",
            until: None,
            progress,
            observer: None,
        }
    }

    fn config(&self) -> Config {
        let currency = |code: &str| Currency { code: code.into(), scale: 8 };
        let account = Account { name: "main".into(), venue: VENUE, currency: CurrencyId(1), pacing: None };
        let is_margin = self.product == Product::UsdM;
        Config {
            run: "whole".into(),
            env: Env::Dev,
            region: None,
            base_currency: CurrencyId(1),
            names: vec!["VENUE:BTCUSDT".into()],
            currencies: vec![currency("USDT"), currency("BTC")],
            venues: vec![Venue { name: "VENUE".into(), ..Venue::default() }],
            accounts: vec![account],
            instruments: vec![instrument(self.product)],
            strategies: (1..=STRATEGIES).map(slot).collect(),
            risk: RiskLimits {
                position_strategy_max: Some(Decimal::from(20)),
                position_account_max: Some(Decimal::from(30)),
                open_orders_max: Some(8),
                venue_unavailable: true,
                leverage_reported: is_margin,
                margin_mode_reported: is_margin,
                ..RiskLimits::default()
            },
            execution: Execution {
                approval_ttl_ns: 300_000_000_000,
                terminal_retention_events: if self.seed.is_multiple_of(4) { 100 } else { 2_000 },
                queue_max: 256,
                split_parts_max: None,
                delivery: EventDelivery::Single,
            },
            sections: vec![],
        }
    }
}

fn slot(id: u16) -> StrategySlot {
    StrategySlot {
        name: format!("trader-{id}"),
        account: ACCOUNT,
        lane: Lane::Live,
        capital: Decimal::from(100_000),
        loss_max: None,
        instruments: vec![INSTRUMENT],
        params: vec![],
        fuel_per_call: 1_000,
        fuel_total: None,
        memory_bytes_max: 1 << 20,
        pin: None,
        supervision: Supervision::NONE,
        profile: GuestProfile::Compiled,
        rates: EmitRates::USUAL,
    }
}

pub(crate) fn attached() -> Vec<Attached> {
    let one = |id| Attached { strategy: StrategyId(id), component: [0; 32], plan: trader::plan() };
    (1..=STRATEGIES).map(one).collect()
}

/// Orders that live by State, of every strategy and of nobody's.
pub(crate) fn open_orders(state: &ringfence_core::state::State) -> usize {
    (0..=STRATEGIES).map(|id| state.open_orders(StrategyId(id), INSTRUMENT).count()).sum()
}
