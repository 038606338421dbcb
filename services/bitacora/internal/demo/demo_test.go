package demo_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// TestCutOffAnywhere cuts the load off after its first request, then after its second, and so on, each time when the installation has
// carried the request out and the answer is lost. What is there in the end is what one load makes.
func TestCutOffAnywhere(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	cuts := 0
	for finished := false; !finished; cuts++ {
		if cuts > 300 {
			t.Fatal("the load never comes to its end")
		}
		finished = loadCutOff(t, w, cuts)
	}
	t.Logf("%d loads, all but the last one cut off", cuts)
	want := map[string]int{"units": 230 + 3, "equipment-types": 16, "contractors": 2, "contracts": 1, "appointments": 1, "programs": 1, "assets": 1, "deliveries": 0, "work-orders": 0}
	c := w.Client
	got := map[string]int{}
	for name := range want {
		got[name] = len(listed(t, c, "/v1/"+name, nil))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, u := range listed(t, c, "/v1/units", url.Values{"office": {"baja-california-sur"}}) {
		if u["synthetic"] != true || u["municipality"] != "Mulegé" || u["region"] != "1" || u["time_zone"] != "America/Mazatlan" || u["warnings"] != nil {
			t.Errorf("%v", u)
		}
		if areas, _ := u["areas"].([]any); u["id"] == demo.SantaRosalia && (len(areas) != 5 || u["census_beds"] != 10.0 || u["operating_rooms"] != 1.0 || u["unit_type"] != "CH") {
			t.Errorf("Santa Rosalía: %v", u)
		}
	}
	if p := listed(t, c, "/v1/programs", nil)[0]; p["lines"] != 1.0 || p["name"] != demo.ProgramName {
		t.Errorf("programme: %v", p)
	}
	plant := listed(t, c, "/v1/assets", nil)[0]
	if plant["in_service"] != true || plant["building_system"] != true || plant["unit_id"] != demo.SantaRosalia || plant["area_id"] == nil {
		t.Errorf("power plant: %v", plant)
	}
	notSurveyed(t, c)
	events := listed(t, c, "/v1/units/"+demo.SantaRosalia+"/history", nil)
	if len(events) != 1+5 {
		t.Errorf("%d events of Santa Rosalía, one registration and five areas expected", len(events))
	}
}

// notSurveyed wants Sonora's 35 medical units to be counted as never surveyed: the demonstration registers no asset in any of them.
func notSurveyed(t *testing.T, c *client.Client) {
	t.Helper()
	for path, want := range map[string]int{"states/26": 35, "offices/sonora": 35, "offices/baja-california-sur": 2} {
		var answer struct {
			Units       int                        `json:"units"`
			NotSurveyed int                        `json:"not_surveyed"`
			Figures     map[string]json.RawMessage `json:"figures"`
		}
		if err := c.Get(t.Context(), "auditor", "/v1/status/"+path, &answer); err != nil {
			t.Fatal(err)
		}
		if _, counted := answer.Figures["assets"]; answer.NotSurveyed != want || counted != (answer.Units > want) {
			t.Errorf("%s: of %d units %d were never surveyed, want %d; assets: %s", path, answer.Units, answer.NotSurveyed, want, answer.Figures["assets"])
		}
	}
}

// loadCutOff loads the demonstration and loses the answer to the n-th request, counted from 0, and all that comes behind it. It says
// whether the load had come to its end before.
func loadCutOff(t *testing.T, w *localtest.World, n int) bool {
	t.Helper()
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	asked := atomic.Int64{}
	front := w.Front(t, func(proxy *httputil.ReverseProxy) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) <= int64(n) {
				proxy.ServeHTTP(w, r)
				return
			}
			proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
			cut()
			panic(http.ErrAbortHandler)
		})
	})
	err := demo.Load(ctx, front, w.Tokens)
	if err != nil && ctx.Err() == nil {
		t.Fatalf("load cut off after %d requests: %v", n, err)
	}
	return err == nil
}

// listed are all items of a listing.
func listed(t *testing.T, c *client.Client, path string, query url.Values) []map[string]any {
	t.Helper()
	all, err := client.List[map[string]any](t.Context(), c, "auditor", path, query)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
