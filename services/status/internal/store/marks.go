package store

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
)

// The fields that carry marks.
const (
	dirtyUnits  = "dirty_units"
	dirtyGroups = "dirty_groups"
)

// Mark says whose figures lack a document at a version.
type Mark struct {
	In      Marks
	ID      string
	Version int64
	// Dirty lists whose.
	Dirty []string
}

// Marks are a collection of documents that may carry marks.
type Marks interface {
	// Marked is a page of the marks that are there under a key: a unit's or group's, or fact.Any for all.
	Marked(ctx context.Context, key string, after *docstore.Position, limit int) ([]Mark, *docstore.Position, error)
	unmark(ctx context.Context, m Mark, key string) error
}

// Documents is a collection whose documents carry marks in a field.
type Documents[T any] struct {
	*docstore.Collection[T]
	field string
	dirty func(*T) *[]string
}

// Marked implements Marks.
func (c *Documents[T]) Marked(ctx context.Context, key string, after *docstore.Position, limit int) ([]Mark, *docstore.Position, error) {
	page, err := c.Find(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq(c.field, key)}, After: after, Limit: limit})
	if err != nil {
		return nil, nil, err
	}
	marks := make([]Mark, len(page.Docs))
	for i := range page.Docs {
		d := &page.Docs[i]
		marks[i] = Mark{In: c, ID: d.ID, Version: d.Version, Dirty: *c.dirty(&d.State)}
	}
	return marks, page.Next, nil
}

func (c *Documents[T]) unmark(ctx context.Context, m Mark, key string) error {
	_, err := c.Mend(ctx, m.ID, m.Version, func(s *T) { dirty := c.dirty(s); *dirty = fact.Remove(*dirty, key) })
	return err
}

// unmarking bounds how many marks are cleared at once; on SQLite they share a commit.
const unmarking = 16

// Unmark takes a unit or group out of the marks of those documents that still have the versions.
func Unmark(ctx context.Context, marks []Mark, key string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(unmarking)
	for _, m := range marks {
		g.Go(func() error {
			if err := m.In.unmark(ctx, m, key); err != nil && !errors.Is(err, docstore.ErrNotFound) {
				return err
			}
			return nil
		})
	}
	return g.Wait()
}
