package monitoring_test

import (
	encoding "encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// ofTarget are the labels that a target has, beside what the program says.
var ofTarget = []string{"namespace", "job", "pod", "container", "endpoint", "instance", "service"}

// foreign are the metrics that others than these programs have, with the labels that are asked for.
var foreign = map[string][]string{
	"up": nil,
	"kube_horizontalpodautoscaler_status_current_replicas": {"horizontalpodautoscaler"},
	"kube_horizontalpodautoscaler_spec_max_replicas":       {"horizontalpodautoscaler"},
}

// asked are the problems of a query: metrics that no program has, labels and values that they do not have. legend is Grafana's.
func (c *catalogue) asked(query, legend string) (problems []string) {
	expr, err := promQL.ParseExpr(query)
	if err != nil {
		return []string{err.Error()}
	}
	answer := map[string]bool{} // the labels that the answer has
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		within := slices.ContainsFunc(path, func(n parser.Node) bool { _, is := n.(*parser.AggregateExpr); return is })
		switch n := node.(type) {
		case *parser.VectorSelector:
			problems = append(problems, c.selected(n)...)
			if !within {
				maps.Copy(answer, c.has(n))
			}
		case *parser.AggregateExpr:
			inside := map[string]bool{}
			for _, matchers := range parser.ExtractSelectors(n.Expr) {
				maps.Copy(inside, c.has(&parser.VectorSelector{LabelMatchers: matchers}))
			}
			for _, l := range n.Grouping {
				if !inside[l] {
					problems = append(problems, "nothing has the label "+l)
				}
				if !within {
					answer[l] = true
				}
			}
		}
		return nil
	})
	for _, l := range legends.FindAllStringSubmatch(legend, -1) {
		if !answer[l[1]] {
			problems = append(problems, "the answer has no label "+l[1])
		}
	}
	return problems
}

func metricOf(v *parser.VectorSelector) string {
	at := slices.IndexFunc(v.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	return v.LabelMatchers[at].Value
}

// has are the labels of what is selected.
func (c *catalogue) has(v *parser.VectorSelector) map[string]bool {
	out, metric := map[string]bool{}, metricOf(v)
	for _, l := range slices.Concat(ofTarget, foreign[metric], slices.Collect(maps.Keys(c.labels[metric]))) {
		out[l] = true
	}
	return out
}

// selected are the problems of a selector.
func (c *catalogue) selected(v *parser.VectorSelector) (problems []string) {
	metric := metricOf(v)
	known, ours := c.labels[metric]
	extra, is := foreign[metric]
	if !ours && !is {
		return []string{"no program has the metric " + metric}
	}
	for _, m := range v.LabelMatchers {
		switch {
		case slices.Contains(ofTarget, m.Name), slices.Contains(extra, m.Name), m.Name == model.MetricNameLabel:
		case known[m.Name] == nil:
			problems = append(problems, fmt.Sprintf("%s has no label %s", metric, m.Name))
		case !slices.ContainsFunc(slices.Collect(maps.Keys(known[m.Name])), positive(m).Matches):
			problems = append(problems, fmt.Sprintf("%s: nothing was seen with %s", metric, m))
		}
	}
	return problems
}

var legends = regexp.MustCompile(`{{(\w+)}}`)

// positive is what a matcher names, whether it asks for it or for the rest.
func positive(m *labels.Matcher) *labels.Matcher {
	kind := map[labels.MatchType]labels.MatchType{labels.MatchNotEqual: labels.MatchEqual, labels.MatchNotRegexp: labels.MatchRegexp}
	if k, negative := kind[m.Type]; negative {
		return labels.MustNewMatcher(k, m.Name, m.Value)
	}
	return m
}

// notSeen are label values that a query names and the test does not bring about, with the file and the operations that they are.
var notSeen = map[string][]string{
	`operation!~"(unit|asset)[.]import"`: {"asset.yaml", "unit.import", "asset.import"},
}

func (c *catalogue) alertsNameWhatIsThere(t *testing.T) {
	for app, w := range everyWatched(t) {
		for _, rule := range w.rules {
			if name := strings.TrimPrefix(rule.Alert, "Bitacora"); name != "AtMost" && !slices.Contains(c.fired, name) {
				t.Errorf("%s was not brought about by a service", rule.Alert)
			}
			for _, problem := range c.asked(rule.Expr, "") {
				if !excused(t, problem) {
					t.Errorf("%s of %s: %s", rule.Alert, app, problem)
				}
			}
		}
	}
}

// excused says whether a value is one that the API's description has, though nobody asked for it here.
func excused(t *testing.T, problem string) bool {
	t.Helper()
	for value, is := range notSeen {
		if !strings.HasSuffix(problem, value) {
			continue
		}
		content, err := os.ReadFile(filepath.Join("../../../api/openapi", is[0]))
		if err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(is[1:], func(id string) bool { return !strings.Contains(string(content), "operationId: "+id+"\n") })
	}
	return false
}

func (c *catalogue) dashboardsNameWhatIsThere(t *testing.T) {
	files, err := filepath.Glob("../../../deploy/grafana/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("dashboards: %v, %v", files, err)
	}
	shown := map[string]bool{}
	fill := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "bitacora", "$job", ".+")
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr, LegendFormat string }
			}
			Templating struct {
				List []struct{ Type, Query string }
			}
		}
		if err := encoding.Unmarshal(content, &d); err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				for _, problem := range c.asked(fill.Replace(target.Expr), target.LegendFormat) {
					t.Errorf("%s, %q: %s", filepath.Base(f), p.Title, problem)
				}
				for metric := range c.labels {
					if strings.Contains(target.Expr, metric) {
						shown[family(metric)] = true
					}
				}
			}
		}
		for _, v := range d.Templating.List {
			if query, label, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Query, "label_values("), ")"), ", "); v.Type == "query" {
				if problems := c.asked(fill.Replace(query), "{{"+label+"}}"); !ok || len(problems) > 0 {
					t.Errorf("%s, variable %s: %v", filepath.Base(f), v.Query, problems)
				}
			}
		}
	}
	for _, name := range c.families() {
		if !shown[name] {
			t.Errorf("no dashboard shows %s", name)
		}
	}
}

