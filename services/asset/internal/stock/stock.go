// Package stock is the units' stock sheets: goods that are counted, not told apart.
package stock

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Item is one line of a unit's stock sheet: how many of a type it holds.
type Item struct {
	ID string `json:"id"`
	mx.Place
	TypeID    string     `json:"type_id"`
	TypeKey   string     `json:"type_key"`
	Quantity  int        `json:"quantity"`
	UpdatedAt event.Time `json:"updated_at"`
}

// Receipt is an amount that came in with a delivery.
type Receipt struct {
	DeliveryID string `json:"delivery_id"`
	Line       int    `json:"line"`
	Quantity   int    `json:"quantity"`
}

// The events of a line. Their state is the Item. Stock items share the assets' topic.
var (
	Events        = event.NewSet(event.Assets, "stock_item")
	Received      = event.Define[Receipt](Events, "stock_item.received", "Counted goods of a confirmed delivery came onto a unit's stock sheet")
	PlaceFollowed = event.Define[mx.Place](Events, "stock_item.place_followed", "The line's unit belongs to another office, region or state now")
)

var space = uuid.MustParse("2b0f6a58-0f0b-5d44-8d0e-7f5a5d1f6c11")

// ID is the id of a unit's line for a type.
func ID(unitID, typeID string) string {
	return uuid.NewSHA1(space, []byte(unitID+"\x00"+typeID)).String()
}

// Commands are what can be done with stock sheets.
type Commands struct {
	Items event.Collection[Item]
	Now   func(context.Context) event.Time
}

// Receive adds a receipt to a unit's line. Whoever calls it makes sure, in the same Atomic, that the receipt was not counted before.
func (c Commands) Receive(ctx context.Context, place mx.Place, typeID, typeKey string, r Receipt) error {
	id := ID(place.UnitID, typeID)
	add := func(i *Item) ([]event.Event, error) {
		i.Quantity += r.Quantity
		i.UpdatedAt = c.Now(ctx)
		return []event.Event{Received.New(r)}, nil
	}
	err := c.Items.Update(ctx, id, add)
	if !errors.Is(err, event.ErrNotFound) {
		return err
	}
	i := &Item{ID: id, Place: place, TypeID: typeID, TypeKey: typeKey}
	events, err := add(i)
	if err != nil {
		return err
	}
	return c.Items.Insert(ctx, id, i, events...)
}

// Follow moves the line along when its unit comes to belong to another office, region or state.
func (i *Item) Follow(to mx.ZonedPlace) event.Event {
	i.Place = to.Place
	return PlaceFollowed.New(to.Place)
}
