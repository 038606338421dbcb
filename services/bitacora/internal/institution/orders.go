package institution

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
)

// fate is what has become of an order by now.
type fate struct {
	state string
	// count is how many there are of it; oldest and newest are how many days ago they were asked for, last is how long ago what happened last
	// is at least, in days.
	count          int
	oldest, newest float64
	last           float64
	// reason is why it waits, of on_hold.
	reason string
}

// fates are the orders of the nation beside those that wait for the demo users.
var fates = []fate{
	{"accepted", 150, 122, 9, 0.6, ""},
	{"completed", 24, 30, 3, 0.3, ""},
	{"returned", 11, 34, 6, 0.5, ""},
	{"in_progress", 30, 26, 1.5, 0.2, ""},
	{"assigned", 36, 24, 0.8, 0.2, ""},
	{"approved", 24, 14, 0.6, 0.1, ""},
	{"requested", 30, 9, 0.05, 0.02, ""},
	{"declined", 11, 90, 4, 1, ""},
	{"cancelled", 14, 100, 6, 1, ""},
	{"on_hold", 6, 48, 6, 1, "awaiting_parts"},
	{"on_hold", 4, 40, 5, 1, "awaiting_authorization"},
	{"on_hold", 3, 30, 4, 1, "awaiting_contractor"},
	{"on_hold", 3, 20, 3, 0.4, "awaiting_access"},
	{"on_hold", 3, 12, 2, 0.3, "in_clinical_use"},
	{"on_hold", 2, 20, 3, 0.5, "no_power_or_water"},
	{"on_hold", 2, 15, 3, 0.5, "unsafe_conditions"},
	{"on_hold", 2, 12, 2, 0.5, "weather"},
	{"on_hold", 2, 25, 3, 0.5, "other"},
}

// order is a work order in the making.
type order struct {
	p    *plan
	r    *rand.Rand
	id   string
	unit *unit
	// asset is what it is about; nil of works.
	asset *asset
	sort  string
	fate
	// times are when its steps were, the request first.
	times []time.Time
	// contract pays, or technician does it: "" is the other.
	contract, technician string
	// today says that it is scheduled for the day of the first start.
	today bool
	// cost is what it is estimated at, in cents.
	cost int
	// failure is what is wrong with what is corrected, part what is worked on.
	failure failure
	part    part
	// body is the request.
	body object
}

// orders makes the orders of the nation.
func (p *plan) orders() {
	n := 0
	for _, f := range fates {
		for range max(1, f.count/p.share) {
			n++
			r := chance(fmt.Sprint("order ", n))
			if u := p.busy(r); u != nil {
				o := &order{p: p, r: r, unit: u, sort: sortFor(r, f.reason, p.sortOf(r)), fate: f}
				o.doer()
				p.made(o)
			}
		}
	}
}

// busy draws a unit that has something that an order can be about: the larger it is, the likelier.
func (p *plan) busy(r *rand.Rand) *unit {
	weight := func(u *unit) int {
		if !u.open() || !u.surveyed {
			return 0
		}
		return len(u.assets)
	}
	sum := 0
	for _, u := range p.units {
		sum += weight(u)
	}
	if sum == 0 {
		return nil
	}
	for at := r.IntN(sum); ; {
		for _, u := range p.units {
			if at -= weight(u); at < 0 {
				return u
			}
		}
	}
}

// sortOf draws what sort of work it is.
func (p *plan) sortOf(r *rand.Rand) string {
	switch n := r.Float64(); {
	case n < 0.62:
		return "corrective"
	case n < 0.80:
		return "preventive"
	case n < 0.85:
		return "calibration"
	case n < 0.89:
		return "electrical_safety_test"
	case n < 0.93:
		return "inspection"
	case n < 0.95:
		return "installation"
	}
	return "works"
}

// made makes an order with all its steps, about something of its unit that nothing else is about.
func (p *plan) made(o *order) {
	if o.sort != "works" {
		if o.asset = o.unit.draw(o.r, o.sort, o.reason); o.asset == nil {
			return
		}
		o.asset.taken = true
		o.failure = pick(o.r, failures[o.asset.kind.key])
	} else if o.part = pick(o.r, elements); o.reason == "weather" {
		o.part = elements[0]
	}
	o.cost = o.worth()
	o.live()
}

// draw takes a thing that no order is about yet, one that works for a corrective order: it is what was reported.
func (u *unit) draw(r *rand.Rand, sort, pause string) *asset {
	fit := slices.DeleteFunc(slices.Clone(u.assets), func(a *asset) bool {
		return a.taken || a.draft || sort == "corrective" && (!a.sound || a.idle) || sort == "installation" && !a.idle ||
			!a.kind.suits(sort) || pause == "in_clinical_use" && a.kind.builtIn()
	})
	if len(fit) == 0 {
		return nil
	}
	slices.SortStableFunc(fit, func(a, b *asset) int { return b.kind.most - a.kind.most })
	return fit[int(float64(len(fit))*r.Float64()*r.Float64())] // what is expensive is repaired, what is cheap is replaced
}

