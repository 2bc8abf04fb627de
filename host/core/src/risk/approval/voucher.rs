//! Voucher: how does a command show in another process that it was approved?
//!
//! In: an approval that the gate has spent. Out: the bytes its tag is over, with the tag; and from such bytes the approval
//! again, unchecked. Must never: give an approval to anybody but a gateway, which checks it before all else.

use hmac::Mac;

use crate::blob::Sha256Hash;
use crate::canonical::{Read, Reader, Writer};
use crate::event::Mode;
use crate::ids::{AccountId, InstrumentId, LegKey, Seq, TimeNs};
use crate::instrument::{PositionSide, Side};
use crate::intent::{Action, AmendTerms, CancelTerms, Env, OrderTerms, OrderType, TimeInForce};
use crate::money::{Price, Qty};
use crate::risk::approval::{ApprovedIntent, HmacSha256, KeyId};

/// What is left of an approval beside what a command says anyway. It is no approval: nothing in this process takes it for one.
#[derive(Debug)]
pub(crate) struct Voucher {
    pub(super) key_id: KeyId,
    pub(super) number: u64,
    pub(super) mode: Mode,
    pub(super) env: Env,
    pub(super) config_hash: Sha256Hash,
    pub(super) seq: Seq,
    pub(super) approved_at: TimeNs,
    pub(super) tag: [u8; 32],
}

impl Voucher {
    /// Appends the signed bytes of the approval of this, and its tag.
    pub(crate) fn put(&self, (key, action, account): (LegKey, &Action, AccountId), w: &mut Writer) {
        self.approval(key, *action, account).put(w);
        w.raw(&self.tag);
    }

    /// This with a tag by this key.
    pub(super) fn signed(
        mut self,
        mac: HmacSha256,
        (key, action, account): (LegKey, Action, AccountId),
        w: &mut Writer,
    ) -> Voucher {
        let tag = self.approval(key, action, account).mac(mac, w).finalize().into_bytes();
        self.tag.copy_from_slice(&tag);
        self
    }

    /// The bytes of an approval again; it stays within this file, and nobody is given it.
    fn approval(&self, key: LegKey, action: Action, account: AccountId) -> ApprovedIntent {
        let Voucher { key_id, number, mode, env, config_hash, seq, approved_at, tag } = *self;
        ApprovedIntent { key, action, account, key_id, number, mode, env, config_hash, seq, approved_at, tag }
    }
}

/// The approval that these bytes speak of; whether anybody gave it shows its tag.
pub(crate) fn take(bytes: &[u8]) -> Read<ApprovedIntent> {
    Reader::whole(bytes, |r| {
        Ok(ApprovedIntent {
            key_id: KeyId(r.u32()?),
            number: r.u64()?,
            key: LegKey::take(r)?,
            action: take_action(r)?,
            account: AccountId(r.u16()?),
            mode: Mode::take(r)?,
            env: Env::take(r)?,
            config_hash: r.raw(32)?.try_into().expect("32 bytes were asked for"),
            seq: Seq(r.u64()?),
            approved_at: TimeNs(r.u64()?),
            tag: r.raw(32)?.try_into().expect("32 bytes were asked for"),
        })
    })
}

fn take_action(r: &mut Reader<'_>) -> Read<Action> {
    Ok(match r.u8()? {
        1 => Action::Submit(take_terms(r)?),
        2 => Action::Cancel(CancelTerms { order: LegKey::take(r)?, instrument: InstrumentId(r.u32()?) }),
        3 => Action::Amend(AmendTerms {
            order: LegKey::take(r)?,
            instrument: InstrumentId(r.u32()?),
            side: Side::take(r)?,
            price: Price(r.i64()?),
            qty: Qty(r.i64()?),
        }),
        _ => return Err(r.invalid("kind of action")),
    })
}

fn take_terms(r: &mut Reader<'_>) -> Read<OrderTerms> {
    let price = |r: &mut Reader<'_>| r.i64().map(Price);
    Ok(OrderTerms {
        instrument: InstrumentId(r.u32()?),
        side: Side::take(r)?,
        qty: Qty(r.i64()?),
        order_type: OrderType::take(r)?,
        limit_price: r.option(price)?,
        stop_price: r.option(price)?,
        tif: TimeInForce::take(r)?,
        post_only: r.flag()?,
        reduce_only: r.flag()?,
        position_side: PositionSide::take(r)?,
        reference: Price(r.i64()?),
    })
}
