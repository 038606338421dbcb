// Package fact is what the status service keeps of each thing it has heard of: just what the figures need.
package fact

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/tally"
)

// Base is what all facts have in common.
type Base struct {
	ID string `json:"id"`
	mx.Place
	// From is the place the thing was at before, as far as this service has seen it there.
	From *mx.Place `json:"from,omitempty"`
	// RecordedAt is when the event that brought this state was recorded.
	RecordedAt event.Time `json:"recorded_at,omitzero"`
	// DirtyUnits are the units whose figures, as the release before counts them, lacked this version when that release stored it. This one
	// stores none: it goes with the upgrade (react/upgrade.go).
	DirtyUnits []string `json:"dirty_units,omitempty"`
}

// About lets the rest of the service see a fact without its kind.
func (b *Base) About() *Base { return b }

// Owner is the unit that counts the thing. It implements tally.Fact, as do At, Replace and Doubtful.
func (b *Base) Owner() string { return b.UnitID }

// At is RecordedAt.
func (b *Base) At() event.Time { return b.RecordedAt }

// Replace carries over where the thing was before.
func (b *Base) Replace(stored tally.Fact) {
	old := stored.(interface{ About() *Base }).About()
	if b.From = old.From; old.Place != b.Place {
		b.From = &old.Place
	}
}

// Doubtful are the units whose figures lacked this version when the release before stored it.
func (b *Base) Doubtful() []string {
	return slices.DeleteFunc(slices.Clone(b.DirtyUnits), func(m string) bool { return m == AnyMark })
}

// AnyMark is the first of DirtyUnits, by which all that have any are found.
const AnyMark = "*"

// Scopes are those of where the thing is and of where it was: both may ask whether it has been heard of.
func (b *Base) Scopes() []string {
	s := b.Place.Scopes()
	if b.From != nil {
		for _, scope := range b.From.Scopes() {
			if !slices.Contains(s, scope) {
				s = append(s, scope)
			}
		}
	}
	return s
}

// Unit is what figures need of a place.
type Unit struct {
	Base
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	UnitType       string `json:"unit_type,omitempty"`
	CareLevel      string `json:"care_level,omitempty"`
	OperationState string `json:"operation_state"`
	Own            bool   `json:"own"`
}

// Counts says whether offices, states and the nation know of the unit: they do of the institution's own medical units.
func (u *Unit) Counts() bool { return u.Own && u.Kind == "medical_unit" }

// Asset is what figures need of an asset.
type Asset struct {
	Base
	TypeKey   string `json:"type_key"`
	Lifecycle string `json:"lifecycle"`
	// Voided: registered by mistake. Its lifecycle is retired, which is how the release before this one counts it.
	Voided      bool   `json:"voided,omitempty"`
	Functioning string `json:"functioning"`
	Use         string `json:"use"`
	Custody     string `json:"custody"`
	Quarantine  string `json:"quarantine"`
	// InService is Serves as it was when the fact was heard. The release before this one counts by it.
	InService bool `json:"in_service,omitempty"`
}

// Serves says whether the asset's own facts let it be in service: active, working or limited, in use, at its unit, not quarantined. In
// service it is when its unit is open too.
func (a *Asset) Serves() bool {
	works := a.Functioning == "working" || a.Functioning == "limited"
	return a.Lifecycle == "active" && works && a.Use == "in_use" && !a.Away() && a.Quarantine != "quarantined"
}

// Away says that the asset is in transit, on loan or in a workshop.
func (a *Asset) Away() bool { return a.Custody != "" && a.Custody != "at_unit" }

// Stock is what figures need of a line of a stock sheet.
type Stock struct {
	Base
	Quantity int64 `json:"quantity"`
}

// Order is what figures need of a work order.
type Order struct {
	Base
	Type     string `json:"type"`
	State    string `json:"state"`
	Priority string `json:"priority"`
	// Quantity is what was done, or is to be done while that is not said.
	Quantity    float64 `json:"quantity,omitempty"`
	MeasureUnit string  `json:"measure_unit,omitempty"`
}

// Delivery is what figures need of a delivery: the sums of its lines.
type Delivery struct {
	Base
	State      string `json:"state"`
	Dispatched int64  `json:"dispatched,omitempty"`
	Surplus    int64  `json:"surplus,omitempty"`
	Accepted   int64  `json:"accepted,omitempty"`
	Reserved   int64  `json:"accepted_with_reservation,omitempty"`
	Rejected   int64  `json:"rejected,omitempty"`
	Missing    int64  `json:"missing,omitempty"`
}
