package order

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Doer is who makes a transition, and the present instant. Unit says that it is the director of the order's unit, whose word is the unit's.
// Retired says whether the order's asset is retired or voided, as far as this service has heard; nil is no.
type Doer struct {
	By      string
	Now     event.Time
	Unit    bool
	Retired func() (bool, error)
}

// Step is what every action takes.
type Step struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened; now when absent. At most 5 minutes ahead, which counts as now; more than 7 days back is a late entry"`
	Note       string     `json:"note,omitempty" maxLength:"2000" doc:"Free text for those who may read the order; it never leaves the service"`
}

// Explained is an action that needs a reason in words.
type Explained struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened; now when absent"`
	Note       string     `json:"note" minLength:"1" maxLength:"2000" doc:"Why, in words; it never leaves the service"`
}

// begin checks that the order admits the action of the doer now and that its instant fits. wrong is what is wrong with the rest of the
// request, looked at last.
func (o *Order) begin(d Doer, action string, s Step, wrong ...error) (When, error) {
	if err := o.admits(d, action); err != nil {
		return When{}, o.instead(d, err)
	}
	at, err := o.instant(action, s.OccurredAt, d.Now)
	if err != nil {
		return When{}, err
	}
	w := d.when(action, at, s.Note)
	if w.LateEntry != nil && len(o.LateEntries) >= maxLate {
		return When{}, fault.Conflictf("too-many-late-entries", o.State, "an order has at most %d entries of what happened more than seven days before; what happened later is still taken", maxLate)
	}
	return w, cmp.Or(wrong...)
}

// leadsOn are the actions that lead to work or spend on it. Nobody needs them of an asset that is no longer there; what ends an order, or
// says what was done of it before, stays possible.
var leadsOn = []string{approve, setPriority, estimate, assign, reassign, commit, start, proposeQuantity, approveQuantity}

// needed refuses what leads on to work on an asset that was retired or voided since, or at the same moment as, the order was requested.
func (d Doer) needed(o *Order, action string) error {
	if d.Retired == nil || !slices.Contains(leadsOn, action) {
		return nil
	}
	retired, err := d.Retired()
	if err == nil && retired {
		err = fault.Conflictf("asset-retired", o.State, "the asset of order %s is retired: nothing is done to it any more", o.Folio)
	}
	return err
}

// Moves says which actions the order admits of the caller now, each by its name in the API: what is refused here, its command refuses of
// every request, and what is not, of none because of the order's state or of who the caller is. To commit, one appointment that holds at the
// order's place today will do; which contract is asked of it then.
func (c Commands) Moves(ctx context.Context, o *Order) func(action string) error {
	d := c.doer(ctx, o)
	return func(action string) error {
		if !o.opens(action) {
			return closed
		}
		if err := o.admits(d, action); err != nil {
			return err
		}
		switch action {
		case commit:
			return c.mayCommit(ctx, o, d)
		case reassign:
			standing, err := c.standingOn(ctx, o)
			return cmp.Or(err, c.mayFree(ctx, o, d, standing))
		}
		return nil
	}
}

// closed is what admits says in words of an action that is not open: nobody reads the words where only is asked what is possible.
var closed = &fault.Error{Kind: fault.Conflict, Rule: "transition-not-allowed"}

