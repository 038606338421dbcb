package app_test

import (
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// TestMetrics: what an operator sees of a few requests, of a conflict, and of an event that nobody can read.
func TestMetrics(t *testing.T) {
	w, s := start(t)
	register(t, s)
	s.Want(409, admin, "POST", "/v1/units", map[string]any{"clues": "BSIST000014", "name": "Otra", "unit_type": "CH", "municipality": "Mulegé"})
	s.Want(404, planner, "GET", "/v1/nothing", nil)
	w.Publish(t, event.Deliveries, "delivery.confirmed", 1, map[string]any{"id": "d", "lines": "none"})
	want := map[string]float64{
		`bitacora_http_requests_total{operation="unit.register",outcome="done",service="asset",status="201"}`:              2,
		`bitacora_http_requests_total{operation="unit.register",outcome="refused",service="asset",status="409"}`:           1,
		`bitacora_http_requests_total{operation="none",outcome="refused",service="asset",status="404"}`:                    1,
		`bitacora_http_request_duration_seconds_count{operation="unit.register",service="asset"}`:                          3,
		`bitacora_http_requests_in_flight{service="asset"}`:                                                                0,
		`bitacora_http_requests_in_flight_limit{service="asset"}`:                                                          256,
		`bitacora_store_call_failures_total{call="apply",collection="units",outcome="refused",service="asset"}`:            1,
		`bitacora_outbox_documents{service="asset"}`:                                                                       0,
		`bitacora_outbox_oldest_seconds{service="asset"}`:                                                                  0,
		`bitacora_relay_events_total{outcome="published",service="asset",topic="bitacora.units"}`:                          2,
		`bitacora_consumer_events_total{consumer="asset.deliveries",outcome="parked",topic="bitacora.deliveries"}`:         1,
		`bitacora_dead_letters{consumer="asset.deliveries"}`:                                                               1,
		`bitacora_dead_letters{consumer="asset.relay"}`:                                                                    0,
		`bitacora_consumer_lag_records{consumer="asset.deliveries",topic="bitacora.deliveries"}`:                           0,
		`bitacora_consumer_lag_seconds{consumer="asset.deliveries"}`:                                                       0,
		`bitacora_store_call_duration_seconds_count{call="published",collection="several",service="asset"}`:                -1,
		`bitacora_store_call_duration_seconds_bucket{call="apply",collection="equipment_types",service="asset",le="+Inf"}`: -1,
		`bitacora_consumer_alive_age_seconds{consumer="asset.deliveries"}`:                                                 -1,
		`process_resident_memory_bytes`:                                                                                    -1,
		`go_goroutines`:                                                                                                    -1,
	}
	// -1 is any value. Gauges are measured now and then.
	var off []string
	defer func() {
		if t.Failed() {
			t.Log(off)
		}
	}()
	servicetest.Eventually(t, "all of it is said", func() bool {
		off = nil
		got := s.Metrics()
		for series, value := range want {
			if is, ok := got[series]; !ok || value >= 0 && is != value {
				off = append(off, fmt.Sprintf("%s is %v (%t), want %v", series, is, ok, value))
			}
		}
		return len(off) == 0
	})
}
