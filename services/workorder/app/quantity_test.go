package app_test

import (
	"testing"
)

func TestAQuantityAboveTheOrderNeedsTwoPeople(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(100_000_00)
	contractor := "s-firm contractor@contractor:" + firm
	floors := j{"unit_id": "BSIST000014", "type": "works", "priority": "medium", "target": j{"kind": "area_element", "area_id": bathroom, "element": "floors"},
		"quantity": 42.5, "measure_unit": "m2", "estimate": mxn(60_000_00)}
	for _, q := range []float64{1_000_000.01, 1e9, 42.501} {
		floors["quantity"] = q
		if a := w.call(engineer, "POST", "/v1/work-orders", floors); a.Status != 422 {
			t.Errorf("ordered %v: %s", q, a.Body)
		}
	}
	tenth, fifth := 0.1, 0.2
	floors["quantity"] = 42.2 + (tenth + fifth)
	o := w.ok(engineer, "POST", "/v1/work-orders", floors)
	if o.At("quantity") != 42.5 {
		t.Errorf("42.2 + 0.1 + 0.2 is kept as %v", o.At("quantity"))
	}
	id, path := o.Text("id"), "/v1/work-orders/"+o.Text("id")
	w.act(office, id, "approve", nil)
	w.act(contracts, id, "assign", j{"contract_id": contract})
	w.act(contractor, id, "start", nil)
	cost := mxn(60_000_00)
	w.refused(409, "quantity-above-order", contractor, "POST", path+"/complete", j{"quantity_done": 425_000.5, "cost": cost})
	w.refused(409, "transition-not-allowed", office, "POST", path+"/approve-quantity", j{"quantity": 45})
	w.act(contractor, id, "propose-quantity", j{"quantity": 45, "note": "el baño de mujeres mide más"})
	w.refused(403, "role-not-allowed", contractor, "POST", path+"/approve-quantity", j{"quantity": 45})
	w.refused(404, "not-found", "s-far office_administrator@office:sonora", "POST", path+"/approve-quantity", j{"quantity": 45})
	w.refused(409, "quantity-above-order", contractor, "POST", path+"/complete", j{"quantity_done": 45, "cost": cost})
	w.act(office, id, "approve-quantity", j{"quantity": 45})
	w.refused(409, "quantity-above-order", contractor, "POST", path+"/complete", j{"quantity_done": 45.01, "cost": cost})
	if a := w.act(contractor, id, "complete", j{"quantity_done": 45, "cost": cost}); a.At("quantity") != 45.0 || a.At("quantity_done") != 45.0 {
		t.Errorf("completed: %s", a.Body)
	}
	w.money(contract, 60_000_00, 0, 40_000_00)
}
