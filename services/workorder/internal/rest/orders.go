package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
)

var (
	// doers carry out an order: a contractor's people, a technician, or the engineer in-house.
	doers = auth.Roles{auth.Contractor, auth.Technician, auth.BiomedicalEngineer}
	// deciders triage an order and say who does it. The role lets nobody spend: that is an appointment to the contract, lot and place,
	// which the command asks for.
	deciders = auth.Roles{auth.BiomedicalEngineer, auth.ContractAdministrator, auth.OfficeAdministrator}
)

type orderQuery struct {
	rest.Newest
	UnitID        []string `query:"unit_id,explode"`
	Office        []string `query:"office,explode"`
	State         []string `query:"state,explode" vocabulary:"order_state"`
	Type          []string `query:"type,explode" vocabulary:"order_type"`
	Priority      []string `query:"priority,explode" vocabulary:"priority"`
	ContractorID  []string `query:"contractor_id,explode"`
	TechnicianID  []string `query:"technician_id,explode"`
	ContractID    []string `query:"contract_id,explode"`
	ProgramLineID []string `query:"program_line_id,explode"`
	AssetID       []string `query:"asset_id,explode" field:"target.asset_id"`
	HoldReason    []string `query:"hold_reason,explode" field:"hold.reason" vocabulary:"hold_reason" doc:"Of orders that are paused now"`
	LateEntry     []string `query:"late_entry,explode" vocabulary:"late_entry"`
	Folio         []string `query:"folio,explode" doc:"Whole, as orders show it" example:"OT-SONORA-2026-000052"`
}

func orders(s *service.Service, c *docstore.Collection[order.Order], do order.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "work_order.request", Roles: auth.Roles{auth.Requester, auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator}, Path: "/v1/work-orders", Summary: "Ask for work",
		Description: "Type and priority follow from the effect on care, by the institution's table; the answer says by which row (triage)."}, c,
		func(ctx context.Context, id string, in *order.Request) error {
			return awaited(ctx, s, func(ctx context.Context) error { return do.Request(ctx, id, *in) })
		})
	rest.List[orderQuery](s.Rest, rest.Op{ID: "work_order.list", Roles: auth.Everybody, Path: "/v1/work-orders", Summary: "List work orders"}, c, rest.Order{Newest: "requested_at"})
	rest.Read(s.Rest, rest.Op{ID: "work_order.read", Roles: auth.Everybody, Path: "/v1/work-orders/{id}", Summary: "Read a work order"}, c)
	service.History(s, rest.Op{ID: "work_order.history", Roles: auth.Everybody, Path: "/v1/work-orders/{id}/history", Summary: "What happened to a work order"}, c, veil(c))

	rest.Moves(s.Rest, c, do.Moves)
	rest.Action(s.Rest, op("assign", deciders, "Give the order to who does it", "With a contract its money is committed too, by the rules of commit: only who is appointed may."), c,
		func(ctx context.Context, id string, in *order.AssignInput) error { return do.Assign(ctx, id, *in) })
	rest.Action(s.Rest, op("commit", deciders, "Set money of a contract aside for the order",
		"Only who is appointed to that contract, lot and place may, on an estimate of somebody else's. An order that nobody has yet goes to the contract's contractor. "+
			"What would break the ceiling of the budget is refused with what is left."), c,
		func(ctx context.Context, id string, in *order.CommitInput) error { return do.Commit(ctx, id, *in) })
	rest.Action(s.Rest, op("reassign", deciders, "Give the order to somebody else",
		"Folio, history and evidence stay; who had it sees it no more. What was committed to somebody else's contract is free again."), c,
		func(ctx context.Context, id string, in *order.ReassignInput) error { return do.Reassign(ctx, id, *in) })
	moves(s, c, do)
	ends(s, c, do)
}

// veil keeps from a contractor or technician what was agreed and paid while somebody else had the order.
func veil(c *docstore.Collection[order.Order]) func(context.Context, string, []relay.History) ([]relay.History, error) {
	return func(ctx context.Context, id string, page []relay.History) ([]relay.History, error) {
		o, err := c.Get(ctx, id)
		if err != nil || event.ActsAs(ctx, o.Place.Scopes()) {
			return page, err
		}
		for i := range page {
			h := &page[i]
			if h.Change, err = o.Veiled(h.Type, h.At, h.Change); err != nil {
				return nil, err
			}
		}
		return page, nil
	}
}

func op(verb string, roles auth.Roles, summary, description string) rest.Op {
	return rest.Op{ID: "work_order." + verb, Roles: roles, Path: "/v1/work-orders/{id}/" + verb, Summary: summary, Description: description}
}

// ending is op of an action that ends the order.
func ending(verb string, roles auth.Roles, summary, description string) rest.Op {
	o := op(verb, roles, summary, description)
	o.Ends = true
	return o
}

