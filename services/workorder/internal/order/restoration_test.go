package order

import (
	"slices"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// underWayRestored is corrective work in progress that restored service with an outcome at minute 30.
func underWayRestored(t *testing.T, outcome string) *Order {
	t.Helper()
	o, _ := requested(corrective, onPlant, "s-director")
	drive(t, o, approve, assign, start)
	if _, err := o.Restore(at(30, "s-first"), RestoreInput{Outcome: outcome}); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestACompletionWithAnotherOutcomeIsANewRestorationByWhoCompletes(t *testing.T) {
	first := Restored{"limited", limited, at(30, "").Now, "s-first"}
	for outcome, want := range map[string]Restored{
		"":          first,
		"limited":   first,
		"full":      {"full", working, at(60, "").Now, "s-second"},
		"temporary": {"temporary", limited, at(60, "").Now, "s-second"},
		"none":      {Restoration: "none", RestoredBy: "s-second"},
	} {
		o := underWayRestored(t, "limited")
		if _, err := o.Complete(at(60, "s-second"), CompleteInput{Outcome: outcome, Cost: o.Committed}); err != nil || o.Restored != want {
			t.Errorf("completed %q: %+v, %v; want %+v", outcome, o.Restored, err, want)
		}
	}
}

func TestWhoGetsAnOrderRestoresAnewAndItSaysUntilThenWhatItReported(t *testing.T) {
	for _, earlierRelease := range []bool{false, true} {
		for _, restores := range []bool{false, true} {
			o := underWayRestored(t, "full")
			left := o.Restored
			if _, err := o.Reassign(at(40, "s-engineer"), ReassignInput{Explained: Explained{Note: "abandonó"}, TechnicianID: "s-next"}); err != nil {
				t.Fatal(err)
			}
			if p := o.Past[0]; o.Restored != (Restored{}) || o.ReportedFunctioning != notWorking || p.Restoration != "full" || !p.RestoredAt.Equal(left.RestoredAt) {
				t.Fatalf("reassigned: %+v, %+v", o.Restored, p)
			}
			if earlierRelease {
				o.Restored, o.Past[0].Restoration = left, ""
			}
			_, err := o.Start(at(50, "s-next"), Step{})
			if err == nil && restores {
				_, err = o.Restore(at(60, "s-next"), RestoreInput{Outcome: "full"})
			}
			if err == nil {
				_, err = o.Complete(at(70, "s-next"), CompleteInput{})
			}
			want := Restored{"full", working, at(70, "").Now, "s-next"}
			if restores {
				want.RestoredAt = at(60, "").Now
			}
			if err != nil || o.Restored != want {
				t.Errorf("earlier release %v, restores %v: %+v, %v", earlierRelease, restores, o.Restored, err)
			}
		}
	}
}

func TestReturnedWorkCanBeRestoredAnewAndNotBeforeItWasCompleted(t *testing.T) {
	o := underWayRestored(t, "full")
	steps := []func() ([]event.Event, error){
		func() ([]event.Event, error) { return o.Complete(at(40, "s-first"), CompleteInput{Cost: o.Committed}) },
		func() ([]event.Event, error) {
			return o.SendBack(at(50, "s-director"), ReturnInput{Explained: Explained{Note: "falta limpiar"}})
		},
		func() ([]event.Event, error) { return o.Start(at(60, "s-first"), Step{}) },
	}
	for _, step := range steps {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if o.RestoredFunctioning != working {
		t.Errorf("the restoration of returned work stands until another is said: %+v", o.Restored)
	}
	_, err := o.Restore(at(70, "s-first"), RestoreInput{Step: said(35), Outcome: "limited"})
	wants(t, err, "instant-order")
	if _, err := o.Restore(at(70, "s-first"), RestoreInput{Outcome: "limited"}); err != nil || o.RestoredFunctioning != limited || !o.RestoredAt.Equal(at(70, "").Now) {
		t.Errorf("restored anew: %+v, %v", o.Restored, err)
	}
	if slices.Contains(o.Open(), restore) {
		t.Error("restored twice in one round")
	}
}

// What a late report said of before a restoration that was known counts again from the moment at which who does the work, or the unit, says
// the same of later.
func TestWhatIsSaidAfterwardsOfAnOvertakenReportIsAWordAgain(t *testing.T) {
	overtaken := func() *Order {
		o, _ := requested(corrective, onPlant, "s-director")
		o.OvertakenAt = at(5, "").Now
		drive(t, o, approve, assign, start)
		if !o.overtaken() {
			t.Fatalf("of before the restoration: %+v", o.Report)
		}
		return o
	}
	none := overtaken()
	if _, err := none.Complete(at(60, "s-first"), CompleteInput{Outcome: notRestored, Cost: none.Committed}); err != nil {
		t.Fatal(err)
	}
	if want := (Report{notWorking, at(60, "").Now, "s-first", at(5, "").Now}); none.Report != want || none.overtaken() {
		t.Errorf("completed without a restoration: %+v, want %+v", none.Report, want)
	}
	returned := overtaken()
	if _, err := returned.Complete(at(60, "s-first"), CompleteInput{Cost: returned.Committed}); err != nil || !returned.overtaken() {
		t.Fatalf("a restoration is a word of its own: %+v, %v", returned.Report, err)
	}
	if _, err := returned.SendBack(at(70, "s-director"), ReturnInput{Explained{Note: "sigue igual"}, limited}); err != nil || returned.overtaken() {
		t.Errorf("returned: %+v, %v", returned.Report, err)
	}
}
