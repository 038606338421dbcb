package scenario

import (
	"fmt"
	"net/http"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// complaint is what the requester writes; it must never leave the service of work orders.
const complaint = "La planta no arranca; huele a quemado"

func repairSteps() []step {
	return []step{
		{"staff of the unit ask for the repair of the power plant", (*walk).requestRepair},
		{"the power plant is not working", (*walk).plantStopped},
		{"the request is approved, by nobody else than who may", (*walk).approveRepair},
		{"who is appointed commits the contract's money, on the engineer's estimate: contractor A has the order", (*walk).commitRepair},
		{"contractor A sees the order and the power plant, contractor B neither", (*walk).contractorSees},
		{"the contractor takes note, arrives and begins", (*walk).beginRepair},
		{"the work is paused for want of parts, and goes on", (*walk).pauseRepair},
		{"service is restored: the power plant works again", (*walk).restorePlant},
		{"the contractor says that the work is done", (*walk).completeRepair},
		{"the director accepts the work", (*walk).acceptRepair},
	}
}

func (w *walk) requestRepair() (string, error) {
	id, err := fresh()
	if err != nil {
		return "", err
	}
	d, err := w.write(client.Request{User: requester, Path: "/v1/work-orders", Body: object{"id": id, "unit_id": w.Unit, "effect": "theatre_stopped",
		"target": object{"kind": "asset", "asset_id": w.plant}, "complaint": complaint}})
	if err != nil {
		return "", err
	}
	w.repair = "/v1/work-orders/" + id
	w.mark("work_order", d)
	w.expect(figures{"work_orders.total": 1, "work_orders.open": 1, "work_orders.open_urgent": 1, "work_orders.by_state.requested": 1, "work_orders.open_by_type.corrective": 1})
	return "folio " + d.text("folio"), d.is("id", id, "state", "requested", "unit_id", w.Unit, "reported_functioning", "not_working", "target.asset_id", w.plant,
		"type", "corrective", "priority", "urgent", "triage.row", "theatre-stopped")
}

func (w *walk) plantStopped() (string, error) {
	d, err := w.until(director, "/v1/assets/"+w.plant, "functioning.value", "not_working", "functioning.order_id", w.repair[len("/v1/work-orders/"):], "in_service", false)
	if err != nil {
		return "", err
	}
	w.mark("asset", d)
	w.expect(figures{"assets.working": -1, "assets.in_service": -1, "assets.not_working": 1, "by_type.power_plant.in_service": -1, "by_type.power_plant.not_working": 1})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	d, err = w.write(client.Request{User: director, Path: "/v1/assets/" + w.plant + "/report-functioning", Body: object{"value": "working"}})
	if err != nil {
		return "", err
	}
	w.mark("asset", d)
	return "1 not working more, 1 working less; what is said by hand does not override the open order",
		d.is("functioning.value", "not_working", "functioning.order_id", w.repair[len("/v1/work-orders/"):], "hands_on.value", "working")
}

func (w *walk) approveRepair() (string, error) {
	approve := w.repair + "/approve"
	for _, user := range []string{requester, director, planner, contractorA} {
		if err := w.refused(client.Request{User: user, Path: approve}, http.StatusForbidden, "role-not-allowed", ""); err != nil {
			return "", err
		}
	}
	if err := w.refused(client.Request{User: contracts, Path: w.repair + "/commit", Body: object{"contract_id": w.contract}},
		http.StatusConflict, "transition-not-allowed", "requested"); err != nil {
		return "", err
	}
	_, err := w.act(engineer, approve, nil, "approved")
	return "by the office's engineer", err
}

func (w *walk) commitRepair() (string, error) {
	commit := client.Request{User: contracts, Path: w.repair + "/commit", Body: object{"contract_id": w.contract}}
	if err := w.refused(commit, http.StatusConflict, "estimate-missing", "approved"); err != nil {
		return "", err
	}
	if _, err := w.act(engineer, w.repair+"/estimate", object{"estimate": amount(repairLimit)}, "approved"); err != nil {
		return "", err
	}
	for _, user := range []string{engineer, office} {
		if err := w.refused(client.Request{User: user, Path: commit.Path, Body: commit.Body}, http.StatusForbidden, "not-appointed", ""); err != nil {
			return "", err
		}
	}
	over := client.Request{User: contracts, Path: commit.Path, Body: object{"contract_id": w.contract, "committed": amount(repairLimit + 1)}}
	if err := w.refused(over, http.StatusConflict, "above-estimate", "approved"); err != nil {
		return "", err
	}
	if err := w.checkBudget(0, 0); err != nil {
		return "", err
	}
	d, err := w.act(contracts, commit.Path, commit.Body, "assigned")
	if err != nil {
		return "", err
	}
	if err := d.is("contractor_id", w.Contractor, "contract_id", w.contract, "committed.amount_cents", repairLimit, "funding_source.kind", "maintenance_contract",
		"funding_source.ref_id", w.contract); err != nil {
		return "", err
	}
	return "85,000.00 MXN committed; the engineer, who is not appointed, 403", w.checkBudget(repairLimit, 0)
}

func (w *walk) contractorSees() (string, error) {
	if _, err := w.get(contractorA, w.repair); err != nil {
		return "", err
	}
	if site, err := w.get(contractorA, w.repair+"/site"); err != nil || site.is("unit_id", w.Unit) != nil || site.text("name") == "" {
		return "", fmt.Errorf("the contractor does not learn where to go: %v, %w", site, err)
	}
	// That the contractor may see the asset follows from the order, which the asset's service hears of in its own time.
	err := w.eventually("the contractor sees the asset on its order", func() (bool, string, error) {
		a, err := w.Client.Do(w.ctx, client.Request{User: contractorA, Method: http.MethodGet, Path: "/v1/assets/" + w.plant})
		if err != nil {
			return false, "", err
		}
		return a.Status == http.StatusOK, a.String(), nil
	})
	if err != nil {
		return "", err
	}
	for _, path := range []string{w.repair, w.repair + "/history", w.repair + "/site", "/v1/assets/" + w.plant, "/v1/contracts/" + w.contract} {
		if err := w.refused(client.Request{User: contractorB, Method: http.MethodGet, Path: path}, http.StatusNotFound, "not-found", ""); err != nil {
			return "", err
		}
	}
	return "", w.refused(client.Request{User: contractorB, Path: w.repair + "/start"}, http.StatusNotFound, "not-found", "")
}

func (w *walk) beginRepair() (string, error) {
	for _, move := range [][2]string{{"acknowledge", "assigned"}, {"arrive", "assigned"}, {"start", "in_progress"}} {
		if _, err := w.act(contractorA, w.repair+"/"+move[0], nil, move[1]); err != nil {
			return "", err
		}
	}
	d, err := w.get(director, w.repair)
	if err != nil {
		return "", err
	}
	for _, instant := range []string{"requested_at", "approved_at", "assigned_at", "acknowledged_at", "arrived_at", "started_at"} {
		if d.text(instant) == "" {
			return "", fmt.Errorf("the order does not say %s", instant)
		}
	}
	return "", nil
}

func (w *walk) pauseRepair() (string, error) {
	d, err := w.act(contractorA, w.repair+"/hold", object{"reason": "awaiting_parts"}, "on_hold")
	if err == nil {
		err = d.is("hold.reason", "awaiting_parts")
	}
	if err != nil {
		return "", err
	}
	w.mark("work_order", d)
	w.expect(figures{"work_orders.by_state.requested": -1, "work_orders.by_state.on_hold": 1})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: contractorA, Path: w.repair + "/complete"}, http.StatusConflict, "transition-not-allowed", "on_hold"); err != nil {
		return "", err
	}
	d, err = w.act(contractorA, w.repair+"/resume", nil, "in_progress")
	if err == nil {
		err = d.is("hold", nil, "holds.0.reason", "awaiting_parts")
	}
	return "", err
}

