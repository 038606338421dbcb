package demo_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

// TestCutOffAnywhere cuts the load off after its first request, then after its second, and so on, each time when the installation has
// carried the request out and the answer is lost. What is there in the end is what one load makes.
func TestCutOffAnywhere(t *testing.T) {
	i, token := started(t)
	target := &url.URL{Scheme: "http", Host: i.Addr()}
	cuts := 0
	for finished := false; !finished; cuts++ {
		if cuts > 300 {
			t.Fatal("the load never comes to its end")
		}
		finished = loadCutOff(t, target, token, cuts)
	}
	t.Logf("%d loads, all but the last one cut off", cuts)
	want := map[string]int{"units": 230 + 3, "equipment-types": 16, "contractors": 2, "contracts": 1, "appointments": 1, "programs": 1, "assets": 1, "deliveries": 0, "work-orders": 0}
	c := client.New(client.Config{Base: func(string) string { return target.String() }, Tokens: token})
	t.Cleanup(c.Close)
	got := map[string]int{}
	for name := range want {
		got[name] = len(listed(t, c, "/v1/"+name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, u := range listed(t, c, "/v1/units?office=baja-california-sur") {
		if u["synthetic"] != true || u["municipality"] != "Mulegé" || u["region"] != "1" || u["time_zone"] != "America/Mazatlan" || u["warnings"] != nil {
			t.Errorf("%v", u)
		}
		if areas, _ := u["areas"].([]any); u["id"] == demo.SantaRosalia && (len(areas) != 5 || u["census_beds"] != 10.0 || u["operating_rooms"] != 1.0 || u["unit_type"] != "CH") {
			t.Errorf("Santa Rosalía: %v", u)
		}
	}
	if p := listed(t, c, "/v1/programs")[0]; p["lines"] != 1.0 || p["name"] != demo.ProgramName {
		t.Errorf("programme: %v", p)
	}
	plant := listed(t, c, "/v1/assets")[0]
	if plant["in_service"] != true || plant["building_system"] != true || plant["unit_id"] != demo.SantaRosalia || plant["area_id"] == nil {
		t.Errorf("power plant: %v", plant)
	}
	notSurveyed(t, c)
	events := listed(t, c, "/v1/units/"+demo.SantaRosalia+"/history")
	if len(events) != 1+5 {
		t.Errorf("%d events of Santa Rosalía, one registration and five areas expected", len(events))
	}
}

// notSurveyed wants Sonora's 35 medical units to be counted as never surveyed: the demonstration registers no asset in any of them.
func notSurveyed(t *testing.T, c *client.Client) {
	t.Helper()
	for path, want := range map[string]int{"states/26": 35, "offices/sonora": 35, "offices/baja-california-sur": 2} {
		a, err := c.Do(t.Context(), client.Request{User: "auditor", Method: http.MethodGet, Path: "/v1/status/" + path})
		var answer struct {
			Units       int                        `json:"units"`
			NotSurveyed int                        `json:"not_surveyed"`
			Figures     map[string]json.RawMessage `json:"figures"`
		}
		if err != nil || a.Status != http.StatusOK || a.Decode(&answer) != nil {
			t.Fatalf("%s: %v %v", path, a, err)
		}
		if _, counted := answer.Figures["assets"]; answer.NotSurveyed != want || counted != (answer.Units > want) {
			t.Errorf("%s: of %d units %d were never surveyed, want %d; assets: %s", path, answer.Units, answer.NotSurveyed, want, answer.Figures["assets"])
		}
	}
}

func started(t *testing.T) (*local.Installation, func(string) (string, error)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	i, err := local.Start(ctx, local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: t.TempDir(), Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}},
		"test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return i, func(user string) (string, error) { return i.Issuer.Mint(user, time.Hour) }
}

// loadCutOff loads the demonstration and loses the answer to the n-th request, counted from 0, and all that comes behind it. It says
// whether the load had come to its end before.
func loadCutOff(t *testing.T, target *url.URL, token func(string) (string, error), n int) bool {
	t.Helper()
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport}
	asked := atomic.Int64{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= int64(n) {
			proxy.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		cut()
		panic(http.ErrAbortHandler)
	}))
	defer front.Close()
	err := demo.Load(ctx, front.URL, token)
	if err != nil && ctx.Err() == nil {
		t.Fatalf("load cut off after %d requests: %v", n, err)
	}
	return err == nil
}

// listed are all items of a listing.
func listed(t *testing.T, c *client.Client, path string) (all []map[string]any) {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	for cursor := ""; ; {
		a, err := c.Do(t.Context(), client.Request{User: "auditor", Method: http.MethodGet, Path: path + sep + "limit=200" + cursor})
		if err != nil || a.Status != http.StatusOK {
			t.Fatalf("%s: %v %v", path, a, err)
		}
		var page struct {
			Items []map[string]any `json:"items"`
			Next  string           `json:"next_cursor"`
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
}
