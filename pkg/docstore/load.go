package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

type loaded[T any] struct {
	// doc's body is in the present shape; stored is the body as it is stored when that is an older one.
	doc    Document
	stored []byte
	meta   meta
	state  T
	// was are the keys before a change.
	was map[string]string
}

// errNoAccess is a programming error: work on documents without saying on whose behalf.
var errNoAccess = errors.New("no access in the context")

func needAccess(ctx context.Context) (caller.Access, error) {
	a, ok := caller.AccessOf(ctx)
	if !ok {
		return a, errNoAccess
	}
	return a, nil
}

// decode decodes a document, and of its reserved members those that are named, or all.
func (c *Collection[T]) decode(d Document, named ...string) (*loaded[T], error) {
	l := &loaded[T]{doc: d}
	var err error
	if l.meta, err = decodeMeta(d.Body, named...); err != nil {
		return nil, fmt.Errorf("decode %s/%s: %w", c.spec.Name, d.ID, err)
	}
	if l.meta.Schema < c.spec.Schema && c.spec.Upcast != nil {
		var f fields
		if err := json.Unmarshal(d.Body, &f); err != nil {
			return nil, err
		}
		if err := c.spec.Upcast(l.meta.Schema, f); err != nil {
			return nil, fmt.Errorf("upcast %s/%s: %w", c.spec.Name, d.ID, err)
		}
		l.stored = d.Body
		if l.doc.Body, err = marshal(f); err != nil {
			return nil, err
		}
	}
	l.state, err = c.stateOf(l.doc)
	return l, err
}

// doc decodes a document of which only the state is asked for.
func (c *Collection[T]) doc(d Document) (Doc[T], error) {
	out := Doc[T]{ID: d.ID, Version: d.Version}
	if c.spec.Upcast != nil {
		l, err := c.decode(d, forReading...)
		if err == nil {
			out.State = l.state
		}
		return out, err
	}
	var err error
	out.State, err = c.stateOf(d)
	return out, err
}

// stateOf decodes a body of the present shape.
func (c *Collection[T]) stateOf(d Document) (state T, err error) {
	if own, ok := any(&state).(json.Unmarshaler); ok {
		err = own.UnmarshalJSON(d.Body) // well-formed, since it was written here: json.Unmarshal would look through all of it first
	} else {
		err = json.Unmarshal(d.Body, &state)
	}
	if err != nil {
		err = fmt.Errorf("decode %s/%s: %w", c.spec.Name, d.ID, err)
	}
	return state, err
}

// load reads a document, from the transaction in ctx if it was touched there, and refuses what is out of scope. Of the reserved members
// those that are named are decoded, or all.
func (c *Collection[T]) load(ctx context.Context, id string, named ...string) (*loaded[T], error) {
	access, err := needAccess(ctx)
	if err != nil {
		return nil, err
	}
	ref := c.ref(id)
	var doc *Document
	if t := txOf(ctx); t != nil {
		doc, err = t.load(ctx, c.store, ref)
	} else {
		doc, err = c.store.loadOne(ctx, ref)
	}
	if err != nil {
		return nil, err
	}
	l, err := c.decode(*doc, named...)
	if err != nil {
		return nil, err
	}
	if !access.Admits(l.meta.Scope) {
		return nil, ErrNotFound
	}
	return l, nil
}

func (s *Store) loadOne(ctx context.Context, ref Ref) (*Document, error) {
	docs, err := s.driver.Load(ctx, ref.Collection, []string{ref.ID})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, ErrNotFound
	}
	return &docs[0], nil
}
