package store

import (
	"context"
	"errors"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// ErrOvertaken says that somebody else wrote the figures since they were read: they are to be worked out again.
var ErrOvertaken = errors.New("overtaken by another recomputation")

// PutUnit writes the figures of a unit, which were worked out after version was read, unless there is another version by now. It returns
// the marks it left.
func (c *Collections) PutUnit(ctx context.Context, u *status.Unit, version int64) (Mark, error) {
	m := Mark{In: c.UnitStatus, ID: u.ID, Version: version + 1}
	merge := func(stored, u *status.Unit) { u.Follow(stored); m.Dirty = u.DirtyGroups }
	err := put(ctx, c.UnitStatus.Collection, u.ID, version, u, merge)
	return m, err
}

// PutGroup is PutUnit for a group.
func (c *Collections) PutGroup(ctx context.Context, g *status.Group, version int64) (Mark, error) {
	m := Mark{In: c.GroupStatus, ID: g.ID, Version: version + 1}
	merge := func(stored, g *status.Group) { g.Follow(stored); m.Dirty = g.DirtyGroups }
	err := put(ctx, c.GroupStatus.Collection, g.ID, version, g, merge)
	return m, err
}

// put writes the whole document as version+1 over just version. It is not an Update, which writes the fields that differ: marks that
// somebody cleared between its reading and its writing would stay cleared, though the figures beside them are new.
func put[T any](ctx context.Context, c *docstore.Collection[T], id string, version int64, state *T, merge func(stored, state *T)) error {
	newer, err := c.PutIfNewer(ctx, docstore.Versioned[T]{ID: id, Version: version + 1, State: state, Merge: merge})
	if err == nil && !newer {
		err = ErrOvertaken
	}
	return err
}

// Version is the version of a document and its state, 0 and nil when there is none.
func Version[T any](ctx context.Context, c *docstore.Collection[T], id string) (int64, *T, error) {
	d, err := c.Load(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	return d.Version, &d.State, nil
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
			g.Add(s.State.Units, &s.State.Counted)
		}
		return g, err
	}
	field, key := "state_code", strings.TrimPrefix(id, status.StatePrefix)
	if office, ok := strings.CutPrefix(id, status.OfficePrefix); ok {
		field, key = "office", office
	}
	err := c.UnitStatus.Stream(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(field, key)}}, func(d docstore.Doc[status.Unit]) error {
		if d.State.Counts {
			g.Add(1, &d.State.Counted)
		}
		return nil
	})
	return g, err
}
