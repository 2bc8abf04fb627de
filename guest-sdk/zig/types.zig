//! Which values cross the interface? Laid out as the canonical ABI lays them out, so that they are read where they lie.
//!
//! Prices and quantities are `i64`: mantissas at the instrument's scales, so that 145.07 at price scale 4 is 1450700. Times
//! are nanoseconds since the Unix epoch.

/// Number of an instrument in this session, from 1; 0 = none.
pub const InstrumentId = u32;
/// Number of an intent, from 1.
pub const IntentId = u64;

pub const Side = enum(u8) { buy, sell };
pub const PositionSide = enum(u8) { net, long, short };
pub const OrderType = enum(u8) {
    market,
    limit,
    stop_market,
    stop_limit,
    market_if_touched,
    limit_if_touched,
    trailing_stop_market,
    trailing_stop_limit,
    market_to_limit,
};
pub const TimeInForce = enum(u8) { gtc, ioc, fok, day, gtd, at_open, at_close };
pub const TriggerBy = enum(u8) { last, touch, mark };
pub const TrailUnit = enum(u8) { price, bps, ticks };
pub const GroupKind = enum(u8) { none, oco, ouo };
pub const InstrumentState = enum(u8) { trading, auction, halted, closed, settled };
pub const FeedState = enum(u8) { live, stale };
pub const Adjustment = enum(u8) { split, dividend, rename, delisting };
pub const BookAction = enum(u8) { changed, cleared };
pub const Liquidity = enum(u8) { maker, taker, none };
pub const RejectReason = enum(u8) {
    unknown,
    insufficient_balance,
    price_out_of_band,
    would_take,
    duplicate,
    unknown_order,
    too_late,
    rate_limited,
    transmit_refused,
    market_closed,
};
pub const CancelReason = enum(u8) { asked, ioc_remainder, venue, operator, kill_switch, self_trade };
pub const OutcomeCode = enum(u8) {
    malformed,
    superseded,
    withdrawn,
    approval_expired,
    denied_quantity,
    denied_notional,
    denied_position,
    denied_exposure,
    denied_price_collar,
    denied_open_orders,
    denied_not_authorised,
    denied_instrument_status,
    denied_stale_market,
    denied_trading_disabled,
    denied_kill_switch,
    denied_loss,
    denied_drawdown,
    denied_velocity,
    denied_duplicate,
    denied_margin,
    denied_other,
    ended,
    expired,
};
pub const EventKind = enum(u8) {
    trade,
    quote,
    book,
    bar,
    mark_price,
    funding,
    status,
    feed,
    corporate_action,
    order,
    signal,
    trading,
};
pub const ChangeFilter = enum(u8) { every, touch_price, touch, touch_price_or_own };
pub const InstrumentKind = enum(u8) { spot, perpetual, future, option, equity, fx_pair };
pub const OrderState = enum(u8) {
    submitted,
    working,
    partially_filled,
    pending_cancel,
    pending_amend,
    filled,
    canceled,
    rejected,
    expired,
    unknown,
    held,
};

/// A public trade; no aggressor = the feed does not say.
pub const Trade = struct { price: i64, qty: i64, aggressor: ?Side };
/// The touch; a side with quantity 0 is empty.
pub const Quote = extern struct { bid_price: i64, bid_qty: i64, ask_price: i64, ask_qty: i64 };
/// One finished bar.
pub const Bar = extern struct {
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
    open_time: u64,
    interval_ns: u64,
};
/// Funding of a perpetual: rate times 10^9, above 0 = long positions pay.
pub const Funding = struct { rate_e9: i64, next_time: u64 };
/// A change of the instrument itself.
pub const CorporateAction = struct { kind: Adjustment, numerator: u64, denominator: u64, cash: i64 };
/// A fill, or its reversal.
pub const Fill = struct {
    id: IntentId,
    price: i64,
    qty: i64,
    leaves: i64,
    fee: i64,
    side: Side,
    liquidity: Liquidity,
};
/// A venue's refusal.
pub const Reject = struct { id: IntentId, reason: RejectReason };
/// An order left the market before it was filled.
pub const Canceled = struct { id: IntentId, leaves: i64, reason: CancelReason };
/// An order works under new terms.
pub const Amended = struct { id: IntentId, price: i64, qty: i64 };
/// What became of an intent that did not reach a venue.
pub const Outcome = struct { id: IntentId, code: OutcomeCode };
/// Outside data.
pub const Signal = struct { source: u32, name: u32, value: i64 };

/// An exact decimal: (hi * 2^64 + lo) / 10^scale.
pub const Decimal = extern struct {
    lo: u64,
    hi: i64,
    scale: u8,

    /// Everything before the division by 10^scale.
    pub fn mantissa(self: Decimal) i128 {
        return (@as(i128, self.hi) << 64) | @as(i128, self.lo);
    }
};

