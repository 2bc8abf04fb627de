//! Life: a driver that takes a world through what was drawn.
//!
//! In: operations. Out: a world whose invariants held after every step. Two venues: one that may say anything, and an honest
//! one that says what follows from what it was sent.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::{Op, Saying, Wish};
use crate::config::{Pacing, Venue};
use crate::event::{CancelReason, Cause, Command, EventKind, Fill, OrderStatement, Quote, RejectReason, Report};
use crate::ids::{AccountId, InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs, VenueId};
use crate::instrument::Side;
use crate::intent::{Amend, Extras, GroupKind, IntentKind, Link, Schedule, Submit};
use crate::money::{Decimal, Price, Qty};
use crate::order::{Order, OrderState};
use crate::tests::invariants::{Ledger, all_orders};
use crate::tests::reports::plain_fill;
use crate::tests::world::{A, Act, C, START, World};

/// Which venue answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Says anything about any order.
    Any,
    /// Says what can follow; what cannot is left out.
    Honest,
}

/// Two venues and two accounts, each with a rate that is used up all the time; orders above 4 are sent in parts.
pub(crate) fn paced(mut world: World) -> World {
    let pacing = Some(Pacing { per_s: 20, burst: 8, submit: 2, amend: 1, cancel: 1, cancel_reserve: 2 });
    let config = &mut world.config;
    config.venues.push(Venue { name: "OTHER".to_string(), ..Venue::default() });
    config.venues.iter_mut().for_each(|venue| venue.pacing = pacing);
    config.accounts.iter_mut().for_each(|account| account.pacing = pacing);
    config.execution.split_parts_max = Some(2);
    for instrument in config.instruments.iter_mut().filter(|instrument| [A, C].contains(&instrument.id)) {
        instrument.qty_max = Qty(4);
    }
    config.instruments[2].venue = VenueId(2);
    world
}

/// A world that lives through operations, with its invariants followed.
pub(crate) struct Life {
    pub(crate) world: World,
    pub(crate) time: TimeNs,
    pub(crate) digests: Vec<[u8; 32]>,
    ledger: Option<Ledger>,
    fills: Vec<(InstrumentId, AccountId, Fill)>,
    answers: Answers,
}

impl Life {
    pub(crate) fn begin(world: World, answers: Answers) -> Life {
        Life::begin_with(world, answers, Some(Ledger::default()))
    }

    /// A life of which nothing is followed here: for those who follow one thing through very many lives.
    pub(crate) fn begin_unfollowed(world: World, answers: Answers) -> Life {
        Life::begin_with(world, answers, None)
    }

    fn begin_with(world: World, answers: Answers, ledger: Option<Ledger>) -> Life {
        let mut life = Life { world, time: START, digests: vec![], ledger, fills: vec![], answers };
        life.world.open();
        for instrument in [A, C] {
            life.quote(instrument, 100);
        }
        life
    }

    #[track_caller]
    pub(crate) fn live(&mut self, op: &Op) {
        match op {
            Op::Quote { instrument, price } => self.quote(*instrument, *price),
            Op::Act(wishes) => self.act(wishes),
            Op::Say(order, saying) => self.say(*order, *saying),
            Op::Wait(ns) => {
                self.time = self.time.plus(*ns);
                self.report(Report::control(EventKind::TimeAdvanced));
            }
            // An honest venue keeps units as they are, so that sums of fills can be compared.
            Op::Control(_, EventKind::CorporateAction(_)) if self.answers == Answers::Honest => {}
            Op::Control(venue, kind) => {
                // Of the first venue's instrument, or of everything.
                let is_trading = matches!(kind, EventKind::TradingEnabled | EventKind::TradingDisabled);
                let is_whole = is_trading && venue.0 > 1;
                let own = if self.venue_of(A) == *venue { A } else { C };
                let instrument = if is_whole { InstrumentId::NONE } else { own };
                self.report(Report { instrument, venue: *venue, ..Report::control(*kind) });
            }
            Op::Configure => {
                self.world.config.execution.terminal_retention_events ^= 1;
                self.world.change_config(self.time);
                self.follow();
            }
        }
    }

    fn act(&mut self, wishes: &[(StrategyId, Wish)]) {
        for number in 1..=3 {
            let mut acts = Vec::new();
            for (strategy, wish) in wishes.iter().filter(|(strategy, _)| strategy.0 == number) {
                match wish {
                    Wish::Bracket(orders, kind) => {
                        let next = self.newest(*strategy) + 1 + u64::try_from(acts.len()).expect("a few");
                        acts.extend(bracket_acts(orders, *kind, next));
                    }
                    Wish::Emit(_) | Wish::Cancel(_) | Wish::Amend(..) | Wish::Schedule(..) | Wish::Tied(..) => {
                        acts.push(self.wanted(*strategy, wish));
                    }
                }
            }
            self.world.host.tell(StrategyId(number), acts);
        }
        self.quote(A, 100);
    }

