// Package react is what the workorder service does when it hears of others: it learns units and assets, and a unit's move takes its
// orders and programme lines along.
package react

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

type reactions struct {
	s        *service.Service
	c        *store.Collections
	orders   order.Commands
	programs program.Commands
}

// Register adds the consumers.
func Register(s *service.Service, c *store.Collections, orders order.Commands, programs program.Commands) error {
	r := &reactions{s, c, orders, programs}
	return errors.Join(
		service.Learn(s, "sites", event.Units, "unit", c.Sites),
		s.Consume("types", []string{event.EquipmentTypes}, consume.React(r.kind)),
		service.Learn(s, "assets", event.Assets, "asset", c.Assets),
		s.Consume("units", []string{event.Units}, consume.React(r.unit)),
	)
}

// kind learns an equipment type by its key, by which assets name it. A key never changes.
func (r *reactions) kind(ctx context.Context, e event.Envelope) error {
	heard := new(place.TypeRef)
	if err := json.Unmarshal(e.State, heard); err != nil || heard.Key == "" {
		return event.Permanent(fmt.Errorf("state of equipment type %s: %q: %w", e.Subject, heard.Key, err))
	}
	_, err := r.c.Types.PutIfNewer(ctx, docstore.Versioned[place.TypeRef]{ID: heard.Key, Version: e.StateVersion, State: heard})
	return err
}

// registered is the event of a unit that has nothing yet.
const registered = "mx.bitacora.unit.registered.v1"

// unit learns a unit, then takes its orders and programme lines to where it is by what is known of it now. Hearing the same again, or
// an older state late, looks once more and finds nothing to move.
func (r *reactions) unit(ctx context.Context, e event.Envelope) error {
	heard := new(place.UnitRef)
	if err := json.Unmarshal(e.State, heard); err != nil {
		return event.Permanent(fmt.Errorf("state of unit %s: %w", e.Subject, err))
	}
	if _, err := r.c.Units.PutIfNewer(ctx, docstore.Versioned[place.UnitRef]{ID: e.Subject, Version: e.StateVersion, State: heard}); err != nil {
		return err
	}
	r.s.Arrivals.Notify()
	if e.Type == registered {
		return nil
	}
	u, err := r.c.Units.Get(ctx, e.Subject)
	if err != nil {
		return err
	}
	inUnit := docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", u.UnitID)}}
	if err := r.c.Orders.Stream(ctx, inUnit, func(d docstore.Doc[order.Order]) error {
		if d.State.Place == u.Place {
			return nil
		}
		return r.orders.FollowPlace(ctx, d.ID, u.Place)
	}); err != nil {
		return err
	}
	return r.c.Lines.Stream(ctx, inUnit, func(d docstore.Doc[program.Line]) error {
		if d.State.Place == u.Place {
			return nil
		}
		return r.programs.FollowPlace(ctx, d.ID, u.Place)
	})
}
