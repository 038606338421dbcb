package ui

import (
	"slices"
	"strings"
)

// entry is one entry of the navigation; word is a key of parts.
type entry struct{ href, icon, word string }

var (
	navHome   = entry{"/", IconHome, "nav_home"}
	navToday  = entry{"/", IconHome, "nav_today"}
	navReport = entry{"/reportar", IconAdd, "nav_report"}
	navMine   = entry{"/reportes", IconList, "nav_reports"}
	navAssets = entry{"/equipos", IconTag, "nav_assets"}
	navOrders = entry{"/ordenes", IconWrench, "nav_orders"}
	navNation = entry{"/nacion", IconMap, "nav_nation"}
	navSearch = entry{"/buscar", IconSearch, "nav_search"}
	navTriage = entry{"/por-revisar", IconList, "nav_triage"}
)

// navigations are what each role finds, in the order in which the entries of several roles come.
var navigations = []struct {
	role    string
	entries []entry
}{
	{"requester", []entry{navHome, navReport, navMine, navSearch}},
	{"unit_director", []entry{navHome, {"/unidad", IconUnit, "nav_unit"}, navReport, navSearch}},
	{"biomedical_engineer", []entry{navHome, navTriage, navAssets, navSearch}},
	{"contractor", []entry{navToday, navOrders, {"/historial", IconList, "nav_history"}}},
	{"technician", []entry{navToday, navOrders, {"/historial", IconList, "nav_history"}}},
	{"contract_administrator", []entry{navHome, {"/contratos", IconMoney, "nav_contracts"}, {"/por-revisar", IconList, "nav_assign"}, navSearch}},
	{"office_administrator", []entry{navHome, {"/programa", IconWeeks, "nav_program"}, {"/entregas", IconBox, "nav_deliveries"}, navSearch}},
	{"planner", []entry{navHome, navNation, {"/cifra/en-servicio", IconFigure, "nav_figures"}, navSearch}},
	{"auditor", []entry{navHome, navNation, {"/historias", IconList, "nav_histories"}, navSearch}},
	{"admin", []entry{navHome, {"/personas", IconPerson, "nav_people"}, {"/detenidos", IconPause, "nav_letters"}, navSearch, navAssets, navNation}},
}

// fitting is how many entries fit beside each other on a phone.
const fitting = 4

// Navigation is the main navigation of somebody with these roles, on the page at path: the union of what each role finds.
func Navigation(roles []string, path string) []NavItem {
	var out []NavItem
	for _, n := range navigations {
		if !slices.Contains(roles, n.role) {
			continue
		}
		for _, e := range n.entries {
			if !slices.ContainsFunc(out, func(o NavItem) bool { return o.Href == e.href }) {
				out = append(out, NavItem{Href: e.href, Label: parts.Say(e.word), Icon: e.icon, Current: e.here(path)})
			}
		}
	}
	return out
}

// here says whether an entry is the page at path, or one below it.
func (e entry) here(path string) bool {
	return e.href == path || e.href != "/" && strings.HasPrefix(path, e.href+"/")
}

// folded splits the navigation into what fits and what stands under «Más».
func folded(all []NavItem) (first, more []NavItem) {
	if len(all) <= fitting {
		return all, nil
	}
	return all[:fitting-1], all[fitting-1:]
}
