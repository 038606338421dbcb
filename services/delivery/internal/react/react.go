// Package react is what the delivery service learns of others: units, equipment types and contractors. When a unit comes to belong to
// another office, its deliveries go along.
package react

import (
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

// Register adds the consumers. That of units is called places: the release before had two, of which units only learnt and places, which
// never went ahead of it, moved.
func Register(s *service.Service, c *store.Collections) error {
	return errors.Join(
		service.Learn(s, "sites", event.Units, "unit", c.Sites),
		service.FollowUnits(s, "places", c.Units, service.Follow(c.Deliveries)),
		service.Learn(s, "equipment-types", event.EquipmentTypes, "equipment_type", c.Types),
		service.Learn(s, "contractors", event.Contractors, "contractor", c.Contractors),
	)
}
