package order

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/triage"
)

// Commands are what can be done with orders. What a request names is looked up with the caller's eyes; Budgets and Series are changed,
// and Appointments read, by right of the service: who may commit an order's cost cannot otherwise touch a contract's money.
type Commands struct {
	Orders event.Collection[Order]
	Units  event.Collection[place.UnitRef]
	Assets event.Collection[place.AssetRef]
	// Targets are the assets that orders are on, by right of the service: an order's asset is looked at whoever acts on the order.
	Targets     event.Collection[place.AssetRef]
	Lines       event.Collection[program.Line]
	Contractors event.Collection[contractor.Contractor]
	Contracts   event.Collection[contract.Contract]
	Budgets     event.Collection[contract.Budget]
	Series      event.Collection[Series]
	// Sites, Types and Triage are what type and priority are worked out from.
	Sites  event.Collection[place.SiteRef]
	Types  event.Collection[place.TypeRef]
	Triage triage.Table
	// Appointments say who may commit; Standing finds those of a person to a contract's lot, or of all contracts (""), that were not ended.
	// It is asked outside of a transaction, within which the appointments are then read.
	Appointments event.Collection[contract.Appointment]
	Standing     func(ctx context.Context, contractID string, lot int, subject string) (ids []string, err error)
	// Restored is the latest instant at which an order on the asset restored it, zero where none did; orders that were declined or cancelled
	// since are none. It is asked outside of a transaction.
	Restored func(ctx context.Context, assetID string) (event.Time, error)
	Atomic   func(ctx context.Context, work func(context.Context) error) error
	Now      func(context.Context) event.Time
}

// doer is who acts on an order.
func (c Commands) doer(ctx context.Context, o *Order) Doer {
	d := c.doerAt(ctx, o.UnitID)
	if o.Target.Kind == onAsset {
		d.Retired = sync.OnceValues(func() (bool, error) {
			a, err := heardOf(ctx, c.Targets, o.Target.AssetID)
			return a != nil && a.Retired(), err
		})
	}
	return d
}

// doerAt is who acts at a unit.
func (c Commands) doerAt(ctx context.Context, unit string) Doer {
	return Doer{By: event.Actor(ctx), Now: c.Now(ctx), Unit: event.ActsAs(ctx, []string{"unit:" + unit}, "unit_director")}
}

func isNotFound(err error) bool { return errors.Is(err, event.ErrNotFound) }

// dayOf is the day (YYYY-MM-DD) of an instant by the clock of a place.
func dayOf(zone string, at event.Time) (string, error) {
	local, err := localTime(zone, at)
	return local.Format(time.DateOnly), err
}

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
	return c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) { return move(o, c.doer(ctx, o), in) })
}

// DoWithBudget carries out a transition that may end the order, and with it what its budget holds for it.
func DoWithBudget[I any](ctx context.Context, c Commands, id string, in I, move func(*Order, Doer, I) ([]event.Event, error)) error {
	return c.change(ctx, id, func(ctx context.Context, o *Order) ([]event.Event, error) { return move(o, c.doer(ctx, o), in) })
}

// change changes an order and what its budget holds for it, both or neither: what comes to be committed is set aside; it is accrued once the
// work is accepted, and free again once the order is cancelled or given to somebody else.
func (c Commands) change(ctx context.Context, id string, work func(context.Context, *Order) ([]event.Event, error)) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		var was, is Order
		err := c.Orders.Update(ctx, id, func(o *Order) ([]event.Event, error) {
			was = *o
			events, err := work(ctx, o)
			is = *o
			return events, err
		})
		if err != nil || was.holds() == is.holds() {
			return err
		}
		pays := was
		if is.holds() {
			pays = is
		}
		err = c.Budgets.Update(ctx, pays.BudgetID(), func(b *contract.Budget) ([]event.Event, error) {
			switch {
			case is.holds():
				return b.Commit(id, *is.Committed)
			case is.State == Accepted:
				return b.Accrue(id, *was.Committed, *is.Cost)
			}
			return b.Release(id, *was.Committed)
		})
		if isNotFound(err) && is.holds() {
			return fault.Invalidf("fiscal_year", "budget-unknown", "the contract has no budget for lot %d of %d", is.Lot, is.FiscalYear)
		}
		return err
	})
}

