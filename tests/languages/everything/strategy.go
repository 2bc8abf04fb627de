// Notes every event with all of its fields, and wants and asks everything: by the quantity of a trade.
package main

import rf "ringfence"

type everything struct {
	rf.Base
	seen     uint64
	spy, qqq rf.InstrumentID
	text     string
	limit    int64
	kept     []int64
	averages []float64
}

func note(ctx *rf.Ctx, what string, values ...int64) {
	for _, value := range values {
		what += " " + rf.MantissaToDecimal(value, 0)
	}
	ctx.Note(what)
}

func exact(value rf.Decimal) string { return " " + rf.MantissaToDecimal(int64(value.Lo), value.Scale) }

func number[T ~uint8 | ~int64](value T) string { return " " + rf.MantissaToDecimal(int64(value), 0) }

func is(truth bool) int64 {
	if truth {
		return 1
	}
	return 0
}

var threeTicks = rf.BarSpec{Kind: rf.TickBars, Size: 3}

func (s *everything) Setup(params *rf.Params, instruments []rf.Instrument, plan *rf.Plan) {
	s.text, _ = params.Text("text")
	s.limit = params.Price("limit", &instruments[0])
	s.spy, s.qqq = instruments[0].ID, instruments[1].ID
	s.kept, s.averages = make([]int64, 3), nil
	plan.Trades(s.spy).Quotes(s.spy, rf.TouchChange).Bars(s.spy).BuiltBars(s.spy, threeTicks)
	plan.Other(rf.MarkPriceEvents, s.spy).Other(rf.StatusEvents, s.spy).Other(rf.FeedEvents, s.spy)
	plan.Other(rf.OrderEvents, s.spy).Other(rf.TradingEvents, 0)
}

func (s *everything) State(archive *rf.Archive) {
	archive.Keep(&s.seen, &s.kept, &s.averages)
}

func (s *everything) OnTrade(ctx *rf.Ctx, trade *rf.Trade) {
	s.seen++
	// Counted in lists too, which a restart keeps.
	s.kept[2]++
	s.averages = append(s.averages, float64(s.seen)/2)
	if s.kept[2] != int64(s.seen) || len(s.averages) != int(s.seen) || s.averages[0] != 0.5 {
		panic("the state was not kept")
	}
	side := int64(0)
	if trade.HasAggressor {
		side = int64(trade.Aggressor)
	}
	note(ctx, "trade", int64(s.seen), int64(ctx.Time), int64(ctx.Instrument), trade.Price, trade.Qty, is(trade.HasAggressor), side,
		ctx.Touch.BidPrice, ctx.Touch.BidQty, ctx.Touch.AskPrice, ctx.Touch.AskQty, ctx.Position)
	switch trade.Qty {
	case 1:
		ctx.Note("text " + s.text)
	case 2:
		s.orders(ctx)
	case 3:
		s.changes(ctx)
	case 4:
		ctx.WakeAt(ctx.Time + 2_000_000_000)
	case 5:
		s.requests(ctx)
	case 6:
		s.schedules(ctx)
	case 7:
		s.views(ctx)
	default:
		ctx.Buy(0)
	}
}

func (s *everything) orders(ctx *rf.Ctx) {
	ctx.BuyLimit(7, 1001)
	ctx.SellLimit(8000, 2002)
	order := rf.MarketOrder(s.spy, rf.Sell, 9000)
	order.MaxSlippageBps, order.ReduceOnly = 25, true
	ctx.Submit(order)
	order = rf.LimitOrder(s.qqq, rf.Buy, 30000, s.limit)
	order.IsNotional, order.PostOnly, order.TIF = true, true, rf.Day
	ctx.Submit(order)
	order = rf.MarketOrder(s.spy, rf.Sell, 5)
	order.Type, order.HasStop, order.StopPrice, order.TIF = rf.StopMarket, true, 900, rf.GTC
	ctx.Submit(order)
}

func (s *everything) changes(ctx *rf.Ctx) {
	ctx.AmendPrice(5, 1002)
	ctx.AmendQty(5, 9)
	ctx.Amend(9, rf.Change{HasTrigger: true, Trigger: 901})
	ctx.Cancel(9)
	ctx.CancelAll(0)
	ctx.CancelAll(s.spy)
	ctx.Flatten(s.qqq)
	ctx.Flatten(0)
}

func (s *everything) requests(ctx *rf.Ctx) {
	order := rf.LimitOrder(s.spy, rf.Buy, 11, 1000)
	order.TIF, order.ExpireAt, order.DisplayQty = rf.GTD, ctx.Time+60_000_000_000, 2
	ctx.SubmitOrder(order)
	order = rf.MarketOrder(s.spy, rf.Sell, 12)
	order.Type, order.TIF, order.TriggerBy, order.GroupKind = rf.TrailingStopLimit, rf.GTC, rf.TriggerByTouch, rf.GroupOUO
	order.TrailOffset, order.TrailUnit, order.TrailLimitOffset = 50, rf.TrailBps, 3
	ctx.SubmitOrder(order)
}

