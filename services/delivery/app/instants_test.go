package app_test

import (
	"strings"
	"testing"
	"time"
)

// ago is an instant before now, as a client sends it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

func TestGoodsLeaveArriveAndAreCheckedInThatOrder(t *testing.T) {
	_, s := start(t)
	path := "/v1/deliveries/" + create(t, s, office, map[string]any{"unit_id": "BSIST000014", "lines": lines(1)})["id"].(string)
	at := func(d time.Duration) map[string]any { return map[string]any{"occurred_at": ago(d)} }
	s.Want(200, office, "POST", path+"/dispatch", at(48*time.Hour))
	if p := s.Want(422, director, "POST", path+"/arrive", at(49*time.Hour)); !strings.HasSuffix(p["type"].(string), "instant-order") || !strings.Contains(p["errors"].([]any)[0].(map[string]any)["message"].(string)+p["detail"].(string), "dispatched_at") {
		t.Errorf("both instants are named: %v", p)
	}
	s.Want(422, director, "POST", path+"/arrive", at(-6*time.Minute))
	s.Want(200, director, "POST", path+"/arrive", at(-4*time.Minute)) // a fast clock: now
	confirm := at(-time.Minute)
	confirm["lines"] = []any{map[string]any{"line": 1, "accepted": 1}}
	s.Want(200, director, "POST", path+"/confirm", confirm)
}

func TestTheUnitConfirmsALateEntryWithTheDelivery(t *testing.T) {
	_, s := start(t)
	late := func(d map[string]any) map[string]any {
		entries, _ := d["late_entries"].([]any)
		if len(entries) == 0 {
			return nil
		}
		return entries[0].(map[string]any)
	}
	path := "/v1/deliveries/" + create(t, s, office, map[string]any{"unit_id": "BSIST000014", "lines": lines(1)})["id"].(string)
	d := s.Want(200, office, "POST", path+"/dispatch", map[string]any{"occurred_at": ago(10 * 24 * time.Hour)})
	if e := late(d); e["what"] != "dispatch" || e["confirmed_at"] != nil {
		t.Errorf("late entry: %v", d)
	}
	d = s.Want(200, director, "POST", path+"/confirm", map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 1}}})
	if e := late(d); e["confirmed_by"] != "dir" {
		t.Errorf("confirmed with the delivery: %v", d)
	}
	s.Want(422, director, "POST", "/v1/deliveries", map[string]any{"unit_id": "BSIST000014", "arrived_at": ago(366 * 24 * time.Hour), "lines": lines(1)})
	s.Want(422, director, "POST", "/v1/deliveries", map[string]any{"unit_id": "BSIST000014", "arrived_at": ago(-6 * time.Minute), "lines": lines(1)})
	if e := late(s.Want(201, director, "POST", "/v1/deliveries", map[string]any{"unit_id": "BSIST000014", "arrived_at": ago(300 * 24 * time.Hour), "lines": lines(1)})); e["confirmed_by"] != "dir" {
		t.Errorf("the director's own word needs no other: %v", e)
	}
}
