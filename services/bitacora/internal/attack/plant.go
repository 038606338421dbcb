package attack

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

const (
	vizcaino = "BSIST000026"
	sonora   = "SRIST000010"
	// plantType is the demonstration's type of power plants.
	plantType = "01941f29-7c00-7000-8000-000100000008"
)

// plant makes documents of every collection at three units of two offices and for both contractors, with words by which they are known again.
func (p *prober) plant() error {
	year := time.Now().Year()
	for _, office := range []string{"baja-california-sur", "sonora"} {
		p.secrets = append(p.secrets, secret{collection: "status/offices", id: office, places: []string{"office:" + office}})
	}
	contracts := map[string]string{}
	for _, contractor := range []string{devissuer.DemoContractorA, devissuer.DemoContractorB} {
		number := "SECRETO-" + contractor[len(contractor)-4:]
		made, err := p.make("contracts", "contracts", secret{places: []string{"contractor:" + contractor}, staff: true, marks: []string{number}},
			object{"number": number, "name": number, "kind": "maintenance", "contractor_id": contractor, "legal_regime": "other",
				"valid_from": fmt.Sprintf("%d-01-01", year-1), "valid_to": fmt.Sprintf("%d-12-31", year+1), "coverage": object{"nation": true},
				"lots": []object{{"fiscal_year": year, "lot": 1, "max_amount": cents(1_000_000_00)}, {"fiscal_year": year + 1, "lot": 1, "max_amount": cents(1_000_000_00)}}})
		if err != nil {
			return err
		}
		contracts[contractor] = made
		setup := demo.Setup{Client: p.patient, User: "admin"}
		if err := setup.Appoint(p.ctx, "attack/"+contractor, "", "contracts", made, fmt.Sprintf("%d-01-01", year-1)); err != nil {
			return err
		}
		p.secrets = append(p.secrets, secret{collection: "contractors", id: contractor, places: []string{"contractor:" + contractor}, staff: true})
	}
	for _, at := range []struct{ unit, office, requester, contractor string }{
		{demo.SantaRosalia, "baja-california-sur", "engineer-bcs", devissuer.DemoContractorA},
		{vizcaino, "baja-california-sur", "engineer-bcs", devissuer.DemoContractorB},
		{sonora, "sonora", "engineer-sonora", ""},
	} {
		own := []string{"unit:" + at.unit, "office:" + at.office}
		p.secrets = append(p.secrets, secret{collection: "units", id: at.unit, places: own}, secret{collection: "status/units", id: at.unit, places: own})
		theirs := own
		if at.contractor != "" {
			theirs = append([]string{"contractor:" + at.contractor}, own...)
		}
		asset, err := p.make("assets", "admin", secret{places: theirs, marks: []string{"SECRETO-equipo-" + at.unit}},
			object{"unit_id": at.unit, "type_id": plantType, "functioning": "working", "use": "in_use", "brand": "SECRETO-equipo-" + at.unit})
		if err != nil {
			return err
		}
		order, err := p.make("work-orders", at.requester, secret{places: theirs, marks: []string{"SECRETO-queja-" + at.unit}},
			object{"unit_id": at.unit, "type": "corrective", "priority": "medium", "target": object{"kind": "asset", "asset_id": asset},
				"reported_functioning": "limited", "complaint": "SECRETO-queja-" + at.unit, "estimate": cents(1000_00)})
		if err != nil {
			return err
		}
		// What the register hears of the order changes the asset: it is waited for, so that it is not taken for a probe's doing.
		heard := "auditor"
		if at.contractor != "" {
			heard = map[string]string{devissuer.DemoContractorA: "contractor-a", devissuer.DemoContractorB: "contractor-b"}[at.contractor]
			if _, err := ask(p.ctx, p.patient, "office-bcs", http.MethodPost, "/v1/work-orders/"+order+"/approve", object{}); err != nil {
				return err
			}
			if _, err := ask(p.ctx, p.patient, "contracts", http.MethodPost, "/v1/work-orders/"+order+"/assign",
				object{"contract_id": contracts[at.contractor], "committed": cents(1000_00)}); err != nil {
				return err
			}
		}
		if err := p.told(heard, "/v1/assets/"+asset); err != nil {
			return err
		}
		body := object{"unit_id": at.unit, "delivery_note": "SECRETO-nota-" + at.unit, "lines": []object{{"type_id": plantType, "quantity": 1}}}
		if at.contractor != "" {
			body["supplier_id"] = at.contractor
		}
		if _, err := p.make("deliveries", "contracts", secret{places: theirs, marks: []string{"SECRETO-nota-" + at.unit}}, body); err != nil {
			return err
		}
	}
	return nil
}

// told waits until a user sees a document in a second version.
func (p *prober) told(user, path string) error {
	err := client.Until(p.ctx, time.Minute, func() (bool, error) {
		a, err := p.patient.Do(p.ctx, client.Request{User: user, Method: http.MethodGet, Path: path})
		return err == nil && a.Status == http.StatusOK && a.Version() > 1, err
	})
	if errors.Is(err, client.ErrLate) {
		return fmt.Errorf("%s: the register does not hear of its order", path)
	}
	return err
}

func cents(n int) object { return object{"amount_cents": n, "currency": "MXN"} }

// make registers a document and keeps it as a secret, whose id is one of its marks.
func (p *prober) make(collection, user string, s secret, body object) (id string, err error) {
	made, err := ask(p.ctx, p.patient, user, http.MethodPost, "/v1/"+collection, body)
	if err != nil {
		return "", err
	}
	id, _ = made["id"].(string)
	s.collection, s.id, s.marks = collection, id, append(s.marks, id)
	p.secrets = append(p.secrets, s)
	return id, nil
}
