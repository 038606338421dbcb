package scenario

// complaint is what the requester writes; it must never leave the service of work orders.
const complaint = "La planta no arranca; huele a quemado"

func repairSteps() []step {
	commit := call{as: contracts, post: repair + "/commit", body: object{"contract_id": "{contract}"}}
	return []step{
		{"staff of the unit ask for the repair of the power plant", "folio {folio}", deeds{
			call{as: requester, post: "/v1/work-orders", body: object{"id": "{repair}", "unit_id": "{unit}", "effect": "theatre_stopped",
				"target": object{"kind": "asset", "asset_id": "{plant}"}, "complaint": complaint}, state: "requested",
				is: object{"id": "{repair}", "unit_id": "{unit}", "reported_functioning": "not_working", "target.asset_id": "{plant}", "type": "corrective",
					"priority": "urgent", "triage.row": "theatre-stopped"}, mark: "work_order", notes: []string{"folio"}},
			changed{"work_orders.total": 1, "work_orders.open": 1, "work_orders.open_urgent": 1, "work_orders.by_state.requested": 1, "work_orders.open_by_type.corrective": 1},
		}},
		{"the power plant is not working", "1 not working more, 1 working less; what is said by hand does not override the open order", deeds{
			call{as: director, get: plant, is: object{"functioning.value": "not_working", "functioning.order_id": "{repair}", "in_service": false}, until: true, mark: "asset"},
			counted{"assets.working": -1, "assets.in_service": -1, "assets.not_working": 1, "by_type.power_plant.in_service": -1, "by_type.power_plant.not_working": 1},
			call{as: director, post: plant + "/report-functioning", body: object{"value": "working"},
				is: object{"functioning.value": "not_working", "functioning.order_id": "{repair}", "hands_on.value": "working"}, mark: "asset"},
		}},
		{"the request is approved, by nobody else than who may", "by the office's engineer", deeds{
			refusedTo("403 role-not-allowed", call{post: repair + "/approve"}, requester, director, planner, contractorA),
			refusedTo("409 transition-not-allowed requested", commit, contracts),
			call{as: engineer, post: repair + "/approve", state: "approved"},
		}},
		{"who is appointed commits the contract's money, on the engineer's estimate: contractor A has the order",
			"85,000.00 MXN committed; the engineer, who is not appointed, 403", deeds{
				refusedTo("409 estimate-missing approved", commit, contracts),
				call{as: engineer, post: repair + "/estimate", body: object{"estimate": amount(repairLimit)}, state: "approved"},
				refusedTo("403 not-appointed", commit, engineer, office),
				call{as: contracts, post: commit.post, body: object{"contract_id": "{contract}", "committed": amount(repairLimit + 1)}, refused: "409 above-estimate approved"},
				spent{},
				call{as: contracts, post: commit.post, body: commit.body, state: "assigned", is: object{"contractor_id": "{contractor}", "contract_id": "{contract}",
					"committed.amount_cents": repairLimit, "funding_source.kind": "maintenance_contract", "funding_source.ref_id": "{contract}"}},
				spent{committed: repairLimit},
			}},
	}
}

func repairedSteps() []step {
	return []step{
		{"contractor A sees the order and the power plant, contractor B neither", "", deeds{
			call{as: contractorA, get: repair},
			call{as: contractorA, get: repair + "/site", is: object{"unit_id": "{unit}", "name": some}},
			// That the contractor may see the asset follows from the order, which the asset's service hears of in its own time.
			call{as: contractorA, get: plant, until: true},
			hidden(contractorB, repair, repair+"/history", repair+"/site", plant, contract),
			call{as: contractorB, post: repair + "/start", refused: "404 not-found"},
		}},
		{"the contractor takes note, arrives and begins", "", deeds{
			call{as: contractorA, post: repair + "/acknowledge", state: "assigned"},
			call{as: contractorA, post: repair + "/arrive", state: "assigned"},
			call{as: contractorA, post: repair + "/start", state: "in_progress"},
			call{as: director, get: repair, is: object{"requested_at": some, "approved_at": some, "assigned_at": some, "acknowledged_at": some, "arrived_at": some, "started_at": some}},
		}},
		{"the work is paused for want of parts, and goes on", "", deeds{
			call{as: contractorA, post: repair + "/hold", body: object{"reason": "awaiting_parts"}, state: "on_hold", is: object{"hold.reason": "awaiting_parts"}, mark: "work_order"},
			counted{"work_orders.by_state.requested": -1, "work_orders.by_state.on_hold": 1},
			call{as: contractorA, post: repair + "/complete", refused: "409 transition-not-allowed on_hold"},
			call{as: contractorA, post: repair + "/resume", state: "in_progress", is: object{"hold": nil, "holds.0.reason": "awaiting_parts"}},
		}},
		{"service is restored: the power plant works again", "since {restored_at}", deeds{
			call{as: contractorA, post: repair + "/restore", body: object{"outcome": "full"}, state: "in_progress", is: object{"restored_functioning": "working"},
				mark: "work_order", notes: []string{"restored_at"}},
			call{as: director, get: plant, is: object{"functioning.value": "working", "functioning.since": "{restored_at}", "in_service": true}, until: true, mark: "asset"},
			counted{"work_orders.by_state.on_hold": -1, "work_orders.by_state.in_progress": 1,
				"assets.working": 1, "assets.in_service": 1, "assets.not_working": -1, "by_type.power_plant.in_service": 1, "by_type.power_plant.not_working": -1},
		}},
		{"the contractor says that the work is done", "78,500.00 MXN", deeds{
			call{as: contractorA, post: repair + "/complete", body: object{"cost": amount(repairLimit + 1)}, refused: "409 cost-above-commitment in_progress"},
			call{as: contractorA, post: repair + "/complete", refused: "422 cost-missing"},
			call{as: contractorA, post: repair + "/complete", body: object{"cost": amount(repairCost)}, state: "completed",
				is: object{"awaiting.0": "unit_conformity", "awaiting.1": nil, "cost.amount_cents": repairCost}},
		}},
		{"the director accepts the work", "nothing committed any more, 78,500.00 MXN accrued", deeds{
			refusedTo("403 role-not-allowed", call{post: repair + "/accept"}, planner, contractorA),
			refusedTo("404 not-found", call{post: repair + "/accept"}, stranger),
			call{as: director, post: repair + "/accept", state: "accepted", mark: "work_order"},
			spent{-repairLimit, repairCost},
			counted{"work_orders.open": -1, "work_orders.open_urgent": -1, "work_orders.open_by_type.corrective": -1,
				"work_orders.by_state.in_progress": -1, "work_orders.by_state.accepted": 1},
			call{as: director, post: repair + "/accept", refused: "409 transition-not-allowed accepted"},
			history{repair, "work_order", "requested approved estimated committed assigned acknowledged arrived started held resumed restored completed conformed accepted"},
		}},
	}
}
