package app_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	money "github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

// Only an appointment to that contract, lot and place, in force on the day, lets anybody commit; the role does not matter.
func TestOnlyWhoIsAppointedToThatContractLotPlaceAndDayCommits(t *testing.T) {
	w := newWorld(t, 1)
	firm := w.ok(contracts, "POST", "/v1/contractors", j{"name": "Electromecánica, S.A. de C.V."}).Text("id")
	terms := j{"name": "Contrato", "kind": "maintenance", "contractor_id": firm, "legal_regime": "lopsrm", "valid_from": "2025-01-01", "valid_to": "2025-12-31",
		"coverage": j{"nation": true}, "lots": []j{{"fiscal_year": 2025, "lot": 1, "max_amount": mxn(100_00)}, {"fiscal_year": 2025, "lot": 2, "max_amount": mxn(100_00)}}}
	contract := func() string {
		terms["number"] = fmt.Sprint(w.turn.Add(1))
		return w.ok(contracts, "POST", "/v1/contracts", terms).Text("id")
	}
	for name, c := range map[string]struct {
		terms j
		taken bool
	}{
		"nation":                 {j{}, true},
		"its office":             {j{"places": []string{"office:sonora", "office:baja-california-sur"}}, true},
		"its unit":               {j{"places": []string{"unit:BSIST000014"}}, true},
		"its region":             {j{"places": []string{"region:1"}}, true},
		"its state":              {j{"places": []string{"state:03"}}, true},
		"just that day":          {j{"from": "2025-08-08", "to": "2025-08-08"}, true},
		"another lot":            {j{"lot": 2}, false},
		"another office":         {j{"places": []string{"office:sonora"}}, false},
		"another unit":           {j{"places": []string{"unit:BSIST000026"}}, false},
		"from the next day":      {j{"from": "2025-08-09"}, false},
		"until the day before":   {j{"to": "2025-08-07"}, false},
		"somebody else":          {j{"subject": "s-else"}, false},
		"the contract's another": {j{"contract_id": contract()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			k := contract()
			w.appoint("s-contracts", k, c.terms)
			id := w.estimated(10_00, nil)
			if a := w.call(contracts, "POST", commitOf(id), j{"contract_id": k}); c.taken != (a.Status == 200) || !c.taken && (a.Status != 403 || a.Rule() != "not-appointed") {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	// The day is the unit's: at 06:30 in UTC it is still the day before in Mazatlán.
	k := contract()
	w.appoint("s-contracts", k, j{"to": "2025-08-09"})
	w.now.Store(time.Date(2025, 8, 10, 6, 30, 0, 0, time.UTC).UnixMilli())
	late := w.estimated(10_00, j{"occurred_at": "2025-08-08T12:00:00Z"})
	w.ok(contracts, "POST", commitOf(w.estimated(10_00, nil)), j{"contract_id": k})
	w.later(30 * time.Minute)
	w.refused(403, "not-appointed", contracts, "POST", commitOf(late), j{"contract_id": k})
	// No right that has ended is used by dating the act back.
	w.refused(403, "not-appointed", contracts, "POST", commitOf(late), j{"contract_id": k, "occurred_at": "2025-08-10T06:45:00Z"})
	// An appointed engineer commits what another has estimated.
	k = contract()
	w.appoint("s-engineer", k, nil)
	w.refused(409, "same-person", engineer, "POST", commitOf(late), j{"contract_id": k})
	w.act(office, late, "estimate", j{"estimate": mxn(9_00)})
	w.refused(409, "above-estimate", engineer, "POST", commitOf(late), j{"contract_id": k, "committed": mxn(9_01)})
	if a := w.act(engineer, late, "commit", j{"contract_id": k}); a.Text("committed_by") != "s-engineer" || a.Text("state") != "assigned" || a.Text("contractor_id") != firm {
		t.Errorf("committed: %s", a.Body)
	}
}

func TestARevokedAppointmentCommitsNothingMore(t *testing.T) {
	w := newWorld(t, 2)
	_, contract := w.contract(1_000_00)
	id, other := w.estimated(10_00, nil), w.estimated(10_00, nil)
	w.act(contracts, id, "commit", j{"contract_id": contract})
	list := w.ok(planner, "GET", "/v1/appointments?contract_id="+contract, nil).List("items")
	if len(list) != 1 {
		t.Fatalf("appointments: %v", list)
	}
	path := "/v1/appointments/" + list[0].(j)["id"].(string)
	w.ok(admin, "POST", path+"/end", nil)
	w.refused(409, "appointment-ended", admin, "POST", path+"/end", nil)
	w.refused(403, "not-appointed", contracts, "POST", commitOf(other), j{"contract_id": contract})
	w.money(contract, 10_00, 0, 990_00)
	// What was committed goes on, and the person can be appointed anew.
	w.act(engineer, id, "start", nil)
	w.appoint("s-contracts", contract, nil)
	w.act(contracts, other, "commit", j{"contract_id": contract})
}

func TestAppointmentsAreMadeByTheAdministratorAndByNobodyForHimself(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(1_000_00)
	in := func(change j) j {
		a := j{"contract_id": contract, "lot": 1, "subject": "s-else", "places": []string{"nation"}, "from": "2025-01-01"}
		maps.Copy(a, change)
		return a
	}
	const path = "/v1/appointments"
	for _, who := range []string{contracts, engineer, office, director, planner, auditor, requester} {
		w.refused(403, "role-not-allowed", who, "POST", path, in(nil))
	}
	w.refused(409, "own-appointment", admin, "POST", path, in(j{"subject": "s-admin"}))
	w.refused(404, "not-found", "s-admin2 admin@office:sonora", "POST", path, in(nil))
	for rule, change := range map[string]j{
		"lot-unknown":       {"lot": 2},
		"reference-unknown": {"contract_id": "0198a000-0000-7000-8000-0000000000ff"},
		"subject-malformed": {"subject": "Juana Pérez"},
		"place-unknown":     {"places": []string{"nation", "office:atlantis"}},
		"date-out-of-range": {"from": "1999-01-01"},
		"period-reversed":   {"to": "2024-12-31"},
	} {
		w.refused(422, rule, admin, "POST", path, in(change))
	}
	if a := w.refused(422, "reference-unknown", admin, "POST", path, in(j{"places": []string{"nation", "unit:NOPE"}})); !strings.Contains(string(a.Body), "places[1]") {
		t.Errorf("a unit that is not known: %s", a.Body)
	}
	made := w.ok(admin, "POST", path, in(j{"places": []string{"office:sonora"}}), "Idempotency-Key", "k")
	if a := w.ok(admin, "POST", path, in(j{"places": []string{"office:sonora"}}), "Idempotency-Key", "k"); a.Text("id") != made.Text("id") || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %s", a.Body)
	}
	one := path + "/" + made.Text("id")
	w.refused(409, "own-appointment", "s-else admin@nation", "POST", one+"/end", nil)
	w.ok(farEast, "GET", one, nil)
	w.refused(404, "not-found", engineer, "GET", one, nil)
	w.refused(403, "role-not-allowed", of("x"), "GET", one, nil)
	ended := w.ok(admin, "POST", one+"/end", nil)
	if ended.Text("ended_by") != "s-admin" || ended.Text("from") != "2025-01-01" {
		t.Errorf("ended: %s", ended.Body)
	}
	w.ok(admin, "POST", path, in(nil))
	if a := w.ok(auditor, "GET", path+"?subject=s-else", nil); len(a.List("items")) != 2 {
		t.Errorf("an appointment that was ended is listed: %s", a.Body)
	}
	if h := w.ok(auditor, "GET", one+"/history", nil); !strings.Contains(string(h.Body), "appointment.made") || !strings.Contains(string(h.Body), "appointment.ended") {
		t.Errorf("history: %s", h.Body)
	}
}

// An appointment that ends between the question whether there is one and the commitment is none: it is read again in the transaction that
// commits, and that transaction holds only if it is still as it was read.
func TestAnAppointmentThatEndsInBetweenCommitsNothing(t *testing.T) {
	for name, inside := range map[string]bool{"before the transaction": false, "inside it": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			_, contract := w.contract(1_000_00)
			id := w.estimated(10_00, nil)
			own := docstore.NewStore(w.driver, docstore.Options{Now: w.clock})
			c := store.Open(own)
			end := sync.OnceFunc(func() {
				items := w.ok(admin, "GET", "/v1/appointments?contract_id="+contract, nil).List("items")
				w.ok(admin, "POST", "/v1/appointments/"+items[0].(j)["id"].(string)+"/end", nil)
			})
			appointments := readThen{store.ByRight[money.Appointment]{Collection: c.Appointments}, func() {
				if inside {
					end()
				}
			}}
			do := order.Commands{Orders: c.Orders, Targets: c.Assets, Contractors: c.Contractors, Contracts: c.Contracts, Budgets: c.Budgets, Appointments: appointments,
				Standing: func(ctx context.Context, contractID string, lot int, subject string) ([]string, error) {
					found, err := c.Standing(ctx, contractID, lot, subject)
					if len(found) == 0 || err != nil {
						t.Errorf("no appointment to begin with: %v", err)
					}
					if !inside {
						end()
					}
					return found, err
				}, Atomic: own.Atomic, Now: own.At}
			ctx := caller.WithAccess(w.Context(), caller.Access{Subject: "s-contracts", Scopes: []string{caller.Nation}})
			err := do.Commit(ctx, id, order.CommitInput{Payment: order.Payment{ContractID: contract}})
			if f := fault.As(err); f == nil || f.Rule != "not-appointed" {
				t.Errorf("%v", err)
			}
			w.money(contract, 0, 0, 1_000_00)
		})
	}
}

// readThen is appointments after each reading of which something happens.
type readThen struct {
	event.Collection[money.Appointment]
	then func()
}

func (r readThen) Get(ctx context.Context, id string) (*money.Appointment, error) {
	defer r.then()
	return r.Collection.Get(ctx, id)
}
