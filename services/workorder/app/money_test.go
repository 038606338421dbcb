package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// estimated is an approved order of the engineer's on the unit, that he estimates at so many centavos; more goes into the request.
func (w *world) estimated(cents int, more j) string {
	w.Helper()
	r := j{"unit_id": "BSIST000014", "type": "inspection", "priority": "medium", "target": j{"kind": "unit"}, "estimate": mxn(cents)}
	maps.Copy(r, more)
	id := w.ok(engineer, "POST", "/v1/work-orders", r).Text("id")
	w.act(office, id, "approve", nil)
	return id
}

func commitOf(id string) string { return "/v1/work-orders/" + id + "/commit" }

// What payers says of an order is what committing it does: where it fits nobody is refused for the ceiling, where it does not everybody is.
func TestWhetherAnOrderFitsIsToldByTheRulesOfItsCommitment(t *testing.T) {
	w := newWorld(t, 2)
	firm, contract := w.contract(1_000_000_00)
	_, other := w.contract(500_000_00)
	first, second, unknown := w.estimated(600_000_00, nil), w.estimated(450_000_00, nil), w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	w.act(engineer, unknown, "approve", nil)
	told := func(who string) map[string]string {
		out := map[string]string{}
		for _, item := range w.ok(who, "GET", "/v1/work-orders/payers?ids="+first+","+second+","+unknown, nil).List("items") {
			p := item.(j)
			out[p["order_id"].(string)+" "+p["contract_id"].(string)] = fmt.Sprint(p["fits"], " ", p["lacking"] != nil, " ", p["fiscal_year"])
		}
		return out
	}
	want := map[string]string{first + " " + contract: "true false 2025", second + " " + contract: "true false 2025", unknown + " " + contract: "<nil> false 2025",
		first + " " + other: "false true 2025", second + " " + other: "true false 2025", unknown + " " + other: "<nil> false 2025"}
	if got := told(contracts); !maps.Equal(got, want) {
		t.Errorf("before: %v", got)
	}
	w.refused(409, "budget-exceeded", contracts, "POST", commitOf(first), j{"contract_id": other})
	w.act(contracts, first, "commit", j{"contract_id": contract})
	if got := told(office); got[second+" "+contract] != "false true 2025" || got[first+" "+contract] != "" || got[second+" "+other] != "true false 2025" {
		t.Errorf("after: %v", got)
	}
	w.refused(409, "budget-exceeded", contracts, "POST", commitOf(second), j{"contract_id": contract})
	if got := told(stranger); len(got) != 0 {
		t.Errorf("a stranger is told %v", got)
	}
	w.refused(403, "role-not-allowed", of(firm), "GET", "/v1/work-orders/payers?ids="+second, nil)
	w.refused(403, "role-not-allowed", requester, "GET", "/v1/work-orders/payers?ids="+second, nil)
}

// The story of the ceiling: 1,000,000.00 a year, of which nobody spends but who is appointed, on somebody else's estimate, and which an
// amendment raises by a fifth and no centavo more.
func TestCeiling(t *testing.T) {
	w := newWorld(t, 2)
	_, contract := w.contract(1_000_000_00)
	first, second, third := w.estimated(600_000_00, nil), w.estimated(300_000_00, nil), w.estimated(200_000_00, nil)
	pays := j{"contract_id": contract}
	w.refused(403, "not-appointed", engineer, "POST", commitOf(first), pays)
	w.money(contract, 0, 0, 1_000_000_00)
	w.act(contracts, first, "commit", pays)
	w.act(contracts, second, "commit", pays)
	w.money(contract, 900_000_00, 0, 100_000_00)
	w.act(contracts, third, "estimate", j{"estimate": mxn(50_000_00)})
	w.refused(409, "same-person", contracts, "POST", commitOf(third), pays)
	w.act(engineer, third, "estimate", j{"estimate": mxn(200_000_00)})
	w.refused(409, "budget-exceeded", contracts, "POST", commitOf(third), pays)
	amend := func(cents int) j {
		return j{"fiscal_year": 2025, "max_amount": mxn(cents), "dated": "2025-08-07", "reference": fmt.Sprintf("CM-%d/2025", cents), "reason": "quantities"}
	}
	w.refused(409, "same-person", contracts, "POST", "/v1/contracts/"+contract+"/amend", amend(1_200_000_00))
	path := "/v1/contracts/" + contract
	w.refused(409, "amendment-above-limit", admin, "POST", path+"/amend", amend(1_200_000_01))
	w.ok(admin, "POST", path+"/amend", amend(1_200_000_00))
	w.refused(409, "amendment-above-limit", admin, "POST", path+"/amend", amend(1_200_000_01))
	w.money(contract, 900_000_00, 0, 300_000_00)
	w.act(contracts, third, "commit", pays)
	w.money(contract, 1_100_000_00, 0, 100_000_00)
	w.refused(409, "ceiling-below-use", admin, "POST", path+"/amend", amend(1_099_999_99))
	w.ok(admin, "POST", path+"/amend", amend(1_100_000_00))
	w.money(contract, 1_100_000_00, 0, 0)

	k := w.ok(auditor, "GET", path, nil)
	amendments := k.List("amendments")
	if len(amendments) != 2 || amendments[0].(j)["max_amount_before"].(j)["amount_cents"] != 1_000_000_00.0 || amendments[0].(j)["dated"] != "2025-08-07" ||
		amendments[0].(j)["reason"] != "quantities" || w.budget(contract).At("original_ceiling.amount_cents") != 1_000_000_00.0 {
		t.Errorf("the original stays readable: %s", k.Body)
	}
	history := w.ok(auditor, "GET", path+"/history", nil)
	if strings.Count(string(history.Body), "contract.amended") != 2 {
		t.Errorf("history: %s", history.Body)
	}
}

