package ringfence

// InstrumentID is the number of an instrument in this session, from 1; 0 = none.
type InstrumentID = uint32

// IntentID is the number of an intent, from 1.
type IntentID = uint64

// Side is a direction.
type Side uint8

const (
	Buy Side = iota
	Sell
)

// OrderType says what makes an order active and what limits its price.
type OrderType uint8

const (
	Market OrderType = iota
	Limit
	StopMarket
	StopLimit
	MarketIfTouched
	LimitIfTouched
	TrailingStopMarket
	TrailingStopLimit
	MarketToLimit
)

// TimeInForce says how long an order lives.
type TimeInForce uint8

const (
	GTC TimeInForce = iota
	IOC
	FOK
	Day
	GTD
	AtOpen
	AtClose
)

// TriggerBy says which price a trigger looks at.
type TriggerBy uint8

const (
	TriggerByLast TriggerBy = iota
	TriggerByTouch
	TriggerByMark
)

// TrailUnit says what offsets of a trail are counted in.
type TrailUnit uint8

const (
	TrailPrice TrailUnit = iota
	TrailBps
	TrailTicks
)

// GroupKind says what the orders of a group do to each other.
type GroupKind uint8

const (
	GroupNone GroupKind = iota
	GroupOCO
	GroupOUO
)

// InstrumentState says whether and how an instrument trades: trading, auction, halted, closed, settled.
type InstrumentState uint8

const (
	Trading InstrumentState = iota
	Auction
	Halted
	Closed
	Settled
)

// FeedState says whether market data are current.
type FeedState uint8

const (
	Live FeedState = iota
	Stale
)

// BookAction says what happened to a book.
type BookAction uint8

const (
	BookChanged BookAction = iota
	BookCleared
)

// Liquidity is the role of an order in a fill.
type Liquidity uint8

const (
	Maker Liquidity = iota
	Taker
	NoLiquidity
)

// EventKind is what can be subscribed to.
type EventKind uint8

const (
	TradeEvents EventKind = iota
	QuoteEvents
	BookEvents
	BarEvents
	MarkPriceEvents
	FundingEvents
	StatusEvents
	FeedEvents
	CorporateActionEvents
	OrderEvents
	SignalEvents
	TradingEvents
)

// ChangeFilter says which changes of a quote or book subscription are delivered.
type ChangeFilter uint8

const (
	EveryChange ChangeFilter = iota
	TouchPriceChange
	TouchChange
	TouchPriceOrOwnChange
)

// OrderState says where an order stands, in the order of the interface: submitted, working, partially-filled, pending-cancel,
// pending-amend, filled, canceled, rejected, expired, unknown, held.
type OrderState uint8

// EmitError says why the host took no intent.
type EmitError uint8

const (
	Warmup EmitError = iota
	TooMany
	Malformed
	NoteTooLong
	NotNow
)

// Decimal is exact: (Hi * 2^64 + Lo) / 10^Scale.
type Decimal struct {
	Lo    uint64
	Hi    int64
	Scale uint8
}

// Trade is a public trade; without an aggressor the feed does not say who crossed.
type Trade struct {
	Price, Qty   int64
	HasAggressor bool
	Aggressor    Side
}

// Quote is the touch; a side with quantity 0 is empty.
type Quote struct {
	BidPrice, BidQty, AskPrice, AskQty int64
}

// Bar is a finished bar.
type Bar struct {
	Open, High, Low, Close, Volume int64
	OpenTime, IntervalNs           uint64
}

// Funding of a perpetual: rate times 10^9, above 0 = long positions pay.
type Funding struct {
	RateE9   int64
	NextTime uint64
}

// CorporateAction is a change of the instrument itself; Kind: split, dividend, rename, delisting.
type CorporateAction struct {
	Kind                   uint8
	Numerator, Denominator uint64
	Cash                   int64
}

// Fill is a fill, or its reversal.
type Fill struct {
	ID                       IntentID
	Price, Qty, Leaves, Fee  int64
	Side                     Side
	Liquidity                Liquidity
}

// Reject is a venue's refusal; Reason in the order of `reject-reason`.
type Reject struct {
	ID     IntentID
	Reason uint8
}

