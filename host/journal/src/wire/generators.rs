//! Generators: events and decisions of every kind, for property tests.

use proptest::prelude::*;
use proptest::sample::select;
use ringfence_core::decision::{
    Anomaly, AnomalyCode, ApprovalMark, Decision, DecisionKind, Denial, DenialCode, DropReason, EndCode, Ended,
    Malformed, MalformedCode, Normalised, Refusal, RefusalCode, Scheduled,
};
use ringfence_core::event::{
    Adjustment, BalanceChange, BalanceReason, BalanceStatement, Bar, BookAction, BookLevel, BookOrder, BookOrderAction,
    CancelReason, Cause, Command, CorporateAction, Event, EventKind, Fill, FillReason, Funding, Halt, KillLevel,
    Liquidity, MarginMode, Mode, OrderStatement, PositionStatement, Quote, RejectReason, Trade,
};
use ringfence_core::ids::{
    AccountId, BlobId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs,
    VenueId,
};
use ringfence_core::instrument::{InstrumentStatus, PositionSide, Side};
use ringfence_core::intent::{
    Action, Amend, AmendTerms, Bound, CancelTerms, Curve, Extras, GroupKind, IntentKind, Link, NoteSpan, OrderTerms,
    OrderType, Schedule, Size, Submit, TimeInForce, Trail, TrailUnit, TriggerBy,
};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_core::risk::KeyId;
use ringfence_core::strategy::HaltCode;

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> + Clone {
    select(all)
}

fn number() -> impl Strategy<Value = u64> + Clone {
    (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift)
}

fn signed() -> impl Strategy<Value = i64> + Clone {
    (any::<i64>(), 0_u32..63).prop_map(|(value, shift)| value >> shift)
}

fn price() -> impl Strategy<Value = Price> + Clone {
    signed().prop_map(Price)
}

fn qty() -> impl Strategy<Value = Qty> + Clone {
    signed().prop_map(Qty)
}

fn time() -> impl Strategy<Value = TimeNs> + Clone {
    number().prop_map(TimeNs)
}

fn decimal() -> impl Strategy<Value = Decimal> + Clone {
    prop_oneof![
        (any::<i64>(), 0_u32..=28).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale).normalize()),
        Just(Decimal::MAX),
        Just(Decimal::MIN),
        Just(Decimal::ZERO),
    ]
}

fn key() -> impl Strategy<Value = LegKey> + Clone {
    (0_u16..4, number(), any::<u16>()).prop_map(|(strategy, intent, leg)| LegKey {
        strategy: StrategyId(strategy),
        intent: IntentId(intent),
        leg: LegId(leg),
    })
}

fn strategy() -> impl Strategy<Value = StrategyId> + Clone {
    any::<u16>().prop_map(StrategyId)
}

fn blob() -> impl Strategy<Value = BlobId> + Clone {
    any::<u32>().prop_map(BlobId)
}

fn currency() -> impl Strategy<Value = CurrencyId> + Clone {
    any::<u32>().prop_map(CurrencyId)
}

fn instrument() -> impl Strategy<Value = InstrumentId> + Clone {
    any::<u32>().prop_map(InstrumentId)
}

fn side() -> impl Strategy<Value = Side> + Clone {
    one_of(Side::ALL)
}

fn position_side() -> impl Strategy<Value = PositionSide> + Clone {
    one_of(PositionSide::ALL)
}

fn reason() -> impl Strategy<Value = RejectReason> + Clone {
    one_of(RejectReason::ALL)
}

fn halt() -> impl Strategy<Value = Halt> + Clone {
    (one_of(HaltCode::ALL), number(), number()).prop_map(|(code, limit, used)| Halt { code, limit, used })
}

fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![Just(Cause::Outside), number().prop_map(|seq| Cause::Event(Seq(seq))), key().prop_map(Cause::leg),]
}

