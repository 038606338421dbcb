package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Versioned is a document made from another service's: ID and Version are those of the source.
type Versioned[T any] struct {
	ID      string
	Version int64
	State   *T
	// Merge, when set, is given the stored state (nil when there is none) and may copy into the new one what must be kept. It may run more
	// than once.
	Merge func(old, state *T)
}

// PutIfNewer writes the document unless the stored one has the same or a higher version; newer says whether it did. So events may arrive
// repeatedly and in any order. It takes part in an Atomic. The stored version is the given one.
func (c *Collection[T]) PutIfNewer(ctx context.Context, v Versioned[T]) (newer bool, err error) {
	t := txOf(ctx)
	if t == nil {
		done, err := c.PutManyIfNewer(ctx, []Versioned[T]{v})
		if err != nil {
			return false, err
		}
		return done[0], nil
	}
	d, err := t.load(ctx, c.store, c.ref(v.ID))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	w, err := c.put(v, d, true)
	if err != nil || w == nil {
		return false, err
	}
	t.update(w)
	return true, nil
}

// PutManyIfNewer is PutIfNewer for a batch of distinct ids, in few round trips; newer is as long as docs. Not inside Atomic. After an error
// some may have been written; the caller may repeat the whole batch.
func (c *Collection[T]) PutManyIfNewer(ctx context.Context, docs []Versioned[T]) (newer []bool, err error) {
	if txOf(ctx) != nil {
		return nil, errInAtomic
	}
	if _, err := needAccess(ctx); err != nil {
		return nil, err
	}
	newer = make([]bool, len(docs))
	open := make([]int, len(docs))
	for i := range docs {
		open[i] = i
	}
	err = retry(ctx, func() error {
		open, err = c.putOpen(ctx, docs, open, newer)
		if err == nil && len(open) > 0 {
			return errRace
		}
		return err
	})
	return newer, err
}

// putOpen tries the documents at the indexes open, and returns the indexes of those that somebody else wrote at the same time.
func (c *Collection[T]) putOpen(ctx context.Context, docs []Versioned[T], open []int, newer []bool) (lost []int, err error) {
	ids := make([]string, len(open))
	for i, at := range open {
		ids[i] = docs[at].ID
	}
	stored, err := c.store.driver.Load(ctx, c.spec.Name, ids)
	if err != nil {
		return open, err
	}
	byID := make(map[string]*Document, len(stored))
	for i := range stored {
		byID[stored[i].ID] = &stored[i]
	}
	var writes []Write
	var at []int
	for _, i := range open {
		w, err := c.put(docs[i], byID[docs[i].ID], false)
		if err != nil {
			return open, err
		}
		if w != nil {
			writes, at = append(writes, *w), append(at, i)
		}
	}
	if len(writes) == 0 {
		return nil, nil
	}
	errs := c.store.driver.ApplyMany(ctx, writes)
	for j, i := range at {
		var exists *ErrExists
		switch {
		case errs == nil || errs[j] == nil:
			newer[i] = true
		case errors.Is(errs[j], ErrStale), errors.As(errs[j], &exists) && exists.Key == "_id":
			lost = append(lost, i)
		default:
			return open, errs[j]
		}
	}
	return lost, nil
}

// put is the write of v over what is stored, nil when v is not newer. With exact it applies only if the stored document has not changed at
// all, instead of whenever its version is lower.
func (c *Collection[T]) put(v Versioned[T], stored *Document, exact bool) (*Write, error) {
	w := &Write{Kind: Put, Collection: c.spec.Name, ID: v.ID, Version: v.Version}
	state := *v.State
	var old *T
	if stored != nil {
		if stored.Version >= v.Version {
			return nil, nil
		}
		w.Expect = stored.Version
		if v.Merge != nil {
			l, err := c.decode(*stored)
			if err != nil {
				return nil, err
			}
			old = &l.state
		}
	}
	if v.Merge != nil {
		v.Merge(old, &state)
	}
	if exact || v.Merge != nil {
		w.Kind = Update
		if stored == nil {
			w.Kind = Insert
		}
	}
	body, err := c.body(&state, meta{Schema: c.spec.Schema, Scope: c.scope(&state)})
	if err != nil {
		return nil, err
	}
	w.Body = body
	if w.Kind == Update {
		return w, c.replace(w, stored.Body)
	}
	return w, nil
}

// replace makes w an Update that leaves exactly w.Body in place of stored.
func (c *Collection[T]) replace(w *Write, stored []byte) error {
	var before fields
	if err := json.Unmarshal(stored, &before); err != nil {
		return fmt.Errorf("decode %s/%s: %w", c.spec.Name, w.ID, err)
	}
	w.Set, w.Unset = nil, nil
	if err := json.Unmarshal(w.Body, &w.Set); err != nil {
		return err
	}
	for name := range before {
		if _, ok := w.Set[name]; !ok {
			w.Unset = append(w.Unset, name)
		}
	}
	return nil
}

// UpdateInPlace changes fields of a document without a new version and without an event. It is for fields that are not published, such as a
// mark that is cleared. ok is false, and nothing is written, when the document no longer has this version. Not inside Atomic.
func (c *Collection[T]) UpdateInPlace(ctx context.Context, id string, version int64, change func(*T)) (ok bool, err error) {
	if txOf(ctx) != nil {
		return false, errInAtomic
	}
	l, err := c.load(ctx, id)
	if err != nil || l.doc.Version != version {
		return false, err
	}
	before, err := stateFields(&l.state)
	if err != nil {
		return false, err
	}
	l.was = c.keysOf(&l.state)
	change(&l.state)
	w := Write{Kind: Update, Collection: c.spec.Name, ID: id, Expect: version, Version: version}
	if changed, err := c.diff(&w, before, l); err != nil || !changed {
		return err == nil, err
	}
	err = c.store.applyClaims(ctx, []Write{w})
	if errors.Is(err, ErrStale) {
		return false, nil
	}
	return err == nil, err
}
