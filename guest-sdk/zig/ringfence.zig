//! What authors of strategies in Zig use.
//!
//! A strategy is `pub const Strategy` in `src/strategy.zig`: a struct with `setup` and a method for each kind of event that it
//! wants. Prices and quantities are `i64`: mantissas at the instrument's scales, so that 145.07 at price scale 4 is 1450700.

const types = @import("types.zig");
const params = @import("params.zig");
const numbers = @import("numbers.zig");

pub const Ctx = @import("ctx.zig").Ctx;
pub const Ema = @import("indicators.zig").Ema;
pub const Plan = @import("plan.zig").Plan;
pub const Params = params.Params;
pub const SetupError = params.SetupError;
pub const decimalToMantissa = numbers.decimalToMantissa;
pub const mantissaToDecimal = numbers.mantissaToDecimal;

pub const Account = types.Account;
pub const Amend = types.Amend;
pub const Amended = types.Amended;
pub const Bar = types.Bar;
pub const BarSpec = types.BarSpec;
pub const BookAction = types.BookAction;
pub const Canceled = types.Canceled;
pub const ChangeFilter = types.ChangeFilter;
pub const CorporateAction = types.CorporateAction;
pub const Decimal = types.Decimal;
pub const EmitError = types.EmitError;
pub const EventKind = types.EventKind;
pub const FeedState = types.FeedState;
pub const Fill = types.Fill;
pub const Funding = types.Funding;
pub const Instrument = types.Instrument;
pub const InstrumentId = types.InstrumentId;
pub const InstrumentState = types.InstrumentState;
pub const IntentId = types.IntentId;
pub const Level = types.Level;
pub const Order = types.Order;
pub const OrderRequest = types.OrderRequest;
pub const Outcome = types.Outcome;
pub const Position = types.Position;
pub const Quote = types.Quote;
pub const Reject = types.Reject;
pub const Schedule = types.Schedule;
pub const Side = types.Side;
pub const Signal = types.Signal;
pub const Submit = types.Submit;
pub const TimeInForce = types.TimeInForce;
pub const Trade = types.Trade;

/// Memory that lasts, for `setup` alone: what is made there stays until the end of the strategy.
pub fn make(comptime T: type, count: usize) []T {
    return @import("abi.zig").arena.slice(T, count);
}

/// Exports a strategy as the component's guest; `main.zig` beside this file does it.
pub const exportStrategy = @import("guest.zig").exportStrategy;
