//! Approvals at the gate: every way to misuse one is refused with its own code.

mod bytes;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::decision::RefusalCode;
use crate::event::{Event, EventKind, KillLevel, Report};
use crate::gate::Gate;
use crate::ids::{InstrumentId, IntentId, LegId, SessionId, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{AmendTerms, CancelTerms, OrderTerms, OrderType, TimeInForce};
use crate::money::{Price, Qty};
use crate::queue::Queue;
use crate::risk::Risk;
use crate::state::State;
use crate::tests::world::{A, SECOND, START, keys, open_state};

const KEY: LegKey = LegKey { intent: IntentId(5), strategy: StrategyId(1), leg: LegId(0) };

fn terms() -> OrderTerms {
    OrderTerms {
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
    }
}

fn cancel() -> Action {
    Action::Cancel(CancelTerms { order: KEY, instrument: A })
}

/// A real approval of a real Risk with every limit off.
fn approved(risk: &mut Risk, state: &mut State, action: &Action) -> ApprovedIntent {
    risk.review((state, &Queue::default()), KEY, action).expect("every rule is off")
}

/// What the gate says to an approval of `action` after `change` was done to it and `later` to State.
fn verdict(action: &Action, change: impl FnOnce(&mut ApprovedIntent), later: impl FnOnce(&mut State)) -> String {
    let (mut risk, mut state) = (Risk::new(keys()), open_state());
    let mut approval = approved(&mut risk, &mut state, action);
    change(&mut approval);
    later(&mut state);
    match Gate::new().pass(&approval, &state, risk.keys_mut()) {
        Ok(command) => format!("passes {}", command.key()),
        Err(refusal) => format!("{}", refusal.code),
    }
}

fn refused(code: RefusalCode) -> String {
    format!("{code}")
}

fn later(state: &mut State, ns: u64, kind: EventKind) {
    let event: Event = Report::control(kind).at(Seq(state.seq.0 + 1), TimeNs(state.time.0 + ns));
    let mut anomalies = Vec::new();
    state.apply(&event, &crate::blob::BlobTable::new(), &mut anomalies);
    assert_eq!(anomalies, Vec::new());
}

fn submit() -> Action {
    Action::Submit(terms())
}

#[test]
fn a_genuine_approval_passes_once() {
    let (mut risk, mut state) = (Risk::new(keys()), open_state());
    let approval = approved(&mut risk, &mut state, &submit());
    let mut gate = Gate::new();
    assert!(gate.pass(&approval, &state, risk.keys_mut()).is_ok());
    let again = gate.pass(&approval, &state, risk.keys_mut()).expect_err("spent");
    assert_eq!((again.code, again.approved_at), (RefusalCode::Replayed, START));
}

type Forgery = (&'static str, fn(&mut ApprovedIntent));

/// Changes of one signed field each, the tag left as it was.
fn forgeries() -> Vec<Forgery> {
    fn order(a: &mut ApprovedIntent) -> &mut OrderTerms {
        match &mut a.action {
            Action::Submit(terms) => terms,
            Action::Cancel(_) | Action::Amend(_) => panic!("a submit is forged"),
        }
    }
    alloc::vec![
        ("strategy", |a| a.key.strategy = StrategyId(2)),
        ("intent", |a| a.key.intent = IntentId(6)),
        ("leg", |a| a.key.leg = LegId(1)),
        ("number", |a| a.number += 1),
        ("account", |a| a.account = AccountId(2)),
        ("mode", |a| a.mode = Mode::Live),
        ("environment", |a| a.env = Env::Prod),
        ("seq", |a| a.seq = Seq(1)),
        ("time", |a| a.approved_at = TimeNs(a.approved_at.0 + 1)),
        ("kind", |a| a.action = cancel()),
        ("instrument", |a| order(a).instrument = InstrumentId(2)),
        ("side", |a| order(a).side = Side::Sell),
        ("quantity", |a| order(a).qty = Qty(6)),
        ("type", |a| order(a).order_type = OrderType::Market),
        ("limit price", |a| order(a).limit_price = Some(Price(102))),
        ("no limit price", |a| order(a).limit_price = None),
        ("stop price", |a| order(a).stop_price = Some(Price(1))),
        ("time in force", |a| order(a).tif = TimeInForce::Ioc),
        ("post-only", |a| order(a).post_only = true),
        ("reduce-only", |a| order(a).reduce_only = true),
        ("position side", |a| order(a).position_side = PositionSide::Long),
        ("reference", |a| order(a).reference = Price(1)),
    ]
}

#[test]
fn every_way_to_misuse_an_approval_is_refused_with_its_code() {
    assert_eq!(verdict(&submit(), |_| {}, |_| {}), "passes 1/5");
    for (field, forge) in forgeries() {
        assert_eq!(verdict(&submit(), forge, |_| {}), refused(RefusalCode::Forged), "{field}");
    }
    for byte in 0..32 {
        let tag = verdict(&submit(), |a| a.tag[byte] ^= 1, |_| {});
        assert_eq!(tag, refused(RefusalCode::Forged), "tag byte {byte}");
        let hash = verdict(&submit(), |a| a.config_hash[byte] ^= 0x80, |_| {});
        assert_eq!(hash, refused(RefusalCode::Forged), "configuration hash byte {byte}");
    }
    assert_eq!(verdict(&submit(), |a| a.key_id = KeyId(9), |_| {}), refused(RefusalCode::Key));
    let dated_after_now = verdict(&submit(), |_| {}, |state| state.time = TimeNs(START.0 - 1));
    assert_eq!(dated_after_now, refused(RefusalCode::Future));
}

#[test]
fn an_approval_passes_at_300_seconds_and_not_a_ns_later() {
    let after = |ns| verdict(&submit(), |_| {}, |state| later(state, ns, EventKind::TimeAdvanced));
    assert_eq!(after(300 * SECOND), "passes 1/5");
    assert_eq!(after(300 * SECOND + 1), refused(RefusalCode::Expired));
}

#[test]
fn another_mode_environment_account_or_configuration_is_refused() {
    let session = |state: &mut State| state.mode = Some(Mode::Live);
    assert_eq!(verdict(&submit(), |_| {}, session), refused(RefusalCode::Mode));
    let env = |state: &mut State| state.config.as_mut().expect("open").env = Env::Prod;
    assert_eq!(verdict(&submit(), |_| {}, env), refused(RefusalCode::Env));
    let account = |state: &mut State| state.config.as_mut().expect("open").strategies[0].account = AccountId(2);
    assert_eq!(verdict(&submit(), |_| {}, account), refused(RefusalCode::Account));
    let config = |state: &mut State| state.config_hash[31] ^= 1;
    assert_eq!(verdict(&submit(), |_| {}, config), refused(RefusalCode::Config));
}

#[test]
fn what_was_stopped_since_does_not_leave() {
    let after = |kind| verdict(&submit(), |_| {}, |state| later(state, 0, kind));
    let stopped = refused(RefusalCode::Stopped);
    assert_eq!(after(EventKind::TradingDisabled), stopped);
    assert_eq!(after(EventKind::KillSwitch(KillLevel::L1, StrategyId(1))), stopped);
    assert_eq!(after(EventKind::KillSwitch(KillLevel::L1, StrategyId(2))), "passes 1/5", "another strategy");
    for level in [KillLevel::L2, KillLevel::L3, KillLevel::L4] {
        assert_eq!(after(EventKind::KillSwitch(level, StrategyId(0))), stopped);
    }
}

#[test]
fn a_cancel_passes_whatever_was_stopped_changed_or_grew_old() {
    assert_eq!(verdict(&cancel(), |_| {}, |state| later(state, 0, EventKind::TradingDisabled)), "passes 1/5");
    let kill = EventKind::KillSwitch(KillLevel::L4, StrategyId(0));
    assert_eq!(verdict(&cancel(), |_| {}, |state| later(state, 0, kill)), "passes 1/5");
    assert_eq!(verdict(&cancel(), |_| {}, |state| later(state, 900 * SECOND, EventKind::TimeAdvanced)), "passes 1/5");
    assert_eq!(verdict(&cancel(), |_| {}, |state| state.config_hash[0] ^= 1), "passes 1/5");
    // Yet it has to be genuine, of this mode, and not dated after now.
    assert_eq!(verdict(&cancel(), |a| a.tag[0] ^= 1, |_| {}), refused(RefusalCode::Forged));
    assert_eq!(verdict(&cancel(), |_| {}, |state| state.mode = Some(Mode::Live)), refused(RefusalCode::Mode));
    assert_eq!(verdict(&cancel(), |_| {}, |state| state.time = TimeNs(1)), refused(RefusalCode::Future));
}

/// An approval of an amend of a real order.
fn amend_verdict(change: impl FnOnce(&mut ApprovedIntent), later: impl FnOnce(&mut State)) -> String {
    let mut state = open_state();
    let seq = state.seq;
    state.execution.reserve(StrategyId(1), AccountId(1), &terms(), 5);
    state.execution.count_open(StrategyId(1));
    state.execution.dispatched(KEY, AccountId(1), terms(), (seq, START));
    let action =
        Action::Amend(AmendTerms { order: KEY, instrument: A, side: Side::Buy, price: Price(100), qty: Qty(6) });
    let mut risk = Risk::new(keys());
    let mut approval = risk
        .review((&mut state, &Queue::default()), LegKey { intent: IntentId(6), ..KEY }, &action)
        .expect("rules are off");
    change(&mut approval);
    later(&mut state);
    match Gate::new().pass(&approval, &state, risk.keys_mut()) {
        Ok(command) => format!("passes {} of {}", command.key(), command.action().target().expect("an amend")),
        Err(refusal) => format!("{}", refusal.code),
    }
}

#[test]
fn an_amend_is_checked_like_a_submit_and_belongs_to_its_orders_account() {
    assert_eq!(amend_verdict(|_| {}, |_| {}), "passes 1/6 of 1/5");
    assert_eq!(amend_verdict(|_| {}, |state| later(state, 300 * SECOND + 1, EventKind::TimeAdvanced)), "G-EXPIRED");
    assert_eq!(amend_verdict(|_| {}, |state| later(state, 0, EventKind::TradingDisabled)), "G-STOPPED");
    let forge = |change: fn(&mut AmendTerms)| {
        amend_verdict(
            |a| match &mut a.action {
                Action::Amend(terms) => change(terms),
                Action::Submit(_) | Action::Cancel(_) => panic!("an amend is forged"),
            },
            |_| {},
        )
    };
    assert_eq!(forge(|terms| terms.price = Price(101)), "G-FORGED");
    assert_eq!(forge(|terms| terms.qty = Qty(7)), "G-FORGED");
    assert_eq!(forge(|terms| terms.side = Side::Sell), "G-FORGED");
    let moved = |state: &mut State| state.config.as_mut().expect("open").strategies[0].account = AccountId(2);
    assert_eq!(amend_verdict(|_| {}, moved), "passes 1/6 of 1/5", "the order stays where it is");
    let order_moved = |state: &mut State| state.execution.orders.get_mut(KEY).expect("live").account = AccountId(2);
    assert_eq!(amend_verdict(|_| {}, order_moved), "G-ACCOUNT");
    assert_eq!(amend_verdict(|_| {}, |state| later(state, 300 * SECOND, EventKind::TimeAdvanced)), "passes 1/6 of 1/5");
    assert_eq!(amend_verdict(|_| {}, |state| state.time = TimeNs(START.0 - 1)), "G-FUTURE");
    assert_eq!(amend_verdict(|_| {}, |state| state.config_hash[31] ^= 1), "G-CONFIG");
    assert_eq!(amend_verdict(|_| {}, |state| state.mode = Some(Mode::Paper)), "G-MODE");
    let env = |state: &mut State| state.config.as_mut().expect("open").env = Env::Staging;
    assert_eq!(amend_verdict(|_| {}, env), "G-ENV");
    for level in [KillLevel::L2, KillLevel::L3, KillLevel::L4] {
        let kill = EventKind::KillSwitch(level, StrategyId(0));
        assert_eq!(amend_verdict(|_| {}, |state| later(state, 0, kill)), "G-STOPPED", "{level}");
    }
    assert_eq!(amend_verdict(|a| a.key_id = KeyId(9), |_| {}), "G-KEY");
}

#[test]
fn every_kind_of_approval_is_spent_once() {
    let amend = AmendTerms { order: KEY, instrument: A, side: Side::Buy, price: Price(100), qty: Qty(6) };
    for action in [submit(), cancel(), Action::Amend(amend)] {
        let (mut risk, mut state, mut gate) = (Risk::new(keys()), open_state(), Gate::new());
        let seq = state.seq;
        state.execution.reserve(StrategyId(1), AccountId(1), &terms(), 5);
        state.execution.dispatched(KEY, AccountId(1), terms(), (seq, START));
        let approval = approved(&mut risk, &mut state, &action);
        assert!(gate.pass(&approval, &state, risk.keys_mut()).is_ok());
        // Neither at once nor after others passed.
        for _ in 0..3 {
            let again = gate.pass(&approval, &state, risk.keys_mut()).expect_err("spent");
            assert_eq!(again.code, RefusalCode::Replayed, "{}", action.name());
            let other = approved(&mut risk, &mut state, &action);
            assert!(gate.pass(&other, &state, risk.keys_mut()).is_ok());
        }
    }
}

#[test]
fn an_approval_verifies_until_its_key_is_gone() {
    let mut state = open_state();
    let (old, mut both) = (keys(), keys());
    both.and_owned(KeyId(2), &[2; 32]);
    let new_alone = || ApprovalKeys::new(KeyId(2), &[2; 32]).expect("long enough");
    let (mut before, mut during, mut after) = (Risk::new(old), Risk::new(both), Risk::new(new_alone()));
    let first = approved(&mut before, &mut state, &submit());
    let second = approved(&mut during, &mut state, &submit());
    let third = approved(&mut after, &mut state, &submit());
    assert_eq!([&first, &second, &third].map(|approval| approval.key_id), [KeyId(1), KeyId(2), KeyId(2)]);
    let pass = |approval: &ApprovedIntent, ring: &mut ApprovalKeys| {
        Gate::new().pass(approval, &state, ring).map(|_| ()).map_err(|refusal| refusal.code)
    };
    for approval in [&first, &second, &third] {
        assert_eq!(pass(approval, during.keys_mut()), Ok(()));
    }
    assert_eq!(pass(&first, after.keys_mut()), Err(RefusalCode::Key));
    assert_eq!(pass(&second, after.keys_mut()), Ok(()));
    assert_eq!(pass(&second, before.keys_mut()), Err(RefusalCode::Key));
}

#[test]
fn a_rotated_key_signs_and_the_older_one_still_verifies() {
    let mut state = open_state();
    let mut ring = keys();
    let mut older = Risk::new(keys());
    let first = approved(&mut older, &mut state, &submit());
    ring.and_owned(KeyId(2), &[2; 32]);
    let mut risk = Risk::new(ring);
    let second = risk
        .review((&mut state, &Queue::default()), LegKey { intent: IntentId(6), ..KEY }, &submit())
        .expect("rules are off");
    assert_eq!((first.key_id, second.key_id), (KeyId(1), KeyId(2)));
    let mut gate = Gate::new();
    assert!(gate.pass(&first, &state, risk.keys_mut()).is_ok());
    assert!(gate.pass(&second, &state, risk.keys_mut()).is_ok());
    // The host that was not told of the new key does not take it, and a key of that id with another secret is no match.
    assert_eq!(refusal(&second, &state, keys()), RefusalCode::Key);
    let mut other = keys();
    other.and_owned(KeyId(2), &[3; 32]);
    assert_eq!(refusal(&second, &state, other), RefusalCode::Forged);
}

#[test]
fn a_record_is_executed_again_under_the_keys_it_names_and_goes_on_with_its_own() {
    let mut state = open_state();
    let original = approved(&mut Risk::new(keys()), &mut state, &submit());
    state.approvals -= 1;
    let mut risk = Risk::new(ApprovalKeys::new(KeyId(2), &[2; 32]).expect("long enough"));
    assert!(!risk.keys_mut().sign_as_recorded(KeyId(1)), "that key is not here");
    let stood_in = approved(&mut risk, &mut state, &submit());
    assert_eq!((stood_in.key_id, stood_in.number), (KeyId(1), original.number));
    assert_ne!(stood_in.tag, original.tag);
    assert!(risk.keys_mut().sign_as_recorded(KeyId(2)), "this one is");
    let own = approved(&mut risk, &mut state, &submit());
    let pass = |approval: &ApprovedIntent, ring: &mut ApprovalKeys| {
        Gate::new().pass(approval, &state, ring).map(|_| ()).map_err(|refusal| refusal.code)
    };
    // While it is executed again, all of it comes out as it did.
    assert_eq!([&stood_in, &own].map(|approval| pass(approval, risk.keys_mut())), [Ok(()), Ok(())]);
    assert!(!risk.keys_mut().sign_as_recorded(KeyId(1)), "still not");
    risk.keys_mut().sign_as_owned();
    // Nobody else takes what a stand-in signed.
    assert_eq!(refusal(&stood_in, &state, keys()), RefusalCode::Forged);
    assert_eq!(approved(&mut risk, &mut state, &submit()).key_id, KeyId(2));
}

#[test]
fn a_key_has_the_id_of_its_secret() {
    let ids = [[7; 32], [8; 32], [9; 32]].map(|secret| format!("{}", KeyId::of(&secret).expect("long enough")));
    assert_eq!(ids, ["c934d268", "1bb81de2", "fae58b5c"]);
    let ring = ApprovalKeys::of_secret(&[7; 32]).expect("long enough");
    assert_eq!(format!("{ring:?}"), format!("[{:?}]", KeyId::of(&[7; 32]).expect("long enough")));
    assert_eq!(KeyId::of(&[7; 31]), Err(KeyError::TooShort(31)));
}

fn refusal(approval: &ApprovedIntent, state: &State, mut ring: ApprovalKeys) -> RefusalCode {
    Gate::new().pass(approval, state, &mut ring).expect_err("refused").code
}

#[test]
fn the_key_of_a_simulation_is_of_its_session_alone() {
    let mut state = open_state();
    let mut risk = Risk::new(ApprovalKeys::simulation(SessionId([1; 16])));
    let approval = approved(&mut risk, &mut state, &submit());
    assert!(Gate::new().pass(&approval, &state, risk.keys_mut()).is_ok());
    assert_eq!(refusal(&approval, &state, ApprovalKeys::simulation(SessionId([2; 16]))), RefusalCode::Forged);
    assert_eq!(refusal(&approval, &state, keys()), RefusalCode::Key);
}

#[test]
fn a_refused_approval_gives_back_its_reservation_and_is_told() {
    let out = crate::tests::script::run(
        "0s venue-down
         strategy 1: buy 5 limit 90
         1s quote 100 5 101 5
         # The configuration changes between approval and dispatch.
         with order-qty-max 100
         2s config
         3s venue-up
         show position 1
         show open
         4s quote 100 5 101 6",
    );
    assert!(out.contains("1/1 refused G-CONFIG"), "{out}");
    assert!(out.contains("reserved 0/0"), "{out}");
    assert!(out.contains("open: 0 0 0"), "{out}");
    assert!(out.contains("s1 outcome 1: refused"), "{out}");
}

#[test]
fn a_submit_that_so_many_overtook_is_refused_and_a_cancel_passes() {
    for (action, want) in [(submit(), Err(RefusalCode::Overtaken)), (cancel(), Ok(KEY))] {
        let (mut risk, mut state) = (Risk::new(keys()), open_state());
        let first = approved(&mut risk, &mut state, &action);
        state.approvals += crate::gate::REPLAY_WINDOW - 1;
        let newest = approved(&mut risk, &mut state, &action);
        let mut gate = Gate::new();
        assert!(gate.pass(&newest, &state, risk.keys_mut()).is_ok());
        let answer = gate.pass(&first, &state, risk.keys_mut());
        assert_eq!(answer.map(|command| command.key()).map_err(|refusal| refusal.code), want);
    }
}

#[test]
fn every_refusal_of_the_gate_is_shown_by_a_test() {
    let text = include_str!("tests.rs");
    for code in RefusalCode::ALL {
        assert!(text.contains(&format!("RefusalCode::{code:?}")), "{code}");
    }
}

#[test]
fn a_secret_of_31_bytes_is_refused_and_32_is_taken() {
    assert_eq!(ApprovalKeys::new(KeyId(1), &[7; 31]).err(), Some(KeyError::TooShort(31)));
    assert!(ApprovalKeys::new(KeyId(1), &[7; 32]).is_ok());
}

#[test]
fn debug_shows_key_ids_and_nothing_of_the_secret() {
    let keys = ApprovalKeys::new(KeyId(5), b"SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS").expect("long enough");
    assert_eq!(format!("{keys:?}"), "[KeyId(5)]");
}
