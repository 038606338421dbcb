package docstoretest

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testAbsentInAtomic: "change it, or make it if there is none" is safe for many at once: each that loses finds what the winner made.
// The replicas are stores of their own, so that no lock orders them.
func testAbsentInAtomic(t *testing.T, e *env) {
	const replicas, each = 8, 5
	ctx := system(t)
	var g errgroup.Group
	for range replicas {
		store := docstore.NewStore(e.driver, docstore.Options{Now: e.now})
		things, _ := openThings(store)
		g.Go(func() error {
			for range each {
				err := store.Atomic(ctx, func(ctx context.Context) error {
					err := things.Update(ctx, "counter", func(c *thing) ([]event.Event, error) { c.Count++; return nil, nil })
					if errors.Is(err, docstore.ErrNotFound) {
						return things.Insert(ctx, "counter", &thing{ID: "counter", Count: 1})
					}
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, g.Wait())
	got, err := e.things.Get(ctx, "counter")
	must(t, err)
	if got.Count != replicas*each {
		t.Errorf("%d were counted of %d", got.Count, replicas*each)
	}
}