/// A text in the memory of the strategy.
pub const Text = extern struct {
    ptr: [*]const u8,
    len: usize,

    pub fn slice(self: Text) []const u8 {
        return self.ptr[0..self.len];
    }
};

/// Definition of an instrument.
pub const Instrument = extern struct {
    id: InstrumentId,
    symbol: Text,
    kind: InstrumentKind,
    price_scale: u8,
    qty_scale: u8,
    tick: i64,
    lot: i64,
    qty_min: i64,
    qty_max: i64,
    multiplier: Decimal,
    base: Text,
    quote: Text,
    settlement: Text,
    settlement_scale: u8,
    state: InstrumentState,
};

/// One price level of a book.
pub const Level = extern struct { price: i64, qty: i64 };
/// The own position in one instrument.
pub const Position = extern struct {
    side: PositionSide,
    qty: i64,
    cost: Decimal,
    realised: Decimal,
    fees: Decimal,
};
/// The own sub-account.
pub const Account = extern struct { cash: Decimal, equity: Decimal, capital: Decimal, drawdown: Decimal };
/// An order of this strategy.
pub const Order = extern struct {
    id: IntentId,
    instrument: InstrumentId,
    side: Side,
    state: OrderState,
    price: i64,
    qty: i64,
    filled: i64,
    trigger: i64,
};

/// When a bar closes; sizes as the WIT file says.
pub const BarSpec = union(enum(u8)) {
    time_ns: u64,
    ticks: u32,
    volume: i64,
    value: i64,
    tick_imbalance: u32,
    volume_imbalance: i64,
    value_imbalance: i64,
    tick_runs: u32,
    volume_runs: i64,
    value_runs: i64,
    renko: i64,
    range: i64,

    /// The size, as the interface takes it.
    pub fn word(self: BarSpec) u64 {
        return switch (self) {
            .time_ns => |size| size,
            .ticks, .tick_imbalance, .tick_runs => |size| size,
            inline else => |size| @bitCast(size),
        };
    }
};

/// How much: a quantity, or a value in the quote currency.
pub const Size = union(enum(u8)) { quantity: i64, notional: i64 };

/// A wish to have an order. `market` and `limit` make the usual ones; every field may be changed after that.
pub const Submit = struct {
    instrument: InstrumentId,
    side: Side,
    size: Size,
    order_type: OrderType,
    limit_price: ?i64 = null,
    stop_price: ?i64 = null,
    tif: TimeInForce,
    max_slippage_bps: ?u32 = null,
    post_only: bool = false,
    reduce_only: bool = false,

    /// At once, at any price.
    pub fn market(instrument: InstrumentId, side: Side, qty: i64) Submit {
        return .{ .instrument = instrument, .side = side, .size = .{ .quantity = qty }, .order_type = .market, .tif = .ioc };
    }

    /// At this price or better, until canceled.
    pub fn limit(instrument: InstrumentId, side: Side, qty: i64, price: i64) Submit {
        return .{
            .instrument = instrument,
            .side = side,
            .size = .{ .quantity = qty },
            .order_type = .limit,
            .limit_price = price,
            .tif = .gtc,
        };
    }
};

/// How a trigger follows the market.
pub const Trail = struct { offset: i64, unit: TrailUnit, limit_offset: i64 = 0 };

/// A wish to have an order, with what few orders ask for.
pub const OrderRequest = struct {
    order: Submit,
    expire_at: u64 = 0,
    display_qty: i64 = 0,
    trail: ?Trail = null,
    trigger_by: TriggerBy = .last,
    parent: IntentId = 0,
    group: IntentId = 0,
    group_kind: GroupKind = .none,
};

/// A wish to change an order; what is null stays.
pub const Amend = struct { id: IntentId, price: ?i64 = null, qty: ?i64 = null, trigger: ?i64 = null };

/// What a strategy can want.
pub const Intent = union(enum(u8)) {
    submit: Submit,
    cancel: IntentId,
    amend: Amend,
    cancel_all: ?InstrumentId,
    flatten: ?InstrumentId,
    wake_at: u64,
    note: []const u8,
};

/// What keeps the orders of a schedule from any price.
pub const Bound = union(enum(u8)) { limit: i64, slippage: u32 };
/// Part of what the market trades.
pub const Participation = struct { slices: u16, bps: u32 };
/// How a schedule spreads its quantity.
pub const Curve = union(enum(u8)) { even: u16, profile: []const u16, volume: Participation };
/// A wish for many orders over time.
pub const Schedule = struct {
    instrument: InstrumentId,
    side: Side,
    size: Size,
    bound: Bound,
    post_only: bool = false,
    reduce_only: bool = false,
    start: u64,
    end: u64,
    curve: Curve,
};

/// The host took no intent. Left to leave an event's method, it is dropped with a note.
pub const EmitError = error{ Warmup, TooMany, Malformed, NoteTooLong, NotNow };
