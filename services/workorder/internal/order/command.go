package order

import (
	"context"
	"errors"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
)

// Commands are what can be done with orders. What a request names is looked up with the caller's eyes; Budgets and Series are changed by
// right of the service: who may assign an order cannot otherwise touch a contract's money.
type Commands struct {
	Orders      event.Collection[Order]
	Units       event.Collection[place.UnitRef]
	Assets      event.Collection[place.AssetRef]
	Lines       event.Collection[program.Line]
	Contractors event.Collection[contractor.Contractor]
	Contracts   event.Collection[contract.Contract]
	Budgets     event.Collection[contract.Budget]
	Series      event.Collection[Series]
	Atomic      func(ctx context.Context, work func(context.Context) error) error
	Now         func() event.Time
}

func (c Commands) doer(ctx context.Context) Doer { return Doer{By: event.Actor(ctx), Now: c.Now()} }

func isNotFound(err error) bool { return errors.Is(err, event.ErrNotFound) }

// localTime is an instant by the clock of a place.
func localTime(zone string, at event.Time) (time.Time, error) {
	loc, err := mx.LoadZone(zone)
	if err != nil {
		return time.Time{}, err
	}
	return at.In(loc), nil
}

// Do carries out a transition that concerns the order alone: order.Do(ctx, commands, id, in, (*order.Order).Start).
func Do[I any](ctx context.Context, c Commands, id string, in I, move func(*Order, Doer, I) ([]event.Event, error)) error {
	return c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) { return move(o, c.doer(ctx), in) })
}

// Settle carries out a transition that may end the order, and with it what its budget holds for it: what was committed is accrued when
// the work is accepted, released when the order is cancelled.
func Settle[I any](ctx context.Context, c Commands, id string, in I, move func(*Order, Doer, I) ([]event.Event, error)) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		var after Order
		err := c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) {
			events, err := move(o, c.doer(ctx), in)
			after = *o
			return events, err
		})
		if err != nil || after.Committed == nil || (after.State != Accepted && after.State != Cancelled) {
			return err
		}
		return c.Budgets.Update(ctx, after.BudgetID(), func(b *contract.Budget) ([]event.Event, error) {
			if after.State == Cancelled {
				return b.Release(id, *after.Committed)
			}
			return b.Accrue(id, *after.Committed, *after.Cost)
		})
	})
}

// AssignInput says who does the work: a contractor, under a contract or without one (a warranty, for instance), or a technician of the
// institution's own.
type AssignInput struct {
	Step
	ContractID     string     `json:"contract_id,omitempty" format:"uuid" doc:"The contract that pays; its contractor does the work"`
	FiscalYear     int        `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100" doc:"Of the contract's budget; the year of the assignment at the unit when absent"`
	Lot            int        `json:"lot,omitempty" minimum:"1" maximum:"99" doc:"Of the contract's budget; 1 when absent"`
	Committed      *mx.Money  `json:"committed,omitempty" doc:"What the work may cost at most, without VAT; the estimate when absent"`
	ContractorID   string     `json:"contractor_id,omitempty" format:"uuid" doc:"Who does the work without a contract that pays for it"`
	TechnicianID   string     `json:"technician_id,omitempty" maxLength:"100" doc:"Opaque subject of the institution's own technician"`
	ScheduledStart event.Time `json:"scheduled_start,omitzero" doc:"As requested when absent"`
	ScheduledEnd   event.Time `json:"scheduled_end,omitzero"`
}

// Assign gives the order to who does it. Under a contract its cost is committed in the same transaction: what would break the ceiling
// of the budget is refused with what is left.
func (c Commands) Assign(ctx context.Context, id string, in AssignInput) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		var after Order
		err := c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) {
			w, err := o.begin(c.doer(ctx), assign, in.Step)
			if err != nil {
				return nil, err
			}
			done, err := c.assignment(ctx, o, w, in)
			if err != nil {
				return nil, err
			}
			e := raise(o, AssignedEvent, *done)
			after = *o
			return []event.Event{e}, nil
		})
		if err != nil || after.Committed == nil {
			return err
		}
		err = c.Budgets.Update(ctx, after.BudgetID(), func(b *contract.Budget) ([]event.Event, error) { return b.Commit(id, *after.Committed) })
		if isNotFound(err) {
			return fault.Invalidf("fiscal_year", "budget-unknown", "the contract has no budget for lot %d of %d", after.Lot, after.FiscalYear)
		}
		return err
	})
}

