package app_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	money "github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

// other may be appointed beside the one who is from the start.
const other = "s-else contract_administrator@nation"

// appointing is the start of a world with a contract, and the making of appointments of one person to its lot.
func appointing(t *testing.T) (w *world, contract string, appoint func(status int, terms j) answer) {
	t.Helper()
	w = newWorld(t, 1)
	_, contract = w.contract(1_000_00)
	return w, contract, func(status int, terms j) answer {
		t.Helper()
		in := j{"contract_id": contract, "lot": 1, "subject": "s-else", "places": []string{"office:baja-california-sur"}, "from": "2025-01-01", "to": "2025-06-30"}
		maps.Copy(in, terms)
		if in["to"] == "" {
			delete(in, "to")
		}
		a := w.call(admin, "POST", "/v1/appointments", in)
		if a.Status != status || status == 409 && a.Rule() != "appointment-overlaps" {
			t.Errorf("%v: %d %s, want %d", terms, a.Status, a.Body, status)
		}
		return a
	}
}

func TestAppointmentsOfOnePersonToALotOverlapInDaysAndPlacesOrAreAllowed(t *testing.T) {
	w, contract, appoint := appointing(t)
	first := appoint(201, nil)
	a := appoint(409, j{"from": "2025-06-30", "to": "2026-06-30"})
	for _, said := range []string{first.Text("id"), "2025-01-01", "2025-06-30"} {
		if !strings.Contains(string(a.Body), said) {
			t.Errorf("the refusal does not name %s: %s", said, a.Body)
		}
	}
	for _, place := range []string{"nation", "region:1", "state:03", "office:baja-california-sur", "unit:BSIST000014"} {
		appoint(409, j{"places": []string{"office:sonora", place}})
	}
	appoint(409, j{"from": "2024-01-01", "to": ""})
	appoint(201, j{"from": "2025-07-01", "to": "2025-12-31"})
	appoint(201, j{"from": "2024-01-01", "to": "2024-12-31"})
	appoint(201, j{"places": []string{"office:sonora"}, "to": ""})
	goesOn := appoint(201, j{"from": "2026-01-01", "to": ""})
	appoint(409, j{"from": "2030-01-01", "to": ""})

	// Each holds on its days, whichever was made first; ending one ends that one only.
	committed := func(status int) {
		t.Helper()
		id := w.estimated(1_00, nil)
		if a := w.call(other, "POST", commitOf(id), j{"contract_id": contract}); a.Status != status {
			t.Errorf("%d %s, want %d", a.Status, a.Body, status)
		}
	}
	committed(200)
	w.ok(admin, "POST", "/v1/appointments/"+first.Text("id")+"/end", nil)
	committed(200)
	w.ok(admin, "POST", "/v1/appointments/"+goesOn.Text("id")+"/end", nil)
	appoint(201, nil)
	appoint(409, j{"from": "2025-12-31", "to": ""})
	appoint(201, j{"from": "2026-01-01", "to": ""})
}

func TestOfTwoOverlappingAppointmentsAtOnceOneIsMade(t *testing.T) {
	w, contract, _ := appointing(t)
	var all sync.WaitGroup
	got := make(chan int, 8)
	for i := range 8 {
		all.Go(func() {
			from := time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			got <- w.call(admin, "POST", "/v1/appointments", j{"contract_id": contract, "lot": 1, "subject": "s-else", "places": []string{"nation"}, "from": from}).Status
		})
	}
	all.Wait()
	close(got)
	made := map[int]int{}
	for status := range got {
		made[status]++
	}
	if made[201] != 1 || made[409] != 7 {
		t.Errorf("%v", made)
	}
}

// An installation of the release before keeps appointments of which nothing but their key says that they stand.
func TestAppointmentsOfTheReleaseBeforeStandBesideNewOnes(t *testing.T) {
	w, contract, appoint := appointing(t)
	c := store.Open(docstore.NewStore(w.driver, docstore.Options{Now: w.clock}))
	const id = "0198a000-0000-7000-8000-0000000000aa"
	old := &money.Appointment{ID: id, AppointmentTerms: money.AppointmentTerms{ContractID: contract, Lot: 1, Subject: "s-else", Places: []string{"unit:GONE"}, From: "2025-01-01", To: "2025-06-30"},
		MadeAt: event.At(w.clock()), MadeBy: "s-admin", Standing: money.Standing(contract, 1, "s-else")}
	if err := c.Appointments.Insert(caller.AsSystem(w.Context(), "s-admin"), id, old, money.AppointmentMade.New(old.AppointmentTerms)); err != nil {
		t.Fatal(err)
	}
	if a := appoint(409, j{"places": []string{"nation"}}); !strings.Contains(string(a.Body), id) {
		t.Errorf("%s", a.Body)
	}
	if a := appoint(201, j{"from": "2025-07-01", "to": ""}); a.Text("standing") != "" {
		t.Errorf("the release before knows one that stands: %s", a.Body)
	}
	w.ok(admin, "POST", "/v1/appointments/"+id+"/end", nil)
	if a := appoint(201, nil); a.Text("standing") != old.Standing {
		t.Errorf("the release before knows none that stands: %s", a.Body)
	}
}

// Who commits the money does not say how much there is; who did, or will, may.
func TestWhoIsAppointedTodayDoesNotAmendTheCeiling(t *testing.T) {
	w, contract, appoint := appointing(t)
	amend := func(status int, who, reference string, cents int) {
		t.Helper()
		a := w.call(who, "POST", "/v1/contracts/"+contract+"/amend", j{"fiscal_year": 2025, "max_amount": mxn(cents), "dated": "2025-08-07", "reference": reference, "reason": "quantities"})
		if a.Status != status || status == 409 && a.Rule() != "same-person" {
			t.Errorf("%s: %d %s, want %d", who, a.Status, a.Body, status)
		}
	}
	appoint(201, nil)
	appoint(201, j{"from": "2025-08-09", "to": ""})
	amend(409, contracts, "CM-1", 1_100_00)
	amend(200, other, "CM-2", 1_100_00)
	appoint(201, j{"from": "2025-08-08", "to": "2025-08-08"})
	amend(409, other, "CM-3", 1_200_00)
}

// A lot of next year is money of whoever is appointed then; an appointment that is over is none.
func TestALotIsAddedByWhoWillNotCommitItsMoney(t *testing.T) {
	w, contract, appoint := appointing(t)
	lots := j{"valid_to": "2026-12-31", "lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(500_00), "max_amount": mxn(1_000_00)}, {"fiscal_year": 2026, "lot": 1, "max_amount": mxn(7)}}}
	appoint(201, j{"to": "2025-06-30"})
	coming := appoint(201, j{"from": "2026-01-01", "to": ""})
	w.refused(409, "same-person", other, "PATCH", "/v1/contracts/"+contract, lots, "If-Match", `"1"`)
	w.ok(admin, "POST", "/v1/appointments/"+coming.Text("id")+"/end", nil)
	w.ok(other, "PATCH", "/v1/contracts/"+contract, lots, "If-Match", `"1"`)
}
