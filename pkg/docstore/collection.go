package docstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Collection is a collection of documents whose state is a T. It implements event.Collection.
type Collection[T any] struct {
	store *Store
	spec  Spec
	scope func(*T) []string
	keys  func(*T) map[string]string
	flaws func(*T) []string
}

// Open declares a collection. scope computes from a state, at each write, the scopes that the document carries: a caller sees it who holds
// one of them (caller.Access). With a nil scope documents carry "nation" and "staff".
func Open[T any](s *Store, spec Spec, scope func(*T) []string) *Collection[T] {
	if scope == nil {
		scope = func(*T) []string { return []string{caller.Nation, caller.Staff} }
	}
	spec = spec.withKeys()
	spec.State = reflect.TypeFor[T]()
	if spec.Events != nil {
		spec.Aggregate = spec.Events.Aggregate()
	}
	s.specs = append(s.specs, spec)
	return &Collection[T]{store: s, spec: spec, scope: scope}
}

// Doc is a document with its version.
type Doc[T any] struct {
	ID      string
	Version int64
	State   T
	// Scopes are those that it carries, where one document was asked for (Load, Written); listings leave them out.
	Scopes []string
}

// Spec is the collection's declaration.
func (c *Collection[T]) Spec() Spec { return c.spec }

func (c *Collection[T]) ref(id string) Ref { return Ref{Collection: c.spec.Name, ID: id} }

// Get returns the state of a document in the caller's scope.
func (c *Collection[T]) Get(ctx context.Context, id string) (*T, error) {
	d, err := c.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return &d.State, nil
}

// Load returns a document in the caller's scope, with its version.
func (c *Collection[T]) Load(ctx context.Context, id string) (*Doc[T], error) {
	l, err := c.load(ctx, id, forReading...)
	if err != nil {
		return nil, err
	}
	return &Doc[T]{id, l.doc.Version, l.state, l.meta.Scope}, nil
}

// Written is the document as cmd wrote it, nil when cmd did not write it. It is not read again and its scope is not checked: whoever made a
// change may see its outcome.
func (c *Collection[T]) Written(cmd *caller.Command, id string) (*Doc[T], error) {
	for i := len(cmd.Written) - 1; i >= 0; i-- {
		w := cmd.Written[i]
		if w.Ref != c.ref(id) {
			continue
		}
		l, err := c.decode(Document{ID: id, Version: w.Version, Body: w.Body}, forReading...)
		if err != nil {
			return nil, err
		}
		return &Doc[T]{id, l.doc.Version, l.state, l.meta.Scope}, nil
	}
	return nil, nil
}

// LoadMany returns those of the documents that exist in the caller's scope, by id.
func (c *Collection[T]) LoadMany(ctx context.Context, ids []string) (map[string]*Doc[T], error) {
	access, err := needAccess(ctx)
	if err != nil {
		return nil, err
	}
	var docs []Document
	if t := txOf(ctx); t != nil {
		docs, err = t.loadMany(ctx, c.store, c.spec.Name, ids)
	} else {
		docs, err = c.store.driver.Load(ctx, c.spec.Name, ids)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]*Doc[T], len(docs))
	for _, d := range docs {
		l, err := c.decode(d, forReading...)
		if err != nil {
			return nil, err
		}
		if access.Admits(l.meta.Scope) {
			out[d.ID] = &Doc[T]{ID: d.ID, Version: d.Version, State: l.state}
		}
	}
	return out, nil
}

// Insert writes a new document and its events. If the id is taken the error is *ErrExists with Key "_id"; Store.Judged then says whether the
// same command took it before.
func (c *Collection[T]) Insert(ctx context.Context, id string, state *T, events ...event.Event) error {
	w, err := c.newWrite(ctx, id, state, events)
	if err != nil {
		return err
	}
	if t := txOf(ctx); t != nil {
		return t.insert(ctx, c.store, w)
	}
	return c.store.apply(ctx, []Write{w})
}

// Held is a condition of InsertWhile: the document must have this version.
type Held struct {
	Ref
	Version int64
}

// InsertWhile is Insert on the condition that other documents still have the versions that were read; otherwise it is ErrStale and nothing
// is written. It takes no lock, so that any number of callers may insert at the same time under the same condition. Not inside Atomic.
func (c *Collection[T]) InsertWhile(ctx context.Context, held []Held, id string, state *T, events ...event.Event) error {
	if txOf(ctx) != nil {
		return errInAtomic
	}
	w, err := c.newWrite(ctx, id, state, events)
	if err != nil {
		return err
	}
	writes := make([]Write, 0, len(held)+1)
	for _, h := range held {
		writes = append(writes, Write{Kind: Verify, Collection: h.Collection, ID: h.ID, Expect: h.Version})
	}
	return c.store.apply(ctx, append(writes, w))
}

// New is a document to insert.
type New[T any] struct {
	ID     string
	State  *T
	Events []event.Event
}

