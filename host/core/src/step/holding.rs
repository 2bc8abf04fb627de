//! Holding: what begins to wait for a price, and what of it changes while it waits?
//!
//! In: orders with a trigger, parts of those that are tied to others, amends, what a group takes. Out: held orders with their
//! reservations. Must never: send; what fires leaves by `held`.

use crate::decision::{DecisionKind, Effects, Malformed, MalformedCode, Normalised};
use crate::ids::{LegId, LegKey};
use crate::intent::{Action, Amend, AmendTerms, OrderTerms, Size, Submit};
use crate::money::{Price, Qty};
use crate::normalize::held::{Waiting, current, waiting};
use crate::normalize::malformed;
use crate::state::State;
use crate::state::held::{Held, Release, Seen, Stage};
use crate::step::Core;
use crate::step::held::{end_of, release, too_many};
use crate::step::sessions::session_of;

impl Core {
    /// Keeps a triggered order where Risk would allow it. A trigger that is there already lets it go at once. What is tied
    /// to a parent comes in parts: a part joins those before it that still wait, at the prices that they wait for now.
    pub(super) fn hold(&mut self, key: LegKey, submit: &Submit, effects: &mut Effects) {
        if let (Some(old), Size::Quantity(part)) = (self.waiting_of(key), submit.size) {
            return self.grow_held(key, old, part, effects);
        }
        let found = match waiting(self.state(), submit) {
            Ok(found) => found,
            Err(malformed) => return self.refuse(key, malformed, effects),
        };
        let Waiting { terms, reference, trigger, best } = found;
        let action = Action::Submit(terms);
        effects.decide(key, DecisionKind::Normalised(Normalised { action, reference }));
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        if !state.held.takes(key) {
            return self.refuse(key, too_many(), effects);
        }
        let account = state.account_of(key, &action);
        if let Err(denial) = self.risk.may_wait((&*state, &self.queue), (key, key, account), (&terms, terms.qty)) {
            return self.deny(key, denial, effects);
        }
        let session = session_of(state, submit);
        let held = Held {
            key: LegKey { leg: LegId(0), ..key },
            account,
            submit: Submit { size: Size::Quantity(terms.qty), ..*submit },
            terms,
            stage: Stage::Waiting,
            trigger,
            best,
            filled_at: Price(0),
            expire_at: session.map_or_else(|| end_of(state, submit), |session| session.end),
            release: session.map_or(Release::Price, |session| session.release),
            rounds: 0,
            opened: state.seq,
            next_leg: key.leg.0 + 1,
        };
        effects.decide(key, DecisionKind::Held(trigger));
        reserve(state, &held);
        assert!(state.held.open(held), "there was room for it");
        self.look_at_once(key, effects);
    }

    /// What of an intent waits for its price.
    fn waiting_of(&self, key: LegKey) -> Option<Held> {
        self.state().held.find(key.strategy, key.intent).copied().filter(Held::waits)
    }

    /// A further part of an order that waits.
    fn grow_held(&mut self, key: LegKey, old: Held, part: Qty, effects: &mut Effects) {
        let whole = Qty(old.terms.qty.0.saturating_add(part.0));
        let submit = Submit { size: Size::Quantity(whole), ..old.submit };
        if let Err(malformed) = waiting(self.state(), &submit) {
            return self.refuse(key, malformed, effects);
        }
        let new = Held { submit, terms: OrderTerms { qty: whole, ..old.terms }, next_leg: key.leg.0 + 1, ..old };
        let action = Action::Submit(OrderTerms { qty: part, ..old.terms });
        effects.decide(key, DecisionKind::Normalised(Normalised { action, reference: Price(0) }));
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        let of = (key, old.key, old.account);
        if let Err(denial) = self.risk.may_wait((&*state, &self.queue), of, (&new.terms, part)) {
            return self.deny(key, denial, effects);
        }
        effects.decide(key, DecisionKind::Held(new.trigger));
        replace(state, &old, new);
        self.look_at_once(key, effects);
    }

    /// Less of an order that waits: nobody is asked, as nothing can come of it that could not before.
    pub(super) fn lower_held(&mut self, key: LegKey, old: Held, qty: Qty, effects: &mut Effects) {
        let submit = Submit { size: Size::Quantity(qty), ..old.submit };
        let new = Held { submit, terms: OrderTerms { qty, ..old.terms }, ..old };
        effects.decide(key, DecisionKind::Normalised(amended(&new)));
        effects.decide(key, DecisionKind::Held(new.trigger));
        replace(self.state_mut(), &old, new);
    }

