package place

import (
	"context"
	"errors"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// SiteRef is where a unit is and what care it gives, as its topic tells it. It is learnt by a consumer of its own, which begins at the
// first event there ever was: what UnitRef took no notice of when it was heard is found here after an upgrade too.
type SiteRef struct {
	ID string `json:"id"`
	mx.Place
	Address      string   `json:"address,omitempty"`
	Municipality string   `json:"municipality,omitempty"`
	Locality     string   `json:"locality,omitempty"`
	Latitude     *float64 `json:"latitude,omitempty"`
	Longitude    *float64 `json:"longitude,omitempty"`
	CareLevel    string   `json:"care_level,omitempty"`
}

// TypeRef is an equipment type, by its key, as far as it says how much depends on a thing of it.
type TypeRef struct {
	Key       string `json:"key"`
	Category  string `json:"category"`
	RiskClass string `json:"risk_class,omitempty"`
}

// Site is where to go for an order: what whoever does the work needs of a unit, and nothing else of it.
type Site struct {
	mx.Place
	Name         string   `json:"name"`
	Address      string   `json:"address,omitempty" doc:"Street and number, neighbourhood, postcode; absent where the register has none"`
	Municipality string   `json:"municipality,omitempty"`
	Locality     string   `json:"locality,omitempty"`
	Latitude     *float64 `json:"latitude,omitempty"`
	Longitude    *float64 `json:"longitude,omitempty"`
	TimeZone     string   `json:"time_zone"`
	Area         string   `json:"area,omitempty" doc:"Where in the unit: the names of the areas from the root"`
}

// Sites finds where to go. Its collections are read by right of the service: who sees an order may know where it is.
type Sites struct {
	Units  event.Collection[UnitRef]
	Sites  event.Collection[SiteRef]
	Assets event.Collection[AssetRef]
}

// Of is the site of work in a unit: in an area of it, or on an asset, whose area is meant then.
func (s Sites) Of(ctx context.Context, unit, area, asset string) (*Site, error) {
	u, err := s.Units.Get(ctx, unit)
	if err != nil {
		return nil, err
	}
	out := &Site{Place: u.Place, Name: u.Name, TimeZone: u.TimeZone}
	if asset != "" {
		switch a, err := s.Assets.Get(ctx, asset); {
		case err == nil && a.UnitID == unit:
			area = a.AreaID
		case err != nil && !errors.Is(err, event.ErrNotFound):
			return nil, err
		}
	}
	if a, ok := u.Area(area); ok {
		out.Area = a.Path
	}
	known, err := s.Sites.Get(ctx, unit)
	if errors.Is(err, event.ErrNotFound) {
		return out, nil
	}
	if err == nil {
		out.Address, out.Municipality, out.Locality, out.Latitude, out.Longitude = known.Address, known.Municipality, known.Locality, known.Latitude, known.Longitude
	}
	return out, err
}
