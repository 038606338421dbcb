// Package react is what the directory learns of others: where units are. Whoever is at a unit that comes to belong to another office is found
// there, and seen from there, from then on.
package react

import (
	"context"
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/people/internal/person"
	"github.com/bitacora-salud/bitacora/services/people/internal/store"
)

// Register adds the consumer. A token may name a unit before it is registered.
func Register(s *service.Service, c *store.Collections, do person.Commands) error {
	return service.FollowUnits(s, "units", c.Units, service.Follower{FromFirst: true, Move: func(ctx context.Context, to mx.ZonedPlace) error {
		at := docstore.Query{Where: []docstore.Condition{docstore.Eq("units", to.UnitID)}}
		return c.People.Stream(ctx, at, func(d docstore.Doc[person.Person]) error {
			err := do.Settle(ctx, d.ID)
			if errors.Is(err, docstore.ErrNotFound) {
				return nil
			}
			return err
		})
	}})
}
