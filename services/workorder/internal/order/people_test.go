package order

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Whoever does what in whatever sequence: nobody's estimate is committed by themselves, now or after the money was free again, and the unit's
// conformity with work that money is committed for is of nobody who had a part in it. An estimate that was replaced in time is no part.
func TestNobodyHasTwoPartsInAnOrdersMoneyWhateverComesBetween(t *testing.T) {
	actions := []string{approve, estimate, estimate, commit, commit, assign, reassign, start, complete, accept, sendBack}
	rapid.Check(t, func(rt *rapid.T) {
		o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
		var estimated, committed []string
		estimator := ""
		now := began
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			now = event.At(now.Add(time.Minute))
			d := Doer{By: rapid.SampledFrom([]string{"s-a", "s-b", "s-c"}).Draw(rt, "who"), Now: now}
			action := rapid.SampledFrom(actions).Draw(rt, "action")
			if action == commit && o.payable(d.By) != nil {
				continue
			}
			money := o.Committed != nil
			if _, err := act(rt, o, d, action, Step{}); err != nil {
				continue
			}
			switch {
			case action == estimate:
				estimator = d.By
				if slices.Contains(committed, d.By) {
					rt.Fatalf("%s committed money and estimated afterwards", d.By)
				}
			case action == commit:
				estimated, committed = append(estimated, estimator), append(committed, d.By)
				if slices.Contains(estimated, d.By) {
					rt.Fatalf("%s committed money after an estimate of theirs was committed", d.By)
				}
			case action == accept && money && (slices.Contains(committed, d.By) || slices.Contains(estimated, d.By)):
				rt.Fatalf("%s had a part in the money and gave the unit's conformity", d.By)
			}
		}
	})
}

func TestAnEstimateThatWasReplacedBeforeMoneyWasCommittedOnItIsNobodysPart(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	for i, by := range []string{"s-a", "s-b"} {
		if _, err := o.Reckon(at(i+1, by), EstimateInput{Estimate: mx.MXN(100_00)}); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, o.payable("s-b"), "same-person")
	if err := o.payable("s-a"); err != nil {
		t.Errorf("who estimated first, and not last: %v", err)
	}
}
