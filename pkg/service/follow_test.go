package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// site is a unit as a service knows it, parcel what follows it.
type site struct {
	ID string `json:"id"`
	mx.ZonedPlace
}

type parcel struct {
	ID string `json:"id"`
	mx.ZonedPlace
	Moves int    `json:"moves"`
	Load  string `json:"load,omitempty"`
}

var (
	parcelEvents = event.NewSet(event.Deliveries, "parcel")
	parcelMoved  = event.Define[mx.ZonedPlace](parcelEvents, "parcel.moved", "A parcel followed its unit")
)

func (p *parcel) Follow(to mx.ZonedPlace) event.Event {
	p.ZonedPlace, p.Moves = to, p.Moves+1
	if p.ID == "a-full" {
		p.Load = strings.Repeat("x", 300<<10)
	}
	return parcelMoved.New(to)
}

// follows is a service whose parcels follow units: its own, or those that it learns.
func follows(sites **docstore.Collection[site], parcels **docstore.Collection[parcel], own bool) servicetest.New {
	return func(cfg service.Config, deps service.Deps) (*service.Service, error) {
		s, err := service.New("toy", "Toy", cfg, deps)
		if err != nil {
			return nil, err
		}
		spec := docstore.Spec{Name: "sites", Aggregate: "site"}
		if own {
			spec = docstore.Spec{Name: "sites", Events: siteEvents}
		}
		*sites = docstore.Open[site](s.Store, spec, nil)
		*parcels = docstore.Open[parcel](s.Store, docstore.Spec{Name: "parcels", Events: parcelEvents, Indexes: []docstore.Index{{Fields: []string{"unit_id"}}}}, nil)
		return s, service.FollowUnits(s, "units", *sites, service.Follow(*parcels))
	}
}

var (
	siteEvents = event.NewSet(event.Units, "unit")
	moved      = event.Define[struct{}](siteEvents, "unit.changed", "A unit changed")
)

// TestDocumentsAreWhereTheirUnitIsNow: in whatever order, however often and late what happened to a unit is heard, its documents end where it is,
// each step moves them once, and others stay. One that cannot follow holds up none.
func TestDocumentsAreWhereTheirUnitIsNow(t *testing.T) {
	for name, own := range map[string]bool{"units of its own": true, "units that it learns": false} {
		t.Run(name, func(t *testing.T) {
			var sites *docstore.Collection[site]
			var parcels *docstore.Collection[parcel]
			w, driver := servicetest.Servers(t)
			s := w.Start(t, follows(&sites, &parcels, own), driver)
			ctx := caller.AsSystem(t.Context(), "test")
			at := func(unit, office string) mx.ZonedPlace {
				return mx.ZonedPlace{Place: mx.Place{UnitID: unit, Office: office}, TimeZone: "zone of " + office}
			}
			for id, p := range map[string]mx.ZonedPlace{"a": at("U-1", "old"), "b": at("U-1", "new"), "c": at("U-2", "old"), "a-full": at("U-1", "old")} {
				if err := parcels.Insert(ctx, id, &parcel{ID: id, ZonedPlace: p}); err != nil {
					t.Fatal(err)
				}
			}
			heard := func(typ string, version int64, unit, office string) {
				w.Publish(t, event.Units, "unit."+typ, version, map[string]any{"id": unit, "unit_id": unit, "office": office, "time_zone": "zone of " + office})
			}
			if own {
				for unit, office := range map[string]string{"U-1": "new", "U-2": "old"} {
					if err := sites.Insert(ctx, unit, &site{unit, at(unit, office)}, moved.New(struct{}{})); err != nil {
						t.Fatal(err)
					}
				}
			}
			heard("registered", 1, "U-1", "old")
			heard("changed", 3, "U-1", "new")
			heard("changed", 2, "U-1", "old")
			heard("changed", 3, "U-1", "new")
			heard("changed", 2, "U-2", "old")
			await := func(id, office string) (got *parcel) {
				servicetest.Eventually(t, id+" is in "+office, func() bool {
					var err error
					got, err = parcels.Get(ctx, id)
					return err == nil && got.Office == office
				})
				return got
			}
			await("a", "new")
			if own {
				if err := sites.Update(ctx, "U-1", func(s *site) ([]event.Event, error) {
					s.ZonedPlace = at("U-1", "last")
					return []event.Event{moved.New(struct{}{})}, nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			heard("changed", 4, "U-1", "last") // once this was heard, so was all of U-1 before it
			for id, want := range map[string]parcel{"a": {"a", at("U-1", "last"), 2, ""}, "b": {"b", at("U-1", "last"), 1, ""}, "c": {"c", at("U-2", "old"), 0, ""}} {
				if got := await(id, want.Office); *got != want {
					t.Errorf("got %+v, want %+v", *got, want)
				}
			}
			if _, err := sites.Get(ctx, "U-2"); err != nil {
				servicetest.Eventually(t, "a unit is learnt", func() bool { _, err = sites.Get(ctx, "U-2"); return !errors.Is(err, docstore.ErrNotFound) })
			}
			servicetest.Eventually(t, "the error names the full one alone", func() bool {
				letters, err := s.Dead.List(ctx, "toy.units", nil, 10)
				return err == nil && len(letters.Docs) == 1 && strings.Contains(letters.Docs[0].State.Reason, "parcels/a-full")
			})
		})
	}
}
