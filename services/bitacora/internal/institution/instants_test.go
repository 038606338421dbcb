package institution_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
)

// courses are what may happen to documents of a family, each no earlier than the last of those before it that happened to it. "" is how it began.
var courses = map[string][]string{
	"work-orders": {"", "approve", "estimate", "assign", "acknowledge", "arrive", "start", "hold", "resume", "restore", "complete", "verify", "accept"},
	"deliveries":  {"", "dispatch", "arrive", "confirm"},
	"assets":      {"", "activate", "report-functioning", "report-use"},
	"contracts":   {"", "commit"},
	"programs":    {"", "add-line"},
}

// happened is when a step was by what it says itself: of what it does not say, when it was played.
func happened(t *testing.T, s institution.Step) time.Time {
	t.Helper()
	body, _ := s.Body.(map[string]any)
	for _, name := range []string{"occurred_at", "arrived_at"} {
		if text, said := body[name].(string); said {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil || !at.Equal(s.At) {
				t.Fatalf("%s %s: %s is %s, recorded at %s", s.Method, s.Path, name, text, s.At)
			}
		}
	}
	return s.At
}

// TestNothingHappensBeforeWhatItFollowsFrom, in the whole institution: of each order, delivery, asset, contract and programme, and between them.
func TestNothingHappensBeforeWhatItFollowsFrom(t *testing.T) {
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			begun, last := map[string]time.Time{}, map[string]map[string]time.Time{}
			no := func(what string, at time.Time, before string, limit time.Time) {
				t.Helper()
				if at.Before(limit) {
					t.Errorf("%s is at %s, before %s at %s", what, at, before, limit)
				}
			}
			there := func(what string, at time.Time, id any) {
				t.Helper()
				since, known := begun[fmt.Sprint(id)]
				if !known {
					t.Errorf("%s at %s is about %v, which is not there yet", what, at, id)
				}
				no(what, at, fmt.Sprint(id), since)
			}
			for _, s := range planned(t, base, 1) {
				at := happened(t, s)
				body, _ := s.Body.(map[string]any)
				family, rest, _ := strings.Cut(strings.TrimPrefix(s.Path, "/v1/"), "/")
				id, verb, _ := strings.Cut(rest, "/")
				what := fmt.Sprint(s.Method, " ", s.Path, " ", body["id"])
				if rest == "" && s.Method == http.MethodPost && body["id"] != nil {
					id = fmt.Sprint(body["id"])
					begun[id], last[id] = at, map[string]time.Time{}
				} else if id != "" && family != "units" && family != "" {
					there(what, at, id)
				}
				if course := courses[family]; last[id] != nil && slices.Contains(course, verb) {
					for _, earlier := range course[:slices.Index(course, verb)] {
						if then, did := last[id][earlier]; did {
							no(what, at, earlier, then)
						}
					}
					last[id][verb] = at
				}
				if target, is := body["target"].(map[string]any); is && target["asset_id"] != nil {
					there(what, at, target["asset_id"])
				}
				for _, name := range []string{"contract_id", "type_id", "supplier_id", "contractor_id"} {
					if ref := body[name]; ref != nil {
						there(what, at, ref)
					}
				}
				for _, line := range asLines(body["lines"]) {
					if line["type_id"] != nil {
						there(what, at, line["type_id"])
					}
				}
				day := at.In(time.FixedZone("México", -6*60*60)).Format(time.DateOnly)
				if on, said := body["acquired_on"].(string); said && on > day {
					t.Errorf("%s was acquired on %s, and registered on %s", what, on, day)
				}
				if start, said := body["scheduled_start"].(string); said {
					if from, err := time.Parse(time.RFC3339, start); err != nil || body["scheduled_end"].(string) <= start {
						t.Errorf("%s is scheduled from %s to %v, %v", what, from, body["scheduled_end"], err)
					}
				}
				if from, said := body["planned_start"].(string); said && body["planned_end"].(string) < from {
					t.Errorf("%s is planned from %s to %v", what, from, body["planned_end"])
				}
				if from, said := body["valid_from"].(string); said && from > day {
					t.Errorf("%s is in force from %s, registered on %s", what, from, day)
				}
			}
		})
	}
}

func asLines(v any) []map[string]any {
	lines, _ := v.([]map[string]any)
	return lines
}
