package delivery

import (
	"fmt"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Confirm is the unit's word on what arrived. Each line of the delivery is named once.
type Confirm struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When the goods were checked; now when absent"`
	Lines      []Found    `json:"lines" minItems:"1" maxItems:"500"`
}

// Found is what was found of one line. What was sent and what came beyond it must be what is accounted for.
type Found struct {
	Line         int             `json:"line" minimum:"1" maximum:"500"`
	Accepted     int             `json:"accepted,omitempty" minimum:"0" maximum:"100000" doc:"Accepted without reservation"`
	Surplus      int             `json:"surplus,omitempty" minimum:"0" maximum:"100000" doc:"Came beyond what was dispatched; counted under what became of it as well"`
	Reservations []FoundReserved `json:"reservations,omitempty" maxItems:"20"`
	Rejections   []Rejection     `json:"rejections,omitempty" maxItems:"20"`
	Shortages    []Shortage      `json:"shortages,omitempty" maxItems:"20"`
}

// FoundReserved is goods accepted with a reservation. The due date is given, or counted in calendar days from the confirmation.
type FoundReserved struct {
	Reason   string `json:"reason" vocabulary:"line_reason_reservation"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"100000"`
	DueDays  int    `json:"due_days,omitempty" minimum:"0" maximum:"365" doc:"Calendar days from the confirmation, in the unit's zone"`
	DueOn    string `json:"due_on,omitempty" format:"date"`
}

// outcome checks what was found of a line against what was dispatched.
func (l Line) outcome(at string, f Found, day time.Time) (Outcome, error) {
	o := Outcome{Surplus: f.Surplus, Accepted: f.Accepted, Rejections: f.Rejections, Shortages: f.Shortages}
	for _, n := range []struct {
		field string
		value int
	}{{"accepted", f.Accepted}, {"surplus", f.Surplus}} {
		if n.value < 0 || n.value > maxQuantity {
			return o, fault.Invalidf(at+"."+n.field, "quantity-out-of-range", "a quantity from 0 to %d was expected, got %d", maxQuantity, n.value)
		}
	}
	for i, r := range f.Rejections {
		if err := reason(fmt.Sprintf("%s.rejections[%d]", at, i), "line_reason_rejected", r.Reason, r.Quantity); err != nil {
			return o, err
		}
		o.Rejected += r.Quantity
	}
	for i, s := range f.Shortages {
		if err := reason(fmt.Sprintf("%s.shortages[%d]", at, i), "line_reason_missing", s.Reason, s.Quantity); err != nil {
			return o, err
		}
		o.Missing += s.Quantity
	}
	for i, r := range f.Reservations {
		where := fmt.Sprintf("%s.reservations[%d]", at, i)
		if err := reason(where, "line_reason_reservation", r.Reason, r.Quantity); err != nil {
			return o, err
		}
		due, err := r.due(where, day)
		if err != nil {
			return o, err
		}
		o.Reservations = append(o.Reservations, Reservation{Reason: r.Reason, Quantity: r.Quantity, DueOn: due})
		o.Reserved += r.Quantity
	}
	sent, found := l.Dispatched+o.Surplus, o.Accepted+o.Reserved+o.Rejected+o.Missing
	if sent != found {
		return o, fault.Invalidf(at, "line-does-not-add-up", "line %d: %d dispatched and %d surplus are %d, but %d accepted, %d with reservation, %d rejected and %d missing are %d",
			l.Line, l.Dispatched, o.Surplus, sent, o.Accepted, o.Reserved, o.Rejected, o.Missing, found)
	}
	return o, nil
}

func reason(at, enum, value string, quantity int) error {
	if !mx.Valid(enum, value) {
		return fault.Invalidf(at+".reason", "reason-unknown", "%q is not one of the reasons", value).With(mx.Values(enum)...)
	}
	if quantity < 1 || quantity > maxQuantity {
		return fault.Invalidf(at+".quantity", "quantity-out-of-range", "a quantity from 1 to %d was expected, got %d", maxQuantity, quantity)
	}
	return nil
}

// due is the date on which a reservation is to be settled, in the unit's zone.
func (r FoundReserved) due(at string, day time.Time) (string, error) {
	if r.DueOn == "" {
		return day.AddDate(0, 0, r.DueDays).Format(time.DateOnly), nil
	}
	d, err := time.Parse(time.DateOnly, r.DueOn)
	today := day.Format(time.DateOnly)
	if err != nil || r.DueOn < today || d.Year() > day.Year()+2 {
		return "", fault.Invalidf(at+".due_on", "date-out-of-range", "a date from %s on, within two years, was expected, got %q", today, r.DueOn)
	}
	return r.DueOn, nil
}

// confirm takes over what the unit found, all lines or none.
func (d *Delivery) confirm(in Confirm, at event.Time, zone *time.Location) error {
	found := map[int]int{}
	for i, f := range in.Lines {
		if _, twice := found[f.Line]; twice {
			return fault.Invalidf(fmt.Sprintf("lines[%d].line", i), "line-named-twice", "line %d is named twice", f.Line)
		}
		if f.Line < 1 || f.Line > len(d.Lines) {
			return fault.Invalidf(fmt.Sprintf("lines[%d].line", i), "line-unknown", "the delivery has lines 1 to %d, not %d", len(d.Lines), f.Line)
		}
		found[f.Line] = i
	}
	d.InFull = true
	assets := 0
	for i := range d.Lines {
		l := &d.Lines[i]
		at0, ok := found[l.Line]
		if !ok {
			return fault.Invalidf("lines", "line-not-named", "line %d (%s) is not accounted for; a line of which nothing came is missing", l.Line, l.TypeKey)
		}
		o, err := l.outcome(fmt.Sprintf("lines[%d]", at0), in.Lines[at0], at.In(zone))
		if err != nil {
			return err
		}
		l.Outcome = o
		if l.becomesAssets() {
			assets += o.Accepted + o.Reserved
		}
		d.InFull = d.InFull && o.Reserved == 0 && o.Rejected == 0 && o.Missing == 0
	}
	if assets > maxAssets {
		return fault.Invalidf("lines", "too-many-items", "a delivery gives at most %d serialised or tagged items, got %d", maxAssets, assets)
	}
	return nil
}
