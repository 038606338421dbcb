package order

import (
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Names of instants that are no field of their own.
const (
	lastPauseEnded = "end of the last pause"
	returnedWork   = "completed_at of the returned work"
	restartedAt    = "restarted_at"
	heldAt         = "held_at"
	resumedAt      = "resumed_at"
	returnedAt     = "returned_at"
	conformedAt    = "conformed_at"
	verifiedAt     = "verified_at"
)

// instantOf is the name of the instant that each action says.
var instantOf = map[string]string{approve: "approved_at", decline: "declined_at", estimate: "estimated_at", commit: "committed_at", assign: "assigned_at", reassign: "reassigned_at", acknowledge: "acknowledged_at", arrive: "arrived_at",
	start: "started_at", hold: heldAt, resume: resumedAt, restore: "restored_at", complete: "completed_at", accept: conformedAt, verify: verifiedAt,
	sendBack: returnedAt, cancel: "cancelled_at"}

// sequences are the instants that can contradict each other. Those of the work are held against each other and not against its papers: an
// approval or an assignment may be recorded later than the work it covers.
func (o *Order) sequences() [][]event.Instant {
	requested := event.Instant{Name: "requested_at", At: o.RequestedAt}
	reported := event.Instant{Name: "reported_at", At: o.ReportedAt}
	started := event.Instant{Name: "started_at", At: o.StartedAt}
	restored := event.Instant{Name: "restored_at", At: o.RestoredAt}
	completed := event.Instant{Name: "completed_at", At: o.CompletedAt}
	held, ended, returned := event.Instant{Name: heldAt}, event.Instant{Name: lastPauseEnded}, event.Instant{Name: returnedWork}
	if o.Hold != nil {
		held.At = o.Hold.Since
	}
	// What those did who had the order before is not held against who has it now.
	pauses, done := 0, restored
	if n := len(o.Past); n > 0 {
		pauses = o.Past[n-1].Pauses
	}
	if o.restoredByPredecessor() {
		done.At = event.Time{}
	}
	// Nor is what was restored before a return held against the work that goes on after it.
	anew := done
	if o.restoredBeforeReturn() {
		anew.At = event.Time{}
	}
	if n := len(o.Holds); n > pauses {
		ended.At = o.Holds[n-1].Until
	}
	if n := len(o.Returns); n > 0 {
		returned.At = o.Returns[n-1].CompletedAt
	}
	return [][]event.Instant{
		{requested, {Name: "acknowledged_at", At: o.AcknowledgedAt}, {Name: "arrived_at", At: o.ArrivedAt}, started, done, completed},
		{reported, restored, completed},
		{started, ended, held, {Name: resumedAt}, completed},
		{returned, {Name: restartedAt}, anew, completed},
		{completed, {Name: conformedAt}}, {completed, {Name: verifiedAt}}, {completed, {Name: returnedAt}},
		{requested, {Name: "approved_at"}}, {requested, {Name: "declined_at"}}, {requested, {Name: "assigned_at"}}, {requested, held, {Name: "reassigned_at"}},
		{requested, {Name: "estimated_at"}}, {requested, {Name: "committed_at"}},
		{requested, held, {Name: "cancelled_at"}},
	}
}

// instant is when an action happened, by what was said of it. What comes without an instant happens now, and not before what is already
// recorded of the same work by a clock that is a little ahead of this one.
func (o *Order) instant(action string, said, now event.Time) (event.Time, error) {
	at, err := event.Happened("occurred_at", said, now)
	if err != nil {
		return at, err
	}
	name, sequences := instantOf[action], o.sequences()
	if action == start && o.State == Returned {
		name = restartedAt
	}
	if said.IsZero() {
		at = notBefore(at, name, sequences)
	}
	return at, event.Fits("occurred_at", name, at, sequences...)
}

func notBefore(at event.Time, name string, sequences [][]event.Instant) event.Time {
	for _, sequence := range sequences {
		here := slices.IndexFunc(sequence, func(i event.Instant) bool { return i.Name == name })
		for _, ahead := range sequence[:max(here, 0)] {
			if ahead.At.After(at.Time) {
				at = ahead.At
			}
		}
	}
	return at
}

// Whether an order has late entries, and whether the unit has confirmed them all.
const (
	lateUnconfirmed = "unconfirmed"
	lateConfirmed   = "confirmed"
)

// maxLate bounds the late entries of one order, and with them its size.
const maxLate = 100

// enter keeps a late entry.
func (o *Order) enter(e *event.LateEntry) {
	if e != nil {
		o.LateEntries = append(slices.Clone(o.LateEntries), *e)
	}
}

// unconfirmed says whether a late entry waits for the unit.
func (o *Order) unconfirmed() bool {
	return slices.ContainsFunc(o.LateEntries, func(e event.LateEntry) bool { return e.ConfirmedAt.IsZero() })
}

// ConfirmLateInput is the unit's word that what was entered late did happen then.
type ConfirmLateInput struct {
	Note string `json:"note,omitempty" maxLength:"2000" doc:"Free text for those who may read the order; it never leaves the service"`
}

// ConfirmLate is the unit's word on the late entries that still wait for it. An order that lacked nothing else is accepted with it.
func (o *Order) ConfirmLate(d Doer, in ConfirmLateInput) ([]event.Event, error) {
	if !o.opens(confirmLate) {
		return nil, o.instead(d, fault.Conflictf("transition-not-allowed", o.State, "order %s has no late entry that waits for the unit", o.Folio))
	}
	w := d.when(confirmLate, d.Now, in.Note)
	return o.acceptedWith(w, raise(o, LateConfirmedEvent, LateConfirmedChange{w})), nil
}
