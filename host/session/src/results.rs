//! Results: what did a run come to?
//!
//! In: counters of a run and the State it ended in. Out: one value with everything a report shows.
//! Must never: recompute what State knows.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{Config, EventDelivery};
use ringfence_core::decision::{AnomalyCode, Decision, DecisionKind, Effects};
use ringfence_core::event::{BalanceReason, Event, EventKind, FillReason, Halt, Mode};
use ringfence_core::ids::{AccountId, InstrumentId, StrategyId};
use ringfence_core::intent::{Action, IntentKind};
use ringfence_core::money::{Decimal, MoneyError, add_exact};
use ringfence_core::state::State;
use ringfence_core::state::view::AccountView;

use crate::by_strategy::ByStrategy;
use crate::curve::{Curve, Point};
use crate::error::SessionError;
use crate::fuel::FuelTable;
use crate::opening::Attached;
use crate::pace::Notice;
use crate::record::Digests;

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tape rows fed.
    pub rows: u64,
    /// Events of the stream, rows included.
    pub events: u64,
    /// Intents emitted; notes are counted apart.
    pub intents: u64,
    /// Legs that the normalizer could not make an order of.
    pub malformed: u64,
    /// Legs that Risk denied.
    pub denied: u64,
    /// Orders dispatched.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Of these, how many by each reason, in the order of [`FillReason::ALL`].
    pub fill_reasons: [u64; FillReason::ALL.len()],
    /// Orders canceled.
    pub cancels: u64,
    /// Orders, cancels and amends rejected by the venue.
    pub rejects: u64,
    /// Anomalies recorded.
    pub anomalies: u64,
    /// Decisions of every kind.
    pub decisions: u64,
    /// Notes written by strategies.
    pub notes: u64,
    /// Fills that were booked before and told again; none of them is in `fills`.
    pub told_again: u64,
    /// Reason of the fill that is being stepped: whether it is news its decisions say.
    pub stepped_fill: Option<FillReason>,
}

impl Counts {
    /// Counts what an event that is not a tape row says; how many events there were says the number of the last.
    pub fn event(&mut self, event: &Event) {
        let kind = &event.kind;
        self.stepped_fill = if let EventKind::OrderFilled(fill) = kind { Some(fill.reason) } else { None };
        if let Some(reason) = self.stepped_fill {
            self.fills += 1;
            self.fill_reasons[usize::from(reason.number()) - 1] += 1;
        }
        self.cancels += u64::from(matches!(kind, EventKind::OrderCanceled(..)));
        let is_reject = matches!(
            kind,
            EventKind::OrderRejected(..)
                | EventKind::CancelRejected(..)
                | EventKind::AmendRejected(..)
                | EventKind::TransmitRefused(..)
        );
        self.rejects += u64::from(is_reject);
    }

    /// The core knew the fill of this step already.
    fn was_told_before(&mut self) {
        let Some(reason) = self.stepped_fill.take() else { return };
        self.told_again += 1;
        self.fills -= 1;
        self.fill_reasons[usize::from(reason.number()) - 1] -= 1;
    }

    /// Reasons for which something filled, with the number of fills.
    pub fn fills_by_reason(&self) -> impl Iterator<Item = (FillReason, u64)> {
        FillReason::ALL.iter().copied().zip(self.fill_reasons).filter(|(_, count)| *count > 0)
    }

    /// Counts what a step decided.
    pub fn effects(&mut self, effects: &Effects) {
        self.decisions += effects.decisions.len() as u64;
        for decision in &effects.decisions {
            self.decision(decision);
        }
        let submits = effects.commands.iter().filter(|command| matches!(command.action(), Action::Submit(_)));
        self.orders += submits.count() as u64;
    }

    /// Counts one decision.
    pub fn decision(&mut self, decision: &Decision) {
        match decision.kind {
            DecisionKind::Emitted(IntentKind::Note(_)) => self.notes += 1,
            DecisionKind::Emitted(_) => self.intents += 1,
            DecisionKind::Malformed(_) => self.malformed += 1,
            DecisionKind::Denied(_) => self.denied += 1,
            DecisionKind::Anomaly(anomaly) => {
                self.anomalies += 1;
                if anomaly.code == AnomalyCode::DuplicateFill {
                    self.was_told_before();
                }
            }
            DecisionKind::Normalised(_)
            | DecisionKind::Allowed(_)
            | DecisionKind::Queued
            | DecisionKind::Superseded(_)
            | DecisionKind::Withdrawn(_)
            | DecisionKind::ApprovalExpired(_)
            | DecisionKind::Dispatched(..)
            | DecisionKind::Refused(_)
            | DecisionKind::Halted(_)
            | DecisionKind::Held(_)
            | DecisionKind::Released(_)
            | DecisionKind::Dropped(_)
            | DecisionKind::Scheduled(_)
            | DecisionKind::Ended(_)
            | DecisionKind::Tied(_) => {}
        }
    }
}

