package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

type pumpPage struct {
	Items      []pump `json:"items"`
	NextCursor string `json:"next_cursor"`
}

func (y *toy) list(t testing.TB, who, path string) (pumpPage, string) {
	t.Helper()
	a := y.do(t, who, "GET", path, "")
	var p pumpPage
	if err := json.Unmarshal(a.body, &p); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
	}
	next := strings.TrimSuffix(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
	if (next == "") != (p.NextCursor == "") {
		t.Fatalf("link %q, cursor %q", next, p.NextCursor)
	}
	return p, next
}

func TestPagesWhileOthersWrite(t *testing.T) {
	y := newToy(t)
	var before []string
	for range 40 {
		p, _ := register(t, y, `{"unit_id":"A"}`)
		before = append(before, p.ID)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A"}`)
				y.do(t, director, "POST", "/v1/pumps/"+before[i%len(before)]+"/activate", "")
			}
		}
	})
	var seen []string
	for path := "/v1/pumps?limit=7&unit_id=A"; path != "" && len(seen) < 40; {
		var page pumpPage
		page, path = y.list(t, director, path)
		for _, p := range page.Items {
			seen = append(seen, p.ID)
		}
	}
	close(stop)
	wg.Wait()
	if !slices.Equal(seen[:40], before) {
		t.Errorf("skipped or repeated: %v", seen)
	}
}

