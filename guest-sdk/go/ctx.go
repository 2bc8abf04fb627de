package ringfence

import "unsafe"

// Ctx is what is known at an event, and ways to ask and to emit. A wish answers the number of its intent, or 0 where the host took
// none: TakeRefusal says why. What is not asked for is noted in the journal.
type Ctx struct {
	Time       uint64 // when the host received the event; this is "now"
	VenueTime  uint64 // the venue's own time stamp, 0 = none
	Instrument InstrumentID
	Touch      Quote // of that instrument
	Position   int64 // the own net position in it
	hasRefusal bool
	refusal    EmitError
}

// Of an answer of the host; the largest is an optional instrument.
var out [14]uint64

func outPtr() unsafe.Pointer { return unsafe.Pointer(&out) }

const (
	kindSubmit = iota
	kindCancel
	kindAmend
	kindCancelAll
	kindFlatten
	kindWakeAt
	kindNote
)

// TakeRefusal tells whether a wish of this event was refused, and why; it is then not noted.
func (c *Ctx) TakeRefusal() (EmitError, bool) {
	had := c.hasRefusal
	c.hasRefusal = false
	return c.refusal, had
}

// Buy at once, at any price.
func (c *Ctx) Buy(qty int64) IntentID { return c.Submit(MarketOrder(c.Instrument, Buy, qty)) }

// Sell at once, at any price.
func (c *Ctx) Sell(qty int64) IntentID { return c.Submit(MarketOrder(c.Instrument, Sell, qty)) }

// BuyLimit buys at this price or better.
func (c *Ctx) BuyLimit(qty, price int64) IntentID {
	return c.Submit(LimitOrder(c.Instrument, Buy, qty, price))
}

// SellLimit sells at this price or better.
func (c *Ctx) SellLimit(qty, price int64) IntentID {
	return c.Submit(LimitOrder(c.Instrument, Sell, qty, price))
}

// Submit an order, as it is described.
func (c *Ctx) Submit(o Order) IntentID {
	emit(kindSubmit, uint64(o.Instrument), uint32(o.Side), uint64(flag(o.IsNotional)), uint64(o.Size), uint64(o.Type),
		flag(o.HasLimit), uint64(o.LimitPrice), flag(o.HasStop), uint64(o.StopPrice), uint32(o.TIF),
		flag(o.MaxSlippageBps != 0), o.MaxSlippageBps, flag(o.PostOnly), flag(o.ReduceOnly), outPtr())
	return c.emitted()
}

// Cancel the order of an intent.
func (c *Ctx) Cancel(id IntentID) IntentID { return c.short(kindCancel, id, 0) }

// AmendPrice wants another limit price for the order of an intent.
func (c *Ctx) AmendPrice(id IntentID, price int64) IntentID {
	return c.Amend(id, Change{HasPrice: true, Price: price})
}

// AmendQty wants another whole quantity (filled included) for the order of an intent.
func (c *Ctx) AmendQty(id IntentID, qty int64) IntentID {
	return c.Amend(id, Change{HasQty: true, Qty: qty})
}

// Amend the order of an intent.
func (c *Ctx) Amend(id IntentID, to Change) IntentID {
	emit(kindAmend, id, flag(to.HasPrice), uint64(to.Price), uint64(flag(to.HasQty)), uint64(to.Qty), flag(to.HasTrigger),
		uint64(to.Trigger), 0, 0, 0, 0, 0, 0, 0, outPtr())
	return c.emitted()
}

// CancelAll own orders, of one instrument or (0) of all.
func (c *Ctx) CancelAll(instrument InstrumentID) IntentID {
	return c.short(kindCancelAll, uint64(flag(instrument != 0)), instrument)
}

// Flatten the position in one instrument, or (0) in all.
func (c *Ctx) Flatten(instrument InstrumentID) IntentID {
	return c.short(kindFlatten, uint64(flag(instrument != 0)), instrument)
}

// WakeAt wants OnWake called at a time.
func (c *Ctx) WakeAt(time uint64) IntentID { return c.short(kindWakeAt, time, 0) }

// Note writes a line into the journal.
func (c *Ctx) Note(text string) IntentID {
	line := spanOf(text)
	return c.short(kindNote, uint64(line.start), line.count)
}