    /// An order whose trigger is there already waits for nothing.
    fn look_at_once(&mut self, key: LegKey, effects: &mut Effects) {
        let state = self.state();
        let Some(mut held) = state.held.find(key.strategy, key.intent).copied() else { return };
        if held.stage == Stage::Fired {
            return self.let_go(held, effects);
        }
        if held.waits_for_session() {
            return self.release_at_once(held, effects);
        }
        let Some(market) = state.market(held.terms.instrument) else { return };
        let price = current(market, held.terms.side, held.submit.extras.trigger_by);
        let fires = price.and_then(|price| held.look(Seen::at(price), market));
        if let Some(price) = fires.filter(|_| state.lets_go(market)) {
            self.fire(held, price, effects);
        }
    }

    /// Changes a held order; true when the amend was about one.
    pub(super) fn amend_held(&mut self, key: LegKey, amend: &Amend, effects: &mut Effects) -> bool {
        let Some(held) = self.state().held.find(key.strategy, amend.order).copied().filter(Held::waits) else {
            return false;
        };
        match self.amended_held(&held, amend) {
            Err(malformed) => self.refuse(key, malformed, effects),
            Ok(new) => self.take_amended(key, held, new, effects),
        }
        true
    }

    /// A held order as an amend asks for it. Its limit, its quantity and a fixed trigger can change, until it fires.
    fn amended_held(&self, held: &Held, amend: &Amend) -> Result<Held, Malformed> {
        let order = i64::try_from(amend.order.0).unwrap_or(i64::MAX);
        let refused = malformed(MalformedCode::Amend, order, 0);
        let submit = Submit {
            limit_price: amend.price.or(held.submit.limit_price),
            stop_price: amend.trigger.or(held.submit.stop_price),
            size: amend.qty.map_or(held.submit.size, Size::Quantity),
            ..held.submit
        };
        let is_trailing = held.submit.order_type.is_trailing();
        let takes_price = held.submit.limit_price.is_some() || amend.price.is_none();
        if held.stage == Stage::Fired || submit == held.submit || !takes_price {
            return Err(refused);
        }
        if is_trailing && amend.trigger.is_some() {
            return Err(malformed(MalformedCode::StopPrice, amend.trigger.map_or(0, |price| price.0), 0));
        }
        let found = waiting(self.state(), &submit)?;
        // No price of this event triggers what is changed at it.
        let opened = self.state().seq;
        if is_trailing {
            // The trail goes on from where it is.
            let terms = OrderTerms { qty: found.terms.qty, ..held.terms };
            return Ok(Held { submit, terms, opened, ..*held });
        }
        Ok(Held { submit, terms: found.terms, trigger: found.trigger, opened, ..*held })
    }

    fn take_amended(&mut self, key: LegKey, old: Held, new: Held, effects: &mut Effects) {
        effects.decide(key, DecisionKind::Normalised(amended(&new)));
        let added = Qty((new.terms.qty.0 - old.terms.qty.0).max(0));
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        let of = (key, old.key, old.account);
        if let Err(denial) = self.risk.may_wait((&*state, &self.queue), of, (&new.terms, added)) {
            return self.deny(key, denial, effects);
        }
        effects.decide(key, DecisionKind::Held(new.trigger));
        replace(state, &old, new);
        state.links.reprice(new.key, (new.submit.limit_price, new.submit.stop_price));
        self.look_at_once(new.key, effects);
    }
}

/// Puts a changed order in the place of what it was.
fn replace(state: &mut State, old: &Held, new: Held) {
    release(state, old);
    reserve(state, &new);
    state.held.set(new);
}

/// An order that waits, as the amend that makes it what it is.
fn amended(held: &Held) -> Normalised {
    let terms = AmendTerms {
        order: held.key,
        instrument: held.terms.instrument,
        side: held.terms.side,
        price: held.terms.limit_price.unwrap_or_default(),
        qty: held.terms.qty,
    };
    Normalised { action: Action::Amend(terms), reference: Price(0) }
}

fn reserve(state: &mut State, held: &Held) {
    state.execution.reserve(held.key.strategy, held.account, &held.terms, held.reserved().0);
    state.execution.count_open(held.key.strategy);
}
