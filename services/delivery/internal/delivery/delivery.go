// Package delivery is what was sent to a unit and what the unit says arrived. It is confirmed once, line by line, by the unit and
// not by the supplier.
package delivery

import (
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Delivery is one consignment to one unit.
type Delivery struct {
	ID string `json:"id"`
	// ZonedPlace is the unit's: dates that are counted from here are its dates.
	mx.ZonedPlace
	State        string `json:"state"`
	SupplierID   string `json:"supplier_id,omitempty"`
	ContractID   string `json:"contract_id,omitempty"`
	DeliveryNote string `json:"delivery_note,omitempty"`
	// Announced says whether it was dispatched from here; a delivery that the unit registered when it came was not.
	Announced    bool       `json:"announced"`
	Lines        []Line     `json:"lines"`
	CreatedAt    event.Time `json:"created_at"`
	CreatedBy    string     `json:"created_by"`
	DispatchedAt event.Time `json:"dispatched_at,omitzero"`
	ArrivedAt    event.Time `json:"arrived_at,omitzero"`
	ConfirmedAt  event.Time `json:"confirmed_at,omitzero"`
	ConfirmedBy  string     `json:"confirmed_by,omitempty"`
	// InFull says that a confirmed delivery was accepted without rejection, shortage or reservation.
	InFull       bool       `json:"accepted_in_full,omitempty"`
	CancelledAt  event.Time `json:"cancelled_at,omitzero"`
	CancelReason string     `json:"cancel_reason,omitempty" jsonschema_description:"Only in events of earlier releases: it is free text"`
	// LateEntries are what was recorded more than seven days after it happened. The unit confirms them with the delivery.
	LateEntries []event.LateEntry `json:"late_entries,omitempty"`
	mx.Review
}

// The comparison keys of a delivery, as the store declares them: the number of its note, and that number of one supplier to one unit.
const (
	NoteKey        = "delivery_note"
	ConsignmentKey = "consignment"
	// PossibleDuplicate is the discrepancy of a delivery whose supplier sent the unit another one with the same note. One note may cover
	// several deliveries, as where a large one is split: nobody is refused.
	PossibleDuplicate = "possible_duplicate"
)

// Keys are what deliveries are compared by. A cancelled one has not taken place: it is found by its note, and is nobody's duplicate.
func Keys(n mx.Nones) func(*Delivery) map[string]string {
	return func(d *Delivery) map[string]string {
		note := n.Key(d.DeliveryNote)
		keys := map[string]string{NoteKey: note}
		if note != "" && d.State != Cancelled {
			keys[ConsignmentKey] = note + "\x1f" + d.UnitID + "\x1f" + d.SupplierID
		}
		return keys
	}
}

// Line is one kind of goods. Once confirmed: dispatched + surplus = accepted + accepted with reservation + rejected + missing.
type Line struct {
	Line        int              `json:"line"`
	TypeID      string           `json:"type_id"`
	TypeKey     string           `json:"type_key"`
	Category    string           `json:"category"`
	Description string           `json:"description,omitempty"`
	Tracking    string           `json:"tracking"`
	Funding     mx.FundingSource `json:"funding_source"`
	UnitPrice   *mx.Money        `json:"unit_price,omitempty"`
	// Invented marks a quantity that no source states: demonstrations only.
	Invented   bool `json:"invented,omitempty"`
	Dispatched int  `json:"dispatched"`
	Outcome
}

// Outcome is what the unit found of a line.
type Outcome struct {
	Surplus      int           `json:"surplus,omitempty"`
	Accepted     int           `json:"accepted,omitempty"`
	Reserved     int           `json:"accepted_with_reservation,omitempty"`
	Rejected     int           `json:"rejected,omitempty"`
	Missing      int           `json:"missing,omitempty"`
	Rejections   []Rejection   `json:"rejections,omitempty"`
	Reservations []Reservation `json:"reservations,omitempty"`
	Shortages    []Shortage    `json:"shortages,omitempty"`
}

// Rejection is goods refused, and why.
type Rejection struct {
	Reason   string `json:"reason" vocabulary:"line_reason_rejected"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"100000"`
}

// Shortage is goods that did not come, and why.
type Shortage struct {
	Reason   string `json:"reason" vocabulary:"line_reason_missing"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"100000"`
}

// Reservation is goods accepted though something is owed with a due date.
type Reservation struct {
	Reason   string `json:"reason" vocabulary:"line_reason_reservation"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"100000"`
	DueOn    string `json:"due_on"`
}

// The states of a delivery, as in the table "delivery_state" of pkg/mx.
const (
	Draft      = "draft"
	Dispatched = "dispatched"
	Arrived    = "arrived"
	Confirmed  = "confirmed"
	Cancelled  = "cancelled"
)

// open lists what may happen in each state, in the API's verbs.
var open = map[string][]string{
	Draft:      {"dispatch", "cancel", "change"},
	Dispatched: {"arrive", "confirm", "cancel", "change"},
	Arrived:    {"confirm", "change"},
}

// May refuses a verb that the present state does not admit.
func (d *Delivery) May(verb string) error {
	for _, v := range open[d.State] {
		if v == verb {
			return nil
		}
	}
	return fault.Conflictf("transition-not-allowed", d.State, "a %s delivery cannot be the object of %s", d.State, verb).With(open[d.State]...)
}

// Scopes are the unit's and the supplier's.
func (d *Delivery) Scopes() []string {
	s := d.Place.Scopes()
	if d.SupplierID != "" {
		s = append(s, "contractor:"+d.SupplierID)
	}
	return s
}
