package order

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
)

// Proposal is another quantity than the ordered one, which somebody proposes and somebody else has to approve.
type Proposal struct {
	Quantity float64    `json:"quantity"`
	By       string     `json:"by"`
	At       event.Time `json:"at"`
}

// Revision is an approved change of the ordered quantity.
type Revision struct {
	From       float64    `json:"from"`
	To         float64    `json:"to"`
	ProposedBy string     `json:"proposed_by"`
	ApprovedBy string     `json:"approved_by"`
	ApprovedAt event.Time `json:"approved_at"`
}

// maxRevisions bounds the revisions of one order, and with them its size.
const maxRevisions = 50

// quantityDone is how much completed work is: what was ordered where nothing is said, never more.
func (o *Order) quantityDone(d Doer, said float64) (float64, error) {
	if said == 0 {
		return o.Quantity, nil
	}
	if o.Quantity == 0 {
		return 0, fault.Invalidf("quantity_done", "quantity-not-ordered", "the order has no quantity to compare with")
	}
	done, err := program.Quantity("quantity_done", said, o.MeasureUnit)
	if err != nil || mx.Hundredths(done) <= mx.Hundredths(o.Quantity) {
		return done, err
	}
	most, detail := "at most "+o.measured(o.Quantity), fmt.Sprintf("%s were ordered, %s are said to be done", o.measured(o.Quantity), o.measured(done))
	if o.admits(d, proposeQuantity) != nil { // the asset is retired
		return 0, fault.Conflictf("quantity-above-order", o.State, "%s", detail).On("quantity_done").With(most)
	}
	return 0, fault.Conflictf("quantity-above-order", o.State, "%s; more needs a revision of the order: one person proposes it, another approves", detail).On("quantity_done").With(most, proposeQuantity)
}

func (o *Order) measured(q float64) string {
	es, _ := mx.Label("measure_unit", o.MeasureUnit)
	return strconv.FormatFloat(q, 'f', -1, 64) + " " + es
}

// ProposalInput is another quantity than the ordered one.
type ProposalInput struct {
	Step
	Quantity float64 `json:"quantity" exclusiveMinimum:"0" maximum:"1000000" doc:"In the order's unit of measure, at most two decimals"`
}

// Propose says that another quantity is needed than was ordered. A later proposal takes the place of an earlier one.
func (o *Order) Propose(d Doer, in ProposalInput) ([]event.Event, error) {
	q, wrong := program.Quantity("quantity", in.Quantity, o.MeasureUnit)
	w, err := o.begin(d, proposeQuantity, in.Step, wrong)
	if err == nil && mx.Hundredths(q) == mx.Hundredths(o.Quantity) {
		err = fault.Conflictf("no-change", o.State, "%s are ordered already", o.measured(q))
	}
	return raised(o, QuantityProposedEvent, QuantityProposedChange{w, q}, err)
}

// Revise approves the proposed quantity: it is the ordered one from here on. What is committed stays as it is.
func (o *Order) Revise(d Doer, in ProposalInput) ([]event.Event, error) {
	w, err := o.begin(d, approveQuantity, in.Step)
	if err != nil {
		return nil, err
	}
	if mx.Hundredths(in.Quantity) != mx.Hundredths(o.Proposal.Quantity) {
		return nil, fault.Conflictf("proposal-changed", o.State, "%s are proposed", o.measured(o.Proposal.Quantity)).With(strconv.FormatFloat(o.Proposal.Quantity, 'f', -1, 64))
	}
	return []event.Event{raise(o, QuantityRevisedEvent, QuantityRevisedChange{w, Revision{o.Quantity, o.Proposal.Quantity, o.Proposal.By, d.By, w.OccurredAt}})}, nil
}

// revisable refuses who may not approve the proposed quantity.
func (o *Order) revisable(by string) error {
	switch {
	case o.Proposal.By == by:
		return fault.Conflictf("same-person", o.State, "who proposed the quantity cannot approve it; somebody else has to")
	case len(o.Revisions) >= maxRevisions:
		return fault.Conflictf("too-many-revisions", o.State, "an order's quantity is revised at most %d times", maxRevisions)
	}
	return nil
}

func (c QuantityProposedChange) apply(o *Order) {
	c.to(o, o.State)
	o.Proposal = &Proposal{c.Quantity, c.By, c.OccurredAt}
}

func (c QuantityRevisedChange) apply(o *Order) {
	c.to(o, o.State)
	o.Quantity, o.Proposal, o.Revisions = c.To, nil, append(slices.Clone(o.Revisions), c.Revision)
}
