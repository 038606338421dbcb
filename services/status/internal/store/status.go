package store

import (
	"context"
	"errors"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// PutUnits writes figures of units, each one version further than those that were read before its facts were, unless there are others
// by now: overtaken lists the units whose figures are to be worked out again. left are the marks of those written.
func (c *Collections) PutUnits(ctx context.Context, units []docstore.Versioned[status.Unit]) (left []Mark, overtaken []string, err error) {
	return put(ctx, c.UnitStatus, units, (*status.Unit).Follow)
}

// PutGroups is PutUnits for groups.
func (c *Collections) PutGroups(ctx context.Context, groups []docstore.Versioned[status.Group]) (left []Mark, overtaken []string, err error) {
	return put(ctx, c.GroupStatus, groups, (*status.Group).Follow)
}

// put writes whole documents. It is not an Update, which writes the fields that differ: marks that somebody cleared between its reading
// and its writing would stay cleared, though the figures beside them are new.
func put[T any](ctx context.Context, c *Documents[T], docs []docstore.Versioned[T], follow func(state, stored *T)) (left []Mark, overtaken []string, err error) {
	marks := make([]Mark, len(docs))
	for i := range docs {
		marks[i] = Mark{In: c, ID: docs[i].ID, Version: docs[i].Version}
		docs[i].Merge = func(stored, state *T) {
			follow(state, stored)
			marks[i].Dirty = *c.dirty(state)
		}
	}
	newer, err := c.PutManyIfNewer(ctx, docs)
	if err != nil {
		return nil, nil, err
	}
	for i, is := range newer {
		if is {
			left = append(left, marks[i])
		} else {
			overtaken = append(overtaken, marks[i].ID)
		}
	}
	return left, overtaken, nil
}

// Load reads a document and its version, nil and 0 when there is none.
func Load[T any](ctx context.Context, c *Documents[T], id string) (*T, int64, error) {
	d, err := c.Load(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return &d.State, d.Version, nil
}

// Sum works a group's figures out from those of its parts: an office's and a state's from their units, the nation's from the states.
func (c *Collections) Sum(ctx context.Context, id string) (*status.Group, error) {
	g := status.NewGroup(id)
	if id == status.Nation {
		ids := make([]string, 0, 32)
		for _, s := range mx.States() {
			ids = append(ids, status.StatePrefix+s.INEGI)
		}
		states, err := c.GroupStatus.LoadMany(ctx, ids)
		for _, s := range states {
			g.AddGroup(&s.State)
		}
		return g, err
	}
	field, key := "state_code", strings.TrimPrefix(id, status.StatePrefix)
	if office, ok := strings.CutPrefix(id, status.OfficePrefix); ok {
		field, key = "office", office
	}
	err := c.UnitStatus.Stream(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(field, key)}}, func(d docstore.Doc[status.Unit]) error {
		if d.State.Counts {
			g.AddUnit(&d.State)
		}
		return nil
	})
	return g, err
}

// Outdated is a page of the figures that were worked out by other rules than the present ones.
func Outdated[T any, P interface {
	*T
	Outdated() bool
}](ctx context.Context, c *Documents[T], after *docstore.Position, limit int) (ids []string, next *docstore.Position, err error) {
	page, err := c.Find(ctx, docstore.Query{After: after, Limit: limit})
	if err != nil {
		return nil, nil, err
	}
	for i := range page.Docs {
		if P(&page.Docs[i].State).Outdated() {
			ids = append(ids, page.Docs[i].ID)
		}
	}
	return ids, page.Next, nil
}
