package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
)

// figures are numbers by their path in an answer of the status service: "work_orders.by_state.accepted". What is not there is 0.
type figures map[string]float64

// flatten adds the numbers of a JSON value.
func (f figures) flatten(path string, v any) {
	switch v := v.(type) {
	case object:
		for name, inner := range v {
			f.flatten(strings.TrimPrefix(path+"."+name, "."), inner)
		}
	case json.Number:
		if n, err := v.Float64(); err == nil {
			f[path] = n
		}
	case bool:
		if v {
			f[path] = 1
		}
	}
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64() // 0 where it is none
	return i
}

// text is a text in a document, "" where there is none; value that of a fact.
func text(doc object, name string) string {
	s, _ := doc[name].(string)
	return s
}

func value(doc object, name string) string {
	fact, _ := doc[name].(object)
	return text(fact, "value")
}

// asset counts one asset of a unit that is open or not.
func (f figures) asset(a object, open bool) {
	if _, voided := a["voided"]; voided {
		return
	}
	f["not_surveyed"] = 0
	lifecycle := value(a, "lifecycle")
	if lifecycle == "retired" {
		f["assets.retired"]++
	}
	if lifecycle != "draft" && lifecycle != "active" {
		return
	}
	count := func(path string, so bool) {
		if so {
			f["assets."+path]++
		}
	}
	working := value(a, "functioning")
	away := value(a, "custody") != "at_unit"
	service := open && lifecycle == "active" && (working == "working" || working == "limited") && value(a, "use") == "in_use" && !away &&
		value(a, "quarantine") == "not_quarantined"
	count("total", true)
	count(lifecycle, true)
	count("in_service", service)
	count(working, working == "working" || working == "limited" || working == "not_working")
	count("functioning_unknown", working == "unknown")
	count("not_in_use", value(a, "use") == "not_in_use")
	count("quarantined", value(a, "quarantine") == "quarantined")
	count("away", away)
	of := "by_type." + text(a, "type_key") + "."
	f[of+"total"]++
	for name, so := range map[string]bool{"active": lifecycle == "active", "in_service": service, "not_working": working == "not_working"} {
		if so {
			f[of+name]++
		}
	}
}

// order counts one work order.
func (f figures) order(o object) {
	state, kind := text(o, "state"), text(o, "type")
	f["work_orders.total"]++
	f["work_orders.by_state."+state]++
	if !slices.Contains([]string{"accepted", "declined", "cancelled"}, state) {
		f["work_orders.open"]++
		f["work_orders.open_by_type."+kind]++
		if text(o, "priority") == "urgent" {
			f["work_orders.open_urgent"]++
		}
	}
	if state != "accepted" || kind != "works" {
		return
	}
	f["works.accepted_orders"]++
	done := figures{}
	done.flatten("", object{"planned": o["quantity"], "done": o["quantity_done"]})
	quantity, ok := done["done"]
	if !ok {
		quantity = done["planned"]
	}
	if unit := text(o, "measure_unit"); unit != "" {
		f["works.accepted_quantity."+unit] += quantity
	}
}

// delivery counts one delivery and, once it is confirmed, its items.
func (f figures) delivery(d object) {
	state := text(d, "state")
	f["deliveries.total"]++
	f["deliveries.by_state."+state]++
	lines, _ := d["lines"].([]any)
	if state != "confirmed" {
		return
	}
	for _, line := range lines {
		l, _ := line.(object)
		f["deliveries.items"] += float64(number(l["dispatched"]) + number(l["surplus"]))
		for _, outcome := range []string{"accepted", "accepted_with_reservation", "rejected", "missing"} {
			f["deliveries.items_"+outcome] += float64(number(l[outcome]))
		}
	}
}

// counted compares the figures of each unit, and of the groups that they belong to, with what the documents come to.
func (a *audit) counted(ctx context.Context, f *finding, docs documents) error {
	due := map[string]figures{}
	of := func(doc object) figures {
		unit := "units/" + text(doc, "unit_id")
		if due[unit] == nil {
			due[unit] = figures{}
		}
		return due[unit]
	}
	for id := range docs["unit"] {
		due["units/"+id] = figures{"not_surveyed": 1}
	}
	for _, d := range docs["asset"] {
		of(d).asset(d, text(docs["unit"][text(d, "unit_id")], "operation_state") == "open")
	}
	for _, d := range docs["work_order"] {
		of(d).order(d)
	}
	for _, d := range docs["delivery"] {
		of(d).delivery(d)
	}
	for _, d := range docs["stock_item"] {
		n := of(d)
		n["stock.lines"]++
		n["stock.quantity"] += float64(number(d["quantity"]))
	}
	sum(due, docs["unit"])
	for _, at := range slices.Sorted(maps.Keys(due)) {
		var raw json.RawMessage
		var answer object
		err := a.Client.Get(ctx, a.User, "/v1/status/"+escaped(at), &raw)
		if err == nil {
			err = decode(raw, &answer)
		}
		if err != nil {
			f.wrong = append(f.wrong, fmt.Sprintf("figures of %s: %v", at, err))
			continue
		}
		got := figures{}
		for _, part := range []string{"units", "suspended", "not_surveyed", "planned", "closed"} {
			got.flatten(part, answer[part])
		}
		got.flatten("", answer["figures"])
		f.wrong = append(f.wrong, due[at].differences(at, got)...)
	}
	f.add("figures of %d units, offices, states and the nation are what the documents come to: %.0f assets, %.0f work orders, %.0f deliveries in the nation",
		len(due), due[nation]["assets.total"], due[nation]["work_orders.total"], due[nation]["deliveries.total"])
	return nil
}

const nation = "nation"

// sum adds the groups: offices, states and the nation count the institution's own medical units, planned and closed ones apart.
func sum(due map[string]figures, units map[string]object) {
	due[nation] = figures{}
	for id, u := range units {
		groups := []string{nation, "states/" + text(u, "state_code"), "offices/" + text(u, "office")}
		own, _ := u["own"].(bool)
		for _, g := range groups {
			if g == "states/" || g == "offices/" {
				continue
			}
			if due[g] == nil {
				due[g] = figures{}
			}
			if !own || text(u, "kind") != "medical_unit" {
				continue
			}
			due[g].unit(u, due["units/"+id])
		}
	}
}

// unit counts a unit and its figures.
func (f figures) unit(u object, of figures) {
	apart := ""
	switch state := text(u, "operation_state"); state {
	case "planned", "closed":
		apart = state + "."
	case "suspended":
		f["suspended"]++
	}
	f[apart+"units"]++
	for name, n := range of {
		switch {
		case apart == "":
			f[name] += n
		case name != "not_surveyed":
			f[apart+"figures."+name] += n
		}
	}
}

func escaped(at string) string { return (&url.URL{Path: at}).EscapedPath() }

// differences lists where got is not f.
func (f figures) differences(at string, got figures) (out []string) {
	names := maps.Clone(f)
	maps.Copy(names, got)
	for name := range names {
		if math.Abs(f[name]-got[name]) > 1e-6 {
			out = append(out, fmt.Sprintf("figures of %s: %s is %g, the documents come to %g", at, name, got[name], f[name]))
		}
	}
	return out
}
