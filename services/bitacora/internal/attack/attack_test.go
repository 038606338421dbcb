package attack

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func theOperations(t *testing.T) []operation {
	t.Helper()
	ops, err := operations("../../../../api/openapi")
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// TestOperationsAreReadFromTheFiles: each has its id, its statuses, and a body with what is required where it takes one.
func TestOperationsAreReadFromTheFiles(t *testing.T) {
	ops := theOperations(t)
	if len(ops) < 90 {
		t.Errorf("%d operations", len(ops))
	}
	for _, o := range ops {
		if o.id == "" || len(o.statuses) < 5 {
			t.Errorf("%+v", o)
		}
	}
	i := slices.IndexFunc(ops, func(o operation) bool { return o.id == "asset.register" })
	if body, ok := ops[i].body.(object); !ok || body["unit_id"] == nil || body["type_id"] == nil {
		t.Errorf("asset.register takes %v", ops[i].body)
	}
	if i := slices.IndexFunc(ops, func(o operation) bool { return o.id == "asset.list" }); !slices.Contains(ops[i].queries, "unit_id") || !slices.Contains(ops[i].queries, "limit") {
		t.Errorf("asset.list is asked by %v", ops[i].queries)
	}
	if c, named := ops[i].collection(); c != "assets" && !named {
		t.Errorf("it is of %s, %t", c, named)
	}
}

// TestAStatusThatIsNotDescribedIsFound, a 500 among them, whatever the `default` answer says; a 503 is described by it.
func TestAStatusThatIsNotDescribedIsFound(t *testing.T) {
	for status, want := range map[int]int{200: 0, 404: 0, 503: 0, 500: 1, 502: 1, 418: 1, 428: 1} {
		house := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		to, err := url.Parse(house.URL)
		if err != nil {
			t.Fatal(err)
		}
		j := &judge{ops: theOperations(t), to: to, wrong: map[string]string{}, answered: map[int]int{}}
		j.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/assets/x", nil))
		house.Close()
		if found := j.findings(); len(found) != want || j.count() != 1 || j.answered[status] != 1 {
			t.Errorf("%d: %v", status, found)
		}
	}
}

// TestEverySecondRequestIsAboutADocumentThatThereIs.
func TestEverySecondRequestIsAboutADocumentThatThereIs(t *testing.T) {
	j := &judge{ops: theOperations(t), ids: map[string][]string{"assets": {"one"}}}
	var paths []string
	for range 4 {
		paths = append(paths, j.address("/v1/assets/made-up/history"))
	}
	if got := strings.Join(paths, " "); strings.Count(got, "/v1/assets/one/history") != 2 || strings.Count(got, "made-up") != 2 {
		t.Error(got)
	}
	j.ids["work-orders"] = []string{"one"}
	for range 2 {
		if got := j.address("/v1/work-orders/sites"); got != "/v1/work-orders/sites" {
			t.Errorf("an operation's own path was taken for one with an id: %s", got)
		}
	}
}

// TestWhoMayKnow: by place, by nation, and the institution's own people what is open to them.
func TestWhoMayKnow(t *testing.T) {
	order := secret{places: []string{"unit:BSIST000014", "office:baja-california-sur", "contractor:" + devissuer.DemoContractorA}}
	contract := secret{places: []string{"contractor:" + devissuer.DemoContractorA}, staff: true}
	for user, want := range map[string][2]bool{"director-santa-rosalia": {true, true}, "director-vizcaino": {false, true}, "office-bcs": {true, true},
		"office-sonora": {false, true}, "planner": {true, true}, "contractor-a": {true, true}, "contractor-b": {false, false}, "technician": {false, false}} {
		u, ok := devissuer.UserByName(user)
		if got := [2]bool{order.known(u), contract.known(u)}; !ok || got != want {
			t.Errorf("%s: %v, want %v", user, got, want)
		}
	}
}

// TestStrangersSeeNothing: whoever has no business with a document is told, to the letter, what is told of what does not exist, by every
// operation; no listing holds a trace of it; and what they write changes nothing. The attack tries the same as every demo user.
func TestStrangersSeeNothing(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	if err := demo.Load(t.Context(), w.URL, w.Tokens); err != nil {
		t.Fatal(err)
	}
	h := asked(w.URL, w.Tokens)
	defer h.close()
	p := &prober{ctx: t.Context(), house: h, ops: theOperations(t), r: &Result{}}
	for _, name := range []string{"director-vizcaino", "engineer-sonora", "office-sonora", "planner-sonora", "contractor-b", "technician"} {
		u, _ := devissuer.UserByName(name)
		p.users = append(p.users, u)
	}
	if err := p.run(); err != nil {
		t.Fatal(err)
	}
	if len(p.r.Findings) > 0 || p.asked < 500 {
		t.Error(p.r)
	}
	t.Log(p.r)

	f := &fuzzer{prober: prober{ctx: t.Context(), house: h, users: devissuer.Users(), secrets: p.secrets, r: &Result{}}, chance: rand.New(rand.NewPCG(11, 2)), until: time.Now().Add(time.Minute)} //nolint:gosec // choices of a test
	if err := f.run(600); err != nil {
		t.Fatal(err)
	}
	if len(f.r.Findings) > 0 || f.answered[http.StatusOK] < 100 || f.answered[http.StatusNotFound] < 50 {
		t.Error(f.r)
	}
	t.Log(f.r)
}
