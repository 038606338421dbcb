// Package eventtest lets the tests of a domain run its commands without a store.
package eventtest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Memory is a collection in memory. What goes in and out is copied by way of its JSON, as in a store, so that a refused change leaves
// no trace. It knows neither scopes nor versions.
type Memory[T any] struct {
	Docs map[string]*T
	// Raised are the events of all writes, in their order.
	Raised []event.Event
}

// Of is a collection with one document.
func Of[T any](id string, doc T) *Memory[T] { return &Memory[T]{Docs: map[string]*T{id: &doc}} }

// Get implements event.Collection.
func (m *Memory[T]) Get(_ context.Context, id string) (*T, error) {
	doc := m.Docs[id]
	if doc == nil {
		return nil, event.ErrNotFound
	}
	return Copy(doc), nil
}

// Insert implements event.Collection.
func (m *Memory[T]) Insert(_ context.Context, id string, doc *T, events ...event.Event) error {
	if m.Docs[id] != nil {
		return fault.Conflictf("already-exists", "", "%s is there already", id)
	}
	if m.Docs == nil {
		m.Docs = map[string]*T{}
	}
	m.Docs[id], m.Raised = Copy(doc), append(m.Raised, events...)
	return nil
}

// Update implements event.Collection. A document that changes without an event is an error: nobody would hear of it.
func (m *Memory[T]) Update(ctx context.Context, id string, change func(*T) ([]event.Event, error)) error {
	doc, err := m.Get(ctx, id)
	if err != nil {
		return err
	}
	events, err := change(doc)
	if err != nil {
		return err
	}
	if was, is := Text(m.Docs[id]), Text(doc); len(events) == 0 && was != is {
		return fmt.Errorf("changed without an event: %s became %s", was, is)
	}
	m.Docs[id], m.Raised = Copy(doc), append(m.Raised, events...)
	return nil
}

// Copy is a document as a store gives it back.
func Copy[T any](doc *T) *T {
	out := new(T)
	if err := json.Unmarshal([]byte(Text(doc)), out); err != nil {
		panic(err)
	}
	return out
}

// Text is v as a store keeps it.
func Text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Rule is the rule by which err refuses and the field that it names, "" where err is nil, and else what it says.
func Rule(err error) string {
	f := fault.As(err)
	if f == nil && err != nil {
		return err.Error()
	}
	if f == nil {
		return ""
	}
	return strings.TrimSpace(f.Rule + " " + f.Field)
}
