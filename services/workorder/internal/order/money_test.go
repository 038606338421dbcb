package order

import (
	"context"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// What is committed for an order leaves its budget once, however its late entries are confirmed afterwards.
func TestLateEntriesOfACancelledOrderAreConfirmedAndItsMoneyIsFreedOnce(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	drive(t, o, approve, assign)
	budget := &contract.Budget{ID: o.BudgetID(), Ceiling: mx.MXN(9_000_00), Committed: mx.MXN(9_000_00)} // of this order and another one
	orders, budgets := eventtest.Of(o.ID, *o), eventtest.Of(budget.ID, *budget)
	do := Commands{Orders: orders, Budgets: budgets, Now: func() event.Time { return at(30*24*60, "").Now },
		Atomic: func(ctx context.Context, work func(context.Context) error) error { return work(ctx) }}
	ctx := event.WithActor(context.Background(), "s-engineer")
	if err := DoWithBudget(ctx, do, o.ID, EndInput{Explained: Explained{OccurredAt: at(10, "").Now, Note: "ya no"}}, (*Order).Cancel); err != nil {
		t.Fatal(err)
	}
	if err := DoWithBudget(ctx, do, o.ID, ConfirmLateInput{}, (*Order).ConfirmLate); err != nil || orders.Docs[o.ID].LateEntry != lateConfirmed {
		t.Errorf("%v, %s", err, orders.Docs[o.ID].LateEntry)
	}
	if left := budgets.Docs[budget.ID].Committed; left != mx.MXN(4_000_00) {
		t.Errorf("%s are committed for the other order", left)
	}
}
