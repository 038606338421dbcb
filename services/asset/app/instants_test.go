package app_test

import (
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestALateWordAboutAnAssetIsMarkedUntilTheUnitConfirmsIt(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	path := "/v1/assets/" + s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1"})["id"].(string)
	late := func(a map[string]any, fact string) map[string]any {
		e, _ := a[fact].(map[string]any)["late_entry"].(map[string]any)
		return e
	}
	a := s.Want(200, engineer, "POST", path+"/report-use", map[string]any{"value": "in_use", "occurred_at": servicetest.Ago(8 * 24 * time.Hour)})
	if e := late(a, "use"); e["what"] != "use" || e["confirmed_at"] != nil {
		t.Errorf("late entry: %v", e)
	}
	s.Refused(422, "instant-order", office, "POST", path+"/retire", map[string]any{"reason": "lost", "occurred_at": servicetest.Ago(30 * 24 * time.Hour)})
	s.Want(403, engineer, "POST", path+"/confirm-late-entries", nil)
	s.Want(404, stranger, "POST", path+"/confirm-late-entries", nil)
	if e := late(s.Want(200, director, "POST", path+"/confirm-late-entries", nil), "use"); e["confirmed_by"] != "s-director" {
		t.Errorf("confirmed: %v", e)
	}
	lost := "/v1/assets/" + tagged(s, bed, "INV-2")
	a = s.Want(200, office, "POST", lost+"/retire", map[string]any{"reason": "lost", "occurred_at": servicetest.Ago(30 * 24 * time.Hour)})
	if e := late(a, "lifecycle"); e["what"] != "retire" || e["confirmed_at"] != nil {
		t.Errorf("late retirement: %v", a)
	}
	if e := late(s.Want(200, director, "POST", lost+"/confirm-late-entries", nil), "lifecycle"); e["confirmed_by"] != "s-director" {
		t.Errorf("confirmed: %v", e)
	}
	s.Refused(409, "nothing-to-confirm", director, "POST", lost+"/confirm-late-entries", nil)
}
