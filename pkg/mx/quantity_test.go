package mx_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

func TestQuantityHasTwoDecimalsAndAMeasure(t *testing.T) {
	tenth, fifth := 0.1, 0.2
	sum := 0.0
	for range 10 {
		sum += tenth
	}
	for q, want := range map[float64]float64{42.5: 42.5, 0.01: 0.01, tenth + fifth: 0.3, sum: 1, 1.1 * 1.1 * 100: 121, mx.MaxQuantity: mx.MaxQuantity, 999_999.99: 999_999.99} {
		if got, err := mx.Quantity(q); err != nil || got != want {
			t.Errorf("%v: %v, %v", q, got, err)
		}
	}
	for _, q := range []float64{0, -1, 0.001, 0.009, 1.005, 42.501, 30.0000001, mx.MaxQuantity + 0.01, 1e300, math.Inf(1), math.NaN()} {
		if got, err := mx.Quantity(q); err == nil {
			t.Errorf("%v is taken as %v", q, got)
		}
	}
}

// Every number of hundredths is a quantity, reads back as itself and is compared exactly; half a hundredth more is none.
func TestQuantitiesAreComparedInHundredths(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, mx.MaxQuantity*100-1).Draw(rt, "hundredths")
		q, err := mx.Quantity(float64(n) / 100)
		if err != nil || mx.Hundredths(q) != n || q != float64(n)/100 {
			rt.Fatalf("%d: %v, %v", n, q, err)
		}
		if got, err := mx.Quantity((float64(n) + 0.5) / 100); err == nil {
			rt.Fatalf("%d and a half hundredths are taken as %v", n, got)
		}
	})
}
