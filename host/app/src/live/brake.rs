//! Brake: may this command still go out?
//!
//! In: levels of the kill switch, from any thread. Out: yes or no for each command on its way to a venue; cancels that need
//! neither core nor journal. Must never: wait for the session, the journal or a strategy.
//!
//! The session learns of it by an event like everybody else. What it decided before that, and sends after the brake was
//! pulled, is not transmitted. Cancels always pass; at level 4 so do the orders by which the host closes positions.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use ringfence_core::event::KillLevel;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, StrategyId, VenueId};
use ringfence_core::intent::Action;
use ringfence_venue::EmergencyCancel;
use tokio::sync::mpsc::UnboundedSender;

/// The brake of one session.
#[derive(Debug)]
pub(crate) struct Brake {
    level: AtomicU8,
    /// Strategies that are stopped one by one.
    strategies: Mutex<BTreeSet<StrategyId>>,
    /// Where the level survives a restart. It has its full length from the start, so that a full disk does not matter.
    latch: Option<File>,
    lines: Mutex<Vec<Line>>,
}

/// The way to one adapter.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) venue: VenueId,
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) cancels: UnboundedSender<EmergencyCancel>,
}

/// What the latch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Latched {
    pub(crate) level: KillLevel,
    pub(crate) strategies: BTreeSet<StrategyId>,
}

impl Latched {
    /// Nothing is stopped.
    fn nothing() -> Latched {
        Latched { level: KillLevel::Off, strategies: BTreeSet::new() }
    }
}

/// Bytes of the latch: a mark, the level, then a bit for each id that a strategy can have.
const LATCH_BYTES: usize = 2 + (StrategyId::MAX.0 as usize + 1).div_ceil(8);
/// First byte of a latch that was written whole.
const LATCH_MARK: u8 = 0xA5;

impl Brake {
    /// A brake whose level lies in this file; what it says is in force.
    pub(crate) fn open(file: &Path) -> io::Result<Brake> {
        let latch = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(file)?;
        let mut bytes = [0; LATCH_BYTES];
        let length = usize::try_from(latch.metadata()?.len()).unwrap_or(0);
        if length == LATCH_BYTES {
            latch.read_exact_at(&mut bytes, 0)?;
        } else {
            latch.write_all_at(&bytes, 0)?;
            latch.sync_all()?;
        }
        let latched = read(&bytes);
        Ok(Brake {
            level: AtomicU8::new(latched.level.number()),
            strategies: Mutex::new(latched.strategies),
            latch: Some(latch),
            lines: Mutex::new(Vec::new()),
        })
    }

    /// A brake that nobody remembers: of sessions that send nothing.
    pub(crate) fn forgetful() -> Brake {
        Brake {
            level: AtomicU8::new(0),
            strategies: Mutex::new(BTreeSet::new()),
            latch: None,
            lines: Mutex::new(Vec::new()),
        }
    }

    /// Emergency cancels go this way too from now on.
    pub(crate) fn connect(&self, line: Line) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What is in force.
    pub(crate) fn latched(&self) -> Latched {
        let number = self.level.load(Ordering::SeqCst);
        let level = KillLevel::ALL.iter().find(|level| level.number() == number).copied();
        Latched { level: level.unwrap_or(KillLevel::L2), strategies: self.stopped().clone() }
    }

    /// Pulls the brake, or lets it go with [`KillLevel::Off`]: at once for what is sent from now on, then on the disk, then
    /// by cancels from level 3 on. A fault of the disk is answered, and everything else done all the same.
    pub(crate) fn pull(&self, level: KillLevel, strategy: StrategyId) -> io::Result<()> {
        match (level, strategy) {
            (KillLevel::L1, one) => drop(self.stopped().insert(one)),
            (KillLevel::Off, StrategyId::EXTERNAL) => self.level.store(KillLevel::Off.number(), Ordering::SeqCst),
            (KillLevel::Off, one) => drop(self.stopped().remove(&one)),
            (KillLevel::L2 | KillLevel::L3 | KillLevel::L4, _) => {
                self.level.fetch_max(level.number(), Ordering::SeqCst);
            }
        }
        if matches!(level, KillLevel::L3 | KillLevel::L4) {
            self.cancel_everything();
        }
        self.remember()
    }

