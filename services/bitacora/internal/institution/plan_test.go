package institution_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
)

// base is the instant of a first start.
var base = time.Date(2026, 11, 28, 16, 20, 0, 0, time.UTC)

// bases are instants of first starts at any hour and on any day.
var bases = map[string]time.Time{"by day": base, "just after midnight there": time.Date(2026, 11, 28, 6, 1, 0, 0, time.UTC),
	"in the evening": time.Date(2026, 3, 2, 4, 30, 0, 0, time.UTC), "at the turn of the year": time.Date(2027, 1, 1, 5, 59, 0, 0, time.UTC),
	"on a leap day": time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)}

func planned(t *testing.T, base time.Time, share int) []institution.Step {
	t.Helper()
	steps, err := institution.Plan(base, share)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// TestThePlanFollowsFromTheInstantOfTheFirstStart, and from nothing else: a load that was cut short goes on by a plan made anew. Go walks through a map
// in another order each time, so a plan that does is made several times before two of them are sure to differ.
func TestThePlanFollowsFromTheInstantOfTheFirstStart(t *testing.T) {
	one := planned(t, base, 1)
	for range 12 {
		if !reflect.DeepEqual(one, planned(t, base, 1)) {
			t.Fatal("the same start, another plan")
		}
	}
	if later := planned(t, base.AddDate(0, 0, 1), 1); len(later) != len(one) || reflect.DeepEqual(one, later) {
		t.Errorf("a day later: %d steps, %d before", len(later), len(one))
	}
}

// TestThePlanIsThatOfAnInstitution: as much as one has, by people who may, in the order in which it happened, at any hour and on any day at which one starts.
func TestThePlanIsThatOfAnInstitution(t *testing.T) {
	id := regexp.MustCompile(`/[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*`)
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			counts, keys, last := map[string]int{}, map[string]bool{}, time.Time{}
			for _, s := range planned(t, base, 1) {
				counts[s.Method+" "+id.ReplaceAllString(strings.TrimPrefix(s.Path, "/v1"), "/*")]++
				if s.At.Before(last) || s.At.After(base) {
					t.Fatalf("%s %s is at %s, behind %s, of a start at %s", s.Method, s.Path, s.At, last, base)
				}
				last = s.At
				if len(institution.Person(s.User).Grants) == 0 {
					t.Fatalf("%s may do nothing", s.User)
				}
				if keys[s.Key] {
					t.Fatalf("two steps have the key of %s %s", s.Method, s.Path)
				}
				keys[s.Key] = true
				if body, is := s.Body.(map[string]any); is {
					for _, name := range []string{"id", "line_id", "inventory_tag", "serial_number", "delivery_note"} {
						if v := body[name]; v != nil && keys[fmt.Sprint(name, v)] {
							t.Fatalf("two things have the %s %v", name, v)
						}
						keys[fmt.Sprint(name, body[name])] = body[name] != nil
					}
				}
			}
			for what, bounds := range map[string][2]int{"POST /assets": {3700, 4200}, "POST /work-orders": {385, 425}, "POST /deliveries": {57, 66}, "POST /contracts": {2, 2},
				"POST /appointments": {3, 3}, "POST /programs": {1, 1}, "POST /programs/*/add-line": {60, 130}, "POST /units/import": {1, 1}} {
				if n := counts[what]; n < bounds[0] || n > bounds[1] {
					t.Errorf("%s: %d, of %v", what, n, bounds)
				}
			}
			t.Log(counts)
		})
	}
}
