package fact

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// errNowhere is the refusal of a state that does not say where the thing is.
var errNowhere = errors.New("the state names no unit")

// begin reads the public state that e carries into v, whose Base is b.
func begin(e event.Envelope, v any, b *Base) error {
	if err := json.Unmarshal(e.State, v); err != nil {
		return event.Permanent(fmt.Errorf("state of %s: %w", e.Subject, err))
	}
	b.ID, b.RecordedAt, b.From, b.DirtyUnits = e.Subject, e.At, nil, nil
	if b.UnitID == "" {
		return event.Permanent(fmt.Errorf("state of %s: %w", e.Subject, errNowhere))
	}
	return nil
}

// HeardUnit is the fact in the event of a unit. The error is permanent, as in all functions of this file.
func HeardUnit(e event.Envelope) (*Unit, error) {
	u := &Unit{}
	err := begin(e, u, &u.Base)
	if u.ID != u.UnitID && err == nil {
		err = event.Permanent(fmt.Errorf("state of %s: the unit calls itself %s", u.ID, u.UnitID))
	}
	return u, err
}

// HeardAsset is the fact in the event of an asset.
func HeardAsset(e event.Envelope) (*Asset, error) {
	type value struct {
		Value string `json:"value"`
	}
	var s struct {
		Base
		TypeKey     string    `json:"type_key"`
		Lifecycle   value     `json:"lifecycle"`
		Functioning value     `json:"functioning"`
		Use         value     `json:"use"`
		Custody     value     `json:"custody"`
		Quarantine  value     `json:"quarantine"`
		Voided      *struct{} `json:"voided"`
	}
	err := begin(e, &s, &s.Base)
	a := &Asset{Base: s.Base, TypeKey: s.TypeKey, Lifecycle: s.Lifecycle.Value, Functioning: s.Functioning.Value, Use: s.Use.Value,
		Custody: s.Custody.Value, Quarantine: s.Quarantine.Value, Voided: s.Voided != nil}
	a.InService = a.Serves()
	return a, err
}

// HeardStock is the fact in the event of a line of a stock sheet.
func HeardStock(e event.Envelope) (*Stock, error) {
	s := &Stock{}
	return s, begin(e, s, &s.Base)
}

// HeardOrder is the fact in the event of a work order.
func HeardOrder(e event.Envelope) (*Order, error) {
	var s struct {
		Order
		Done float64 `json:"quantity_done"`
	}
	err := begin(e, &s, &s.Base)
	if s.Done != 0 {
		s.Quantity = s.Done
	}
	return &s.Order, err
}

// HeardDelivery is the fact in the event of a delivery.
func HeardDelivery(e event.Envelope) (*Delivery, error) {
	type line struct {
		Dispatched int64 `json:"dispatched"`
		Surplus    int64 `json:"surplus"`
		Accepted   int64 `json:"accepted"`
		Reserved   int64 `json:"accepted_with_reservation"`
		Rejected   int64 `json:"rejected"`
		Missing    int64 `json:"missing"`
	}
	var s struct {
		Base
		State string `json:"state"`
		Lines []line `json:"lines"`
	}
	err := begin(e, &s, &s.Base)
	d := &Delivery{Base: s.Base, State: s.State}
	for _, l := range s.Lines {
		d.Dispatched, d.Surplus, d.Accepted = d.Dispatched+l.Dispatched, d.Surplus+l.Surplus, d.Accepted+l.Accepted
		d.Reserved, d.Rejected, d.Missing = d.Reserved+l.Reserved, d.Rejected+l.Rejected, d.Missing+l.Missing
	}
	return d, err
}
