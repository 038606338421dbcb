package scenario

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

const powerPlant = "power_plant"

// areas are those of the unit in which something happens, by the name that the table knows them by.
var areas = map[string]string{"bathrooms": "Baños", "engine_room": "Casa de máquinas"}

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

// amount is money in cents.
func amount(cents int) object { return object{"amount_cents": cents, "currency": "MXN"} }

// The money of the walk, in cents without VAT.
const (
	ceiling     = 1_000_000_00
	repairLimit = 85_000_00
	repairCost  = 78_500_00
	worksCost   = 60_000_00
)

// The documents of the walk.
const (
	unit     = "/v1/units/{unit}"
	plant    = "/v1/assets/{plant}"
	bed      = "/v1/assets/{bed}"
	contract = "/v1/contracts/{contract}"
	delivery = "/v1/deliveries/{delivery}"
	repair   = "/v1/work-orders/{repair}"
	works    = "/v1/work-orders/{works}"
)

func prepareSteps(year int) []step {
	before, after := fmt.Sprintf("%d-01-01", year-1), fmt.Sprintf("%d-12-31", year+1)
	// Years before and after: the year of an order is that of the unit's clock.
	var lots list
	for y := year - 1; y <= year+1; y++ {
		lots = append(lots, object{"fiscal_year": y, "lot": 1, "min_amount": amount(ceiling / 2), "max_amount": amount(ceiling)})
	}
	appoint := func(subject string) object {
		return object{"contract_id": "{contract}", "lot": 1, "subject": subject, "places": list{"unit:{unit}"}, "from": before}
	}
	return []step{
		{"nobody is let in without a token", "", deeds{call{get: "/v1/units", refused: "401 token-missing"}}},
		{"the unit, its areas and the catalogue are there", "{unit_name} ({unit}), {types} types", deeds{does((*walk).prepareCatalogue)}},
		{"the power plant is there, works and is in use", "{which_plant}", deeds{
			does((*walk).preparePlant),
			call{as: director, get: plant, is: object{"in_service": true, "functioning.value": "working", "lifecycle.value": "active", "building_system": true}, mark: "asset"},
		}},
		{"a contract is registered with its budget, and who may spend it is appointed", "1,000,000.00 MXN a year, for who administers contracts to commit in the unit", deeds{
			call{as: contracts, post: "/v1/contracts", body: object{"id": "{contract}", "number": "ESC-{contract}", "name": "Contrato Nacional de Mantenimiento 2025 (recorrido de prueba)",
				"kind": "maintenance", "contractor_id": "{contractor}", "legal_regime": "other", "open_contract": true, "valid_from": before, "valid_to": after,
				"coverage": object{"nation": true}, "lots": lots}, is: object{"id": "{contract}"}},
			call{as: contracts, post: contract + "/amend", body: object{"fiscal_year": year, "max_amount": amount(ceiling + ceiling/5 + 1),
				"dated": fmt.Sprintf("%d-01-01", year), "reference": "CM-01", "reason": "quantities"}, refused: "409 amendment-above-limit"},
			call{as: admin, post: "/v1/appointments", body: appoint("{admin_subject}"), refused: "409 own-appointment"}, // nobody appoints themselves
			call{as: admin, post: "/v1/appointments", body: appoint("{contracts_subject}"), notes: []string{"id"}},
			call{as: contracts, post: "/v1/appointments/{id}/end", refused: "403 role-not-allowed"},
			spent{},
		}},
		{"the planner notes the figures before", "assets in the unit: {assets_before}", deeds{
			does((*walk).readBefore), call{as: requester, get: "/v1/status/nation", refused: "403 role-not-allowed"},
		}},
	}
}

func (w *walk) prepareCatalogue() error {
	var err error
	for name, area := range areas {
		if w.names[name], err = w.setup.Area(w.ctx, w.Unit, area); err != nil {
			return err
		}
	}
	kinds := []string{powerPlant}
	for _, g := range goods {
		kinds = append(kinds, g.kind)
	}
	for _, k := range kinds {
		if w.names[k], err = w.setup.Type(w.ctx, k); err != nil {
			return err
		}
	}
	for _, user := range []string{admin, contracts} {
		if w.names[user+"_subject"], err = w.Client.Subject(user); err != nil {
			return err
		}
	}
	if err := w.setup.Contractor(w.ctx, w.Contractor, demo.ContractorName("A")); err != nil {
		return err
	}
	if w.names["program"], err = w.setup.Program(w.ctx); err != nil {
		return err
	}
	d, err := w.get(admin, "/v1/units/"+url.PathEscape(w.Unit)) // now with its areas
	if err != nil {
		return err
	}
	w.names["unit_name"], w.names["office"], w.names["state"], w.names["types"] = d.text("name"), d.text("office"), d.text("state_code"), fmt.Sprint(len(kinds))
	w.counts = d.at("own") == true && d.text("kind") == "medical_unit"
	w.mark("unit", d)
	return nil
}

// preparePlant takes a power plant of the unit that works and on which nothing is under way, or registers one.
func (w *walk) preparePlant() error {
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
		return err
	}
	if len(ids) > 0 {
		w.names["plant"], w.names["which_plant"] = ids[0], "the one of the unit"
		return nil
	}
	register := call{as: admin, post: "/v1/assets", body: object{"unit_id": "{unit}", "type_id": "{power_plant}", "area_id": "{engine_room}",
		"functioning": "working", "use": "in_use"}, notes: []string{"id"}}
	if err := register.do(w); err != nil {
		return err
	}
	w.names["plant"], w.names["which_plant"] = w.names["id"], "registered"
	return nil
}

// checkBudget adds to what must be committed and accrued, and compares.
func (w *walk) checkBudget(committed, accrued int) error {
	w.money.committed += committed
	w.money.accrued += accrued
	d, err := w.get(contracts, "/v1/contracts/"+w.names["contract"]+"/budgets")
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
