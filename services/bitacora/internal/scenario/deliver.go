package scenario

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

func deliverySteps() []step {
	return []step{
		{"a delivery of the article's seven lines is prepared", (*walk).prepareDelivery},
		{"the same request again is replayed, another one with its key refused", (*walk).repeatDelivery},
		{"the delivery is dispatched", func(w *walk) (string, error) {
			_, err := w.act(contracts, w.delivery+"/dispatch", nil, "dispatched")
			return "", err
		}},
		{"the director says that it has arrived", func(w *walk) (string, error) {
			_, err := w.act(director, w.delivery+"/arrive", nil, "arrived")
			return "", err
		}},
		{"who may not confirm is refused", (*walk).confirmWrongly},
		{"the director confirms the delivery", (*walk).confirm},
		{"the confirmation is repeated", (*walk).confirmAgain},
	}
}

func (w *walk) prepareDelivery() (string, error) {
	id, err := fresh()
	if err != nil {
		return "", err
	}
	var lines list
	for _, g := range goods {
		line := object{"type_id": w.types[g.kind], "quantity": g.quantity}
		if g.invented {
			line["invented"] = true
		}
		lines = append(lines, line)
	}
	w.delivery = "/v1/deliveries/" + id
	w.confirmation = object{"id": id, "unit_id": w.Unit, "delivery_note": "ESC-" + id[len(id)-12:], "lines": lines}
	d, err := w.write(client.Request{User: contracts, Path: "/v1/deliveries", Key: w.key("delivery"), Body: w.confirmation})
	if err != nil {
		return "", err
	}
	if d.text("id") != id {
		return "", fmt.Errorf("expected the id that was sent, %s, found %s", id, d.text("id"))
	}
	total := 0
	for i, g := range goods {
		at := fmt.Sprintf("lines.%d.", i)
		if err := d.is(at+"type_key", g.kind, at+"dispatched", g.quantity, at+"funding_source.kind", "unknown", at+"accepted", nil); err != nil {
			return "", err
		}
		total += g.quantity
	}
	return fmt.Sprintf("%d items", total), d.is("state", "draft", "announced", true)
}

// key is the Idempotency-Key of something that this walk does once: the delivery's id is fresh, and so is the key.
func (w *walk) key(what string) string { return "scenario/" + what + w.delivery }

func (w *walk) repeatDelivery() (string, error) {
	again := client.Request{User: contracts, Path: "/v1/deliveries", Key: w.key("delivery"), Body: w.confirmation}
	d, err := w.write(again)
	if err != nil {
		return "", err
	}
	if d.Header.Get("Idempotency-Replayed") != "true" {
		return "", fmt.Errorf("the same request with the same key: expected Idempotency-Replayed: true, found %q", d.Header.Get("Idempotency-Replayed"))
	}
	w.mark("delivery", d)
	other := object{"unit_id": w.Unit, "id": w.confirmation["id"], "lines": list{object{"type_id": w.types["hospital_bed"], "quantity": 1}}}
	if err := w.refused(client.Request{User: contracts, Path: again.Path, Key: again.Key, Body: other}, http.StatusUnprocessableEntity, "idempotency-key-reused", ""); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: contracts, Path: again.Path, Key: uuid.NewString(), Body: other}, http.StatusConflict, "id-taken", ""); err != nil {
		return "", err
	}
	w.expect(figures{"deliveries.total": 1, "deliveries.by_state.draft": 1})
	return "", w.checkMarked()
}

// found is what the unit found of the delivery: one bed damaged, the electrocardiograph without its manual.
func found() object {
	var lines list
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
	return object{"lines": lines}
}

const dueDays = 15

func (w *walk) confirmWrongly() (string, error) {
	confirm := w.delivery + "/confirm"
	short := found()
	short["lines"].(list)[0].(object)["accepted"] = 2
	for _, r := range []struct {
		user, rule string
		status     int
		body       object
	}{
		{planner, "role-not-allowed", http.StatusForbidden, found()},
		{contractorA, "role-not-allowed", http.StatusForbidden, found()},
		{stranger, "not-found", http.StatusNotFound, found()},
		{director, "line-does-not-add-up", http.StatusUnprocessableEntity, short},
	} {
		if err := w.refused(client.Request{User: r.user, Path: confirm, Body: r.body}, r.status, r.rule, ""); err != nil {
			return "", err
		}
	}
	err := w.refused(client.Request{User: stranger, Method: http.MethodGet, Path: w.delivery}, http.StatusNotFound, "not-found", "")
	return "planner 403, another unit's director 404, what does not add up 422", err
}

