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

// Memory implements event.Collection in memory. Documents are encoded as JSON and decoded again, as by a store, so that a refused change has no
// effect. It has neither scopes nor versions.
type Memory[T any] struct {
	Docs map[string]*T
	// Raised are the events of all writes, in their order.
	Raised []event.Event
}

// Of makes a collection with one document.
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

// Update implements event.Collection. A change of the document without an event is an error: consumers would not get it.
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

// Copy returns doc encoded as JSON and decoded again, as a store returns it.
func Copy[T any](doc *T) *T {
	out := new(T)
	if err := json.Unmarshal([]byte(Text(doc)), out); err != nil {
		panic(err)
	}
	return out
}

// Text returns v as JSON, as a store keeps it.
func Text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Rule returns "<rule> <field>" of a fault.Error, "" for nil, and the text of any other error.
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
