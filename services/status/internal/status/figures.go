// Package status says what planners are shown: the figures of a unit, sums over its facts, and those of an office, a state and the nation,
// sums over their units. Every figure is a sum that a person could count by hand.
package status

import (
	"github.com/bitacora-salud/bitacora/pkg/tally"
	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
)

// Rules is the number of the rules in Rows. It is raised with each change of them: then all is counted anew. The releases that counted all
// facts at each change had 1 and 2, in a field of another name.
const Rules = 4

// Figures are counts. Those of a group are the sums of its units'. What a fact adds to them is said by Rows below, cell by cell under the
// names that the figures have here.
type Figures struct {
	Assets     *Assets           `json:"assets,omitempty" doc:"Absent where no asset was ever registered, delivered or imported: nothing is known of them, which is not 0"`
	ByType     map[string]OfType `json:"by_type"`
	Orders     Orders            `json:"work_orders"`
	Deliveries Deliveries        `json:"deliveries"`
	Stock      Stock             `json:"stock"`
	Works      Works             `json:"works"`
}

// Assets counts assets that are not retired, by each of their facts; the facts are independent, so that the groups overlap. Each number
// is that of the assets in the register (GET /v1/assets, by unit_id, lifecycle and functioning) that its description fits.
type Assets struct {
	Total       int64 `json:"total" doc:"Received and not retired: drafts and active ones, wherever they are just now"`
	Draft       int64 `json:"draft" doc:"Received, but not yet told apart by serial number or tag"`
	Active      int64 `json:"active" doc:"Installed in the register"`
	InService   int64 `json:"in_service" doc:"Active, working or limited, in use, at their unit, not quarantined, and their unit is open"`
	Working     int64 `json:"working" doc:"Of total, by what is last known of them"`
	Limited     int64 `json:"limited" doc:"Of total, working with limitations"`
	NotWorking  int64 `json:"not_working" doc:"Of total"`
	Unknown     int64 `json:"functioning_unknown" doc:"Of total, nobody has said whether they work"`
	NotInUse    int64 `json:"not_in_use" doc:"Of total, for whatever reason"`
	Quarantined int64 `json:"quarantined" doc:"Of total"`
	Away        int64 `json:"away" doc:"Of total, in transit, on loan or in a workshop: part of what the unit has, not of what is in service"`
	Retired     int64 `json:"retired" doc:"Not part of total"`
}

// OfType counts the assets of one equipment type.
type OfType struct {
	Total      int64 `json:"total"`
	Active     int64 `json:"active"`
	InService  int64 `json:"in_service"`
	NotWorking int64 `json:"not_working"`
}

// Orders counts work orders by state, and the open ones by type and priority.
type Orders struct {
	Total      int64            `json:"total"`
	Open       int64            `json:"open" doc:"Requested, approved, assigned, in progress, on hold, completed or returned: not yet accepted"`
	ByState    map[string]int64 `json:"by_state"`
	OpenByType map[string]int64 `json:"open_by_type"`
	OpenUrgent int64            `json:"open_urgent"`
}

// Deliveries counts deliveries by state, and the items of the confirmed ones.
type Deliveries struct {
	Total    int64            `json:"total"`
	ByState  map[string]int64 `json:"by_state"`
	Items    int64            `json:"items" doc:"Dispatched and surplus, of confirmed deliveries"`
	Accepted int64            `json:"items_accepted"`
	Reserved int64            `json:"items_accepted_with_reservation"`
	Rejected int64            `json:"items_rejected"`
	Missing  int64            `json:"items_missing"`
}

// Stock counts the lines of stock sheets and what they hold.
type Stock struct {
	Lines    int64 `json:"lines"`
	Quantity int64 `json:"quantity"`
}

// Works are the quantities of accepted works orders by unit of measure.
type Works struct {
	AcceptedOrders   int64              `json:"accepted_orders"`
	AcceptedQuantity map[string]float64 `json:"accepted_quantity"`
}

// New is nothing counted yet.
func New() Figures {
	return Figures{ByType: map[string]OfType{}, Orders: Orders{ByState: map[string]int64{}, OpenByType: map[string]int64{}},
		Deliveries: Deliveries{ByState: map[string]int64{}}, Works: Works{AcceptedQuantity: map[string]float64{}}}
}

// rows are collected cell by cell.
type rows []tally.Row

func (r *rows) add(cell string, n int64) { *r = append(*r, tally.Row{Cell: cell, N: n}) }

func (r *rows) when(so bool, cells ...string) {
	for _, cell := range cells {
		if so {
			r.add(cell, 1)
		}
	}
}

// Rows are what a fact adds to the figures of its unit. It goes by nothing but the fact: neither by the unit's state nor by the time.
func Rows(f tally.Fact) []tally.Row {
	var r rows
	switch f := f.(type) {
	case *fact.Asset:
		r.asset(f)
	case *fact.Order:
		r.order(f)
	case *fact.Delivery:
		r.delivery(f)
	case *fact.Stock:
		r.add("stock.lines", 1)
		r.add("stock.quantity", f.Quantity)
	}
	return r
}

// surveyed counts the assets ever heard of, retired ones too, without those registered by mistake: such a record says nothing of what the
// unit has. It is no figure: from it follows whether figures.assets is there at all.
const surveyed = "surveyed"

// asset counts one asset, unless it was registered by mistake. in_service is what its own facts admit; that the unit is open is joined in by Derive.
func (r *rows) asset(a *fact.Asset) {
	if a.Voided {
		return
	}
	r.add(surveyed, 1)
	active, of := a.Lifecycle == "active", "by_type."+a.TypeKey+"."
	r.when(a.Lifecycle == "retired", "assets.retired")
	if !active && a.Lifecycle != "draft" {
		return
	}
	r.when(true, "assets.total", of+"total", "assets."+a.Lifecycle)
	r.when(active, of+"active")
	switch a.Functioning {
	case "working", "limited", "not_working":
		r.when(true, "assets."+a.Functioning)
	default:
		r.when(true, "assets.functioning_unknown")
	}
	r.when(a.Functioning == "not_working", of+"not_working")
	r.when(a.Serves(), "assets.in_service", of+"in_service")
	r.when(a.Use == "not_in_use", "assets.not_in_use")
	r.when(a.Quarantine == "quarantined", "assets.quarantined")
	r.when(a.Away(), "assets.away")
}

// over are the states in which nothing more is to be done on an order.
var over = map[string]bool{"accepted": true, "declined": true, "cancelled": true}

func (r *rows) order(o *fact.Order) {
	r.when(true, "work_orders.total", "work_orders.by_state."+o.State)
	r.when(!over[o.State], "work_orders.open", "work_orders.open_by_type."+o.Type)
	r.when(!over[o.State] && o.Priority == "urgent", "work_orders.open_urgent")
	if o.State == "accepted" && o.Type == "works" {
		r.add("works.accepted_orders", 1)
		if o.MeasureUnit != "" {
			r.add("works.accepted_quantity."+o.MeasureUnit, tally.Hundredths(o.Quantity))
		}
	}
}

func (r *rows) delivery(d *fact.Delivery) {
	r.when(true, "deliveries.total", "deliveries.by_state."+d.State)
	if d.State != "confirmed" {
		return
	}
	r.add("deliveries.items", d.Dispatched+d.Surplus)
	r.add("deliveries.items_accepted", d.Accepted)
	r.add("deliveries.items_accepted_with_reservation", d.Reserved)
	r.add("deliveries.items_rejected", d.Rejected)
	r.add("deliveries.items_missing", d.Missing)
}
