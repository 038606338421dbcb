// Package app is the asset service as others see it: what it is given, what it is made of.
package app

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/react"
	"github.com/bitacora-salud/bitacora/services/asset/internal/rest"
	"github.com/bitacora-salud/bitacora/services/asset/internal/stock"
	"github.com/bitacora-salud/bitacora/services/asset/internal/store"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Name is the service's name.
const Name = "asset"

// Columns are the columns of the tables that can be read: of assets and of units.
func Columns() map[string][]table.Column {
	return map[string][]table.Column{"assets": asset.Columns(), "units": unit.Columns()}
}

// typesKept is how old an equipment type may be that an asset is registered as: no older than what a topic says of it.
const typesKept = time.Second

// New is the asset service: units, equipment types, assets, stock sheets.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: units, equipment types, assets and stock", cfg, deps)
	if err != nil {
		return nil, err
	}
	nones := mx.NewNones(cfg.NoneWords...)
	c := store.Open(s.Store, nones)
	do := rest.Commands{
		Units:  unit.Commands{Units: c.Units, Gates: c.Gates, Now: s.Store.At, NewID: s.Store.NewID},
		Types:  equipment.Commands{Types: c.Types, Now: s.Store.At},
		Assets: asset.Commands{Assets: c.Assets, Units: c.Units, Types: c.Types.Cached(typesKept), Gates: c.Gates, Nones: nones, HadOrders: hadOrders(s, c), Now: s.Store.At},
	}
	rest.Register(s, c, do)
	return s, react.Register(s, c, do.Assets, stock.Commands{Items: c.Stock, Now: s.Store.At})
}

// hadOrders looks for a work order in an asset's history.
func hadOrders(s *service.Service, c *store.Collections) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, id string) (bool, error) {
		var after *docstore.Position
		for {
			page, err := s.Relay.History(ctx, c.Assets.Spec().Name, id, 200, after)
			if err != nil {
				return false, err
			}
			for _, d := range page.Docs {
				if d.State.Type == asset.OrdersChanged.Type() {
					return true, nil
				}
			}
			if after = page.Next; after == nil {
				return false, nil
			}
		}
	}
}
