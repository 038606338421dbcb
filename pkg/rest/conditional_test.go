package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestIfNoneMatchIsReadAsHTTPSays(t *testing.T) {
	y := newToy(t)
	p, a := register(t, y, `{"unit_id":"A"}`)
	tag := a.Header.Get("ETag")
	for header, unchanged := range map[string]bool{
		tag: true, `W/` + tag: true, `*`: true, `"7", ` + tag: true, `, , ` + tag: true, `"a,b", W/` + tag: true, `"7" ,, ` + tag: true, ` ` + tag + ` `: true,
		`"2"`: false, strings.Trim(tag, `"`): false, `"1`: false, `"7,` + tag: false, `w/` + tag: false, `"", "11"`: false, `"7", *`: false, ``: false,
		`"1"`: false, `"1-0"`: false, // of the version, and not of the answer
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a := y.do(t, director, method, "/v1/pumps/"+p.ID, "", "If-None-Match", header)
			want := http.StatusOK
			if unchanged {
				want = http.StatusNotModified
			}
			if a.StatusCode != want || a.Header.Get("ETag") != tag || unchanged && len(a.body) > 0 {
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
	// What earlier releases answered was the version alone.
	for _, header := range []string{`"1"`, `"7", "2-9c1f"`, `*`, `W/"4", "4"`, `"a,b","5-"`} {
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

func TestAConditionThatDoesNotHoldRefusesWhateverTheMethod(t *testing.T) {
	y := newToy(t)
	p, is := register(t, y, `{"unit_id":"A"}`)
	path, tag := "/v1/pumps/"+p.ID, is.Header.Get("ETag")
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		rule               string
	}{
		{"GET", path, "", []string{"If-Match", `"2"`}, 412, "stale-version"},
		{"HEAD", path, "", []string{"If-Match", `"2"`}, 412, ""},
		{"GET", path, "", []string{"If-Match", `W/"1"`}, 412, "stale-version"},
		{"GET", path, "", []string{"If-Match", `1`}, 422, "if-match-malformed"},
		{"GET", path, "", []string{"If-Match", `"7", "1"`}, 200, ""},
		{"GET", path, "", []string{"If-Match", `*`, "If-None-Match", tag}, 304, ""},
		{"GET", path, "", []string{"If-Match", `"2"`, "If-None-Match", tag}, 412, "stale-version"},
		{"GET", path, "", []string{"If-Match", `"1-0"`}, 200, ""},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-Match", `"1"`, "If-None-Match", `"7", W/"1"`}, 412, "precondition-failed"},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-Match", `"1"`, "If-None-Match", `*`}, 412, "precondition-failed"},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-Match", `"1"`, "If-None-Match", tag}, 412, "precondition-failed"},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-Match", `"x-1"`}, 412, "stale-version"},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-None-Match", `"7"`}, 428, "if-match-required"},
		{"PATCH", path, `{"brand":"x"}`, []string{"If-Match", `W/"1"`}, 412, "stale-version"},
		{"POST", path + "/activate", `{}`, []string{"If-None-Match", `*`}, 412, "precondition-failed"},
		{"POST", path + "/activate", `{}`, []string{"If-None-Match", `"1"`}, 412, "precondition-failed"},
		{"POST", path + "/activate", `{}`, []string{"If-None-Match", `1`}, 422, "if-none-match-malformed"},
		{"POST", path + "/activate", `{}`, []string{"If-Match", `"7", "8"`}, 412, "stale-version"},
		{"POST", "/v1/pumps", `{"unit_id":"A"}`, []string{"If-Match", `"1"`}, 412, "stale-version"},
		{"POST", "/v1/pumps", `{"unit_id":"A"}`, []string{"If-Match", `*`}, 412, "stale-version"},
		{"POST", "/v1/pumps", `{"id":"` + p.ID + `","unit_id":"A","inventory_tag":"other"}`, []string{"If-None-Match", `*`}, 412, "precondition-failed"},
		{"POST", "/v1/pumps", `{"id":"` + p.ID + `","unit_id":"A","inventory_tag":"other"}`, nil, 409, "id-taken"},
		{"POST", "/v1/pumps", `{"unit_id":"A"}`, []string{"If-None-Match", `*`}, 201, ""},
	} {
		a := y.do(t, director, c.method, c.path, c.body, c.headers...)
		if a.StatusCode != c.status || c.rule != "" && a.problem(t).Type != c.rule {
			t.Errorf("%s %s %v: %d %s, want %d %s", c.method, c.path, c.headers, a.StatusCode, a.body, c.status, c.rule)
		}
	}
	if a := y.do(t, director, "GET", path, ""); a.Header.Get("ETag") != tag {
		t.Errorf("something was done: %s", a.body)
	}
	a := y.do(t, director, "POST", path+"/activate", `{}`, "If-None-Match", `"7"`, "Idempotency-Key", "k")
	b := y.do(t, director, "POST", path+"/activate", `{}`, "If-None-Match", `"2"`, "Idempotency-Key", "k")
	if a.StatusCode != http.StatusOK || b.StatusCode != http.StatusOK || b.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("another tag, and the repeat, which is known before its condition: %d, %d %s", a.StatusCode, b.StatusCode, b.body)
	}
}
