package react

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// The release before stores facts without adding them to sums: it marks the units that lack them, counts those anew and takes the marks
// away. Its counts are found by the rules that they lack (ledger). What is left here is a mark whose process ended before it counted: the
// unit is counted anew, and the mark taken away. Marks are also heeded when a fact is replaced (tally.Fact.Doubtful).

// upgradeEvery is how often marks are looked for: pods of the release before may still run, or run again after a rollback.
const upgradeEvery = 10 * time.Second

// Upgrade does that.
type Upgrade struct {
	look []func(context.Context) error
	log  *slog.Logger
	// done says that it was done once.
	done atomic.Bool
}

// NewUpgrade is the Upgrade of figures over collections.
func NewUpgrade(f *Figures, c *store.Collections, log *slog.Logger) *Upgrade {
	return &Upgrade{log: log, look: []func(context.Context) error{marked(f, c.Units), marked(f, c.Assets), marked(f, c.Stock), marked(f, c.Orders),
		marked(f, c.Deliveries)}}
}

func (u *Upgrade) once(ctx context.Context) error {
	for _, look := range u.look {
		if err := look(caller.AsSystem(ctx, "status.upgrade")); err != nil {
			return err
		}
	}
	u.done.Store(true)
	return nil
}

// Run does it from time to time until ctx ends.
func (u *Upgrade) Run(ctx context.Context) error {
	tick := time.NewTicker(upgradeEvery)
	defer tick.Stop()
	for {
		if err := u.once(ctx); err != nil && ctx.Err() == nil {
			u.log.WarnContext(ctx, "cannot look for facts that the release before did not count", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Ahead does it ahead of the first batch that a handler is given: a unit that is heard of then has all its facts.
func (u *Upgrade) Ahead(handle func(context.Context, []event.Envelope) error) func(context.Context, []event.Envelope) error {
	return func(ctx context.Context, batch []event.Envelope) error {
		if !u.done.Load() {
			if err := u.once(ctx); err != nil {
				return err
			}
		}
		return handle(ctx, batch)
	}
}

func marked[T any, P interface {
	*T
	About() *fact.Base
}](f *Figures, c *docstore.Collection[T]) func(context.Context) error {
	return func(ctx context.Context) error {
		q := docstore.Query{Where: []docstore.Condition{docstore.Eq(store.DirtyUnits, fact.AnyMark)}, Limit: 200}
		for {
			found, err := c.Find(ctx, q)
			if err != nil {
				return err
			}
			for _, d := range found.Docs {
				b := P(&d.State).About()
				if err := f.Doubt(ctx, b.RecordedAt, b.Doubtful()...); err != nil {
					return err
				}
				if _, err := c.UpdateInPlace(ctx, d.ID, d.Version, func(v *T) { P(v).About().DirtyUnits = nil }); err != nil {
					return err
				}
			}
			if q.After = found.Next; q.After == nil {
				return nil
			}
		}
	}
}