// named is a metric of Bitácora's own in a text, or an object of a release in a command.
var (
	named    = regexp.MustCompile(`bitacora_[a-z_]+`)
	inScript = regexp.MustCompile(`(deploy|job|hpa|networkpolicy|statefulset)[/ ]\$R-(\$S-migrate|\$S|single)`)
)

// runbooksNameWhatIsThere holds metrics and objects that runbooks name against the programs' and the charts'.
func (c *catalogue) runbooksNameWhatIsThere(t *testing.T) {
	there := map[string]bool{}
	for _, size := range []string{"nation", "trial"} {
		for _, o := range rendered(t, size) {
			there[o.Kind+"/"+o.Metadata.Name] = true
		}
	}
	kinds := map[string]string{"deploy": "Deployment", "job": "Job", "hpa": "HorizontalPodAutoscaler", "networkpolicy": "NetworkPolicy", "statefulset": "StatefulSet"}
	files, err := filepath.Glob("../../../deploy/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, metric := range named.FindAllString(string(content), -1) {
			if c.labels[metric] == nil {
				t.Errorf("%s: no program has the metric %s", filepath.Base(f), metric)
			}
		}
		for _, m := range inScript.FindAllStringSubmatch(string(content), -1) {
			if name := kinds[m[1]] + "/bitacora-" + strings.ReplaceAll(m[2], "$S", "asset"); !there[name] {
				t.Errorf("%s: the charts make no %s", filepath.Base(f), name)
			}
		}
	}
}

func family(metric string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		metric = strings.TrimSuffix(metric, suffix)
	}
	return metric
}

// families are the metrics of Bitácora's own.
func (c *catalogue) families() (names []string) {
	for metric := range c.labels {
		if name := family(metric); strings.HasPrefix(name, "bitacora_") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// tableRow is a line of the table of metrics: | `name{labels}` | … |
var tableRow = regexp.MustCompile("(?m)^\\| `(bitacora_[a-z_]+)(?:{([a-z, ]+)})?` \\|")

// tableIsComplete holds the table of deploy/README.md against what was seen.
func (c *catalogue) tableIsComplete(t *testing.T) {
	content, err := os.ReadFile("../../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, name := range c.families() {
		of := c.labelsOf(name)
		if of == nil {
			of = c.labelsOf(name + "_bucket")
		}
		want[name] = strings.Join(of, ", ")
	}
	for _, row := range tableRow.FindAllStringSubmatch(string(content), -1) {
		got[row[1]] = row[2]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics and their labels (-the programs' +the table's):\n%s", diff)
	}
}
