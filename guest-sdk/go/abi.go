package ringfence

import "unsafe"

//go:wasmimport ringfence:strategy/view@0.1.0 top-of-book
func viewTopOfBook(instrument uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 depth
func viewDepth(instrument, side, levels uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 position-of
func viewPositionOf(instrument uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 account
func viewAccount(out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 open-orders
func viewOpenOrders(instrument, limit uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 order
func viewOrder(id uint64, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 instrument
func viewInstrument(instrument uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/view@0.1.0 bars
func viewBars(instrument, spec uint32, size uint64, count uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/intents@0.1.0 emit
func emit(kind uint32, a0 uint64, a1 uint32, a2, a3, a4 uint64, a5 uint32, a6 uint64, a7 uint32, a8 uint64, a9, a10, a11, a12, a13 uint32, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/intents@0.1.0 emit-order
func emitOrder(request, out unsafe.Pointer)

//go:wasmimport ringfence:strategy/intents@0.1.0 emit-schedule
func emitSchedule(instrument, side, sizeKind uint32, size int64, boundKind uint32, bound int64, postOnly, reduceOnly uint32, start, end uint64, curve, c0, c1 uint32, out unsafe.Pointer)

// Where the host writes lists and texts to: kept from the collector until the call returns.
var blocks [][]uint64

//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, alignment, size uint32) unsafe.Pointer {
	block := take(size)
	if oldSize != 0 {
		copy(unsafe.Slice((*byte)(block), size), unsafe.Slice((*byte)(old), oldSize))
	}
	return block
}

// Memory that lasts until the call returns and its answer was read, aligned to 8 bytes.
func take(size uint32) unsafe.Pointer {
	block := make([]uint64, size/8+1)
	blocks = append(blocks, block)
	return unsafe.Pointer(&block[0])
}

// What was taken is the collector's again. Nothing runs between this and the host's look at an answer.
func reset() {
	clear(blocks)
	blocks = blocks[:0]
}

// An address in the component's memory.
func at(place uint32) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(nil), uintptr(place)) }

func address(place unsafe.Pointer) uint32 { return uint32(uintptr(place)) }

// A text or a list, as the interface has it.
type span struct{ start, count uint32 }

func (s span) text() string {
	if s.count == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(at(s.start)), s.count))
}

func spanOf(text string) span {
	block := take(uint32(len(text)))
	copy(unsafe.Slice((*byte)(block), len(text)), text)
	return span{address(block), uint32(len(text))}
}

func list[T any](s span) []T {
	if s.count == 0 {
		return nil
	}
	return append([]T(nil), unsafe.Slice((*T)(at(s.start)), s.count)...)
}

type wireInstrument struct {
	id                      uint32
	symbol                  span
	kind                    uint8
	priceScale, qtyScale    uint8
	tick, lot, qMin, qMax   int64
	multiplier              Decimal
	base, quote, settlement span
	settlementScale, state  uint8
}

func (w *wireInstrument) instrument() Instrument {
	return Instrument{
		w.id, w.symbol.text(), w.kind, w.priceScale, w.qtyScale, w.tick, w.lot, w.qMin, w.qMax, w.multiplier,
		w.base.text(), w.quote.text(), w.settlement.text(), w.settlementScale, InstrumentState(w.state),
	}
}

type wireRequest struct {
	instrument             uint32
	side                   uint8
	sizeKind               uint64 // one byte and what aligns the next field
	size                   int64
	orderType              uint64
	hasLimit               uint64
	limit                  int64
	hasStop                uint64
	stop                   int64
	tif                    uint8
	hasSlippage            uint32
	slippage               uint32
	postOnly, reduceOnly   uint8
	expireAt               uint64
	displayQty             int64
	hasTrail               uint64
	trailOffset            int64
	trailUnit              uint64
	trailLimitOffset       int64
	triggerBy              uint64
	parent, group          uint64
	groupKind              uint64
}

// Places of the interface: a size that differs does not compile.
var (
	_ [104 - unsafe.Sizeof(wireInstrument{})]struct{}
	_ [unsafe.Sizeof(wireInstrument{}) - 104]struct{}
	_ [160 - unsafe.Sizeof(wireRequest{})]struct{}
	_ [unsafe.Sizeof(wireRequest{}) - 160]struct{}
	_ [88 - unsafe.Sizeof(Position{})]struct{}
	_ [unsafe.Sizeof(Position{}) - 88]struct{}
	_ [48 - unsafe.Sizeof(OrderView{})]struct{}
	_ [unsafe.Sizeof(OrderView{}) - 48]struct{}
)

func flag(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}
