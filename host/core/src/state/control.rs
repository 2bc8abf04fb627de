//! Control State: who runs, what wakes whom, is trading allowed?
//!
//! In: control events, plans, outcomes. Out: routes from events to strategies, wake-ups, kill level.
//! Must never: judge an intent (Risk asks here) or call a strategy.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::allowance::Second;
use crate::canonical::Writer;
use crate::config::{EmitRates, GuestProfile, StrategySlot};
use crate::event::{Event, Halt, KillLevel};
use crate::ids::{BlobId, InstrumentId, IntentId, LegKey, StrategyId, TimeNs};
use crate::intent::OrderTerms;
use crate::money::Decimal;
use crate::plan::{BarSpec, ChangeFilter, Plan, Topic, put_bars};
use crate::strategy::{Emissions, HaltCode, OutcomeCode, Wake};

/// Pending wake-ups of one strategy: a guest must not grow the host's tables.
pub(crate) const WAKES_MAX: usize = 64;
/// Pending outcomes of one strategy; beyond it the oldest is dropped with an anomaly.
pub(crate) const OUTCOMES_MAX: usize = 1024;
/// Outcomes delivered before one event.
pub(crate) const OUTCOMES_PER_CALL: usize = 64;

/// Shortest time from asking for a wake-up to having it: bounds how often a strategy can wake itself.
pub(crate) const WAKE_DELAY_NS_MIN: u64 = 1_000_000;
/// Calls of one strategy at one time without a market event: it reacts to its own orders and outcomes without end.
pub(crate) const REACTIONS_MAX: u64 = 10_000;

const TOPICS: usize = Topic::ALL.len();

/// Control State.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control {
    pub(crate) trading_is_disabled: bool,
    pub(crate) kill: Option<KillLevel>,
    /// Slot 0 is `external`.
    pub(crate) strategies: Vec<StrategyControl>,
    routes: Vec<[Vec<Route>; TOPICS]>,
    wakes: Vec<Wake>,
}

/// One strategy's place in the host.
#[derive(Clone, Debug, Default)]
pub(crate) struct StrategyControl {
    pub(crate) is_attached: bool,
    pub(crate) is_killed: bool,
    /// It has no component: its intents come from outside. Follows from the configuration.
    pub(crate) is_external: bool,
    pub(crate) halt: Option<Halt>,
    /// Intents numbered so far.
    pub(crate) intents: u64,
    /// Intents that the host made for it so far.
    pub(crate) host_intents: u64,
    /// Subscriptions that still warm up.
    warming: u32,
    pub(crate) outcomes: VecDeque<(IntentId, OutcomeCode)>,
    /// Highest equity after an own fill; none yet = the capital.
    pub(crate) peak: Option<Decimal>,
    reacting_at: TimeNs,
    reactions: u64,
    /// Steps in which something of its own may have changed: an intent, an order, its position, its limits.
    own_changes: u64,
    /// How much it may emit.
    pub(crate) rates: EmitRates,
    /// What it may emit still.
    pub(crate) second: Second,
}

/// Which route of a strategy: instrument, topic, size of bars.
type RoutePlace = (InstrumentId, usize, Option<BarSpec>);

/// What a strategy that is attached begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandedOver {
    /// It begins anew.
    Nothing,
    /// It has the state of the instance before it.
    State,
}

impl HandedOver {
    /// By the blob of that state.
    pub(crate) fn of(state: BlobId) -> HandedOver {
        if state == BlobId::NONE { HandedOver::Nothing } else { HandedOver::State }
    }
}

/// Where one kind of event of one instrument goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) strategy: StrategyId,
    pub(crate) filter: ChangeFilter,
    pub(crate) bars: Option<BarSpec>,
    warm_up_left: u32,
    /// `own_changes` of the strategy at the last delivery; none yet = `u64::MAX`.
    own_seen: u64,
}

impl Route {
    /// True when it matters what was delivered: as warm-up, or as what the strategy has seen.
    pub(crate) fn counts(&self) -> bool {
        self.warm_up_left > 0 || self.filter == ChangeFilter::TouchPriceOrOwn
    }
}

impl StrategyControl {
    /// True while it may be called.
    pub(crate) fn runs(&self) -> bool {
        self.is_attached && self.halt.is_none()
    }

