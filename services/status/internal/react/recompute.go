package react

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

const (
	// jobsAtOnce is how many units or groups that wait together are written together.
	jobsAtOnce = 32
	// jobTimeout bounds the recomputation of those.
	jobTimeout = time.Minute
	// sweepEvery is how soon any process finds what another left behind.
	sweepEvery = time.Second
	// sweepPage is how many marks of each collection one sweep looks at.
	sweepPage = 500
	// rulesPage is how many figures one sweep looks at whose rules may not be the present ones: a nation's in a quarter of a minute.
	rulesPage = 100
)

// Run works figures out until ctx ends. Units go beside groups, so that no unit waits for a sum over a state. What is unavailable is
// tried again for ever; what fails otherwise is logged, and the sweep comes back to it.
func (f *Figures) Run(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, "status.figures")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { f.work(ctx, f.units, f.recomputeUnits); return nil })
	g.Go(func() error { f.work(ctx, f.groups, f.recomputeGroups); return nil })
	g.Go(func() error { f.sweep(ctx); return nil })
	return g.Wait()
}

// work does the jobs of a queue, those that are there together.
func (f *Figures) work(ctx context.Context, q *queue, do func(context.Context, []*job) (overtaken []string, err error)) {
	patience := consume.NewPatience(20*time.Millisecond, 5*time.Second)
	for {
		jobs := q.next(ctx, jobsAtOnce)
		if len(jobs) == 0 {
			return
		}
		overtaken, err := attempt(ctx, jobs, do)
		switch {
		case ctx.Err() != nil:
			return // the marks are where they were
		case err == nil:
			patience.Reset()
			q.again(slices.DeleteFunc(jobs, func(j *job) bool { return !slices.Contains(overtaken, j.id) })...)
		case errors.Is(err, docstore.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
			q.again(jobs...)
			f.log.WarnContext(ctx, "figures must wait", "error", err)
			_ = patience.Wait(ctx) // its error is ctx's, which the loop sees
		case len(jobs) > 1:
			f.log.WarnContext(ctx, "figures are worked out one by one", "error", err)
			f.apart(ctx, q, jobs, do)
		default:
			f.log.ErrorContext(ctx, "figures cannot be worked out", "of", jobs[0].id, "error", err)
		}
	}
}

// apart does each job for itself, so that one that fails keeps no other from being done.
func (f *Figures) apart(ctx context.Context, q *queue, jobs []*job, do func(context.Context, []*job) ([]string, error)) {
	for _, j := range jobs {
		switch overtaken, err := attempt(ctx, []*job{j}, do); {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.log.ErrorContext(ctx, "figures cannot be worked out", "of", j.id, "error", err)
		case len(overtaken) > 0:
			q.again(j)
		}
	}
}

func attempt(ctx context.Context, jobs []*job, do func(context.Context, []*job) ([]string, error)) (overtaken []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx, jobs)
}

func ids(jobs []*job) []string {
	out := make([]string, len(jobs))
	for i, j := range jobs {
		out[i] = j.id
	}
	return out
}

// recomputeUnits works the figures of units out. The order of its steps is what the package's comment is about.
func (f *Figures) recomputeUnits(ctx context.Context, jobs []*job) (overtaken []string, err error) {
	stored, err := f.c.UnitStatus.LoadMany(ctx, ids(jobs))
	if err != nil {
		return nil, err
	}
	known, err := f.c.Units.LoadMany(ctx, ids(jobs))
	if err != nil {
		return nil, err
	}
	marks := map[string][]store.Mark{}
	var docs []docstore.Versioned[status.Unit]
	for _, j := range jobs {
		u, old := known[j.id], stored[j.id]
		if u == nil {
			continue // its marks wait for it
		}
		version := int64(0)
		if old != nil {
			version = old.Version
		}
		j.ask = j.ask || old == nil // facts may have waited for the unit
		if marks[j.id], err = f.marksOf(ctx, j, j.id, f.factKinds()...); err != nil {
			return nil, err
		}
		s := status.NewUnit(&u.State)
		if err := f.count(ctx, s); err != nil {
			return nil, err
		}
		docs = append(docs, docstore.Versioned[status.Unit]{ID: j.id, Version: version + 1, State: s})
	}
	left, overtaken, err := f.c.PutUnits(ctx, docs)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		f.metrics.include(ofUnits, d.State.AsOf)
	}
	return overtaken, f.written(ctx, left, overtaken, marks)
}

// written hands on the marks that new figures left, and clears those of what they include.
func (f *Figures) written(ctx context.Context, left []store.Mark, overtaken []string, marks map[string][]store.Mark) error {
	f.groups.add(left...)
	for _, id := range overtaken {
		delete(marks, id)
	}
	err := store.Unmark(ctx, marks)
	f.arrivals.Notify()
	return err
}

// count adds all facts of a unit.
func (f *Figures) count(ctx context.Context, s *status.Unit) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return count(ctx, f.c.Assets, s, &mu, s.AddAsset) })
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

// recomputeGroups works the figures of offices, states and the nation out, in the same order of steps.
func (f *Figures) recomputeGroups(ctx context.Context, jobs []*job) (overtaken []string, err error) {
	stored, err := f.c.GroupStatus.LoadMany(ctx, ids(jobs))
	if err != nil {
		return nil, err
	}
	marks := map[string][]store.Mark{}
	var docs []docstore.Versioned[status.Group]
	for _, j := range jobs {
		key, in := j.id, store.Marks(f.c.UnitStatus)
		if j.id == status.Nation {
			key, in = fact.Any, f.c.GroupStatus // an element "nation" is not indexed by all stores
		}
		if marks[j.id], err = f.marksOf(ctx, j, key, in); err != nil {
			return nil, err
		}
		g, err := f.c.Sum(ctx, j.id)
		if err != nil {
			return nil, err
		}
		version := int64(0)
		if old := stored[j.id]; old != nil {
			version = old.Version
		}
		docs = append(docs, docstore.Versioned[status.Group]{ID: j.id, Version: version + 1, State: g})
	}
	left, overtaken, err := f.c.PutGroups(ctx, docs)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		f.metrics.include(projectionOf(d.ID), d.State.AsOf)
	}
	return overtaken, f.written(ctx, left, overtaken, marks)
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