fn fill() -> impl Strategy<Value = Fill> + Clone {
    let first = (key(), number(), price(), qty(), qty());
    let second = (decimal(), currency(), side(), one_of(Liquidity::ALL), position_side());
    let third = (one_of(FillReason::ALL), qty());
    (first, second, third).prop_map(|((order, trade_id, price, qty, leaves), second, (reason, ahead))| {
        let (fee, fee_currency, side, liquidity, position_side) = second;
        Fill { order, trade_id, price, qty, leaves, fee, fee_currency, side, liquidity, position_side, reason, ahead }
    })
}

fn market_kinds() -> Vec<BoxedStrategy<EventKind>> {
    use EventKind as K;
    let numbers = || (price(), price(), price(), price(), qty(), time(), number());
    vec![
        (price(), qty(), proptest::option::of(side()))
            .prop_map(|(price, qty, aggressor)| K::Trade(Trade { price, qty, aggressor }))
            .boxed(),
        (price(), qty(), price(), qty())
            .prop_map(|(bid_price, bid_qty, ask_price, ask_qty)| {
                K::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty })
            })
            .boxed(),
        (one_of(BookAction::ALL), side(), price(), qty(), any::<bool>())
            .prop_map(|(action, side, price, qty, is_last)| {
                K::BookLevel(BookLevel { action, side, price, qty, is_last })
            })
            .boxed(),
        numbers()
            .prop_map(|(open, high, low, close, volume, open_time, interval_ns)| {
                K::Bar(Bar { open, high, low, close, volume, open_time, interval_ns })
            })
            .boxed(),
        price().prop_map(K::MarkPrice).boxed(),
        (signed(), time()).prop_map(|(rate_e9, next_time)| K::FundingRate(Funding { rate_e9, next_time })).boxed(),
        blob().prop_map(K::InstrumentDefined).boxed(),
        one_of(InstrumentStatus::ALL).prop_map(K::InstrumentStatus).boxed(),
        Just(K::FeedStale).boxed(),
        Just(K::FeedRecovered).boxed(),
        (one_of(BookOrderAction::ALL), side(), number(), price(), (qty(), qty()), any::<bool>())
            .prop_map(|(action, side, order, price, (qty, level), is_last)| {
                K::BookOrder(BookOrder { action, side, order, price, qty, level, is_last })
            })
            .boxed(),
        (one_of(Adjustment::ALL), number(), number(), signed())
            .prop_map(|(kind, numerator, denominator, cash)| {
                K::CorporateAction(CorporateAction { kind, numerator, denominator, cash })
            })
            .boxed(),
        time().prop_map(K::TradingDay).boxed(),
    ]
}

fn order_kinds() -> Vec<BoxedStrategy<EventKind>> {
    use EventKind as K;
    vec![
        key().prop_map(K::OrderAccepted).boxed(),
        (key(), reason()).prop_map(|(key, reason)| K::OrderRejected(key, reason)).boxed(),
        fill().prop_map(K::OrderFilled).boxed(),
        (key(), qty(), one_of(CancelReason::ALL)).prop_map(|(key, qty, why)| K::OrderCanceled(key, qty, why)).boxed(),
        (key(), reason()).prop_map(|(key, reason)| K::CancelRejected(key, reason)).boxed(),
        (key(), price(), qty()).prop_map(|(key, price, qty)| K::OrderAmended(key, price, qty)).boxed(),
        (key(), reason()).prop_map(|(key, reason)| K::AmendRejected(key, reason)).boxed(),
        (key(), qty()).prop_map(|(key, qty)| K::OrderExpired(key, qty)).boxed(),
        key().prop_map(K::OutcomeUnknown).boxed(),
        fill().prop_map(K::FillBusted).boxed(),
        (key(), one_of(Command::ALL), reason())
            .prop_map(|(key, command, reason)| K::TransmitRefused(key, command, reason))
            .boxed(),
    ]
}

