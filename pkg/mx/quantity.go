package mx

import (
	"errors"
	"math"
)

// MaxQuantity bounds the quantity of one order, line or price-list entry: 1,000,000 m² are all roofs of the institution.
const MaxQuantity = 1_000_000

// ErrQuantity is the error for a number that is not above zero, is above MaxQuantity, or has more than two decimals.
var ErrQuantity = errors.New("a quantity above zero and up to 1,000,000 with at most two decimals was expected")

// Hundredths returns a quantity as a whole number of hundredths, rounded. Quantities are compared and added in hundredths, so that errors of
// binary fractions do not matter.
func Hundredths(q float64) int64 { return int64(math.Round(q * 100)) }

// Quantity returns q rounded to two decimals if it differs from that only by the error of binary fractions: 0.1+0.2 becomes 0.3. Otherwise it
// returns ErrQuantity.
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
