// Package app is the delivery service as others see it: what it is given, what it is made of.
package app

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/delivery"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/react"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/ref"
	operations "github.com/bitacora-salud/bitacora/services/delivery/internal/rest"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

// Name is the service's name.
const Name = "delivery"

// New is the delivery service.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: deliveries", cfg, deps)
	if err != nil {
		return nil, err
	}
	nones := mx.NewNones(cfg.NoneWords...)
	c := store.Open(s.Store, nones)
	do := delivery.Commands{Deliveries: c.Deliveries, Nones: nones, Now: s.Store.At,
		Unit:       rest.References[ref.Unit]{Collection: c.Units, What: "unit", Arrivals: s.Arrivals}.Get,
		Type:       rest.References[ref.Type]{Collection: c.Types, What: "equipment type", Arrivals: s.Arrivals}.Get,
		Contractor: rest.References[ref.Contractor]{Collection: c.Contractors, What: "contractor", Arrivals: s.Arrivals}.Get,
	}
	operations.Register(s, c, do)
	return s, react.Register(s, c)
}
