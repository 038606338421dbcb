package order

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/triage"
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
		last, err = perform(o, Doer{By: "s-" + a, Now: event.At(o.OccurredAt.Add(time.Minute))}, a)
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

// A technician is named by the opaque id of their tokens: names go into no event. An order that an earlier release gave to somebody by
// name is given to somebody else.
func TestATechnicianIsASubjectAndNoName(t *testing.T) {
	for id, taken := range map[string]bool{"s-2": true, "0198a000-0000-7000-8000-0000000000e1": true, "auth0|5f7c": true, "Juan Pérez López tel 612 555 1234": false,
		"JuanPérez": false, "   ": false, "\u200b": false, "s-2\n": false, "s-2\u00a0": false} {
		o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
		drive(t, o, approve, assign)
		o.Assignment = Assignment{TechnicianID: "Juan Pérez"}
		_, assigned := AssignInput{TechnicianID: id}.unpaid()
		_, reassigned := o.Reassign(at(5, "s-engineer"), ReassignInput{Explained: Explained{Note: "vacaciones"}, TechnicianID: id})
		for _, err := range []error{assigned, reassigned} {
			if !taken {
				wants(t, err, "subject-malformed")
			} else if err != nil {
				t.Errorf("%q: %v", id, err)
			}
		}
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

func TestAnApprovalMayBeRecordedLaterThanTheWorkItCovers(t *testing.T) {
	for _, c := range []struct {
		said, taken time.Duration // after the request
		rule        string
	}{{-time.Second, 0, "instant-order"}, {0, 0, ""}, {10 * time.Minute, 10 * time.Minute, ""}, {15 * time.Minute, 10 * time.Minute, ""},
		{15*time.Minute + time.Second, 0, "occurred-in-future"}} {
		o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
		_, err := o.Approve(at(10, "s-engineer"), Step{OccurredAt: event.At(began.Add(c.said))})
		if c.rule != "" {
			wants(t, err, c.rule)
		} else if err != nil || !o.ApprovedAt.Equal(event.At(began.Add(c.taken))) || !o.RecordedAt.Equal(at(10, "").Now) {
			t.Errorf("%s: %v, approved %s, recorded %s", c.said, err, o.ApprovedAt, o.RecordedAt)
		}
	}
}

// said is a step some minutes after the request.
func said(minutes int) Step { return Step{OccurredAt: at(minutes, "").Now} }

func TestTheWorkIsRecordedWithItsOwnInstantsHoweverLateItsPapersAre(t *testing.T) {
	o, _ := requested(corrective, onPlant, "s-director")
	drive(t, o, approve, assign) // at minutes 1 and 2, by which time the contractor had long been there
	_, err := o.Arrive(at(3, "c"), said(-1))
	wants(t, err, "instant-order")
	for _, step := range []struct {
		move func(Doer, Step) ([]event.Event, error)
		said int
	}{{o.Start, 20}, {o.Arrive, 0}, {o.Acknowledge, 0}} {
		if _, err := step.move(at(60, "c"), said(step.said)); err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
	}
	if o.State != InProgress || !o.ArrivedAt.Before(o.AssignedAt.Time) || !o.ArrivedAt.Before(o.StartedAt.Time) {
		t.Errorf("arrived %s, assigned %s, started %s", o.ArrivedAt, o.AssignedAt, o.StartedAt)
	}
	_, err = o.Restore(at(60, "c"), RestoreInput{Step: said(19)})
	wants(t, err, "instant-order")
	if f := fault.As(err); !strings.Contains(f.Detail, "restored_at") || !strings.Contains(f.Detail, "started_at") {
		t.Errorf("both instants are named: %s", f.Detail)
	}
	if _, err = o.Restore(at(60, "c"), RestoreInput{Step: said(45)}); err != nil {
		t.Fatal(err)
	}
	_, err = o.Complete(at(60, "c"), CompleteInput{Step: said(44)})
	wants(t, err, "instant-order")
}

func TestAnArrivalSaidAfterTheStartMustFit(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	drive(t, o, approve, assign, start)
	_, err := o.Arrive(at(30, "c"), Step{}) // now is after the start
	wants(t, err, "instant-order")
	if _, err := o.Arrive(at(30, "c"), said(2)); err != nil || o.State != InProgress {
		t.Errorf("%v in %s", err, o.State)
	}
}

func TestAFastClockHoldsUpNobodyWhoComesAfter(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	drive(t, o, approve, assign)
	if _, err := o.Start(at(10, "fast"), said(14)); err != nil || !o.StartedAt.Equal(at(10, "").Now) {
		t.Fatalf("%v, started %s", err, o.StartedAt)
	}
	if _, err := o.Complete(at(11, "right"), CompleteInput{Step: said(11), Cost: o.Committed}); err != nil {
		t.Error(err)
	}
}

func TestALateEntryIsMarkedUntilTheUnitConfirmsIt(t *testing.T) {
	const day = 24 * 60
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	drive(t, o, approve, assign)
	if _, err := o.Start(at(8*day, "c"), said(day+1)); err != nil || o.LateEntry != "" {
		t.Fatalf("six days and some hours are not late: %v, %q", err, o.LateEntry)
	}
	if _, err := o.Complete(at(9*day, "c"), CompleteInput{Step: said(day + 2), Cost: o.Committed}); err != nil || o.LateEntry != lateUnconfirmed || o.LateEntries[0].What != complete {
		t.Fatalf("%v, %q, %v", err, o.LateEntry, o.LateEntries)
	}
	unit := at(9*day, "s-director")
	unit.Unit = true
	if _, err := o.Accept(unit, Step{}); err != nil || o.State != Completed || !slices.Equal(o.Awaiting, []string{lateConfirmation}) {
		t.Fatalf("%v: %s, awaiting %v", err, o.State, o.Awaiting)
	}
	events, err := o.ConfirmLate(unit, ConfirmLateInput{})
	if err != nil || types(events) != "late_entries_confirmed accepted" || o.State != Accepted || o.LateEntry != lateConfirmed || o.LateEntries[0].ConfirmedBy != "s-director" {
		t.Errorf("%v: %s, %s, %+v", err, types(events), o.State, o.LateEntries)
	}
	_, err = o.ConfirmLate(unit, ConfirmLateInput{})
	wants(t, err, "transition-not-allowed")
}

func TestTheDirectorsOwnLateWordIsTheUnits(t *testing.T) {
	o, _ := requested("inspection", Target{Kind: "unit"}, "s-director")
	d := Doer{By: "s-director", Now: event.At(began.Add(30 * 24 * time.Hour)), Unit: true}
	if _, err := o.Cancel(d, EndInput{Explained: Explained{OccurredAt: at(1, "").Now, Note: "ya no se necesita"}}); err != nil || o.LateEntry != lateConfirmed {
		t.Errorf("%v, %q", err, o.LateEntry)
	}
}

func TestFreeTextIsInNoEvent(t *testing.T) {
	o, first := requested(corrective, onPlant, "s-director")
	events, err := o.Decline(at(1, "s-engineer"), EndInput{Explained: Explained{Note: "llámese a Juana Pérez"}})
	if err != nil || len(o.Notes) != 1 || o.Notes[0].Action != decline {
		t.Fatalf("%v, %v", err, o.Notes)
	}
	for _, e := range append(events, first) {
		if b, err := json.Marshal(e.Change); err != nil || strings.Contains(string(b), "Juana") || strings.Contains(string(b), "arranca") {
			t.Errorf("%s: %s %v", e.Type, b, err)
		}
	}
	_, err = o.Cancel(at(2, "s-engineer"), EndInput{Explained: Explained{Note: "x"}})
	wants(t, err, "transition-not-allowed")
	if f := fault.As(err); f.State != Declined || len(f.Expected) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestReasonsInWordsAreNeeded(t *testing.T) {
	o, _ := requested(corrective, onPlant, "s-director")
	_, err := o.Decline(at(1, "s"), EndInput{Explained: Explained{Note: "  "}})
	wants(t, err, "reason-missing")
	drive(t, o, approve, assign, start)
	_, err = o.Pause(at(60, "s"), HoldInput{Reason: "tired"})
	wants(t, err, "value-unknown")
}

// The fiscal year is by the clock of where the unit is now. What an earlier release wrote of a move names no zone, and the order keeps its own.
func TestAnOrderKeepsTheTimeOfItsUnit(t *testing.T) {
	o, asked := requested("inspection", Target{Kind: "unit"}, "s-director")
	campeche := mx.ZonedPlace{Place: mx.Place{UnitID: o.UnitID, Office: "campeche", Region: "7", StateCode: "04"}, TimeZone: "America/Mexico_City"}
	moved := o.Follow(campeche)
	if o.ZonedPlace != campeche || fold(t, o.ID, []event.Event{asked, moved}).ZonedPlace != campeche {
		t.Errorf("followed to %+v", o.ZonedPlace)
	}
	silvester := event.At(time.Date(2026, 1, 1, 6, 30, 0, 0, time.UTC)) // 00:30 there, 23:30 of the year before in Mazatlán
	if year, err := fiscalYear(o.TimeZone, silvester, event.Time{}, event.Time{}); err != nil || year != 2026 {
		t.Errorf("%d, %v", year, err)
	}
	former := PlaceChangedEvent.New(PlaceChange{Place: campeche.Place})
	if got := fold(t, o.ID, []event.Event{asked, former}); got.Place != campeche.Place || got.TimeZone != "America/Mazatlan" {
		t.Errorf("followed an event of the release before to %+v", got.ZonedPlace)
	}
}

// The explanation of type and priority names the row for what the row gave, and what gave the rest.
func TestTriageSaysWhatDecided(t *testing.T) {
	row := triage.Row{Name: "no-effect", Type: "inspection", Priority: "low", Reason: "Sin efecto en la atención"}
	repair := triage.Row{Name: "partial", Type: corrective, Priority: "medium", Reason: "La atención está limitada"}
	for name, c := range map[string]struct {
		in             Request
		row            triage.Row
		kind, priority string
		want           Triage
	}{
		"the row alone":           {Request{}, row, "inspection", "low", Triage{By: byTable, Row: row.Name, Reason: row.Reason}},
		"the report":              {Request{ReportedFunctioning: notWorking}, row, corrective, "low", Triage{By: byTable, Row: row.Name, Reason: row.Reason, TypeBy: byReport}},
		"a report as the row has": {Request{ReportedFunctioning: limited}, repair, corrective, "medium", Triage{By: byTable, Row: repair.Name, Reason: repair.Reason}},
		"a stated type":           {Request{Type: "works"}, row, "works", "low", Triage{By: byTable, Row: row.Name, Reason: row.Reason, TypeBy: byStated}},
		"a stated priority":       {Request{Priority: "high"}, row, "inspection", "high", Triage{By: byTable, Row: row.Name, Reason: row.Reason, PriorityBy: byStated}},
		"nothing of the row":      {Request{Priority: "high", ReportedFunctioning: limited}, row, corrective, "high", Triage{By: byStated, TypeBy: byReport, PriorityBy: byStated}},
	} {
		got := Triage{By: byTable}
		c.in.Target = onPlant
		if got.fill(&c.in, c.row); c.in.Type != c.kind || c.in.Priority != c.priority || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s, %s by %+v", name, c.in.Type, c.in.Priority, got)
		}
	}
}