    /// Sends a cancel of everything to every venue, past core and journal.
    fn cancel_everything(&self) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines.iter() {
            for account in &line.accounts {
                // An adapter that is gone has nothing to cancel.
                let _gone = line.cancels.send(EmergencyCancel::account(line.venue, *account)).is_err();
            }
        }
    }

    /// True for a command that must not go out any more.
    pub(crate) fn holds(&self, command: &VenueCommand) -> bool {
        let level = self.level.load(Ordering::SeqCst);
        let is_closing = match command.action() {
            Action::Cancel(_) => return false,
            // Every order that the host makes closes, whatever it says to a venue.
            Action::Submit(_) => command.key().intent.is_of_host() && level == KillLevel::L4.number(),
            Action::Amend(_) => false,
        };
        !is_closing && (level >= KillLevel::L2.number() || self.stopped().contains(&command.key().strategy))
    }

    fn stopped(&self) -> std::sync::MutexGuard<'_, BTreeSet<StrategyId>> {
        self.strategies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self) -> io::Result<()> {
        let Some(latch) = &self.latch else { return Ok(()) };
        latch.write_all_at(&written(&self.latched()), 0)?;
        latch.sync_data()
    }
}

fn written(latched: &Latched) -> [u8; LATCH_BYTES] {
    let mut bytes = [0; LATCH_BYTES];
    (bytes[0], bytes[1]) = (LATCH_MARK, latched.level.number());
    for id in &latched.strategies {
        if let Some(byte) = bytes.get_mut(2 + usize::from(id.0 / 8)) {
            *byte |= 1 << (id.0 % 8);
        }
    }
    bytes
}

/// A latch that cannot be what was written stops everything: nobody knows what it said.
fn read(bytes: &[u8; LATCH_BYTES]) -> Latched {
    if bytes.iter().all(|byte| *byte == 0) {
        return Latched::nothing();
    }
    let level = KillLevel::ALL.iter().find(|level| level.number() == bytes[1] && bytes[0] == LATCH_MARK);
    let ids = (0_u16..).take((LATCH_BYTES - 2) * 8);
    let strategies = ids.filter(|id| bytes[2 + usize::from(id / 8)] >> (id % 8) & 1 == 1).map(StrategyId).collect();
    Latched { level: level.copied().unwrap_or(KillLevel::L2), strategies }
}

#[cfg(test)]
mod tests {
    use ringfence_core::event::{EventKind, Fill, FillReason, Liquidity, Quote, Report};
    use ringfence_core::ids::{CurrencyId, InstrumentId};
    use ringfence_core::instrument::{PositionSide, Side};
    use ringfence_core::intent::{IntentKind, Submit};
    use ringfence_core::money::{Decimal, Price, Qty};
    use ringfence_venue::desk::{self, Desk};

    use super::*;

