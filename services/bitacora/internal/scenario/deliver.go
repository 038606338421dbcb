package scenario

import (
	"fmt"
	"net/url"
	"time"
)

// prepared are the lines of the delivery as it is announced, found what the unit found of them: one bed damaged, the electrocardiograph
// without its manual.
func prepared() (lines list) {
	for _, g := range goods {
		line := object{"type_id": "{" + g.kind + "}", "quantity": g.quantity}
		if g.invented {
			line["invented"] = true
		}
		lines = append(lines, line)
	}
	return lines
}

const dueDays = 15

func found() (lines list) {
	for i, g := range goods {
		line := object{"line": i + 1, "accepted": g.quantity}
		switch i {
		case bedLine:
			line["accepted"] = g.quantity - 1
			line["rejections"] = list{object{"reason": "damaged", "quantity": 1}}
		case ecgLine:
			line = object{"line": i + 1, "reservations": list{object{"reason": "no_manual", "quantity": 1, "due_days": dueDays}}}
		}
		lines = append(lines, line)
	}
	return lines
}

// atLine is a path in a line of the delivery, counted from 0.
func atLine(i int, path string) string { return fmt.Sprintf("lines.%d.%s", i, path) }

// announced and confirmed are what an answer must say of the lines before and after the confirmation.
func announced() object {
	is := object{"announced": true, "id": "{delivery}"}
	for i, g := range goods {
		is[atLine(i, "type_key")], is[atLine(i, "dispatched")], is[atLine(i, "funding_source.kind")], is[atLine(i, "accepted")] = g.kind, g.quantity, "unknown", nil
	}
	return is
}

func confirmed() object {
	is := object{"accepted_in_full": nil, atLine(bedLine, "rejections.0.reason"): "damaged", atLine(bedLine, "rejections.0.quantity"): 1,
		atLine(ecgLine, "reservations.0.reason"): "no_manual", atLine(ecgLine, "reservations.0.quantity"): 1}
	for i, g := range goods {
		accepted, reserved, rejected := g.quantity, 0, 0
		switch i {
		case bedLine:
			accepted, rejected = g.quantity-1, 1
		case ecgLine:
			accepted, reserved = 0, 1
		}
		is[atLine(i, "accepted")], is[atLine(i, "accepted_with_reservation")], is[atLine(i, "rejected")], is[atLine(i, "missing")] = accepted, reserved, rejected, 0
	}
	return is
}

func deliverySteps() []step {
	const key, confirmKey = "scenario/delivery/{delivery}", "scenario/confirm/{delivery}"
	body := object{"id": "{delivery}", "unit_id": "{unit}", "delivery_note": "ESC-{delivery_end}", "lines": prepared()}
	other := object{"id": "{delivery}", "unit_id": "{unit}", "lines": list{object{"type_id": "{hospital_bed}", "quantity": 1}}}
	confirm, short := object{"lines": found()}, object{"lines": found()}
	short["lines"].(list)[0].(object)["accepted"] = 2
	return []step{
		{"a delivery of the article's seven lines is prepared", "17 items", deeds{
			call{as: contracts, post: "/v1/deliveries", key: key, body: body, state: "draft", is: announced()},
		}},
		{"the same request again is replayed, another one with its key refused", "", deeds{
			call{as: contracts, post: "/v1/deliveries", key: key, body: body, replayed: true, mark: "delivery"},
			call{as: contracts, post: "/v1/deliveries", key: key, body: other, refused: "422 idempotency-key-reused"},
			call{as: contracts, post: "/v1/deliveries", body: other, refused: "409 id-taken"},
			counted{"deliveries.total": 1, "deliveries.by_state.draft": 1},
		}},
		{"the delivery is dispatched", "", deeds{call{as: contracts, post: delivery + "/dispatch", state: "dispatched"}}},
		{"the director says that it has arrived", "", deeds{call{as: director, post: delivery + "/arrive", state: "arrived"}}},
		{"who may not confirm is refused", "planner 403, another unit's director 404, what does not add up 422", deeds{
			refusedTo("403 role-not-allowed", call{post: delivery + "/confirm", body: confirm}, planner, contractorA),
			refusedTo("404 not-found", call{post: delivery + "/confirm", body: confirm}, stranger),
			call{as: director, post: delivery + "/confirm", body: short, refused: "422 line-does-not-add-up"},
			call{as: stranger, get: delivery, refused: "404 not-found"},
		}},
		{"the director confirms the delivery", "1 bed rejected (damaged), the electrocardiograph with a reservation (no manual, due on {due_on})", deeds{
			call{as: director, post: delivery + "/confirm", key: confirmKey, body: confirm, state: "confirmed", is: confirmed(), mark: "delivery",
				notes: []string{"time_zone", "confirmed_at"}},
			does((*walk).noteDue),
			call{as: director, get: delivery, is: object{atLine(ecgLine, "reservations.0.due_on"): "{due_on}"}},
		}},
		{"the confirmation is repeated", "same key replayed, another one 409", deeds{
			call{as: director, post: delivery + "/confirm", key: confirmKey, body: confirm, replayed: true},
			call{as: director, post: delivery + "/confirm", body: confirm, refused: "409 transition-not-allowed confirmed"},
		}},
	}
}

