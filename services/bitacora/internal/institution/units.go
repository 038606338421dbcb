package institution

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// unit is a medical unit as the plan knows it.
type unit struct {
	id, name, state, office string
	class                   class
	theatres                int
	// operation is its state of operation; surveyed says that its assets are registered.
	operation string
	surveyed  bool
	assets    []*asset
}

// officeOf says the office of the units of Mexico City, which has several, by municipality.
var officeOf = map[string]string{"gustavo a. madero": "zona-norte", "iztapalapa": "zona-oriente", "alvaro obregon": "zona-poniente", "miguel hidalgo": "zona-poniente", "benito juarez": "zona-sur"}

// readUnits reads the units as they will be registered.
func readUnits() (units []*unit, file []byte, err error) {
	if file, err = demo.Units(); err != nil {
		return nil, nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("units: %w", err)
	}
	column := map[string]int{}
	for n, name := range rows[0] {
		column[name] = n
	}
	for _, r := range rows[1:] {
		cell := func(name string) string { return r[column[name]] }
		t, medical := mx.UnitTypeOf(cmp.Or(cell("tipologia_clave"), cell("tipologia")))
		if !medical {
			t, medical = mx.UnitTypeOf(cell("tipologia"))
		}
		u := &unit{id: cell("clues"), name: cell("nombre_unidad"), state: cell("cve_entidad"), class: classOf[t.Code], operation: "open"}
		if office, ok := mx.OfficeOfState(u.state); ok {
			u.office = office.Key
		} else {
			u.office = officeOf[mx.Fold(cell("municipio"))]
		}
		if !medical {
			u.operation = "office"
		}
		u.theatres = theatres[u.class]
		units = append(units, u)
	}
	places, err := demo.Places()
	for _, p := range places {
		t, _ := mx.UnitTypeOf(fmt.Sprint(p.Unit["unit_type"]))
		units = append(units, &unit{id: p.ID(), name: fmt.Sprint(p.Unit["name"]), state: "03", office: "baja-california-sur", class: classOf[t.Code],
			theatres: theatres[classOf[t.Code]], operation: "open", surveyed: true})
	}
	return units, file, err
}

// mulege says whether it is one of the units of Mulegé, which have demo users of their own.
func (u *unit) mulege() bool { return u.state == "03" }

// open says whether work goes on there.
func (u *unit) open() bool { return u.operation == "open" }

// settle decides which units were surveyed and which are not open.
func (p *plan) settle() {
	r := chance("units")
	var small []*unit
	for _, u := range p.units {
		if u.operation != "open" || u.mulege() {
			continue
		}
		u.surveyed = u.class > familyUnit || r.Float64() > 0.14
		if u.class <= familyUnit {
			small = append(small, u)
		}
	}
	for n, i := range r.Perm(len(small))[:7] {
		u := small[i]
		u.operation = []string{"planned", "planned", "suspended", "suspended", "suspended", "closed", "closed"}[n]
		u.surveyed = u.operation == "suspended"
	}
}

// register makes the units, the catalogue and the contractors.
func (p *plan) register(file []byte) error {
	at := begin(p.base)
	types, err := demo.Types()
	if err != nil {
		return err
	}
	for n := range p.catalogue {
		k := &p.catalogue[n]
		p.kinds[k.key] = k
		if k.es == "" {
			t := types[slices.IndexFunc(types, func(t map[string]any) bool { return t["key"] == k.key })]
			k.id, k.es = fmt.Sprint(t["id"]), fmt.Sprint(t["name_es"])
			continue
		}
		k.id = demo.TypeID(len(types) + 1)
		t := object{"id": k.id, "key": k.key, "name_es": k.es, "name_en": k.en, "category": k.category, "tracking": k.tracking}
		if k.risk != "" {
			t["risk_class"] = k.risk
		}
		types = append(types, t)
	}
	for _, t := range types {
		p.do(at, "types", "admin", "/v1/equipment-types", t)
	}
	p.do(at, "units", "admin", "/v1/units/import", nil).CSV = file
	places, err := demo.Places()
	if err != nil {
		return err
	}
	for _, place := range places {
		p.do(at, "units", "admin", "/v1/units", place.Unit)
	}
	for _, c := range []struct{ letter, id string }{{"A", devissuer.DemoContractorA}, {"B", devissuer.DemoContractorB}} {
		p.do(at, "contractor "+c.letter, "contracts", "/v1/contractors", object{"id": c.id, "name": demo.ContractorName(c.letter), "kinds": []string{"maintenance", "works", "supply"}})
	}
	return nil
}

// furnish says what the register does not: the offices of Mexico City's units, their theatres, their areas; and which are not open. The first
// change of a unit is that of version 1.
func (p *plan) furnish() {
	for _, u := range p.units {
		at, facts := begin(p.base).AddDate(0, 0, 1), object{}
		if _, only := mx.OfficeOfState(u.state); !only && u.office != "" {
			facts["office"] = u.office
		}
		if u.theatres > 0 && !u.mulege() {
			facts["operating_rooms"] = u.theatres
		}
		if !slices.Contains([]string{"open", "office"}, u.operation) {
			facts["operation_state"] = u.operation
		}
		if len(facts) > 0 && u.operation != "suspended" {
			p.patch(at, "unit "+u.id, "admin", "/v1/units/"+u.id, 1, facts)
		}
		if !u.surveyed {
			continue
		}
		for _, name := range u.areas() {
			p.do(at.AddDate(0, 0, 1), "unit "+u.id, "admin", "/v1/units/"+u.id+"/add-area", object{"name": name}, name)
		}
		if u.operation == "suspended" { // its works began a while ago
			p.patch(p.ago(40), "unit "+u.id, "admin", "/v1/units/"+u.id, int64(1+len(u.areas())), facts)
		}
	}
}

// patch adds a change of facts of what has that version.
func (p *plan) patch(at time.Time, lane, user, path string, version int64, facts object, extra ...string) *Step {
	s := p.do(at, lane, user, path, facts, append([]string{"change"}, extra...)...)
	s.Method, s.Version = "PATCH", version
	return s
}

// areas are the names of the unit's areas, theatres first.
func (u *unit) areas() (names []string) {
	for n := range u.theatres {
		names = append(names, u.theatre(n))
	}
	return append(names, areasOf[u.class]...)
}

// theatre is the name of the unit's n-th theatre, counted from 0.
func (u *unit) theatre(n int) string {
	if u.theatres == 1 {
		return theatre
	}
	return theatre + " " + strconv.Itoa(n+1)
}

// where is the area of the unit in which things of that kind stand; the n-th of them, of what stands in theatres.
func (u *unit) where(k *kind, n int) string {
	if k.perTheatre() && u.theatres > 0 {
		return u.theatre(n % u.theatres)
	}
	if slices.Contains(areasOf[u.class], k.area) {
		return k.area
	}
	return areasOf[u.class][0]
}

// offices are the keys of the offices that have units, in order.
func (p *plan) offices() []string {
	set := map[string]bool{}
	for _, u := range p.units {
		set[u.office] = true
	}
	return slices.Sorted(maps.Keys(set))
}