    #[test]
    fn a_brake_is_as_it_was_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("latch");
        let brake = Brake::open(&file).expect("it opens");
        assert_eq!(brake.latched(), Latched::nothing());
        brake.pull(KillLevel::L1, StrategyId(9)).expect("the disk takes it");
        brake.pull(KillLevel::L3, StrategyId(0)).expect("the disk takes it");
        brake.pull(KillLevel::L2, StrategyId(0)).expect("the disk takes it");
        let latched = Latched { level: KillLevel::L3, strategies: [StrategyId(9)].into() };
        assert_eq!(brake.latched(), latched, "a lower level takes nothing back");
        drop(brake);
        let brake = Brake::open(&file).expect("it opens");
        assert_eq!(brake.latched(), latched);
        brake.pull(KillLevel::Off, StrategyId(0)).expect("the disk takes it");
        brake.pull(KillLevel::Off, StrategyId(9)).expect("the disk takes it");
        assert_eq!(Brake::open(&file).expect("it opens").latched(), Latched::nothing());
    }

    #[test]
    fn a_latch_that_nobody_wrote_stops_everything() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("latch");
        std::fs::write(&file, [7; LATCH_BYTES]).expect("written");
        assert_eq!(Brake::open(&file).expect("it opens").latched().level, KillLevel::L2);
    }

    const A: InstrumentId = InstrumentId(1);

    /// A strategy that holds ten, then a reduce-only order of its own; and what the host closes its position with.
    fn commands() -> [VenueCommand; 3] {
        let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
        let one = |side, qty| desk::submit(A, (side, Qty(qty)), Some(Price(100)));
        let mut buys = desk.ask(StrategyId(1), IntentKind::Submit(one(Side::Buy, 10)));
        let order = buys[0].key();
        let fill = Fill {
            order,
            trade_id: 1,
            price: Price(100),
            qty: Qty(10),
            leaves: Qty(0),
            fee: Decimal::ZERO,
            fee_currency: CurrencyId(1),
            side: Side::Buy,
            liquidity: Liquidity::Taker,
            position_side: PositionSide::Net,
            reason: FillReason::Venue,
            ahead: Fill::AHEAD_UNKNOWN,
        };
        let of_venue =
            |kind| Report { venue: VenueId(1), account: AccountId(1), instrument: A, ..Report::control(kind) };
        desk.tell(&of_venue(EventKind::OrderFilled(fill)));
        let touch = Quote { bid_price: Price(99), bid_qty: Qty(50), ask_price: Price(101), ask_qty: Qty(50) };
        desk.tell(&of_venue(EventKind::Quote(touch)));
        let reduces = Submit { reduce_only: true, ..one(Side::Sell, 4) };
        let mut own = desk.ask(StrategyId(1), IntentKind::Submit(reduces));
        let mut closing = desk.tell(&Report::control(EventKind::KillSwitch(KillLevel::L4, StrategyId(0))));
        closing.retain(|command| matches!(command.action(), Action::Submit(_)));
        [&mut buys, &mut own, &mut closing].map(|all| all.pop().expect("one was let out"))
    }

    #[test]
    fn at_level_4_what_the_host_closes_passes_and_a_reduce_only_order_of_a_strategy_does_not() {
        let [buy, own, closing] = commands();
        assert!(closing.key().intent.is_of_host() && !own.key().intent.is_of_host());
        let brake = Brake::forgetful();
        let held = |brake: &Brake| [&buy, &own, &closing].map(|command| brake.holds(command));
        assert_eq!(held(&brake), [false; 3]);
        for level in [KillLevel::L2, KillLevel::L3] {
            brake.pull(level, StrategyId(0)).expect("nothing to write");
            assert_eq!(held(&brake), [true; 3], "{level}: nothing is closed below 4");
        }
        brake.pull(KillLevel::L4, StrategyId(0)).expect("nothing to write");
        assert_eq!(held(&brake), [true, true, false]);
    }

    #[test]
    fn a_strategy_that_is_stopped_alone_is_closed_at_level_4_and_sends_nothing_itself() {
        let [buy, own, closing] = commands();
        let brake = Brake::forgetful();
        let held = |brake: &Brake| [&buy, &own, &closing].map(|command| brake.holds(command));
        brake.pull(KillLevel::L1, StrategyId(2)).expect("nothing to write");
        assert_eq!(held(&brake), [false; 3], "another one is stopped");
        brake.pull(KillLevel::L1, StrategyId(1)).expect("nothing to write");
        assert_eq!(held(&brake), [true; 3]);
        brake.pull(KillLevel::L4, StrategyId(0)).expect("nothing to write");
        assert_eq!(held(&brake), [true, true, false]);
        brake.pull(KillLevel::Off, StrategyId(0)).expect("nothing to write");
        assert_eq!(held(&brake), [true; 3], "it is still stopped alone");
    }

    #[test]
    fn from_level_3_on_every_account_of_every_venue_is_canceled_at_once() {
        let (cancels, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let brake = Brake::forgetful();
        brake.connect(Line { venue: VenueId(2), accounts: vec![AccountId(1), AccountId(3)], cancels });
        brake.pull(KillLevel::L2, StrategyId(0)).expect("nothing to write");
        assert!(heard.try_recv().is_err());
        brake.pull(KillLevel::L3, StrategyId(0)).expect("nothing to write");
        let sent = [heard.try_recv().ok(), heard.try_recv().ok(), heard.try_recv().ok()];
        let cancel = |account| Some(EmergencyCancel::account(VenueId(2), AccountId(account)));
        assert_eq!(sent, [cancel(1), cancel(3), None]);
    }
}