    /// Number of a strategy's newest intent.
    fn newest(&self, strategy: StrategyId) -> u64 {
        self.world.core.state().control.strategy(strategy).map_or(0, |control| control.intents)
    }

    fn wanted(&self, strategy: StrategyId, wish: &Wish) -> Act {
        match wish {
            Wish::Schedule(schedule, weights, length) => {
                let wish = Schedule { end: self.time.plus(*length), ..*schedule };
                Act::Schedule(wish, weights.clone())
            }
            Wish::Tied(submit, parent, group) => {
                let newest = self.newest(strategy);
                let before = |count: u64| IntentId(newest.saturating_sub(count));
                let link = Link {
                    parent: parent.map_or(IntentId(0), before),
                    group: group.map_or(IntentId(0), |(count, _)| if count == 5 { IntentId(0) } else { before(count) }),
                    group_kind: group.map_or(GroupKind::None, |(_, kind)| kind),
                };
                Act::Emit(IntentKind::Submit(Submit { extras: Extras { link, ..submit.extras }, ..*submit }))
            }
            Wish::Emit(_) | Wish::Cancel(_) | Wish::Amend(..) | Wish::Bracket(..) => {
                Act::Emit(self.intent(strategy, wish))
            }
        }
    }

    fn intent(&self, strategy: StrategyId, wish: &Wish) -> IntentKind {
        let live: Vec<_> = self.world.core.state().execution.orders.open(strategy, None).collect();
        let nth = |place: usize| live.get(place % live.len().max(1)).map(|order| order.key.intent);
        let meant = match wish {
            Wish::Emit(kind) => Some(*kind),
            Wish::Cancel(place) => nth(*place).map(IntentKind::Cancel),
            Wish::Amend(place, qty, price) => nth(*place).map(|order| {
                IntentKind::Amend(Amend { order, price: price.map(Price), qty: qty.map(Qty), trigger: None })
            }),
            Wish::Schedule(..) | Wish::Tied(..) | Wish::Bracket(..) => None,
        };
        meant.unwrap_or(IntentKind::WakeAt(self.time))
    }

    fn quote(&mut self, instrument: InstrumentId, price: i64) {
        let (bid, ask) = match self.answers {
            Answers::Any => (price, price.saturating_add(1)),
            Answers::Honest => (100, 100),
        };
        let quote = Quote { bid_price: Price(bid), bid_qty: Qty(5), ask_price: Price(ask), ask_qty: Qty(5) };
        self.report(Report { instrument, ..Report::control(EventKind::Quote(quote)) });
    }

    fn say(&mut self, place: usize, saying: Saying) {
        // Live orders mostly, ended ones and unknown ones at times.
        let is_meant = |order: &&Order| place >= 16 || !order.state.is_terminal();
        let orders: Vec<Order> = all_orders(self.world.core.state()).filter(is_meant).copied().collect();
        let unknown = LegKey { intent: IntentId(77), strategy: StrategyId(2), leg: LegId(0) };
        let order = orders.get(place % orders.len().max(1)).filter(|_| place != 19).copied();
        let key = order.map_or(unknown, |order| order.key);
        let kind = match (self.answers, order) {
            (Answers::Any, _) => self.anything(key, saying),
            (Answers::Honest, Some(order)) => honest(&order, saying).or_else(|| self.honest_fill(&order, saying)),
            (Answers::Honest, None) => None,
        };
        let Some(kind) = kind else { return };
        let (instrument, account) = order.map_or((A, AccountId(1)), |order| (order.terms.instrument, order.account));
        self.remember(kind, (instrument, account));
        let venue = self.venue_of(instrument);
        self.report(Report { venue_time: TimeNs(0), cause: Cause::Outside, instrument, venue, account, kind });
    }

    fn venue_of(&self, instrument: InstrumentId) -> VenueId {
        self.world.config.instrument(instrument).map_or(VenueId(1), |instrument| instrument.venue)
    }

    fn remember(&mut self, kind: EventKind, (instrument, account): (InstrumentId, AccountId)) {
        if let EventKind::OrderFilled(fill) = kind {
            self.fills.push((instrument, account, fill));
        }
    }

