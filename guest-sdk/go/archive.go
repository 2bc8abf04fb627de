package ringfence

import (
	"encoding/binary"
	"math"
)

// Archive is a snapshot that is written or read: one method names the values for both ways.
type Archive struct {
	bytes     []byte
	isLoading bool
	isCut     bool
}

// Keep values: pointers to numbers, flags, texts, lists of numbers, and to Ema. Another type halts the strategy.
func (a *Archive) Keep(values ...any) {
	for _, value := range values {
		a.keep(value)
	}
}

func (a *Archive) keep(value any) {
	switch value := value.(type) {
	case *uint64:
		a.word(value)
	case *int64:
		number(a, value)
	case *uint32:
		number(a, value)
	case *int32:
		number(a, value)
	case *int:
		number(a, value)
	case *uint8:
		number(a, value)
	case *float64:
		a.float(value)
	case *bool:
		word := uint64(flag(*value))
		a.word(&word)
		*value = word != 0
	case *string:
		bytes := []byte(*value)
		a.list(&bytes)
		*value = string(bytes)
	case *[]byte:
		a.list(value)
	case *[]float64:
		numbers(a, value, (*Archive).float)
	case *[]int64:
		numbers(a, value, number[int64])
	case *[]uint64:
		numbers(a, value, (*Archive).word)
	case *Ema:
		a.float(&value.Value)
		a.word(&value.Seen)
	default:
		panic("a value of this type cannot be kept in the state")
	}
}

func number[T int64 | uint32 | int32 | int | uint8](a *Archive, value *T) {
	word := uint64(*value)
	a.word(&word)
	*value = T(word)
}

func numbers[T any](a *Archive, values *[]T, keep func(*Archive, *T)) {
	count := uint64(len(*values))
	a.word(&count)
	if a.isLoading {
		if uint64(len(a.bytes))/8 < count {
			a.isCut = true
			return
		}
		*values = make([]T, count)
	}
	for at := range *values {
		keep(a, &(*values)[at])
	}
}

func (a *Archive) float(value *float64) {
	word := math.Float64bits(*value)
	a.word(&word)
	*value = math.Float64frombits(word)
}

func (a *Archive) list(value *[]byte) {
	count := uint64(len(*value))
	a.word(&count)
	if !a.isLoading {
		a.bytes = append(a.bytes, *value...)
		return
	}
	if uint64(len(a.bytes)) < count {
		a.isCut = true
		return
	}
	*value, a.bytes = a.bytes[:count:count], a.bytes[count:]
}

func (a *Archive) word(value *uint64) {
	if !a.isLoading {
		a.bytes = binary.LittleEndian.AppendUint64(a.bytes, *value)
		return
	}
	if a.isCut = a.isCut || len(a.bytes) < 8; a.isCut {
		return
	}
	*value, a.bytes = binary.LittleEndian.Uint64(a.bytes), a.bytes[8:]
}
