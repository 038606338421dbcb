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

// errOvertaken: somebody else counts the same owner, or too much has changed meanwhile.
var errOvertaken = errors.New("another count of the same facts is under way")

// counted are an owner's facts as they were read.
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

// Count counts the facts of an owner and mends its sums where they differ; differed says that they were said to be right, and were not.
// While nothing changes the owner it is read once, and written only if there is a difference. Else the document notes which facts change
// while the others are read, and those are read at the end, so that the count ends however busy the owner is.
func (l *Ledger[S, V]) Count(ctx context.Context, owner string) (differed bool, err error) {
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
	if sum, _ := l.sum(c); l.Of(&before.State).Rules == l.Rules && sum.Same(l.Of(&before.State).Cells) {
		l.show(before)
		return false, nil
	}
	differed, err = l.enter(ctx, owner, c, func(d *docstore.Doc[S]) error {
		if d.Version != before.Version {
			return errOvertaken
		}
		return nil
	})
	if !errors.Is(err, errOvertaken) {
		return differed, err
	}
	return l.countBeside(ctx, owner)
}

// countBeside counts while the owner changes.
func (l *Ledger[S, V]) countBeside(ctx context.Context, owner string) (differed bool, err error) {
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
	return l.enter(ctx, owner, c, func(d *docstore.Doc[S]) error {
		r := l.Of(&d.State).Recount
		if r == nil || r.ID != id {
			return errOvertaken
		}
		return l.reread(ctx, owner, c, r.Touched)
	})
}

// reread brings facts that changed up to date. It reads outside the Atomic in which it is called: that holds only if the owner does not
// change, and with it none of its facts.
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

// enter writes what was counted, once check has nothing against it.
func (l *Ledger[S, V]) enter(ctx context.Context, owner string, c counted, check func(*docstore.Doc[S]) error) (differed bool, err error) {
	err = l.change(ctx, owner, func(e *entry[S, V]) error {
		s := e.sums(owner)
		if err := check(e.docs[owner]); err != nil {
			return err
		}
		sum, asOf := l.sum(c)
		differed = s.Rules == l.Rules && !sum.Same(s.Cells)
		if differed {
			l.Log.ErrorContext(ctx, "sums differed from the facts and were mended", "owner", owner, "differences", differences(s.Cells, sum))
		}
		for _, f := range c {
			l.Describe(&e.docs[owner].State, f)
		}
		s.Cells, s.Rules, s.Recount = sum, l.Rules, nil
		s.Include(asOf)
		return nil
	})
	if err == nil && differed {
		l.metrics.mended.Inc()
	}
	return differed && err == nil, err
}

// change writes an owner's document, if it is there or do makes it.
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
		return fmt.Errorf("count of %s: %w", owner, err)
	}
	e.published()
	return nil
}

// Doubt has the sums of owners counted anew, which may lack a change of that instant.
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

// check counts one owner after another, for ever.
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
		if _, err := l.Count(ctx, owner); err != nil && ctx.Err() == nil && !errors.Is(err, errOvertaken) {
			l.Log.WarnContext(ctx, "sums cannot be checked now", "owner", owner, "error", err)
		}
	}
}
