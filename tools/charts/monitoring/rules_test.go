package monitoring_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// cases say of each alert what makes it fire, what does not, and which labels it has beside those that all have. SEL is the inside of the
// selector of one of the service's pods, SVC the service's name.
var cases = map[string]struct {
	fires, healthy []string
	labels         map[string]string
}{
	"BitacoraAway": {
		fires:   []string{`up{SEL} 1x80`, `bitacora_ready{SEL} 0x80`},
		healthy: []string{`bitacora_ready{SEL} 0x80`, `bitacora_ready{SEL,instance="other"} 1x80`},
	},
	"BitacoraErrors": {
		fires: []string{`bitacora_http_requests_total{SEL,SVC,operation="a.get",outcome="done",status="200"} 0+97x80`, `bitacora_http_requests_total{SEL,SVC,operation="a.get",outcome="failed",status="503"} 0+3x80`},
		healthy: []string{`bitacora_http_requests_total{SEL,SVC,operation="a.get",outcome="refused",status="404"} 0+997x80`, `bitacora_http_requests_total{SEL,SVC,operation="a.get",outcome="failed",status="500"} 0+3x80`,
			`bitacora_http_requests_total{SEL,SVC,operation="a.get",outcome="awaited",status="503"} 0+500x80`},
		labels: map[string]string{"service": "SVC"},
	},
	"BitacoraSlow": {
		fires: []string{`bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="a.get",le="1"} 0+98x80`, `bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="a.get",le="2.5"} 0+100x80`,
			`bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="a.get",le="+Inf"} 0+100x80`},
		healthy: []string{`bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="a.get",le="1"} 0+100x80`, `bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="a.get",le="+Inf"} 0+100x80`,
			`bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="unit.import",le="1"} 0x80`, `bitacora_http_request_duration_seconds_bucket{SEL,SVC,operation="unit.import",le="+Inf"} 0+10x80`},
		labels: map[string]string{"service": "SVC"},
	},
	"BitacoraSaturated": {
		fires:   []string{`bitacora_http_requests_in_flight{SEL,SVC} 210x80`, `bitacora_http_requests_in_flight_limit{SEL,SVC} 256x80`},
		healthy: []string{`bitacora_http_requests_in_flight{SEL,SVC} 200x80`, `bitacora_http_requests_in_flight_limit{SEL,SVC} 256x80`},
		labels:  map[string]string{"service": "SVC"},
	},
	"BitacoraStoreFails": {
		fires: []string{`bitacora_store_call_duration_seconds_count{SEL,SVC,call="load",collection="c"} 0+100x80`, `bitacora_store_call_failures_total{SEL,SVC,call="load",collection="c",outcome="unavailable"} 0+6x80`},
		healthy: []string{`bitacora_store_call_duration_seconds_count{SEL,SVC,call="load",collection="c"} 0+100x80`, `bitacora_store_call_failures_total{SEL,SVC,call="load",collection="c",outcome="unavailable"} 0+4x80`,
			`bitacora_store_call_failures_total{SEL,SVC,call="apply",collection="c",outcome="refused"} 0+30x80`, `bitacora_store_call_failures_total{SEL,SVC,call="load",collection="c",outcome="cancelled"} 0+30x80`},
		labels: map[string]string{"service": "SVC"},
	},
	"BitacoraStoreSlow": {
		fires: []string{`bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="load",collection="c",le="0.5"} 0+98x80`, `bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="load",collection="c",le="1"} 0+100x80`,
			`bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="load",collection="c",le="+Inf"} 0+100x80`},
		healthy: []string{`bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="load",collection="c",le="0.5"} 0+100x80`, `bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="load",collection="c",le="+Inf"} 0+100x80`,
			`bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="stream",collection="c",le="0.5"} 0x80`, `bitacora_store_call_duration_seconds_bucket{SEL,SVC,call="stream",collection="c",le="+Inf"} 0+10x80`},
		labels: map[string]string{"service": "SVC"},
	},
	"BitacoraBrokerAway": {
		fires:   []string{`bitacora_consumer_alive_age_seconds{SEL,consumer="a.b"} 0+30x80`},
		healthy: []string{`bitacora_consumer_alive_age_seconds{SEL,consumer="a.b"} 10 90 170 1x77`},
		labels:  map[string]string{"consumer": "a.b"},
	},
	"BitacoraConsumerLate": {
		fires:   []string{`bitacora_consumer_lag_seconds{SEL,consumer="a.b"} 0+30x80`},
		healthy: []string{`bitacora_consumer_lag_seconds{SEL,consumer="a.b"} 0+30x20 0+30x20 0+30x20 1x20`},
		labels:  map[string]string{"consumer": "a.b"},
	},
	"BitacoraDeadLetters": {
		fires:   []string{`bitacora_dead_letters{SEL,consumer="a.b"} 1x80`, `bitacora_dead_letters{SEL,consumer="a.relay"} 0x80`},
		healthy: []string{`bitacora_dead_letters{SEL,consumer="a.b"} 0x20 1x8 0x52`},
		labels:  map[string]string{"consumer": "a.b"},
	},
	"BitacoraOutboxLate": {
		fires:   []string{`bitacora_outbox_oldest_seconds{SEL,SVC} 0+30x80`},
		healthy: []string{`bitacora_outbox_oldest_seconds{SEL,SVC} 299x80`},
		labels:  map[string]string{"service": "SVC"},
	},
	"BitacoraFiguresLate": {
		fires:   []string{`bitacora_figures_late_seconds{SEL,SVC,projection="units"} 0+30x80`, `bitacora_figures_late_seconds{SEL,SVC,projection="nation"} 0x80`},
		healthy: []string{`bitacora_figures_late_seconds{SEL,SVC,projection="units"} 0+30x29 0x51`},
		labels:  map[string]string{"projection": "units"},
	},
	"BitacoraFiguresMended": {
		fires:   []string{`bitacora_figures_mended_total{SEL,SVC} 0x20 1x60`},
		healthy: []string{`bitacora_figures_mended_total{SEL,SVC} 3x80`},
		labels:  map[string]string{"service": "SVC"},
	},
	"BitacoraTokensRefused": {
		fires: []string{`bitacora_auth_tokens_total{SEL,outcome="cached"} 0+70x80`, `bitacora_auth_tokens_total{SEL,outcome="invalid"} 0+20x80`, `bitacora_auth_tokens_total{SEL,outcome="unavailable"} 0+10x80`},
		healthy: []string{`bitacora_auth_tokens_total{SEL,outcome="cached"} 0+70x80`, `bitacora_auth_tokens_total{SEL,outcome="invalid"} 0+10x80`, `bitacora_auth_tokens_total{SEL,outcome="expired"} 0+30x80`,
			`bitacora_auth_tokens_total{SEL,outcome="missing"} 0+30x80`},
	},
	"BitacoraSignInsFail": {
		fires: []string{`bitacora_console_sign_ins_total{SEL,outcome="done"} 0+70x80`, `bitacora_console_sign_ins_total{SEL,outcome="refused"} 0+10x80`,
			`bitacora_console_sign_ins_total{SEL,outcome="lost"} 0+10x80`, `bitacora_console_sign_ins_total{SEL,outcome="unavailable"} 0+10x80`},
		healthy: []string{`bitacora_console_sign_ins_total{SEL,outcome="done"} 0+70x80`, `bitacora_console_sign_ins_total{SEL,outcome="denied"} 0+40x80`,
			`bitacora_console_sign_ins_total{SEL,outcome="lost"} 0+10x80`},
	},
	"BitacoraAtMost": {
		fires:   []string{`kube_horizontalpodautoscaler_status_current_replicas{HPA} 6x80`, `kube_horizontalpodautoscaler_spec_max_replicas{HPA} 6x80`},
		healthy: []string{`kube_horizontalpodautoscaler_status_current_replicas{HPA} 5x80`, `kube_horizontalpodautoscaler_spec_max_replicas{HPA} 6x80`},
		labels:  map[string]string{"horizontalpodautoscaler": "JOB", "job": "kube-state-metrics"},
	},
}

