// Package status works out the figures that planners ask for: of a unit from its facts, of an office, a state and the nation from
// those of their units. Every figure is a sum that a person could count by hand.
package status

import (
	"math"

	"github.com/bitacora-salud/bitacora/services/status/internal/fact"
)

// Rules is the number of the rules by which figures are worked out. It is raised with each change of them: what was worked out by others,
// before an upgrade or by a pod of the release before, is worked out anew.
const Rules = 2

// Figures are counts. Those of a group are the sums of its units'.
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

// AddAsset counts one asset of a unit that is open or not. One that is neither received nor retired, registered by mistake, counts
// nowhere, but its unit has been looked at.
func (f *Figures) AddAsset(a *fact.Asset, open bool) {
	if f.Assets == nil {
		f.Assets = &Assets{}
	}
	if a.Lifecycle != "draft" && a.Lifecycle != "active" {
		if a.Lifecycle == "retired" && !a.Voided {
			f.Assets.Retired++
		}
		return
	}
	t := f.ByType[a.TypeKey]
	f.Assets.Total++
	t.Total++
	switch a.Lifecycle {
	case "draft":
		f.Assets.Draft++
	case "active":
		f.Assets.Active++
		t.Active++
	}
	switch a.Functioning {
	case "working":
		f.Assets.Working++
	case "limited":
		f.Assets.Limited++
	case "not_working":
		f.Assets.NotWorking++
		t.NotWorking++
	default:
		f.Assets.Unknown++
	}
	if open && a.Serves() {
		f.Assets.InService++
		t.InService++
	}
	if a.Use == "not_in_use" {
		f.Assets.NotInUse++
	}
	if a.Quarantine == "quarantined" {
		f.Assets.Quarantined++
	}
	if a.Away() {
		f.Assets.Away++
	}
	f.ByType[a.TypeKey] = t
}

// over are the states in which nothing more is to be done on an order.
var over = map[string]bool{"accepted": true, "declined": true, "cancelled": true}

// AddOrder counts one work order.
func (f *Figures) AddOrder(o *fact.Order) {
	f.Orders.Total++
	f.Orders.ByState[o.State]++
	if !over[o.State] {
		f.Orders.Open++
		f.Orders.OpenByType[o.Type]++
		if o.Priority == "urgent" {
			f.Orders.OpenUrgent++
		}
	}
	if o.State == "accepted" && o.Type == "works" {
		f.Works.AcceptedOrders++
		if o.MeasureUnit != "" {
			f.Works.AcceptedQuantity[o.MeasureUnit] = plus(f.Works.AcceptedQuantity[o.MeasureUnit], o.Quantity)
		}
	}
}

// AddDelivery counts one delivery.
func (f *Figures) AddDelivery(d *fact.Delivery) {
	f.Deliveries.Total++
	f.Deliveries.ByState[d.State]++
	if d.State != "confirmed" {
		return
	}
	f.Deliveries.Items += d.Dispatched + d.Surplus
	f.Deliveries.Accepted += d.Accepted
	f.Deliveries.Reserved += d.Reserved
	f.Deliveries.Rejected += d.Rejected
	f.Deliveries.Missing += d.Missing
}

// AddStock counts one line of a stock sheet.
func (f *Figures) AddStock(s *fact.Stock) {
	f.Stock.Lines++
	f.Stock.Quantity += s.Quantity
}

// Add sums another's figures into f.
func (f *Figures) Add(o Figures) {
	if o.Assets != nil {
		if f.Assets == nil {
			f.Assets = &Assets{}
		}
		f.Assets.add(o.Assets)
	}
	for k, t := range o.ByType {
		s := f.ByType[k]
		f.ByType[k] = OfType{s.Total + t.Total, s.Active + t.Active, s.InService + t.InService, s.NotWorking + t.NotWorking}
	}
	f.Orders.Total, f.Orders.Open, f.Orders.OpenUrgent = f.Orders.Total+o.Orders.Total, f.Orders.Open+o.Orders.Open, f.Orders.OpenUrgent+o.Orders.OpenUrgent
	sum(f.Orders.ByState, o.Orders.ByState)
	sum(f.Orders.OpenByType, o.Orders.OpenByType)
	d, e := &f.Deliveries, o.Deliveries
	d.Total, d.Items, d.Accepted = d.Total+e.Total, d.Items+e.Items, d.Accepted+e.Accepted
	d.Reserved, d.Rejected, d.Missing = d.Reserved+e.Reserved, d.Rejected+e.Rejected, d.Missing+e.Missing
	sum(d.ByState, e.ByState)
	f.Stock.Lines, f.Stock.Quantity = f.Stock.Lines+o.Stock.Lines, f.Stock.Quantity+o.Stock.Quantity
	f.Works.AcceptedOrders += o.Works.AcceptedOrders
	for unit, q := range o.Works.AcceptedQuantity {
		f.Works.AcceptedQuantity[unit] = plus(f.Works.AcceptedQuantity[unit], q)
	}
}

func (a *Assets) add(b *Assets) {
	a.Total, a.Draft, a.Active, a.InService = a.Total+b.Total, a.Draft+b.Draft, a.Active+b.Active, a.InService+b.InService
	a.Working, a.Limited, a.NotWorking, a.Unknown = a.Working+b.Working, a.Limited+b.Limited, a.NotWorking+b.NotWorking, a.Unknown+b.Unknown
	a.NotInUse, a.Quarantined, a.Away, a.Retired = a.NotInUse+b.NotInUse, a.Quarantined+b.Quarantined, a.Away+b.Away, a.Retired+b.Retired
}

// plus adds quantities in hundredths, so that no binary fraction shows and the order of adding does not matter.
func plus(a, b float64) float64 {
	return (math.Round(a*100) + math.Round(b*100)) / 100
}

func sum(to, from map[string]int64) {
	for k, v := range from {
		to[k] += v
	}
}