/// Everything a run came to.
#[derive(Clone, Debug)]
pub struct Results {
    /// Mode of the session.
    pub mode: Mode,
    /// Counts.
    pub counts: Counts,
    /// Event loop without decoding, in seconds.
    pub seconds: f64,
    /// Decoding of tapes, in seconds.
    pub decode_seconds: f64,
    /// Net quantity of all accounts in each instrument, in units.
    pub positions: Vec<(InstrumentId, Decimal)>,
    /// Fees of all accounts in the base currency.
    pub fees: Decimal,
    /// Cash that moved without a fill, in the base currency.
    pub adjusted: Adjusted,
    /// Realised profit of all accounts, without fees.
    pub realised: Decimal,
    /// Equity of all accounts at the last marks.
    pub equity: Decimal,
    /// Equity over time.
    pub curve: Vec<Point>,
    /// Digest of State at the end.
    pub state_digest: Sha256Hash,
    /// Digest of all decisions.
    pub decision_digest: Sha256Hash,
    /// Digest of the fuel of every call.
    pub fuel_digest: Sha256Hash,
    /// One entry per strategy, by ascending id.
    pub strategies: Vec<StrategyResults>,
    /// What became of strategies between events: swaps, restarts, quarantines. At most a thousand.
    pub notices: Vec<Notice>,
}

/// What one strategy came to.
#[derive(Clone, Debug)]
pub struct StrategyResults {
    /// Its id.
    pub id: StrategyId,
    /// Its name in the configuration.
    pub name: String,
    /// SHA-256 of its component; zeros for native code.
    pub component: Sha256Hash,
    /// Digest of its decisions alone.
    pub decision_digest: Sha256Hash,
    /// Calls.
    pub calls: u64,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Median fuel of a call; `None` where events came in batches, and nobody knows.
    pub fuel_p50: Option<u64>,
    /// 99th percentile, likewise.
    pub fuel_p99: Option<u64>,
    /// Why it is halted, if it is.
    pub halt: Option<Halt>,
    /// What is known of that beside the code; nothing follows from it.
    pub last_words: Option<String>,
    /// Every halt of it, in order; it may have been started again behind each.
    pub halts: Vec<Halt>,
    /// Intents that were refused it, as too many of a call or a second.
    pub cut: u64,
    /// Equity of its sub-account at the end.
    pub equity: Decimal,
    /// Profit that its sub-account realised, without fees.
    pub realised: Decimal,
    /// Fees that its sub-account paid.
    pub fees: Decimal,
    /// What it did; rows and events are not counted by strategy.
    pub counts: Counts,
    /// Bytes of its linear memories at the end; `None` = it is halted, or native code.
    pub memory_bytes: Option<u64>,
}

/// Cash that moved without a fill, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adjusted {
    /// In the order of [`BalanceReason::ALL`].
    sums: [Decimal; BalanceReason::ALL.len()],
}

impl Adjusted {
    /// What this reason came to; negative = paid.
    #[must_use]
    pub fn of(&self, reason: BalanceReason) -> Decimal {
        self.sums[usize::from(reason.number()) - 1]
    }

    /// Reasons for which cash moved, with their sums.
    pub fn by_reason(&self) -> impl Iterator<Item = (BalanceReason, Decimal)> {
        BalanceReason::ALL.iter().copied().zip(self.sums).filter(|(_, sum)| !sum.is_zero())
    }

    /// Adds an amount of the same currency.
    ///
    /// # Errors
    /// [`MoneyError`] when the sum does not fit a decimal.
    pub fn add(&mut self, reason: BalanceReason, amount: Decimal) -> Result<(), MoneyError> {
        let sum = &mut self.sums[usize::from(reason.number()) - 1];
        *sum = add_exact(*sum, amount)?;
        Ok(())
    }
}

/// Cash of each account that moved without a fill, in its own currency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adjustments {
    accounts: Vec<Adjusted>,
}

impl Adjustments {
    /// Counts an event; most are none of these.
    pub(crate) fn event(&mut self, event: &Event) -> Result<(), MoneyError> {
        let EventKind::BalanceAdjusted(change) = event.kind else { return Ok(()) };
        let Some(at) = usize::from(event.account.0).checked_sub(1) else { return Ok(()) };
        if self.accounts.len() <= at {
            self.accounts.resize(at + 1, Adjusted::default());
        }
        self.accounts[at].add(change.reason, change.amount)
    }

    /// The sums of all accounts in the base currency, at the last rates.
    fn total(&self, (state, config): (&State, &Config)) -> Result<Adjusted, MoneyError> {
        let mut total = Adjusted::default();
        for (account, adjusted) in config.accounts.iter().zip(&self.accounts) {
            for (reason, sum) in adjusted.by_reason() {
                total.add(reason, state.convert(sum, account.currency, config.base_currency)?)?;
            }
        }
        Ok(total)
    }
}

/// What the run loop knows at its end besides State.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) seconds: f64,
    pub(crate) decode_seconds: f64,
    pub(crate) curve: Curve,
    pub(crate) adjustments: Adjustments,
    /// Intents that each strategy was refused as too many, by id.
    pub(crate) cut: Vec<u64>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) halts: Vec<(StrategyId, Halt)>,
}

