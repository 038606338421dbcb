package contractor

import (
	"context"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func TestAContractorTakesOrdersUntilItIsSaidThatItDoesNot(t *testing.T) {
	ctx, known := context.Background(), &eventtest.Memory[Contractor]{}
	do := Commands{Contractors: known, Now: func(context.Context) event.Time { return event.Time{} }}
	change := func(edit func(*Facts)) error {
		return do.Change(ctx, "c", func(f *Facts) error { edit(f); return nil })
	}
	if f := fault.As(do.Create(ctx, "c", Create{Facts: Facts{Name: " "}})); f == nil || f.Rule != "name-missing" {
		t.Errorf("without a name: %v", f)
	}
	if err := do.Create(ctx, "c", Create{Facts: Facts{Name: "SEN", Kinds: []string{"works"}}}); err != nil || !known.Docs["c"].TakesOrders() || !*known.Docs["c"].Active {
		t.Errorf("created: %v, %+v", err, known.Docs["c"])
	}
	if err := change(func(f *Facts) { f.Active = new(false) }); err != nil || known.Docs["c"].TakesOrders() {
		t.Errorf("inactive: %v, %+v", err, known.Docs["c"])
	}
	if f := fault.As(change(func(f *Facts) { f.Name = "" })); f == nil || f.Rule != "name-missing" || known.Docs["c"].Name != "SEN" {
		t.Errorf("its name taken away: %v, %+v", f, known.Docs["c"])
	}
	if err := change(func(f *Facts) { f.Kinds = []string{"works"} }); err != nil || len(known.Raised) != 2 {
		t.Errorf("what stays as it was raises nothing: %v, %+v", err, known.Raised)
	}
	if !(&Contractor{}).TakesOrders() { // from before it could be said
		t.Error("one of which nothing was said takes orders")
	}
}
