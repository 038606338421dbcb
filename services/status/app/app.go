// Package app is the status service as others see it: what it is given, what it is made of.
package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/status/internal/react"
	"github.com/bitacora-salud/bitacora/services/status/internal/rest"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// Name is the service's name.
const Name = "status"

// New is the status service: what planners ask. It raises no events.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: figures of units, offices, states and the nation", cfg, deps)
	if err != nil {
		return nil, err
	}
	metrics, err := react.NewMetrics(prometheus.WrapRegistererWith(prometheus.Labels{"service": Name}, deps.Registry), func() time.Time { return s.Store.Now().Time })
	if err != nil {
		return nil, err
	}
	c := store.Open(s.Store)
	f := react.New(c, s.Arrivals, s.Log, metrics)
	s.Background("figures", f.Run)
	s.Settled = c.Settled
	rest.Register(s, c)
	return s, s.Consume("facts", react.Topics, consume.Fold(f.Hear))
}