// admits refuses an action that the order's state, its asset, its bounds or who the doer is rule out, whatever the request says.
func (o *Order) admits(d Doer, action string) error {
	if !o.opens(action) {
		return fault.Conflictf("transition-not-allowed", o.State, "order %s is %s: %s is not possible now", o.Folio, o.State, action)
	}
	if err := d.needed(o, action); err != nil {
		return err
	}
	switch action {
	case approve:
		if o.EstimatedBy != "" && o.EstimatedBy == d.By {
			return fault.Conflictf("own-estimate", o.State, "who estimated the work cannot approve it; somebody else has to")
		}
	case estimate:
		if o.committed(d.By) {
			return fault.Conflictf("same-person", o.State, "who has committed money for the work cannot estimate what it costs; somebody else has to")
		}
	case hold:
		if len(o.Holds) >= maxRounds {
			return fault.Conflictf("too-many-holds", o.State, "an order is paused at most %d times", maxRounds)
		}
	case reassign:
		if len(o.Past) >= maxPast {
			return fault.Conflictf("too-many-reassignments", o.State, "an order is given to somebody else at most %d times", maxPast)
		}
	case approveQuantity:
		return o.revisable(d.By)
	case accept:
		// Who committed is not known of what an earlier release committed: that goes on.
		if o.CommittedBy != "" && (o.committed(d.By) || o.estimated(d.By)) {
			return fault.Conflictf("same-person", o.State, "who estimated the work or committed its cost cannot give the unit's conformity; somebody else has to")
		}
	case sendBack:
		if len(o.Returns) >= maxRounds {
			return fault.Conflictf("too-many-returns", o.State, "an order is returned at most %d times", maxRounds)
		}
	}
	return nil
}

// instead adds to a refusal the actions that the order admits of the doer now; which of them the doer's role may run is not looked at.
func (o *Order) instead(d Doer, refusal error) error {
	f := fault.As(refusal)
	if f == nil {
		return refusal
	}
	var possible []string
	for _, action := range o.Open() {
		err := o.admits(d, action)
		if err == nil && action == commit {
			err = o.payable(d.By) // commit itself asks for the appointment before
		}
		if err == nil {
			possible = append(possible, action)
		} else if fault.As(err) == nil {
			return err
		}
	}
	return f.With(possible...)
}

// when is the doer's action at an instant: a late entry where that lies too far back.
func (d Doer) when(action string, at event.Time, note string) When {
	w := When{OccurredAt: at, RecordedAt: d.Now, By: d.By}
	if note != "" {
		w.note = &Note{Action: action, At: at, By: d.By, Text: note}
	}
	if event.Late(at, d.Now) {
		w.LateEntry = &event.LateEntry{What: action, OccurredAt: at, RecordedAt: d.Now, By: d.By}
		if d.Unit {
			w.LateEntry.ConfirmedAt, w.LateEntry.ConfirmedBy = d.Now, d.By
		}
	}
	return w
}

// explained is begin for what needs a reason.
func (o *Order) explained(d Doer, action string, in Explained, wrong ...error) (When, error) {
	if strings.TrimSpace(in.Note) == "" {
		wrong = []error{fault.Invalidf("note", "reason-missing", "say why")}
	}
	return o.begin(d, action, Step(in), wrong...)
}

// Approve lets the work be assigned. Nobody approves what they estimated themselves.
func (o *Order) Approve(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, approve, in)
	return raised(o, ApprovedEvent, ApprovedChange{w}, err)
}

// Acknowledge says that who does the work has taken note of it.
func (o *Order) Acknowledge(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, acknowledge, in)
	return raised(o, AcknowledgedEvent, AcknowledgedChange{w}, err)
}

// Arrive says that who does the work is at the unit.
func (o *Order) Arrive(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, arrive, in)
	return raised(o, ArrivedEvent, ArrivedChange{w}, err)
}

// Start begins the work, or begins it again after a return.
func (o *Order) Start(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, start, in)
	return raised(o, StartedEvent, StartedChange{w}, err)
}

// HoldInput is the beginning of a pause.
type HoldInput struct {
	Step
	Reason string `json:"reason" vocabulary:"hold_reason"`
}

// maxRounds bounds the pauses and the returns of one order, and with them its size.
const maxRounds = 200

// Pause interrupts the work for a reason.
func (o *Order) Pause(d Doer, in HoldInput) ([]event.Event, error) {
	w, err := o.begin(d, hold, in.Step, valid("reason", "hold_reason", in.Reason))
	return raised(o, HeldEvent, HeldChange{w, in.Reason}, err)
}

