package app_test

import (
	"fmt"
	"testing"
)

func TestNothingLeadsOnToWorkOnARetiredAssetAndWhatEndsItsOrdersStaysPossible(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor := "s-firm contractor@contractor:" + firm
	asked := func() string {
		return w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	}
	requested, declined := asked(), asked()
	approved, assigned, running := w.ordered(), w.ordered(), w.ordered()
	w.act(contracts, running, "assign", j{"contract_id": contract, "committed": mxn(100_00)})
	w.act(contractor, running, "start", nil)
	w.act(contracts, assigned, "assign", j{"contract_id": contract, "committed": mxn(100_00)})
	w.asset(plant, 2, "BSIST000014", "retired")
	w.heard()
	for _, c := range []struct {
		who, id, action string
		body            any
	}{
		{engineer, requested, "approve", nil},
		{engineer, requested, "estimate", j{"estimate": mxn(1)}},
		{contracts, approved, "commit", j{"contract_id": contract}},
		{contracts, approved, "assign", j{"contract_id": contract}},
		{engineer, approved, "assign", j{"technician_id": "s-technician"}},
		{contractor, assigned, "start", nil},
		{engineer, assigned, "reassign", j{"technician_id": "s-technician", "note": "x"}},
	} {
		w.refused(409, "asset-retired", c.who, "POST", "/v1/work-orders/"+c.id+"/"+c.action, c.body)
	}
	for id, want := range map[string]string{requested: "[cancel decline]", approved: "[cancel]", assigned: "[acknowledge arrive cancel]", running: "[acknowledge arrive cancel complete hold restore]"} {
		a := w.refused(409, "transition-not-allowed", director, "POST", "/v1/work-orders/"+id+"/accept", nil)
		if got := fmt.Sprint(a.Texts("errors.0.expected")); got != want {
			t.Errorf("instead of accept: got %s, want %s", got, want)
		}
	}
	w.act(engineer, declined, "decline", j{"note": "ya no está"})
	for _, id := range []string{requested, approved, assigned} {
		w.act(engineer, id, "cancel", j{"note": "ya no está"})
	}
	w.act(contractor, running, "complete", j{"cost": mxn(90_00)})
	if o := w.act(director, running, "accept", nil); o.Text("state") != "accepted" {
		t.Errorf("what was under way ends: %s", o.Body)
	}
	w.money(contract, 0, 90_00, 910_00)
}
