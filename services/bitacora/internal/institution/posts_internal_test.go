package institution

import (
	"strings"
	"testing"
	"time"
)

// A post is words: the unit is named by its name, never by its key.
func TestAPostNamesItsUnitByItsName(t *testing.T) {
	steps, err := Plan(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range steps {
		u := Person(s.User)
		_, place, _ := strings.Cut(s.User, "-")
		if strings.ContainsAny(u.Title, "0123456789") && strings.Contains(u.Title, place) || u.Title == "" || strings.HasSuffix(u.Title, ", ") {
			t.Fatalf("the post of %s is %q", s.User, u.Title)
		}
		if strings.HasPrefix(u.Title, "Dirección, ") || strings.HasPrefix(u.Title, "Personal, ") {
			seen++
		}
	}
	if seen < 100 {
		t.Errorf("%d steps by staff of units", seen)
	}
}

// No brand makes things of two trades, and no more than a few make one kind.
func TestABrandMakesWhatBelongsTogether(t *testing.T) {
	maker := map[string]string{}
	for kind, of := range trade {
		if n := len(makers[of]); n < 2 || n > 4 {
			t.Errorf("%s is made by %v", kind, makers[of])
		}
		for _, brand := range makers[of] {
			if other, known := maker[brand]; known && other != of {
				t.Errorf("%s makes %s and %s", brand, other, of)
			}
			maker[brand] = of
		}
	}
	for _, k := range kinds {
		if trade[k.key] == "" {
			t.Errorf("nobody makes %s", k.key)
		}
	}
}
