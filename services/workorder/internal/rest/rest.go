// Package rest is the workorder service's operations: request, command, answer. No rules.
package rest

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

// Commands are what the operations carry out.
type Commands struct {
	Contractors contractor.Commands
	Contracts   contract.Commands
	Programs    program.Commands
	Orders      order.Commands
}

// parties read what is agreed with a contractor: those who oversee it, and the contractor itself.
var parties = auth.Roles{auth.Contractor}.And(auth.Overseers...)

// Register adds the service's operations.
func Register(s *service.Service, c *store.Collections, do Commands) {
	s.Rest.Refusals = refusals
	contractors(s, c.Contractors, do.Contractors)
	contracts(s, c, do.Contracts)
	appointments(s, c.Appointments, do.Contracts)
	programs(s, c, do.Programs)
	sites(s, c.Works, place.Sites{Units: store.ByRight[place.UnitRef]{Collection: c.Units}, Sites: store.ByRight[place.SiteRef]{Collection: c.Sites},
		Assets: store.ByRight[place.AssetRef]{Collection: c.Assets}})
	payers(s, c, do.Orders.Now)
	orders(s, c.Orders, do.Orders)
}

// referenceWait is how long a command waits for what it names to be heard of.
const referenceWait = time.Second

// awaited runs a command again while it names what has not been heard of yet, as long as a reference may take to arrive.
func awaited(ctx context.Context, s *service.Service, run func(context.Context) error) error {
	var last error
	_, err := rest.Await(ctx, s.Arrivals, referenceWait, func(ctx context.Context) (struct{}, error) {
		if last = run(ctx); fault.Is(last, fault.UnknownReference) {
			return struct{}{}, docstore.ErrNotFound
		}
		return struct{}{}, nil
	})
	if last == nil {
		return err
	}
	return last
}

type contractorQuery struct {
	rest.Paging
	Kind []string `query:"kind,explode" field:"kinds" enum:"maintenance,calibration,works,supply"`
}

