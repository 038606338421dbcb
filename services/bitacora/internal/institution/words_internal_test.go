package institution

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTextsFitWhatTheyAreAbout: what goes wrong with a thing, what was done about it, and why it is refused, paused, out of use, returned or accepted
// with reservations are of its kind and of the sort of work, in the whole institution; every kind has texts of its own.
func TestTextsFitWhatTheyAreAbout(t *testing.T) {
	steps, err := Plan(time.Date(2026, 11, 28, 16, 20, 0, 0, time.UTC), 1)
	if err != nil {
		t.Fatal(err)
	}
	types, things := map[string]string{}, map[string]*kind{}
	for _, s := range steps {
		if body, _ := s.Body.(object); s.Path == "/v1/equipment-types" {
			types[fmt.Sprint(body["id"])] = fmt.Sprint(body["key"])
		}
	}
	byKey := map[string]*kind{}
	for n := range kinds {
		k := kinds[n]
		byKey[k.key] = &k
		if len(failures[k.key]) == 0 {
			t.Errorf("nothing goes wrong with %s", k.key)
		}
	}
	for key := range failures {
		if byKey[key] == nil {
			t.Errorf("%s goes wrong, and is not there", key)
		}
	}
	orders := map[string]*order{}
	for _, s := range steps {
		body, _ := s.Body.(object)
		note := fmt.Sprint(body["note"])
		switch {
		case s.Path == "/v1/assets":
			k := byKey[types[fmt.Sprint(body["type_id"])]]
			things[fmt.Sprint(body["id"])] = k
			if reason := fmt.Sprint(body["use_reason"]); body["use_reason"] != nil && !slices.Contains(k.unused(), reason) && reason != "not_installed" {
				t.Errorf("a %s is not in use: %s", k.key, reason)
			}
		case strings.HasSuffix(s.Path, "/quarantine"):
			if k := things[strings.Split(s.Path, "/")[3]]; !k.powered() {
				t.Errorf("a %s gives a shock", k.key)
			}
		case s.Path == "/v1/work-orders":
			orders[fmt.Sprint(body["id"])] = asked(t, body, things)
		case strings.HasPrefix(s.Path, "/v1/work-orders/"):
			o, verb := orders[strings.Split(s.Path, "/")[3]], strings.Split(s.Path, "/")[4]
			fits := map[string][]string{}
			switch verb {
			case "complete":
				o.r = chance("any")
				for range 8 { // both of what may be said of an inspection
					fits[verb] = append(fits[verb], o.outcome())
				}
			case "decline":
				fits[verb] = o.refusals()
			case "cancel":
				fits[verb] = o.cancellations()
			case "return":
				fits[verb] = o.returns()
			}
			if texts := fits[verb]; texts != nil && !slices.Contains(texts, note) {
				t.Errorf("%s of %s: %q is none of %q", verb, o.sort, note, texts)
			}
			reason := fmt.Sprint(body["reason"])
			if verb == "hold" && (reason == "weather") != (o.part.element == "roofs" && reason == "weather") || verb == "hold" && reason == "in_clinical_use" && (o.asset == nil || o.asset.kind.builtIn()) {
				t.Errorf("%s is paused: %s", o.sort, reason)
			}
		}
	}
	if len(orders) < 300 {
		t.Errorf("%d orders", len(orders))
	}
}

// asked is an order as its request says it; the complaint is of its kind.
func asked(t *testing.T, body object, things map[string]*kind) *order {
	t.Helper()
	target := body["target"].(object)
	o := &order{sort: "corrective"}
	if sort, said := body["type"].(string); said {
		o.sort = sort
	}
	complaint, _ := body["complaint"].(string)
	if id, on := target["asset_id"].(string); on {
		k := things[id]
		o.asset = &asset{kind: k}
		if !k.suits(o.sort) {
			t.Errorf("%s of a %s", o.sort, k.key)
		}
		if n := slices.IndexFunc(failures[k.key], func(f failure) bool { return f.complaint == complaint }); n >= 0 {
			o.failure = failures[k.key][n]
		} else if o.sort == "corrective" {
			t.Errorf("a %s: %q", k.key, complaint)
		}
		return o
	}
	n := slices.IndexFunc(elements, func(p part) bool { return p.element == target["element"] && p.why == complaint })
	if n < 0 {
		t.Fatalf("works on %v: %q", target["element"], complaint)
	}
	o.part = elements[n]
	return o
}
