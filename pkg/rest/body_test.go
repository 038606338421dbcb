package rest_test

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// What is said in several ways is one thing to whoever validates, stores and remembers it.
func TestABodyIsReadOnce(t *testing.T) {
	y := newToy(t)
	for _, body := range []string{
		`{"unit_id":"A","price_cents":1000,"parts":[{"name":"a","count":1}]}`,
		`{"parts":[{"count":1.0,"name":"a"}],"price_cents":1e3,"unit_id":"A"}`,
		`{"unit\u005fid":"\u0041","price_cents":1.0E+3,"inventory_tag":null,"parts":[{"name":"a","count":10e-1}]}`,
	} {
		p, _ := register(t, y, body)
		if p.UnitID != "A" || p.Price != 1000 || p.Parts[0] != (part{"a", 1}) || p.Tag != "" {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if p, _ := register(t, y, `{"unit_id":"A","price_cents":-0}`); p.Price != 0 {
		t.Errorf("-0: %+v", p)
	}
	if p, _ := register(t, y, `{"unit_id":"A","price_cents":9007199254740993}`); p.Price != 9007199254740993 {
		t.Errorf("a number that a float64 cannot hold: %d", p.Price)
	}
	if p, _ := register(t, y, `{"unit_id":"A","inventory_tag":"<&>\u2028\ud83d\ude00"}`); p.Tag != "<&>\u2028\U0001F600" {
		t.Errorf("text: %q", p.Tag)
	}
}

func TestANumberIsKeptAsItIsHoweverItIsWritten(t *testing.T) {
	y := newToy(t)
	for text, cents := range map[string]int64{"0.1e1": 1, "1E2": 100, "1e+2": 100, "12.50e1": 125, "-0": 0, "-0.0e9": 0, "0e400": 0, "0e-400": 0, "100e-2": 1} {
		if p, _ := register(t, y, `{"unit_id":"A","price_cents":`+text+`}`); p.Price != cents {
			t.Errorf("%s is kept as %d", text, p.Price)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		f := rapid.Float64Range(-1<<52, 1<<52).Draw(r, "number")
		if rapid.Bool().Draw(r, "small") {
			f = math.Ldexp(f, -rapid.IntRange(0, 1100).Draw(r, "halvings"))
		}
		text := strconv.FormatFloat(f, rapid.SampledFrom([]byte("efE")).Draw(r, "format"), -1, 64)
		a := y.do(t, director, "POST", "/v1/pumps", `{"unit_id":"A","weight":`+text+`}`)
		if p := a.pump(t); p.Weight != f {
			r.Fatalf("%s is kept as %v", text, p.Weight)
		}
	})
}

func TestNullEmptiesInAChangeAndMeansNothingElsewhere(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A","inventory_tag":"T","parts":null}`)
	if len(p.Parts) != 0 {
		t.Errorf("a list that is null: %+v", p)
	}
	a := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID, `{"inventory_tag":null,"notes":["a"]}`, "If-Match", `"1"`)
	if p := a.pump(t); p.Tag != "" || len(p.Notes) != 1 {
		t.Errorf("null empties: %+v", p)
	}
	if p := y.do(t, director, "PATCH", "/v1/pumps/"+p.ID+"/name", `{"name":null}`, "If-Match", `"2"`).problem(t); p.Status != 422 || p.Errors[0].Location != "body.name" {
		t.Errorf("what is required cannot be emptied: %+v", p)
	}
}

func TestANameThatIsNoneIsRefusedThoughItsValueIsNull(t *testing.T) {
	y := newToy(t)
	p, _ := register(t, y, `{"unit_id":"A"}`)
	for _, c := range []struct{ method, path, body, at string }{
		{"POST", "/v1/pumps", `{"unit_id":"A","nobody":null}`, "body.nobody"},
		{"POST", "/v1/pumps", `{"unit_id":"A","Inventory_Tag":null}`, "body.Inventory_Tag"},
		{"POST", "/v1/pumps", `{"unit_id":"A","parts":[{"name":"a","count":1},{"name":"a","count":1,"nobody":null}]}`, "body.parts[1].nobody"},
		{"POST", "/v1/pumps/" + p.ID + "/activate", `{"nobody":null}`, "body.nobody"},
		{"POST", "/v1/pumps/" + p.ID + "/move", `{"nobody":null}`, "body.nobody"},
		{"PATCH", "/v1/pumps/" + p.ID, `{"nobody":null}`, "body.nobody"},
	} {
		a := y.do(t, director, c.method, c.path, c.body, ifMatch(c.method)...)
		if q := a.problem(t); q.Status != 422 || q.Type != "validation-failed" || q.Errors[0].Location != c.at {
			t.Errorf("%s %s: %s", c.path, c.body, a.body)
		}
	}
}

// ifMatch are the headers of a first change.
func ifMatch(method string) []string {
	if method == "PATCH" {
		return []string{"If-Match", `"1"`}
	}
	return nil
}