func (w *walk) confirm() (string, error) {
	w.confirmKey = w.key("confirm")
	d, err := w.write(client.Request{User: director, Path: w.delivery + "/confirm", Key: w.confirmKey, Body: found()})
	if err != nil {
		return "", err
	}
	for i, g := range goods {
		at := fmt.Sprintf("lines.%d.", i)
		accepted, reserved, rejected := g.quantity, 0, 0
		switch i {
		case bedLine:
			accepted, rejected = g.quantity-1, 1
		case ecgLine:
			accepted, reserved = 0, 1
		}
		if err := d.is(at+"accepted", accepted, at+"accepted_with_reservation", reserved, at+"rejected", rejected, at+"missing", 0); err != nil {
			return "", err
		}
	}
	if w.dueOn, err = dueOn(d); err != nil {
		return "", err
	}
	bed, ecg := fmt.Sprintf("lines.%d.rejections.0.", bedLine), fmt.Sprintf("lines.%d.reservations.0.", ecgLine)
	err = d.is("state", "confirmed", "accepted_in_full", nil, bed+"reason", "damaged", bed+"quantity", 1,
		ecg+"reason", "no_manual", ecg+"quantity", 1, ecg+"due_on", w.dueOn)
	w.mark("delivery", d)
	return "1 bed rejected (damaged), the electrocardiograph with a reservation (no manual, due on " + w.dueOn + ")", err
}

// dueOn is the day 15 days after the confirmation, by the unit's clock.
func dueOn(d *doc) (string, error) {
	zone, err := time.LoadLocation(d.text("time_zone"))
	if err != nil {
		return "", err
	}
	at, err := time.Parse(time.RFC3339, d.text("confirmed_at"))
	if err != nil {
		return "", err
	}
	return at.In(zone).AddDate(0, 0, dueDays).Format(time.DateOnly), nil
}

func (w *walk) confirmAgain() (string, error) {
	again := client.Request{User: director, Path: w.delivery + "/confirm", Key: w.confirmKey, Body: found()}
	d, err := w.write(again)
	if err != nil {
		return "", err
	}
	if d.Header.Get("Idempotency-Replayed") != "true" {
		return "", fmt.Errorf("the same confirmation with the same key: expected Idempotency-Replayed: true, found %q", d.Header.Get("Idempotency-Replayed"))
	}
	again.Key = uuid.NewString()
	return "same key replayed, another one 409", w.refused(again, http.StatusConflict, "transition-not-allowed", "confirmed")
}

// born is how many assets of each type the delivery becomes.
var born = map[string]int{"hydraulic_operating_table": 1, "vaccine_refrigerator": 1, "hospital_bed": 5, "electrocardiograph": 1, "portable_aspirator": 1, "examination_lamp": 4}

const bornInAll = 13

func receivedSteps() []step {
	return []step{
		{"the nine serialised or tagged items and the 4 lamps become 13 assets", (*walk).assetsBorn},
		{"the 3 diagnostic sets are on the stock sheet", (*walk).stockReceived},
		{"the planner counts what was received", (*walk).countReceived},
		{"a bed gets its inventory tag and becomes active", (*walk).tagBed},
	}
}

func (w *walk) deliveryID() string { return fmt.Sprint(w.confirmation["id"]) }

// countAssets lists the delivery's assets, some at a time, and compares their number by type.
func (w *walk) countAssets() ([]object, bool, string, error) {
	items, err := w.pages(director, "/v1/assets?delivery_id="+w.deliveryID(), 5)
	if err != nil {
		return nil, false, "", err
	}
	byType := map[string]int{}
	for _, a := range items {
		byType[fmt.Sprint(a["type_key"])]++
	}
	ok := len(items) == bornInAll
	for kind, n := range born {
		ok = ok && byType[kind] == n
	}
	return items, ok, fmt.Sprintf("%d assets: %v", len(items), byType), nil
}

