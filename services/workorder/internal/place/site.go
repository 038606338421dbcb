package place

import (
	"context"
	"slices"

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

// Site is where to go for an order, and for what: what whoever does the work needs of a unit, and nothing else of it.
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
	TypeKey      string   `json:"type_key,omitempty" doc:"The equipment type of the asset that the work is on; absent where it is on none"`
}

// Known are documents learnt of others, read by right of the service: who sees an order may know where it is.
type Known[T any] interface {
	// Many returns those of the documents that are known, by id.
	Many(ctx context.Context, ids []string) (map[string]*T, error)
}

// Sites finds where to go.
type Sites struct {
	Units  Known[UnitRef]
	Sites  Known[SiteRef]
	Assets Known[AssetRef]
}

// Work is work in a unit: in an area of it, or on an asset, whose area is meant then.
type Work struct{ Unit, Area, Asset string }

// Of are the sites of work, each at the place of its work; nil where nothing is known of the unit. All of them cost three reads.
func (s Sites) Of(ctx context.Context, works []Work) ([]*Site, error) {
	ids := func(of func(Work) string) []string {
		var out []string
		for _, w := range works {
			if id := of(w); id != "" {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	at := ids(func(w Work) string { return w.Unit })
	units, err := s.Units.Many(ctx, at)
	if err != nil {
		return nil, err
	}
	known, err := s.Sites.Many(ctx, at)
	if err != nil {
		return nil, err
	}
	assets, err := s.Assets.Many(ctx, ids(func(w Work) string { return w.Asset }))
	if err != nil {
		return nil, err
	}
	out := make([]*Site, len(works))
	for i, w := range works {
		if u := units[w.Unit]; u != nil {
			out[i] = siteOf(w, u, known[w.Unit], assets[w.Asset])
		}
	}
	return out, nil
}

// siteOf is the site of work in u; what is known of the place and of the asset may be nil.
func siteOf(w Work, u *UnitRef, known *SiteRef, a *AssetRef) *Site {
	out := &Site{Place: u.Place, Name: u.Name, TimeZone: u.TimeZone}
	area := w.Area
	if a != nil {
		out.TypeKey = a.TypeKey
		if a.UnitID == w.Unit {
			area = a.AreaID
		}
	}
	if in, ok := u.Area(area); ok {
		out.Area = in.Path
	}
	if known != nil {
		out.Address, out.Municipality, out.Locality, out.Latitude, out.Longitude = known.Address, known.Municipality, known.Locality, known.Latitude, known.Longitude
	}
	return out
}