fn statement_kinds() -> Vec<BoxedStrategy<EventKind>> {
    use EventKind as K;
    vec![
        (currency(), decimal(), decimal())
            .prop_map(|(currency, total, available)| {
                K::BalanceReported(BalanceStatement { currency, total, available })
            })
            .boxed(),
        (one_of(BalanceReason::ALL), currency(), decimal(), strategy())
            .prop_map(|(reason, currency, amount, strategy)| {
                K::BalanceAdjusted(BalanceChange { reason, currency, amount, strategy })
            })
            .boxed(),
        (position_side(), qty(), price())
            .prop_map(|(side, qty, entry_price)| K::PositionReported(PositionStatement { side, qty, entry_price }))
            .boxed(),
        (key(), one_of(OrderState::ALL), side(), price(), qty(), qty())
            .prop_map(|(order, state, side, price, qty, filled)| {
                K::OrderReported(OrderStatement { order, state, side, price, qty, filled })
            })
            .boxed(),
        any::<u32>().prop_map(K::LeverageReported).boxed(),
        one_of(MarginMode::ALL).prop_map(K::MarginModeReported).boxed(),
        Just(K::ReconcileStarted).boxed(),
        any::<u32>().prop_map(K::ReconcileFinished).boxed(),
        Just(K::VenueUp).boxed(),
        Just(K::VenueDown).boxed(),
    ]
}

fn control_kinds() -> Vec<BoxedStrategy<EventKind>> {
    use EventKind as K;
    vec![
        (any::<[u8; 16]>(), one_of(Mode::ALL), any::<u32>())
            .prop_map(|(session, mode, rules)| K::SessionOpened(SessionId(session), mode, rules))
            .boxed(),
        Just(K::SessionClosed).boxed(),
        blob().prop_map(K::ConfigChanged).boxed(),
        Just(K::TradingEnabled).boxed(),
        Just(K::TradingDisabled).boxed(),
        (one_of(KillLevel::ALL), strategy()).prop_map(|(level, strategy)| K::KillSwitch(level, strategy)).boxed(),
        (strategy(), blob(), blob()).prop_map(|(strategy, a, b)| K::StrategyAttached(strategy, a, b)).boxed(),
        strategy().prop_map(K::StrategyDetached).boxed(),
        (strategy(), blob(), blob(), blob())
            .prop_map(|(strategy, a, b, c)| K::StrategySwapped(strategy, a, b, c))
            .boxed(),
        (strategy(), blob()).prop_map(|(strategy, blob)| K::StrategyCheckpointed(strategy, blob)).boxed(),
        (strategy(), halt()).prop_map(|(strategy, halt)| K::StrategyHalted(strategy, halt)).boxed(),
        (strategy(), any::<u32>()).prop_map(|(strategy, restarts)| K::StrategyResumed(strategy, restarts)).boxed(),
        (strategy(), blob()).prop_map(|(strategy, blob)| K::ParametersChanged(strategy, blob)).boxed(),
        strategy().prop_map(K::FlattenRequested).boxed(),
        blob().prop_map(K::ExternalIntent).boxed(),
        (any::<u32>(), any::<u32>(), signed()).prop_map(|(a, b, value)| K::Signal(NameId(a), NameId(b), value)).boxed(),
        signed().prop_map(K::ClockAdjusted).boxed(),
        blob().prop_map(K::OperatorCommand).boxed(),
        (strategy(), blob()).prop_map(|(strategy, blob)| K::ReloadRefused(strategy, blob)).boxed(),
        Just(K::TimeAdvanced).boxed(),
    ]
}

/// A generator for each kind of event, in order of their numbers.
pub(crate) fn event_kinds() -> Vec<BoxedStrategy<EventKind>> {
    [market_kinds(), order_kinds(), statement_kinds(), control_kinds()].concat()
}

/// An event of that kind, any of its other fields.
pub(crate) fn event_of(kind: BoxedStrategy<EventKind>) -> BoxedStrategy<Event> {
    (number(), time(), time(), cause(), instrument(), any::<u16>(), any::<u16>(), kind)
        .prop_map(|(seq, time, venue_time, cause, instrument, venue, account, kind)| Event {
            seq: Seq(seq),
            time,
            venue_time,
            cause,
            instrument,
            venue: VenueId(venue),
            account: AccountId(account),
            kind,
        })
        .boxed()
}

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![qty().prop_map(Size::Quantity), signed().prop_map(Size::Notional)]
}

