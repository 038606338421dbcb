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
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

// Register adds the consumers.
func Register(s *service.Service, c *store.Collections) error {
	return errors.Join(
		service.Learn(s, "sites", event.Units, "unit", c.Sites),
		s.Consume("types", []string{event.EquipmentTypes}, consume.React(kinds(c.Types))),
		service.Learn(s, "assets", event.Assets, "asset", c.Assets),
		service.FollowUnits(s, "units", c.Units, service.Follow(c.Orders), service.Follow(c.Lines)),
	)
}

// kinds learns equipment types by their keys, by which assets name them. A key never changes.
func kinds(types *docstore.Collection[place.TypeRef]) func(context.Context, event.Envelope) error {
	return func(ctx context.Context, e event.Envelope) error {
		heard := new(place.TypeRef)
		if err := json.Unmarshal(e.State, heard); err != nil || heard.Key == "" {
			return event.Permanent(fmt.Errorf("state of equipment type %s: %q: %w", e.Subject, heard.Key, err))
		}
		_, err := types.PutIfNewer(ctx, docstore.Versioned[place.TypeRef]{ID: heard.Key, Version: e.StateVersion, State: heard})
		return err
	}
}
