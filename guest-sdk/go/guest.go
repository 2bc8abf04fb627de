// Package ringfence is what authors of strategies in Go use.
//
// A strategy is a struct that embeds Base and has Setup and a method for each kind of event that it wants; Export, called in an init
// function, makes it the component's guest. Prices and quantities are int64: mantissas at the instrument's scales, so that 145.07 at
// price scale 4 is 1450700. Times are nanoseconds since the Unix epoch.
package ringfence

import "unsafe"

// Strategy is what an author writes. Base has all of it but Setup.
type Strategy interface {
	// Setup is called once, first.
	Setup(params *Params, instruments []Instrument, plan *Plan)
	// State names what a restart keeps.
	State(archive *Archive)
	OnTrade(ctx *Ctx, trade *Trade)
	OnQuote(ctx *Ctx, quote *Quote)
	OnBook(ctx *Ctx, action BookAction)
	OnBar(ctx *Ctx, bar *Bar)
	OnMarkPrice(ctx *Ctx, price int64)
	OnFunding(ctx *Ctx, funding *Funding)
	OnStatus(ctx *Ctx, state InstrumentState)
	OnFeed(ctx *Ctx, state FeedState)
	OnCorporateAction(ctx *Ctx, action *CorporateAction)
	OnAccepted(ctx *Ctx, id IntentID)
	OnRejected(ctx *Ctx, reject *Reject)
	OnFilled(ctx *Ctx, fill *Fill)
	OnCanceled(ctx *Ctx, canceled *Canceled)
	OnCancelRejected(ctx *Ctx, reject *Reject)
	OnAmended(ctx *Ctx, amended *Amended)
	OnAmendRejected(ctx *Ctx, reject *Reject)
	OnExpired(ctx *Ctx, id IntentID)
	OnUnknown(ctx *Ctx, id IntentID)
	OnBusted(ctx *Ctx, fill *Fill)
	OnOutcome(ctx *Ctx, outcome *Outcome)
	OnSignal(ctx *Ctx, signal *Signal)
	OnTrading(ctx *Ctx, isEnabled bool)
	OnWake(ctx *Ctx)
}

// Base does nothing at any event.
type Base struct{}

func (Base) State(*Archive)                          {}
func (Base) OnTrade(*Ctx, *Trade)                    {}
func (Base) OnQuote(*Ctx, *Quote)                    {}
func (Base) OnBook(*Ctx, BookAction)                 {}
func (Base) OnBar(*Ctx, *Bar)                        {}
func (Base) OnMarkPrice(*Ctx, int64)                 {}
func (Base) OnFunding(*Ctx, *Funding)                {}
func (Base) OnStatus(*Ctx, InstrumentState)          {}
func (Base) OnFeed(*Ctx, FeedState)                  {}
func (Base) OnCorporateAction(*Ctx, *CorporateAction) {}
func (Base) OnAccepted(*Ctx, IntentID)               {}
func (Base) OnRejected(*Ctx, *Reject)                {}
func (Base) OnFilled(*Ctx, *Fill)                    {}
func (Base) OnCanceled(*Ctx, *Canceled)              {}
func (Base) OnCancelRejected(*Ctx, *Reject)          {}
func (Base) OnAmended(*Ctx, *Amended)                {}
func (Base) OnAmendRejected(*Ctx, *Reject)           {}
func (Base) OnExpired(*Ctx, IntentID)                {}
func (Base) OnUnknown(*Ctx, IntentID)                {}
func (Base) OnBusted(*Ctx, *Fill)                    {}
func (Base) OnOutcome(*Ctx, *Outcome)                {}
func (Base) OnSignal(*Ctx, *Signal)                  {}
func (Base) OnTrading(*Ctx, bool)                    {}
func (Base) OnWake(*Ctx)                             {}

// The strategy, and whether it was set up: a failed Setup or restore ends it.
var (
	exported Strategy
	running  Strategy
)

// Export makes a strategy the guest of its component; call it in an init function.
func Export(strategy Strategy) { exported = strategy }

// A result in memory: whether it is an error, and a list or a text; or a list alone.
var answer struct {
	isError uint32
	value   span
}

func failed(reason string) unsafe.Pointer {
	running = nil
	answer.isError, answer.value = 1, spanOf(reason)
	reset()
	return unsafe.Pointer(&answer)
}

type wireParam struct{ key, value span }

//go:wasmexport ringfence:strategy/guest@0.1.0#setup
func setup(params, paramCount, instruments, instrumentCount uint32) unsafe.Pointer {
	given := &Params{}
	for _, param := range list[wireParam](span{params, paramCount}) {
		given.keys, given.values = append(given.keys, param.key.text()), append(given.values, param.value.text())
	}
	given.isRead = make([]bool, len(given.keys))
	all := make([]Instrument, 0, instrumentCount)
	for _, one := range list[wireInstrument](span{instruments, instrumentCount}) {
		all = append(all, one.instrument())
	}
	plan := &Plan{}
	exported.Setup(given, all, plan)
	given.checkAllRead()
	if given.reason != "" {
		return failed(given.reason)
	}
	running = exported
	count := uint32(len(plan.subscriptions))
	block := take(count * uint32(unsafe.Sizeof(subscription{})))
	copy(unsafe.Slice((*subscription)(block), count), plan.subscriptions)
	answer.isError, answer.value = 0, span{address(block), count}
	reset()
	return unsafe.Pointer(&answer)
}

