//! Signed bytes: does one changed byte of an approval ever pass the gate?
//!
//! In: real approvals of every kind of action. Out: each of their signed bytes set to each other value, read back into an
//! approval that keeps the tag, and shown to the gate. What reads back as nothing is no approval at all.

use alloc::vec::Vec;

use super::{KEY, terms};
use crate::blob::BlobTable;
use crate::canonical::{Read, Writer};
use crate::decision::RefusalCode;
use crate::event::{EventKind, Fill, FillReason, Liquidity, Report};
use crate::gate::Gate;
use crate::ids::{AccountId, CurrencyId, IntentId, LegKey, Seq, StrategyId, VenueId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{Action, AmendTerms, CancelTerms, OrderTerms, OrderType, TimeInForce};
use crate::money::{Decimal, Price, Qty};
use crate::queue::Queue;
use crate::risk::approval::{ApprovedIntent, KeyId, voucher};
use crate::risk::{ApprovalKeys, Risk};
use crate::state::State;
use crate::tests::world::{A, START, keys, open_state};

/// A submit with every option set, one with none, a cancel, an amend.
fn actions() -> [Action; 4] {
    let full = OrderTerms {
        side: Side::Sell,
        qty: Qty(3),
        order_type: OrderType::StopLimit,
        stop_price: Some(Price(102)),
        tif: TimeInForce::Fok,
        post_only: true,
        reduce_only: true,
        ..terms()
    };
    let bare = OrderTerms { order_type: OrderType::Market, limit_price: None, ..terms() };
    let amend = AmendTerms { order: KEY, instrument: A, side: Side::Buy, price: Price(100), qty: Qty(6) };
    let cancel = CancelTerms { order: KEY, instrument: A };
    [Action::Submit(full), Action::Submit(bare), Action::Cancel(cancel), Action::Amend(amend)]
}

/// A real approval, in a State with an order that is filled in part.
fn approved(action: &Action) -> (Risk, State, ApprovedIntent) {
    let (mut risk, mut state) = (Risk::new(two_keys()), open_state());
    let seq = state.seq;
    state.control.strategy_mut(StrategyId(1)).expect("configured").intents = KEY.intent.0;
    state.execution.reserve(StrategyId(1), AccountId(1), &terms(), terms().qty.0);
    state.execution.count_open(StrategyId(1));
    state.execution.dispatched(KEY, AccountId(1), terms(), (seq, START));
    fill(&mut state);
    let key = LegKey { intent: IntentId(6), ..KEY };
    let approval = risk.review((&mut state, &Queue::default()), key, action).expect("rules are off");
    (risk, state, approval)
}

fn fill(state: &mut State) {
    let fill = Fill {
        order: KEY,
        trade_id: 1,
        price: Price(101),
        qty: Qty(3),
        leaves: Qty(2),
        fee: Decimal::ZERO,
        fee_currency: CurrencyId(1),
        side: Side::Buy,
        liquidity: Liquidity::Taker,
        position_side: PositionSide::Net,
        reason: FillReason::Venue,
        ahead: Fill::AHEAD_UNKNOWN,
    };
    let report = Report {
        instrument: A,
        account: AccountId(1),
        venue: VenueId(1),
        ..Report::control(EventKind::OrderFilled(fill))
    };
    let event = report.at(Seq(state.seq.0 + 1), state.time);
    let mut anomalies = Vec::new();
    state.apply(&event, &BlobTable::new(), &mut anomalies);
    assert_eq!(anomalies, Vec::new());
}

/// Two keys, so that another key id may name a key that is there.
fn two_keys() -> ApprovalKeys {
    let mut ring = keys();
    ring.and_owned(KeyId(2), &[2; 32]);
    ring
}

fn signed(approval: &ApprovedIntent) -> Vec<u8> {
    let mut w = Writer::new();
    approval.put(&mut w);
    w.into_bytes()
}

/// The approval that these bytes stand for, with a tag that was given to others.
fn read(bytes: &[u8], tag: [u8; 32]) -> Read<ApprovedIntent> {
    voucher::take(&[bytes, &tag].concat())
}

/// What the gate said to changed approvals.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    bytes: usize,
    /// Changes shown to the gate and refused.
    refused: usize,
    /// Changes that read back as no approval.
    unreadable: usize,
}

/// Sets each signed byte to each other value.
fn changed(action: &Action) -> (Tally, Vec<u8>) {
    let (mut risk, state, approval) = approved(action);
    let (genuine, mut gate) = (signed(&approval), Gate::new());
    let mut tally = Tally::default();
    for at in 0..genuine.len() {
        let mut bytes = genuine.clone();
        for value in (0..=u8::MAX).filter(|value| *value != genuine[at]) {
            bytes[at] = value;
            let Ok(forged) = read(&bytes, approval.tag()) else {
                tally.unreadable += 1;
                continue;
            };
            assert_eq!(signed(&forged), bytes, "byte {at} = {value} says one thing");
            let refusal = gate.pass(&forged, &state, risk.keys_mut()).expect_err("nobody signed it");
            let want = if matches!(forged.key_id.0, 1 | 2) { RefusalCode::Forged } else { RefusalCode::Key };
            assert_eq!(refusal.code, want, "byte {at} = {value}");
            tally.refused += 1;
        }
        tally.bytes += 1;
    }
    // None of them spent the number of the genuine one.
    let again = read(&genuine, approval.tag()).expect("unchanged");
    assert!(gate.pass(&again, &state, risk.keys_mut()).is_ok());
    (tally, genuine)
}

#[test]
fn no_change_of_a_signed_byte_passes_whatever_was_approved() {
    for action in actions() {
        let (tally, signed) = changed(&action);
        assert_eq!(tally.bytes, signed.len(), "{}", action.name());
        assert_eq!(tally.refused + tally.unreadable, signed.len() * 255, "{}", action.name());
        assert!(tally.unreadable < tally.refused / 5, "most changes are approvals of something else: {tally:?}");
    }
}

#[test]
fn no_change_of_a_bit_of_the_tag_passes() {
    for action in actions() {
        let (mut risk, state, mut approval) = approved(&action);
        let mut gate = Gate::new();
        for bit in 0..256 {
            approval.tag[bit / 8] ^= 1 << (bit % 8);
            let refusal = gate.pass(&approval, &state, risk.keys_mut()).expect_err("another tag");
            assert_eq!(refusal.code, RefusalCode::Forged, "bit {bit}");
            approval.tag[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(gate.pass(&approval, &state, risk.keys_mut()).is_ok());
    }
}
