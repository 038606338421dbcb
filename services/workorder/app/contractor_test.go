package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhoHasAnOrderKnowsWhereToGoAndNothingElseOfTheUnit(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor, rival := of(firm), of("0198a000-0000-7000-8000-0000000000ee")
	floors := j{"unit_id": "BSIST000014", "type": "works", "priority": "medium", "target": j{"kind": "area_element", "area_id": bathroom, "element": "floors"}, "estimate": mxn(10)}
	id := w.ok(engineer, "POST", "/v1/work-orders", floors).Text("id")
	path := "/v1/work-orders/" + id
	w.act(office, id, "approve", nil)
	w.refused(404, "not-found", contractor, "GET", path+"/site", nil)
	w.act(contracts, id, "assign", j{"contract_id": contract})
	site := w.ok(contractor, "GET", path+"/site", nil)
	for key, want := range map[string]any{"unit_id": "BSIST000014", "name": "Unidad BSIST000014", "address": "Av. Constitución s/n, Centro, 23920", "municipality": "Mulegé", "locality": "Santa Rosalía",
		"state_code": "03", "latitude": 27.3389, "longitude": -112.2669, "time_zone": "America/Mazatlan", "area": "Baños", "census_beds": nil, "care_level": nil} {
		if site.At(key) != want {
			t.Errorf("%s: %v, want %v", key, site.At(key), want)
		}
	}
	for _, who := range []string{rival, stranger, farEast} {
		w.refused(404, "not-found", who, "GET", path+"/site", nil)
	}
}

// A list asks once for the sites of all that it shows. Of what is another's and of what does not exist the answer is the same.
func TestTheSitesOfSeveralOrdersAreToldInOneAnswer(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	contractor := of(firm)
	mine, also, others := w.ordered(), w.ordered(), w.ordered()
	for _, id := range []string{mine, also} {
		w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(1_00)})
	}
	const nowhere = "01941f29-7c00-7000-8000-00000000dead"
	ask := func(who string, ids ...string) []string {
		var told []string
		for _, item := range w.ok(who, "GET", "/v1/work-orders/sites?ids="+strings.Join(ids, "&ids="), nil).List("items") {
			site := item.(j)
			told = append(told, site["order_id"].(string))
			if alone := w.ok(who, "GET", "/v1/work-orders/"+site["order_id"].(string)+"/site", nil); alone.At("name") != site["name"] || alone.At("area") != site["area"] || alone.At("type_key") != site["type_key"] {
				t.Errorf("%v, alone %s", site, alone.Body)
			}
		}
		return told
	}
	if told := ask(contractor, also, nowhere, others, mine, also); !slices.Equal(told, []string{also, mine}) {
		t.Errorf("the contractor is told of %v", told)
	}
	if told := ask(engineer, mine, others); !slices.Equal(told, []string{mine, others}) {
		t.Errorf("the engineer is told of %v", told)
	}
	for _, who := range []string{of("0198a000-0000-7000-8000-0000000000ee"), stranger, farEast} {
		if told := ask(who, mine, also, others); len(told) != 0 {
			t.Errorf("%s is told of %v", who, told)
		}
	}
	w.refused(422, "validation-failed", contractor, "GET", "/v1/work-orders/sites", nil)
	w.refused(422, "validation-failed", contractor, "GET", "/v1/work-orders/sites?ids="+strings.Repeat(mine+",", 100)+mine, nil)
}

