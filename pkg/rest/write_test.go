package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func register(t testing.TB, y *toy, body string, header ...string) (pump, answer) {
	t.Helper()
	a := y.do(t, director, "POST", "/v1/pumps", body, header...)
	return a.pump(t), a
}

func TestCreateAnswersWithTheDocument(t *testing.T) {
	y := newToy(t)
	id := uuid.Must(uuid.NewV7()).String()
	p, a := register(t, y, `{"id":"`+id+`","unit_id":"A","inventory_tag":"T1","parts":[{"name":"rotor","count":2}],"at":"2025-08-08T10:00:00-06:00"}`)
	if p.ID != id || p.Tag != "T1" || p.Parts[0] != (part{"rotor", 2}) || p.Since.String() != "2025-08-08T16:00:00.000Z" {
		t.Errorf("pump %+v", p)
	}
	want := map[string]string{"Cache-Control": "private, no-cache", "Location": "/v1/pumps/" + id, "Bitacora-Written": "pump/" + id + "@1", "Idempotency-Replayed": ""}
	for name, value := range want {
		if got := a.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if a.StatusCode != http.StatusCreated || a.Header.Get("X-Request-Id") == "" {
		t.Errorf("status %d, %v", a.StatusCode, a.Header)
	}
	read := y.do(t, director, "GET", "/v1/pumps/"+id, "")
	tag := a.Header.Get("ETag")
	if diff := cmp.Diff(string(a.body), string(read.body)); diff != "" || read.Header.Get("ETag") != tag || a.version(t) != "1" {
		t.Errorf("read differs from written: %s", diff)
	}
	if a := y.do(t, director, "GET", "/v1/pumps/"+id, "", "If-None-Match", tag); a.StatusCode != http.StatusNotModified || len(a.body) > 0 {
		t.Errorf("unchanged: %d %s", a.StatusCode, a.body)
	}
	if a := y.do(t, director, "HEAD", "/v1/pumps/"+id, ""); a.StatusCode != http.StatusOK || a.Header.Get("ETag") != tag || len(a.body) > 0 {
		t.Errorf("head: %d %v %s", a.StatusCode, a.Header, a.body)
	}
}

func TestRepeats(t *testing.T) {
	y := newToy(t)
	first, _ := register(t, y, `{"unit_id":"A","inventory_tag":"T1"}`, "Idempotency-Key", "k1")

	again, a := register(t, y, `{"unit_id":"A","inventory_tag":"T1"}`, "Idempotency-Key", "k1")
	if again.ID != first.ID || a.StatusCode != http.StatusCreated || a.Header.Get("Idempotency-Replayed") != "true" || a.Header.Get("Location") == "" {
		t.Errorf("replay: %d %v %s", a.StatusCode, a.Header, a.body)
	}
	if p := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"T2"}`, "Idempotency-Key", "k1").problem(t); p.Type != "idempotency-key-reused" || p.Status != 422 {
		t.Errorf("same key, other body: %+v", p)
	}
	if p := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"T1"}`, "Idempotency-Key", "k2").problem(t); p.Type != "already-exists" || p.Status != 409 || p.Errors[0].Location != "body.inventory_tag" {
		t.Errorf("another key: %+v", p)
	}
	// Somebody else's key of the same name is another key.
	if a := y.do(t, other, "POST", "/v1/pumps", `{"unit_id":"B"}`, "Idempotency-Key", "k1"); a.pump(t).ID == first.ID || a.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("another's key: %v %s", a.Header, a.body)
	}

	act := "/v1/pumps/" + first.ID + "/activate"
	if p := y.do(t, director, "POST", act, `{"reason":"x"}`, "Idempotency-Key", "k3").pump(t); p.Lifecycle != "active" {
		t.Fatalf("activate: %+v", p)
	}
	a = y.do(t, director, "POST", act, `{"reason":"x"}`, "Idempotency-Key", "k3")
	if a.pump(t).Lifecycle != "active" || a.Header.Get("Idempotency-Replayed") != "true" || a.version(t) != "2" {
		t.Errorf("replayed action: %v", a.Header)
	}
	if p := y.do(t, director, "POST", act, `{"reason":"y"}`, "Idempotency-Key", "k3").problem(t); p.Type != "idempotency-key-reused" {
		t.Errorf("same key, other action: %+v", p)
	}
	if p := y.do(t, director, "POST", act, `{"reason":"x"}`, "Idempotency-Key", "k4").problem(t); p.Type != "already-active" || p.Status != 409 || p.State != "active" || p.Errors[0].Expected[0] != "draft" {
		t.Errorf("another key: %+v", p)
	}
	// What was created is replayed with its present body, even where the domain would not allow it any more.
	y.refuse = true
	if again, a = register(t, y, `{"unit_id":"A","inventory_tag":"T1"}`, "Idempotency-Key", "k1"); again.Lifecycle != "active" || a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("late replay: %v %s", a.Header, a.body)
	}
	if p := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"T2"}`, "Idempotency-Key", "k1").problem(t); p.Type != "idempotency-key-reused" {
		t.Errorf("late reuse: %+v", p)
	}
	if p := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A"}`).problem(t); p.Type != "unit-closed" {
		t.Errorf("refused: %+v", p)
	}
}

