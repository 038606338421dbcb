package scenario

import (
	"fmt"
	"time"
)

// squareMetres of floor in the bathrooms; invented.
const squareMetres = 42.5

func worksSteps(now time.Time) []step {
	start := now.AddDate(0, 0, 7).Truncate(24 * time.Hour)
	end := start.AddDate(0, 0, 12)
	return []step{
		{"the office plans floors for the bathrooms in the programme", fmt.Sprintf("{name}: %g m²", squareMetres), deeds{
			call{as: office, post: "/v1/programs/{program}/add-line", body: object{"line_id": "{line}", "unit_id": "{unit}", "area_id": "{bathrooms}", "element": "floors",
				"description": "Sustitución de pisos en baños", "quantity": squareMetres, "measure_unit": "m2", "planned_start": "2025-08-01", "planned_end": "2025-12-15"},
				notes: []string{"name"}},
		}},
		{"the engineer asks for the works and may not approve the own estimate",
			"scheduled from " + start.Format(time.DateOnly) + " to " + end.Format(time.DateOnly) + ", 60,000.00 MXN", deeds{
				call{as: engineer, post: "/v1/work-orders", body: object{"id": "{works}", "unit_id": "{unit}", "type": "works", "priority": "medium",
					"target": object{"kind": "area_element", "area_id": "{bathrooms}", "element": "floors"}, "program_line_id": "{line}",
					"scheduled_start": start.Format(time.RFC3339), "scheduled_end": end.Format(time.RFC3339),
					"quantity": squareMetres, "measure_unit": "m2", "estimate": amount(worksCost)}, state: "requested",
					is: object{"program_line_id": "{line}", "target.element": "floors", "quantity": squareMetres, "measure_unit": "m2"}, mark: "work_order"},
				call{as: engineer, post: works + "/approve", refused: "409 own-estimate requested"},
				counted{"work_orders.total": 1, "work_orders.open": 1, "work_orders.by_state.requested": 1, "work_orders.open_by_type.works": 1},
			}},
		{"the office approves, contractor A is given the works", "the estimate is committed", deeds{
			call{as: office, post: works + "/approve", state: "approved"},
			call{as: contracts, post: works + "/assign", body: object{"contract_id": "{contract}"}, state: "assigned",
				is: object{"committed.amount_cents": worksCost, "contractor_id": "{contractor}"}},
			spent{committed: worksCost},
		}},
		{"the contractor lays the floors", fmt.Sprintf("%g m²", squareMetres), deeds{
			call{as: contractorA, post: works + "/start", state: "in_progress"},
			call{as: contractorA, post: works + "/complete", body: object{"quantity_done": squareMetres, "cost": amount(worksCost)}, state: "completed",
				is: object{"quantity_done": squareMetres, "awaiting.0": "unit_conformity", "awaiting.1": "technical_verification", "cost.amount_cents": worksCost}},
		}},
		{"the works are accepted: the unit's conformity, then the technical verification", fmt.Sprintf("%g m² more", squareMetres), deeds{
			call{as: director, post: works + "/accept", state: "completed", is: object{"awaiting.0": "technical_verification", "awaiting.1": nil}, mark: "work_order"},
			counted{"work_orders.by_state.requested": -1, "work_orders.by_state.completed": 1},
			call{as: director, post: works + "/verify", body: object{"result": "passed"}, refused: "403 role-not-allowed"},
			call{as: engineer, post: works + "/verify", body: object{"result": "passed"}, state: "accepted", is: object{"verification.result": "passed", "awaiting": nil}, mark: "work_order"},
			spent{-worksCost, worksCost},
			counted{"work_orders.open": -1, "work_orders.by_state.completed": -1, "work_orders.by_state.accepted": 1, "work_orders.open_by_type.works": -1,
				"works.accepted_orders": 1, "works.accepted_quantity.m2": squareMetres},
			history{works, "work_order", "requested approved committed assigned started completed conformed verified accepted"},
		}},
	}
}

func closingSteps() []step {
	return []step{
		{"the delivery has its history, and 13 assets still", "", deeds{
			does(func(w *walk) error {
				_, err := w.countAssets()
				return err
			}),
			history{delivery, "delivery", "created dispatched received confirmed"},
		}},
		{"the planner reads unit, office, state and nation once more", "each number is the one before and what was done", deeds{counted{}}},
	}
}
