package contract

import (
	"context"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
)

// The events of a contract. Their state is the Contract.
var (
	Events  = event.NewSet(event.Contracts, "contract")
	Created = event.Define[Facts](Events, "contract.created", "A contract was registered")
	Changed = event.Define[Facts](Events, "contract.changed", "Terms of a contract changed")
)

// Create is the registration of a contract.
type Create struct {
	ID string `json:"id,omitempty" format:"uuid" doc:"UUIDv7 made by the client, for capture without a network"`
	Facts
}

// Commands are what can be done with contracts. A contract and its budgets are written together.
type Commands struct {
	Contracts    event.Collection[Contract]
	Budgets      event.Collection[Budget]
	Appointments event.Collection[Appointment]
	Contractors  event.Collection[contractor.Contractor]
	// Standings are the documents by which two appointments at once of one person to one lot are told apart; Units is what is known of units.
	Standings event.Collection[Standings]
	// Others are the appointments by right of the service: whether one overlaps another does not depend on who may read that one.
	Others event.Collection[Appointment]
	Units  event.Collection[place.UnitRef]
	// Standing are the ids of a person's appointments to a contract's lot that were not ended. Not inside Atomic.
	Standing func(ctx context.Context, contractID string, lot int, subject string) (ids []string, err error)
	Atomic   func(ctx context.Context, work func(context.Context) error) error
	Now      func(context.Context) event.Time
}

// Create registers a contract and opens its budgets.
func (c Commands) Create(ctx context.Context, id string, in Create) error {
	return c.Atomic(ctx, func(ctx context.Context) error {
		k := &Contract{ID: id, Facts: in.Facts, CreatedAt: c.Now(ctx)}
		if err := described.Create(ctx, c.Contracts, id, k); err != nil {
			return err
		}
		if _, err := c.Contractors.Get(ctx, in.ContractorID); err != nil {
			return event.Referenced(err, "contractor_id", "contractor", in.ContractorID)
		}
		return c.followLots(ctx, k, nil)
	})
}

var described = event.Described[Contract, Facts]{In: func(c *Contract) *Facts { return &c.Facts }, Valid: (*Contract).validate, Created: Created, Changed: Changed}

// Change edits a contract's terms. Its budgets follow: a new lot gets one; a lot once agreed stays, and its maximum is changed by an
// amendment only. The contractor stays too: another one means another contract.
func (c Commands) Change(ctx context.Context, id string, edit func(*Facts) error) error {
	if err := c.addsForOthers(ctx, id, edit); err != nil {
		return err
	}
	return c.Atomic(ctx, func(ctx context.Context) error {
		var was Facts
		err := described.Change(ctx, c.Contracts, id, func(f *Facts) error {
			was = *f
			if err := edit(f); err != nil {
				return err
			}
			return changeAllowed(was, *f)
		})
		if err != nil {
			return err
		}
		is, err := c.Contracts.Get(ctx, id)
		if err != nil {
			return err
		}
		return c.followLots(ctx, is, was.Lots)
	})
}

// addsForOthers refuses who would add a lot that they may commit themselves: nobody fills their own purse.
func (c Commands) addsForOthers(ctx context.Context, id string, edit func(*Facts) error) error {
	k, err := c.Contracts.Get(ctx, id)
	if err != nil {
		return err
	}
	is := k.Facts
	if err := edit(&is); err != nil {
		return err
	}
	for _, l := range is.Lots {
		if slices.ContainsFunc(k.Lots, l.same) {
			continue
		}
		if err := c.forOthers(ctx, id, l.Lot, func(a *Appointment) bool { return !a.over(c.Now(ctx)) }); err != nil {
			return err
		}
	}
	return nil
}

// forOthers refuses who has an appointment to the lot that counts: nobody decides on money that they may commit themselves.
func (c Commands) forOthers(ctx context.Context, id string, lot int, counts func(*Appointment) bool) error {
	standing, err := c.Standing(ctx, id, lot, event.Actor(ctx))
	if err != nil {
		return err
	}
	for _, s := range standing {
		a, err := c.Others.Get(ctx, s)
		if err != nil {
			return err
		}
		if counts(a) {
			return fault.Conflictf("same-person", "", "you are appointed to commit the money of lot %d; somebody else records what is agreed for it", lot)
		}
	}
	return nil
}

func changeAllowed(was, is Facts) error {
	if is.ContractorID != was.ContractorID {
		return fault.Invalidf("contractor_id", "contractor-fixed", "a contract stays with its contractor; another one needs a contract of its own")
	}
	for _, l := range was.Lots {
		i := slices.IndexFunc(is.Lots, l.same)
		if i < 0 {
			return fault.Invalidf("lots", "lot-missing", "%s has a budget and cannot be taken away", l.name())
		}
		if is.Lots[i].Maximum.Cmp(l.Maximum) != 0 {
			return fault.Invalidf("lots", "maximum-by-amendment", "the maximum of %s is changed by an amendment: POST …/amend", l.name()).With(l.Maximum.String(), "amend")
		}
	}
	return nil
}

func (l Lot) same(o Lot) bool { return l.FiscalYear == o.FiscalYear && l.Lot == o.Lot }

func (c Commands) followLots(ctx context.Context, k *Contract, was []Lot) error {
	for _, l := range k.Lots {
		i := slices.IndexFunc(was, l.same)
		if i >= 0 && was[i].Minimum == l.Minimum && was[i].Maximum == l.Maximum {
			continue
		}
		b, err := newBudget(k, l), error(nil)
		if i < 0 {
			err = c.Budgets.Insert(ctx, b.ID, b, BudgetOpened.New(l))
		} else {
			err = c.Budgets.Update(ctx, b.ID, func(b *Budget) ([]event.Event, error) { return b.setLot(l) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
