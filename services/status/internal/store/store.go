// Package store declares the status service's collections.
package store

import (
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/tally/ledger"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
)

// Collections are the service's documents.
type Collections struct {
	Units      *docstore.Collection[fact.Unit]
	Assets     *docstore.Collection[fact.Asset]
	Stock      *docstore.Collection[fact.Stock]
	Orders     *docstore.Collection[fact.Order]
	Deliveries *docstore.Collection[fact.Delivery]
	UnitStatus *docstore.Collection[status.Unit]
}

// The collections of what was heard.
const (
	Units      = "unit_facts"
	Assets     = "asset_facts"
	Stock      = "stock_facts"
	Orders     = "order_facts"
	Deliveries = "delivery_facts"
)

// DirtyUnits is the field by which facts are found that the release before stored and did not count.
const DirtyUnits = "dirty_units"

// Open declares the collections. The indexes by the release before's marks go when it can no longer have written: those of facts are asked
// for, that of units is kept up for a rollback.
func Open(s *docstore.Store) *Collections {
	return &Collections{
		Units:      open[fact.Unit](s, Units),
		Assets:     open[fact.Asset](s, Assets),
		Stock:      open[fact.Stock](s, Stock),
		Orders:     open[fact.Order](s, Orders),
		Deliveries: open[fact.Delivery](s, Deliveries),
		UnitStatus: docstore.Open(s, docstore.Spec{Name: "unit_status", Aggregate: "unit_status",
			Indexes: append(ledger.Indexes(), docstore.Index{Fields: []string{"office"}}, docstore.Index{Fields: []string{"state_code"}},
				docstore.Index{Array: "dirty_groups"})},
			func(u *status.Unit) []string { return u.Scopes() }),
	}
}

func open[T any, P interface {
	*T
	About() *fact.Base
}](s *docstore.Store, name string) *docstore.Collection[T] {
	return docstore.Open(s, docstore.Spec{Name: name, Aggregate: name,
		Indexes: []docstore.Index{{Fields: []string{unitID}}, {Array: DirtyUnits}}},
		func(f *T) []string { return P(f).About().Scopes() })
}

const unitID = "unit_id"

// Kinds lists the facts by the name of their aggregate.
func (c *Collections) Kinds() map[string]ledger.Kind {
	return map[string]ledger.Kind{"unit": ledger.KindOf(c.Units, unitID), "asset": ledger.KindOf(c.Assets, unitID), "stock_item": ledger.KindOf(c.Stock, unitID),
		"work_order": ledger.KindOf(c.Orders, unitID), "delivery": ledger.KindOf(c.Deliveries, unitID)}
}