// Resume goes on after a pause.
func (o *Order) Resume(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, resume, in)
	return raised(o, ResumedEvent, ResumedChange{w}, err)
}

// RestoreInput says how service came back.
type RestoreInput struct {
	Step
	Outcome string `json:"outcome,omitempty" enum:"full,limited,temporary" doc:"full when absent"`
}

// Restore says that what was broken serves again, in full or not, while work may go on.
func (o *Order) Restore(d Doer, in RestoreInput) ([]event.Event, error) {
	w, err := o.begin(d, restore, in.Step)
	outcome := cmp.Or(in.Outcome, restoredFully)
	after, known := functioningAfter[outcome]
	if err == nil && !known {
		err = fault.Invalidf("outcome", "value-unknown", "%q is not a way in which service comes back", outcome).With("full", "limited", "temporary")
	}
	return raised(o, RestoredEvent, RestoredChange{w, Restored{outcome, after, w.OccurredAt, w.By}}, err)
}

// CompleteInput is what who did the work says of it.
type CompleteInput struct {
	Step
	Outcome      string    `json:"outcome,omitempty" vocabulary:"restoration" doc:"Of corrective work: how service is now. What restore said when absent, else full. Another outcome than that of restore is a new restoration, at the instant of the completion"`
	QuantityDone float64   `json:"quantity_done,omitempty" exclusiveMinimum:"0" maximum:"1000000" doc:"In the order's unit of measure, at most what is ordered; that when absent"`
	Cost         *mx.Money `json:"cost,omitempty" doc:"What the work cost without VAT; needed where something is committed, and at most that"`
}

// Complete ends the work, as who did it says. corrective work that did not restore service before does so now, unless it says otherwise.
func (o *Order) Complete(d Doer, in CompleteInput) ([]event.Event, error) {
	w, err := o.begin(d, complete, in.Step)
	if err != nil {
		return nil, err
	}
	restored, errR := o.restoredAtLast(w, in.Outcome)
	quantity, errQ := o.quantityDone(d, in.QuantityDone)
	cost, errC := o.costOf(in.Cost)
	return raised(o, CompletedEvent, CompletedChange{w, restored, quantity, cost}, cmp.Or(errR, errQ, errC))
}

// restoredAtLast is what completion says of the service: what restore said, unless the outcome is another. That is a new word, of who
// completes, and has been so since then: with the instant of the first one, what was said of the asset in between would outweigh it.
// The first one stays in the history.
func (o *Order) restoredAtLast(w When, outcome string) (Restored, error) {
	switch {
	case o.Type != corrective && outcome != "":
		return Restored{}, fault.Invalidf("outcome", "not-corrective", "only corrective work restores service; this order is %s", o.Type)
	case o.Type != corrective, !o.RestoredAt.IsZero() && !o.restoredByPredecessor() && (outcome == "" || outcome == o.Restoration):
		return o.Restored, nil
	case outcome == "":
		outcome = restoredFully
	}
	if err := valid("outcome", "restoration", outcome); err != nil {
		return Restored{}, err
	}
	at := w.OccurredAt
	if outcome == notRestored {
		at = event.Time{}
	}
	return Restored{outcome, functioningAfter[outcome], at, w.By}, nil
}

// costOf is what the work is said to have cost: needed of an order for which something is committed, since silence bills nothing.
func (o *Order) costOf(said *mx.Money) (*mx.Money, error) {
	switch {
	case o.Committed == nil && said != nil:
		return nil, fault.Invalidf("cost", "nothing-committed", "no budget pays for this order")
	case o.Committed == nil:
		return nil, nil
	case said == nil:
		return nil, fault.Invalidf("cost", "cost-missing", "say what the work cost: %s are committed, and nothing is billed that nobody states", o.Committed).
			With("at most " + o.Committed.String())
	}
	if err := said.Validate(); err != nil {
		return nil, fault.Invalidf("cost", "amount-invalid", "%s", err.Error())
	}
	if said.Cmp(*o.Committed) > 0 {
		return nil, fault.Conflictf("cost-above-commitment", o.State, "%s is more than the %s committed for the order", said, o.Committed).On("cost").With("at most " + o.Committed.String())
	}
	return said, nil
}

