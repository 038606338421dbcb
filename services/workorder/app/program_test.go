package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
)

// planned registers a programme with lines that begin on these days, at the unit; their ids come back.
func (w *world) planned(unit string, days ...string) (programme string, ids []string) {
	w.Helper()
	programme = w.ok(contracts, "POST", "/v1/programs", j{"name": "Programa de Mantenimiento 2025", "fiscal_year": 2025}).Text("id")
	for i, day := range days {
		line := j{"unit_id": unit, "area_id": bathroom, "element": "floors", "description": "Sustitución de pisos", "quantity": 38.5, "measure_unit": "m2", "planned_start": day, "planned_end": "2025-12-31"}
		if i%2 == 1 {
			delete(line, "element")
			line["equipment_type_key"] = "power_plant"
		}
		ids = append(ids, w.ok(office, "POST", "/v1/programs/"+programme+"/add-line", line).Text("latest_line_id"))
	}
	return programme, ids
}

// listed are the ids of a list, in its order.
func (w *world) listed(who, path string) (ids []string) {
	w.Helper()
	for _, item := range w.ok(who, "GET", path, nil).List("items") {
		ids = append(ids, item.(j)["id"].(string))
	}
	return ids
}

func TestLinesOfProgrammesAreListedByUnitDayAndWhatIsWorkedOn(t *testing.T) {
	w := newWorld(t, 1)
	here, a := w.planned("BSIST000014", "2025-09-01", "2025-09-07", "2025-09-08")
	_, b := w.planned("BSIST000026", "2025-09-01")
	for query, want := range map[string][]string{
		"": slices.Concat(a, b), "?unit_id=BSIST000014": a, "?unit_id=BSIST000026": b, "?program_id=" + here: a, "?office=baja-california-sur": slices.Concat(a, b), "?office=sonora": nil,
		"?from=2025-09-01&to=2025-09-07": {a[0], a[1], b[0]}, "?unit_id=BSIST000014&from=2025-09-02&to=2025-09-08": a[1:], "?office=baja-california-sur&from=2025-09-08": a[2:],
		"?to=2025-09-01": {a[0], b[0]}, "?from=2025-09-09": nil, "?element=floors": {a[0], a[2], b[0]}, "?equipment_type_key=power_plant": {a[1]}, "?from=2025-09-01&to=2025-09-30&element=floors&unit_id=BSIST000026": b,
	} {
		if got := w.listed(office, "/v1/program-lines"+query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	first := w.ok(office, "GET", "/v1/program-lines?from=2025-09-01&to=2025-09-07&limit=2", nil)
	if rest := w.listed(office, "/v1/program-lines?from=2025-09-01&to=2025-09-07&limit=2&cursor="+first.Text("next_cursor")); len(first.List("items")) != 2 || !slices.Equal(rest, b) {
		t.Errorf("the second page: %v", rest)
	}
	for query, rule := range map[string]string{
		"?from=2025-09-07&to=2025-09-01": "period-reversed", "?to=1999-12-31": "date-out-of-range", "?from=2025-01-01&to=2025-07-06": "period-too-long",
		"?from=ayer": "validation-failed", "?element=clouds": "validation-failed", "?state=open": "validation-failed", "?unit_id=": "filter-empty",
	} {
		if a := w.refused(422, rule, office, "GET", "/v1/program-lines"+query, nil); !strings.Contains(string(a.Body), `"query.`) {
			t.Errorf("%s does not say where: %s", query, a.Body)
		}
	}
	w.ok(office, "GET", "/v1/program-lines?from=2025-01-01&to=2025-07-05", nil)
}

func TestWhatIsPlannedIsSeenWhereItIs(t *testing.T) {
	w := newWorld(t, 1)
	_, ids := w.planned("BSIST000014", "2025-09-01")
	one := "/v1/program-lines/" + ids[0]
	for _, who := range []string{director, requester, engineer, office, planner, auditor, admin} {
		if a := w.ok(who, "GET", one, nil); a.Text("unit_id") != "BSIST000014" || a.Text("planned_start") != "2025-09-01" || len(w.listed(who, "/v1/program-lines")) != 1 {
			t.Errorf("%s: %s", who, a.Body)
		}
	}
	for _, who := range []string{stranger, farEast} {
		w.refused(404, "not-found", who, "GET", one, nil)
		w.refused(404, "not-found", who, "GET", one+"/history", nil)
		if got := w.listed(who, "/v1/program-lines?unit_id=BSIST000014"); got != nil {
			t.Errorf("%s sees %v", who, got)
		}
	}
	firm, _ := w.contract(1_000_00)
	for _, who := range []string{of(firm), technician} {
		w.refused(403, "role-not-allowed", who, "GET", "/v1/program-lines", nil)
	}
	if h := w.ok(auditor, "GET", one+"/history", nil); !strings.Contains(string(h.Body), "mx.bitacora.program_line.added.v1") {
		t.Errorf("history: %s", h.Body)
	}
	w.unit("BSIST000014", 3, "sonora", "1", "open")
	w.heard()
	if got := w.listed(farEast, "/v1/program-lines?office=sonora&from=2025-09-01"); !slices.Equal(got, ids) {
		t.Errorf("the line in its unit's new office: %v", got)
	}
}

// Half a year is 186 days at most, whichever end is given.
func TestTheDaysOfAPeriod(t *testing.T) {
	for _, c := range []struct {
		from, to    string
		n           int
		first, last any
	}{{"", "", 0, nil, nil}, {"2025-03-01", "2025-03-01", 1, "2025-03-01", "2025-03-01"}, {"2024-02-28", "2024-03-01", 3, "2024-02-28", "2024-03-01"},
		{"2025-01-01", "", program.MaxDays, "2025-01-01", "2025-07-05"}, {"", "2025-07-05", program.MaxDays, "2025-01-01", "2025-07-05"}} {
		days, err := program.Days(c.from, c.to)
		if err != nil || len(days) != c.n || c.n > 0 && (days[0] != c.first || days[c.n-1] != c.last) {
			t.Errorf("%s–%s: %v, %v", c.from, c.to, days, err)
		}
	}
	if _, err := program.Days("2025-01-01", "2025-07-06"); err == nil || fmt.Sprint(err) == "" {
		t.Error("187 days are taken")
	}
}