//go:wasmexport ringfence:strategy/guest@0.1.0#snapshot
func snapshot() unsafe.Pointer {
	archive := &Archive{}
	running.State(archive)
	answer.value = spanOf(string(archive.bytes))
	reset()
	return unsafe.Pointer(&answer.value)
}

//go:wasmexport ringfence:strategy/guest@0.1.0#restore
func restore(bytes, count uint32) unsafe.Pointer {
	archive := &Archive{bytes: list[byte](span{bytes, count}), isLoading: true}
	running.State(archive)
	if archive.isCut {
		return failed("restore: the snapshot ends too early")
	}
	if len(archive.bytes) != 0 {
		return failed("restore: the snapshot goes on behind its end")
	}
	answer.isError = 0
	reset()
	return unsafe.Pointer(&answer)
}

// Used again for every event: the collector has nothing to do then.
var ctx Ctx
var (
	trade    Trade
	quote    Quote
	bar      Bar
	funding  Funding
	action   CorporateAction
	fill     Fill
	reject   Reject
	canceled Canceled
	amended  Amended
	outcome  Outcome
	signal   Signal
)

//go:wasmexport ringfence:strategy/guest@0.1.0#on-event
func onEvent(time, venueTime uint64, instrument, kind uint32, w0, w1, w2, w3, w4, w5, w6 uint64, bidPrice, bidQty, askPrice, askQty, position int64) {
	ctx = Ctx{Time: time, VenueTime: venueTime, Instrument: instrument, Touch: Quote{bidPrice, bidQty, askPrice, askQty}, Position: position}
	switch kind {
	case 0:
		trade = Trade{int64(w0), int64(w1), w2 != 0, Side(w3)}
		running.OnTrade(&ctx, &trade)
	case 1:
		quote = Quote{int64(w0), int64(w1), int64(w2), int64(w3)}
		running.OnQuote(&ctx, &quote)
	case 2:
		running.OnBook(&ctx, BookAction(w0))
	case 3:
		bar = Bar{int64(w0), int64(w1), int64(w2), int64(w3), int64(w4), w5, w6}
		running.OnBar(&ctx, &bar)
	case 4:
		running.OnMarkPrice(&ctx, int64(w0))
	case 5:
		funding = Funding{int64(w0), w1}
		running.OnFunding(&ctx, &funding)
	case 6:
		running.OnStatus(&ctx, InstrumentState(w0))
	case 7:
		running.OnFeed(&ctx, FeedState(w0))
	case 8:
		action = CorporateAction{uint8(w0), w1, w2, int64(w3)}
		running.OnCorporateAction(&ctx, &action)
	case 9:
		running.OnAccepted(&ctx, w0)
	case 10, 13, 15:
		reject = Reject{w0, uint8(w1)}
		rejected(kind)
	case 11, 18:
		fill = Fill{w0, int64(w1), int64(w2), int64(w3), int64(w4), Side(w5), Liquidity(w6)}
		if kind == 11 {
			running.OnFilled(&ctx, &fill)
		} else {
			running.OnBusted(&ctx, &fill)
		}
	case 12:
		canceled = Canceled{w0, int64(w1), uint8(w2)}
		running.OnCanceled(&ctx, &canceled)
	case 14:
		amended = Amended{w0, int64(w1), int64(w2)}
		running.OnAmended(&ctx, &amended)
	case 16:
		running.OnExpired(&ctx, w0)
	case 17:
		running.OnUnknown(&ctx, w0)
	case 19:
		outcome = Outcome{w0, uint8(w1)}
		running.OnOutcome(&ctx, &outcome)
	case 20:
		signal = Signal{uint32(w0), uint32(w1), int64(w2)}
		running.OnSignal(&ctx, &signal)
	case 21:
		running.OnTrading(&ctx, w0 != 0)
	case 22:
		running.OnWake(&ctx)
	default:
		panic("an event kind of the WIT file")
	}
	noteRefusal()
	reset()
}

func rejected(kind uint32) {
	switch kind {
	case 10:
		running.OnRejected(&ctx, &reject)
	case 13:
		running.OnCancelRejected(&ctx, &reject)
	default:
		running.OnAmendRejected(&ctx, &reject)
	}
}

var emitErrors = [...]string{"warmup", "too-many", "malformed", "note-too-long", "not-now"}

// As the Rust SDK: an intent that was not taken is noted, but during warm-up, where that is the rule. The note may be refused too;
// then the host's own record of the limit is all there is.
func noteRefusal() {
	if why, had := ctx.TakeRefusal(); had && why != Warmup {
		ctx.Note("emit refused: " + emitErrors[why])
	}
}
