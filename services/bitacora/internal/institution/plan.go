package institution

import (
	"slices"
	"time"
)

// Plan is all that happened until the instant of the first start, in the order in which it did. Of share above 1 it is about that part of it, for
// tests: a dozen units, and a share of the orders and deliveries.
func Plan(base time.Time, share int) ([]Step, error) {
	p := &plan{base: base, share: share, catalogue: slices.Clone(kinds), kinds: map[string]*kind{}, numbers: map[string]int{}, spent: map[string]int{}}
	var file []byte
	var err error
	if p.units, file, err = readUnits(); err != nil {
		return nil, err
	}
	p.settle()
	if share > 1 {
		for _, u := range p.units {
			u.surveyed = u.surveyed && (u.mulege() || u.state == "26" && u.class >= clinicHospital || u.id == "DFIST000155")
		}
	}
	if err := p.register(file); err != nil {
		return nil, err
	}
	p.furnish()
	p.surveys()
	p.waiting()
	p.orders()
	p.deliveries()
	p.contracts()
	p.program()
	return p.sorted(), nil
}
