package app_test

import (
	"strings"
	"testing"
)

func TestMarksThatCannotBe(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.read("units/BSIST000014", "unit/BSIST000014@1")
	for _, mark := range []string{"asset", "asset/x", "asset/x@0", "asset/x@y", "asset/x@1,", "contract/x@1", "/x@1"} {
		a := w.Call(planner, "GET", "/v1/status/nation?min_as_of="+mark, nil)
		if a.Status != 422 || !strings.Contains(string(a.Body), `"query.min_as_of"`) {
			t.Errorf("%s: got %d %s", mark, a.Status, a.Body)
		}
	}
	for _, path := range []string{"nation", "units/BSIST000014", "states/03"} {
		a := w.Call(planner, "GET", "/v1/status/"+path+"?min_as_of=unit/BSIST000014@1&min_as_of=asset/never@1", nil)
		if a.Status != 503 || a.Header.Get("Retry-After") == "" || !strings.Contains(string(a.Body), "urn:bitacora:problem:not-yet-visible") {
			t.Errorf("%s: what never comes: got %d %s", path, a.Status, a.Body)
		}
	}
}
