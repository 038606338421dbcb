package mx

import (
	"errors"
	"math"
)

// MaxQuantity is the most of anything that one order, line or price-list entry is about: 1,000,000 m² are all roofs of the institution.
const MaxQuantity = 1_000_000

// ErrQuantity is what is no quantity: not above zero, above MaxQuantity, or with more than two decimals.
var ErrQuantity = errors.New("a quantity above zero and up to 1,000,000 with at most two decimals was expected")

// Hundredths is a quantity as a whole number of hundredths, rounded: by it quantities are compared and added, so that binary fractions
// neither show nor decide.
func Hundredths(q float64) int64 { return int64(math.Round(q * 100)) }

// Quantity reads a quantity with at most two decimals. What differs from one only by how binary fractions are written, 0.1+0.2 for
// instance, is that quantity and becomes it: 0.3. Anything else is ErrQuantity.
func Quantity(q float64) (float64, error) {
	if !(q > 0 && q <= MaxQuantity) {
		return 0, ErrQuantity
	}
	hundredths := math.Round(q * 100)
	if hundredths < 1 || math.Abs(q*100-hundredths) > hundredths*representation {
		return 0, ErrQuantity
	}
	return hundredths / 100, nil
}

// representation is the relative error that a few additions of binary fractions leave.
const representation = 1e-14
