package app_test

import (
	"strings"
	"testing"
)

// Who paid is a key and not somebody's name; why a delivery is cancelled is somebody's text: whoever may read the delivery reads it there, and no event carries it, neither what
// happened nor the state that travels with it.
func TestWhatPeopleWriteOfADeliveryReachesNoEvent(t *testing.T) {
	w, s := start(t)
	d := create(t, s, office, map[string]any{"unit_id": "BSIST000014", "supplier_id": supplier, "lines": lines(1, 1, 1)})
	named := lines(1)
	named[0]["funding_source"] = map[string]any{"kind": "donation", "ref_id": "donado por Juana Pérez"}
	s.Refused(422, "validation-failed", office, "POST", "/v1/deliveries", map[string]any{"unit_id": "BSIST000014", "lines": named})
	path := "/v1/deliveries/" + d["id"].(string)
	const text = "la doctora Robles dice que no"
	s.Want(200, office, "POST", path+"/cancel", map[string]any{"reason": text})
	if got := s.Want(200, office, "GET", path, nil); got["cancel_reason"] != text {
		t.Errorf("the delivery does not say why: %v", got)
	}
	for _, record := range w.Published(t, "bitacora.deliveries", d["id"].(string), 2) {
		if strings.Contains(record, "Robles") {
			t.Errorf("an event carries it: %s", record)
		}
	}
	if history := s.Call(planner, "GET", path+"/history", nil); strings.Contains(string(history.Body), "Robles") {
		t.Errorf("the history carries it: %s", history.Body)
	}
}
