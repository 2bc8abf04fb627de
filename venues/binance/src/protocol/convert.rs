//! Conversions: what is this message about one of our instruments, at its own scales?
//!
//! In: typed messages of the codec. Out: evidence and fills for the ledger. Must never: round; what does not fit its scale
//! is not taken, and the operator hears of it.

use ringfence_core::event::{CancelReason, FillReason, Liquidity, RejectReason};
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::money::{Decimal, Price, Qty};

use crate::codec::Number;
use crate::codec::order::{AccountTrade, FillAnswer, OrderAnswer};
use crate::codec::user::OrderUpdate;
use crate::codec::words::{Happened, Status, Stay};
use crate::protocol::ledger::{Detail, End, Evidence, Traded};
use crate::protocol::{Listed, Machine, NS_PER_MS, Notice};

/// Milliseconds of the venue as our time.
pub(crate) fn of_ms(ms: u64) -> TimeNs {
    TimeNs(ms.saturating_mul(NS_PER_MS))
}

impl Machine {
    /// What an answer says of an order; `None` for an instrument or number that is not ours.
    pub(crate) fn evidence(&mut self, answer: &OrderAnswer) -> Option<(Evidence, Vec<Traded>)> {
        let listed = self.by_symbol(&answer.symbol)?;
        let instrument = listed.instrument.id;
        let read = read_answer(listed, answer);
        let Some((detail, sides)) = read else {
            self.notice(Notice::Undecodable(format!("order {}: a number beyond the instrument's scale", answer.id)));
            return None;
        };
        let time = of_ms(answer.time_ms);
        let mut fills = Vec::new();
        for fill in &answer.fills {
            fills.extend(self.traded(instrument, fill, (sides, Liquidity::Taker, time)));
        }
        let client_id = answer.client_id.clone();
        Some((Evidence { client_id, instrument, venue_id: answer.id, detail, time }, fills))
    }

    /// What an update says of an order.
    pub(crate) fn update(&mut self, said: &OrderUpdate<'_>) -> Option<(Evidence, Vec<Traded>)> {
        let listed = self.by_symbol(said.symbol)?;
        let instrument = listed.instrument.id;
        let Some(mut detail) = read_detail(listed, (said.status, said.side), [said.price, said.qty, said.executed])
        else {
            self.notice(Notice::Undecodable(format!("order {}: a number beyond the instrument's scale", said.id)));
            return None;
        };
        detail.end = end_of(said.status, said.reason, said.stay);
        detail.stay = said.stay;
        let time = of_ms(said.time_ms);
        let mut fills = Vec::new();
        if let Some(fill) = said.fill {
            let answer = FillAnswer {
                trade_id: fill.trade_id,
                price: fill.price,
                qty: fill.qty,
                fee: fill.fee,
                fee_asset: fill.fee_asset.to_owned(),
            };
            let liquidity = if fill.is_maker { Liquidity::Maker } else { Liquidity::Taker };
            if let Some(mut traded) = self.traded(instrument, &answer, (said.side, liquidity, time)) {
                traded.leaves = Some(Qty((detail.qty.0 - detail.executed.0).max(0)));
                traded.position_side = said.position_side;
                traded.reason = reason_of(said);
                fills.push(traded);
            }
        }
        let client_id = said.client_id.to_owned();
        Some((Evidence { client_id, instrument, venue_id: said.id, detail: Some(detail), time }, fills))
    }

    /// A fill of the account's list.
    pub(crate) fn account_trade(&mut self, trade: &AccountTrade) -> Option<(InstrumentId, Traded)> {
        let instrument = self.by_symbol(&trade.symbol)?.instrument.id;
        let liquidity = if trade.is_maker { Liquidity::Maker } else { Liquidity::Taker };
        let traded = self.traded(instrument, &trade.fill, (trade.side, liquidity, of_ms(trade.time_ms)))?;
        Some((instrument, traded))
    }

