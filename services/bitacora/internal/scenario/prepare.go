package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

const (
	bathrooms, engineRoom = "Baños", "Casa de máquinas"
	powerPlant            = "power_plant"
)

// goods are the lines of the delivery. The last two quantities are invented: the source names the goods without a number.
var goods = []struct {
	kind     string
	quantity int
	invented bool
}{
	{"hydraulic_operating_table", 1, false}, {"vaccine_refrigerator", 1, false}, {"hospital_bed", 6, false}, {"electrocardiograph", 1, false},
	{"portable_aspirator", 1, false}, {"examination_lamp", 4, true}, {"diagnostic_set", 3, true},
}

// The lines of which not everything is well, counted from 0, and the one of counted goods.
const bedLine, ecgLine, setLine = 2, 3, 6

func prepareSteps() []step {
	return []step{
		{"nobody is let in without a token", func(w *walk) (string, error) {
			return "", w.refused(client.Request{Method: http.MethodGet, Path: "/v1/units"}, http.StatusUnauthorized, "token-missing", "")
		}},
		{"the unit, its areas and the catalogue are there", (*walk).prepareCatalogue},
		{"the power plant is there, works and is in use", (*walk).preparePlant},
		{"a contract is registered with its budget, and who may spend it is appointed", (*walk).registerContract},
		{"the planner notes the figures before", (*walk).noteFigures},
	}
}

func (w *walk) prepareCatalogue() (string, error) {
	d, err := w.setup.Unit(w.ctx, w.Unit)
	if err != nil {
		return "", err
	}
	var u struct {
		Name   string `json:"name"`
		Office string `json:"office"`
		State  string `json:"state_code"`
		Own    bool   `json:"own"`
		Kind   string `json:"kind"`
	}
	if err := json.Unmarshal(d.Body, &u); err != nil {
		return "", err
	}
	w.office, w.state, w.counts = u.Office, u.State, u.Own && u.Kind == "medical_unit"
	for _, name := range []string{bathrooms, engineRoom} {
		if w.areas[name], err = w.setup.Area(w.ctx, w.Unit, name); err != nil {
			return "", err
		}
	}
	kinds := []string{powerPlant}
	for _, g := range goods {
		kinds = append(kinds, g.kind)
	}
	for _, k := range kinds {
		if w.types[k], err = w.setup.Type(w.ctx, k); err != nil {
			return "", err
		}
	}
	if err := w.setup.Contractor(w.ctx, w.Contractor, demo.ContractorName("A")); err != nil {
		return "", err
	}
	if w.program, err = w.setup.Program(w.ctx); err != nil {
		return "", err
	}
	if d, err = w.setup.Unit(w.ctx, w.Unit); err == nil { // once more: areas may have been added
		w.marks = append(w.marks, fmt.Sprintf("unit/%s@%d", w.Unit, d.Version))
	}
	return fmt.Sprintf("%s (%s), %d types", u.Name, w.Unit, len(kinds)), err
}

// preparePlant takes a power plant of the unit that works and on which nothing is under way, or registers one.
func (w *walk) preparePlant() (string, error) {
	sound := func(item json.RawMessage) bool {
		var a struct {
			InService bool              `json:"in_service"`
			Orders    []json.RawMessage `json:"open_orders"`
			Working   struct {
				Value string `json:"value"`
			} `json:"functioning"`
		}
		return json.Unmarshal(item, &a) == nil && a.InService && a.Working.Value == "working" && len(a.Orders) == 0
	}
	ids, err := w.setup.Listed(w.ctx, "/v1/assets?limit=200&type_key="+powerPlant+"&unit_id="+url.QueryEscape(w.Unit), sound)
	if err != nil {
		return "", err
	}
	said := "the one of the unit"
	if len(ids) > 0 {
		w.plant = ids[0]
	} else {
		d, err := w.write(client.Request{User: admin, Path: "/v1/assets", Body: object{"unit_id": w.Unit, "type_id": w.types[powerPlant],
			"area_id": w.areas[engineRoom], "functioning": "working", "use": "in_use"}})
		if err != nil {
			return "", err
		}
		w.plant, said = d.text("id"), "registered"
	}
	d, err := w.get(director, "/v1/assets/"+w.plant)
	if err != nil {
		return "", err
	}
	w.mark("asset", d)
	return said, d.is("in_service", true, "functioning.value", "working", "lifecycle.value", "active", "building_system", true)
}

// amount is money in cents.
func amount(cents int) object { return object{"amount_cents": cents, "currency": "MXN"} }

// The money of the walk, in cents without VAT.
const (
	ceiling     = 1_000_000_00
	repairLimit = 85_000_00
	repairCost  = 78_500_00
	worksCost   = 60_000_00
)

