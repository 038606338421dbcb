package app_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/app"
)

// witness is a store that remembers what is written together, and can refuse to write orders.
type witness struct {
	docstore.Driver
	mu       sync.Mutex
	together [][]string
	away     bool
}

func (w *witness) Apply(ctx context.Context, writes []docstore.Write) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for i := range writes {
		names = append(names, writes[i].Collection)
		if w.away && writes[i].Collection == "work_orders" {
			return docstore.ErrUnavailable
		}
	}
	w.together = append(w.together, names)
	return w.Driver.Apply(ctx, writes)
}

// TestAFolioIsDrawnByItself: no transaction holds the series of an office, whose number every one of its orders needs; one that dies, or is
// answered 503, after it has drawn leaves a gap and holds nobody up, and its repeat makes one order.
func TestAFolioIsDrawnByItself(t *testing.T) {
	w := newWorld(t, 1)
	store := &witness{Driver: w.driver}
	s, err := app.New(service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}, service.Deps{Driver: store, Bus: w.bus, Guard: tokens{}, Logger: quiet(),
		Registry: prometheus.NewRegistry(), Version: "test", Now: w.clock})
	w.must(err)
	w.must(errors.Join(s.Store.Migrate(w.ctx), s.Store.Check(w.ctx)))
	w.instances = []*service.Service{s}
	request := j{"unit_id": "BSIST000014", "type": "preventive", "priority": "low", "target": j{"kind": "asset", "asset_id": plant}}
	folio := func(n int) string { return fmt.Sprintf("OT-BAJA-CALIFORNIA-SUR-2025-%06d", n) }

	if o := w.ok(engineer, "POST", "/v1/work-orders", request); o.str("folio") != folio(1) {
		t.Errorf("the first: %s", o.Raw)
	}
	store.away = true
	if a := w.call(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k"); a.Status != 503 {
		t.Fatalf("%s", a.Raw)
	}
	store.away = false
	o := w.ok(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k")
	again := w.ok(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k")
	if o.str("folio") != folio(3) || again.str("id") != o.str("id") || again.str("folio") != folio(3) {
		t.Errorf("the repeat, and its repeat: %s\n%s", o.Raw, again.Raw)
	}
	for _, names := range store.together {
		for _, name := range names {
			if name == "folio_series" && len(names) > 1 {
				t.Errorf("written together: %v", names)
			}
		}
	}
	refused := len(store.together)
	w.refused(422, "target-mismatch", engineer, "POST", "/v1/work-orders", j{"unit_id": "BSIST000014", "type": "preventive", "priority": "low", "target": j{"kind": "asset"}})
	if len(store.together) != refused {
		t.Errorf("what is refused draws a folio: %v", store.together[refused:])
	}
}
