package institution

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// contractA is that of the nation, which the small demonstration has too; contractB is one of two offices.
var contractA = demo.ContractID

const contractB = "01941f29-7c00-7000-8000-000200000002"

// coveredByB are the offices in which work is ordered under contract B too.
var coveredByB = []string{"baja-california-sur", "sonora", "zona-norte", "veracruz"}

// committer is who may commit a contract's money for work of an office.
func committer(contract, office string) string {
	if contract == contractB && office == "sonora" {
		return "office-sonora"
	}
	return "contracts"
}

// contracts registers the two contracts, when all that is committed of them is known: of the maximum of each, something like three fifths.
func (p *plan) contracts() {
	at := begin(p.base).AddDate(0, 0, 3)
	first, last := begin(p.base).Year(), p.base.Year()+1
	years := []int{}
	for y := min(first, 2025); y <= max(last, 2030); y++ {
		years = append(years, y)
	}
	p.contract(at, object{"id": contractA, "number": "DEMO-CNM-2025", "name": "Contrato Nacional de Mantenimiento 2025 (demostración: términos y montos inventados)",
		"contractor_id": devissuer.DemoContractorA, "coverage": object{"nation": true}}, years, 0.62)
	p.contract(at, object{"id": contractB, "number": fmt.Sprintf("DEMO-CRO-%d", first), "name": "Contrato Regional de Obra y Conservación (demostración: términos y montos inventados)",
		"contractor_id": devissuer.DemoContractorB, "coverage": object{"offices": coveredByB}}, slices.DeleteFunc(years, func(y int) bool { return y < first || y > last }), 0.78)
	from := fmt.Sprintf("%d-01-01", min(first, 2025))
	p.appoint(at, demo.AppointmentID, contractA, "contracts", "nation", from)
	p.appoint(at, p.id(at, appointmentSeries), contractB, "contracts", "nation", fmt.Sprintf("%d-01-01", first))
	p.appoint(at, p.id(at, appointmentSeries), contractB, "office-sonora", "office:sonora", fmt.Sprintf("%d-01-01", first))
}

// contract registers a contract of which a part is spent.
func (p *plan) contract(at time.Time, terms object, years []int, part float64) {
	const million = 1_000_000_00
	id := fmt.Sprint(terms["id"])
	most := (int(float64(p.spent[id])/part)/million + 1) * million
	var lots []object
	for _, y := range years {
		lots = append(lots, object{"fiscal_year": y, "lot": 1, "min_amount": pesos(most * 2 / 5), "max_amount": pesos(most)})
	}
	terms["kind"], terms["legal_regime"], terms["open_contract"] = "maintenance", "other", true
	terms["valid_from"], terms["valid_to"], terms["lots"] = fmt.Sprintf("%d-01-01", years[0]), fmt.Sprintf("%d-12-31", years[len(years)-1]), lots
	p.do(at, "contracts", "contracts", "/v1/contracts", terms)
}

func (p *plan) appoint(at time.Time, id, contract, user, place, from string) {
	p.do(at.AddDate(0, 0, 1), "contracts", "admin", "/v1/appointments", object{"id": id, "contract_id": contract, "lot": 1, "subject": devissuer.Subject(user), "places": []string{place}, "from": from})
}

// program registers the programme of the year, with lines for each office by the weeks of this month and the ones beside it.
func (p *plan) program() {
	at := begin(p.base).AddDate(0, 0, 4)
	year := p.base.In(zone).Year()
	id := p.id(at, lineSeries)
	name := fmt.Sprintf("Programa de Mantenimiento %d", year)
	if name == demo.ProgramName {
		id = demo.ProgramID
	}
	p.do(at, "programme", "contracts", "/v1/programs", object{"id": id, "name": name, "fiscal_year": year})
	r := chance("programme")
	for _, office := range p.offices() {
		units := slices.DeleteFunc(p.unitsOf(office), func(u *unit) bool { return !u.open() || !u.surveyed })
		for week := -2; week <= 4 && len(units) > 0; week++ {
			for range 1 + r.IntN(2) {
				p.line(at.AddDate(0, 0, 2), id, pick(r, units), week)
			}
		}
	}
}

// line plans work in a unit for a week, counted from this one.
func (p *plan) line(at time.Time, program string, u *unit, week int) {
	id := p.id(at, lineSeries)
	r := chance("line " + id[24:])
	today := p.base.In(zone)
	monday := today.AddDate(0, 0, 7*week-(int(today.Weekday())+6)%7)
	body := object{"line_id": id, "unit_id": u.id, "planned_start": monday.Format(time.DateOnly), "planned_end": monday.AddDate(0, 0, 4+7*r.IntN(2)).Format(time.DateOnly)}
	if r.IntN(3) == 0 {
		e := pick(r, elements)
		body["area_id"], body["element"], body["description"] = areaOf{u.id, pick(r, u.areas())}, e.element, "Conservación: "+e.why+" (cantidad inventada)"
		body["quantity"], body["measure_unit"] = float64(between(r, 12, 180)), "m2"
	} else {
		k := pick(r, u.assets).kind
		body["equipment_type_key"], body["description"] = k.key, "Mantenimiento preventivo: "+k.es
		body["quantity"], body["measure_unit"] = float64(between(r, 1, 6)), "service"
	}
	p.do(at, "programme", "contracts", "/v1/programs/"+program+"/add-line", body, id)
}