// Accept is the unit's conformity. With it the order is accepted, unless its type demands a technical verification that is not there.
func (o *Order) Accept(d Doer, in Step) ([]event.Event, error) {
	w, err := o.begin(d, accept, in)
	if err != nil {
		return nil, err
	}
	return o.acceptedWith(w, raise(o, ConformedEvent, ConformedChange{w})), nil
}

// VerifyInput is the finding of a technical verification.
type VerifyInput struct {
	Step
	Result string `json:"result" enum:"passed,failed" doc:"failed returns the work"`
}

// Verify is the technical verification: one that failed returns the work, with one that passed the order is accepted once the unit's conformity is there.
func (o *Order) Verify(d Doer, in VerifyInput) ([]event.Event, error) {
	w, err := o.begin(d, verify, in.Step)
	if err != nil {
		return nil, err
	}
	if in.Result != passed && in.Result != failed {
		return nil, fault.Invalidf("result", "value-unknown", "%q is not a result", in.Result).With(passed, failed)
	}
	if in.Result == failed {
		if err := o.admits(d, sendBack); err != nil {
			return nil, o.instead(d, err)
		}
	}
	verified := raise(o, VerifiedEvent, VerifiedChange{w, in.Result})
	w = w.again()
	if in.Result == failed {
		return []event.Event{verified, raise(o, ReturnedEvent, ReturnedChange{When: w, Cause: byVerification})}, nil
	}
	return o.acceptedWith(w, verified), nil
}

// acceptedWith adds the order's acceptance to the fact that brought it about, if nothing is awaited any more.
func (o *Order) acceptedWith(w When, fact event.Event) []event.Event {
	if o.State != Completed || len(o.Awaiting) > 0 {
		return []event.Event{fact}
	}
	return []event.Event{fact, raise(o, AcceptedEvent, AcceptedChange{w.again()})}
}

// ReturnInput says why completed work is not accepted.
type ReturnInput struct {
	Explained
	ReportedFunctioning string `json:"reported_functioning,omitempty" enum:"working,limited,not_working" doc:"Of corrective work on an asset: what the asset is again, when it was not restored after all. Without it the work's restoration stands, and the asset stays what that says"`
}

// SendBack returns completed work. It goes on when it is started again; its commitment stays.
func (o *Order) SendBack(d Doer, in ReturnInput) ([]event.Event, error) {
	w, err := o.explained(d, sendBack, in.Explained, o.validReport("reported_functioning", in.ReportedFunctioning, false))
	return raised(o, ReturnedEvent, ReturnedChange{When: w, Cause: byUnit, ReportedFunctioning: in.ReportedFunctioning}, err)
}

// validReport checks what a field says of the asset: only corrective orders on an asset say it, and their requests must.
func (f Facts) validReport(field, functioning string, needed bool) error {
	about := f.Type == corrective && f.Target.Kind == onAsset
	switch {
	case functioning == "" && (!about || !needed):
		return nil
	case !about:
		return fault.Invalidf(field, "report-not-expected", "only corrective orders on an asset say whether it works")
	case functioning != working && functioning != limited && functioning != notWorking:
		return fault.Invalidf(field, "value-unknown", "say what the asset is; got %q", functioning).With(working, limited, notWorking)
	}
	return nil
}

func valid(field, enum, value string) error {
	if !mx.Valid(enum, value) {
		return fault.Invalidf(field, "value-unknown", "%q is not one of the values", value).With(mx.Values(enum)...)
	}
	return nil
}