func (c Commands) assignment(ctx context.Context, o *Order, w When, in AssignInput) (*AssignedChange, error) {
	done := &AssignedChange{When: w, Funding: o.Funding, ScheduledStart: o.ScheduledStart, ScheduledEnd: o.ScheduledEnd}
	if !in.ScheduledStart.IsZero() || !in.ScheduledEnd.IsZero() {
		done.ScheduledStart, done.ScheduledEnd = in.ScheduledStart, in.ScheduledEnd
	}
	if err := validSchedule(done.ScheduledStart, done.ScheduledEnd); err != nil {
		return nil, err
	}
	var err error
	switch {
	case in.TechnicianID != "" && (in.ContractID != "" || in.ContractorID != ""):
		return nil, fault.Invalidf("technician_id", "assignee-ambiguous", "a technician or a contractor does the work, not both")
	case in.ContractID != "":
		err = c.underContract(ctx, o, in, done)
	case in.Committed != nil:
		return nil, fault.Invalidf("committed", "contract-missing", "an amount is committed under a contract; this assignment names none")
	case in.TechnicianID != "":
		done.TechnicianID = in.TechnicianID
	case in.ContractorID != "":
		done.ContractorID = in.ContractorID
	default:
		return nil, fault.Invalidf("contract_id", "assignee-missing", "say who does the work").With("contract_id", "contractor_id", "technician_id")
	}
	if err == nil && done.ContractorID != "" {
		err = c.takesOrders(ctx, done.ContractorID)
	}
	return done, err
}

func (c Commands) takesOrders(ctx context.Context, id string) error {
	k, err := c.Contractors.Get(ctx, id)
	if err != nil {
		return event.Referenced(err, "contractor_id", "contractor", id)
	}
	if !k.TakesOrders() {
		return fault.Conflictf("contractor-inactive", "inactive", "%s takes no new orders", k.Name)
	}
	return nil
}

// underContract fills in what follows from the contract, which must cover the place on that day.
func (c Commands) underContract(ctx context.Context, o *Order, in AssignInput, done *AssignedChange) error {
	k, err := c.Contracts.Get(ctx, in.ContractID)
	if err != nil {
		return event.Referenced(err, "contract_id", "contract", in.ContractID)
	}
	local, err := localTime(o.TimeZone, done.OccurredAt)
	if err != nil {
		return err
	}
	day := local.Format(time.DateOnly)
	switch {
	case in.ContractorID != "" && in.ContractorID != k.ContractorID:
		return fault.Invalidf("contractor_id", "contractor-mismatch", "contract %s is with another contractor", k.Number)
	case !k.Covers(o.Place):
		return fault.Conflictf("contract-not-covering", o.State, "contract %s does not cover unit %s", k.Number, o.UnitID)
	case !k.ValidOn(day):
		return fault.Conflictf("contract-not-valid", o.State, "contract %s is not valid on %s", k.Number, day).With("from "+k.ValidFrom, "to "+k.ValidTo)
	}
	done.Assignment = Assignment{ContractID: k.ID, ContractorID: k.ContractorID, FiscalYear: in.FiscalYear, Lot: in.Lot, Committed: in.Committed}
	if done.FiscalYear == 0 {
		done.FiscalYear = local.Year()
	}
	if done.Lot == 0 {
		done.Lot = 1
	}
	if done.Committed == nil {
		done.Committed = o.Estimate
	}
	if done.Committed == nil {
		return fault.Invalidf("committed", "amount-missing", "say what the work may cost at most: the order has no estimate")
	}
	if err := done.Committed.Validate(); err != nil {
		return fault.Invalidf("committed", "amount-invalid", "%s", err.Error())
	}
	done.Funding = mx.FundingSource{Kind: fundedBy(k.Kind), RefID: k.ID, FiscalYear: done.FiscalYear}
	return nil
}

func fundedBy(contractKind string) string {
	if contractKind == "purchase" {
		return "purchase_contract"
	}
	return "maintenance_contract"
}

// FollowPlace moves an order to where its unit is now.
func (c Commands) FollowPlace(ctx context.Context, id string, to mx.Place) error {
	return c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) {
		if o.Place == to || o.UnitID != to.UnitID {
			return nil, nil
		}
		return []event.Event{raise(o, PlaceChangedEvent, PlaceChange{to})}, nil
	})
}
