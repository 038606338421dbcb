package mx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
)

// The errors of Money, for errors.Is.
var (
	ErrOverflow = errors.New("amount does not fit into 64 bits of centavos")
	ErrNegative = errors.New("amount must not be negative")
	ErrCurrency = errors.New("currency must be MXN")
	ErrTooMuch  = errors.New("amount is larger than such a figure can be")
)

const currencyMXN = "MXN"

// MaxCents bounds a single amount: 100,000,000,000.00 MXN, a fifth of what the institution spends in a year. 900,000 such amounts add up
// without an overflow.
const MaxCents = 10_000_000_000_000

// Bounds of amounts of a kind, in centavos: no real one reaches them, and most that were typed with three zeros too many exceed them.
const (
	// MaxPriceCents bounds the price of one thing: 1,000,000,000.00 MXN. A linear accelerator costs a tenth.
	MaxPriceCents = 100_000_000_000
	// MaxWorkCents bounds the cost of one work order: 10,000,000,000.00 MXN. A new hospital costs half.
	MaxWorkCents = 1_000_000_000_000
)

// Money is an amount in centavos of the Mexican peso. The only currency is MXN; an empty one means MXN, and is written as MXN. Whether VAT is
// included is up to the field that holds the amount. The schema generator reads the tags of Currency: clients may leave it out.
type Money struct {
	// AmountCents is bounded in requests by its tag, MaxCents. What an earlier release stored above that stays; Add checks sums.
	AmountCents int64  `json:"amount_cents" maximum:"10000000000000"`
	Currency    string `json:"currency" required:"false" enum:"MXN" default:"MXN"`
}

// MXN returns an amount of so many centavos.
func MXN(cents int64) Money { return Money{AmountCents: cents, Currency: currencyMXN} }

// Validate refuses another currency (ErrCurrency) and an amount below zero (ErrNegative), for prices, budgets and ceilings. It is not for
// differences, which may be negative.
func (m Money) Validate() error {
	if err := m.checkCurrency(); err != nil {
		return err
	}
	if m.AmountCents < 0 {
		return fmt.Errorf("%w: %d", ErrNegative, m.AmountCents)
	}
	return nil
}

// AtMost is Validate, and also refuses more than most centavos (ErrTooMuch).
func (m Money) AtMost(most int64) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if m.AmountCents > most {
		return fmt.Errorf("%w: %s, where %s are the most", ErrTooMuch, m, MXN(most))
	}
	return nil
}

func (m Money) checkCurrency() error {
	if m.Currency != currencyMXN && m.Currency != "" {
		return fmt.Errorf("%w, not %.10q", ErrCurrency, m.Currency)
	}
	return nil
}

// Add returns m + o, or ErrOverflow or ErrCurrency.
func (m Money) Add(o Money) (Money, error) {
	if err := errors.Join(m.checkCurrency(), o.checkCurrency()); err != nil {
		return Money{}, err
	}
	sum := m.AmountCents + o.AmountCents
	if (sum > m.AmountCents) != (o.AmountCents > 0) {
		return Money{}, ErrOverflow
	}
	return MXN(sum), nil
}

// Sub returns m − o, which may be negative, or ErrOverflow or ErrCurrency.
func (m Money) Sub(o Money) (Money, error) {
	if err := errors.Join(m.checkCurrency(), o.checkCurrency()); err != nil {
		return Money{}, err
	}
	diff := m.AmountCents - o.AmountCents
	if (diff < m.AmountCents) != (o.AmountCents > 0) {
		return Money{}, ErrOverflow
	}
	return MXN(diff), nil
}

// Scale returns m·num/den, rounded half away from zero to the centavo: 2.5 becomes 3 and −2.5 becomes −3, so that a credit equals its charge.
// A unit price times 38.50 m² is Scale(3850, 100). Only the result can overflow (ErrOverflow). A den that is not above zero is an error.
func (m Money) Scale(num, den int64) (Money, error) {
	if err := m.checkCurrency(); err != nil {
		return Money{}, err
	}
	if den <= 0 {
		return Money{}, fmt.Errorf("scale by %d/%d: the divisor must be greater than zero", num, den)
	}
	product := new(big.Int).Mul(big.NewInt(m.AmountCents), big.NewInt(num))
	negative := product.Sign() < 0
	// round(|p|/d) = floor((2|p| + d) / 2d)
	twice := product.Abs(product).Lsh(product, 1)
	divisor := big.NewInt(den)
	twice.Add(twice, divisor)
	twice.Quo(twice, divisor.Lsh(divisor, 1))
	if negative {
		twice.Neg(twice)
	}
	if !twice.IsInt64() {
		return Money{}, ErrOverflow
	}
	return MXN(twice.Int64()), nil
}

// Percent returns a percentage of m, given in hundredths of a per cent, rounded as in Scale: Percent(1600) is 16 %, Percent(50) is 0.5 %.
func (m Money) Percent(basisPoints int64) (Money, error) { return m.Scale(basisPoints, 10_000) }

// Cmp returns −1, 0 or +1 as m is less than, equal to or greater than o.
func (m Money) Cmp(o Money) int {
	switch {
	case m.AmountCents < o.AmountCents:
		return -1
	case m.AmountCents > o.AmountCents:
		return 1
	}
	return 0
}

// IsZero reports whether the amount is 0.
func (m Money) IsZero() bool { return m.AmountCents == 0 }

// String formats the amount as is usual in Mexico: "$1,234.50 MXN", "-$0.05 MXN".
func (m Money) String() string {
	sign := ""
	cents := uint64(m.AmountCents)
	if m.AmountCents < 0 {
		sign = "-"
		cents, _ = bits.Sub64(0, cents, 0)
	}
	digits := strconv.FormatUint(cents/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return fmt.Sprintf("%s$%s.%02d %s", sign, digits, cents%100, currencyMXN)
}

// plainMoney has Money's fields without its methods.
type plainMoney Money

// MarshalJSON writes {"amount_cents": n, "currency": "MXN"}, also for the zero Money.
func (m Money) MarshalJSON() ([]byte, error) {
	if err := m.checkCurrency(); err != nil {
		return nil, err
	}
	m.Currency = currencyMXN
	return json.Marshal(plainMoney(m))
}

// UnmarshalJSON reads whole centavos; a missing currency is MXN, another one is ErrCurrency. Unknown fields are ignored, as
// encoding/json does.
func (m *Money) UnmarshalJSON(b []byte) error {
	var p plainMoney
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("money: %w", err)
	}
	if err := Money(p).checkCurrency(); err != nil {
		return fmt.Errorf("money: %w", err)
	}
	*m = MXN(p.AmountCents)
	return nil
}
