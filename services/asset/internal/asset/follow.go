package asset

import (
	"context"
	"errors"
	"slices"

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
		Lifecycle: fact(Draft, "delivered"), Functioning: fact(UnknownFunctioning, ""), Use: fact(NotInUse, "not_installed"), Custody: fact(AtUnit, ""),
		Quarantine: fact(NotQuarantined, ""), Funding: d.Funding.OrUnknown(), Origin: &d.Origin, Reservations: d.Reservations, RegisteredAt: now}
	a.settle()
	return a
}

// Order is what an asset must know of a work order on it.
type Order struct {
	ID           string
	ContractorID string
	Open         bool
	// Reported is what the asset was said to be when the order was requested: "working", "limited", "not_working", or "" where the
	// order says nothing of it.
	Reported   string
	ReportedAt event.Time
	ReportedBy string
	// Restored is what it was at restoration, with its instant; "" while it is not restored.
	Restored   string
	RestoredAt event.Time
}

func (o Order) stops() bool {
	return o.Open && o.Restored == "" && (o.Reported == NotWorking || o.Reported == Limited)
}

// FollowOrder takes over what a work order says of the asset: who works on it, and whether it works. Orders only take effect when
// they change; a value that was reported by hand meanwhile stays.
func (c Commands) FollowOrder(ctx context.Context, id string, o Order) error {
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		i := slices.IndexFunc(a.Orders, func(known OpenOrder) bool { return known.ID == o.ID })
		var was OpenOrder
		if i >= 0 {
			was = a.Orders[i]
			a.Orders = slices.Delete(a.Orders, i, i+1)
		}
		is := OpenOrder{ID: o.ID, ContractorID: o.ContractorID, Stops: o.stops()}
		if o.Open {
			a.Orders = append(a.Orders, is)
		}
		var events []event.Event
		if (i >= 0) != o.Open || o.Open && was != is {
			events = append(events, OrdersChanged.New(OrderChange{OrderID: o.ID, Open: o.Open}))
		}
		if f, ok := a.functioningAfter(was, is, o); ok {
			events = append(events, a.set(factKinds[1], f))
		}
		return events, nil
	})
}

// functioningAfter is the functioning that follows from an order's change, if any does.
func (a *Asset) functioningAfter(was, is OpenOrder, o Order) (Fact, bool) {
	f := Fact{OrderID: o.ID, Reason: "work_order", By: o.ReportedBy}
	switch {
	case is.Stops && !was.Stops:
		f.Value, f.Since = o.Reported, o.ReportedAt
	case o.Restored != "" && a.Functioning.OrderID == o.ID:
		f.Value, f.Since = o.Restored, o.RestoredAt
		if other, stopped := a.stoppedByAnother(o.ID); stopped {
			f.Value, f.OrderID = a.Functioning.Value, other
		}
	default:
		return f, false
	}
	return f, f.Value != a.Functioning.Value || f.OrderID != a.Functioning.OrderID || f.Since.After(a.Functioning.Since.Time)
}

func (a *Asset) stoppedByAnother(id string) (string, bool) {
	for _, o := range a.Orders {
		if o.ID != id && o.Stops {
			return o.ID, true
		}
	}
	return "", false
}

// FollowPlace moves the asset along when its unit comes to belong to another office, region or state.
func (c Commands) FollowPlace(ctx context.Context, id string, p mx.Place) error {
	err := c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		if a.UnitID != p.UnitID || a.Place == p {
			return nil, nil
		}
		from := a.Office
		a.Place = p
		return []event.Event{PlaceFollowed.New(PlaceChange{FromOffice: from, ToOffice: p.Office})}, nil
	})
	if errors.Is(err, event.ErrNotFound) {
		return nil
	}
	return err
}