func contractors(s *service.Service, c *docstore.Collection[contractor.Contractor], do contractor.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "contractor.create", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/contractors", Summary: "Register a contractor"}, c,
		func(ctx context.Context, id string, in *contractor.Create) error { return do.Create(ctx, id, *in) })
	rest.List[contractorQuery](s.Rest, rest.Op{ID: "contractor.list", Roles: auth.Everybody, Path: "/v1/contractors", Summary: "List contractors"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "contractor.read", Roles: auth.Everybody, Path: "/v1/contractors/{id}", Summary: "Read a contractor"}, c)
	rest.Change(s.Rest, rest.Op{ID: "contractor.change", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/contractors/{id}", Summary: "Change facts of a contractor"}, c,
		func(ctx context.Context, id string, patch rest.Patch[contractor.Facts]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	service.History(s, rest.Op{ID: "contractor.history", Roles: auth.Everybody, Path: "/v1/contractors/{id}/history", Summary: "What happened to a contractor"}, c)
}

type contractQuery struct {
	rest.Paging
	ContractorID []string `query:"contractor_id,explode"`
	Kind         []string `query:"kind,explode" enum:"maintenance,purchase"`
	LegalRegime  []string `query:"legal_regime,explode" vocabulary:"legal_regime"`
	Number       []string `query:"number,explode" field:"_keys.number" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	Discrepancy  []string `query:"discrepancy,explode" field:"_discrepancies" vocabulary:"discrepancy" doc:"number_taken: contracts that have another one's number, from before numbers were compared however they are spelt"`
}

type budgetsInput struct {
	ID string `path:"id"`
}

type budgetsOutput struct {
	Body struct {
		Items []contract.Budget `json:"items" nullable:"false" doc:"One for each fiscal year and lot"`
	}
}

// maxBudgets is above what a contract can have.
const maxBudgets = 200

func contracts(s *service.Service, c *store.Collections, do contract.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "contract.create", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/contracts", Summary: "Register a contract",
		Description: "A budget is opened for each fiscal year and lot."}, c.Contracts,
		func(ctx context.Context, id string, in *contract.Create) error { return do.Create(ctx, id, *in) })
	rest.List[contractQuery](s.Rest, rest.Op{ID: "contract.list", Roles: parties, Path: "/v1/contracts", Summary: "List contracts"}, c.Contracts, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "contract.read", Roles: parties, Path: "/v1/contracts/{id}", Summary: "Read a contract"}, c.Contracts)
	rest.Change(s.Rest, rest.Op{ID: "contract.change", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/contracts/{id}", Summary: "Change terms of a contract",
		Description: "Budgets follow the lots: a new one is opened, none can be taken away. A maximum is changed by an amendment."}, c.Contracts,
		func(ctx context.Context, id string, patch rest.Patch[contract.Facts]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	rest.Action(s.Rest, rest.Op{ID: "contract.amend", Roles: auth.Roles{auth.ContractAdministrator, auth.Admin}, Path: "/v1/contracts/{id}/amend", Summary: "Change what is agreed at most for a fiscal year and lot",
		Description: "By an agreement with its day and number. Amendments raise a maximum by at most 20 % of the original, and never lower it below what is committed and accrued."}, c.Contracts,
		func(ctx context.Context, id string, in *contract.Amend) error { return do.Amend(ctx, id, *in) })
	service.History(s, rest.Op{ID: "contract.history", Roles: parties, Path: "/v1/contracts/{id}/history", Summary: "What happened to a contract"}, c.Contracts)
	rest.Handle(s.Rest, rest.Op{ID: "contract.budget", Roles: parties, Method: "GET", Path: "/v1/contracts/{id}/budgets", Summary: "Read the budgets of a contract"},
		func(ctx context.Context, in *budgetsInput) (*budgetsOutput, error) {
			if _, err := c.Contracts.Get(ctx, in.ID); err != nil {
				return nil, err
			}
			page, err := c.Budgets.Find(ctx, docstore.Query{Where: []docstore.Condition{docstore.Eq("contract_id", in.ID)}, Limit: maxBudgets})
			if err != nil {
				return nil, err
			}
			out := &budgetsOutput{}
			out.Body.Items = make([]contract.Budget, len(page.Docs))
			for i, d := range page.Docs {
				out.Body.Items[i] = d.State
			}
			return out, nil
		})
}

type appointmentQuery struct {
	rest.Paging
	ContractID []string `query:"contract_id,explode"`
	Subject    []string `query:"subject,explode"`
}

// appointments are read by all who oversee: who may spend is decided by who may not.
func appointments(s *service.Service, c *docstore.Collection[contract.Appointment], do contract.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "appointment.create", Roles: auth.Roles{auth.Admin}, Path: "/v1/appointments", Summary: "Appoint who may commit a contract's money",
		Description: "To one lot of the contract, at places, from a day to a day. Nobody appoints themselves; those of one person to one lot do not overlap in days and places."}, c,
		func(ctx context.Context, id string, in *contract.Appoint) error {
			return awaited(ctx, s, func(ctx context.Context) error { return do.Appoint(ctx, id, *in) })
		})
	rest.List[appointmentQuery](s.Rest, rest.Op{ID: "appointment.list", Roles: auth.Overseers, Path: "/v1/appointments", Summary: "List appointments, those that were ended too"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "appointment.read", Roles: auth.Overseers, Path: "/v1/appointments/{id}", Summary: "Read an appointment"}, c)
	rest.Moves(s.Rest, c, func(ctx context.Context, a *contract.Appointment) func(string) error { return a.Moves(ctx) })
	rest.Action(s.Rest, rest.Op{ID: "appointment.end", Roles: auth.Roles{auth.Admin}, Path: "/v1/appointments/{id}/end", Summary: "End an appointment",
		Description: "It holds at once; what was committed stays committed."}, c,
		func(ctx context.Context, id string, _ *rest.Nothing) error { return do.EndAppointment(ctx, id) })
	service.History(s, rest.Op{ID: "appointment.history", Roles: auth.Overseers, Path: "/v1/appointments/{id}/history", Summary: "What happened to an appointment"}, c)
}
