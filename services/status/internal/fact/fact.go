// Package fact is what the status service keeps of each thing it has heard of: just what the figures need.
package fact

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Any is the first of the marks of whatever carries marks, so that all of it can be found without knowing the units.
const Any = "*"

// Base is what all facts have in common.
type Base struct {
	ID string `json:"id"`
	mx.Place
	// From is the place the thing was at before, as far as this service has seen it there.
	From *mx.Place `json:"from,omitempty"`
	// RecordedAt is when the event that brought this state was recorded.
	RecordedAt event.Time `json:"recorded_at,omitzero"`
	// DirtyUnits are the units whose figures do not yet include this version of the fact: the one it belongs to, the ones it belonged
	// to before. The marks are written together with the fact and cleared, on condition, after the figures.
	DirtyUnits []string `json:"dirty_units,omitempty"`
}

// About lets the rest of the service see a fact without its kind.
func (b *Base) About() *Base { return b }

// Of is a pointer to a kind of fact.
type Of[T any] interface {
	*T
	About() *Base
}

// Follow carries over what must survive from the stored version, nil when there is none, and marks both units.
func (b *Base) Follow(stored *Base) {
	b.From, b.DirtyUnits = nil, nil
	units := []string{b.UnitID}
	if stored != nil {
		b.From = stored.From
		if stored.Place != b.Place {
			from := stored.Place
			b.From = &from
		}
		units = append(units, stored.UnitID)
		units = append(units, stored.DirtyUnits...)
	}
	b.DirtyUnits = Add(nil, units...)
}

// Dirty says whether the figures of the unit lack this version of the fact.
func (b *Base) Dirty(unit string) bool { return slices.Contains(b.DirtyUnits, unit) }

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

// Add puts keys into a list of marks, each once, behind Any.
func Add(marks []string, keys ...string) []string {
	for _, k := range keys {
		if k == "" || k == Any || slices.Contains(marks, k) {
			continue
		}
		if len(marks) == 0 {
			marks = append(marks, Any)
		}
		marks = append(marks, k)
	}
	return marks
}

// Remove takes keys out of a list of marks; without any, Any goes too.
func Remove(marks []string, keys ...string) []string {
	left := slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return m == Any || slices.Contains(keys, m) })
	return Add(nil, left...)
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