// in puts the names of a service into series.
func (w watched) in(series []string) (out []string) {
	sel := fmt.Sprintf("namespace=%q,job=%q", w.namespace, w.job)
	hpa := fmt.Sprintf(`namespace=%q,horizontalpodautoscaler=%q,job="kube-state-metrics"`, w.namespace, w.job)
	for _, s := range series {
		out = append(out, strings.NewReplacer("SEL", sel, "SVC", fmt.Sprintf("service=%q", w.app), "HPA", hpa).Replace(s))
	}
	return out
}

// TestAlerts evaluates every alert that is rendered, of every service.
func TestAlerts(t *testing.T) {
	fired := map[string]bool{}
	for app, w := range everyWatched(t) {
		w.scrapedAs(t)
		for _, rule := range w.rules {
			t.Run(app+"/"+rule.Alert, func(t *testing.T) {
				if _, ok := cases[rule.Alert]; !ok {
					t.Fatal("no case says what makes it fire")
				}
				fired[rule.Alert] = true
				w.fires(t, rule)
				w.isQuiet(t, rule)
				w.isExplained(t, rule)
			})
		}
	}
	for name := range cases {
		if !fired[name] {
			t.Errorf("no chart has %s", name)
		}
	}
}

// fires wants the alert once its expression has held for its time, not a step earlier, with its labels.
func (w watched) fires(t *testing.T, rule rulefmt.Rule) {
	t.Helper()
	d := newDatabase()
	d.load(t, w.in(cases[rule.Alert].fires)...)
	end := epoch.Add(79 * step)
	firing, _ := d.firing(t, rule, end)
	if len(firing) != 1 {
		t.Fatalf("%d alarms, want one", len(firing))
	}
	due := firing[0].active.Add(time.Duration(rule.For))
	if early, pending := d.firing(t, rule, due.Add(-step)); len(early) != 0 || len(pending) != 1 {
		t.Errorf("a step before its time: %d fire, %d are pending", len(early), len(pending))
	}
	if now, _ := d.firing(t, rule, due); len(now) != 1 {
		t.Errorf("at its time it does not fire")
	}
	want := map[string]string{"alertname": rule.Alert, "app": w.app, "namespace": w.namespace, "severity": rule.Labels["severity"]}
	for name, value := range cases[rule.Alert].labels {
		want[name] = strings.NewReplacer("SVC", w.app, "JOB", w.job).Replace(value)
	}
	if !maps.Equal(want, firing[0].labels) {
		t.Errorf("labels %v, want %v", firing[0].labels, want)
	}
	if s := rule.Labels["severity"]; s != "critical" && s != "warning" {
		t.Errorf("severity %q", s)
	}
}

