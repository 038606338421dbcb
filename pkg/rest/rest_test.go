package rest_test

import (
	"net/http"
	"testing"
)

func TestCreateReadChangeActList(t *testing.T) {
	y := newToy(t)
	a := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","inventory_tag":"T1"}`)
	p := a.pump(t)
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, "GET", "/v1/pumps/"+p.ID, "")
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, `{"brand":"X","inventory_tag":null}`, "If-Match", `"1"`)
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, "POST", "/v1/pumps/"+p.ID+"/activate", ``)
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, "POST", "/v1/pumps/"+p.ID+"/activate", `{"reason":"x"}`)
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	for range 3 {
		y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A"}`)
	}
	a = y.do(t, director, "GET", "/v1/pumps?limit=2&unit_id=A&unit_id=B&lifecycle=draft", "")
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, "GET", "/v1/pumps?limit=2&unit_i=A&lifecycle=nope", "")
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
	a = y.do(t, director, http.MethodGet, "/openapi.yaml", "")
	t.Logf("%d %v %s", a.StatusCode, a.Header, a.body)
}
