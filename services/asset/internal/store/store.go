// Package store declares the asset service's collections and what may be asked of them.
package store

import (
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/stock"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Collections are the service's documents.
type Collections struct {
	Units  *docstore.Collection[unit.Unit]
	Types  *docstore.Collection[equipment.Type]
	Assets *docstore.Collection[asset.Asset]
	Stock  *docstore.Collection[stock.Item]
	// Deliveries and Orders are what was last heard of each, so that nothing is done twice. They hold no more than their version.
	Deliveries *docstore.Collection[Heard]
	Orders     *docstore.Collection[Heard]
	Gates      *Gates
}

// Heard is a reference of which only the version matters.
type Heard struct {
	ID string `json:"id"`
}

// Open declares the collections. nones are the installation's words for "there is none".
func Open(s *docstore.Store, nones mx.Nones) *Collections {
	by := docstore.By
	everyone := func(*equipment.Type) []string { return []string{caller.Nation, caller.Everyone} }
	c := &Collections{
		Units: docstore.Open(s, docstore.Spec{Name: "units", Events: unit.Events,
			Indexes: append(by("clues", "institute_unit_key", "office", "state_code", "kind", "unit_type", "care_level", "operation_state"), docstore.Index{Sort: "name"},
				docstore.Index{Fields: []string{"id"}, Unscoped: true}), // the names for a page: a few ids
			Unique: []docstore.Unique{{Name: "clues", Fields: []string{"clues"}}, {Name: "institute_unit_key", Fields: []string{"institute_unit_key"}}},
			Keys:   []docstore.Key{{Name: unit.IDKey, Field: "id", Rule: "unit-key-taken", Mark: unit.KeyTaken}, {Name: unit.InstituteKey, Mark: unit.KeyTaken}}, Since: "registered_at",
			Schema: 2, // the shape is that of 1; documents of 1 are looked through once more for flaws that it did not know
		}, (*unit.Unit).Scopes).Keyed((*unit.Unit).Keys, (*unit.Unit).Flaws),
		Types: docstore.Open(s, docstore.Spec{Name: "equipment_types", Events: equipment.Events,
			Indexes: by("category", "tracking", "key"),
			Unique:  []docstore.Unique{{Name: "key", Fields: []string{"key"}}, {Name: "compendium_key", Fields: []string{"compendium_key"}}},
		}, everyone),
		Assets: docstore.Open(s, docstore.Spec{Name: "assets", Events: asset.Events,
			Indexes: by("unit_id", "type_key", "functioning.value", "lifecycle.value", "use.value", "custody.value", "quarantine.value", "origin.delivery_id"), Since: "registered_at",
			Keys: []docstore.Key{{Name: asset.TagKey, Rule: "tag-taken", Mark: asset.TagTaken}, {Name: asset.SerialKey, Rule: "serial-taken", Mark: asset.PossibleDuplicate, Shared: true},
				{Name: asset.ModelKey, Field: asset.SerialKey, Rule: "serial-taken", Mark: asset.SerialTaken, Within: asset.SerialKey}},
			Schema: 2, // the shape is that of 1; documents of 1 are looked through once more for retired ones with open orders
			// Those of the release before, which compares what was typed: its pods may run beside these, and be rolled back to.
			Unique: []docstore.Unique{{Name: asset.TagKey, Fields: []string{"inventory_tag"}},
				{Name: asset.SerialKey, Fields: []string{"type_id", "brand", "model", "serial_number"}, Unless: []string{"distinct_reason"}}},
		}, (*asset.Asset).Scopes).Keyed(asset.Keys(nones), asset.Flaws(nones)),
		Stock: docstore.Open(s, docstore.Spec{Name: "stock_items", Events: stock.Events,
			Indexes: by("unit_id", "type_key", "office")}, (*stock.Item).Scopes),
		Deliveries: docstore.Open[Heard](s, docstore.Spec{Name: "delivery_refs", Aggregate: "delivery_ref"}, nil),
		Orders:     docstore.Open[Heard](s, docstore.Spec{Name: "order_refs", Aggregate: "order_ref"}, nil),
	}
	gates := docstore.Open[Gate](s, docstore.Spec{Name: "unit_gates", Aggregate: "unit_gate"}, nil)
	c.Gates = &Gates{s, c.Units.Cached(0), gates.Cached(0), c.Assets}
	return c
}