// budget is what a contract's budget must hold.
type budget struct{ committed, accrued int }

func (w *walk) registerContract() (string, error) {
	id, err := fresh()
	if err != nil {
		return "", err
	}
	year := w.Now().UTC().Year()
	// Years before and after: the year of an order is that of the unit's clock.
	var lots list
	for y := year - 1; y <= year+1; y++ {
		lots = append(lots, object{"fiscal_year": y, "lot": 1, "min_amount": amount(ceiling / 2), "max_amount": amount(ceiling)})
	}
	d, err := w.write(client.Request{User: contracts, Path: "/v1/contracts", Body: object{"id": id, "number": "ESC-" + id,
		"name": "Contrato Nacional de Mantenimiento 2025 (recorrido de prueba)", "kind": "maintenance", "contractor_id": w.Contractor, "legal_regime": "other",
		"open_contract": true, "valid_from": fmt.Sprintf("%d-01-01", year-1), "valid_to": fmt.Sprintf("%d-12-31", year+1),
		"coverage": object{"nation": true}, "lots": lots}})
	if err != nil {
		return "", err
	}
	w.contract = d.text("id")
	if w.contract != id {
		return "", fmt.Errorf("expected the id that was sent, %s, found %s", id, w.contract)
	}
	above := client.Request{User: contracts, Path: "/v1/contracts/" + id + "/amend", Body: object{"fiscal_year": year, "max_amount": amount(ceiling + ceiling/5 + 1),
		"dated": fmt.Sprintf("%d-01-01", year), "reference": "CM-01", "reason": "quantities"}}
	if err := w.refused(above, http.StatusConflict, "amendment-above-limit", ""); err != nil {
		return "", err
	}
	if err := w.appoint(); err != nil {
		return "", err
	}
	return "1,000,000.00 MXN a year, for who administers contracts to commit in the unit", w.checkBudget(0, 0)
}

// appoint lets the contract's administrator commit its money in the unit. Nobody appoints themselves.
func (w *walk) appoint() error {
	appointment := func(user string) (client.Request, error) {
		subject, err := w.Client.Subject(user)
		return client.Request{User: admin, Path: "/v1/appointments", Body: object{"contract_id": w.contract, "lot": 1, "subject": subject,
			"places": list{"unit:" + w.Unit}, "from": fmt.Sprintf("%d-01-01", w.Now().UTC().Year()-1)}}, err
	}
	own, err := appointment(admin)
	if err != nil {
		return err
	}
	if err := w.refused(own, http.StatusConflict, "own-appointment", ""); err != nil {
		return err
	}
	of, err := appointment(contracts)
	if err != nil {
		return err
	}
	d, err := w.write(of)
	if err != nil {
		return err
	}
	by := client.Request{User: contracts, Path: "/v1/appointments/" + d.text("id") + "/end"}
	return w.refused(by, http.StatusForbidden, "role-not-allowed", "")
}

// checkBudget adds to what must be committed and accrued, and compares.
func (w *walk) checkBudget(committed, accrued int) error {
	w.money.committed += committed
	w.money.accrued += accrued
	d, err := w.get(contracts, "/v1/contracts/"+w.contract+"/budgets")
	if err != nil {
		return err
	}
	sums := map[string]float64{}
	items, ok := d.at("items").(list)
	if !ok || len(items) != 3 {
		return fmt.Errorf("budgets of the contract: expected 3, found %.300s", d.Body)
	}
	for i := range items {
		for _, name := range []string{"ceiling", "committed", "accrued", "available"} {
			n, _ := d.at(fmt.Sprintf("items.%d.%s.amount_cents", i, name)).(float64)
			sums[name] += n
		}
	}
	for name, expected := range map[string]int{"ceiling": 3 * ceiling, "committed": w.money.committed, "accrued": w.money.accrued,
		"available": 3*ceiling - w.money.committed - w.money.accrued} {
		if sums[name] != float64(expected) {
			return fmt.Errorf("%s of the contract's budgets: expected %d cents, found %.0f", name, expected, sums[name])
		}
	}
	return nil
}

func (w *walk) noteFigures() (string, error) {
	marks := w.marks
	w.marks = nil
	if err := w.readBefore(marks...); err != nil {
		return "", err
	}
	if err := w.refused(client.Request{User: requester, Method: http.MethodGet, Path: "/v1/status/nation"}, http.StatusForbidden, "role-not-allowed", ""); err != nil {
		return "", err
	}
	said := fmt.Sprintf("assets in the unit: %.0f", w.before["unit"]["assets.total"])
	if nation, ok := w.before["nation"]; ok {
		said += fmt.Sprintf(", in the nation: %.0f", nation["assets.total"])
	}
	return said, nil
}
