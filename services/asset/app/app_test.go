package app_test

import (
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

const (
	admin, engineer, director = servicetest.Admin, servicetest.Engineer, servicetest.Director
	stranger, planner, office = servicetest.Stranger, servicetest.Planner, servicetest.Office
)

func start(t *testing.T) (*servicetest.World, *servicetest.Service) {
	return servicetest.Run(t, app.New)
}

func register(t *testing.T, s *servicetest.Service) (bedType string) {
	t.Helper()
	for _, clues := range []string{"BSIST000014", "BSIST000026"} {
		s.Want(201, admin, "POST", "/v1/units", map[string]any{"clues": clues, "name": "Unidad " + clues, "unit_type": "CH", "municipality": "Mulegé"})
	}
	return s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "hospital_bed", "name_es": "Cama hospitalaria", "category": "furniture", "tracking": "tagged"})["id"].(string)
}

func TestAssetFromRegistrationToService(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	a := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "serial_number": "S/N"})
	if a["serial_number"] != nil || a["lifecycle"].(map[string]any)["value"] != "draft" {
		t.Fatalf("a bed without a tag is a draft without a serial number, got %v", a)
	}
	path := "/v1/assets/" + a["id"].(string)
	s.Want(409, engineer, "POST", path+"/activate", nil)
	for _, cents := range []int64{math.MaxInt64, 100_000_000_001} { // beyond all measure
		cost := map[string]any{"unit_id": "BSIST000014", "type_id": bed, "acquisition_cost": map[string]any{"amount_cents": cents}}
		s.Want(422, engineer, "POST", "/v1/assets", cost)
		s.Want(422, engineer, "PATCH", path, map[string]any{"acquisition_cost": cost["acquisition_cost"]}, "If-Match", `"1"`)
	}
	s.Want(200, engineer, "PATCH", path, map[string]any{"inventory_tag": "INV-1"}, "If-Match", `"1"`)
	s.Want(412, engineer, "PATCH", path, map[string]any{"brand": "Hill"}, "If-Match", `"1"`)
	s.Want(428, engineer, "PATCH", path, map[string]any{"brand": "Hill"})
	s.Want(200, engineer, "POST", path+"/activate", nil)
	s.Want(200, director, "POST", path+"/report-functioning", map[string]any{"value": "working"})
	got := s.Want(200, director, "POST", path+"/report-use", map[string]any{"value": "in_use"})
	if got["in_service"] != true {
		t.Fatalf("active, working and in use is in service, got %v", got)
	}
	got = s.Want(200, director, "POST", path+"/quarantine", map[string]any{"reason": "incident"})
	if got["in_service"] != false {
		t.Fatalf("a quarantined asset is not in service, got %v", got)
	}
	s.Want(404, stranger, "GET", path, nil)
	s.Want(404, stranger, "POST", path+"/quarantine", nil)
	s.Want(403, planner, "POST", path+"/quarantine", nil)
	late := s.Want(200, engineer, "POST", path+"/report-custody", map[string]any{"value": "on_loan", "occurred_at": servicetest.Ago(8 * 24 * time.Hour)})
	s.Want(403, engineer, "POST", path+"/confirm-late-entries", nil)
	s.Want(404, stranger, "POST", path+"/confirm-late-entries", nil)
	confirmed := s.Want(200, director, "POST", path+"/confirm-late-entries", nil)
	if late.At("custody.late_entry.what") != "custody" || late.At("custody.late_entry.confirmed_by") != nil || confirmed.At("custody.late_entry.confirmed_by") != "s-director" {
		t.Errorf("what is entered late waits for the unit: %v, then %v", late["custody"], confirmed["custody"])
	}
	if n := len(s.Items(planner, path+"/history")); n != 8 {
		t.Fatalf("eight things happened to the bed, its history has %d", n)
	}
}
