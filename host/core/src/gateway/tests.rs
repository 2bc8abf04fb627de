//! A gateway lets genuine, fresh, unspent approvals of its own session through and nothing else.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::canonical::Writer;
use crate::event::{EventKind, Report};
use crate::gate::Gate;
use crate::ids::{IntentId, LegId, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{CancelTerms, OrderTerms, OrderType, TimeInForce};
use crate::money::{Price, Qty};
use crate::queue::Queue;
use crate::risk::Risk;
use crate::risk::approval::KeyId;
use crate::state::State;
use crate::tests::world::{A, SECOND, START, keys, open_state};

const KEY: LegKey = LegKey { intent: IntentId(5), strategy: StrategyId(1), leg: LegId(0) };
const TTL: u64 = 300 * SECOND;

fn submit() -> Action {
    Action::Submit(OrderTerms {
        instrument: A,
        side: Side::Buy,
        qty: Qty(5),
        order_type: OrderType::Limit,
        limit_price: Some(Price(101)),
        stop_price: None,
        tif: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        reference: Price(101),
    })
}

fn cancel() -> Action {
    Action::Cancel(CancelTerms { order: KEY, instrument: A })
}

/// A core that lets commands out, and the gateway they go to.
struct Border {
    risk: Risk,
    state: State,
    gate: Gate,
    gateway: Gateway,
    now: TimeNs,
}

impl Border {
    fn new(change: impl FnOnce(&mut Post)) -> Border {
        let state = open_state();
        let mut post = Post {
            session: state.session(),
            venue: VenueId(1),
            accounts: vec![AccountId(1)],
            mode: state.mode().expect("open"),
            env: state.config().expect("open").env,
            config: *state.config_hash(),
            ttl_ns: TTL,
            since: START,
        };
        change(&mut post);
        Border {
            risk: Risk::new(keys()),
            state,
            gate: Gate::new(),
            gateway: Gateway::new(post, keys()),
            now: START.plus(SECOND),
        }
    }

    fn sealed(&mut self, action: &Action) -> Vec<u8> {
        let approval = self.risk.review((&mut self.state, &Queue::default()), KEY, action).expect("rules are off");
        let command = self.gate.pass(&approval, &self.state, self.risk.keys_mut()).expect("genuine");
        let mut w = Writer::new();
        command.put_sealed(&mut w);
        w.into_bytes()
    }

    fn admit(&mut self, sealed: &[u8]) -> String {
        match self.gateway.admit(sealed, self.now) {
            Ok(command) => alloc::format!("passes {}", command.key()),
            Err(Refused::Not(key, code)) => alloc::format!("{key} {code}"),
            Err(error @ Refused::Unreadable(_)) => error.to_string(),
        }
    }
}

/// What a gateway with another post says to a genuine submit and cancel.
fn both(change: impl Fn(&mut Post)) -> [String; 2] {
    let mut border = Border::new(change);
    [submit(), cancel()].map(|action| {
        let sealed = border.sealed(&action);
        border.admit(&sealed)
    })
}

#[test]
fn a_command_is_the_same_on_both_sides() {
    for action in [submit(), cancel()] {
        let mut border = Border::new(|_| {});
        let approval = border.risk.review((&mut border.state, &Queue::default()), KEY, &action).expect("rules are off");
        let command = border.gate.pass(&approval, &border.state, border.risk.keys_mut()).expect("genuine");
        let mut w = Writer::new();
        command.put_sealed(&mut w);
        let beyond = border.gateway.admit(w.bytes(), border.now).expect("genuine");
        assert_eq!(alloc::format!("{command:?}"), alloc::format!("{beyond:?}"));
    }
}

#[test]
fn an_approval_passes_once() {
    for action in [submit(), cancel()] {
        let mut border = Border::new(|_| {});
        let first = border.sealed(&action);
        assert_eq!(border.admit(&first), "passes 1/5");
        assert_eq!(border.admit(&first), "1/5 G-REPLAYED");
        let second = border.sealed(&action);
        assert_eq!(border.admit(&second), "passes 1/5");
        assert_eq!(border.admit(&first), "1/5 G-REPLAYED");
    }
}

#[test]
fn no_byte_can_be_changed_and_none_left_out_or_added() {
    for action in [submit(), cancel()] {
        let mut border = Border::new(|_| {});
        let sealed = border.sealed(&action);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            for bit in 0..8 {
                changed[at] = sealed[at] ^ 1 << bit;
                assert!(border.gateway.admit(&changed, border.now).is_err(), "byte {at} bit {bit}");
            }
            assert!(
                matches!(border.gateway.admit(&sealed[..at], border.now), Err(Refused::Unreadable(_))),
                "{at} bytes"
            );
        }
        let longer = [&sealed[..], &[0]].concat();
        assert!(matches!(border.gateway.admit(&longer, border.now), Err(Refused::Unreadable(_))));
        assert_eq!(border.admit(&sealed), "passes 1/5", "none of it spent the approval");
    }
}