    pub(crate) fn is_warming_up(&self) -> bool {
        self.warming > 0
    }

    /// True when nothing of its own changed since a route delivered last, and nothing waits to be told.
    pub(crate) fn is_as_seen(&self, route: &Route) -> bool {
        self.own_changes == route.own_seen && self.outcomes.is_empty()
    }

    /// Counts calls that no market event and no passing of time explains; the halt, when there are too many.
    pub(crate) fn count_reaction(&mut self, event: &Event) -> Option<Halt> {
        if event.kind.is_market() || self.reacting_at != event.time {
            self.reacting_at = event.time;
            self.reactions = 0;
            return None;
        }
        self.reactions += 1;
        let (limit, used) = (REACTIONS_MAX, self.reactions);
        (used > limit).then_some(Halt { code: HaltCode::Reactions, limit, used })
    }

    /// Numbers and counts what a call emitted.
    #[inline]
    pub(crate) fn count_emitted(&mut self, now: TimeNs, out: &Emissions) {
        let emitted = out.emitted_in_call();
        if emitted > 0 {
            self.intents += emitted;
            self.second.keep(now, out.left());
        }
    }

    /// Keeps an outcome; false when the oldest had to go.
    pub(crate) fn push_outcome(&mut self, intent: IntentId, code: OutcomeCode) -> bool {
        let fits = self.outcomes.len() < OUTCOMES_MAX;
        if !fits {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back((intent, code));
        fits
    }
}

impl Control {
    pub(crate) fn prepare(&mut self, strategies: usize, instruments: usize) {
        self.strategies.resize_with((strategies + 1).max(self.strategies.len()), StrategyControl::default);
        self.routes.resize_with((instruments + 1).max(self.routes.len()), Default::default);
    }

    /// How much each strategy may emit, in order of their ids.
    pub(crate) fn limit(&mut self, slots: &[StrategySlot]) {
        for (control, slot) in self.strategies.iter_mut().skip(1).zip(slots) {
            control.rates = slot.rates;
            control.is_external = slot.profile == GuestProfile::External;
        }
    }

    /// True when the kill switch stops an order of this intent (`None`: whatever it asks for). A latched L4 closes positions
    /// through the same chain, by orders that the host makes, all of which only close.
    pub(crate) fn is_killed(&self, key: LegKey, order: Option<&OrderTerms>) -> bool {
        let own = self.strategy(key.strategy).is_some_and(|strategy| strategy.is_killed);
        let is_stopped = own || matches!(self.kill, Some(KillLevel::L2 | KillLevel::L3 | KillLevel::L4));
        let closes = order.is_some() && self.closes_killed(key);
        is_stopped && !closes
    }

    /// True for what the host closes under a latched L4.
    pub(crate) fn closes_killed(&self, key: LegKey) -> bool {
        key.intent.is_of_host() && self.kill == Some(KillLevel::L4)
    }

    pub(crate) fn strategy(&self, id: StrategyId) -> Option<&StrategyControl> {
        self.strategies.get(usize::from(id.0))
    }

    pub(crate) fn strategy_mut(&mut self, id: StrategyId) -> Option<&mut StrategyControl> {
        self.strategies.get_mut(usize::from(id.0))
    }

