package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/workorder/app"
)

func TestARequesterSaysTheEffectAndTheTableSaysTypeAndPriority(t *testing.T) {
	w := newWorld(t, 1)
	ask := func(who string, change j) answer {
		t.Helper()
		r := j{"unit_id": "BSIST000014", "target": j{"kind": "asset", "asset_id": plant}, "complaint": "no arranca"}
		for k, v := range change {
			r[k] = v
		}
		return w.ok(who, "POST", "/v1/work-orders", r)
	}
	for name, c := range map[string]struct {
		who                                  string
		sent                                 j
		kind, priority, row, report, ignored string
	}{
		"the effect alone":             {requester, j{"effect": "service_stopped"}, "corrective", "urgent", "service-stopped-critical", "not_working", ""},
		"limited care":                 {requester, j{"effect": "partial"}, "corrective", "high", "partial-critical", "limited", ""},
		"no effect":                    {requester, j{"effect": "none"}, "inspection", "low", "no-effect", "", ""},
		"nor cost and who pays":        {requester, j{"effect": "partial", "estimate": mxn(1), "funding_source": j{"kind": "donation"}}, "corrective", "high", "partial-critical", "limited", "estimate funding_source"},
		"what is sent is ignored":      {requester, j{"effect": "partial", "type": "works", "priority": "urgent"}, "corrective", "high", "partial-critical", "limited", "type priority"},
		"an earlier client":            {requester, j{"type": "corrective", "priority": "low", "reported_functioning": "not_working"}, "corrective", "urgent", "service-stopped-critical", "not_working", "type priority"},
		"an earlier client, no report": {requester, j{"type": "preventive", "priority": "low"}, "inspection", "low", "no-effect", "", "type priority"},
		"a building":                   {requester, j{"effect": "service_stopped", "target": j{"kind": "unit"}}, "corrective", "high", "service-stopped-hospital", "", ""},
		"the director states both":     {director, j{"type": "preventive", "priority": "low"}, "preventive", "low", "", "", ""},
		"the director states none":     {director, j{"effect": "theatre_stopped"}, "corrective", "urgent", "theatre-stopped", "not_working", ""},
		"the engineer states one":      {engineer, j{"effect": "partial", "priority": "low"}, "corrective", "low", "partial-critical", "limited", ""},
		"engineer in no such place":    {requester + " biomedical_engineer@office:sonora", j{"effect": "none", "type": "works", "priority": "urgent"}, "inspection", "low", "no-effect", "", "type priority"},
	} {
		a := ask(c.who, c.sent)
		var ignored []string
		list, _ := a.At("triage.ignored").([]any)
		for _, i := range list {
			ignored = append(ignored, i.(string))
		}
		if a.Text("type") != c.kind || a.Text("priority") != c.priority || a.Text("triage.row") != c.row || a.Text("reported_functioning") != c.report || strings.Join(ignored, " ") != c.ignored {
			t.Errorf("%s: %s", name, a.Body)
		}
		if by := a.Text("triage.by"); (by == "stated") != (c.row == "") || by == "table" && (a.Text("triage.reason") == "" || a.Text("triage.care_level") != "2") {
			t.Errorf("%s is not explained: %v", name, a.At("triage"))
		}
	}
	w.refused(422, "validation-failed", requester, "POST", "/v1/work-orders", j{"unit_id": "BSIST000014", "target": j{"kind": "unit"}, "effect": "boom"})
}

func TestAPriorityChangesOnlyInTriageAndForAReason(t *testing.T) {
	w := newWorld(t, 1)
	id := w.ordered()
	path := "/v1/work-orders/" + id + "/set-priority"
	w.refused(403, "role-not-allowed", requester, "POST", path, j{"priority": "low", "note": "x"})
	w.refused(403, "role-not-allowed", director, "POST", path, j{"priority": "low", "note": "x"})
	w.refused(404, "not-found", farEast, "POST", path, j{"priority": "low", "note": "x"})
	w.refused(422, "reason-missing", engineer, "POST", path, j{"priority": "low", "note": " "})
	w.refused(409, "no-change", engineer, "POST", path, j{"priority": "urgent", "note": "x"})
	a := w.act(engineer, id, "set-priority", j{"priority": "low", "note": "hay planta de respaldo, dice Juana"})
	if a.Text("priority") != "low" || a.Text("triage.by") != "changed" || a.Text("triage.row") != "service-stopped-critical" {
		t.Errorf("%s", a.Body)
	}
	if h := w.ok(planner, "GET", "/v1/work-orders/"+id+"/history", nil); !strings.Contains(string(h.Body), `"from":"urgent","to":"low"`) || strings.Contains(string(h.Body), "Juana") {
		t.Errorf("history: %s", h.Body)
	}
	w.act(engineer, id, "assign", j{"technician_id": "s-technician"})
	w.refused(409, "transition-not-allowed", engineer, "POST", path, j{"priority": "high", "note": "x"})
}

func TestATriageTableOfTheInstitutionsOwnIsReadAtTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "triage.json")
	build := func(content string) error {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := app.New(service.Config{TriageFile: file}, service.Deps{Guard: rest.Nobody{}, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Version: "test"})
		return err
	}
	if err := build(`{"rows":[{"name":"all","type":"corrective","priority":"high","reason":"Todo es alto"}]}`); err != nil {
		t.Error(err)
	}
	if err := build(`{"rows":[{"name":"all","type":"corrective","priority":"now","reason":"x"}]}`); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), `"now"`) {
		t.Errorf("a table that cannot be: %v", err)
	}
}
