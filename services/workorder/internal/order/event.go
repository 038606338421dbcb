package order

import (
	"cmp"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// private are the fields of an order that no event carries: free text.
var private = []string{"complaint", "notes"}

// The events of an order. Their state is the Order without its free text. What an event changes is in its apply, so that an order is
// the sum of its events.
var (
	Events = event.NewSet(event.WorkOrders, "work_order", private...)

	RequestedEvent    = event.Define[RequestedChange](Events, "work_order.requested", "Work was asked for")
	ApprovedEvent     = event.Define[ApprovedChange](Events, "work_order.approved", "The request was approved")
	EstimatedEvent    = event.Define[EstimatedChange](Events, "work_order.estimated", "Somebody said what the work is thought to cost")
	CommittedEvent    = event.Define[CommittedChange](Events, "work_order.committed", "Money of a contract was set aside for the order")
	DeclinedEvent     = event.Define[DeclinedChange](Events, "work_order.declined", "The request was refused")
	AssignedEvent     = event.Define[AssignedChange](Events, "work_order.assigned", "A contractor or a technician was given the order")
	ReassignedEvent   = event.Define[ReassignedChange](Events, "work_order.reassigned", "The order was given to somebody else; what was committed for it is free again")
	AcknowledgedEvent = event.Define[AcknowledgedChange](Events, "work_order.acknowledged", "Who does the work has taken note of it")
	ArrivedEvent      = event.Define[ArrivedChange](Events, "work_order.arrived", "Who does the work is at the unit: the response ends")
	StartedEvent      = event.Define[StartedChange](Events, "work_order.started", "Work began, or began again after a return")
	HeldEvent         = event.Define[HeldChange](Events, "work_order.held", "Work paused, for a reason")
	ResumedEvent      = event.Define[ResumedChange](Events, "work_order.resumed", "Work went on after a pause")
	RestoredEvent     = event.Define[RestoredChange](Events, "work_order.restored", "Service came back: the resolution ends")
	CompletedEvent    = event.Define[CompletedChange](Events, "work_order.completed", "Who did the work says that it is done")
	ConformedEvent    = event.Define[ConformedChange](Events, "work_order.conformed", "The unit is content with the work")
	VerifiedEvent     = event.Define[VerifiedChange](Events, "work_order.verified", "The work was verified technically, with a result")
	AcceptedEvent     = event.Define[AcceptedChange](Events, "work_order.accepted", "All facts of acceptance are there")
	ReturnedEvent     = event.Define[ReturnedChange](Events, "work_order.returned", "Completed work was not accepted")
	CancelledEvent    = event.Define[CancelledChange](Events, "work_order.cancelled", "The order will not be carried out")
	// The ordered quantity changes by two people.
	QuantityProposedEvent = event.Define[QuantityProposedChange](Events, "work_order.quantity_proposed", "Somebody proposed another quantity than the ordered one")
	PriorityEvent         = event.Define[PriorityChange](Events, "work_order.priority_changed", "The priority was changed in triage")
	QuantityRevisedEvent  = event.Define[QuantityRevisedChange](Events, "work_order.quantity_revised", "The proposed quantity was approved: it is the ordered one now")

	LateConfirmedEvent = event.Define[LateConfirmedChange](Events, "work_order.late_entries_confirmed", "The unit confirmed what was recorded more than seven days after it happened")
	PlaceChangedEvent  = event.Define[PlaceChange](Events, "work_order.place_changed", "The order's unit belongs to another office, region or state, or keeps another time")
)

// change is what an event does to an order.
type change interface{ apply(*Order) }

// raise applies a change and makes the event of it.
func raise[C change](o *Order, kind event.Of[C], c C) event.Event {
	c.apply(o)
	o.derive()
	return kind.New(c)
}

// raised is raise unless the change was refused.
func raised[C change](o *Order, kind event.Of[C], c C, refused error) ([]event.Event, error) {
	if refused != nil {
		return nil, refused
	}
	return []event.Event{raise(o, kind, c)}, nil
}

// derive works out what follows from an order's facts.
func (o *Order) derive() {
	o.Awaiting, o.LateEntry = nil, ""
	switch {
	case o.unconfirmed():
		o.LateEntry = lateUnconfirmed
	case len(o.LateEntries) > 0:
		o.LateEntry = lateConfirmed
	}
	if o.State != Completed {
		return
	}
	for _, fact := range Demands(o.Type) {
		if fact == unitConformity && o.Conformity == nil || fact == technicalVerification && o.Verification == nil {
			o.Awaiting = append(o.Awaiting, fact)
		}
	}
	if o.unconfirmed() {
		o.Awaiting = append(o.Awaiting, lateConfirmation)
	}
}

// When is when a transition happened and was recorded, and who made it.
type When struct {
	OccurredAt event.Time `json:"occurred_at"`
	RecordedAt event.Time `json:"recorded_at"`
	By         string     `json:"by"`
	// LateEntry is there when it was recorded so late that the unit has to confirm it.
	LateEntry *event.LateEntry `json:"late_entry,omitempty"`
	// note is what was written at the transition: kept with the order, never part of an event.
	note *Note
}

// to moves o to state.
func (w When) to(o *Order, state string) {
	o.State, o.OccurredAt, o.RecordedAt = state, w.OccurredAt, w.RecordedAt
	if w.note != nil {
		o.Notes = append(slices.Clone(o.Notes), *w.note)
	}
	o.enter(w.LateEntry)
}

// again is w for a second event of the same action: its note and its late entry are kept once.
func (w When) again() When {
	w.note, w.LateEntry = nil, nil
	return w
}

// The changes, one for each event.
type (
	// RequestedChange is all that a request fixes.
	RequestedChange struct {
		When
		Facts
		ReportedFunctioning string           `json:"reported_functioning,omitempty"`
		OvertakenAt         event.Time       `json:"overtaken_at,omitzero"`
		Funding             mx.FundingSource `json:"funding_source"`
	}
	// ApprovedChange and the like say when and by whom.
	ApprovedChange struct{ When }
	// EstimatedChange is what the work is thought to cost, as By says.
	EstimatedChange struct {
		When
		Estimate mx.Money `json:"estimate"`
	}
	// CommittedChange is what was set aside, of which money; By is who committed it.
	CommittedChange struct {
		When
		ContractID string           `json:"contract_id"`
		FiscalYear int              `json:"fiscal_year"`
		Lot        int              `json:"lot"`
		Committed  mx.Money         `json:"committed"`
		Funding    mx.FundingSource `json:"funding_source"`
		// contractorID is the contract's contractor: whom an order goes to that nobody has yet.
		contractorID string
	}
	// DeclinedChange is a request's refusal.
	DeclinedChange struct {
		When
		FoundFunctioning string `json:"found_functioning,omitempty"`
	}
	// AssignedChange is who got the order, and for when.
	AssignedChange struct {
		When
		Assignment
		ScheduledStart event.Time       `json:"scheduled_start,omitzero"`
		ScheduledEnd   event.Time       `json:"scheduled_end,omitzero"`
		Funding        mx.FundingSource `json:"funding_source"`
	}
	// AcknowledgedChange is the end of the wait for an answer.
	AcknowledgedChange struct{ When }
	// ArrivedChange is the end of the response.
	ArrivedChange struct{ When }
	// StartedChange is the beginning of work.
	StartedChange struct{ When }
	// HeldChange is the beginning of a pause.
	HeldChange struct {
		When
		Reason string `json:"reason"`
	}
	// ResumedChange is the end of a pause.
	ResumedChange struct{ When }
	// RestoredChange is the end of the resolution.
	RestoredChange struct {
		When
		Restored
	}
	// CompletedChange is the end of the work, as who did it says.
	CompletedChange struct {
		When
		Restored
		QuantityDone float64   `json:"quantity_done,omitempty"`
		Cost         *mx.Money `json:"cost,omitempty"`
	}
	// ConformedChange is the unit's conformity.
	ConformedChange struct{ When }
	// VerifiedChange is the result of the technical verification.
	VerifiedChange struct {
		When
		Result string `json:"result"`
	}
	// AcceptedChange is the end of the order.
	AcceptedChange struct{ When }
	// ReturnedChange is work sent back, with what the asset was found to be.
	ReturnedChange struct {
		When
		Cause               string `json:"cause"`
		ReportedFunctioning string `json:"reported_functioning,omitempty"`
	}
	// CancelledChange is the end of an order that is not carried out.
	CancelledChange struct {
		When
		FoundFunctioning string `json:"found_functioning,omitempty"`
	}
	// PriorityChange is the priority before and after.
	PriorityChange struct {
		When
		From string `json:"from"`
		To   string `json:"to"`
	}
	// QuantityProposedChange is another quantity, proposed.
	QuantityProposedChange struct {
		When
		Quantity float64 `json:"quantity"`
	}
	// QuantityRevisedChange is another quantity, approved.
	QuantityRevisedChange struct {
		When
		Revision
	}
	// LateConfirmedChange is the unit's word on all late entries so far.
	LateConfirmedChange struct{ When }
	// PlaceChange is where the order's unit belongs now. Earlier releases said no zone, and changed none.
	PlaceChange struct {
		mx.Place
		TimeZone string `json:"time_zone,omitempty"`
	}
)

func (c RequestedChange) apply(o *Order) {
	c.to(o, Requested)
	o.Facts, o.Funding, o.RequestedAt = c.Facts, c.Funding, c.OccurredAt
	c.report(o, c.ReportedFunctioning)
	o.OvertakenAt = c.OvertakenAt
}

func (w When) report(o *Order, functioning string) {
	if functioning != "" {
		o.ReportedFunctioning, o.ReportedAt, o.ReportedBy = functioning, w.OccurredAt, w.By
	}
}

func (c ApprovedChange) apply(o *Order) { c.to(o, Approved); o.ApprovedAt = c.OccurredAt }

func (c EstimatedChange) apply(o *Order) {
	c.to(o, o.State)
	o.Estimate, o.EstimatedBy = &c.Estimate, c.By
}

func (c CommittedChange) apply(o *Order) {
	c.to(o, o.State)
	o.ContractID, o.FiscalYear, o.Lot, o.Committed, o.CommittedBy, o.CommittedAt = c.ContractID, c.FiscalYear, c.Lot, &c.Committed, c.By, c.OccurredAt
	o.Funding = c.Funding
}

func (c DeclinedChange) apply(o *Order) {
	c.to(o, Declined)
	o.DeclinedAt = c.OccurredAt
	c.find(o, c.FoundFunctioning)
}

func (c AssignedChange) apply(o *Order) {
	c.to(o, Assigned)
	o.Assignment, o.Funding, o.AssignedAt = c.Assignment, c.Funding, c.OccurredAt
	o.ScheduledStart, o.ScheduledEnd = c.ScheduledStart, c.ScheduledEnd
}

func (c AcknowledgedChange) apply(o *Order) { c.to(o, o.State); o.AcknowledgedAt = c.OccurredAt }

func (c ArrivedChange) apply(o *Order) { c.to(o, o.State); o.ArrivedAt = c.OccurredAt }

func (c StartedChange) apply(o *Order) {
	c.to(o, InProgress)
	if o.StartedAt.IsZero() {
		o.StartedAt = c.OccurredAt
	}
}

func (c HeldChange) apply(o *Order) {
	c.to(o, OnHold)
	o.Hold = &Hold{Reason: c.Reason, Since: c.OccurredAt}
}

func (c ResumedChange) apply(o *Order) {
	c.to(o, InProgress)
	c.endHold(o)
}

// endHold moves the pause under way to those that are over.
func (w When) endHold(o *Order) {
	if o.Hold != nil {
		o.Holds = append(slices.Clone(o.Holds), Hold{o.Hold.Reason, o.Hold.Since, w.OccurredAt})
		o.Hold = nil
	}
}

func (c RestoredChange) apply(o *Order) {
	c.to(o, o.State)
	o.Restored = c.Restored
}

func (c CompletedChange) apply(o *Order) {
	c.to(o, Completed)
	o.CompletedAt, o.Restored, o.QuantityDone, o.Cost = c.OccurredAt, c.Restored, c.QuantityDone, c.Cost
	if c.Restoration == notRestored && o.overtaken() { // who had it in hands says now what was said of before
		c.report(o, o.ReportedFunctioning)
	}
}

func (c ConformedChange) apply(o *Order) {
	c.to(o, o.State)
	o.Conformity = &Conformity{c.By, c.OccurredAt}
}

func (c VerifiedChange) apply(o *Order) {
	c.to(o, o.State)
	o.Verification = &Verification{c.By, c.OccurredAt, c.Result}
}

func (c AcceptedChange) apply(o *Order) { c.to(o, Accepted); o.AcceptedAt = c.OccurredAt }

func (c ReturnedChange) apply(o *Order) {
	c.to(o, Returned)
	o.Returns = append(slices.Clone(o.Returns), Return{c.OccurredAt, c.By, o.CompletedAt, c.Cause})
	o.CompletedAt, o.Conformity, o.Verification = event.Time{}, nil, nil
	if c.ReportedFunctioning != "" {
		c.report(o, c.ReportedFunctioning)
		o.Restored = Restored{}
	}
}

func (c CancelledChange) apply(o *Order) {
	c.to(o, Cancelled)
	c.endHold(o)
	o.CancelledAt = c.OccurredAt
	c.find(o, c.FoundFunctioning)
}

func (c LateConfirmedChange) apply(o *Order) {
	c.to(o, o.State)
	o.LateEntries = slices.Clone(o.LateEntries)
	for i := range o.LateEntries {
		if e := &o.LateEntries[i]; e.ConfirmedAt.IsZero() {
			e.ConfirmedAt, e.ConfirmedBy = c.RecordedAt, c.By
		}
	}
}

func (c PlaceChange) apply(o *Order) {
	o.ZonedPlace = mx.ZonedPlace{Place: c.Place, TimeZone: cmp.Or(c.TimeZone, o.TimeZone)}
}
