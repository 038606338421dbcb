package app_test

import (
	"testing"

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
	if n := len(s.Items(planner, path+"/history")); n != 6 {
		t.Fatalf("six things happened to the bed, its history has %d", n)
	}
}
