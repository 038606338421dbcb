// Package react is what the delivery service learns of others: units, equipment types and contractors. When a unit comes to belong to
// another office, its deliveries go along.
package react

import (
	"context"
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/delivery"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

// Register adds the consumers.
func Register(s *service.Service, c *store.Collections, do delivery.Commands) error {
	return errors.Join(
		service.Learn(s, "units", event.Units, "unit", c.Units),
		service.Learn(s, "equipment-types", event.EquipmentTypes, "equipment_type", c.Types),
		service.Learn(s, "contractors", event.Contractors, "contractor", c.Contractors),
		s.Consume("places", []string{event.Units}, consume.React(func(ctx context.Context, e event.Envelope) error {
			return places(ctx, c, do, e)
		})),
	)
}

// places takes a unit's deliveries along. It goes by the newest that is known of the unit, so that a late event moves nothing back.
func places(ctx context.Context, c *store.Collections, do delivery.Commands, e event.Envelope) error {
	u, err := c.Units.Load(ctx, e.Subject)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && u.Version < e.StateVersion {
		return consume.NotYet(docstore.Ref{Collection: c.Units.Spec().Name, ID: e.Subject})
	}
	if err != nil {
		return err
	}
	inUnit := docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", e.Subject)}}
	return c.Deliveries.Stream(ctx, inUnit, func(d docstore.Doc[delivery.Delivery]) error {
		if d.State.Place == u.State.Place {
			return nil
		}
		return do.FollowPlace(ctx, d.ID, u.State.Place)
	})
}
