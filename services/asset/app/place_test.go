package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

type object = map[string]any

// located is where a unit is said to be: state, office, region, zone.
func located(u object) string {
	return fmt.Sprint(u["state_code"], " ", u["office"], " ", u["region"], " ", u["time_zone"])
}

func TestAnImportedRowMovesOfficeRegionAndZoneAlong(t *testing.T) {
	_, s := start(t)
	s.Want(201, admin, "POST", "/v1/units", object{"clues": "SRIST000015", "name": "Clínica"})
	p := s.Want(422, admin, "PATCH", "/v1/units/SRIST000015", object{"state_code": "23", "office": "sonora"}, "If-Match", `"1"`)
	if got := p.Rule() + " " + p.Text("errors.0.location"); got != "office-not-of-state body.office" {
		t.Errorf("an office of another state: %s", got)
	}
	file := func(rows ...string) []byte {
		return []byte("clues,nombre_unidad,cve_entidad,oficina\n" + strings.Join(rows, "\n") + "\n")
	}
	for _, c := range []struct{ row, want, reason string }{
		{"SRIST000015,Clínica,26,quintana-roo", "26 sonora 1 America/Hermosillo", "quintana-roo is an office of state 23"},
		{"SRIST000015,Clínica,23,", "23 quintana-roo 7 America/Cancun", ""},
		{"SRIST000015,Clínica,26,sonora", "26 sonora 1 America/Hermosillo", ""},
	} {
		report := s.Want(200, admin, "POST", "/v1/units/import", file(c.row))
		if rejected := report["rejected"] == 1.0; rejected != (c.reason != "") || rejected && !strings.Contains(fmt.Sprint(report["errors"]), c.reason) {
			t.Errorf("%s: %v", c.row, report)
		}
		if at := located(s.Want(200, admin, "GET", "/v1/units/SRIST000015", nil)); at != c.want {
			t.Errorf("%s: got %s, want %s", c.row, at, c.want)
		}
	}
}

// Units of the release before are looked through at the upgrade: one whose office or time zone is not its state's is listed until it is put right.
func TestAUnitWithAnOfficeOfAnotherStateIsListedUntilItIsPutRight(t *testing.T) {
	w := servicetest.Open(t)
	driver := servicetest.SQLite(t)
	store := docstore.NewStore(driver, docstore.Options{})
	before := docstore.Open(store, docstore.Spec{Name: "units", Schema: 1, Events: event.NewSet(event.Units, "unit")}, func(*map[string]any) []string { return []string{"nation", "staff"} })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, place := range map[string][2]string{"BSIST000014": {"sonora", "America/Mazatlan"}, "BSIST000026": {"baja-california-sur", "America/Tijuana"}, "BSIST000031": {"baja-california-sur", "America/Mazatlan"}} {
		u := map[string]any{"id": id, "unit_id": id, "clues": id, "institution": "IST", "name": id, "kind": "medical_unit", "operation_state": "open", "state_code": "03", "region": "1",
			"office": place[0], "time_zone": place[1], "registered_at": "2025-01-01T00:00:00.000Z"}
		if err := before.Insert(caller.AsSystem(t.Context(), "before"), id, &u); err != nil {
			t.Fatal(err)
		}
	}
	s := w.Start(t, app.New, driver)
	if _, err := s.Store.RefreshKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.IDs(planner, "/v1/units?discrepancy=place_disagrees"); !slices.Equal(got, []string{"BSIST000014", "BSIST000026"}) {
		t.Errorf("listed: %v", got)
	}
	u := s.Want(200, admin, "PATCH", "/v1/units/BSIST000014", map[string]any{"office": "baja-california-sur"}, "If-Match", `"1"`)
	if u["discrepancies"] != nil {
		t.Errorf("put right: %v", u)
	}
	if got := s.IDs(planner, "/v1/units?discrepancy=place_disagrees"); !slices.Equal(got, []string{"BSIST000026"}) {
		t.Errorf("listed: %v", got)
	}
}

// A page that names units asks for all of them at once. Of what is another's and of what does not exist the answer is the same.
func TestUnitsAreFoundByTheirKeys(t *testing.T) {
	_, s := start(t)
	for _, clues := range []string{"SRIST000015", "BSIST000014"} {
		s.Want(201, admin, "POST", "/v1/units", object{"clues": clues, "name": "Clínica"})
	}
	for who, want := range map[string][]string{planner: {"BSIST000014", "SRIST000015"}, director: {"BSIST000014"}, servicetest.FarEast: {"SRIST000015"}} {
		if got := s.IDs(who, "/v1/units?ids=SRIST000015,BSIST000014,NADA99"); !slices.Equal(got, want) {
			t.Errorf("%s is told of %v", who, got)
		}
	}
}