fn submit() -> impl Strategy<Value = Submit> {
    let first = (instrument(), side(), size(), one_of(OrderType::ALL), proptest::option::of(price()));
    let second = (
        proptest::option::of(price()),
        one_of(TimeInForce::ALL),
        proptest::option::of(any::<u32>()),
        any::<bool>(),
        any::<bool>(),
        position_side(),
        prop_oneof![2 => Just(Extras::NONE), 1 => extras()],
    );
    (first, second).prop_map(|((instrument, side, size, order_type, limit_price), second)| {
        let (stop_price, tif, max_slippage_bps, post_only, reduce_only, position_side, extras) = second;
        Submit {
            instrument,
            side,
            size,
            order_type,
            limit_price,
            stop_price,
            tif,
            max_slippage_bps,
            post_only,
            reduce_only,
            position_side,
            extras,
        }
    })
}

fn extras() -> impl Strategy<Value = Extras> {
    let trail = (any::<i64>(), one_of(TrailUnit::ALL), any::<i64>());
    let link = (any::<u64>(), any::<u64>(), one_of(GroupKind::ALL));
    (time(), qty(), trail, one_of(TriggerBy::ALL), link).prop_map(
        |(expire_at, display_qty, trail, trigger_by, link)| {
            let (offset, unit, limit_offset) = trail;
            let (parent, group, group_kind) = link;
            Extras {
                expire_at,
                display_qty,
                trail: Trail { offset, unit, limit_offset },
                trigger_by,
                link: Link { parent: IntentId(parent), group: IntentId(group), group_kind },
            }
        },
    )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let bound = prop_oneof![price().prop_map(Bound::Limit), any::<u32>().prop_map(Bound::Slippage)];
    let curve = prop_oneof![
        any::<u16>().prop_map(Curve::Even),
        (0_u32..512, 0_u32..=512).prop_map(|(start, len)| Curve::Profile(NoteSpan { start, len })),
        (any::<u16>(), any::<u32>()).prop_map(|(slices, bps)| Curve::Volume { slices, bps }),
    ];
    let rest = (any::<bool>(), any::<bool>(), position_side(), time(), time(), curve);
    (instrument(), side(), size(), bound, rest).prop_map(|(instrument, side, size, bound, rest)| {
        let (post_only, reduce_only, position_side, start, end, curve) = rest;
        Schedule { instrument, side, size, bound, post_only, reduce_only, position_side, start, end, curve }
    })
}

/// Every kind of intent; notes point into [`NOTES`].
fn intents() -> Vec<BoxedStrategy<DecisionKind>> {
    let kinds: Vec<BoxedStrategy<IntentKind>> = vec![
        submit().prop_map(IntentKind::Submit).boxed(),
        number().prop_map(|intent| IntentKind::Cancel(IntentId(intent))).boxed(),
        (number(), proptest::option::of(price()), proptest::option::of(qty()), proptest::option::of(price()))
            .prop_map(|(order, price, qty, trigger)| {
                IntentKind::Amend(Amend { order: IntentId(order), price, qty, trigger })
            })
            .boxed(),
        proptest::option::of(instrument()).prop_map(IntentKind::CancelAll).boxed(),
        proptest::option::of(instrument()).prop_map(IntentKind::Flatten).boxed(),
        time().prop_map(IntentKind::WakeAt).boxed(),
        (0_u32..512, 0_u32..=512).prop_map(|(start, len)| IntentKind::Note(NoteSpan { start, len })).boxed(),
        schedule().prop_map(IntentKind::Schedule).boxed(),
    ];
    kinds.into_iter().map(|kind| kind.prop_map(DecisionKind::Emitted).boxed()).collect()
}

