// Package store declares the status service's collections and what may be asked of them.
package store

import (
	"context"
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// Collections are the service's documents.
type Collections struct {
	Units      *Facts[fact.Unit, *fact.Unit]
	Assets     *Facts[fact.Asset, *fact.Asset]
	Stock      *Facts[fact.Stock, *fact.Stock]
	Orders     *Facts[fact.Order, *fact.Order]
	Deliveries *Facts[fact.Delivery, *fact.Delivery]

	UnitStatus  *Documents[status.Unit]
	GroupStatus *Documents[status.Group]
}

// Open declares the collections.
func Open(s *docstore.Store) *Collections {
	groups := docstore.Index{Array: dirtyGroups}
	return &Collections{
		Units:      open[fact.Unit](s, "unit_facts"),
		Assets:     open[fact.Asset](s, "asset_facts"),
		Stock:      open[fact.Stock](s, "stock_facts"),
		Orders:     open[fact.Order](s, "order_facts"),
		Deliveries: open[fact.Delivery](s, "delivery_facts"),
		UnitStatus: &Documents[status.Unit]{docstore.Open(s, docstore.Spec{Name: "unit_status", Aggregate: "unit_status",
			Indexes: []docstore.Index{{Fields: []string{"office"}}, {Fields: []string{"state_code"}}, groups}},
			func(u *status.Unit) []string { return u.Scopes() }), s.Driver(), dirtyGroups, func(u *status.Unit) *[]string { return &u.DirtyGroups },
			func(u *status.Unit) event.Time { return u.AsOf }},
		GroupStatus: &Documents[status.Group]{docstore.Open(s, docstore.Spec{Name: "group_status", Aggregate: "group_status",
			Indexes: []docstore.Index{groups}}, (*status.Group).Scopes), s.Driver(), dirtyGroups, func(g *status.Group) *[]string { return &g.DirtyGroups },
			func(g *status.Group) event.Time { return g.AsOf }},
	}
}

func open[T any, P fact.Of[T]](s *docstore.Store, name string) *Facts[T, P] {
	c := docstore.Open(s, docstore.Spec{Name: name, Aggregate: name,
		Indexes: []docstore.Index{{Fields: []string{"unit_id"}}, {Array: dirtyUnits}}},
		func(f *T) []string { return P(f).About().Scopes() })
	return &Facts[T, P]{Documents[T]{c, s.Driver(), dirtyUnits, func(f *T) *[]string { return &P(f).About().DirtyUnits },
		func(f *T) event.Time { return P(f).About().RecordedAt }}}
}

// Kind is a collection of facts of whatever kind.
type Kind interface {
	Marks
	// About is what all facts have in common of one in the caller's scope, with its version.
	About(ctx context.Context, id string) (*fact.Base, int64, error)
}

// Kinds lists the facts by the name of their aggregate.
func (c *Collections) Kinds() map[string]Kind {
	return map[string]Kind{"unit": c.Units, "asset": c.Assets, "stock_item": c.Stock, "work_order": c.Orders, "delivery": c.Deliveries}
}

// Settled says why the figures do not include all facts that were heard: one of them carries a mark still. Facts whose unit was never heard of
// carry theirs for good.
func (c *Collections) Settled(ctx context.Context) error {
	for _, m := range []Marks{c.Units, c.Assets, c.Stock, c.Orders, c.Deliveries, c.UnitStatus, c.GroupStatus} {
		if left, _, err := m.Marked(caller.AsSystem(ctx, "status.settled"), fact.Any, nil, 1); err != nil {
			return err
		} else if len(left) > 0 {
			return errors.New("the figures do not include everything that was heard yet")
		}
	}
	return nil
}

// Facts are the facts of one kind. Their marks are the units whose figures lack them.
type Facts[T any, P fact.Of[T]] struct{ Documents[T] }

// Keep takes over what was heard, of each thing one version. It returns the marks of all of them that their units' figures lack: of the
// newer ones, written together with the fact, and of those that were there already, whose figures a crash may have left undone.
func (c *Facts[T, P]) Keep(ctx context.Context, heard map[string]docstore.Versioned[T]) ([]Mark, error) {
	if len(heard) == 0 {
		return nil, nil
	}
	marks := make([]Mark, 0, len(heard))
	docs := make([]docstore.Versioned[T], 0, len(heard))
	for id, v := range heard {
		i := len(marks)
		marks = append(marks, Mark{In: c, ID: id, Version: v.Version})
		v.Merge = func(stored, f *T) {
			base, old := P(f).About(), (*fact.Base)(nil)
			if stored != nil {
				old = P(stored).About()
			}
			base.Follow(old)
			marks[i].Dirty = base.DirtyUnits
		}
		docs = append(docs, v)
	}
	newer, err := c.PutManyIfNewer(ctx, docs)
	if err != nil {
		return nil, err
	}
	var known []string
	written := marks[:0:0]
	for i, is := range newer {
		if is {
			written = append(written, marks[i])
		} else {
			known = append(known, marks[i].ID)
		}
	}
	if len(known) == 0 {
		return written, nil
	}
	stored, err := c.LoadMany(ctx, known)
	for id, d := range stored {
		written = append(written, Mark{In: c, ID: id, Version: d.Version, Dirty: P(&d.State).About().DirtyUnits})
	}
	return written, err
}

// About implements Kind.
func (c *Facts[T, P]) About(ctx context.Context, id string) (*fact.Base, int64, error) {
	d, err := c.Load(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return P(&d.State).About(), d.Version, nil
}

// Of calls each for all facts of a unit.
func (c *Facts[T, P]) Of(ctx context.Context, unit string, each func(*T)) error {
	return c.Stream(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", unit)}}, func(d docstore.Doc[T]) error {
		each(&d.State)
		return nil
	})
}
