// Package place holds what the service has learnt of units and assets from the asset service's topics: enough to check what an
// order or a programme line names, and to know where it belongs. Nobody edits it here.
package place

import (
	"context"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// UnitRef is a unit as its topic tells it.
type UnitRef struct {
	ID string `json:"id"`
	mx.ZonedPlace
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	OperationState string `json:"operation_state"`
	Areas          []Area `json:"areas,omitempty"`
}

// Area is a part of a unit; Path is its names from the root.
type Area struct {
	ID   string `json:"id"`
	Path string `json:"path"`
}

// Area returns the area with that id.
func (u *UnitRef) Area(id string) (Area, bool) {
	i := slices.IndexFunc(u.Areas, func(a Area) bool { return a.ID == id })
	if i < 0 {
		return Area{}, false
	}
	return u.Areas[i], true
}

// AssetRef is an asset as its topic tells it.
type AssetRef struct {
	ID string `json:"id"`
	mx.Place
	AreaID      string `json:"area_id,omitempty"`
	TypeKey     string `json:"type_key"`
	Lifecycle   Fact   `json:"lifecycle"`
	Functioning Fact   `json:"functioning"`
	// HandsOn is the latest that anybody said of it who had it before him. It is missing from what was learnt of an earlier release.
	HandsOn struct {
		Value      string     `json:"value"`
		OccurredAt event.Time `json:"occurred_at,omitzero"`
	} `json:"hands_on,omitzero"`
	RegisteredAt event.Time `json:"registered_at,omitzero"`
	// Orders are the work orders open on it.
	Orders []struct {
		ID string `json:"id"`
	} `json:"open_orders,omitempty"`
}

// Retired says that the asset is no longer there: it was retired, or its registration was taken back.
func (a *AssetRef) Retired() bool { return a.Lifecycle.Value == "retired" }

// ServedAt is when somebody who had the asset before him last said that it serves, fully or not, if that is the latest such word; zero
// otherwise. The word of its registration is not meant, which has that instant: a failure of the day before is reported of an asset registered
// today. Whatever else is said counts by when it happened, before the registration too.
func (a *AssetRef) ServedAt() event.Time {
	if w := a.HandsOn; (w.Value == "working" || w.Value == "limited") && !w.OccurredAt.Equal(a.RegisteredAt) {
		return w.OccurredAt
	}
	return event.Time{}
}

// Fact is the value of one fact of an asset's condition.
type Fact struct {
	Value string `json:"value"`
}

// OpenUnit is the unit in the caller's scope. One that is closed is refused: nothing is begun there any more.
func OpenUnit(ctx context.Context, units event.Collection[UnitRef], id string) (*UnitRef, error) {
	u, err := units.Get(ctx, id)
	if err != nil {
		return nil, event.Referenced(err, "unit_id", "unit", id)
	}
	if u.OperationState == "closed" {
		return nil, fault.Conflictf("unit-closed", u.OperationState, "unit %s is closed: no work begins there until it is open again", u.ID)
	}
	return u, nil
}
