package institution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// asset is a thing as the plan knows it.
type asset struct {
	id   string
	kind *kind
	unit *unit
	area string
	// draft says that nobody has read its label yet, idle that it is out of use, sound that it works: an order can say otherwise then.
	draft, idle, sound bool
	// taken says that an order is about it, or that it is away.
	taken bool
}

// soundness is how likely things are to work and to be in use in each state; what the planner's map shows.
var soundness = map[string]float64{"03": 0.97, "09": 0.96, "13": 0.92, "21": 0.80, "24": 0.98, "26": 0.92, "30": 0.86}

// surveys lets the engineers of each office register what its units have, a few units a day.
func (p *plan) surveys() {
	for n, office := range p.offices() {
		day := 6 + n*2
		for i, u := range p.unitsOf(office) {
			if !u.surveyed {
				continue
			}
			at := p.working(begin(p.base).AddDate(0, 0, day+i%9*3).Add(time.Duration(10+i%4) * time.Hour))
			p.equip(u, at)
		}
	}
}

func (p *plan) unitsOf(office string) (units []*unit) {
	for _, u := range p.units {
		if u.office == office {
			units = append(units, u)
		}
	}
	return units
}

// equip registers what a unit has.
func (p *plan) equip(u *unit, at time.Time) {
	r := chance("equip " + u.id)
	size := 0.62 + 0.36*r.Float64() // no two units of a class have the same
	for n := range p.catalogue {
		k := &p.catalogue[n]
		has := k.has[u.class]
		switch {
		case k.perTheatre() && u.theatres > 0:
			has *= float64(u.theatres)
		default:
			has *= size
		}
		count := int(has)
		if r.Float64() < has-math.Floor(has) {
			count++
		}
		if u.id == demo.SantaRosalia && k.key == "power_plant" {
			count = 1
		}
		for i := range count {
			p.asset(r, u, k, i, at)
		}
	}
}

// asset registers one thing, with what its label and its papers say.
func (p *plan) asset(r *rand.Rand, u *unit, k *kind, n int, at time.Time) {
	a := &asset{id: p.id(at, assetSeries), kind: k, unit: u, area: u.where(k, n)}
	lane := fmt.Sprintf("unit %s %d", u.id, n%4)
	age := years(r)
	body := object{"id": a.id, "unit_id": u.id, "type_id": k.id, "area_id": areaOf{u.id, a.area},
		"acquired_on": p.base.AddDate(0, 0, -int(age*365)-days).Format(time.DateOnly), "acquisition_cost": pesos(price(r, k)), "funding_source": funding(r)}
	good := soundness[u.state] - 0.006*(age-6) // what is old fails more often
	plant := u.id == demo.SantaRosalia && k.key == "power_plant"
	if plant {
		a.id, good = demo.PlantID, 2
		body["id"] = a.id
	}
	p.condition(r, a, body, good)
	a.draft = k.tracking == serial && !plant && r.Float64() < 0.02
	if a.draft {
		a.idle = true
		body["use"], body["use_reason"] = "not_in_use", "not_installed"
	}
	p.label(r, a, body, age)
	u.assets = append(u.assets, a)
	p.do(at, lane, person("engineer", u.office), "/v1/assets", body)
	p.later(r, a, plant)
}

// years is how old a thing is, from 0 to 20: most are between 3 and 10.
func years(r *rand.Rand) float64 {
	switch n := r.Float64(); {
	case n < 0.22:
		return 3 * r.Float64()
	case n < 0.72:
		return 3 + 7*r.Float64()
	case n < 0.95:
		return 10 + 6*r.Float64()
	}
	return 16 + 4*r.Float64()
}

// price is what a thing cost, in cents: nearer to the least than to the most.
func price(r *rand.Rand, k *kind) int {
	part := (r.Float64() + r.Float64()*r.Float64()) / 2
	return k.least*100 + int(part*float64(k.most-k.least)*100)
}

func funding(r *rand.Rand) object {
	switch n := r.Float64(); {
	case n < 0.6:
		return object{"kind": "own_budget"}
	case n < 0.68:
		return object{"kind": "donation", "ref_id": fmt.Sprintf("DON-%04d", between(r, 1, 420))}
	case n < 0.8:
		return object{"kind": "community_program", "ref_id": fmt.Sprintf("LCEN-%04d", between(r, 1, 900))}
	}
	return object{"kind": "unknown"}
}

// condition says whether a thing works and is in use.
func (p *plan) condition(r *rand.Rand, a *asset, body object, good float64) {
	body["functioning"], body["use"] = "working", "in_use"
	if r.Float64() < good {
		a.sound = true
		if r.Float64() < 0.05 && good < 2 {
			body["functioning"] = "limited"
		}
		return
	}
	switch n := r.Float64(); {
	case n < 0.5:
		body["functioning"] = "not_working"
	case n < 0.58:
		body["functioning"] = "unknown"
	}
	if r.Float64() < 0.6 || body["functioning"] == "working" {
		a.idle = true
		body["use"], body["use_reason"] = "not_in_use", pick(r, a.kind.unused())
	}
}

// label gives a thing its brand, model, serial number and tag, as far as they could be read.
func (p *plan) label(r *rand.Rand, a *asset, body object, age float64) {
	if !a.kind.builtIn() && !a.draft {
		body["inventory_tag"] = fmt.Sprintf("IST-%s-%06d", a.unit.state, p.next("tag"))
	}
	if a.kind.tracking == serial || r.Float64() < 0.3 {
		body["brand"] = pick(r, makers[trade[a.kind.key]])
		body["model"] = strings.ToUpper(a.kind.key[:2]) + fmt.Sprintf("-%d00", between(r, 1, 6))
	}
	if a.kind.tracking == serial && !a.draft {
		made := p.base.Year() - int(age)
		body["serial_number"] = fmt.Sprintf("%s%02d%05d", strings.ToUpper(a.kind.key[:3]), made%100, 10_000+7*p.next("serial"))
	}
}

// later says what happened to a thing after it was registered, beside the orders on it.
func (p *plan) later(r *rand.Rand, a *asset, plant bool) {
	if a.draft || plant {
		return
	}
	path, engineer, lane := "/v1/assets/"+a.id, person("engineer", a.unit.office), "asset "+a.id
	at := p.ago(3 + 115*r.Float64())
	switch n := r.Float64(); {
	case n < 0.004 && a.kind.powered():
		p.do(at, lane, engineer, path+"/quarantine", said(at, object{"reason": "Descarga al tocar la carcasa; se aparta hasta su revisión"}))
	case n < 0.008 && !a.kind.builtIn():
		p.do(at, lane, engineer, path+"/report-custody", said(at, object{"value": "off_site_repair"}))
	case n < 0.010 && !a.kind.builtIn():
		p.do(at, lane, engineer, path+"/report-custody", said(at, object{"value": "on_loan"}))
	case n < 0.08 && !a.sound:
		p.do(at, lane, engineer, path+"/retire", said(at, object{"reason": pick(r, []string{"obsolete", "beyond_repair", "worn_out", "repair_too_costly"}), "note": "Dictamen de baja de la unidad"}))
	default:
		return
	}
	a.taken = true
}
