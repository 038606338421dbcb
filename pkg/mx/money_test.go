package mx

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMoneyString(t *testing.T) {
	for cents, want := range map[int64]string{
		0: "$0.00 MXN", 5: "$0.05 MXN", -5: "-$0.05 MXN", 99_999: "$999.99 MXN", 123_450: "$1,234.50 MXN",
		-100_000_000: "-$1,000,000.00 MXN", math.MaxInt64: "$92,233,720,368,547,758.07 MXN", math.MinInt64: "-$92,233,720,368,547,758.08 MXN",
	} {
		if got := MXN(cents).String(); got != want {
			t.Errorf("%d centavos = %q, want %q", cents, got, want)
		}
	}
}

func TestMoneyScale(t *testing.T) {
	for _, tc := range []struct{ cents, num, den, want int64 }{
		{100, 1600, 10_000, 16},
		{5, 1, 2, 3},   // half goes up
		{-5, 1, 2, -3}, // and down below zero
		{5, -1, 2, -3},
		{149, 1, 100, 1},
		{150, 1, 100, 2},
		{12_345, 3850, 100, 475_283}, // 123.45 × 38.50 = 4752.825
		{math.MaxInt64, 7, 7, math.MaxInt64},
		{math.MinInt64, 1, 1, math.MinInt64},
		{0, 5, 3, 0},
	} {
		if got, err := MXN(tc.cents).Scale(tc.num, tc.den); err != nil || got != MXN(tc.want) {
			t.Errorf("%d × %d/%d = %v, %v; want %d", tc.cents, tc.num, tc.den, got.AmountCents, err, tc.want)
		}
	}
	if got, err := MXN(100_000).Percent(250); err != nil || got != MXN(2_500) {
		t.Errorf("2.5 %% of $1,000 = %v, %v", got, err)
	}
	if _, err := MXN(1).Scale(1, 0); err == nil {
		t.Error("a divisor of 0 must be refused")
	}
	if _, err := MXN(1).Scale(1, -1); err == nil {
		t.Error("a negative divisor must be refused")
	}
}

func TestMoneyRefuses(t *testing.T) {
	usd := Money{AmountCents: 1, Currency: "USD"}
	_, add := MXN(1).Add(usd)
	_, sub := usd.Sub(MXN(1))
	_, scale := usd.Scale(1, 2)
	_, over := MXN(math.MaxInt64).Add(MXN(1))
	_, under := MXN(math.MinInt64).Sub(MXN(1))
	_, minusMin := MXN(0).Sub(MXN(math.MinInt64))
	_, percent := MXN(math.MaxInt64).Percent(10_001)
	_, marshal := json.Marshal(usd)
	for name, tc := range map[string]struct{ got, want error }{
		"add": {add, ErrCurrency}, "sub": {sub, ErrCurrency}, "scale": {scale, ErrCurrency}, "validate": {usd.Validate(), ErrCurrency},
		"marshal": {marshal, ErrCurrency}, "over": {over, ErrOverflow}, "under": {under, ErrOverflow}, "0 - min": {minusMin, ErrOverflow},
		"percent": {percent, ErrOverflow}, "negative": {MXN(-1).Validate(), ErrNegative}, "zero": {Money{}.Validate(), nil},
	} {
		if !errors.Is(tc.got, tc.want) {
			t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
		}
	}
}

func TestMoneyJSON(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Money
		bad  bool
	}{
		{in: `{"amount_cents":123450,"currency":"MXN"}`, want: MXN(123_450)},
		{in: `{"amount_cents":-1}`, want: MXN(-1)},
		{in: `{"amount_cents":9007199254740993,"currency":""}`, want: MXN(9007199254740993)},
		{in: `{"amount_cents":1,"currency":"USD"}`, bad: true},
		{in: `{"amount_cents":1.5}`, bad: true},
		{in: `{"amount_cents":"1"}`, bad: true},
		{in: `{"amount_cents":9223372036854775808}`, bad: true},
		{in: `12`, bad: true},
	} {
		var got Money
		if err := json.Unmarshal([]byte(tc.in), &got); (err != nil) != tc.bad || got != tc.want {
			t.Errorf("%s = %v, %v", tc.in, got, err)
		}
	}
	b, err := json.Marshal(struct{ M Money }{})
	if want := `{"M":{"amount_cents":0,"currency":"MXN"}}`; err != nil || string(b) != want {
		t.Errorf("zero Money: %s, %v; want %s", b, err, want)
	}
}

// Every operation agrees with arithmetic without bounds, or says ErrOverflow exactly where that leaves 64 bits.
func TestMoneyProperties(t *testing.T) {
	near := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-10_000, 10_000),
		rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}))
	rapid.Check(t, func(t *rapid.T) {
		a, b, num := near.Draw(t, "a"), near.Draw(t, "b"), near.Draw(t, "num")
		den := rapid.OneOf(rapid.Int64Range(1, math.MaxInt64), rapid.Int64Range(1, 10)).Draw(t, "den")
		bigA, bigB := big.NewInt(a), big.NewInt(b)
		check := func(op string, got Money, err error, want *big.Int) {
			if want.IsInt64() != (err == nil) || (err == nil && got != MXN(want.Int64())) || (err != nil && !errors.Is(err, ErrOverflow)) {
				t.Fatalf("%s = %v, %v; want %v", op, got.AmountCents, err, want)
			}
		}
		sum, err := MXN(a).Add(MXN(b))
		check("add", sum, err, new(big.Int).Add(bigA, bigB))
		diff, err := MXN(a).Sub(MXN(b))
		check("sub", diff, err, new(big.Int).Sub(bigA, bigB))

		exact := new(big.Rat).SetFrac(new(big.Int).Mul(bigA, big.NewInt(num)), big.NewInt(den))
		text := exact.FloatString(0) // rounds half away from zero
		want, _ := new(big.Int).SetString(text, 10)
		scaled, err := MXN(a).Scale(num, den)
		check("scale", scaled, err, want)

		if got := MXN(a).Cmp(MXN(b)); got != bigA.Cmp(bigB) || got != -MXN(b).Cmp(MXN(a)) {
			t.Fatalf("cmp(%d, %d) = %d", a, b, got)
		}
		raw, err := json.Marshal(MXN(a))
		if err != nil {
			t.Fatal(err)
		}
		var back Money
		if err := json.Unmarshal(raw, &back); err != nil || cmp.Diff(MXN(a), back) != "" {
			t.Fatalf("%s came back as %v, %v", raw, back, err)
		}
	})
}

func TestTheBoundOfAnAmountIsWhatItsSchemaSays(t *testing.T) {
	f, _ := reflect.TypeFor[Money]().FieldByName("AmountCents")
	if f.Tag.Get("maximum") != strconv.Itoa(MaxCents) {
		t.Errorf("the schema says %s, the product %d", f.Tag.Get("maximum"), MaxCents)
	}
	sum, most := MXN(0), MXN(MaxCents)
	for range 900_000 {
		var err error
		if sum, err = sum.Add(most); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFigureOfAKindHasItsOwnBound(t *testing.T) {
	for _, most := range []int64{MaxPriceCents, MaxWorkCents} {
		if err := MXN(most).AtMost(most); err != nil {
			t.Error(err)
		}
		if err := MXN(most + 1).AtMost(most); !errors.Is(err, ErrTooMuch) {
			t.Errorf("a centavo more than %d: %v", most, err)
		}
		if err := MXN(-1).AtMost(most); !errors.Is(err, ErrNegative) {
			t.Errorf("less than nothing: %v", err)
		}
	}
}
