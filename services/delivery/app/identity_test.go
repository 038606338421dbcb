package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestADeliveryWithAnEqualNoteOfTheSupplierToTheUnitIsShownAsAPossibleDuplicate(t *testing.T) {
	_, s := start(t)
	body := func(note string) map[string]any {
		return map[string]any{"unit_id": "BSIST000014", "supplier_id": supplier, "delivery_note": note, "lines": lines(1)}
	}
	create(t, s, office, body("")) // by now the references are there
	register := func(body map[string]any) servicetest.Document {
		return s.Want(201, office, "POST", "/v1/deliveries", body)
	}
	first := register(body("REM-2025/0417"))
	if first["discrepancies"] != nil {
		t.Errorf("the first is nobody's duplicate: %v", first)
	}
	second := register(body("rem 2025/0417"))
	if d := cmp.Diff([]string{first["id"].(string)}, second.Texts("possible_duplicates")); d != "" || second["delivery_note"] != "rem 2025/0417" {
		t.Errorf("%v (-want +got):\n%s", second, d)
	}
	for _, other := range []map[string]any{body("REM-2025/0418"), body("REM-20250417"), {"unit_id": "BSIST000014", "delivery_note": "REM-2025/0417", "lines": lines(1)}} {
		if d := register(other); d["discrepancies"] != nil {
			t.Errorf("another note, or of another supplier, is no duplicate: %v", d)
		}
	}
	for range 2 {
		if d := register(body("S/N")); d["delivery_note"] != nil || d["discrepancies"] != nil {
			t.Errorf("S/N is no note: %v", d)
		}
	}
	if n := len(s.Items(planner, "/v1/deliveries?delivery_note=REM%202025%2F0417")); n != 3 {
		t.Errorf("found by the note: %d, want 3", n)
	}
	s.Want(200, office, "POST", "/v1/deliveries/"+first["id"].(string)+"/cancel", map[string]any{"reason": "capturada dos veces"})
	s.Want(200, office, "POST", "/v1/deliveries/"+second["id"].(string)+"/dispatch", nil)
	if n := len(s.Items(planner, "/v1/deliveries?discrepancy=possible_duplicate")); n != 0 {
		t.Errorf("%d are listed though the other was cancelled", n)
	}
}
