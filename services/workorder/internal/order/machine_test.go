package order

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
)

var began = event.At(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC))

// requested is an order as its request makes it, with the event.
func requested(orderType string, target Target, by string) (*Order, event.Event) {
	o := &Order{ID: "0198a000-0000-7000-8000-000000000001", Complaint: "no arranca"}
	c := RequestedChange{When: When{OccurredAt: began, RecordedAt: began, By: by}, Funding: mx.UnknownFunding(),
		Facts: Facts{ZonedPlace: mx.ZonedPlace{Place: mx.Place{UnitID: "BSIST000014", Office: "baja-california-sur", Region: "1", StateCode: "03"}, TimeZone: "America/Mazatlan"},
			Folio: "OT-BAJA-CALIFORNIA-SUR-2025-000001", Type: orderType, Priority: "high", Target: target, RequestedBy: by, Quantity: 38.5, MeasureUnit: "m2"}}
	if orderType == corrective && target.Kind == onAsset {
		c.ReportedFunctioning = notWorking
	}
	return o, raise(o, RequestedEvent, c)
}

// changes are the types of all changes by the type of their event.
func changes() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, d := range Events.Definitions() {
		out[d.Type()] = d.Change
	}
	return out
}

// fold is the order that a list of events adds up to, each read back from its JSON as a consumer would.
func fold(t rapid.TB, id string, events []event.Event) *Order {
	o := &Order{ID: id}
	for _, e := range events {
		b, err := json.Marshal(e.Change)
		if err != nil {
			t.Fatal(err)
		}
		c := reflect.New(changes()[e.Type])
		if err := json.Unmarshal(b, c.Interface()); err != nil {
			t.Fatal(err)
		}
		c.Elem().Interface().(change).apply(o)
		o.derive()
	}
	return o
}

// public is an order as others see it.
func public(t rapid.TB, o *Order) map[string]any {
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "complaint")
	delete(m, "notes")
	return m
}

// anyContractor knows every contractor, who takes orders.
var anyContractor = Commands{Contractors: contractors{}}

type contractors struct {
	event.Collection[contractor.Contractor]
}

func (contractors) Get(context.Context, string) (*contractor.Contractor, error) {
	return &contractor.Contractor{}, nil
}

// act tries an action with some input.
func act(rt *rapid.T, o *Order, d Doer, action string, s Step) ([]event.Event, error) {
	why := Explained{OccurredAt: s.OccurredAt, Note: "porque sí"}
	switch action {
	case approve:
		return o.Approve(d, s)
	case decline:
		return o.Decline(d, EndInput{Explained: why, Finding: finding(rt, o)})
	case assign:
		w, err := o.begin(d, assign, s)
		if err != nil {
			return nil, err
		}
		to := AssignedChange{When: w, Assignment: o.Assignment, Funding: o.Funding}
		to.ContractorID = "c"
		return []event.Event{raise(o, AssignedEvent, to)}, nil
	case estimate:
		return o.Reckon(d, EstimateInput{s, mx.MXN(100_000)})
	case commit:
		w, err := o.begin(d, commit, s)
		if err != nil {
			return nil, err
		}
		done := CommittedChange{When: w, ContractID: "k", FiscalYear: 2025, Lot: 1, Committed: mx.MXN(100_000), contractorID: "c"}
		if o.State != Approved {
			return []event.Event{raise(o, CommittedEvent, done)}, nil
		}
		return anyContractor.paidAssignment(rt.Context(), o, done, AssignedChange{When: w})
	case reassign:
		return o.Reassign(d, ReassignInput{Explained: why, ContractorID: rapid.SampledFrom([]string{"c", "c2", "c3"}).Draw(rt, "contractor")})
	case acknowledge:
		return o.Acknowledge(d, s)
	case arrive:
		return o.Arrive(d, s)
	case start:
		return o.Start(d, s)
	case hold:
		return o.Pause(d, HoldInput{s, rapid.SampledFrom(mx.Values("hold_reason")).Draw(rt, "reason")})
	case resume:
		return o.Resume(d, s)
	case restore:
		return o.Restore(d, RestoreInput{s, rapid.SampledFrom([]string{"", "full", "limited", "temporary"}).Draw(rt, "outcome")})
	case complete:
		outcome := ""
		if o.Type == corrective {
			outcome = rapid.SampledFrom([]string{"", "full", "limited", "temporary", "none"}).Draw(rt, "outcome")
		}
		done := float64(rapid.IntRange(0, 10_000).Draw(rt, "done")) / 100
		return o.Complete(d, CompleteInput{QuantityDone: done, Step: s, Outcome: outcome, Cost: o.Committed})
	case accept:
		return o.Accept(d, s)
	case verify:
		return o.Verify(d, VerifyInput{s, rapid.SampledFrom([]string{passed, failed}).Draw(rt, "result")})
	case sendBack:
		in := ReturnInput{Explained: why}
		if o.Type == corrective && o.Target.Kind == onAsset {
			in.ReportedFunctioning = rapid.SampledFrom([]string{"", notWorking}).Draw(rt, "functioning")
		}
		return o.SendBack(d, in)
	case setPriority:
		return o.Reprioritise(d, PriorityInput{why, rapid.SampledFrom(mx.Values("priority")).Draw(rt, "priority")})
	case proposeQuantity:
		return o.Propose(d, ProposalInput{s, float64(rapid.IntRange(1, 10_000).Draw(rt, "hundredths")) / 100})
	case approveQuantity:
		if o.Proposal == nil {
			return o.Revise(d, ProposalInput{s, 1})
		}
		return o.Revise(Doer{By: "s-office", Now: d.Now}, ProposalInput{s, o.Proposal.Quantity})
	case confirmLate:
		return o.ConfirmLate(d, ConfirmLateInput{})
	}
	return o.Cancel(d, EndInput{Explained: why, Finding: finding(rt, o)})
}

