package contract

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

func terms() Contract {
	return Contract{ID: "k", Facts: Facts{Number: "CNM-2025-001", Name: "Contrato", Kind: "maintenance", ContractorID: "c", LegalRegime: "lopsrm",
		ValidFrom: "2025-01-01", ValidTo: "2025-12-31", Coverage: Coverage{Nation: true},
		Lots:  []Lot{{FiscalYear: 2025, Lot: 1, Minimum: mx.MXN(40_00), Maximum: mx.MXN(100_00)}},
		Lines: []Line{{Concept: "Impermeabilización", MeasureUnit: "m2", UnitPrice: mx.MXN(350_00)}}}}
}

func TestTermsThatCannotBe(t *testing.T) {
	for rule, spoil := range map[string]func(*Contract){
		"number-missing":       func(c *Contract) { c.Number = " " },
		"date-out-of-range":    func(c *Contract) { c.ValidFrom = "1800-01-01" },
		"period-reversed":      func(c *Contract) { c.ValidTo = "2024-12-31" },
		"coverage-missing":     func(c *Contract) { c.Coverage = Coverage{} },
		"value-unknown":        func(c *Contract) { c.Coverage = Coverage{Regions: []string{"9"}} },
		"office-unknown":       func(c *Contract) { c.Coverage = Coverage{Offices: []string{"atlantis"}} },
		"lots-missing":         func(c *Contract) { c.Lots = nil },
		"lot-repeated":         func(c *Contract) { c.Lots = append(c.Lots, c.Lots[0]) },
		"lot-outside-validity": func(c *Contract) { c.Lots[0].FiscalYear = 2026 },
		"lot-amounts":          func(c *Contract) { c.Lots[0].Minimum = mx.MXN(100_01) },
		"amount-invalid":       func(c *Contract) { c.Lines[0].UnitPrice = mx.MXN(-1) },
	} {
		c := terms()
		if err := c.validate(Facts{}); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		if f := fault.As(c.validate(Facts{})); f == nil || f.Rule != rule || f.Kind != fault.Invalid {
			t.Errorf("%s: %v", rule, f)
		}
	}
}

func TestAnOpenContractsMinimumBelowItsShareIsAWarning(t *testing.T) {
	for _, c := range []struct {
		open    bool
		percent int
		minimum int64
		warned  bool
	}{{true, 0, 40_00, false}, {true, 0, 39_99, true}, {true, 80, 40_00, true}, {false, 0, 0, false}} {
		k := terms()
		k.Open, k.MinimumPercent, k.Lots[0].Minimum = c.open, c.percent, mx.MXN(c.minimum)
		if err := k.validate(Facts{}); err != nil || (len(k.Warnings) > 0) != c.warned {
			t.Errorf("%+v: %v, %v", c, err, k.Warnings)
		}
	}
}

func TestCoverageAndValidity(t *testing.T) {
	k := terms()
	k.Coverage = Coverage{Regions: []string{"2"}, Offices: []string{"baja-california-sur"}}
	for p, want := range map[mx.Place]bool{{Office: "baja-california-sur", Region: "1"}: true, {Office: "sonora", Region: "1"}: false, {Office: "coahuila", Region: "2"}: true, {}: false} {
		if k.Covers(p) != want {
			t.Errorf("covers %+v: %v", p, !want)
		}
	}
	for day, want := range map[string]bool{"2024-12-31": false, "2025-01-01": true, "2025-12-31": true, "2026-01-01": false} {
		if k.ValidOn(day) != want {
			t.Errorf("valid on %s: %v", day, !want)
		}
	}
}

