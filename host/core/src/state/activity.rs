//! Activity: what has been done so far, as far as limits look at it?
//!
//! In: allowances, fills, balances, statements of venues, time. Out: counts, recent orders, equity at the marks that losses
//! are measured from. Must never: judge, or keep more than a limit needs.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::config::Config;
use crate::event::MarginMode;
use crate::ids::{AccountId, InstrumentId, StrategyId, TimeNs};
use crate::intent::OrderTerms;
use crate::money::{Decimal, add_exact};
use crate::state::orders::put_terms;

/// Recent orders of a strategy that a new one is compared with.
pub(crate) const TWINS_MAX: usize = 64;

/// What limits look back at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    /// Slot 0 is `external`.
    strategies: Vec<Strategy>,
    accounts: Vec<Marks>,
    /// Accounts x instruments; column 0 is what a venue said of a whole account.
    reported: Vec<Reported>,
    columns: usize,
    /// First ns of the next day; 0 before the first event.
    pub(crate) day_ends: TimeNs,
}

#[derive(Clone, Debug, Default)]
struct Strategy {
    messages: u64,
    fills: u64,
    /// Times of the last allowances, oldest first, as many as the velocity limit counts.
    allowed: VecDeque<TimeNs>,
    /// The last allowed orders, oldest first.
    recent: VecDeque<(TimeNs, OrderTerms)>,
}

/// Equity of an account at the points that losses are measured from.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    session: Option<Decimal>,
    day: Option<Decimal>,
    peak: Option<Decimal>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    leverage: Option<u32>,
    margin_mode: Option<MarginMode>,
}

/// What an allowance is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Allowed<'a> {
    Submit(&'a OrderTerms),
    Amend,
    Cancel,
}

impl Activity {
    /// Makes room for everything a configuration names; what is there stays.
    pub(crate) fn prepare(&mut self, config: &Config) {
        let velocity = config.risk.velocity.map_or(0, |limit| limit.orders_max as usize);
        let twins = if config.risk.duplicate_window_ns.is_some() { TWINS_MAX } else { 0 };
        let strategies = (config.strategies.len() + 1).max(self.strategies.len());
        self.strategies.resize_with(strategies, Strategy::default);
        for strategy in &mut self.strategies {
            strategy.allowed.reserve_exact(velocity.saturating_sub(strategy.allowed.len()));
            strategy.recent.reserve_exact(twins.saturating_sub(strategy.recent.len()));
        }
        let accounts = config.accounts.len().max(self.accounts.len());
        self.accounts.resize(accounts, Marks::default());
        let columns = (config.instruments.len() + 1).max(self.columns);
        let mut reported = alloc::vec![Reported::default(); accounts * columns];
        for (row, old) in self.reported.chunks_exact(self.columns.max(1)).enumerate() {
            reported[row * columns..row * columns + old.len()].copy_from_slice(old);
        }
        (self.reported, self.columns) = (reported, columns);
    }

    /// Counts one allowance.
    pub(crate) fn allow(&mut self, (strategy, now): (StrategyId, TimeNs), what: Allowed<'_>, config: Option<&Config>) {
        let (Some(strategy), Some(config)) = (self.strategies.get_mut(usize::from(strategy.0)), config) else { return };
        strategy.messages += 1;
        if matches!(what, Allowed::Cancel) {
            return;
        }
        let velocity = config.risk.velocity.map_or(0, |limit| limit.orders_max as usize);
        push_bounded(&mut strategy.allowed, now, velocity);
        if let Allowed::Submit(terms) = what {
            let twins = if config.risk.duplicate_window_ns.is_some() { TWINS_MAX } else { 0 };
            push_bounded(&mut strategy.recent, (now, *terms), twins);
        }
    }

    /// Allowances of the last `window_ns`, as many as are kept.
    pub(crate) fn allowed_within(&self, strategy: StrategyId, now: TimeNs, window_ns: u64) -> u64 {
        let Some(strategy) = self.strategies.get(usize::from(strategy.0)) else { return 0 };
        let is_old = |at: &TimeNs| now.age_of(*at).is_none_or(|age| age >= window_ns);
        (strategy.allowed.len() - strategy.allowed.partition_point(is_old)) as u64
    }

