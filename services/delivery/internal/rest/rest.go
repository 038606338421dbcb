// Package rest is the delivery service's operations: request, command, answer. No rules.
package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/delivery"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

type query struct {
	rest.Newest
	UnitID      []string `query:"unit_id,explode"`
	State       []string `query:"state,explode" vocabulary:"delivery_state"`
	SupplierID  []string `query:"supplier_id,explode"`
	ContractID  []string `query:"contract_id,explode"`
	Note        []string `query:"delivery_note,explode" field:"_keys.delivery_note" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	Discrepancy []string `query:"discrepancy,explode" field:"_discrepancies" vocabulary:"discrepancy" doc:"possible_duplicate: deliveries of one supplier to one unit with one note"`
}

var (
	// readers are the institution and the supplier, of what it supplies.
	readers = auth.Roles{auth.Contractor}.And(auth.Institution...)
	// offices prepare what is sent to their units.
	offices = auth.Roles{auth.OfficeAdministrator, auth.ContractAdministrator, auth.Admin}
)

// Register adds the service's operations. The unit registers what arrived unannounced, and confirmation is the unit's, never the supplier's
// or an office's.
func Register(s *service.Service, collections *store.Collections, do delivery.Commands) {
	s.Rest.Refusals = refusals
	s.Rest.Uses("line_outcome")
	c := collections.Deliveries
	rest.Moves(s.Rest, c, func(_ context.Context, d *delivery.Delivery) func(string) error { return d.May })
	sites(s, collections) // before what is read by its id, which would take them for one
	const one = "/v1/deliveries/{id}"
	rest.Create(s.Rest, rest.Op{ID: "delivery.create", Roles: auth.Roles{auth.UnitDirector}.And(offices...), Path: "/v1/deliveries", Summary: "Prepare a delivery, or register one that arrived unannounced"}, c,
		func(ctx context.Context, id string, in *delivery.Create) error { return do.Create(ctx, id, *in) })
	rest.List[query](s.Rest, rest.Op{ID: "delivery.list", Roles: readers, Path: "/v1/deliveries", Summary: "List deliveries"}, c, rest.Order{Newest: "created_at"})
	rest.Read(s.Rest, rest.Op{ID: "delivery.read", Roles: readers, Path: one, Summary: "Read a delivery"}, c)
	rest.Change(s.Rest, rest.Op{ID: "delivery.change", Roles: auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer}.And(offices...), Path: one, Summary: "Change how lines will be kept track of, before confirmation"}, c,
		func(ctx context.Context, id string, patch rest.Patch[delivery.Change]) error {
			return do.Change(ctx, id, patch.Value())
		})
	rest.Action(s.Rest, rest.Op{ID: "delivery.dispatch", Roles: auth.Roles{auth.Contractor}.And(offices...), Path: one + "/dispatch", Summary: "Say that the goods left"}, c,
		func(ctx context.Context, id string, in *delivery.Occurred) error { return do.Dispatch(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.arrive", Roles: auth.Roles{auth.UnitDirector}, Path: one + "/arrive", Summary: "Say that the goods arrived"}, c,
		func(ctx context.Context, id string, in *delivery.Occurred) error { return do.Arrive(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.confirm", Roles: auth.Roles{auth.UnitDirector}, Path: one + "/confirm", Summary: "Say, line by line, what arrived", Ends: true}, c,
		func(ctx context.Context, id string, in *delivery.Confirm) error { return do.Confirm(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.cancel", Roles: offices, Path: one + "/cancel", Summary: "Give up a delivery that has not arrived", Ends: true}, c,
		func(ctx context.Context, id string, in *delivery.Cancel) error { return do.Cancel(ctx, id, *in) })
	service.History(s, rest.Op{ID: "delivery.history", Roles: readers, Path: one + "/history", Summary: "What happened to a delivery"}, c)
}