/// What is known of each strategy beside State.
#[derive(Debug)]
pub(crate) struct Each<'a> {
    pub(crate) counts: &'a ByStrategy,
    pub(crate) fuel: &'a FuelTable,
    /// In the order of the strategies.
    pub(crate) left: Vec<Left>,
}

/// What the host of a strategy knows of it at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) last_words: Option<String>,
}

impl Totals {
    /// Equity now; `None` while a rate that it needs is not known.
    pub(crate) fn point(state: &State) -> Result<Option<Point>, MoneyError> {
        match all_accounts(state) {
            Ok(total) => Ok(Some(Point { time: state.time(), equity: total.equity })),
            Err(MoneyError::NoRate(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn results(
        self,
        (state, config): (&State, &Config),
        (attached, each): (&[Attached], &Each<'_>),
        (counts, digests): (Counts, &Digests),
    ) -> Result<Results, SessionError> {
        let total = all_accounts(state)?;
        let mut curve = self.curve.points().to_vec();
        curve.push(Point { time: state.time(), equity: total.equity });
        let left = each.left.iter().cloned().chain(std::iter::repeat(Left::default()));
        let strategies = attached.iter().zip(left).map(|(strategy, Left { memory_bytes, last_words })| {
            let results = strategy_results(state, strategy, (each, digests, &self))?;
            Ok(StrategyResults { memory_bytes, last_words, ..results })
        });
        let strategies = strategies.collect::<Result<_, MoneyError>>()?;
        Ok(Results {
            mode: state.mode().unwrap_or(Mode::Backtest),
            counts,
            seconds: self.seconds,
            decode_seconds: self.decode_seconds,
            positions: positions(state, config),
            fees: total.fees,
            adjusted: self.adjustments.total((state, config))?,
            realised: total.realised,
            equity: total.equity,
            curve,
            state_digest: digests.state,
            decision_digest: digests.decisions,
            fuel_digest: digests.fuel,
            strategies,
            notices: self.notices,
        })
    }
}

/// Sum over all accounts in the base currency, at the last rates.
///
/// # Errors
/// [`MoneyError::NoRate`] while an account of another currency has something and no price converts it, others when an amount
/// does not fit a decimal.
pub fn all_accounts(state: &State) -> Result<AccountView, MoneyError> {
    let mut sum = AccountView {
        cash: Decimal::ZERO,
        equity: Decimal::ZERO,
        capital: Decimal::ZERO,
        realised: Decimal::ZERO,
        fees: Decimal::ZERO,
        drawdown: Decimal::ZERO,
    };
    let Some(config) = state.config() else { return Ok(sum) };
    for (account, id) in config.accounts.iter().zip(1_u16..) {
        let view = state.account_total(AccountId(id))?;
        let base = |amount| state.convert(amount, account.currency, config.base_currency);
        sum.cash = add_exact(sum.cash, base(view.cash)?)?;
        sum.equity = add_exact(sum.equity, base(view.equity)?)?;
        sum.realised = add_exact(sum.realised, base(view.realised)?)?;
        sum.fees = add_exact(sum.fees, base(view.fees)?)?;
    }
    Ok(sum)
}

fn positions(state: &State, config: &Config) -> Vec<(InstrumentId, Decimal)> {
    let accounts = u16::try_from(config.accounts.len()).expect("account ids are u16");
    let held = |instrument: InstrumentId| -> i64 {
        (1..=accounts)
            .flat_map(|id| state.account_positions(AccountId(id)))
            .filter(|(id, ..)| *id == instrument)
            .map(|(_, _, position)| position.qty)
            .sum()
    };
    let units = |qty: i64, scale: u8| Decimal::new(qty, u32::from(scale)).normalize();
    config.instruments.iter().map(|i| (i.id, units(held(i.id), i.qty_scale.digits()))).collect()
}

fn strategy_results(
    state: &State,
    attached: &Attached,
    (each, digests, totals): (&Each<'_>, &Digests, &Totals),
) -> Result<StrategyResults, MoneyError> {
    let id = attached.strategy;
    let name = state.config().and_then(|config| config.strategy(id)).map_or("", |slot| slot.name.as_str());
    let used = each.fuel.of(id).cloned().unwrap_or_default();
    let account = state.account_view(id)?;
    let is_known = state.config().is_none_or(|config| config.execution.delivery == EventDelivery::Single);
    Ok(StrategyResults {
        id,
        name: name.to_owned(),
        component: attached.component,
        decision_digest: digests.of_strategy(id),
        calls: used.count(),
        fuel: used.total(),
        fuel_p50: is_known.then(|| used.quantile(500)),
        fuel_p99: is_known.then(|| used.quantile(990)),
        halt: state.halt(id),
        halts: totals.halts.iter().filter(|(halted, _)| *halted == id).map(|(_, halt)| *halt).collect(),
        cut: totals.cut.get(usize::from(id.0)).copied().unwrap_or(0),
        equity: account.equity,
        realised: account.realised,
        fees: account.fees,
        counts: each.counts.of(id),
        memory_bytes: None,
        last_words: None,
    })
}
