// Package store declares the directory's collections and what may be asked of them. None raises an event: what people are called is on no topic
// and in no history.
package store

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/people/internal/person"
)

// Collections are the service's documents.
type Collections struct {
	People *docstore.Collection[person.Person]
	Units  *docstore.Collection[person.Unit]
}

// Open declares the collections.
func Open(s *docstore.Store) *Collections {
	return &Collections{
		People: docstore.Open(s, docstore.Spec{Name: "people", Aggregate: "person", Indexes: []docstore.Index{
			{Fields: []string{"id"}, Unscoped: true}, // the names for a page: a few ids
			{Array: "holds"}, {Array: "units"},
		}}, (*person.Person).Scopes),
		Units: docstore.Open(s, docstore.Spec{Name: "unit_refs", Aggregate: "unit_ref"}, func(u *person.Unit) []string { return u.Scopes() }),
	}
}

// Places are those of the units that are known, whoever asks.
func (c *Collections) Places(ctx context.Context, ids []string) (person.Places, error) {
	out := make(person.Places, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	docs, err := c.Units.LoadMany(caller.AsSystem(ctx, "people"), ids)
	for id, d := range docs {
		out[id] = mx.Place{UnitID: id, Office: d.State.Office, Region: d.State.Region, StateCode: d.State.StateCode}
	}
	return out, err
}
