package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// offering is a world whose answers are held against what is carried out, for everybody who may know of an order of the clinic. s-contracts is
// appointed to the contract, in the nation.
func offering(t *testing.T) (w *world, o *servicetest.Offers, firm, contract string) {
	t.Helper()
	w = newWorld(t, 1)
	o = servicetest.Play(w.instances[0], w.driver)
	firm, contract = w.contract(1_000_000_00)
	both := servicetest.As("s-both", "unit_director@unit:BSIST000014", "biomedical_engineer@office:baja-california-sur")
	o.People = []string{director, stranger, requester, engineer, farEast, office, contracts, other, admin, planner, of(firm),
		servicetest.As("s-rival", "contractor@contractor:d04f5cb2-9e61-58a8-a133-78effb4a5225"), technician, both}
	return w, o, firm, contract
}

// Whoever reads an order is offered just what they may do with it, in whatever state it comes to be: by role and place, by who has it, who
// estimated it, who is appointed, and whether its asset is still there.
func TestWhatAnOrderOffersIsWhatIsCarriedOut(t *testing.T) {
	w, o, firm, contract := offering(t)
	said := 0
	o.Body = func(operation, _ string, doc servicetest.Document) any {
		said++
		switch verb := strings.TrimPrefix(operation, "work_order."); verb {
		case "decline", "cancel", "return":
			return j{"note": "porque sí"}
		case "estimate":
			return j{"estimate": mxn(100_00 + said)}
		case "set_priority":
			priority := "urgent"
			if doc.Text("priority") == priority {
				priority = "low"
			}
			return j{"priority": priority, "note": "cambió"}
		case "assign":
			if said%2 == 0 {
				return j{"technician_id": "s-technician"}
			}
			return j{"contractor_id": firm}
		case "commit":
			return j{"contract_id": contract}
		case "reassign":
			if doc.Text("contractor_id") != "" {
				return j{"technician_id": "s-technician", "note": "a otro"}
			}
			return j{"contractor_id": firm, "note": "a otro"}
		case "hold":
			return j{"reason": "weather"}
		case "propose_quantity":
			ordered, _ := doc.At("quantity").(float64)
			return j{"quantity": ordered + 1}
		case "approve_quantity":
			if proposed := doc.At("quantity_proposal.quantity"); proposed != nil {
				return j{"quantity": proposed}
			}
			return j{"quantity": 1}
		case "complete":
			if doc.At("committed") != nil {
				return j{"cost": doc.At("committed")}
			}
		case "verify":
			return j{"result": []string{"passed", "failed"}[said%2]}
		case "acknowledge": // a late entry, which the unit confirms
			return j{"occurred_at": w.clock().Add(-8 * 24 * time.Hour)}
		case "arrive": // said after the work began, it was before
			if doc.Text("started_at") != "" {
				return j{"occurred_at": doc.Text("started_at")}
			}
		}
		return nil
	}
	requested := func(more j) string {
		in := j{"unit_id": "BSIST000014", "type": "works", "priority": "low", "target": j{"kind": "unit"}, "quantity": 5, "measure_unit": "m2",
			"occurred_at": w.clock().Add(-20 * 24 * time.Hour)}
		for name, v := range more {
			in[name] = v
		}
		return "/v1/work-orders/" + w.ok(director, "POST", "/v1/work-orders", in).Text("id")
	}
	tick := func() { w.later(time.Minute) }
	onPlant := j{"type": "corrective", "target": j{"kind": "asset", "asset_id": plant}, "reported_functioning": "not_working"}
	o.Spared = []string{"work_order.decline", "work_order.cancel"}
	path := requested(nil)
	o.Walk(path, 45, tick)
	o.Walk(requested(onPlant), 30, tick)
	o.Spared = nil
	for range 3 {
		o.Walk(requested(nil), 4, tick)
	}
	o.Covered(path)
	for _, op := range []string{"approve", "accept", "commit", "estimate", "reassign", "approve_quantity"} {
		if o.Refused["work_order."+op] == 0 {
			t.Errorf("%s was never refused", op)
		}
	}

	// Of a retired asset nothing leads on to work.
	path = requested(onPlant)
	o.Check(path)
	w.asset(plant, 2, "BSIST000014", "retired")
	w.heard()
	o.Check(path)
}

// An appointment is ended by another administrator than whom it is of, once; what a contract, a contractor and a programme offer is a matter of
// roles and places, and offices plan in the nation's programmes.
func TestWhatContractsAndProgrammesOfferIsWhatIsCarriedOut(t *testing.T) {
	w, o, firm, contract := offering(t)
	colleague := servicetest.As("s-colleague", "admin@nation")
	o.People = append(o.People, colleague)
	o.People[6] = "s-third contract_administrator@office:sonora" // who is appointed amends no lot of his own
	program := w.ok(contracts, "POST", "/v1/programs", j{"name": "Programa 2025", "fiscal_year": 2025}).Text("id")
	another := w.ok(contracts, "POST", "/v1/contracts", j{"number": "CNM-2", "name": "Otro", "kind": "maintenance", "contractor_id": firm, "legal_regime": "lopsrm",
		"law": "Ley de Obras Públicas", "article": "45 Ter", "open_contract": true, "valid_from": "2025-01-01", "valid_to": "2025-12-31", "coverage": j{"nation": true},
		"lots": []j{{"fiscal_year": 2025, "lot": 1, "min_amount": mxn(1), "max_amount": mxn(1_000_00)}}}).Text("id")
	appointment := w.appoint("s-colleague", another, j{"places": []string{"office:sonora"}})
	said := 0
	w.unit("SRIST000015", 1, "sonora", "1", "open")
	w.heard()
	o.Body = func(operation, who string, doc servicetest.Document) any {
		said++
		switch operation {
		case "contract.amend":
			is, _ := doc.At("lots.0.max_amount.amount_cents").(float64)
			return j{"fiscal_year": 2025, "max_amount": mxn(int(is) + 1), "dated": "2025-08-08", "reference": fmt.Sprint("CM-", said), "reason": "prices"}
		case "program.add_line":
			unit := "BSIST000014"
			if strings.HasSuffix(who, "office:sonora") {
				unit = "SRIST000015"
			}
			return j{"unit_id": unit, "description": "Pisos", "quantity": 1, "measure_unit": "m2", "planned_start": "2025-09-01", "planned_end": "2025-09-02"}
		case "appointment.end":
			return nil
		}
		return j{"name": fmt.Sprint("Otro nombre ", said)}
	}
	for _, path := range []string{"/v1/contractors/" + firm, "/v1/contracts/" + contract, "/v1/programs/" + program, "/v1/appointments/" + appointment} {
		o.Walk(path, 3, func() { w.later(time.Minute) })
		o.Covered(path)
	}
}