fn order_terms() -> impl Strategy<Value = OrderTerms> {
    let first = (instrument(), side(), qty(), one_of(OrderType::ALL), proptest::option::of(price()));
    let second = (
        proptest::option::of(price()),
        one_of(TimeInForce::ALL),
        any::<bool>(),
        any::<bool>(),
        position_side(),
        price(),
    );
    (first, second).prop_map(|((instrument, side, qty, order_type, limit_price), second)| {
        let (stop_price, tif, post_only, reduce_only, position_side, reference) = second;
        OrderTerms {
            instrument,
            side,
            qty,
            order_type,
            limit_price,
            stop_price,
            tif,
            post_only,
            reduce_only,
            position_side,
            reference,
        }
    })
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        order_terms().prop_map(Action::Submit),
        (key(), instrument()).prop_map(|(order, instrument)| Action::Cancel(CancelTerms { order, instrument })),
        (key(), instrument(), side(), price(), qty()).prop_map(|(order, instrument, side, price, qty)| {
            Action::Amend(AmendTerms { order, instrument, side, price, qty })
        }),
    ]
}

/// A generator for each kind of decision; `Emitted` once for each kind of intent.
pub(crate) fn decision_kinds() -> Vec<BoxedStrategy<DecisionKind>> {
    use DecisionKind as K;
    let others = vec![
        (one_of(MalformedCode::ALL), signed(), signed())
            .prop_map(|(code, value, limit)| K::Malformed(Malformed { code, value, limit }))
            .boxed(),
        (actions(), price()).prop_map(|(action, reference)| K::Normalised(Normalised { action, reference })).boxed(),
        (one_of(DenialCode::ALL), decimal(), decimal(), decimal())
            .prop_map(|(code, limit, value, allowed)| K::Denied(Denial { code, limit, value, allowed }))
            .boxed(),
        (number(), any::<u32>().prop_map(KeyId), any::<[u8; 32]>())
            .prop_map(|(number, key_id, tag)| K::Allowed(ApprovalMark { number, key_id, tag }))
            .boxed(),
        Just(K::Queued).boxed(),
        key().prop_map(K::Superseded).boxed(),
        key().prop_map(K::Withdrawn).boxed(),
        time().prop_map(K::ApprovalExpired).boxed(),
        (any::<u16>(), any::<u16>())
            .prop_map(|(venue, account)| K::Dispatched(VenueId(venue), AccountId(account)))
            .boxed(),
        (one_of(RefusalCode::ALL), time())
            .prop_map(|(code, approved_at)| K::Refused(Refusal { code, approved_at }))
            .boxed(),
        halt().prop_map(K::Halted).boxed(),
        (one_of(AnomalyCode::ALL), signed()).prop_map(|(code, value)| K::Anomaly(Anomaly { code, value })).boxed(),
        price().prop_map(K::Held).boxed(),
        price().prop_map(K::Released).boxed(),
        one_of(DropReason::ALL).prop_map(K::Dropped).boxed(),
        (qty(), time(), time(), price())
            .prop_map(|(qty, start, end, reference)| K::Scheduled(Scheduled { qty, start, end, reference }))
            .boxed(),
        key().prop_map(K::Tied).boxed(),
        (one_of(EndCode::ALL), qty(), qty())
            .prop_map(|(code, filled, left)| K::Ended(Ended { code, filled, left }))
            .boxed(),
    ];
    [intents(), others].concat()
}

/// A decision of that kind.
pub(crate) fn decision_of(kind: BoxedStrategy<DecisionKind>) -> BoxedStrategy<Decision> {
    (key(), kind).prop_map(|(key, kind)| Decision { key, kind }).boxed()
}

/// Decisions of all kinds, with the buffer of their notes.
pub(crate) fn decisions(count: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<Decision>, Vec<u8>)> {
    let one = proptest::strategy::Union::new(decision_kinds().into_iter().map(decision_of));
    (prop::collection::vec(one, count), prop::collection::vec(any::<u8>(), NOTES))
}

/// Length of a buffer in which every generated note's span lies.
pub(crate) const NOTES: usize = 1024;
