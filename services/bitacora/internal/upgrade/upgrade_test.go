// Package upgrade_test serves what the release before this one has written: nothing is parked, everything agrees, and what today's rules
// forbid stays, is listed, and goes on.
package upgrade_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The documents that scripts/upgrade-fixture.py wrote, by their ids.
const (
	unit       = "BSIST000026"
	closedUnit = "BSIST000031"
	otherUnit  = "BSIST000099"

	taggedNone  = "01941f29-7c00-7000-8000-0e3900000001"
	firstTag    = "01941f29-7c00-7000-8000-0e3900000002"
	secondTag   = "01941f29-7c00-7000-8000-0e3900000003"
	firstSerial = "01941f29-7c00-7000-8000-0e3900000004"
	sameSerial  = "01941f29-7c00-7000-8000-0e3900000005"
	lent        = "01941f29-7c00-7000-8000-0e3900000006"
	worded      = "01941f29-7c00-7000-8000-0e3900000007"
	plant       = "01941f29-7c00-7000-8000-0e3900000008"
	inClosed    = "01941f29-7c00-7000-8000-0e390000000a"

	begun    = "01941f29-7c00-7000-8000-0e3900000020"
	approved = "01941f29-7c00-7000-8000-0e3900000021"
	inOffice = "01941f29-7c00-7000-8000-0e3900000031"
)

type object = map[string]any

// world is an installation of this release on a folder of the one before.
type world struct {
	*testing.T
	*localtest.World
}

