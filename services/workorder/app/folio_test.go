package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
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
	w.instances = []*servicetest.Service{w.Start(t, app.New, store)}
	request := j{"unit_id": "BSIST000014", "type": "preventive", "priority": "low", "target": j{"kind": "asset", "asset_id": plant}}
	folio := func(n int) string { return fmt.Sprintf("OT-BAJA-CALIFORNIA-SUR-2025-%06d", n) }

	if o := w.ok(engineer, "POST", "/v1/work-orders", request); o.Text("folio") != folio(1) {
		t.Errorf("the first: %s", o.Body)
	}
	store.away = true
	if a := w.call(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k"); a.Status != 503 {
		t.Fatalf("%s", a.Body)
	}
	store.away = false
	o := w.ok(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k")
	again := w.ok(engineer, "POST", "/v1/work-orders", request, "Idempotency-Key", "k")
	if o.Text("folio") != folio(3) || again.Text("id") != o.Text("id") || again.Text("folio") != folio(3) {
		t.Errorf("the repeat, and its repeat: %s\n%s", o.Body, again.Body)
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
