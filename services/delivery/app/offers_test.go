package app_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/delivery/app"
)

// Whoever reads a delivery is offered just what they may do with it, in every state.
func TestWhatADeliveryOffersIsWhatIsCarriedOut(t *testing.T) {
	w, driver := servicetest.Servers(t)
	r := &servicetest.Rehearsal{Driver: driver}
	o := servicetest.Play(w.Start(t, app.New, r), r)
	learn(t, w)
	both := servicetest.As("s-both", "unit_director@unit:BSIST000014", "office_administrator@office:baja-california-sur")
	o.People = []string{director, stranger, servicetest.Requester, servicetest.Engineer, servicetest.FarEast, office, servicetest.Contracts, servicetest.Admin,
		planner, seller, rival, both}
	trackings := []string{"tagged", "counted"}
	o.Body = func(operation, _ string, doc servicetest.Document) any {
		switch operation {
		case "delivery.change":
			tracking := trackings[0]
			if doc.Text("lines.0.tracking") == tracking {
				tracking = trackings[1]
			}
			return map[string]any{"lines": []any{map[string]any{"line": 1, "tracking": tracking}}}
		case "delivery.confirm":
			return map[string]any{"lines": []any{map[string]any{"line": 1, "accepted": 2}}}
		case "delivery.cancel":
			return map[string]any{"reason": "ya no hace falta"}
		}
		return nil
	}
	for range 4 {
		d := create(t, o.Service, office, map[string]any{"unit_id": "BSIST000014", "supplier_id": supplier, "lines": lines(2)})
		o.Walk("/v1/deliveries/"+d["id"].(string), 10, func() {})
	}
	d := create(t, o.Service, director, map[string]any{"unit_id": "BSIST000014", "arrived_at": servicetest.Ago(0), "lines": lines(2)})
	o.Walk("/v1/deliveries/"+d["id"].(string), 10, func() {})
	o.Covered("/v1/deliveries/" + d["id"].(string))
}