// Whatever is committed, released and accrued: the ceiling holds, the sums are those of the orders, a refusal changes nothing.
func TestABudgetNeverBreaksItsCeiling(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := terms()
		b := newBudget(&k, k.Lots[0])
		committed, accrued := map[string]int64{}, int64(0)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "order")
			before := *b
			var err error
			switch held, ok := committed[id]; {
			case !ok:
				amount := rapid.Int64Range(0, 60_00).Draw(rt, "amount")
				if _, err = b.Commit(id, mx.MXN(amount)); err == nil {
					committed[id] = amount
				} else if amount <= before.Available.AmountCents {
					rt.Fatalf("%d of %s refused: %v", amount, before.Available, err)
				}
			case rapid.Bool().Draw(rt, "release"):
				_, err = b.Release(id, mx.MXN(held))
				delete(committed, id)
			default:
				cost := rapid.Int64Range(0, held+1).Draw(rt, "cost")
				if _, err = b.Accrue(id, mx.MXN(held), mx.MXN(cost)); err == nil {
					accrued += cost
					delete(committed, id)
				}
			}
			if err != nil && (*b != before || !fault.Is(err, fault.Conflict)) {
				rt.Fatalf("%v changed %+v", err, b)
			}
			sum := int64(0)
			for _, c := range committed {
				sum += c
			}
			if b.Committed.AmountCents != sum || b.Accrued.AmountCents != accrued || b.Available.AmountCents != 100_00-sum-accrued || b.Available.AmountCents < 0 {
				rt.Fatalf("%+v, committed %d, accrued %d", b, sum, accrued)
			}
		}
	})
}

// Whatever amendments are tried on a lot: its maximum stays between what is used and a fifth above the original, which stays readable.
func TestAmendmentsRaiseAMaximumByAFifthOfTheOriginalAtMost(t *testing.T) {
	now := event.At(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC))
	rapid.Check(t, func(rt *rapid.T) {
		k := terms()
		original := rapid.Int64Range(1, 200).Draw(rt, "original")
		k.Lots[0].Minimum, k.Lots[0].Maximum = mx.MXN(0), mx.MXN(original)
		b := newBudget(&k, k.Lots[0])
		if _, err := b.Commit("a", mx.MXN(rapid.Int64Range(0, original).Draw(rt, "used"))); err != nil {
			rt.Fatal(err)
		}
		for n := range rapid.IntRange(1, 10).Draw(rt, "amendments") {
			to := rapid.Int64Range(0, 250).Draw(rt, "maximum")
			was, lots, made := k.Lots[0].Maximum, k.Lots[0], len(k.Amendments)
			lot, first, _, err := k.amend(Amend{FiscalYear: 2025, Lot: 1, Maximum: mx.MXN(to), Dated: "2025-08-08", Reference: "CM-" + strconv.Itoa(n), Reason: "quantities"}, now, "s")
			if allowed := to > 0 && 5*(to-original) <= original && to != was.AmountCents; allowed != (err == nil) {
				rt.Fatalf("%d of %s, original %d: %v", to, was, original, err)
			}
			if err != nil {
				if k.Lots[0] != lots || len(k.Amendments) != made {
					rt.Fatalf("refused, and changed")
				}
				continue
			}
			if _, err := b.setLot(lot); (err == nil) != (to >= b.Committed.AmountCents) {
				rt.Fatalf("%d with %s committed: %v", to, b.Committed, err)
			} else if err != nil {
				return // the transaction takes neither
			}
			if first != mx.MXN(original) || k.Amendments[0].Before != first || k.Lots[0].Maximum != b.Ceiling {
				rt.Fatalf("%+v, %+v", k, b)
			}
		}
	})
}

func TestACeilingDoesNotFallBelowItsUse(t *testing.T) {
	k := terms()
	b := newBudget(&k, k.Lots[0])
	if _, err := b.Commit("a", mx.MXN(60_00)); err != nil {
		t.Fatal(err)
	}
	l := k.Lots[0]
	l.Maximum = mx.MXN(59_99)
	if _, err := b.setLot(l); !fault.Is(err, fault.Conflict) || b.Ceiling != mx.MXN(100_00) {
		t.Errorf("%v, %+v", err, b)
	}
	l.Maximum = mx.MXN(60_00)
	if events, err := b.setLot(l); err != nil || len(events) != 1 || !b.Available.IsZero() {
		t.Errorf("%v, %+v", err, b)
	}
}
