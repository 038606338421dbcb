package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/tally"
)

// errOvertaken: another recount of the owner is under way, or too many facts changed during this one.
var errOvertaken = errors.New("another recount of the same facts is under way")

// counted are an owner's facts as they were read, by "<kind>/<id>".
type counted map[string]tally.Fact

func (l *Ledger[S, V]) read(ctx context.Context, owner string) (counted, error) {
	c := counted{}
	for name, k := range l.Kinds {
		if err := k.of(ctx, owner, func(id string, f tally.Fact) { c[name+"/"+id] = f }); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (l *Ledger[S, V]) sum(c counted) (tally.Cells, event.Time) {
	sum, s := tally.Cells{}, tally.Sums{}
	for _, f := range c {
		sum.Add(l.Rows(f), 1)
		s.Include(f.At())
	}
	return sum, s.AsOf
}

// Recount counts the facts of an owner and repairs its sums. differed means that they had the present rules and were wrong, which is a defect.
// If no fact of the owner changes meanwhile, the facts are read once, and the document is written only if it differs. Otherwise the document
// collects which facts change (Sums.Touch) while the others are read, and those are read again at the end, so that a recount ends however
// busy the owner is.
func (l *Ledger[S, V]) Recount(ctx context.Context, owner string) (differed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, workTimeout)
	defer cancel()
	before, err := l.Sums.Load(ctx, owner)
	if err != nil {
		return false, err
	}
	c, err := l.read(ctx, owner)
	if err != nil {
		return false, err
	}
	if sum, _ := l.sum(c); l.Of(&before.State).Rules == l.Rules && sum.Equal(l.Of(&before.State).Cells) {
		l.show(before)
		return false, nil
	}
	differed, err = l.save(ctx, owner, c, func(d *docstore.Doc[S]) error {
		if d.Version != before.Version {
			return errOvertaken
		}
		return nil
	})
	if !errors.Is(err, errOvertaken) {
		return differed, err
	}
	return l.recountBusy(ctx, owner)
}

// recountBusy recounts while facts of the owner change.
func (l *Ledger[S, V]) recountBusy(ctx context.Context, owner string) (differed bool, err error) {
	id := l.Store.NewID()
	err = l.change(ctx, owner, func(e *entry[S, V]) error {
		s, now := e.sums(owner), l.Store.Now()
		if s.Recount != nil && now.Sub(s.Recount.Since.Time).Abs() < workTimeout+time.Second {
			return errOvertaken
		}
		s.Recount = &tally.Recount{ID: id, Since: now}
		return nil
	})
	if err != nil {
		return false, err
	}
	c, err := l.read(ctx, owner)
	if err != nil {
		return false, err
	}
	return l.save(ctx, owner, c, func(d *docstore.Doc[S]) error {
		r := l.Of(&d.State).Recount
		if r == nil || r.ID != id {
			return errOvertaken
		}
		return l.reread(ctx, owner, c, r.Touched)
	})
}

// reread reads the facts that changed again. It reads outside of the Atomic that calls it, which is safe: a fact changes only together with the
// owner's document, on which the Atomic then fails.
func (l *Ledger[S, V]) reread(ctx context.Context, owner string, c counted, touched []string) error {
	for name, k := range l.Kinds {
		var ids []string
		for _, t := range touched {
			if len(t) > len(name) && t[:len(name)] == name && t[len(name)] == '/' {
				ids = append(ids, t[len(name)+1:])
			}
		}
		for part := range slices.Chunk(ids, page) {
			found, err := k.load(ctx, part)
			if err != nil {
				return err
			}
			for _, id := range part {
				delete(c, name+"/"+id)
				if f, there := found[id]; there && f.fact.Owner() == owner {
					c[name+"/"+id] = f.fact
				}
			}
		}
	}
	return nil
}

// save writes what was counted, unless check returns an error.
func (l *Ledger[S, V]) save(ctx context.Context, owner string, c counted, check func(*docstore.Doc[S]) error) (differed bool, err error) {
	err = l.change(ctx, owner, func(e *entry[S, V]) error {
		s := e.sums(owner)
		if err := check(e.docs[owner]); err != nil {
			return err
		}
		sum, asOf := l.sum(c)
		differed = s.Rules == l.Rules && !sum.Equal(s.Cells)
		if differed {
			l.Log.ErrorContext(ctx, "sums differed from the facts and were repaired", "owner", owner, "differences", differences(s.Cells, sum))
		}
		for _, f := range c {
			l.Describe(&e.docs[owner].State, f)
		}
		s.Cells, s.Rules, s.Recount = sum, l.Rules, nil
		s.Include(asOf)
		return nil
	})
	if err == nil && differed {
		l.metrics.repaired.Inc()
	}
	return differed && err == nil, err
}

// change writes what do changes in an owner's document.
func (l *Ledger[S, V]) change(ctx context.Context, owner string, do func(*entry[S, V]) error) error {
	var e *entry[S, V]
	err := l.Store.Atomic(ctx, func(ctx context.Context) error {
		e = &entry[S, V]{l: l, docs: map[string]*docstore.Doc[S]{}, changed: map[string]bool{}}
		if err := e.load(ctx, owner); err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
		return e.write(ctx)
	})
	if err != nil {
		return fmt.Errorf("recount %s: %w", owner, err)
	}
	e.published()
	return nil
}

// Doubt marks the sums of owners, which may lack a fact recorded at this instant, so that Run recounts them.
func (l *Ledger[S, V]) Doubt(ctx context.Context, at event.Time, owners ...string) error {
	for _, owner := range owners {
		err := l.change(ctx, owner, func(e *entry[S, V]) error {
			s := e.sums(owner)
			s.Rules = 0
			s.Doubt(at)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func differences(had, counted tally.Cells) map[string]int64 {
	out := tally.Cells{}
	for cell, n := range counted {
		out.Add([]tally.Row{{Cell: cell, N: n}}, 1)
	}
	for cell, n := range had {
		out.Add([]tally.Row{{Cell: cell, N: n}}, -1)
	}
	return out
}

// check recounts one owner after another until ctx ends.
func (l *Ledger[S, V]) check(ctx context.Context) {
	tick := time.NewTicker(l.Pace)
	defer tick.Stop()
	var owners []string
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if len(owners) == 0 {
			l.Fold.Each(func(id string, _ tally.Member[V]) { owners = append(owners, id) })
			slices.Sort(owners)
			continue
		}
		owner := owners[0]
		owners = owners[1:]
		if _, err := l.Recount(ctx, owner); err != nil && ctx.Err() == nil && !errors.Is(err, errOvertaken) {
			l.Log.WarnContext(ctx, "sums cannot be checked now", "owner", owner, "error", err)
		}
	}
}
