package rest_test

import (
	"net/http"
	"testing"
)

func TestIfNoneMatchIsReadAsHTTPSays(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	for header, unchanged := range map[string]bool{
		`"1"`: true, `W/"1"`: true, `*`: true, `"7", "1"`: true, `, , "1"`: true, `"a,b", W/"1"`: true, `"7" ,, "1"`: true, ` "1" `: true,
		`"2"`: false, `1`: false, `"1`: false, `"7,"1"`: false, `w/"1"`: false, `"", "11"`: false, `"7", *`: false, ``: false,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a := y.do(t, director, method, "/v1/pumps/"+p.ID, "", "If-None-Match", header)
			want := http.StatusOK
			if unchanged {
				want = http.StatusNotModified
			}
			if a.StatusCode != want || a.Header.Get("ETag") != `"1"` || unchanged && len(a.body) > 0 {
				t.Errorf("%s, %s: %d %v", method, header, a.StatusCode, a.Header)
			}
		}
	}
	if a := y.do(t, other, "GET", "/v1/pumps/"+p.ID, "", "If-None-Match", "*"); a.StatusCode != http.StatusNotFound {
		t.Errorf("out of scope: %d", a.StatusCode)
	}
}

func TestIfMatchIsReadAsHTTPSays(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	version := 1
	for _, header := range []string{`"1"`, `"7", "2"`, `*`, `W/"4", "4"`, `"a,b","5"`} {
		a := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, `{"brand":"`+string(rune('a'+version))+`"}`, "If-Match", header)
		if version++; a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", header, a.StatusCode, a.body)
		}
	}
	// A repeat is known before its condition is judged.
	a := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, `{"brand":"z"}`, "If-Match", `"6", "7"`, "Idempotency-Key", "k")
	b := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, `{"brand":"z"}`, "If-Match", `"6", "7"`, "Idempotency-Key", "k")
	if a.StatusCode != http.StatusOK || b.StatusCode != http.StatusOK || b.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d, %d %s", a.StatusCode, b.StatusCode, b.body)
	}
}