    fn anything(&self, key: LegKey, saying: Saying) -> Option<EventKind> {
        let again = self.fills.iter().rev().find(|(_, _, fill)| fill.order == key).map(|(_, _, fill)| *fill);
        Some(match saying {
            Saying::Accept => EventKind::OrderAccepted(key),
            Saying::Reject => EventKind::OrderRejected(key, RejectReason::Unknown),
            Saying::Fill { qty, price } => EventKind::OrderFilled(self.fill(key, qty, price)),
            Saying::FillAgain => EventKind::OrderFilled(again?),
            Saying::Bust(more) => {
                let fill = again?;
                EventKind::FillBusted(Fill { qty: Qty(fill.qty.0.saturating_add(more)), ..fill })
            }
            Saying::Canceled => EventKind::OrderCanceled(key, Qty(0), CancelReason::Venue),
            Saying::CancelRejected => EventKind::CancelRejected(key, RejectReason::TooLate),
            Saying::Amended { qty, price } => EventKind::OrderAmended(key, Price(price), Qty(qty)),
            Saying::AmendRejected => EventKind::AmendRejected(key, RejectReason::TooLate),
            Saying::Expired => EventKind::OrderExpired(key, Qty(0)),
            Saying::Unknown => EventKind::OutcomeUnknown(key),
            Saying::NotSent(at) => EventKind::TransmitRefused(key, Command::ALL[at], RejectReason::TransmitRefused),
            Saying::Stated(state, qty) => EventKind::OrderReported(OrderStatement {
                order: key,
                state,
                side: Side::Buy,
                price: Price(qty),
                qty: Qty(qty),
                filled: Qty(qty),
            }),
        })
    }

    /// A fill of an honest venue: of a live order, of what is open at most.
    fn honest_fill(&self, order: &Order, saying: Saying) -> Option<EventKind> {
        let Saying::Fill { qty, .. } = saying else { return None };
        // The venue may have amended it already, and the answer is still under way.
        let most = order.leaves().0.max(order.amend_sent.0 - order.filled.0);
        let qty = qty.min(most);
        let is_open = !order.state.is_terminal() && qty > 0;
        is_open.then(|| EventKind::OrderFilled(self.fill(order.key, qty, 100)))
    }

    fn fill(&self, key: LegKey, qty: i64, price: i64) -> Fill {
        let fee = Decimal::new(qty.rem_euclid(7) - 2, 3);
        Fill { fee, ..plain_fill(&self.world, key, (Qty(qty), Price(price))) }
    }

    #[track_caller]
    fn report(&mut self, report: Report) {
        let first = self.world.seq.0;
        self.world.report(self.time, report);
        assert_eq!(self.world.seq.0, first + 1, "nobody is halted in these lives");
        self.follow();
    }

    #[track_caller]
    fn follow(&mut self) {
        if let Some(ledger) = &mut self.ledger {
            ledger.follow(&self.world);
            self.digests.push(self.world.core.state().digest());
        }
    }
}

/// The orders of a bracket whose entry will be this intent.
fn bracket_acts(orders: &[Submit; 3], kind: GroupKind, entry: u64) -> [Act; 3] {
    let (parent, group) = (IntentId(entry), IntentId(entry + 1));
    let links =
        [Link::NONE, Link { parent, group: IntentId(0), group_kind: kind }, Link { parent, group, group_kind: kind }];
    core::array::from_fn(|at| {
        let extras = Extras { link: links[at], ..orders[at].extras };
        Act::Emit(IntentKind::Submit(Submit { extras, ..orders[at] }))
    })
}

/// What an honest venue can say of an order in this state; its fills are in `honest_fill`.
fn honest(order: &Order, saying: Saying) -> Option<EventKind> {
    use OrderState as S;
    let (key, state, too_late) = (order.key, order.state, RejectReason::TooLate);
    let price = order.terms.limit_price.unwrap_or_default();
    // A venue that filled by an amended quantity has made the amend.
    let fits = order.filled <= order.terms.qty;
    let (can, kind) = match saying {
        Saying::Accept => (matches!(state, S::Submitted | S::Unknown), EventKind::OrderAccepted(key)),
        Saying::Reject => (state == S::Submitted, EventKind::OrderRejected(key, too_late)),
        Saying::Canceled => (!state.is_terminal(), EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked)),
        Saying::CancelRejected => (state == S::PendingCancel, EventKind::CancelRejected(key, too_late)),
        Saying::Amended { .. } => {
            let qty = order.amend_sent.max(order.filled);
            (state == S::PendingAmend, EventKind::OrderAmended(key, price, qty))
        }
        Saying::AmendRejected => (state == S::PendingAmend && fits, EventKind::AmendRejected(key, too_late)),
        Saying::Expired => (!state.is_terminal(), EventKind::OrderExpired(key, Qty(0))),
        Saying::Unknown => (state.is_in_flight(), EventKind::OutcomeUnknown(key)),
        Saying::NotSent(_) => {
            let amends = state == S::PendingAmend;
            let other = if state == S::PendingCancel { Command::Cancel } else { Command::Submit };
            let command = if amends { Command::Amend } else { other };
            (
                state.is_in_flight() && (!amends || fits),
                EventKind::TransmitRefused(key, command, RejectReason::TransmitRefused),
            )
        }
        Saying::Fill { .. } | Saying::FillAgain | Saying::Bust(_) | Saying::Stated(..) => return None,
    };
    can.then_some(kind)
}
