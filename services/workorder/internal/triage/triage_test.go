package triage_test

import (
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/triage"
)

func TestTheEffectOnCareSaysHowUrgentItIs(t *testing.T) {
	table := triage.Standard()
	for c, want := range map[triage.Case]string{
		{"theatre_stopped", "low", "1"}:    "theatre-stopped corrective urgent",
		{"cold_chain", "", ""}:             "cold-chain corrective urgent",
		{"service_stopped", "high", "1"}:   "service-stopped-critical corrective urgent",
		{"service_stopped", "medium", "2"}: "service-stopped-hospital corrective high",
		{"service_stopped", "", "1"}:       "service-stopped corrective high",
		{"partial", "low", "1"}:            "partial corrective medium",
		{"partial", "", "3"}:               "partial-hospital corrective high",
		{"none", "high", "3"}:              "no-effect inspection low",
		{"an effect of tomorrow", "", ""}:  "no-effect inspection low",
	} {
		if r := table.Decide(c); r.Name+" "+r.Type+" "+r.Priority != want || r.Reason == "" {
			t.Errorf("%+v: %+v, want %s", c, r, want)
		}
	}
}

// Whatever is asked, some row decides; the same effect on something more critical is never less urgent.
func TestNothingIsLeftUndecidedAndCriticalityNeverMakesItLessUrgent(t *testing.T) {
	table, urgency := triage.Standard(), map[string]int{"urgent": 3, "high": 2, "medium": 1, "low": 0}
	for _, effect := range mx.Values("effect") {
		for _, level := range append(mx.Values("care_level"), "") {
			last := -1
			for _, criticality := range []string{"low", "medium", "high"} {
				u := urgency[table.Decide(triage.Case{Effect: effect, Criticality: criticality, CareLevel: level}).Priority]
				if u < last {
					t.Errorf("%s at level %q: %s is less urgent than what is less critical", effect, level, criticality)
				}
				last = u
			}
		}
	}
}

func TestATableThatCannotDecideIsRefusedAtTheStart(t *testing.T) {
	last := `{"name":"z","type":"corrective","priority":"low","reason":"r"}`
	for name, c := range map[string][2]string{
		"no json":              {`rows`, "JSON object"},
		"unknown field":        {`{"rows":[{"nome":"z"}]}`, "unknown field"},
		"two tables":           {`{"rows":[` + last + `]} {}`, "behind the table"},
		"no rows":              {`{"rows":[]}`, "needs rows"},
		"unknown effect":       {`{"rows":[{"name":"a","effect":["boom"],"type":"corrective","priority":"low","reason":"r"},` + last + `]}`, `"boom"`},
		"unknown priority":     {`{"rows":[{"name":"z","type":"corrective","priority":"now","reason":"r"}]}`, `"now"`},
		"no last row":          {`{"rows":[{"name":"a","effect":["none"],"type":"corrective","priority":"low","reason":"r"}]}`, "matches everything"},
		"behind the last row":  {`{"rows":[` + last + `,{"name":"a","effect":["none"],"type":"corrective","priority":"low","reason":"r"}]}`, "matches everything"},
		"a name twice":         {`{"rows":[{"name":"z","effect":["none"],"type":"corrective","priority":"low","reason":"r"},` + last + `]}`, "has that name"},
		"a row without reason": {`{"rows":[{"name":"z","type":"corrective","priority":"low"}]}`, "its reason"},
	} {
		if _, err := triage.Parse([]byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := triage.Parse([]byte(`{"rows":[` + last + `]}`)); err != nil {
		t.Error(err)
	}
}

func TestCriticalityFollowsTheRiskClass(t *testing.T) {
	for in, want := range map[[2]string]string{{"medical_equipment", "III"}: "high", {"building_system", ""}: "high", {"medical_equipment", "II"}: "medium",
		{"furniture", ""}: "low", {"medical_equipment", "I"}: "low", {"medical_equipment", ""}: ""} {
		if got := triage.Criticality(in[0], in[1]); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}
