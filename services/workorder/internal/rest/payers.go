package rest

import (
	"context"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/store"
)

type payersOutput struct {
	Body struct {
		Items []order.Payer `json:"items" nullable:"false" doc:"In the order in which the work orders were asked for"`
	}
}

// payers says of orders which money may pay for them and whether it is enough, by the rules of work_order.commit: nobody has to try it to know.
func payers(s *service.Service, c *store.Collections, now func(context.Context) event.Time) {
	rest.Handle(s.Rest, rest.Op{ID: "work_order.payers", Roles: auth.Overseers, Method: "GET", Path: "/v1/work-orders/payers", Summary: "Which contracts may pay for work orders, and whether what is left is enough",
		Description: "Of each order the lots of contracts that cover it, are valid today and are with whoever has it, of the year in which its work is to be completed. Whether the caller may commit them " +
			"is another matter: that takes an appointment."},
		func(ctx context.Context, in *severalInput) (*payersOutput, error) {
			orders, err := these(ctx, c.Orders, in.IDs)
			if err != nil {
				return nil, err
			}
			contracts, budgets, err := money(ctx, c, now(ctx))
			if err != nil {
				return nil, err
			}
			out := &payersOutput{}
			out.Body.Items = []order.Payer{}
			for _, o := range orders {
				of, err := o.State.Payers(now(ctx), contracts, budgets)
				if err != nil {
					return nil, err
				}
				out.Body.Items = append(out.Body.Items, of...)
			}
			return out, nil
		})
}

// money is the contracts that are not over anywhere, and the budgets of their lots by id.
func money(ctx context.Context, c *store.Collections, now event.Time) ([]*contract.Contract, map[string]*contract.Budget, error) {
	var contracts []*contract.Contract
	var ids []string
	over := now.AddDate(0, 0, -2).Format(time.DateOnly)
	err := c.Contracts.Stream(ctx, docstore.Query{}, func(d docstore.Doc[contract.Contract]) error {
		if k := &d.State; k.ValidTo > over {
			contracts = append(contracts, k)
			for _, l := range k.Lots {
				ids = append(ids, contract.BudgetID(k.ID, l.FiscalYear, l.Lot))
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	found, err := c.Budgets.LoadMany(ctx, ids)
	budgets := make(map[string]*contract.Budget, len(found))
	for id, d := range found {
		budgets[id] = &d.State
	}
	return contracts, budgets, err
}
