package react

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

const (
	// jobTimeout bounds one recomputation.
	jobTimeout = 30 * time.Second
	// sweepEvery is how soon any process finds what another left behind.
	sweepEvery = time.Second
	// sweepPage is how many marks of each collection one sweep looks at.
	sweepPage = 500
)

// Run works figures out until ctx ends. Units go beside groups, so that no unit waits for a sum over a state. What is unavailable is
// tried again for ever; what fails otherwise is logged, and the sweep comes back to it.
func (f *Figures) Run(ctx context.Context) error {
	ctx = docstore.AsSystem(ctx, "status.figures")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { f.work(ctx, f.units, f.unit); return nil })
	g.Go(func() error { f.work(ctx, f.groups, f.group); return nil })
	g.Go(func() error { f.sweep(ctx); return nil })
	return g.Wait()
}

func (f *Figures) work(ctx context.Context, q *queue, do func(context.Context, *job) error) {
	patience := consume.NewPatience(20*time.Millisecond, 5*time.Second)
	for {
		j := q.next(ctx)
		if j == nil {
			return
		}
		err := attempt(ctx, j, do)
		switch {
		case err == nil:
			patience.Reset()
		case ctx.Err() != nil:
			return // the marks are where they were
		case errors.Is(err, store.ErrOvertaken):
			q.again(j)
		case errors.Is(err, docstore.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
			q.again(j)
			f.log.WarnContext(ctx, "figures must wait", "of", j.id, "error", err)
			_ = patience.Wait(ctx) // its error is ctx's, which the loop sees
		default:
			f.log.ErrorContext(ctx, "figures cannot be worked out", "of", j.id, "error", err)
		}
	}
}

func attempt(ctx context.Context, j *job, do func(context.Context, *job) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx, j)
}

// unit works the figures of a unit out. The order of its steps is what the package's comment is about.
func (f *Figures) unit(ctx context.Context, j *job) error {
	marks, err := f.marksOf(ctx, j, j.id, f.factKinds()...)
	if err != nil {
		return err
	}
	version, _, err := store.Version(ctx, f.c.UnitStatus.Collection, j.id)
	if err != nil {
		return err
	}
	u, err := f.c.Units.Get(ctx, j.id)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil // the marks wait for it
	}
	if err != nil {
		return err
	}
	if version == 0 && !j.ask { // facts may have waited for the unit
		j.ask = true
		if marks, err = f.marksOf(ctx, j, j.id, f.factKinds()...); err != nil {
			return err
		}
	}
	s := status.NewUnit(u)
	if err := f.count(ctx, s); err != nil {
		return err
	}
	left, err := f.c.PutUnit(ctx, s, version)
	if err != nil {
		return err
	}
	f.groups.add(left)
	err = store.Unmark(ctx, marks, j.id)
	f.arrivals.Notify()
	return err
}

// count adds all facts of a unit.
func (f *Figures) count(ctx context.Context, s *status.Unit) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return count(ctx, f.c.Assets, s, &mu, s.Figures.AddAsset) })
	g.Go(func() error { return count(ctx, f.c.Stock, s, &mu, s.Figures.AddStock) })
	g.Go(func() error { return count(ctx, f.c.Orders, s, &mu, s.Figures.AddOrder) })
	g.Go(func() error { return count(ctx, f.c.Deliveries, s, &mu, s.Figures.AddDelivery) })
	return g.Wait()
}

func count[T any, P fact.Of[T]](ctx context.Context, c *store.Facts[T, P], s *status.Unit, mu *sync.Mutex, add func(*T)) error {
	return c.Of(ctx, s.ID, func(v *T) {
		mu.Lock()
		defer mu.Unlock()
		add(v)
		s.Include(P(v).About().RecordedAt)
	})
}

// group works the figures of an office, a state or the nation out.
func (f *Figures) group(ctx context.Context, j *job) error {
	key, in := j.id, store.Marks(f.c.UnitStatus)
	if j.id == status.Nation {
		key, in = fact.Any, f.c.GroupStatus // an element "nation" is not indexed by all stores
	}
	marks, err := f.marksOf(ctx, j, key, in)
	if err != nil {
		return err
	}
	version, _, err := store.Version(ctx, f.c.GroupStatus.Collection, j.id)
	if err != nil {
		return err
	}
	g, err := f.c.Sum(ctx, j.id)
	if err != nil {
		return err
	}
	left, err := f.c.PutGroup(ctx, g, version)
	if err != nil {
		return err
	}
	f.groups.add(left)
	err = store.Unmark(ctx, marks, j.id)
	f.arrivals.Notify()
	return err
}

// marksOf are the marks to clear once j is done: those that came with it, or all that are there now when some may not have.
func (f *Figures) marksOf(ctx context.Context, j *job, key string, in ...store.Marks) (marks []store.Mark, err error) {
	if !j.ask {
		return j.marks, nil
	}
	for _, c := range in {
		for after, more := (*docstore.Position)(nil), true; more; more = after != nil {
			var page []store.Mark
			if page, after, err = c.Marked(ctx, key, after, sweepPage); err != nil {
				return nil, err
			}
			marks = append(marks, page...)
		}
	}
	return marks, nil
}

func (f *Figures) factKinds() []store.Marks {
	return []store.Marks{f.c.Units, f.c.Assets, f.c.Stock, f.c.Orders, f.c.Deliveries}
}
