package docstore

import (
	"context"
	"sync"
	"time"
)

// maxCached bounds the documents in a Cached; when it is full, it is emptied.
const maxCached = 4096

// Cached is a collection of few documents that are read far more often than written, kept in memory with their versions. A write of this
// process removes the document from memory at once. A write of another process is seen after age at the latest, or when InsertWhile fails
// because the version has changed and the caller calls Forget. Only Get and Recall read from memory; both check the caller's scope, and
// their results must not be modified, since all callers share them.
type Cached[T any] struct {
	*Collection[T]
	age time.Duration

	mu   sync.Mutex
	docs map[string]remembered[T]
	// forgotten counts the calls of Forget: a document that was read from the store before one of them is not put into memory after it.
	forgotten int
}

type remembered[T any] struct {
	Doc[T]
	scope []string
	at    time.Time
}

// Cached returns the collection with a cache in memory. Documents are kept for age, or with age 0 until this process writes or forgets them.
func (c *Collection[T]) Cached(age time.Duration) *Cached[T] {
	m := &Cached[T]{Collection: c, age: age, docs: map[string]remembered[T]{}}
	c.store.caches[c.spec.Name] = append(c.store.caches[c.spec.Name], m.Forget)
	return m
}

// Forget removes the document from memory: the next call reads it from the store.
func (m *Cached[T]) Forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten++
	delete(m.docs, id)
}

// Get returns the state of a document in the caller's scope. Inside Atomic it is read from the store, as part of the transaction.
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

// Recall returns a document in the caller's scope, with its version. fromMemory says that it was not read now, and may have changed since.
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
	l, err := m.decode(*doc, forReading...)
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