// noteDue notes the day 15 days after the confirmation, by the unit's clock.
func (w *walk) noteDue() error {
	zone, err := time.LoadLocation(w.names["time_zone"])
	if err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, w.names["confirmed_at"])
	w.names["due_on"] = at.In(zone).AddDate(0, 0, dueDays).Format(time.DateOnly)
	return err
}

// born is how many assets of each type the delivery becomes.
var born = map[string]int{"hydraulic_operating_table": 1, "vaccine_refrigerator": 1, "hospital_bed": 5, "electrocardiograph": 1, "portable_aspirator": 1, "examination_lamp": 4}

const bornInAll = 13

func receivedSteps() []step {
	received := counted{"deliveries.by_state.draft": -1, "deliveries.by_state.confirmed": 1, "deliveries.items": 17, "deliveries.items_accepted": 15,
		"deliveries.items_accepted_with_reservation": 1, "deliveries.items_rejected": 1,
		"assets.total": bornInAll, "assets.draft": bornInAll, "assets.functioning_unknown": bornInAll, "assets.not_in_use": bornInAll}
	for kind, n := range born {
		received["by_type."+kind+".total"] = float64(n)
	}
	tag := object{"inventory_tag": "ESC-{bed_end}"}
	return []step{
		{"the nine serialised or tagged items and the 4 lamps become 13 assets", "5 beds, 4 lamps, table, refrigerator, electrocardiograph, aspirator; drafts, funding unknown", deeds{
			does((*walk).assetsBorn), call{as: stranger, get: bed, refused: "404 not-found"},
		}},
		{"the 3 diagnostic sets are on the stock sheet", "{stock}", deeds{does((*walk).stockReceived)}},
		{"the planner counts what was received", "17 items: 15 accepted, 1 with reservation, 1 rejected; 13 assets more, all drafts; 3 pieces more in stock", deeds{received}},
		{"a bed gets its inventory tag and becomes active", "12 drafts and 1 active, in service but while it is on loan; a unit that has them is not closed", deeds{
			call{as: director, get: bed},
			call{as: director, post: bed + "/activate", refused: "409 asset-incomplete draft"},
			call{as: director, patch: bed, body: tag, refused: "428 if-match-required"},
			call{as: director, patch: bed, version: asSeen, body: tag, is: tag},
			call{as: director, patch: bed, version: 1, body: object{"brand": "otra"}, refused: "412 stale-version"},
			call{as: director, post: bed + "/activate", is: object{"lifecycle.value": "active", "in_service": false}, mark: "asset"},
			counted{"assets.draft": -1, "assets.active": 1, "by_type.hospital_bed.active": 1},
			history{bed, "asset", "registered details_changed activated"},
			// It is the unit's all the time, and in service only while it is there. A unit that has assets is not closed, wherever they are.
			report("functioning", "working", false), counted{"assets.functioning_unknown": -1, "assets.working": 1},
			report("use", "in_use", true), counted{"assets.not_in_use": -1, "assets.in_service": 1, "by_type.hospital_bed.in_service": 1},
			report("custody", "on_loan", false), counted{"assets.away": 1, "assets.in_service": -1, "by_type.hospital_bed.in_service": -1},
			report("custody", "at_unit", true), counted{"assets.away": -1, "assets.in_service": 1, "by_type.hospital_bed.in_service": 1},
			call{as: admin, get: unit},
			call{as: admin, patch: unit, version: asSeen, body: object{"operation_state": "closed"}, refused: "409 assets-remain open"},
		}},
	}
}

