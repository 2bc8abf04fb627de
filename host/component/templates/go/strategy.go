// On which side of the market, by the cross of two exponential moving averages of trade prices?
//
// Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come. Parameters: `fast` and
// `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
package main

import rf "ringfence"

type emaCross struct {
	rf.Base
	fast, slow rf.Ema
	size       int64
}

func (s *emaCross) Setup(params *rf.Params, instruments []rf.Instrument, plan *rf.Plan) {
	if len(instruments) == 0 {
		params.Refuse("needs one instrument")
		return
	}
	instrument := &instruments[0]
	s.fast = rf.NewEma(params.Count("fast", 50))
	s.slow = rf.NewEma(params.Count("slow", 200))
	s.size = params.Qty("qty", instrument)
	plan.Trades(instrument.ID)
}

// What a restart keeps.
func (s *emaCross) State(archive *rf.Archive) {
	archive.Keep(&s.fast, &s.slow)
}

func (s *emaCross) OnTrade(ctx *rf.Ctx, trade *rf.Trade) {
	price := float64(trade.Price)
	isUp := s.fast.Update(price) >= s.slow.Update(price)
	if !s.slow.IsWarm() {
		return
	}
	size := s.size
	if ctx.Position != 0 {
		size = 2 * s.size
	}
	if isUp && ctx.Position <= 0 {
		ctx.Buy(size)
	} else if !isUp && ctx.Position >= 0 {
		ctx.Sell(size)
	}
}

func init() { rf.Export(&emaCross{}) }

func main() {}
