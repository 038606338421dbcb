package local_test

import (
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// TestAUnitWhoseStateIsCorrectedIsCountedThereWithAllThatItHas: everything of the unit, in whatever service, is in the state, the office
// and the region that it is in now, and so are the planners' figures.
func TestAUnitWhoseStateIsCorrectedIsCountedThereWithAllThatItHas(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	santaRosalia(t, i)
	placed := func(collection string) (places string) {
		for _, d := range i.Want(t, "admin", "GET", "/v1/"+collection, nil)["items"].([]any) {
			d := d.(object)
			places += fmt.Sprint(d["state_code"], " ", d["office"], " ", d["region"], ";")
		}
		return places
	}
	counted := func(path string) string {
		d := i.Want(t, "planner", "GET", "/v1/status/"+path, nil)
		total := func(of string) any { part, _ := d["figures"].(object)[of].(object); return part["total"] }
		return fmt.Sprint(d["units"], " ", total("assets"), " ", total("work_orders"), " ", total("deliveries"))
	}
	const before, after, everything, nothing = "03 baja-california-sur 1;", "23 quintana-roo 7;", "1 2 1 1", "0 <nil> 0 0"
	check := func(place, left, now string) {
		t.Helper()
		for collection, want := range map[string]string{"units": place, "assets": place + place, "work-orders": place, "deliveries": place, "stock": place} {
			servicetest.Eventually(t, collection+" are in "+want, func() bool { return placed(collection) == want })
		}
		for path, want := range map[string]string{"states/03": left, "offices/baja-california-sur": left, "states/23": now, "offices/quintana-roo": now, "nation": everything} {
			servicetest.Eventually(t, path+" counts "+want, func() bool { return counted(path) == want })
		}
	}
	check(before, everything, nothing)
	a, err := i.Client.Do(t.Context(), client.Request{User: "admin", Method: "PATCH", Path: "/v1/units/BSIST000014", Version: 1, Body: object{"state_code": "23"}})
	if err != nil || a.Status != 200 {
		t.Fatal(a, err)
	}
	check(after, nothing, everything)
}