// finding is one that the order may be ended with.
func finding(rt *rapid.T, o *Order) string {
	if o.Type != corrective || o.Target.Kind != onAsset {
		return ""
	}
	return rapid.SampledFrom([]string{"", working, limited, notWorking}).Draw(rt, "finding")
}

// legal lists the states that may follow each, as the institution draws them; a state may stay what it is.
var legal = map[string][]string{
	Requested: {Approved, Declined, Cancelled}, Approved: {Assigned, Cancelled}, Assigned: {InProgress, Cancelled},
	InProgress: {OnHold, Completed, Cancelled, Assigned}, OnHold: {InProgress, Cancelled, Assigned}, Completed: {Accepted, Returned},
	Returned: {InProgress, Cancelled, Assigned},
}

// Whatever is tried on an order in whatever sequence: only legal states follow each other, a terminal one stays, what is refused changes
// nothing and says what is open, the instants of the work never contradict each other whatever order they were said in, what is entered late
// is marked until the unit confirms it, and the order is the sum of its events.
func TestOrderIsAStateMachine(t *testing.T) {
	var actions []string
	for _, m := range moves {
		actions = append(actions, m.action)
	}
	rapid.Check(t, func(rt *rapid.T) {
		target := rapid.SampledFrom([]Target{{Kind: onAsset, AssetID: "a"}, {Kind: onArea, AreaID: "r", Element: "floors"}, {Kind: "unit"}}).Draw(rt, "target")
		o, first := requested(rapid.SampledFrom(mx.Values("order_type")).Draw(rt, "type"), target, "s-director")
		events := []event.Event{first}
		now := event.At(began.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "days")) * 24 * time.Hour))
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			now = event.At(now.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "seconds")) * time.Second))
			s := Step{Note: rapid.SampledFrom([]string{"", "nota"}).Draw(rt, "note")}
			if rapid.Bool().Draw(rt, "dated") {
				span := rapid.SampledFrom([]int{900, 9 * 24 * 3600}).Draw(rt, "span")
				s.OccurredAt = event.At(now.Add(time.Duration(rapid.IntRange(-span, 400).Draw(rt, "offset")) * time.Second))
			}
			action := rapid.SampledFrom(actions).Draw(rt, "action")
			before, seen := *o, public(rt, o)
			raised, err := act(rt, o, Doer{By: "s-engineer", Now: now, Unit: rapid.Bool().Draw(rt, "unit")}, action, s)
			checkStep(rt, &before, seen, o, action, raised, err)
			events = append(events, raised...)
		}
		if diff := cmp.Diff(public(rt, o), public(rt, fold(rt, o.ID, events))); diff != "" {
			rt.Fatalf("the order is not the sum of its events (-order +sum):\n%s", diff)
		}
	})
}

