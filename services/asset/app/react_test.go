package app_test

import (
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

const deliveryID = "0198b0c4-3b9e-7c2e-9d61-2b1f6a1d0001"

// confirmed is a delivery as its service publishes it: five beds accepted of six, one of them with a reservation, and three sets.
func confirmed(bed, set string) map[string]any {
	return map[string]any{"id": deliveryID, "unit_id": "BSIST000014", "office": "baja-california-sur", "region": "1", "state_code": "03",
		"state": "confirmed", "confirmed_at": "2025-08-08T18:00:00.000Z", "confirmed_by": "dir", "lines": []map[string]any{
			{"line": 1, "type_id": bed, "type_key": "hospital_bed", "category": "furniture", "tracking": "tagged", "dispatched": 6, "accepted": 4,
				"accepted_with_reservation": 1, "rejected": 1, "funding_source": map[string]any{"kind": "unknown"},
				"reservations": []map[string]any{{"reason": "no_manual", "quantity": 1, "due_on": "2025-08-23"}}},
			{"line": 2, "type_id": set, "type_key": "diagnostic_set", "category": "instruments", "tracking": "counted", "dispatched": 3, "accepted": 3,
				"funding_source": map[string]any{"kind": "unknown"}},
		}}
}

func TestConfirmedDeliveryGivesBirthOnce(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	set := s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "diagnostic_set", "name_es": "Estuche de diagnóstico", "category": "instruments", "tracking": "counted"})["id"].(string)
	w.Publish(t, event.Deliveries, "delivery.dispatched", 2, map[string]any{"id": deliveryID, "state": "dispatched"})
	// The same confirmation comes three times, then later versions of the delivery, then an old one: all of it changes nothing more.
	for range 3 {
		w.Publish(t, event.Deliveries, "delivery.confirmed", 4, confirmed(bed, set))
	}
	w.Publish(t, event.Deliveries, "delivery.place_followed", 5, confirmed(bed, set))
	w.Publish(t, event.Deliveries, "delivery.dispatched", 2, map[string]any{"id": deliveryID, "state": "dispatched"})
	// A second delivery, told after it on the same consumer, shows when all of that has been heard.
	second := confirmed(bed, set)
	second["id"] = "0198b0c4-3b9e-7c2e-9d61-2b1f6a1d0002"
	w.Publish(t, event.Deliveries, "delivery.confirmed", 3, second)
	servicetest.Eventually(t, "the stock of both deliveries", func() bool {
		stock := s.Items(planner, "/v1/stock?unit_id=BSIST000014")
		return len(stock) == 1 && stock[0].(map[string]any)["quantity"] == 6.0
	})
	born := s.Items(planner, "/v1/assets?delivery_id="+deliveryID)
	if len(born) != 5 {
		t.Fatalf("five beds were accepted, %d assets were born", len(born))
	}
	reserved := 0
	for _, b := range born {
		a := b.(map[string]any)
		if a["lifecycle"].(map[string]any)["value"] != "draft" || a["use"].(map[string]any)["reason"] != "not_installed" {
			t.Errorf("what is born is a draft, not installed; got %v", a)
		}
		if a["reservations"] != nil {
			reserved++
		}
	}
	if reserved != 1 {
		t.Errorf("one bed has a reservation, got %d", reserved)
	}
}

// order is a corrective work order as its service publishes it.
func order(id, asset, state string, version int64, restored string) (int64, map[string]any) {
	o := map[string]any{"id": id, "type": "corrective", "state": state, "target": map[string]any{"kind": "asset", "asset_id": asset},
		"reported_functioning": "not_working", "reported_at": "2025-08-08T18:00:00.000Z", "reported_by": "dir"}
	if state != "requested" {
		o["contractor_id"] = "c-1"
	}
	if restored != "" {
		o["restored_functioning"], o["restored_at"] = restored, "2025-08-09T18:00:00.000Z"
	}
	return version, o
}