func report(fact, value string, inService bool) call {
	return call{as: director, post: bed + "/report-" + fact, body: object{"value": value}, is: object{fact + ".value": value, "in_service": inService}, mark: "asset"}
}

// countAssets lists the delivery's assets, some at a time, and compares their number by type.
func (w *walk) countAssets() ([]object, error) {
	items, err := w.pages(director, "/v1/assets?delivery_id="+w.names["delivery"], 5)
	if err != nil {
		return nil, err
	}
	byType := map[string]int{}
	for _, a := range items {
		byType[fmt.Sprint(a["type_key"])]++
	}
	ok := len(items) == bornInAll
	for kind, n := range born {
		ok = ok && byType[kind] == n
	}
	if !ok {
		err = fmt.Errorf("expected 13 assets of the delivery, found %d assets: %v", len(items), byType)
	}
	return items, err
}

func (w *walk) assetsBorn() error {
	var items []object
	err := w.eventually("13 assets born of the delivery", func() (ok bool, found string, err error) {
		items, err = w.countAssets()
		return err == nil, fmt.Sprint(err), nil
	})
	if err != nil {
		return err
	}
	for _, item := range items {
		id, kind := fmt.Sprint(item["id"]), fmt.Sprint(item["type_key"])
		is := object{"unit_id": "{unit}", "origin.delivery_id": "{delivery}", "lifecycle.value": "draft", "functioning.value": "unknown", "use.value": "not_in_use",
			"custody.value": "at_unit", "in_service": false, "funding_source.kind": "unknown", "reservations.0": nil}
		switch kind {
		case goods[ecgLine].kind:
			delete(is, "reservations.0")
			is["reservations.0.reason"], is["reservations.0.due_on"], is["reservations.1"] = "no_manual", "{due_on}", nil
		case goods[bedLine].kind:
			w.names["bed"], w.names["bed_end"] = id, id[24:]
		}
		if err := (call{as: director, get: "/v1/assets/" + id, is: is, mark: "asset"}).do(w); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// receipt looks for this delivery's receipt in a stock line's history, from a page on, and checks how much it is. It answers the page to go
// on from.
func (w *walk) receipt(path, cursor string, quantity int) (found bool, from string, err error) {
	for {
		query := url.Values{"limit": {"200"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		history, err := w.get(auditor, path+"/history?"+query.Encode())
		if err != nil {
			return false, cursor, err
		}
		events, _ := history.at("items").(list)
		for i := range events {
			change := fmt.Sprintf("items.%d.change.", i)
			if history.text(change+"delivery_id") == w.names["delivery"] {
				return true, cursor, w.compare(history, object{change + "quantity": quantity})
			}
		}
		next := history.text("next_cursor")
		if next == "" {
			return false, cursor, nil
		}
		cursor = next
	}
}

func (w *walk) stockReceived() error {
	set := goods[setLine]
	var item *doc
	cursor := "" // pages of the history that were searched are not searched again
	err := w.eventually("3 diagnostic sets more on the stock sheet", func() (found bool, state string, err error) {
		page, err := w.get(director, "/v1/stock?type_key="+set.kind+"&unit_id="+url.QueryEscape(w.Unit))
		if err != nil || page.at("items.0") == nil {
			return false, "no line", err
		}
		path := "/v1/stock/" + page.text("items.0.id")
		// Which of the receipts is this delivery's is in the history; how many there are in all follows from the figures before.
		if found, cursor, err = w.receipt(path, cursor, set.quantity); err != nil || !found {
			return false, "no receipt of this delivery's", err
		}
		item, err = w.get(director, path) // behind its history, so that it holds the receipt
		return err == nil, "", err
	})
	if err != nil {
		return err
	}
	w.mark("stock_item", item)
	more := changed{"stock.quantity": float64(set.quantity)}
	quantity, _ := item.at("quantity").(float64)
	if quantity == float64(set.quantity) { // the first ever of this unit
		more["stock.lines"] = 1
	}
	w.names["stock"] = fmt.Sprintf("%g now; %g lines with %g pieces before", quantity, w.before["unit"]["stock.lines"], w.before["unit"]["stock.quantity"])
	return more.do(w)
}
