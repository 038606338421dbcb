package order

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// EstimateInput is what the work is thought to cost.
type EstimateInput struct {
	Step
	Estimate mx.Money `json:"estimate" doc:"What the work is thought to cost, without VAT; who says so cannot commit it"`
}

// Reckon says what the work is thought to cost: a later estimate takes the place of an earlier one until something is committed.
func (o *Order) Reckon(d Doer, in EstimateInput) ([]event.Event, error) {
	w, err := o.begin(d, estimate, in.Step, validAmount("estimate", in.Estimate), validEstimate(&in.Estimate))
	return raised(o, EstimatedEvent, EstimatedChange{w, in.Estimate}, err)
}

// validEstimate refuses what no work costs; nil is none.
func validEstimate(m *mx.Money) error {
	if m == nil {
		return nil
	}
	if err := m.AtMost(mx.MaxWorkCents); err != nil {
		return fault.Invalidf("estimate", "amount-invalid", "%s", err.Error())
	}
	return nil
}

// validAmount refuses what is no amount of money, or none at all.
func validAmount(field string, m mx.Money) error {
	if err := m.Validate(); err != nil {
		return fault.Invalidf(field, "amount-invalid", "%s", err.Error())
	}
	if m.IsZero() {
		return fault.Invalidf(field, "amount-invalid", "an amount above zero was expected")
	}
	return nil
}

// Payment is which money pays for the work, and how much of it at most.
type Payment struct {
	ContractID string    `json:"contract_id,omitempty" format:"uuid" doc:"The contract that pays; its contractor does the work"`
	FiscalYear int       `json:"fiscal_year,omitempty" minimum:"2000" maximum:"2100" doc:"That of the scheduled completion at the unit, which is meant when absent; another one is refused"`
	Lot        int       `json:"lot,omitempty" minimum:"1" maximum:"99" doc:"Of the contract; 1 when absent"`
	Committed  *mx.Money `json:"committed,omitempty" doc:"What the work may cost at most, without VAT: the estimate when absent, never more than it"`
}

// CommitInput sets money aside for an order.
type CommitInput struct {
	Step
	Payment
}

// Commit sets money of a contract aside for the order. Only who is appointed to that contract, lot and place on that day may, on an
// estimate of somebody else's. An order that nobody has yet goes to the contract's contractor with it. What would break the ceiling of
// the budget is refused with what is left.
func (c Commands) Commit(ctx context.Context, id string, in CommitInput) error {
	if in.ContractID == "" {
		return fault.Invalidf("contract_id", "contract-missing", "an amount is committed under a contract; say which")
	}
	return c.spend(ctx, id, in.Payment, func(ctx context.Context, o *Order, standing []string) ([]event.Event, error) {
		w, err := o.begin(c.doer(ctx, o), commit, in.Step)
		if err != nil {
			return nil, err
		}
		done, err := c.commitment(ctx, o, w, in.Payment, standing, o.ScheduledStart, o.ScheduledEnd)
		if err != nil {
			return nil, err
		}
		if o.State != Approved {
			return []event.Event{raise(o, CommittedEvent, *done)}, nil
		}
		return c.paidAssignment(ctx, o, *done, AssignedChange{When: w, ScheduledStart: o.ScheduledStart, ScheduledEnd: o.ScheduledEnd})
	})
}

// paidAssignment commits money and gives the order to the contract's contractor.
func (c Commands) paidAssignment(ctx context.Context, o *Order, paid CommittedChange, to AssignedChange) ([]event.Event, error) {
	if err := c.takesOrders(ctx, paid.contractorID); err != nil {
		return nil, err
	}
	committed := raise(o, CommittedEvent, paid)
	to.Assignment, to.Funding, to.When = o.Assignment, o.Funding, to.again()
	to.ContractorID = paid.contractorID
	return []event.Event{committed, raise(o, AssignedEvent, to)}, nil
}

