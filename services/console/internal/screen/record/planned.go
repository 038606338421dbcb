package record

import (
	"encoding/json"
	"net/url"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
)

// plannedWork is a line of a programme as its history tells it: what is to be done, and at which unit, in which area, on what.
type plannedWork struct {
	what  string
	where []string
}

// plannedIn is the work whose planning events of a programme tell of, by the lines' ids. Lines are read by programme, units all in one request; what
// whoever asks may not read, or lies behind the bound, is not among them.
func plannedIn(r *screen.Request, path, id string, events []Event) map[string]plannedWork {
	told := map[string]bool{}
	for _, e := range events {
		var s said
		if err := json.Unmarshal(e.Change, &s); err == nil && s.LineID != "" {
			told[s.LineID] = true
		}
	}
	if len(told) == 0 || path != "/v1/programs/" {
		return nil
	}
	lines, _, _ := All[struct {
		ID string `json:"id"`
		Place
		AreaID      string `json:"area_id"`
		Element     string `json:"element"`
		TypeKey     string `json:"equipment_type_key"`
		Description string `json:"description"`
	}](r.Context(), r.API, "/v1/program-lines", url.Values{"program_id": {id}}, remembered)
	names := NamesFor(r)
	var units []string
	for _, l := range lines {
		if told[l.ID] {
			units = append(units, l.UnitID)
		}
	}
	names.Units(units)
	out := map[string]plannedWork{}
	for _, l := range lines {
		if !told[l.ID] {
			continue
		}
		on := Label("area_element", l.Element)
		if l.TypeKey != "" {
			on = names.TypeName(l.TypeKey)
		}
		u, _ := names.Unit(l.UnitID)
		out[l.ID] = plannedWork{Excerpt(l.Description, 100), Filled(on, names.UnitName(l.UnitID), u.AreaPath(l.AreaID))}
	}
	return out
}
