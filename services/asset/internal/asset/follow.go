package asset

import (
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Delivered is one accepted item of a confirmed delivery that becomes an asset.
type Delivered struct {
	ID           string
	Place        mx.Place
	TypeID       string
	TypeKey      string
	Tracking     string
	Building     bool
	Origin       Origin
	Funding      mx.FundingSource
	Reservations []Reservation
	ConfirmedAt  event.Time
	ConfirmedBy  string
}

// Born is the asset that a delivered item becomes: a draft, at the unit, not yet installed.
func Born(d Delivered, now event.Time) *Asset {
	fact := func(value, reason string) Fact {
		return Fact{Value: value, Since: d.ConfirmedAt, Reason: reason, By: d.ConfirmedBy}
	}
	a := &Asset{ID: d.ID, Place: d.Place, TypeID: d.TypeID, TypeKey: d.TypeKey, Tracking: d.Tracking, BuildingSystem: d.Building,
		Lifecycle: fact(Draft, "delivered"), Use: fact(NotInUse, "not_installed"), Custody: fact(AtUnit, ""),
		Quarantine: fact(NotQuarantined, ""), Funding: d.Funding.OrUnknown(), Origin: &d.Origin, Reservations: d.Reservations, RegisteredAt: now,
		HandsOn: Assertion{Value: UnknownFunctioning, By: d.ConfirmedBy}}
	a.fold()
	return a
}

// Follow moves the asset along when its unit comes to belong to another office, region or state.
func (a *Asset) Follow(to mx.ZonedPlace) event.Event {
	from := a.Office
	a.Place = to.Place
	return PlaceFollowed.New(PlaceChange{FromOffice: from, ToOffice: to.Office})
}
