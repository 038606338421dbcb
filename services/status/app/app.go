// Package app is the status service as others see it: what it is given, what it is made of.
package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/status/internal/react"
	"github.com/bitacora-salud/bitacora/services/status/internal/rest"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// Name is the service's name.
const Name = "status"

// Heard are the collections that keep what the service has heard, by name, and the topic of each: a document has the id and the version of the
// aggregate that it was heard of.
func Heard() map[string]string {
	return map[string]string{store.Units: event.Units, store.Assets: event.Assets, store.Stock: event.Assets, store.Orders: event.WorkOrders, store.Deliveries: event.Deliveries}
}

// New is the status service: what planners ask. It raises no events.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: figures of units, offices, states and the nation", cfg, deps)
	if err != nil {
		return nil, err
	}
	c := store.Open(s.Store)
	f, err := react.New(s.Store, c, s.Arrivals, s.Log, prometheus.WrapRegistererWith(prometheus.Labels{"service": Name}, deps.Registry))
	if err != nil {
		return nil, err
	}
	s.Background("figures", f.Run)
	upgrade := react.NewUpgrade(f, c, s.Log)
	s.Background("upgrade", upgrade.Run)
	rest.Register(s, c, f)
	return s, s.Consume("facts", react.Topics, consume.Fold(upgrade.Ahead(react.Hear(f))))
}
