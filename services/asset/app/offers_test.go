package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

// offering is a service whose answers are held against what is carried out, for everybody who may know of a unit and its assets.
func offering(t *testing.T) (w *servicetest.World, o *servicetest.Offers) {
	t.Helper()
	w, driver := servicetest.Servers(t)
	r := &servicetest.Rehearsal{Driver: driver}
	o = servicetest.Play(w.Start(t, app.New, r), r)
	both := servicetest.As("s-both", "unit_director@unit:BSIST000014", "biomedical_engineer@office:baja-california-sur")
	national := servicetest.As("s-national", "biomedical_engineer@nation")
	elsewhere := servicetest.As("s-elsewhere", "unit_director@unit:BSIST000026", "planner@nation")
	o.People = []string{engineer, director, stranger, servicetest.Requester, servicetest.FarEast, office, servicetest.Contracts, admin, planner,
		servicetest.As("s-firm", "contractor@contractor:c-1"), servicetest.Technician, both, national, elsewhere}
	return w, o
}

// Whoever reads an asset is offered just what they may do with it: while it lacks its tag, once it is active, quarantined, with work under way,
// after that, retired and voided.
func TestWhatAnAssetOffersIsWhatIsCarriedOut(t *testing.T) {
	w, o := offering(t)
	s := o.Service
	bed := register(t, s)
	cot := s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "cot", "name_es": "Cuna", "category": "furniture", "tracking": "tagged"}).Text("id")
	said := 0
	o.Body = func(operation, _ string, doc servicetest.Document) any {
		said++
		switch operation {
		case "asset.change":
			if doc.At("inventory_tag") == nil {
				return map[string]any{"inventory_tag": "INV-" + doc.Text("id")}
			}
			return map[string]any{"brand": fmt.Sprint("marca ", said)}
		case "asset.report_functioning":
			return map[string]any{"value": []string{"working", "limited"}[said%2]}
		case "asset.report_use":
			switch {
			case doc.Text("lifecycle.value") == "active" && doc.Text("use.value") != "in_use":
				return map[string]any{"value": "in_use"}
			case doc.Text("use.reason") == "surplus":
				return map[string]any{"value": "not_in_use", "reason": "not_installed"}
			}
			return map[string]any{"value": "not_in_use", "reason": "surplus"}
		case "asset.report_custody":
			report := map[string]any{"value": "on_loan"}
			if doc.Text("custody.value") == "on_loan" {
				report["value"] = "at_unit"
			}
			if doc.At("custody.reported") == nil { // a late entry, of an engineer: the unit confirms it
				report["occurred_at"] = servicetest.Ago(10 * 24 * time.Hour)
			}
			return report
		case "asset.retire":
			return retirement
		case "asset.void":
			return mistake
		case "asset.retype":
			if doc.Text("type_id") == bed {
				return map[string]any{"type_id": cot}
			}
			return map[string]any{"type_id": bed}
		}
		return nil
	}
	o.Spared = []string{"asset.retire", "asset.void"} // what ends an asset is done below
	path := "/v1/assets/" + s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed}).Text("id")
	id := path[len("/v1/assets/"):]
	o.Walk(path, 14, func() {})
	w.Publish(t, event.WorkOrders, "work_order.assigned", 1, map[string]any{"id": "o-1", "folio": "OT-1", "type": "corrective", "state": "assigned", "contractor_id": "c-1",
		"target": map[string]any{"kind": "asset", "asset_id": id}, "reported_functioning": "not_working", "reported_at": servicetest.Ago(time.Hour), "reported_by": "req"})
	servicetest.Eventually(t, "the order", func() bool { return len(s.Want(200, planner, "GET", path, nil).Texts("open_orders")) == 1 })
	o.Check(path)
	hear(t, w, s, "o-1", 2, id, "cancelled", false)
	o.Check(path)
	s.Want(200, office, "POST", path+"/report-custody", map[string]any{"value": "in_transit", "occurred_at": servicetest.Ago(8 * 24 * time.Hour)})
	s.Want(200, office, "POST", path+"/retire", retirement)
	o.Check(path)
	mistaken := tagged(s, bed, "INV-2")
	o.Check("/v1/assets/" + mistaken)
	s.Want(200, engineer, "POST", "/v1/assets/"+mistaken+"/void", mistake)
	o.Check("/v1/assets/" + mistaken)
	o.Covered(path)
}

// Units and equipment types have no states that rule an operation out: who is offered what is a matter of roles and places.
func TestWhatAUnitAndATypeOfferIsWhatIsCarriedOut(t *testing.T) {
	_, o := offering(t)
	bed := register(t, o.Service)
	said := 0
	o.Body = func(operation, _ string, _ servicetest.Document) any {
		said++
		if operation == "equipment_type.change" {
			return map[string]any{"name_es": fmt.Sprint("Cama ", said)}
		}
		return map[string]any{"name": fmt.Sprint("Otro nombre ", said)}
	}
	for _, path := range []string{"/v1/units/BSIST000014", "/v1/equipment-types/" + bed} {
		o.Walk(path, 3, func() {})
		o.Covered(path)
	}
}