#[test]
fn what_was_approved_for_another_place_stays() {
    assert_eq!(both(|_| {}), ["passes 1/5", "passes 1/5"]);
    assert_eq!(both(|post| post.mode = Mode::Live), ["1/5 G-MODE", "1/5 G-MODE"]);
    assert_eq!(both(|post| post.env = Env::Prod), ["1/5 G-ENV", "1/5 G-ENV"]);
    assert_eq!(both(|post| post.accounts = vec![AccountId(2)]), ["1/5 G-ACCOUNT", "1/5 G-ACCOUNT"]);
    assert_eq!(both(|post| post.config[0] ^= 1), ["1/5 G-CONFIG", "passes 1/5"]);
}

#[test]
fn what_is_old_or_from_the_future_stays_but_for_cancels() {
    let at = |now: TimeNs| {
        let mut border = Border::new(|_| {});
        border.now = now;
        [submit(), cancel()].map(|action| {
            let sealed = border.sealed(&action);
            border.admit(&sealed)
        })
    };
    assert_eq!(at(START.plus(TTL)), ["passes 1/5", "passes 1/5"]);
    assert_eq!(at(START.plus(TTL + 1)), ["1/5 G-EXPIRED", "passes 1/5"]);
    assert_eq!(at(TimeNs(START.0 - TTL)), ["passes 1/5", "passes 1/5"]);
    assert_eq!(at(TimeNs(START.0 - TTL - 1)), ["1/5 G-FUTURE", "passes 1/5"]);
}

#[test]
fn what_was_approved_before_the_gateway_began_may_have_been_sent() {
    assert_eq!(both(|post| post.since = START.plus(1)), ["1/5 G-OVERTAKEN", "passes 1/5"]);
}

#[test]
fn a_cancel_that_waited_over_a_rotation_of_the_secret_gets_through_and_nothing_else_does() {
    let waited = |action: Action| {
        let mut border = Border::new(|_| {});
        // A record names a key that is gone; what it decided waits, and the session goes on with its own.
        assert!(!border.risk.keys_mut().sign_as_recorded(KeyId(7)));
        let approval = border.risk.review((&mut border.state, &Queue::default()), KEY, &action).expect("rules are off");
        border.risk.keys_mut().sign_as_owned();
        let command =
            border.gate.pass(&approval, &border.state, border.risk.keys_mut()).expect("decided the same again");
        let mut w = Writer::new();
        command.put_sealed(&mut w);
        [border.admit(w.bytes()), border.admit(w.bytes())]
    };
    assert_eq!(waited(cancel()), ["passes 1/5", "1/5 G-REPLAYED"]);
    assert_eq!(waited(submit()), ["1/5 G-KEY", "1/5 G-KEY"]);
}

#[test]
fn nothing_is_signed_anew_while_a_record_is_executed() {
    let mut border = Border::new(|_| {});
    border.risk.keys_mut().sign_as_recorded(KeyId(7));
    let sealed = border.sealed(&cancel());
    assert_eq!(border.admit(&sealed), "1/5 G-KEY");
}

#[test]
fn another_key_is_no_key() {
    let mut border = Border::new(|_| {});
    let sealed = border.sealed(&submit());
    let with = |ring: ApprovalKeys, border: &Border| {
        let mut gateway = Gateway::new(border.gateway.post.clone(), ring);
        gateway.admit(&sealed, border.now).map(|_| ())
    };
    let ring = |id| ApprovalKeys::new(KeyId(id), &[9; 32]).expect("long enough");
    assert_eq!(with(ring(1), &border), Err(Refused::Not(KEY, RefusalCode::Forged)));
    assert_eq!(with(ring(7), &border), Err(Refused::Not(KEY, RefusalCode::Key)));
    let mut rotated = keys();
    rotated.and_owned(KeyId(7), &[9; 32]);
    assert_eq!(with(rotated, &border), Ok(()), "an older key verifies");
    // The event is only here to show that State plays no part.
    let killed = Report::control(EventKind::TradingDisabled).at(crate::ids::Seq(border.state.seq.0 + 1), border.now);
    border.state.apply(&killed, &crate::blob::BlobTable::new(), &mut Vec::new());
    assert_eq!(border.admit(&sealed), "passes 1/5", "what was let out stays let out");
}