    pub(crate) fn messages_and_fills(&self, strategy: StrategyId) -> (u64, u64) {
        self.strategies.get(usize::from(strategy.0)).map_or((0, 0), |strategy| (strategy.messages, strategy.fills))
    }

    /// Age of the last allowed order with the same terms, in ns.
    pub(crate) fn age_of_twin(&self, strategy: StrategyId, terms: &OrderTerms, now: TimeNs) -> Option<u64> {
        let recent = &self.strategies.get(usize::from(strategy.0))?.recent;
        let (at, _) = recent.iter().rev().find(|(_, twin)| twin == terms)?;
        now.age_of(*at)
    }

    pub(crate) fn count_fill(&mut self, strategy: StrategyId) {
        if let Some(strategy) = self.strategies.get_mut(usize::from(strategy.0)) {
            strategy.fills += 1;
        }
    }

    /// The venue stated an account's cash for the first time: the session starts from this equity.
    pub(crate) fn begin(&mut self, account: AccountId, equity: Decimal) {
        if let Some(marks) = self.marks_mut(account) {
            let equity = marks.session.unwrap_or(equity);
            (marks.session, marks.day) = (Some(equity), marks.day.or(Some(equity)));
        }
    }

    /// Money came or went: neither is a profit or a loss.
    pub(crate) fn transfer(&mut self, account: AccountId, amount: Decimal) {
        let Some(marks) = self.marks_mut(account) else { return };
        for mark in [&mut marks.session, &mut marks.day, &mut marks.peak] {
            *mark = mark.and_then(|mark| add_exact(mark, amount).ok());
        }
    }

    pub(crate) fn mark_peak(&mut self, account: AccountId, equity: Decimal) {
        if let Some(marks) = self.marks_mut(account) {
            marks.peak = Some(marks.peak.map_or(equity, |peak| peak.max(equity)));
        }
    }

    pub(crate) fn mark_day(&mut self, account: AccountId, equity: Decimal) {
        if let Some(marks) = self.marks_mut(account) {
            marks.day = Some(equity);
        }
    }

    /// True once for every day that has begun.
    pub(crate) fn begins_day(&mut self, now: TimeNs) -> bool {
        if now < self.day_ends {
            return false;
        }
        self.day_ends = now.next_midnight();
        true
    }

    /// Equity at the start of the session; 0 before the venue stated it.
    pub(crate) fn session_equity(&self, account: AccountId) -> Decimal {
        self.marks(account).session.unwrap_or_default()
    }

    /// Equity at the start of the day, or of the session where that came later.
    pub(crate) fn day_equity(&self, account: AccountId) -> Decimal {
        self.marks(account).day.unwrap_or_else(|| self.session_equity(account))
    }

    /// Highest equity after a fill, or at the start of the session.
    pub(crate) fn peak_equity(&self, account: AccountId) -> Decimal {
        let session = self.session_equity(account);
        self.marks(account).peak.map_or(session, |peak| peak.max(session))
    }

    pub(crate) fn report_leverage(&mut self, account: AccountId, instrument: InstrumentId, hundredths: u32) -> bool {
        self.reported_mut(account, instrument).map(|reported| reported.leverage = Some(hundredths)).is_some()
    }

    pub(crate) fn report_margin_mode(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        mode: MarginMode,
    ) -> bool {
        self.reported_mut(account, instrument).map(|reported| reported.margin_mode = Some(mode)).is_some()
    }

    /// Leverage in force in hundredths, where the venue has stated it for the instrument or the whole account.
    pub(crate) fn leverage(&self, account: AccountId, instrument: InstrumentId) -> Option<u32> {
        self.stated(account, instrument, |reported| reported.leverage)
    }

    /// Margin mode in force, where the venue has stated it for the instrument or the whole account.
    pub(crate) fn margin_mode(&self, account: AccountId, instrument: InstrumentId) -> Option<MarginMode> {
        self.stated(account, instrument, |reported| reported.margin_mode)
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.list(&self.strategies, |w, strategy| {
            w.u64(strategy.messages);
            w.u64(strategy.fills);
            w.u32(u32::try_from(strategy.allowed.len()).expect("at most VELOCITY_ORDERS_MAX"));
            for at in &strategy.allowed {
                w.u64(at.0);
            }
            w.u32(u32::try_from(strategy.recent.len()).expect("at most TWINS_MAX"));
            for (at, terms) in &strategy.recent {
                w.u64(at.0);
                put_terms(terms, w);
            }
        });
        w.list(&self.accounts, |w, marks| {
            for mark in [marks.session, marks.day, marks.peak] {
                w.option(mark, Writer::decimal);
            }
        });
        w.list(&self.reported, |w, reported| {
            w.option(reported.leverage, Writer::u32);
            w.option(reported.margin_mode, |w, mode| w.u8(mode.number()));
        });
        w.u64(self.day_ends.0);
    }