// unpacked is a fresh copy of that folder.
func unpacked(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	z, err := zip.OpenReader(filepath.Join("testdata", "e39fc14.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.CopyFS(dir, z), z.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func upgraded(t *testing.T) *world {
	t.Helper()
	return &world{t, localtest.Start(t, unpacked(t))}
}

// ask sends a request and wants the status.
func (w *world) ask(status int, user, method, path string, body any) (*client.Answer, object) {
	w.Helper()
	r := client.Request{User: user, Method: method, Path: path, Body: body}
	if method == http.MethodPatch {
		a, _ := w.ask(http.StatusOK, user, http.MethodGet, path, nil)
		r.Version = a.Version()
	}
	a, err := w.Client.Do(w.Context(), r)
	if err != nil {
		w.Fatal(err)
	}
	var got object
	if err := json.Unmarshal(a.Body, &got); err != nil {
		w.Fatal(err)
	}
	if a.Status != status {
		w.Errorf("%s %s as %s: %s instead of %d", method, path, user, a, status)
	}
	return a, got
}

func (w *world) get(path string) object {
	w.Helper()
	_, got := w.ask(http.StatusOK, "auditor", http.MethodGet, path, nil)
	return got
}

// listed are the ids of a listing's first page.
func (w *world) listed(path string) (ids []string) {
	w.Helper()
	items, _ := w.get(path)["items"].([]any)
	for _, item := range items {
		ids = append(ids, item.(object)["id"].(string))
	}
	return ids
}

func at(doc object, path string) any { return servicetest.Document(doc).At(path) }

// agrees wants nothing parked, and documents, topics and figures in agreement.
func (w *world) agrees() {
	w.Helper()
	var out strings.Builder
	if err := audit.Run(w.Context(), audit.Config{Client: w.Client, Bus: w.Bus, Out: &out, Within: 30 * time.Second}); err != nil {
		w.Errorf("audit: %v", err)
	}
	for _, s := range w.Services {
		parked, err := s.Dead.List(caller.AsSystem(w.Context(), "test"), "", nil, 10)
		if err != nil {
			w.Fatal(err)
		}
		for _, l := range parked.Docs {
			w.Errorf("%s has parked %+v", s.Name, l.State)
		}
	}
}

func TestWhatTheReleaseBeforeWroteIsServedAndAgrees(t *testing.T) {
	w := upgraded(t)
	w.agrees()
	for _, path := range []string{"/v1/assets/" + plant, "/v1/work-orders/" + begun, "/v1/work-orders/" + approved, "/v1/deliveries/" + inOffice, "/v1/units/" + unit} {
		if n := len(w.get(path + "/history")["items"].([]any)); n == 0 {
			t.Errorf("%s has lost its history", path)
		}
	}
}

func TestFiguresOfWhatTheReleaseBeforeWroteAreByTheseRules(t *testing.T) {
	w := upgraded(t)
	w.agrees()
	of := w.get("/v1/status/units/" + unit)
	// Ten registered, nine of them here, and two of a delivery: without the plant, the cistern and the lent bed they are in service.
	for path, want := range map[string]float64{"figures.assets.total": 11, "figures.assets.away": 1, "figures.assets.in_service": 6, "figures.assets.not_working": 2,
		"figures.stock.quantity": 3} {
		if got := at(of, path); got != want {
			t.Errorf("%s of %s is %v instead of %v", path, unit, got, want)
		}
	}
	nation := w.get("/v1/status/nation")
	if at(nation, "closed.units") != 1.0 || at(nation, "closed.figures.assets.total") != 1.0 || at(nation, "closed.figures.assets.in_service") != 0.0 {
		t.Errorf("the unit that was closed with an asset in it is not shown apart: %v", nation["closed"])
	}
}

func TestWhatIsNowForbiddenStaysAndIsListed(t *testing.T) {
	w := upgraded(t)
	for discrepancy, want := range map[string][]string{"not_identified": {taggedNone}, "tag_taken": {secondTag}, "serial_taken": {sameSerial}} {
		var got []string
		servicetest.Eventually(t, strings.Join(want, " and ")+" listed as "+discrepancy, func() bool {
			got = w.listed("/v1/assets?unit_id=" + unit + "&lifecycle=active&discrepancy=" + discrepancy)
			return !slices.ContainsFunc(want, func(id string) bool { return !slices.Contains(got, id) })
		})
		for _, id := range []string{firstTag, firstSerial, lent} {
			if slices.Contains(got, id) {
				t.Errorf("%s is listed as %s", id, discrepancy)
			}
		}
	}
	// They are changed all the same.
	for id, tag := range map[string]string{taggedNone: "S/N", secondTag: "inv 0001", firstTag: "INV-0001", inClosed: "INV-0010"} {
		if _, got := w.ask(http.StatusOK, "admin", http.MethodPatch, "/v1/assets/"+id, object{"brand": "Hill-Rom"}); got["inventory_tag"] != tag || at(got, "lifecycle.value") != "active" {
			t.Errorf("%s became %v", id, got)
		}
	}
	_, got := w.ask(http.StatusOK, "admin", http.MethodPatch, "/v1/units/"+otherUnit, object{"locality": "La Paz"})
	if warnings, _ := json.Marshal(got["warnings"]); got["office"] != "sonora" || !strings.Contains(string(warnings), "sonora") {
		t.Errorf("the unit whose office is another state's: %v %v", got["office"], got["warnings"])
	}
	// Nobody else gets the tag, however it is written; once both have let go of it, somebody does.
	taken := object{"unit_id": unit, "type_id": w.get("/v1/assets/" + firstTag)["type_id"], "inventory_tag": "INV.0001"}
	if a, _ := w.ask(http.StatusConflict, "admin", http.MethodPost, "/v1/assets", taken); a.Problem().Rule() != "tag-taken" {
		t.Errorf("a third one of the tag: %s", a)
	}
	w.ask(http.StatusOK, "admin", http.MethodPatch, "/v1/assets/"+firstTag, object{"inventory_tag": "INV-1001"})
	w.ask(http.StatusOK, "admin", http.MethodPatch, "/v1/assets/"+secondTag, object{"inventory_tag": "INV-1002"})
	w.ask(http.StatusCreated, "admin", http.MethodPost, "/v1/assets", taken)
	w.agrees()
}

// TestWhatWasBegunBeforeIsFinished: an order that was committed without an appointment and without an estimate, one that was only approved,
// a delivery on its way and an asset on loan.
func TestWhatWasBegunBeforeIsFinished(t *testing.T) {
	w := upgraded(t)
	order := "/v1/work-orders/" + begun
	w.ask(http.StatusOK, "contractor-a", http.MethodPost, order+"/restore", object{"outcome": "full"})
	w.ask(http.StatusOK, "contractor-a", http.MethodPost, order+"/complete", object{"cost": object{"amount_cents": 90_000, "currency": "MXN"}})
	if _, got := w.ask(http.StatusOK, "director-vizcaino", http.MethodPost, order+"/accept", object{}); got["state"] != "accepted" {
		t.Errorf("the order is %v", got["state"])
	}
	commit := client.Request{User: "contracts", Method: http.MethodPost, Path: "/v1/work-orders/" + approved + "/assign", Body: object{"contract_id": w.get(order)["contract_id"]}}
	if a, err := w.Client.Do(t.Context(), commit); err != nil || a.Problem().Rule() != "not-appointed" {
		t.Errorf("money is committed by whoever was never appointed: %v %v", a, err)
	}
	if _, got := w.ask(http.StatusOK, "director-vizcaino", http.MethodPost, "/v1/deliveries/"+inOffice+"/confirm",
		object{"lines": []object{{"line": 1, "accepted": 2}, {"line": 2, "accepted": 3}}}); got["state"] != "confirmed" {
		t.Errorf("the delivery is %v", got["state"])
	}
	if _, got := w.ask(http.StatusOK, "office-bcs", http.MethodPost, "/v1/assets/"+lent+"/report-custody", object{"value": "at_unit"}); got["in_service"] != true {
		t.Errorf("the bed is back and not in service: %v", got)
	}
	w.agrees()
	if got := w.get("/v1/assets/" + plant); at(got, "functioning.value") != "working" || got["in_service"] != true {
		t.Errorf("the plant after its repair: %v", got)
	}
	if got := at(w.get("/v1/status/units/"+unit), "figures.assets.total"); got != 13.0 {
		t.Errorf("%v assets after the delivery", got)
	}
}

// TestTextOfTheReleaseBeforeLeavesItsFactWithTheNextChange: what somebody wrote as a fact's reason becomes a note, and no event has it.
func TestTextOfTheReleaseBeforeLeavesItsFactWithTheNextChange(t *testing.T) {
	w := upgraded(t)
	_, got := w.ask(http.StatusOK, "engineer-bcs", http.MethodPost, "/v1/assets/"+worded+"/report-use", object{"value": "not_in_use", "reason": "no_trained_staff"})
	notes, err := json.Marshal(got["notes"])
	if err != nil {
		t.Fatal(err)
	}
	if at(got, "functioning.reason") != nil || !strings.Contains(string(notes), "Juana") {
		t.Errorf("%v, notes %s", at(got, "functioning"), notes)
	}
	w.agrees()
}

// TestTheUpgradedFolderIsServedAgain: the second start of the same folder finds nothing left to do, and the same answers.
func TestTheUpgradedFolderIsServedAgain(t *testing.T) {
	dir := unpacked(t)
	var before object
	t.Run("first", func(t *testing.T) {
		w := &world{t, localtest.Start(t, dir)}
		w.agrees()
		before = w.get("/v1/status/nation")
	})
	w := &world{t, localtest.Start(t, dir)}
	w.agrees()
	for _, s := range w.Services {
		// Those that gave way to another one are looked at each time.
		if n, err := s.Store.RefreshKeys(context.WithoutCancel(t.Context())); err != nil || n > 2 {
			t.Errorf("%s settles %d documents again, %v", s.Name, n, err)
		}
	}
	if got := w.get("/v1/status/nation"); at(got, "figures.assets.total") != at(before, "figures.assets.total") {
		t.Errorf("%v, before %v", got["figures"], before["figures"])
	}
}
