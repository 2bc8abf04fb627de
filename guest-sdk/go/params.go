package ringfence

import (
	"strconv"
	"strings"
)

// Params by name. The first thing that is wrong refuses the session, whatever Setup does after it: the answer is then some value in
// range.
type Params struct {
	keys, values []string
	isRead       []bool
	reason       string
}

// Refuse the session; the text is shown to whoever wrote the configuration.
func (p *Params) Refuse(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
}

// Text of a parameter, if it is given.
func (p *Params) Text(key string) (string, bool) {
	for at, known := range p.keys {
		if known == key {
			p.isRead[at] = true
			return p.values[at], true
		}
	}
	return "", false
}

// Count is a whole number from 1 to 100000, otherwise where it is not given.
func (p *Params) Count(key string, otherwise uint32) uint32 {
	return p.Whole(key, otherwise, 1, 100_000)
}

// Whole number from least to most, otherwise where it is not given.
func (p *Params) Whole(key string, otherwise, least, most uint32) uint32 {
	text, isGiven := p.Text(key)
	if !isGiven {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 32)
	if err == nil && value >= uint64(least) && value <= uint64(most) && strings.Trim(text, "0123456789") == "" {
		return uint32(value)
	}
	number := func(value uint32) string { return strconv.FormatUint(uint64(value), 10) }
	p.wanted(key, text, "a whole number from "+number(least)+" to "+number(most))
	return least
}

// Qty is a quantity above 0, as a mantissa at the instrument's quantity scale.
func (p *Params) Qty(key string, instrument *Instrument) int64 {
	return p.positive(key, instrument.QtyScale, "a quantity")
}

// Price is a price above 0, as a mantissa at the instrument's price scale.
func (p *Params) Price(key string, instrument *Instrument) int64 {
	return p.positive(key, instrument.PriceScale, "a price")
}

func (p *Params) positive(key string, scale uint8, what string) int64 {
	text, isGiven := p.Text(key)
	if !isGiven {
		p.Refuse("parameter `" + key + "` is missing")
		return 1
	}
	if value, isGood := DecimalToMantissa(text, scale); isGood && value > 0 {
		return value
	}
	p.wanted(key, text, what+" above 0 with at most "+strconv.Itoa(int(scale))+" digits after the point")
	return 1
}

func (p *Params) wanted(key, text, want string) {
	p.Refuse("parameter `" + key + "` = `" + text + "`: want " + want)
}

// A parameter that nothing asked for is a mistake in the configuration.
func (p *Params) checkAllRead() {
	for at, isRead := range p.isRead {
		if !isRead {
			p.Refuse("unknown parameter `" + p.keys[at] + "`")
		}
	}
}

// Plan says which events a strategy wants; each call adds a subscription.
type Plan struct{ subscriptions []subscription }

// As the interface has it.
type subscription struct {
	instrument   uint32
	kind, filter uint8
	hasBars      uint64
	spec         uint64
	size         uint64
	warmUp       uint32
}

// Trades are public trades, every one.
func (p *Plan) Trades(instrument InstrumentID) *Plan { return p.Other(TradeEvents, instrument) }

// Quotes are changes of best bid and best ask.
func (p *Plan) Quotes(instrument InstrumentID, filter ChangeFilter) *Plan {
	return p.add(subscription{instrument: instrument, kind: uint8(QuoteEvents), filter: uint8(filter)})
}

// Books are changes of the book.
func (p *Plan) Books(instrument InstrumentID, filter ChangeFilter) *Plan {
	return p.add(subscription{instrument: instrument, kind: uint8(BookEvents), filter: uint8(filter)})
}

// Bars that the feed brings.
func (p *Plan) Bars(instrument InstrumentID) *Plan { return p.Other(BarEvents, instrument) }

// BuiltBars are those that the host builds.
func (p *Plan) BuiltBars(instrument InstrumentID, spec BarSpec) *Plan {
	return p.add(subscription{instrument: instrument, kind: uint8(BarEvents), hasBars: 1, spec: uint64(spec.Kind), size: spec.Size})
}

// Other kinds of event; those of no instrument have number 0.
func (p *Plan) Other(kind EventKind, instrument InstrumentID) *Plan {
	return p.add(subscription{instrument: instrument, kind: uint8(kind)})
}

// WarmUp lets nothing be emitted before so many events of the subscription that was added last.
func (p *Plan) WarmUp(events uint32) *Plan {
	p.subscriptions[len(p.subscriptions)-1].warmUp = events
	return p
}

func (p *Plan) add(one subscription) *Plan {
	p.subscriptions = append(p.subscriptions, one)
	return p
}
