// Package store declares the delivery service's collections and what may be asked of them.
package store

import (
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/delivery"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/ref"
)

// Collections are the service's documents.
type Collections struct {
	Deliveries  *docstore.Collection[delivery.Delivery]
	Units       *docstore.Collection[ref.Unit]
	Sites       *docstore.Collection[ref.Site]
	Types       *docstore.Collection[ref.Type]
	Contractors *docstore.Collection[ref.Contractor]
}

// Open declares the collections. nones are the installation's words for "there is none".
func Open(s *docstore.Store, nones mx.Nones) *Collections {
	everyone := func(*ref.Type) []string { return []string{caller.Nation, caller.Everyone} }
	return &Collections{
		Deliveries: docstore.Open(s, docstore.Spec{Name: "deliveries", Events: delivery.Events,
			Indexes: append(docstore.By("unit_id", "state", "supplier_id", "contract_id"), docstore.Newest("created_at", "state", "unit_id")...),
			Keys:    []docstore.Key{{Name: delivery.NoteKey, Free: true}, {Name: delivery.ConsignmentKey, Mark: delivery.PossibleDuplicate, Shared: true, Within: delivery.NoteKey}},
			Since:   "created_at",
		}, (*delivery.Delivery).Scopes).Keyed(delivery.Keys(nones), nil),
		Units:       docstore.Open(s, docstore.Spec{Name: "unit_refs", Aggregate: "unit_ref"}, (*ref.Unit).Scopes),
		Sites:       docstore.Open(s, docstore.Spec{Name: "site_refs", Aggregate: "site_ref"}, (*ref.Site).Scopes),
		Types:       docstore.Open(s, docstore.Spec{Name: "type_refs", Aggregate: "type_ref"}, everyone),
		Contractors: docstore.Open(s, docstore.Spec{Name: "contractor_refs", Aggregate: "contractor_ref"}, (*ref.Contractor).Scopes),
	}
}
