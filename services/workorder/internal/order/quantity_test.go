package order

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// floors is a works order of 42.5 m², under way.
func floors(t *testing.T) *Order {
	t.Helper()
	o, _ := requested("works", Target{Kind: onArea, AreaID: "r", Element: "floors"}, "s-engineer")
	o.Quantity = 42.5
	drive(t, o, approve, assign, start)
	return o
}

func TestMoreThanOrderedIsRefusedUntilARevisionIsApproved(t *testing.T) {
	o := floors(t)
	late := at(600, "c")
	_, err := o.Complete(late, CompleteInput{QuantityDone: 425_000.5, Cost: o.Committed})
	wants(t, err, "quantity-above-order")
	_, err = o.Complete(late, CompleteInput{QuantityDone: 42.51, Cost: o.Committed})
	wants(t, err, "quantity-above-order")
	gone := late
	gone.Retired = func() (bool, error) { return true, nil }
	for d, instead := range map[*Doer]int{&late: 2, &gone: 1} { // no revision is offered that would be refused
		_, err := o.Complete(*d, CompleteInput{QuantityDone: 43, Cost: o.Committed})
		if f := fault.As(err); f == nil || len(f.Expected) != instead {
			t.Errorf("%+v", f)
		}
	}
	_, err = o.Revise(late, ProposalInput{Quantity: 45})
	wants(t, err, "transition-not-allowed")
	_, err = o.Propose(late, ProposalInput{Quantity: 42.5})
	wants(t, err, "no-change")
	if _, err = o.Propose(late, ProposalInput{Quantity: 45}); err != nil || o.Quantity != 42.5 {
		t.Fatalf("%v, ordered %v", err, o.Quantity)
	}
	_, err = o.Complete(late, CompleteInput{QuantityDone: 45, Cost: o.Committed})
	wants(t, err, "quantity-above-order")
	_, err = o.Revise(late, ProposalInput{Quantity: 45})
	wants(t, err, "same-person")
	_, err = o.Revise(at(601, "s-office"), ProposalInput{Quantity: 46})
	wants(t, err, "proposal-changed")
	if _, err = o.Revise(at(601, "s-office"), ProposalInput{Quantity: 45}); err != nil || o.Quantity != 45 || o.Proposal != nil || o.Revisions[0].From != 42.5 {
		t.Fatalf("%v: %+v", err, o)
	}
	if _, err = o.Complete(at(602, "c"), CompleteInput{QuantityDone: 45, Cost: o.Committed}); err != nil || o.QuantityDone != 45 {
		t.Errorf("%v, done %v", err, o.QuantityDone)
	}
}

func TestQuantitiesAreComparedExactlyWhateverBinaryFractionsSay(t *testing.T) {
	tenth, fifth := 0.1, 0.2
	o := floors(t)
	o.Quantity = 0.3
	if _, err := o.Complete(at(600, "c"), CompleteInput{QuantityDone: tenth + fifth, Cost: o.Committed}); err != nil || o.QuantityDone != 0.3 {
		t.Errorf("0.1 + 0.2 of 0.3: %v, %v", err, o.QuantityDone)
	}
}