    fn stated<T>(&self, account: AccountId, id: InstrumentId, what: impl Fn(&Reported) -> Option<T>) -> Option<T> {
        let at = |id| self.reported_at(account, id).and_then(|at| self.reported.get(at)).and_then(&what);
        at(id).or_else(|| at(InstrumentId::NONE))
    }

    fn reported_mut(&mut self, account: AccountId, instrument: InstrumentId) -> Option<&mut Reported> {
        let at = self.reported_at(account, instrument)?;
        self.reported.get_mut(at)
    }

    fn reported_at(&self, account: AccountId, instrument: InstrumentId) -> Option<usize> {
        let (row, column) = (usize::from(account.0.checked_sub(1)?), instrument.0 as usize);
        (column < self.columns).then_some(row * self.columns + column)
    }

    fn marks(&self, account: AccountId) -> Marks {
        let row = usize::from(account.0).wrapping_sub(1);
        self.accounts.get(row).copied().unwrap_or_default()
    }

    fn marks_mut(&mut self, account: AccountId) -> Option<&mut Marks> {
        self.accounts.get_mut(usize::from(account.0.checked_sub(1)?))
    }
}

/// Keeps the newest `most`; 0 keeps none.
fn push_bounded<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    while list.len() >= most.max(1) {
        list.pop_front();
    }
    if most > 0 {
        list.push_back(item);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::config::Velocity;
    use crate::tests::world::config;

    fn prepared() -> (Activity, Config) {
        let mut config = config();
        config.risk.velocity = Some(Velocity { orders_max: 2, window_ns: 1 });
        let mut activity = Activity::default();
        activity.prepare(&config);
        (activity, config)
    }

    fn bytes(activity: &Activity) -> Vec<u8> {
        let mut w = Writer::new();
        activity.put(&mut w);
        w.bytes().to_vec()
    }

    #[test]
    fn every_account_and_instrument_has_leverage_of_its_own_and_unknown_ones_have_none() {
        let (mut activity, _) = prepared();
        let places = || (1..=2).flat_map(|account| (0..=3).map(move |instrument| (account, instrument)));
        for (account, instrument) in places() {
            let leverage = u32::from(account) * 100 + instrument;
            assert!(activity.report_leverage(AccountId(account), InstrumentId(instrument), leverage));
        }
        for (account, instrument) in [(0, 1), (3, 1), (1, 4), (2, 4)] {
            assert!(
                !activity.report_leverage(AccountId(account), InstrumentId(instrument), 7),
                "{account} {instrument}"
            );
        }
        let read = places().map(|(account, id)| activity.leverage(AccountId(account), InstrumentId(id)));
        let want = places().map(|(account, id)| Some(u32::from(account) * 100 + id));
        assert_eq!(read.collect::<Vec<_>>(), want.collect::<Vec<_>>());
        assert_eq!(activity.leverage(AccountId(3), InstrumentId(0)), None);
    }

    #[test]
    fn everything_kept_is_in_the_digest() {
        let (empty, config) = prepared();
        let changes: [&dyn Fn(&mut Activity); 5] = [
            &|activity| activity.allow((StrategyId(1), TimeNs(5)), Allowed::Cancel, Some(&config)),
            &|activity| activity.allow((StrategyId(1), TimeNs(5)), Allowed::Amend, Some(&config)),
            &|activity| activity.count_fill(StrategyId(3)),
            &|activity| activity.begin(AccountId(2), Decimal::ONE),
            &|activity| assert!(activity.report_margin_mode(AccountId(2), InstrumentId(3), MarginMode::Cross)),
        ];
        let mut seen = vec![bytes(&empty)];
        for change in changes {
            let mut activity = empty.clone();
            change(&mut activity);
            assert!(!seen.contains(&bytes(&activity)));
            seen.push(bytes(&activity));
        }
    }
}
