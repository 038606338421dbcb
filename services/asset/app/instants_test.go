package app_test

import (
	"testing"
	"time"
)

// ago is an instant before now, as a client sends it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

func TestWhatHappenedEarlierAndArrivesLaterNeverOverridesWhatHappenedLater(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	id := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1"})["id"].(string)
	path := "/v1/assets/" + id
	report := func(status int, verb, value, reason string, before time.Duration) map[string]any {
		t.Helper()
		return s.Want(status, director, "POST", path+"/"+verb, map[string]any{"value": value, "reason": reason, "occurred_at": ago(before)})
	}
	value := func(a map[string]any, fact string) string { return a[fact].(map[string]any)["value"].(string) }

	// Registered today, in use and on loan since the day before yesterday: what was only taken for granted yields.
	if a := report(200, "report-use", "in_use", "", 48*time.Hour); value(a, "use") != "in_use" {
		t.Errorf("use: %v", a["use"])
	}
	if a := report(200, "report-custody", "on_loan", "", 48*time.Hour); value(a, "custody") != "on_loan" {
		t.Errorf("custody: %v", a["custody"])
	}
	report(200, "report-custody", "at_unit", "", 24*time.Hour)
	if a := report(200, "report-custody", "in_transit", "llevado por Juana", 36*time.Hour); value(a, "custody") != "at_unit" {
		t.Errorf("an older word overrode a later one: %v", a["custody"])
	}
	history := s.Want(200, director, "GET", path+"/history", nil)["items"].([]any)
	last := history[len(history)-1].(map[string]any)["change"].(map[string]any)
	if last["to"] != "in_transit" || last["overtaken"] != true || last["reason"] != nil {
		t.Errorf("the older word is in the history, without what was written beside it: %v", last)
	}
	// A clock that is four minutes fast holds up nobody.
	report(200, "report-custody", "on_loan", "", -4*time.Minute)
	s.Want(200, engineer, "POST", path+"/report-custody", map[string]any{"value": "at_unit"})
	report(422, "report-custody", "on_loan", "", -6*time.Minute)
	s.Want(200, engineer, "POST", path+"/quarantine", map[string]any{"occurred_at": ago(time.Hour)})
	s.Want(200, engineer, "POST", path+"/release", map[string]any{"occurred_at": ago(time.Minute)})
}

func TestALateWordAboutAnAssetIsMarkedUntilTheUnitConfirmsIt(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	path := "/v1/assets/" + s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1"})["id"].(string)
	late := func(a map[string]any, fact string) map[string]any {
		e, _ := a[fact].(map[string]any)["late_entry"].(map[string]any)
		return e
	}
	s.Want(409, director, "POST", path+"/confirm-late-entries", nil)
	a := s.Want(200, engineer, "POST", path+"/report-use", map[string]any{"value": "in_use", "occurred_at": ago(8 * 24 * time.Hour)})
	if e := late(a, "use"); e["what"] != "use" || e["confirmed_at"] != nil {
		t.Errorf("late entry: %v", e)
	}
	s.Want(403, engineer, "POST", path+"/confirm-late-entries", nil)
	s.Want(404, stranger, "POST", path+"/confirm-late-entries", nil)
	if e := late(s.Want(200, director, "POST", path+"/confirm-late-entries", nil), "use"); e["confirmed_by"] != "dir" {
		t.Errorf("confirmed: %v", e)
	}
	s.Want(409, director, "POST", path+"/confirm-late-entries", nil)
	a = s.Want(200, director, "POST", path+"/report-custody", map[string]any{"value": "on_loan", "occurred_at": ago(9 * 24 * time.Hour)})
	if e := late(a, "custody"); e["confirmed_by"] != "dir" {
		t.Errorf("the director's own word needs no other: %v", e)
	}
}
