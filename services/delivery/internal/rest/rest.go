// Package rest is the delivery service's operations: request, command, answer. No rules.
package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/delivery"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/store"
)

type query struct {
	rest.Paging
	UnitID      []string `query:"unit_id,explode"`
	State       []string `query:"state,explode" vocabulary:"delivery_state"`
	SupplierID  []string `query:"supplier_id,explode"`
	ContractID  []string `query:"contract_id,explode"`
	Note        []string `query:"delivery_note,explode" field:"_keys.delivery_note" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	Discrepancy []string `query:"discrepancy,explode" field:"_discrepancies" vocabulary:"discrepancy" doc:"possible_duplicate: deliveries of one supplier to one unit with one note"`
}

// Register adds the service's operations.
func Register(s *service.Service, collections *store.Collections, do delivery.Commands) {
	s.Rest.Refusals = refusals
	c := collections.Deliveries
	const one = "/v1/deliveries/{id}"
	rest.Create(s.Rest, rest.Op{ID: "delivery.create", Path: "/v1/deliveries", Summary: "Prepare a delivery, or register one that arrived unannounced"}, c,
		func(ctx context.Context, id string, in *delivery.Create) error { return do.Create(ctx, id, *in) })
	rest.List[query](s.Rest, rest.Op{ID: "delivery.list", Path: "/v1/deliveries", Summary: "List deliveries"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "delivery.read", Path: one, Summary: "Read a delivery"}, c)
	rest.Change(s.Rest, rest.Op{ID: "delivery.change", Path: one, Summary: "Change how lines will be kept track of, before confirmation"}, c,
		func(ctx context.Context, id string, patch rest.Patch[delivery.Change]) error {
			return do.Change(ctx, id, patch.Value())
		})
	rest.Action(s.Rest, rest.Op{ID: "delivery.dispatch", Path: one + "/dispatch", Summary: "Say that the goods left"}, c,
		func(ctx context.Context, id string, in *delivery.Occurred) error { return do.Dispatch(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.arrive", Path: one + "/arrive", Summary: "Say that the goods arrived"}, c,
		func(ctx context.Context, id string, in *delivery.Occurred) error { return do.Arrive(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.confirm", Path: one + "/confirm", Summary: "Say, line by line, what arrived", Ends: true}, c,
		func(ctx context.Context, id string, in *delivery.Confirm) error { return do.Confirm(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "delivery.cancel", Path: one + "/cancel", Summary: "Give up a delivery that has not arrived", Ends: true}, c,
		func(ctx context.Context, id string, in *delivery.Cancel) error { return do.Cancel(ctx, id, *in) })
	service.History(s, rest.Op{ID: "delivery.history", Path: one + "/history", Summary: "What happened to a delivery"}, c)
}
