package order

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

var onPlant = Target{Kind: onAsset, AssetID: "0198a000-0000-7000-8000-00000000000a"}

// at is a doer some minutes after the request.
func at(minutes int, by string) Doer {
	return Doer{By: by, Now: event.At(began.Add(time.Duration(minutes) * time.Minute))}
}

func wants(t *testing.T, err error, rule string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Rule != rule {
		t.Fatalf("got %v, want rule %s", err, rule)
	}
}

// drive takes an order through its actions; the events of the last are the result.
func drive(t *testing.T, o *Order, actions ...string) (last []event.Event) {
	t.Helper()
	for _, a := range actions {
		var err error
		d := Doer{By: "s-" + a, Now: event.At(o.OccurredAt.Add(time.Minute))}
		switch a {
		case approve:
			last, err = o.Approve(d, Step{})
		case assign:
			var w When
			w, err = o.begin(d, assign, Step{})
			m := mx.MXN(5_000_00)
			last = []event.Event{raise(o, AssignedEvent, AssignedChange{When: w, Assignment: Assignment{ContractID: "k", FiscalYear: 2025, Lot: 1, ContractorID: "c", Committed: &m}})}
		case start:
			last, err = o.Start(d, Step{})
		case complete:
			last, err = o.Complete(d, CompleteInput{Cost: o.Committed})
		case accept:
			last, err = o.Accept(d, Step{})
		case verify:
			last, err = o.Verify(d, VerifyInput{Result: passed})
		case sendBack:
			last, err = o.SendBack(d, ReturnInput{Explained: Explained{Note: "sigue fallando"}, ReportedFunctioning: notWorking})
		}
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	return last
}

func types(events []event.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(e.Type, "mx.bitacora.work_order."), ".v1"))
	}
	return strings.Join(out, " ")
}

func TestNobodyApprovesTheirOwnEstimate(t *testing.T) {
	o, _ := requested("works", Target{Kind: "unit"}, "s-engineer")
	o.EstimatedBy = "s-engineer"
	_, err := o.Approve(at(1, "s-engineer"), Step{})
	if wants(t, err, "own-estimate"); !fault.Is(err, fault.Conflict) || o.State != Requested {
		t.Errorf("%v, state %s", err, o.State)
	}
	if _, err := o.Approve(at(1, "s-administrator"), Step{}); err != nil {
		t.Error(err)
	}
}

func TestAcceptanceIsTwoFactsWhereTheTypeDemandsIt(t *testing.T) {
	for _, orderType := range mx.Values("order_type") {
		demanded := slices.Contains([]string{"works", "installation", "calibration", "electrical_safety_test"}, orderType)
		for _, firstVerify := range []bool{false, true} {
			o, _ := requested(orderType, Target{Kind: "unit"}, "s-director")
			drive(t, o, approve, assign, start, complete)
			sequence, got := []string{accept, verify}, []string{}
			if firstVerify {
				sequence = []string{verify, accept}
			} else if !demanded {
				sequence = sequence[:1]
			}
			for _, a := range sequence {
				got = append(got, types(drive(t, o, a)))
			}
			want := map[bool][]string{false: {"conformed", "verified accepted"}, true: {"verified", "conformed accepted"}}[firstVerify]
			if !demanded && !firstVerify {
				want = []string{"conformed accepted"}
			}
			if !slices.Equal(got, want) || o.State != Accepted || o.AcceptedAt.IsZero() {
				t.Errorf("%s, verification first %v: %v in %s, want %v", orderType, firstVerify, got, o.State, want)
			}
		}
	}
}

func TestCompletedCorrectiveWorkRestoresUnlessItSaysOtherwise(t *testing.T) {
	for outcome, want := range map[string]struct {
		functioning string
		restored    bool
	}{"": {working, true}, "full": {working, true}, "limited": {limited, true}, "temporary": {limited, true}, "none": {"", false}} {
		o, _ := requested(corrective, onPlant, "s-director")
		drive(t, o, approve, assign, start)
		if _, err := o.Complete(at(60, "s-contractor"), CompleteInput{Outcome: outcome, Cost: o.Committed}); err != nil {
			t.Fatal(err)
		}
		if o.RestoredFunctioning != want.functioning || o.RestoredAt.IsZero() == want.restored {
			t.Errorf("%q: %+v", outcome, o.Restored)
		}
	}
	o, _ := requested(corrective, onPlant, "s-director")
	drive(t, o, approve, assign, start)
	if _, err := o.Restore(at(30, "s-contractor"), RestoreInput{Outcome: "temporary"}); err != nil {
		t.Fatal(err)
	}
	restored := o.RestoredAt
	_, err := o.Restore(at(31, "s-contractor"), RestoreInput{})
	wants(t, err, "transition-not-allowed")
	drive(t, o, complete)
	if !o.RestoredAt.Equal(restored) || o.Restoration != "temporary" {
		t.Errorf("completion changed the restoration: %+v", o.Restored)
	}
	drive(t, o, sendBack)
	if o.Restored != (Restored{}) || o.ReportedFunctioning != notWorking || !o.ReportedAt.Equal(o.OccurredAt) || !o.CompletedAt.IsZero() {
		t.Errorf("returned as not working: %+v", o)
	}
	if drive(t, o, start, complete, accept); o.State != Accepted || len(o.Returns) != 1 {
		t.Errorf("after the second round: %s, %v", o.State, o.Returns)
	}
}

