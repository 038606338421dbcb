package app_test

import (
	"math"
	"testing"
)

func TestAnAmountBeyondAllMeasureIsRefusedWhereverItIsSent(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	cost := func(cents int64) map[string]any {
		return map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1", "acquisition_cost": map[string]any{"amount_cents": cents}}
	}
	for _, cents := range []int64{math.MaxInt64, 100_000_000_001} {
		s.Want(422, engineer, "POST", "/v1/assets", cost(cents))
	}
	path := "/v1/assets/" + s.Want(201, engineer, "POST", "/v1/assets", cost(100_000_000_000))["id"].(string)
	for _, cents := range []int64{math.MaxInt64, 100_000_000_001} {
		s.Want(422, engineer, "PATCH", path, map[string]any{"acquisition_cost": map[string]any{"amount_cents": cents}}, "If-Match", `"1"`)
	}
	s.Want(422, admin, "PATCH", "/v1/units/BSIST000014", map[string]any{"census_beds": 5001}, "If-Match", `"1"`)
	s.Want(422, admin, "PATCH", "/v1/units/BSIST000014", map[string]any{"latitude": 90.1}, "If-Match", `"1"`)
}
