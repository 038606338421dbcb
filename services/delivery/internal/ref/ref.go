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