// holds says whether money is set aside for the order: committed, and not yet spent or freed.
func (o *Order) holds() bool { return o.Committed != nil && !o.Terminal() }

// AssignInput says who does the work: a contractor or a technician of the institution's own. With a contract it also commits the
// contract's money, as commit does and by the same rules: clients of earlier releases know no other way.
type AssignInput struct {
	Step
	Payment
	ContractorID   string     `json:"contractor_id,omitempty" format:"uuid" doc:"Who does the work; that of the contract where one is named"`
	TechnicianID   string     `json:"technician_id,omitempty" maxLength:"100" doc:"Opaque id of the institution's own technician, as the token's subject; never a name. Any subject is taken: who there is only the identity provider knows"`
	ScheduledStart event.Time `json:"scheduled_start,omitzero" doc:"As requested when absent"`
	ScheduledEnd   event.Time `json:"scheduled_end,omitzero"`
}

// Assign gives the order to who does it. Who names a contract commits its money with it, in the same transaction.
func (c Commands) Assign(ctx context.Context, id string, in AssignInput) error {
	return c.spend(ctx, id, in.Payment, func(ctx context.Context, o *Order, standing []string) ([]event.Event, error) {
		w, err := o.begin(c.doer(ctx, o), assign, in.Step)
		if err != nil {
			return nil, err
		}
		done := AssignedChange{When: w, Funding: o.Funding}
		if done.ScheduledStart, done.ScheduledEnd, err = o.scheduled(in.ScheduledStart, in.ScheduledEnd); err != nil {
			return nil, err
		}
		if in.ContractID != "" {
			paid, err := c.assignedPayment(ctx, o, in, standing, done)
			if err != nil {
				return nil, err
			}
			return c.paidAssignment(ctx, o, *paid, done)
		}
		if done.Assignment, err = in.unpaid(); err == nil {
			err = c.takesOrders(ctx, done.ContractorID)
		}
		return raised(o, AssignedEvent, done, err)
	})
}

// assignedPayment is the commitment that an assignment under a contract makes.
func (c Commands) assignedPayment(ctx context.Context, o *Order, in AssignInput, standing []string, as AssignedChange) (*CommittedChange, error) {
	if in.TechnicianID != "" {
		return nil, fault.Invalidf("technician_id", "assignee-ambiguous", "a technician or a contractor does the work, not both")
	}
	committed, err := c.commitment(ctx, o, as.When, in.Payment, standing, as.ScheduledStart, as.ScheduledEnd)
	if err == nil && in.ContractorID != "" && in.ContractorID != committed.contractorID {
		err = fault.Invalidf("contractor_id", "contractor-mismatch", "the contract is with another contractor")
	}
	return committed, err
}

// unpaid is an assignment that commits nothing.
func (in AssignInput) unpaid() (Assignment, error) {
	switch {
	case in.Committed != nil || in.FiscalYear != 0 || in.Lot != 0:
		return Assignment{}, fault.Invalidf("contract_id", "contract-missing", "money is committed under a contract; this assignment names none")
	case in.TechnicianID != "" && in.ContractorID != "":
		return Assignment{}, fault.Invalidf("technician_id", "assignee-ambiguous", "a technician or a contractor does the work, not both")
	case in.TechnicianID == "" && in.ContractorID == "":
		return Assignment{}, fault.Invalidf("contract_id", "assignee-missing", "say who does the work").With("contract_id", "contractor_id", "technician_id")
	case in.TechnicianID != "":
		return Assignment{TechnicianID: in.TechnicianID}, contract.Subject("technician_id", in.TechnicianID)
	}
	return Assignment{ContractorID: in.ContractorID}, nil
}

// takesOrders refuses a contractor who takes no new orders; "" is none.
func (c Commands) takesOrders(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	k, err := c.Contractors.Get(ctx, id)
	if err != nil {
		return event.Referenced(err, "contractor_id", "contractor", id)
	}
	if !k.TakesOrders() {
		return fault.Conflictf("contractor-inactive", "inactive", "%s takes no new orders", k.Name)
	}
	return nil
}

// Follow moves the order to where its unit is now.
func (o *Order) Follow(to mx.ZonedPlace) event.Event {
	return raise(o, PlaceChangedEvent, PlaceChange{to.Place, to.TimeZone})
}