func TestAFailedVerificationReturnsTheWork(t *testing.T) {
	o, _ := requested("works", Target{Kind: onArea, AreaID: "r", Element: "floors"}, "s-director")
	drive(t, o, approve, assign, start, complete, accept)
	events, err := o.Verify(at(90, "s-engineer"), VerifyInput{Step{Note: "no cumple"}, failed})
	if err != nil || types(events) != "verified returned" || o.State != Returned || o.Conformity != nil || o.Returns[0].Cause != byVerification {
		t.Errorf("%v: %s, %+v", err, types(events), o)
	}
	if len(o.Notes) != 1 {
		t.Errorf("notes: %v", o.Notes)
	}
}

func TestSilenceBillsNothing(t *testing.T) {
	o, _ := requested("preventive", onPlant, "s-director")
	drive(t, o, approve, assign, start)
	_, err := o.Complete(at(60, "c"), CompleteInput{})
	if wants(t, err, "cost-missing"); o.State != InProgress || o.Cost != nil {
		t.Errorf("%s, cost %v", o.State, o.Cost)
	}
}

func TestTheCostIsAtMostWhatWasCommitted(t *testing.T) {
	o, _ := requested("preventive", onPlant, "s-director")
	drive(t, o, approve, assign, start)
	over, less, negative := mx.MXN(5_000_01), mx.MXN(4_200_50), mx.MXN(-1)
	_, err := o.Complete(at(60, "c"), CompleteInput{Cost: &over})
	wants(t, err, "cost-above-commitment")
	_, err = o.Complete(at(60, "c"), CompleteInput{Cost: &negative})
	wants(t, err, "amount-invalid")
	if _, err := o.Complete(at(60, "c"), CompleteInput{Cost: &less}); err != nil || *o.Cost != less {
		t.Errorf("%v, %v", err, o.Cost)
	}
}

func TestWhatHappenedLiesBetweenThePreviousAndNow(t *testing.T) {
	for _, c := range []struct {
		said time.Duration // after the request
		rule string
	}{{-time.Second, "occurred-too-early"}, {0, ""}, {10 * time.Minute, ""}, {15 * time.Minute, ""}, {15*time.Minute + time.Second, "occurred-in-future"}} {
		o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
		_, err := o.Approve(at(10, "s-engineer"), Step{OccurredAt: event.At(began.Add(c.said))})
		if c.rule != "" {
			wants(t, err, c.rule)
		} else if err != nil || !o.ApprovedAt.Equal(event.At(began.Add(c.said))) || !o.RecordedAt.Equal(at(10, "").Now) {
			t.Errorf("%s: %v, approved %s, recorded %s", c.said, err, o.ApprovedAt, o.RecordedAt)
		}
	}
}

func TestFreeTextIsInNoEvent(t *testing.T) {
	o, first := requested(corrective, onPlant, "s-director")
	events, err := o.Decline(at(1, "s-engineer"), Explained{Note: "llámese a Juana Pérez"})
	if err != nil || len(o.Notes) != 1 || o.Notes[0].Action != decline {
		t.Fatalf("%v, %v", err, o.Notes)
	}
	for _, e := range append(events, first) {
		if b, err := json.Marshal(e.Change); err != nil || strings.Contains(string(b), "Juana") || strings.Contains(string(b), "arranca") {
			t.Errorf("%s: %s %v", e.Type, b, err)
		}
	}
	_, err = o.Cancel(at(2, "s-engineer"), Explained{Note: "x"})
	wants(t, err, "transition-not-allowed")
	if f := fault.As(err); f.State != Declined || len(f.Expected) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestReasonsInWordsAreNeeded(t *testing.T) {
	o, _ := requested(corrective, onPlant, "s-director")
	_, err := o.Decline(at(1, "s"), Explained{Note: "  "})
	wants(t, err, "reason-missing")
	drive(t, o, approve, assign, start)
	_, err = o.Pause(at(60, "s"), HoldInput{Reason: "tired"})
	wants(t, err, "value-unknown")
}
