package app_test

import (
	"slices"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// What a person's answer offers is what is carried out, for everybody, before and after an erasure.
func TestWhatAPersonOffersIsWhatIsCarriedOut(t *testing.T) {
	_, s := start(t)
	readmit, office := false, servicetest.As("s-bcs", "admin@office:baja-california-sur")
	tries := map[string]func(who string) servicetest.Answer{
		"person.say": func(who string) servicetest.Answer { return s.Call(who, "PUT", me, map[string]any{}) },
		"person.change": func(who string) servicetest.Answer {
			return s.Call(who, "PATCH", path(director), map[string]any{}, "If-Match", "*")
		},
		"person.erase":   func(who string) servicetest.Answer { return s.Call(who, "POST", path(director)+"/erase", nil) },
		"person.readmit": func(who string) servicetest.Answer { return s.Call(who, "POST", path(director)+"/readmit", nil) },
	}
	for range 2 {
		for _, who := range append(slices.Clone(everybody), office) {
			a := s.Call(who, "GET", path(director), nil)
			if a.Status == 404 {
				continue
			}
			for op, try := range tries {
				offered := slices.Contains(a.Texts("actions"), op)
				if op == "person.erase" && offered || op == "person.readmit" && offered { // tried last
					if (op == "person.readmit") != readmit {
						t.Errorf("%s may %s", who, op)
					}
					continue
				}
				if op == "person.say" && who != director {
					if offered {
						t.Errorf("%s speaks for another", who)
					}
					continue
				}
				if got := try(who); (got.Status == 200) != offered {
					t.Errorf("%s %s: offered %v, answered %d %s", who, op, offered, got.Status, got.Body)
				}
			}
		}
		if !readmit {
			if got := tries["person.erase"](office); got.Status != 200 {
				t.Errorf("%d %s", got.Status, got.Body)
			}
		}
		readmit = true
	}
	if got := tries["person.readmit"](admin); got.Status != 200 {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}
