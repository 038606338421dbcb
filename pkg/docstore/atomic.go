package docstore

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// tx is an Atomic that is running: what it has read and what it will write. Nothing is written before its end; then all writes are made in
// one transaction, on the condition that every document that was read still has the version that was read.
type tx struct {
	store  *Store
	docs   map[Ref]*Document
	base   map[Ref]int64
	writes map[Ref]*Write
	order  []Ref
	// absent are documents that were read and did not exist: the work depends on that.
	absent  map[Ref]bool
	unlocks []func()
}

type txKey struct{}

func txOf(ctx context.Context) *tx {
	t, _ := ctx.Value(txKey{}).(*tx)
	return t
}

// errInAtomic refuses what Atomic cannot promise.
var errInAtomic = errors.New("not inside Atomic: only Get, Load, LoadMany, Insert, Update and PutIfNewer take part in it")

// Atomic runs work so that all it writes through ctx is written together or not at all. work may run more than once: a conflict
// restarts the whole, and callers of one process are ordered by the documents they touch. Inside it Get, Load, LoadMany, Insert, Update and
// PutIfNewer take part; queries are refused, since whatever a decision depends on must be part of the transaction.
func (s *Store) Atomic(ctx context.Context, work func(ctx context.Context) error) error {
	if txOf(ctx) != nil {
		return errors.New("an Atomic inside another")
	}
	return retry(ctx, func() error {
		t := &tx{store: s, docs: map[Ref]*Document{}, base: map[Ref]int64{}, writes: map[Ref]*Write{}, absent: map[Ref]bool{}}
		defer t.release()
		if err := work(context.WithValue(ctx, txKey{}, t)); err != nil {
			return err
		}
		return t.commit(ctx)
	})
}

func (t *tx) release() {
	for i := len(t.unlocks) - 1; i >= 0; i-- {
		t.unlocks[i]()
	}
}

func (t *tx) touch(ctx context.Context, ref Ref) {
	if _, seen := t.base[ref]; !seen {
		t.unlocks = append(t.unlocks, t.store.locks.lock(ctx, ref))
		t.base[ref] = 0
	}
}

func (t *tx) load(ctx context.Context, s *Store, ref Ref) (*Document, error) {
	if s != t.store {
		return nil, errors.New("an Atomic spans one store")
	}
	if d, ok := t.docs[ref]; ok {
		if d == nil {
			return nil, ErrNotFound
		}
		return d, nil
	}
	t.touch(ctx, ref)
	d, err := s.loadOne(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		t.docs[ref], t.absent[ref] = nil, true
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	t.docs[ref], t.base[ref] = d, d.Version
	return d, nil
}

// loadMany is load for many in one round trip; those that are not there are left out. They are locked in the order of their ids, so that
// two callers do not wait for each other.
func (t *tx) loadMany(ctx context.Context, s *Store, collection string, ids []string) ([]Document, error) {
	if s != t.store {
		return nil, errors.New("an Atomic spans one store")
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var unread []string
	for _, id := range ids {
		ref := Ref{Collection: collection, ID: id}
		if _, ok := t.docs[ref]; !ok {
			t.touch(ctx, ref)
			t.docs[ref], t.absent[ref] = nil, true
			unread = append(unread, id)
		}
	}
	found, err := s.driver.Load(ctx, collection, unread)
	if err != nil {
		return nil, err
	}
	for i := range found {
		ref := Ref{Collection: collection, ID: found[i].ID}
		t.docs[ref], t.base[ref] = &found[i], found[i].Version
		delete(t.absent, ref)
	}
	out := make([]Document, 0, len(ids))
	for _, id := range ids {
		if d := t.docs[Ref{Collection: collection, ID: id}]; d != nil {
			out = append(out, *d)
		}
	}
	return out, nil
}

func (t *tx) insert(ctx context.Context, s *Store, w Write) error {
	if s != t.store {
		return errors.New("an Atomic spans one store")
	}
	ref := w.ref()
	t.touch(ctx, ref)
	if t.docs[ref] != nil {
		return &ErrExists{Key: "_id"}
	}
	t.add(ref, &w)
	return nil
}

func (t *tx) update(w *Write) {
	ref := w.ref()
	if earlier := t.writes[ref]; earlier != nil {
		w = merge(earlier, w)
	}
	t.add(ref, w)
}

// merge combines two writes of one document into one, as if the first had never been separate.
func merge(first, second *Write) *Write {
	out := *second
	out.soft = slices.DeleteFunc(slices.Clone(second.soft), func(k Key) bool { // what the first changed is this command's own doing
		return !slices.ContainsFunc(first.soft, func(o Key) bool { return o.Name == k.Name })
	})
	if out.freed == nil || first.freed != nil { // the keys before both
		out.freed = first.freed
	}
	out.Kind, out.Expect, out.Outbox = first.Kind, first.Expect, append(first.Outbox[:len(first.Outbox):len(first.Outbox)], second.Outbox...)
	if first.Kind == Update && second.Kind == Update {
		out.Set = maps.Clone(first.Set)
		for _, name := range second.Unset {
			delete(out.Set, name)
		}
		maps.Copy(out.Set, second.Set)
		out.Unset = nil
		for _, name := range append(first.Unset[:len(first.Unset):len(first.Unset)], second.Unset...) {
			if _, set := out.Set[name]; !set {
				out.Unset = append(out.Unset, name)
			}
		}
	}
	return &out
}

func (t *tx) add(ref Ref, w *Write) {
	if t.writes[ref] == nil {
		t.order = append(t.order, ref)
	}
	t.writes[ref] = w
	t.docs[ref] = &Document{ID: w.ID, Version: w.Version, Body: w.Body}
}

func (t *tx) commit(ctx context.Context) error {
	if len(t.order) == 0 {
		return nil
	}
	writes := make([]Write, 0, len(t.docs))
	for ref := range t.docs {
		if t.writes[ref] == nil && t.base[ref] > 0 {
			writes = append(writes, Write{Kind: Verify, Collection: ref.Collection, ID: ref.ID, Expect: t.base[ref]})
		}
	}
	for _, ref := range t.order {
		writes = append(writes, *t.writes[ref])
	}
	err := t.store.apply(ctx, writes)
	var exists *ErrExists
	switch {
	case errors.Is(err, ErrStale):
		return errRace
	case errors.As(err, &exists) && exists.Key == "_id":
		// A document that did not exist when it was read has been created since: the whole starts again and finds it.
		for ref := range t.absent {
			if w := t.writes[ref]; w != nil && w.Kind == Insert {
				return errRace
			}
		}
	}
	return err
}