func TestAMaximumIsAmendedAndNeverPatched(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(1_000_00)
	path := "/v1/contracts/" + contract
	for _, cents := range []int{50_00, 999_99, 1_000_01, 1_200_00} {
		a := w.refused(422, "maximum-by-amendment", contracts, "PATCH", path,
			j{"lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(0), "max_amount": mxn(cents)}}}, "If-Match", `"1"`)
		if !strings.Contains(string(a.Body), "amend") {
			t.Errorf("the refusal does not say what is possible instead: %s", a.Body)
		}
	}
	w.refused(422, "lot-missing", contracts, "PATCH", path, j{"lots": []j{{"fiscal_year": 2025, "lot": 2, "max_amount": mxn(7)}}}, "If-Match", `"1"`)
	good := j{"fiscal_year": 2025, "lot": 1, "max_amount": mxn(1_100_00), "dated": "2025-08-07", "reference": "CM-01/2025", "reason": "quantities"}
	refused := func(status int, rule string, change j) {
		t.Helper()
		in := maps.Clone(good)
		maps.Copy(in, change)
		w.refused(status, rule, admin, "POST", path+"/amend", in)
	}
	refused(422, "lot-unknown", j{"fiscal_year": 2026})
	refused(422, "amount-invalid", j{"max_amount": mxn(-1)})
	refused(422, "lot-amounts", j{"max_amount": mxn(0)})
	refused(409, "lot-amounts", j{"max_amount": mxn(499_99)})
	refused(422, "amendment-without-change", j{"max_amount": mxn(1_000_00)})
	refused(422, "date-in-future", j{"dated": "2025-08-09"})
	refused(422, "date-out-of-range", j{"dated": "1999-12-31"})
	refused(422, "amendment-outside-validity", j{"dated": "2024-12-31"})
	refused(422, "validation-failed", j{"reason": "lo pidió Juana Pérez"})
	for _, none := range []string{"   ", "S/N", "sin número"} {
		refused(422, "reference-missing", j{"reference": none})
	}
	w.refused(403, "role-not-allowed", office, "POST", path+"/amend", good)
	w.ok(admin, "POST", path+"/amend", good, "Idempotency-Key", "a")
	if a := w.ok(admin, "POST", path+"/amend", good, "Idempotency-Key", "a"); a.Header.Get("Idempotency-Replayed") != "true" || len(a.List("amendments")) != 1 {
		t.Errorf("repeated: %s", a.Body)
	}
	refused(409, "reference-taken", j{"reference": "cm 01/2025", "max_amount": mxn(1_150_00)})
	w.money(contract, 0, 0, 1_100_00)
}

// The budget that pays is that of the year in which the work is to be completed, by the unit's clock; an empty later year is no purse.
func TestTheFiscalYearIsThatOfTheScheduledCompletion(t *testing.T) {
	w := newWorld(t, 1)
	_, contract := w.contract(1_000_00)
	w.ok(admin, "PATCH", "/v1/contracts/"+contract, j{"valid_to": "2026-12-31", "lots": []j{
		{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(500_00), "max_amount": mxn(1_000_00)}, {"fiscal_year": 2026, "lot": 1, "max_amount": mxn(1_000_00)}}}, "If-Match", `"1"`)
	for _, c := range []struct {
		plan       j
		said, year int
	}{
		{nil, 0, 2025}, {nil, 2025, 2025}, {j{"scheduled_start": "2026-03-01T15:00:00Z"}, 2026, 2026},
		{j{"scheduled_start": "2025-12-01T15:00:00Z", "scheduled_end": "2026-01-01T06:59:59Z"}, 0, 2025}, {j{"scheduled_start": "2025-12-01T15:00:00Z", "scheduled_end": "2026-01-01T07:00:00Z"}, 0, 2026},
		{j{"scheduled_start": "2024-03-01T15:00:00Z", "scheduled_end": "2024-05-01T15:00:00Z"}, 0, 2025},
	} {
		id, wrong := w.estimated(10_00, c.plan), 4051-c.year
		a := w.refused(422, "fiscal-year-of-completion", contracts, "POST", commitOf(id), j{"contract_id": contract, "fiscal_year": wrong})
		if !strings.Contains(string(a.Body), fmt.Sprintf("[%q]", fmt.Sprint(c.year))) {
			t.Errorf("the right year is named: %s", a.Body)
		}
		in := j{"contract_id": contract}
		if c.said != 0 {
			in["fiscal_year"] = c.said
		}
		if a := w.act(contracts, id, "commit", in); a.At("fiscal_year") != float64(c.year) || a.At("funding_source.fiscal_year") != float64(c.year) {
			t.Errorf("%+v: %s", c, a.Body)
		}
	}
	beyond := w.estimated(10_00, j{"scheduled_start": "2027-01-02T15:00:00Z", "scheduled_end": "2027-02-01T15:00:00Z"})
	w.refused(422, "budget-unknown", contracts, "POST", commitOf(beyond), j{"contract_id": contract})
	// An assignment that plans the work anew is judged by its own plan.
	planned := w.estimated(10_00, nil)
	if a := w.act(contracts, planned, "assign", j{"contract_id": contract, "scheduled_start": "2026-02-01T15:00:00Z", "scheduled_end": "2026-02-03T15:00:00Z"}); a.At("fiscal_year") != 2026.0 {
		t.Errorf("assigned: %s", a.Body)
	}
}

func TestAssigningIsNotCommitting(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	rival, _ := w.contract(1_000_00)
	// Clients of earlier releases name the contract at the assignment.
	id := w.estimated(10_00, nil)
	w.refused(403, "not-appointed", engineer, "POST", "/v1/work-orders/"+id+"/assign", j{"contract_id": contract, "committed": mxn(10_00)})
	w.refused(422, "contract-missing", engineer, "POST", "/v1/work-orders/"+id+"/assign", j{"technician_id": "s-technician", "committed": mxn(10_00)})
	w.refused(422, "contract-missing", engineer, "POST", "/v1/work-orders/"+id+"/assign", j{"contractor_id": firm, "fiscal_year": 2026})
	w.money(contract, 0, 0, 1_000_00)
	inHouse := w.act(engineer, id, "assign", j{"technician_id": "s-technician"})
	if inHouse.Text("state") != "assigned" || inHouse.At("committed") != nil {
		t.Errorf("in-house: %s", inHouse.Body)
	}
	w.refused(409, "contractor-mismatch", contracts, "POST", commitOf(id), j{"contract_id": contract})
	// A contractor may be given the order first, and the money be committed while the work goes on: an emergency.
	urgent := w.estimated(10_00, nil)
	w.act(engineer, urgent, "assign", j{"contractor_id": firm})
	w.act(of(firm), urgent, "start", nil)
	w.refused(409, "contractor-mismatch", contracts, "POST", commitOf(urgent), j{"contract_id": second(rival, w.ok(contracts, "GET", "/v1/contracts?contractor_id="+rival, nil).Text("items.0.id"))})
	if a := w.act(contracts, urgent, "commit", j{"contract_id": contract}); a.Text("state") != "in_progress" || a.Text("contractor_id") != firm {
		t.Errorf("committed while under way: %s", a.Body)
	}
	w.refused(409, "transition-not-allowed", contracts, "POST", commitOf(urgent), j{"contract_id": contract})
	w.refused(409, "transition-not-allowed", engineer, "POST", "/v1/work-orders/"+urgent+"/estimate", j{"estimate": mxn(1)})
	w.money(contract, 10_00, 0, 990_00)
}

// Who estimated, who committed and who gives the unit's conformity are three people.
func TestThreePeopleLookAtMoney(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	const both = "s-both unit_director@unit:BSIST000014 contract_administrator@office:baja-california-sur"
	w.appoint("s-both", contract, nil)
	done := func(estimator, committer string) string {
		id := w.ordered()
		w.act(estimator, id, "estimate", j{"estimate": mxn(10_00)})
		w.act(committer, id, "commit", j{"contract_id": contract})
		w.worked(of(firm), id, 8_00)
		return "/v1/work-orders/" + id + "/accept"
	}
	bare := w.ok(requester, "POST", "/v1/work-orders", corrective()).Text("id")
	w.act(engineer, bare, "approve", nil)
	w.refused(409, "estimate-missing", contracts, "POST", commitOf(bare), j{"contract_id": contract})
	for _, people := range [][2]string{{both, contracts}, {engineer, both}} {
		accept := done(people[0], people[1])
		a := w.refused(409, "same-person", both, "POST", accept, nil)
		if a.Text("state") != "completed" {
			t.Errorf("%s", a.Body)
		}
		if a := w.ok(director, "POST", accept, nil); a.Text("state") != "accepted" {
			t.Errorf("%s", a.Body)
		}
	}
	w.money(contract, 0, 16_00, 984_00)
}

// Money that is free again after a reassignment leaves its parts behind: who committed it does not estimate, whose estimate it was committed on
// does not commit, neither gives the conformity. What an earlier release reassigned names nobody and goes on.
func TestThreePeopleLookAtMoneyAlsoAfterItWasFreeAgain(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	const both = "s-both unit_director@unit:BSIST000014 contract_administrator@office:baja-california-sur"
	for _, who := range []string{"s-both", "s-engineer", "s-office"} {
		w.appoint(who, contract, nil)
	}
	id := w.ordered()
	path := "/v1/work-orders/" + id
	w.act(engineer, id, "estimate", j{"estimate": mxn(10_00)})
	w.act(both, id, "commit", j{"contract_id": contract})
	w.act(both, id, "reassign", j{"technician_id": "s-technician", "note": "la empresa no llegó"})
	a := w.refused(409, "same-person", both, "POST", path+"/estimate", j{"estimate": mxn(20_00)})
	if a.Text("state") != "assigned" {
		t.Errorf("%s", a.Body)
	}
	w.act(office, id, "estimate", j{"estimate": mxn(20_00)})
	w.act(office, id, "reassign", j{"contractor_id": firm, "note": "con la empresa"})
	for _, who := range []string{office, engineer} { // whose estimate stands, and whose was committed on before
		w.refused(409, "same-person", who, "POST", path+"/commit", j{"contract_id": contract})
	}
	w.act(contracts, id, "commit", j{"contract_id": contract})
	w.worked(of(firm), id, 8_00)
	w.refused(409, "same-person", both, "POST", path+"/accept", nil)
	w.ok(director, "POST", path+"/accept", nil)
	w.money(contract, 0, 8_00, 992_00)

	id = w.ordered()
	w.act(contracts, id, "commit", j{"contract_id": contract, "committed": mxn(1_00)})
	w.earlier(id, "committed_by", "committed_at")
	w.act(contracts, id, "reassign", j{"technician_id": "s-technician", "note": "la empresa no llegó"})
	w.act(contracts, id, "estimate", j{"estimate": mxn(20_00)})
}

// What an earlier release committed, without an appointment and without an estimate, is completed and accepted, by whomever.
func TestWhatWasCommittedBeforeGoesOn(t *testing.T) {
	w := newWorld(t, 1)
	firm, contract := w.contract(1_000_00)
	request := corrective()
	request["estimate"] = mxn(10_00)
	id := w.ok(director, "POST", "/v1/work-orders", request).Text("id")
	w.act(engineer, id, "approve", nil)
	w.act(contracts, id, "commit", j{"contract_id": contract})
	for _, estimated := range []bool{true, false} {
		w.earlier(id, "committed_by", "committed_at")
		if !estimated {
			w.earlier(id, "estimate", "estimated_by")
		}
		w.worked(of(firm), id, 9_00)
		if estimated {
			w.act(director, id, "return", j{"note": "sigue fallando", "reported_functioning": "not_working"})
		}
	}
	if a := w.act(director, id, "accept", nil); a.Text("state") != "accepted" {
		t.Errorf("%s", a.Body)
	}
	w.money(contract, 0, 9_00, 991_00)
}

// earlier takes fields out of a stored order that the release before did not write.
func (w *world) earlier(id string, fields ...string) {
	w.Helper()
	docs, err := w.driver.Load(w.Context(), "work_orders", []string{id})
	w.must(err)
	var body map[string]json.RawMessage
	w.must(json.Unmarshal(docs[0].Body, &body))
	for _, f := range fields {
		delete(body, f)
	}
	b, err := json.Marshal(body)
	w.must(err)
	w.must(w.driver.Apply(w.Context(), []docstore.Write{{Kind: docstore.Update, Collection: "work_orders", ID: id, Expect: docs[0].Version, Version: docs[0].Version, Body: b, Unset: fields}}))
}
