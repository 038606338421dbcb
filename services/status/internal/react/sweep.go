package react

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// sweep looks, now and then, for marks that nobody in this process knows of.
func (f *Figures) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	rounds := map[store.Marks]*round{f.c.UnitStatus: {}, f.c.GroupStatus: {}}
	for _, c := range f.factKinds() {
		rounds[c] = &round{}
	}
	recalled := false
	var ruled outdated
	for {
		err := f.look(ctx, rounds)
		if err == nil {
			err = f.lookForRules(ctx, &ruled)
		}
		if err == nil && !recalled {
			err = f.recall(ctx)
			recalled = err == nil
		}
		if err != nil && ctx.Err() == nil {
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
func (f *Figures) look(ctx context.Context, rounds map[store.Marks]*round) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	next := func(c store.Marks, q *queue) error {
		r := rounds[c]
		marks, after, err := c.Marked(ctx, fact.Any, r.after, sweepPage)
		if err != nil {
			return err
		}
		r.after = after
		r.see(marks)
		q.add(marks...)
		return nil
	}
	facts := make([]*round, 0, len(rounds))
	for _, c := range f.factKinds() {
		if err := next(c, f.units); err != nil {
			return err
		}
		facts = append(facts, rounds[c])
	}
	f.metrics.lag(ofUnits, facts...)
	if err := next(f.c.UnitStatus, f.groups); err != nil {
		return err
	}
	f.metrics.lag(ofGroups, rounds[f.c.UnitStatus])
	if err := next(f.c.GroupStatus, f.groups); err != nil {
		return err
	}
	f.metrics.lag(ofNation, rounds[f.c.GroupStatus])
	return nil
}

// outdated is where the look for figures of other rules goes on.
type outdated struct{ units, groups *docstore.Position }

// lookForRules queues, a page at a time and for ever, the figures that were worked out by other rules than the present ones: all of them
// after an upgrade, and those that a pod of the release before writes beside this one.
func (f *Figures) lookForRules(ctx context.Context, at *outdated) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	units, after, err := store.Outdated(ctx, f.c.UnitStatus, at.units, rulesPage)
	if err != nil {
		return err
	}
	at.units = after
	f.units.anew(units...)
	groups, after, err := store.Outdated(ctx, f.c.GroupStatus, at.groups, rulesPage)
	if err != nil {
		return err
	}
	at.groups = after
	f.groups.anew(groups...)
	return nil
}

// recall tells the metrics of the figures that were there before this process.
func (f *Figures) recall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	err := f.c.UnitStatus.Stream(ctx, docstore.Query{}, func(d docstore.Doc[status.Unit]) error {
		f.metrics.include(ofUnits, d.State.AsOf)
		return nil
	})
	if err != nil {
		return err
	}
	return f.c.GroupStatus.Stream(ctx, docstore.Query{}, func(d docstore.Doc[status.Group]) error {
		f.metrics.include(projectionOf(d.ID), d.State.AsOf)
		return nil
	})
}

func projectionOf(group string) string {
	if group == status.Nation {
		return ofNation
	}
	return ofGroups
}
