// Package fact is what the status service keeps of each thing it has heard of: just what the figures need.
package fact

import "github.com/bitacora-salud/bitacora/pkg/mx"

// Marked is a fact whose units' figures are to be worked out again. The mark is written together with the fact and cleared, on
// condition, after the figures: a crash between loses nothing.
type Marked struct {
	// DirtyUnits are the unit the fact belongs to and the one it belonged to before.
	DirtyUnits []string `json:"dirty_units,omitempty"`
}

// Carry adds to the marks of state those of the stored fact, and both units.
func (m *Marked) Carry(stored *Marked, units ...string) {
	if stored != nil {
		units = append(units, stored.DirtyUnits...)
	}
	for _, u := range units {
		if u != "" && !contains(m.DirtyUnits, u) {
			m.DirtyUnits = append(m.DirtyUnits, u)
		}
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// Unit is what figures need of a place.
type Unit struct {
	ID string `json:"id"`
	mx.Place
	Marked
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	UnitType       string `json:"unit_type,omitempty"`
	CareLevel      string `json:"care_level,omitempty"`
	OperationState string `json:"operation_state"`
	Own            bool   `json:"own"`
}

// Counts says whether the unit counts in the figures of offices, states and the nation: the institution's own medical units do.
func (u *Unit) Counts() bool { return u.Own && u.Kind == "medical_unit" }

// Asset is what figures need of an asset.
type Asset struct {
	ID     string `json:"id"`
	UnitID string `json:"unit_id"`
	Marked
	TypeKey     string `json:"type_key"`
	Lifecycle   Value  `json:"lifecycle"`
	Functioning Value  `json:"functioning"`
	Use         Value  `json:"use"`
	Custody     Value  `json:"custody"`
	Quarantine  Value  `json:"quarantine"`
	InService   bool   `json:"in_service"`
}

// Value is the value of one of an asset's facts.
type Value struct {
	Value string `json:"value"`
}

// Stock is what figures need of a line of a stock sheet.
type Stock struct {
	ID     string `json:"id"`
	UnitID string `json:"unit_id"`
	Marked
	TypeKey  string `json:"type_key"`
	Quantity int64  `json:"quantity"`
}

// Order is what figures need of a work order.
type Order struct {
	ID     string `json:"id"`
	UnitID string `json:"unit_id"`
	Marked
	Type        string  `json:"type"`
	State       string  `json:"state"`
	Priority    string  `json:"priority"`
	Quantity    float64 `json:"quantity"`
	MeasureUnit string  `json:"measure_unit"`
}

// Delivery is what figures need of a delivery.
type Delivery struct {
	ID     string `json:"id"`
	UnitID string `json:"unit_id"`
	Marked
	State string `json:"state"`
	Lines []Line `json:"lines"`
}

// Line is a delivery's line.
type Line struct {
	Dispatched int64 `json:"dispatched"`
	Surplus    int64 `json:"surplus"`
	Accepted   int64 `json:"accepted"`
	Reserved   int64 `json:"accepted_with_reservation"`
	Rejected   int64 `json:"rejected"`
	Missing    int64 `json:"missing"`
}
