package institution

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// parcels are the deliveries of the nation beside those that wait for the demo users: how many have come how far, and how many days ago they
// were prepared.
var parcels = []struct {
	state          string
	count          int
	oldest, newest float64
}{
	{"draft", 5, 6, 0.5},
	{"dispatched", 7, 9, 1},
	{"arrived", 6, 12, 3},
	{"confirmed", 19, 150, 8},
	{"exceptions", 11, 140, 8},
	{"cancelled", 3, 80, 10},
	{"unannounced", 2, 6, 2},
}

// sent are the kinds that deliveries bring; counted goods go to stock sheets.
var sent = []string{"hospital_bed", "wheelchair", "examination_lamp", "electrocardiograph", "pulse_oximeter", "vital_signs_monitor", "infusion_pump", "vaccine_refrigerator",
	"blood_pressure_monitor", "scale_with_height_rod", "nebulizer", "examination_table", "stretcher", "portable_aspirator", "hydraulic_operating_table", "defibrillator"}

// counted are the kinds of goods that are counted, by their place in types.json.
var counted = map[string]int{"diagnostic_set": 7, "surgical_instruments": 15}

// deliveries makes the deliveries of the nation.
func (p *plan) deliveries() {
	n := 0
	for _, f := range parcels {
		for range max(1, f.count/p.share) {
			n++
			r := chance(fmt.Sprint("delivery ", n))
			if u := p.busy(r); u != nil {
				p.delivery(r, u, f.state, f.oldest+(f.newest-f.oldest)*r.Float64())
			}
		}
	}
}

// cargo is one line of a delivery in the making.
type cargo struct {
	kind     *kind // nil of counted goods
	quantity int
	line     object
}

// delivery makes one delivery, prepared so many days ago, with all its steps.
func (p *plan) delivery(r *rand.Rand, u *unit, state string, days float64) {
	prepared := p.ago(days)
	id, lane := p.id(prepared, deliverySeries), fmt.Sprint("delivery ", p.next("delivery"))
	path := "/v1/deliveries/" + id
	office, director := person("office", u.office), person("director", u.id)
	goods := p.load(r, u)
	var lines []object
	for _, g := range goods {
		lines = append(lines, g.line)
	}
	body := object{"id": id, "unit_id": u.id, "lines": lines}
	shipper := office
	if supplier := r.IntN(3); supplier < 2 {
		body["supplier_id"] = []string{devissuer.DemoContractorA, devissuer.DemoContractorB}[supplier]
		body["delivery_note"] = fmt.Sprintf("REM-%05d", 4000+p.next("note")*13)
		shipper = []string{"contractor-a", "contractor-b"}[supplier]
	}
	if state == "unannounced" {
		body["arrived_at"] = prepared.Format(time.RFC3339)
		p.do(prepared, lane, director, "/v1/deliveries", body)
		return
	}
	onWay := 1 + 5*r.Float64()
	arrival := onWay + 1 + 5*r.Float64()
	check := arrival + 0.2 + 2.8*r.Float64()
	slow := min(1, (days-0.2)/check) // what was prepared lately came quickly
	left, came, checked := p.ago(days-onWay*slow), p.ago(days-arrival*slow), p.ago(days-check*slow)
	p.do(prepared, lane, office, "/v1/deliveries", body)
	switch state {
	case "draft":
		return
	case "cancelled":
		p.do(left, lane, office, path+"/cancel", object{"reason": "El proveedor no surtió; se pide de nuevo"})
		return
	}
	p.do(left, lane, shipper, path+"/dispatch", said(left, nil))
	if state == "dispatched" {
		return
	}
	p.do(came, lane, director, path+"/arrive", said(came, nil))
	if state == "arrived" {
		return
	}
	found := p.found(r, goods, state == "exceptions")
	p.do(checked, lane, director, path+"/confirm", said(checked, object{"lines": found})).Settles = true
	if days > 45 {
		p.installed(r, u, id, lane, goods, found, days-check)
	}
}

// load draws what a delivery brings.
func (p *plan) load(r *rand.Rand, u *unit) (goods []cargo) {
	names := slices.Clone(sent)
	if u.theatres == 0 {
		names = slices.DeleteFunc(names, func(n string) bool { return p.kinds[n].perTheatre() || n == "infusion_pump" || n == "stretcher" })
	}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:between(r, 1, 3)] {
		k := p.kinds[name]
		quantity := 1 + r.IntN(2)
		if k.tracking == tagged {
			quantity = between(r, 2, 5)
		}
		goods = append(goods, cargo{k, quantity, object{"type_id": k.id, "quantity": quantity, "unit_price": pesos(price(r, k)),
			"funding_source": object{"kind": "purchase_contract", "ref_id": fmt.Sprintf("ADQ-%03d", between(r, 1, 80))}}})
	}
	if r.IntN(3) == 0 {
		name := pick(r, []string{"diagnostic_set", "surgical_instruments"})
		quantity := between(r, 3, 24)
		goods = append(goods, cargo{nil, quantity, object{"type_id": demo.TypeID(counted[name]), "quantity": quantity}})
	}
	return goods
}

// found is what the unit found of each line: all of it, or not.
func (p *plan) found(r *rand.Rand, goods []cargo, exceptions bool) []object {
	var lines []object
	for n, g := range goods {
		line := object{"line": n + 1, "accepted": g.quantity}
		if exceptions && (n == 0 || r.IntN(2) == 0) {
			line["accepted"] = g.quantity - 1
			one := object{"quantity": 1}
			switch r.IntN(4) {
			case 0:
				one["reason"] = pick(r, []string{"damaged", "wrong_item", "incomplete"})
				line["rejections"] = []object{one}
			case 1:
				one["reason"] = pick(r, []string{"partial_delivery", "not_dispatched", "lost_in_transit"})
				line["shortages"] = []object{one}
			default:
				one["reason"], one["due_days"] = pick(r, g.kind.reserved()), between(r, 10, 45)
				line["reservations"] = []object{one}
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// installed lets the engineer label what came and put it into use, a few days after.
func (p *plan) installed(r *rand.Rand, u *unit, delivery, lane string, goods []cargo, found []object, days float64) {
	engineer := person("engineer", u.office)
	at := p.ago(days * 0.8)
	for n, g := range goods {
		if g.kind == nil {
			continue
		}
		accepted, _ := found[n]["accepted"].(int)
		for i := range accepted {
			a := &asset{kind: g.kind, unit: u, area: u.where(g.kind, i)}
			facts := object{"area_id": areaOf{u.id, a.area}, "acquired_on": p.ago(days).Format(time.DateOnly)}
			p.label(r, a, facts, 0)
			which := &item{delivery, n + 1, i + 1}
			p.patch(at, lane, engineer, "", 1, facts, fmt.Sprint(*which)).item = which
			for _, v := range []verb{{"/activate", engineer, nil}, {"/report-functioning", engineer, object{"value": "working"}}, {"/report-use", engineer, object{"value": "in_use"}}} {
				p.do(at, lane, v.user, v.name, said(at, v.body), fmt.Sprint(*which)).item = which
			}
		}
	}
}