// isQuiet wants no alarm while all is well, while it goes wrong elsewhere, and (but for Away) while there is nothing at all.
func (w watched) isQuiet(t *testing.T, rule rulefmt.Rule) {
	t.Helper()
	healthy := newDatabase()
	healthy.load(t, w.in(cases[rule.Alert].healthy)...)
	other := w
	other.job = "another"
	elsewhere := newDatabase()
	elsewhere.load(t, other.in(cases[rule.Alert].fires)...)
	for what, d := range map[string]*database{"healthy": healthy, "another service": elsewhere} {
		if what != "healthy" && rule.Alert == "BitacoraAway" {
			continue // nothing is known of this one then, which is what it is about
		}
		for i := range 80 {
			if firing, _ := d.firing(t, rule, epoch.Add(time.Duration(i)*step)); len(firing) > 0 {
				t.Fatalf("%s: fires at step %d: %v", what, i, firing)
			}
		}
	}
}

// sections are what a runbook answers, in this order.
var sections = []string{"**Means**", "**Users see**", "## Look", "## Do", "## Over when"}

// isExplained wants annotations that lead to a runbook which is there and whole.
func (w watched) isExplained(t *testing.T, rule rulefmt.Rule) {
	t.Helper()
	if !strings.HasPrefix(rule.Annotations["summary"], w.job+": ") {
		t.Errorf("summary %q does not begin with the service", rule.Annotations["summary"])
	}
	url := rule.Annotations["runbook_url"]
	if !strings.HasSuffix(url, "/deploy/runbooks/"+rule.Alert+".md") {
		t.Fatalf("runbook_url %q", url)
	}
	content, err := os.ReadFile(filepath.Join("../../../deploy/runbooks", rule.Alert+".md"))
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(string(content), "# "+rule.Alert+": ")
	if !ok {
		t.Errorf("the runbook's title is not %s", rule.Alert)
	}
	for _, s := range sections {
		if _, rest, ok = strings.Cut(rest, s); !ok {
			t.Errorf("the runbook lacks %s, or has it elsewhere", s)
		}
	}
}

// TestEveryRunbookHasItsAlert: none is left of an alert that is gone.
func TestEveryRunbookHasItsAlert(t *testing.T) {
	files, err := filepath.Glob("../../../deploy/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".md"); !slices.Contains(slices.Collect(maps.Keys(cases)), name) {
			t.Errorf("no alert has the runbook %s", f)
		}
	}
}
