package order

import "github.com/bitacora-salud/bitacora/pkg/event"

// EndInput ends an order whose work was not done. What the order reported of its asset leaves nothing behind; a finding does.
type EndInput struct {
	Explained
	Finding string `json:"finding,omitempty" enum:"working,limited,not_working" doc:"Of corrective orders on an asset: what the asset was found to be by whoever had it before them"`
}

func (w When) find(o *Order, functioning string) {
	if functioning != "" {
		o.Finding = Finding{functioning, w.OccurredAt, w.By}
	}
}

// ended is begin for what ends an order whose work was not done.
func (o *Order) ended(d Doer, action string, in EndInput) (When, error) {
	return o.explained(d, action, in.Explained, o.validReport("finding", in.Finding, false))
}

// Decline refuses the request for good.
func (o *Order) Decline(d Doer, in EndInput) ([]event.Event, error) {
	w, err := o.ended(d, decline, in)
	return raised(o, DeclinedEvent, DeclinedChange{w, in.Finding}, err)
}

// Cancel ends an order that will not be carried out.
func (o *Order) Cancel(d Doer, in EndInput) ([]event.Event, error) {
	w, err := o.ended(d, cancel, in)
	return raised(o, CancelledEvent, CancelledChange{w, in.Finding}, err)
}