    fn traded(
        &mut self,
        instrument: InstrumentId,
        fill: &FillAnswer,
        (side, liquidity, time): (Side, Liquidity, TimeNs),
    ) -> Option<Traded> {
        let definition = self.listed(instrument)?.instrument;
        let numbers = fill.price.at(definition.price_scale).zip(fill.qty.at(definition.qty_scale));
        let Some((price, qty)) = numbers else {
            self.notice(Notice::Undecodable(format!("trade {}: a number beyond the scale", fill.trade_id)));
            return None;
        };
        let fee_currency = self.settings.currency(&fill.fee_asset);
        let fee = fill.fee.decimal().unwrap_or(Decimal::ZERO);
        if fee_currency.0 == 0 && !fee.is_zero() {
            self.notice(Notice::UnknownAsset(fill.fee_asset.clone()));
        }
        Some(Traded {
            trade_id: fill.trade_id,
            side,
            price: Price(price),
            qty: Qty(qty),
            fee,
            fee_currency: if fee.is_zero() { definition.settlement } else { fee_currency },
            liquidity,
            position_side: PositionSide::Net,
            reason: FillReason::Venue,
            leaves: None,
            time,
        })
    }
}

/// The detail of an answer, and the side of its fills.
fn read_answer(listed: &Listed, answer: &OrderAnswer) -> Option<(Option<Detail>, Side)> {
    let Some(said) = answer.detail else { return Some((None, Side::Buy)) };
    let mut detail = read_detail(listed, (said.status, said.side), [said.price, said.qty, said.executed])?;
    detail.end = end_of(said.status, "", said.stay);
    detail.stay = said.stay;
    Some((Some(detail), said.side))
}

fn read_detail(listed: &Listed, (status, side): (Status, Side), [price, qty, executed]: [Number; 3]) -> Option<Detail> {
    let definition = listed.instrument;
    Some(Detail {
        status,
        side,
        price: Price(price.at(definition.price_scale)?),
        qty: Qty(qty.at(definition.qty_scale)?),
        executed: Qty(executed.at(definition.qty_scale)?),
        end: end_of(status, "", Stay::Rests),
        stay: Stay::Rests,
    })
}

/// What the end of an order means.
fn end_of(status: Status, reason: &str, stay: Stay) -> End {
    match status {
        Status::ExpiredInMatch => End::Canceled(CancelReason::SelfTrade),
        Status::Rejected => End::Rejected(reject_of(reason)),
        Status::Expired => match (stay, reason) {
            (_, "EXCHANGE_CANCELED") => End::Canceled(CancelReason::Venue),
            (Stay::Posts, _) => End::Canceled(CancelReason::WouldTake),
            (Stay::Takes, _) | (_, "INSUFFICIENT_LIQUIDITY") => End::Canceled(CancelReason::IocRemainder),
            (Stay::Rests, _) => End::Expired,
        },
        Status::New | Status::PartiallyFilled | Status::Filled | Status::Canceled => End::Canceled(CancelReason::Venue),
    }
}

fn reject_of(reason: &str) -> RejectReason {
    match reason {
        "INSUFFICIENT_BALANCES" => RejectReason::InsufficientBalance,
        "WOULD_MATCH_IMMEDIATELY" | "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY" => RejectReason::WouldTake,
        _ => RejectReason::Unknown,
    }
}

/// Orders of the venue itself have ids that begin so.
fn reason_of(said: &OrderUpdate<'_>) -> FillReason {
    let begins = |head: &str| said.client_id.starts_with(head);
    match said.happened {
        _ if begins("settlement_autoclose-") || begins("delivery_autoclose-") => FillReason::Settlement,
        Happened::Calculated => FillReason::Liquidation,
        Happened::New
        | Happened::Canceled
        | Happened::Replaced
        | Happened::Rejected
        | Happened::Trade
        | Happened::Expired
        | Happened::TradePrevention
        | Happened::Amended
            if begins("autoclose-") || begins("adl_autoclose") =>
        {
            FillReason::Liquidation
        }
        Happened::New
        | Happened::Canceled
        | Happened::Replaced
        | Happened::Rejected
        | Happened::Trade
        | Happened::Expired
        | Happened::TradePrevention
        | Happened::Amended => FillReason::Venue,
    }
}
