package order

import "testing"

func TestAFindingIsOfWhoeverDeclinesOrCancels(t *testing.T) {
	declined, _ := requested(corrective, onPlant, "s-director")
	if _, err := declined.Decline(at(1, "s-engineer"), EndInput{Explained{Note: "repetida"}, working}); err != nil {
		t.Fatal(err)
	}
	cancelled, _ := requested(corrective, onPlant, "s-director")
	drive(t, cancelled, approve, assign, start)
	_, err := cancelled.Cancel(at(60, "s-engineer"), EndInput{Explained{Note: "se dará de baja"}, notWorking})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := declined.Finding, (Finding{working, declined.DeclinedAt, "s-engineer"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := cancelled.Finding, (Finding{notWorking, cancelled.CancelledAt, "s-engineer"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	silent, _ := requested(corrective, onPlant, "s-director")
	if _, err := silent.Decline(at(1, "s-engineer"), EndInput{Explained: Explained{Note: "repetida"}}); err != nil || silent.Finding != (Finding{}) {
		t.Errorf("%v, %v", silent.Finding, err)
	}
}

func TestOnlyCorrectiveOrdersOnAnAssetFindSomethingOfIt(t *testing.T) {
	preventive, _ := requested("preventive", onPlant, "s-director")
	_, err := preventive.Decline(at(1, "s-engineer"), EndInput{Explained{Note: "x"}, working})
	wants(t, err, "report-not-expected")
	o, _ := requested(corrective, onPlant, "s-director")
	_, err = o.Cancel(at(1, "s-engineer"), EndInput{Explained{Note: "x"}, "unknown"})
	wants(t, err, "value-unknown")
}

func TestWhoRestoredIsSaid(t *testing.T) {
	o, _ := requested(corrective, onPlant, "s-director")
	drive(t, o, approve, assign, start)
	if _, err := o.Restore(at(30, "s-contractor"), RestoreInput{Outcome: "limited"}); err != nil {
		t.Fatal(err)
	}
	drive(t, o, complete)
	if o.RestoredBy != "s-contractor" {
		t.Errorf("restored by %q", o.RestoredBy)
	}
	none, _ := requested(corrective, onPlant, "s-director")
	drive(t, none, approve, assign, start)
	if _, err := none.Complete(at(30, "s-technician"), CompleteInput{Outcome: notRestored, Cost: none.Committed}); err != nil || none.RestoredBy != "s-technician" || !none.RestoredAt.IsZero() {
		t.Errorf("completed without a restoration: %+v, %v", none.Restored, err)
	}
}