// spend is change of an order for which p may be committed. work is given the ids of the caller's appointments to the payment's contract and
// lot that were not ended.
func (c Commands) spend(ctx context.Context, id string, p Payment, work func(ctx context.Context, o *Order, standing []string) ([]event.Event, error)) error {
	var standing []string
	if p.ContractID != "" {
		var err error
		if standing, err = c.Standing(ctx, p.ContractID, cmp.Or(p.Lot, 1), event.Actor(ctx)); err != nil {
			return err
		}
	}
	return c.change(ctx, id, func(ctx context.Context, o *Order) ([]event.Event, error) { return work(ctx, o, standing) })
}

// commitment is what committing p does to the order, whose work is to be done from start to end: the authority to spend is asked for
// first, then whether two pairs of eyes have looked at it, then whether the contract pays for such work.
func (c Commands) commitment(ctx context.Context, o *Order, w When, p Payment, standing []string, start, end event.Time) (*CommittedChange, error) {
	k, err := c.Contracts.Get(ctx, p.ContractID)
	if err != nil {
		return nil, event.Referenced(err, "contract_id", "contract", p.ContractID)
	}
	p.Lot = cmp.Or(p.Lot, 1)
	days, err := o.daysOf(w)
	if err := cmp.Or(err, c.appointed(ctx, o, k, p.Lot, standing, w), o.estimatedFor(w.By, p.Committed), o.paidBy(k, days...)); err != nil {
		return nil, err
	}
	year, err := fiscalYear(o.TimeZone, w.RecordedAt, start, end)
	if err != nil {
		return nil, err
	}
	if p.FiscalYear != 0 && p.FiscalYear != year {
		return nil, fault.Invalidf("fiscal_year", "fiscal-year-of-completion", "the work is to be completed in %d by the unit's clock, and the budget of that year pays", year).
			With(strconv.Itoa(year))
	}
	done := &CommittedChange{When: w, ContractID: k.ID, FiscalYear: year, Lot: p.Lot, Committed: *o.Estimate, contractorID: k.ContractorID,
		Funding: mx.FundingSource{Kind: fundedBy(k.Kind), RefID: k.ID, FiscalYear: year}}
	if p.Committed != nil {
		done.Committed = *p.Committed
	}
	return done, nil
}

// appointed refuses who is not appointed to the contract, lot and place, on the day that the commitment is dated and on the day that it
// is recorded: neither a right that has ended nor one that had not begun is used by dating an act otherwise.
func (c Commands) appointed(ctx context.Context, o *Order, k *contract.Contract, lot int, standing []string, w When) error {
	days, err := o.daysOf(w)
	if err != nil {
		return err
	}
	return c.holds(ctx, standing, func(a *contract.Appointment) bool {
		return a.ContractID == k.ID && a.Lot == lot && a.Admits(o.Place, days...)
	}, "lot "+strconv.Itoa(lot)+" of contract "+cmp.Or(k.Number, k.ID)+" for unit "+o.UnitID+" on "+days[0])
}

// daysOf are the day that an act is dated and the day on which it is recorded, by the unit's clock. Who and what pays has to be so on both.
func (o *Order) daysOf(w When) (days []string, err error) {
	dated, wrong := dayOf(o.TimeZone, w.OccurredAt)
	recorded, err := dayOf(o.TimeZone, w.RecordedAt)
	return []string{dated, recorded}, cmp.Or(wrong, err)
}

// holds refuses who has no appointment that counts among those that were not ended; what says the money that it would be for.
func (c Commands) holds(ctx context.Context, standing []string, counts func(*contract.Appointment) bool, what string) error {
	for _, id := range standing {
		a, err := c.Appointments.Get(ctx, id)
		if err != nil {
			return err
		}
		if counts(a) {
			return nil
		}
	}
	return &fault.Error{Kind: fault.Forbidden, Rule: "not-appointed",
		Detail: "you are not appointed to commit money of " + what + "; whoever is may do so, and an administrator of the system appoints"}
}

