//! What is known at this event, and how is something asked for?

const abi = @import("abi.zig");
const types = @import("types.zig");

/// The event's time, instrument, touch and position; ways to ask and to emit.
pub const Ctx = struct {
    /// When the host received the event; this is "now".
    time: u64,
    /// The venue's own time stamp, 0 = none.
    venue_time: u64,
    /// Instrument of the event, 0 = none.
    instrument: types.InstrumentId,
    /// Touch of that instrument.
    touch: types.Quote,
    /// The own net position in that instrument.
    position: i64,

    /// Wants to buy at once, at any price.
    pub fn buy(self: *Ctx, qty: i64) types.EmitError!types.IntentId {
        return self.submit(.market(self.instrument, .buy, qty));
    }

    /// Wants to sell at once, at any price.
    pub fn sell(self: *Ctx, qty: i64) types.EmitError!types.IntentId {
        return self.submit(.market(self.instrument, .sell, qty));
    }

    /// Wants to buy at this price or better.
    pub fn buyLimit(self: *Ctx, qty: i64, price: i64) types.EmitError!types.IntentId {
        return self.submit(.limit(self.instrument, .buy, qty, price));
    }

    /// Wants to sell at this price or better.
    pub fn sellLimit(self: *Ctx, qty: i64, price: i64) types.EmitError!types.IntentId {
        return self.submit(.limit(self.instrument, .sell, qty, price));
    }

    /// Wants an order, as it is described.
    pub fn submit(_: *Ctx, order: types.Submit) types.EmitError!types.IntentId {
        return abi.emit(.{ .submit = order });
    }

    /// Wants the order of an intent canceled.
    pub fn cancel(_: *Ctx, id: types.IntentId) types.EmitError!types.IntentId {
        return abi.emit(.{ .cancel = id });
    }

    /// Wants other terms for the order of an intent.
    pub fn amend(_: *Ctx, change: types.Amend) types.EmitError!types.IntentId {
        return abi.emit(.{ .amend = change });
    }

    /// Wants every own order canceled, of one instrument or of all.
    pub fn cancelAll(_: *Ctx, instrument: ?types.InstrumentId) types.EmitError!types.IntentId {
        return abi.emit(.{ .cancel_all = instrument });
    }

    /// Wants no position in an instrument, or in any.
    pub fn flatten(_: *Ctx, instrument: ?types.InstrumentId) types.EmitError!types.IntentId {
        return abi.emit(.{ .flatten = instrument });
    }

    /// Wants `onWake` called at a time.
    pub fn wakeAt(_: *Ctx, time: u64) types.EmitError!types.IntentId {
        return abi.emit(.{ .wake_at = time });
    }

    /// Writes a line into the journal.
    pub fn note(_: *Ctx, text: []const u8) types.EmitError!types.IntentId {
        return abi.emit(.{ .note = text });
    }

    /// Wants an order with more than the usual: trails, triggers, groups, parents, a life that ends.
    pub fn submitOrder(_: *Ctx, request: types.OrderRequest) types.EmitError!types.IntentId {
        return abi.emitOrder(request);
    }

    /// Wants many orders over time.
    pub fn submitSchedule(_: *Ctx, schedule: types.Schedule) types.EmitError!types.IntentId {
        return abi.emitSchedule(schedule);
    }

    /// The touch of an instrument; null = unknown, or neither side is shown.
    pub fn topOfBook(_: *Ctx, instrument: types.InstrumentId) ?types.Quote {
        var out: abi.Option(types.Quote) = undefined;
        abi.view.@"top-of-book"(instrument, &out);
        return out.get();
    }

    /// Levels of one side of the book, best first. Lasts until the method returns.
    pub fn depth(_: *Ctx, instrument: types.InstrumentId, side: types.Side, levels: u8) []const types.Level {
        var out: abi.List(types.Level) = undefined;
        abi.view.depth(instrument, @backingInt(side), levels, &out);
        return out.slice();
    }

    /// The own position in any instrument.
    pub fn positionOf(_: *Ctx, instrument: types.InstrumentId) types.Position {
        var out: types.Position = undefined;
        abi.view.@"position-of"(instrument, &out);
        return out;
    }

    /// The own sub-account.
    pub fn account(_: *Ctx) types.Account {
        var out: types.Account = undefined;
        abi.view.account(&out);
        return out;
    }

    /// Own orders that are not done, by ascending intent; instrument 0 = of all. Lasts until the method returns.
    pub fn openOrders(_: *Ctx, instrument: types.InstrumentId, limit: u16) []const types.Order {
        var out: abi.List(types.Order) = undefined;
        abi.view.@"open-orders"(instrument, limit, &out);
        return out.slice();
    }

    /// One own order.
    pub fn orderOf(_: *Ctx, id: types.IntentId) ?types.Order {
        var out: abi.Option(types.Order) = undefined;
        abi.view.order(id, &out);
        return out.get();
    }

    /// The definition of an instrument as it is now. Its texts last until the method returns.
    pub fn instrumentOf(_: *Ctx, instrument: types.InstrumentId) ?types.Instrument {
        var out: abi.Option(types.Instrument) = undefined;
        abi.view.instrument(instrument, &out);
        return out.get();
    }

    /// The last finished bars of a specification, oldest first. Lasts until the method returns.
    pub fn bars(_: *Ctx, instrument: types.InstrumentId, spec: types.BarSpec, count: u16) []const types.Bar {
        var out: abi.List(types.Bar) = undefined;
        abi.view.bars(instrument, @backingInt(spec), spec.word(), count, &out);
        return out.slice();
    }
};
