package event

import (
	"context"
	"reflect"
	"strings"
)

// Described is how documents T get and change their descriptive fields F: one struct, which the document, the request that creates it and
// the body of a change all embed, so that a field is listed once.
type Described[T, F any] struct {
	// In returns the fields in a document.
	In func(*T) *F
	// Valid refuses invalid fields and derives other fields of doc from them. was are the fields before, zero for a new document.
	Valid func(doc *T, was F) error
	// Created and Changed are the events; both carry all fields.
	Created, Changed Of[F]
}

// Create validates the fields of doc and writes it under id, with the event Created.
func (d Described[T, F]) Create(ctx context.Context, c Collection[T], id string, doc *T) error {
	var none F
	if err := d.Valid(doc, none); err != nil {
		return err
	}
	return c.Insert(ctx, id, doc, d.Created.New(*d.In(doc)))
}

// Change applies edit to the fields of the document under id, validates and writes them, with the event Changed. If no field differs it writes
// nothing.
func (d Described[T, F]) Change(ctx context.Context, c Collection[T], id string, edit func(*F) error) error {
	return c.Update(ctx, id, Edit(d.In, edit, d.Valid, func(is F, _ []string) Event { return d.Changed.New(is) }))
}

// Edit returns a change for Collection.Update that applies edit to a document's descriptive fields. edit must replace pointers and slices, not
// write into those that are there, or the difference is missed. changed makes the event from the new fields and the JSON names of those that
// differ. If none does, there is no event.
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

// differing lists the JSON names of the fields that differ between two values of one struct, in its order.
func differing(a, b reflect.Value) (names []string) {
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
