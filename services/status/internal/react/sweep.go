package react

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// sweep looks, now and then, for marks that nobody in this process knows of.
func (f *Figures) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	at := map[store.Marks]*docstore.Position{}
	for {
		if err := f.look(ctx, at); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "cannot look for figures to work out", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look queues a page of the marks of each collection. It takes up where the look before ended, so that its cost is bounded however many
// facts wait for their unit.
func (f *Figures) look(ctx context.Context, at map[store.Marks]*docstore.Position) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	next := func(c store.Marks, q *queue) error {
		marks, after, err := c.Marked(ctx, fact.Any, at[c], sweepPage)
		if err != nil {
			return err
		}
		at[c] = after
		q.add(marks...)
		return nil
	}
	for _, c := range f.factKinds() {
		if err := next(c, f.units); err != nil {
			return err
		}
	}
	if err := next(f.c.UnitStatus, f.groups); err != nil {
		return err
	}
	return next(f.c.GroupStatus, f.groups)
}
