package delivery

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// instantOf is the name of the instant that each verb says.
var instantOf = map[string]string{"dispatch": "dispatched_at", "arrive": "arrived_at", "confirm": "confirmed_at", "cancel": "cancelled_at"}

// instant is when a step named name happened, by what was said of it in field. Goods leave, arrive and are checked in that order, at most a
// year before the delivery was recorded; what comes without an instant happens now, and not before the step ahead of it.
func (d *Delivery) instant(field, name string, said, now event.Time) (event.Time, error) {
	at, err := event.Happened(field, said, now)
	if err != nil {
		return at, err
	}
	ahead := []event.Instant{{Name: "dispatched_at", At: d.DispatchedAt}, {Name: "arrived_at", At: d.ArrivedAt}, {Name: "confirmed_at", At: d.ConfirmedAt}, {Name: "cancelled_at"}}
	if said.IsZero() {
		for _, i := range ahead {
			if i.At.After(at.Time) { // recorded by a clock that is a little ahead of this one
				at = i.At
			}
		}
	}
	if oldest := event.At(d.CreatedAt.AddDate(0, 0, -maxBackdating)); at.Before(oldest.Time) {
		return at, fault.Invalidf(field, "occurred-too-early", "%s is more than a year before the delivery was recorded", at).With("from " + oldest.String())
	}
	return at, event.Fits(field, name, at, ahead)
}

// enter marks what is recorded late. The word of the unit's director is the unit's, and needs no other.
func (d *Delivery) enter(ctx context.Context, verb string, at, now event.Time) *event.LateEntry {
	if !event.Late(at, now) {
		return nil
	}
	e := event.LateEntry{What: verb, OccurredAt: at, RecordedAt: now, By: event.Actor(ctx)}
	if event.ActsAs(ctx, []string{"unit:" + d.UnitID}, "unit_director") {
		e.ConfirmedAt, e.ConfirmedBy = now, e.By
	}
	d.LateEntries = append(d.LateEntries, e)
	return &e
}

// confirmLate is part of the unit's confirmation of the delivery.
func (d *Delivery) confirmLate(by string, now event.Time) {
	for i := range d.LateEntries {
		if e := &d.LateEntries[i]; e.ConfirmedAt.IsZero() {
			e.ConfirmedAt, e.ConfirmedBy = now, by
		}
	}
}