    /// Replaces a strategy's routes by those of a plan; false when the plan names something unknown. With the state of
    /// the component before it, it goes on warming up where that one was.
    pub(crate) fn attach(&mut self, id: StrategyId, plan: &Plan, handed_over: HandedOver) -> bool {
        let known = |instrument: InstrumentId| (instrument.0 as usize) < self.routes.len();
        if !plan.subscriptions.iter().all(|subscription| known(subscription.instrument)) {
            return false;
        }
        let before = match handed_over {
            HandedOver::Nothing => Vec::new(),
            HandedOver::State => self.warmth(id),
        };
        self.drop_routes(id);
        let mut warming = 0;
        for subscription in &plan.subscriptions {
            let routes = &mut self.routes[subscription.instrument.0 as usize][topic_index(subscription.topic)];
            let (bars, filter) = (subscription.bars, subscription.filter);
            // Facts about own orders are no market to warm up on: they would never come.
            let warm_up = if subscription.topic == Topic::Order { 0 } else { subscription.warm_up };
            let place = (subscription.instrument, topic_index(subscription.topic), bars);
            let left = before.iter().find(|(known, _)| *known == place).map(|(_, left)| *left);
            let warm_up_left = left.unwrap_or(warm_up);
            let route = Route { strategy: id, filter, bars, warm_up_left, own_seen: u64::MAX };
            // Ascending by strategy: the order of calls. A second subscription to the same replaces the first; bars of
            // another size are not the same.
            match routes.iter().position(|known| known.strategy == id && known.bars == bars) {
                Some(at) => routes[at] = route,
                None => routes.insert(routes.partition_point(|known| known.strategy <= id), route),
            }
        }
        for routes in self.routes.iter().flatten().flatten() {
            warming += u32::from(routes.strategy == id && routes.warm_up_left > 0);
        }
        let control = &mut self.strategies[usize::from(id.0)];
        control.is_attached = true;
        control.halt = None;
        control.warming = warming;
        true
    }

    /// What each route of a strategy still has to warm up.
    fn warmth(&self, id: StrategyId) -> Vec<(RoutePlace, u32)> {
        let places = self.routes.iter().zip(0_u32..).flat_map(|(topics, instrument)| {
            topics.iter().enumerate().map(move |(topic, routes)| (InstrumentId(instrument), topic, routes))
        });
        let own = places.flat_map(|(instrument, topic, routes)| {
            routes.iter().map(move |route| (route, (instrument, topic, route.bars)))
        });
        own.filter(|(route, _)| route.strategy == id).map(|(route, place)| (place, route.warm_up_left)).collect()
    }

    /// Drops everything that would call a strategy: routes, wake-ups, and outcomes that another component would not know.
    pub(crate) fn detach(&mut self, id: StrategyId) {
        self.drop_routes(id);
        self.wakes.retain(|wake| wake.strategy != id);
        if let Some(control) = self.strategy_mut(id) {
            control.outcomes.clear();
        }
    }

    /// Routes of a topic, ascending by strategy.
    pub(crate) fn routes(&self, instrument: InstrumentId, topic: Topic) -> &[Route] {
        self.routes.get(instrument.0 as usize).map_or(&[], |topics| &topics[topic_index(topic)])
    }

    /// Something of a strategy's own may have changed.
    pub(crate) fn count_own_change(&mut self, id: StrategyId) {
        if let Some(control) = self.strategy_mut(id) {
            control.own_changes += 1;
        }
    }

    /// Something of every strategy's own may have changed.
    pub(crate) fn count_own_changes(&mut self) {
        self.strategies.iter_mut().for_each(|control| control.own_changes += 1);
    }

    /// Counts one delivery of a route that warms up or filters by what was seen.
    pub(crate) fn count_delivery(&mut self, instrument: InstrumentId, topic: Topic, place: usize) {
        let route = &mut self.routes[instrument.0 as usize][topic_index(topic)][place];
        route.own_seen = self.strategies[usize::from(route.strategy.0)].own_changes;
        if route.warm_up_left > 0 {
            route.warm_up_left -= 1;
            if route.warm_up_left == 0 {
                let id = route.strategy;
                self.strategies[usize::from(id.0)].warming -= 1;
            }
        }
    }

    /// Adds a wake-up; false when the strategy has [`WAKES_MAX`] pending. The same one twice is one.
    pub(crate) fn add_wake(&mut self, wake: Wake) -> bool {
        let Err(at) = self.wakes.binary_search(&wake) else { return true };
        if self.wakes.iter().filter(|other| other.strategy == wake.strategy).count() >= WAKES_MAX {
            return false;
        }
        self.wakes.insert(at, wake);
        true
    }

    pub(crate) fn next_wake(&self) -> Option<TimeNs> {
        self.wakes.first().map(|wake| wake.at)
    }

