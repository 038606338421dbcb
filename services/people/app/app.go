// Package app is the people service as others see it: what it is given, what it is made of.
package app

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/people/internal/person"
	"github.com/bitacora-salud/bitacora/services/people/internal/react"
	operations "github.com/bitacora-salud/bitacora/services/people/internal/rest"
	"github.com/bitacora-salud/bitacora/services/people/internal/store"
)

// Name is the service's name.
const Name = "people"

// New is the people service: who is who.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: people", cfg, deps)
	if err != nil {
		return nil, err
	}
	c := store.Open(s.Store)
	units := rest.References[person.Unit]{Collection: c.Units, What: "unit", Arrivals: s.Arrivals}
	do := person.Commands{People: c.People, Erasing: c.People.Erase, Atomic: s.Store.Atomic, Units: c.Places, Now: s.Store.Now, Erased: scrubbing(s),
		Unit: func(ctx context.Context, field, id string) error {
			_, err := units.Get(ctx, field, id)
			return err
		},
	}
	operations.Register(s, c, do)
	return s, react.Register(s, c, do)
}

// scrubEvery is how often what was overwritten is taken out of the store's files, beside the start and each erasure: people change their telephones.
const scrubEvery = time.Hour

// scrubbing does it as long as the service runs; the function that it answers has it done now. What is in the way, a reader for instance, is waited for.
func scrubbing(s *service.Service) (now func()) {
	wake := make(chan struct{}, 1)
	s.Background("scrub", func(ctx context.Context) error {
		backoff := consume.NewBackoff(100*time.Millisecond, time.Minute)
		tick := time.NewTicker(scrubEvery)
		defer tick.Stop()
		for {
			if err := s.Store.Scrub(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "the store's files still hold what was overwritten", "error", err)
				if backoff.Wait(ctx) == nil {
					continue
				}
			}
			backoff.Reset()
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			case <-wake:
			}
		}
	})
	return func() {
		select {
		case wake <- struct{}{}:
		default: // it is to be done already
		}
	}
}