// worth is what the work costs: a part of what the thing costs, or so much a square metre.
func (o *order) worth() int {
	if o.asset == nil {
		return 1_800_00 * between(o.r, 25, 260)
	}
	share := 0.04 + 0.14*o.r.Float64()
	if o.sort != "corrective" {
		share /= 3
	}
	k := o.asset.kind
	return max(1_200_00, min(450_000_00, int(share*float64(2*k.least+k.most)/3*100)))/100*100 + o.r.IntN(100)
}

// doer decides who does it: the contractor of the contract that covers the place, or a technician of the institution's own.
func (o *order) doer() {
	if o.sort != "works" && o.r.Float64() < 0.3 {
		o.technician = person("technician", o.unit.office)
		return
	}
	o.contract = contractA
	if slices.Contains(coveredByB, o.unit.office) && o.r.Float64() < 0.6 {
		o.contract = contractB
	}
}

// path is the order's, with a verb.
func (o *order) path(verb string) string {
	if verb == "" {
		return "/v1/work-orders"
	}
	return "/v1/work-orders/" + o.id + "/" + verb
}

// verb is a step of an order's life: what is done by whom, with what.
type verb struct {
	name, user string
	body       object
}

// live adds the steps of the order's life up to its state.
func (o *order) live() {
	verbs := o.verbs()
	start := o.oldest + (o.newest-o.oldest)*o.r.Float64()
	end := o.last * (1 + o.r.Float64())
	if slices.Contains(over, o.state) { // most take some days, few some weeks
		end = max(end, start-1-24*o.r.Float64()*o.r.Float64())
	}
	o.spread(start, min(end, start/2), 1+len(verbs))
	o.id = o.p.id(o.times[0], orderSeries)
	who := o.request()
	lane := "office " + o.unit.office
	o.p.do(o.times[0], lane, who, o.path(""), said(o.times[0], o.body))
	for n, v := range verbs {
		at := o.times[n+1]
		if v.name == "assign" {
			o.schedule(at, v.body)
		}
		o.p.do(at, lane, v.user, o.path(v.name), said(at, v.body), fmt.Sprint(n))
	}
}

// over are the states of orders that nothing more happens to.
var over = []string{"accepted", "declined", "cancelled"}

// spread draws when the steps were, from start to end days ago.
func (o *order) spread(start, end float64, steps int) {
	parts := []float64{start}
	for range steps - 1 {
		parts = append(parts, start+(end-start)*o.r.Float64())
	}
	slices.SortFunc(parts, func(a, b float64) int { return int(1e6 * (b - a)) })
	for _, days := range parts {
		o.times = append(o.times, o.p.ago(days))
	}
}

// verbs are the steps behind the request.
func (o *order) verbs() []verb {
	engineer, office, director := person("engineer", o.unit.office), person("office", o.unit.office), person("director", o.unit.id)
	approves := engineer
	if o.sort != "corrective" && o.sort != "works" { // nobody approves what they ask for
		approves = office
	}
	approve, decided := verb{"approve", approves, nil}, verb{"estimate", engineer, object{"estimate": pesos(o.cost)}}
	switch o.state {
	case "requested":
		return nil
	case "declined":
		return []verb{{"decline", approves, o.found(object{"note": pick(o.r, o.refusals())})}}
	case "cancelled":
		return []verb{approve, {"cancel", approves, o.found(object{"note": pick(o.r, o.cancellations())})}}
	case "approved":
		return []verb{approve, decided}
	}
	verbs := []verb{approve}
	if o.contract != "" {
		verbs = append(verbs, decided)
		o.p.spent[o.contract] += o.cost
	}
	verbs = append(verbs, o.assign())
	if o.state == "assigned" {
		if !o.today && o.r.IntN(2) == 0 {
			return verbs
		}
		return append(verbs, verb{"acknowledge", o.worker(), nil})
	}
	verbs = append(verbs, o.work()...)
	switch o.state {
	case "returned":
		return append(verbs, verb{"return", director, o.again(object{"note": pick(o.r, o.returns())})})
	case "accepted":
		if slices.Contains(verified, o.sort) {
			verbs = append(verbs, verb{"verify", engineer, object{"result": "passed"}})
		}
		return append(verbs, verb{"accept", director, nil})
	}
	return verbs
}

// verified are the sorts of work that are verified before they are accepted.
var verified = []string{"works", "installation", "calibration", "electrical_safety_test"}

