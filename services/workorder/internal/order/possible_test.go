package order

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// perform carries out an action with what it needs.
func perform(o *Order, d Doer, action string) ([]event.Event, error) {
	why := Explained{Note: "sigue fallando"}
	switch action {
	case approve:
		return o.Approve(d, Step{})
	case decline:
		return o.Decline(d, EndInput{Explained: why})
	case setPriority:
		return o.Reprioritise(d, PriorityInput{why, "low"})
	case estimate:
		return o.Reckon(d, EstimateInput{Estimate: mx.MXN(100_00)})
	case assign:
		w, err := o.begin(d, assign, Step{})
		if err != nil {
			return nil, err
		}
		m := mx.MXN(5_000_00)
		return []event.Event{raise(o, AssignedEvent, AssignedChange{When: w, Assignment: Assignment{ContractID: "k", FiscalYear: 2025, Lot: 1, ContractorID: "c", Committed: &m}})}, nil
	case reassign:
		return o.Reassign(d, ReassignInput{Explained: why, ContractorID: "another"})
	case commit:
		_, err := o.begin(d, commit, Step{})
		if err == nil {
			err = o.estimatedFor(d.By, nil)
		}
		return nil, err
	case acknowledge:
		return o.Acknowledge(d, Step{OccurredAt: o.AssignedAt}) // it may be said late, not happen late
	case arrive:
		return o.Arrive(d, Step{OccurredAt: o.AssignedAt})
	case start:
		return o.Start(d, Step{})
	case hold:
		return o.Pause(d, HoldInput{Reason: "weather"})
	case resume:
		return o.Resume(d, Step{})
	case restore:
		return o.Restore(d, RestoreInput{})
	case proposeQuantity:
		return o.Propose(d, ProposalInput{Quantity: 1})
	case approveQuantity:
		return o.Revise(d, ProposalInput{Quantity: 40})
	case complete:
		return o.Complete(d, CompleteInput{Cost: o.Committed})
	case accept:
		return o.Accept(d, Step{})
	case verify:
		return o.Verify(d, VerifyInput{Result: passed})
	case sendBack:
		return o.SendBack(d, ReturnInput{Explained: why, ReportedFunctioning: notWorking})
	case confirmLate:
		return o.ConfirmLate(d, ConfirmLateInput{})
	}
	return o.Cancel(d, EndInput{Explained: why})
}

// tried is why an action on the order is refused, nil where it is not; the order stays as it is.
func tried(o Order, d Doer, action string) error {
	_, err := perform(&o, d, action)
	return err
}

// What a refusal offers instead is what the order admits of the same person, no less and no more: nobody is sent from one refusal to the next.
func TestARefusalOffersJustTheActionsThatArePossibleInstead(t *testing.T) {
	gone := func(d Doer) Doer {
		d.Retired = func() (bool, error) { return true, nil }
		return d
	}
	m := mx.MXN(100_00)
	for _, c := range []struct {
		name    string
		reached []string
		with    func(*Order)
		who     Doer
		action  string
		want    string
	}{
		{"requested, by its estimator", nil, func(o *Order) { o.Estimate, o.EstimatedBy = &m, "s-a" }, at(60, "s-a"), approve,
			"own-estimate: decline set-priority estimate cancel"},
		{"requested, of what is retired", nil, nil, gone(at(60, "s-a")), approve, "asset-retired: decline cancel"},
		{"requested, of what is retired, too early", nil, nil, gone(at(60, "s-a")), start, "transition-not-allowed: decline cancel"},
		{"approved, without an estimate", []string{approve}, nil, at(60, "s-a"), start,
			"transition-not-allowed: set-priority estimate assign propose-quantity cancel"},
		{"approved, of what is retired", []string{approve}, nil, gone(at(60, "s-a")), start, "transition-not-allowed: cancel"},
		{"assigned, of what is retired", []string{approve, assign}, nil, gone(at(60, "s-a")), reassign, "asset-retired: acknowledge arrive cancel"},
		{"assigned to a technician", []string{approve, assign}, func(o *Order) {
			o.Assignment, o.Estimate, o.EstimatedBy = Assignment{TechnicianID: "t"}, &m, "s-b"
		}, at(60, "s-a"), accept, "transition-not-allowed: estimate reassign acknowledge arrive start propose-quantity cancel"},
		{"assigned without money, estimated by another", []string{approve, assign}, func(o *Order) {
			o.Assignment, o.Estimate, o.EstimatedBy = Assignment{ContractorID: "c"}, &m, "s-b"
		}, at(60, "s-a"), accept, "transition-not-allowed: estimate reassign commit acknowledge arrive start propose-quantity cancel"},
		{"under way, of what is retired", []string{approve, assign, start}, nil, gone(at(60, "s-a")), accept,
			"transition-not-allowed: acknowledge arrive hold restore complete cancel"},
		{"under way, paused too often", []string{approve, assign, start}, func(o *Order) { o.Holds = make([]Hold, maxRounds) }, at(60, "s-a"), hold,
			"too-many-holds: reassign acknowledge arrive restore propose-quantity complete cancel"},
		{"under way, given away too often", []string{approve, assign, start}, func(o *Order) { o.Past = make([]Past, maxPast) }, at(60, "s-a"), reassign,
			"too-many-reassignments: acknowledge arrive hold restore propose-quantity complete cancel"},
		{"under way, with a quantity proposed by the same person", []string{approve, assign, start}, func(o *Order) { o.Proposal = &Proposal{40, "s-a", o.StartedAt} }, at(60, "s-a"), approveQuantity,
			"same-person: reassign acknowledge arrive hold restore propose-quantity complete cancel"},
		{"completed, by who committed", []string{approve, assign, start, complete}, func(o *Order) { o.CommittedBy = "s-a" }, at(60, "s-a"), accept,
			"same-person: acknowledge arrive verify return"},
		{"completed, returned too often", []string{approve, assign, start, complete}, func(o *Order) { o.Returns = make([]Return, maxRounds) }, at(60, "s-a"), sendBack,
			"too-many-returns: acknowledge arrive accept verify"},
		{"returned, of what is retired", []string{approve, assign, start, complete, sendBack}, nil, gone(at(60, "s-a")), start,
			"asset-retired: acknowledge arrive cancel"},
		{"accepted", []string{approve, assign, start, complete, accept}, nil, at(60, "s-a"), cancel, "transition-not-allowed:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, _ := requested(corrective, onPlant, "s-director")
			drive(t, o, c.reached...)
			if c.with != nil {
				c.with(o)
			}
			f := fault.As(tried(*o, c.who, c.action))
			if f == nil {
				t.Fatalf("%s was taken", c.action)
			}
			if got := strings.TrimSpace(f.Rule + ": " + strings.Join(f.Expected, " ")); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, m := range moves {
				if err := tried(*o, c.who, m.action); (err == nil) != slices.Contains(f.Expected, m.action) {
					t.Errorf("%s is offered: %v; it is answered %v", m.action, slices.Contains(f.Expected, m.action), err)
				}
			}
		})
	}
}

func TestARefusalIsNotAnsweredWhileItIsNotKnownWhetherTheAssetIsRetired(t *testing.T) {
	o, _ := requested(corrective, onPlant, "s-director")
	d := at(60, "s-a")
	d.Retired = func() (bool, error) { return false, event.ErrNotFound }
	if err := tried(*o, d, start); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
