package ledger

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

const (
	// period is the unit of Sums.Changed.
	period = time.Second
	// pollEvery is the interval of polls for other processes' changes. A poll reads the changes of the last near, every farEvery-th those of
	// the last far, more than twice the longest transaction; both also those up to ahead of now, for other clocks that are fast.
	pollEvery = time.Second
	near      = 3 * period
	far       = 150 * time.Second
	ahead     = 2 * period
	farEvery  = 30
	page      = 200
	// workTimeout bounds one poll, and one recount of an owner.
	workTimeout = time.Minute
)

func periodOf(at time.Time) int64 { return at.UnixNano() / int64(period) }

// Run polls for other processes' changes, recounts sums of other rules, and checks all owners, until ctx ends; then it returns nil.
func (l *Ledger[S, V]) Run(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, "ledger")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { l.pollAll(ctx); return nil })
	g.Go(func() error { l.recountAll(ctx); return nil })
	g.Go(func() error { l.check(ctx); return nil })
	return g.Wait()
}

// Loaded reports whether all owners are in the fold. Before that, sums of groups are incomplete.
func (l *Ledger[S, V]) Loaded() bool { return l.loaded.Load() > 0 }

func (l *Ledger[S, V]) pollAll(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		err := l.refresh(ctx, n)
		switch {
		case err != nil && ctx.Err() == nil:
			l.Log.WarnContext(ctx, "changes of sums cannot be read", "error", err)
		case err == nil:
			l.polled.Store(l.Store.Now().UnixNano())
		}
		if !l.Loaded() {
			n = -1
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (l *Ledger[S, V]) refresh(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, workTimeout)
	defer cancel()
	if !l.Loaded() {
		if err := l.Sums.Stream(ctx, docstore.Query{}, func(d docstore.Doc[S]) error { l.show(&d); return nil }); err != nil {
			return err
		}
		l.loaded.Store(1)
		l.Changed()
		return nil
	}
	if n%farEvery == 1 {
		return l.poll(ctx, far)
	}
	return l.poll(ctx, near)
}

// Poll puts into the fold what other processes wrote within the last second.
func (l *Ledger[S, V]) Poll(ctx context.Context) error {
	return l.poll(caller.AsSystem(ctx, "ledger"), period)
}

// poll puts into the fold the documents of sums that were written within the last back.
func (l *Ledger[S, V]) poll(ctx context.Context, back time.Duration) error {
	now := l.Store.Now()
	cond := docstore.Condition{Field: changedField}
	for p, last := periodOf(now.Add(-back)), periodOf(now.Add(ahead)); p <= last; p++ {
		cond.In = append(cond.In, p)
	}
	moved := false
	err := l.pages(ctx, cond, func(d *docstore.Doc[S]) error {
		moved = moved || l.Fold.Version(d.ID) < d.Version
		l.show(d)
		return nil
	})
	if moved {
		l.Changed()
	}
	return err
}

// Fetch loads the documents of owners, puts them into the fold and returns them; those that do not exist are absent.
func (l *Ledger[S, V]) Fetch(ctx context.Context, owners ...string) (map[string]*docstore.Doc[S], error) {
	found, err := l.Sums.LoadMany(caller.AsSystem(ctx, "ledger"), owners)
	for _, d := range found {
		l.show(d)
	}
	return found, err
}

func (l *Ledger[S, V]) pages(ctx context.Context, cond docstore.Condition, each func(*docstore.Doc[S]) error) error {
	q := docstore.Query{Where: []docstore.Condition{cond}, Limit: page}
	for {
		found, err := l.Sums.Find(ctx, q)
		if err != nil {
			return err
		}
		for i := range found.Docs {
			if err := each(&found.Docs[i]); err != nil {
				return err
			}
		}
		if q.After = found.Next; q.After == nil {
			return nil
		}
	}
}

// recountAll recounts the owners whose sums have other rules, until ctx ends: all of them after an upgrade, and those that pods of the previous
// release write beside this one.
func (l *Ledger[S, V]) recountAll(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	backoff := consume.NewBackoff(pollEvery/10, 5*time.Second)
	for ctx.Err() == nil {
		err := l.recountOld(ctx)
		if err != nil && ctx.Err() == nil {
			if !errors.Is(err, errOvertaken) {
				l.Log.WarnContext(ctx, "sums cannot be recounted yet", "error", err)
			}
			_ = backoff.Wait(ctx) // its error is ctx's, which the loop sees
			continue
		}
		backoff.Reset()
		select {
		case <-tick.C:
		case <-l.wake:
		case <-ctx.Done():
		}
	}
}

func (l *Ledger[S, V]) recountOld(ctx context.Context) error {
	// Documents of other releases have a lower number, or none.
	cond := docstore.Condition{Field: rulesField, In: []any{nil}}
	for r := range l.Rules {
		cond.In = append(cond.In, r)
	}
	var failed error
	err := l.pages(ctx, cond, func(d *docstore.Doc[S]) error {
		_, err := l.Recount(ctx, d.ID)
		if err != nil && !errors.Is(err, docstore.ErrUnavailable) && ctx.Err() == nil {
			failed = errors.Join(failed, err) // the others are recounted
			return nil
		}
		return err
	})
	return errors.Join(err, failed)
}
