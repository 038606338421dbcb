package scenario

import (
	"fmt"
	"net/http"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// squareMetres of floor in the bathrooms; invented.
const squareMetres = 42.5

func worksSteps() []step {
	return []step{
		{"the office plans floors for the bathrooms in the programme", (*walk).planFloors},
		{"the engineer asks for the works and may not approve the own estimate", (*walk).requestFloors},
		{"the office approves, contractor A is given the works", (*walk).assignFloors},
		{"the contractor lays the floors", (*walk).layFloors},
		{"the works are accepted: the unit's conformity, then the technical verification", (*walk).acceptFloors},
	}
}

func (w *walk) planFloors() (string, error) {
	id, err := fresh()
	if err != nil {
		return "", err
	}
	d, err := w.write(client.Request{User: office, Path: "/v1/programs/" + w.program + "/add-line", Body: object{"line_id": id, "unit_id": w.Unit,
		"area_id": w.areas[bathrooms], "element": "floors", "description": "Sustitución de pisos en baños", "quantity": squareMetres, "measure_unit": "m2",
		"planned_start": "2025-08-01", "planned_end": "2025-12-15"}})
	if err != nil {
		return "", err
	}
	w.line = id
	return fmt.Sprintf("%s: %g m²", d.text("name"), squareMetres), nil
}

func (w *walk) requestFloors() (string, error) {
	id, err := fresh()
	if err != nil {
		return "", err
	}
	start := w.Now().UTC().AddDate(0, 0, 7).Truncate(24 * time.Hour)
	end := start.AddDate(0, 0, 12)
	d, err := w.write(client.Request{User: engineer, Path: "/v1/work-orders", Body: object{"id": id, "unit_id": w.Unit, "type": "works", "priority": "medium",
		"target": object{"kind": "area_element", "area_id": w.areas[bathrooms], "element": "floors"}, "program_line_id": w.line,
		"scheduled_start": start.Format(time.RFC3339), "scheduled_end": end.Format(time.RFC3339),
		"quantity": squareMetres, "measure_unit": "m2", "estimate": amount(worksCost)}})
	if err != nil {
		return "", err
	}
	w.works = "/v1/work-orders/" + id
	if err := d.is("state", "requested", "program_line_id", w.line, "target.element", "floors", "quantity", squareMetres, "measure_unit", "m2"); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: engineer, Path: w.works + "/approve"}, http.StatusConflict, "own-estimate", "requested"); err != nil {
		return "", err
	}
	w.mark("work_order", d)
	w.expect(figures{"work_orders.total": 1, "work_orders.open": 1, "work_orders.by_state.requested": 1, "work_orders.open_by_type.works": 1})
	return "scheduled from " + start.Format(time.DateOnly) + " to " + end.Format(time.DateOnly) + ", 60,000.00 MXN", w.checkMarked()
}

func (w *walk) assignFloors() (string, error) {
	if _, err := w.act(office, w.works+"/approve", nil, "approved"); err != nil {
		return "", err
	}
	d, err := w.act(contracts, w.works+"/assign", object{"contract_id": w.contract}, "assigned")
	if err == nil {
		err = d.is("committed.amount_cents", worksCost, "contractor_id", w.Contractor)
	}
	if err != nil {
		return "", err
	}
	return "the estimate is committed", w.checkBudget(worksCost, 0)
}

func (w *walk) layFloors() (string, error) {
	if _, err := w.act(contractorA, w.works+"/start", nil, "in_progress"); err != nil {
		return "", err
	}
	d, err := w.act(contractorA, w.works+"/complete", object{"quantity_done": squareMetres, "cost": amount(worksCost)}, "completed")
	if err == nil {
		err = d.is("quantity_done", squareMetres, "awaiting.0", "unit_conformity", "awaiting.1", "technical_verification", "cost.amount_cents", worksCost)
	}
	return fmt.Sprintf("%g m²", squareMetres), err
}

func (w *walk) acceptFloors() (string, error) {
	d, err := w.act(director, w.works+"/accept", nil, "completed")
	if err == nil {
		err = d.is("awaiting.0", "technical_verification", "awaiting.1", nil)
	}
	if err != nil {
		return "", err
	}
	w.mark("work_order", d)
	w.expect(figures{"work_orders.by_state.requested": -1, "work_orders.by_state.completed": 1})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: director, Path: w.works + "/verify", Body: object{"result": "passed"}}, http.StatusForbidden, "role-not-allowed", ""); err != nil {
		return "", err
	}
	if d, err = w.act(engineer, w.works+"/verify", object{"result": "passed"}, "accepted"); err != nil {
		return "", err
	}
	if err := d.is("verification.result", "passed", "awaiting", nil); err != nil {
		return "", err
	}
	if err := w.checkBudget(-worksCost, worksCost); err != nil {
		return "", err
	}
	w.mark("work_order", d)
	w.expect(figures{"work_orders.open": -1, "work_orders.by_state.completed": -1, "work_orders.by_state.accepted": 1, "work_orders.open_by_type.works": -1,
		"works.accepted_orders": 1, "works.accepted_quantity.m2": squareMetres})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%g m² more", squareMetres), w.history(w.works, "work_order", "requested", "approved", "committed", "assigned", "started", "completed", "conformed", "verified", "accepted")
}

func closingSteps() []step {
	return []step{
		{"the delivery has its history, and 13 assets still", func(w *walk) (string, error) {
			_, ok, found, err := w.countAssets()
			if err == nil && !ok {
				err = fmt.Errorf("expected 13 assets of the delivery, found %s", found)
			}
			if err != nil {
				return "", err
			}
			return "", w.history(w.delivery, "delivery", "created", "dispatched", "received", "confirmed")
		}},
		{"the planner reads unit, office, state and nation once more", func(w *walk) (string, error) {
			return "each number is the one before and what was done", w.check()
		}},
	}
}