func (w *walk) restorePlant() (string, error) {
	d, err := w.act(contractorA, w.repair+"/restore", object{"outcome": "full"}, "in_progress")
	if err == nil {
		err = d.is("restored_functioning", "working")
	}
	if err != nil {
		return "", err
	}
	w.mark("work_order", d)
	plant, err := w.until(director, "/v1/assets/"+w.plant, "functioning.value", "working", "in_service", true)
	if err != nil {
		return "", err
	}
	if err := plant.is("functioning.since", d.text("restored_at")); err != nil {
		return "", err
	}
	w.mark("asset", plant)
	w.expect(figures{"work_orders.by_state.on_hold": -1, "work_orders.by_state.in_progress": 1,
		"assets.working": 1, "assets.in_service": 1, "assets.not_working": -1, "by_type.power_plant.in_service": 1, "by_type.power_plant.not_working": -1})
	return "since " + d.text("restored_at"), w.checkMarked()
}

func (w *walk) completeRepair() (string, error) {
	if err := w.refused(client.Request{User: contractorA, Path: w.repair + "/complete", Body: object{"cost": amount(repairLimit + 1)}},
		http.StatusConflict, "cost-above-commitment", "in_progress"); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: contractorA, Path: w.repair + "/complete"}, http.StatusUnprocessableEntity, "cost-missing", ""); err != nil {
		return "", err
	}
	d, err := w.act(contractorA, w.repair+"/complete", object{"cost": amount(repairCost)}, "completed")
	if err == nil {
		err = d.is("awaiting.0", "unit_conformity", "awaiting.1", nil, "cost.amount_cents", repairCost)
	}
	return "78,500.00 MXN", err
}

func (w *walk) acceptRepair() (string, error) {
	accept := w.repair + "/accept"
	for _, r := range []struct {
		user, rule string
		status     int
	}{{planner, "role-not-allowed", http.StatusForbidden}, {contractorA, "role-not-allowed", http.StatusForbidden}, {stranger, "not-found", http.StatusNotFound}} {
		if err := w.refused(client.Request{User: r.user, Path: accept}, r.status, r.rule, ""); err != nil {
			return "", err
		}
	}
	d, err := w.act(director, accept, nil, "accepted")
	if err != nil {
		return "", err
	}
	if err := w.checkBudget(-repairLimit, repairCost); err != nil {
		return "", err
	}
	w.mark("work_order", d)
	w.expect(figures{"work_orders.open": -1, "work_orders.open_urgent": -1, "work_orders.open_by_type.corrective": -1,
		"work_orders.by_state.in_progress": -1, "work_orders.by_state.accepted": 1})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: director, Path: accept}, http.StatusConflict, "transition-not-allowed", "accepted"); err != nil {
		return "", err
	}
	return "nothing committed any more, 78,500.00 MXN accrued", w.history(w.repair, "work_order", "requested", "approved", "estimated", "committed", "assigned", "acknowledged", "arrived", "started",
		"held", "resumed", "restored", "completed", "conformed", "accepted")
}