func TestTakenIDs(t *testing.T) {
	y := newToy(t)
	id := uuid.Must(uuid.NewV7()).String()
	register(t, y, `{"id":"`+id+`","unit_id":"A"}`)
	if _, a := register(t, y, `{"id":"`+id+`","unit_id":"A"}`); a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same request without a key is a replay: %v", a.Header)
	}
	var bodies []string
	for _, who := range []string{director, other} {
		a := y.do(t, who, "POST", "/v1/pumps", `{"id":"`+id+`","unit_id":"`+who[len(who)-1:]+`","price_cents":5}`)
		p := a.problem(t)
		p.Instance = ""
		b, _ := json.Marshal(p)
		bodies = append(bodies, string(b))
		if p.Type != "id-taken" || p.Status != 409 {
			t.Errorf("%s: %+v", who, p)
		}
	}
	if bodies[0] != bodies[1] {
		t.Errorf("a taken id is answered differently in scope and out of it: %v", bodies)
	}
}

func TestIdenticalRequestsAtOnceCreateOnce(t *testing.T) {
	y := newToy(t)
	var wg sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		wg.Go(func() {
			answers[i] = y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"T1"}`, "Idempotency-Key", "same")
		})
	}
	wg.Wait()
	fresh := 0
	for _, a := range answers {
		if a.StatusCode != http.StatusCreated || a.pump(t).ID != answers[0].pump(t).ID {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
		if a.Header.Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("%d of them created, want 1", fresh)
	}
}

func TestConditionalRequests(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	path := "/v1/pumps/" + p.ID
	tests := []struct {
		name, method, path, ifMatch, body string
		status                            int
		rule                              string
	}{
		{"change without a version", "PATCH", path, "", `{"brand":"x"}`, 428, "if-match-required"},
		{"change of a version to come", "PATCH", path, `"2"`, `{"brand":"x"}`, 412, "stale-version"},
		{"number without quotes", "PATCH", path, `1`, `{"brand":"x"}`, 422, "if-match-malformed"},
		{"no tag", "PATCH", path, `"1" "2"`, `{"brand":"x"}`, 422, "if-match-malformed"},
		{"any, among others", "PATCH", path, `"1", *`, `{"brand":"x"}`, 422, "if-match-malformed"},
		{"no version of ours", "PATCH", path, `"abc"`, `{"brand":"x"}`, 412, "stale-version"},
		{"version nought", "PATCH", path, `"0"`, `{"brand":"x"}`, 412, "stale-version"},
		{"a version written otherwise", "PATCH", path, `"01"`, `{"brand":"x"}`, 412, "stale-version"},
		{"a weak tag", "PATCH", path, `W/"1"`, `{"brand":"x"}`, 412, "stale-version"},
		{"a list without it", "PATCH", path, `"7", W/"1", "8"`, `{"brand":"x"}`, 412, "stale-version"},
		{"a list, of what there is not", "PATCH", "/v1/pumps/01981a2b-0000-7000-8000-00000000000f", `"7", "8"`, `{"brand":"x"}`, 404, "not-found"},
		{"out of scope before stale", "PATCH", path + "0", `"7"`, `{"brand":"x"}`, 404, "not-found"},
		{"change", "PATCH", path, `"1"`, `{"brand":"x"}`, 200, ""},
		{"the same again", "PATCH", path, `"1"`, `{"brand":"x"}`, 412, "stale-version"},
		{"action on an old version", "POST", path + "/activate", `"1"`, `{}`, 412, "stale-version"},
		{"action on this version", "POST", path + "/activate", `"2"`, `{}`, 200, ""},
		{"stale before refused", "POST", path + "/activate", `"2"`, `{}`, 412, "stale-version"},
		{"refused", "POST", path + "/activate", `"3"`, `{}`, 409, "already-active"},
	}
	for _, tt := range tests {
		var header []string
		if tt.ifMatch != "" {
			header = []string{"If-Match", tt.ifMatch}
		}
		a := y.do(t, director, tt.method, tt.path, tt.body, header...)
		if a.StatusCode != tt.status || (tt.rule != "" && a.problem(t).Type != tt.rule) {
			t.Errorf("%s: %d %s", tt.name, a.StatusCode, a.body)
		}
	}
}

func TestPatch(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A","inventory_tag":"T1"}`)
	steps := []struct {
		version, body string
		want          PumpFacts
	}{
		{`"1"`, `{"brand":"X","notes":["a","b"]}`, PumpFacts{Tag: "T1", Brand: "X", Notes: []string{"a", "b"}}},
		{`"2"`, `{"notes":["c"]}`, PumpFacts{Tag: "T1", Brand: "X", Notes: []string{"c"}}},
		{`"3"`, `{"inventory_tag":null,"brand":""}`, PumpFacts{Notes: []string{"c"}}},
		{`"4"`, `{"notes":null}`, PumpFacts{}},
		{`"5"`, `{}`, PumpFacts{}},
		{`"5"`, ``, PumpFacts{}},
	}
	for _, s := range steps {
		a := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, s.body, "If-Match", s.version)
		if diff := cmp.Diff(s.want, a.pump(t).PumpFacts); diff != "" {
			t.Errorf("%s: %s", s.body, diff)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	path := "/v1/pumps/" + p.ID
	tests := []struct {
		name, who, method, path, body string
		status                        int
		rule                          string
	}{
		{"nobody", "", "GET", path, "", 401, "unauthenticated"},
		{"nobody, with a bad body", "", "POST", "/v1/pumps", "{", 401, "unauthenticated"},
		{"a reader who writes", planner, "POST", path + "/activate", "{}", 403, "role-missing"},
		{"a reader who writes nonsense", planner, "POST", "/v1/pumps", "{", 403, "role-missing"},
		{"a reader", planner, "GET", path, "", 200, ""},
		{"another unit's director", other, "GET", path, "", 404, "not-found"},
		{"another unit's director acts", other, "POST", path + "/activate", "{}", 404, "not-found"},
		{"another unit's director registers here", other, "POST", "/v1/pumps", `{"unit_id":"A"}`, 404, "not-found"},
		{"who may not read", writer, "GET", path, "", 403, "role-missing"},
		{"who may not read sees what he wrote", writer, "POST", path + "/activate", "", 200, ""},
	}
	for _, tt := range tests {
		a := y.do(t, tt.who, tt.method, tt.path, tt.body)
		if a.StatusCode != tt.status || (tt.rule != "" && a.problem(t).Type != tt.rule) {
			t.Errorf("%s: %d %s", tt.name, a.StatusCode, a.body)
		}
		if strings.Contains(string(a.body), "secret") {
			t.Errorf("%s: tells %s", tt.name, a.body)
		}
		if tt.status == 401 && a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %v", tt.name, a.Header)
		}
	}
	for _, who := range []string{other, planner} {
		var page struct {
			Items []pump `json:"items"`
		}
		if err := json.Unmarshal(y.do(t, who, "GET", "/v1/pumps", "").body, &page); err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{other: 0, planner: 1}[who]; len(page.Items) != want {
			t.Errorf("%s lists %d", who, len(page.Items))
		}
	}
}

func TestScopeAndVersionAreJudgedBeforeTheDomain(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	path := "/v1/pumps/" + p.ID + "/refuse"
	tests := []struct {
		name, who, path string
		header          []string
		rule            string
	}{
		{"in scope", director, path, nil, "always-refused"},
		{"out of scope", other, path, nil, "not-found"},
		{"not there", director, "/v1/pumps/x/refuse", nil, "not-found"},
		{"another version", director, path, []string{"If-Match", `"9"`}, "stale-version"},
		{"out of scope and another version", other, path, []string{"If-Match", `"9"`}, "not-found"},
	}
	for _, tt := range tests {
		if got := y.do(t, tt.who, "POST", tt.path, "", tt.header...).problem(t); got.Type != tt.rule {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestStoreAway(t *testing.T) {
	y := newToy(t)
	y.driver.fail = docstore.ErrUnavailable
	for _, a := range []answer{
		y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A"}`),
		y.do(t, director, "GET", "/v1/pumps/x", ""),
		y.do(t, director, "GET", "/v1/pumps", ""),
	} {
		if p := a.problem(t); p.Status != 503 || p.Type != "unavailable" || a.Header.Get("Retry-After") != "1" {
			t.Errorf("%+v %v", p, a.Header)
		}
	}
}
