//! Question: is this event delivered to the strategy?
//!
//! In: the plan, each event. Out: yes or no, and whether the strategy still warms up.

use std::collections::BTreeMap;

use crate::event::{Payload, Quote};
use crate::number::InstrumentId;
use crate::plan::{BarSpec, ChangeFilter, EventKind, Plan, Subscription};

/// The plan at work.
pub(super) struct Delivery {
    routes: Vec<Route>,
    touches: BTreeMap<InstrumentId, Quote>,
}

struct Route {
    wish: Subscription,
    warm_up_left: u32,
    /// Something of the strategy's own may have changed since the last delivery.
    own_changed: bool,
}

impl Delivery {
    pub(super) fn new(plan: &Plan) -> Self {
        let route = |wish: &Subscription| Route { wish: *wish, warm_up_left: wish.warm_up, own_changed: true };
        Self { routes: plan.subscriptions().iter().map(route).collect(), touches: BTreeMap::new() }
    }

    /// True while any subscription has warm-up events left.
    pub(super) fn is_warming_up(&self) -> bool {
        self.routes.iter().any(|route| route.warm_up_left > 0)
    }

    /// True when some subscription wants the event. Remembers the touch for filters.
    pub(super) fn wants(&mut self, instrument: InstrumentId, payload: &Payload) -> bool {
        let Some(kind) = topic(payload) else { return true };
        let change = self.change(instrument, payload);
        let mut is_wanted = false;
        for route in self.routes.iter_mut().filter(|route| route.matches(instrument, kind, payload)) {
            if route.passes(change) {
                route.own_changed = false;
                is_wanted = true;
            }
        }
        is_wanted
    }

    /// Something of the strategy's own changed: it emitted, or a fact or an outcome about its orders came.
    pub(super) fn own_changed(&mut self) {
        self.routes.iter_mut().for_each(|route| route.own_changed = true);
    }

    /// Counts a delivered event towards the warm-up.
    pub(super) fn count(&mut self, instrument: InstrumentId, payload: &Payload) {
        let Some(kind) = topic(payload) else { return };
        for route in self.routes.iter_mut().filter(|route| route.matches(instrument, kind, payload)) {
            route.warm_up_left = route.warm_up_left.saturating_sub(1);
        }
    }

    fn change(&mut self, instrument: InstrumentId, payload: &Payload) -> Change {
        let Payload::Quote(now) = payload else { return Change::Price };
        match self.touches.insert(instrument, *now) {
            Some(before) if before == *now => Change::Nothing,
            Some(before) if (before.bid_price, before.ask_price) == (now.bid_price, now.ask_price) => Change::Quantity,
            Some(_) | None => Change::Price,
        }
    }
}

/// What a quote changed against the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    Quantity,
    Price,
}

impl Route {
    fn passes(&self, change: Change) -> bool {
        match self.wish.filter {
            ChangeFilter::Every => true,
            ChangeFilter::Touch => change != Change::Nothing,
            ChangeFilter::TouchPrice => change == Change::Price,
            ChangeFilter::TouchPriceOrOwn => change == Change::Price || self.own_changed,
        }
    }

    fn matches(&self, instrument: InstrumentId, kind: EventKind, payload: &Payload) -> bool {
        let wants_bar = match (self.wish.bars, payload) {
            (Some(spec), Payload::Bar(bar)) => bar.interval_ns == spec.code(),
            // What the feed brings is by time.
            (None, Payload::Bar(bar)) => matches!(bar.spec(), None | Some(BarSpec::TimeNs(_))),
            (Some(_) | None, _) => true,
        };
        self.wish.kind == kind && self.wish.instrument == instrument && wants_bar
    }
}

/// True for facts after which a strategy's orders or position may be others.
pub(super) fn is_own(payload: &Payload) -> bool {
    matches!(payload, Payload::Outcome(_) | Payload::CorporateAction(_)) || topic(payload) == Some(EventKind::Order)
}

/// The kind to subscribe to; `None` = delivered without a subscription.
fn topic(payload: &Payload) -> Option<EventKind> {
    match payload {
        Payload::Trade(_) => Some(EventKind::Trade),
        Payload::Quote(_) => Some(EventKind::Quote),
        Payload::Book(_) => Some(EventKind::Book),
        Payload::Bar(_) => Some(EventKind::Bar),
        Payload::MarkPrice(_) => Some(EventKind::MarkPrice),
        Payload::Funding(_) => Some(EventKind::Funding),
        Payload::Status(_) => Some(EventKind::Status),
        Payload::Feed(_) => Some(EventKind::Feed),
        Payload::CorporateAction(_) => Some(EventKind::CorporateAction),
        Payload::Accepted(_)
        | Payload::Rejected(_)
        | Payload::Filled(_)
        | Payload::Canceled(_)
        | Payload::CancelRejected(_)
        | Payload::Amended(_)
        | Payload::AmendRejected(_)
        | Payload::Expired(_)
        | Payload::Unknown(_)
        | Payload::Busted(_) => Some(EventKind::Order),
        Payload::Signal(_) => Some(EventKind::Signal),
        Payload::Trading(_) => Some(EventKind::Trading),
        Payload::Outcome(_) | Payload::Wake => None,
    }
}
