package institution

import (
	"fmt"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// waiting makes what each demo user finds to do on the day of the first start, so that whoever picks one has that person's day before them. It is
// made before the rest of the orders, which take other things.
func (p *plan) waiting() {
	hospital := p.unit(demo.SantaRosalia)
	units := []*unit{hospital, p.unit("BSIST000026"), p.unit("BSIST000031")}
	// The directors: a delivery to confirm and one under way, work to accept.
	for n, u := range units {
		p.await(u, fate{"completed", 1, 6, 4, 0.1, ""}, "corrective", contractA)
		p.parcel(u, "arrived", 5+float64(n))
	}
	p.await(hospital, fate{"completed", 1, 9, 7, 0.3, ""}, "preventive", contractA)
	p.await(hospital, fate{"returned", 1, 12, 9, 0.5, ""}, "corrective", contractA)
	p.parcel(hospital, "dispatched", 2)
	p.parcel(hospital, "confirmed", 40)
	// The requester: what became of their reports; the engineer: requests to triage, work to verify.
	for _, age := range []float64{0.02, 0.08, 1.2} {
		p.await(hospital, fate{"requested", 1, age, age, 0, ""}, "corrective", "")
	}
	p.await(units[1], fate{"requested", 1, 2, 1.5, 0, ""}, "corrective", "")
	p.await(hospital, fate{"declined", 1, 20, 15, 1, ""}, "corrective", "")
	p.await(hospital, fate{"completed", 1, 10, 8, 0.2, ""}, "calibration", contractA)
	p.await(hospital, fate{"accepted", 1, 30, 25, 2, ""}, "corrective", contractA)
	p.await(units[2], fate{"on_hold", 1, 14, 10, 1, "awaiting_parts"}, "corrective", contractB)
	for range 2 {
		sonora := p.largest("sonora")
		p.await(sonora, fate{"requested", 1, 1, 0.05, 0, ""}, "corrective", "")
		p.await(sonora, fate{"approved", 1, 4, 2, 0.2, ""}, "corrective", contractB)
		p.await(sonora, fate{"requested", 1, 3, 1, 0, ""}, "preventive", "")
	}
	// Who administers contracts: orders that are estimated and that nobody has yet.
	p.await(hospital, fate{"approved", 1, 3, 2, 0.2, ""}, "corrective", contractA)
	p.await(hospital, fate{"requested", 1, 2, 1, 0, ""}, "preventive", "")
	// Contractors and the technician: today's orders.
	for _, u := range []*unit{hospital, hospital, units[1], p.largest("sonora")} {
		p.today(u, "assigned", contractA, "")
	}
	for _, u := range []*unit{p.largest("sonora"), p.largest("sonora"), units[2]} {
		p.today(u, "assigned", contractB, "")
	}
	p.today(p.largest("sonora"), "in_progress", contractB, "")
	p.today(hospital, "in_progress", contractA, "")
	for _, u := range []*unit{hospital, units[1], units[2]} {
		p.today(u, "assigned", "", "technician")
	}
	p.today(hospital, "in_progress", "", "technician")
	// The offices: deliveries to prepare and to send.
	for _, u := range []*unit{hospital, p.largest("sonora")} {
		p.parcel(u, "draft", 2)
		p.parcel(u, "draft", 0.6)
	}
}

// unit is the unit of that id.
func (p *plan) unit(id string) *unit {
	for _, u := range p.units {
		if u.id == id {
			return u
		}
	}
	return nil
}

// largest is the unit of an office that has most.
func (p *plan) largest(office string) *unit {
	var most *unit
	for _, u := range p.unitsOf(office) {
		if u.open() && (most == nil || len(u.assets) > len(most.assets)) {
			most = u
		}
	}
	return most
}

// await makes an order that somebody finds waiting; contract is who pays, "" of what nobody has yet.
func (p *plan) await(u *unit, f fate, sort, contract string) {
	r := chance(fmt.Sprint("waiting ", p.next("waiting")))
	p.made(&order{p: p, r: r, unit: u, sort: sort, fate: f, contract: contract})
}

// today makes an order that is to be done today.
func (p *plan) today(u *unit, state, contract, technician string) {
	r := chance(fmt.Sprint("today ", p.next("today")))
	p.made(&order{p: p, r: r, unit: u, sort: pick(r, []string{"corrective", "corrective", "preventive"}), fate: fate{state, 1, 5, 2, 0.3, ""}, contract: contract, technician: technician, today: true})
}

func (p *plan) parcel(u *unit, state string, days float64) {
	p.delivery(chance(fmt.Sprint("parcel ", p.next("parcel"))), u, state, days)
}