// corrects says whether the order says of an asset whether it works.
func (o *order) corrects() bool { return o.sort == "corrective" }

func (o *order) found(body object) object {
	if o.corrects() {
		body["finding"] = "working"
	}
	return body
}

func (o *order) again(body object) object {
	if o.corrects() && o.r.IntN(2) == 0 {
		body["reported_functioning"] = "limited"
	}
	return body
}

// worker is the user who does the work.
func (o *order) worker() string {
	switch {
	case o.technician != "":
		return o.technician
	case o.contract == contractB:
		return "contractor-b"
	}
	return "contractor-a"
}

// schedule says when the work is to be done: soon after it is given to somebody; of what has not begun, today, in the days to come, or in those past, which
// makes it overdue.
func (o *order) schedule(given time.Time, body object) {
	day := given.AddDate(0, 0, between(o.r, 1, 4))
	switch {
	case o.today:
		day = o.p.base
	case o.state == "assigned" && o.r.IntN(3) > 0:
		day = o.p.base.AddDate(0, 0, between(o.r, 1, 9))
	case o.state == "assigned":
		day = o.p.base.AddDate(0, 0, -between(o.r, 0, 6))
	}
	y, m, d := day.In(zone).Date()
	begins := time.Date(y, m, d, between(o.r, 8, 13), 0, 0, 0, zone)
	body["scheduled_start"] = begins.Format(time.RFC3339)
	body["scheduled_end"] = begins.Add(time.Duration(between(o.r, 2, 5)) * time.Hour).Format(time.RFC3339)
}

// assign gives the order to who does it: of what a contract pays, with the money.
func (o *order) assign() verb {
	if o.technician != "" {
		return verb{"assign", person("engineer", o.unit.office), object{"technician_id": devissuer.Subject(o.technician)}}
	}
	return verb{"assign", committer(o.contract, o.unit.office), object{"contract_id": o.contract}}
}

// work are the steps of who does it, up to the order's state.
func (o *order) work() []verb {
	by := o.worker()
	verbs := []verb{{"acknowledge", by, nil}, {"arrive", by, nil}, {"start", by, nil}}
	switch o.state {
	case "in_progress":
		if o.corrects() && o.r.IntN(5) == 0 {
			verbs = append(verbs, verb{"restore", by, object{"outcome": "temporary"}})
		}
		return verbs
	case "on_hold":
		return append(verbs, verb{"hold", by, object{"reason": o.reason}})
	}
	if o.r.IntN(4) == 0 {
		verbs = append(verbs, verb{"hold", by, object{"reason": pick(o.r, o.pauses())}}, verb{"resume", by, nil})
	}
	if o.corrects() && o.r.IntN(5) > 0 {
		verbs = append(verbs, verb{"restore", by, object{"outcome": pick(o.r, []string{"full", "full", "full", "full", "limited"})}})
	}
	done := object{"note": o.outcome()}
	if o.contract != "" {
		done["cost"] = pesos(o.cost - o.r.IntN(o.cost/8))
	}
	return append(verbs, verb{"complete", by, done})
}

// request is who asks for it, and with what.
func (o *order) request() (who string) {
	o.body = object{"id": o.id, "unit_id": o.unit.id, "target": object{"kind": "unit"}}
	if o.asset != nil {
		o.body["target"] = object{"kind": "asset", "asset_id": o.asset.id}
	}
	switch o.sort {
	case "corrective":
		k := o.asset.kind
		effect := pick(o.r, []string{"partial", "partial", "service_stopped", "service_stopped", "service_stopped"})
		switch {
		case k.perTheatre():
			effect = pick(o.r, []string{"theatre_stopped", "partial"})
		case k.key == "vaccine_refrigerator":
			effect = "cold_chain"
		case k.risk == "III" && o.r.IntN(4) == 0:
			effect = "patient_risk"
		}
		o.body["effect"], o.body["complaint"] = effect, o.failure.complaint
		return person(pick(o.r, []string{"requester", "requester", "director"}), o.unit.id)
	case "works":
		return o.works()
	}
	o.body["type"], o.body["priority"] = o.sort, pick(o.r, []string{"medium", "medium", "low", "high"})
	return person("engineer", o.unit.office)
}

// works asks for works on a part of the building, of the programme where that plans them for the unit.
func (o *order) works() (who string) {
	rooms := o.unit.areas()
	o.body["target"] = object{"kind": "area_element", "area_id": areaOf{o.unit.id, pick(o.r, rooms)}, "element": o.part.element}
	o.body["type"], o.body["priority"] = "works", "medium"
	o.body["quantity"], o.body["measure_unit"] = float64(o.cost/1_800_00), "m2"
	o.body["complaint"] = o.part.why
	return person("office", o.unit.office)
}