// Canceled: an order left the market before it was filled; Reason in the order of `cancel-reason`.
type Canceled struct {
	ID     IntentID
	Leaves int64
	Reason uint8
}

// Amended: an order works under new terms.
type Amended struct {
	ID         IntentID
	Price, Qty int64
}

// Outcome is what became of an intent that did not reach a venue; Code in the order of `outcome-code`.
type Outcome struct {
	ID   IntentID
	Code uint8
}

// Signal is outside data.
type Signal struct {
	Source, Name uint32
	Value        int64
}

// Instrument is the definition of an instrument; Kind: spot, perpetual, future, option, equity, fx-pair.
type Instrument struct {
	ID                        InstrumentID
	Symbol                    string
	Kind                      uint8
	PriceScale, QtyScale      uint8
	Tick, Lot, QtyMin, QtyMax int64
	Multiplier                Decimal
	Base, Quote, Settlement   string
	SettlementScale           uint8
	State                     InstrumentState
}

// Level is one price level of a book.
type Level struct{ Price, Qty int64 }

// Position is the own position in one instrument; Side: net, long, short.
type Position struct {
	Side                 uint8
	Qty                  int64
	Cost, Realised, Fees Decimal
}

// Account is the own sub-account.
type Account struct{ Cash, Equity, Capital, Drawdown Decimal }

// OrderView is an order of this strategy.
type OrderView struct {
	ID                          IntentID
	Instrument                  InstrumentID
	Side                        Side
	State                       OrderState
	Price, Qty, Filled, Trigger int64
}

// BarKind says when a bar closes, in the order of the interface.
type BarKind uint8

const (
	TimeBars BarKind = iota
	TickBars
	VolumeBars
	ValueBars
	TickImbalanceBars
	VolumeImbalanceBars
	ValueImbalanceBars
	TickRunsBars
	VolumeRunsBars
	ValueRunsBars
	RenkoBars
	RangeBars
)

// BarSpec is a kind of bars and their size.
type BarSpec struct {
	Kind BarKind
	Size uint64
}

// Order is a wish to have an order. MarketOrder and LimitOrder make the usual ones; every field may be changed after that. Fields
// from ExpireAt on are what few orders ask for: SubmitOrder takes them.
type Order struct {
	Instrument                InstrumentID
	Side                      Side
	Size                      int64
	IsNotional                bool
	Type                      OrderType
	HasLimit, HasStop         bool
	LimitPrice, StopPrice     int64
	TIF                       TimeInForce
	MaxSlippageBps            uint32 // 0 = no bound
	PostOnly, ReduceOnly      bool
	ExpireAt                  uint64
	DisplayQty                int64
	TrailOffset               int64 // 0 = it does not trail
	TrailUnit                 TrailUnit
	TrailLimitOffset          int64
	TriggerBy                 TriggerBy
	Parent, Group             IntentID
	GroupKind                 GroupKind
}

// MarketOrder trades at once, at any price.
func MarketOrder(instrument InstrumentID, side Side, qty int64) Order {
	return Order{Instrument: instrument, Side: side, Size: qty, TIF: IOC}
}

// LimitOrder trades at this price or better, until canceled.
func LimitOrder(instrument InstrumentID, side Side, qty, price int64) Order {
	return Order{Instrument: instrument, Side: side, Size: qty, Type: Limit, HasLimit: true, LimitPrice: price}
}

// Change of an order; what has no flag stays.
type Change struct {
	HasPrice, HasQty, HasTrigger bool
	Price, Qty, Trigger          int64
}

// Schedule is a wish for many orders over time: evenly in Slices, by Weights where there are any, or with Bps at most that part of
// what the market trades.
type Schedule struct {
	Instrument           InstrumentID
	Side                 Side
	Size                 int64
	IsNotional           bool
	Bound                int64 // a limit price; or, with IsSlippage, 1/10000 that market orders give up at most
	IsSlippage           bool
	PostOnly, ReduceOnly bool
	Start, End           uint64
	Slices               uint16
	Weights              []uint16
	Bps                  uint32
}
