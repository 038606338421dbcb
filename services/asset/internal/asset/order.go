package asset

import (
	"context"
	"reflect"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Order is what an asset must know of a work order on it.
type Order struct {
	ID           string
	Folio        string
	ContractorID string
	TechnicianID string
	// Open: something is still to be done on it. Accepted: it is over, and its work was done.
	Open, Accepted bool
	// Report is what the order said of the asset when it was requested, or when its work was returned. Restoration is what the asset has
	// been since service came back, or, where it did not, who completed the work and when, without a value. Finding is what was found
	// when the order was declined or cancelled. The Value is "" where the order says nothing of the kind.
	Report, Restoration, Finding Assertion
	// OvertakenAt is when the asset served again, as was known already when the report was recorded: a report of before then changes
	// nothing. Zero where nothing of the kind was known.
	OvertakenAt event.Time
}

// overtaken says that the order's report arrived late, about what was over by then.
func (o Order) overtaken() bool { return o.OvertakenAt.After(o.Report.OccurredAt.Time) }

// says is what the order says of the asset now, nil where that is nothing.
func (o Order) says() *Assertion {
	switch {
	case o.Restoration.Value != "":
		return o.word(o.Restoration)
	case o.Report.Value == "" || o.overtaken():
		return nil
	}
	return o.word(o.Report)
}

// leaves is what stays of the order once it is over, nil where that is nothing: the outcome of accepted work, which without a restoration
// is that the asset was still as reported when the work was completed; of a declined or cancelled order no more than its finding.
func (o Order) leaves() *Assertion {
	switch {
	case o.Open:
		return nil
	case o.Accepted:
		word := o.says()
		if word != nil && o.Restoration.Value == "" && !o.Restoration.OccurredAt.IsZero() {
			word.OccurredAt, word.By = o.Restoration.OccurredAt, o.Restoration.By
		}
		return word
	case o.Finding.Value != "":
		return o.word(o.Finding)
	}
	return nil
}

// word is one of the order's assertions as the asset keeps it. Orders of earlier releases do not say who restored.
func (o Order) word(w Assertion) *Assertion {
	w.Reason, w.OrderID = "work_order", o.ID
	if w.By == "" {
		w.By = o.Report.By
	}
	return &w
}

// FollowOrder takes over what a work order says of the asset: who works on it, and whether it works. It is given each order's newest
// state, so that the outcome does not depend on the order of arrival.
func (c Commands) FollowOrder(ctx context.Context, id string, o Order) error {
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		was := *a
		was.Orders = slices.Clone(a.Orders)
		a.recall()
		a.HadOrders = true
		i := slices.IndexFunc(a.Orders, func(known OpenOrder) bool { return known.ID == o.ID })
		is := OpenOrder{ID: o.ID, Folio: o.Folio, ContractorID: o.ContractorID, TechnicianID: o.TechnicianID, Says: o.says(), Stops: o.stops()}
		switch {
		case o.Open && i >= 0:
			a.Orders[i] = is
		case o.Open:
			a.Orders = append(a.Orders, is)
		case i >= 0:
			a.Orders = slices.Delete(a.Orders, i, i+1)
		}
		if word := o.leaves(); word != nil {
			a.keep(*word)
		}
		var events []event.Event
		if !reflect.DeepEqual(was, *a) {
			events = append(events, OrdersChanged.New(OrderChange{OrderID: o.ID, Open: o.Open}))
		}
		if o.Open && i < 0 && a.Lifecycle.Value == Retired {
			events = append(events, OrderOnRetired.New(OrderChange{OrderID: o.ID, Open: true}))
		}
		return append(events, a.fold()...), nil
	})
}

// stops says whether the order stops the asset and has not restored it yet; releases before this one go by it.
func (o Order) stops() bool {
	return o.Open && o.Restoration.Value == "" && !o.overtaken() && (o.Report.Value == NotWorking || o.Report.Value == Limited)
}
