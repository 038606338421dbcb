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
	// period is what the instants of changes are rounded to.
	period = time.Second
	// lookEvery is how often changes of other processes are looked for. A look goes back near, every farEvery-th far, which is more than
	// twice as long as a transaction may take; both go ahead, for a clock that is fast.
	lookEvery = time.Second
	near      = 3 * period
	far       = 150 * time.Second
	ahead     = 2 * period
	farEvery  = 30
	page      = 200
	// workTimeout bounds one look, and one count of an owner's facts.
	workTimeout = time.Minute
)

func periodOf(at time.Time) int64 { return at.UnixNano() / int64(period) }

// Run looks for what other processes change, counts anew what is to be, and checks, until ctx ends.
func (l *Ledger[S, V]) Run(ctx context.Context) error {
	ctx = caller.AsSystem(ctx, "ledger")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { l.follow(ctx); return nil })
	g.Go(func() error { l.countAnew(ctx); return nil })
	g.Go(func() error { l.check(ctx); return nil })
	return g.Wait()
}

// Loaded says whether all owners are in the fold.
func (l *Ledger[S, V]) Loaded() bool { return l.loaded.Load() > 0 }

func (l *Ledger[S, V]) follow(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		err := l.refresh(ctx, n)
		switch {
		case err != nil && ctx.Err() == nil:
			l.Log.WarnContext(ctx, "changes of sums cannot be read", "error", err)
		case err == nil:
			l.looked.Store(l.Store.Now().UnixNano())
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
		return l.look(ctx, far)
	}
	return l.look(ctx, near)
}

// Look fetches what other processes have just written.
func (l *Ledger[S, V]) Look(ctx context.Context) error {
	return l.look(caller.AsSystem(ctx, "ledger"), period)
}

// look fetches the documents of sums that were written within the time before now.
func (l *Ledger[S, V]) look(ctx context.Context, back time.Duration) error {
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

// Fetch puts the present documents of owners into the fold, and answers them.
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

// countAnew counts the owners whose sums are of other rules, for ever: all of them after an upgrade, and those that pods of the release
// before write beside this one.
func (l *Ledger[S, V]) countAnew(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	backoff := consume.NewBackoff(lookEvery/10, 5*time.Second)
	for ctx.Err() == nil {
		err := l.anew(ctx)
		if err != nil && ctx.Err() == nil {
			if !errors.Is(err, errOvertaken) {
				l.Log.WarnContext(ctx, "sums cannot be counted anew yet", "error", err)
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

func (l *Ledger[S, V]) anew(ctx context.Context) error {
	// What this release writes has its number, so others are below it, or absent.
	cond := docstore.Condition{Field: rulesField, In: []any{nil}}
	for r := range l.Rules {
		cond.In = append(cond.In, r)
	}
	var failed error
	err := l.pages(ctx, cond, func(d *docstore.Doc[S]) error {
		_, err := l.Count(ctx, d.ID)
		if err != nil && !errors.Is(err, docstore.ErrUnavailable) && ctx.Err() == nil {
			failed = errors.Join(failed, err) // one that fails keeps no other from being counted
			return nil
		}
		return err
	})
	return errors.Join(err, failed)
}