func TestAnOrderIsGivenToSomebodyElse(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	other, otherContract := w.contract(1_000_00)
	former, next := of(firm), of(other)
	id := w.ordered()
	path := "/v1/work-orders/" + id
	w.refused(409, "transition-not-allowed", engineer, "POST", path+"/reassign", j{"contractor_id": other, "note": "no se presentó"})
	w.act(contracts, id, "assign", j{"contract_id": contract, "committed": mxn(600_00)})
	w.does(former, id, "arrive", "start")
	folio := w.act(former, id, "hold", j{"reason": "awaiting_parts"}).Text("folio")
	w.refused(422, "validation-failed", engineer, "POST", path+"/reassign", j{"contractor_id": other})
	w.refused(409, "no-change", engineer, "POST", path+"/reassign", j{"contractor_id": firm, "note": "x"})
	w.refused(422, "assignee-ambiguous", engineer, "POST", path+"/reassign", j{"contractor_id": other, "technician_id": "s-technician", "note": "x"})
	w.refused(422, "reference-unknown", contracts, "POST", path+"/reassign", j{"contractor_id": "0198a000-0000-7000-8000-0000000000ee", "note": "x"})
	w.refused(403, "not-appointed", engineer, "POST", path+"/reassign", j{"contractor_id": other, "note": "frees what others committed"})
	w.refused(403, "role-not-allowed", director, "POST", path+"/reassign", j{"contractor_id": other, "note": "x"})
	w.refused(404, "not-found", farEast, "POST", path+"/reassign", j{"contractor_id": other, "note": "x"})
	w.money(contract, 600_00, 0, 400_00)

	o := w.act(contracts, id, "reassign", j{"contractor_id": other, "note": "abandonó la obra"})
	if o.Text("state") != "assigned" || o.Text("folio") != folio || o.Text("contractor_id") != other || o.At("contract_id") != nil || o.At("committed") != nil || o.At("started_at") != nil ||
		o.Text("funding_source.kind") != "unknown" || len(o.List("holds")) != 1 || o.At("hold") != nil {
		t.Errorf("reassigned: %s", o.Body)
	}
	past := o.At("past_assignments.0").(j)
	if past["contractor_id"] != firm || past["started_at"] == nil {
		t.Errorf("past: %v", past)
	}
	w.money(contract, 0, 0, 1_000_00)
	for _, what := range []string{"", "/history", "/site"} {
		w.refused(404, "not-found", former, "GET", path+what, nil)
		w.ok(next, "GET", path+what, nil)
	}
	if h := w.ok(next, "GET", path+"/history", nil); strings.Contains(string(h.Body), contract) || strings.Contains(string(h.Body), firm) || strings.Contains(string(h.Body), "60000") || !strings.Contains(string(h.Body), other) {
		t.Errorf("who has it now learns of the former's contract and money: %s", h.Body)
	}
	if h := w.ok(engineer, "GET", path+"/history", nil); !strings.Contains(string(h.Body), contract) || !strings.Contains(string(h.Body), "60000") {
		t.Errorf("the institution sees all of it: %s", h.Body)
	}
	if list := w.ok(former, "GET", "/v1/work-orders", nil); len(list.List("items")) != 0 {
		t.Errorf("the former contractor still lists it: %s", list.Body)
	}
	w.refused(404, "not-found", former, "POST", path+"/start", nil)

	// The next one begins anew, under its own contract; then the institution's own technician ends it.
	w.act(contracts, id, "commit", j{"contract_id": otherContract, "committed": mxn(700_00)})
	w.money(otherContract, 700_00, 0, 300_00)
	w.does(next, id, "acknowledge", "arrive", "start")
	w.act(contracts, id, "reassign", j{"technician_id": "s-technician", "note": "se hará en casa"})
	w.money(otherContract, 0, 0, 1_000_00)
	w.does(technician, id, "start", "complete")
	w.refused(409, "transition-not-allowed", engineer, "POST", path+"/reassign", j{"contractor_id": other, "note": "x"})
	if a := w.act(director, id, "accept", nil); a.Text("state") != "accepted" || len(a.List("past_assignments")) != 2 {
		t.Errorf("accepted: %s", a.Body)
	}
}

// What nothing is committed for is work alone, and an engineer gives it to somebody else. What money is committed for, only who may commit
// that money on the day.
func TestACommitmentIsFreedByWhoMayCommitIt(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(1_000_00)
	id := w.ordered()
	w.act(engineer, id, "assign", j{"technician_id": "s-technician"})
	w.act(engineer, id, "reassign", j{"technician_id": "s-second", "note": "vacaciones"})

	paid := w.ordered()
	path := "/v1/work-orders/" + paid + "/reassign"
	w.act(contracts, paid, "commit", j{"contract_id": contract, "committed": mxn(600_00)})
	in := j{"technician_id": "s-technician", "note": "se hará en casa"}
	w.appoint("s-engineer", contract, j{"places": []string{"office:sonora"}})
	w.appoint("s-engineer", contract, j{"places": []string{"unit:BSIST000014"}, "to": "2025-08-07"})
	w.appoint("s-engineer", contract, j{"places": []string{"unit:BSIST000014"}, "from": "2025-08-11"})
	w.refused(403, "not-appointed", engineer, "POST", path, in)
	w.money(contract, 600_00, 0, 400_00)
	w.later(72 * time.Hour)
	w.ok(engineer, "POST", path, in, "Idempotency-Key", "once")
	w.money(contract, 0, 0, 1_000_00)
	if a := w.ok(engineer, "POST", path, in, "Idempotency-Key", "once"); a.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again: %s", a.Body)
	}
}

func TestATaxpayersKeyAndALegalNameAreKeptInOneForm(t *testing.T) {
	w := newWorld(t, 1)
	a := w.ok(contracts, "POST", "/v1/contractors", j{"name": "  Uno  y Medio ", "rfc": " sen-010203 ab1 "})
	if a.Text("rfc") != "SEN010203AB1" || a.Text("name") != "Uno y Medio" {
		t.Errorf("kept as %s, %s", a.Text("rfc"), a.Text("name"))
	}
	for _, other := range []string{"SEN010203AB1", "sen010203ab1", "SEN 010203 AB1", "ＳＥＮ010203AB1", "SEN‐010203-AB1"} {
		w.refused(409, "already-exists", contracts, "POST", "/v1/contractors", j{"name": "Dos", "rfc": other})
	}
	for _, wrong := range []string{"SEN010203AB", "SEN0102O3AB1", "SEN010203AB12", "PEPJ800101AB1", "S/N"} {
		w.refused(422, "rfc-malformed", contracts, "POST", "/v1/contractors", j{"name": "Dos", "rfc": wrong})
	}
	b := w.ok(contracts, "POST", "/v1/contractors", j{"name": "Dos"})
	if c := w.ok(contracts, "PATCH", "/v1/contractors/"+b.Text("id"), j{"rfc": "ñ&x 991231 zz9"}, "If-Match", b.Header.Get("ETag")); c.Text("rfc") != "Ñ&X991231ZZ9" {
		t.Errorf("changed to %s", c.Body)
	}
}