    /// Takes the strategies due at `now` into `due`, ascending, each once.
    pub(crate) fn take_due(&mut self, now: TimeNs, due: &mut Vec<StrategyId>) {
        let count = self.wakes.partition_point(|wake| wake.at <= now);
        due.extend(self.wakes.drain(..count).map(|wake| wake.strategy));
        due.sort_unstable();
        due.dedup();
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.flag(self.trading_is_disabled);
        w.u8(self.kill.unwrap_or(KillLevel::Off).number());
        w.list(&self.strategies, |w, control| {
            w.flag(control.is_attached);
            w.flag(control.is_killed);
            w.option(control.halt, |w, halt| {
                w.u8(halt.code.number());
                w.u64(halt.limit);
                w.u64(halt.used);
            });
            w.u64(control.intents);
            w.u64(control.host_intents);
            w.u32(control.warming);
            w.u64(control.reacting_at.0);
            w.u64(control.reactions);
            w.u64(control.own_changes);
            w.option(control.peak, Writer::decimal);
            // Digests of sessions with the usual rates are what they were before there were others.
            if control.rates != EmitRates::USUAL {
                control.second.put(w);
            }
            w.u32(u32::try_from(control.outcomes.len()).expect("at most OUTCOMES_MAX"));
            for (intent, code) in &control.outcomes {
                w.u64(intent.0);
                w.u8(code.number());
            }
        });
        w.list(&self.wakes, |w, wake| {
            w.u64(wake.at.0);
            w.u16(wake.strategy.0);
        });
        for routes in self.routes.iter().flatten() {
            w.list(routes, |w, route| {
                w.u16(route.strategy.0);
                w.u8(route.filter.number());
                w.option(route.bars, put_bars);
                w.u32(route.warm_up_left);
                w.u64(route.own_seen);
            });
        }
    }

    fn drop_routes(&mut self, id: StrategyId) {
        for routes in self.routes.iter_mut().flatten() {
            routes.retain(|route| route.strategy != id);
        }
    }
}

const fn topic_index(topic: Topic) -> usize {
    topic.number() as usize
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::plan::Subscription;

    fn attached(subscriptions: Vec<Subscription>) -> Control {
        let mut control = Control::default();
        control.prepare(1, 1);
        assert!(control.attach(StrategyId(1), &Plan { subscriptions }, HandedOver::Nothing));
        control
    }

    fn bars(spec: Option<BarSpec>) -> Subscription {
        let instrument = InstrumentId(1);
        Subscription { instrument, topic: Topic::Bar, filter: ChangeFilter::Every, bars: spec, warm_up: 0 }
    }

    #[test]
    fn bars_of_two_sizes_are_two_subscriptions_and_the_same_twice_is_one() {
        let (minute, hour) = (Some(BarSpec::TimeNs(60)), Some(BarSpec::TimeNs(3600)));
        let control = attached(vec![bars(minute), bars(hour), bars(minute), bars(None)]);
        let sizes: Vec<_> = control.routes(InstrumentId(1), Topic::Bar).iter().map(|route| route.bars).collect();
        assert_eq!(sizes, [minute, hour, None]);
    }

    #[test]
    fn what_has_warmed_up_stays_warm_where_state_is_handed_over() {
        let minute = Subscription { warm_up: 5, ..bars(Some(BarSpec::TimeNs(60))) };
        let hour = Subscription { warm_up: 3, ..bars(Some(BarSpec::TimeNs(3600))) };
        let left = |control: &Control| {
            let routes = control.routes(InstrumentId(1), Topic::Bar);
            (routes.iter().map(|route| route.warm_up_left).collect::<Vec<_>>(), control.strategies[1].warming)
        };
        let mut control = attached(vec![minute]);
        control.count_delivery(InstrumentId(1), Topic::Bar, 0);
        let plan = Plan { subscriptions: vec![minute, hour] };
        assert!(control.attach(StrategyId(1), &plan, HandedOver::State));
        assert_eq!(left(&control), (vec![4, 3], 2));
        assert!(control.attach(StrategyId(1), &plan, HandedOver::Nothing));
        assert_eq!(left(&control), (vec![5, 3], 2));
    }

    #[test]
    fn own_orders_are_nothing_to_warm_up_on() {
        let orders = Subscription { topic: Topic::Order, warm_up: 5, ..bars(None) };
        assert!(!attached(vec![orders]).strategies[1].is_warming_up());
        assert!(attached(vec![Subscription { warm_up: 5, ..bars(None) }]).strategies[1].is_warming_up());
    }
}