// SubmitOrder wants an order with more than the usual: trails, triggers, groups, parents, a life that ends.
func (c *Ctx) SubmitOrder(o Order) IntentID {
	request := wireRequest{
		instrument: o.Instrument, side: uint8(o.Side), sizeKind: uint64(flag(o.IsNotional)), size: o.Size,
		orderType: uint64(o.Type), hasLimit: uint64(flag(o.HasLimit)), limit: o.LimitPrice,
		hasStop: uint64(flag(o.HasStop)), stop: o.StopPrice, tif: uint8(o.TIF),
		hasSlippage: flag(o.MaxSlippageBps != 0), slippage: o.MaxSlippageBps,
		postOnly: uint8(flag(o.PostOnly)), reduceOnly: uint8(flag(o.ReduceOnly)), expireAt: o.ExpireAt, displayQty: o.DisplayQty,
		hasTrail: uint64(flag(o.TrailOffset != 0)), trailOffset: o.TrailOffset, trailUnit: uint64(o.TrailUnit),
		trailLimitOffset: o.TrailLimitOffset, triggerBy: uint64(o.TriggerBy), parent: o.Parent, group: o.Group,
		groupKind: uint64(o.GroupKind),
	}
	emitOrder(unsafe.Pointer(&request), outPtr())
	return c.emitted()
}

// SubmitSchedule wants many orders over time.
func (c *Ctx) SubmitSchedule(s Schedule) IntentID {
	curve, c0, c1 := uint32(0), uint32(s.Slices), s.Bps
	switch {
	case len(s.Weights) != 0:
		block := take(uint32(2 * len(s.Weights)))
		copy(unsafe.Slice((*uint16)(block), len(s.Weights)), s.Weights)
		curve, c0, c1 = 1, address(block), uint32(len(s.Weights))
	case s.Bps != 0:
		curve = 2
	}
	emitSchedule(s.Instrument, uint32(s.Side), flag(s.IsNotional), s.Size, flag(s.IsSlippage), s.Bound, flag(s.PostOnly),
		flag(s.ReduceOnly), s.Start, s.End, curve, c0, c1, outPtr())
	return c.emitted()
}

func (c *Ctx) short(kind uint32, a0 uint64, a1 uint32) IntentID {
	emit(kind, a0, a1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, outPtr())
	return c.emitted()
}

func (c *Ctx) emitted() IntentID {
	if uint8(out[0]) == 0 {
		return out[1]
	}
	c.hasRefusal, c.refusal = true, EmitError(uint8(out[1]))
	return 0
}

func some[T any]() (T, bool) {
	value := *(*T)(unsafe.Pointer(&out[1]))
	if uint8(out[0]) == 0 {
		var none T
		return none, false
	}
	return value, true
}

// TopOfBook of an instrument; false = unknown, or neither side is shown.
func (c *Ctx) TopOfBook(instrument InstrumentID) (Quote, bool) {
	viewTopOfBook(instrument, outPtr())
	return some[Quote]()
}

// Depth gives levels of one side of the book, best first.
func (c *Ctx) Depth(instrument InstrumentID, side Side, levels uint8) []Level {
	viewDepth(instrument, uint32(side), uint32(levels), outPtr())
	return list[Level](*(*span)(outPtr()))
}

// PositionOf any instrument.
func (c *Ctx) PositionOf(instrument InstrumentID) Position {
	viewPositionOf(instrument, outPtr())
	return *(*Position)(outPtr())
}

// Account of the strategy.
func (c *Ctx) Account() Account {
	viewAccount(outPtr())
	return *(*Account)(outPtr())
}

// OpenOrders that are not done, by ascending intent; instrument 0 = of all.
func (c *Ctx) OpenOrders(instrument InstrumentID, limit uint16) []OrderView {
	viewOpenOrders(instrument, uint32(limit), outPtr())
	return list[OrderView](*(*span)(outPtr()))
}

// Order of an intent.
func (c *Ctx) Order(id IntentID) (OrderView, bool) {
	viewOrder(id, outPtr())
	return some[OrderView]()
}

// InstrumentOf a number, as it is now.
func (c *Ctx) InstrumentOf(id InstrumentID) (Instrument, bool) {
	viewInstrument(id, outPtr())
	if uint8(out[0]) == 0 {
		return Instrument{}, false
	}
	return (*wireInstrument)(unsafe.Pointer(&out[1])).instrument(), true
}

// Bars that are finished, the last of a specification, oldest first.
func (c *Ctx) Bars(instrument InstrumentID, spec BarSpec, count uint16) []Bar {
	viewBars(instrument, uint32(spec.Kind), spec.Size, uint32(count), outPtr())
	return list[Bar](*(*span)(outPtr()))
}
