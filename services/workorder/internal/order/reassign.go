package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
)

// Past is who had the order before, and what they had done of it. What was paid, and under which contract, is not told to who has it now.
type Past struct {
	ContractorID   string     `json:"contractor_id,omitempty"`
	TechnicianID   string     `json:"technician_id,omitempty"`
	AssignedAt     event.Time `json:"assigned_at"`
	AcknowledgedAt event.Time `json:"acknowledged_at,omitzero"`
	ArrivedAt      event.Time `json:"arrived_at,omitzero"`
	StartedAt      event.Time `json:"started_at,omitzero"`
	RestoredAt     event.Time `json:"restored_at,omitzero"`
	// Restoration is absent of what an earlier release reassigned: that left it on the order.
	Restoration string     `json:"restoration,omitempty" vocabulary:"restoration"`
	Until       event.Time `json:"until"`
	RecordedAt  event.Time `json:"recorded_at"`
	// Pauses is how many of the order's pauses are of that time and before.
	Pauses int `json:"pauses,omitempty"`
	// EstimatedBy and CommittedBy are there where something was committed for them, and not of what an earlier release reassigned.
	EstimatedBy string `json:"estimated_by,omitempty" doc:"Whose estimate money was committed on then, which is free again"`
	CommittedBy string `json:"committed_by,omitempty" doc:"Who committed it"`
}

// ReassignInput says who does the work instead.
type ReassignInput struct {
	Explained
	ContractorID   string     `json:"contractor_id,omitempty" format:"uuid" doc:"Another contractor. Money of its contract is committed afterwards"`
	TechnicianID   string     `json:"technician_id,omitempty" maxLength:"100" doc:"Opaque id of a technician of the institution's own, as the token's subject; never a name. Any subject is taken: who there is only the identity provider knows"`
	ScheduledStart event.Time `json:"scheduled_start,omitzero" doc:"As it was when absent"`
	ScheduledEnd   event.Time `json:"scheduled_end,omitzero"`
}

// maxPast bounds the reassignments of one order, and with them its size.
const maxPast = 20

// Reassign gives the order to somebody else, who has to take note of it, arrive, start and restore anew: until
// then the order says of the asset what it reported, since work that was taken from somebody is nobody's word that the asset works. A commitment belongs to the contractor that
// it was made for and does not go along.
func (o *Order) Reassign(d Doer, in ReassignInput) ([]event.Event, error) {
	w, err := o.explained(d, reassign, in.Explained)
	if err != nil {
		return nil, err
	}
	to, err := AssignInput{ContractorID: in.ContractorID, TechnicianID: in.TechnicianID}.unpaid()
	if err != nil {
		return nil, err
	}
	if to.ContractorID == o.ContractorID && to.TechnicianID == o.TechnicianID {
		return nil, fault.Conflictf("no-change", o.State, "they have order %s already", o.Folio)
	}
	start, end, err := o.scheduled(in.ScheduledStart, in.ScheduledEnd)
	return raised(o, ReassignedEvent, ReassignedChange{w, to.ContractorID, to.TechnicianID, start, end}, err)
}

// Reassign gives the order to somebody else and frees, in the same transaction, what was committed for it: then it is an act on money, of
// whoever may commit it.
func (c Commands) Reassign(ctx context.Context, id string, in ReassignInput) error {
	known, err := c.Orders.Get(ctx, id)
	if err != nil {
		return err
	}
	standing, err := c.standingOn(ctx, known)
	if err != nil {
		return err
	}
	return c.change(ctx, id, func(ctx context.Context, o *Order) ([]event.Event, error) {
		before, d := *o, c.doer(ctx, o)
		events, err := o.Reassign(d, in)
		if err == nil {
			err = c.mayFree(ctx, &before, d, standing)
		}
		if err == nil {
			err = c.takesOrders(ctx, in.ContractorID)
		}
		return events, err
	})
}

// standingOn are the ids of the caller's appointments to the contract and lot whose money is committed for the order; none where none is.
func (c Commands) standingOn(ctx context.Context, o *Order) ([]string, error) {
	if o.Committed == nil {
		return nil, nil
	}
	return c.Standing(ctx, o.ContractID, o.Lot, event.Actor(ctx))
}

// mayFree refuses who is not appointed to the money that is committed for the order, today.
func (c Commands) mayFree(ctx context.Context, o *Order, d Doer, standing []string) error {
	if o.Committed == nil {
		return nil
	}
	k, err := heardOf(ctx, c.Contracts, o.ContractID)
	if err != nil {
		return err
	}
	if k == nil { // out of the caller's scope
		k = &contract.Contract{ID: o.ContractID}
	}
	return c.appointed(ctx, o, k, o.Lot, standing, When{OccurredAt: d.Now, RecordedAt: d.Now})
}

// ReassignedChange is who has the order now, and for when.
type ReassignedChange struct {
	When
	ContractorID   string     `json:"contractor_id,omitempty"`
	TechnicianID   string     `json:"technician_id,omitempty"`
	ScheduledStart event.Time `json:"scheduled_start,omitzero"`
	ScheduledEnd   event.Time `json:"scheduled_end,omitzero"`
}

func (c ReassignedChange) apply(o *Order) {
	c.to(o, Assigned)
	c.endHold(o)
	past := Past{ContractorID: o.ContractorID, TechnicianID: o.TechnicianID, AssignedAt: o.AssignedAt, AcknowledgedAt: o.AcknowledgedAt,
		ArrivedAt: o.ArrivedAt, StartedAt: o.StartedAt, RestoredAt: o.RestoredAt, Restoration: o.Restoration, Until: c.OccurredAt, RecordedAt: c.RecordedAt, Pauses: len(o.Holds)}
	if o.Committed != nil {
		o.Funding = mx.UnknownFunding()
		past.EstimatedBy, past.CommittedBy = o.EstimatedBy, o.CommittedBy
	}
	o.Past = append(slices.Clone(o.Past), past)
	o.Assignment = Assignment{ContractorID: c.ContractorID, TechnicianID: c.TechnicianID}
	o.AssignedAt, o.AcknowledgedAt, o.ArrivedAt, o.StartedAt = c.OccurredAt, event.Time{}, event.Time{}, event.Time{}
	o.Restored = Restored{}
	o.ScheduledStart, o.ScheduledEnd, o.Proposal = c.ScheduledStart, c.ScheduledEnd, nil
}

// Veiled is what who has the order now, from outside of the institution, learns of a change that was recorded while somebody else had it:
// when it happened, and nothing of that one's contract and money.
func (o *Order) Veiled(kind string, recorded event.Time, change json.RawMessage) (json.RawMessage, error) {
	n := len(o.Past)
	if n == 0 || recorded.After(o.Past[n-1].RecordedAt.Time) || kind == ReassignedEvent.Type() && recorded.Equal(o.Past[n-1].RecordedAt) {
		return change, nil
	}
	var w struct {
		OccurredAt event.Time `json:"occurred_at,omitzero"`
		RecordedAt event.Time `json:"recorded_at,omitzero"`
	}
	if err := json.Unmarshal(change, &w); err != nil {
		return nil, fmt.Errorf("change of a work order: %w", err)
	}
	return json.Marshal(w)
}
