package attack

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// What is told apart by one service in two documents, or by two services: races of which either side may win, but not both.

func post(user, path string, body any) client.Request {
	return client.Request{User: user, Method: http.MethodPost, Path: path, Body: body}
}

// done counts what was done of the answers that pick chooses, and takes note of what is the house's fault.
func (x *racer) done(what string, answers []*client.Answer, pick func(i int) bool) (n int) {
	for i, a := range answers {
		switch {
		case !pick(i):
		case a.Status < 300:
			n++
		case a.Status >= 500:
			x.r.found("%s: %s", what, a)
		}
	}
	return n
}

func even(i int) bool { return i%2 == 0 }
func odd(i int) bool  { return i%2 == 1 }

// unit registers a unit of its own, in the state of Santa Rosalía, and answers its path.
func (x *racer) unit() (id, path string, err error) {
	x.units++
	id = fmt.Sprintf("BSIST%06d", 800_000+x.units)
	_, err = ask(x.ctx, x.patient, "admin", http.MethodPost, "/v1/units", object{"clues": id, "name": "Carrera"})
	return id, "/v1/units/" + id, err
}

// closing: a unit is closed, or something is registered in it, never both.
func (x *racer) closing() error {
	id, path, err := x.unit()
	if err != nil {
		return err
	}
	answers, err := x.all(func(i int) client.Request {
		if odd(i) {
			return client.Request{User: "admin", Method: http.MethodPatch, Path: path, Version: 1, Body: object{"operation_state": "closed"}}
		}
		return post("admin", "/v1/assets", bed(object{"unit_id": id}))
	})
	if err != nil {
		return err
	}
	closed, registered := x.done("closing", answers, odd), x.done("registering", answers, even)
	now, err := ask(x.ctx, x.patient, "admin", http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if (now["operation_state"] == "closed") != (closed == 1) || closed > 1 || (closed == 1) == (registered > 0) {
		x.r.found("%s is %v: closed %d times, and %d assets were registered in it: %v", id, now["operation_state"], closed, registered, answers)
	}
	return nil
}

// retiring: an asset is retired once, or voided; an order requested in the same moment is there, and changes nothing of that.
func (x *racer) retiring() error {
	made, err := ask(x.ctx, x.patient, "admin", http.MethodPost, "/v1/assets", bed(nil))
	if err != nil {
		return err
	}
	path := fmt.Sprint("/v1/assets/", made["id"])
	request := post("requester-santa-rosalia", "/v1/work-orders", object{"unit_id": demo.SantaRosalia, "type": "corrective", "priority": "medium",
		"target": object{"kind": "asset", "asset_id": made["id"]}, "reported_functioning": "limited"})
	if err := x.patient.Get(x.ctx, "admin", path, nil); err != nil {
		return err
	}
	answers, err := x.all(func(i int) client.Request {
		switch i % 4 {
		case 1:
			return post("engineer-bcs", path+"/retire", object{"reason": "obsolete"})
		case 3:
			return post("admin", path+"/void", object{"reason": "duplicate"})
		}
		return request
	})
	if err != nil {
		return err
	}
	ended, ordered := x.done("retiring", answers, odd), x.done("ordering", answers, even)
	switch {
	case ended > 1:
		x.r.found("one asset was retired and voided %d times: %v", ended, answers)
	case ended == 0 && ordered == 0:
		x.r.found("an asset is neither retired nor ordered on: %v", answers)
	case ended == 0:
		return nil
	}
	// The other service hears of it, and takes no more orders; the register keeps to it whatever it hears of those that were.
	err = client.Until(x.ctx, time.Minute, func() (bool, error) {
		request.Key = uuid.NewString()
		a, err := x.once.Do(x.ctx, request)
		return err == nil && a.Status >= 400 && a.Status < 500 && a.Problem().Rule() != "reference-unknown", err
	})
	if err != nil {
		x.r.found("orders are taken on a retired asset: %v", err)
	}
	now, err := ask(x.ctx, x.patient, "admin", http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if lifecycle, _ := now["lifecycle"].(object); lifecycle["value"] != "retired" {
		x.r.found("a retired asset is %v: %v", now["lifecycle"], answers)
	}
	return nil
}

// appointing: whose appointment ended commits no more; what was committed until then is in the budget, and nothing else.
func (x *racer) appointing() error {
	id, appointment, err := x.contract(1_000_000_00)
	if err != nil {
		return err
	}
	paths, err := x.approved(racing + 1)
	if err != nil {
		return err
	}
	commit := func(i int) client.Request {
		return post("contracts", paths[i]+"/assign", object{"contract_id": id, "committed": cents(600_00)})
	}
	answers, err := x.all(func(i int) client.Request {
		if i == racing/2 {
			return post("admin", "/v1/appointments/"+appointment+"/end", object{})
		}
		return commit(i)
	})
	if err != nil {
		return err
	}
	isEnd := func(i int) bool { return i == racing/2 }
	if x.done("ending an appointment", answers, isEnd) != 1 {
		x.r.found("an appointment is not ended: %s", answers[racing/2])
	}
	late, err := x.once.Do(x.ctx, commit(racing))
	if err != nil {
		return err
	}
	if late.Status != http.StatusForbidden {
		x.r.found("committed after the appointment had ended: %s", late)
	}
	return x.committed(id, 600_00*x.done("committing", answers, func(i int) bool { return !isEnd(i) }), answers)
}

// committed holds what a contract's budgets say is committed against what was.
func (x *racer) committed(contract string, want int, answers []*client.Answer) error {
	var told struct {
		Items []struct {
			Committed struct {
				Cents int `json:"amount_cents"`
			} `json:"committed"`
		} `json:"items"`
	}
	if err := x.patient.Get(x.ctx, "auditor", "/v1/contracts/"+contract+"/budgets", &told); err != nil {
		return err
	}
	sum := 0
	for _, b := range told.Items {
		sum += b.Committed.Cents
	}
	if sum != want || len(told.Items) == 0 {
		x.r.found("the budgets of %s have %d committed, of %d: %v", contract, sum, want, answers)
	}
	return nil
}

// amending: a lot's maximum is lowered, or committed to the full, never both.
func (x *racer) amending() error {
	id, _, err := x.contract(1000_00)
	if err != nil {
		return err
	}
	paths, err := x.approved(racing)
	if err != nil {
		return err
	}
	year := time.Now().Year()
	return x.run("lowered or committed", func(i int) client.Request {
		if i == 0 {
			return post("contracts", "/v1/contracts/"+id+"/amend", object{"fiscal_year": year, "max_amount": cents(500_00), "dated": fmt.Sprintf("%d-01-02", year),
				"reference": "CM-01", "reason": "reduction"})
		}
		return post("contracts", paths[i]+"/assign", object{"contract_id": id, "committed": cents(600_00)})
	})
}

// confirming: a delivery is confirmed once, and what was accepted becomes assets once.
func (x *racer) confirming() error {
	made, err := ask(x.ctx, x.patient, "contracts", http.MethodPost, "/v1/deliveries", object{"unit_id": demo.SantaRosalia, "lines": []object{{"type_id": plantType, "quantity": 2}}})
	if err != nil {
		return err
	}
	path := fmt.Sprint("/v1/deliveries/", made["id"])
	for _, step := range [][2]string{{"contracts", "dispatch"}, {"director-santa-rosalia", "arrive"}} {
		if _, err := ask(x.ctx, x.patient, step[0], http.MethodPost, path+"/"+step[1], object{}); err != nil {
			return err
		}
	}
	if err := x.run("one confirmation", func(int) client.Request {
		return post("director-santa-rosalia", path+"/confirm", object{"lines": []object{{"line": 1, "accepted": 2}}})
	}); err != nil {
		return err
	}
	setup := demo.Setup{Client: x.patient, User: "auditor"}
	var assets []string
	if err := client.Until(x.ctx, time.Minute, func() (bool, error) {
		assets, err = setup.Listed(x.ctx, fmt.Sprint("/v1/assets?delivery_id=", made["id"]), nil)
		return len(assets) >= 2, err
	}); err != nil || len(assets) != 2 {
		x.r.found("%d assets of a delivery of 2: %v", len(assets), err)
	}
	return nil
}

// sameNames: of several with one key or name that is one's own, one is made.
func (x *racer) sameNames() error {
	unit, path, err := x.unit()
	if err != nil {
		return err
	}
	x.units++
	key, number, serial := fmt.Sprintf("BSIST%06d", 800_000+x.units), uuid.NewString(), uuid.NewString()
	id, _, err := x.contract(1000_00)
	if err != nil {
		return err
	}
	subject, err := x.patient.Subject("engineer-bcs")
	if err != nil {
		return err
	}
	if err := x.run("one unit", func(i int) client.Request {
		return post("admin", "/v1/units", object{"clues": key, "name": fmt.Sprint("Carrera ", i)})
	}); err != nil {
		return err
	}
	for what, request := range map[string]client.Request{
		"one area":            post("admin", path+"/add-area", object{"name": "Quirófano"}),
		"one contract number": post("contracts", "/v1/contracts", terms(number, 1000_00)),
		"one serial number":   post("admin", "/v1/assets", bed(object{"unit_id": unit, "brand": "B", "model": "M", "serial_number": serial})),
		"one appointment": post("admin", "/v1/appointments", object{"contract_id": id, "lot": 1, "subject": subject, "places": []string{"nation"},
			"from": "2025-01-01"}),
	} {
		if err := x.run(what, func(int) client.Request { return request }); err != nil {
			return err
		}
	}
	return nil
}

// terms are a contract of three years with one lot of the same maximum in each.
func terms(number string, most int) object {
	year := time.Now().Year()
	var lots []object
	for y := year - 1; y <= year+1; y++ {
		lots = append(lots, object{"fiscal_year": y, "lot": 1, "max_amount": cents(most)})
	}
	return object{"number": number, "name": "Carrera", "kind": "maintenance", "contractor_id": devissuer.DemoContractorA, "legal_regime": "other",
		"valid_from": fmt.Sprintf("%d-01-01", year-1), "valid_to": fmt.Sprintf("%d-12-31", year+1), "coverage": object{"nation": true}, "lots": lots}
}

// contract registers a contract of its own, for which the user contracts may commit.
func (x *racer) contract(most int) (id, appointment string, err error) {
	made, err := ask(x.ctx, x.patient, "contracts", http.MethodPost, "/v1/contracts", terms(uuid.NewString(), most))
	if err != nil {
		return "", "", err
	}
	id, appointment = fmt.Sprint(made["id"]), uuid.Must(uuid.NewV7()).String()
	setup := demo.Setup{Client: x.patient, User: "admin"}
	return id, appointment, setup.Appoint(x.ctx, "races/"+id, appointment, "contracts", id, fmt.Sprintf("%d-01-01", time.Now().Year()-1))
}

// approved requests so many orders, and has them approved.
func (x *racer) approved(n int) (paths []string, err error) {
	for range n {
		path, err := x.order()
		if err == nil {
			_, err = ask(x.ctx, x.patient, "engineer-bcs", http.MethodPost, path+"/approve", object{})
		}
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