// mayCommit refuses who can commit the order's cost under no contract today: as a commitment does, the authority is asked for first, so that
// nobody waits for an estimate who may not commit it.
func (c Commands) mayCommit(ctx context.Context, o *Order, d Doer) error {
	day, err := dayOf(o.TimeZone, d.Now)
	if err != nil {
		return err
	}
	standing, err := c.Standing(ctx, "", 0, d.By)
	if err != nil {
		return err
	}
	err = c.holds(ctx, standing, func(a *contract.Appointment) bool { return a.Admits(o.Place, day) }, "any contract for unit "+o.UnitID+" on "+day)
	return cmp.Or(err, o.payable(d.By))
}

// payable refuses a commitment that no contract could make of the order as it is: without an estimate, by its author, or for a technician.
func (o *Order) payable(by string) error {
	switch {
	case o.Estimate == nil:
		return fault.Conflictf("estimate-missing", o.State, "nobody has estimated what the work costs; somebody else than who commits it has to").With(estimate)
	case o.estimated(by):
		return fault.Conflictf("same-person", o.State, "who estimated the work cannot commit its cost; somebody else has to")
	case o.TechnicianID != "":
		return fault.Conflictf("contractor-mismatch", o.State, "a technician of the institution's own has order %s; a contract pays its contractor", o.Folio).With(reassign)
	}
	return nil
}

// estimated says that the estimate is theirs, or that money was once committed on one of theirs. An estimate that another one replaced before
// anything was committed on it is nobody's part in the order's money.
func (o *Order) estimated(by string) bool {
	return o.EstimatedBy == by || slices.ContainsFunc(o.Past, func(p Past) bool { return p.EstimatedBy == by })
}

// committed says that they have committed money for the order, also what a reassignment freed again.
func (o *Order) committed(by string) bool {
	return o.CommittedBy == by || slices.ContainsFunc(o.Past, func(p Past) bool { return p.CommittedBy == by })
}

// estimatedFor refuses a commitment of what is not payable, or above its estimate.
func (o *Order) estimatedFor(by string, amount *mx.Money) error {
	if err := o.payable(by); err != nil {
		return err
	}
	switch {
	case amount == nil:
		return validAmount("committed", *o.Estimate)
	case amount.Cmp(*o.Estimate) > 0:
		return fault.Conflictf("above-estimate", o.State, "%s is more than the %s that the work is estimated at", amount, o.Estimate).On("committed").With("at most "+o.Estimate.String(), estimate)
	}
	return validAmount("committed", *amount)
}

// paidBy refuses a contract that does not pay for work at the order's place on each of the days, or not for work by whoever has the order.
func (o *Order) paidBy(k *contract.Contract, days ...string) error {
	switch {
	case o.ContractorID != "" && o.ContractorID != k.ContractorID:
		return fault.Conflictf("contractor-mismatch", o.State, "contract %s is with another contractor than who was given the order", k.Number).On("contract_id")
	case !k.Covers(o.Place):
		return fault.Conflictf("contract-not-covering", o.State, "contract %s does not cover unit %s", k.Number, o.UnitID).On("contract_id")
	}
	for _, day := range days {
		if k.ValidOn(day) {
			continue
		}
		return fault.Conflictf("contract-not-valid", o.State, "contract %s is not valid on %s", k.Number, day).On("contract_id").With("from "+k.ValidFrom, "to "+k.ValidTo)
	}
	return nil
}

// fiscalYear is the year whose budget pays, by the unit's clock: that in which the work is to be completed. What is not scheduled, or
// was scheduled for before, is paid by the year in which its commitment is recorded: no other year's money is reached by dating the act.
func fiscalYear(zone string, recorded, start, end event.Time) (int, error) {
	at := recorded
	for _, t := range []event.Time{start, end} {
		if t.After(at.Time) {
			at = t
		}
	}
	local, err := localTime(zone, at)
	return local.Year(), err
}

func fundedBy(contractKind string) string {
	if contractKind == "purchase" {
		return "purchase_contract"
	}
	return "maintenance_contract"
}