func checkStep(rt *rapid.T, before *Order, seen map[string]any, o *Order, action string, raised []event.Event, err error) {
	if err != nil {
		f := fault.As(err)
		if f == nil || len(raised) > 0 || !cmp.Equal(seen, public(rt, o)) || len(o.Notes) != len(before.Notes) {
			rt.Fatalf("%s refused with %v changed something", action, err)
		}
		if f.Rule == "transition-not-allowed" && (f.State != before.State || slices.Contains(before.Open(), action) || slices.ContainsFunc(f.Expected, func(a string) bool { return !slices.Contains(before.Open(), a) })) {
			rt.Fatalf("%s refused in %s: says %s, %v", action, before.State, f.State, f.Expected)
		}
		return
	}
	switch {
	case before.Terminal() && action != confirmLate:
		rt.Fatalf("%s moved a %s order", action, before.State)
	case o.State != before.State && !slices.Contains(legal[before.State], o.State):
		rt.Fatalf("%s led from %s to %s", action, before.State, o.State)
	case len(raised) == 0 || o.OccurredAt.After(o.RecordedAt.Time):
		rt.Fatalf("%s happened at %s, after it was recorded at %s", action, o.OccurredAt, o.RecordedAt)
	case len(o.LateEntries) != len(before.LateEntries) != event.Late(o.OccurredAt, o.RecordedAt):
		rt.Fatalf("%s of %s recorded at %s: late entries %v", action, o.OccurredAt, o.RecordedAt, o.LateEntries)
	case (o.State == Completed || o.State == Accepted) && mx.Hundredths(o.QuantityDone) > mx.Hundredths(o.Quantity): // an order of returned work may shrink
		rt.Fatalf("%v done of %v ordered", o.QuantityDone, o.Quantity)
	case contradiction(o) != "":
		rt.Fatalf("%s left %s", action, contradiction(o))
	case o.State == Accepted && (o.LateEntry == lateUnconfirmed && before.State != Accepted || o.Conformity == nil || slices.Contains(Demands(o.Type), technicalVerification) && o.Verification == nil):
		rt.Fatalf("accepted without %v", Demands(o.Type))
	case o.State == Completed && o.Type == corrective && (o.Restoration == "" || (o.Restoration == notRestored) != o.RestoredAt.IsZero()):
		rt.Fatalf("corrective work completed, and nothing said of the service")
	case (o.Hold != nil) != (o.State == OnHold), o.Terminal() && len(o.Open()) > 0 && !slices.Equal(o.Open(), []string{confirmLate}), (o.State == Completed) != (len(o.Awaiting) > 0):
		rt.Fatalf("%s left hold %v, open %v, awaiting %v in %s", action, o.Hold, o.Open(), o.Awaiting, o.State)
	}
}

// contradiction names two instants of the work that cannot both be so; "" where there are none.
func contradiction(o *Order) string {
	restored, paused := o.RestoredAt, 0
	rounds := [][]event.Time{}
	for _, p := range o.Past {
		rounds = append(rounds, []event.Time{o.RequestedAt, p.AcknowledgedAt, p.ArrivedAt, p.StartedAt}, []event.Time{o.RequestedAt, p.Until})
		if paused = p.Pauses; p.RestoredAt.Equal(restored) {
			restored = event.Time{}
		}
	}
	rounds = append(rounds, [][]event.Time{{o.RequestedAt, o.AcknowledgedAt, o.ArrivedAt, o.StartedAt, restored, o.CompletedAt}, {o.ReportedAt, o.RestoredAt}, {o.RequestedAt, o.ApprovedAt},
		{o.RequestedAt, o.AssignedAt}, {o.RequestedAt, o.CancelledAt}}...)
	pauses := []event.Time{o.StartedAt}
	for _, h := range o.Holds[paused:] {
		pauses = append(pauses, h.Since, h.Until)
	}
	if o.Hold != nil {
		pauses = append(pauses, o.Hold.Since)
	}
	for _, r := range o.Returns {
		rounds = append(rounds, []event.Time{r.CompletedAt, r.At}, []event.Time{r.CompletedAt, o.CompletedAt})
	}
	if o.Conformity != nil {
		rounds = append(rounds, []event.Time{o.CompletedAt, o.Conformity.At})
	}
	if o.Verification != nil {
		rounds = append(rounds, []event.Time{o.CompletedAt, o.Verification.At})
	}
	for _, instants := range append(rounds, pauses) {
		last := event.Time{}
		for _, at := range instants {
			if at.IsZero() {
				continue
			}
			if at.Before(last.Time) {
				return at.String() + " behind " + last.String()
			}
			last = at
		}
	}
	return ""
}