// InsertMany inserts each document independently of the others, in few round trips; errs is nil when all were written, otherwise as long as
// docs. Not inside Atomic.
func (c *Collection[T]) InsertMany(ctx context.Context, docs []New[T]) (errs []error) {
	errs = make([]error, len(docs))
	if txOf(ctx) != nil {
		for i := range errs {
			errs[i] = errInAtomic
		}
		return errs
	}
	writes, at, failed := make([]Write, 0, len(docs)), make([]int, 0, len(docs)), false
	for i, d := range docs {
		w, err := c.newWrite(ctx, d.ID, d.State, d.Events)
		if err != nil {
			errs[i], failed = err, true
			continue
		}
		writes, at = append(writes, w), append(at, i)
	}
	var done []Write
	applied := c.store.driver.ApplyMany(ctx, writes)
	for j, w := range writes {
		if applied != nil && applied[j] != nil {
			if one := []Write{w}; giveWay(one, applied[j]) {
				applied[j], w = c.store.applyClaims(ctx, one), one[0]
			} else {
				applied[j] = c.store.ruled(applied[j], one)
			}
		}
		if applied != nil && applied[j] != nil {
			errs[at[j]], failed = applied[j], true
			continue
		}
		done = append(done, w)
	}
	c.store.committed(ctx, done)
	if !failed {
		return nil
	}
	return errs
}

// Published inserts documents that were made from outbox entries (the history of events) and removes those entries (ids by document). A
// document that exists was inserted by an earlier try. Only the relay calls it.
func (c *Collection[T]) Published(ctx context.Context, filed []New[T], entries map[Ref][]string) error {
	writes := make([]Write, len(filed))
	for i, d := range filed {
		var err error
		if writes[i], err = c.newWrite(ctx, d.ID, d.State, d.Events); err != nil {
			return err
		}
	}
	return c.store.driver.Published(ctx, writes, entries)
}

// Update loads the document, calls change, and writes the difference, the events and the next version in one conditional write. If somebody
// else has changed the document meanwhile it starts again, so that change may run more than once and must have no effect but on its
// argument; where the command named a version (If-Match) that is ErrStale instead. A change that returns no event and leaves the state as
// it was writes nothing.
func (c *Collection[T]) Update(ctx context.Context, id string, change func(*T) ([]event.Event, error)) error {
	if t := txOf(ctx); t != nil {
		writes, err := c.change(ctx, id, change)
		for i := range writes {
			t.update(&writes[i])
		}
		return err
	}
	return retry(ctx, func() error {
		unlock := c.store.locks.lock(ctx, c.ref(id))
		defer unlock()
		writes, err := c.change(ctx, id, change)
		if err != nil || len(writes) == 0 {
			return err
		}
		if err := c.store.apply(ctx, writes); errors.Is(err, ErrStale) {
			return errRace
		} else if err != nil {
			return err
		}
		return nil
	})
}

// change is one try of an Update: the writes to make, that of the document first; none when there is nothing to write.
func (c *Collection[T]) change(ctx context.Context, id string, change func(*T) ([]event.Event, error)) ([]Write, error) {
	l, err := c.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if access, _ := caller.AccessOf(ctx); !access.Owns(l.meta.Scope) {
		return nil, ErrNotFound
	}
	ref, cmd := c.ref(id), caller.CommandOf(ctx)
	if cmd != nil && cmd.Target != ref {
		cmd = nil // it is about another document
	}
	if cmd != nil {
		if err := c.store.judge(ctx, cmd, &l.doc, &l.meta); err != nil {
			return nil, err
		}
	}
	before, err := stateFields(&l.state)
	if err != nil {
		return nil, err
	}
	l.was = c.keysOf(&l.state)
	events, err := change(&l.state)
	if err != nil {
		return nil, err
	}
	w := Write{Kind: Update, Collection: c.spec.Name, ID: id, Expect: l.doc.Version, Version: l.doc.Version + 1}
	moved := c.store.remember(cmd, &l.meta, w.Version)
	changed, err := c.diff(&w, before, l)
	if err == nil && !changed && len(events) == 0 {
		if cmd == nil || cmd.Key == "" {
			return nil, nil
		}
		// The command had no effect. It is remembered all the same, without a new version: its repeat must have no effect either, even if it
		// would have one by then.
		w.Version = w.Expect
		l.meta.Recent[len(l.meta.Recent)-1].Version = w.Version
		_, err = c.diff(&w, before, l)
	}
	if err == nil {
		err = c.fits(cmd, &l.doc, &w)
	}
	if err != nil {
		return nil, err
	}
	if w.Outbox, err = c.entries(ctx, w.Version, events); err != nil {
		return nil, err
	}
	aside, err := c.store.setAside(ref, moved)
	return append([]Write{w}, aside...), err
}

// entries turns what the domain raised into outbox entries.
func (c *Collection[T]) entries(ctx context.Context, version int64, events []event.Event) ([]event.Entry, error) {
	if len(events) == 0 {
		return nil, nil
	}
	access, err := needAccess(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]event.Entry, len(events))
	for i, e := range events {
		if !c.spec.Events.Has(e.Type) {
			return nil, fmt.Errorf("collection %s raises %s, which is not in the set of events that its Spec names", c.spec.Name, e.Type)
		}
		change, err := marshal(e.Change)
		if err != nil {
			return nil, fmt.Errorf("encode change of %s: %w", e.Type, err)
		}
		out[i] = event.Entry{ID: c.store.NewID(), Type: e.Type, Version: version, At: c.store.At(ctx), Actor: access.Subject,
			Correlation: event.Correlation(ctx), Trace: c.store.opts.Trace(ctx), Change: change}
		if err := fitsChange(out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
