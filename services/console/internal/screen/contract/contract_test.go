package contract

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// TestWhatIsLeftIsThatOfOneFiscalYear: what a year leaves does not pass on.
func TestWhatIsLeftIsThatOfOneFiscalYear(t *testing.T) {
	cents := func(n int64) mx.Money { return mx.Money{AmountCents: n} }
	years := []budget{{FiscalYear: 2027, Lot: 1, Ceiling: cents(300), Available: cents(300)}, {FiscalYear: 2025, Lot: 1, Ceiling: cents(100), Available: cents(40)},
		{FiscalYear: 2025, Lot: 2, Ceiling: cents(50), Available: cents(50)}, {FiscalYear: 2026, Lot: 1, Ceiling: cents(200), Available: cents(10)}}
	for today, want := range map[int][2]int64{2024: {90, 150}, 2025: {90, 150}, 2026: {10, 200}, 2027: {300, 300}, 2031: {300, 300}} {
		var v view
		v.money(append([]budget(nil), years...), today)
		if got := [2]int64{v.Money.Left, v.Money.Maximum}; got != want || len(v.Years.Rows) != len(years) {
			t.Errorf("%d: %v, want %v, of %d years", today, got, want, len(v.Years.Rows))
		}
	}
}