func TestAParameterIsKnownGivenOnceAndNotEmpty(t *testing.T) {
	y := newToy(t)
	for i := range 6 {
		p := y.do(t, []string{director, other}[i%2], "POST", "/v1/pumps", fmt.Sprintf(`{"unit_id":%q}`, []string{"A", "B"}[i%2])).pump(t)
		if i < 2 {
			y.do(t, []string{director, other}[i%2], "POST", "/v1/pumps/"+p.ID+"/activate", "")
		}
	}
	for path, want := range map[string]int{
		"/v1/pumps":                                  6,
		"/v1/pumps?unit_id=A":                        3,
		"/v1/pumps?unit_id=A,B":                      6,
		"/v1/pumps?unit_id=A&unit_id=B":              6,
		"/v1/pumps?unit_id=A&lifecycle=active":       1,
		"/v1/pumps?lifecycle=active&limit=200":       2,
		"/v1/pumps?unit_id=C":                        0,
		"/v1/pumps?unit_id=A&lifecycle=draft,active": 3,
	} {
		if page, _ := y.list(t, planner, path); len(page.Items) != want {
			t.Errorf("%s: %d, want %d", path, len(page.Items), want)
		}
	}
	_, next := y.list(t, planner, "/v1/pumps?limit=1&unit_id=A")
	cursor := next[strings.Index(next, "cursor=")+7 : strings.Index(next, "&")]
	tests := []struct{ path, rule, location string }{
		{"/v1/pumps?limit=0", "validation-failed", "query.limit"},
		{"/v1/pumps?limit=201", "validation-failed", "query.limit"},
		{"/v1/pumps?limit=ten", "validation-failed", "query.limit"},
		{"/v1/pumps?limit=1&limit=2", "validation-failed", "query.limit"},
		{"/v1/pumps?unit=A", "validation-failed", "query.unit"},
		{"/v1/pumps?unit_id=", "filter-empty", "query.unit_id"},
		{"/v1/pumps?unit_id", "filter-empty", "query.unit_id"},
		{"/v1/pumps?unit_id=A,", "filter-empty", "query.unit_id"},
		{"/v1/pumps?unit_id=A&unit_id=", "filter-empty", "query.unit_id"},
		{"/v1/pumps?limit=", "filter-empty", "query.limit"},
		{"/v1/pumps?limit=&limit=zz", "filter-empty", "query.limit"},
		{"/v1/pumps?limit=10&limit=10", "validation-failed", "query.limit"},
		{"/v1/pumps?cursor=&cursor=" + cursor, "filter-empty", "query.cursor"},
		{"/v1/pumps?LIMIT=10", "validation-failed", "query.LIMIT"},
		{"/v1/pumps?zz=1&limit=&aa=1", "validation-failed", "query.zz"},
		{"/v1/pumps?lifecycle=asleep", "validation-failed", "query.lifecycle[0]"},
		{"/v1/pumps?cursor=abc", "cursor-invalid", "query.cursor"},
		{"/v1/pumps?unit_id=B&cursor=" + cursor, "cursor-invalid", "query.cursor"},
	}
	for _, tt := range tests {
		if p := y.do(t, planner, "GET", tt.path, "").problem(t); p.Status != 422 || p.Type != tt.rule || p.Errors[0].Location != tt.location {
			t.Errorf("%s: %+v", tt.path, p)
		}
	}
	for _, path := range []string{"/v1/pumps?limit=10;x", "/v1/pumps?limit=%zz", "/v1/pumps?%zz=1"} {
		if p := y.do(t, planner, "GET", path, "").problem(t); p.Status != 400 || p.Type != "address-malformed" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if p := y.do(t, director, "POST", "/v1/pumps?dry=true", `{"unit_id":"A"}`).problem(t); p.Status != 422 || p.Errors[0].Location != "query.dry" {
		t.Errorf("an operation without parameters: %+v", p)
	}
	if p := y.do(t, planner, "GET", "/v1/pumps?unit=A", "").problem(t); !slices.Equal(p.Errors[0].Expected, []string{"limit", "cursor", "unit_id", "lifecycle"}) {
		t.Errorf("the allowed parameters are not named: %+v", p)
	}
}

// A list is split before it is decoded: a comma inside a value does not separate values, also in the link to the next page.
func TestACommaInAValueIsNoSeparator(t *testing.T) {
	y := newToy(t)
	who := "ana director unit:A,B unit:A unit:B"
	for range 2 {
		for _, unit := range []string{"A,B", "A", "B"} {
			if a := y.do(t, who, "POST", "/v1/pumps", fmt.Sprintf(`{"unit_id":%q}`, unit)); a.StatusCode != http.StatusCreated {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
		}
	}
	for query, want := range map[string]int{"unit_id=A%2CB": 2, "unit_id=A,B": 4, "unit_id=A&unit_id=B": 4, "unit_id=A%2CB,A": 4, "unit_id=A%2CB&unit_id=A,B": 6} {
		seen := 0
		for path := "/v1/pumps?limit=1&" + query; path != ""; seen++ {
			page, next := y.list(t, who, path)
			if len(page.Items) != 1 {
				t.Fatalf("%s: %+v", path, page)
			}
			path = next
		}
		if seen != want {
			t.Errorf("%s: %d, want %d", query, seen, want)
		}
	}
}

func TestWhatCannotBeServedIsRefusedAtTheStart(t *testing.T) {
	y := newToy(t)
	type query struct {
		rest.Paging
		Brand string `query:"brand"`
	}
	for name, register := range map[string]func(){
		"nobody may run it": func() {
			rest.Read(y.server, rest.Op{ID: "pump.peek", Path: "/v1/peek/{id}"}, y.pumps)
		},
		"a planner writes": func() {
			rest.Action(y.server, rest.Op{ID: "pump.plan", Roles: auth.Everybody, Path: "/v1/pumps/{id}/plan"}, y.pumps,
				func(context.Context, string, *rest.Nothing) error { return nil })
		},
		"filter": func() {
			rest.List[query](y.server, rest.Op{ID: "pump.by_brand", Roles: auth.Everybody, Path: "/v1/by-brand"}, y.pumps, rest.Order{})
		},
		"order": func() {
			rest.List[pumpQuery](y.server, rest.Op{ID: "pump.by_price", Roles: auth.Everybody, Path: "/v1/by-price"}, y.pumps, rest.Order{Sort: "price_cents"})
		},
		"newest without an instant": func() {
			rest.List[struct{ rest.Newest }](y.server, rest.Op{ID: "pump.latest", Roles: auth.Everybody, Path: "/v1/latest"}, y.pumps, rest.Order{})
		},
		"newest without an index": func() {
			rest.List[struct{ rest.Newest }](y.server, rest.Op{ID: "pump.latest", Roles: auth.Everybody, Path: "/v1/latest"}, y.pumps, rest.Order{Newest: "since"})
		},
		"an instant that nobody can ask for": func() {
			rest.List[pumpQuery](y.server, rest.Op{ID: "pump.latest", Roles: auth.Everybody, Path: "/v1/latest"}, y.pumps, rest.Order{Newest: "since"})
		},
		"paging": func() {
			rest.List[struct{}](y.server, rest.Op{ID: "pump.bare", Roles: auth.Everybody, Path: "/v1/bare"}, y.pumps, rest.Order{})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: admitted", name)
				}
			}()
			register()
		}()
	}
}
