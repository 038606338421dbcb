package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
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
	// At is when the change was recorded that they lack, where the mark was looked for.
	At event.Time
}

// Marks are a collection of documents that may carry marks.
type Marks interface {
	// Marked is a page of the marks that are there under a key: a unit's or group's, or fact.Any for all.
	Marked(ctx context.Context, key string, after *docstore.Position, limit int) ([]Mark, *docstore.Position, error)
	unmark(ctx context.Context, done map[string]Mark) error
}

// Documents is a collection whose documents carry marks in a field.
type Documents[T any] struct {
	*docstore.Collection[T]
	driver docstore.Driver
	field  string
	dirty  func(*T) *[]string
	at     func(*T) event.Time
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
		marks[i] = Mark{In: c, ID: d.ID, Version: d.Version, Dirty: *c.dirty(&d.State), At: c.at(&d.State)}
	}
	return marks, page.Next, nil
}

// unmark takes what each mark names in Dirty out of the marks of its document, in one round trip for all. It uses the port as Mend does: the
// version stays.
func (c *Documents[T]) unmark(ctx context.Context, done map[string]Mark) error {
	docs, err := c.driver.Load(ctx, c.Spec().Name, slices.Collect(maps.Keys(done)))
	if err != nil {
		return err
	}
	writes := make([]docstore.Write, 0, len(docs))
	for _, d := range docs {
		m := done[d.ID]
		if d.Version != m.Version {
			continue
		}
		w := docstore.Write{Kind: docstore.Update, Collection: c.Spec().Name, ID: d.ID, Expect: d.Version, Version: d.Version}
		if err := c.without(&w, d.Body, m.Dirty); err != nil {
			return fmt.Errorf("marks of %s/%s: %w", w.Collection, d.ID, err)
		}
		writes = append(writes, w)
	}
	if len(writes) == 0 {
		return nil
	}
	for _, err := range c.driver.ApplyMany(ctx, writes) {
		if err != nil && !errors.Is(err, docstore.ErrStale) { // what has moved on has marks of its own
			return err
		}
	}
	return nil
}

// without makes w the write that takes keys out of the marks in body.
func (c *Documents[T]) without(w *docstore.Write, body []byte, keys []string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	var marks []string
	if raw := fields[c.field]; raw != nil {
		if err := json.Unmarshal(raw, &marks); err != nil {
			return err
		}
	}
	var err error
	if left := fact.Remove(marks, keys...); len(left) > 0 {
		if fields[c.field], err = json.Marshal(left); err != nil {
			return err
		}
		w.Set = map[string]json.RawMessage{c.field: fields[c.field]}
	} else {
		delete(fields, c.field)
		w.Unset = []string{c.field}
	}
	w.Body, err = json.Marshal(fields)
	return err
}

// Unmark takes a unit or group out of the marks of those documents that still have the versions. done lists the marks by whom they
// were for.
func Unmark(ctx context.Context, done map[string][]Mark) error {
	by := map[Marks]map[string]Mark{}
	for key, marks := range done {
		for _, m := range marks {
			of := by[m.In]
			if of == nil {
				of = map[string]Mark{}
				by[m.In] = of
			}
			switch known, ok := of[m.ID]; {
			case !ok || known.Version < m.Version:
				of[m.ID] = Mark{In: m.In, ID: m.ID, Version: m.Version, Dirty: []string{key}}
			case known.Version == m.Version:
				known.Dirty = append(known.Dirty, key)
				of[m.ID] = known
			}
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for in, of := range by {
		g.Go(func() error { return in.unmark(ctx, of) })
	}
	return g.Wait()
}