func (s *everything) schedules(ctx *rf.Ctx) {
	schedule := rf.Schedule{Instrument: s.spy, Side: rf.Sell, Size: 900, Bound: 1005, PostOnly: true}
	schedule.Start, schedule.End = ctx.Time, ctx.Time+30_000_000_000
	schedule.Weights = []uint16{1, 20, 300}
	ctx.SubmitSchedule(schedule)
	schedule.PostOnly, schedule.ReduceOnly = false, true
	schedule.Bound, schedule.IsSlippage = 40, true
	schedule.Weights, schedule.Slices, schedule.Bps = nil, 5, 2500
	ctx.SubmitSchedule(schedule)
}

func (s *everything) views(ctx *rf.Ctx) {
	quote, isShown := ctx.TopOfBook(s.spy)
	note(ctx, "top", is(isShown), quote.BidPrice, quote.BidQty, quote.AskPrice, quote.AskQty)
	_, isShown = ctx.TopOfBook(99)
	note(ctx, "top", is(isShown))
	for _, level := range ctx.Depth(s.spy, rf.Sell, 5) {
		note(ctx, "level", level.Price, level.Qty)
	}
	position := ctx.PositionOf(s.spy)
	ctx.Note("position" + number(position.Side) + number(position.Qty) + exact(position.Cost) + exact(position.Fees))
	account := ctx.Account()
	ctx.Note("account" + exact(account.Cash) + exact(account.Equity) + exact(account.Capital) + exact(account.Drawdown))
	for _, open := range ctx.OpenOrders(0, 3) {
		note(ctx, "open", int64(open.ID), int64(open.Instrument), int64(open.Side), int64(open.State), open.Price, open.Qty, open.Filled, open.Trigger)
	}
	order, isThere := ctx.Order(5)
	note(ctx, "order", is(isThere), int64(order.ID), order.Filled)
	_, isThere = ctx.Order(1)
	note(ctx, "order", is(isThere))
	instrument, isThere := ctx.InstrumentOf(s.qqq)
	ctx.Note("instrument" + number(is(isThere)) + " " + instrument.Symbol + " " + instrument.Base + " " + instrument.Quote + " " +
		instrument.Settlement + number(instrument.Kind) + number(instrument.PriceScale) + number(instrument.QtyScale) +
		number(instrument.Tick) + number(instrument.Lot) + number(instrument.QtyMin) + number(instrument.QtyMax) +
		exact(instrument.Multiplier) + number(instrument.SettlementScale) + number(instrument.State))
	for _, bar := range ctx.Bars(s.spy, threeTicks, 2) {
		note(ctx, "past", bar.Open, bar.Close, bar.Volume, int64(bar.OpenTime))
	}
}

func (s *everything) OnQuote(ctx *rf.Ctx, quote *rf.Quote) {
	note(ctx, "quote", quote.BidPrice, quote.BidQty, quote.AskPrice, quote.AskQty)
}

func (s *everything) OnBar(ctx *rf.Ctx, bar *rf.Bar) {
	note(ctx, "bar", bar.Open, bar.High, bar.Low, bar.Close, bar.Volume, int64(bar.OpenTime), int64(bar.IntervalNs))
}

func (s *everything) OnMarkPrice(ctx *rf.Ctx, price int64)             { note(ctx, "mark", price) }
func (s *everything) OnStatus(ctx *rf.Ctx, state rf.InstrumentState) { note(ctx, "status", int64(state)) }
func (s *everything) OnFeed(ctx *rf.Ctx, state rf.FeedState)         { note(ctx, "feed", int64(state)) }
func (s *everything) OnAccepted(ctx *rf.Ctx, id rf.IntentID)         { note(ctx, "accepted", int64(id)) }
func (s *everything) OnRejected(ctx *rf.Ctx, reject *rf.Reject) {
	note(ctx, "rejected", int64(reject.ID), int64(reject.Reason))
}

func (s *everything) OnFilled(ctx *rf.Ctx, fill *rf.Fill) {
	note(ctx, "filled", int64(fill.ID), fill.Price, fill.Qty, fill.Leaves, fill.Fee, int64(fill.Side), int64(fill.Liquidity))
}

func (s *everything) OnOutcome(ctx *rf.Ctx, outcome *rf.Outcome) {
	note(ctx, "outcome", int64(outcome.ID), int64(outcome.Code))
}
func (s *everything) OnTrading(ctx *rf.Ctx, isEnabled bool) { note(ctx, "trading", is(isEnabled)) }
func (s *everything) OnWake(ctx *rf.Ctx)                    { note(ctx, "wake", int64(ctx.Time)) }

func init() { rf.Export(&everything{}) }

func main() {}
