package order

import (
	"context"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// What is committed for an order leaves its budget once, however its late entries are confirmed afterwards.
func TestLateEntriesOfACancelledOrderAreConfirmedAndItsMoneyIsFreedOnce(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	drive(t, o, approve, assign)
	budget := &contract.Budget{ID: o.BudgetID(), Ceiling: mx.MXN(9_000_00), Committed: mx.MXN(9_000_00)} // of this order and another one
	orders, budgets := eventtest.Of(o.ID, *o), eventtest.Of(budget.ID, *budget)
	do := Commands{Orders: orders, Budgets: budgets, Now: func(context.Context) event.Time { return at(30*24*60, "").Now },
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

// Money of a year that is over is not reached by saying that it was committed then.
func TestTheFiscalYearIsThatOfTheScheduledCompletionAndOfTheRecordWithoutOne(t *testing.T) {
	instant := func(s string) event.Time {
		at, err := event.ParseTime(s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for name, c := range map[string]struct {
		recorded, start, end string
		year                 int
	}{
		"no schedule":                               {"2026-11-28T08:00:00Z", "", "", 2026},
		"new year by UTC, not at the unit":          {"2026-01-01T06:59:59Z", "", "", 2025},
		"new year at the unit":                      {"2026-01-01T07:00:00Z", "", "", 2026},
		"completed the next year":                   {"2025-11-28T08:00:00Z", "2025-12-30T15:00:00Z", "2026-01-02T15:00:00Z", 2026},
		"a beginning alone":                         {"2025-11-28T08:00:00Z", "2026-01-02T15:00:00Z", "", 2026},
		"a schedule that is over pays nothing back": {"2026-01-28T08:00:00Z", "2025-12-01T15:00:00Z", "2025-12-20T15:00:00Z", 2026},
	} {
		var start, end event.Time
		if c.start != "" {
			start = instant(c.start)
		}
		if c.end != "" {
			end = instant(c.end)
		}
		if got, err := fiscalYear("America/Mazatlan", instant(c.recorded), start, end); err != nil || got != c.year {
			t.Errorf("%s: %d, %v; want %d", name, got, err, c.year)
		}
	}
	// An act that is dated is judged by when it is recorded.
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	amount := mx.MXN(100)
	o.Estimate, o.EstimatedBy = &amount, "s-engineer"
	k := contract.Contract{ID: "k", Facts: contract.Facts{Coverage: contract.Coverage{Nation: true}, ValidFrom: "2025-01-01", ValidTo: "2026-12-31"}}
	a := contract.Appointment{ID: "a", AppointmentTerms: contract.AppointmentTerms{ContractID: "k", Lot: 1, Places: []string{mx.Nation}, From: "2025-01-01"}}
	do := Commands{Contracts: eventtest.Of("k", k), Appointments: eventtest.Of("a", a)}
	w := When{OccurredAt: instant("2025-12-31T00:00:00Z"), RecordedAt: instant("2026-11-28T08:00:00Z"), By: "s-contracts"}
	if done, err := do.commitment(context.Background(), o, w, Payment{ContractID: "k"}, []string{"a"}, event.Time{}, event.Time{}); err != nil || done.FiscalYear != 2026 {
		t.Errorf("%+v, %v", done, err)
	}
	// Nor is a contract that has ended, or had not begun, used by dating it into its time.
	for valid, rule := range map[[2]string]string{{"2025-01-01", "2026-11-27"}: "contract-not-valid", {"2025-12-31", "2026-12-31"}: "contract-not-valid", {"2025-12-30", "2026-11-28"}: ""} {
		k.ValidFrom, k.ValidTo = valid[0], valid[1]
		do.Contracts = eventtest.Of("k", k)
		_, err := do.commitment(context.Background(), o, w, Payment{ContractID: "k"}, []string{"a"}, event.Time{}, event.Time{})
		if f := fault.As(err); (f == nil) != (rule == "") || f != nil && f.Rule != rule {
			t.Errorf("valid from %s to %s: %v", valid[0], valid[1], err)
		}
	}
}
