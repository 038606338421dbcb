// Package asset is the register of what keeps an identity: equipment, furniture that carries a tag, building systems. An asset's
// condition is several facts, each with since when, by whom and why; none of them is a summary of the others.
package asset

import (
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Asset is one thing.
type Asset struct {
	ID string `json:"id"`
	mx.Place
	Details
	TypeID   string `json:"type_id"`
	TypeKey  string `json:"type_key"`
	Tracking string `json:"tracking"`
	// BuildingSystem marks what is part of the building: cistern, power plant, lift.
	BuildingSystem bool `json:"building_system,omitempty"`

	Lifecycle   Fact `json:"lifecycle"`
	Functioning Fact `json:"functioning"`
	Use         Fact `json:"use"`
	Custody     Fact `json:"custody"`
	Quarantine  Fact `json:"quarantine"`
	// InService is worked out from the asset's own facts: active, working or limited, in use, at its unit, not quarantined. Whether its
	// unit is open is the unit's to say: figures count it in service only then.
	InService bool `json:"in_service"`

	Funding mx.FundingSource `json:"funding_source"`
	Origin  *Origin          `json:"origin,omitempty"`
	// Reservations are what was still owed when the thing was accepted: a manual, training, installation.
	Reservations []Reservation `json:"reservations,omitempty"`
	// Orders are the work orders now open on it, as far as they concern its condition or who may see it.
	Orders []OpenOrder `json:"open_orders,omitempty"`
	// HandsOn is the latest that anybody said of the asset who had it before him: by hand, by the restoration of an accepted order, by
	// the finding of a declined or cancelled one. Nothing older can ever stand again, so that nothing older is kept; the history has it.
	HandsOn Assertion `json:"hands_on,omitzero"`
	// HadOrders says that a work order on it has been heard of, open or not.
	HadOrders bool `json:"had_orders,omitempty"`
	// Voided is there when it was registered by mistake: the lifecycle is retired then, and nothing counts it.
	Voided       *Voided    `json:"voided,omitempty"`
	Notes        []Note     `json:"notes,omitempty"`
	RegisteredAt event.Time `json:"registered_at"`

	mx.Review
}

// Fact is one value of an asset's condition: since when it holds, who said so, and why.
type Fact struct {
	Value string     `json:"value"`
	Since event.Time `json:"since"`
	// Reason is a word of the domain's own; what people write goes to the notes.
	Reason string `json:"reason,omitempty"`
	By     string `json:"by" doc:"Opaque id of who said so; empty for a reader who may not know: a contractor, of what another contractor's order says"`
	// OrderID is the work order that brought the value about.
	OrderID string `json:"order_id,omitempty"`
	// Reported says that somebody said so; else it was taken for granted when the asset was registered.
	Reported bool `json:"reported,omitempty"`
	// LateEntry is there when it was recorded more than seven days after it happened.
	LateEntry *event.LateEntry `json:"late_entry,omitempty"`
}

// Origin is the delivered item an asset was made from.
type Origin struct {
	DeliveryID string `json:"delivery_id"`
	Line       int    `json:"line"`
	Ordinal    int    `json:"ordinal"`
}

// Reservation is something owed with a due date.
type Reservation struct {
	Reason string `json:"reason"`
	DueOn  string `json:"due_on"`
}

// OpenOrder is a work order under way on the asset.
type OpenOrder struct {
	ID           string `json:"id"`
	Folio        string `json:"folio,omitempty"`
	ContractorID string `json:"contractor_id,omitempty"`
	// TechnicianID is the institution's own technician who has it, as the token's subject.
	TechnicianID string `json:"technician_id,omitempty"`
	// Says is what a corrective order says of the asset now: its report, its restoration once it has one. It goes with the order.
	Says *Assertion `json:"says,omitempty"`
	// Stops says that the order reported the asset as not working or limited and has not restored it yet.
	Stops bool `json:"stops"`
}

// Values of the facts, as in the tables of pkg/mx.
const (
	Draft              = "draft"
	Active             = "active"
	Retired            = "retired"
	Working            = "working"
	Limited            = "limited"
	NotWorking         = "not_working"
	UnknownFunctioning = "unknown"
	InUse              = "in_use"
	NotInUse           = "not_in_use"
	AtUnit             = "at_unit"
	Quarantined        = "quarantined"
	NotQuarantined     = "not_quarantined"
	Serialised         = "serialised"
	Tagged             = "tagged"
)

// Scopes are the places, contractors and technicians that see the asset.
func (a *Asset) Scopes() []string {
	s := a.Place.Scopes()
	for _, o := range a.Orders {
		s = append(s, o.doers()...)
	}
	return s
}

// doers are the scopes of who has the order.
func (o OpenOrder) doers() (scopes []string) {
	if o.ContractorID != "" {
		scopes = append(scopes, "contractor:"+o.ContractorID)
	}
	if o.TechnicianID != "" {
		scopes = append(scopes, "technician:"+o.TechnicianID)
	}
	return scopes
}

// derive works out what follows from the facts. It is called after each change.
func (a *Asset) derive() {
	a.withhold()
	a.InService = a.serves()
}

// serves is what the facts say of InService.
func (a *Asset) serves() bool {
	works := a.Functioning.Value == Working || a.Functioning.Value == Limited
	return a.Lifecycle.Value == Active && works && a.Use.Value == InUse && a.Custody.Value == AtUnit && a.Quarantine.Value == NotQuarantined
}
