package event

import (
	"context"
	"reflect"
	"strings"
)

// Described is how documents T get and change their descriptive fields F: one struct, which the document, the request that creates it and
// the body of a change all embed, so that a field is listed once.
type Described[T, F any] struct {
	// In is where a document has its fields.
	In func(*T) *F
	// Valid refuses fields that cannot be, and works out what follows from them. was is what they were, zero in a new document.
	Valid func(doc *T, was F) error
	// Created and Changed are the events, which carry the fields.
	Created, Changed Of[F]
}

// Create writes a new document, with its fields, under id.
func (d Described[T, F]) Create(ctx context.Context, c Collection[T], id string, doc *T) error {
	var none F
	if err := d.Valid(doc, none); err != nil {
		return err
	}
	return c.Insert(ctx, id, doc, d.Created.New(*d.In(doc)))
}

// Change edits the fields of the document under id. What edit leaves as it was is no change, and raises no event.
func (d Described[T, F]) Change(ctx context.Context, c Collection[T], id string, edit func(*F) error) error {
	return c.Update(ctx, id, Edit(d.In, edit, d.Valid, func(is F, _ []string) Event { return d.Changed.New(is) }))
}

// Edit is the change of a document's descriptive fields, for Collection.Update. edit replaces values and does not write through pointers
// or into slices that were there before; changed makes the event from the fields as they are now and the JSON names of those that differ.
func Edit[T, F any](in func(*T) *F, edit func(*F) error, valid func(doc *T, was F) error, changed func(is F, names []string) Event) func(*T) ([]Event, error) {
	return func(doc *T) ([]Event, error) {
		fields := in(doc)
		was := *fields
		if err := edit(fields); err != nil {
			return nil, err
		}
		if err := valid(doc, was); err != nil {
			return nil, err
		}
		names := differing(reflect.ValueOf(was), reflect.ValueOf(*fields))
		if len(names) == 0 {
			return nil, nil
		}
		return []Event{changed(*fields, names)}, nil
	}
}

// differing are the JSON names of the fields that differ between two values of one struct, in its order.
func differing(a, b reflect.Value) (names []string) {
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
