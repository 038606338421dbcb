package docstore

import (
	"context"
	"sync"
	"time"
)

// maxCached bounds the documents that a Cached keeps; when there are more, it begins anew.
const maxCached = 4096

// Cached is a collection of few documents that are read far more often than written, kept in memory with their versions. What this process
// writes it forgets at once; what another one writes, after age at the latest, or when a write finds that the version is no longer true
// (InsertWhile). Only Get and Recall are served from memory, to whom the document's scope admits; what they answer is not to be changed.
type Cached[T any] struct {
	*Collection[T]
	age time.Duration

	mu   sync.Mutex
	docs map[string]remembered[T]
	// forgotten counts what was forgotten: a document that was read before it was written is not kept after that.
	forgotten int
}

type remembered[T any] struct {
	Doc[T]
	scope []string
	at    time.Time
}

// Cached keeps the collection's documents in memory for age, 0 for as long as nobody is known to have changed them.
func (c *Collection[T]) Cached(age time.Duration) *Cached[T] {
	m := &Cached[T]{Collection: c, age: age, docs: map[string]remembered[T]{}}
	c.store.caches[c.spec.Name] = append(c.store.caches[c.spec.Name], m.Forget)
	return m
}

// Forget has the document read anew the next time.
func (m *Cached[T]) Forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten++
	delete(m.docs, id)
}

// Get returns the state of a document in the caller's scope. Inside Atomic it is read, and part of the transaction.
func (m *Cached[T]) Get(ctx context.Context, id string) (*T, error) {
	if txOf(ctx) != nil {
		return m.Collection.Get(ctx, id)
	}
	d, _, err := m.Recall(ctx, id)
	if err != nil {
		return nil, err
	}
	return &d.State, nil
}

// Recall returns a document in the caller's scope, with its version; remembered says that it came from memory, so that it may have changed
// since.
func (m *Cached[T]) Recall(ctx context.Context, id string) (d *Doc[T], fromMemory bool, err error) {
	access, err := needAccess(ctx)
	if err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	known, fromMemory := m.docs[id]
	forgotten := m.forgotten
	m.mu.Unlock()
	if !fromMemory || m.age > 0 && time.Since(known.at) > m.age {
		if known, err = m.read(ctx, id, forgotten); err != nil {
			return nil, false, err
		}
		fromMemory = false
	}
	if !access.Admits(known.scope) {
		return nil, false, ErrNotFound
	}
	return &known.Doc, fromMemory, nil
}

func (m *Cached[T]) read(ctx context.Context, id string, forgotten int) (remembered[T], error) {
	at := time.Now()
	doc, err := m.store.loadOne(ctx, m.ref(id))
	if err != nil {
		return remembered[T]{}, err
	}
	l, err := m.decode(*doc)
	if err != nil {
		return remembered[T]{}, err
	}
	known := remembered[T]{Doc[T]{ID: id, Version: doc.Version, State: l.state}, l.meta.Scope, at}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.forgotten == forgotten {
		if len(m.docs) >= maxCached {
			clear(m.docs)
		}
		m.docs[id] = known
	}
	return known, nil
}