func TestWorkOrderTellsWhetherTheAssetWorks(t *testing.T) {
	w, s := start(t)
	plant := s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "power_plant", "name_es": "Planta de energía", "category": "building_system", "tracking": "tagged"})["id"].(string)
	register(t, s)
	a := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": plant, "functioning": "working", "use": "in_use"})
	path, id := "/v1/assets/"+a["id"].(string), a["id"].(string)
	contractor := servicetest.As("con", "contractor@contractor:c-1")
	heard := func(state string, version int64, restored string) {
		v, o := order("o-1", id, state, version, restored)
		w.Publish(t, event.WorkOrders, "work_order."+state, v, o)
	}
	functioning := func(want string) func() bool {
		return func() bool {
			return s.Want(200, planner, "GET", path, nil).At("functioning.value") == want
		}
	}
	s.Want(404, contractor, "GET", path, nil)
	heard("requested", 1, "")
	servicetest.Eventually(t, "the plant does not work", functioning("not_working"))
	said := s.Want(200, director, "POST", path+"/report-functioning", map[string]any{"value": "working"})["functioning"].(map[string]any)
	if said["value"] != "not_working" || said["order_id"] != "o-1" {
		t.Fatalf("while an order is open its word stands, whatever is said by hand; got %v", said)
	}
	heard("assigned", 3, "")
	servicetest.Eventually(t, "its contractor sees it", func() bool { return s.Call(contractor, "GET", path, nil).Status == 200 })
	heard("completed", 6, "working")
	servicetest.Eventually(t, "the plant works again", functioning("working"))
	heard("accepted", 7, "working")
	servicetest.Eventually(t, "its contractor has no business with it any more", func() bool { return s.Call(contractor, "GET", path, nil).Status == 404 })
	// Late and repeated records: the outcome has moved on.
	before := s.Call(planner, "GET", path, nil)
	heard("in_progress", 4, "")
	heard("completed", 6, "working")
	v, o := order("o-2", id, "requested", 1, "")
	w.Publish(t, event.WorkOrders, "work_order.requested", v, o)
	servicetest.Eventually(t, "a second order stops it", functioning("not_working"))
	history := s.Items(planner, path+"/history")
	if got := len(history); got < 2 || before.Status != 200 {
		t.Fatalf("history of %d", got)
	}
	for _, h := range history {
		if e := h.(map[string]any); e["change"].(map[string]any)["to"] == "not_working" && e["change"].(map[string]any)["order_id"] == "o-1" && e["version"].(float64) > 3 {
			t.Errorf("a late record of the first order stopped the plant again: %v", e)
		}
	}
}

func TestOrderBeforeItsAssetWaits(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	id := "0198b0c4-3b9e-7c2e-9d61-2b1f6a1d0009"
	v, o := order("o-1", id, "requested", 1, "")
	w.Publish(t, event.WorkOrders, "work_order.requested", v, o)
	servicetest.Eventually(t, "the order is parked, waiting for its asset", func() bool {
		n, err := s.Dead.Count(caller.AsSystem(t.Context(), "test"), "asset.orders", 10)
		return err == nil && n == 1
	})
	s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"id": id, "unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-9"})
	servicetest.Eventually(t, "the asset's arrival drives the order again", func() bool {
		return s.Want(200, planner, "GET", "/v1/assets/"+id, nil).At("functioning.value") == "not_working"
	})
}

func TestAssetsFollowTheirUnit(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	for i := range 3 {
		s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": fmt.Sprint("T", i)})
	}
	sonora := servicetest.As("ing2", "biomedical_engineer@office:sonora")
	if n := len(s.Items(sonora, "/v1/assets")); n != 0 {
		t.Fatalf("the engineer of Sonora sees %d assets of Baja California Sur", n)
	}
	s.Want(200, admin, "PATCH", "/v1/units/BSIST000014", map[string]any{"office": "sonora", "state_code": "26"}, "If-Match", `"1"`)
	servicetest.Eventually(t, "the assets move to the other office", func() bool {
		return len(s.Items(sonora, "/v1/assets")) == 3
	})
	if n := len(s.Items(engineer, "/v1/assets")); n != 0 {
		t.Fatalf("the former office still sees %d", n)
	}
	// A delivery that was confirmed before it has followed the unit itself.
	w.Publish(t, event.Deliveries, "delivery.confirmed", 4, confirmed(bed, "0198b0c4-3b9e-7c2e-9d61-2b1f6a1d00aa"))
	servicetest.Eventually(t, "what it brings is where the unit is", func() bool { return len(s.Items(planner, "/v1/stock?unit_id=BSIST000014")) == 1 })
	if there, left := len(s.Items(planner, "/v1/stock?office=sonora")), len(s.Items(planner, "/v1/stock?office=baja-california-sur")); there != 1 || left != 0 {
		t.Errorf("by office the sheet is listed %d times where the unit is, and %d where it was", there, left)
	}
	if born, sheet := len(s.Items(sonora, "/v1/assets")), s.Items(planner, "/v1/stock?unit_id=BSIST000014")[0].(map[string]any); born != 8 || sheet["office"] != "sonora" {
		t.Errorf("the office of the unit sees %d assets, want 8; the stock sheet is one of %v", born, sheet["office"])
	}
}

func TestTwoInstances(t *testing.T) {
	w := servicetest.Open(t)
	store := servicetest.SQLite(t)
	a, b := w.Start(t, app.New, store), w.Start(t, app.New, store)
	bed := register(t, a)
	for i := range 20 {
		s := []*servicetest.Service{a, b}[i%2]
		s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": fmt.Sprint("T", i)})
	}
	w.Publish(t, event.Deliveries, "delivery.confirmed", 4, confirmed(bed, "0198b0c4-3b9e-7c2e-9d61-2b1f6a1d00aa"))
	servicetest.Eventually(t, "25 assets, seen from both", func() bool {
		return len(a.Items(planner, "/v1/assets?limit=200")) == 25 && len(b.Items(planner, "/v1/assets?limit=200")) == 25
	})
	servicetest.Eventually(t, "one receipt", func() bool { return len(b.Items(planner, "/v1/stock")) == 1 })
	if q := a.Items(planner, "/v1/stock")[0].(map[string]any)["quantity"]; q != 3.0 {
		t.Fatalf("three sets were received, the sheet says %v", q)
	}
}
