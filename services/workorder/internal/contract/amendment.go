package contract

import (
	"cmp"
	"context"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Amendment is a change of what was agreed at most for a fiscal year and lot (convenio modificatorio). The lot carries the new amount;
// what it was before stays readable here, and with the lot's first amendment the original.
type Amendment struct {
	FiscalYear int      `json:"fiscal_year"`
	Lot        int      `json:"lot"`
	Before     mx.Money `json:"max_amount_before"`
	Maximum    mx.Money `json:"max_amount"`
	// Dated is the day on which it was agreed, Reference the number of the agreement, which says the rest in words.
	Dated      string     `json:"dated" format:"date"`
	Reference  string     `json:"reference"`
	Reason     string     `json:"reason" vocabulary:"amendment_reason"`
	RecordedAt event.Time `json:"recorded_at"`
	By         string     `json:"by"`
}

const (
	// maxAmendments bounds the amendments of one contract, and with them its size.
	maxAmendments = 100
	// amendable is the part of the original maximum, one in so many, by which amendments may raise it in all: 20 %.
	amendable = 5
)

// Amend is an amendment of one lot's maximum.
type Amend struct {
	FiscalYear int      `json:"fiscal_year" minimum:"2000" maximum:"2100"`
	Lot        int      `json:"lot,omitempty" minimum:"1" maximum:"99" doc:"1 when absent"`
	Maximum    mx.Money `json:"max_amount" doc:"What is agreed at most from now on, without VAT: up to 120 % of the original, not less than is committed and accrued"`
	Dated      string   `json:"dated" format:"date" doc:"Day on which the amendment was agreed" example:"2025-08-08"`
	Reference  string   `json:"reference" minLength:"1" maxLength:"80" doc:"Number of the agreement" example:"CM-01/2025"`
	Reason     string   `json:"reason" vocabulary:"amendment_reason" doc:"Why; the agreement says it in words"`
}

// AmendedEvent is raised with each amendment; the budget follows in the same transaction and raises its own.
var AmendedEvent = event.Define[Amendment](Events, "contract.amended", "What is agreed at most for a fiscal year and lot was changed by an agreement")

// Amend changes a lot's maximum, and the ceiling of its budget with it.
func (c Commands) Amend(ctx context.Context, id string, in Amend) error {
	in.Lot, in.Reference = cmp.Or(in.Lot, 1), mx.Clean(in.Reference)
	if err := c.forOthers(ctx, id, in.Lot, func(a *Appointment) bool { return a.mayHold(c.Now(ctx)) }); err != nil {
		return err
	}
	return c.Atomic(ctx, func(ctx context.Context) error {
		var lot Lot
		var original mx.Money
		err := c.Contracts.Update(ctx, id, func(k *Contract) (events []event.Event, err error) {
			lot, original, events, err = k.amend(in, c.Now(ctx), event.Actor(ctx))
			return events, err
		})
		if err != nil {
			return err
		}
		return c.Budgets.Update(ctx, BudgetID(id, lot.FiscalYear, lot.Lot), func(b *Budget) ([]event.Event, error) {
			b.Original = &original
			return b.setLot(lot)
		})
	})
}

// amend is the lot as it is agreed from now on, and its original maximum.
func (c *Contract) amend(in Amend, now event.Time, by string) (lot Lot, original mx.Money, events []event.Event, err error) {
	if err := cmp.Or(in.valid(now), c.agreed(in)); err != nil {
		return lot, original, nil, err
	}
	i := slices.IndexFunc(c.Lots, Lot{FiscalYear: in.FiscalYear, Lot: in.Lot}.same)
	if i < 0 {
		return lot, original, nil, fault.Invalidf("fiscal_year", "lot-unknown", "the contract has no lot %d of %d", in.Lot, in.FiscalYear)
	}
	lot = c.Lots[i]
	original = c.original(lot)
	most, err := original.Add(mx.MXN(original.AmountCents / amendable))
	switch {
	case err != nil:
		return lot, original, nil, err
	case len(c.Amendments) >= maxAmendments:
		return lot, original, nil, fault.Conflictf("too-many-amendments", "", "a contract is amended at most %d times", maxAmendments)
	case in.Maximum.Cmp(lot.Maximum) == 0:
		return lot, original, nil, fault.Invalidf("max_amount", "amendment-without-change", "%s are agreed for %s already", in.Maximum, lot.name())
	case in.Maximum.Cmp(most) > 0:
		return lot, original, nil, fault.Conflictf("amendment-above-limit", "", "amendments raise the maximum of %s by at most 20 %% of the original %s", lot.name(), original).
			On("max_amount").With("at most " + most.String())
	case in.Maximum.Cmp(lot.Minimum) < 0:
		return lot, original, nil, fault.Conflictf("lot-amounts", "", "%s is less than the minimum of %s, %s", in.Maximum, lot.name(), lot.Minimum).On("max_amount").With("at least " + lot.Minimum.String())
	}
	done := Amendment{FiscalYear: lot.FiscalYear, Lot: lot.Lot, Before: lot.Maximum, Maximum: in.Maximum, Dated: in.Dated, Reference: in.Reference, Reason: in.Reason,
		RecordedAt: now, By: by}
	lot.Maximum = in.Maximum
	was := c.Facts
	c.Lots = slices.Clone(c.Lots)
	c.Lots[i] = lot
	c.Amendments = append(slices.Clone(c.Amendments), done)
	return lot, original, []event.Event{AmendedEvent.New(done)}, c.validate(was)
}

// agreed refuses an agreement dated outside of the contract's validity, and one that was recorded before.
func (c *Contract) agreed(in Amend) error {
	if !c.ValidOn(in.Dated) {
		return fault.Invalidf("dated", "amendment-outside-validity", "the contract is valid from %s to %s; %s lies outside", c.ValidFrom, c.ValidTo, in.Dated).
			With("from "+c.ValidFrom, "to "+c.ValidTo)
	}
	for _, a := range c.Amendments {
		if mx.Key(a.Reference) == mx.Key(in.Reference) {
			return fault.Conflictf("reference-taken", "", "the agreement %s of %s was recorded already, for lot %d of %d", a.Reference, a.Dated, a.Lot, a.FiscalYear).On("reference")
		}
	}
	return nil
}

// original is what was agreed at most for a lot before it was amended.
func (c *Contract) original(l Lot) mx.Money {
	for _, a := range c.Amendments {
		if a.FiscalYear == l.FiscalYear && a.Lot == l.Lot {
			return a.Before
		}
	}
	return l.Maximum
}

func (in Amend) valid(now event.Time) error {
	if err := amounts("max_amount", in.Maximum); err != nil {
		return err
	}
	dated, err := date("dated", in.Dated)
	switch {
	case in.Maximum.IsZero():
		return fault.Invalidf("max_amount", "lot-amounts", "a maximum above zero was expected")
	case err != nil:
		return err
	case dated.After(now.Time): // the country is behind UTC everywhere
		return fault.Invalidf("dated", "date-in-future", "an amendment is dated by the day on which it was agreed; %s has not come", in.Dated)
	case nones.Word(in.Reference):
		return fault.Invalidf("reference", "reference-missing", "say the number of the agreement: %q says that there is none", in.Reference)
	case !mx.Valid("amendment_reason", in.Reason):
		return fault.Invalidf("reason", "value-unknown", "%q is not a reason", in.Reason).With(mx.Values("amendment_reason")...)
	}
	return nil
}