func (w *walk) assetsBorn() (string, error) {
	var items []object
	err := w.eventually("13 assets born of the delivery", func() (ok bool, found string, err error) {
		items, ok, found, err = w.countAssets()
		return ok, found, err
	})
	if err != nil {
		return "", err
	}
	for _, item := range items {
		d, err := w.get(director, "/v1/assets/"+fmt.Sprint(item["id"]))
		if err != nil {
			return "", err
		}
		reserved := any(nil)
		if d.text("type_key") == goods[ecgLine].kind {
			reserved = "no_manual"
			if err := d.is("reservations.0.due_on", w.dueOn); err != nil {
				return "", err
			}
		}
		if err := d.is("unit_id", w.Unit, "origin.delivery_id", w.deliveryID(), "lifecycle.value", "draft", "functioning.value", "unknown", "use.value", "not_in_use",
			"custody.value", "at_unit", "in_service", false, "funding_source.kind", "unknown", "reservations.0.reason", reserved, "reservations.1", nil); err != nil {
			return "", fmt.Errorf("%s %s: %w", d.text("type_key"), d.text("id"), err)
		}
		w.assets = append(w.assets, d.text("id"))
		w.mark("asset", d)
	}
	err = w.refused(client.Request{User: stranger, Method: http.MethodGet, Path: "/v1/assets/" + w.assets[0]}, http.StatusNotFound, "not-found", "")
	return "5 beds, 4 lamps, table, refrigerator, electrocardiograph, aspirator; drafts, funding unknown", err
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
			if history.text(change+"delivery_id") == w.deliveryID() {
				return true, cursor, history.is(change+"quantity", quantity)
			}
		}
		next, _ := history.at("next_cursor").(string)
		if next == "" {
			return false, cursor, nil
		}
		cursor = next
	}
}

func (w *walk) stockReceived() (string, error) {
	set := goods[setLine]
	lines, before := w.before["unit"]["stock.lines"], w.before["unit"]["stock.quantity"]
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
		return "", err
	}
	w.mark("stock_item", item)
	w.expect(figures{"stock.quantity": float64(set.quantity)})
	quantity, _ := item.at("quantity").(float64)
	if quantity == float64(set.quantity) { // the first ever of this unit
		w.expect(figures{"stock.lines": 1})
	}
	return fmt.Sprintf("%g now; %g lines with %g pieces before", quantity, lines, before), nil
}

func (w *walk) countReceived() (string, error) {
	w.expect(figures{"deliveries.by_state.draft": -1, "deliveries.by_state.confirmed": 1, "deliveries.items": 17, "deliveries.items_accepted": 15,
		"deliveries.items_accepted_with_reservation": 1, "deliveries.items_rejected": 1,
		"assets.total": bornInAll, "assets.draft": bornInAll, "assets.functioning_unknown": bornInAll, "assets.not_in_use": bornInAll})
	for kind, n := range born {
		w.expect(figures{"by_type." + kind + ".total": float64(n)})
	}
	return "17 items: 15 accepted, 1 with reservation, 1 rejected; 13 assets more, all drafts; 3 pieces more in stock", w.checkMarked()
}

func (w *walk) tagBed() (string, error) {
	bed := ""
	var d *doc
	var err error
	for _, id := range w.assets {
		if d, err = w.get(director, "/v1/assets/"+id); err != nil {
			return "", err
		}
		if d.text("type_key") == "hospital_bed" {
			bed = "/v1/assets/" + id
			break
		}
	}
	tag := object{"inventory_tag": "ESC-" + bed[len(bed)-12:]}
	patch := client.Request{User: director, Method: http.MethodPatch, Path: bed, Body: tag}
	if err := w.refused(client.Request{User: director, Path: bed + "/activate"}, http.StatusConflict, "asset-incomplete", "draft"); err != nil {
		return "", err
	}
	if err := w.refused(patch, http.StatusPreconditionRequired, "if-match-required", ""); err != nil {
		return "", err
	}
	patch.Version = d.Version()
	if d, err = w.write(patch); err != nil {
		return "", err
	}
	if err := d.is("inventory_tag", tag["inventory_tag"]); err != nil {
		return "", err
	}
	stale := patch
	stale.Body = object{"brand": "otra"}
	if err := w.refused(stale, http.StatusPreconditionFailed, "stale-version", ""); err != nil {
		return "", err
	}
	if d, err = w.write(client.Request{User: director, Path: bed + "/activate", Body: object{}}); err != nil {
		return "", err
	}
	if err := d.is("lifecycle.value", "active", "in_service", false); err != nil {
		return "", err
	}
	w.mark("asset", d)
	w.expect(figures{"assets.draft": -1, "assets.active": 1, "by_type.hospital_bed.active": 1})
	if err := w.checkMarked(); err != nil {
		return "", err
	}
	if err := w.history(bed, "asset", "registered", "details_changed", "activated"); err != nil {
		return "", err
	}
	return "12 drafts and 1 active, in service but while it is on loan; a unit that has them is not closed", w.lend(bed)
}