// moves are the actions that concern the order alone.
func moves(s *service.Service, c *docstore.Collection[order.Order], do order.Commands) {
	move(s, c, do, op("approve", deciders, "Approve a request", "Nobody approves what they estimated themselves."), (*order.Order).Approve)
	move(s, c, do, ending("decline", deciders, "Refuse a request", "What it reported of its asset no longer counts; what was found instead may be said."), (*order.Order).Decline)
	move(s, c, do, op("estimate", deciders, "Say what the work is thought to cost", "Who does cannot commit it. Until something is committed a later estimate takes the place of an earlier one."), (*order.Order).Reckon)
	move(s, c, do, rest.Op{ID: "work_order.set_priority", Roles: deciders, Path: "/v1/work-orders/{id}/set-priority", Summary: "Change the priority in triage",
		Description: "For a reason; before the order is given to somebody."}, (*order.Order).Reprioritise)
	move(s, c, do, op("acknowledge", doers, "Take note of an order", ""), (*order.Order).Acknowledge)
	move(s, c, do, op("arrive", doers, "Say that one is at the unit", "The response ends here."), (*order.Order).Arrive)
	move(s, c, do, op("start", doers, "Begin the work, or begin it again after a return", ""), (*order.Order).Start)
	move(s, c, do, op("hold", doers, "Pause the work", ""), (*order.Order).Pause)
	move(s, c, do, op("resume", doers, "Go on after a pause", ""), (*order.Order).Resume)
	move(s, c, do, op("restore", doers, "Say that service is back", "Of corrective orders; the resolution ends here."), (*order.Order).Restore)
	revisions(s, c, do)
	move(s, c, do, op("complete", doers, "Say that the work is done", "And what it cost, where something is committed. A corrective order restores service with it, unless it did before or says otherwise."), (*order.Order).Complete)
	move(s, c, do, op("return", auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer}, "Do not accept completed work", "It goes on when it is started again."), (*order.Order).SendBack)
}

// revisions are how the ordered quantity changes, which needs two people: who sees it on site proposes, who may decide approves.
func revisions(s *service.Service, c *docstore.Collection[order.Order], do order.Commands) {
	move(s, c, do, rest.Op{ID: "work_order.propose_quantity", Roles: doers.And(auth.ContractAdministrator, auth.OfficeAdministrator), Path: "/v1/work-orders/{id}/propose-quantity", Summary: "Propose another quantity than the ordered one"}, (*order.Order).Propose)
	move(s, c, do, rest.Op{ID: "work_order.approve_quantity", Roles: deciders, Path: "/v1/work-orders/{id}/approve-quantity", Summary: "Approve the proposed quantity",
		Description: "By somebody else than who proposed it; what is committed stays as it is."}, (*order.Order).Revise)
}

func move[I any](s *service.Service, c *docstore.Collection[order.Order], do order.Commands, o rest.Op, f func(*order.Order, order.Doer, I) ([]event.Event, error)) {
	rest.Action(s.Rest, o, c, func(ctx context.Context, id string, in *I) error { return order.Do(ctx, do, id, *in, f) })
}

// ends are the actions that may end the order, and with it what its budget holds. Acceptance is two facts: the unit's conformity and the
// technical verification; either may find the work wanting.
func ends(s *service.Service, c *docstore.Collection[order.Order], do order.Commands) {
	end(s, c, do, ending("accept", auth.Roles{auth.UnitDirector}, "Say that the unit is content with the work", "The order is accepted once all that its type demands is there. Who estimated the work or committed its cost does not."), (*order.Order).Accept)
	end(s, c, do, op("verify", auth.Roles{auth.BiomedicalEngineer}, "Give the result of the technical verification", "A failed one returns the work."), (*order.Order).Verify)
	end(s, c, do, ending("cancel", auth.Roles{auth.UnitDirector}.And(deciders...), "End an order that will not be carried out", "What was committed is free again. What it reported of its asset no longer counts; what was found instead may be said."), (*order.Order).Cancel)
	end(s, c, do, rest.Op{ID: "work_order.confirm_late_entries", Roles: auth.Roles{auth.UnitDirector}, Path: "/v1/work-orders/{id}/confirm-late-entries", Summary: "Say that what was entered late did happen then",
		Description: "Of what was recorded more than seven days after it happened; without the unit's word on it the order is not accepted."}, (*order.Order).ConfirmLate)
}

func end[I any](s *service.Service, c *docstore.Collection[order.Order], do order.Commands, o rest.Op, f func(*order.Order, order.Doer, I) ([]event.Event, error)) {
	rest.Action(s.Rest, o, c, func(ctx context.Context, id string, in *I) error { return order.DoWithBudget(ctx, do, id, *in, f) })
}
