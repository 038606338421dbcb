// Package app is the workorder service as others see it: what it is given, what it is made of.
package app

import (
	"fmt"
	"os"

	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/react"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/rest"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/triage"
)

// Name is the service's name.
const Name = "workorder"

// New is the workorder service: contractors, contracts and their budgets, programmes, work orders.
func New(cfg service.Config, deps service.Deps) (*service.Service, error) {
	s, err := service.New(Name, "Bitácora: contractors, contracts, programmes and work orders", cfg, deps)
	if err != nil {
		return nil, err
	}
	table, err := triageTable(cfg.TriageFile)
	if err != nil {
		return nil, err
	}
	c, atomic, now := store.Open(s.Store), s.Store.Atomic, s.Store.At
	do := rest.Commands{
		Contractors: contractor.Commands{Contractors: c.Contractors, Now: now},
		Contracts: contract.Commands{Contracts: c.Contracts, Budgets: c.Budgets, Appointments: c.Appointments, Standing: c.Standing,
			Others:    store.ByRight[contract.Appointment]{Collection: c.Appointments},
			Standings: store.ByRight[contract.Standings]{Collection: c.Standings}, Units: store.ByRight[place.UnitRef]{Collection: c.Units},
			Contractors: c.Contractors, Atomic: atomic, Now: now},
		Programs: program.Commands{Programs: c.Programs, Counted: store.ByRight[program.Program]{Collection: c.Programs},
			Lines: c.Lines, Units: c.Units, Atomic: atomic, Now: now},
		Orders: order.Commands{Orders: c.Orders, Units: c.Units, Assets: c.Assets, Targets: store.ByRight[place.AssetRef]{Collection: c.Assets},
			Lines: c.Lines, Contractors: c.Contractors, Contracts: c.Contracts,
			Budgets: store.ByRight[contract.Budget]{Collection: c.Budgets}, Standing: c.Standing, Restored: c.Restored,
			Appointments: store.ByRight[contract.Appointment]{Collection: c.Appointments}, Series: store.ByRight[order.Series]{Collection: c.Series},
			Sites: store.ByRight[place.SiteRef]{Collection: c.Sites}, Types: store.ByRight[place.TypeRef]{Collection: c.Types}, Triage: table,
			Atomic: atomic, Now: now},
	}
	rest.Register(s, c, do)
	return s, react.Register(s, c)
}

// triageTable is the table of the institution, or the one that comes with the product.
func triageTable(file string) (triage.Table, error) {
	if file == "" {
		return triage.Standard(), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return triage.Table{}, fmt.Errorf("triage table: %w", err)
	}
	table, err := triage.Parse(b)
	if err != nil {
		return table, fmt.Errorf("triage table %s: %w", file, err)
	}
	return table, nil
}
