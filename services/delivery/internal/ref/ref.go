// Package ref is what the delivery service has learnt of others: units, equipment types, contractors. References are advisory:
// they refuse what is known to be wrong; the owner of each has the last word.
package ref

import "github.com/bitacora-salud/bitacora/pkg/mx"

// Unit is a place that goods can go to.
type Unit struct {
	ID string `json:"id"`
	mx.ZonedPlace
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	OperationState string `json:"operation_state"`
}

// Site is where a unit is: what whoever brings goods needs of it, and nothing else. It is learnt by a consumer of its own, which begins at the first
// event there ever was: what Unit took no notice of when it was heard is found here after an upgrade too.
type Site struct {
	ID string `json:"id" doc:"The unit's key"`
	mx.ZonedPlace
	Name         string   `json:"name"`
	Address      string   `json:"address,omitempty" doc:"Street and number, neighbourhood, postcode; absent where the register has none"`
	Municipality string   `json:"municipality,omitempty"`
	Locality     string   `json:"locality,omitempty"`
	Latitude     *float64 `json:"latitude,omitempty"`
	Longitude    *float64 `json:"longitude,omitempty"`
}

// Type is an equipment type.
type Type struct {
	ID       string `json:"id"`
	Key      string `json:"key"`
	NameES   string `json:"name_es"`
	Category string `json:"category"`
	Tracking string `json:"tracking"`
}

// Contractor is a supplier.
type Contractor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Scopes of a contractor's record: the institution's own people and the contractor itself.
func (c *Contractor) Scopes() []string { return []string{"nation", "staff", "contractor:" + c.ID} }
