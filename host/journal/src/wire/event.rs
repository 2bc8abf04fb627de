//! Events on the wire: which bytes does each kind of event have?
//!
//! In: an event, or the payload of an event record. Out: the payload, or the event. Must never: drop a field; two
//! different events have different bytes.

use ringfence_core::canonical::{Read, Reader, Writer};
use ringfence_core::event::{
    Adjustment, BalanceChange, BalanceReason, BalanceStatement, Bar, BookAction, BookLevel, BookOrder, BookOrderAction,
    CancelReason, Cause, Command, CorporateAction, Event, EventKind, Fill, FillReason, Funding, Halt, KillLevel,
    Liquidity, MarginMode, Mode, OrderStatement, PositionStatement, Quote, RejectReason, Trade,
};
use ringfence_core::ids::{
    AccountId, BlobId, CurrencyId, InstrumentId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{InstrumentStatus, PositionSide, Side};
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_core::strategy::HaltCode;

/// Appends the payload of an event record; its type is `event.kind.number()`.
pub fn put_event(w: &mut Writer, event: &Event) {
    w.u64(event.seq.0);
    w.u64(event.time.0);
    w.u64(event.venue_time.0);
    put_cause(w, event.cause);
    w.u32(event.instrument.0);
    w.u16(event.venue.0);
    w.u16(event.account.0);
    put_kind(w, &event.kind);
}

/// Reads the payload of an event record; `None` when no event has this number.
///
/// # Errors
/// [`DecodeError`](ringfence_core::canonical::DecodeError) when the bytes are not exactly one event of that kind.
pub fn take_event(number: u16, payload: &[u8]) -> Read<Option<Event>> {
    if is_unknown(number) {
        return Ok(None);
    }
    let r = &mut Reader::new(payload);
    let (seq, time, venue_time) = (Seq(r.u64()?), take_time(r)?, take_time(r)?);
    let cause = take_cause(r)?;
    let (instrument, venue, account) = (InstrumentId(r.u32()?), VenueId(r.u16()?), AccountId(r.u16()?));
    let Some(kind) = take_kind(number, r)? else { return Ok(None) };
    r.finish()?;
    Ok(Some(Event { seq, time, venue_time, cause, instrument, venue, account, kind }))
}

/// Known kinds read something or are complete without bytes; only an unknown number answers `None`.
fn is_unknown(number: u16) -> bool {
    matches!(take_kind(number, &mut Reader::new(&[])), Ok(None))
}

pub(super) fn put_halt(w: &mut Writer, halt: Halt) {
    w.u8(halt.code.number());
    w.u64(halt.limit);
    w.u64(halt.used);
}

pub(super) fn take_halt(r: &mut Reader<'_>) -> Read<Halt> {
    Ok(Halt { code: HaltCode::take(r)?, limit: r.u64()?, used: r.u64()? })
}

pub(super) fn take_price(r: &mut Reader<'_>) -> Read<Price> {
    r.i64().map(Price)
}

pub(super) fn take_qty(r: &mut Reader<'_>) -> Read<Qty> {
    r.i64().map(Qty)
}

pub(super) fn take_time(r: &mut Reader<'_>) -> Read<TimeNs> {
    r.u64().map(TimeNs)
}

pub(super) fn take_array<const N: usize>(r: &mut Reader<'_>) -> Read<[u8; N]> {
    let mut out = [0; N];
    out.copy_from_slice(r.raw(N)?);
    Ok(out)
}

fn put_cause(w: &mut Writer, cause: Cause) {
    match cause {
        Cause::Outside => w.u8(0),
        Cause::Event(seq) => {
            w.u8(1);
            w.u64(seq.0);
        }
        Cause::Leg { strategy, leg, intent } => {
            w.u8(2);
            LegKey { intent, strategy, leg }.put(w);
        }
    }
}

fn take_cause(r: &mut Reader<'_>) -> Read<Cause> {
    match r.u8()? {
        0 => Ok(Cause::Outside),
        1 => Ok(Cause::Event(Seq(r.u64()?))),
        2 => Ok(Cause::leg(LegKey::take(r)?)),
        _ => Err(r.invalid("cause")),
    }
}

fn put_kind(w: &mut Writer, kind: &EventKind) {
    match *kind {
        EventKind::Trade(trade) => put_trade(w, trade),
        EventKind::Quote(quote) => put_quote(w, quote),
        EventKind::BookLevel(level) => put_book_level(w, level),
        EventKind::Bar(bar) => put_bar(w, bar),
        EventKind::MarkPrice(price) => w.i64(price.0),
        EventKind::FundingRate(funding) => put_funding(w, funding),
        EventKind::InstrumentStatus(status) => w.u8(status.number()),
        EventKind::CorporateAction(action) => put_corporate_action(w, action),
        EventKind::BookOrder(order) => put_book_order(w, order),
        EventKind::TradingDay(ends) => w.u64(ends.0),
        EventKind::OrderFilled(fill) | EventKind::FillBusted(fill) => put_fill(w, &fill),
        EventKind::OrderAccepted(key) | EventKind::OutcomeUnknown(key) => key.put(w),
        EventKind::OrderRejected(key, reason)
        | EventKind::CancelRejected(key, reason)
        | EventKind::AmendRejected(key, reason) => put_rejection(w, key, reason),
        EventKind::TransmitRefused(key, command, reason) => {
            key.put(w);
            w.u8(command.number());
            w.u8(reason.number());
        }
        EventKind::OrderCanceled(key, open, reason) => put_canceled(w, key, open, reason),
        EventKind::OrderAmended(key, price, qty) => put_key_and_numbers(w, key, &[price.0, qty.0]),
        EventKind::OrderExpired(key, open) => put_key_and_numbers(w, key, &[open.0]),
        EventKind::BalanceReported(balance) => put_balance(w, balance),
        EventKind::BalanceAdjusted(change) => put_balance_change(w, change),
        EventKind::PositionReported(position) => put_position(w, position),
        EventKind::OrderReported(order) => put_order_statement(w, order),
        EventKind::LeverageReported(number) | EventKind::ReconcileFinished(number) => w.u32(number),
        EventKind::MarginModeReported(mode) => w.u8(mode.number()),
        EventKind::SessionOpened(session, mode, rules) => put_session(w, session, mode, rules),
        EventKind::KillSwitch(level, strategy) => put_kill(w, level, strategy),
        EventKind::StrategyAttached(strategy, component, plan) => put_blobs(w, strategy, &[component, plan]),
        EventKind::StrategySwapped(strategy, component, plan, snapshot) => {
            put_blobs(w, strategy, &[component, plan, snapshot]);
        }
        EventKind::StrategyCheckpointed(strategy, blob)
        | EventKind::ParametersChanged(strategy, blob)
        | EventKind::ReloadRefused(strategy, blob) => {
            put_blobs(w, strategy, &[blob]);
        }
        EventKind::StrategyDetached(strategy) | EventKind::FlattenRequested(strategy) => w.u16(strategy.0),
        EventKind::StrategyHalted(strategy, halt) => put_halted(w, strategy, halt),
        EventKind::StrategyResumed(strategy, restarts) => put_resumed(w, strategy, restarts),
        EventKind::InstrumentDefined(blob)
        | EventKind::ConfigChanged(blob)
        | EventKind::ExternalIntent(blob)
        | EventKind::OperatorCommand(blob) => w.u32(blob.0),
        EventKind::Signal(source, name, value) => put_signal(w, source, name, value),
        EventKind::ClockAdjusted(ns) => w.i64(ns),
        EventKind::FeedStale
        | EventKind::FeedRecovered
        | EventKind::ReconcileStarted
        | EventKind::VenueUp
        | EventKind::VenueDown
        | EventKind::SessionClosed
        | EventKind::TradingEnabled
        | EventKind::TradingDisabled
        | EventKind::TimeAdvanced => {}
    }
}

fn take_kind(number: u16, r: &mut Reader<'_>) -> Read<Option<EventKind>> {
    let kind = match number {
        1..100 => take_market(number, r)?,
        100..200 => take_execution(number, r)?,
        200..300 => take_control(number, r)?,
        300 => Some(EventKind::TimeAdvanced),
        _ => None,
    };
    Ok(kind)
}

fn take_market(number: u16, r: &mut Reader<'_>) -> Read<Option<EventKind>> {
    let kind = match number {
        1 => EventKind::Trade(take_trade(r)?),
        2 => EventKind::Quote(take_quote(r)?),
        3 => EventKind::BookLevel(take_book_level(r)?),
        4 => EventKind::Bar(take_bar(r)?),
        5 => EventKind::MarkPrice(take_price(r)?),
        6 => EventKind::FundingRate(Funding { rate_e9: r.i64()?, next_time: take_time(r)? }),
        7 => EventKind::InstrumentDefined(take_blob(r)?),
        8 => EventKind::InstrumentStatus(InstrumentStatus::take(r)?),
        9 => EventKind::FeedStale,
        10 => EventKind::FeedRecovered,
        11 => EventKind::CorporateAction(take_corporate_action(r)?),
        12 => EventKind::BookOrder(take_book_order(r)?),
        13 => EventKind::TradingDay(TimeNs(r.u64()?)),
        _ => return Ok(None),
    };
    Ok(Some(kind))
}

fn take_execution(number: u16, r: &mut Reader<'_>) -> Read<Option<EventKind>> {
    let kind = match number {
        100 => EventKind::OrderAccepted(LegKey::take(r)?),
        101 => EventKind::OrderRejected(LegKey::take(r)?, RejectReason::take(r)?),
        102 => EventKind::OrderFilled(take_fill(r)?),
        103 => EventKind::OrderCanceled(LegKey::take(r)?, take_qty(r)?, CancelReason::take(r)?),
        104 => EventKind::CancelRejected(LegKey::take(r)?, RejectReason::take(r)?),
        105 => EventKind::OrderAmended(LegKey::take(r)?, take_price(r)?, take_qty(r)?),
        106 => EventKind::AmendRejected(LegKey::take(r)?, RejectReason::take(r)?),
        107 => EventKind::OrderExpired(LegKey::take(r)?, take_qty(r)?),
        108 => EventKind::OutcomeUnknown(LegKey::take(r)?),
        109 => EventKind::FillBusted(take_fill(r)?),
        110 => EventKind::TransmitRefused(LegKey::take(r)?, Command::take(r)?, RejectReason::take(r)?),
        111 => EventKind::BalanceReported(take_balance(r)?),
        112 => EventKind::BalanceAdjusted(take_balance_change(r)?),
        113 => EventKind::PositionReported(take_position(r)?),
        114 => EventKind::OrderReported(take_order_statement(r)?),
        115 => EventKind::LeverageReported(r.u32()?),
        116 => EventKind::MarginModeReported(MarginMode::take(r)?),
        117 => EventKind::ReconcileStarted,
        118 => EventKind::ReconcileFinished(r.u32()?),
        119 => EventKind::VenueUp,
        120 => EventKind::VenueDown,
        _ => return Ok(None),
    };
    Ok(Some(kind))
}

fn take_control(number: u16, r: &mut Reader<'_>) -> Read<Option<EventKind>> {
    let kind = match number {
        200 => EventKind::SessionOpened(SessionId(take_array(r)?), Mode::take(r)?, r.u32()?),
        201 => EventKind::SessionClosed,
        202 => EventKind::ConfigChanged(take_blob(r)?),
        203 => EventKind::TradingEnabled,
        204 => EventKind::TradingDisabled,
        205 => EventKind::KillSwitch(KillLevel::take(r)?, take_strategy(r)?),
        206 => EventKind::StrategyAttached(take_strategy(r)?, take_blob(r)?, take_blob(r)?),
        207 => EventKind::StrategyDetached(take_strategy(r)?),
        208 => EventKind::StrategySwapped(take_strategy(r)?, take_blob(r)?, take_blob(r)?, take_blob(r)?),
        209 => EventKind::StrategyCheckpointed(take_strategy(r)?, take_blob(r)?),
        210 => EventKind::StrategyHalted(take_strategy(r)?, take_halt(r)?),
        211 => EventKind::StrategyResumed(take_strategy(r)?, r.u32()?),
        212 => EventKind::ParametersChanged(take_strategy(r)?, take_blob(r)?),
        213 => EventKind::FlattenRequested(take_strategy(r)?),
        214 => EventKind::ExternalIntent(take_blob(r)?),
        215 => EventKind::Signal(NameId(r.u32()?), NameId(r.u32()?), r.i64()?),
        216 => EventKind::ClockAdjusted(r.i64()?),
        217 => EventKind::OperatorCommand(take_blob(r)?),
        218 => EventKind::ReloadRefused(take_strategy(r)?, take_blob(r)?),
        _ => return Ok(None),
    };
    Ok(Some(kind))
}

fn put_trade(w: &mut Writer, trade: Trade) {
    w.i64(trade.price.0);
    w.i64(trade.qty.0);
    w.option(trade.aggressor, |w, side| w.u8(side.number()));
}

fn take_trade(r: &mut Reader<'_>) -> Read<Trade> {
    Ok(Trade { price: take_price(r)?, qty: take_qty(r)?, aggressor: r.option(Side::take)? })
}

fn put_quote(w: &mut Writer, quote: Quote) {
    for number in [quote.bid_price.0, quote.bid_qty.0, quote.ask_price.0, quote.ask_qty.0] {
        w.i64(number);
    }
}

fn take_quote(r: &mut Reader<'_>) -> Read<Quote> {
    Ok(Quote { bid_price: take_price(r)?, bid_qty: take_qty(r)?, ask_price: take_price(r)?, ask_qty: take_qty(r)? })
}

fn put_book_level(w: &mut Writer, level: BookLevel) {
    w.u8(level.action.number());
    w.u8(level.side.number());
    w.i64(level.price.0);
    w.i64(level.qty.0);
    w.flag(level.is_last);
}

fn take_book_level(r: &mut Reader<'_>) -> Read<BookLevel> {
    Ok(BookLevel {
        action: BookAction::take(r)?,
        side: Side::take(r)?,
        price: take_price(r)?,
        qty: take_qty(r)?,
        is_last: r.flag()?,
    })
}

fn put_book_order(w: &mut Writer, order: BookOrder) {
    w.u8(order.action.number());
    w.u8(order.side.number());
    w.u64(order.order);
    for number in [order.price.0, order.qty.0, order.level.0] {
        w.i64(number);
    }
    w.flag(order.is_last);
}

fn take_book_order(r: &mut Reader<'_>) -> Read<BookOrder> {
    Ok(BookOrder {
        action: BookOrderAction::take(r)?,
        side: Side::take(r)?,
        order: r.u64()?,
        price: take_price(r)?,
        qty: take_qty(r)?,
        level: take_qty(r)?,
        is_last: r.flag()?,
    })
}

fn put_bar(w: &mut Writer, bar: Bar) {
    for number in [bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0] {
        w.i64(number);
    }
    w.u64(bar.open_time.0);
    w.u64(bar.interval_ns);
}

fn take_bar(r: &mut Reader<'_>) -> Read<Bar> {
    Ok(Bar {
        open: take_price(r)?,
        high: take_price(r)?,
        low: take_price(r)?,
        close: take_price(r)?,
        volume: take_qty(r)?,
        open_time: take_time(r)?,
        interval_ns: r.u64()?,
    })
}

fn put_funding(w: &mut Writer, funding: Funding) {
    w.i64(funding.rate_e9);
    w.u64(funding.next_time.0);
}

fn put_corporate_action(w: &mut Writer, action: CorporateAction) {
    w.u8(action.kind.number());
    w.u64(action.numerator);
    w.u64(action.denominator);
    w.i64(action.cash);
}

fn take_corporate_action(r: &mut Reader<'_>) -> Read<CorporateAction> {
    Ok(CorporateAction { kind: Adjustment::take(r)?, numerator: r.u64()?, denominator: r.u64()?, cash: r.i64()? })
}

fn put_fill(w: &mut Writer, fill: &Fill) {
    fill.order.put(w);
    w.u64(fill.trade_id);
    for number in [fill.price.0, fill.qty.0, fill.leaves.0] {
        w.i64(number);
    }
    w.decimal(fill.fee);
    w.u32(fill.fee_currency.0);
    w.u8(fill.side.number());
    w.u8(fill.liquidity.number());
    w.u8(fill.position_side.number());
    w.u8(fill.reason.number());
    w.i64(fill.ahead.0);
}

fn take_fill(r: &mut Reader<'_>) -> Read<Fill> {
    Ok(Fill {
        order: LegKey::take(r)?,
        trade_id: r.u64()?,
        price: take_price(r)?,
        qty: take_qty(r)?,
        leaves: take_qty(r)?,
        fee: r.decimal()?,
        fee_currency: CurrencyId(r.u32()?),
        side: Side::take(r)?,
        liquidity: Liquidity::take(r)?,
        position_side: PositionSide::take(r)?,
        reason: FillReason::take(r)?,
        ahead: take_qty(r)?,
    })
}

fn put_rejection(w: &mut Writer, key: LegKey, reason: RejectReason) {
    key.put(w);
    w.u8(reason.number());
}

fn put_canceled(w: &mut Writer, key: LegKey, open: Qty, reason: CancelReason) {
    key.put(w);
    w.i64(open.0);
    w.u8(reason.number());
}

fn put_key_and_numbers(w: &mut Writer, key: LegKey, numbers: &[i64]) {
    key.put(w);
    numbers.iter().for_each(|number| w.i64(*number));
}

fn put_balance(w: &mut Writer, balance: BalanceStatement) {
    w.u32(balance.currency.0);
    w.decimal(balance.total);
    w.decimal(balance.available);
}

fn take_balance(r: &mut Reader<'_>) -> Read<BalanceStatement> {
    Ok(BalanceStatement { currency: CurrencyId(r.u32()?), total: r.decimal()?, available: r.decimal()? })
}

fn put_balance_change(w: &mut Writer, change: BalanceChange) {
    w.u8(change.reason.number());
    w.u32(change.currency.0);
    w.decimal(change.amount);
    w.u16(change.strategy.0);
}

fn take_balance_change(r: &mut Reader<'_>) -> Read<BalanceChange> {
    Ok(BalanceChange {
        reason: BalanceReason::take(r)?,
        currency: CurrencyId(r.u32()?),
        amount: r.decimal()?,
        strategy: take_strategy(r)?,
    })
}

fn put_position(w: &mut Writer, position: PositionStatement) {
    w.u8(position.side.number());
    w.i64(position.qty.0);
    w.i64(position.entry_price.0);
}

fn take_position(r: &mut Reader<'_>) -> Read<PositionStatement> {
    Ok(PositionStatement { side: PositionSide::take(r)?, qty: take_qty(r)?, entry_price: take_price(r)? })
}

fn put_order_statement(w: &mut Writer, order: OrderStatement) {
    order.order.put(w);
    w.u8(order.state.number());
    w.u8(order.side.number());
    for number in [order.price.0, order.qty.0, order.filled.0] {
        w.i64(number);
    }
}

fn take_order_statement(r: &mut Reader<'_>) -> Read<OrderStatement> {
    Ok(OrderStatement {
        order: LegKey::take(r)?,
        state: OrderState::take(r)?,
        side: Side::take(r)?,
        price: take_price(r)?,
        qty: take_qty(r)?,
        filled: take_qty(r)?,
    })
}

fn put_session(w: &mut Writer, session: SessionId, mode: Mode, rules: u32) {
    w.raw(&session.0);
    w.u8(mode.number());
    w.u32(rules);
}

fn put_kill(w: &mut Writer, level: KillLevel, strategy: StrategyId) {
    w.u8(level.number());
    w.u16(strategy.0);
}

fn put_blobs(w: &mut Writer, strategy: StrategyId, blobs: &[BlobId]) {
    w.u16(strategy.0);
    blobs.iter().for_each(|blob| w.u32(blob.0));
}

fn put_halted(w: &mut Writer, strategy: StrategyId, halt: Halt) {
    w.u16(strategy.0);
    put_halt(w, halt);
}

fn put_resumed(w: &mut Writer, strategy: StrategyId, restarts: u32) {
    w.u16(strategy.0);
    w.u32(restarts);
}

fn put_signal(w: &mut Writer, source: NameId, name: NameId, value: i64) {
    w.u32(source.0);
    w.u32(name.0);
    w.i64(value);
}

fn take_strategy(r: &mut Reader<'_>) -> Read<StrategyId> {
    r.u16().map(StrategyId)
}

fn take_blob(r: &mut Reader<'_>) -> Read<BlobId> {
    r.u32().map(BlobId)
}
