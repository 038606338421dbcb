package app_test

import (
	"strings"
	"testing"
)

// What people write beside a fact is kept with the asset and reaches no event; a reason that is one of the domain's words is part of
// the fact and travels with it.
func TestWhatPeopleWriteBesideAFactReachesNoEvent(t *testing.T) {
	w, s := start(t)
	in := map[string]any{"unit_id": "BSIST000014", "type_id": register(t, s), "inventory_tag": "INV-1", "distinct_reason": "lo dice Robles", "funding_source": map[string]any{"kind": "donation", "ref_id": "donado por Juana Pérez"}}
	s.Refused(422, "validation-failed", engineer, "POST", "/v1/assets", in)
	in["funding_source"] = map[string]any{"kind": "donation", "ref_id": "LCEN/2025-3"}
	a := s.Want(201, engineer, "POST", "/v1/assets", in)
	id := a["id"].(string)
	path := "/v1/assets/" + id
	const text = "el doctor Robles lo tiró"
	for verb, body := range map[string]map[string]any{
		"report-functioning": {"value": "not_working", "reason": text},
		"report-custody":     {"value": "on_loan", "reason": text},
		"quarantine":         {"reason": text},
	} {
		got := s.Want(200, director, "POST", path+"/"+verb, body)
		notes := got["notes"].([]any)
		if last := notes[len(notes)-1].(map[string]any); last["text"] != text || last["by"] == "" || !strings.Contains(verb, last["fact"].(string)) {
			t.Errorf("%s: noted %v", verb, last)
		}
	}
	s.Want(200, director, "POST", path+"/report-functioning", map[string]any{"value": "not_working", "reason": "otra causa"})
	got := s.Want(200, director, "POST", path+"/report-use", map[string]any{"value": "not_in_use", "reason": "no_trained_staff"})
	if use := got["use"].(map[string]any); use["reason"] != "no_trained_staff" {
		t.Errorf("a reason of the vocabulary is part of the fact, got %v", use)
	}
	coded := false
	for _, record := range w.Published(t, "bitacora.assets", id, 6) {
		if strings.Contains(record, "Robles") || strings.Contains(record, "otra causa") || strings.Contains(record, "_keys") || strings.Contains(record, "discrepancies") {
			t.Errorf("an event carries it: %s", record)
		}
		coded = coded || strings.Contains(record, "no_trained_staff")
	}
	if !coded {
		t.Error("no event carries the reason of the vocabulary")
	}
}
