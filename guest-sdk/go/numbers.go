package ringfence

import (
	"math"
	"strconv"
	"strings"
)

// DecimalToMantissa is the integer that text is at scale digits after the point: "145.07" at 4 is 1450700. False = it is none, has
// more digits or is too large.
func DecimalToMantissa(text string, scale uint8) (int64, bool) {
	digits := strings.TrimPrefix(text, "-")
	isNegative := len(digits) != len(text)
	if !isNegative {
		digits = strings.TrimPrefix(text, "+")
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if whole+fraction == "" || hasPoint && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > int(scale) {
		return 0, false
	}
	value, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", int(scale)-len(fraction)), 10, 64)
	if err != nil || value > math.MaxInt64 {
		return 0, false
	}
	if isNegative {
		return -int64(value), true
	}
	return int64(value), true
}

// MantissaToDecimal is the decimal text of a mantissa: 1450700 at 4 is "145.0700".
func MantissaToDecimal(value int64, scale uint8) string {
	sign, size := "", uint64(value)
	if value < 0 {
		sign, size = "-", -uint64(value)
	}
	digits := strconv.FormatUint(size, 10)
	if scale == 0 {
		return sign + digits
	}
	if missing := int(scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	at := len(digits) - int(scale)
	return sign + digits[:at] + "." + digits[at:]
}

// Ema is the exponential moving average v + a * (x - v) with a = 2 / (n + 1), seeded with the first value. Products and sums are
// rounded one by one, never fused: bits are equal on every machine and equal to those of the Rust SDK.
type Ema struct {
	weight float64
	length uint64
	Value  float64
	Seen   uint64
}

// NewEma over length values.
func NewEma(length uint32) Ema {
	length = max(length, 1)
	return Ema{weight: 2 / (float64(length) + 1), length: uint64(length)}
}

// Update takes the next value and answers the average with it.
func (e *Ema) Update(value float64) float64 {
	if e.Seen == 0 {
		e.Value = value
	} else {
		e.Value += float64(e.weight * (value - e.Value))
	}
	e.Seen++
	return e.Value
}

// IsWarm is true from the value on that is number length.
func (e *Ema) IsWarm() bool { return e.Seen >= e.length }
